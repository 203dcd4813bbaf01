use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Request;
use serde_json::Value;

use super::target::{Apart, SentTarget, Target};
use super::{Response, Secret, redact};
use crate::error::{Error, ErrorKind};
use crate::exchange::{Body, Exchange, RecordedRequest, ServiceName, differences};

/// Answers from recorded exchanges, each once, and holds the client to their requests: method, path, parameters in
/// any order, and body. A value that a recording does not show, as in `task=(not shown)`, stands for any. For tests of your
/// own; nothing goes over the network.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use tradebind::{exchange, hk, http::Replay};
///
/// let (_, documented) = exchange::documented()?.into_iter().find(|(name, _)| name.contains("total-exports-cn")).unwrap();
/// let replay = Replay::in_order([documented]);
/// let client = hk::Client::builder().replay(replay.clone()).build()?;
/// let answer = client.query(&"lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?).await?;
/// assert_eq!(answer.rows().len(), 2);
/// replay.finish()?; // every exchange was asked for
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Replay(Arc<State>);

struct State {
    ordered: bool,
    /// Exchanges that were not asked for yet.
    left: Mutex<Vec<Exchange>>,
}

/// How many exchanges are left, and none of them.
impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("Replay")
            .field("ordered", &self.0.ordered)
            .field("left", &left)
            .finish_non_exhaustive()
    }
}

impl Replay {
    /// Requests must come in the order of the exchanges.
    #[must_use]
    pub fn in_order(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        Self::new(true, exchanges)
    }

    /// Requests may come in any order.
    #[must_use]
    pub fn in_any_order(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        Self::new(false, exchanges)
    }

    fn new(ordered: bool, exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        Self(Arc::new(State { ordered, left: Mutex::new(exchanges.into_iter().collect()) }))
    }

    /// Holds that every exchange was asked for.
    ///
    /// # Errors
    /// Names those that were not.
    pub fn finish(&self) -> Result<(), Error> {
        let left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = left.iter().map(Exchange::name).collect();
        Err(Error::new(ErrorKind::Replay, format!("never asked for: {}", names.join(", "))))
    }

    pub(super) fn answer(
        &self,
        request: &Request,
        service: ServiceName,
        secret: &Secret,
    ) -> Result<Response, Error> {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        let apart: Vec<_> = left.iter().map(|exchange| apart(exchange, request, service, secret)).collect();
        let candidates = if self.0.ordered { apart.len().min(1) } else { apart.len() };
        if let Some(at) = apart.iter().take(candidates).position(Vec::is_empty) {
            let exchange = left.remove(at);
            return answered(&exchange);
        }
        let target = redact::target(request.url());
        let asked = format!("{} {}", request.method(), secret.scrub(&target));
        let near = left.iter().zip(&apart).take(candidates).min_by_key(|(_, apart)| apart.len());
        let told = match near {
            None => format!("{asked}: nothing is left"),
            Some((exchange, apart)) => {
                let next = if self.0.ordered { "next" } else { "nearest" };
                format!("{asked}: {next} is {}; {}", exchange.name(), apart.join("; "))
            }
        };
        Err(Error::new(ErrorKind::Replay, told))
    }
}

/// How a request differs from a recorded one.
fn apart(exchange: &Exchange, request: &Request, service: ServiceName, secret: &Secret) -> Vec<String> {
    let mut told = Vec::new();
    let mut differ = |what: &str, recorded: &str, sent: &str| {
        if recorded != sent {
            told.push(format!("{what} {recorded} became {sent}"));
        }
    };
    let recorded = &exchange.request;
    differ("service", &exchange.service.to_string(), &service.to_string());
    differ("method", &recorded.method, request.method().as_str());
    let sent = SentTarget::of(request.url(), service, secret);
    let Apart { path, recorded: only, sent: sent_only } =
        Target::read(&recorded.target, service).apart(&sent);
    if let Some((path, sent_path)) = path {
        differ("path", &path, &sent_path);
    }
    let list = |pairs: &[String]| if pairs.is_empty() { "nothing".to_owned() } else { pairs.join("&") };
    differ("parameters", &list(&only), &list(&sent_only));
    told.extend(bodies_apart(
        recorded,
        request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default(),
        secret,
    ));
    told
}

fn bodies_apart(recorded: &RecordedRequest, sent: &[u8], secret: &Secret) -> Vec<String> {
    let json = recorded.body.as_ref().and_then(Body::json);
    let sent_json = serde_json::from_slice(sent).ok().map(|mut value: Value| {
        secret.scrub_json(&mut value);
        value
    });
    match (json, sent_json) {
        (Some(recorded), Some(sent)) => {
            differences(recorded, &sent).iter().map(|apart| format!("body {apart}")).collect()
        }
        _ => {
            let bytes = recorded.body.as_ref().and_then(|body| body.bytes().ok()).unwrap_or_default();
            if *bytes == *secret.scrub_bytes(sent) {
                Vec::new()
            } else {
                vec!["the body is another".to_owned()]
            }
        }
    }
}

fn answered(exchange: &Exchange) -> Result<Response, Error> {
    let wrong = |problem: String| Error::new(ErrorKind::Replay, format!("{}: {problem}", exchange.name()));
    let Some(recorded) = &exchange.response else {
        return Err(wrong("is recorded without an answer".to_owned()));
    };
    let (headers, body) = recorded.parts().map_err(wrong)?;
    Ok(Response::new(recorded.status, headers, body))
}
