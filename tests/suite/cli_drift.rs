//! `tradebind drift`, from the outside.

use std::io::{BufRead as _, BufReader, Write as _};

use crate::support::cli::{ended, folder, run, run_args, tradebind};
use serde_json::Value;
use tradebind::exchange::{Body, Exchange, documented};
use tradebind::validate::drift::Probe;

/// A folder of recordings with the documented answers, one of them changed.
fn recordings(name: &str, change: impl Fn(&mut Value)) -> std::path::PathBuf {
    let folder = folder(name);
    for (file, mut exchange) in documented().unwrap() {
        if (exchange.operation.as_str(), exchange.case.as_str()) == ("world_regions", "documented")
            && let Some(Body::Json(json)) =
                exchange.response.as_mut().and_then(|response| response.body.as_mut())
        {
            change(json);
        }
        exchange.save(&folder.join(file.rsplit('/').next().unwrap())).unwrap();
    }
    folder
}

#[test]
fn documented_answers_have_not_drifted() {
    let folder = recordings("drift-none", |_| ());
    let ran = run_args(&["drift", "--from", folder.to_str().unwrap()], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
    assert!(ran.stdout.contains("0 errors"), "{ran}");
}

/// Only a raw call is known by its path; an operation that no document has is told, as `validate` tells it.
#[test]
fn an_operation_that_no_document_has_is_told() {
    for (operation, code) in [("raw", Some(0)), ("get_trde", Some(3))] {
        let folder = folder("drift-operation");
        for (file, mut exchange) in documented().unwrap() {
            if exchange.operation == "get_trade" {
                exchange.operation = operation.to_owned();
            }
            exchange.save(&folder.join(file.rsplit('/').next().unwrap())).unwrap();
        }
        let ran = run_args(&["drift", "--from", folder.to_str().unwrap()], "");
        assert_eq!(ran.code, code, "{ran}");
        let told = "operation \"get_trde\", which no document has";
        assert_eq!(ran.to_string().contains(told), code != Some(0), "{ran}");
    }
}

/// Where nothing was compared the command never ends well, and says why.
#[test]
fn nothing_compared_is_no_success() {
    let empty = folder("drift-empty");
    let only = recordings("drift-only", |_| ());
    for entry in std::fs::read_dir(&only).unwrap().flatten() {
        if !entry.file_name().to_string_lossy().contains("world_regions") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let odd = folder("drift-odd");
    std::fs::write(odd.join("a.json"), "{").unwrap();
    std::fs::write(odd.join("b.json"), r#"{"format": "tradebind-exchange/1"}"#).unwrap();
    let below = folder("drift-below");
    std::fs::create_dir_all(below.join("tradewind")).unwrap();
    std::fs::copy(only.join("world_regions.documented.json"), below.join("tradewind/one.json")).unwrap();
    let shown = |words: &str| {
        let ran = run(words).to_string();
        [&empty, &only, &odd, &below].into_iter().fold(ran, |ran, folder| {
            ran.replace(folder.to_str().unwrap(), folder.file_name().unwrap().to_str().unwrap())
        })
    };
    insta::assert_snapshot!([
        shown(&format!("drift --from {}", empty.display())),
        shown(&format!("drift --from {} --service hk", only.display())),
        shown(&format!("drift --from {}", odd.display())),
        shown(&format!("drift --from {}", below.display())),
    ].join("\n"), @"
    exit 3
    -- stdout
    drift-empty: the folder holds no recorded exchange: files that end in .json, .ndjson or .jsonl
    0 payloads checked, 0 errors, 0 warnings, 0 notes, 1 could not be checked, nothing was checked

    exit 3
    -- stdout
    drift-only: holds no recorded exchange of hk-trade with an answer: nothing was compared
    0 payloads checked, 0 errors, 0 warnings, 0 notes, 1 could not be checked, nothing was checked

    exit 3
    -- stdout
    drift-odd/a.json: is no recorded exchange: at #/?: EOF while parsing an object at line 1 column 1
    drift-odd/b.json: is no recorded exchange: at #: missing field `case` at line 1 column 34
    drift-odd: holds no recorded exchange with an answer: nothing was compared
    0 payloads checked, 0 errors, 0 warnings, 0 notes, 3 could not be checked, nothing was checked

    exit 0
    -- stdout
    2 payloads checked, 0 errors, 0 warnings, 0 notes
    ");
}

#[test]
fn drift_is_told_accepted_and_over() {
    let change = |json: &mut Value| {
        json.pointer_mut("/data/data/list/0").unwrap()["continent"] = "Asia".into();
        json.pointer_mut("/data/data/list/1").unwrap()["buyerCount"] = "many".into();
    };
    let changed = recordings("drift-some", change);
    let (changed, baseline) =
        (changed.to_str().unwrap().to_owned(), folder("drift-baseline").join("drift.json"));
    let baseline = baseline.to_str().unwrap();
    let ran = run_args(&["drift", "--from", &changed], "");
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stdout.contains("continent") && ran.stdout.contains("the documented example has nothing there"),
        "{ran}"
    );
    assert!(ran.stdout.contains("the documented example has an integer"), "{ran}");
    let ran = run_args(&["drift", "--from", &changed, "--write-baseline", baseline], "");
    assert_eq!(ran.code, Some(0), "{ran}");
    let ran = run_args(&["drift", "--from", &changed, "--baseline", baseline, "--fail-on", "note"], "");
    assert_eq!(ran.code, Some(0), "{ran}");
    for (form, mark) in
        [("sarif", "\"ruleId\""), ("junit", "<testsuites"), ("github", "::error"), ("json", "\"findings\"")]
    {
        let ran = run_args(&["drift", "--from", &changed, "--format", form], "");
        assert_eq!(ran.code, Some(1), "{form}: {ran}");
        assert!(ran.stdout.contains(mark), "{form}: {ran}");
    }
    // The same drift in another folder, and in other rows, is the same drift.
    let elsewhere = recordings("drift-elsewhere", |json| {
        json.pointer_mut("/data/data/list/2").unwrap()["continent"] = "Europe".into();
        json.pointer_mut("/data/data/list/3").unwrap()["buyerCount"] = "few".into();
    });
    let ran = run_args(&["drift", "--from", elsewhere.to_str().unwrap(), "--baseline", baseline], "");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(!ran.stdout.contains("stale"), "{ran}");
    let over = recordings("drift-over", |_| ());
    let ran = run_args(&["drift", "--from", over.to_str().unwrap(), "--baseline", baseline], "");
    assert_eq!((ran.code, ran.stdout.matches("stale in the baseline: ").count()), (Some(0), 2), "{ran}");
    let config = folder("drift-config").join("rules.toml");
    std::fs::write(&config, "[rules]\n\"schema/undeclared\" = \"off\"\n\"schema/type\" = \"note\"\n")
        .unwrap();
    let ran = run_args(&["drift", "--from", &changed, "--config", config.to_str().unwrap()], "");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("0 errors") && ran.stdout.contains("1 note"), "{ran}");
}

/// An answer is kept as text where its members came in an order of their own.
#[test]
fn places_are_those_of_the_file() {
    let folder = folder("drift-places");
    let all = documented().unwrap();
    let (_, mut exchange) =
        all.into_iter().find(|(name, _)| name.contains("world_regions.documented")).unwrap();
    let response = exchange.response.as_mut().unwrap();
    let text = response.body.as_ref().unwrap().json().unwrap().to_string();
    response.body = Some(Body::Text(text.replacen("\"list\":[{", "\"list\":[{\"newField\":1,", 1)));
    let file = folder.join("one.json");
    exchange.save(&file).unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    let (number, line) = written.lines().enumerate().find(|(_, line)| line.contains("newField")).unwrap();
    let (number, column) =
        (number + 1, line.chars().count() - line.split_once("newField").unwrap().1.chars().count() - 9);
    assert!(number > 1);
    let from = file.to_str().unwrap();
    let ran = run_args(&["drift", "--from", from, "--format", "sarif"], "");
    let sarif: Value = serde_json::from_str(&ran.stdout).unwrap();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (region["startLine"].as_u64(), region["startColumn"].as_u64()),
        (Some(number as u64), Some(column as u64)),
        "{region}"
    );
    let place = format!("{from}:{number}:{column}");
    for command in [vec!["drift", "--from", from], vec!["validate", "--strict", from]] {
        let ran = run_args(&command, "");
        assert!(ran.stdout.contains(&place) && ran.stdout.contains("/response/body/text/"), "{place}: {ran}");
    }
}

/// One exchange a line, with the places of the file; and what is none is told for what it is.
#[test]
fn exchanges_may_come_a_line_each() {
    let folder = folder("drift-lines");
    let all: Vec<_> = documented().unwrap().into_iter().map(|(_, one)| one).collect();
    let line = |one: &Exchange| serde_json::to_string(one).unwrap();
    let changed = all.iter().find(|one| one.operation == "world_regions").map(line).unwrap();
    let changed = changed.replacen("\"list\":[{", "\"list\":[{\"newField\":1,", 1);
    let whole =
        all.iter().find(|one| one.operation == "get_trade" && one.response.is_some()).map(line).unwrap();
    let text = format!("{whole}\n\n{changed}\n");
    let file = folder.join("all.ndjson");
    std::fs::write(&file, &text).unwrap();
    let ran = run_args(&["drift", "--from", folder.to_str().unwrap(), "--format", "json"], "");
    assert_eq!(ran.code, Some(1), "{ran}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (checked, findings) = (report["checked"].as_array().unwrap(), report["findings"].as_array().unwrap());
    assert_eq!((checked.len(), checked[3]["line"].as_u64(), findings.len()), (4, Some(3), 1), "{ran}");
    let offset = usize::try_from(findings[0]["offset"].as_u64().unwrap()).unwrap();
    assert_eq!(
        (findings[0]["line"].as_u64(), &text[offset..offset + 10]),
        (Some(3), "\"newField\""),
        "{ran}"
    );
    let validated = run_args(&["validate", "--strict", file.to_str().unwrap(), "--format", "json"], "");
    let validated: Value = serde_json::from_str(&validated.stdout).unwrap();
    for member in ["line", "column", "offset", "pointer"] {
        assert_eq!(validated["findings"][0][member], findings[0][member], "{member}");
    }
    std::fs::write(&file, format!("{whole}\n{{}}\n{{\n")).unwrap();
    std::fs::write(folder.join("x.har"), r#"{"log": {"entries": []}}"#).unwrap();
    std::fs::write(folder.join("y.ndjson"), serde_json::to_string_pretty(&all[0]).unwrap()).unwrap();
    let ran = run_args(&["drift", "--from", folder.to_str().unwrap()], "");
    assert_eq!(ran.code, Some(3), "{ran}");
    for told in [
        "all.ndjson:2: is no recorded exchange: drift takes what",
        "all.ndjson:3: is no recorded exchange: at #",
        "x.har: is no recorded exchange: drift takes what `tradebind drift --keep`",
        "y.ndjson: is one JSON value over several lines",
    ] {
        assert!(ran.stdout.contains(told), "{told}: {ran}");
    }
}

/// Told before anything is asked.
#[test]
fn what_is_kept_is_written_over_recordings_alone() {
    let kept = folder("drift-keep-over");
    let name = "hk-trade.get_trade.total-exports-cn.json";
    let unmade = kept.join("unmade");
    std::os::unix::fs::symlink(&kept, kept.join("link")).unwrap();
    let linked = format!("sarif={}", kept.join("link/unmade/a.json").display());
    let around = format!("sarif={}", unmade.join("../unmade/a.json").display());
    let report = |name: &str| format!("json={}", unmade.join(name).display());
    for wrong in [
        &["--config", "no-such-file"][..],
        &["--baseline", "no-such-file"],
        &["--report", &report("./a.json"), "--report", &report("a.json")],
        &["--report", &report("a.json"), "--report", &linked],
        &["--report", &report("a.json"), "--report", &around],
    ] {
        let args = ["drift", "--replica", "--service", "hk", "--keep", unmade.to_str().unwrap()];
        let ran = run_args(&[&args, wrong].concat(), "");
        assert!(ran.code != Some(0) && !unmade.exists(), "a wrong call leaves no folder behind: {ran}");
    }
    let keep = |more: &[&str]| {
        let args = ["drift", "--replica", "--service", "hk", "--keep", kept.to_str().unwrap()];
        run_args(&[&args, more].concat(), "")
    };
    let report = format!("json={}", kept.join(name).display());
    let ran = keep(&["--report", &report]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("a result would be written over it") && !kept.join(name).exists(), "{ran}");
    for other in ["{\"mine\": 1}", "words"] {
        std::fs::write(kept.join(name), other).unwrap();
        let ran = keep(&[]);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("--keep writes over nothing else"), "{ran}");
        assert_eq!(std::fs::read_to_string(kept.join(name)).unwrap(), other);
    }
    std::fs::remove_file(kept.join(name)).unwrap();
    let report = |form: &str| format!("{form}={}", kept.join(format!("{form}.json")).display());
    // What it wrote itself it writes over, beside reports, which are passed over.
    for _ in 0..2 {
        let ran =
            keep(&["--report", &report("sarif"), "--report", &report("junit"), "--report", &report("json")]);
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    let ran = run_args(&["drift", "--from", kept.to_str().unwrap()], "");
    assert_eq!((ran.code, ran.stdout.matches("passed over").count()), (Some(0), 3), "{ran}");
    let sarif = std::fs::read_to_string(kept.join("sarif.json")).unwrap();
    let junit = std::fs::read_to_string(kept.join("junit.json")).unwrap();
    assert!(
        sarif.contains("\"name\": \"tradebind drift\"")
            && junit.contains("<testsuites name=\"tradebind drift\"")
    );
}

#[test]
fn no_result_is_written_over_a_recording() {
    let folder = recordings("drift-over-input", |_| ());
    let file = folder.join("world_regions.documented.json");
    let before = std::fs::read_to_string(&file).unwrap();
    let report = format!("json={}", file.display());
    for from in [&file, &folder] {
        let ran = run_args(&["drift", "--from", from.to_str().unwrap(), "--report", &report], "");
        assert_eq!(ran.code, Some(2), "{ran}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
}

/// A server that refuses whatever is asked, and its address.
fn refusing() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            _ = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let answer = "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

/// A path that is gone is the gravest drift: the report has it, also where another service cannot be reached.
#[test]
fn a_refused_documented_query_is_in_the_report() {
    let (url, folder) = (refusing(), folder("drift-refused"));
    for (service, code) in [("tradewind", 3), ("all", 4)] {
        let report = folder.join(format!("{service}.json"));
        let mut command = tradebind();
        command.args(["drift", "--quiet", "--report", &format!("json={}", report.display())]);
        if service != "all" {
            command.args(["--service", service]);
        }
        command.env("TRADEBIND_TRADEWIND_URL", &url).env("TRADEBIND_HK_URL", "http://127.0.0.1:9");
        command.env("TRADEBIND_STATE_DIR", &folder);
        let ran = ended(command, "");
        assert_eq!(ran.code, Some(code), "{ran}");
        let report: Value = serde_json::from_str(&std::fs::read_to_string(report).unwrap()).unwrap();
        let problems = report["problems"].to_string();
        assert!(problems.contains("tradewind/health.free.json") && problems.contains("404"), "{problems}");
        assert!(!problems.contains("hk-trade"), "{problems}");
    }
}

/// What was not asked for, or could not be, says nothing of what was accepted of it.
#[test]
fn only_what_was_asked_can_be_out_of_date() {
    let baseline = folder("drift-stale").join("drift.json");
    let entry = "drift/gone tradewind/world_regions.documented.json#/response/body/json/data/x";
    let text = serde_json::json!({ "format": "tradebind-baseline/1", "accepted": { entry: 1 } }).to_string();
    std::fs::write(&baseline, text).unwrap();
    let drift = |words: &str, option: &str| {
        let mut args =
            vec!["drift", "--replica", "--service", "tradewind", option, baseline.to_str().unwrap()];
        args.extend(words.split_whitespace());
        run_args(&args, "")
    };
    let ran = drift("", "--baseline");
    assert!(!ran.stdout.contains("stale"), "{ran}");
    let ran = drift("--max-credits 100", "--baseline");
    assert!(ran.stdout.contains(&format!("stale in the baseline: {entry}")), "{ran}");
    let ran = drift("--max-credits 0.01", "--baseline");
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(
        ran.stderr.contains("the budget does not hold this call")
            && ran.stderr.contains("; --max-credits N allows more")
            && !ran.stderr.contains("Ledger::")
            && !ran.stdout.contains("stale"),
        "{ran}"
    );
    assert!(!ran.stdout.starts_with("0 payloads"), "the others are asked all the same: {ran}");
    let ran = drift("", "--write-baseline");
    assert!(
        ran.stderr.contains("accepts nothing of what was not compared")
            && ran.stderr.contains("world_regions"),
        "{ran}"
    );
}

#[test]
fn the_replica_is_asked_for_what_is_free_unless_credits_are_given() {
    let kept = folder("drift-kept");
    let ran = run_args(&["drift", "--replica", "--keep", kept.to_str().unwrap()], "");
    assert!(
        ran.stderr.contains("tradewind/world_regions.documented.json is not asked for: it is billed"),
        "{ran}"
    );
    assert_eq!(ran.code, Some(0), "{ran}");
    // Each query is held to what it asks for.
    assert!(ran.stdout.contains("0 errors, 0 warnings, 0 notes"), "{ran}");
    let files = || std::fs::read_dir(&kept).unwrap().flatten().count();
    let free = files();
    assert!(free >= 7, "{free} answers\n{ran}");
    let billed = Probe::all().unwrap().iter().filter(|probe| probe.billed).count();
    let args = ["drift", "--replica", "--max-credits", "100", "--service", "tradewind", "--keep"];
    let ran = run_args(&[&args[..], &[kept.to_str().unwrap()]].concat(), "");
    assert_eq!(files(), free + billed, "{ran}");
    let came = Exchange::open(&kept.join("tradewind.world_regions.documented.json")).unwrap();
    assert_eq!(came.evidence.to_string(), "assumed");
}

#[test]
fn wrong_calls_are_told() {
    insta::assert_snapshot!([
        run("drift --from nowhere"),
        run("drift --from x --replica"),
        run("drift --service nobody"),
    ].map(|ran| ran.to_string()).join("\n"), @"
    exit 3
    -- stdout
    nowhere: is no recorded exchange: cannot be read: No such file or directory (os error 2)
    nowhere: holds no recorded exchange with an answer: nothing was compared
    0 payloads checked, 0 errors, 0 warnings, 0 notes, 2 could not be checked, nothing was checked

    exit 2
    -- stderr
    error: --from asks nobody, and so no --replica: give one of them

    exit 2
    -- stderr
    error: invalid value 'nobody' for '--service <SERVICE>': the services are hk-trade (or hk) and tradewind

    For more information, try '--help'.
    ");
}
