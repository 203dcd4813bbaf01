//! Drift: the document, the documented example, and what came, held against one another.
//!
//! What the document says of an answer, the [`Validator`] holds, with undeclared fields as errors. What only the documented example
//! tells is looked at here: fields and rows that it has and that came no more, and kinds of values where the document
//! leaves them open.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::diagnose::Fault;
use super::finding::{Finding, Problem, Report, Severity};
use super::locate::{self, Wanted};
use super::{Config, Rule, Validator, input, rule};
use crate::documents::document;
use crate::exchange::{
    Body, Exchange, ExchangeEvidence, Format, Header, InvalidExchange, RAW, RecordedRequest,
    RecordedResponse, ServiceName, Source, documented,
};
use crate::hk::Query;
use crate::http::redact::HIDDEN;
use crate::operation::Billing;
use crate::place::escape;

/// A request whose answer tells of drift.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Probe {
    /// Whom to ask.
    pub service: ServiceName,
    /// The `operationId`.
    pub operation: String,
    /// Name of the documented example; `free` for an operation that costs nothing and needs no input.
    pub case: String,
    /// HTTP method, in capitals.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// JSON that is sent.
    pub body: Option<Value>,
    /// Whether the call may cost something.
    pub billed: bool,
    /// Whether something stands in the place of a value, as in a drafted example: no service can answer that.
    pub placeholder: bool,
}

impl Probe {
    /// Every documented example query, and every operation that is free and needs no input.
    ///
    /// # Errors
    /// As [`documented`].
    pub fn all() -> Result<Vec<Self>, InvalidExchange> {
        Ok(Self::of(documented()?))
    }

    fn of(documented: Vec<(&'static str, Exchange)>) -> Vec<Self> {
        let operations = || crate::tradewind::api::OPERATIONS.iter();
        let free = |id: &str| operations().any(|known| known.id == id && known.billing == Billing::Free);
        let mut all: Vec<_> = documented
            .into_iter()
            .map(|(_, exchange)| Self {
                placeholder: has_placeholder(&exchange.request),
                billed: exchange.service == ServiceName::Tradewind && !free(&exchange.operation),
                service: exchange.service,
                operation: exchange.operation,
                case: exchange.case,
                method: exchange.request.method,
                target: exchange.request.target,
                body: exchange.request.body.as_ref().and_then(Body::json).cloned(),
            })
            .collect();
        let json = |id: &str| {
            let operation = document(ServiceName::Tradewind).operation(id);
            operation
                .and_then(|known| known.success_schema())
                .is_some_and(|(kind, _)| kind == "application/json")
        };
        let more = operations().filter(|known| {
            known.billing == Billing::Free
                && known.method == "GET"
                && !known.path.contains('{')
                && json(known.id)
                && !all.iter().any(|probe| probe.operation == known.id)
        });
        let more: Vec<_> = more
            .map(|known| Self {
                service: ServiceName::Tradewind,
                operation: known.id.to_owned(),
                case: "free".to_owned(),
                method: known.method.to_owned(),
                target: known.path.to_owned(),
                body: None,
                billed: false,
                placeholder: false,
            })
            .collect();
        all.extend(more);
        all
    }

    /// Service, operation and case, as findings name it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}.{}.json", self.service, self.operation, self.case)
    }

    /// What came, as a recorded exchange; `made_up` where a local server answered.
    #[must_use]
    pub fn answered(&self, status: u16, body: &[u8], made_up: bool) -> Exchange {
        let header = || Header { name: "content-type".to_owned(), value: "application/json".to_owned() };
        Exchange {
            format: Format::TradebindExchange1,
            service: self.service,
            operation: self.operation.clone(),
            case: self.case.clone(),
            about: None,
            source: Source {
                title: format!("An answer to the documented query {}", self.name()),
                section: None,
                url: None,
                notes: Vec::new(),
            },
            evidence: if made_up { ExchangeEvidence::Assumed } else { ExchangeEvidence::Observed },
            request: RecordedRequest {
                method: self.method.clone(),
                target: self.target.clone(),
                headers: self.body.iter().map(|_| header()).collect(),
                body: self.body.clone().map(Body::Json),
            },
            response: Some(RecordedResponse {
                status,
                // Only what is JSON is looked at.
                headers: vec![header()],
                body: Some(Body::of(body)),
            }),
        }
    }
}

/// Said of a folder without any.
const NO_RECORDING: &str =
    "the folder holds no recorded exchange: files that end in .json, .ndjson or .jsonl";

/// Said of JSON that is something else.
const OTHER: &str = "is no recorded exchange: drift takes what `tradebind drift --keep` and the client's Recorder write, and neither HAR files nor bare bodies, which `tradebind validate` takes";

/// Looks for drift.
#[derive(Debug)]
pub struct Drift {
    validator: Validator,
    documented: Vec<(&'static str, Exchange)>,
}

impl Drift {
    /// One that goes by the documents and examples of this crate.
    ///
    /// # Errors
    /// As [`documented`].
    pub fn new() -> Result<Self, InvalidExchange> {
        Ok(Self { validator: Validator::new().for_drift(), documented: documented()? })
    }

    /// Severities of your own.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { validator: self.validator.config(config), ..self }
    }

    /// Holds the recorded exchanges of a folder and those below it, of a file or a pattern, against document and documented example;
    /// those of one service alone, where it is given. A file holds one exchange, or one in each line (NDJSON).
    ///
    /// What is no exchange is a problem of the report, and so is a place that holds no answer at all.
    pub fn check_files(&mut self, path: &str, only: Option<ServiceName>) -> Report {
        let mut report = Self::report();
        let problem = |file: &str, text: String| vec![Problem { file: file.to_owned(), line: 0, text }];
        let input::Files { files, own } = match input::files(path) {
            Ok(files) => files,
            Err(text) => {
                let text = if text == input::NO_PAYLOAD { NO_RECORDING.to_owned() } else { text };
                return Report { problems: problem(path, text), ..report };
            }
        };
        report.passed_over.extend(own.iter().map(|file| file.display().to_string()));
        let mut answers = 0;
        for file in files {
            let source = input::Source::open(&file);
            match source.and_then(|mut source| self.file(&mut source, only, &mut report)) {
                Ok(held) => answers += held,
                Err(e) => {
                    let text = format!("is no recorded exchange: cannot be read: {e}");
                    report.problems.extend(problem(&file.display().to_string(), text));
                }
            }
        }
        if answers == 0 {
            let of = only.map(|only| format!(" of {only}")).unwrap_or_default();
            let text = format!("holds no recorded exchange{of} with an answer: nothing was compared");
            report.problems.extend(problem(path, text));
        }
        report
    }

    /// Holds what a file has, and tells how many answers that were.
    fn file(
        &mut self,
        source: &mut input::Source,
        only: Option<ServiceName>,
        report: &mut Report,
    ) -> io::Result<usize> {
        let (whole, prefix, _) = source.whole()?;
        let start = whole.start();
        if !input::several(source, start, &prefix)? {
            let mut text = String::new();
            source.from(0)?.read_to_string(&mut text)?;
            return Ok(self.recording(&source.name, text, only, report));
        }
        if input::is_one_value(source, &whole, &prefix)? {
            let text = input::ONE_VALUE.to_owned();
            report.problems.push(Problem { file: source.name.clone(), line: 0, text });
            return Ok(0);
        }
        let (mut lines, mut answers) = (input::Lines::from(start), 0);
        while let Some(line) = lines.next(source)? {
            let mut text = String::new();
            source.read(&line, |from| from.read_to_string(&mut text))??;
            let mut own = Self::report();
            answers += self.recording(&source.name, text, only, &mut own);
            own.shift(line.start().line, line.start().byte);
            report.add(own);
        }
        Ok(answers)
    }

    /// Holds what a text has, and tells how many answers that are: one or none.
    fn recording(
        &mut self,
        name: &str,
        text: String,
        only: Option<ServiceName>,
        report: &mut Report,
    ) -> usize {
        let came = match Exchange::read(&text, name) {
            // A documented request may have no answer on record.
            Ok(came) if came.response.is_none() => return 0,
            Ok(came) if only.is_some_and(|only| only != came.service) => return 0,
            Ok(came) => came,
            Err(e) => {
                let is_other = serde_json::from_str::<IgnoredAny>(&text).is_ok()
                    && input::Sketch::of(text.as_bytes())
                        .is_ok_and(|sketch| sketch.container() != Some(input::Container::Exchange));
                let text = match is_other {
                    true => OTHER.to_owned(),
                    false => format!("is no recorded exchange: {}", e.problem()),
                };
                report.problems.push(Problem { file: name.to_owned(), line: 0, text });
                return 0;
            }
        };
        // The text as it stands: its places are told.
        report.add(self.held(&mut input::Source::memory(name, text.into_bytes()), &came));
        1
    }

    /// A report of nothing yet, for others to be added to.
    #[must_use]
    pub fn report() -> Report {
        Report { compared: Some(BTreeSet::new()), ..Report::default() }
    }

    /// What is told where a service refuses a documented query: a problem, since there is nothing to compare.
    #[must_use]
    pub fn refused(probe: &Probe, why: &str) -> Report {
        let text = format!("the service refuses the documented query: {why}");
        let mut report = Self::report();
        report.problems.push(Problem { file: probe.name(), line: 0, text });
        report
    }

    /// Holds what came against the document and the documented example; findings name it by `name`. Their places are those of the
    /// exchange as it is written by [`Display`](std::fmt::Display).
    pub fn check(&mut self, name: &str, came: &Exchange) -> Report {
        self.held(&mut input::Source::memory(name, came.to_string().into_bytes()), came)
    }

    /// Holds what came, and stands in that source.
    fn held(&mut self, source: &mut input::Source, came: &Exchange) -> Report {
        let mut report = Report { compared: Some(BTreeSet::new()), ..Report::default() };
        self.validator.source(source, &mut report);
        let base = if answer(came).is_some() { ANSWER } else { TEXT };
        let came = &routed(as_json(came));
        let subject = subject(came);
        let (mut times, met) = (Vec::new(), std::mem::take(&mut report.alike));
        for finding in &mut report.findings {
            times.push(met.get(&finding.fingerprint).copied().unwrap_or(1));
            // The same drift is the same, however its answer was kept.
            let pointer = match finding.pointer.strip_prefix(base).filter(|_| answer(came).is_some()) {
                Some(place) => format!("{ANSWER}{place}"),
                None => finding.pointer.clone(),
            };
            let sort = finding.sort.as_deref();
            finding.fingerprint = fingerprint(finding.rule, &subject, &pointer, &finding.found, sort);
        }
        let example = self.example(came);
        match answer(came) {
            None => {
                let text = "holds no JSON answer: there is nothing to compare".to_owned();
                report.problems.push(Problem { file: source.name.clone(), line: 0, text });
            }
            // A failure has another shape than the documented success.
            Some(body) if failed(came, body, example) => {}
            Some(body) => {
                if let Some(example) = example {
                    let asked = asks_for(came);
                    self.compare((source, base, &subject), body, example, &asked, &mut report);
                }
                report.compared = Some(BTreeSet::from([subject]));
            }
        }
        fold(&mut report, times);
        report
    }

    /// Holds an answer against the documented one; it lies at `base` in the source.
    fn compare(
        &self,
        (source, base, subject): (&mut input::Source, &str, &str),
        body: &Value,
        example: &Value,
        asked: &dyn Fn(&str) -> bool,
        report: &mut Report,
    ) {
        let (came, example) = (kinds(body), kinds(example));
        for finding in &mut report.findings {
            if let Some(place) = finding.pointer.strip_prefix(base) {
                let shown = example.get(&general(place));
                let shown = shown.map_or("nothing there".to_owned(), told);
                finding.found = format!("{}; the documented example has {shown}", finding.found);
            }
        }
        let mut more = Vec::new();
        let name = source.name.clone();
        let mut tell = |id, severity: Option<Severity>, place: &str, kinds, found: String, at: Wanted| {
            let rule = rule::known(id);
            if let Some(severity) = self.validator.configured(rule, severity.unwrap_or(rule.severity)) {
                more.push((
                    finding((&name, base, subject), (rule, severity), place, &told(kinds), found),
                    at,
                ));
            }
        };
        for (place, kinds) in &example {
            match came.get(place) {
                None => {
                    let Some(parent) = parent(place) else { continue };
                    let (holder, found) = match place.ends_with("/*") {
                        true => ("a list", "an empty list"),
                        false => ("an object", "nothing of that name"),
                    };
                    // What lies below a place that is gone, or is something else now, is gone with it.
                    if came.get(parent).is_some_and(|kinds| kinds.contains(holder)) && asked(place) {
                        let at = (parent.to_owned(), BTreeSet::from([holder]));
                        tell("drift/gone", None, place, kinds, found.to_owned(), at);
                    }
                }
                // Worth a look, and no more: one answer may have nothing there.
                Some(now) if only_null(&came, place) && !only_null(&example, place) => {
                    let (note, at) = (Some(Severity::Note), (place.clone(), now.clone()));
                    tell("drift/kind", note, place, kinds, "null alone".to_owned(), at);
                }
                Some(now) => {
                    let new: BTreeSet<_> =
                        now.difference(kinds).copied().filter(|kind| *kind != "null").collect();
                    let typed = report.findings.iter().any(|finding| {
                        finding.pointer.strip_prefix(base).is_some_and(|at| general(at) == *place)
                    });
                    // The document's own type was held already. Who accepts one kind accepts no other.
                    for kind in new.into_iter().filter(|_| !typed) {
                        let at = (place.clone(), BTreeSet::from([kind]));
                        tell("drift/kind", None, place, kinds, kind.to_owned(), at);
                    }
                }
            }
        }
        if let Some(last) = report.checked.last_mut() {
            last.findings += more.len();
        }
        let (more, wanted): (Vec<_>, Vec<_>) = more.into_iter().unzip();
        for (mut finding, found) in more.into_iter().zip(locate::first(source, &wanted)) {
            if let Some(locate::Found { position, excerpt }) = found {
                (finding.line, finding.column) = (position.line + 1, position.column + 1);
                (finding.offset, finding.excerpt) = (position.byte, excerpt);
            }
            report.findings.push(finding);
        }
    }

    /// The documented answer of the operation: that of the same request, if there is one.
    fn example(&self, came: &Exchange) -> Option<&Value> {
        let mut all: Vec<_> = self.documented.iter().map(|(_, exchange)| exchange).collect();
        all.retain(|known| {
            known.service == came.service && known.operation == came.operation && answer(known).is_some()
        });
        let same = all.iter().find(|known| {
            known.request.target == came.request.target && known.request.body == came.request.body
        });
        same.or(all.first()).and_then(|known| answer(known))
    }
}

/// Whether the request asks for a field: rows of Hong Kong have areas and commodities only where the query
/// asks for them, and the documented example may be the answer of another query.
fn asks_for(came: &Exchange) -> impl Fn(&str) -> bool + use<> {
    let query: Option<Query> =
        (came.service == ServiceName::HkTrade).then(|| came.request.target.parse().ok()).flatten();
    move |place| {
        let (Some(query), Some(field)) = (&query, place.strip_prefix("/dataSet/*/")) else { return true };
        // `code` begins as `co` does.
        let of = |name: &str| {
            field == name
                || field.starts_with(&format!("{name}Desc"))
                || field.starts_with(&format!("{name}Region"))
        };
        match field {
            _ if of("co") => query.origin().is_some(),
            _ if of("cc") => query.destination().is_some(),
            _ if of("code") || field == "codeclass" => query.commodities().is_some(),
            _ if of("tm") => query.by_transport(),
            _ => true,
        }
    }
}

/// The same with its answer as JSON, where it is: recorded as text, since its keys came in another order than JSON is written
/// in here.
fn as_json(came: &Exchange) -> Exchange {
    let mut came = came.clone();
    if let Some(body) = came.response.as_mut().and_then(|response| response.body.as_mut())
        && let Body::Text(text) = body
        && let Ok(value) = serde_json::from_str(text)
    {
        *body = Body::Json(value);
    }
    came
}

/// The same by the name of its operation: a raw call is recorded without it.
fn routed(mut came: Exchange) -> Exchange {
    let document = document(came.service);
    if came.operation == RAW {
        let path = came.request.target.split('?').next().unwrap_or_default();
        if let Some((operation, _)) = document.route(&came.request.method, path) {
            came.operation = operation.id().to_owned();
        }
    }
    came
}

/// Where a recorded exchange keeps the JSON of the answer.
const ANSWER: &str = "/response/body/json";
/// Where it is kept whose members came in another order than JSON is written in here.
const TEXT: &str = "/response/body/text";

fn answer(exchange: &Exchange) -> Option<&Value> {
    exchange.response.as_ref()?.body.as_ref()?.json()
}

/// The kinds of value at each place; all items of a list are one place.
fn kinds(value: &Value) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut all = BTreeMap::new();
    walk(value, "", &mut all);
    all
}

fn walk(value: &Value, at: &str, all: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    all.entry(at.to_owned()).or_default().insert(kind);
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, &format!("{at}/*"), all)),
        Value::Object(members) => {
            for (name, value) in members {
                walk(value, &format!("{at}/{}", escape(name)), all);
            }
        }
        _ => {}
    }
}

/// A pointer with every list index as `*`.
fn general(pointer: &str) -> String {
    let index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pointer.split('/').map(|part| if index(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn parent(place: &str) -> Option<&str> {
    place.rsplit_once('/').map(|(parent, _)| parent)
}

fn only_null(kinds: &BTreeMap<String, BTreeSet<&'static str>>, place: &str) -> bool {
    kinds.get(place).is_some_and(|kinds| kinds.iter().all(|kind| *kind == "null"))
}

fn told(kinds: &BTreeSet<&'static str>) -> String {
    kinds.iter().copied().collect::<Vec<_>>().join(" or ")
}

fn finding(
    (name, base, subject): (&str, &str, &str),
    (rule, severity): (&'static Rule, Severity),
    place: &str,
    example: &str,
    found: String,
) -> Finding {
    let kept = format!("{ANSWER}{place}");
    Finding {
        rule: rule.id,
        severity,
        file: name.to_owned(),
        line: 1,
        column: 1,
        offset: 0,
        fingerprint: fingerprint(rule.id, subject, &kept, &found, None),
        pointer: format!("{base}{place}"),
        asked_by: None,
        expected: format!("{example}, as in the documented example"),
        found,
        mend: rule.mend.to_owned(),
        excerpt: None,
        sort: None,
    }
}

/// Service, operation and case: a file of recordings may have any name.
fn subject(came: &Exchange) -> String {
    format!("{}/{}.{}.json", came.service, came.operation, came.case)
}

/// What stays the same of a drift: not its rows, nor what is in them, unless a value is what is new. What is of another sort, such as
/// a value of another kind or the failure of another code, is another drift.
fn fingerprint(rule: &str, subject: &str, pointer: &str, found: &str, sort: Option<&str>) -> String {
    format!("{rule} {subject}#{}", same(rule, pointer, found, sort))
}

fn same(rule: &str, pointer: &str, found: &str, sort: Option<&str>) -> String {
    let found = ["hk/value", "schema/value", "drift/kind"].contains(&rule).then_some(found);
    general(pointer) + &found.or(sort).map(|sort| format!(": {sort}")).unwrap_or_default()
}

/// What faults of one payload have in common of which one is left.
pub(super) fn alike(fault: &Fault) -> String {
    format!("{} {}", fault.rule, same(fault.rule, &fault.pointer, &fault.found, fault.sort.as_deref()))
}

/// Whether something in a request stands in the place of a value: a parameter that nobody filled in, or what was taken out as a secret.
fn has_placeholder(request: &RecordedRequest) -> bool {
    let hidden = |text: &str| text.contains(HIDDEN);
    let sent = request.body.as_ref().and_then(|body| body.bytes().ok());
    request.target.contains('{')
        || hidden(&request.target)
        || sent.is_some_and(|body| hidden(&String::from_utf8_lossy(&body)))
}

/// Whether an answer is a failure, with whatever status it came.
fn failed(came: &Exchange, body: &Value, example: Option<&Value>) -> bool {
    let status = came.response.as_ref().map_or(0, |response| response.status);
    let code = |pointer: &str, success: u64| {
        let code = body.pointer(pointer).filter(|code| !code.is_null());
        code.is_some_and(|code| *code != success && *code != success.to_string().as_str())
    };
    let text = |pointer: &str| {
        let shown = example.and_then(|example| example.pointer(pointer));
        body.pointer(pointer).is_some_and(Value::is_string) && shown.is_some_and(|shown| !shown.is_string())
    };
    let told = match came.service {
        ServiceName::HkTrade => code("/header/status/code", 0),
        ServiceName::Tradewind => {
            body["success"] == false
                || body.get("error").is_some_and(|error| !error.is_null())
                || body.pointer("/data/data").is_some() && code("/data/code", 1)
                // What the upstream sends in place of data.
                || text("/data")
                || text("/data/data")
        }
    };
    told || !(200..300).contains(&status)
}

/// One finding of each drift: what is so in one row is mostly so in all. `times` tells how often each was met already; those that are
/// not in it once.
fn fold(report: &mut Report, times: Vec<usize>) {
    let mut first = BTreeMap::new();
    let mut kept = Vec::new();
    let times = times.into_iter().chain(std::iter::repeat(1));
    for ((i, finding), times) in report.findings.iter().enumerate().zip(times) {
        let (at, count) = first.entry(finding.fingerprint.clone()).or_insert((i, 0_usize));
        *count += times;
        kept.push(*at == i);
    }
    for (i, count) in first.into_values().filter(|(_, count)| *count > 1) {
        if let Some(finding) = report.findings.get_mut(i) {
            finding.found = format!("{}; so in {count} places", finding.found);
        }
    }
    report.keep(&kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documented exchange of an operation, with its answer changed.
    fn came(operation: &str, change: impl FnOnce(&mut Value)) -> Exchange {
        let all = documented().unwrap();
        // Of all examples those that the tests were written for.
        let known = |case: &str| ["documented", "total-exports-cn"].contains(&case);
        let found = all
            .into_iter()
            .map(|(_, exchange)| exchange)
            .find(|exchange| exchange.operation == operation && known(&exchange.case));
        let mut exchange = found.unwrap();
        if let Some(Body::Json(json)) = exchange.response.as_mut().and_then(|response| response.body.as_mut())
        {
            change(json);
        }
        exchange
    }

    fn lines(operation: &str, change: impl FnOnce(&mut Value)) -> Vec<String> {
        let report = Drift::new().unwrap().check("came.json", &came(operation, change));
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        let line = |finding: &Finding| {
            format!(
                "{} {}: expected {}; found {}",
                finding.rule, finding.pointer, finding.expected, finding.found
            )
        };
        report.findings.iter().map(line).collect()
    }

    #[test]
    fn what_is_documented_has_not_drifted() {
        for operation in ["get_trade", "world_regions"] {
            assert_eq!(lines(operation, |_| ()), Vec::<String>::new());
        }
    }

    #[test]
    fn new_fields_values_and_types_are_told_three_ways() {
        let regions = lines("world_regions", |json| {
            let row = json.pointer_mut("/data/data/list/0").unwrap().as_object_mut().unwrap();
            row.insert("continent".to_owned(), "Asia".into());
            row.insert("sellerCountryId".to_owned(), 7.into());
            row.insert("buyerCount".to_owned(), "many".into());
            for row in json.pointer_mut("/data/data/list").unwrap().as_array_mut().unwrap() {
                row.as_object_mut().unwrap().remove("icon");
            }
        });
        let trade = lines("get_trade", |json| {
            let row = json.pointer_mut("/dataSet/0").unwrap().as_object_mut().unwrap();
            row.insert("ttype".to_owned(), 9.into());
        });
        insta::assert_snapshot!([regions, trade].concat().join("\n"), @r#"
        schema/type /response/body/json/data/data/list/0/buyerCount: expected an integer or null; found the text "many"; the documented example has an integer
        schema/undeclared /response/body/json/data/data/list/0/continent: expected a declared field; found "continent"; the documented example has nothing there
        drift/gone /response/body/json/data/data/list/*/icon: expected a text, as in the documented example; found nothing of that name
        drift/kind /response/body/json/data/data/list/*/sellerCountryId: expected null, as in the documented example; found an integer
        hk/value /response/body/json/dataSet/0/ttype: expected 1 to 5; found "9"; the documented example has an integer
        "#);
    }

    #[test]
    fn rows_that_come_no_more_are_told() {
        let told = |operation: &str, list: &str| {
            let told = lines(operation, |json| *json.pointer_mut(list).unwrap() = Value::Array(Vec::new()));
            told.into_iter().filter(|line| line.starts_with("drift/")).collect::<Vec<_>>()
        };
        let gone = |list: &str| {
            vec![format!(
                "drift/gone /response/body/json{list}/*: expected an object, as in the documented example; found an empty list"
            )]
        };
        for (operation, list) in [("get_trade", "/dataSet"), ("world_regions", "/data/data/list")] {
            assert_eq!(told(operation, list), gone(list));
        }
    }

    /// What lies below something that is another now is gone with it.
    #[test]
    fn what_came_as_another_kind_has_no_members_to_miss() {
        let told = lines("world_regions", |json| json["data"]["data"]["list"] = "none".into());
        assert!(!told.iter().any(|line| line.starts_with("drift/gone")), "{told:?}");
        let told = lines("get_trade", |json| json["header"] = "none".into());
        assert!(!told.iter().any(|line| line.starts_with("drift/gone")), "{told:?}");
    }

    /// Places are those of the exchange as it stands, whichever way it keeps the answer.
    #[test]
    fn places_and_keys_of_an_answer_that_is_kept_as_text() {
        let change = |json: &mut Value| {
            let row = json.pointer_mut("/data/data/list/1").unwrap();
            row["continent"] = "Asia".into();
            row["sellerCountryId"] = 7.into();
            for row in json.pointer_mut("/data/data/list").unwrap().as_array_mut().unwrap() {
                row.as_object_mut().unwrap().remove("icon");
            }
        };
        let kept = came("world_regions", change);
        let mut as_text = kept.clone();
        let response = as_text.response.as_mut().unwrap();
        let text = serde_json::to_string_pretty(response.body.as_ref().unwrap().json().unwrap()).unwrap();
        response.body = Some(Body::Text(text));
        let mut drift = Drift::new().unwrap();
        let (kept, as_text) = ((drift.check("a", &kept), kept), (drift.check("a", &as_text), as_text));
        let keys = |report: &Report| {
            report.findings.iter().map(|finding| finding.fingerprint.clone()).collect::<Vec<_>>()
        };
        assert_eq!(keys(&kept.0), keys(&as_text.0));
        assert_eq!(kept.0.findings.len(), 3);
        for ((report, exchange), base) in [(&kept, ANSWER), (&as_text, TEXT)] {
            let written = exchange.to_string();
            for finding in &report.findings {
                let line = written.lines().nth(usize::try_from(finding.line).unwrap() - 1).unwrap();
                let rest: String = line.chars().skip(usize::try_from(finding.column).unwrap() - 1).collect();
                assert_eq!(
                    rest.as_bytes(),
                    &written.as_bytes()[usize::try_from(finding.offset).unwrap()..][..rest.len()]
                );
                let expected = match finding.rule {
                    "schema/undeclared" => "continent\\\": \\\"Asia",
                    "drift/kind" => "7",
                    _ => "{",
                };
                let expected = if base == ANSWER { expected.replace('\\', "") } else { expected.to_owned() };
                let rest = rest.trim_start_matches(['\\', '"']);
                assert!(rest.starts_with(&expected), "{}: {rest}", finding.rule);
                assert!(finding.pointer.starts_with(base) && finding.excerpt.is_some(), "{finding:?}");
            }
        }
    }

    /// What is kept does not grow with the rows.
    #[test]
    fn what_is_alike_is_kept_once() {
        let rows = came("world_regions", |json| {
            json["data"]["data"]["total"] = 400.into();
            let list = json.pointer_mut("/data/data/list").unwrap().as_array_mut().unwrap();
            let mut row = list[0].clone();
            row["buyerCount"] = "many".into();
            list.resize(400, Value::Null);
            list.fill(row);
        });
        let told = |findings: &[Finding]| {
            let of = |rule: &str| findings.iter().filter(|finding| finding.rule == rule).count();
            of("schema/type")
        };
        let kept = Validator::new().for_drift().check_text("came.json", &rows.to_string());
        let all = Validator::new().check_text("came.json", &rows.to_string());
        assert_eq!((told(&kept.findings), told(&all.findings)), (1, 400));
        let report = Drift::new().unwrap().check("came.json", &rows);
        assert_eq!(told(&report.findings), 1);
        let counted = report.findings.iter().filter(|finding| finding.found.ends_with("; so in 400 places"));
        assert_eq!(counted.count(), 1, "{:#?}", report.findings);
    }

    #[test]
    fn a_raw_call_is_known_by_its_path() {
        let mut raw = came("world_regions", |json| json["news"] = 1.into());
        raw.operation = "raw".to_owned();
        let report = Drift::new().unwrap().check("came.json", &raw);
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert_eq!(report.findings[0].pointer, "/response/body/json/news");
    }

    #[test]
    fn a_baseline_accepts_drift_and_tells_what_is_over() {
        let mut drift = Drift::new().unwrap();
        let new = |json: &mut Value| json["news"] = 1.into();
        let mut report = drift.check("came.json", &came("world_regions", new));
        assert!(!report.passes(Severity::Error));
        let accepted = crate::validate::Baseline::of(&report);
        accepted.apply(&mut report);
        assert!(report.passes(Severity::Note) && report.accepted == 1);
        let mut report = drift.check("came.json", &came("world_regions", |_| ()));
        accepted.apply(&mut report);
        assert_eq!((report.findings.len(), report.stale.len()), (0, 1));
    }

    /// Rows come and go, and so do their values.
    #[test]
    fn accepted_drift_stays_accepted() {
        let mut drift = Drift::new().unwrap();
        let rows = |count: usize, value: &str| {
            came("world_regions", |json| {
                json["data"]["data"]["total"] = 1000.into();
                let list = json.pointer_mut("/data/data/list").unwrap().as_array_mut().unwrap();
                let row = list[0].clone();
                list.resize(count, row);
                for row in list {
                    row["continent"] = value.into();
                    row["capital"] = value.into();
                }
            })
        };
        let report = drift.check("came.json", &rows(600, "Asia"));
        assert!(report.checked.iter().all(|checked| checked.untold == 0));
        let accepted = crate::validate::Baseline::of(&report).to_string();
        let accepted = crate::validate::Baseline::read(&accepted, "b.json").unwrap();
        for (count, value, file) in
            [(600, "Asia", "came.json"), (601, "Europe", "kept/other.json"), (1, "x", "a")]
        {
            let mut report = drift.check(file, &rows(count, value));
            accepted.apply(&mut report);
            assert!(report.passes(Severity::Warning), "{count}: {:#?}", report.findings);
            assert_eq!(report.stale, Vec::<String>::new(), "{count}");
        }
        // Only what was compared can be out of date.
        let mut other = drift.check("other.json", &came("get_trade", |_| ()));
        accepted.apply(&mut other);
        assert_eq!(other.stale, Vec::<String>::new());
        // A new value is another drift than the one that was accepted.
        let trade = |value: u64| {
            came("get_trade", |json| json.pointer_mut("/dataSet/0").unwrap()["ttype"] = value.into())
        };
        let accepted = crate::validate::Baseline::of(&drift.check("a", &trade(9)));
        for (value, passes) in [(9, true), (8, false)] {
            let mut report = drift.check("a", &trade(value));
            accepted.apply(&mut report);
            assert_eq!(report.passes(Severity::Error), passes, "{value}");
        }
    }

    /// At one place something graver may come: another kind of value, another failure.
    #[test]
    fn an_accepted_drift_hides_no_graver_one() {
        let mut drift = Drift::new().unwrap();
        let mut accepts = |accepted: &Exchange, later: &Exchange| {
            let accepted = crate::validate::Baseline::of(&drift.check("a.json", accepted));
            let mut report = drift.check("b.json", later);
            accepted.apply(&mut report);
            report.findings.is_empty()
        };
        let row = |index: usize, name: &str, value: Value| {
            came("world_regions", |json| json["data"]["data"]["list"][index][name] = value)
        };
        let object = || serde_json::json!({ "id": 7 });
        for (name, value, other) in
            [("sellerCountryId", 7.into(), 8.into()), ("buyerCount", "many".into(), "few".into())]
        {
            let accepted = row(0, name, value);
            assert!(accepts(&accepted, &row(3, name, other)), "{name}");
            for graver in [object(), Value::Bool(true)] {
                assert!(!accepts(&accepted, &row(0, name, graver)), "{name}");
            }
        }
        // Of two kinds each is accepted by itself.
        let both = came("world_regions", |json| {
            let list = &mut json["data"]["data"]["list"];
            (list[0]["sellerCountryId"], list[1]["sellerCountryId"]) = (7.into(), "7".into());
        });
        assert!(accepts(&both, &row(0, "sellerCountryId", 7.into())));
        assert!(!accepts(&row(0, "sellerCountryId", 7.into()), &both));
        let hk = |code: u64, message: &str| {
            came("get_trade", |json| {
                *json = serde_json::json!({ "header": { "status": { "code": code, "message": [message] } } });
            })
        };
        assert!(accepts(&hk(3, "busy"), &hk(3, "still busy")));
        assert!(!accepts(&hk(3, "busy"), &hk(1, "Commodity code (9999) is not defined")));
        let refused = |code: &str, message: &str| {
            came("world_regions", |json| {
                let error = serde_json::json!({ "code": code, "message": message });
                *json =
                    serde_json::json!({ "success": false, "request_id": "r", "data": {}, "error": error });
            })
        };
        assert!(accepts(&refused("RATE_LIMIT", "wait"), &refused("RATE_LIMIT", "wait a minute")));
        assert!(!accepts(&refused("RATE_LIMIT", "wait"), &refused("OPERATION_REMOVED", "wait")));
        let status = |status: u16| {
            let mut came = came("world_regions", |_| ());
            came.response.as_mut().unwrap().status = status;
            came
        };
        assert!(accepts(&status(429), &status(429)) && !accepts(&status(429), &status(403)));
    }

    #[test]
    fn failures_are_not_held_against_a_success() {
        let mut drift = Drift::new().unwrap();
        let mut rules = |mut came: Exchange, status: u16, body: Value| {
            if let Some(response) = &mut came.response {
                (response.status, response.body) = (status, Some(Body::Json(body)));
            }
            let report = drift.check("came.json", &came);
            report.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        let busy =
            serde_json::json!({ "header": { "status": { "code": 3, "name": "x", "message": "busy" } } });
        let told = rules(came("get_trade", |_| ()), 200, busy);
        assert!(
            told.contains(&"hk/failure") && !told.iter().any(|rule| rule.starts_with("drift/")),
            "{told:?}"
        );
        let limited = serde_json::json!({ "success": false, "data": null, "error": { "code": "x" } });
        for (status, body) in [(429, limited.clone()), (200, limited), (503, serde_json::json!({}))] {
            let told = rules(came("world_regions", |_| ()), status, body);
            assert!(!told.iter().any(|rule| rule.starts_with("drift/")), "{status}: {told:?}");
        }
        let trace = "Traceback (most recent call last)";
        for data in [serde_json::json!(trace), serde_json::json!({ "code": 1, "msg": "", "data": trace })] {
            let body = serde_json::json!({ "success": true, "data": data, "error": null });
            let told = rules(came("world_regions", |_| ()), 200, body);
            assert!(!told.is_empty() && !told.iter().any(|rule| rule.starts_with("drift/")), "{told:?}");
        }
    }

    #[test]
    fn null_alone_is_noted_and_the_configuration_weighs_drift() {
        let nulls = || {
            came("world_regions", |json| {
                for row in json.pointer_mut("/data/data/list").unwrap().as_array_mut().unwrap() {
                    row["buyerCount"] = Value::Null;
                    row.as_object_mut().unwrap().remove("icon");
                }
            })
        };
        let told = |drift: Drift| {
            let mut drift = drift;
            let report = drift.check("came.json", &nulls());
            report
                .findings
                .iter()
                .map(|found| format!("{} {}: {}", found.severity, found.rule, found.found))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(Drift::new().unwrap()),
            ["note drift/kind: null alone", "note drift/gone: nothing of that name"]
        );
        let config =
            Config::read("[rules]\n\"drift/gone\" = \"off\"\n\"drift/kind\" = \"error\"\n", "c.toml")
                .unwrap();
        assert_eq!(told(Drift::new().unwrap().config(config)), ["error drift/kind: null alone"]);
    }

    #[test]
    fn only_free_operations_come_unasked_for() {
        let all = Probe::all().unwrap();
        let of = |id: &str| all.iter().filter(|probe| probe.operation == id).collect::<Vec<_>>();
        for (id, billed) in [
            ("world_regions", true),
            ("agentic_countries", false),
            ("customs_countries", false),
            ("health", false),
            ("get_trade", false),
        ] {
            assert!(!of(id).is_empty() && of(id).iter().all(|probe| probe.billed == billed), "{id}");
        }
        assert!(!of("world_regions").iter().any(|probe| probe.placeholder));
        assert!(all.iter().filter(|probe| probe.service == ServiceName::HkTrade).count() >= 4);
        // A drafted example is no query that a service can answer.
        let drafted = |target: &str, body: Option<Value>| {
            let mut exchange = came("world_regions", |_| ());
            (exchange.request.target, exchange.request.body) = (target.to_owned(), body.map(Body::Json));
            Probe::of(vec![("x", exchange)]).remove(0).placeholder
        };
        assert!(drafted("/api/invented/{portId}/stats", None));
        assert!(drafted("/api/invented?email=(not shown)", None));
        assert!(drafted("/api/invented", Some(serde_json::json!({ "token": ["(not shown)"] }))));
        assert!(!drafted("/api/invented?page=1", Some(serde_json::json!({}))));
    }

    #[test]
    fn what_is_no_json_is_a_problem() {
        let probe = Probe::all().unwrap().remove(0);
        let report = Drift::new().unwrap().check("came.json", &probe.answered(200, b"<html>", false));
        assert_eq!(
            report.problems.last().map(|problem| problem.text.as_str()),
            Some("holds no JSON answer: there is nothing to compare")
        );
    }
}
