use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Request, Url};
use tracing::Instrument;

use super::api::types;
use super::hooks::{BASE_URL, redirects};
use super::query::PATH;
use super::session::Session;
use super::{Answer, Outcome, Query};
use crate::domain::Language;
use crate::error::{Error, ErrorKind};
use crate::exchange::RAW;
use crate::exchange::ServiceName;
use crate::http::{self, CallSpan, RawBody, Repeats, Response, Secret, Settings, Wire};

const SERVICE: &str = "hk-trade";
/// Id of the document's operation.
const QUERY: &str = "get_trade";
/// How often a call that is denied is repeated in a new session.
const NEW_SESSIONS: u32 = 2;

/// A client of the Hong Kong service that survives it: the hand-shake of redirect and cookie, failures inside HTTP 200,
/// limits, busy hours, broken connections.
///
/// Clones share one session, pace and connections. What may be repeated is, within the [`http::Backoff`]'s bound: usage
/// limit, busy, HTTP 403, 429 and 5xx, broken connections and time limits. A call that is denied is repeated in a new
/// session, at most twice.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use tradebind::hk::{Client, Query};
///
/// let client = Client::new()?;
/// let query: Query = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?;
/// for row in client.query(&query).await?.rows() {
///     println!("{} {:?} {}", row.period, row.number()?, row.unit().unwrap_or_default());
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wire: Wire,
    session: Arc<Session>,
    /// Where queries are asked.
    address: Url,
}

/// Sets up a [`Client`].
#[derive(Debug, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    settings: Settings,
}

http::setters!(ClientBuilder);

impl ClientBuilder {
    /// The client.
    ///
    /// # Errors
    /// A base URL that is none, or a TLS backend that cannot start.
    pub fn build(self) -> Result<Client, Error> {
        let session = Arc::new(Session::default());
        let jar = Arc::clone(&session);
        let wire = self.settings.wire(BASE_URL, Secret::default(), |builder| {
            builder.redirect(redirects()).cookie_provider(jar)
        })?;
        let address = Url::parse(&format!("{}{PATH}", wire.base))
            .map_err(|e| Error::new(ErrorKind::Setup, format!("the base URL takes no path: {e}")))?;
        Ok(Client(Arc::new(Shared { wire, session, address })))
    }
}

/// What a call brought; decoded where a query was asked.
struct Got<T> {
    response: Response,
    decoded: Option<T>,
    empty: bool,
}

/// What an answer to a query is read into.
pub(crate) trait Form: Sized {
    /// Reads an answer, success or not.
    fn read(response: &Response) -> Result<Self, Error>;

    /// What the answer says of itself.
    fn status(&self) -> &types::Status;
}

impl Form for types::TradeResponse {
    fn read(response: &Response) -> Result<Self, Error> {
        response.json()
    }

    fn status(&self) -> &types::Status {
        &self.header.status
    }
}

/// What is asked.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Query(&'a Query),
    Raw(&'a Request),
}

impl Asked<'_> {
    fn is_read(self) -> bool {
        match self {
            Self::Query(_) => true,
            Self::Raw(request) => request.method().is_safe(),
        }
    }
}

impl Client {
    /// A client of the live service, with the default settings.
    ///
    /// # Errors
    /// When the TLS backend cannot start.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Sets up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Asks a query.
    ///
    /// "No record found" is an answer without rows. In Chinese the reasons of a refusal are not known: such a query
    /// is asked once more in English to tell which it is; the messages stay those of the language asked.
    ///
    /// # Errors
    /// [`ErrorKind`] lists what can go wrong. What comes with the refusal of a query: unpublished periods in
    /// [`Error::periods`], unknown commodity codes in [`Error::codes`], every reason in [`Error::messages`]. An
    /// answer whose number of rows is not as told keeps them in [`Error::answer`].
    pub async fn query(&self, query: &Query) -> Result<Answer, Error> {
        let (answer, attempts, waited) = self.asked(query, &mut InEnglish::default(), Answer::new).await?;
        Ok(answer.with_effort(attempts, waited))
    }

    /// Asks a query, reads the answer into an `F`, and makes of it what is handed on, with attempts and waits.
    ///
    /// `english` is told what came where it was asked once more in English, since it was refused in Chinese.
    pub(crate) async fn asked<F: Form, T>(
        &self,
        query: &Query,
        english: &mut InEnglish,
        take: impl FnOnce(F, bool, &Response) -> Result<T, Error>,
    ) -> Result<(T, u32, Duration), Error> {
        let call = CallSpan::begin(SERVICE, QUERY);
        let mut repeats = Repeats::new(self.0.wire.backoff);
        let chinese = query.language() != Language::English;
        let asking = async {
            let got = match self.ask(Asked::Query(query), &mut repeats, &call).await {
                Err(error)
                    if chinese && error.is_refused() && repeats.may_go_on() && repeats.is_within_total() =>
                {
                    self.told_in_english(error, query, english, &mut repeats, &call).await?
                }
                got => got?,
            };
            let nothing = || Error::new(ErrorKind::NoData, "the answer was not decoded");
            let made = take(got.decoded.ok_or_else(nothing)?, got.empty, &got.response)?;
            Ok((got.response.status(), made))
        };
        let result = asking.instrument(call.span().clone()).await;
        let (attempts, waited) = (repeats.attempts(), repeats.waited());
        let result = ended(call, "hk-trade get_trade", &repeats, result, |(status, _)| *status);
        result.map(|(_, made)| (made, attempts, waited))
    }

    /// Asks for any path below the base URL, such as `/api/get?lang=EN&…`, with any method and body, and the same
    /// session, pace, repeats and errors. Only safe methods, as GET and HEAD are, are repeated; any other only with a new session,
    /// after an answer that denied the old one, and its error is never [retryable](Error::is_retryable).
    /// An answer that tells a failure is an error, as for a query; whatever else
    /// comes is handed on, "No record found" too.
    ///
    /// ```no_run
    /// # async fn run(client: tradebind::hk::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// let answer = client.raw("GET", "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4", None).await?;
    /// let json: serde_json::Value = answer.json()?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A method or path that is none, or as [`Client::query`].
    pub async fn raw(&self, method: &str, path: &str, body: Option<RawBody>) -> Result<Response, Error> {
        let made = http::raw(&self.0.wire.base, method, path, body);
        let request = made.map_err(|e| e.with_operation("hk-trade raw"))?;
        let call = CallSpan::begin(SERVICE, RAW);
        let mut repeats = Repeats::new(self.0.wire.backoff);
        let asking = self.ask::<types::TradeResponse>(Asked::Raw(&request), &mut repeats, &call);
        let result = asking.instrument(call.span().clone()).await;
        let got = ended(call, "hk-trade raw", &repeats, result, |got| got.response.status())?;
        Ok(got.response)
    }

    pub(crate) fn clock(&self) -> &dyn http::Clock {
        &*self.0.wire.clock
    }

    /// Asks until there is an answer, or until the bound on repeats.
    async fn ask<F: Form>(
        &self,
        asked: Asked<'_>,
        repeats: &mut Repeats,
        call: &CallSpan,
    ) -> Result<Got<F>, Error> {
        let Shared { wire, session, .. } = &*self.0;
        loop {
            let turn = wire.gate.enter(&*wire.clock).await.map_err(|why| repeats.kept_from(why))?;
            let seen = session.number();
            repeats.attempt();
            let began = wire.clock.now();
            let result = match asked {
                Asked::Query(query) => self.send(query).await,
                Asked::Raw(request) => self.send_raw(request).await,
            };
            repeats.took(wire.clock.now().saturating_duration_since(began));
            drop(turn);
            let error = match result {
                Ok(got) => return Ok(got),
                Err(error) => error,
            };
            if error.is_usage_limit() {
                wire.gate.limited(&*wire.clock);
            }
            // Code 4, not a gateway's 403: only the first is cured by a new session. Each repeat counts, also in a session that
            // another call began meanwhile.
            let denied = error.is_access_denied() && error.service_code().is_some();
            if denied && repeats.denied < NEW_SESSIONS && repeats.may_go_on() && repeats.is_within_total() {
                repeats.denied += 1;
                session.renew(seen);
                call.repeated(Duration::ZERO, repeats.attempts(), error.kind());
                repeats.keep(error.repeatable(asked.is_read()));
                continue;
            }
            // What is no read may have been done, even where no connection could be made or the limit was reached: that may be
            // the second of a redirect, which the library below does not tell.
            if !asked.is_read() {
                let error = match error.kind() {
                    ErrorKind::Unreachable => error.of_kind(ErrorKind::Interrupted),
                    _ => error,
                };
                let wait = http::retry_after_of(&error, &*wire.clock);
                return Err(error.repeatable(false).with_retry_after(wait));
            }
            let kind = error.kind();
            let wait = repeats.after(error, &*wire.clock)?;
            call.repeated(wait, repeats.attempts(), kind);
            wire.clock.sleep(wait).await;
        }
    }

    /// Sends a query once, at the address that it prints, and reads the answer.
    async fn send<F: Form>(&self, query: &Query) -> Result<Got<F>, Error> {
        let Shared { wire, address, .. } = &*self.0;
        // Longer ones grow.
        let mut parameters = String::with_capacity(256);
        query.write_parameters(&mut parameters).map_err(|_| http::not_sent())?;
        let mut address = address.clone();
        address.set_query(Some(&parameters));
        let request = http::to(Method::GET, address);
        let sent = wire.transport.execute(&wire.http, request, ServiceName::HkTrade, QUERY).await;
        let response = sent.map_err(Error::from)?;
        // The document knows 200; a service that begins to send another 2xx is understood all the same.
        if !response.is_success() {
            return Err(by_status(response));
        }
        judged(F::read(&response)?, response)
    }

    async fn send_raw<F>(&self, request: &Request) -> Result<Got<F>, Error> {
        let wire = &self.0.wire;
        let request = request.try_clone().ok_or_else(http::not_sent)?;
        // What is recorded names the document's operation, where that is what is asked.
        let is_query = request.method() == Method::GET && request.url().path() == self.0.address.path();
        let operation = if is_query { QUERY } else { RAW };
        let sent = wire.transport.execute(&wire.http, request, ServiceName::HkTrade, operation).await;
        let response = sent.map_err(Error::from)?;
        if !response.is_success() {
            return Err(by_status(response));
        }
        if let Some(status) = status(&response)
            && let Some(error) = Outcome::of(&status).error(&status, &response)
        {
            return Err(error);
        }
        Ok(Got { response, decoded: None, empty: false })
    }

    /// Learns in English why a query was refused: the service's reasons are known in that language only.
    async fn told_in_english<F: Form>(
        &self,
        refused: Error,
        query: &Query,
        came: &mut InEnglish,
        repeats: &mut Repeats,
        call: &CallSpan,
    ) -> Result<Got<F>, Error> {
        let english = query.clone().in_language(Language::English);
        match self.ask(Asked::Query(&english), repeats, call).await {
            Ok(got) if got.empty => {
                *came = InEnglish::NotAnswered(Vec::new());
                Ok(got)
            }
            Ok(_) => {
                *came = InEnglish::Answered;
                Err(refused)
            }
            // It was not asked.
            Err(told) if told.kind() == ErrorKind::NoTurn => Err(refused.of_kind(ErrorKind::Timeout)),
            Err(told) => {
                *came = InEnglish::NotAnswered(told.messages().to_vec());
                if told.is_unpublished_period() || told.is_unknown_commodity() {
                    return Err(told.with_messages(refused.messages().to_vec()));
                }
                // It may be no refusal at all: nobody is told that it is.
                Err(if told.is_refused() { refused } else { told })
            }
        }
    }
}

/// Whether a query that was refused in Chinese was asked once more in English, and what came.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum InEnglish {
    #[default]
    NotAsked,
    /// No rows: a refusal, in these words, "No record found", or a failure.
    NotAnswered(Vec<String>),
    /// Rows: the refusal says nothing of the query.
    Answered,
}

/// Ends the call's span, and puts into an error what it cost.
fn ended<T>(
    call: CallSpan,
    operation: &str,
    repeats: &Repeats,
    result: Result<T, Error>,
    status: impl FnOnce(&T) -> u16,
) -> Result<T, Error> {
    let result =
        result.map_err(|e| e.with_effort(repeats.attempts(), repeats.waited()).with_operation(operation));
    match &result {
        Ok(value) => call.end(Some(status(value)), repeats.attempts(), None, None),
        Err(error) => call.end(error.status(), repeats.attempts(), None, Some(error)),
    }
    result
}

/// What a decoded answer says of itself.
fn judged<F: Form>(decoded: F, response: Response) -> Result<Got<F>, Error> {
    let outcome = Outcome::of(decoded.status());
    let empty = outcome == Outcome::Empty;
    match outcome.error(decoded.status(), &response) {
        Some(error) => Err(error),
        None => Ok(Got { response, decoded: Some(decoded), empty }),
    }
}

/// The status inside an answer, if it is one of the service's.
fn status(response: &Response) -> Option<types::Status> {
    #[derive(serde::Deserialize)]
    struct Answer {
        header: Header,
    }
    #[derive(serde::Deserialize)]
    struct Header {
        status: types::Status,
    }
    response.decoded::<Answer>().ok().map(|answer| answer.header.status)
}

/// What an HTTP status other than 2xx means: what the service says inside goes before it.
fn by_status(response: Response) -> Error {
    let told = status(&response);
    told.and_then(|status| Outcome::of(&status).error(&status, &response))
        .unwrap_or_else(|| http::by_status(response))
}
