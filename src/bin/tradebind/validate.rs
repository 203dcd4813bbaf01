//! `tradebind validate`

use std::io::IsTerminal as _;
use std::path::PathBuf;

use tradebind::documents::Part;
use tradebind::exchange::ServiceName;
use tradebind::validate::report::Format;
use tradebind::validate::{Baseline, Config, RULES, Report, Severity, Validator, rule};

use crate::context::{self, Context};
use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind validate fixtures/                                # every .json, .ndjson, .jsonl and .har below
  tradebind validate 'answers/*.json' session.har
  curl … | tradebind validate - --service hk-trade
  tradebind validate fixtures/ --format github --report sarif=findings.sarif --report junit=payloads.xml
  tradebind validate --explain hk/count

What a bare body is, its shape tells, or --service, --operation and --part do; exchanges and HAR files tell by themselves.
Exit codes: 0 everything passes; 1 findings as grave as --fail-on; 2 usage; 3 something could not be checked, or nothing was.")]
pub struct Args {
    /// Files, folders, patterns, or - for standard input
    #[arg(value_name = "PATH", required_unless_present_any = ["explain", "rules"])]
    paths: Vec<String>,
    /// Whose payload a bare body is: hk-trade (or hk) or tradewind
    #[arg(long, value_parser = crate::spec::service)]
    service: Option<ServiceName>,
    /// Which operation's it is; `tradebind spec` lists them
    #[arg(long, value_name = "ID")]
    operation: Option<String>,
    /// Which side of it: request or response
    #[arg(long, value_parser = part)]
    part: Option<Part>,
    /// Take fields that the documents do not declare as errors
    #[arg(long)]
    strict: bool,
    /// Form of the report on standard output
    #[arg(long, value_name = "FORM", value_parser = form, default_value = "text")]
    format: Format,
    /// Write the report in another form to a file, too; may be repeated
    #[arg(long, value_name = "FORM=FILE", value_parser = named)]
    report: Vec<(Format, PathBuf)>,
    /// Least grave finding that makes the exit code 1: error, warning or note
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "error")]
    fail_on: Severity,
    /// TOML file with severities of your own: under [rules], lines such as "hk/unit" = "off"
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Accept the findings that this file lists, and tell which of them are gone
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings to a file for --baseline, and exit with 0
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// Most findings of one rule that are told of one payload; more are counted, and fail
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    limit: usize,
    /// Explain a rule
    #[arg(long, value_name = "RULE", exclusive = true)]
    explain: Option<String>,
    /// List the rules
    #[arg(long, exclusive = true)]
    rules: bool,
}

fn part(text: &str) -> Result<Part, String> {
    match text {
        "request" => Ok(Part::Request),
        "response" => Ok(Part::Response),
        _ => Err("the sides are request and response".to_owned()),
    }
}

fn form(text: &str) -> Result<Format, String> {
    text.parse()
}

fn named(text: &str) -> Result<(Format, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("must be FORM=FILE, such as sarif=findings.sarif")?;
    if file.is_empty() { Err("names no file".to_owned()) } else { Ok((name.parse()?, file.into())) }
}

fn severity(text: &str) -> Result<Severity, String> {
    let all = [Severity::Error, Severity::Warning, Severity::Note];
    all.into_iter()
        .find(|severity| severity.name() == text)
        .ok_or("is one of error, warning, note".to_owned())
}

impl Args {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        if self.rules {
            let lines = RULES.iter().map(|rule| format!("{:24} {:8} {}", rule.id, rule.severity, rule.title));
            Target::default().write_text(&lines.collect::<Vec<_>>().join("\n"))?;
            return Ok(Exit::Done);
        }
        if let Some(id) = &self.explain {
            let rule = rule(id).ok_or_else(|| {
                Failure::usage(format!("there is no rule {id:?}; `tradebind validate --rules` lists them"))
            })?;
            Target::default().write_text(&rule.to_string())?;
            return Ok(Exit::Done);
        }
        let baseline = match &self.baseline {
            Some(path) => {
                let text = context::read(path, "the baseline")?;
                let read = Baseline::read(&text, &path.display().to_string());
                Some(read.map_err(|e| Failure::usage(e.to_string()))?)
            }
            None => None,
        };
        let sinks = self.report.iter().map(|(form, path)| {
            let target = Target { output: Some(path.clone()) };
            Ok((*form, target.open()?))
        });
        let sinks = sinks.collect::<Result<Vec<_>, Failure>>()?;
        let mut report = self.check()?;
        if let Some(baseline) = baseline {
            baseline.apply(&mut report);
        }
        // Where standard output is a person's, so are the colours.
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        for (form, sink) in sinks {
            sink.write(|out| form.write(&report, false, out))?;
        }
        Target::default().open()?.write(|out| self.format.write(&report, color, out))?;
        if let Some(path) = &self.write_baseline {
            let target = Target { output: Some(path.clone()) };
            target.write_text(&Baseline::of(&report).to_string())?;
            context.note(format_args!(
                "{} findings are accepted in {}",
                report.findings.len(),
                path.display()
            ));
            report.findings.clear();
        }
        // A form for machines has no words for those who look at the job's log.
        if !matches!(self.format, Format::Text | Format::Github) {
            for problem in &report.problems {
                context.note(problem);
            }
        }
        Ok(match report.exit_code(self.fail_on) {
            0 => Exit::Done,
            1 => Exit::Findings,
            _ => Exit::Input,
        })
    }

    fn check(&self) -> Result<Report, Failure> {
        let mut validator = Validator::new().strict(self.strict).limit(self.limit);
        if self.service.is_some() || self.operation.is_some() || self.part.is_some() {
            validator =
                validator.only(self.service, self.operation.as_deref(), self.part).map_err(Failure::usage)?;
        }
        if let Some(path) = &self.config {
            let text = context::read(path, "the configuration")?;
            let config = Config::read(&text, &path.display().to_string());
            validator = validator.config(config.map_err(|e| Failure::usage(e.to_string()))?);
        }
        let mut report = Report::default();
        for path in &self.paths {
            report.add(match path.as_str() {
                "-" => validator.check_reader("-", std::io::stdin().lock()),
                path => validator.check([path]),
            });
        }
        Ok(report)
    }
}
