//! Rules of TradeWind's answers and requests.

use super::{At, Judge, Kind, Remark, Slot, shown};
use crate::domain::DateText;
use crate::validate::diagnose::NOTHING;

impl Judge {
    pub(super) fn finish_tradewind(&mut self) {
        self.envelopes();
        if self.head.kind(Slot::Credits) == Kind::Number
            && let Some(text) = self.head.text(Slot::Credits)
            && is_negative(text)
        {
            let found = text.to_owned();
            self.remark(Remark::new(
                "tradewind/credits",
                At::Slot(Slot::Credits),
                "0 or more credits",
                found,
            ));
        }
        self.decimal_text(Slot::TotalQuantity);
        self.finish_regions();
    }

    fn envelopes(&mut self) {
        let success = match self.head.kind(Slot::Success) {
            Kind::Bool(success) => Some(success),
            _ => None,
        };
        // An error that says nothing is none.
        let error = match self.head.kind(Slot::Error) {
            Kind::Missing | Kind::Null | Kind::Bool(false) => false,
            Kind::Text => self.head.text(Slot::Error) != Some(""),
            Kind::List | Kind::Object | Kind::Number | Kind::Bool(true) => true,
        };
        let customs = self.context.path.starts_with("/api/customs/");
        let inner = customs && self.head.kind(Slot::Data) == Kind::Object;
        let upstream = match self.head.kind(Slot::UpstreamCode) {
            Kind::Missing | Kind::Null => None,
            Kind::Number | Kind::Text => self.head.text(Slot::UpstreamCode),
            Kind::Bool(_) | Kind::List | Kind::Object => Some("of another kind"),
        };
        let upstream = upstream.filter(|_| inner);
        let told = |slot| self.head.text(slot).map(shown);
        let said = told(Slot::UpstreamMessage).map_or(String::new(), |text| format!(", msg {text}"));
        let disagree = |at, expected: &str, found| {
            Some(Remark::new("tradewind/envelopes", At::Slot(at), expected, found))
        };
        let remark = match (success, error, upstream) {
            (Some(true), true, _) => {
                disagree(Slot::Error, "no error beside success true", format!("an error: {}", self.error()))
            }
            (Some(true), false, Some(code)) if code != "1" => {
                disagree(Slot::UpstreamCode, "code 1 inside success true", format!("code {code}{said}"))
            }
            (Some(false), false, Some("1")) => {
                disagree(Slot::Success, "success true around code 1", "false".to_owned())
            }
            (Some(false), ..) | (None, true, _) => {
                let at = if error { Slot::Error } else { Slot::Success };
                Some(Remark::new(
                    "tradewind/failure",
                    At::Slot(at),
                    "an answer that tells success",
                    self.error(),
                ))
            }
            (None, false, Some(code)) if code != "1" => {
                let found = format!("code {code}{said}");
                Some(Remark::new("tradewind/failure", At::Slot(Slot::UpstreamCode), "code 1", found))
            }
            _ => None,
        };
        match remark {
            Some(remark) => {
                let code = told(Slot::ErrorCode).or_else(|| upstream.map(str::to_owned));
                self.remark(Remark { sort: code.map(|code| format!("code {code}")), ..remark });
            }
            // A failure has no data, and may say what it likes.
            None if self.context.failed => {}
            None => self.data(inner),
        }
    }

    /// Of an answer that tells no failure: whether data are where they should be, as the client has it. `inner` says that the
    /// upstream's envelope may be there.
    fn data(&mut self, inner: bool) {
        let declared = self.head.kind(Slot::BothEnvelopes) == Kind::Object;
        // What holds them: where they are missing, it is all that can be pointed at.
        let (slot, around) = if inner && (declared || self.head.kind(Slot::UpstreamCode) != Kind::Missing) {
            (Slot::UpstreamData, Slot::Data)
        } else {
            (Slot::Data, if declared { Slot::BothEnvelopes } else { Slot::Envelope })
        };
        // The one operation whose data may be a text carries a task id of unknown shape (vendor).
        let text = self.context.operation == "agentic_search";
        let (at, found, sort) = match self.head.kind(slot) {
            Kind::Text if !text => {
                let found = format!("the text {}", shown(self.head.text(slot).unwrap_or_default()));
                (slot, found, "a text")
            }
            Kind::Null => (slot, "null".to_owned(), "null"),
            Kind::Missing if self.head.kind(around) == Kind::Object => (around, NOTHING.to_owned(), NOTHING),
            _ => return,
        };
        self.remark(Remark::new("tradewind/trace", At::Slot(at), "data", found).sort(sort));
    }

    fn error(&self) -> String {
        let parts = [("code", Slot::ErrorCode), ("message", Slot::ErrorMessage), ("text", Slot::Error)];
        let told: Vec<_> = parts
            .into_iter()
            .filter_map(|(name, slot)| Some(format!("{name} {}", shown(self.head.text(slot)?))))
            .collect();
        if told.is_empty() { "a failure without a code".to_owned() } else { told.join(", ") }
    }

    pub(super) fn finish_request(&mut self) {
        let mut days = [None, None];
        for (slot, day) in [Slot::Start, Slot::End].into_iter().zip(&mut days) {
            let Some(text) = self.head.text(slot) else { continue };
            match text.parse::<DateText>() {
                Ok(read) => *day = Some(read).filter(|read| *read != DateText::UNUSED),
                Err(e) => {
                    let remark = Remark::new(
                        "tradewind/day",
                        At::Slot(slot),
                        "a day that exists, or nothing",
                        shown(text),
                    );
                    let remark = remark.mend(e.problem());
                    self.remark(remark);
                }
            }
        }
        if let [Some(start), Some(end)] = days
            && start > end
        {
            let expected = format!("a day not after end_time, {end}");
            self.remark(Remark::new("tradewind/day", At::Slot(Slot::Start), expected, start.to_string()));
        }
        if let (Some(limit), Some(per_page)) =
            (self.head.integer(Slot::Limit), self.head.integer(Slot::PerPage))
            && limit != per_page
        {
            let expected = format!("{limit}, the same as limit");
            self.remark(Remark::new(
                "tradewind/page",
                At::Slot(Slot::PerPage),
                expected,
                per_page.to_string(),
            ));
        }
    }

    pub(super) fn filter_rules(&mut self) {
        let given = |slot| self.row.kind(slot) == Kind::List;
        if given(Slot::Names) && given(Slot::Domains) {
            self.remark(Remark::new("tradewind/names", At::Slot(Slot::Names), "names or domains", "both"));
        }
    }
}

/// Whether a number is below zero, however large it is.
fn is_negative(number: &str) -> bool {
    let digits = number.split(['e', 'E']).next().unwrap_or_default();
    digits.strip_prefix('-').is_some_and(|digits| digits.bytes().any(|b| matches!(b, b'1'..=b'9')))
}
