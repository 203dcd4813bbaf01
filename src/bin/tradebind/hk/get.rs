//! `tradebind hk get`

use std::fmt::Display;

use clap::builder::PossibleValuesParser;
use tradebind::codes;
use tradebind::domain::{CodeList, CommodityClass, InvalidValue, Known as _, PeriodPair, TradeType};
use tradebind::hk::{AreaSelection, Client, InvalidArea, Query, Span};
use tradebind::table::{CsvOptions, Table};

use crate::chart::{ChartArgs, Place};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{Format, Sink, TableTarget};
use crate::show;

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
  # value and quantity beside each other, every partner, to a file
  tradebind hk get --trade-type re-exports --destination ALL --hs 854231 --period 2024 \\
      --statistic VCy,QCy --format ndjson -o chips.ndjson
  # a picture
  tradebind hk get --trade-type imports --origin ALL --period latest --chart imports.svg
  # what would be sent
  tradebind hk get --trade-type total-trade --period 2023..2024 --sitc 7 --lang tc --dry-run";

#[derive(Debug, clap::Args)]
#[command(long_about = LONG_ABOUT, after_help = AFTER)]
pub struct Args {
    /// Type of trade
    #[arg(long, value_name = "TYPE", ignore_case = true, value_parser = trade_types())]
    trade_type: String,
    /// Years or months: START..END, one, latest, or last-N for the last N months
    ///
    /// A year is YYYY, a month YYYY-MM or YYYYMM.
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// Origin of imports or re-exports: codes with commas, or one name (English or Chinese), or one region, or ALL
    ///
    /// A name may hold commas, so several names are given one by one: --origin Germany --origin 越南.
    #[arg(long, value_name = "AREA")]
    origin: Vec<String>,
    /// Destination of exports, or place of consignment of imports; as --origin
    #[arg(long, visible_alias = "consignment", value_name = "AREA")]
    destination: Vec<String>,
    /// HS codes of 2, 4, 6 or 8 digits, with commas
    #[arg(long, value_name = "CODES", conflicts_with_all = ["sitc", "end_use"])]
    hs: Option<String>,
    /// SITC codes of 1, 2, 3 or 5 digits, with commas
    #[arg(long, value_name = "CODES", conflicts_with = "end_use")]
    sitc: Option<String>,
    /// Break down by end-use category, which takes no codes
    #[arg(long)]
    end_use: bool,
    /// Class of the codes, where their digits are not to tell it
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = classes())]
    commodity_class: Option<String>,
    /// Break down by mode of transport
    #[arg(long)]
    transport: bool,
    /// What to count, with commas: VCm or QCm, value or quantity of the month; VCy or QCy, of the year or the year to date
    ///
    /// [default: the value of the period's frequency]
    #[arg(long, value_name = "LIST")]
    statistic: Option<String>,
    /// Language of names and units: English, traditional or simplified Chinese
    #[arg(long, value_name = "LANG", ignore_case = true, value_parser = ["en", "tc", "sc"], default_value = "en")]
    lang: String,
    /// Print the request and send nothing (for latest and last-N, the last month is asked for)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    chart: ChartArgs,
    #[command(flatten)]
    target: TableTarget,
}

pub(super) fn trade_types() -> PossibleValuesParser {
    TradeType::VALUES.iter().map(|kind| kind.name()).collect::<Vec<_>>().into()
}

pub(super) fn classes() -> PossibleValuesParser {
    CommodityClass::VALUES.iter().map(|class| class.as_str()).collect::<Vec<_>>().into()
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let chart = self.chart.place(&self.target)?;
        let span: Span =
            self.period.parse().map_err(|e: InvalidValue| refused(&[told("--period", &e)], false))?;
        // What is wrong is told before anything is asked, for whatever periods.
        let stand_in = match span {
            Span::Fixed(pair) => pair,
            Span::Last(_) => self.any_month()?,
        };
        let query = self.query(stand_in)?;
        for area in [query.origin(), query.destination()].into_iter().flatten() {
            for code in
                area.codes().iter().filter(|code| !code.is_all() && codes::area(code.as_str()).is_none())
            {
                context.note(format_args!(
                    "{code} is not in the guide's list of areas; it is asked for as given"
                ));
            }
        }
        let (client, url) = context.hk().await?;
        let query = match span {
            Span::Fixed(_) => query,
            Span::Last(_) => {
                let asked = context.watch("asking hk-trade for the last month", client.resolve(span)).await;
                self.query(asked.map_err(|e| context.failed(e, &url))?)?
            }
        };
        if self.dry_run {
            self.target.target.write_text(&format!("GET {url}{query}"))?;
            return Ok(Exit::Done);
        }
        let sink = self.target.target.open()?;
        let table = ask(context, &client, &url, &query).await?;
        if table.is_empty() {
            context.note(
                "no record is found: the figures are nil, where the service gives that statistic at all",
            );
        }
        if let Some(place) = &chart {
            draw(place, &table, &context.source("Census and Statistics Department, Hong Kong", &url))?;
        }
        if Place::with_rows(chart.as_ref()) {
            self.print(sink, &table)?;
        }
        Ok(Exit::Done)
    }

    /// A month to check the other options by.
    fn any_month(&self) -> Result<PeriodPair, Failure> {
        "2018-05".parse().map_err(|e: InvalidValue| Failure::usage(e.to_string()))
    }

    fn query(&self, periods: PeriodPair) -> Result<Query, Failure> {
        let (mut reasons, mut over_cap) = (Vec::new(), false);
        let mut builder = Query::builder()
            .trade_type(self.trade_type.as_str())
            .periods(periods)
            .language(self.lang.as_str())
            .by_transport(self.transport);
        if let Some(statistics) = &self.statistic {
            builder = builder.statistics(statistics.as_str());
        }
        for (option, words, is_origin) in
            [("--origin", &self.origin, true), ("--destination", &self.destination, false)]
        {
            if words.is_empty() {
                continue;
            }
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
            let option = |reason: &InvalidValue| match reason.parameter() {
                Some("sv") => "--statistic",
                Some("ttype") => "--trade-type",
                Some("period") => "--period",
                Some("lang") => "--lang",
                Some("co") => "--origin",
                Some("cc") => "--destination",
                _ if self.sitc.is_some() => "--sitc",
                _ => "--hs",
            };
            reasons.extend(error.reasons().iter().map(|reason| told(option(reason), reason)));
        }
        match built {
            Ok(query) if reasons.is_empty() => Ok(query),
            _ => Err(refused(&reasons, over_cap)),
        }
    }

    /// Class and codes, the class from the digits unless it is given; or why not, and whether several queries would do.
    #[allow(clippy::type_complexity, reason = "used once")]
    fn commodities(&self) -> Result<Option<(CommodityClass, Option<CodeList>)>, (String, bool)> {
        let given = self
            .commodity_class
            .as_deref()
            .and_then(|text| CommodityClass::exact(&text.to_ascii_uppercase()));
        let (option, text, by_digits): (_, _, fn(usize) -> Option<CommodityClass>) =
            match (&self.hs, &self.sitc) {
                (Some(codes), _) => ("--hs", codes, CommodityClass::hs),
                (_, Some(codes)) => ("--sitc", codes, CommodityClass::sitc),
                _ if self.end_use => return Ok(Some((CommodityClass::EndUse, None))),
                _ => return Ok(given.map(|class| (class, None))),
            };
        let codes: CodeList = text.parse().map_err(|e: InvalidValue| (told(option, &e), e.is_over_cap()))?;
        let class = match given {
            Some(class) => class,
            None => {
                let digits = codes.iter().map(|code| code.digits()).max().unwrap_or_default();
                by_digits(digits).ok_or_else(|| {
                    let levels = if self.hs.is_some() { "2, 4, 6 or 8" } else { "1, 2, 3 or 5" };
                    let odd = codes.iter().find(|code| code.digits() == digits).map(ToString::to_string);
                    let odd = odd.unwrap_or_default();
                    // Spreadsheets drop leading zeros.
                    let meant = self.hs.is_some() && digits % 2 == 1;
                    let hint = if meant { format!("; did you mean 0{odd}?") } else { String::new() };
                    let s = if digits == 1 { "" } else { "s" };
                    (format!("{option}: {odd} has {digits} digit{s}, codes have {levels}{hint}"), false)
                })?
            }
        };
        Ok(Some((class, Some(codes))))
    }

    fn print(&self, sink: Sink, table: &Table) -> Result<(), Failure> {
        sink.write(|out| match self.target.format() {
            Format::Csv => table.write_csv(out, &CsvOptions::default()),
            Format::Json => table.write_json(out),
            Format::Ndjson => table.write_ndjson(out),
            Format::Table => show::hk_table(out, table),
        })
    }
}

#[cfg(feature = "chart")]
fn draw(place: &Place, table: &Table, source: &str) -> Result<(), Failure> {
    use tradebind::chart::{Picture, Provenance};
    let picture = Picture::of_table(table, &Provenance::now(source));
    place.draw(&picture.map_err(|e| Failure::input(format!("--chart: {e}")))?)
}

#[cfg(not(feature = "chart"))]
fn draw(_: &Place, _: &Table, _: &str) -> Result<(), Failure> {
    Ok(())
}

/// Asks the query; the rows of an answer that tells another number of them are not printed, since some are missing.
async fn ask(context: &Context, client: &Client, url: &str, query: &Query) -> Result<Table, Failure> {
    let table =
        context.watch("asking hk-trade", client.table(query)).await.map_err(|e| context.failed(e, url))?;
    let unknown = table.unknown();
    if !unknown.is_empty() {
        let all: Vec<_> = unknown.fields.keys().chain(unknown.values.keys()).map(String::as_str).collect();
        context.note(format_args!("the document does not know what came in {}; it is kept", all.join(", ")));
    }
    Ok(table)
}

/// A reason under the name of the option that it is about.
pub(super) fn told(option: impl Display, reason: &InvalidValue) -> String {
    // A rule of our own has no source to look up.
    let source = Some(reason.rule_source()).filter(|source| !source.starts_with("tradebind"));
    let source = source.map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{option}: {} {:?}: {}{source}", reason.what(), reason.given(), reason.problem())
}

pub(super) fn refused(reasons: &[String], over_cap: bool) -> Failure {
    let all = match reasons {
        [one] => one.clone(),
        several => format!("the query is refused for {} reasons:\n- {}", several.len(), several.join("\n- ")),
    };
    let failure = Failure::usage(all);
    if over_cap { failure.and("`tradebind hk harvest` asks as many queries as it takes") } else { failure }
}
