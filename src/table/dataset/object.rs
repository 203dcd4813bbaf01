use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use super::{FOLDERS, Finish, Store, is_of_dataset};

/// Bytes of one part of an upload: S3 takes at least 5 MiB, and at most 10,000 parts.
const PART: usize = 8 << 20;
/// Uploads that are open at once, each of which may hold a part in memory.
const OPEN: usize = 8;
/// How often a call is repeated, and how long: what is wrong is told while somebody waits.
const RETRIES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);

/// Where credentials come from; the first of each stands for all that it needs.
const CREDENTIALS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
];

/// Where the addresses to ask may stand: `object_store` reads each of them.
const ENDPOINTS: [&str; 4] =
    ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_STS"];

/// An address such as `s3://bucket/prefix`, on S3 or what speaks like it.
///
/// Credentials, region and endpoint come from the environment as the service's own tools have it (`AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`, …); profiles and `~/.aws` are not read, and no
/// secret is printed. The role of an instance is asked for only where `AWS_METADATA_ENDPOINT` names who to ask: anywhere
/// else nobody answers.
///
/// A file waits for its upload while it is written, which blocks: in something asynchronous, write within
/// `spawn_blocking`. Uploads are in several parts, so that a file takes some 8 MiB of memory, and few are open at once; one
/// that is dropped is aborted. Clones share the thread that uploads.
#[derive(Clone)]
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
    /// An address that is none, no credentials, or settings that do not do.
    pub fn from_env(address: &str) -> io::Result<Self> {
        let wrong = |told: &str| io::Error::new(io::ErrorKind::InvalidInput, told.to_owned());
        let rest = address.strip_prefix("s3://").filter(|rest| !rest.is_empty() && !rest.starts_with('/'));
        let rest = rest.filter(|rest| !rest.contains('@'));
        let Some(rest) = rest else {
            return Err(wrong("an S3 address is s3://BUCKET or s3://BUCKET/PREFIX, without a key in it"));
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !CREDENTIALS.into_iter().any(is_set) {
            return Err(wrong(
                "there are no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another of the AWS \
                 variables that stand for some; profiles and ~/.aws are not read",
            ));
        }
        if is_set("AWS_ACCESS_KEY_ID") && !is_set("AWS_SECRET_ACCESS_KEY") {
            return Err(wrong("AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"));
        }
        for name in ENDPOINTS {
            let Some(endpoint) = std::env::var_os(name) else { continue };
            let endpoint = endpoint.to_string_lossy().to_ascii_lowercase();
            if endpoint.contains('@') {
                return Err(wrong(&format!(
                    "{name} holds a user or a key; give them by the other AWS variables"
                )));
            }
            if endpoint.starts_with("http://") && !is_set("AWS_ALLOW_HTTP") {
                return Err(wrong(&format!(
                    "{name} is http://, not https://: set AWS_ALLOW_HTTP=true if that is meant"
                )));
            }
        }
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build();
        Self::new(Arc::new(store.map_err(plain)?), prefix.trim_end_matches('/'))
    }

    /// Whether something can be written here: begins an upload, gives it up, and lists what is there, as a dataset with
    /// [a name](super::Dataset::named) does. So that what is wrong with address or credentials is told before work is done
    /// for it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn check(&self) -> io::Result<()> {
        self.begin("tradebind-check")?;
        // One tells that it may be listed, however many there are.
        let (store, prefix) = (Arc::clone(&self.store), self.prefix.clone());
        ask(&self.asks, move |runtime| runtime.block_on(store.list(Some(&prefix)).try_next()).map(drop))
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
    answers.recv().map_err(|_| gone())?.map_err(plain)
}

/// The store's words without how long it took, with a kind that tells what is not there from what is not allowed.
fn plain(error: object_store::Error) -> io::Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => io::ErrorKind::NotFound,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            io::ErrorKind::PermissionDenied
        }
        _ => io::ErrorKind::Other,
    };
    let mut text = unsigned(&error.to_string());
    // What a service says of the rest of the request may repeat what is secret.
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0.to_owned())
    };
    if let (Some(code), Some(message)) = (tag("Code"), tag("Message")) {
        return io::Error::new(kind, format!("S3 says {code}: {message}"));
    }
    if let (Some(from), Some(to)) = (text.find(" in "), text.find(" - "))
        && from < to
    {
        text.replace_range(from..to, "");
    }
    io::Error::new(kind, text)
}

/// A text without what stands before the host in its addresses: a user, and what goes with one.
fn unsigned(text: &str) -> String {
    let mut parts = text.split("://");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let host = part.find(|c: char| matches!(c, '/' | '?' | '#' | '"') || c.is_whitespace());
        let (host, rest) = part.split_at(host.unwrap_or(part.len()));
        out.push_str("://");
        out.push_str(host.rsplit_once('@').map_or(host, |(_, host)| host));
        out.push_str(rest);
    }
    out
}

impl Store for Bucket {
    type File = ObjectFile;

    fn begin(&self, path: &str) -> io::Result<ObjectFile> {
        let (store, path) = (Arc::clone(&self.store), self.path(path)?);
        let upload = ask(&self.asks, move |runtime| runtime.block_on(store.put_multipart(&path)))?;
        Ok(ObjectFile { upload: Some(upload), waiting: Vec::new(), asks: self.asks.clone() })
    }

    fn files(&self) -> io::Result<Vec<String>> {
        let (store, prefix) = (Arc::clone(&self.store), self.prefix.clone());
        // What is before the folders in the order of names is not listed.
        let [first, _] = FOLDERS;
        let first = self.path(first)?;
        let below = move |path: &Path| {
            let path = path.as_ref().strip_prefix(prefix.as_ref())?.trim_start_matches('/');
            is_of_dataset(path).then(|| path.to_owned())
        };
        let prefix = self.prefix.clone();
        let mut files: Vec<_> = ask(&self.asks, move |runtime| {
            let found = store.list_with_offset(Some(&prefix), &first);
            let files = found.try_filter_map(|found| std::future::ready(Ok(below(&found.location))));
            runtime.block_on(files.try_collect())
        })?;
        files.sort();
        Ok(files)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let (store, path) = (Arc::clone(&self.store), self.path(path)?);
        ask(&self.asks, move |runtime| match runtime.block_on(store.delete(&path)) {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => other,
        })
    }

    fn open_at_most(&self) -> usize {
        OPEN
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(source: &str) -> (io::ErrorKind, String) {
        let source = source.to_owned().into();
        let error = plain(object_store::Error::NotFound { path: "x".to_owned(), source });
        (error.kind(), error.to_string())
    }

    #[test]
    fn what_a_service_says_is_told_in_short() {
        let body = "404 Not Found: <Error><Code>NoSuchBucket</Code><Message>There is none</Message><StringToSign>secret</StringToSign>";
        assert_eq!(told(body), (io::ErrorKind::NotFound, "S3 says NoSuchBucket: There is none".to_owned()));
        let (_, text) = told("Error performing POST http://x/ in 65µs, after 4 retries - it broke");
        assert!(text.ends_with("Error performing POST http://x/ - it broke"), "{text}");
        let (_, text) = told("it broke at http://id:secret@x/a@b (https://id@y:9)");
        assert!(text.ends_with("it broke at http://x/a@b (https://y:9)"), "{text}");
    }
}
