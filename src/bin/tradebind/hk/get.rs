//! `tradebind hk get`

use tradebind::ErrorKind;
use tradebind::codes;
use tradebind::domain::{CodeList, CommodityClass, InvalidValue, PeriodPair, Statistic};
use tradebind::hk::{AreaSelection, Client, InvalidArea, Query, Span};
use tradebind::table::{Column, Table};

use super::form::{self, Form, Origin};
use super::options::{Breakdown, Scope, no_level, option, refused, resolve, stand_in, told, trade_types};
use crate::chart::{ChartArgs, Place};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{TableTarget, Target};

const LONG_ABOUT: &str = "\
Get figures: one query, one table.

A figure stands in a row with what it counts: period, trade type, and origin, destination, commodity and the like as \
far as asked for. Values are in thousand Hong Kong dollars; the unit stands in each row. What a query without rows means \
is nil, where the service gives that statistic at all.";

const AFTER: &str = "\
Examples:
  # exports to the mainland of China, two months
  tradebind hk get --trade-type total-exports --destination CN --period 2018-05..2018-06
  # a country by name, a heading of the HS, the last twelve months
  tradebind hk get --trade-type imports --origin Germany --hs 8542 --period last-12
  # value and quantity, a row for each, every partner, to a file
  tradebind hk get --trade-type re-exports --destination ALL --hs 854231 --period 2024 \\
      --statistic VCy,QCy -o chips.ndjson
  # into a dataset of Parquet files, by trade type and year; at an S3 address, with the usual AWS_ variables
  tradebind hk get --trade-type imports --hs 85 --period 2020..2024 --format parquet -o trade/
  tradebind hk get --trade-type imports --hs 85 --period 2020..2024 -o s3://bucket/trade
  # a picture
  tradebind hk get --trade-type imports --origin ALL --period latest --chart imports.svg
  # what would be sent
  tradebind hk get --trade-type total-trade --period 2023..2024 --sitc 7 --lang tc --dry-run";

/// What a file names as its source, where nobody's figures are in it.
pub(super) const REPLICA: &str = "replica";

#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT, after_help = AFTER)]
pub struct Args {
    /// Type of trade
    // As a list, so that who asks for several hears how to get them.
    #[arg(long, value_name = "TYPE", ignore_case = true, value_delimiter = ',', required = true, value_parser = trade_types())]
    trade_type: Vec<String>,
    #[command(flatten)]
    scope: Scope,
    /// HS codes of 2, 4, 6 or 8 digits, with commas
    #[arg(long, value_name = "CODES", conflicts_with_all = ["sitc", "end_use"])]
    hs: Vec<String>,
    /// SITC codes of 1, 2, 3 or 5 digits, with commas
    #[arg(long, value_name = "CODES", conflicts_with = "end_use")]
    sitc: Vec<String>,
    #[command(flatten)]
    breakdown: Breakdown,
    /// What to count, with commas: VCm or QCm, value or quantity of the month; VCy or QCy, of the year or the year to date
    ///
    /// [default: the value of the period's frequency]
    #[arg(long, value_name = "LIST")]
    statistic: Option<String>,
    /// Print the request and send nothing (for latest and last-N, the last month is asked for)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    chart: ChartArgs,
    /// Begin CSV with the byte-order mark, without which Excel misreads Chinese
    #[arg(long)]
    excel: bool,
    #[command(flatten)]
    target: TableTarget<Form>,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let chart = self.chart.place(&self.target)?;
        let with_rows = Place::with_rows(chart.as_ref());
        if self.excel && !with_rows {
            return Err(Failure::usage(
                "--excel is for rows, and --chart draws in their place; add -o FILE for the rows",
            ));
        }
        let span = self.scope.span()?;
        let query = self.query(stand_in(span)?)?;
        for area in [query.origin(), query.destination()].into_iter().flatten() {
            for code in
                area.codes().iter().filter(|code| !code.is_all() && codes::area(code.as_str()).is_none())
            {
                context.note(format_args!(
                    "{code} is not in the guide's list of areas; it is asked for as given"
                ));
            }
        }
        // The rows' place is made ready first, so that what cannot be written is told before anything is asked.
        let rows = match with_rows && !self.dry_run {
            // A bucket is far away.
            true => Some(context.during("opening", || form::Place::open(&self.target, self.excel))?),
            false => None,
        };
        let (client, url) = context.hk().await?;
        let query = match span {
            Span::Fixed(_) => query,
            Span::Last(_) => self.query(resolve(span, context).await?)?,
        };
        if self.dry_run {
            // Never to the rows' place, which may hold some.
            Target::default().write_text(&format!("GET {url}{query}"))?;
            return Ok(Exit::Done);
        }
        let table = ask(context, &client, &url, &query, rows.as_ref()).await?;
        if table.is_empty() {
            context.note(
                "no record is found: the figures are nil, where the service gives that statistic at all",
            );
        }
        for statistic in missing(&table, &query) {
            context.note(format_args!(
                "no row has {statistic}: the figures are nil, or the service does not give that statistic there"
            ));
        }
        // The rows first: a picture that cannot be drawn takes nothing with it.
        if let Some(rows) = rows {
            let source = if context.is_replica() { REPLICA } else { &url };
            let write = || rows.write(&table, &Origin { source, query: &query });
            let written = match self.target.target.file() {
                Some(_) => context.during("writing the rows", write),
                // Nothing moves beside what somebody reads.
                None => write(),
            };
            // A reader that has seen enough takes nothing from the picture.
            if let Some(told) = written.or_else(|failure| failure.unless_closed().map(|()| None))? {
                context.note(told);
            }
        }
        if let Some(place) = chart {
            let source = context.source("Census and Statistics Department, Hong Kong", &url);
            draw(place, &table, &query, &source)?;
        }
        Ok(Exit::Done)
    }

    fn query(&self, periods: PeriodPair) -> Result<Query, Failure> {
        let (mut reasons, mut over_cap) = (Vec::new(), false);
        let [trade_type] = &self.trade_type[..] else {
            return Err(Failure::usage(
                "--trade-type: one `get` asks for one type, or for all; `tradebind hk harvest` takes several",
            ));
        };
        let mut builder = Query::builder()
            .trade_type(trade_type.as_str())
            .periods(periods)
            .language(self.breakdown.lang.as_str())
            .by_transport(self.breakdown.transport);
        if let Some(statistics) = &self.statistic {
            builder = builder.statistics(statistics.as_str());
        }
        for (option, words, is_origin) in self.scope.areas() {
            match AreaSelection::from_words(words) {
                Ok(areas) if is_origin => builder = builder.origin(areas.class(), areas.codes().clone()),
                Ok(areas) => builder = builder.destination(areas.class(), areas.codes().clone()),
                Err(error) => {
                    for reason in error.reasons() {
                        over_cap |= matches!(reason, InvalidArea::Value(value) if value.is_over_cap());
                        reasons.push(match reason {
                            InvalidArea::Value(value) => told(option, value),
                            other => format!("{option}: {other}"),
                        });
                    }
                }
            }
        }
        match self.commodities() {
            Ok(None) => {}
            Ok(Some((CommodityClass::EndUse, None))) => builder = builder.end_use(),
            Ok(Some((_, None))) => {
                reasons.push("--commodity-class: needs codes; give them by --hs or --sitc".to_owned())
            }
            Ok(Some((class, Some(codes)))) => builder = builder.commodities(class, codes),
            Err((reason, cap)) => {
                over_cap |= cap;
                reasons.push(reason);
            }
        }
        let built = builder.build();
        if let Err(error) = &built {
            over_cap |= error.reasons().iter().any(InvalidValue::is_over_cap);
            let is_sitc = !self.sitc.is_empty();
            reasons.extend(error.reasons().iter().map(|reason| told(option(reason, is_sitc), reason)));
        }
        match built {
            Ok(query) if reasons.is_empty() => Ok(query),
            _ => Err(refused(&reasons, over_cap)),
        }
    }

    /// Class and codes, the class from the digits unless it is given; or why not, and whether several queries would do.
    #[allow(clippy::type_complexity, reason = "used once")]
    fn commodities(&self) -> Result<Option<(CommodityClass, Option<CodeList>)>, (String, bool)> {
        let class = |option| self.breakdown.class(option).map_err(|wrong| (wrong, false));
        let (option, text, by_digits): (_, _, fn(usize) -> Option<CommodityClass>) =
            match (&self.hs[..], &self.sitc[..]) {
                ([_, ..], _) => ("--hs", self.hs.join(","), CommodityClass::hs),
                (_, [_, ..]) => ("--sitc", self.sitc.join(","), CommodityClass::sitc),
                _ if self.breakdown.end_use => {
                    class("--end-use")?;
                    return Ok(Some((CommodityClass::EndUse, None)));
                }
                _ => return Ok(class("--commodity-class")?.map(|class| (class, None))),
            };
        let codes: CodeList = text.parse().map_err(|e: InvalidValue| (told(option, &e), e.is_over_cap()))?;
        let class = match class(option)? {
            Some(class) => class,
            None => {
                let digits = codes.iter().map(|code| code.digits()).max().unwrap_or_default();
                by_digits(digits).ok_or_else(|| {
                    let odd = codes.iter().find(|code| code.digits() == digits).map(ToString::to_string);
                    (no_level(option, &odd.unwrap_or_default(), self.hs.is_empty()), false)
                })?
            }
        };
        Ok(Some((class, Some(codes))))
    }
}

/// The statistics that were asked for and that no row has, where there are rows.
fn missing(table: &Table, query: &Query) -> Vec<Statistic> {
    let has = |statistic: &Statistic| {
        (0..table.len())
            .any(|row| table.cell(row, Column::Statistic).is_some_and(|cell| cell == statistic.as_str()))
    };
    match table.is_empty() {
        true => Vec::new(),
        false => query.statistics().iter().filter(|statistic| !has(statistic)).copied().collect(),
    }
}

#[cfg(feature = "chart")]
fn draw(place: Place, table: &Table, query: &Query, source: &str) -> Result<(), Failure> {
    use tradebind::chart::{Picture, Provenance};
    let picture = Picture::of_query(table, query, &Provenance::now(source));
    place.draw(&picture.map_err(|e| Failure::input(format!("--chart: {e}")))?)
}

#[cfg(not(feature = "chart"))]
fn draw(_: Place, _: &Table, _: &Query, _: &str) -> Result<(), Failure> {
    Ok(())
}

/// Whether an error names a code.
fn is_named(error: &tradebind::Error, code: &str) -> bool {
    error.codes().iter().any(|named| named == code)
}

/// Asks the query; the rows of an answer that tells another number of them are not printed, since some are missing. Where
/// the rows go tells what becomes of fields that the document does not know.
async fn ask(
    context: &Context,
    client: &Client,
    url: &str,
    query: &Query,
    place: Option<&form::Place>,
) -> Result<Table, Failure> {
    let asked = context.watch("asking hk-trade", client.table(query)).await;
    let goods = query.commodities().and_then(|selection| selection.codes());
    let table = asked.map_err(|e| match e.kind() {
        ErrorKind::TooLarge => context.failed(e, url).and("`tradebind hk harvest` asks for it in parts"),
        // Without any the query would be another.
        ErrorKind::UnknownCommodity
            if goods.is_some_and(|codes| codes.iter().all(|code| is_named(&e, code.as_str()))) =>
        {
            context.failed(e, url).reworded("ask without them", "give other codes")
        }
        _ => context.failed(e, url),
    })?;
    let unknown = table.unknown();
    if !unknown.is_empty() {
        let all: Vec<_> = unknown.fields.keys().chain(unknown.values.keys()).map(String::as_str).collect();
        let kept = match place {
            None => "",
            // Values of known fields stand in every form, as they came.
            Some(_) if unknown.fields.is_empty() => "; it is kept",
            Some(place) if place.holds_unknown_fields() => "; it is kept, new fields in the column extra",
            Some(_) => "; new fields stand in --format arrow and parquet alone, in the column extra",
        };
        context.note(format_args!("the document does not know what came in {}{kept}", all.join(", ")));
    }
    Ok(table)
}
