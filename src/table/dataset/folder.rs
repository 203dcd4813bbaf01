use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FOLDERS, Finish, Store, is_of_dataset, plain_name, sweep};

/// How long nobody has written to what was surely left by a process that was killed.
const LEFT: Duration = Duration::from_secs(24 * 60 * 60);

/// A local folder; it is made where it is missing.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of the dataset.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The paths of the dataset's files, below the folder, in order: none where there is no folder.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn files(&self) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        let mut folders = vec![(self.0.clone(), String::new(), &FOLDERS[..])];
        while let Some((folder, above, below)) = folders.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound && above.is_empty() => continue,
                Err(error) => return Err(told(error, &folder)),
            };
            for entry in entries {
                let entry = entry.map_err(|e| told(e, &folder))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = format!("{above}{name}");
                // Whatever else lies here, however much, is not looked at.
                let is_dir =
                    || entry.file_type().map(|kind| kind.is_dir()).map_err(|e| told(e, &entry.path()));
                match below {
                    [begin, rest @ ..] if name.starts_with(begin) && is_dir()? => {
                        folders.push((entry.path(), format!("{path}/"), rest));
                    }
                    [] if is_of_dataset(&path) && !is_dir()? => found.push(path),
                    _ => {}
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Copies the dataset to another store, file by file, in place of those of the same path; gives how many bytes.
    ///
    /// # Errors
    /// Those of the two. What was copied before is there, each file whole.
    pub fn copy_to<S: Store>(&self, store: &S) -> io::Result<u64> {
        let mut bytes = 0;
        for path in self.files()? {
            let from = self.0.join(&path);
            let mut from = File::open(&from).map_err(|e| told(e, &from))?;
            let mut to = store.begin(&path)?;
            bytes += io::copy(&mut from, &mut to)?;
            to.finish()?;
        }
        Ok(bytes)
    }

    /// Copies the dataset of [a name](super::Dataset::named) as [`Folder::copy_to`] does, then removes those files of the
    /// name from the other store that are not in this one: whatever was there before, even if a copy was cut short.
    ///
    /// # Errors
    /// As [`Folder::copy_to`].
    pub fn replace_in<S: Store>(&self, store: &S, name: &str) -> io::Result<u64> {
        let bytes = self.copy_to(store)?;
        let files = self.files()?;
        sweep(store, &plain_name(name), |path| files.iter().any(|file| file == path))?;
        Ok(bytes)
    }
}

impl Store for Folder {
    type File = LocalFile;

    fn files(&self) -> io::Result<Vec<String>> {
        Self::files(self)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let path = self.0.join(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(told(error, &path)),
            _ => Ok(()),
        }
    }

    fn begin(&self, path: &str) -> io::Result<LocalFile> {
        let path = self.0.join(path);
        let folder = path.parent().map_or_else(|| self.0.clone(), PathBuf::from);
        fs::create_dir_all(&folder).map_err(|e| told(e, &folder))?;
        remove_left(&folder);
        // Engines read no file whose name begins with a dot. A process that was killed may have left some, and in a container
        // the next has its number again: so the name is drawn.
        let unfinished = folder.join(format!(".{:016x}.unfinished", fastrand::u64(..)));
        let file = File::create_new(&unfinished).map_err(|e| told(e, &unfinished))?;
        Ok(LocalFile { file: BufWriter::new(file), unfinished, path, finished: false })
    }

    fn holds(&self, path: &str) -> io::Result<bool> {
        let path = self.0.join(path);
        path.try_exists().map_err(|e| told(e, &path))
    }
}

/// A file below a [`Folder`]; it has its name once it is finished.
#[derive(Debug)]
pub struct LocalFile {
    file: BufWriter<File>,
    unfinished: PathBuf,
    path: PathBuf,
    finished: bool,
}

impl Write for LocalFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Finish for LocalFile {
    fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_data()?;
        fs::rename(&self.unfinished, &self.path).map_err(|e| told(e, &self.path))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for LocalFile {
    fn drop(&mut self) {
        if !self.finished {
            _ = fs::remove_file(&self.unfinished);
        }
    }
}

/// Removes what processes that were killed left unfinished in a folder: whoever still writes has done so within a day.
fn remove_left(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_suffix(".unfinished"));
        let is_ours = name.is_some_and(|name| name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_ours && age().is_some_and(|age| age > LEFT) {
            // Room only: what cannot be removed harms nothing.
            _ = fs::remove_file(entry.path());
        }
    }
}

/// The error with the path that it is about.
fn told(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
