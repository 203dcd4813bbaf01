//! The folder of a harvest: its lock, its plan, its journal, its bodies.

use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use super::HarvestError;
use super::journal::{Journal, Record};
use super::plan::Limits;
use super::request::Request;

const LOCK: &str = ".lock";
const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal";
const BODIES: &str = "bodies";
pub(super) const MANIFEST: &str = "manifest.json";
/// Begins the name of a file that takes its place once it is whole.
const TEMPORARY: &str = ".tradebind-";

/// What a folder is the harvest of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Purpose {
    pub(super) version: u32,
    /// The service that was asked: figures of the replica and of the live service never mix.
    pub(super) service: String,
    pub(super) request: Request,
    pub(super) limits: Limits,
}

/// The folder, held by this process alone.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    journal: Mutex<Journal>,
    /// Locked while it is open.
    _lock: File,
}

impl Folder {
    /// Opens a folder, or begins one: its purpose as it stands there, and what its journal holds.
    pub(super) fn open(path: &Path, purpose: &Purpose) -> Result<(Self, Purpose, Vec<Record>), HarvestError> {
        if path.is_file() {
            return Err(HarvestError::NotAFolder { path: path.to_owned() });
        }
        fs::create_dir_all(path).map_err(HarvestError::disk(path, "made"))?;
        let at = path.join(LOCK);
        if !path.join(PLAN).exists() && holds_others(path).map_err(HarvestError::disk(path, "read"))? {
            return Err(HarvestError::NotAHarvest { folder: path.to_owned() });
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&at)
            .map_err(HarvestError::disk(&at, "written"))?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => {}
            Err(fs4::TryLockError::WouldBlock) => {
                return Err(HarvestError::Busy { folder: path.to_owned() });
            }
            Err(fs4::TryLockError::Error(error)) => return Err(HarvestError::disk(&at, "locked")(error)),
        }
        let there = read_purpose(&path.join(PLAN))?;
        let bodies = path.join(BODIES);
        fs::create_dir_all(&bodies).map_err(HarvestError::disk(&bodies, "made"))?;
        sweep(path);
        sweep(&bodies);
        let there = match there {
            Some(there) => there,
            None => {
                let text = serde_json::to_vec_pretty(purpose).map_err(io::Error::other);
                let plan = path.join(PLAN);
                text.and_then(|text| replace(&plan, |out| out.write_all(&text)))
                    .map_err(HarvestError::disk(&plan, "written"))?;
                purpose.clone()
            }
        };
        let at = path.join(JOURNAL);
        let (journal, records) = Journal::open(&at)?;
        // The manifest is written last: without a journal all that was answered would be deleted, and asked for again.
        let told = if records.is_empty() { told_answers(path).len() } else { 0 };
        if told > 0 {
            let problem = format!(
                "it was missing or holds nothing, though {MANIFEST} tells of {told} answers; put back a copy of it, or \
                 harvest into another folder"
            );
            return Err(HarvestError::Damaged { path: at, problem });
        }
        Ok((Self { path: path.to_owned(), journal: Mutex::new(journal), _lock: lock }, there, records))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a record to the journal; when this returns, it is on the disk.
    pub(super) fn note(&self, record: &Record) -> Result<(), HarvestError> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).add(record)
    }

    /// Name of a body's file, as in the manifest.
    pub(super) fn body_name(hash: &str) -> String {
        format!("{BODIES}/{hash}.json.gz")
    }

    fn body_path(&self, hash: &str) -> PathBuf {
        self.path.join(Self::body_name(hash))
    }

    pub(super) fn has_body(&self, hash: &str) -> bool {
        self.body_path(hash).is_file()
    }

    /// Keeps a body, compressed, under its hash; when this returns, it is on the disk.
    pub(super) fn keep(&self, Packed { hash, bytes }: Packed) -> Result<String, HarvestError> {
        let path = self.body_path(&hash);
        if path.is_file() {
            return Ok(hash);
        }
        replace(&path, |out| out.write_all(&bytes)).map_err(HarvestError::disk(&path, "written"))?;
        Ok(hash)
    }

    /// A body that was kept.
    pub(super) fn body(&self, hash: &str) -> Result<Vec<u8>, HarvestError> {
        let path = self.body_path(hash);
        let damaged = |problem: &str| HarvestError::Damaged {
            path: path.clone(),
            problem: format!("{problem}; delete it and run again: it is asked for once more"),
        };
        let file = File::open(&path).map_err(HarvestError::disk(&path, "read"))?;
        let mut body = Vec::new();
        GzDecoder::new(file)
            .read_to_end(&mut body)
            .map_err(|e| damaged(&format!("it does not unpack ({e})")))?;
        if super::hash(&body) == hash { Ok(body) } else { Err(damaged("it is not what its name says")) }
    }

    /// Deletes bodies that no record names: left by a process that was killed before it wrote the record.
    pub(super) fn keep_only(&self, named: &std::collections::HashSet<String>) {
        for entry in fs::read_dir(self.path.join(BODIES)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.strip_suffix(".json.gz").is_some_and(|hash| !named.contains(hash)) {
                // Room only: what cannot be deleted harms nothing.
                _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Removes a file or a folder, if it is there.
    pub(super) fn remove(&self, name: &str) {
        let path = self.path.join(name);
        // What stays was there before, too.
        _ = fs::remove_file(&path);
    }

    /// Removes a folder of data, unless it holds files of others.
    #[cfg(feature = "parquet")]
    pub(super) fn remove_folder(&self, name: &str, is_own: impl Fn(&str) -> bool) {
        let path = self.path.join(name);
        if stranger(&path, &is_own).is_none() {
            _ = fs::remove_dir_all(&path);
        }
    }

    /// Writes a file that appears under its name once all of it is on the disk.
    pub(super) fn write<T>(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<T, HarvestError>,
    ) -> Result<T, HarvestError> {
        let path = self.path.join(name);
        let mut result = None;
        let written = replace(&path, |out| {
            result = Some(write(out));
            match &result {
                Some(Ok(_)) => Ok(()),
                // The file is given up; what is told is the reason below.
                _ => Err(io::ErrorKind::Other.into()),
            }
        });
        match (result, written) {
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(HarvestError::disk(&path, "written")(error)),
            (None, Ok(())) => Err(HarvestError::disk(&path, "written")(io::ErrorKind::Other.into())),
        }
    }
}

/// A body ready to be kept.
pub(super) struct Packed {
    /// The hash of the body.
    hash: String,
    bytes: Vec<u8>,
}

impl Packed {
    pub(super) fn of(body: &[u8]) -> Self {
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        // Writing to memory cannot fail.
        _ = gz.write_all(body);
        Self { hash: super::hash(body), bytes: gz.finish().unwrap_or_default() }
    }
}

/// What the manifest of a folder says; null where there is none.
pub(super) fn manifest(folder: &Path) -> serde_json::Value {
    let text = fs::read(folder.join(MANIFEST)).ok();
    text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// The hashes of the answers that the manifest of a folder tells of, in order.
pub(super) fn told_answers(folder: &Path) -> Vec<String> {
    let manifest = manifest(folder);
    let answers = manifest["answers"].as_array().into_iter().flatten();
    let mut told: Vec<_> = answers.filter_map(|one| Some(one["sha256"].as_str()?.to_owned())).collect();
    told.sort_unstable();
    told
}

/// Whether there is anything that no harvest leaves before it has a plan.
fn holds_others(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if ![LOCK, BODIES].contains(&&*name) && !name.starts_with(TEMPORARY) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(feature = "parquet")]
impl Folder {
    /// Makes a folder that takes the place of one of its name once all of it is on the disk. The old one must hold no files but
    /// those whose names are its own.
    pub(super) fn replace_folder<T>(
        &self,
        name: &str,
        is_own: impl Fn(&str) -> bool,
        write: impl FnOnce(&Path) -> Result<T, HarvestError>,
    ) -> Result<T, HarvestError> {
        let path = self.path.join(name);
        let failed = || HarvestError::disk(&path, "written");
        if let Some(file) = stranger(&path, &is_own) {
            return Err(HarvestError::Stranger { path: file });
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // As any new folder: what the user's mask leaves of it.
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        let new = builder.tempdir_in(&self.path).map_err(failed())?;
        let value = write(new.path())?;
        let old = builder.tempdir_in(&self.path).map_err(failed())?;
        match fs::rename(&path, old.path().join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
        // A kill here leaves no data for the moment; the next run writes them from the answers.
        fs::rename(new.path(), &path).map_err(failed())?;
        _ = new.keep();
        #[cfg(unix)]
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(failed())?;
        Ok(value)
    }
}

/// A file below a folder that is none of a harvest's.
#[cfg(feature = "parquet")]
fn stranger(folder: &Path, is_own: &impl Fn(&str) -> bool) -> Option<PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    entries.into_iter().find_map(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        match is_folder {
            true => stranger(&entry.path(), is_own),
            false => (!is_own(&entry.file_name().to_string_lossy())).then(|| entry.path()),
        }
    })
}

fn read_purpose(path: &Path) -> Result<Option<Purpose>, HarvestError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(HarvestError::disk(path, "read")(error)),
    };
    let damaged = |problem: String| HarvestError::Damaged { path: path.to_owned(), problem };
    let purpose: Purpose = serde_json::from_slice(&text)
        .map_err(|e| damaged(format!("{e}; put back a copy of it, or harvest into another folder")))?;
    match purpose.version {
        super::VERSION => Ok(Some(purpose)),
        other => Err(damaged(format!("it is of form {other}, this program knows {}", super::VERSION))),
    }
}

/// Deletes what a process that was killed left half written.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            _ = fs::remove_file(entry.path()).or_else(|_| fs::remove_dir_all(entry.path()));
        }
    }
}

/// Writes a file beside its place, brings it to the disk, and puts it in its place.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any new file: what the user's mask leaves of it.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut out = io::BufWriter::new(builder.tempfile_in(folder)?);
    write(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    // That it has its name must outlast the machine, too, where the system lets folders be synced.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
