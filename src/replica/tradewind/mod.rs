//! The TradeWind side: a key, what the document asks for, a charge, an answer.

mod account;
mod envelope;
mod regions;
mod settings;

pub use account::Account;
pub(super) use account::Accounts;
pub(super) use settings::Settings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use hyper::header::{ALLOW, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::builder::Common;
use super::contract::{Asked, Contract, Matched, Operation, Origin, Problem, Unmatched};
use super::disturb::Places;
use super::player::{self, Line, Recording};
use super::script::Door;
use super::side::{BODY_CAP, Received, Service};
use crate::domain::{Credits, DateText};
use crate::exchange::{Exchange, ServiceName, differences};
use crate::http::Clock;
use crate::near::nearest;
use account::Declined;
use envelope::{CHARGED, CUSTOMS};
use regions::Regions;

/// Names the fields of a request that the service ignores.
const IGNORED: HeaderName = HeaderName::from_static("x-tradebind-ignored");

/// How keys begin (vendor).
const KEYS: [&str; 2] = ["tw_test_", "tw_live_"];

/// What the one call with a price on record was charged, in hundredths of a credit.
const DOCUMENTED_PRICE: (i64, u32) = (14, 2);

/// The most fields that it names, and bytes that it takes: callers take headers of a few kilobytes.
const MOST_IGNORED: usize = 20;
const LONGEST_IGNORED: usize = 4096;

/// The TradeWind side.
pub(super) struct Tradewind {
    contract: Contract,
    recordings: Vec<Recording>,
    behaving: bool,
    seed: u64,
    clock: Arc<dyn Clock>,
    accounts: Arc<Accounts>,
    prices: BTreeMap<String, Credits>,
    regions: Regions,
    calls: AtomicU64,
}

/// What a call costs.
struct Price {
    credits: Credits,
    /// Whether no page of the service tells it.
    assumed: bool,
}

impl Tradewind {
    /// # Errors
    /// A setting that cannot hold.
    pub(super) fn new(
        exchanges: Vec<Exchange>,
        settings: Settings,
        common: &Common,
        contract: Contract,
    ) -> Result<Self, String> {
        let unknown = settings.prices.keys().find(|id| contract.ids().all(|known| known != *id));
        if let Some(id) = unknown {
            let near =
                nearest(id, contract.ids()).map_or(String::new(), |near| format!("; did you mean {near:?}?"));
            return Err(format!("a price is set for {id:?}, which is no operation of the document{near}"));
        }
        Ok(Self {
            contract,
            recordings: player::recordings(exchanges),
            behaving: common.behaving,
            seed: common.seed,
            clock: Arc::clone(&common.clock),
            accounts: Arc::new(Accounts::new(settings.balance)),
            prices: settings.prices,
            regions: Regions::new(common.seed),
            calls: AtomicU64::new(0),
        })
    }

    pub(super) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts)
    }

    /// What the service does with a request, as far as is known.
    fn behave(
        &self,
        (operation, values): Matched<'_>,
        head: &Parts,
        key: Option<&str>,
        body: &[u8],
    ) -> Answer {
        let path = head.uri.path();
        let asked = Asked { path: &values, query: head.uri.query(), headers: &head.headers, body };
        let checked = operation.check(&asked);
        let mut sent = checked.body.unwrap_or_default();
        let (ignored, problems): (Vec<_>, Vec<_>) =
            checked.problems.into_iter().partition(|problem| problem.unknown_field.is_some());
        let mut told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        if told.is_empty() && operation.id == "world_regions" {
            told.extend(impossible_days(&sent));
        }
        if !told.is_empty() {
            told.insert(
                0,
                format!("{} {} ({}) takes another request", operation.method, operation.path, operation.id),
            );
            return self.failure(StatusCode::BAD_REQUEST, "invalid_request", &told);
        }
        // The service ignores them and bills the call (vendor).
        if let Some(sent) = sent.as_object_mut() {
            sent.retain(|name, _| {
                !ignored.iter().any(|problem| problem.unknown_field.as_ref() == Some(name))
            });
        }
        let target = head.uri.path_and_query().map_or(path, |target| target.as_str());
        let line = Line::new(&head.method, target, ServiceName::Tradewind);
        let recorded = self.recordings.iter().find(|recording| {
            recording.is_asked_by(&line)
                && operation.filled(recording.asked())
                    == operation.filled(Some(&sent).filter(|s| !s.is_null()))
                && recording.play().is_ok()
        });
        let price = self.price(operation, recorded);
        if let Some(key) = key.filter(|_| operation.needs_key) {
            match self.accounts.charge(key, price.credits) {
                Ok(()) => {}
                Err(Declined::Balance) => {
                    let told = format!("the call costs {} credits, and the key has fewer", price.credits);
                    return self.failure(StatusCode::PAYMENT_REQUIRED, "insufficient_credits", &[told]);
                }
                Err(Declined::Keys) => {
                    let told = "the replica keeps no account of yet another key; start a new one";
                    return self.failure(StatusCode::UNAUTHORIZED, "too_many_keys", &[told.to_owned()]);
                }
            }
        }
        let answer = match recorded.and_then(|recording| Some((recording.play().ok()?, recording.json()))) {
            Some((answer, Some(body))) => at_price(answer, body, &price),
            Some((answer, None)) => answer,
            None => self.made(operation, &sent, &price),
        };
        without_ignored(answer, &ignored)
    }

    /// What was set, else what the recorded answer says it cost, else what the document tells.
    fn price(&self, operation: &Operation, recorded: Option<&Recording>) -> Price {
        let told = |credits| Price { credits, assumed: false };
        if let Some(set) = self.prices.get(&operation.id) {
            return Price { credits: *set, assumed: true };
        }
        let charged = |answer: &Value| serde_json::from_value(answer.pointer(CHARGED)?.clone()).ok();
        if let Some(charged) = recorded.and_then(|recording| charged(recording.json()?)) {
            return told(charged);
        }
        let example = (operation.answer.origin == Origin::Example).then_some(&operation.answer.value);
        let on_record = operation.credits.or_else(|| example.and_then(charged));
        match (operation.free, on_record) {
            (true, _) => told(Credits::default()),
            (false, Some(on_record)) => told(on_record),
            (false, None) => {
                let (hundredths, scale) = DOCUMENTED_PRICE;
                Price { credits: rust_decimal::Decimal::new(hundredths, scale).into(), assumed: true }
            }
        }
    }

    /// An answer that nobody recorded.
    fn made(&self, operation: &Operation, sent: &Value, price: &Price) -> Answer {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let prepared = &operation.answer;
        let mut assumed = prepared.assumed();
        let is_example = prepared.origin == Origin::Example;
        if operation.id == "metrics" && !is_example && !prepared.is_json {
            assumed.retain(|what| *what != "data");
            assumed.push("names of the metrics");
            return answer::assumed(prepared.with(self.metrics(call).into()), &assumed.join(", "));
        }
        let request_id = envelope::request_id(self.seed, call);
        let is_regions = operation.id == "world_regions";
        // A schema of its own goes before what is known of such operations in general.
        let known = (!is_regions && prepared.is_untold("/data"))
            .then(|| {
                envelope::known(&operation.id, &operation.path, sent, &request_id.replace("req_", "task_"))
            })
            .flatten();
        let (known, more) = known.map_or_else(Default::default, |(data, more)| (Some(data), more));
        // A documented example is answered as it is, but for the operation of which more can be said.
        let envelope = (!is_example || is_regions)
            .then(|| envelope::success(prepared, &request_id, price.credits, &more))
            .flatten();
        let Some(mut envelope) = envelope else {
            let mut shown = prepared.value.clone();
            // Its example tells what that call cost; what is shown is what is charged.
            let differs = shown.pointer_mut(CHARGED).map(|charged| {
                let price = serde_json::to_value(price.credits).unwrap_or_default();
                *charged != price && {
                    *charged = price;
                    true
                }
            });
            if price.assumed && differs.is_some() {
                assumed.push("price");
            }
            let answer = match differs {
                Some(true) => prepared.with(shown.to_string().into()),
                _ => prepared.answer(),
            };
            return answer::assumed(answer, &assumed.join(", "));
        };
        let now = self.clock.wall();
        let customs = operation.path.starts_with(CUSTOMS);
        if is_regions {
            let nothing = serde_json::Map::new();
            let regions = self.regions.answer(sent.as_object().unwrap_or(&nothing), today(now));
            prepared.set(&mut envelope, "/data", envelope::upstream(regions, now));
            assumed.push("data");
            if sent.get("type").is_some_and(|role| role != "exporter") {
                assumed.push("key of the country id");
            }
        } else if let Some(data) = known {
            let data = if customs { envelope::upstream(data, now) } else { data };
            prepared.set(&mut envelope, "/data", data);
        } else if customs {
            prepared.set(&mut envelope, "/data/code", 1.into());
        }
        if price.assumed {
            assumed.push("price");
        }
        answer::assumed(prepared.with(envelope.to_string().into()), &assumed.join(", "))
    }

    /// Prometheus text (documented); what it counts is made up, and counted truly.
    fn metrics(&self, calls: u64) -> String {
        let mut text = String::new();
        for (name, help, value) in [
            ("answers_made", "Answers that the replica made up.", calls.to_string()),
            (
                "credits_charged",
                "Credits charged to all keys.",
                self.accounts.charged().amount().normalize().to_string(),
            ),
        ] {
            let name = format!("tradebind_replica_{name}_total");
            _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
        }
        text
    }

    fn unmatched(&self, unmatched: Unmatched) -> Answer {
        let code = if unmatched.allow.is_some() { "method_not_allowed" } else { "not_found" };
        let mut answer = self.failure(unmatched.status, code, &unmatched.told);
        let allow = unmatched.allow.and_then(|methods| HeaderValue::from_str(&methods).ok());
        answer.headers_mut().extend(allow.map(|methods| (ALLOW, methods)));
        answer
    }

    /// The envelope of a failure is documented, and HTTP 400, 401 and 500 are mentioned; codes and messages are not, nor
    /// whether a failure costs anything.
    fn failure(&self, status: StatusCode, code: &str, told: &[String]) -> Answer {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let message = told.join("; ");
        let body = json!({
            "success": false,
            "request_id": envelope::request_id(self.seed, call),
            "data": null,
            "meta": envelope::meta(Credits::default()),
            "error": { "code": code, "message": message },
        });
        let answer = answer::body(status, "application/json", body.to_string());
        let assumed = match status {
            StatusCode::BAD_REQUEST => "that it is refused, error code and message, billing of a failure",
            StatusCode::UNAUTHORIZED => "error code and message, billing of a failure",
            _ => "status, error code and message, billing of a failure",
        };
        answer::noted(answer::assumed(answer, assumed), message)
    }

    /// Plays what is recorded, and nothing else.
    fn only_play(&self, head: &Parts, body: &[u8]) -> Answer {
        let asked = format!("{} {}", head.method, head.uri);
        let body: Option<Value> = serde_json::from_slice(body).ok();
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let line = Line::new(&head.method, target, ServiceName::Tradewind);
        let on_line = |recording: &&Recording| recording.is_asked_by(&line);
        let fits = |recording: &&Recording| on_line(recording) && recording.asked() == body.as_ref();
        let problems = match self.recordings.iter().find(fits).map(Recording::play) {
            Some(Ok(answer)) => return answer,
            Some(Err(problem)) => vec![problem],
            None => {
                let mut told = player::unmatched(&asked, &self.recordings);
                let sent = body.unwrap_or_default();
                for near in self.recordings.iter().filter(on_line) {
                    let apart = differences(near.asked().unwrap_or(&Value::Null), &sent);
                    told.extend(apart.iter().map(|apart| format!("unlike {}: {apart}", near.name)));
                }
                told
            }
        };
        self.failure(StatusCode::NOT_FOUND, "not_recorded", &problems)
    }
}

impl Service for Tradewind {
    const FRONT: Door = Door::Tradewind;
    const PLACES: Places = Places { rows: "/data/data/list", count: "/data/data/total" };

    fn door(&self, _: &str) -> Option<Door> {
        Some(Door::Tradewind)
    }

    async fn play(&self, request: Request<Received>) -> Answer {
        let (head, body) = request.into_parts();
        let found = match self.contract.find(&head.method, head.uri.path()) {
            Ok(found) => Some(found),
            // No key would help there; whether the service looks at it first is not known.
            Err(unmatched) if self.behaving => return self.unmatched(unmatched),
            Err(_) => None,
        };
        let open = found.as_ref().is_some_and(|(operation, _)| !operation.needs_key);
        let key = key(&head.headers);
        if !open && key.is_none() {
            let told = "send Authorization: Bearer KEY, with a key such as tw_test_1".to_owned();
            return self.failure(StatusCode::UNAUTHORIZED, "unauthorized", &[told]);
        }
        let Received::Whole(body) = body else {
            let told = format!("the request holds more than {BODY_CAP} bytes, or broke off");
            return self.failure(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &[told]);
        };
        match found.filter(|_| self.behaving) {
            Some(found) => self.behave(found, &head, key, &body),
            None => self.only_play(&head, &body),
        }
    }
}

/// The key that a request carries, if it looks like one.
fn key(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = bearer.split_once(' ')?;
    let key = key.trim();
    let rest = KEYS.iter().find_map(|prefix| key.strip_prefix(prefix))?;
    let looks = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (scheme.eq_ignore_ascii_case("bearer") && looks).then_some(key)
}

/// A recorded answer, its charge as it was set.
fn at_price(answer: Answer, body: &Value, price: &Price) -> Answer {
    let shown = serde_json::to_value(price.credits).unwrap_or_default();
    let mut body = body.clone();
    match body.pointer_mut(CHARGED) {
        Some(charged) if price.assumed && *charged != shown => *charged = shown,
        _ => return answer,
    }
    let (head, _) = answer.into_parts();
    answer::assumed(answer::with_body(head, body.to_string().into()), "price")
}

/// Dates of the right form that are no days.
fn impossible_days(sent: &Value) -> Vec<String> {
    let day = |name: &&str| sent.get(*name)?.as_str()?.parse::<DateText>().err();
    let dates = ["start_time", "end_time"];
    dates.iter().filter_map(|name| Some(format!("body /{name}: {}", day(name)?))).collect()
}

fn today(now: SystemTime) -> DateText {
    let day = time::OffsetDateTime::from(now).date();
    let text = format!("{:04}-{:02}-{:02}", day.year(), u8::from(day.month()), day.day());
    text.parse().unwrap_or_default()
}

/// Tells, in a header and in the log, which fields were ignored.
fn without_ignored(mut answer: Answer, ignored: &[Problem]) -> Answer {
    if ignored.is_empty() {
        return answer;
    }
    let mut told: Vec<_> = ignored.iter().take(MOST_IGNORED).map(ToString::to_string).collect();
    if ignored.len() > MOST_IGNORED {
        told.push(format!("and {} more", ignored.len() - MOST_IGNORED));
    }
    let told = told.join("; ");
    // A header takes ASCII that can be seen; what else was sent is shown by its number.
    let mut plain = String::new();
    for c in told.chars() {
        let shown = match c {
            ' '..='~' => String::from(c),
            _ => c.escape_unicode().to_string(),
        };
        if plain.len() + shown.len() > LONGEST_IGNORED {
            plain += "...";
            break;
        }
        plain += &shown;
    }
    answer.headers_mut().extend(HeaderValue::from_str(&plain).ok().map(|plain| (IGNORED, plain)));
    answer::noted(answer, format!("ignored: {told}"))
}
