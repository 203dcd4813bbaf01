//! `tradebind validate`

use std::io::IsTerminal as _;
use std::path::PathBuf;

use tradebind::documents::Part;
use tradebind::exchange::ServiceName;
use tradebind::validate::{RULES, Report, Validator, named};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::Target;
use crate::reporting::{Reporting, config};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind validate fixtures/                                # every .json, .ndjson, .jsonl and .har below
  tradebind validate 'answers/*.json' session.har
  curl … | tradebind validate - --service hk-trade
  tradebind validate fixtures/ --format github --report sarif=findings.sarif --report junit=payloads.xml
  tradebind validate --explain hk/count

Of a folder, files and folders whose names begin with a dot are passed over.
What a bare body is, its shape tells, or --service, --operation and --part do; exchanges and HAR files tell by themselves, and so
does the path of a raw call, unless it is a proxy's. Queries of Hong Kong may come a line each.
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
    /// Take fields that the documents do not declare as errors, whatever --config says
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    reporting: Reporting,
    /// TOML file with severities of your own: under [rules], lines such as "hk/unit" = "off"
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Most findings of one rule that are told of one payload; more are counted, and weigh as much
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

impl Args {
    pub fn run(self, context: &Context) -> Result<Exit, Failure> {
        if self.rules {
            let lines = RULES.iter().map(|rule| format!("{:24} {:8} {}", rule.id, rule.severity, rule.title));
            Target::default().write_text(&lines.collect::<Vec<_>>().join("\n"))?;
            return Ok(Exit::Done);
        }
        if let Some(id) = &self.explain {
            let rule = named(id).map_err(Failure::usage)?;
            Target::default().write_text(&rule.to_string())?;
            return Ok(Exit::Done);
        }
        if self.paths.iter().filter(|path| *path == "-").count() > 1 {
            return Err(Failure::usage("standard input (-) can be read once only"));
        }
        let mut validator = self.validator()?;
        let prepared = self.reporting.prepare(&self.paths, self.config.as_deref())?;
        let mut report = Report::default();
        // A hook names every file of a commit.
        let (accepted, paths): (Vec<_>, Vec<_>) =
            self.paths.iter().cloned().partition(|path| path != "-" && self.reporting.is_baseline(path));
        report.passed_over.extend(accepted);
        let mut check = || {
            for paths in paths.chunk_by(|one, next| one != "-" && next != "-") {
                report.add(match paths {
                    [one] if one == "-" => validator.check_reader("-", std::io::stdin().lock()),
                    paths => validator.check(paths),
                });
            }
        };
        // Nothing moves on a terminal in which somebody writes.
        if self.paths.iter().any(|path| path == "-") && std::io::stdin().is_terminal() {
            check();
        } else {
            context.during("checking payloads", check);
        }
        prepared.finish(context, report)
    }

    fn validator(&self) -> Result<Validator, Failure> {
        let mut validator = Validator::new().limit(self.limit);
        if self.service.is_some() || self.operation.is_some() || self.part.is_some() {
            validator =
                validator.only(self.service, self.operation.as_deref(), self.part).map_err(Failure::usage)?;
        }
        if let Some(path) = &self.config {
            validator = validator.config(config(path)?);
        }
        // After the file: the option wins.
        Ok(validator.strict(self.strict))
    }
}
