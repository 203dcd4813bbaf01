//! `tradebind drift`

use std::path::{Path, PathBuf};

use tradebind::documents::SERVICES;
use tradebind::exchange::{Exchange, ServiceName};
use tradebind::http::Response;
use tradebind::tradewind::{Client, api::OPERATIONS};
use tradebind::validate::Report;
use tradebind::validate::drift::{Drift, Probe};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::output::{Target, real};
use crate::reporting::{Reporting, config};
use crate::tradewind::{Paying, broken_off};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind drift --service hk-trade                          # the documented queries, live
  tradebind drift --replica
  tradebind drift --from recordings/ --format sarif
  tradebind drift --max-credits 0.14 --write-baseline drift.json
  tradebind drift --baseline drift.json

Exit codes: 0 no drift as grave as --fail-on; 1 drift; 2 usage; 3 an answer could not be compared; 4 a service could not be
asked; 5 a billed call whose answer was lost.")]
pub struct Args {
    /// Compare the recorded exchanges in a folder and below it, one a file or one a line (NDJSON), and ask nobody
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["max_credits", "api_key_file", "keep"])]
    from: Option<PathBuf>,
    /// Only this service: hk-trade (or hk) or tradewind
    #[arg(long, value_parser = crate::spec::service)]
    service: Option<ServiceName>,
    /// Keep what came as recorded exchanges in a folder, over those of an earlier run and over nothing else
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    #[command(flatten)]
    reporting: Reporting,
    /// TOML file with severities of your own: under [rules], lines such as "drift/gone" = "off"
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    paying: Paying,
}

impl Args {
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        if self.from.is_some() && context.is_replica() {
            return Err(Failure::usage("--from asks nobody, and so no --replica: give one of them"));
        }
        let from: Vec<_> = self.from.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let probes = Probe::all().map_err(|e| Failure::input(e.to_string()))?;
        let baseline = self.reporting.checked(&from, self.config.as_deref())?;
        let mut drift = Drift::new().map_err(|e| Failure::input(e.to_string()))?;
        if let Some(path) = &self.config {
            drift = drift.config(config(path)?);
        }
        // A call that is wrong leaves no folder behind; a result may lie in it.
        if let Some(folder) = &self.keep {
            self.make_room(folder, &probes)?;
        }
        let prepared = self.reporting.open(baseline)?;
        let mut report = Drift::report();
        let (mut exit, mut missed) = (Exit::Done, Vec::new());
        match &self.from {
            Some(folder) => report.add(drift.check_files(&folder.to_string_lossy(), self.service)),
            None => {
                for service in SERVICES.into_iter().filter(|one| self.service.is_none_or(|only| only == *one))
                {
                    let probes = probes.iter().filter(|probe| probe.service == service);
                    exit = exit.max(self.asked(context, probes, &mut drift, &mut report, &mut missed).await?);
                }
            }
        }
        let exit = prepared.finish(context, report)?.max(exit);
        if let Some(path) = self.reporting.written_baseline().filter(|_| !missed.is_empty()) {
            context.note(format_args!(
                "{} accepts nothing of what was not compared, whatever it held before: {}",
                path.display(),
                missed.join(", ")
            ));
        }
        Ok(exit)
    }

    /// Makes the folder of what is kept. Nothing is written over there but recordings, and over these no result: that is told before
    /// anything is asked, or paid for.
    fn make_room(&self, folder: &Path, probes: &[Probe]) -> Result<(), Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::usage(format!("the folder {} cannot be made: {e}", folder.display())))?;
        let results: Vec<_> = self.reporting.results().map(real).collect();
        for probe in probes.iter().filter(|probe| self.service.is_none_or(|only| only == probe.service)) {
            let file = kept(folder, probe);
            if results.contains(&real(&file)) {
                return Err(Failure::usage(format!(
                    "{} is kept as a recording, and a result would be written over it; give the result a file of its own",
                    file.display()
                )));
            }
            if file.exists() && Exchange::open(&file).is_err() {
                return Err(Failure::usage(format!(
                    "{} is no recorded exchange, and --keep writes over nothing else; move it, or name another folder",
                    file.display()
                )));
            }
        }
        Ok(())
    }

    /// Asks one service; what cannot be asked is told, and the rest is asked all the same. `missed` gets the names of what was not
    /// compared.
    async fn asked(
        &self,
        context: &Context,
        probes: impl Iterator<Item = &Probe>,
        drift: &mut Drift,
        report: &mut Report,
        missed: &mut Vec<String>,
    ) -> Result<Exit, Failure> {
        let (mut exit, mut billed) = (Exit::Done, None);
        for probe in probes {
            let name = probe.name();
            if probe.placeholder {
                context.note(format_args!(
                    "{name} is not asked for: its example has placeholders in the place of values"
                ));
                missed.push(name);
                continue;
            }
            if probe.billed && self.paying.max_credits.is_none() {
                context
                    .note(format_args!("{name} is not asked for: it is billed; --max-credits N allows it"));
                missed.push(name);
                continue;
            }
            if probe.service == ServiceName::Tradewind && self.lacks_key(context, probe) {
                context.note(format_args!(
                    "{name} is not asked for: it needs a key; set TRADEWIND_API_KEY, or give --api-key-file FILE"
                ));
                missed.push(name);
                continue;
            }
            let asked = match probe.service {
                ServiceName::HkTrade => hk(context, probe).await,
                ServiceName::Tradewind => self.tradewind(context, probe, &mut billed).await,
            };
            match asked {
                Ok(answer) => {
                    let came = probe.answered(answer.status(), answer.body(), context.is_replica());
                    if let Some(folder) = &self.keep {
                        let file = kept(folder, probe);
                        Target { output: Some(file) }.write_text(&came.to_string())?;
                    }
                    report.add(drift.check(&name, &came));
                }
                Err(unanswered) => {
                    match unanswered {
                        Unanswered::Refused(why) => report.add(Drift::refused(probe, &why)),
                        Unanswered::Failed(failure) => exit = exit.max(failure.about(&name).told()),
                    }
                    missed.push(name);
                }
            }
        }
        Ok(exit)
    }

    /// Whether the operation needs a key, and there is none. Of what is free that is no failure; what credits were given for is asked.
    fn lacks_key(&self, context: &Context, probe: &Probe) -> bool {
        let operation = OPERATIONS.iter().find(|known| known.id == probe.operation);
        !probe.billed && operation.is_some_and(|known| known.key) && !context.has_key(&self.paying)
    }

    /// What is billed goes through one client, whose budget is that of the whole run.
    async fn tradewind(
        &self,
        context: &Context,
        probe: &Probe,
        billed: &mut Option<(Client, String)>,
    ) -> Result<Response, Unanswered> {
        let (client, url) = match (probe.billed, billed.clone()) {
            (true, Some(kept)) => kept,
            (true, None) => billed.insert(context.tradewind(None, &self.paying).await?).clone(),
            (false, _) => {
                let operation = OPERATIONS.iter().find(|known| known.id == probe.operation);
                context.tradewind(operation, &self.paying).await?
            }
        };
        let raw = client.raw(&probe.method, &probe.target, probe.body.clone().map(Into::into));
        let mut call = raw.map_err(Failure::from)?;
        let known = OPERATIONS.iter().find(|known| known.id == probe.operation);
        let price = known.and_then(|known| known.credits);
        if let Some(most) = self.paying.max_credits.filter(|_| probe.billed && price.is_none()) {
            call = call.allow(most);
        }
        let under_way = (probe.billed && !context.is_replica()).then(|| broken_off(&probe.name()));
        let answer = context.watch("asking tradewind", call.send()).await;
        drop(under_way);
        let keyed = known.is_none_or(|known| known.key);
        Ok(answer.map_err(|e| Unanswered::of(e, keyed, context, &url))?.into_value())
    }
}

/// Where the answer to a query is kept.
fn kept(folder: &Path, probe: &Probe) -> PathBuf {
    folder.join(probe.name().replace('/', "."))
}

/// Why there is no answer to compare.
enum Unanswered {
    /// The service refuses a documented query, for that reason: the gravest drift.
    Refused(String),
    /// Anything else, which says nothing of the document.
    Failed(Failure),
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Unanswered {
    fn of(error: tradebind::Error, keyed: bool, context: &Context, url: &str) -> Self {
        let answered = error.status().is_some() || error.service_code().is_some();
        // That of a key, or of the account behind it.
        let own = keyed && (error.is_access_denied() || error.status() == Some(402));
        let failure = context.failed(error, url);
        match failure.exit() {
            Exit::Input if answered && !own => Self::Refused(failure.into_message()),
            _ => Self::Failed(failure),
        }
    }
}

async fn hk(context: &Context, probe: &Probe) -> Result<Response, Unanswered> {
    let (client, url) = context.hk().await?;
    let asked = client.raw(&probe.method, &probe.target, probe.body.clone().map(Into::into));
    context.watch("asking hk-trade", asked).await.map_err(|e| Unanswered::of(e, false, context, &url))
}
