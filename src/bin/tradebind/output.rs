//! Where a command's result goes: standard output, or a file that is written whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::exit::Failure;

/// Where the result goes.
#[derive(Debug, Clone, Default, Args)]
pub struct Target {
    /// Write to FILE instead of standard output: whole, or not at all
    #[arg(short, long, value_name = "FILE")]
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
    Ndjson,
}

/// Form and place of a result that is a table.
#[derive(Debug, Clone, Args)]
pub struct TableTarget {
    /// Form of the output [default: table on a terminal, csv elsewhere]
    #[arg(long, value_name = "FORM", value_enum)]
    pub format: Option<Format>,
    #[command(flatten)]
    pub target: Target,
}

impl TableTarget {
    /// The form asked for, or the one that fits the place.
    pub fn format(&self) -> Format {
        self.format.unwrap_or(if self.target.is_terminal() { Format::Table } else { Format::Csv })
    }
}

impl Target {
    /// Whether a person will see it.
    pub fn is_terminal(&self) -> bool {
        self.output.is_none() && io::stdout().is_terminal()
    }

    /// Makes ready to write, so that what cannot be written is told before anything is asked or paid for.
    pub fn open(&self) -> Result<Sink, Failure> {
        match &self.output {
            None => Ok(Sink::Stdout),
            Some(path) => {
                let name = path.display().to_string();
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

fn unwritten(name: &str, e: &io::Error) -> Failure {
    Failure::input(format!("{name} is not written: {}", told(e)))
}

/// The system's words, without the path of a file that nobody has heard of.
fn told(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder; name a file in it".to_owned(),
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
    pub fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        match self {
            Self::Stdout => to_stdout(write),
            Self::File { name, to } => to.write(write).map_err(|e| unwritten(&name, &e)),
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

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
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
        Ok(Self::File { temporary: builder.tempfile_in(folder)?, path })
    }

    fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
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
