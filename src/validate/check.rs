use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use reqwest::Url;

use super::diagnose::{self, Fault, Position};
use super::finding::{Checked, Finding, Problem, Report, Severity, Subject};
use super::input::{self, Body, Candidate, Container, Lines, Sketch, Slip, Source, Within};
use super::judge::{self, Context, Judge};
use super::schema::{Id, Schemas};
use super::strangers::{self, Stranger, Strangers};
use super::{Config, Rule, drift, quick, rule};
use crate::documents::{Document, DocumentOperation, Part, SERVICES, document};
use crate::exchange::{RAW, ServiceName};
use crate::hk::Query;

/// The most findings of one rule that one payload may have, unless told otherwise.
const LIMIT: usize = 1000;

/// The rule that `strict` is about.
const UNDECLARED: &str = "schema/undeclared";

/// How much of a payload is looked at first to recognise it.
const LOOK: usize = 2 << 10;

/// Checks payloads.
#[derive(Debug)]
pub struct Validator {
    documents: Vec<&'static Document>,
    schemas: Vec<Schemas>,
    candidates: Vec<Candidate>,
    only: Vec<Candidate>,
    strict: bool,
    config: Config,
    limit: usize,
    /// Whether it serves the search for drift.
    drift: bool,
    /// What payloads of the shape read last are: most of a run have one.
    last: Option<(Sketch, Vec<Candidate>)>,
    room: quick::Room,
    /// Whether the source in hand has an answer without the body that the document asks for.
    bodiless: bool,
}

impl Default for Validator {
    fn default() -> Self {
        Self::new()
    }
}

impl Validator {
    /// One that recognises each payload by itself.
    #[must_use]
    pub fn new() -> Self {
        Self::of(SERVICES.map(document))
    }

    /// One that goes by other documents, such as one under way ([`Document::new`]). A program keeps a document as long as it runs, so
    /// that one that is made at run time is leaked.
    #[must_use]
    pub fn of(documents: impl IntoIterator<Item = &'static Document>) -> Self {
        let documents: Vec<_> = documents.into_iter().collect();
        let operations = documents.iter().flat_map(|document| {
            document.operations().flat_map(move |operation| Candidate::of(document, &operation))
        });
        Self {
            candidates: operations.collect(),
            schemas: documents.iter().map(|document| Schemas::of(document)).collect(),
            documents,
            only: Vec::new(),
            strict: false,
            config: Config::default(),
            limit: LIMIT,
            drift: false,
            last: None,
            room: quick::Room::default(),
            bodiless: false,
        }
    }

    /// Bare bodies are of this service, operation and side, as far as given. Exchanges and HAR files tell by themselves.
    ///
    /// # Errors
    /// An operation that the documents do not have, or a side that it has not; the message lists what there is.
    pub fn only(
        mut self,
        service: Option<ServiceName>,
        operation: Option<&str>,
        part: Option<Part>,
    ) -> Result<Self, String> {
        let fits = |candidate: &&Candidate| {
            service.is_none_or(|service| candidate.document.service() == service)
                && operation.is_none_or(|id| candidate.operation.id() == id)
                && part.is_none_or(|part| candidate.part == part)
        };
        self.only = self.candidates.iter().filter(fits).cloned().collect();
        self.last = None;
        if self.only.is_empty() {
            let of_service = |candidate: &&Candidate| {
                service.is_none_or(|service| candidate.document.service() == service)
            };
            let ids = self.candidates.iter().filter(of_service).map(|candidate| candidate.operation.id());
            let mut ids: Vec<_> = ids.collect();
            ids.dedup();
            let given = operation.unwrap_or_default();
            if ids.contains(&given) {
                return Err(format!("operation {given:?} has no such side with a JSON body"));
            }
            let near = crate::near::nearest(given, ids.iter().copied());
            let hint = near.map_or_else(
                || format!("they are {}", ids.join(", ")),
                |near| format!("did you mean {near:?}?"),
            );
            return Err(format!("there is no operation {given:?} with a body to check; {hint}"));
        }
        Ok(self)
    }

    /// Whether fields that the document does not declare are errors, whatever the severities given before say of them.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        if strict {
            self.config.forget(UNDECLARED);
        }
        Self { strict, ..self }
    }

    /// Severities of your own. What they say of undeclared fields goes before a [`strict`](Self::strict) that was given earlier.
    #[must_use]
    pub fn config(self, config: Config) -> Self {
        Self { config, ..self }
    }

    /// The most findings of one rule that are told of one payload; 1000 unless given. Further ones are counted, and weigh as much.
    #[must_use]
    pub fn limit(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// One for the search for drift: a call without the name of its operation goes by its path, and of what is alike in many places only
    /// the first is kept, and how often it is so.
    pub(super) fn for_drift(self) -> Self {
        // However many there are, none is beyond a limit.
        Self { drift: true, strict: true, limit: usize::MAX, ..self }
    }

    /// Checks files, folders and patterns. Files of a folder are those that end in `.json`, `.ndjson`, `.jsonl` or `.har`; what
    /// begins with a dot is passed over. A file
    /// that is named twice is checked once. Reports and baselines of earlier runs are passed over, but for one that is all there is
    /// named.
    pub fn check<P: AsRef<str>>(&mut self, paths: impl IntoIterator<Item = P>) -> Report {
        let mut report = Report::default();
        let mut seen = HashSet::new();
        let paths: Vec<_> = paths.into_iter().collect();
        for path in &paths {
            match input::files_of(path.as_ref(), paths.len()) {
                Ok(input::Files { files, own }) => {
                    report.passed_over.extend(own.iter().map(|file| file.display().to_string()));
                    for file in files {
                        // One that cannot be found is told each time.
                        if file.canonicalize().map_or(true, |real| seen.insert(real)) {
                            self.file(&file, &mut report);
                        }
                    }
                }
                Err(text) => report.problems.push(Problem { file: path.as_ref().to_owned(), line: 0, text }),
            }
        }
        report
    }

    /// Checks what a stream holds; it is spooled to a file, since it may have to be read twice.
    pub fn check_reader(&mut self, name: &str, from: impl Read) -> Report {
        let mut report = Report::default();
        match Source::spooled(name, from) {
            Ok(mut source) => self.source(&mut source, &mut report),
            Err(e) => report.problems.push(unreadable(name, &e)),
        }
        report
    }

    /// Checks a text in memory.
    pub fn check_text(&mut self, name: &str, text: &str) -> Report {
        self.check_bytes(name, text.as_bytes().to_vec())
    }

    /// Checks bytes in memory.
    pub fn check_bytes(&mut self, name: &str, bytes: Vec<u8>) -> Report {
        let mut report = Report::default();
        self.source(&mut Source::memory(name, bytes), &mut report);
        report
    }

    fn file(&mut self, path: &Path, report: &mut Report) {
        match Source::open(path) {
            Ok(mut source) => self.source(&mut source, report),
            Err(e) => report.problems.push(unreadable(&path.display().to_string(), &e)),
        }
    }

    pub(super) fn source(&mut self, source: &mut Source, report: &mut Report) {
        if let Err(e) = self.try_source(source, report) {
            report.problems.push(unreadable(&source.name, &e));
        }
    }

    fn try_source(&mut self, source: &mut Source, report: &mut Report) -> io::Result<()> {
        let (whole, prefix, marked) = source.whole()?;
        if prefix.trim_ascii().is_empty() {
            report.problems.push(problem(source, 0, "is empty; nothing was checked"));
            return Ok(());
        }
        if [b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| prefix.starts_with(*mark)) {
            report.problems.push(problem(
                source,
                0,
                "is UTF-16; JSON is UTF-8 (RFC 8259, section 8.1): convert it",
            ));
            return Ok(());
        }
        let before = (report.checked.len(), report.findings.len());
        let problems = report.problems.len();
        self.bodiless = false;
        let start = whole.start();
        let (allowed, given) = self.queries();
        let queries = allowed && input::several_queries(&prefix, given);
        if queries || input::several(source, start, &prefix)? {
            if !queries && input::is_one_value(source, &whole, &prefix)? {
                report.problems.push(problem(source, start.line + 1, input::ONE_VALUE));
                return Ok(());
            }
            let mut lines = Lines::from(start);
            while let Some(line) = lines.next(source)? {
                let prefix = source.prefix(&line)?;
                self.value(source, line, &prefix, report)?;
            }
        } else {
            self.value(source, whole, &prefix, report)?;
        }
        let is_answer = |checked: &Checked| checked.subject.part == Part::Response;
        // Drift tells of each by itself.
        let is_told = report.problems.len() > problems;
        if self.bodiless && !is_told && !self.drift && !report.checked.iter().skip(before.0).any(is_answer) {
            let text =
                "holds no body of an answer, where the document asks for JSON: no answer could be checked";
            report.problems.push(problem(source, 0, text));
        }
        if marked {
            let mark = Slip {
                position: Position::default(),
                pointer: String::new(),
                expected: "JSON from the first byte on".to_owned(),
                found: "a byte order mark".to_owned(),
                mend: None,
            };
            let told = self.slipped(source, "json/byte-order-mark", vec![mark]);
            in_front(told, before, report);
        }
        Ok(())
    }

    /// What is wrong with a file itself.
    fn slipped(&self, source: &mut Source, rule: &'static str, slips: Vec<Slip>) -> Vec<Finding> {
        let told = slips.into_iter().filter_map(|slip| {
            let Slip { position, pointer, expected, found, mend } = slip;
            let (place, sort, key, first) = (None, None, None, None);
            let fault = Fault { rule, position, pointer, place, expected, found, sort, key, mend, first };
            // What stands beside it may be a secret.
            self.finding(source, "", None, fault, Within::Token)
        });
        told.collect()
    }

    /// One value: a payload, or a file that holds some.
    fn value(
        &mut self,
        source: &mut Source,
        body: Body,
        prefix: &[u8],
        report: &mut Report,
    ) -> io::Result<()> {
        let start = body.start();
        // A first look tells nearly always; where it does not, the whole prefix is looked at.
        let mut sketch = Sketch::of(prefix.get(..LOOK).unwrap_or(prefix));
        if prefix.len() > LOOK && !sketch.as_ref().is_ok_and(|sketch| self.is_told(sketch)) {
            sketch = Sketch::of(prefix);
        }
        match sketch.as_ref().ok().and_then(Sketch::container) {
            Some(Container::Exchange) => return self.exchange(source, &body, report),
            Some(Container::Har) => return self.har(source, &body, report),
            None => {}
        }
        if let Some((query, candidate)) = self.address(source, &body, prefix)? {
            let blank = prefix.len() - prefix.trim_ascii_start().len();
            self.query(source, &candidate, &query, start.behind(&prefix[..blank]), "", false, report);
            return Ok(());
        }
        let by_shape = sketch.as_ref().map(|sketch| self.by_shape(sketch)).unwrap_or_default();
        let known = self.known();
        let given = !self.only.is_empty();
        let bodies: Vec<_> = known.iter().filter(|candidate| candidate.schema.is_some()).collect();
        let fitting = match (&sketch, known) {
            (_, [one]) => vec![one.clone()],
            // All that the options leave, whatever it looks like.
            (Ok(_), _) if given && bodies.len() == 1 => bodies.into_iter().cloned().collect(),
            _ => by_shape,
        };
        match fitting.as_slice() {
            // A query that is none, or an operation whose request is all in its address.
            [one] if one.schema.is_none() => {
                let text = format!("is given as {one}, which has no JSON body by the document");
                report.problems.push(problem(source, start.line + 1, &text));
                Ok(())
            }
            [one] => self.payload(source, &body, one, None, String::new(), report),
            [] => {
                let cut = prefix.len() < input::PREFIX as usize;
                let text = match sketch.and_then(|_| if cut { Sketch::whole(prefix) } else { Ok(()) }) {
                    Err(_) if input::is_page(prefix) => {
                        "is a page of HTML or XML, as gateways send, and no payload".to_owned()
                    }
                    Err((found, at)) => format!("is not JSON: found {}", placed(&found, at, start)),
                    Ok(()) if given => {
                        let list: Vec<_> = known.iter().map(ToString::to_string).collect();
                        format!("has a shape that fits none of what was given:\n  {}", list.join("\n  "))
                    }
                    Ok(()) if prefix.trim_ascii_start().starts_with(b"[") => {
                        "is a list, which no operation takes or answers; of rows that `tradebind` printed, keep the answer itself, \
                         with `hk raw` or `tradewind raw`"
                            .to_owned()
                    }
                    Ok(()) => {
                        "has a shape that fits no operation; say what it is with --service, --operation and --part"
                            .to_owned()
                    }
                };
                report.problems.push(problem(source, start.line + 1, &text));
                Ok(())
            }
            several => {
                let list: Vec<_> = several.iter().map(ToString::to_string).collect();
                let text = format!(
                    "has a shape that fits {} sides; say which it is:\n  {}",
                    list.len(),
                    list.join("\n  ")
                );
                report.problems.push(problem(source, start.line + 1, &text));
                Ok(())
            }
        }
    }

    /// Whether the beginning of a text tells what it is.
    fn is_told(&mut self, sketch: &Sketch) -> bool {
        sketch.container().is_some() || self.by_shape(sketch).len() == 1
    }

    /// What a bare body may be.
    fn known(&self) -> &[Candidate] {
        if self.only.is_empty() { &self.candidates } else { &self.only }
    }

    /// What a body fits best by its shape.
    fn by_shape(&mut self, sketch: &Sketch) -> Vec<Candidate> {
        if let Some((shape, fitting)) = &self.last
            && shape.has_names_of(sketch)
        {
            return fitting.clone();
        }
        let fitting = input::by_shape(self.known(), sketch);
        self.last = Some((sketch.clone(), fitting.clone()));
        fitting
    }

    /// The query of Hong Kong that a text is, where it is one.
    fn address(
        &self,
        source: &mut Source,
        body: &Body,
        prefix: &[u8],
    ) -> io::Result<Option<(String, Candidate)>> {
        let (allowed, given) = self.queries();
        if !given && (!allowed || !input::is_query(prefix.trim_ascii())) {
            return Ok(None);
        }
        let text = input::short(source, body)?.map(|text| text.trim().to_owned());
        Ok(text.zip(self.candidates.iter().find(|candidate| asks(candidate)).cloned()))
    }

    /// Whether a bare text may be a query of Hong Kong, and whether it can be nothing else.
    fn queries(&self) -> (bool, bool) {
        let allowed = self.only.is_empty() || self.only.iter().any(asks);
        (allowed, matches!(self.only.as_slice(), [one] if asks(one)))
    }

    fn exchange(&mut self, source: &mut Source, body: &Body, report: &mut Report) -> io::Result<()> {
        let start = body.start();
        let (mut call, mut slips) = match input::read_exchange(source, body, start)? {
            Ok(read) => read,
            Err(e) => {
                report.problems.push(problem(
                    source,
                    start.line + 1,
                    &format!("cannot be read as an exchange: {}", in_words(&e, start)),
                ));
                return Ok(());
            }
        };
        let service = call.service.as_deref().and_then(|name| name.parse::<ServiceName>().ok());
        let known = self.documents.iter().copied().find(|document| Some(document.service()) == service);
        let operation = known.and_then(|document| {
            let named = document.operation(call.operation.as_deref()?);
            Some((document, named.or_else(|| self.raw(document, &call))?))
        });
        let Some((document, operation)) = operation else {
            let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
            let names = SERVICES.map(|service| service.to_string());
            let (service, operation) = (told(&call.service), told(&call.operation));
            let hint = match &call {
                call if known.is_some() && is_raw(call) && !self.drift => {
                    "; say which operation it is with --service and --operation"
                }
                _ => "",
            };
            let text = format!(
                "is an exchange of service {service:?} and operation {operation:?}, which no document has; the services are {}, and `tradebind spec` lists their operations{hint}",
                names.join(" and ")
            );
            report.problems.push(problem(source, start.line + 1, &text));
            return Ok(());
        };
        if is_raw(&call) {
            below(&operation, &mut call);
        } else {
            slips.extend(misrouted(document, &operation, &call));
        }
        let first = report.findings.len();
        let count = report.checked.len();
        self.call(source, document, &operation, &call, report)?;
        if call.status_at.is_none() && call.response.is_none() && !self.drift {
            self.unanswered(source, document, &operation, start, (count, report));
        }
        in_front(self.slipped(source, "exchange/form", slips), (count, first), report);
        if report.checked.len() == count {
            report.problems.push(problem(source, start.line + 1, "is an exchange without a body to check"));
        }
        Ok(())
    }

    /// The operation of a call that was recorded without its name: that of its path, or else the one that was given.
    fn raw(&self, document: &'static Document, call: &input::Call) -> Option<DocumentOperation<'static>> {
        if !is_raw(call) {
            return None;
        }
        let routed = call.target.as_ref().zip(call.method.as_deref()).and_then(|((target, ..), method)| {
            document.route(method, target.split('?').next().unwrap_or_default())
        });
        let service = document.service();
        let given = self.only.iter().filter(|candidate| candidate.document.service() == service);
        let mut given = given.map(|candidate| &candidate.operation);
        routed.map(|(operation, _)| operation).or_else(|| {
            let first = given.next()?;
            given.all(|other| other.id() == first.id()).then(|| first.clone())
        })
    }

    fn har(&mut self, source: &mut Source, body: &Body, report: &mut Report) -> io::Result<()> {
        let start = body.start();
        let calls = match input::read_har(source, body, start)? {
            Ok(calls) => calls,
            Err(e) => {
                report.problems.push(problem(
                    source,
                    start.line + 1,
                    &format!("cannot be read as HAR: {}", in_words(&e, start)),
                ));
                return Ok(());
            }
        };
        let (count, first) = (report.checked.len(), report.findings.len());
        let mut strangers = Strangers::default();
        for call in &calls {
            let routed =
                call.target.as_ref().and_then(|(url, _, _)| self.route(call.method.as_deref()?, url));
            let Some((document, operation)) = routed else {
                strangers.meet(&self.documents, call);
                continue;
            };
            // The redirect before an answer of Hong Kong has none.
            if call.status.is_some_and(|status| (300..400).contains(&status)) {
                continue;
            }
            self.call(source, document, &operation, call, report)?;
        }
        let told = strangers.told().filter_map(|stranger| {
            let Stranger { document, fault, within } = stranger;
            self.finding(source, "", Some(document), fault, within)
        });
        in_front(told.collect(), (count, first), report);
        if report.checked.len() == count {
            let text = format!(
                "none of its entries ({}) is a call of a service with a body; nothing was checked",
                calls.len()
            );
            report.problems.push(problem(source, start.line + 1, &text));
        }
        Ok(())
    }

    /// The operation that a URL means: on the service's own host, on this machine, where a replica may run, or on any host for a
    /// service that is given.
    fn route(&self, method: &str, url: &str) -> Option<(&'static Document, DocumentOperation<'static>)> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        // The one-time address of an answer of Hong Kong (observed).
        let path = match url.path().split('/').collect::<Vec<_>>()[..] {
            ["", "api", token, "get"]
                if token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()) =>
            {
                "/api/get"
            }
            _ => url.path(),
        };
        self.documents.iter().copied().find_map(|document| {
            let own = strangers::is_own(document, host);
            let given = self.only.iter().any(|candidate| candidate.document.service() == document.service());
            (own || here || given)
                .then(|| document.route(method, path))?
                .map(|(operation, _)| (document, operation))
        })
    }

    /// Both sides of a call.
    fn call(
        &mut self,
        source: &mut Source,
        document: &'static Document,
        operation: &DocumentOperation<'static>,
        call: &input::Call,
        report: &mut Report,
    ) -> io::Result<()> {
        let side = |part, schema| Candidate { document, operation: operation.clone(), part, schema };
        let before = report.checked.len();
        let mut query = None;
        if document.service() == ServiceName::HkTrade
            && let Some((target, position, pointer)) = &call.target
        {
            let candidate = side(Part::Request, None);
            query = self.query(source, &candidate, target, *position, pointer, true, report);
        }
        if let (Some((body, pointer)), Some((_, schema))) = (&call.request, operation.request_schema()) {
            self.payload(source, body, &side(Part::Request, Some(schema)), None, pointer.clone(), report)?;
        }
        // A HAR file has status 0 where no answer came; nor does a lower one than 100 exist.
        let answered = call.status.is_none_or(|status| status >= 100);
        if let Some((body, pointer)) = call.response.as_ref().filter(|_| answered) {
            let schema = match call.status {
                Some(status) => operation.response_schema(status),
                None => operation.success_schema(),
            };
            if let Some((_, schema)) = schema.filter(|(kind, _)| kind.contains("json")) {
                let candidate = side(Part::Response, Some(schema));
                let first = report.findings.len();
                self.payload(source, body, &candidate, query, pointer.clone(), report)?;
                self.belied(source, &candidate, call, first, report);
                return Ok(());
            }
        }
        if let Some(status @ (200..=203 | 206..300)) = call.status.filter(|_| call.response.is_none()) {
            self.bodiless |= operation.response_schema(status).is_some_and(|(kind, _)| kind.contains("json"));
        }
        self.schemaless(source, &side(Part::Response, None), call, before, report);
        Ok(())
    }

    /// An answer whose body no schema covers, such as a page of a gateway: its status is all that tells.
    fn schemaless(
        &self,
        source: &mut Source,
        candidate: &Candidate,
        call: &input::Call,
        before: usize,
        report: &mut Report,
    ) {
        let (Some(status), Some((position, pointer))) = (call.status, &call.status_at) else { return };
        let (position, pointer) = (*position, pointer);
        let (rule, expected) = match status {
            ..100 | 400.. => ("http/failure", "a status that tells success"),
            // These come without a body.
            204 | 205 | 300..400 if call.response.is_none() => return,
            _ => ("http/unchecked", "a body that a schema of the document covers"),
        };
        let body = if call.response.is_some() { "a body that no schema covers" } else { "no body" };
        let found = format!("status {status} with {body}");
        let fault = of_call(rule, position, &candidate.operation, expected, found);
        let first = report.findings.len();
        report.findings.extend(self.finding(source, pointer, Some(candidate.document), fault, Within::Token));
        let findings = first..report.findings.len();
        if rule == "http/failure" {
            let subject = candidate.subject();
            report.checked.push(checked(source, pointer, position, subject, findings, &BTreeMap::new()));
        } else if report.checked.len() > before
            && let Some(checked) = report.checked.last_mut()
        {
            // Nothing of it was checked: told with the other side of the call.
            checked.findings += findings.len();
        }
    }

    /// An answer whose status tells a failure, and whose body, checked last, tells none.
    fn belied(
        &self,
        source: &mut Source,
        candidate: &Candidate,
        call: &input::Call,
        first: usize,
        report: &mut Report,
    ) {
        const TOLD: [&str; 3] = [super::UNCHECKED, "tradewind/failure", "tradewind/envelopes"];
        let (Some(status @ 400..), Some((position, pointer))) = (call.status, &call.status_at) else {
            return;
        };
        let told = report.findings[first..].iter().any(|finding| TOLD.contains(&finding.rule));
        // Who lets failures pass need not be told of one.
        let off = self.severity(rule::known("tradewind/failure")).is_none();
        // What is beyond the limit may be that.
        let more = report.checked.last().is_some_and(|checked| checked.untold > 0);
        if told || off || more {
            return;
        }
        let expected = "a status that tells success, or a body that tells the failure";
        let found = format!("status {status} with a body that tells no failure");
        let fault = of_call("http/failure", *position, &candidate.operation, expected, found);
        let finding = self.finding(source, pointer, Some(candidate.document), fault, Within::Token);
        if let Some(checked) = report.checked.last_mut() {
            checked.findings += usize::from(finding.is_some());
        }
        report.findings.extend(finding);
    }

    /// An exchange of a request alone: told with what was checked of it from a place in the list on.
    fn unanswered(
        &self,
        source: &mut Source,
        document: &Document,
        operation: &DocumentOperation<'_>,
        start: Position,
        (checked, report): (usize, &mut Report),
    ) {
        let Some(checked) = report.checked.get_mut(checked..).and_then(<[_]>::last_mut) else { return };
        let found = "no answer was recorded; only the request was checked".to_owned();
        let fault = of_call("http/unchecked", start, operation, "an answer beside the request", found);
        let finding = self.finding(source, "", Some(document), fault, Within::Token);
        checked.findings += usize::from(finding.is_some());
        report.findings.extend(finding);
    }

    /// A query of Hong Kong: the query, where it is one.
    #[expect(clippy::too_many_arguments, reason = "a place has three parts")]
    fn query(
        &self,
        source: &mut Source,
        candidate: &Candidate,
        address: &str,
        position: Position,
        pointer: &str,
        quoted: bool,
        report: &mut Report,
    ) -> Option<Query> {
        let first = report.findings.len();
        let (query, slips) = judge::asked(address);
        for judge::Asked { parameter, expected, found, key, mend } in slips {
            let is_named = |name: &str| name.eq_ignore_ascii_case(&parameter);
            let place = candidate
                .operation
                .parameters()
                .find(|place| place.value["name"].as_str().is_some_and(is_named));
            let place = place.map_or_else(|| candidate.operation.pointer(), |place| place.pointer);
            // A query has no letters that JSON escapes.
            let skipped = part(address, is_named) as u64 + u64::from(quoted);
            let fault = Fault {
                rule: "hk/query",
                position: Position {
                    column: position.column + skipped,
                    byte: position.byte + skipped,
                    ..position
                },
                pointer: String::new(),
                place: Some(place),
                expected,
                found,
                sort: None,
                key,
                mend,
                first: None,
            };
            let within = if quoted { Within::Text(position.byte) } else { Within::Line };
            report.findings.extend(self.finding(source, pointer, Some(candidate.document), fault, within));
        }
        let subject = candidate.subject();
        let findings = first..report.findings.len();
        report.checked.push(checked(source, pointer, position, subject, findings, &BTreeMap::new()));
        query
    }

    fn payload(
        &mut self,
        source: &mut Source,
        body: &Body,
        candidate: &Candidate,
        query: Option<Query>,
        pointer: String,
        report: &mut Report,
    ) -> io::Result<()> {
        let Some(schema) = candidate.schema.clone() else { return Ok(()) };
        let service = candidate.document.service();
        let known = |document: &&Document| document.service() == service;
        let Some(at) = self.documents.iter().position(known) else { return Ok(()) };
        let failed = self.documents[at].resolve(schema.clone()).pointer.ends_with("/Failure");
        let node = self.schemas[at].compile(schema);
        let schemas = &self.schemas[at];
        let file = candidate.document.path();
        for place in schemas.unchecked() {
            let text = format!("asks for what is not checked: {place}");
            if !report.problems.iter().any(|told| told.file == file && told.text == text) {
                report.problems.push(Problem { file: file.to_owned(), line: 0, text });
            }
        }
        let context = Context {
            service,
            operation: candidate.operation.id().to_owned(),
            part: candidate.part,
            path: candidate.operation.path().to_owned(),
            failed,
            query,
        };
        let alone = !matches!(body, Body::Plain { alone: false, .. });
        // Its judge, with what it kept of every row, is gone before another begins.
        let room = &mut self.room;
        let clean = source.read(body, |from| {
            quick::is_clean(schemas, node, &mut Judge::new(context.clone(), 1), from, alone, room)
        })?;
        let first = report.findings.len();
        let mut untold = BTreeMap::new();
        // What a text inside a text has wrong, such as base64 that is none, is told by the reader that knows places.
        let clean = match body {
            Body::Plain { .. } => clean?,
            Body::Quoted { .. } => clean.unwrap_or(false),
        };
        if !clean {
            let page = source.prefix(body).is_ok_and(|text| input::is_page(&text));
            let faults = self.diagnose(source, body, (at, node), context, alone)?;
            untold = self.weighed(&faults.untold);
            let mut list = faults.list;
            // In order, so that places in a quoted text are found in one go.
            list.sort_by_key(|fault| fault.first.map(|first| first.byte));
            for first in list.iter_mut().filter_map(|fault| fault.first.as_mut()) {
                *first = source.outer(body, *first);
            }
            list.sort_by_key(|fault| fault.position.byte);
            for mut fault in list {
                let times = faults.alike.as_ref().and_then(|alike| alike.get(&drift::alike(&fault)).copied());
                // What the upstream sends in place of data is no slip of a type.
                if service == ServiceName::Tradewind
                    && (fault.rule, fault.pointer.as_str()) == ("schema/type", "/data/data")
                    && fault.found.starts_with("the text ")
                {
                    (fault.rule, fault.expected) = ("tradewind/trace", "data".to_owned());
                }
                if page && fault.rule == super::UNCHECKED {
                    fault.found = "a page of HTML or XML, as gateways send".to_owned();
                    fault.mend = Some("record the call again".to_owned());
                }
                fault.position = source.outer(body, fault.position);
                if let Some(first) = fault.first {
                    let (line, column) = (first.line + 1, first.column + 1);
                    fault.mend = Some(format!(
                        "take out one of the rows; the first of this cell is at {line}:{column}"
                    ));
                }
                let finding = self.finding(source, &pointer, Some(candidate.document), fault, body.within());
                if let Some((finding, times)) = finding.as_ref().zip(times) {
                    report.alike.insert(finding.fingerprint.clone(), times);
                }
                report.findings.extend(finding);
            }
        }
        let start = source.outer(body, Position::default());
        let findings = first..report.findings.len();
        report.checked.push(checked(source, &pointer, start, candidate.subject(), findings, &untold));
        Ok(())
    }

    /// How many findings are not told, by what they weigh.
    fn weighed(&self, untold: &BTreeMap<&'static str, usize>) -> BTreeMap<Severity, usize> {
        let mut weighed = BTreeMap::new();
        for (id, count) in untold {
            if let Some(severity) = self.severity(rule::known(id)) {
                *weighed.entry(severity).or_default() += count;
            }
        }
        weighed
    }

    /// What a rule weighs here; `None` where it is off.
    fn severity(&self, rule: &Rule) -> Option<Severity> {
        let strict = self.strict && rule.id == UNDECLARED;
        self.configured(rule, if strict { Severity::Error } else { rule.severity })
    }

    /// What a rule weighs by the configuration, or else that; `None` where it is off.
    pub(super) fn configured(&self, rule: &Rule, other: Severity) -> Option<Severity> {
        self.config.severity(rule.id, other)
    }

    fn diagnose(
        &self,
        source: &mut Source,
        body: &Body,
        (at, node): (usize, Id),
        context: Context,
        alone: bool,
    ) -> io::Result<diagnose::Faults> {
        let mut judge = Judge::new(context, self.limit);
        let told = (self.limit, self.drift);
        diagnose::diagnose(&self.schemas[at], node, &mut judge, alone, told, |walk| {
            source.read(body, |from| walk(&mut io::BufReader::with_capacity(1 << 16, from)))
        })
    }

    /// The finding that a fault is, unless the configuration turns its rule off.
    fn finding(
        &self,
        source: &mut Source,
        pointer: &str,
        document: Option<&Document>,
        fault: Fault,
        within: Within,
    ) -> Option<Finding> {
        let rule = rule::known(fault.rule);
        let severity = self.severity(rule)?;
        let pointer = format!("{pointer}{}", fault.pointer);
        let fingerprint = super::baseline::fingerprint(rule.id, &source.name, &pointer, fault.key());
        let asked_by = match rule.id {
            "exchange/form" => Some("spec/exchange.schema.json".to_owned()),
            _ => fault.place.zip(document).map(|(place, document)| format!("{}#{place}", document.path())),
        };
        Some(Finding {
            rule: rule.id,
            severity,
            fingerprint,
            file: source.name.clone(),
            line: fault.position.line + 1,
            column: fault.position.column + 1,
            offset: fault.position.byte,
            pointer,
            asked_by,
            expected: fault.expected,
            found: fault.found,
            sort: fault.sort,
            mend: fault.mend.unwrap_or_else(|| rule.mend.to_owned()),
            excerpt: source.excerpt(fault.position, within),
        })
    }
}

/// Puts what is wrong with a file itself in front of the first payload of it.
fn in_front(told: Vec<Finding>, (payloads, findings): (usize, usize), report: &mut Report) {
    for checked in report.checked.iter_mut().skip(payloads) {
        checked.first += told.len();
    }
    if let Some(checked) = report.checked.get_mut(payloads) {
        (checked.first, checked.findings) = (findings, checked.findings + told.len());
    }
    report.findings.splice(findings..findings, told);
}

/// Whether a side is the query of Hong Kong, which has no body.
fn asks(candidate: &Candidate) -> bool {
    let query = candidate.schema.is_none() && candidate.part == Part::Request;
    query && candidate.document.service() == ServiceName::HkTrade
}

/// What is wrong with a call as a whole.
fn of_call(
    rule: &'static str,
    position: Position,
    operation: &DocumentOperation<'_>,
    expected: &str,
    found: String,
) -> Fault {
    Fault {
        rule,
        position,
        pointer: String::new(),
        place: Some(operation.pointer()),
        expected: expected.to_owned(),
        // A status, and what came with it.
        sort: Some(found.clone()),
        found,
        key: None,
        mend: None,
        first: None,
    }
}

/// Where the parameter of a name stands in an address: the last one that says something, since that is the one that is read. An
/// address that has none is meant as a whole.
fn part(address: &str, is_named: impl Fn(&str) -> bool) -> usize {
    let mut next = address.find('?').map_or(0, |mark| mark + 1);
    let parts = address[next..].split('&').map(|part| {
        let at = next;
        next += part.len() + 1;
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (at, name, value)
    });
    let named = parts.filter(|(_, name, _)| is_named(name));
    named.max_by_key(|(_, _, value)| !value.is_empty()).map_or(0, |(at, ..)| at)
}

/// Leaves the query alone of an address whose path is not the operation's, but a proxy's.
fn below(operation: &DocumentOperation<'_>, call: &mut input::Call) {
    let Some((target, position, _)) = &mut call.target else { return };
    if let Some(mark) = target.find('?').filter(|mark| target[..*mark] != *operation.path()) {
        target.drain(..=mark);
        position.column += mark as u64 + 1;
        position.byte += mark as u64 + 1;
    }
}

/// Whether a call was recorded without the name of its operation.
fn is_raw(call: &input::Call) -> bool {
    call.operation.as_deref() == Some(RAW)
}

/// An exchange whose request is not of its operation.
fn misrouted(document: &Document, operation: &DocumentOperation<'_>, call: &input::Call) -> Option<Slip> {
    let (method, (target, position, pointer)) = (call.method.as_deref()?, call.target.as_ref()?);
    let path = target.split('?').next().unwrap_or_default();
    let routed = document.route(method, path);
    let (id, method_of, path_of) = (operation.id(), operation.method(), operation.path());
    routed.is_none_or(|(routed, _)| routed.id() != id).then(|| Slip {
        position: *position,
        pointer: pointer.clone(),
        expected: format!("{method_of} {path_of}, since operation is {id:?}"),
        found: format!("{method:?} {}", judge::shown(path)),
        mend: Some("name the operation of the request, or record the exchange again".to_owned()),
    })
}

/// A fault of syntax, and where it is.
fn in_words(error: &struson::reader::ReaderError, start: Position) -> String {
    let (found, at) = diagnose::told(error, Position::default());
    placed(&found, at, start)
}

/// Something found at a place behind another.
fn placed(found: &str, at: Position, start: Position) -> String {
    let column = if at.line == 0 { start.column } else { 0 } + at.column;
    format!("{found} at line {}, column {}", start.line + at.line + 1, column + 1)
}

fn checked(
    source: &Source,
    pointer: &str,
    start: Position,
    subject: Subject,
    findings: Range<usize>,
    untold: &BTreeMap<Severity, usize>,
) -> Checked {
    Checked {
        file: source.name.clone(),
        pointer: pointer.to_owned(),
        line: start.line + 1,
        subject,
        findings: findings.len(),
        first: findings.start,
        untold: untold.values().sum(),
        untold_by: untold.clone(),
        gravest_untold: untold.keys().last().copied(),
    }
}

fn problem(source: &Source, line: u64, text: &str) -> Problem {
    Problem { file: source.name.clone(), line, text: text.to_owned() }
}

fn unreadable(file: &str, error: &io::Error) -> Problem {
    Problem { file: file.to_owned(), line: 0, text: format!("cannot be read: {error}") }
}
