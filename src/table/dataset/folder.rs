use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Finish, Store};

/// A local folder; it is made where it is missing.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder of the dataset.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Store for Folder {
    type File = LocalFile;

    fn begin(&self, path: &str) -> io::Result<LocalFile> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let path = self.0.join(path);
        let folder = path.parent().map_or_else(|| self.0.clone(), PathBuf::from);
        fs::create_dir_all(&folder).map_err(|e| told(e, &folder))?;
        // Engines read no file whose name begins with a dot.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!(".{}-{number}.unfinished", std::process::id()));
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

/// The error with the path that it is about.
fn told(error: io::Error, path: &std::path::Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
