//! Drift: the document, the documented example, and what came, held against one another.
//!
//! What the document says of an answer, the [`Validator`] holds, with undeclared fields as errors. What only the documented example
//! tells is looked at here: fields that it has and that came no more, and kinds of values where the document leaves them open.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::finding::{Finding, Problem, Report, Severity};
use super::{Config, Rule, Validator, input, rule};
use crate::documents::document;
use crate::exchange::{
    Body, Exchange, ExchangeEvidence, Format, Header, InvalidExchange, RecordedRequest, RecordedResponse,
    ServiceName, Source, documented,
};
use crate::hk::Query;
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
}

impl Probe {
    /// Every documented example query, and every operation that is free and needs no input.
    ///
    /// # Errors
    /// As [`documented`].
    pub fn all() -> Result<Vec<Self>, InvalidExchange> {
        let operations = || crate::tradewind::api::OPERATIONS.iter();
        let free = |id: &str| operations().any(|known| known.id == id && known.billing == Billing::Free);
        let mut all: Vec<_> = documented()?
            .into_iter()
            .map(|(_, exchange)| Self {
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
            })
            .collect();
        all.extend(more);
        Ok(all)
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
        // One finding is left of many alike, however many: none is beyond a limit.
        Ok(Self { validator: Validator::new().strict(true).limit(usize::MAX), documented: documented()? })
    }

    /// Severities of your own.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { validator: self.validator.config(config), ..self }
    }

    /// Holds the recorded exchanges of a folder and those below it, of a file or a pattern, against document and documented example;
    /// those of one service alone, where it is given.
    ///
    /// What is no exchange is a problem of the report, and so is a place that holds no answer at all.
    pub fn check_files(&mut self, path: &str, only: Option<ServiceName>) -> Report {
        let mut report = Self::report();
        let mut problem = |file: &str, text: String| {
            report.problems.push(Problem { file: file.to_owned(), line: 0, text });
        };
        let (mut answers, mut passed_over) = (Vec::new(), Vec::new());
        match input::files(path) {
            Ok(input::Files { files, own }) => {
                passed_over.extend(own.iter().map(|file| file.display().to_string()));
                for file in files {
                    let name = file.display().to_string();
                    match Exchange::open(&file) {
                        // A documented request may have no answer on record.
                        Ok(came) if came.response.is_none() => {}
                        Ok(came) if only.is_some_and(|only| only != came.service) => {}
                        Ok(came) => answers.push((name, came)),
                        Err(e) => problem(&name, format!("is no recorded exchange: {}", e.problem())),
                    }
                }
                if answers.is_empty() {
                    let of = only.map(|only| format!(" of {only}")).unwrap_or_default();
                    problem(
                        path,
                        format!("holds no recorded exchange{of} with an answer: nothing was compared"),
                    );
                }
            }
            Err(text) => problem(path, text),
        }
        report.passed_over = passed_over;
        for (name, came) in answers {
            report.add(self.check(&name, &came));
        }
        report
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

    /// Holds what came against the document and the documented example; findings name it by `name`.
    pub fn check(&mut self, name: &str, came: &Exchange) -> Report {
        let came = &routed(as_json(came));
        let subject = subject(came);
        let mut report = self.validator.check_text(name, &came.to_string());
        report.compared = Some(BTreeSet::new());
        for finding in &mut report.findings {
            finding.fingerprint = fingerprint(finding.rule, &subject, &finding.pointer, &finding.found);
        }
        match answer(came) {
            None => {
                let text = "holds no JSON answer: there is nothing to compare".to_owned();
                report.problems.push(Problem { file: name.to_owned(), line: 0, text });
            }
            // A failure has another shape than the documented success.
            Some(body) if failed(came, body) => {}
            Some(body) => {
                if let Some(example) = self.example(came) {
                    let asked = asks_for(came);
                    self.compare((name, &subject), body, example, &asked, &mut report);
                }
                report.compared = Some(BTreeSet::from([subject]));
            }
        }
        fold(&mut report);
        report
    }

    /// Holds an answer against the documented one.
    fn compare(
        &self,
        (name, subject): (&str, &str),
        body: &Value,
        example: &Value,
        asked: &dyn Fn(&str) -> bool,
        report: &mut Report,
    ) {
        let (came, example) = (kinds(body), kinds(example));
        for finding in &mut report.findings {
            if let Some(place) = finding.pointer.strip_prefix(ANSWER) {
                let shown = example.get(&general(place));
                let shown = shown.map_or("nothing there".to_owned(), told);
                finding.found = format!("{}; the documented example has {shown}", finding.found);
            }
        }
        let mut more = Vec::new();
        let mut tell = |id, severity: Option<Severity>, place: &str, kinds, found: String| {
            let rule = rule::known(id);
            if let Some(severity) = self.validator.configured(rule, severity.unwrap_or(rule.severity)) {
                more.push(finding((name, subject), (rule, severity), place, &told(kinds), found));
            }
        };
        for (place, kinds) in &example {
            match came.get(place) {
                // What lies below a place that is gone is gone with it.
                None if parent(place)
                    .is_none_or(|parent| came.contains_key(parent) && !only_null(&came, parent))
                    && !place.ends_with("/*")
                    && asked(place) =>
                {
                    tell("drift/gone", None, place, kinds, "nothing of that name".to_owned());
                }
                None => {}
                // Worth a look, and no more: one answer may have nothing there.
                Some(_) if only_null(&came, place) && !only_null(&example, place) => {
                    tell("drift/kind", Some(Severity::Note), place, kinds, "null alone".to_owned());
                }
                Some(now) => {
                    let new: BTreeSet<_> =
                        now.difference(kinds).copied().filter(|kind| *kind != "null").collect();
                    let typed = report.findings.iter().any(|finding| {
                        finding.pointer.strip_prefix(ANSWER).is_some_and(|at| general(at) == *place)
                    });
                    // The document's own type was held already.
                    if !new.is_empty() && !typed {
                        tell("drift/kind", None, place, kinds, told(&new));
                    }
                }
            }
        }
        if let Some(last) = report.checked.last_mut() {
            last.findings += more.len();
        }
        report.findings.extend(more);
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
    if document.operation(&came.operation).is_none() {
        let path = came.request.target.split('?').next().unwrap_or_default();
        if let Some((operation, _)) = document.route(&came.request.method, path) {
            came.operation = operation.id().to_owned();
        }
    }
    came
}

/// Where a recorded exchange keeps the JSON of the answer.
const ANSWER: &str = "/response/body/json";

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
    (name, subject): (&str, &str),
    (rule, severity): (&'static Rule, Severity),
    place: &str,
    example: &str,
    found: String,
) -> Finding {
    let pointer = format!("{ANSWER}{place}");
    Finding {
        rule: rule.id,
        severity,
        file: name.to_owned(),
        line: 1,
        column: 1,
        offset: 0,
        fingerprint: fingerprint(rule.id, subject, &pointer, &found),
        pointer,
        asked_by: None,
        expected: format!("{example}, as in the documented example"),
        found,
        mend: rule.mend.to_owned(),
        excerpt: None,
    }
}

/// Service, operation and case: a file of recordings may have any name.
fn subject(came: &Exchange) -> String {
    format!("{}/{}.{}.json", came.service, came.operation, came.case)
}

/// What stays the same of a drift: not its rows, nor what is in them, unless a value is what is new.
fn fingerprint(rule: &str, subject: &str, pointer: &str, found: &str) -> String {
    let value =
        if ["hk/value", "schema/value"].contains(&rule) { format!(": {found}") } else { String::new() };
    format!("{rule} {subject}#{}{value}", general(pointer))
}

/// Whether an answer is a failure, with whatever status it came.
fn failed(came: &Exchange, body: &Value) -> bool {
    let status = came.response.as_ref().map_or(0, |response| response.status);
    let code = |pointer: &str, success: u64| {
        let code = body.pointer(pointer).filter(|code| !code.is_null());
        code.is_some_and(|code| *code != success && *code != success.to_string().as_str())
    };
    let told = match came.service {
        ServiceName::HkTrade => code("/header/status/code", 0),
        ServiceName::Tradewind => {
            body["success"] == false
                || body.get("error").is_some_and(|error| !error.is_null())
                || body.pointer("/data/data").is_some() && code("/data/code", 1)
        }
    };
    told || !(200..300).contains(&status)
}

/// One finding of each drift: what is so in one row is mostly so in all.
fn fold(report: &mut Report) {
    let mut first = BTreeMap::new();
    let mut kept = Vec::new();
    for (i, finding) in report.findings.iter().enumerate() {
        let (_, count) = first.entry(finding.fingerprint.clone()).or_insert((i, 0_usize));
        *count += 1;
        kept.push(*count == 1);
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
        let found = all
            .into_iter()
            .map(|(_, exchange)| exchange)
            .find(|exchange| exchange.operation == operation && exchange.response.is_some());
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
        let billed: Vec<_> = all.iter().filter(|probe| probe.billed).map(Probe::name).collect();
        assert_eq!(billed, ["tradewind/world_regions.documented.json"]);
        let mut free: Vec<_> =
            all.iter().filter(|probe| probe.case == "free").map(|probe| probe.operation.as_str()).collect();
        free.sort_unstable();
        assert_eq!(free, ["agentic_countries", "customs_countries", "health"]);
        assert!(all.iter().filter(|probe| probe.service == ServiceName::HkTrade).count() >= 4);
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
