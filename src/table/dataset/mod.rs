//! A dataset of Parquet files, partitioned as Hive has it: `trade_type=imports/year=2018/part-00000.parquet`.

mod folder;
#[cfg(feature = "object-store")]
mod object;
mod part;
mod partition;

use std::collections::HashMap;
use std::io;

pub use folder::Folder;
#[cfg(feature = "object-store")]
pub use object::Bucket;

use super::Table;
use part::Part;
use partition::Partition;

/// The most files that are open at once: what is written to another closes the one that was used longest ago.
const OPEN: usize = 24;
/// The most bytes of rows that wait in memory for their row group to fill; then the largest is written out.
const WAITING: usize = 24 << 20;

/// Where the files of a dataset go.
pub trait Store {
    /// A file that is being written.
    type File: io::Write + Send + Finish;

    /// Begins a file at a path below the dataset's own, such as `trade_type=imports/year=2018/part-00000.parquet`. It
    /// replaces one that is there once it is finished.
    ///
    /// # Errors
    /// Those of the store.
    fn begin(&self, path: &str) -> io::Result<Self::File>;

    /// Whether there is a file at a path.
    ///
    /// # Errors
    /// Those of the store.
    fn holds(&self, path: &str) -> io::Result<bool>;
}

/// What ends a file, so that it is there as a whole. A file that is dropped before is not there at all.
pub trait Finish {
    /// Ends the file.
    ///
    /// # Errors
    /// Those of the store.
    fn finish(self) -> io::Result<()>;
}

/// Where the rows come from, for the files' metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provenance {
    /// The service and its address.
    pub source: Option<String>,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// When it was answered, such as an RFC 3339 time.
    pub retrieved: Option<String>,
}

impl Provenance {
    /// Rows of the Hong Kong service, answering a query at a time.
    #[must_use]
    pub fn of_query(query: &crate::hk::Query) -> Self {
        Self { source: Some(crate::hk::BASE_URL.to_owned()), query: Some(query.to_string()), retrieved: None }
    }

    /// With the time of the answer.
    #[must_use]
    pub fn retrieved(self, time: impl Into<String>) -> Self {
        Self { retrieved: Some(time.into()), ..self }
    }

    /// With another source.
    #[must_use]
    pub fn source(self, source: impl Into<String>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}

/// Writes tables into a dataset of Parquet files, one after another, in memory that does not grow with them.
///
/// Each pair of trade type and year has a folder, named as Hive has it, and the two are no columns of the files: engines
/// read them from the folders' names. A year or type that is unknown has the folder that Hive gives to null, or the
/// value as sent, with `%` before the codes of characters that no folder takes. Files have the other columns of
/// [`schema`](super::schema), dictionaries and statistics on, Snappy within; units, source and queries in their
/// metadata, as `tradebind.units`, `tradebind.source`, `tradebind.queries` and `tradebind.retrieved`.
///
/// A file is there once it is finished, and never half; files that a store holds already are never written over, so that a
/// dataset grows by being written to again.
///
/// ```no_run
/// use tradebind::table::{Dataset, Folder, Provenance};
/// # async fn run(client: tradebind::hk::Client, query: tradebind::hk::Query) -> Result<(), Box<dyn std::error::Error>> {
/// let mut dataset = Dataset::new(Folder::new("trade"));
/// dataset.write(&client.table(&query).await?, &Provenance::of_query(&query))?;
/// println!("{} files", dataset.finish()?.len());
/// # Ok(()) }
/// ```
pub struct Dataset<S: Store> {
    store: S,
    /// In order of their last use.
    open: Vec<(Partition, Part<S::File>)>,
    /// The number of each partition's next file.
    next: HashMap<Partition, u32>,
    written: Vec<Written>,
}

/// A file of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Its path below the dataset's own.
    pub path: String,
    /// Rows.
    pub rows: usize,
    /// Bytes.
    pub bytes: usize,
}

impl<S: Store> Dataset<S> {
    /// A dataset in a store.
    pub fn new(store: S) -> Self {
        Self { store, open: Vec::new(), next: HashMap::new(), written: Vec::new() }
    }

    /// Writes the rows of a table.
    ///
    /// # Errors
    /// Those of the store. What was not finished is not there.
    pub fn write(&mut self, table: &Table, provenance: &Provenance) -> io::Result<()> {
        for (partition, rows) in partition::split(table) {
            let mut part = self.take(&partition)?;
            part.write(table, &rows, provenance)?;
            self.open.push((partition, part));
            while self.open.len() > OPEN {
                let (_, oldest) = self.open.remove(0);
                self.written.push(oldest.close()?);
            }
            while self.open.iter().map(|(_, part)| part.waiting()).sum::<usize>() > WAITING {
                let largest = self.open.iter_mut().max_by_key(|(_, part)| part.waiting());
                let Some((_, part)) = largest else { break };
                let before = part.waiting();
                part.flush()?;
                if part.waiting() >= before {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Takes the open file of a partition, or begins one.
    fn take(&mut self, partition: &Partition) -> io::Result<Part<S::File>> {
        if let Some(at) = self.open.iter().position(|(open, _)| open == partition) {
            return Ok(self.open.remove(at).1);
        }
        let next = self.next.entry(partition.clone()).or_default();
        loop {
            let path = format!("{partition}/part-{next:05}.parquet");
            *next += 1;
            if !self.store.holds(&path)? {
                return Part::begin(self.store.begin(&path)?, path);
            }
        }
    }

    /// Ends all files; gives what was written.
    ///
    /// # Errors
    /// Those of the store.
    pub fn finish(mut self) -> io::Result<Vec<Written>> {
        for (_, part) in self.open.drain(..) {
            self.written.push(part.close()?);
        }
        Ok(self.written)
    }
}
