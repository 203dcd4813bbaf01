//! Large answers of the replica: they are made while they are sent. Alone in its program, since it measures all of it.

#![cfg(feature = "replica")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use peak_alloc::PeakAlloc;
use tradebind::replica::Replica;

#[global_allocator]
static PEAK: PeakAlloc = PeakAlloc;

/// Reads an answer and keeps nothing of it; how long it was, and its last bytes.
async fn drain(replica: &Replica, query: &str) -> (usize, String) {
    let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let address = format!("{}/api/get?{query}", replica.hk_url());
    let mut answer = http.get(address).send().await.unwrap();
    let (mut length, mut last) = (0, Vec::new());
    while let Some(chunk) = answer.chunk().await.unwrap() {
        length += chunk.len();
        last.extend_from_slice(&chunk);
        last.drain(..last.len().saturating_sub(8));
    }
    (length, String::from_utf8(last).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_large_answer_takes_does_not_grow_with_it() {
    let (made_up, sized) =
        (Replica::start().await.unwrap(), Replica::builder().hk_rows(200_000).start().await.unwrap());
    let all = "lang=EN&sv=VCm,VCy&freq=M&period=201801,202412&ttype=ALL&coclass=C&co=ALL";
    for (what, replica, query, at_least) in [
        ("so many rows", &sized, "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1", 45 << 20),
        ("all origins in seven years, made twice", &made_up, all, 8 << 20),
    ] {
        let before = PEAK.current_usage();
        PEAK.reset_peak_usage();
        let (length, last) = drain(replica, query).await;
        let rise = PEAK.peak_usage() - before;
        assert!(length > at_least, "{what}: {length} bytes");
        assert!(last.ends_with("\"}]}"), "{what}: {last}");
        assert!(rise < 6 << 20, "{what}: memory rose by {rise} bytes");
    }
}
