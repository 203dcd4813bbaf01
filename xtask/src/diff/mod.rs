//! `cargo xtask diff OLD [NEW]`: what changes between two revisions of the documents, for the wire and for Rust, and the version
//! that follows.

mod markdown;
mod surface;
#[cfg(test)]
#[allow(clippy::expect_used, clippy::unwrap_used, reason = "a test may")]
mod tests;
mod wire;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell::{command, output, root};
use crate::{document, generate};

/// The options of the command.
#[derive(clap::Args)]
pub struct Args {
    /// A git revision, or the file of a document
    old: String,
    /// The same, of what it became [default: the files as they are now]
    new: Option<String>,
    /// Write the markdown into a file instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Leave out rows beyond so many bytes, and tell how many: a comment of a pull request takes 65536 characters
    #[arg(long, value_name = "BYTES", default_value_t = usize::MAX, hide_default_value = true)]
    at_most: usize,
}

/// How much a change weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rating {
    /// Only what people read.
    Documentation,
    /// What was right before stays right.
    Additive,
    /// What was right before may fail.
    Breaking,
}

impl Rating {
    /// The rating in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documentation => "documentation only",
            Self::Additive => "additive",
            Self::Breaking => "breaking",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// How much it weighs.
    pub rating: Rating,
    /// Where: a JSON pointer, or an item.
    pub place: String,
    /// What changed.
    pub text: String,
}

/// The changes of one document, or of the bindings made from it.
#[derive(Debug, Clone)]
pub struct Part {
    /// File or room.
    pub title: String,
    /// Whether it is about Rust.
    pub rust: bool,
    /// The changes, the heaviest first.
    pub changes: Vec<Change>,
}

/// One side of the comparison.
enum Revision {
    /// A commit.
    Git(String),
    /// A document.
    File(PathBuf),
    /// The repository as it is now.
    Now,
}

impl Revision {
    fn of(root: &Path, text: &str) -> Result<Self> {
        if Path::new(text).is_file() {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let commit = format!("{text}^{{commit}}");
        match output(git(root).args(["rev-parse", "--verify", "--quiet", &commit])) {
            Ok(commit) => Ok(Self::Git(commit.trim().to_owned())),
            Err(_) => bail!(
                "`{text}` is neither a file nor a git revision of this repository (a shallow clone has few of them)"
            ),
        }
    }

    /// How a file of it is named in messages.
    fn name(&self, file: &str) -> String {
        match self {
            Self::Git(commit) => format!("{}:{file}", commit.get(..12).unwrap_or(commit)),
            Self::File(path) => path.display().to_string(),
            Self::Now => file.to_owned(),
        }
    }

    /// The text of a file of that revision of the repository; none where it did not have it.
    fn text(&self, root: &Path, file: &str) -> Result<Option<String>> {
        match self {
            Self::Git(commit) => {
                let listed = output(git(root).args(["ls-tree", "--name-only", commit, "--", file]))?;
                if listed.trim().is_empty() {
                    return Ok(None);
                }
                output(git(root).args(["show", &format!("{commit}:{file}")])).map(Some)
            }
            Self::Now => match fs::read_to_string(root.join(file)) {
                Ok(text) => Ok(Some(text)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(e).with_context(|| format!("{file} cannot be read")),
            },
            Self::File(path) => fs::read_to_string(path)
                .map(Some)
                .with_context(|| format!("{} cannot be read", path.display())),
        }
    }
}

/// Git, at the root of a repository.
fn git(root: &Path) -> Command {
    let mut git = command("git");
    git.current_dir(root);
    git
}

/// Compares, and prints markdown.
pub fn run(args: &Args) -> Result<()> {
    run_in(&root(), args)
}

/// The same for the repository at `root`.
fn run_in(root: &Path, args: &Args) -> Result<()> {
    let old = Revision::of(root, &args.old)?;
    let new = args.new.as_deref().map_or(Ok(Revision::Now), |new| Revision::of(root, new))?;
    let mut parts = Vec::new();
    match (&old, &new) {
        (Revision::File(_), _) | (_, Revision::File(_)) => parts.extend(files(root, &old, &new)?),
        _ => {
            for service in [generate::HK_TRADE, generate::TRADEWIND] {
                parts.extend(revisions(root, &service, &old, &new)?);
            }
        }
    }
    let version = old.text(root, "Cargo.toml").ok().flatten().and_then(|manifest| version(&manifest));
    let version = match (version, &old) {
        (Some(version), Revision::Git(_) | Revision::Now) => version,
        _ => env!("CARGO_PKG_VERSION").to_owned(),
    };
    let text = markdown::write(&parts, &version, args.at_most)?;
    match &args.output {
        Some(file) => fs::write(file, text).with_context(|| format!("{} cannot be written", file.display())),
        None => {
            print!("{text}");
            Ok(())
        }
    }
}

/// Both documents and the committed surfaces of two revisions.
fn revisions(root: &Path, service: &generate::Service, old: &Revision, new: &Revision) -> Result<Vec<Part>> {
    let file = service.path();
    let snapshot = format!("tests/snapshots/generated__{}.surface.snap", service.file);
    let read = |revision: &Revision| -> Result<Option<Value>> {
        revision.text(root, &file)?.map(|text| parse(&revision.name(&file), &text)).transpose()
    };
    let surface = |revision: &Revision| -> Result<String> {
        Ok(revision
            .text(root, &snapshot)?
            .map(|text| surface::of_snapshot(&text).to_owned())
            .unwrap_or_default())
    };
    let (before, after) = (read(old)?, read(new)?);
    let whole = |rating, text: &str| vec![Change { rating, place: "/".to_owned(), text: text.to_owned() }];
    let changes = match (&before, &after) {
        (Some(old), Some(new)) => wire::changes(old, new),
        (None, Some(_)) => whole(Rating::Additive, "the document is new"),
        (Some(_), None) => whole(Rating::Breaking, "the document is gone"),
        (None, None) => bail!("neither {} nor {} is there", old.name(&file), new.name(&file)),
    };
    let committed = surface(new)?;
    if let (Revision::Now, Some(document)) = (new, &after) {
        let made = match service.generate_from(document) {
            Ok(made) => crate::surface::surface(&made.text),
            Err(e) => bail!("{file}{e}{}", linted(root, service, document)),
        };
        if made.trim() != committed.trim() {
            bail!("{snapshot} is not what {file} makes: `cargo xtask regenerate` first");
        }
    }
    let wire = Part { title: file.clone(), rust: false, changes };
    let rust = Part {
        title: service.api.replace("crate", "tradebind"),
        rust: true,
        changes: surface::changes(&surface(old)?, &committed),
    };
    Ok(vec![wire, rust])
}

/// What the lint says of a document that the generator does not take.
fn linted(root: &Path, service: &generate::Service, document: &Value) -> String {
    service.lint(document, &root.join("spec")).iter().map(|found| format!("\n{found}")).collect()
}

/// The service whose document a file is, by the file's name.
fn service_of(file: &Path) -> Result<generate::Service> {
    let named = |service: &generate::Service| {
        file.file_name().is_some_and(|name| name.to_string_lossy().contains(service.name))
    };
    [generate::HK_TRADE, generate::TRADEWIND].into_iter().find(named).with_context(|| {
        format!("{}: whose document is it? Its name must hold `hk-trade` or `tradewind`", file.display())
    })
}

/// Two files of one document; its bindings are made by the generator as it is now.
fn files(root: &Path, old: &Revision, new: &Revision) -> Result<Vec<Part>> {
    let service = match (old, new) {
        (Revision::File(old), Revision::File(new)) => {
            let (service, other) = (service_of(old)?, service_of(new)?);
            if service.name != other.name {
                bail!(
                    "{} is a document of {}, {} one of {}: two of one service are compared",
                    old.display(),
                    service.name,
                    new.display(),
                    other.name
                );
            }
            service
        }
        (Revision::File(name), _) | (_, Revision::File(name)) => service_of(name)?,
        _ => bail!("no file to compare"),
    };
    let file = service.path();
    let read = |revision: &Revision| -> Result<Value> {
        let name = revision.name(&file);
        let text = revision.text(root, &file)?.with_context(|| format!("{name} is not there"))?;
        parse(&name, &text)
    };
    let made = |revision: &Revision, document: &Value| match service.generate_from(document) {
        Ok(made) => Ok(crate::surface::surface(&made.text)),
        Err(e) => bail!("{}{e}{}", revision.name(&file), linted(root, &service, document)),
    };
    let (before, after) = (read(old)?, read(new)?);
    Ok(vec![
        Part { title: file.clone(), rust: false, changes: wire::changes(&before, &after) },
        Part {
            title: service.api.replace("crate", "tradebind"),
            rust: true,
            changes: surface::changes(&made(old, &before)?, &made(new, &after)?),
        },
    ])
}

fn parse(file: &str, text: &str) -> Result<Value> {
    document::parse(text).map_err(|problem| anyhow::anyhow!("{file}{problem}"))
}

/// The version of a workspace's manifest.
fn version(manifest: &str) -> Option<String> {
    let (_, rest) = manifest.split_once("[workspace.package]")?;
    let line = rest.lines().find_map(|line| line.strip_prefix("version = "))?;
    Some(line.trim_matches('"').to_owned())
}
