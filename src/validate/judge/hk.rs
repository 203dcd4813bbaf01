//! Rules of Hong Kong's answers.

use std::hash::{DefaultHasher, Hasher};

use super::cell::Cell;
use super::exact::Exact;
use super::{At, Ending, Judge, Kind, Remark, Slot, shown};
use crate::codes;
use crate::domain::{
    AreaCode, CommodityClass, Figure, Frequency, Known, Period, Statistic, StatusCode, TradeType,
};
use crate::hk::Outcome;
use crate::hk::api::types::Status;

/// The units of values: HK$ in English, its name in Chinese.
const MONEY: [&str; 3] = ["HK$", "港元", "港币"];
const UNITS: [Slot; 3] = [Slot::UnitEn, Slot::UnitTc, Slot::UnitSc];

impl Judge {
    /// What the row counts.
    pub(super) fn cell(&mut self) -> Cell {
        // Gathered first: a hasher is slow with many small pieces.
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for slot in [
            Slot::Frequency,
            Slot::Period,
            Slot::Class,
            Slot::Code,
            Slot::Statistic,
            Slot::TransportEn,
            Slot::TransportTc,
            Slot::TransportSc,
            Slot::OriginRegionEn,
            Slot::OriginRegionTc,
            Slot::OriginRegionSc,
            Slot::ConsigneeRegionEn,
            Slot::ConsigneeRegionTc,
            Slot::ConsigneeRegionSc,
        ] {
            if let Some(text) = self.row.text(slot) {
                // No byte of UTF-8 is one of these.
                key.push(0xf8);
                key.push(slot as u8);
                key.extend_from_slice(text.as_bytes());
            }
        }
        let kind = self.row.text(Slot::TradeType).unwrap_or_default();
        let number = kind.parse().ok().filter(|number| (1..=5).contains(number));
        if number.is_none() {
            key.push(0xf9);
            key.extend_from_slice(kind.as_bytes());
        }
        // Rows need not have them in one order.
        self.extra.sort_unstable();
        for (name, value) in &self.extra {
            key.push(0xfa);
            key.extend_from_slice(name.as_bytes());
            key.push(0xfb);
            key.extend_from_slice(value.as_bytes());
        }
        let mut hasher = DefaultHasher::new();
        hasher.write(&key);
        let codes = [Slot::Origin, Slot::Consignee].map(|slot| self.row.text(slot));
        let mut unit = UNITS.iter().filter_map(|slot| self.row.text(*slot)).map(str::trim);
        let unit = self.units.number(unit.find(|unit| !unit.is_empty()).unwrap_or_default());
        let figure = Exact::of(self.row.text(Slot::Figure));
        let cell = Cell::new(hasher.finish(), number.unwrap_or(0), unit, codes, figure);
        self.key = key;
        cell
    }

    pub(super) fn row_rules(&mut self) {
        let frequency = self.known::<Frequency>(Slot::Frequency, "A or M");
        let statistic = self.known::<Statistic>(Slot::Statistic, "VCm, QCm, VCy or QCy");
        let class = self.known::<CommodityClass>(Slot::Class, "a class of the guide");
        if let Some(text) = self.row.text(Slot::TradeType)
            && TradeType::exact(text).is_none_or(|kind| kind == TradeType::All)
        {
            self.row_remark("hk/value", Slot::TradeType, "1 to 5", None);
        }
        self.period(frequency);
        if let (Some(frequency), Some(statistic)) = (frequency, statistic)
            && !statistic.fits(frequency)
        {
            self.row_remark("hk/statistic", Slot::Statistic, "VCy or QCy in a row by year", None);
        }
        self.code(class);
        for slot in [Slot::Origin, Slot::Consignee] {
            let Some(text) = self.row.text(slot) else { continue };
            // As sent, in capitals and without blanks.
            if !text.parse::<AreaCode>().is_ok_and(|code| code.as_str() == text) {
                self.row_remark("hk/area", slot, "a code of 1 to 4 capital letters or digits", None);
            }
        }
        self.unit(statistic);
        self.figure();
        if self.context.query.is_some() {
            self.answers_query();
        }
    }

    /// Remarks on a field of the row; `found` unless it is the field's text.
    pub(super) fn row_remark(
        &mut self,
        rule: &'static str,
        slot: Slot,
        expected: impl Into<String>,
        found: Option<String>,
    ) {
        let found = found.unwrap_or_else(|| self.row.text(slot).map_or("nothing".to_owned(), shown));
        self.remark(Remark::new(rule, At::Slot(slot), expected, found));
    }

    /// The documented value of a field, if it has one.
    fn known<T: Known>(&mut self, slot: Slot, values: &str) -> Option<T> {
        let text = self.row.text(slot)?;
        let known = T::exact(text);
        if known.is_none() {
            self.row_remark("hk/value", slot, values, None);
        }
        known
    }

    fn period(&mut self, frequency: Option<Frequency>) {
        let Some(text) = self.row.text(Slot::Period) else { return };
        match (Period::exact(text), frequency) {
            (None, _) => {
                self.row_remark("hk/period", Slot::Period, "YYYY, or YYYYMM with a month of 01 to 12", None)
            }
            (Some(period), Some(frequency)) if period.frequency() != frequency => {
                let form = if frequency == Frequency::Annual { "YYYY" } else { "YYYYMM" };
                self.row_remark(
                    "hk/period",
                    Slot::Period,
                    format!("{form}, since freq is {frequency}"),
                    None,
                );
            }
            _ => {}
        }
    }

    fn code(&mut self, class: Option<CommodityClass>) {
        let Some(text) = self.row.text(Slot::Code) else { return };
        // Of end-use categories the guide lists no codes.
        let Some((class, digits)) = class.and_then(|class| Some((class, class.digits()?))) else { return };
        if text.len() != digits || !text.bytes().all(|b| b.is_ascii_digit()) {
            self.row_remark(
                "hk/code-class",
                Slot::Code,
                format!("{digits} digits, since codeclass is {class}"),
                None,
            );
            return;
        }
        // Whether Hong Kong uses the national chapters 98 and 99 is unknown.
        let harmonized = class.as_str().starts_with("HKHS");
        let known = match text.get(..2) {
            Some(chapter) if harmonized => {
                matches!(chapter, "98" | "99") || codes::hs_chapter(chapter).is_some()
            }
            _ => true,
        };
        if !known {
            let expected = "a code in one of the chapters 01 to 99 without the reserved 77";
            self.row_remark("hk/code", Slot::Code, expected, None);
        }
    }

    fn unit(&mut self, statistic: Option<Statistic>) {
        let Some(statistic) = statistic else { return };
        for slot in UNITS {
            let Some(unit) = self.row.text(slot) else { continue };
            let money = MONEY.iter().any(|word| unit.contains(word));
            if money == statistic.is_quantity() && !unit.trim().is_empty() {
                let expected =
                    if statistic.is_quantity() { "a unit of quantity" } else { "Hong Kong dollars" };
                self.row_remark("hk/unit", slot, format!("{expected}, since sv is {statistic}"), None);
            }
        }
    }

    fn figure(&mut self) {
        let expected = "an integer or decimal number as text, or one of the marks -, .. and an empty text";
        match self.row.kind(Slot::Figure) {
            Kind::Text => {
                let text = self.row.text(Slot::Figure).unwrap_or_default();
                if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
                    return;
                }
                if text.parse::<Figure>().is_ok_and(|figure| figure.reading().is_ok()) {
                    return;
                }
                self.row_remark("hk/figure", Slot::Figure, expected, None);
            }
            Kind::Missing | Kind::Null => {
                let remark = Remark::new("hk/figure", At::Object, expected, "no figure");
                self.remark(remark);
            }
            // Told by its type already.
            _ => {}
        }
    }

    pub(super) fn finish_hk(&mut self) {
        if let Some(found) = self.other_name() {
            let at = At::Slot(Slot::StatusName);
            let remark = Remark::new("hk/failure", at, "the name of the status's code", found.clone());
            let remark = remark.sort(found);
            self.remark(remark.mend("look which of the two was changed, or record the answer again"));
        }
        let code = self.head.text(Slot::StatusCode).map(str::to_owned);
        let failed = code.filter(|code| StatusCode::exact(code) != Some(StatusCode::Success));
        if let Some(code) = &failed {
            self.failure(code);
        }
        // What stands beside a failure is told with it.
        let listed = self.head.kind(Slot::DataSet) == Kind::List;
        match self.head.integer(Slot::Records) {
            Some(told) if i64::try_from(self.rows) != Ok(told) => {
                let (expected, found) = (format!("{}, the rows of dataSet", self.rows), told.to_string());
                self.remark(Remark::new("hk/count", At::Slot(Slot::Records), expected, found));
            }
            None if failed.is_none() && !listed && self.head.kind(Slot::StatusCode) == Kind::Number => {
                let found = "neither dataSet nor noOfRecords";
                self.remark(Remark::new(
                    "hk/count",
                    At::Slot(Slot::StatusCode),
                    "rows beside a success",
                    found,
                ));
            }
            _ => {}
        }
        let mut ending = Ending::new(self.limit);
        self.cells.finish(&mut ending);
        self.end_told(ending);
    }

    /// The name of the status, where it is that of another code: names of the guide in any case, and no others.
    fn other_name(&self) -> Option<String> {
        let name = self.head.text(Slot::StatusName)?;
        let code = StatusCode::exact(self.head.text(Slot::StatusCode)?)?;
        let plain = name.trim().replace(' ', "-");
        let named = StatusCode::VALUES.iter().find(|known| known.name().eq_ignore_ascii_case(&plain))?;
        (*named != code).then(|| format!("{} beside code {code} ({})", shown(name), code.name()))
    }

    /// A failure inside HTTP 200.
    fn failure(&mut self, code: &str) {
        let messages = if self.messages.is_empty() {
            self.head.text(Slot::StatusDescription).map(str::to_owned).into_iter().collect()
        } else {
            self.messages.clone()
        };
        let told: Vec<_> = messages.iter().map(|message| shown(message)).collect();
        let said = if told.is_empty() { "no message".to_owned() } else { told.join(", ") };
        // Only code and messages tell what kind of failure it is.
        let status = serde_json::json!({ "code": code, "message": messages });
        let outcome = serde_json::from_value::<Status>(status).map(|status| Outcome::of(&status));
        // Then even "No record found" is no mere note.
        let beside = self.rows > 0;
        let name = StatusCode::exact(code).map_or("unknown", StatusCode::name);
        let (rule, expected) = match outcome {
            _ if beside => ("hk/failure", "rows or a failure, not both"),
            Ok(Outcome::Empty) => ("hk/no-record", "rows"),
            _ => ("hk/failure", "code 0, success"),
        };
        let mend = match outcome {
            _ if beside => Some("look which of status and rows was changed, or record the answer again"),
            Ok(Outcome::UnpublishedPeriod(_)) => Some("ask for periods up to the last published one"),
            Ok(Outcome::UnknownCommodities(_)) => Some("ask without the codes that the messages name"),
            Ok(Outcome::UsageLimit | Outcome::Busy) => Some("wait, and record the answer again"),
            Ok(Outcome::Denied) => {
                Some("send the cookie of the first answer back, and record the answer again")
            }
            _ => None,
        };
        let rows = if beside { ", beside rows" } else { "" };
        let found = format!("code {code} ({name}): {said}{rows}");
        let remark = Remark::new(rule, At::Slot(Slot::StatusCode), expected, found);
        let mut remark = remark.sort(format!("code {code}{rows}"));
        remark.mend = mend.map(str::to_owned);
        self.remark(remark);
    }
}
