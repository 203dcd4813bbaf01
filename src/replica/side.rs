//! One service's listener.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::answer::{self, Answer};
use super::flushed::{Flushed, Watched};
use super::log::Log;
use super::reply;
use super::script::{Closing, Door, Scripts, Step};

/// The most that a request may hold, in bytes.
pub(super) const BODY_CAP: usize = 1 << 20;

/// What a side plays.
pub(super) trait Service: Send + Sync + 'static {
    /// The door whose script new connections follow.
    const FRONT: Door;

    /// The door at this path, if there is one.
    fn door(&self, path: &str) -> Option<Door>;

    /// What is answered without a script.
    fn play(&self, request: Request<Incoming>) -> impl Future<Output = Answer> + Send;

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
    task: JoinHandle<()>,
}

impl Side {
    pub(super) async fn open<S: Service>(service: S, port: u16, scripts: Arc<Scripts>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|e| io::Error::new(e.kind(), format!("port {port} of {}: {e}", Ipv4Addr::LOCALHOST)))?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::default());
        let house = Arc::new(House { service, scripts, log: Arc::clone(&log) });
        let task = tokio::spawn(async move {
            // Connections live in a set of their own, so that they end with the listener.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        // An accept that fails (too many open files, say) concerns that caller only.
                        if let Ok((stream, _)) = accepted {
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
                    }
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Ok(Self { address, log, task })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.task.abort();
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
    log: Arc<Log>,
}

impl<S: Service> House<S> {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        // Each piece of a slow body leaves when it is written.
        _ = stream.set_nodelay(true);
        let flushed = Flushed::default();
        let io = Watched::new(TokioIo::new(stream), flushed.clone());
        let service = service_fn(move |request| {
            let (house, flushed) = (Arc::clone(&self), flushed.clone());
            async move { house.answer(request, flushed).await }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        // A caller that hangs up mid-request is its own affair, a connection cut by a script the test's.
        _ = http.timer(TokioTimer::new()).serve_connection(io, service).await;
    }

    /// An error closes the connection without an answer.
    async fn answer(&self, request: Request<Incoming>, flushed: Flushed) -> io::Result<Answer> {
        let entry = self.log.record(&request);
        let answer = self.taken(request, flushed).await?;
        self.log.answered(entry, &answer);
        Ok(answer)
    }

    /// Does what the script tells, else what the service does.
    async fn taken(&self, request: Request<Incoming>, flushed: Flushed) -> io::Result<Answer> {
        let step = self.service.door(request.uri().path()).map_or(Step::Play, |door| self.scripts.step(door));
        match step {
            Step::Play => Ok(self.service.play(request).await),
            Step::Reply(reply) => {
                read_whole(request).await;
                Ok(answer::noted(reply.answer(flushed).await, "scripted reply"))
            }
            Step::RedirectWithoutCookie => {
                let redirect = self.service.redirect_without_cookie(request.uri());
                read_whole(request).await;
                Ok(redirect.unwrap_or_else(|| reply::unsendable("only HkFront redirects")))
            }
            Step::CloseOnAccept | Step::CloseDuringRequest | Step::CloseAfterRequest => {
                read_whole(request).await;
                Err(io::Error::other("closed as the script tells"))
            }
        }
    }
}

/// Reads a request to its end, or to the cap; nobody asks what it holds.
async fn read_whole(request: Request<Incoming>) {
    _ = Limited::new(request.into_body(), BODY_CAP).collect().await;
}
