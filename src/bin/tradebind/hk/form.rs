//! The forms of Hong Kong's figures: texts, and those of Arrow and Parquet as far as they are built in.

use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;
use tradebind::hk::Query;
use tradebind::table::{CsvOptions, Table};

use crate::exit::Failure;
use crate::output::{self, Sink, TableTarget};
use crate::show;

/// Form of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Aligned columns, for people
    Table,
    /// Comma-separated values (RFC 4180)
    Csv,
    /// One array of rows
    Json,
    /// One row a line
    #[value(alias = "jsonl")]
    Ndjson,
    /// Arrow IPC: a file with -o (Feather version 2), a stream elsewhere
    #[value(aliases = ["feather", "ipc"])]
    #[cfg_attr(not(feature = "arrow"), value(hide = true))]
    Arrow,
    /// Parquet: one file, or a dataset by trade type and year where -o names a folder (DIR/) or s3://BUCKET/PREFIX
    #[cfg_attr(not(feature = "parquet"), value(hide = true))]
    Parquet,
}

impl output::Form for Form {
    const PERSON: Self = Self::Table;
    const MACHINE: Self = Self::Csv;
}

/// What is not built in, and with which features it would be.
pub fn not_built(what: &str, feature: &str) -> Failure {
    Failure::usage(format!(
        "{what}: this tradebind was built without it; build it with --features cli,{feature}"
    ))
}

impl Form {
    /// Whether no person can read it; tells where it is not built in.
    pub fn is_binary(self) -> Result<bool, Failure> {
        match self {
            Self::Arrow if !cfg!(feature = "arrow") => Err(not_built("--format arrow", "arrow")),
            Self::Parquet if !cfg!(feature = "parquet") => Err(not_built("--format parquet", "parquet")),
            form => Ok(matches!(form, Self::Arrow | Self::Parquet)),
        }
    }
}

/// Where figures go, made ready before anything is asked.
pub enum Place {
    Sink {
        sink: Sink,
        form: Form,
        excel: bool,
    },
    #[cfg(feature = "parquet")]
    Dataset(super::dataset::Place),
}

/// Where the rows of an answer come from.
#[cfg_attr(not(feature = "arrow"), allow(dead_code, reason = "texts do not tell it"))]
pub struct Origin<'a> {
    pub source: &'a str,
    pub query: &'a Query,
}

#[cfg(feature = "arrow")]
impl Origin<'_> {
    /// As a file's metadata tells it; the time is the service's.
    pub fn of(&self, table: &Table) -> tradebind::table::Provenance {
        let provenance = tradebind::table::Provenance::of_query(self.query).source(self.source);
        match table.header().count.as_ref().and_then(|count| count.finished.clone()) {
            Some(time) => provenance.retrieved(time),
            None => provenance,
        }
    }
}

/// Whether a dataset is meant, and not a file.
fn is_dataset(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator) || is_bucket(path) || path.is_dir()
}

/// Whether that is an S3 address.
pub fn is_bucket(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("s3://"))
}

impl Place {
    /// Makes ready what the options name.
    pub fn open(target: &TableTarget<Form>, excel: bool) -> Result<Self, Failure> {
        let to = target.target.output.as_deref();
        let bucket = to.is_some_and(is_bucket);
        let form = match target.format {
            None if excel && target.asked().is_none() => Form::Csv,
            None if bucket => Form::Parquet,
            _ => target.format(),
        };
        if excel && form != Form::Csv {
            return Err(Failure::usage(
                "--excel goes with --format csv: no other form has a byte-order mark",
            ));
        }
        let binary = form.is_binary()?;
        if binary && target.target.is_terminal() {
            let name = form.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            return Err(Failure::usage(format!(
                "--format {name} is not for a terminal: name a file by -o FILE, or send it into a pipe"
            )));
        }
        if bucket && form != Form::Parquet {
            return Err(Failure::usage("at an S3 address there are datasets alone: --format parquet"));
        }
        match to {
            #[cfg(feature = "parquet")]
            Some(path) if form == Form::Parquet && is_dataset(path) => {
                Ok(Self::Dataset(super::dataset::Place::open(path)?))
            }
            Some(path) if is_dataset(path) => {
                let path = path.display();
                Err(Failure::usage(format!(
                    "{path}: a folder takes a dataset, by --format parquet; for any other form name a file"
                )))
            }
            _ => Ok(Self::Sink { sink: target.open()?, form, excel }),
        }
    }

    /// Whether fields that the document does not know are written, too.
    pub fn holds_unknown_fields(&self) -> bool {
        match self {
            Self::Sink { form, .. } => matches!(form, Form::Arrow | Form::Parquet),
            #[cfg(feature = "parquet")]
            Self::Dataset(_) => true,
        }
    }

    /// Writes the rows; what more is to be told about it.
    pub fn write(self, table: &Table, origin: &Origin<'_>) -> Result<Option<String>, Failure> {
        match self {
            Self::Sink { sink, form, excel } => {
                let to_file = matches!(sink, Sink::File { .. });
                sink.write(|out| write(out, table, form, excel, to_file, origin))?;
                Ok(None)
            }
            #[cfg(feature = "parquet")]
            Self::Dataset(place) => place.write(table, origin).map(Some),
        }
    }
}

#[cfg_attr(not(feature = "arrow"), allow(unused_variables, reason = "texts ask for less"))]
fn write(
    out: &mut (dyn Write + Send),
    table: &Table,
    form: Form,
    excel: bool,
    to_file: bool,
    origin: &Origin<'_>,
) -> io::Result<()> {
    match form {
        Form::Table => show::hk_table(out, table),
        Form::Csv => table.write_csv(out, &CsvOptions::default().excel(excel)),
        Form::Json => table.write_json(out),
        Form::Ndjson => table.write_ndjson(out),
        #[cfg(feature = "arrow")]
        Form::Arrow if to_file => table.write_arrow(out, &origin.of(table)),
        #[cfg(feature = "arrow")]
        Form::Arrow => table.write_arrow_stream(out, &origin.of(table)),
        #[cfg(feature = "parquet")]
        Form::Parquet => table.write_parquet(out, &origin.of(table)),
        // Refused before.
        #[cfg(not(feature = "parquet"))]
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}
