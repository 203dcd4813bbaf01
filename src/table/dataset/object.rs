use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::runtime::{Builder, Runtime};

use super::{Finish, Store};

/// Bytes of one part of an upload: S3 takes at least 5 MiB, and at most 10,000 parts.
const PART: usize = 8 << 20;

/// An address such as `s3://bucket/prefix`, on S3 or what speaks like it.
///
/// Credentials, region and endpoint come from the environment as the service's own tools have it (`AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, …); none of them is printed.
///
/// A file waits for its upload while it is written, which blocks: in something asynchronous, write within
/// `spawn_blocking`. Uploads are in several parts, so that a file takes some 8 MiB of memory; one that is dropped is
/// aborted.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    asks: SyncSender<Ask>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// Something to do in the thread of a bucket, which alone waits for the network.
type Ask = Box<dyn FnOnce(&Runtime) + Send>;

impl Bucket {
    /// A bucket by its address, with the settings of the environment.
    ///
    /// # Errors
    /// An address that is none, or settings that do not do.
    pub fn from_env(address: &str) -> io::Result<Self> {
        let rest = address.strip_prefix("s3://").filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
        let Some(rest) = rest else {
            let told = "an S3 address is s3://BUCKET or s3://BUCKET/PREFIX, without a key in it";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).build().map_err(io::Error::other)?;
        Self::new(Arc::new(store), prefix)
    }

    /// A bucket of any kind that `object_store` knows, and the prefix of the dataset.
    ///
    /// # Errors
    /// A prefix that is no path; when no thread can be begun.
    pub fn new(store: Arc<dyn ObjectStore>, prefix: &str) -> io::Result<Self> {
        let prefix = Path::parse(prefix).map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (asks, all): (_, Receiver<Ask>) = sync_channel(1);
        // It ends when the last file and the bucket are dropped.
        std::thread::Builder::new().name("tradebind uploads".to_owned()).spawn(move || {
            all.into_iter().for_each(|ask| ask(&runtime));
        })?;
        Ok(Self { store, prefix, asks })
    }

    fn path(&self, path: &str) -> io::Result<Path> {
        let whole =
            if self.prefix.as_ref().is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        Path::parse(whole).map_err(io::Error::other)
    }
}

/// Lets the thread of a bucket do something, and waits for it.
fn ask<T: Send + 'static>(
    asks: &SyncSender<Ask>,
    what: impl FnOnce(&Runtime) -> object_store::Result<T> + Send + 'static,
) -> io::Result<T> {
    let gone = || io::Error::other("the thread that uploads is gone");
    let (answer, answers) = sync_channel(1);
    let ask: Ask = Box::new(move |runtime| _ = answer.send(what(runtime)));
    asks.send(ask).map_err(|_| gone())?;
    answers.recv().map_err(|_| gone())?.map_err(io::Error::from)
}

impl Store for Bucket {
    type File = ObjectFile;

    fn begin(&self, path: &str) -> io::Result<ObjectFile> {
        let (store, path) = (Arc::clone(&self.store), self.path(path)?);
        let upload = ask(&self.asks, move |runtime| runtime.block_on(store.put_multipart(&path)))?;
        Ok(ObjectFile { upload: Some(upload), waiting: Vec::new(), asks: self.asks.clone() })
    }

    fn holds(&self, path: &str) -> io::Result<bool> {
        let (store, path) = (Arc::clone(&self.store), self.path(path)?);
        ask(&self.asks, move |runtime| match runtime.block_on(store.head(&path)) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        })
    }
}

/// A file in a [`Bucket`]; it is there once it is finished.
pub struct ObjectFile {
    upload: Option<Box<dyn MultipartUpload>>,
    waiting: Vec<u8>,
    asks: SyncSender<Ask>,
}

impl std::fmt::Debug for ObjectFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectFile").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}

impl ObjectFile {
    /// Sends what waits as a part, and ends the upload if that was the last.
    fn send(&mut self, last: bool) -> io::Result<()> {
        let Some(mut upload) = self.upload.take() else {
            return Err(io::Error::other("the upload has failed before"));
        };
        let part = Bytes::from(std::mem::take(&mut self.waiting));
        let kept = ask(&self.asks, move |runtime| {
            let sent = runtime.block_on(async {
                if !part.is_empty() {
                    upload.put_part(part.into()).await?;
                }
                if last { upload.complete().await.map(drop) } else { Ok(()) }
            });
            if sent.is_err() {
                _ = runtime.block_on(upload.abort());
            }
            sent.map(|()| upload)
        })?;
        self.upload = (!last).then_some(kept);
        Ok(())
    }
}

impl Write for ObjectFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART {
            self.send(false)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Finish for ObjectFile {
    fn finish(mut self) -> io::Result<()> {
        self.send(true)
    }
}

impl Drop for ObjectFile {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            _ = ask(&self.asks, move |runtime| runtime.block_on(upload.abort()));
        }
    }
}
