use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::difference::Difference;
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
    /// A file stands where the folder should be.
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds other files than a harvest's.
    NotAHarvest {
        /// The folder.
        folder: PathBuf,
    },
    /// A file that is none of the harvest's stands where its data go, which take the place of the whole folder.
    Stranger {
        /// The file.
        path: PathBuf,
    },
    /// The folder holds the harvest of another request, or of another service.
    Changed {
        /// The folder.
        folder: PathBuf,
        /// What differs: name, as in the folder, as asked for now.
        differences: Vec<Difference>,
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
                    io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
                    | io::ErrorKind::FileTooLarge => {
                        "; make room, then run it again: nothing that was answered is lost"
                    }
                    io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                        "; give a folder that may be written to, or let this one be: nothing that was answered is lost"
                    }
                    io::ErrorKind::NotADirectory => "; a file stands in its way: give another folder",
                    _ => "; once that is mended, run it again: nothing that was answered is lost",
                };
                // A library's words name a file that nobody has heard of.
                let told = match (source.raw_os_error(), source.kind()) {
                    (Some(code), _) => io::Error::from_raw_os_error(code).to_string(),
                    (None, io::ErrorKind::Other) => source.to_string(),
                    (None, kind) => kind.to_string(),
                };
                write!(f, "{} cannot be {action}: {told}{advice}", path.display())
            }
            Self::NotAFolder { path } => {
                write!(f, "{} is a file; give a folder, a new or an empty one", path.display())
            }
            Self::NotAHarvest { folder } => write!(
                f,
                "{} holds other files than a harvest's; give an empty folder or a new one",
                folder.display()
            ),
            Self::Stranger { path } => write!(
                f,
                "{} is none of the harvest's, and would go with the data before: move it elsewhere, and run the same again; what was \
                 answered is kept",
                path.display()
            ),
            Self::Changed { folder, differences } => {
                write!(f, "{} holds another harvest:", folder.display())?;
                for Difference { what, there, now } in differences {
                    write!(f, "\n- {what}: there {there}; now {now}")?;
                }
                f.write_str("\nnothing is changed there; give another folder, or ask for the same")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_the_disk_says_what_to_do() {
        let kinds = [
            io::ErrorKind::StorageFull,
            io::ErrorKind::QuotaExceeded,
            io::ErrorKind::FileTooLarge,
            io::ErrorKind::ReadOnlyFilesystem,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::InvalidInput,
        ];
        let told = kinds
            .map(|kind| HarvestError::disk(Path::new("chips/journal"), "written")(kind.into()).to_string());
        insta::assert_snapshot!(told.join("\n"));
    }
}
