//! Calls per second of `hk::Client`, with its pace off, beside bare reqwest + serde_json with owned structs of what
//! is sent: same server, same payloads, one run.
//!
//! `cargo xtask bench calls`. Without `--bench`, as `cargo test --benches` runs it, each makes one call only.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Runtime;
use tradebind::exchange::Exchange;
use tradebind::hk::{self, Query};
use tradebind::http::Pace;
use tradebind::replica::Replica;

#[path = "support/bare.rs"]
mod bare;
#[path = "support/spread.rs"]
mod spread;

use spread::Spread;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Argument with which the program is its own server.
const SERVE: &str = "serve";
/// Blocks of the two take turns, so that what else the machine does meets both; the median of each counts. They are
/// short: on a machine that is shared, one second may be several times as quick as the next.
const BLOCK: Duration = Duration::from_millis(100);
/// Blocks of each, for each payload.
const BLOCKS: usize = 150;
/// The least that tradebind's speed may be of the bare one's, by the medians; below it the program fails.
const AIM: f64 = 0.9;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == SERVE) {
        return runtime()?.block_on(serve());
    }
    let (blocks, block) = if arguments.iter().any(|argument| argument == "--bench") {
        (BLOCKS, BLOCK)
    } else {
        (1, Duration::ZERO)
    };
    let (_server, url) = Server::start()?;
    println!(
        "| rows | bytes | tradebind, calls/s: median (min to max) | bare, calls/s: median (min to max) | ratio of medians | median of neighbours' ratios |\n\
         | --- | --- | --- | --- | --- | --- |"
    );
    let mut short = Vec::new();
    for payload in Payload::all() {
        let ratio = measure(&payload, &url, blocks, block)?;
        if ratio < AIM {
            short.push(format!("{ratio:.3} at {} rows", payload.rows));
        }
    }
    // A single call, as tests make it, measures nothing.
    if blocks > 1 && !short.is_empty() {
        return Err(format!("below the aim of {AIM}: {}", short.join(", ")).into());
    }
    Ok(())
}

fn runtime() -> Result<Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Measures both with one payload, prints a line of the table, and gives the ratio of the medians.
fn measure(payload: &Payload, url: &str, blocks: usize, block: Duration) -> Result<f64> {
    let query: Query = payload.query.parse()?;
    let client = hk::Client::builder().base_url(url).pace(Pace::off()).build()?;
    let ours = async || -> Result<()> {
        let answer = client.query(&query).await?;
        held(answer.rows().len(), payload.rows)?;
        black_box(answer.rows());
        Ok(())
    };
    let http = reqwest::Client::builder().cookie_store(true).gzip(true).build()?;
    let address = format!("{url}/api/get?{}", payload.query);
    let bare = async || -> Result<()> {
        let answer = by_hand(&http, &address).await?;
        held(answer.data_set.len(), payload.rows)?;
        black_box(&answer);
        Ok(())
    };
    let runtimes = [runtime()?, runtime()?];
    // The first call opens the connection and begins the session.
    runtimes[0].block_on(ours())?;
    runtimes[1].block_on(bare())?;
    let mut speeds = [Vec::new(), Vec::new()];
    for _ in 0..blocks {
        speeds[0].push(runtimes[0].block_on(speed(block, &ours))?);
        speeds[1].push(runtimes[1].block_on(speed(block, &bare))?);
    }
    let neighbours = Spread::of(speeds[0].iter().zip(&speeds[1]).map(|(ours, bare)| ours / bare).collect());
    let [ours, bare] = speeds.map(Spread::of);
    println!(
        "| {} | {} | {ours} | {bare} | **{:.2}** | {:.2} |",
        payload.rows,
        payload.body().len(),
        ours.median / bare.median,
        neighbours.median
    );
    Ok(ours.median / bare.median)
}

fn held(rows: usize, expected: usize) -> Result<()> {
    if rows == expected { Ok(()) } else { Err(format!("{rows} rows instead of {expected}").into()) }
}

/// Calls one after another for at least so long; gives calls per second.
async fn speed(block: Duration, call: &impl AsyncFn() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    let mut calls = 0.0;
    loop {
        call().await?;
        calls += 1.0;
        if start.elapsed() >= block {
            return Ok(calls / start.elapsed().as_secs_f64());
        }
    }
}

/// The call as one writes it without a library.
async fn by_hand(http: &reqwest::Client, address: &str) -> Result<bare::Answer> {
    let response = http.get(address).send().await?.error_for_status()?;
    let answer: bare::Answer = serde_json::from_slice(&response.bytes().await?)?;
    let (code, told) = (answer.header.status.code, answer.header.count.no_of_records);
    if code != 0 || told != answer.data_set.len() {
        return Err(format!("code {code}, {told} rows told").into());
    }
    Ok(answer)
}

/// The server, a process of its own: what it costs is not counted to those who call it.
struct Server(Child);

impl Server {
    /// Starts it; gives its base URL.
    fn start() -> Result<(Self, String)> {
        let mut command = Command::new(std::env::current_exe()?);
        // It ends when its standard input does, and so never outlives this process.
        let mut server = Self(command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?);
        let output = server.0.stdout.take().ok_or("the server has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        Ok((server, url.trim().to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        _ = self.0.wait();
    }
}

async fn serve() -> Result<()> {
    let exchanges = Payload::all().iter().map(Payload::exchange).collect::<Result<Vec<_>>>()?;
    let replica = Replica::playing(exchanges).await?;
    println!("{}", replica.hk_url());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}

/// A query and its answer. Shape and texts are the service's; the figures are invented for load only and say
/// nothing of trade.
struct Payload {
    rows: usize,
    query: String,
    areas: &'static [(&'static str, &'static str)],
    commodities: &'static [(&'static str, &'static str)],
    months: usize,
}

impl Payload {
    fn all() -> [Self; 2] {
        [
            Self::new("201805,201806", &AREAS[..1], &COMMODITIES[..1], 2),
            Self::new("201401,201802", AREAS, COMMODITIES, 50),
        ]
    }

    fn new(
        periods: &str,
        areas: &'static [(&'static str, &'static str)],
        commodities: &'static [(&'static str, &'static str)],
        months: usize,
    ) -> Self {
        let codes =
            |all: &[(&'static str, _)]| all.iter().map(|(code, _)| *code).collect::<Vec<_>>().join(",");
        // In the order in which the client sends it, so that both ask for the same address.
        let query = format!(
            "lang=EN&sv=VCm&freq=M&period={periods}&ttype=1&coclass=C&co={}&codeclass=HKHS6&code={}",
            codes(areas),
            codes(commodities)
        );
        Self { rows: areas.len() * commodities.len() * months, query, areas, commodities, months }
    }

    /// The answer as text: the service's order of keys, no white space.
    fn body(&self) -> String {
        let (header, mut rows) = (self.header(), String::new());
        // Figures of one to nine digits, the same in each run.
        let mut random: u64 = 1;
        for month in 0..self.months {
            let (year, month) = (2014 + month / 12, month % 12 + 1);
            for (co, co_desc) in self.areas {
                for (code, code_desc) in self.commodities {
                    random = random
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    let digits = u32::try_from(random >> 60).unwrap_or_default() % 9 + 1;
                    let figure = (random >> 20) % 10_u64.pow(digits);
                    let comma = if rows.is_empty() { "" } else { "," };
                    _ = write!(
                        rows,
                        r#"{comma}{{"freq":"M","period":"{year}{month:02}","ttype":1,"ttypeDescEN":"Imports","co":"{co}","coDescEN":"{co_desc}","codeclass":"HKHS6","code":"{code}","codeDescEN":"{code_desc}","sv":"VCm","svDescEN":"Value (monthly)","unitEN":"HK$ '000","figure":"{figure}"}}"#
                    );
                }
            }
        }
        format!(r#"{{"header":{header},"dataSet":[{rows}]}}"#)
    }

    fn header(&self) -> serde_json::Value {
        json!({
            "status": {
                "name": "Success",
                "code": 0,
                "description": "Query success",
                "apiHelp": "https://tradeidds.censtatd.gov.hk/PageID/ApiSpec"
            },
            "count": {
                "noOfRecords": self.rows,
                "started": "2018-11-16T09:47:29.8546391+08:00",
                "finished": "2018-11-16T09:47:30.1983978+08:00",
                "durationSeconds": 0.3437587
            },
            "title": "Imports by selected origin and commodity",
            "tablenote": [
                "The JSON file is mainly for data exchange; see the table on the web site for its notes.",
                "Amendments to earlier months of a year enter its cumulative figure only.",
                "Owing to rounding, there may be a slight discrepancy between the sum of figures and the total."
            ]
        })
    }

    fn exchange(&self) -> Result<Exchange> {
        let exchange = json!({
            "format": "tradebind-exchange/1",
            "service": "hk-trade",
            "operation": "get_trade",
            "case": format!("{}-rows", self.rows),
            "source": { "title": "benches/calls.rs" },
            "evidence": "assumed",
            "request": { "method": "GET", "target": format!("/api/get?{}", self.query) },
            "response": {
                "status": 200,
                "headers": [{ "name": "content-type", "value": "application/json" }],
                "body": { "text": self.body() }
            }
        });
        Ok(Exchange::read(&exchange.to_string(), "payload")?)
    }
}

const AREAS: &[(&str, &str)] = &[
    ("CN", "THE MAINLAND OF CHINA"),
    ("JP", "JAPAN"),
    ("KR", "KOREA"),
    ("TH", "THAILAND"),
    ("GB", "UNITED KINGDOM"),
    ("US", "UNITED STATES OF AMERICA"),
    ("VN", "VIETNAM"),
];

const COMMODITIES: &[(&str, &str)] = &[
    ("040690", "CHEESE, NES"),
    ("090121", "COFFEE, ROASTED, NOT DECAFFEINATED"),
    ("100630", "SEMI-MILLED OR WHOLLY MILLED RICE, WHETHER OR NOT POLISHED OR GLAZED"),
    ("220421", "WINE OF FRESH GRAPES, INCLUDING FORTIFIED WINES, IN CONTAINERS HOLDING 2 LITRES OR LESS"),
    ("271019", "PETROLEUM OILS (EXCLUDING CRUDE), OTHER THAN LIGHT OILS AND PREPARATIONS"),
    ("300490", "MEDICAMENTS, NES, FOR THERAPEUTIC OR PROPHYLACTIC USES, IN MEASURED DOSES"),
    ("330300", "PERFUMES AND TOILET WATERS"),
    ("392690", "ARTICLES OF PLASTICS, NES"),
    ("420221", "HANDBAGS WITH OUTER SURFACE OF LEATHER OR OF COMPOSITION LEATHER"),
    ("610910", "T-SHIRTS, SINGLETS AND OTHER VESTS, OF COTTON, KNITTED OR CROCHETED"),
    ("640399", "FOOTWEAR WITH OUTER SOLES OF RUBBER OR PLASTICS AND UPPERS OF LEATHER, NES"),
    ("710239", "DIAMONDS, NON-INDUSTRIAL, WORKED BUT NOT MOUNTED OR SET"),
    ("711319", "ARTICLES OF JEWELLERY AND PARTS THEREOF, OF PRECIOUS METAL OTHER THAN SILVER"),
    ("847130", "PORTABLE AUTOMATIC DATA PROCESSING MACHINES, WEIGHING NOT MORE THAN 10 KG"),
    ("847330", "PARTS AND ACCESSORIES OF THE MACHINES OF HEADING 8471"),
    ("851762", "MACHINES FOR THE RECEPTION, CONVERSION AND TRANSMISSION OF VOICE, IMAGES OR OTHER DATA"),
    ("854231", "PROCESSORS AND CONTROLLERS, WHETHER OR NOT COMBINED WITH MEMORIES OR OTHER CIRCUITS"),
    ("854232", "MEMORIES"),
    ("870323", "MOTOR CARS, SPARK-IGNITION ENGINE, EXCEEDING 1 500 CC BUT NOT EXCEEDING 3 000 CC"),
    ("950300", "TRICYCLES, SCOOTERS AND OTHER WHEELED TOYS; DOLLS; OTHER TOYS; PUZZLES OF ALL KINDS"),
];
