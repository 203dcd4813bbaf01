use std::collections::BTreeMap;
use std::sync::Arc;

use progenitor_client::{
    ClientHooks as _, ClientInfo as _, Error as SendError, OperationInfo, ResponseValue,
};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request};
use serde_json::Value;
use tracing::Instrument;

use super::access::{BASE_URL, once};
use super::api::{self, types};
use super::call::What;
use super::envelope::{self, Answer};
use super::{Access, Billed, Call, Ledger};
use crate::domain::Credits;
use crate::error::{Error, ErrorKind};
use crate::http::{self, Repeats, Response, Settings, Wire};
use crate::near::nearest;

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
    ledger: Ledger,
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

    /// The most that all calls may cost: a hard budget.
    pub fn max_credits(self, credits: Credits) -> Self {
        Self { max_credits: Some(credits), ..self }
    }

    /// A ledger to share with other clients, or to go on with.
    pub fn ledger(self, ledger: Ledger) -> Self {
        Self { ledger, ..self }
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
                ));
            };
            allowed.insert(id, checked(credits)?);
        }
        if let Some(credits) = self.max_credits {
            self.ledger.set_budget(Some(checked(credits)?));
        }
        let wire = self.settings.wire(BASE_URL, self.access.secret().clone(), once)?;
        Ok(Client(Arc::new(Shared { wire, access: self.access, ledger: self.ledger, allowed })))
    }
}

/// A budget or allowance below zero is a slip of the pen.
fn checked(credits: Credits) -> Result<Credits, Error> {
    if credits < Credits::default() {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            format!("{credits} credits are allowed; it must be 0 or more"),
        ));
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
    /// address that the document knows keeps its price; any other must be allowed for, by [`Call::allow`]. A failure that
    /// the envelope tells is an error; whatever else comes is handed on as it is.
    ///
    /// ```no_run
    /// # async fn run(client: tradebind::tradewind::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let body = serde_json::json!({ "page": 1 });
    /// let answer = client.raw("POST", "/api/customs/some/new-operation", Some(body))?.allow("0.5".parse()?).await?;
    /// let json: serde_json::Value = answer.value().json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A method or path that is none.
    pub fn raw(&self, method: &str, path: &str, body: Option<Value>) -> Result<Call<Response>, Error> {
        let invalid = |e: Error| e.with_operation("tradewind raw");
        let url = http::below(&self.0.wire.base, path).map_err(invalid)?;
        let Ok(method) = Method::from_bytes(method.to_ascii_uppercase().as_bytes()) else {
            return Err(invalid(Error::new(ErrorKind::InvalidRequest, "the method is none of HTTP")));
        };
        // The path as it is sent: one that is written in another way must not pass for a free operation.
        let base =
            reqwest::Url::parse(&self.0.wire.base).map(|base| base.path().trim_end_matches('/').to_owned());
        let sent = base.ok().and_then(|base| url.path().strip_prefix(&base)).unwrap_or(url.path()).to_owned();
        let what = known(method.as_str(), &sent).map_or_else(|| What::unknown(&sent), What::of);
        let key = what.key;
        let text = body.map(|body| body.to_string());
        Ok(self.call_with(what, move |api| {
            let mut request = Request::new(method.clone(), url.clone());
            if let Some(text) = &text {
                request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(text.clone().into());
            }
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
            if key && let Some(bearer) = api.inner().bearer() {
                request.headers_mut().insert(AUTHORIZATION, bearer);
            }
            async move {
                let answer = api.exec(request, &OperationInfo { operation_id: "raw" }).await?;
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
    pub(super) async fn run<A: Answer>(&self, call: Call<A>) -> Result<Billed<A::Value>, Error> {
        let span = http::Call::begin("tradewind", call.what.id);
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
        span: &http::Call,
    ) -> Result<(u16, Billed<A::Value>), Error> {
        let Shared { wire, access, ledger, .. } = &*self.0;
        let what = &call.what;
        if what.key && !access.has_key() {
            return Err(Error::new(ErrorKind::NoKey, ""));
        }
        let (price, bound) = self.price(call)?;
        let mut reservation = ledger.reserve(what.id, price, bound)?;
        loop {
            let turn = wire.gate.enter(&*wire.clock).await;
            repeats.attempt();
            reservation.sent();
            let result = self.attempt(call).await;
            drop(turn);
            let error = match result {
                Ok((response, answer)) => {
                    let opened = answer.open(what);
                    let billing = opened.meta.as_ref().and_then(|meta| meta.billing.as_ref());
                    let credits = billing.and_then(|billing| billing.credits_charged);
                    reservation.settle(credits);
                    return match opened.value {
                        Ok(value) => {
                            Ok((response.status(), Billed::new(value, opened.request_id, opened.meta)))
                        }
                        Err(error) => {
                            // Told again from the body, which has offsets.
                            let error =
                                if error.is_decode() { A::decode_fault(response.clone()) } else { *error };
                            Err(error.with_charge(opened.request_id, credits).with_response(response))
                        }
                    };
                }
                Err(error) => error,
            };
            if error.is_unsent() {
                reservation.unsent();
            }
            if what.free || error.is_unsent() {
                let kind = error.kind();
                let wait = repeats.after(error, &*wire.clock)?;
                span.repeated(wait, repeats.attempts(), kind);
                wire.clock.sleep(wait).await;
                continue;
            }
            let (id, credits) = error.response().map(envelope::charge).unwrap_or_default();
            reservation.settle(credits);
            let asked = http::retry_after_of(&error, &*wire.clock);
            return Err(error.with_charge(id, credits).with_retry_after(asked));
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
            Err(error) if free || error.is_unsent() || error.kind() == ErrorKind::TooLarge => {
                let repeatable = error.is_retryable();
                return Err(error.repeatable(repeatable));
            }
            Err(error) => return Err(error.outcome_unknown()),
        };
        match sent {
            _ if !response.is_success() => Err(envelope::by_status(response, free)),
            Ok(sent) => A::take(sent.into_inner(), &response).map(|answer| (response, answer)),
            Err(_) => Err(A::decode_fault(response)),
        }
    }

    /// What a call may cost, and whether that was allowed for by the user.
    fn price<A: Answer>(&self, call: &Call<A>) -> Result<(Credits, bool), Error> {
        let what = &call.what;
        if let Some(credits) = call.allowed.or_else(|| self.0.allowed.get(what.id).copied()) {
            return Ok((checked(credits)?, true));
        }
        match what.price {
            Some(price) => Ok((price, false)),
            None => {
                let how = "allow what it may cost, by Call::allow or ClientBuilder::allow";
                Err(Error::new(
                    ErrorKind::PriceUnknown,
                    format!("no price of `{}` is documented; {how}", what.id),
                ))
            }
        }
    }
}

/// The operation of the document at an address; `{name}` stands for one part of a path.
fn known(method: &str, path: &str) -> Option<&'static crate::Operation> {
    let fits = |template: &str| {
        let (mut given, mut parts) = (path.split('/'), template.split('/'));
        loop {
            match (given.next(), parts.next()) {
                (None, None) => return true,
                (Some(given), Some(part)) if part.starts_with('{') && !given.is_empty() => {}
                (Some(given), Some(part)) if given == part => {}
                _ => return false,
            }
        }
    };
    api::OPERATIONS.iter().find(|operation| operation.method == method && fits(operation.path))
}
