//! One service's listener.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::answer::{self, Answer};
use super::connection::{Connection, Watched};
use super::cut::{Cut, Ending};
use super::disturb::{Places, disturbed, untouched};
use super::fault::Fault;
use super::log::{Entry, Log};
use super::reply::{self, Reply};
use super::rules::Rules;
use super::script::{Closing, Door, Scripts, Step};

/// The most that a request may hold, in bytes.
pub(super) const BODY_CAP: usize = 1 << 20;

/// How long no connection is accepted after one could not be.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// The body of a request, read before anything is done.
pub(super) enum Received {
    Whole(Bytes),
    /// More than the cap, or broken off.
    Broken,
}

/// What a side plays.
pub(super) trait Service: Send + Sync + 'static {
    /// The door whose script new connections follow.
    const FRONT: Door;
    /// Where its answers have rows, and their count.
    const PLACES: Places;

    /// The door at this path, if there is one.
    fn door(&self, path: &str) -> Option<Door>;

    /// What is answered without a script.
    fn play(&self, request: Request<Received>) -> impl Future<Output = Answer> + Send;

    /// The redirect without its cookie, where there is a redirect.
    fn redirect_without_cookie(&self, _uri: &Uri) -> Option<Answer> {
        None
    }
}

/// One service's listener; it stops when dropped.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) address: SocketAddr,
    pub(super) log: Arc<Log>,
    listener: Listener,
    task: JoinHandle<()>,
}

/// Where connections come in, until it is taken away.
type Listener = Arc<Mutex<Option<TcpListener>>>;

impl Side {
    pub(super) async fn open<S: Service>(
        service: S,
        port: u16,
        scripts: Arc<Scripts>,
        rules: Arc<Rules>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|e| io::Error::new(e.kind(), format!("port {port} of {}: {e}", Ipv4Addr::LOCALHOST)))?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::default());
        let house = Arc::new(House { service, scripts, rules, log: Arc::clone(&log) });
        let listener = Arc::new(Mutex::new(Some(listener)));
        let accepting = Arc::clone(&listener);
        let task = tokio::spawn(async move {
            // Connections live in a set of their own, so that they end with the listener.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    stream = next(|| accept(&accepting)) => {
                        house.log.connected();
                        match house.scripts.of(S::FRONT).take_for_connection() {
                            Some(Closing::AtOnce) => drop(stream),
                            Some(Closing::DuringRequest) => {
                                connections.spawn(close_during_request(stream));
                            }
                            None => {
                                connections.spawn(Arc::clone(&house).serve(stream));
                            }
                        }
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, log, listener, task })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // Here and now, since the task ends a little later: the port is free for the next to come.
        drop(lock(&self.listener).take());
        self.task.abort();
    }
}

fn lock(listener: &Listener) -> MutexGuard<'_, Option<TcpListener>> {
    listener.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next connection; never once the listener is gone.
async fn accept(listener: &Listener) -> io::Result<TcpStream> {
    let (stream, _) = poll_fn(|cx| match &*lock(listener) {
        Some(listener) => listener.poll_accept(cx),
        None => Poll::Pending,
    })
    .await?;
    Ok(stream)
}

/// The next connection that comes about.
async fn next<F: Future<Output = io::Result<TcpStream>>>(mut accept: impl FnMut() -> F) -> TcpStream {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    loop {
        match accept().await {
            Ok(stream) => return stream,
            // Of that caller only.
            Err(e)
                if matches!(
                    e.kind(),
                    ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
                ) => {}
            // Too many open files, say: to ask again at once would take all of a processor until one is closed.
            Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
        }
    }
}

/// Waits for the first bytes and hangs up on them, unread.
async fn close_during_request(stream: TcpStream) {
    _ = stream.peek(&mut [0]).await;
}

/// What the connections of one side share.
struct House<S> {
    service: S,
    scripts: Arc<Scripts>,
    rules: Arc<Rules>,
    log: Arc<Log>,
}

impl<S: Service> House<S> {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        // Each piece of a slow body leaves when it is written.
        _ = stream.set_nodelay(true);
        let connection = Connection::default();
        let io = Watched::new(stream, connection.clone());
        let service = service_fn(move |request| {
            let (house, connection) = (Arc::clone(&self), connection.clone());
            async move { house.answer(request, connection).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        // A caller that hangs up mid-request is its own affair, a connection cut by a script the test's.
        _ = http.timer(TokioTimer::new()).serve_connection(io, service).await;
    }

    /// An error closes the connection without an answer.
    async fn answer(&self, request: Request<Incoming>, connection: Connection) -> io::Result<Answer> {
        let entry = self.log.record(&request);
        let answer = self.taken(request, connection, entry).await;
        match &answer {
            Ok(answer) => self.log.answered(entry, answer),
            Err(closed) => self.log.closed(entry, &closed.to_string()),
        }
        answer
    }

    /// Does what the script tells, else what a rule makes, else what the service does.
    async fn taken(
        &self,
        request: Request<Incoming>,
        connection: Connection,
        entry: Entry,
    ) -> io::Result<Answer> {
        if connection.is_given_up() {
            connection.reset();
            return closed("reset after the answer before");
        }
        let path = request.uri().path();
        let step = self.service.door(path).map_or(Step::Play, |door| {
            let ruled = || self.rules.fault(door, path).map(Step::Fault);
            self.scripts.step(door).or_else(ruled).unwrap_or(Step::Play)
        });
        if let Step::Fault(Fault::ResetBefore) = step {
            connection.reset();
            return closed(&Fault::ResetBefore.to_string());
        }
        let request = read(request).await;
        if let Received::Whole(body) = request.body() {
            self.log.body(entry, body);
        }
        match step {
            Step::Play => Ok(self.service.play(request).await),
            Step::Fault(fault) => self.faulty(fault, request, connection).await,
            Step::Reply(reply) => Ok(answer::noted(reply.answer(connection).await, "scripted reply")),
            Step::RedirectWithoutCookie => {
                let redirect = self.service.redirect_without_cookie(request.uri());
                Ok(redirect.unwrap_or_else(|| reply::unsendable("only HkFront redirects")))
            }
            Step::CloseOnAccept | Step::CloseDuringRequest | Step::CloseAfterRequest => {
                closed("closed as the script tells")
            }
        }
    }

    /// What the service does, gone wrong.
    async fn faulty(
        &self,
        fault: Fault,
        request: Request<Received>,
        connection: Connection,
    ) -> io::Result<Answer> {
        let note = fault.to_string();
        let answer = match fault {
            Fault::Latency(wait) => {
                let began = Instant::now();
                // Done first: who gives up waiting cannot undo it.
                let answer = self.service.play(request).await;
                // No moment is reckoned, since there may be none so late.
                tokio::time::sleep(wait.saturating_sub(began.elapsed())).await;
                answer
            }
            Fault::Html(status) => {
                let page = Reply::html(status).answer(connection).await;
                answer::assumed(page, "the page, that nothing is charged")
            }
            Fault::Truncated(bytes) => {
                let answer = self.service.play(request).await;
                if answer.body().size_hint().exact().is_some_and(|length| length <= bytes) {
                    return Ok(untouched(answer, &fault));
                }
                answer.map(|body| Cut::after(body, bytes, Ending::InOrder, connection).boxed_unsync())
            }
            Fault::ResetBefore => {
                connection.reset();
                return closed(&note);
            }
            Fault::ResetDuring => {
                let answer = self.service.play(request).await;
                if answer.body().size_hint().exact() == Some(0) {
                    return Ok(untouched(answer, &fault));
                }
                answer.map(|body| Cut::half(body, Ending::Reset, connection).boxed_unsync())
            }
            Fault::ResetAfter => {
                connection.give_up();
                self.service.play(request).await
            }
            Fault::ChargeThenDrop => {
                drop(self.service.play(request).await);
                return closed(&note);
            }
            Fault::DuplicateRows(_)
            | Fault::WrongCount(_)
            | Fault::UnknownFields
            | Fault::Upstream { .. }
            | Fault::StackTrace => {
                return Ok(disturbed(self.service.play(request).await, &fault, S::PLACES).await);
            }
        };
        Ok(answer::noted(answer, note))
    }
}

fn closed(why: &str) -> io::Result<Answer> {
    Err(io::Error::other(why.to_owned()))
}

/// Reads a request to its end, or to the cap.
async fn read(request: Request<Incoming>) -> Request<Received> {
    let (head, body) = request.into_parts();
    let body = if body.is_end_stream() {
        Received::Whole(Bytes::new())
    } else {
        Limited::new(body, BODY_CAP)
            .collect()
            .await
            .map_or(Received::Broken, |whole| Received::Whole(whole.to_bytes()))
    };
    Request::from_parts(head, body)
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;

    use super::*;

    /// Takes its time.
    struct Slow(Duration, Mutex<Option<Instant>>);

    impl Service for Slow {
        const FRONT: Door = Door::Tradewind;
        const PLACES: Places = Places { rows: "", count: "" };

        fn door(&self, _: &str) -> Option<Door> {
            Some(Door::Tradewind)
        }

        async fn play(&self, _: Request<Received>) -> Answer {
            tokio::time::sleep(self.0).await;
            *self.1.lock().unwrap() = Some(Instant::now());
            answer::bare(StatusCode::OK, Bytes::new())
        }
    }

    /// A processor is not spent on asking again for what cannot be had now.
    #[tokio::test]
    async fn accepting_rests_after_a_failure() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let _callers =
            [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let listener = Arc::new(Mutex::new(Some(listener)));
        let failing = async |errors: Vec<io::Error>| {
            let (began, mut errors) = (Instant::now(), errors.into_iter());
            let given_up = |error: Option<io::Error>| async {
                match error {
                    Some(error) => Err(error),
                    None => accept(&listener).await,
                }
            };
            next(|| given_up(errors.next())).await;
            began.elapsed()
        };
        let full = || io::Error::other("too many open files");
        assert!(failing(vec![full(), full(), full()]).await >= AFTER_FAILURE * 3);
        let aborted = (0..2000).map(|_| io::ErrorKind::ConnectionAborted.into()).collect();
        assert!(failing(aborted).await < AFTER_FAILURE * 2000, "one caller's failure holds nobody up");
    }

    /// What the service took is part of the wait, and does not come on top of it.
    #[tokio::test]
    async fn latency_counts_from_the_request_on() {
        let wait = Duration::from_secs(1);
        let house = |takes: Duration| House {
            service: Slow(takes, Mutex::default()),
            scripts: Arc::default(),
            rules: Arc::new(Rules::new(0, Vec::new())),
            log: Arc::default(),
        };
        let late = async |house: &House<Slow>| {
            let began = Instant::now();
            let request = Request::new(Received::Whole(Bytes::new()));
            house.faulty(Fault::Latency(wait), request, Connection::default()).await.unwrap();
            began.elapsed()
        };
        let quick = house(Duration::ZERO);
        assert!(late(&quick).await >= wait);
        let slow = house(wait);
        assert!(late(&slow).await >= wait);
        let played = slow.service.1.lock().unwrap().unwrap();
        assert!(played.elapsed() < wait, "another wait after the service's own: {:?}", played.elapsed());
    }
}
