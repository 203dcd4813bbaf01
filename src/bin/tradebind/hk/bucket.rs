//! An S3 address, as far as it is built in.

use std::path::{Path, PathBuf};

use crate::exit::Failure;

#[cfg(not(feature = "object-store"))]
pub enum Bucket {}

#[cfg(not(feature = "object-store"))]
impl Bucket {
    pub fn open(_: &Path) -> Result<Self, Failure> {
        Err(super::form::not_built("an S3 address", "object-store"))
    }

    pub async fn copy(self, _: PathBuf, _: String) -> Result<u64, Failure> {
        match self {}
    }
}

/// A bucket into which something can be written.
#[cfg(feature = "object-store")]
pub struct Bucket {
    pub address: String,
    pub store: tradebind::table::Bucket,
}

#[cfg(feature = "object-store")]
impl Bucket {
    /// Opens it by the AWS variables, and begins and gives up an upload, so that what is wrong is told before anything is
    /// asked.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let address = crate::output::address(path);
        let store =
            tradebind::table::Bucket::from_env(&path.display().to_string()).map_err(|e| match e.kind() {
                std::io::ErrorKind::InvalidInput => Failure::usage(format!("{address}: {e}")),
                _ => Self::failed(&address, &e),
            })?;
        store.check().map_err(|e| Self::failed(&address, &e))?;
        Ok(Self { address, store })
    }

    /// Copies the dataset of a name into it, in place of all that stands there under that name.
    pub async fn copy(self, folder: PathBuf, name: String) -> Result<u64, Failure> {
        let Self { address, store } = self;
        let (done, copied) = tokio::sync::oneshot::channel();
        // A thread of its own: uploads block, and whoever stops the program does not wait for them.
        std::thread::spawn(move || {
            let copied = tradebind::table::Folder::new(folder).replace_in(&store, &name);
            // Nobody waits any more where the program is being stopped.
            _ = done.send(copied);
        });
        let copied = copied.await.map_err(|_| Failure::input("the upload ended without a word"))?;
        copied.map_err(|e| Self::failed(&address, &e))
    }

    /// What the store says.
    pub fn failed(address: &str, error: &std::io::Error) -> Failure {
        use crate::exit::Exit;
        let exit = match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => Exit::Input,
            _ => Exit::GaveUp,
        };
        Failure::new(exit, format!("{address} is not written: {error}"))
    }
}
