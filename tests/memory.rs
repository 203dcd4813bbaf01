//! Answers without an end: memory stays flat. Alone in its program, since it measures all of it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use peak_alloc::PeakAlloc;
use tradebind::ErrorKind;
use tradebind::hk::{Client, Query};
use tradebind::http::Pace;
use tradebind::replica::{Door, Replica, Reply};

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

const CAP: usize = 4 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_the_cap_is_not_read_and_not_kept() {
    let replica = Replica::start().await.unwrap();
    let client =
        Client::builder().base_url(replica.hk_url()).body_cap(CAP).pace(Pace::off()).build().unwrap();
    let query: Query = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    let total: u64 = 64 << 20;
    for (what, reply) in [
        ("oversized", Reply::new(200, vec![b' '; 4096]).endless(total)),
        // Some 64 KiB on the wire.
        ("gzip bomb", Reply::new(200, "").endless(total).gzip()),
        ("oversized failure", Reply::new(500, vec![b'x'; 4096]).endless(total)),
    ] {
        replica.script(Door::HkAnswer, [reply.into()]);
        let before = PEAK.current_usage();
        PEAK.reset_peak_usage();
        let error = client.query(&query).await.unwrap_err();
        let rise = PEAK.peak_usage() - before;
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::TooLarge, 1), "{what}");
        // The body up to the cap, its growth by doubling, and the server's own buffers.
        assert!(rise < 4 * CAP, "{what}: memory rose by {rise} bytes");
        assert!(error.body().unwrap().len() <= 64 << 10, "{what}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(error.to_string().replace("HTTP 500", "HTTP 200"), @"hk-trade get_trade: the body passes the cap: 4194304 bytes, decompressed; reading stopped there (HTTP 200); ask for less, or raise the cap");
        }
    }
    // What just fits is read.
    let mut body = serde_json::json!({ "header": { "status": { "code": 0 }, "count": { "noOfRecords": 0 } }, "dataSet": [] }).to_string();
    body.push_str(&" ".repeat(CAP - body.len()));
    replica.script(Door::HkAnswer, [Reply::new(200, body.clone()).into()]);
    assert!(client.query(&query).await.unwrap().is_empty());
    replica.script(Door::HkAnswer, [Reply::new(200, body + " ").into()]);
    assert_eq!(client.query(&query).await.unwrap_err().kind(), ErrorKind::TooLarge);
}
