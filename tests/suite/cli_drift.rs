//! `tradebind drift`, from the outside.

use crate::support::cli::{folder, run, run_args};
use serde_json::Value;
use tradebind::exchange::{Body, Exchange, documented};

/// A folder of recordings with the documented answers, one of them changed.
fn recordings(name: &str, change: impl Fn(&mut Value)) -> std::path::PathBuf {
    let folder = folder(name);
    for (file, mut exchange) in documented().unwrap() {
        if exchange.operation == "world_regions"
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
    drift-empty: the folder holds no payload: files that end in .json, .ndjson, .jsonl or .har
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
}

#[test]
fn the_replica_is_asked_for_what_is_free_unless_credits_are_given() {
    let kept = folder("drift-kept");
    let ran = run_args(&["drift", "--replica", "--keep", kept.to_str().unwrap()], "");
    assert!(
        ran.stderr.contains("tradewind/world_regions.documented.json is not asked for: it is billed"),
        "{ran}"
    );
    assert!(matches!(ran.code, Some(0 | 1)), "{ran}");
    let files = || std::fs::read_dir(&kept).unwrap().flatten().count();
    let free = files();
    assert!(free >= 7, "{free} answers\n{ran}");
    let ran = run_args(
        &[
            "drift",
            "--replica",
            "--max-credits",
            "0.14",
            "--service",
            "tradewind",
            "--keep",
            kept.to_str().unwrap(),
        ],
        "",
    );
    assert_eq!(files(), free + 1, "{ran}");
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
