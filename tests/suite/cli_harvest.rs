//! `tradebind hk plan` and `hk harvest`: what people and programs read, and what happens on disks and beside one another.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tradebind::replica::{Door, Fault, Replica, Rule, Step};

use crate::support::cli::{Ran, ended, folder, run, serve, tradebind};

const SMALL: &str = "--trade-type imports,re-exports --period 2024-01..2024-03 --destination CN,JP,ZZ --hs 85,10,77 --in-flight 1";

/// A harvest of a few cells, from the replica.
fn small(out: &Path, more: &str) -> Command {
    let mut command = tradebind();
    command.args(["hk", "harvest", "--replica", "--out"]).arg(out);
    command.args(SMALL.split_whitespace()).args(more.split_whitespace());
    command
}

/// Exit code and what was printed, without what differs from run to run: the folder, and the progress.
fn told(ran: &Ran, out: &Path) -> String {
    let text = ran.to_string().replace(out.to_str().unwrap(), "FOLDER");
    let lines = text.lines().filter(|line| !line.contains(" batches, "));
    lines.map(|line| format!("{line}\n")).collect()
}

/// A harvest from a server, with a ledger of its own.
fn from(replica: &Replica, ledger: &Path, out: &Path, more: &str) -> Command {
    let mut command = tradebind();
    command.env("TRADEBIND_HK_URL", replica.hk_url()).env("TRADEBIND_STATE_DIR", ledger);
    command.args(["hk", "harvest", "--out"]).arg(out).args(more.split_whitespace());
    command
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_plan_for_people_and_programs() {
    let all =
        "hk plan --trade-type imports,re-exports --period 2012-01..2026-05 --destination ALL --hs 8541,8542";
    let told = [
        run(all),
        run(&format!("{all} --replica --max-rows 1000 --in-flight 1")),
        run(&format!("{all} --origin CN --transport --max-rows 100")),
        run(
            "hk plan --trade-type all --period 2020..2024 --origin CN --origin Germany --origin ASIA --sitc 0,1 --format json",
        ),
    ];
    insta::assert_snapshot!(told.map(|ran| ran.to_string()).join("\n"));
}

#[test]
fn wrong_requests_are_told_before_anything_is_asked() {
    let lists = folder("harvest-lists");
    let write = |name: &str, text: &str| {
        let path = lists.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let dropped = write("dropped.txt", "\u{feff}code\n010121\n10129\n");
    let mixed =
        write("mixed.csv", "\"010121\"\n\"10129\"; 0102\n# a comment\n030111,x\n40510 40520 40590 40610\n");
    let mixed_well = write("well.txt", "010121 # horses\n010129, 010130\n\n");
    let sitc = write("sitc.txt", "011\n776\n");
    let printed = write("printed.txt", "010121\n0101.29\n");
    let no_code = write("no-code.txt", "010121\nfoo\n");
    let empty = write("empty.txt", "# nothing\n");
    let plan = "hk plan --trade-type imports --period 2024-01..2024-02";
    let told = [
        run(&format!("{plan} --codes-from {dropped}")),
        run(&format!("{plan} --codes-from {mixed}")),
        run(&format!("{plan} --codes-from {mixed_well}")),
        run(&format!("{plan} --codes-from {printed}")),
        run(&format!("{plan} --codes-from {no_code}")),
        run(&format!("{plan} --codes-from {no_code} --hs 8542")),
        run(&format!("{plan} --codes-from {empty}")),
        run(&format!("{plan} --codes-from {}", lists.join("nowhere.txt").display())),
        run(&format!("{plan} --hs 85,8541")),
        run(&format!("{plan} --hs 8541.10")),
        run(&format!("{plan} --sitc 1234")),
        run(&format!("{plan} --commodity-class HKHS6")),
        run(&format!("{plan} --origin Nowhere --destination ALL,CN --statistic VCm,VCx --hs 851")),
        run("hk plan --trade-type imports --period 2024..2025 --statistic QCm --origin CN --pause -1"),
        run("hk plan --trade-type imports --period 2024-13"),
        run(&format!("{plan} --pause abc")),
        run(&format!("{plan} --hs 85 --commodity-class SITC2")),
        run(&format!("{plan} --end-use --commodity-class HKHS4")),
        run(&format!("{} --sitc 85 --commodity-class HKHS2 --out never", plan.replace("plan", "harvest"))),
        run("hk harvest --trade-type imports --period 2024-01"),
        run(&format!("{plan} --codes-from {sitc}")),
        run(&format!("{plan} --hs 085")),
        run(&format!("{plan} --hs 85 --max-rows 0")),
        run(&format!("{} --hs 85 --out {}", plan.replace("plan", "harvest"), lists.join("x.CSV").display())),
        run(&format!("{plan} --partner CN")),
        run("hk plan --trade-type imports --period 2025-01..latest"),
        run("hk plan --trade-type imports --period 2024.."),
    ];
    let all = told.map(|ran| ran.to_string()).join("\n");
    insta::assert_snapshot!(all.replace(lists.to_str().unwrap(), "LISTS"));
}

#[test]
fn end_use_is_its_own_class() {
    let told = |more: &str| run(&format!("hk plan --trade-type imports --period 2024 --format json {more}"));
    let by_option = told("--end-use");
    assert_eq!(by_option.code, Some(0), "{by_option}");
    for more in ["--commodity-class EUC", "--end-use --commodity-class euc"] {
        assert_eq!(told(more).to_string(), by_option.to_string(), "{more}");
    }
}

#[test]
fn a_summary_for_people() {
    let out = folder("harvest-summary").join("out");
    let first = ended(small(&out, ""), "");
    assert_eq!(first.code, Some(0));
    let again = ended(small(&out, "--strict --quiet"), "");
    assert_eq!(again.code, Some(1), "refused cells are findings to who is strict");
    let other_form = ended(small(&out, "--format ndjson --quiet"), "");
    let refused = {
        let mut command = tradebind();
        command.args(["hk", "harvest", "--replica", "--quiet", "--out"]).arg(out.with_file_name("refused"));
        command.args("--trade-type imports --period 2024-01 --hs 77,98".split_whitespace());
        ended(command, "")
    };
    assert_eq!(refused.code, Some(3), "nothing but refusals");
    let told = [first, again, other_form, refused].map(|ran| told(&ran, &out));
    insta::assert_snapshot!(told.join("\n"));
    insta::assert_snapshot!("data", std::fs::read_to_string(out.join("data.csv")).unwrap());
    assert_eq!(
        files(&out),
        [".lock", "bodies", "data.csv", "data.ndjson", "journal", "manifest.json", "plan.json"]
    );
}

/// What is refused or fails is told even where nothing was seen that tells how many cells it is.
#[test]
fn what_nobody_was_seen_in_counts() {
    let work = folder("harvest-unseen");
    let told = |name: &str, more: &str| {
        let mut command = tradebind();
        command.args(["hk", "harvest", "--replica", "--quiet", "--trade-type", "imports", "--out"]);
        command.arg(work.join(name)).args(more.split_whitespace());
        ended(command, "")
    };
    for (name, more, refused) in [
        ("code", "--strict --period 2024-01 --destination ALL --hs 77", 1),
        ("months", "--period 2048-01..2048-03 --destination ALL", 3),
        ("modes", "--period 2024-01 --transport --hs 77", 1),
    ] {
        let ran = told(name, more);
        assert!(ran.stdout.contains(&format!("\nrefused    {refused}\n")), "{ran}");
        assert_eq!(ran.code, Some(3), "{ran}");
    }
    // Two countries, of which one would be unknown, in one month that is out and two that are not, two codes.
    let replica = serve(Replica::builder().hk_newest("202605".parse().unwrap()));
    let request = "--pause 0 --trade-type imports --period 2026-05..2026-07 --destination CN,ZZ --hs 85,10";
    let both = ended(from(&replica, &work.join("state"), &work.join("both"), request), "");
    assert!(both.stdout.contains("cells      12 asked for\n"), "{both}");
    assert!(both.stdout.contains("\nrefused    10\n"), "{both}");
    let replica = serve(Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Html(404))]));
    let request = "--pause 0 --trade-type imports --period 2024-01 --destination ALL --hs 85";
    let failed = ended(from(&replica, &work.join("state"), &work.join("failed"), request), "");
    assert!(failed.stdout.contains("\nfailed     1\n"), "{failed}");
    assert!(failed.stderr.contains("run the same command again to ask for what failed"), "{failed}");
    assert_eq!(failed.code, Some(4), "{failed}");
}

/// The order in which things are asked for makes no other harvest: rows are in that of the first time.
#[test]
fn another_order_is_the_same_harvest() {
    let out = folder("harvest-order").join("out");
    let data = |ran: &Ran| ran.stdout.lines().find(|line| line.starts_with("data ")).unwrap().to_owned();
    let first = ended(small(&out, "--statistic VCm,QCm"), "");
    assert_eq!(first.code, Some(0), "{first}");
    let mut command = tradebind();
    command.args(["hk", "harvest", "--replica", "--out"]).arg(&out);
    command.args(
        "--trade-type re-exports,imports --period 2024-01..2024-03 --destination ZZ,JP,CN --hs 77,10,85 --statistic QCm,VCm"
            .split_whitespace(),
    );
    let again = ended(command, "");
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.stdout.contains(" 0 asked now"), "{again}");
    assert_eq!(data(&again), data(&first));
}

/// Periods that hang on the last month are told, so that the harvest is gone on with when another month is out; a refresh that
/// must wait is told, too.
#[test]
fn what_to_give_to_go_on_is_told() {
    let work = folder("harvest-open");
    let out = work.join("out");
    // The command looks for the last month by the clock.
    let replica = serve(Replica::builder().hk_newest_by_clock());
    let request = "--pause 0 --in-flight 1 --trade-type imports --hs 10,85 --max-rows 1 --period";
    let harvest =
        |more: &str| ended(from(&replica, &work.join("state"), &out, &format!("{request} {more}")), "");
    // All of it is asked for just now.
    let first = harvest("last-2 --refresh");
    assert_eq!(first.code, Some(0), "{first}");
    assert!(!first.stdout.contains("\nrefresh "), "{first}");
    let (_, told) = first.stderr.split_once("note: periods ").unwrap();
    let (periods, more) = told.split_once(';').unwrap();
    assert!(more.starts_with(" give these to go on later"), "{first}");
    let (start, end) = periods.split_once("..").unwrap();
    assert!((start.len(), end.len()) == (7, 7) && start < end, "{first}");
    // As in the first run, but for an answer that was lost, and that fails when it is asked for.
    let body = || std::fs::read_dir(out.join("bodies")).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(body()).unwrap();
    // Those that find the last month come before the four of the plan.
    let requests = replica.hk_requests();
    let asked = requests.iter().filter(|one| !one.target.starts_with("/api/get")).count();
    let before = (0..asked - 4).map(|_| Step::Play);
    replica.script(Door::HkAnswer, before.chain([Fault::Html(404).into()]));
    let failed = harvest("last-2");
    assert_eq!(failed.code, Some(4), "{failed}");
    let advice = format!("run the same command with --period {periods} again");
    assert!(failed.stderr.contains(&advice), "{failed}");
    let again = harvest(&format!("{periods} --refresh"));
    let waiting = "\nrefresh    not begun: what was missing was asked for first; run it again\n";
    assert!(again.stdout.contains(waiting), "{again}");
    assert_eq!(again.code, Some(0), "{again}");
    assert!(again.stdout.contains(" 1 asked now"), "{again}");
    let of_before = body();
    let refreshed = harvest(&format!("{periods} --refresh"));
    assert!(!refreshed.stdout.contains(waiting), "{refreshed}");
    // The year of the last month: both months, but for a January.
    let calls = if start[..4] == end[..4] { 4 } else { 2 };
    assert!(refreshed.stdout.contains(&format!(" {calls} asked now")), "{refreshed}");
    // After a refresh, an answer of before it was lost.
    std::fs::remove_file(of_before).unwrap();
    let again = harvest(&format!("{periods} --refresh"));
    assert!(again.stdout.contains(waiting) && again.stdout.contains(" by the refresh before;"), "{again}");
}

/// What no cut brings within the rows asked for is harvested all the same, and told.
#[test]
fn queries_beyond_the_rows_are_told() {
    let mut command = tradebind();
    command
        .args("hk harvest --replica --trade-type imports --period 2024-01 --hs 85 --origin ALL".split(' '));
    command.args(["--max-rows", "10", "--out"]).arg(folder("harvest-over").join("out"));
    let ran = ended(command, "");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("note: 1 queries may have more rows than --max-rows"), "{ran}");
}

/// Counts and hashes in the manifest are those of the files, and every address is there.
#[test]
fn the_manifest_says_where_everything_is_from() {
    let out = folder("harvest-manifest").join("out");
    assert_eq!(ended(small(&out, "--quiet"), "").code, Some(0));
    let read = |name: &str| std::fs::read(out.join(name)).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let hash: String = Sha256::digest(read("data.csv")).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(manifest["summary"]["data"]["sha256"], hash);
    assert_eq!(manifest["summary"]["data"]["bytes"], read("data.csv").len());
    for answer in manifest["answers"].as_array_mut().unwrap() {
        assert!(out.join(answer["body"].as_str().unwrap()).is_file());
        let retrieved = answer["retrieved"].as_str().unwrap();
        assert!(retrieved.starts_with("20") && retrieved.ends_with('Z'), "{retrieved}");
        answer["retrieved"] = "TIME".into();
        // Bodies tell when they were made.
        for name in ["body", "sha256"] {
            answer[name] = name.to_uppercase().into();
        }
        answer["bytes"] = 0.into();
    }
    manifest["program"] = "PROGRAM".into();
    insta::assert_snapshot!(format!("{manifest:#}"));
}

#[test]
fn folders_that_cannot_be_used_are_told() {
    let work = folder("harvest-folders");
    let out = work.join("out");
    assert_eq!(ended(small(&out, "--quiet"), "").code, Some(0));
    let before = files(&out);
    let mut all = Vec::new();
    let mut tell = |command: Command| all.push(ended(command, "").to_string());
    let changed = |more: &str| {
        let mut command = tradebind();
        command.args(["hk", "harvest", "--replica", "--quiet", "--out"]).arg(&out);
        command.args(more.split_whitespace());
        command
    };
    tell(changed(
        "--trade-type imports --period 2024-02..2024-03 --destination ALL --hs 10,85,71 --max-rows 9",
    ));
    tell(changed(
        "--trade-type imports,re-exports --period 2024-01..2024-04 --destination CN,JP,ZZ --hs 85,10,77",
    ));
    // Of another server; nobody is there, which is not found out.
    let mut elsewhere = tradebind();
    elsewhere.env("TRADEBIND_HK_URL", "http://127.0.0.1:9").env("TRADEBIND_STATE_DIR", work.join("state"));
    elsewhere.args(["hk", "harvest", "--out"]).arg(&out).args(SMALL.split_whitespace());
    tell(elsewhere);
    assert_eq!(files(&out), before);

    std::fs::write(work.join("thesis.txt"), "x").unwrap();
    tell(small(&work.join("thesis.txt"), "--quiet"));
    tell(small(&work.join("thesis.txt/out"), "--quiet"));
    let foreign = work.join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("thesis.txt"), "x").unwrap();
    std::fs::write(foreign.join(".lock"), "").unwrap();
    tell(small(&foreign, "--quiet"));
    assert_eq!(files(&foreign), [".lock", "thesis.txt"]);

    let damage = |name: &str, at: usize| {
        let path = out.join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[at] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    damage("journal", 100);
    tell(small(&out, "--quiet"));
    damage("journal", 100);
    damage("plan.json", 0);
    tell(small(&out, "--quiet"));
    damage("plan.json", 0);
    let again = ended(small(&out, "--quiet"), "");
    assert!(again.code == Some(0) && again.stdout.contains(" 0 asked now"), "nothing is lost: {again}");
    let told = all.join("\n").replace(work.to_str().unwrap(), "WORK");
    insta::assert_snapshot!(told);
}

/// Runs it where nobody may write into a folder; as root, without the right to write everywhere.
#[cfg(target_os = "linux")]
fn unprivileged(command: &Command, probe: &Path) -> Command {
    let mut made = match std::fs::write(probe.join("probe"), "") {
        Ok(()) => {
            std::fs::remove_file(probe.join("probe")).unwrap();
            let mut made = Command::new("setpriv");
            made.args(["--bounding-set=-dac_override", "--inh-caps=-dac_override"])
                .arg(command.get_program());
            made
        }
        Err(_) => Command::new(command.get_program()),
    };
    made.args(command.get_args());
    made
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_told_and_gone_on_with_once_it_is_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let work = folder("harvest-read-only");
    let (out, whole, shut) = (work.join("out"), work.join("whole"), work.join("shut"));
    assert_eq!(ended(small(&whole, "--quiet"), "").code, Some(0));
    let mode = |path: &Path, mode: u32| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    std::fs::create_dir(&shut).unwrap();
    mode(&shut, 0o555);
    let mut all = vec![ended(unprivileged(&small(&shut.join("out"), "--quiet"), &shut), "").to_string()];
    all.push(ended(unprivileged(&small(&shut, "--quiet"), &shut), "").to_string());
    // A harvest that is done, but for its data; then it is shut.
    assert_eq!(ended(small(&out, "--quiet"), "").code, Some(0));
    std::fs::remove_file(out.join("data.csv")).unwrap();
    mode(&out, 0o555);
    all.push(ended(unprivileged(&small(&out, "--quiet"), &out), "").to_string());
    mode(&out, 0o755);
    mode(&shut, 0o755);
    insta::assert_snapshot!(all.join("\n").replace(work.to_str().unwrap(), "WORK"));
    let again = ended(small(&out, "--quiet"), "");
    assert!(again.code == Some(0) && again.stdout.contains(" 0 asked now"), "{again}");
    let data = |folder: &Path| std::fs::read(folder.join("data.csv")).unwrap();
    assert_eq!(data(&out), data(&whole));
}

/// Files may not grow beyond some bytes, as on a disk that is full; wherever that is, it is told, and the next run goes on to
/// the same data.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_nothing() {
    let work = folder("harvest-full");
    let replica = serve(Replica::builder());
    let request = "--quiet --pause 0 --trade-type imports --period 2022-01..2024-12 --destination CN,JP,DE,US --hs 10,85 --max-rows 30";
    let ledger = work.join("state");
    let harvest = |out: &Path| from(&replica, &ledger, out, request);
    let whole = work.join("whole");
    let ran = ended(harvest(&whole), "");
    assert_eq!(ran.code, Some(0), "{ran}");
    let data = |folder: &Path| std::fs::read(folder.join("data.csv")).unwrap();
    let largest = data(&whole).len();
    let (mut messages, mut full) = (std::collections::BTreeSet::new(), 0);
    for part in 1..10 {
        let out = work.join(format!("out-{part}"));
        // The signal that would end the process is ignored: the write fails instead.
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", "prlimit"]);
        command.arg(format!("--fsize={}", largest * part / 10));
        let inner = harvest(&out);
        command.arg(inner.get_program()).args(inner.get_args());
        command.env("TRADEBIND_HK_URL", replica.hk_url()).env("TRADEBIND_STATE_DIR", &ledger);
        let ran = ended(command, "");
        if ran.code != Some(0) {
            assert_eq!(ran.code, Some(3), "{ran}");
            full += 1;
            let name = |text: &str| {
                let text = text.replace(out.to_str().unwrap(), "FOLDER");
                match text.split_once("bodies/") {
                    Some((before, rest)) => format!("{before}bodies/HASH{}", &rest[64..]),
                    None => text,
                }
            };
            messages.insert(name(&ran.stderr));
        }
        let again = ended(harvest(&out), "");
        assert_eq!(again.code, Some(0), "{again}");
        assert_eq!(data(&out), data(&whole), "a tenth of {part}");
        // Answers that were being kept when the disk was full leave nothing behind once it is not.
        let mut left = files(&out).into_iter().chain(files(&out.join("bodies")));
        assert!(left.all(|name| !name.starts_with(".tradebind")));
    }
    assert!(full > 5, "the disk was full {full} times only");
    insta::assert_snapshot!(messages.into_iter().collect::<Vec<_>>().join(""));
}

/// Waits for something that another process does.
fn until(what: &str, there: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if there() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not come");
}

fn spawn(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap().success());
}

/// One process works in a folder, a second is told so; Ctrl-C ends the first cleanly, and the next goes on.
#[cfg(unix)]
#[test]
fn one_process_a_folder_and_ctrl_c_says_how_to_go_on() {
    let work = folder("harvest-two");
    let replica = serve(Replica::builder());
    let out = work.join("out");
    let request =
        "--pause 0 --in-flight 1 --trade-type imports --period 2024-01..2024-03 --hs 10,71,85 --max-rows 3";
    let harvest = |more: &str| from(&replica, &work.join("state"), &out, &format!("{request} {more}"));
    // The second query hangs.
    replica.script(Door::HkAnswer, [Step::Play, Fault::Latency(Duration::from_secs(600)).into()]);
    let first = spawn(harvest("--quiet"));
    until("the second query", || {
        replica.hk_requests().iter().filter(|one| one.target.contains("period=")).count() >= 3
    });
    let second = ended(harvest(""), "");
    interrupt(&first);
    let first = wait(first);
    let third = ended(harvest(""), "");
    insta::assert_snapshot!([first, second, third].map(|ran| told(&ran, &out)).join("\n"));
}

/// Starts of two processes count together: at most so many queries reach the server in any second.
#[test]
fn two_processes_keep_within_one_limit() {
    let work = folder("harvest-pace");
    // A tenth of a second apart, that is eleven starts in a second, and some that were held up on their way; two that each kept a
    // pace of their own would be at twenty-two.
    let replica = serve(Replica::builder().hk_usage_limit(18, Duration::from_secs(1)));
    let request = "--quiet --pause 0.1 --in-flight 3 --trade-type imports --period 2024-01..2024-12 --destination CN,JP,DE,US,KR,SG,GB,VN --hs 10,85 --max-rows 8";
    let start = |name: &str| spawn(from(&replica, &work.join("state"), &work.join(name), request));
    let both = [start("one"), start("other")].map(wait);
    for ran in &both {
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    assert_eq!(both[0].stdout, both[1].stdout);
    let refused =
        replica.hk_requests().iter().filter(|one| one.note.as_deref() == Some("usage limit")).count();
    assert_eq!(refused, 0, "the limit was passed");
    let ledger: serde_json::Value =
        serde_json::from_slice(&std::fs::read(work.join("state/hk-trade.127.0.0.1.pace")).unwrap()).unwrap();
    assert_eq!(ledger["limit_reached"], 0);
}

/// A limit that is reached is noted for all processes, and told.
#[test]
fn a_limit_that_was_reached_is_told() {
    let work = folder("harvest-limit");
    let replica = serve(Replica::builder());
    let ledger = work.join("state");
    std::fs::create_dir(&ledger).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let noted = serde_json::json!({ "next": 0, "limit_reached": u64::try_from(now).unwrap() - 3_600_000 });
    std::fs::write(ledger.join("hk-trade.127.0.0.1.pace"), noted.to_string()).unwrap();
    let ran = ended(from(&replica, &ledger, &work.join("out"), SMALL), "");
    assert!(ran.stderr.contains("note: the service's limit of usage was last reached at 20"), "{ran}");
    assert_eq!(ran.code, Some(0), "{ran}");
}

/// Each line is an object with all of the progress; the last has nothing left.
#[test]
fn progress_is_read_by_programs() {
    let out = folder("harvest-progress").join("out");
    let ran = ended(small(&out, "--progress json --quiet"), "");
    let lines: Vec<serde_json::Value> =
        ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names = [
        "calls",
        "calls_a_minute",
        "done",
        "failed",
        "last_refusal",
        "planned",
        "rows",
        "seconds",
        "seconds_left",
    ];
    for line in &lines {
        let mut here: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
        here.sort_unstable();
        assert_eq!(here, names);
    }
    let last = lines.last().unwrap();
    assert_eq!((&last["done"], &last["seconds_left"]), (&last["planned"], &0.into()));
    assert!(last["last_refusal"].as_str().unwrap().contains("Commodity code (77)"), "{last}");
    let plain = ended(small(&out.with_file_name("plain"), ""), "");
    let lines: Vec<_> = plain.stderr.lines().filter(|line| line.contains(" batches, ")).collect();
    assert!(lines.last().is_some_and(|line| line.contains("last refusal: Commodity code (77)")), "{plain}");
}

#[test]
fn progress_that_is_asked_for_is_told_quietly_too() {
    let ran = ended(small(&folder("harvest-quiet").join("out"), "--progress plain --quiet"), "");
    assert!(!ran.stderr.is_empty() && ran.stderr.lines().all(|line| line.contains(" batches, ")), "{ran}");
}

/// By itself the replica is asked as fast as it answers.
#[test]
fn a_pause_holds_with_the_replica() {
    let began = std::time::Instant::now();
    let ran = ended(small(&folder("harvest-pause").join("out"), "--pause 0.2 --progress json"), "");
    let last: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    let calls = u32::try_from(last["calls"].as_u64().unwrap()).unwrap();
    assert!(calls > 1, "{ran}");
    assert!(began.elapsed() >= Duration::from_millis(200) * (calls - 1), "{calls} calls");
}

/// A server that takes whatever is put, as buckets do; its address, and the first line of what it was asked, in small letters.
#[cfg(feature = "object-store")]
fn bucket() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::sync::{Arc, Mutex};

    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", server.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in server.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                lines.push(line.to_ascii_lowercase());
            }
            let length =
                lines.iter().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            stream.by_ref().take(length.unwrap_or_default()).read_to_end(&mut Vec::new()).unwrap();
            let body = match lines.first().map_or("", |line| line.split(' ').next().unwrap()) {
                "post" => {
                    "<InitiateMultipartUploadResult><UploadId>an-id</UploadId></InitiateMultipartUploadResult>"
                }
                "get" => "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>",
                _ => "",
            };
            noted.lock().unwrap().push(lines.swap_remove(0));
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    (endpoint, asked)
}

/// A harvest to an address of such a server.
#[cfg(feature = "object-store")]
fn to_bucket(replica: &Replica, work: &Path, endpoint: &str) -> Command {
    let mut command = from(
        replica,
        &work.join("ledger"),
        Path::new("s3://bucket/trade"),
        "--pause 0 --trade-type imports --period 2024-01..2024-12 --hs 10",
    );
    command.arg("--state").arg(work.join("state")).envs([
        ("AWS_ACCESS_KEY_ID", "an-id"),
        ("AWS_SECRET_ACCESS_KEY", "a-secret"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ]);
    command
}

/// What stands at an address stays where the service does not answer: nothing is removed, and nothing written.
#[cfg(feature = "object-store")]
#[test]
fn what_failed_is_not_copied() {
    let (endpoint, asked) = bucket();
    let work = folder("harvest-not-copied");
    let replica = serve(Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Html(404))]));
    let ran = ended(to_bucket(&replica, &work, &endpoint), "");
    assert_eq!(ran.code, Some(4), "{ran}");
    assert!(ran.stderr.contains("note: not copied: "), "{ran}");
    let asked = asked.lock().unwrap();
    // Of the check alone: begun, given up, listed.
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(
        asked.iter().all(|line| line.contains("tradebind-check") || line.starts_with("get ")),
        "{asked:?}"
    );
}

/// Runs a command whose standard output nobody reads.
fn unread(command: Command) -> Ran {
    let mut child = spawn(command);
    drop(child.stdout.take());
    wait(child)
}

/// Who does not read the summary hears by the exit code how it ended.
#[test]
fn a_closed_pipe_does_not_hide_how_a_harvest_ended() {
    let work = folder("harvest-closed");
    let replica = serve(Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Html(404))]));
    let request = "--pause 0 --trade-type imports --period 2024-01 --hs 10";
    let failed = unread(from(&replica, &work.join("state"), &work.join("failed"), request));
    assert_eq!(failed.code, Some(4), "{failed}");
    assert!(failed.stderr.contains("again to ask for what failed"), "{failed}");
    let refused = unread(small(&work.join("refused"), "--strict --quiet"));
    assert_eq!((refused.code, &*refused.stderr), (Some(1), ""), "{refused}");
}

#[cfg(feature = "object-store")]
#[test]
fn a_closed_pipe_does_not_end_the_copy() {
    let (endpoint, asked) = bucket();
    let replica = serve(Replica::builder());
    let ran = unread(to_bucket(&replica, &folder("harvest-closed-copy"), &endpoint));
    let asked = asked.lock().unwrap();
    let is_data = |line: &String| {
        (line.starts_with("put ") || line.starts_with("post ")) && !line.contains("tradebind-check")
    };
    assert!(asked.iter().any(is_data), "{asked:?} {ran}");
}

/// A server that fails: what could not be had is told, and how to go on.
#[test]
fn failures_are_told() {
    let work = folder("harvest-failures");
    let replica = serve(Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Html(404))]));
    let (ledger, out) = (work.join("state"), work.join("out"));
    let request =
        "--pause 0 --in-flight 1 --trade-type imports --period 2024-01..2024-12 --hs 10,85 --max-rows 1";
    let failed = ended(from(&replica, &ledger, &out, request), "");
    assert_eq!(failed.code, Some(4), "{failed}");
    replica.clear_faults();
    let again = ended(from(&replica, &ledger, &out, &format!("{request} --quiet")), "");
    assert_eq!(again.code, Some(0), "{again}");
    insta::assert_snapshot!([failed, again].map(|ran| told(&ran, &out)).join("\n"));
}

/// What cannot be published yet is told when it is planned; what can be is not.
#[test]
fn periods_that_are_not_over_are_told() {
    let told = |period: &str| run(&format!("hk plan --trade-type imports --period {period}")).stderr;
    for period in ["2048-01..2049-01", "2048..2049"] {
        assert!(
            told(period).contains("2049") && told(period).contains("is not over yet"),
            "{}",
            told(period)
        );
    }
    assert_eq!(told("2018-01..2020-12") + &told("2018..2020"), "");
    insta::assert_snapshot!(
        ["2048-01..2048-12", "2005..2008", "2005..2018", "2010-01..2011-12", "2011-12..2048-01"].map(told).concat(),
        @r"
    note: 2048-12 is not over yet, nor is what is asked for before it: ask up to the last one published: `tradebind hk latest` tells the last month
    note: 2005..2008: no year so early is known: ask for later ones
    note: 2005: no year so early is known; a harvest shortens its range to what the service has published
    note: 2010-01..2011-12: monthly data begin in 2012-01: ask from there
    note: 2011-12: monthly data begin in 2012-01; a harvest shortens its range to what the service has published
    note: 2048-01 is not over yet; a harvest shortens its range to what the service has published
    "
    );
}
