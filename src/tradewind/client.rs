use std::collections::BTreeMap;
use std::sync::Arc;

use progenitor_client::{
    ClientHooks as _, ClientInfo as _, Error as SendError, OperationInfo, ResponseValue,
};
use reqwest::header::AUTHORIZATION;
use tracing::Instrument;

use super::access::{BASE_URL, once};
use super::api::{self, types};
use super::call::What;
use super::envelope::{self, Answer};
use super::{Access, Billed, Call, Ledger};
use crate::domain::Credits;
use crate::error::{Error, ErrorKind};
use crate::exchange::RAW;
use crate::http::{self, RawBody, Repeats, Response, Settings, Wire};
use crate::near::nearest;
use crate::path_template;

/// A client of TradeWind that looks after your credits.
///
/// Each operation of the document is a method that makes a [`Call`]; a call that may be billed is sent once, and never
/// again after bytes left. What it may cost is reserved in the [`Ledger`] before: the price where the document
/// tells one, else what you allow. Clones share key, ledger, pace and connections.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebind::tradewind::{Client, api::types::WorldRegionsRequest, read_request};
///
/// let client = Client::builder().key_from_env()?.max_credits("1.4".parse()?).build()?;
/// let request: WorldRegionsRequest = read_request(r#"{"type": "exporter", "product": "pet"}"#)?;
/// let answer = client.world_regions(request).await?;
/// println!("{:?} credits", answer.credits());
/// for region in answer.value().list.iter().flatten() {
///     println!("{:?} {:?}", region.en, region.trade_count);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wire: Wire,
    access: Access,
    ledger: Ledger,
    allowed: BTreeMap<&'static str, Credits>,
}

/// Sets up a [`Client`].
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    settings: Settings,
    access: Access,
    ledger: Option<Ledger>,
    max_credits: Option<Credits>,
    allowed: Vec<(String, Credits)>,
}

http::setters!(ClientBuilder);

impl ClientBuilder {
    /// With a key.
    ///
    /// # Errors
    /// As [`Access::key`].
    pub fn key(self, key: &str) -> Result<Self, Error> {
        Ok(Self { access: Access::key(key)?, ..self })
    }

    /// With the key in the environment's variable `TRADEWIND_API_KEY`.
    ///
    /// # Errors
    /// As [`Access::from_env`].
    pub fn key_from_env(self) -> Result<Self, Error> {
        Ok(Self { access: Access::from_env()?, ..self })
    }

    /// With the key in a file.
    ///
    /// # Errors
    /// As [`Access::from_file`].
    pub fn key_from_file(self, path: impl AsRef<std::path::Path>) -> Result<Self, Error> {
        Ok(Self { access: Access::from_file(path)?, ..self })
    }

    /// The most that all calls may cost: a hard budget. For a ledger of your own, see [`Ledger::with_budget`].
    pub fn max_credits(self, credits: Credits) -> Self {
        Self { max_credits: Some(credits), ..self }
    }

    /// A ledger to share with other clients, or to go on with.
    pub fn ledger(self, ledger: Ledger) -> Self {
        Self { ledger: Some(ledger), ..self }
    }

    /// Allows each call of an operation to cost so much: that is reserved, and calls are sent even where the price is
    /// unknown. The operation is named by its id, such as `market_trend`.
    pub fn allow(mut self, operation: &str, at_most: Credits) -> Self {
        self.allowed.push((operation.to_owned(), at_most));
        self
    }

    /// The client.
    ///
    /// # Errors
    /// A base URL that is none, an allowance for no operation, or a TLS backend that cannot start.
    pub fn build(self) -> Result<Client, Error> {
        let mut allowed = BTreeMap::new();
        for (name, credits) in self.allowed {
            let ids = || api::OPERATIONS.iter().map(|operation| operation.id);
            let Some(id) = ids().find(|id| *id == name) else {
                let near =
                    nearest(&name, ids()).map_or(String::new(), |near| format!("; did you mean {near:?}?"));
                return Err(Error::new(
                    ErrorKind::Setup,
                    format!("credits are allowed for {name:?}, which is no operation{near}"),
                )
                .scrubbed(self.access.secret()));
            };
            allowed.insert(id, checked(credits, ErrorKind::Setup)?);
        }
        let ledger = match (self.ledger, self.max_credits) {
            (Some(_), Some(_)) => {
                let detail = "max_credits and a ledger are both given; give the budget to the ledger, which others may share";
                return Err(Error::new(ErrorKind::Setup, detail));
            }
            (Some(ledger), None) => ledger,
            (None, Some(credits)) => Ledger::with_budget(checked(credits, ErrorKind::Setup)?),
            (None, None) => Ledger::new(),
        };
        let wire = self.settings.wire(BASE_URL, self.access.secret().clone(), once)?;
        Ok(Client(Arc::new(Shared { wire, access: self.access, ledger, allowed })))
    }
}

/// A budget or allowance below zero is a slip of the pen.
fn checked(credits: Credits, kind: ErrorKind) -> Result<Credits, Error> {
    if credits < Credits::default() {
        return Err(Error::new(kind, format!("{credits} credits are allowed; it must be 0 or more")));
    }
    Ok(credits)
}

impl Client {
    /// A client of the live service with this key, without a budget.
    ///
    /// # Errors
    /// As [`Access::key`], or when the TLS backend cannot start.
    pub fn new(key: &str) -> Result<Self, Error> {
        Self::builder().key(key)?.build()
    }

    /// Sets up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// What calls cost so far.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// A call of any path below the base URL, with the same key, errors, pace and ledger: for what the document lacks. An
    /// address that the document knows keeps its price, and the form of its answer is looked at as by its method, but for the
    /// shape of the data; any other must be allowed for, by [`Call::allow`]: of such a one a failure that the envelope
    /// tells is an error, and whatever else comes is handed on as it is.
    ///
    /// ```no_run
    /// # async fn run(client: tradebind::tradewind::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let body = r#"{ "page": 1 }"#.into();
    /// let answer = client.raw("POST", "/api/customs/some/new-operation", Some(body))?.allow("0.5".parse()?).await?;
    /// let json: serde_json::Value = answer.value().json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A method or path that is none.
    pub fn raw(&self, method: &str, path: &str, body: Option<RawBody>) -> Result<Call<Response>, Error> {
        let made = http::raw(&self.0.wire.base, method, path, body);
        let request = Arc::new(made.map_err(|e| e.with_operation("tradewind raw"))?);
        // The path as it is sent: one that is written in another way must not pass for a free operation.
        let base =
            reqwest::Url::parse(&self.0.wire.base).map(|base| base.path().trim_end_matches('/').to_owned());
        let sent = request.url().path();
        let sent = base.ok().and_then(|base| sent.strip_prefix(&base)).unwrap_or(sent);
        let what =
            operation_at(request.method().as_str(), sent).map_or_else(|| What::unknown(sent), What::of);
        let (id, key) = (what.id, what.key);
        Ok(self.call_with(what, move |api| {
            let copy = request.try_clone();
            async move {
                let unsent = || SendError::InvalidRequest("the body cannot be sent twice".to_owned());
                let mut request = copy.ok_or_else(unsent)?;
                if key && let Some(bearer) = api.inner().bearer() {
                    request.headers_mut().insert(AUTHORIZATION, bearer);
                }
                let answer = api.exec(request, &OperationInfo { operation_id: id }).await?;
                Ok(ResponseValue::new((), answer.status(), answer.headers().clone()))
            }
        }))
    }

    /// A call of an operation of the document, for the generated methods.
    pub(super) fn call<A, F, R>(&self, id: &'static str, send: F) -> Call<A>
    where
        A: Answer,
        F: Fn(api::Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<ResponseValue<A::Sent>, SendError<types::Failure>>> + Send + 'static,
    {
        let operation = api::OPERATIONS.iter().find(|operation| operation.id == id);
        // The generated methods stand beside the table: each is in it.
        self.call_with(operation.map_or_else(|| What::unknown(""), What::of), send)
    }

    fn call_with<A, F, R>(&self, what: What, send: F) -> Call<A>
    where
        A: Answer,
        F: Fn(api::Client) -> R + Send + Sync + 'static,
        R: Future<Output = Result<ResponseValue<A::Sent>, SendError<types::Failure>>> + Send + 'static,
    {
        Call { client: self.clone(), what, allowed: None, send: Box::new(move |api| Box::pin(send(api))) }
    }

    /// Sends a call: checks key and budget, sends it at the client's pace, and books what it cost.
    pub(super) async fn run<A: Answer>(&self, mut call: Call<A>) -> Result<Billed<A::Value>, Error> {
        let dearest = self.0.ledger.dearest(call.what.id);
        call.what = call.what.charged(dearest);
        let span = http::CallSpan::begin("tradewind", call.what.id);
        let mut repeats = Repeats::new(self.0.wire.backoff);
        let result = self.sent(&call, &mut repeats, &span).instrument(span.span().clone()).await;
        let attempts = repeats.attempts();
        match result {
            Ok((status, billed)) => {
                span.end(Some(status), attempts, billed.credits(), None);
                Ok(billed)
            }
            Err(error) => {
                let error = error
                    .scrubbed(self.0.access.secret())
                    .with_effort(attempts, repeats.waited())
                    .with_operation(&format!("tradewind {}", call.what.id));
                span.end(error.status(), attempts, error.credits(), Some(&error));
                Err(error)
            }
        }
    }

    async fn sent<A: Answer>(
        &self,
        call: &Call<A>,
        repeats: &mut Repeats,
        span: &http::CallSpan,
    ) -> Result<(u16, Billed<A::Value>), Error> {
        let Shared { wire, access, ledger, .. } = &*self.0;
        let what = &call.what;
        if what.key && !access.has_key() {
            return Err(Error::new(ErrorKind::NoKey, ""));
        }
        let mut reservation = ledger.reserve(what.id, self.price(call)?, what.free)?;
        loop {
            let turn = wire.gate.enter(&*wire.clock).await.map_err(|why| repeats.kept_from(why))?;
            reservation.sent().map_err(|why| repeats.kept_from(why))?;
            repeats.attempt();
            let began = wire.clock.now();
            let result = self.attempt(call).await;
            repeats.took(wire.clock.now().saturating_duration_since(began));
            drop(turn);
            let error = match result {
                Ok((response, answer)) => {
                    let mut opened = answer.open(what);
                    // What is handed on as it came may tell a charge all the same.
                    if opened.meta.is_none() {
                        let (id, meta) = envelope::charge(&response);
                        opened.request_id = opened.request_id.or(id);
                        opened.meta = meta;
                    }
                    let credits = envelope::credits(opened.meta.as_ref());
                    let held = reservation.settle(credits);
                    return match opened.value {
                        Ok(value) => {
                            let secret = access.secret().clone();
                            let billed = Billed::new(value, opened.request_id, opened.meta, secret);
                            Ok((response.status(), billed))
                        }
                        Err(error) => {
                            // Told again from the body, which has offsets.
                            let error = if error.is_decode() {
                                A::decode_fault(response.clone(), what)
                            } else {
                                *error
                            };
                            let error = error.with_charge(opened.request_id, credits).with_held(held);
                            Err(error.with_response(response))
                        }
                    };
                }
                Err(error) => error,
            };
            if error.is_unsent() {
                reservation.unsent();
            }
            let (id, meta) = error.response().map(envelope::charge).unwrap_or_default();
            let credits = envelope::credits(meta.as_ref());
            let error = error.with_charge(id, credits);
            // What is charged against the document's word is not free to repeat.
            let free = what.free && credits.unwrap_or_default() == Credits::default();
            if !free && !error.is_unsent() {
                let held = reservation.settle(credits);
                let asked = http::retry_after_of(&error, &*wire.clock);
                return Err(error.with_retry_after(asked).with_held(held));
            }
            let kind = error.kind();
            let wait = repeats.after(error, &*wire.clock)?;
            span.repeated(wait, repeats.attempts(), kind);
            wire.clock.sleep(wait).await;
        }
    }

    /// Sends a call once.
    async fn attempt<A: Answer>(&self, call: &Call<A>) -> Result<(Response, A), Error> {
        let Shared { wire, access, .. } = &*self.0;
        let free = call.what.free;
        let (transport, slot) = wire.transport.attempt();
        let access = access.clone().over(transport);
        let sent = (call.send)(api::Client::new_with_client(&wire.base, wire.http.clone(), access)).await;
        let response = match http::outcome(&slot).unwrap_or_else(|| Err(http::not_sent())) {
            Ok(response) => response,
            Err(error) if free || error.is_unsent() => return Err(error),
            Err(error) => return Err(error.outcome_unknown()),
        };
        match sent {
            _ if !response.is_success() => Err(envelope::by_status(response, free)),
            sent => match sent.ok().and_then(|sent| A::take(sent.into_inner(), &response, &call.what)) {
                Some(answer) => Ok((response, answer)),
                None => Err(lost::<A>(response, &call.what)),
            },
        }
    }

    /// What a call may cost: what is allowed, but never less than is on record.
    fn price<A: Answer>(&self, call: &Call<A>) -> Result<Credits, Error> {
        let what = &call.what;
        let allowed = call.allowed.or_else(|| self.0.allowed.get(what.id).copied());
        let allowed = allowed.map(|credits| checked(credits, ErrorKind::InvalidRequest)).transpose()?;
        match (allowed, what.price) {
            (Some(allowed), Some(price)) if allowed < price => {
                let detail = format!(
                    "{allowed} credits are allowed where {price} were charged on record; allow no less"
                );
                Err(Error::new(ErrorKind::InvalidRequest, detail))
            }
            (Some(allowed), _) => Ok(allowed),
            (None, Some(price)) => Ok(price),
            (None, None) => {
                let detail = if what.id == RAW {
                    "the document does not know this address; allow what it may cost, by Call::allow"
                        .to_owned()
                } else {
                    let how = "allow what it may cost, by Call::allow or ClientBuilder::allow";
                    format!("no price of `{}` is documented; {how}", what.id)
                };
                Err(Error::new(ErrorKind::PriceUnknown, detail))
            }
        }
    }
}

/// A body that is no answer. A page, or nothing, in the place of JSON is a gateway's: what was billed is lost behind it.
fn lost<A: Answer>(response: Response, what: &What) -> Error {
    let is_hidden = !what.free && !http::looks(&response).is_empty();
    let error = A::decode_fault(response, what);
    if is_hidden { error.outcome_unknown() } else { error }
}

/// The operation of the document at a method and path; a `{name}` of its path stands for one part, or for what is left of it.
#[must_use]
pub fn operation_at(method: &str, path: &str) -> Option<&'static crate::Operation> {
    let of_method = api::OPERATIONS.iter().filter(|operation| operation.method == method);
    of_method
        .filter_map(|operation| Some((operation, path_template::values(operation.path, path)?)))
        .min_by_key(|(_, values)| path_template::looseness(values))
        .map(|(operation, _)| operation)
}
