//! What `plan` and `harvest` are asked for.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use tradebind::domain::{CommodityClass, InvalidValue, Language, Period, PeriodPair, Statistic, TradeType};
use tradebind::harvest::{Areas, Commodities, Limits, Plan, Request};
use tradebind::hk::Span;
use tradebind::http::Pace;

use super::code_list::Listed;
use super::options::{Breakdown, Scope, option, refused, resolve, stand_in, told, trade_types};
use crate::context::{self, Context};
use crate::exit::Failure;

#[derive(Debug, clap::Args)]
pub struct Wide {
    /// Types of trade, with commas; all is each of the five
    #[arg(long, value_name = "TYPES", ignore_case = true, value_delimiter = ',', required = true, value_parser = trade_types())]
    trade_type: Vec<String>,
    #[command(flatten)]
    scope: Scope,
    /// HS codes of 2, 4, 6 or 8 digits, all of one length, with commas
    #[arg(long, value_name = "CODES", conflicts_with_all = ["sitc", "end_use"])]
    hs: Vec<String>,
    /// SITC codes of 1, 2, 3 or 5 digits, all of one length, with commas
    #[arg(long, value_name = "CODES", conflicts_with = "end_use")]
    sitc: Vec<String>,
    /// Read codes from FILE, - for standard input: one or more a line, with commas or blanks; # begins a comment
    #[arg(long, value_name = "FILE", conflicts_with = "end_use")]
    codes_from: Option<PathBuf>,
    #[command(flatten)]
    breakdown: Breakdown,
    /// What to count, with commas: VCm, QCm, VCy, QCy [default: the value of the period's frequency]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    statistic: Vec<String>,
    /// The most rows of one answer, if no figure is nil
    #[arg(long, value_name = "N", default_value_t = Limits::default().rows, value_parser = at_least_one)]
    max_rows: u64,
    /// How many calls at once, of all processes of this user together
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=10))]
    in_flight: u8,
    /// Seconds between the starts of calls [default: 0.5; none with --replica]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true, value_parser = seconds)]
    pause: Option<f64>,
}

/// The year with whose January monthly data begin (observed).
const FIRST_YEAR: u16 = 2012;

fn at_least_one(text: &str) -> Result<u64, &'static str> {
    text.parse().map(NonZeroU64::get).map_err(|_| "must be a whole number, 1 or more")
}

fn seconds(text: &str) -> Result<f64, &'static str> {
    text.parse().map_err(|_| "must be a number of seconds, such as 0.5")
}

/// Whether a period is not over yet, by this machine's clock.
fn is_ahead(period: Period) -> bool {
    let today = time::OffsetDateTime::from(std::time::SystemTime::now());
    let now = (today.year(), period.month().map(|_| u8::from(today.month())));
    (i32::from(period.year()), period.month()) >= now
}

/// What is to be told of a range that lies before the first figures, or that is not over, in whole or in part.
fn not_there(periods: PeriodPair) -> Vec<String> {
    const SHORTENED: &str = "a harvest shortens its range to what the service has published";
    let (start, end) = (periods.start(), periods.end());
    let is_early = |period: Period| period.year() < FIRST_YEAR;
    let mut told = Vec::new();
    if is_early(start) {
        // Since when there are years nobody says.
        let (known, advice) = match start.month() {
            Some(_) => ("monthly data begin in 2012-01", "ask from there"),
            None => ("no year so early is known", "ask for later ones"),
        };
        told.push(match is_early(end) {
            true => format!("{}: {known}: {advice}", written(periods)),
            false => format!("{}: {known}; {SHORTENED}", start.to_iso()),
        });
    }
    if is_ahead(end) {
        told.push(match is_ahead(start) {
            true => format!(
                "{} is not over yet, nor is what is asked for before it: ask up to the last one published: \
                 `tradebind hk latest` tells the last month",
                end.to_iso()
            ),
            false => format!("{} is not over yet; {SHORTENED}", end.to_iso()),
        });
    }
    told
}

/// Periods as `--period` reads them.
pub fn written(periods: PeriodPair) -> String {
    format!("{}..{}", periods.start().to_iso(), periods.end().to_iso())
}

impl Wide {
    /// Whether the periods hang on the month that is the last when they are asked for.
    pub fn is_open(&self) -> bool {
        matches!(self.scope.span(), Ok(Span::Last(_)))
    }

    /// The pace asked for.
    pub fn pace(&self, context: &Context) -> Result<Pace, Failure> {
        let seconds = self.pause.unwrap_or(if context.is_replica() {
            0.0
        } else {
            Pace::default().apart().as_secs_f64()
        });
        let apart = std::time::Duration::try_from_secs_f64(seconds).map_err(|_| {
            Failure::usage(format!("--pause: {seconds} is no number of seconds, such as 0.5"))
        })?;
        Ok(Pace::new(self.in_flight.into(), apart))
    }

    /// The plan; the last month is asked for where the periods hang on it.
    pub async fn plan(&self, context: &Context) -> Result<Plan, Failure> {
        let span = self.scope.span()?;
        // What is wrong is told before anything is asked.
        let list =
            self.codes_from.as_ref().map(|path| context::read(path, "the list of codes")).transpose()?;
        let commodities = self.commodities(list.as_deref());
        let mut request = self.request(stand_in(span)?, commodities.clone())?;
        if let Span::Last(_) = span {
            request = self.request(resolve(span, context).await?, commodities)?;
        }
        for told in not_there(request.periods()) {
            context.note(told);
        }
        let plan = Plan::new(request, Limits::default().rows(self.max_rows));
        let plan = plan.map_err(|e| Failure::usage(e.to_string()))?;
        let over = plan.estimate(Pace::default(), std::time::Duration::ZERO).over;
        if over > 0 {
            context.note(format_args!(
                "{over} queries may have more rows than --max-rows; no cut makes them smaller"
            ));
        }
        Ok(plan)
    }

    fn request(
        &self,
        periods: PeriodPair,
        commodities: Result<Option<Commodities>, String>,
    ) -> Result<Request, Failure> {
        let mut reasons = Vec::new();
        let mut builder = Request::builder().periods(periods).by_transport(self.breakdown.transport);
        let mut keep = |option: &str, wrong: InvalidValue| reasons.push(told(option, &wrong));
        let kinds = self.trade_type.iter().map(|kind| kind.parse::<TradeType>());
        builder = match kinds.collect::<Result<Vec<_>, _>>() {
            Ok(kinds) => builder.trade_types(kinds),
            Err(wrong) => {
                keep("--trade-type", wrong);
                builder.trade_types([TradeType::Imports])
            }
        };
        match self.breakdown.lang.parse::<Language>() {
            Ok(language) => builder = builder.language(language),
            Err(wrong) => keep("--lang", wrong),
        }
        let statistics = self.statistic.iter().map(|one| one.parse::<Statistic>());
        match statistics.collect::<Result<Vec<_>, _>>() {
            Ok(statistics) => builder = builder.statistics(statistics),
            Err(wrong) => keep("--statistic", wrong),
        }
        for (option, words, is_origin) in self.scope.areas() {
            match Areas::from_words(words) {
                Ok(areas) if is_origin => builder = builder.origin(areas),
                Ok(areas) => builder = builder.destination(areas),
                Err(wrong) => reasons.push(format!("{option}: {wrong}")),
            }
        }
        match commodities {
            Ok(Some(commodities)) => builder = builder.commodities(commodities),
            Ok(None) => {}
            Err(reason) => reasons.push(reason),
        }
        match builder.build() {
            Ok(request) if reasons.is_empty() => Ok(request),
            Ok(_) => Err(refused(&reasons, false)),
            Err(error) => {
                let is_sitc = !self.sitc.is_empty();
                reasons.extend(error.reasons().iter().map(|reason| told(option(reason, is_sitc), reason)));
                Err(refused(&reasons, false))
            }
        }
    }

    fn commodities(&self, list: Option<&str>) -> Result<Option<Commodities>, String> {
        if self.breakdown.end_use {
            self.breakdown.class("--end-use")?;
            return Ok(Some(Commodities::EndUse));
        }
        let is_sitc = !self.sitc.is_empty();
        let option = match (is_sitc, self.hs.is_empty(), &self.codes_from) {
            (true, _, Some(_)) => "--sitc and --codes-from",
            (true, ..) => "--sitc",
            (false, true, Some(_)) => "--codes-from",
            (false, false, Some(_)) => "--hs and --codes-from",
            _ => "--hs",
        };
        let given = self.breakdown.class(option)?;
        let mut listed = Listed::default();
        self.hs.iter().chain(&self.sitc).for_each(|text| listed.add(text));
        listed.add_lines(list.unwrap_or_default());
        if listed.is_empty() {
            return match given {
                _ if self.codes_from.is_some() => {
                    let file = self.codes_from.as_deref().unwrap_or(Path::new("")).display();
                    Err(format!("{option}: {file} holds no code"))
                }
                None => Ok(None),
                // It takes none.
                Some(CommodityClass::EndUse) => Ok(Some(Commodities::EndUse)),
                Some(_) => Err(format!("{option}: holds no code")),
            };
        }
        let class = listed.class(given, is_sitc).map_err(|wrong| format!("{option}: {wrong}"))?;
        Commodities::codes(class, listed.codes()).map(Some).map_err(|wrong| told(option, &wrong))
    }
}
