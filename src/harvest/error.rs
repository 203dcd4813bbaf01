use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::hk::InvalidQuery;

/// Why a harvest stopped. What was answered before stays on the disk, and the same harvest begun again goes on from there.
#[derive(Debug)]
#[non_exhaustive]
pub enum HarvestError {
    /// Another process works in the folder.
    Busy {
        /// The folder.
        folder: PathBuf,
    },
    /// The disk refuses: full, read-only, or failing.
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The folder holds other files than a harvest's.
    NotAHarvest {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds the harvest of another request, or of another service.
    Changed {
        /// The folder.
        folder: PathBuf,
        /// What differs: name, as in the folder, as asked for now.
        differences: Vec<(String, String, String)>,
    },
    /// A file in the folder is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// A query of the request breaks a rule of the guide.
    Query(InvalidQuery),
}

impl HarvestError {
    pub(super) fn disk(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Disk { path, action, source }
    }
}

impl From<InvalidQuery> for HarvestError {
    fn from(error: InvalidQuery) -> Self {
        Self::Query(error)
    }
}

impl fmt::Display for HarvestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { folder } => write!(
                f,
                "another process harvests into {}; wait for it, or give another folder",
                folder.display()
            ),
            Self::Disk { path, action, source } => {
                let advice = match source.kind() {
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        "; make room, then run it again: nothing that was answered is lost"
                    }
                    io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                        "; give a folder that may be written to"
                    }
                    _ => "; once that is mended, run it again: nothing that was answered is lost",
                };
                let told = source.raw_os_error().map_or_else(
                    || source.to_string(),
                    |code| io::Error::from_raw_os_error(code).to_string(),
                );
                write!(f, "{} cannot be {action}: {told}{advice}", path.display())
            }
            Self::NotAHarvest { folder } => write!(
                f,
                "{} holds other files than a harvest's; give an empty folder or a new one",
                folder.display()
            ),
            Self::Changed { folder, differences } => {
                write!(f, "{} holds another harvest:", folder.display())?;
                for (name, there, now) in differences {
                    write!(f, "\n- {name}: {there} there, {now} now")?;
                }
                f.write_str("\ngive another folder, or ask for the same")
            }
            Self::Damaged { path, problem } => write!(f, "{} is damaged: {problem}", path.display()),
            Self::Query(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HarvestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Disk { source, .. } => Some(source),
            Self::Query(error) => Some(error),
            _ => None,
        }
    }
}
