//! Asks one address again and again on many connections, and tells how often it was answered.
//!
//! `load HOST:PORT TARGET COOKIE CONNECTIONS seconds|requests N`; std only, so that `rustc -O` builds it in a moment. One
//! thread a connection writes the same bytes and reads one answer, as long as told; an answer other than HTTP 200, or one
//! that breaks off, ends it all.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the load lasts.
#[derive(Clone, Copy)]
enum Until {
    Passed(Duration),
    Asked(u64),
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok((answers, seconds)) => {
            println!("{answers} {seconds:.6}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("load: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(u64, f64), String> {
    let [host, target, cookie, connections, unit, number] = arguments else {
        return Err("load HOST:PORT TARGET COOKIE CONNECTIONS seconds|requests N".into());
    };
    let wrong = |e: std::num::ParseIntError| e.to_string();
    let number: u64 = number.parse().map_err(wrong)?;
    let until = match unit.as_str() {
        "seconds" => Until::Passed(Duration::from_secs(number)),
        "requests" => Until::Asked(number),
        other => return Err(format!("{other:?} is neither seconds nor requests")),
    };
    let request =
        format!("GET {target} HTTP/1.1\r\nhost: {host}\r\naccept: application/json\r\ncookie: {cookie}\r\n\r\n");
    let (request, asked) = (Arc::new(request.into_bytes()), Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    let threads: Vec<_> = (0..connections.parse().map_err(wrong)?)
        .map(|_: u64| {
            let (host, request, asked) = (host.clone(), Arc::clone(&request), Arc::clone(&asked));
            thread::spawn(move || connection(&host, &request, until, start, &asked))
        })
        .collect();
    let mut answers = 0;
    for thread in threads {
        answers += thread.join().map_err(|_| "a thread panicked".to_owned())??;
    }
    Ok((answers, start.elapsed().as_secs_f64()))
}

fn connection(
    host: &str,
    request: &[u8],
    until: Until,
    start: Instant,
    asked: &AtomicU64,
) -> Result<u64, String> {
    let told = |e: std::io::Error| format!("{host}: {e}");
    let mut stream = TcpStream::connect(host).map_err(told)?;
    stream.set_nodelay(true).map_err(told)?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(told)?;
    let mut buffer = Vec::with_capacity(64 << 10);
    let mut answers = 0;
    loop {
        let goes_on = match until {
            Until::Passed(time) => start.elapsed() < time,
            Until::Asked(most) => asked.fetch_add(1, Ordering::Relaxed) < most,
        };
        if !goes_on {
            return Ok(answers);
        }
        stream.write_all(request).map_err(told)?;
        buffer.clear();
        loop {
            let mut some = [0; 16 << 10];
            let n = stream.read(&mut some).map_err(told)?;
            if n == 0 {
                return Err(format!("{host} closed after {answers} answers"));
            }
            buffer.extend_from_slice(&some[..n]);
            if is_whole(&buffer)? {
                break;
            }
        }
        answers += 1;
    }
}

/// Whether an answer has come to its end.
fn is_whole(answer: &[u8]) -> Result<bool, String> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(false) };
    let head = std::str::from_utf8(&answer[..end]).map_err(|e| e.to_string())?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("not HTTP 200: {head}"));
    }
    let body = &answer[end + 4..];
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    match lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        Some((_, length)) => Ok(length.trim().parse() == Ok(body.len())),
        // In chunks, of which the last is empty.
        None => Ok(body.ends_with(b"\r\n0\r\n\r\n")),
    }
}
