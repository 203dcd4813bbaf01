//! An answer that a test makes up, and how it is sent.

use std::io;
use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::Bytes;
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use hyper::{Response, StatusCode};
use serde_json::Value;

use super::answer::{self, Answer};
use super::connection::Connection;
use super::source::{Gzip, Plain, Source, packed};
use super::wire::Wire;

/// An answer, and how it is sent.
///
/// ```
/// use std::time::Duration;
/// use tradebind::replica::Reply;
///
/// let busy = Reply::html(503).header("retry-after", "1");
/// let slow = Reply::new(200, "{}").after(Duration::from_millis(50));
/// let broken = Reply::new(200, r#"{"header": {}}"#).cut_after(5);
/// let bomb = Reply::new(200, "").gzip().endless(1 << 30);
/// ```
///
/// What cannot be sent (a status outside 200 to 999, a header that is none, or one that tells the body's
/// length) becomes HTTP 500 with a text that says why.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
    after: Option<Duration>,
    pace: Option<(usize, Duration)>,
    cut: Option<usize>,
    total: Option<u64>,
    gzip: bool,
}

impl Reply {
    /// A reply with this body, `application/json` unless [`header`](Self::header) tells another `content-type`.
    pub fn new(status: u16, body: impl Into<Bytes>) -> Self {
        let (headers, body) = (Vec::new(), body.into());
        Self { status, headers, body, after: None, pace: None, cut: None, total: None, gzip: false }
    }

    /// A reply with this JSON, without white space.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string())
    }

    /// A short page as a gateway sends it.
    pub fn html(status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let title = reason.map_or_else(|| status.to_string(), |reason| format!("{status} {reason}"));
        let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n");
        Self::new(status, page).header("content-type", "text/html")
    }

    /// Adds a header, beside others of the same name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before anything is sent.
    pub fn after(self, wait: Duration) -> Self {
        Self { after: Some(wait), ..self }
    }

    /// Sends the body in pieces of at most `chunk` bytes (1 to 65,536), with a pause between them.
    pub fn slowly(self, chunk: usize, pause: Duration) -> Self {
        Self { pace: Some((chunk, pause)), ..self }
    }

    /// Sends only so many bytes of the body, then closes the connection; `content-length` tells all of them.
    ///
    /// With [`gzip`](Self::gzip) the compressed bytes count; with [`endless`](Self::endless) no length is told,
    /// and the last chunk is missing. A body that is no longer than that comes whole.
    pub fn cut_after(self, bytes: usize) -> Self {
        Self { cut: Some(bytes), ..self }
    }

    /// Sends the body again and again, in chunks and without a length, until it came to `total` bytes.
    ///
    /// An empty body stands for zeros. The server's memory does not grow with `total`.
    pub fn endless(self, total: u64) -> Self {
        Self { total: Some(total), ..self }
    }

    /// Compresses the body, with `content-encoding: gzip`.
    ///
    /// With [`endless`](Self::endless), `total` counts the bytes before: a small stream that unpacks to a large
    /// one.
    pub fn gzip(self) -> Self {
        Self { gzip: true, ..self }
    }

    /// Waits as told, then gives the answer.
    pub(super) async fn answer(self, connection: Connection) -> Answer {
        if let Some(wait) = self.after {
            tokio::time::sleep(wait).await;
        }
        match self.head().and_then(|head| Ok((head, self.body(connection).map_err(|e| e.to_string())?))) {
            Ok(((status, headers), body)) => {
                let mut response = Response::new(body.boxed_unsync());
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response
            }
            Err(problem) => unsendable(&problem),
        }
    }

    fn head(&self) -> Result<(StatusCode, HeaderMap), String> {
        let status = StatusCode::from_u16(self.status).ok().filter(|status| !status.is_informational());
        let status = status.ok_or_else(|| format!("status {} is none of 200 to 999", self.status))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| format!("{name:?} is no header name"))?;
            if name == CONTENT_LENGTH || name == TRANSFER_ENCODING {
                return Err(format!("header {name} follows from the body"));
            }
            let value: HeaderValue =
                value.parse().map_err(|_| format!("{value:?} is no value of header {name}"))?;
            headers.append(name, value);
        }
        if !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        if self.gzip {
            headers.append(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok((status, headers))
    }

    fn body(self, connection: Connection) -> io::Result<Wire> {
        let (source, length) = match (self.total, self.gzip) {
            (Some(total), false) => (Source::Plain(Plain::repeated(self.body, total)), None),
            (Some(total), true) => (Source::Gzip(Gzip::new(Plain::repeated(self.body, total))), None),
            (None, gzip) => {
                let body = if gzip { packed(&self.body)? } else { self.body };
                let length = body.len() as u64;
                (Source::Plain(Plain::once(body)), Some(length))
            }
        };
        Ok(Wire::new(source, length, connection).cut_after(self.cut).slowly(self.pace))
    }
}

/// Says why what the script tells cannot be sent.
pub(super) fn unsendable(problem: &str) -> Answer {
    let text = format!("the scripted reply cannot be sent: {problem}\n");
    answer::body(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", text)
}
