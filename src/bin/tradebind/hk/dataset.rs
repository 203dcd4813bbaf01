//! Where datasets of Parquet files go: a folder, or an S3 address.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tradebind::table::{Dataset, Folder, Store, Table};

use super::bucket::Bucket;
use super::form::{Origin, is_bucket};
use crate::exit::Failure;

/// A folder or an S3 address, ready to be written to.
pub enum Place {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl Place {
    /// Makes ready; what cannot be written to is told here.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        if is_bucket(path) {
            return Bucket::open(path).map(Self::Bucket);
        }
        // Trailing slashes hide a file from the system.
        let path: PathBuf = path.components().collect();
        if let Some(file) = path.ancestors().find(|above| above.exists()).filter(|above| !above.is_dir()) {
            let (path, file) = (path.display(), file.display());
            return Err(Failure::input(format!("{path} is not written: {file} is a file, and no folder")));
        }
        Ok(Self::Folder(path))
    }

    /// Adds the rows of an answer in place of those of the same query to the same source. Gives what to tell.
    pub fn write(&self, table: &Table, origin: &Origin<'_>) -> Result<String, Failure> {
        match self {
            Self::Folder(path) => {
                let added = add(Folder::new(path), table, origin);
                added.map_err(|e| Failure::input(format!("{} is not written: {e}", path.display())))
            }
            #[cfg(feature = "object-store")]
            Self::Bucket(Bucket { address, store }) => {
                add(store.clone(), table, origin).map_err(|e| Bucket::failed(address, &e))
            }
            #[cfg(not(feature = "object-store"))]
            Self::Bucket(none) => match *none {},
        }
        .map(|files| {
            let s = |count: usize| if count == 1 { "" } else { "s" };
            let rows = table.len();
            format!("{rows} row{} in {files} file{} below {self}", s(rows), s(files))
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            #[cfg(feature = "object-store")]
            Self::Bucket(Bucket { address, .. }) => address.fmt(f),
            #[cfg(not(feature = "object-store"))]
            Self::Bucket(none) => match *none {},
        }
    }
}

fn add<S: Store>(store: S, table: &Table, origin: &Origin<'_>) -> io::Result<usize> {
    // So that the same query, asked again, takes the place of its rows; the replica's never that of real ones.
    let hash = Sha256::digest(format!("{}\n{}", origin.source, origin.query));
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let mut dataset = Dataset::new(store).named(&name);
    dataset.write(table, &origin.of(table))?;
    Ok(dataset.finish()?.len())
}
