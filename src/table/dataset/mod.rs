//! A dataset of Parquet files, partitioned as Hive has it: `trade_type=imports/year=2018/part-00000.parquet`.

mod folder;
#[cfg(feature = "harvest")]
mod gathered;
#[cfg(feature = "object-store")]
mod object;
mod part;
mod partition;

use std::collections::HashMap;
use std::io;

pub use folder::Folder;
#[cfg(feature = "harvest")]
pub(crate) use gathered::Gathered;
#[cfg(feature = "object-store")]
pub use object::Bucket;

use super::{Provenance, Table};
use part::Part;
use partition::Partition;

/// The most files that are open at once, unless a store says otherwise: below what systems let a process have.
const OPEN: usize = 128;
/// The most bytes of rows that wait in memory for their row group to fill; then the largest is written out.
const WAITING: usize = 16 << 20;

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

    /// The paths of the dataset's files in folders such as `trade_type=imports/year=2018/`, those that [`Dataset`] writes and
    /// others whose names end alike; not those of datasets further below.
    ///
    /// # Errors
    /// Those of the store.
    fn files(&self) -> io::Result<Vec<String>>;

    /// Removes a file, if it is there.
    ///
    /// # Errors
    /// Those of the store.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// How many files may be open at once; what is written to another closes the one that was used longest ago.
    fn open_at_most(&self) -> usize {
        OPEN
    }
}

/// What ends a file, so that it is there as a whole. A file that is dropped before is not there at all.
pub trait Finish {
    /// Ends the file.
    ///
    /// # Errors
    /// Those of the store.
    fn finish(self) -> io::Result<()>;
}

/// Writes tables into a dataset of Parquet files, one after another, in memory that does not grow with them.
///
/// Each pair of trade type and year has a folder, named as Hive has it, and the two are no columns of the files: engines
/// read them from the folders' names. A year or type that is unknown has the folder that Hive gives to null, or the
/// value as sent, with `%` before the codes of characters that no folder takes. Files have the other columns of
/// [`schema`](super::schema), dictionaries and statistics on, Snappy within; units, source and queries in their
/// metadata, as `tradebind.units`, `tradebind.source`, `tradebind.queries` and `tradebind.retrieved`.
///
/// A file is there once it is finished, and never half. Files that a store holds already are not written over, so that a
/// dataset grows by being written to again, unless it has [a name](Dataset::named). That holds for one writer at a time: of
/// two that write at once, each needs a name of its own, or one may take the place of the other's files. Unfinished
/// files in a folder are removed once nobody has written to them for a day, by that time alone: a writer that rests so long,
/// or a clock that is wrong, loses its file.
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
    /// What its files are called, if they are to replace those of the same name.
    name: Option<String>,
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
        Self { store, name: None, open: Vec::new(), next: HashMap::new(), written: Vec::new() }
    }

    /// With files named `part-NAME-00000.parquet`, which replace those of the same name: so that what is asked and written
    /// again does not count twice. Those of the name that were not written again are removed in the end, so that nothing of
    /// the last time stays; for that the store must let its files be listed. The name is of letters, digits and hyphens;
    /// anything else in it becomes a hyphen.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(plain_name(name)), ..self }
    }

    /// Writes the rows of a table.
    ///
    /// # Errors
    /// Those of the store. What was not finished is not there.
    pub fn write(&mut self, table: &Table, provenance: &Provenance) -> io::Result<()> {
        for (partition, rows) in partition::split(table) {
            let mut part = self.take(&partition)?;
            part.write(table, &rows, provenance)?;
            self.put(partition, part)?;
        }
        Ok(())
    }

    /// Puts an open file back, and keeps files and memory within their bounds.
    fn put(&mut self, partition: Partition, part: Part<S::File>) -> io::Result<()> {
        self.open.push((partition, part));
        while self.open.len() > self.store.open_at_most() {
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
        Ok(())
    }

    /// Takes the open file of a partition, or begins one.
    fn take(&mut self, partition: &Partition) -> io::Result<Part<S::File>> {
        if let Some(at) = self.open.iter().position(|(open, _)| open == partition) {
            return Ok(self.open.remove(at).1);
        }
        let next = self.next.entry(partition.clone()).or_default();
        loop {
            let path = match &self.name {
                Some(name) => format!("{partition}/part-{name}-{next:05}.parquet"),
                None => format!("{partition}/part-{next:05}.parquet"),
            };
            *next += 1;
            if self.name.is_some() || !self.store.holds(&path)? {
                return Part::begin(self.store.begin(&path)?, path);
            }
        }
    }

    /// Ends all files; gives what was written, in the order of paths.
    ///
    /// # Errors
    /// Those of the store.
    pub fn finish(mut self) -> io::Result<Vec<Written>> {
        for (_, part) in self.open.drain(..) {
            self.written.push(part.close()?);
        }
        self.written.sort_by(|one, other| one.path.cmp(&other.path));
        if let Some(name) = &self.name {
            let is_written =
                |path: &str| self.written.binary_search_by(|written| written.path.as_str().cmp(path)).is_ok();
            sweep(&self.store, name, is_written)?;
        }
        Ok(self.written)
    }
}

/// A name as files have it.
fn plain_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// Begins the folders of a trade type, and those of a year in them.
const FOLDERS: &[&str; 2] = &["trade_type=", "year="];

/// Whether a path is that of a dataset's file: what lies deeper, or elsewhere, is of others.
fn is_of_dataset(path: &str) -> bool {
    let mut parts = path.split('/');
    let is_below = FOLDERS.iter().all(|begin| parts.next().is_some_and(|part| part.starts_with(begin)));
    let is_file = |name: &str| name.ends_with(".parquet") && !name.starts_with('.');
    is_below && parts.next().is_some_and(is_file) && parts.next().is_none()
}

/// Removes the files of a name that are not to be kept.
fn sweep<S: Store>(store: &S, name: &str, kept: impl Fn(&str) -> bool) -> io::Result<()> {
    let is_named = |path: &str| {
        let file = path.rsplit('/').next().unwrap_or(path);
        let number = file.strip_prefix("part-").and_then(|rest| rest.strip_prefix(name)?.strip_prefix('-'));
        // Names may begin with one another.
        let number = number.and_then(|rest| rest.strip_suffix(".parquet"));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut files = store.files()?;
    files.retain(|path| is_of_dataset(path) && is_named(path) && !kept(path));
    files.iter().try_for_each(|path| store.remove(path))
}
