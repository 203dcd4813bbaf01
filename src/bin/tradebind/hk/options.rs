//! Options of `get`, `plan` and `harvest`, and how reasons against them are told.

use std::fmt::Display;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue};
use tradebind::domain::{CommodityClass, InvalidValue, Known as _, PeriodPair, TradeType};
use tradebind::hk::Span;

use crate::context::Context;
use crate::exit::{Failure, in_our_words};

/// When, and with whom.
#[derive(Debug, clap::Args)]
pub struct Scope {
    /// Years or months: START..END, one, latest, or last-N for the last N months
    ///
    /// A year is YYYY, a month YYYY-MM or YYYYMM.
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// Origin of imports or re-exports: codes with commas, or one name (English or Chinese), or one region, or ALL
    ///
    /// A name may hold commas, so several names are given one by one: --origin Germany --origin 越南.
    #[arg(long, value_name = "AREA")]
    pub origin: Vec<String>,
    /// Destination of exports, or place of consignment of imports; as --origin
    #[arg(long, visible_alias = "consignment", value_name = "AREA")]
    pub destination: Vec<String>,
}

/// What figures are broken down by beside codes, and the language of its names.
#[derive(Debug, clap::Args)]
pub struct Breakdown {
    /// Break down by end-use category, which takes no codes
    #[arg(long)]
    pub end_use: bool,
    /// Class of the codes, where their digits are not to tell it
    #[arg(long, value_name = "CLASS", ignore_case = true, value_parser = classes())]
    commodity_class: Option<String>,
    /// Break down by mode of transport
    #[arg(long)]
    pub transport: bool,
    /// Language of names and units: English, traditional or simplified Chinese
    #[arg(long, value_name = "LANG", ignore_case = true, value_parser = ["en", "tc", "sc"], default_value = "en")]
    pub lang: String,
}

pub fn trade_types() -> TradeTypes {
    TradeTypes(TradeType::VALUES.iter().map(|kind| kind.name()).collect::<Vec<_>>().into())
}

/// Names of types of trade. What is spelt nearest to `exports` is another flow.
#[derive(Debug, Clone)]
pub struct TradeTypes(PossibleValuesParser);

impl TypedValueParser for TradeTypes {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        self.0.parse_ref(command, arg, value).map_err(|mut error| {
            if ["export", "exports"].iter().any(|name| value.eq_ignore_ascii_case(name)) {
                let exports = [TradeType::TotalExports, TradeType::DomesticExports, TradeType::ReExports];
                let names = exports.iter().map(|kind| kind.name().to_owned()).collect();
                error.insert(ContextKind::SuggestedValue, ContextValue::Strings(names));
            }
            error
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}

fn classes() -> PossibleValuesParser {
    CommodityClass::VALUES.iter().map(|class| class.as_str()).collect::<Vec<_>>().into()
}

impl Scope {
    pub fn span(&self) -> Result<Span, Failure> {
        self.period.parse().map_err(|e: InvalidValue| refused(&[in_our_words(&told("--period", &e))], false))
    }

    /// The areas of both options.
    pub fn areas(&self) -> impl Iterator<Item = (&'static str, &[String], bool)> {
        let both = [("--origin", &*self.origin, true), ("--destination", &*self.destination, false)];
        both.into_iter().filter(|(_, words, _)| !words.is_empty())
    }
}

/// The periods, or any month that stands for them until the service is asked: what else is wrong is told before.
pub fn stand_in(span: Span) -> Result<PeriodPair, Failure> {
    match span {
        Span::Fixed(pair) => Ok(pair),
        Span::Last(_) => "2018-05".parse().map_err(|e: InvalidValue| Failure::usage(e.to_string())),
    }
}

/// The periods, where they hang on what the service has published.
pub async fn resolve(span: Span, context: &Context) -> Result<PeriodPair, Failure> {
    let (client, url) = context.hk().await?;
    let asked = context.watch("asking hk-trade for the last month", client.resolve(span)).await;
    asked.map_err(|e| context.failed(e, &url))
}

impl Breakdown {
    /// The class, where it is given; or why it does not go with the option that tells the commodities.
    pub fn class(&self, option: &str) -> Result<Option<CommodityClass>, String> {
        let text = self.commodity_class.as_ref();
        let Some(class) = text.and_then(|text| CommodityClass::exact(&text.to_ascii_uppercase())) else {
            return Ok(None);
        };
        let is_of =
            |family: fn(usize) -> Option<CommodityClass>| class.digits().and_then(family) == Some(class);
        let fits = match option {
            "--hs" => !is_of(CommodityClass::sitc),
            "--sitc" => !is_of(CommodityClass::hs),
            "--end-use" => class == CommodityClass::EndUse,
            _ => true,
        };
        if fits {
            Ok(Some(class))
        } else {
            Err(format!(
                "--commodity-class: {} does not go with {option}; leave one of them out",
                class.as_str()
            ))
        }
    }
}

/// The option that a reason of the library is about.
pub fn option(reason: &InvalidValue, is_sitc: bool) -> &'static str {
    match reason.parameter() {
        Some("sv") => "--statistic",
        Some("ttype") => "--trade-type",
        Some("period") => "--period",
        Some("lang") => "--lang",
        Some("co") => "--origin",
        Some("cc") => "--destination",
        _ if is_sitc => "--sitc",
        _ => "--hs",
    }
}

/// Why codes of so many digits have no class.
pub fn no_level(option: &str, code: &str, is_sitc: bool) -> String {
    let digits = code.len();
    let levels = if is_sitc { "1, 2, 3 or 5" } else { "2, 4, 6 or 8" };
    let hint = if is_sitc { String::new() } else { no_hs_level(code, "--sitc") };
    let s = if digits == 1 { "" } else { "s" };
    format!("{option}: {code} has {digits} digit{s}, codes have {levels}{hint}")
}

/// What a code may be that has no class of the HS; what gives codes of the SITC is named as it is written.
pub fn no_hs_level(code: &str, sitc: &str) -> String {
    let digits = code.bytes().all(|byte| byte.is_ascii_digit()).then_some(code.len());
    let of_sitc =
        digits.and_then(CommodityClass::sitc).filter(|_| digits.is_some_and(|digits| digits % 2 == 1));
    let of_sitc = of_sitc.map(|_| format!("; {sitc} is for codes of the SITC")).unwrap_or_default();
    of_sitc + &dropped(code)
}

/// Whether a code of the HS lost its first digit; there is no chapter 00.
pub fn dropped(code: &str) -> String {
    let meant =
        code.len() % 2 == 1 && !code.starts_with('0') && code.bytes().all(|byte| byte.is_ascii_digit());
    if meant { format!("; spreadsheets drop leading zeros: was it 0{code}?") } else { String::new() }
}

/// A reason under the name of the option that it is about.
pub fn told(option: impl Display, reason: &InvalidValue) -> String {
    // A rule of our own has no source to look up.
    let source = Some(reason.rule_source()).filter(|source| !source.starts_with("tradebind"));
    let source = source.map(|source| format!(" ({source})")).unwrap_or_default();
    format!("{option}: {} {:?}: {}{source}", reason.what(), reason.given(), reason.problem())
}

pub fn refused(reasons: &[String], over_cap: bool) -> Failure {
    let all = match reasons {
        [one] => one.clone(),
        several => format!("the query is refused for {} reasons:\n- {}", several.len(), several.join("\n- ")),
    };
    let failure = Failure::usage(all);
    if over_cap { failure.and("`tradebind hk harvest` asks as many queries as it takes") } else { failure }
}
