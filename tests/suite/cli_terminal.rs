//! What a person at a terminal sees, and a pipe does not.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tradebind::replica::{Door, Fault, Replica, Rule};

use crate::support::cli::{ended, run_args, serve, tradebind};

/// A terminal of 100 columns: its own end, and the one that a program gets.
fn terminal() -> (File, File) {
    let own = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&own).unwrap();
    unlockpt(&own).unwrap();
    tcsetwinsize(&own, Winsize { ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let name = ptsname(&own, Vec::new()).unwrap().into_string().unwrap();
    let other = File::options().read(true).write(true).open(name).unwrap();
    (File::from(own), other)
}

/// What was written to a terminal until the last program let go of it.
fn seen(mut own: File) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    // The end of a terminal is an error, not an end.
    while let Ok(read @ 1..) = own.read(&mut part) {
        all.extend_from_slice(&part[..read]);
    }
    String::from_utf8(all).unwrap()
}

/// Standard error of a command, if it is a terminal.
fn at_terminal(command: Command) -> String {
    fed(command, |_| ())
}

/// The same of one that is given something to read.
fn fed(mut command: Command, feed: impl FnOnce(ChildStdin)) -> String {
    let (own, other) = terminal();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(other).spawn().unwrap();
    // The command holds the other end too.
    drop(command);
    feed(child.stdin.take().unwrap());
    let text = seen(own);
    assert_eq!(child.wait().unwrap().code(), Some(0), "{text}");
    text
}

#[test]
fn a_table_is_for_a_terminal_alone() {
    let command = || {
        let mut command = tradebind();
        let words = "hk get --replica -q --trade-type total-exports --period 2018-05";
        command.args(words.split_whitespace());
        command
    };
    let (own, other) = terminal();
    let mut at_terminal = command();
    let mut child = at_terminal.stdin(Stdio::null()).stdout(other).stderr(Stdio::null()).spawn().unwrap();
    drop(at_terminal);
    let table = seen(own);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(table.contains("period") && !table.contains("period,"), "{table}");
    let csv = ended(command(), "").stdout;
    assert!(csv.starts_with("period,frequency,trade_type,"), "{csv}");
}

/// What takes more than a second shows that it goes on; what takes less does not, nor does a pipe see it, nor `--quiet`.
#[test]
fn progress_is_for_a_terminal_alone() {
    let replica =
        |wait| serve(Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Latency(wait))]));
    let (slow, quick) = (replica(Duration::from_millis(1600)), replica(Duration::ZERO));
    let command = |replica: &Replica, more: &[&str]| {
        let mut command = tradebind();
        command.args(["hk", "get", "--trade-type", "total-exports", "--period", "2018-05"]).args(more);
        command.env("TRADEBIND_HK_URL", replica.hk_url());
        command
    };
    let waiting = "asking hk-trade (";
    let shown = at_terminal(command(&slow, &[]));
    assert!(shown.contains(waiting), "{shown:?}");
    assert!(!at_terminal(command(&slow, &["--quiet"])).contains(waiting));
    // On a busy machine that may take a second, too, but not each time.
    assert!((0..5).any(|_| !at_terminal(command(&quick, &[])).contains(waiting)));
    let piped = ended(command(&slow, &[]), "");
    assert_eq!((piped.code, piped.stderr.as_str()), (Some(0), ""), "{piped}");
}

/// Also what waits for no call: payloads that come slowly.
#[test]
fn a_slow_check_shows_that_it_goes_on() {
    let command = |more: &[&str]| {
        let mut command = tradebind();
        command.args(["validate", "-"]).args(more);
        command
    };
    let path = "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";
    let body = run_args(&["hk", "raw", "--replica", "-q", path], "").stdout;
    let slowly = |mut input: ChildStdin| {
        std::thread::sleep(Duration::from_millis(1600));
        input.write_all(body.as_bytes()).unwrap();
    };
    let waiting = "checking payloads (";
    let shown = fed(command(&[]), slowly);
    assert!(shown.contains(waiting), "{shown:?}");
    assert!(!fed(command(&["--quiet"]), slowly).contains(waiting));
}
