//! Undoes the envelopes: the service's own, and the upstream's inside.

use progenitor_client::ByteStream;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::api::types::{Envelope, Meta};
use super::call::What;
use super::told::{self, Instead, scalar};
use crate::domain::{Credits, OrOther};
use crate::error::{Error, ErrorKind};
use crate::http::{self, Response};
use crate::operation::AnswerForm;

/// What an operation answers, before its envelopes are undone. Implemented for the documents' answers.
pub trait Answer: Sized + Send + 'static {
    /// What the generated method hands over.
    type Sent: Send;
    /// What is inside.
    type Value;

    /// Takes over from the generated method; `None` where the body is not what it should be.
    fn take(sent: Self::Sent, response: &Response, what: &What) -> Option<Self>;

    /// Undoes the envelopes.
    fn open(self, what: &What) -> Opened<Self::Value>;

    /// Why the body is none.
    fn decode_fault(response: Response, what: &What) -> Error;
}

/// An answer with its envelopes undone.
pub struct Opened<V> {
    /// The value, or what stands in its place.
    pub value: Result<V, Box<Error>>,
    /// The service's id of the call.
    pub request_id: Option<String>,
    /// What the call cost.
    pub meta: Option<Meta>,
}

impl<V> Opened<V> {
    fn bare(value: V) -> Self {
        Self { value: Ok(value), request_id: None, meta: None }
    }
}

/// An answer that the generated method decodes; its faults are told by decoding it as `$strict`.
macro_rules! decoded {
    ($strict:ty) => {
        type Sent = Self;

        fn take(sent: Self, _: &Response, _: &What) -> Option<Self> {
            Some(sent)
        }

        fn decode_fault(response: Response, _: &What) -> Error {
            http::decode_fault::<$strict>(response)
        }
    };
}

/// JSON of unknown shape, without an envelope as far as is known.
impl Answer for Value {
    type Value = Self;
    decoded!(Self);

    fn open(self, _: &What) -> Opened<Self> {
        Opened::bare(self)
    }
}

/// A text, such as the metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Answer for Text {
    type Sent = ByteStream;
    type Value = String;

    fn take(_: ByteStream, response: &Response, _: &What) -> Option<Self> {
        std::str::from_utf8(&response.content()).ok().map(|text| Self(text.to_owned()))
    }

    fn open(self, _: &What) -> Opened<String> {
        Opened::bare(self.0)
    }

    fn decode_fault(response: Response, _: &What) -> Error {
        Error::new(ErrorKind::Decode, "the body is no UTF-8 text").with_response(response)
    }
}

/// Any answer, as it came. Of an operation that the document knows it must be in the known form, and fails as for the
/// operation's method, but for the shape of its data: that is the caller's to judge. Of any other address only what tells a
/// failure for certain is one.
impl Answer for Response {
    type Sent = ();
    type Value = Self;

    fn take((): (), response: &Response, what: &What) -> Option<Self> {
        // As what `open` reads, and the operation's method: what can be skipped over is more than what can be read.
        let fits = match what.form {
            Some(AnswerForm::Enveloped) => read::<Envelope>(response).is_some(),
            Some(AnswerForm::Json) => read::<Value>(response).is_some(),
            Some(AnswerForm::Text) | None => true,
        };
        fits.then(|| response.clone())
    }

    fn open(self, what: &What) -> Opened<Self> {
        let mut envelope = match read(&self) {
            Some(Value::Object(envelope)) => envelope,
            None if matches!(what.form, Some(AnswerForm::Enveloped | AnswerForm::Json)) => {
                let error = Box::new(Error::new(ErrorKind::Decode, ""));
                return Opened { value: Err(error), request_id: None, meta: None };
            }
            _ => return Opened::bare(self),
        };
        let success = envelope.get("success").and_then(Value::as_bool);
        let failed = failed(success, envelope.get("error"));
        let value = match (failed, envelope.remove("data")) {
            (Some(error), _) => Err(error),
            (None, data) if what.form == Some(AnswerForm::Enveloped) => inner(data, what).map(drop),
            (None, Some(data)) if what.customs => upstream(data)
                .map(drop)
                .or_else(|e| if e.kind() == ErrorKind::Upstream { Err(e) } else { Ok(()) }),
            _ => Ok(()),
        };
        Opened {
            value: value.map(|()| self).map_err(Box::new),
            request_id: request_id(envelope.get("request_id")),
            meta: envelope.get("meta").and_then(meta),
        }
    }

    fn decode_fault(response: Response, what: &What) -> Error {
        match what.form {
            Some(AnswerForm::Enveloped) => http::decode_fault::<Envelope>(response),
            _ => http::decode_fault::<Value>(response),
        }
    }
}

/// Data of unknown shape; for customs operations what lies inside the upstream's envelope, where there is one.
impl Answer for Envelope {
    type Value = Value;
    decoded!(Self);

    fn open(self, what: &What) -> Opened<Value> {
        let value = match failed(self.success, self.error.as_ref()) {
            Some(error) => Err(error),
            None => inner(self.data, what),
        };
        Opened { value: value.map_err(Box::new), request_id: self.request_id, meta: self.meta }
    }
}

/// What an envelope that tells no failure holds.
fn inner(data: Option<Value>, what: &What) -> Result<Value, Error> {
    match taken(data, what.id, "")? {
        data if what.customs => upstream(data),
        data => Ok(data),
    }
}

/// The data of an operation, where some are there.
fn taken(data: Option<Value>, operation: &str, place: &'static str) -> Result<Value, Error> {
    let kind = match (told::instead(data.as_ref(), operation), data) {
        (None, Some(data)) => return Ok(data),
        (Some(Instead::Text), _) => ErrorKind::TextInsteadOfData,
        (Some(Instead::Nothing) | None, _) => ErrorKind::NoData,
    };
    Err(Error::new(kind, place))
}

/// An answer with a shape of its own. The generator writes how it comes apart, so that a new operation needs nothing here.
pub trait Enveloped: Sized + Send + serde::de::DeserializeOwned + 'static {
    /// What should stand where the envelope keeps its data.
    type Data;
    /// The answer with its data as documented and nothing else in their place; tells where a body is not so.
    type Strict: serde::de::DeserializeOwned;
    /// What lies inside all envelopes.
    type Value: serde::de::DeserializeOwned;

    /// The members of the service's envelope.
    fn parts(self) -> Parts<Self::Data>;

    /// What the data are.
    fn inner(data: Self::Data) -> Inner<Self::Value>;
}

/// The members of the service's envelope.
pub struct Parts<D> {
    /// `success`
    pub success: Option<bool>,
    /// `request_id`
    pub request_id: Option<String>,
    /// `data`
    pub data: Option<OrOther<D>>,
    /// `meta`
    pub meta: Option<Meta>,
    /// `error`
    pub error: Option<Value>,
}

impl<D> Parts<D> {
    /// An answer without an envelope.
    pub fn bare(data: D) -> Self {
        Self { success: None, request_id: None, data: Some(OrOther::Expected(data)), meta: None, error: None }
    }
}

/// What the data of an envelope are.
pub enum Inner<V> {
    /// The value itself.
    Bare(V),
    /// The upstream's envelope around the value.
    Upstream {
        /// `code`; 1 is success.
        code: Option<Value>,
        /// `msg`
        message: Option<String>,
        /// `data`
        data: Option<V>,
    },
}

/// An envelope with data as documented.
#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "only whether it can be read counts")]
pub struct Strict<D> {
    success: Option<bool>,
    request_id: Option<String>,
    data: D,
    meta: Option<Meta>,
}

impl<T: Enveloped> Answer for T {
    type Value = T::Value;
    decoded!(T::Strict);

    fn open(self, _: &What) -> Opened<T::Value> {
        let Parts { success, request_id, data, meta, error } = self.parts();
        let value = match (failed(success, error.as_ref()), data) {
            (Some(error), _) => Err(error),
            (None, None | Some(OrOther::Other(Value::Null))) => Err(Error::new(ErrorKind::NoData, "")),
            (None, Some(OrOther::Other(Value::String(_)))) => {
                Err(Error::new(ErrorKind::TextInsteadOfData, ""))
            }
            (None, Some(OrOther::Other(data))) => odd(data),
            (None, Some(OrOther::Expected(data))) => match T::inner(data) {
                Inner::Bare(value) => Ok(value),
                Inner::Upstream { code: told, message, data } => code(told.as_ref(), message.as_deref())
                    .and_then(|()| {
                        data.ok_or_else(|| Error::new(ErrorKind::NoData, "in the upstream's envelope"))
                    }),
            },
        };
        Opened { value: value.map_err(Box::new), request_id, meta }
    }
}

/// Data that are not as documented: the upstream's failure, where they tell one, or what lies inside where only the envelope
/// around it is odd.
fn odd<V: serde::de::DeserializeOwned>(data: Value) -> Result<V, Error> {
    let enveloped = data.get("code").is_some();
    let inner = upstream(data)?;
    let read = if enveloped { serde_json::from_value(inner).ok() } else { None };
    read.ok_or_else(|| Error::new(ErrorKind::Decode, "at /data"))
}

/// What a call cost, of an answer whose other members may be anything.
fn meta(value: &Value) -> Option<Meta> {
    let alone = || charged(value.pointer("/billing/credits_charged")?.clone());
    serde_json::from_value(value.clone()).ok().or_else(alone)
}

/// A charge of which nothing else is known.
fn charged(credits: Value) -> Option<Meta> {
    serde_json::from_value(serde_json::json!({ "billing": { "credits_charged": credits } })).ok()
}

fn request_id(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// Credits that an answer tells to have charged.
pub(super) fn credits(meta: Option<&Meta>) -> Option<Credits> {
    meta?.billing.as_ref()?.credits_charged
}

/// The failure that the service's own envelope tells. An `error` that says nothing is none.
fn failed(success: Option<bool>, error: Option<&Value>) -> Option<Error> {
    told::refused(success, error).then(|| refused(error.filter(|error| told::says(error))))
}

/// A refusal, with the code and every text of `error`: of its members only the code is documented.
fn refused(error: Option<&Value>) -> Error {
    let texts = match error {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Object(members)) => {
            let texts = members.iter().filter(|(name, _)| *name != "code").map(|(_, value)| value);
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    Error::new(ErrorKind::Refused, "")
        .with_code(error.and_then(|error| scalar(error.get("code")?)))
        .with_messages(texts)
}

/// Undoes the upstream's envelope, where the data are one.
fn upstream(mut data: Value) -> Result<Value, Error> {
    let Some(members) = data.as_object_mut().filter(|members| members.contains_key("code")) else {
        return Ok(data);
    };
    code(members.get("code"), members.get("msg").and_then(Value::as_str))?;
    // A text in there is none of any operation's.
    taken(members.remove("data"), "", "in the upstream's envelope")
}

/// The upstream's code: 1 is success, anything else a failure (documented).
fn code(code: Option<&Value>, message: Option<&str>) -> Result<(), Error> {
    let Some(code) = told::failing_code(code) else { return Ok(()) };
    let messages = message.map(str::to_owned).into_iter().collect();
    Err(Error::new(ErrorKind::Upstream, "").with_code(Some(code)).with_messages(messages))
}

/// What an HTTP status other than 2xx means: what the service's envelope says goes before the status.
pub(super) fn by_status(response: Response, free: bool) -> Error {
    // A gateway gave up waiting, or hides what happened behind it.
    let hidden = response.status() >= 500 || response.status() == 408;
    let envelope = serde_json::from_slice::<Value>(&response.content()).unwrap_or_default();
    let member = |name: &str| envelope.get(name).filter(|value| !value.is_null());
    let success = member("success").and_then(Value::as_bool);
    // An envelope says something. A gateway's own JSON may have an `error` too, but none of the service's other members.
    let marked = success.is_some() || member("request_id").is_some();
    let Some(failure) = failed(success, member("error")).filter(|_| marked || !hidden) else {
        let error = http::by_status(response);
        return if hidden && !free { error.outcome_unknown() } else { once(error, free) };
    };
    let kind = match http::status_kind(response.status()) {
        // Below 500 the envelope is the service's own answer.
        ErrorKind::HttpStatus if response.status() < 500 => ErrorKind::Refused,
        kind => kind,
    };
    let later = matches!(kind, ErrorKind::UsageLimit | ErrorKind::Busy | ErrorKind::HttpStatus);
    once(failure.of_kind(kind).repeatable(later), free).with_response(response)
}

/// Of a call that may be billed, only a refusal for the limit may be repeated without harm.
fn once(error: Error, free: bool) -> Error {
    let repeatable = error.is_retryable() && (free || error.is_usage_limit());
    error.repeatable(repeatable)
}

fn read<T: DeserializeOwned>(response: &Response) -> Option<T> {
    serde_json::from_slice(&response.content()).ok()
}

/// What an answer tells of its cost, however little of it can be read.
pub(super) fn charge(response: &Response) -> (Option<String>, Option<Meta>) {
    let Some(body) = read::<Value>(response) else { return charge_alone(response) };
    (request_id(body.get("request_id")), body.get("meta").and_then(meta))
}

/// The same of a body that can be skipped over but not read, such as one with half of a character: nothing but the members
/// in question is looked at.
fn charge_alone(response: &Response) -> (Option<String>, Option<Meta>) {
    #[derive(serde::Deserialize)]
    struct Named {
        request_id: String,
    }
    #[derive(serde::Deserialize)]
    struct Charged {
        meta: Billed,
    }
    #[derive(serde::Deserialize)]
    struct Billed {
        billing: Billing,
    }
    #[derive(serde::Deserialize)]
    struct Billing {
        credits_charged: Value,
    }
    let id = read::<Named>(response).map(|named| named.request_id);
    (id, read::<Charged>(response).and_then(|told| charged(told.meta.billing.credits_charged)))
}
