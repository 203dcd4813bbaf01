//! Where a command's result goes: standard output, or a file that is written whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::exit::Failure;
use crate::signals;

/// A file's one name, also of a file that is not there yet, in a folder that need not be there either.
pub fn real(path: &Path) -> PathBuf {
    let there = |known: &Path| {
        let known = if known == Path::new("") { Path::new(".") } else { known };
        known.canonicalize().ok()
    };
    let found = path.ancestors().find_map(|known| Some((there(known)?, path.strip_prefix(known).ok()?)));
    let Some((mut real, rest)) = found else { return path.to_owned() };
    for part in rest.components() {
        match part {
            Component::Normal(name) => real.push(name),
            Component::ParentDir => _ = real.pop(),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    real
}

/// Where the result goes.
#[derive(Debug, Clone, Default, Args)]
pub struct Target {
    /// Write to FILE instead of standard output (which - names): whole, or not at all
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Form of a result that is a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for people
    Table,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// One array of rows
    Json,
    /// One row a line
    #[value(alias = "jsonl")]
    Ndjson,
}

impl Form for Format {
    const PERSON: Self = Self::Table;
    const MACHINE: Self = Self::Csv;
}

/// Forms among which a command has the user choose.
pub trait Form: ValueEnum + Copy + PartialEq + Send + Sync + 'static {
    /// For somebody who looks.
    const PERSON: Self;
    /// For a pipe or a file whose name tells nothing.
    const MACHINE: Self;
}

/// Endings of forms that are no texts of rows, of ours and of others.
const BINARY: [&str; 13] =
    ["arrow", "feather", "ipc", "parquet", "pq", "xlsx", "xls", "ods", "gz", "zst", "zip", "svg", "png"];

/// Form and place of a result that is a table.
#[derive(Debug, Clone, Args)]
pub struct TableTarget<F: Form = Format> {
    /// Form of the output [default: as FILE's name ends; else table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORM", value_enum)]
    pub format: Option<F>,
    #[command(flatten)]
    pub target: Target,
}

impl<F: Form> TableTarget<F> {
    /// The form asked for, or the one that fits the place.
    pub fn format(&self) -> F {
        self.asked().unwrap_or(if self.target.is_terminal() { F::PERSON } else { F::MACHINE })
    }

    /// The form asked for, by an option or the file's name.
    pub fn asked(&self) -> Option<F> {
        self.format.or_else(|| self.named())
    }

    /// The form that the file's name ends with.
    fn named(&self) -> Option<F> {
        F::from_str(self.target.ending()?, true).ok().filter(|form| *form != F::PERSON)
    }

    /// Makes the place ready. A name that promises a form which is not written here is refused: programs go by it.
    pub fn open(&self) -> Result<Sink, Failure> {
        match self.target.promised() {
            Some((path, end)) if self.asked().is_none() => {
                let forms: Vec<_> = F::value_variants().iter().filter_map(F::to_possible_value).collect();
                let forms: Vec<_> = forms.iter().map(clap::builder::PossibleValue::get_name).collect();
                let (path, forms) = (path.display(), forms.join(", "));
                Err(Failure::usage(format!(
                    "{path}: this command does not write {end}; its forms are {forms}: end the name so, or choose one by --format"
                )))
            }
            _ => self.target.open_any(),
        }
    }
}

impl Target {
    /// Whether a person will see it.
    pub fn is_terminal(&self) -> bool {
        self.file().is_none() && io::stdout().is_terminal()
    }

    /// The file, if it is one: `-` is standard output, as it is standard input where something is read.
    pub fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    fn ending(&self) -> Option<&str> {
        self.output.as_ref()?.extension()?.to_str()
    }

    /// The file and its ending, if that promises what is no text of rows.
    fn promised(&self) -> Option<(&Path, &str)> {
        let end = self.ending().filter(|end| BINARY.iter().any(|known| end.eq_ignore_ascii_case(known)))?;
        Some((self.file()?, end))
    }

    /// Makes ready to write a text, so that what cannot be written is told before anything is asked or paid for. A name that
    /// promises something else is refused.
    pub fn open(&self) -> Result<Sink, Failure> {
        if let Some((path, end)) = self.promised() {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path}: this command writes text, and not {end}: give it another name"
            )));
        }
        self.open_any()
    }

    /// The same for anything.
    pub fn open_any(&self) -> Result<Sink, Failure> {
        match self.file() {
            None => Ok(Sink::Stdout),
            Some(path) => {
                let name = path.display().to_string();
                if name.starts_with("s3://") {
                    let name = address(path);
                    return Err(Failure::usage(format!(
                        "{name}: at an S3 address there are datasets of Parquet files alone, which `hk get` and `hk harvest` write"
                    )));
                }
                let to = To::open(path).map_err(|e| unwritten(&name, &e))?;
                Ok(Sink::File { name, to })
            }
        }
    }

    /// Writes a text, with a line break at its end.
    pub fn write_text(&self, text: &str) -> Result<(), Failure> {
        self.open()?.write_text(text)
    }
}

/// An address as it may be shown: without a key that somebody put into it.
pub fn address(path: &Path) -> String {
    let text = path.display().to_string();
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("s3://(not shown)@{rest}"),
        None => text,
    }
}

fn unwritten(name: &str, e: &io::Error) -> Failure {
    Failure::input(format!("{name} is not written: {}", told(e)))
}

/// The system's words, without the path of a file that nobody has heard of.
fn told(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; name a file in it".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is a file, not a folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => e.to_string(),
    }
}

/// What is written to, ready.
pub enum Sink {
    Stdout,
    File { name: String, to: To },
}

impl Sink {
    /// Writes the result. A file appears under its name only once all of it is on the disk.
    pub fn write(self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<(), Failure> {
        match self {
            Self::Stdout => to_stdout(write),
            Self::File { name, to } => to.write(write).map_err(|e| match e.kind() {
                // A pipe by its name.
                io::ErrorKind::BrokenPipe => Failure::closed_pipe(),
                _ => unwritten(&name, &e),
            }),
        }
    }

    /// Writes a text, with a line break at its end.
    pub fn write_text(self, text: &str) -> Result<(), Failure> {
        self.write(|out| {
            out.write_all(text.as_bytes())?;
            if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") }
        })
    }
}

fn to_stdout(write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
            // What is left in the buffer has nowhere to go.
            _ = out.into_parts();
            Err(Failure::closed_pipe())
        }
        Err(e) => Err(Failure::input(format!("standard output is not written: {e}"))),
        Ok(()) => Ok(()),
    }
}

/// A file to write to.
pub enum To {
    /// A device or a pipe, which cannot be replaced.
    Device(File),
    /// A file that takes its place once it is whole.
    File { temporary: tempfile::NamedTempFile, path: PathBuf },
}

impl To {
    fn open(path: &Path) -> io::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            return Ok(Self::Device(File::options().write(true).open(path)?));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tradebind-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any new file: what the user's mask leaves of it.
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let temporary = signals::temporary(|| builder.tempfile_in(folder))?;
        Ok(Self::File { temporary, path })
    }

    fn write(self, write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Device(file) => {
                let mut out = BufWriter::new(file);
                write(&mut out)?;
                out.flush()
            }
            Self::File { temporary, path } => {
                let mut out = BufWriter::new(temporary);
                write(&mut out)?;
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                if let Ok(found) = path.metadata() {
                    file.as_file().set_permissions(found.permissions())?;
                }
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }
}
