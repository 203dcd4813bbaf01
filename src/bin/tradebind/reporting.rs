//! How findings are told: forms, files, baseline, exit code.

use std::collections::HashSet;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use tradebind::validate::report::Format;
use tradebind::validate::{Baseline, Config, Report, Severity, files};

use crate::context::{self, Context};
use crate::exit::{Exit, Failure};
use crate::output::{Sink, Target, real};

/// Options of the commands that tell findings.
#[derive(Debug, Clone, clap::Args)]
pub struct Reporting {
    /// Form of the report on standard output
    #[arg(long, value_name = "FORM", value_parser = form, default_value = "text")]
    format: Format,
    /// Write the report in another form to a file, too; may be repeated
    #[arg(long, value_name = "FORM=FILE", value_parser = named)]
    report: Vec<(Format, PathBuf)>,
    /// Least grave finding that makes the exit code 1: error, warning or note
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "error")]
    fail_on: Severity,
    /// Accept the findings that this file lists, and tell which of them are gone. Those of `validate` go by the path as given, from the
    /// same folder; those of `drift` by service, operation and case, whatever the file, and however often they are met
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings to a file for --baseline, and take them as accepted
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
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

/// Reads a file of severities.
pub fn config(path: &Path) -> Result<Config, Failure> {
    let text = context::read(path, "the configuration")?;
    let config = Config::read(&text, &path.display().to_string());
    config.map_err(|e| Failure::usage(e.to_string()))
}

/// A report's places, opened before anything is looked at.
pub struct Prepared<'a> {
    options: &'a Reporting,
    baseline: Option<Baseline>,
    /// Where a new baseline goes.
    written: Option<Sink>,
    sinks: Vec<(Format, Sink)>,
}

impl Reporting {
    /// The file for a new baseline.
    pub fn written_baseline(&self) -> Option<&Path> {
        self.write_baseline.as_deref()
    }

    /// Every file that is written.
    pub fn results(&self) -> impl Iterator<Item = &Path> {
        self.report.iter().map(|(_, path)| path.as_path()).chain(self.written_baseline())
    }

    /// Whether that is the baseline in use.
    pub fn is_baseline(&self, path: &str) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| real(baseline) == real(Path::new(path)))
    }

    /// Reads the baseline, and opens the files.
    pub fn prepare(&self, inputs: &[String], config: Option<&Path>) -> Result<Prepared<'_>, Failure> {
        self.open(self.checked(inputs, config)?)
    }

    /// Reads the baseline. What is written must be none of the inputs, nor the configuration.
    pub fn checked(&self, inputs: &[String], config: Option<&Path>) -> Result<Option<Baseline>, Failure> {
        let baseline = match &self.baseline {
            Some(path) => {
                let text = context::read(path, "the baseline")?;
                let read = Baseline::read(&text, &path.display().to_string());
                Some(read.map_err(|e| Failure::usage(e.to_string()))?)
            }
            None => None,
        };
        self.apart(inputs, config)?;
        Ok(baseline)
    }

    /// Opens the files.
    pub fn open(&self, baseline: Option<Baseline>) -> Result<Prepared<'_>, Failure> {
        let written = self.write_baseline.as_ref().map(|path| Target { output: Some(path.clone()) }.open());
        let sinks = self.report.iter().map(|(form, path)| {
            let target = Target { output: Some(path.clone()) };
            Ok((*form, target.open()?))
        });
        let sinks = sinks.collect::<Result<Vec<_>, Failure>>()?;
        Ok(Prepared { options: self, baseline, written: written.transpose()?, sinks })
    }
}

impl Reporting {
    /// Each result has a file of its own, which is none that is read.
    fn apart(&self, inputs: &[String], config: Option<&Path>) -> Result<(), Failure> {
        let results: Vec<_> = self.results().collect();
        if results.is_empty() {
            return Ok(());
        }
        if results.contains(&Path::new("-")) {
            return Err(Failure::usage(
                "standard output (-) has the report that --format asks for; give every other result a file",
            ));
        }
        let mut taken = HashSet::new();
        if let Some(twice) = results.iter().find(|path| !taken.insert(real(path))) {
            let twice = twice.display();
            return Err(Failure::usage(format!(
                "{twice} is named for two results; give each a file of its own"
            )));
        }
        let inputs: Vec<_> = inputs.iter().filter(|path| *path != "-").collect();
        let mut read =
            files(&inputs).into_iter().chain(config.map(Path::to_owned)).chain(self.baseline.clone());
        if let Some(path) = read.find(|path| taken.contains(&real(path))) {
            return Err(Failure::usage(format!(
                "{} is read, and a result would be written over it; give the result a file of its own",
                path.display()
            )));
        }
        // Reports of earlier runs may be written over; what was accepted by hand may not.
        let baseline =
            self.report.iter().map(|(_, path)| path).find(|path| {
                std::fs::read_to_string(path).is_ok_and(|text| Baseline::read(&text, "").is_ok())
            });
        if let Some(path) = baseline {
            return Err(Failure::usage(format!(
                "{} is a baseline, and a report would be written over it; give the report a file of its own",
                path.display()
            )));
        }
        Ok(())
    }
}

impl Prepared<'_> {
    /// Writes the report in every form, and tells the exit code.
    pub fn finish(self, context: &Context, mut report: Report) -> Result<Exit, Failure> {
        let Self { options, baseline, written, sinks } = self;
        if let Some(baseline) = baseline {
            baseline.apply(&mut report);
        }
        // Where standard output is a person's, so are the colours.
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        for (form, sink) in sinks {
            sink.write(|out| form.write(&report, options.fail_on, false, out))?;
        }
        let shown =
            Target::default().open()?.write(|out| options.format.write(&report, options.fail_on, color, out));
        // A reader that has seen enough changes nothing about what was found.
        shown.or_else(Failure::unless_closed)?;
        if let Some((sink, path)) = written.zip(options.write_baseline.as_ref()) {
            let baseline = Baseline::of(&report);
            sink.write_text(&baseline.to_string())?;
            baseline.apply(&mut report);
            context.note(format_args!("findings accepted in {}: {}", path.display(), report.accepted));
            if report.checked.iter().any(|checked| checked.untold > 0) {
                context.note("findings beyond --limit are not accepted, since they are not listed");
            }
        }
        // A form for machines has no words for those who look at the job's log.
        if !matches!(options.format, Format::Text | Format::Github) {
            for problem in &report.problems {
                context.note(problem);
            }
            for own in &report.passed_over {
                context.note(format_args!("{own} is passed over: it is a report or a baseline of tradebind"));
            }
        }
        Ok(match report.exit_code(options.fail_on) {
            0 => Exit::Done,
            1 => Exit::Findings,
            _ => Exit::Input,
        })
    }
}
