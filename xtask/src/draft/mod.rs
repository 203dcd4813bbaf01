//! `cargo xtask draft`: from a page of the documentation, a recorded exchange or a HAR file to the operation in the document, its
//! components and its example; or, where the document has the operation, to what differs.

mod compare;
mod failure;
mod har;
mod infer;
mod page;
mod parameters;
mod pretty;
mod prove;
mod secrets;
mod source;
#[cfg(test)]
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]
mod tests;
mod write;
mod yaml;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::root;
use crate::{document, generate, lint};
use source::Source;
use write::{Choices, Draft};

/// The options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// A page of TradeWind's documentation saved as text, a recorded exchange, or a HAR file
    file: PathBuf,
    /// The operationId [default: from the path]
    #[arg(long)]
    id: Option<String>,
    /// How a call is billed, where that is known
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(lint::BILLING))]
    billing: Option<String>,
    /// Name of the example's case [default: how it is known]
    #[arg(long)]
    case: Option<String>,
    /// Which entry of a HAR file, from 0
    #[arg(long)]
    entry: Option<usize>,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write nothing here, but build a copy of the repository with the draft, and use the operation through client, command line,
    /// replica and validator
    #[arg(long, conflicts_with = "dry_run")]
    prove: bool,
}

/// What came of a source.
#[derive(Debug)]
pub enum Outcome {
    /// The document lacks the operation.
    New(Draft),
    /// The document has it, by this id; what differs.
    Known(String, Vec<String>),
}

/// Drafts, and writes into `spec/`.
pub fn run(args: Args) -> Result<()> {
    let name = args.file.display();
    let text =
        fs::read_to_string(&args.file).with_context(|| format!("{name} cannot be read as UTF-8 text"))?;
    let choices = Choices { id: args.id, billing: args.billing, case: args.case };
    let spec = root().join("spec");
    match draft(&spec, &text, args.entry, &choices).with_context(|| name.to_string())? {
        Outcome::Known(id, differences) if differences.is_empty() => {
            println!("{id}: the document says what the source shows")
        }
        Outcome::Known(id, differences) => {
            println!("{id} is in the document; the source differs in {} place(s):", differences.len());
            differences.iter().for_each(|difference| println!("  {difference}"));
        }
        Outcome::New(draft) if args.dry_run => {
            print!("{}{}{}{}", draft.operation, draft.requests, draft.answers, draft.exchange.1);
            draft.notes.iter().for_each(|note| println!("note: {note}"));
        }
        Outcome::New(draft) if args.prove => prove::prove(&draft)?,
        Outcome::New(draft) => {
            apply(&spec, &draft)?;
            println!("spec/tradewind.yaml: {} added; spec/{} written", draft.id, draft.exchange.0);
            draft.notes.iter().for_each(|note| println!("note: {note}"));
            println!("next: cargo xtask regenerate");
        }
    }
    Ok(())
}

/// A document in `spec`.
struct Document {
    service: &'static str,
    yaml: String,
    root: Value,
}

/// What a source tells, held against the document in `spec`.
pub fn draft(spec: &Path, text: &str, entry: Option<usize>, choices: &Choices) -> Result<Outcome> {
    let mut source = source::read(text, entry)?;
    let mut documents = Vec::new();
    for service in [generate::HK_TRADE.name, generate::TRADEWIND.name] {
        let yaml = fs::read_to_string(spec.join(format!("{service}.yaml")))
            .with_context(|| format!("spec/{service}.yaml cannot be read"))?;
        let root =
            document::parse(&yaml).map_err(|problem| anyhow::anyhow!("spec/{service}.yaml{problem}"))?;
        documents.push(Document { service, yaml, root });
    }
    let Document { service, yaml, root } = whose(&documents, &mut source);
    let known = known(root, &source);
    failure::refuse(root, &source, known)?;
    if let Some(operation) = known {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        return Ok(Outcome::Known(id, compare::differences(root, operation, &source)?));
    }
    if *service != generate::TRADEWIND.name {
        bail!(
            "spec/{service}.yaml has no {} {}, and only spec/tradewind.yaml grows by drafts: write the operation by hand",
            source.method,
            source.path()
        );
    }
    let mut draft = write::draft(root, yaml, &source, choices)?;
    let others = lint::operations(root).into_iter().filter(|(path, ..)| fits(path, source.path()));
    draft.notes.extend(others.map(|(path, method, _, other)| {
        let (id, method) = (other["operationId"].as_str().unwrap_or_default(), method.to_uppercase());
        format!("the document has {path} already, as {method} ({id}): is that the same operation?")
    }));
    Ok(Outcome::New(draft))
}

/// The document that a source belongs to: of the service that it names, or of the host that it calls.
fn whose<'a>(documents: &'a [Document], source: &mut Source) -> &'a Document {
    let host_of = |document: &Document| {
        let url = document.root.pointer("/servers/0/url")?.as_str()?;
        Some(url.split_once("://")?.1.split('/').next()?.to_lowercase())
    };
    let named = documents.iter().find(|document| source.service == Some(document.service));
    let called = documents.iter().find(|document| source.host.is_some() && host_of(document) == source.host);
    let own = named.or(called).unwrap_or(&documents[documents.len() - 1]);
    if let (None, None, Some(host)) = (named, called, &source.host) {
        source.notes.push(format!(
            "`{host}` was called, which is no server of a document: taken for a call of {}",
            own.service
        ));
    }
    source.service = Some(own.service);
    if own.service == generate::HK_TRADE.name {
        // The one-time address that a query is redirected to (observed).
        let parts: Vec<_> = source.path().split('/').collect();
        if let ["", "api", token, "get"] = parts[..]
            && token.len() == 32
        {
            source.target = source.target.replacen(&format!("/{token}"), "", 1);
        }
    }
    own
}

/// Writes a draft into `spec/`: the document with the operation, and the example. Nothing is written that the lint refuses.
pub fn apply(spec: &Path, draft: &Draft) -> Result<()> {
    let path = spec.join("tradewind.yaml");
    let before = fs::read_to_string(&path).context("spec/tradewind.yaml cannot be read")?;
    let (file, exchange) = &draft.exchange;
    let example = spec.join(file);
    if example.exists() {
        bail!("spec/{file} is there already; name the case by --case");
    }
    let after = yaml::insert_operation(&before, &draft.path, &draft.operation)?;
    let after = yaml::insert_components(&after, &draft.requests, &draft.answers)?;
    let root =
        document::parse(&after).map_err(|problem| anyhow::anyhow!("the draft is no YAML: {problem}"))?;
    fs::write(&example, exchange).with_context(|| format!("spec/{file} cannot be written"))?;
    let findings = generate::TRADEWIND.lint(&root, spec);
    if !findings.is_empty() {
        fs::remove_file(&example)?;
        bail!(
            "the draft breaks rules of the document, so nothing is written; mend the source, or write the operation by hand:\n{}",
            findings.join("\n")
        );
    }
    fs::write(&path, after).context("spec/tradewind.yaml cannot be written")
}

/// The operation that a source shows. A path that was called has values where the document's has parameters; in the path of a
/// page, parameters stand for parameters, whatever their names.
fn known<'a>(root: &'a Value, source: &Source) -> Option<&'a Value> {
    let same = |template: &str| match source.template {
        true => shape(template) == shape(source.path()),
        false => fits(template, source.path()),
    };
    lint::operations(root)
        .into_iter()
        .filter(|(template, method, ..)| method.eq_ignore_ascii_case(&source.method) && same(template))
        .min_by_key(|(template, ..)| template.matches('{').count())
        .map(|(.., operation)| operation)
}

/// A path with every parameter as `{}`.
pub fn shape(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a path is one of a template, whose parameters take any segment.
fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(own, other)| *own == other || own.starts_with('{'))
}
