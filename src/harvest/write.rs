//! The data of a harvest, in each form.

#[cfg(feature = "arrow")]
mod arrow;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "parquet")]
pub(super) use parquet::is_of;

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::HarvestError;
use super::ahead::Ready;
use super::data::{Fresh, Source, Tables};
use super::folder::Folder;
use super::rows;
use super::run::Settings;
use super::summary::{DataFile, Format, Refused};
use super::tally::Tally;
use crate::table::Lines;

/// Counts and hashes what is written.
struct Hashing<W: Write> {
    out: W,
    sha: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    fn new(out: W) -> Self {
        Self { out, sha: Sha256::new(), bytes: 0 }
    }

    /// Writes what is left; gives the file with so many rows.
    fn end(mut self, name: &str, rows: u64) -> io::Result<DataFile> {
        self.flush()?;
        let sha256 = super::hex(&self.sha.finalize());
        Ok(DataFile { file: name.to_owned(), sha256, rows, bytes: self.bytes, files: Vec::new() })
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What the data file came to.
pub(super) struct Written {
    pub(super) file: DataFile,
    pub(super) tally: Tally,
    pub(super) refused: BTreeSet<Refused>,
}

/// Writes the data.
pub(super) fn write(
    (folder, fresh): (&Folder, &Fresh),
    sources: &[Source<'_>],
    settings: &Settings,
) -> Result<Written, HarvestError> {
    match settings.format {
        Format::Csv | Format::Ndjson => lines((folder, fresh), sources, settings),
        #[cfg(feature = "arrow")]
        Format::Arrow => arrow::write((folder, fresh), sources, settings),
        #[cfg(feature = "parquet")]
        Format::Parquet => parquet::write((folder, fresh), sources, settings),
    }
}

/// Where rows come from; those of one planned query follow one another.
#[cfg(feature = "arrow")]
struct Origin<'a> {
    service: &'a str,
    last: *const crate::hk::Query,
    provenance: crate::table::Provenance,
}

#[cfg(feature = "arrow")]
impl<'a> Origin<'a> {
    fn of(settings: &'a Settings) -> Self {
        Self {
            service: &settings.service,
            last: std::ptr::null(),
            provenance: crate::table::Provenance::default(),
        }
    }

    fn told(&mut self, query: &crate::hk::Query) -> &crate::table::Provenance {
        if !std::ptr::eq(self.last, query) {
            self.last = query;
            self.provenance = crate::table::Provenance::of_query(query).source(self.service);
        }
        &self.provenance
    }
}

fn lines(
    (folder, fresh): (&Folder, &Fresh),
    sources: &[Source<'_>],
    settings: &Settings,
) -> Result<Written, HarvestError> {
    let columns = sources.first().map(|source| rows::columns(source.plan.request())).unwrap_or_default();
    let name = settings.format.file();
    let path = folder.path().join(name);
    let (mut tally, mut refused, mut rows) = (Tally::default(), BTreeSet::new(), 0);
    let mut tables = Tables::new(folder, fresh);
    folder.write(name, |out| {
        let mut out = Hashing::new(BufWriter::new(out));
        if settings.format == Format::Csv {
            let first = Lines::csv(out, &columns, settings.excel).and_then(Lines::end);
            out = first.map_err(failed(&path))?;
        }
        for source in sources {
            for (at, query, settled) in source.settled() {
                refused.extend(settled.refusals());
                let made;
                let ready = match source.ahead.get(at, &settled) {
                    Some(ready) => ready,
                    None => {
                        let tables = tables.of(source.facts, &settled)?;
                        made = Ready::new(query, settled, &tables, &columns, settings.format)?;
                        &made
                    }
                };
                out.write_all(&ready.text).map_err(failed(&path))?;
                tally.merge(&ready.tally);
                rows += ready.rows;
            }
        }
        let file = out.end(name, rows).map_err(failed(&path))?;
        Ok(Written { file, tally, refused })
    })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> HarvestError {
    HarvestError::disk(path, "written")
}
