//! Where results go: pipes, files, terminals; and services that are elsewhere or nowhere.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use ::tradebind::replica::{Door, Replica, Reply};

use crate::support::cli::{ended, folder, run, serve, steady, tradebind};

const GUIDE: [&str; 8] =
    ["hk", "get", "--trade-type", "total-exports", "--destination", "CN", "--period", "2018-05..2018-06"];

fn guide(more: &[&str]) -> Command {
    let mut command = tradebind();
    command.args(GUIDE).args(["--replica", "-q"]).args(more);
    command
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = folder("whole");
    let file = folder.join("out.csv");
    let path = file.to_str().unwrap();
    let ran = ended(guide(&["-o", path]), "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), ended(guide(&[]), "").stdout);

    // What fails leaves the old file, and nothing beside it.
    std::fs::write(&file, "old").unwrap();
    let mut failing = guide(&["-o", path]);
    failing.args(["--origin", "CN", "--hs", "9999"]);
    assert_eq!(ended(failing, "").code, Some(3));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_asked() {
    let folder = folder("unwritable");
    let told = |path: &str| {
        // Nobody is there: if that were found out first, it would be exit 4.
        let mut command = tradebind();
        command.args(GUIDE).env("TRADEBIND_HK_URL", "http://127.0.0.1:9").args(["-o", path]);
        ended(command, "").to_string().replace(folder.to_str().unwrap(), "FOLDER")
    };
    let missing = folder.join("no-such-folder/out.csv");
    insta::assert_snapshot!([told(missing.to_str().unwrap()), told(folder.to_str().unwrap())].join("\n"));
}

/// The place comes before every question, that for the last month too.
#[test]
fn a_missing_folder_is_told_before_the_last_month_is_asked_for() {
    let mut command = tradebind();
    command.args([
        "hk",
        "get",
        "--trade-type",
        "imports",
        "--period",
        "latest",
        "-o",
        "no-such-folder/out.csv",
    ]);
    let ran = ended(command.env_of("http://127.0.0.1:9"), "");
    assert_eq!(ran.code, Some(3), "{ran}");
}

/// A dry run shows the request on standard output, and touches nothing.
#[test]
fn a_dry_run_writes_nothing() {
    let folder = folder("dry");
    let file = folder.join("old.csv");
    std::fs::write(&file, "old").unwrap();
    let dataset = format!("{}/", folder.join("trade").display());
    let old = file.display().to_string();
    let request = ended(guide(&["--dry-run"]), "");
    assert!(request.code == Some(0) && request.stdout.starts_with("GET http://"), "{request}");
    for to in [&["-o", &old][..], &["--format", "parquet", "-o", &dataset], &["-o", "s3://bucket/trade"]] {
        let ran = ended(guide(&[to, &["--dry-run"]].concat()), "");
        assert_eq!((ran.code, steady(&ran.stdout)), (Some(0), steady(&request.stdout)), "{to:?}: {ran}");
    }
    let words = ["tradewind", "world-regions", "--type", "importer", "--replica", "--dry-run", "-o", &old];
    let mut command = tradebind();
    command.args(words);
    let ran = ended(command, "");
    assert!(ran.code == Some(0) && ran.stdout.starts_with("POST "), "{ran}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}

/// A name that promises a form which the command does not have.
#[test]
fn a_name_is_not_belied() {
    let folder = folder("belied");
    let asked = |words: &[&str], name: &str| {
        let file = folder.join(name);
        let mut command = tradebind();
        command.args(words).arg("-o").arg(&file);
        let ran = ended(command, "");
        assert_eq!(ran.code == Some(0), file.exists(), "{ran}");
        ran.to_string().replace(folder.to_str().unwrap(), "FOLDER")
    };
    let regions = ["tradewind", "world-regions", "--replica", "-q", "--type", "exporter"];
    insta::assert_snapshot!(
        [
            asked(&["hk", "codes", "korea"], "codes.parquet"),
            asked(&regions, "regions.arrow"),
            asked(&["hk", "codes", "korea", "--format", "csv"], "codes.parquet"),
            asked(&["hk", "codes", "korea"], "codes.txt"),
            asked(&["hk", "codes", "korea"], "codes.csv.gz"),
            asked(&["hk", "codes", "korea"], "codes.SVG"),
            asked(&["hk", "latest", "--replica", "-q"], "latest.parquet"),
            asked(&["hk", "raw", "--replica", "-q", "/api/get?lang=EN"], "raw.zip"),
            asked(&["tradewind", "raw", "--replica", "-q", "GET", "/api/health"], "any.zip"),
        ]
        .join("\n")
    );
    assert!(asked(&["hk", "codes", "korea"], "codes.jsonl").starts_with("exit 0"));
    assert!(std::fs::read_to_string(folder.join("codes.jsonl")).unwrap().starts_with("{"));
}

/// Ctrl-C leaves no half of a file.
#[cfg(unix)]
#[test]
fn a_signal_leaves_nothing_behind() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let folder = folder("signals");
        let files = || std::fs::read_dir(&folder).unwrap().count();
        let mut command = tradebind();
        command.args(GUIDE).arg("-o").arg(folder.join("out.csv")).env("TRADEBIND_HK_URL", &url);
        let mut child = command.spawn().unwrap();
        while files() == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it waits for the silent server");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert!(
            Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(files(), 0, "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn devices_are_written_to_and_links_stay() {
    let folder = folder("links");
    assert_eq!(ended(guide(&["-o", "/dev/null"]), "").code, Some(0));
    use std::os::unix::fs::FileTypeExt as _;
    assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());

    let (file, link) = (folder.join("file.csv"), folder.join("link.csv"));
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert_eq!(ended(guide(&["-o", link.to_str().unwrap()]), "").code, Some(0));
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(&file).unwrap().contains("194542691"));
}

/// Also where the pipe has a name.
#[test]
fn a_closed_pipe_ends_quietly() {
    for more in [&[][..], &["-o", "/dev/stdout"]] {
        if more.len() > 1 && !std::path::Path::new("/dev/stdout").exists() {
            continue;
        }
        let mut command = tradebind();
        command.args(["hk", "get", "--replica", "-q", "--trade-type", "imports", "--origin", "ALL"]);
        command
            .args(["--period", "2012-01..2024-12"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.starts_with("period,"), "{first}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    }
}

#[test]
fn a_full_disk_is_told() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let ran = ended(guide(&["-o", "/dev/full"]), "");
    insta::assert_snapshot!(ran);
}

/// In a terminal: a table under its title, with Chinese lined up; no colours or cursor moves on standard output.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_table() {
    let quoted: Vec<_> = GUIDE.iter().map(|word| format!("'{word}'")).collect();
    let command = format!("'{}' {} --replica --lang tc", env!("CARGO_BIN_EXE_tradebind"), quoted.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm");
    let Ok(child) = script.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        panic!("`script` of util-linux is needed to have a terminal");
    };
    let output = child.wait_with_output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap().replace('\r', ""));
}

#[test]
fn services_elsewhere_or_nowhere() {
    let told = |hk: &str, words: &[&str]| {
        let mut command = tradebind();
        command.args(words).env("TRADEBIND_HK_URL", hk).env("TRADEBIND_TRADEWIND_URL", hk);
        ended(command, "").to_string()
    };
    let latest = ["hk", "latest"];
    let work = folder("harvest-nowhere");
    let harvest = |more: &[&str]| {
        let mut command = tradebind();
        command.env("TRADEBIND_HK_URL", "http://127.0.0.1:9").env("TRADEBIND_STATE_DIR", work.join("state"));
        command.args(["hk", "harvest", "--trade-type", "imports", "--period", "2024-01", "--hs", "85"]);
        command.args(["--pause", "0", "--out"]).arg(work.join(format!("out{}", more.len()))).args(more);
        let told = ended(command, "").to_string();
        let lines = told.lines().filter(|line| !line.starts_with("data ") && !line.contains(" batches, "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    insta::assert_snapshot!(
        [
            told("http://127.0.0.1:9", &latest),
            told("http://127.0.0.1:9", &["tradewind", "health"]),
            harvest(&[]),
            harvest(&["--quiet", "--replica"]),
            told("nowhere", &latest),
            told("ftp://127.0.0.1", &latest),
            told("http://secret:word@127.0.0.1", &latest),
            told("http://127.0.0.1:9", &["hk", "latest", "--replica", "--quiet", "-o", "/dev/null"]),
        ]
        .join("\n")
    );
}

/// Where an address of one's own answers as the service does not, the variable that holds it is told, by its host alone; Hong Kong
/// takes no key.
#[test]
fn an_address_of_ones_own_is_told_where_it_answers_otherwise() {
    let replica = serve(Replica::builder());
    let told = |door: Door, reply: Reply, words: &[&str]| {
        replica.script(door, [reply.into()]);
        let mut command = tradebind();
        command.env("TRADEBIND_HK_URL", replica.hk_url());
        command.env("TRADEBIND_TRADEWIND_URL", replica.tradewind_url()).env("TRADEWIND_API_KEY", "tw_test_1");
        command.args(words);
        ended(command, "").stderr
    };
    let json = |status: u16| Reply::json(status, &serde_json::json!({}));
    let health = ["tradewind", "health"];
    let told = [
        told(Door::HkFront, Reply::html(404), &["hk", "latest"]),
        told(Door::HkFront, json(401), &["hk", "raw", "/api/get?lang=EN"]),
        told(Door::Tradewind, Reply::html(404), &health),
        told(Door::Tradewind, json(400), &health),
    ];
    insta::assert_snapshot!(steady(&told.concat()), @r"
    error: hk-trade get_trade: the HTTP status tells a failure: the body is an HTML or XML page of 90 bytes, as gateways send (HTTP 404); the address is that of TRADEBIND_HK_URL, http://127.0.0.1:PORT: check that it is the right one
    error: hk-trade raw: access denied (HTTP 401); repeat it later; the address is that of TRADEBIND_HK_URL, http://127.0.0.1:PORT: check that it is the right one
    error: tradewind health: the HTTP status tells a failure: the body is an HTML or XML page of 90 bytes, as gateways send (HTTP 404); the address is that of TRADEBIND_TRADEWIND_URL, http://127.0.0.1:PORT: check that it is the right one
    error: tradewind health: the HTTP status tells a failure (HTTP 400)
    ");
}

/// A server of `serve`, which ends with the test.
struct Serving {
    child: Child,
    lines: Vec<String>,
}

impl Serving {
    fn start(more: &[&str]) -> Self {
        let mut child = tradebind().arg("serve").args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let lines = (0..2).map(|_| {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            line
        });
        let lines = lines.collect();
        Self { child, lines }
    }

    fn url(&self, service: &str) -> &str {
        self.lines.iter().find_map(|line| line.strip_prefix(service)).unwrap().trim()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn serve_tells_its_addresses_and_ends_cleanly() {
    for signal in ["TERM", "INT"] {
        let mut serving = Serving::start(&[]);
        assert_eq!(
            steady(&serving.lines.concat()),
            "hk-trade http://127.0.0.1:PORT\ntradewind http://127.0.0.1:PORT\n"
        );
        let mut command = tradebind();
        command.args(GUIDE).env("TRADEBIND_HK_URL", serving.url("hk-trade"));
        assert!(ended(command, "").stdout.contains("186190690"));
        let id = serving.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{signal}");
    }
}

/// What is on this machine is asked without the proxy that leads elsewhere.
#[test]
fn a_proxy_does_not_hide_a_server_on_this_machine() {
    let serving = Serving::start(&[]);
    for words in [&["hk", "latest"][..], &["tradewind", "health"]] {
        let mut command = tradebind();
        command.args(words).env("http_proxy", "http://127.0.0.1:9");
        command.env("TRADEBIND_TRADEWIND_URL", serving.url("tradewind"));
        let ran = ended(command.env_of(serving.url("hk-trade")), "");
        assert_eq!(ran.code, Some(0), "{ran}");
    }
}

/// The same seed makes the same figures, another one others.
#[test]
fn a_seed_makes_the_figures() {
    let figures = |seed: &str| {
        let serving = Serving::start(&["--seed", seed]);
        let mut command = tradebind();
        command.args(["hk", "get", "--trade-type", "imports", "--hs", "85", "--period", "2023"]);
        ended(command.env_of(serving.url("hk-trade")), "").stdout
    };
    let one = figures("7");
    assert!(one.lines().count() == 2, "{one}");
    assert_eq!(one, figures("7"));
    assert_ne!(one, figures("8"));
}

trait EnvOf {
    fn env_of(self, url: &str) -> Self;
}

impl EnvOf for Command {
    fn env_of(mut self, url: &str) -> Self {
        self.env("TRADEBIND_HK_URL", url);
        self
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = run(&format!("serve --port {port}"));
    assert_eq!(ran.code, Some(4));
    insta::assert_snapshot!(ran.to_string().replace(&port, "PORT"));
}

/// Runs the binary with a pipe for its output; its lines, and the most memory that it ever held.
#[cfg(target_os = "linux")]
fn piped(mut command: Command) -> (usize, u64) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    // The last bytes stay in the pipe until the peak is read.
    let (mut lines, mut buffer, mut peak) = (0, vec![0; 1 << 16], 0);
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).map(str::trim);
        if let Some(kib) = line.and_then(|line| line.strip_suffix(" kB")) {
            peak = peak.max(kib.trim().parse::<u64>().unwrap() * 1024);
        }
        let read = out.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count();
    }
    assert!(child.wait().unwrap().success());
    (lines, peak)
}

/// Names a program that was built with optimisation, as `cargo xtask ci` does.
#[cfg(target_os = "linux")]
const MEASURED: &str = "TRADEBIND_MEASURED";

/// 100,000 rows through a pipe: the process never holds twice the body. Without optimisation the program itself takes more
/// than the body, and more with each feature: there it is held to one and a half times the body beyond what few rows take.
#[cfg(target_os = "linux")]
#[test]
fn many_rows_pass_through_a_pipe_in_little_memory() {
    const ROWS: u64 = 100_000;
    /// More than a pipe and one read take, or the program may have ended, and its peak be gone, before it is looked at.
    const FEW: u64 = 4_000;
    let measured = std::env::var_os(MEASURED);
    let serving = |rows: u64| {
        // In a thread of its own, so that the memory measured is the client's alone.
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let replica = tradebind::replica::Replica::builder().hk_rows(rows).start().await.unwrap();
                tell.send(replica.hk_url()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        told.recv().unwrap()
    };
    let get = |url: &str, form: &str| {
        let mut command = measured.as_ref().map_or_else(tradebind, Command::new);
        command.args(["hk", "get", "--trade-type", "imports", "--origin", "ALL", "--period", "2018-01"]);
        command.args(["--format", form]).env("TRADEBIND_HK_URL", url);
        piped(command)
    };
    let many = serving(ROWS);
    let body = {
        let path = "/api/get?lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C&co=ALL";
        let mut command = tradebind();
        command.args(["hk", "raw", path]).env("TRADEBIND_HK_URL", &many);
        u64::try_from(ended(command, "").stdout.len()).unwrap()
    };
    let less = serving(FEW);
    // Over a table there is a title, too.
    for (form, above) in [("csv", 1), ("table", 3)] {
        let (lines, peak) = get(&many, form);
        assert_eq!(lines, usize::try_from(ROWS).unwrap() + above);
        let (lines, few) = get(&less, form);
        assert_eq!(lines, usize::try_from(FEW).unwrap() + above);
        let told = format!("{form}: body {body} bytes, peak {peak} bytes, of {FEW} rows {few} bytes");
        println!("{told}");
        assert!(few > 1 << 20 && 2 * peak.saturating_sub(few) < 3 * body, "{told}");
        let optimised = measured.is_some() || !cfg!(debug_assertions);
        assert!(!optimised || peak < 2 * body, "{told}");
    }
}
