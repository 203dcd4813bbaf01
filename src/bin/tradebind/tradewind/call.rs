//! A call of an operation of the document.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Args as _, Command as Clap, FromArgMatches as _, ValueEnum as _};
use serde_json::Value;
use tradebind::documents::{DocumentOperation, Placed, document};
use tradebind::domain::Credits;
use tradebind::exchange::ServiceName;
use tradebind::http::Response;
use tradebind::tradewind::{Billed, OperationRequest, Rows};
use tradebind::{Billing, Evidence, Operation};

use super::fields::{self, Field};
use super::members::Members;
use crate::chart::{ChartArgs, Place};
use crate::context::{Context, affordable, read};
use crate::exit::{Exit, Failure};
use crate::output::{Sink, TableTarget, Target};
use crate::show;
use crate::signals::UnderWay;

const BODY: &str = "body";
const HEADING: &str = "Sending and output";

/// Options that every operation has beside its fields; a field of such a name gets another.
const TAKEN: [&str; 11] = [
    BODY,
    "max-credits",
    "api-key-file",
    "dry-run",
    "format",
    "output",
    "chart",
    "replica",
    "quiet",
    "help",
    "version",
];

/// Fields that ask for more rows than came.
const PAGING: [&str; 3] = ["page", "limit", "per_page"];

/// What a billed call goes by.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = HEADING)]
pub struct Paying {
    /// Send nothing that may cost more than N credits; needed where no price is on record
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub max_credits: Option<Credits>,
    /// Read the key from FILE, which holds it alone [default: from TRADEWIND_API_KEY]
    #[arg(long, value_name = "FILE")]
    pub api_key_file: Option<PathBuf>,
}

/// Options beside the fields.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = HEADING)]
struct Common {
    /// Print the request, tell what it costs, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: TableTarget,
}

/// What the operation does, how it is known, and what it costs.
fn long_about(operation: &Operation, described: &DocumentOperation<'_>) -> String {
    let known = match operation.evidence {
        Evidence::Documented => "documented",
        Evidence::Vendor => "known from the vendor's own client",
        Evidence::Observed => "observed",
        Evidence::Reported => "reported",
        _ => "sources disagree",
    };
    let cost = cost(operation);
    let key = if operation.key { "" } else { "; needs no key" };
    let told = described.value().get("description").and_then(Value::as_str).unwrap_or_default();
    format!(
        "{}\n\n{told}\n\n{} {} ({known}; {cost}{key})",
        operation.summary, operation.method, operation.path
    )
}

/// What is known of an operation's price.
fn cost(operation: &Operation) -> String {
    match (operation.billing, operation.credits) {
        (Billing::Free, _) => "free".to_owned(),
        (_, Some(credits)) => format!("billed; {credits} credits a call on record"),
        (Billing::PerCall, None) => "billed per call, no price on record".to_owned(),
        (Billing::PerItem, None) => "billed per item, no price on record".to_owned(),
        _ => "price unknown, taken as billed".to_owned(),
    }
}

/// The options of an operation's command.
pub fn arguments(
    command: Clap,
    name: &str,
    operation: &Operation,
    described: &DocumentOperation<'_>,
) -> Clap {
    let mut command = command;
    for parameter in parameters(described) {
        let help = parameter.help.trim_end_matches('.').to_owned();
        let value = fields::kebab(&parameter.name).replace('-', "_").to_ascii_uppercase();
        command = command.arg(Arg::new(parameter.name).value_name(value).help(help).required(true));
    }
    let (fields, others) = request_fields(described);
    for field in &fields {
        command = command.arg(field.arg(BODY));
    }
    let mut example = vec![format!("tradebind tradewind {name}")];
    if !parameters(described).is_empty() {
        example.push("ID".to_owned());
    }
    if operation.body.is_some() {
        command = command.arg(
            Arg::new(BODY)
                .long(BODY)
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf))
                .help(
                    "Read the request as JSON from FILE, - for standard input; the options above go over it",
                )
                .help_heading("Fields of the request"),
        );
        let documented = documented_options(described, &fields);
        example.extend(documented.unwrap_or_else(|| vec!["--body request.json".to_owned()]));
    }
    if operation.key && operation.billing != Billing::Free && operation.credits.is_none() {
        example.push("--max-credits 1".to_owned());
    }
    example.push("--replica".to_owned());
    let mut after = format!("Example:\n{}", on_lines(&example));
    if !others.is_empty() {
        after = format!("By --body alone: {}.\n\n{after}", others.join(", "));
    }
    // Without a key nobody can be charged.
    let command = if operation.key { Paying::augment_args(command) } else { command };
    let command = Common::augment_args(command);
    let command = if is_drawn(described) { ChartArgs::augment_args(command) } else { command };
    // What stands over the options is about them.
    command.about(operation.summary).long_about(long_about(operation, described)).after_help(after)
}

/// Whether there is a picture of its answer.
fn is_drawn(described: &DocumentOperation<'_>) -> bool {
    described.success_schema().is_some_and(|(_, schema)| schema.pointer.ends_with("/WorldRegionsEnvelope"))
}

/// The request of the operation's documented example as options.
fn documented_options(described: &DocumentOperation<'_>, fields: &[Field]) -> Option<Vec<String>> {
    let name = described.value().pointer("/x-exchanges/0")?.as_str()?;
    let recorded = tradebind::exchange::documented().ok()?.into_iter().find(|(known, _)| *known == name)?;
    let body = serde_json::to_value(recorded.1.request.body.as_ref()?).ok()?;
    let request = body.get("json")?;
    let given = fields.iter().filter_map(|field| field.as_given(request)).collect::<Vec<_>>();
    (!given.is_empty()).then_some(given)
}

/// A command on as many lines as it takes, as a shell reads them.
fn on_lines(words: &[String]) -> String {
    const LONGEST: usize = 92;
    let mut lines = vec![" ".to_owned()];
    for word in words {
        let line = lines.last_mut().map(|line| (line.len() + word.len() < LONGEST).then_some(line));
        match line {
            Some(Some(line)) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("      {word}")),
        }
    }
    lines.join(" \\\n")
}

struct Parameter {
    name: String,
    help: String,
}

fn parameters(described: &DocumentOperation<'_>) -> Vec<Parameter> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let read = |part: Placed<'_>| Parameter {
        name: text(part.value, "name"),
        help: text(part.value, "description"),
    };
    described.parameters().map(read).collect()
}

fn request_fields(described: &DocumentOperation<'_>) -> (Vec<Field>, Vec<String>) {
    let document = document(ServiceName::Tradewind);
    described.request_schema().map(|(_, schema)| fields::of(document, &schema, &TAKEN)).unwrap_or_default()
}

/// A call to be made.
#[derive(Debug)]
pub struct Call {
    operation: &'static Operation,
    path: Vec<(String, String)>,
    body: Option<PathBuf>,
    paying: Paying,
    common: Common,
    chart: Option<ChartArgs>,
    matches: ArgMatches,
}

impl Call {
    pub fn from_matches(operation: &'static Operation, matches: &ArgMatches) -> Result<Self, clap::Error> {
        let described = document(ServiceName::Tradewind).operation(operation.id);
        let path = described.iter().flat_map(|described| parameters(described)).filter_map(|parameter| {
            let value = matches.get_one::<String>(&parameter.name)?.clone();
            Some((parameter.name, value))
        });
        let body = match operation.body {
            Some(_) => matches.get_one::<PathBuf>(BODY).cloned(),
            None => None,
        };
        Ok(Self {
            operation,
            path: path.collect(),
            body,
            paying: match operation.key {
                true => Paying::from_arg_matches(matches)?,
                false => Paying::default(),
            },
            common: Common::from_arg_matches(matches)?,
            chart: described.filter(is_drawn).map(|_| ChartArgs::from_arg_matches(matches)).transpose()?,
            matches: matches.clone(),
        })
    }

    /// How to get the others where a part of the rows came.
    fn others(&self) -> String {
        let described = document(ServiceName::Tradewind).operation(self.operation.id);
        let (fields, _) = described.as_ref().map(request_fields).unwrap_or_default();
        // What turns the pages goes before what makes them longer.
        let option = PAGING.iter().find_map(|name| fields.iter().find_map(|field| field.option_of(name)));
        match option {
            Some(option) => format!("--{option} asks for others"),
            None => "the document knows no way to ask for the others".to_owned(),
        }
    }

    /// What a person may take for the whole and is not; or that there is nothing.
    fn part_of(&self, answer: &Response) -> Option<String> {
        let rows = Rows::of(answer).ok()?;
        let body: Value = answer.json().ok()?;
        let total =
            ["/data/data/total", "/meta/total_results"].iter().find_map(|at| body.pointer(at)?.as_u64());
        match (rows.len(), total) {
            (0, _) => Some("the answer holds no rows".to_owned()),
            (came, Some(total)) if total > came as u64 => {
                Some(format!("the answer holds {came} of {total} rows; {}", self.others()))
            }
            _ => None,
        }
    }

    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let chart = self.chart.as_ref().map(|chart| chart.place(&self.common.target)).transpose()?.flatten();
        let body = self.request()?;
        let path: Vec<_> = self.path.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let request = OperationRequest::new(self.operation.id, &path, body.as_deref());
        let request = request.map_err(|e| refused(&e, self.body.is_some()))?;
        if self.common.dry_run {
            let body = request.body().map(|body| format!("\n{body}")).unwrap_or_default();
            let url = context.tradewind_url()?;
            let shown = format!("{} {url}{}{body}", self.operation.method, request.path());
            // Never to the answer's place, which may hold one.
            Target::default().write_text(&shown)?;
            context.note(cost(self.operation));
            if self.operation.billing != Billing::Free
                && let Err(refused) = affordable(self.operation, self.paying.max_credits)
            {
                let why = refused.into_message();
                context.note(format_args!(
                    "it would not be sent: {}",
                    why.trim_end_matches("; nothing was sent")
                ));
            }
            return Ok(Exit::Done);
        }
        let (client, url) = context.tradewind(Some(self.operation), &self.paying).await?;
        let mut call = client.operation(&request)?;
        // Where a price is on record, that is what is reserved; the budget holds it all the same.
        if let (None, Some(most)) = (self.operation.credits, self.paying.max_credits) {
            call = call.allow(most);
        }
        let sink = self.common.target.open()?;
        let under_way = (self.operation.billing != Billing::Free && !context.is_replica())
            .then(|| broken_off(self.operation.id));
        let asked = context.watch(&format!("asking tradewind {}", self.operation.id), call.send()).await;
        drop(under_way);
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) => return Err(answered(error, |e| context.failed(e, &url))),
        };
        charge(self.operation.billing == Billing::Free, &answer, self.paying.max_credits);
        if let Some(told) = self.part_of(answer.value()) {
            context.note(told);
        }
        if let (Err(_), Some(form)) = (Rows::of(answer.value()), self.common.target.asked()) {
            let name = form.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            context.note(format_args!("the answer has no rows: it is written as it came, not as {name}"));
        }
        let Some(place) = chart else {
            let written = self.print(sink, answer.value());
            return kept(written, &self.common.target.target, answer.value()).map(|()| Exit::Done);
        };
        // The rows first: what was paid for is not lost with a picture that cannot be drawn.
        let with_rows = Place::with_rows(Some(&place));
        let mut sink = Some(sink);
        if let Some(sink) = sink.take_if(|_| with_rows) {
            let written = kept(self.print(sink, answer.value()), &self.common.target.target, answer.value());
            // A reader that has seen enough takes nothing from the picture.
            written.or_else(Failure::unless_closed)?;
        }
        let title = title(self.operation, request.body());
        let drawn = draw(place, answer.value(), title, &context.source("TradeWind", &url));
        if let (Err(_), Some(sink)) = (&drawn, sink) {
            self.print(sink, answer.value())?;
        }
        drawn.map(|()| Exit::Done)
    }

    /// The request as JSON: the body's file, and over it the fields given as options.
    fn request(&self) -> Result<Option<String>, Failure> {
        let Some(component) = self.operation.body else { return Ok(None) };
        let described = document(ServiceName::Tradewind).operation(self.operation.id);
        let (fields, _) = described.as_ref().map(request_fields).unwrap_or_default();
        let text = self.body.as_deref().map(|path| read(path, "the body")).transpose()?;
        let mut request = Members::default();
        if let Some(text) = &text {
            request = match serde_json::from_str::<Value>(text).and_then(|value| match value {
                Value::Object(_) => Members::read(text).map(Some),
                _ => Ok(None),
            }) {
                Ok(Some(members)) => members,
                Ok(None) => {
                    return Err(Failure::usage(format!("the body must be a JSON object, a {component}")));
                }
                Err(e) => {
                    let file = self.body.as_deref().filter(|path| *path != Path::new("-"));
                    let name = file.map_or("standard input".to_owned(), |path| path.display().to_string());
                    return Err(Failure::input(format!("the body in {name} is not JSON: {e}")));
                }
            };
        }
        let mut given = false;
        for field in &fields {
            given |= field.put(&self.matches, &mut request).map_err(Failure::usage)?;
        }
        match (given, text) {
            // As it is, so that a field given twice is seen.
            (false, Some(text)) => Ok(Some(text)),
            (false, None) if fields.is_empty() => Err(Failure::usage(
                "the request is missing: give it as JSON by --body FILE, or by --body - from standard input",
            )),
            (false, None) => Err(Failure::usage(
                "the request is empty: give its fields as options (--help lists them), or all of it by --body FILE",
            )),
            (true, _) => Ok(Some(request.to_string())),
        }
    }

    fn print(&self, sink: Sink, answer: &Response) -> Result<(), Failure> {
        let format = self.common.target.format();
        match Rows::of(answer) {
            Ok(rows) => sink.write(|out| show::write(out, &rows, format)),
            // Metrics are text; and what was paid for is printed, whatever it is.
            Err(_) => sink.write(|out| out.write_all(answer.body())),
        }
    }
}

/// What the operation does, and what was asked.
fn title(operation: &Operation, request: Option<&str>) -> String {
    let request: Value = request.and_then(|request| serde_json::from_str(request).ok()).unwrap_or_default();
    let asked = request.as_object().into_iter().flatten().filter_map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!text.is_empty()).then(|| format!("{name} {text}"))
    });
    let asked: Vec<_> = asked.collect();
    if asked.is_empty() {
        operation.summary.to_owned()
    } else {
        format!("{}: {}", operation.summary, asked.join(", "))
    }
}

/// Why a request is refused. Without a file there are no lines and columns to speak of.
fn refused(error: &tradebind::Error, from_file: bool) -> Failure {
    let text = error.to_string();
    match text.split_once(" at line ") {
        Some((told, rest)) if !from_file => {
            let more = rest.split_once(';').map(|(_, more)| format!(";{more}")).unwrap_or_default();
            Failure::usage(format!("{told}{more}"))
        }
        _ => Failure::usage(text),
    }
}

#[cfg(feature = "chart")]
fn draw(place: Place, answer: &Response, title: String, source: &str) -> Result<(), Failure> {
    use tradebind::chart::{Picture, Provenance};
    let mut value: Value = answer.json()?;
    let regions = value.pointer_mut("/data/data").map(Value::take).unwrap_or_default();
    let regions = serde_json::from_value(regions)
        .map_err(|e| Failure::input(format!("--chart: the answer holds no regions: {e}")))?;
    let picture = Picture::of_regions(&regions, title, &Provenance::now(source));
    place.draw(&picture.map_err(|e| Failure::input(format!("--chart: {e}")))?)
}

#[cfg(not(feature = "chart"))]
fn draw(_: Place, _: &Response, _: String, _: &str) -> Result<(), Failure> {
    Ok(())
}

/// What was paid for is not lost with the file that it was meant for: it goes to standard output as it came.
pub fn kept(written: Result<(), Failure>, target: &Target, answer: &Response) -> Result<(), Failure> {
    let Err(failure) = written else { return Ok(()) };
    if target.file().is_none() || failure.is_closed() {
        return Err(failure);
    }
    Err(on_standard_output(failure, answer.body(), "the answer stands on standard output, as it came"))
}

/// Tells a call's failure. What came with HTTP's success may have been paid for: it is not lost, and goes to standard output as
/// far as it came.
pub fn answered(error: tradebind::Error, told: impl FnOnce(tradebind::Error) -> Failure) -> Failure {
    let succeeded = error.status().is_some_and(|status| (200..300).contains(&status));
    let body = error.body().filter(|body| succeeded && !body.is_empty()).cloned();
    let failure = told(error);
    match body {
        Some(body) => on_standard_output(failure, &body, "what came of the answer stands on standard output"),
        None => failure,
    }
}

fn on_standard_output(failure: Failure, body: &[u8], told: &str) -> Failure {
    match Target::default().open().and_then(|sink| sink.write(|out| out.write_all(body))) {
        Ok(()) => failure.and(told),
        Err(_) => failure,
    }
}

/// What a signal tells while a billed call is under way.
pub fn broken_off(what: &str) -> UnderWay {
    UnderWay::new(format!(
        "broken off while the answer of {what} was awaited: it may have been done and charged; look at your account before it is asked again"
    ))
}

/// Tells the charge, on standard error, and whether it is above what was allowed: that is never left out.
pub fn charge(free: bool, answer: &Billed<Response>, most: Option<Credits>) {
    use std::io::Write as _;
    let told = match answer.credits() {
        Some(credits) => format!("{credits} credits charged"),
        None if free => return,
        None => "the answer tells no charge".to_owned(),
    };
    let id = answer.request_id().map(|id| format!(", request {}", show::printable(id))).unwrap_or_default();
    let above = answer.credits().zip(most).filter(|(credits, most)| credits > most);
    let above = above.map(|(_, most)| {
        format!("; that is more than --max-credits {most}: the service charged it all the same")
    });
    _ = writeln!(std::io::stderr(), "{told}{id}{}", above.unwrap_or_default());
}
