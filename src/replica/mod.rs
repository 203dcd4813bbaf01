//! A local server that speaks as both services do: it plays recorded exchanges on loopback.
//!
//! The Hong Kong side answers first with a 302 to a one-time address and demands the cookie that it set on
//! the way; without it, it says "Access denied" inside HTTP 200. The TradeWind side demands a key. What the
//! services' documentation does not tell and the server had to make up is named in the header
//! `x-tradebind-assumed` of an answer.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use tradebind::hk::{Query, api, api_http_client};
//! use tradebind::replica::Replica;
//!
//! let replica = Replica::start().await?;
//! let client = api::Client::new_with_client(&replica.hk_url(), api_http_client()?);
//! let query: Query = "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse()?;
//! let answer = query.request(&client).send().await?.into_inner();
//! assert_eq!(answer.data_set.unwrap_or_default().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod answer;
mod hk;
mod log;
mod player;
mod tradewind;

pub use log::LoggedRequest;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::exchange::{Exchange, ServiceName};
use log::Log;

/// A running local server of both services; it stops when dropped.
#[derive(Debug)]
pub struct Replica {
    hk: Side,
    tradewind: Side,
}

/// One service's listener.
#[derive(Debug)]
struct Side {
    address: SocketAddr,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Replica {
    /// Starts the server on free ports of loopback, playing the documented examples.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn start() -> io::Result<Self> {
        let documented = crate::exchange::documented().map_err(io::Error::other)?;
        Self::playing(documented.into_iter().map(|(_, exchange)| exchange)).await
    }

    /// Starts the server on free ports of loopback, playing these exchanges.
    ///
    /// # Errors
    /// When no port can be opened.
    pub async fn playing(exchanges: impl IntoIterator<Item = Exchange>) -> io::Result<Self> {
        let (hk, tradewind): (Vec<_>, Vec<_>) =
            exchanges.into_iter().partition(|exchange| exchange.service == ServiceName::HkTrade);
        let hk = Arc::new(hk::Hk::new(hk));
        let tradewind = Arc::new(tradewind::Tradewind::new(tradewind));
        Ok(Self {
            hk: Side::open(move |request| {
                let hk = Arc::clone(&hk);
                async move { hk.answer(&request) }
            })
            .await?,
            tradewind: Side::open(move |request| {
                let tradewind = Arc::clone(&tradewind);
                async move { tradewind.answer(request).await }
            })
            .await?,
        })
    }

    /// Base URL of the Hong Kong side.
    #[must_use]
    pub fn hk_url(&self) -> String {
        format!("http://{}", self.hk.address)
    }

    /// Base URL of the TradeWind side.
    #[must_use]
    pub fn tradewind_url(&self) -> String {
        format!("http://{}", self.tradewind.address)
    }

    /// The last 1,000 requests of the Hong Kong side, oldest first.
    #[must_use]
    pub fn hk_requests(&self) -> Vec<LoggedRequest> {
        self.hk.log.all()
    }

    /// The last 1,000 requests of the TradeWind side, oldest first.
    #[must_use]
    pub fn tradewind_requests(&self) -> Vec<LoggedRequest> {
        self.tradewind.log.all()
    }
}

impl Side {
    async fn open<F, R>(answer: F) -> io::Result<Self>
    where
        F: Fn(Request<Incoming>) -> R + Clone + Send + 'static,
        R: Future<Output = Response<Full<Bytes>>> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let log = Arc::new(Log::default());
        let recorder = Arc::clone(&log);
        let task = tokio::spawn(async move {
            // Connections live in a set of their own, so that they end with the listener.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        // An accept that fails (too many open files, say) concerns that caller only.
                        if let Ok((stream, _)) = accepted {
                            let (answer, recorder) = (answer.clone(), Arc::clone(&recorder));
                            connections.spawn(async move {
                                let service = service_fn(move |request| {
                                    recorder.record(&request);
                                    let answer = answer(request);
                                    async move { Ok::<_, Infallible>(answer.await) }
                                });
                                let mut http = hyper::server::conn::http1::Builder::new();
                                // A caller that hangs up mid-request is its own affair.
                                _ = http.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
                            });
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
