//! `tradebind validate` as a program: exit codes, files, standard input, and what other people's CI starts.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use saphyr::{LoadableYamlNode, Yaml};

use crate::support::payloads::{hk_answer, hk_rows, pretty, regions};

fn tradebind(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradebind"));
    command.current_dir(folder).arg("validate");
    command
}

fn run(folder: &Path, arguments: &[&str], input: &str) -> (i32, String) {
    let mut command = tradebind(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that refuses its arguments does not read.
    _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    both(child.wait_with_output().unwrap())
}

fn both(output: Output) -> (i32, String) {
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// A folder with payloads: two that pass, one that does not, one that is none, and what is passed over.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("good/hk.json", &pretty(&hk_answer(hk_rows(2))));
    write("good/deep/world.json", &pretty(&regions()));
    write("good/notes.txt", "no payload");
    write("good/.hidden.json", "{}");
    write(
        "bad/count.json",
        &pretty(&hk_answer(hk_rows(3))).replace("\"noOfRecords\": 3", "\"noOfRecords\": 4"),
    );
    write("other/package.json", r#"{"name": "x"}"#);
    folder
}

#[test]
fn exit_codes_tell_how_it_went() {
    let folder = folder();
    let folder = folder.path();
    let codes = [
        (&["good"][..], 0),
        (&["good/*.json", "good/deep/world.json"], 0),
        (&["good", "bad"], 1),
        (&["bad", "--config", "off.toml"], 0),
        (&["good", "bad", "other"], 3),
        (&["good", "nowhere.json"], 3),
        (&["good/*.yaml"], 3),
        (&[], 2),
        (&["good", "--operation", "nothing"], 2),
        (&["good", "--report", "sarif"], 2),
        (&["good", "--report", "csv=x"], 2),
        (&["good", "--report", "json=-"], 2),
        (&["good", "--write-baseline", "-"], 2),
        (&["good", "--config", "bad.toml"], 2),
        (&["good", "--config", "syntax.toml"], 2),
        (&["-", "-"], 2),
        (&["good", "--report", "sarif=x", "--report", "json=x"], 2),
        (&["good", "--report", "sarif=nowhere/x"], 3),
        (&["good", "--write-baseline", "nowhere/x"], 3),
        (&["--explain", "hk/none"], 2),
        (&["--explain", "hk/count"], 0),
        (&["--rules"], 0),
        (&["-"], 3),
    ];
    std::fs::write(folder.join("off.toml"), "[rules]\n\"hk/count\" = \"warning\"\n").unwrap();
    std::fs::write(folder.join("bad.toml"), "[rules]\n\"hk/count\" = 1\n").unwrap();
    std::fs::write(folder.join("syntax.toml"), "[rules]\n\"json/syntax\" = \"off\"\n").unwrap();
    for (arguments, code) in codes {
        let (found, text) = run(folder, arguments, "");
        assert_eq!(found, code, "{arguments:?}\n{text}");
    }
    assert_eq!(run(folder, &["bad", "--config", "off.toml", "--fail-on", "warning"], "").0, 1);
}

/// What is no payload, or nearly: each is told with what, where and what to do, and nothing ends in a success that checked nothing.
#[test]
fn bad_inputs_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let good = pretty(&hk_answer(hk_rows(1)));
    let line = hk_answer(hk_rows(1)).to_string();
    let har = |entry: &str| {
        format!(
            r#"{{"log": {{"version": "1.2", "creator": {{"name": "x", "version": "1"}}, "entries": [{entry}]}}}}"#
        )
    };
    let entry = |url: &str, content: &str| {
        format!(
            r#"{{"request": {{"method": "GET", "url": "{url}"}}, "response": {{"status": 200, "content": {content}}}}}"#
        )
    };
    let query = "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201201,201201&ttype=1&ccclass=C&cc=ALL&codeclass=HKHS4&code=1006";
    let deep = format!("{{\"header\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let numbers = ["1e400", "-0", "1.0e-5000"]
        .map(|number| line.replace("\"ttype\":1", &format!("\"ttype\":{number}")));
    let files: [(&str, Vec<u8>); 20] = [
        ("ambiguous.json", br#"{"page": 1, "per_page": 10}"#.to_vec()),
        ("base64.har", har(&entry(query, r#"{"text": "!!!!", "encoding": "base64"}"#)).into_bytes()),
        ("broken.ndjson", format!("{line}\n{}\n{{\"hello\": 1}}\nnope\n{line}\n", &line[..200]).into_bytes()),
        ("crlf.json", good.replace("\"1000\"", "\"n.a.\"").replace('\n', "\r\n").into_bytes()),
        ("cut.har", har(&entry(query, "{}"))[..90].into()),
        ("cut.json", good[..300].into()),
        ("deep.json", deep.into_bytes()),
        (
            "double.json",
            line.replace("\"durationSeconds\"", "\"x\":{\"y\":{\"z\":1,\"z\":2}},\"durationSeconds\"").into(),
        ),
        ("empty.json", Vec::new()),
        ("empty.ndjson", b"\n \n".to_vec()),
        (
            "encoded.har",
            har(&entry(query, r#"{"encoding": "base64", "text": "eyJoZWFkZXIiOjV9"}"#)).into_bytes(),
        ),
        ("latin.json", good.bytes().map(|byte| if byte == b'R' { 0xe9 } else { byte }).collect()),
        ("numbers.ndjson", numbers.join("\n").into_bytes()),
        ("other.har", har(&entry("https://example.org/", "{}")).into_bytes()),
        ("page.json", b"<html>503</html>".to_vec()),
        ("start.json", b"{\n  \"".to_vec()),
        ("trailing.har", format!("{} x", har(&entry(query, "{}"))).into_bytes()),
        ("two.json", format!("{good}{good}").into_bytes()),
        ("utf16.json", [&[0xff, 0xfe][..], b"{\0}\0"].concat()),
        ("wide.json", good.replace("\"1000\"", "\"\u{842c}\"").into_bytes()),
    ];
    let mut all = String::new();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let (code, text) = run(folder.path(), &[name], "");
        assert!(code == 1 || code == 3, "{name}: {code}\n{text}");
        all += &format!("== {name}: {code}\n{text}\n");
    }
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    for path in ["empty", "nowhere.json", "x*.json", "[x"] {
        let (code, text) = run(folder.path(), &[path], "");
        assert_eq!(code, 3);
        all += &format!("== {path}: {code}\n{text}\n");
    }
    // Messages of the system are its own.
    let all = all.replace(&"/0".repeat(99), "/0…").replace(&"[".repeat(40), "[…");
    insta::assert_snapshot!(all);
}

/// Reached twice, checked once: counts and baselines stay right.
#[test]
fn a_file_that_is_named_twice_is_checked_once() {
    let folder = folder();
    let (code, text) = run(folder.path(), &["good", "./good/hk.json", "good/*.json"], "");
    assert_eq!((code, text.as_str()), (0, "2 payloads checked, 0 errors, 0 warnings, 0 notes\n"));
}

#[test]
fn standard_input_is_a_payload() {
    let folder = folder();
    let body = pretty(&hk_answer(hk_rows(2)));
    assert_eq!(run(folder.path(), &["-"], &body).0, 0);
    let (code, text) =
        run(folder.path(), &["-", "--service", "hk"], &body.replace("\"figure\": \"", "\"figure\": \"x"));
    assert_eq!(code, 1);
    insta::assert_snapshot!(text);
}

#[test]
fn one_run_serves_a_person_and_machines() {
    let folder = folder();
    let reports = ["--report", "sarif=out.sarif", "--report", "junit=out.xml", "--report", "json=out.json"];
    let (code, text) = run(folder.path(), &[&["good", "bad"][..], &reports].concat(), "");
    assert_eq!(code, 1);
    insta::assert_snapshot!(text);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let sarif: serde_json::Value = serde_json::from_str(&read("out.sarif")).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "hk/count");
    let junit = read("out.xml");
    let junit = roxmltree::Document::parse(&junit).unwrap();
    assert_eq!(junit.root_element().attribute("tests"), Some("3"));
    assert_eq!(junit.root_element().attribute("failures"), Some("1"));
    let json: serde_json::Value = serde_json::from_str(&read("out.json")).unwrap();
    assert_eq!(json["checked"].as_array().unwrap().len(), 3);
}

#[test]
fn a_baseline_is_written_kept_and_told_stale() {
    let folder = folder();
    let folder = folder.path();
    assert_eq!(run(folder, &["bad", "--write-baseline", "accepted.json"], "").0, 0);
    let (code, text) = run(folder, &["bad", "--baseline", "accepted.json"], "");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 accepted by the baseline"), "{text}");
    let (code, text) = run(folder, &["good", "--baseline", "accepted.json"], "");
    assert_eq!(code, 0);
    assert!(!text.contains("stale"), "a file that was not checked says nothing of what is accepted: {text}");
    std::fs::remove_file(folder.join("bad/count.json")).unwrap();
    let (code, text) = run(folder, &["good", "--baseline", "accepted.json"], "");
    assert_eq!(code, 0);
    assert!(
        text.contains("stale in the baseline: hk/count bad/count.json#/header/count/noOfRecords: 4"),
        "{text}"
    );
}

/// No result is written over what is read.
#[test]
fn what_is_read_is_not_written_over() {
    let folder = folder();
    let folder = folder.path();
    std::fs::write(folder.join("c.toml"), "[rules]\n").unwrap();
    assert_eq!(run(folder, &["bad", "--write-baseline", "accepted.json"], "").0, 0);
    let kept = ["bad/count.json", "good/hk.json", "c.toml", "accepted.json"];
    let texts = || kept.map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
    let before = texts();
    for arguments in [
        &["bad/count.json", "--report", "json=bad/count.json"][..],
        &["bad", "--report", "json=./bad/../bad/count.json"],
        &["good/*.json", "--write-baseline", "good/hk.json"],
        &["good", "--config", "c.toml", "--report", "junit=./c.toml"],
        &["bad", "--baseline", "accepted.json", "--report", "json=accepted.json"],
    ] {
        let (code, text) = run(folder, arguments, "");
        assert_eq!(code, 2, "{arguments:?} {text}");
        assert!(text.contains("a result would be written over it"), "{text}");
    }
    // One that is passed over among several is not lost either.
    let (code, text) = run(folder, &["good", "accepted.json", "--report", "json=accepted.json"], "");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("accepted.json is a baseline"), "{text}");
    assert_eq!(texts(), before);
    assert_eq!(run(folder, &["good", "--report", "sarif=x", "--report", "json=./x"], "").0, 2);
}

/// Reports and baselines may lie in the folder that they are about.
#[test]
fn its_own_results_are_no_payloads() {
    let folder = folder();
    let folder = folder.path();
    let arguments = ["good", "--report", "json=good/out.json", "--write-baseline", "good/accepted.json"];
    for _ in 0..2 {
        let (code, text) = run(folder, &arguments, "");
        assert_eq!(code, 0, "{text}");
    }
    for path in ["good", "good/*.json"] {
        let (code, text) = run(folder, &[path], "");
        assert_eq!(code, 0, "{text}");
        assert!(
            text.contains("good/out.json: passed over") && text.contains("good/accepted.json: passed over")
        );
    }
    let (code, text) = run(folder, &["good", "--format", "json"], "");
    assert_eq!(code, 0);
    assert!(text.contains("good/out.json is passed over"), "{text}");
    // One that is named is what was asked about.
    assert_eq!(run(folder, &["good/out.json"], "").0, 3);
    let (code, text) = run(folder, &["good", "--format", "github"], "");
    assert_eq!(code, 0);
    let notice = "::notice file=good/out.json,title=passed over::is a report or a baseline of tradebind";
    assert!(text.contains(notice), "{text}");
}

/// The same in every form that a machine reads, a second time, whoever finds the names.
#[test]
fn results_of_any_form_are_no_payloads() {
    let folder = folder();
    let folder = folder.path();
    std::fs::create_dir(folder.join("kept")).unwrap();
    std::fs::copy(folder.join("bad/count.json"), folder.join("kept/count.json")).unwrap();
    let results = [
        "--report",
        "sarif=kept/found.json",
        "--report",
        "junit=kept/j.xml",
        "--report",
        "json=kept/out.json",
    ];
    let all = ["kept/accepted.json", "kept/count.json", "kept/found.json", "kept/j.xml", "kept/out.json"];
    let passed_over = |text: &str, names: &[&str]| {
        assert!(names.iter().all(|name| text.contains(&format!("{name}: passed over"))), "{text}");
    };
    for paths in [&["kept"][..], &["kept/*"], &["kept/*"], &all] {
        let (code, text) =
            run(folder, &[paths, &results, &["--write-baseline", "kept/accepted.json"]].concat(), "");
        assert_eq!(code, 0, "{paths:?} {text}");
    }
    for paths in [&["kept/*"][..], &all] {
        let (code, text) =
            run(folder, &[paths, &results, &["--baseline", "./kept/accepted.json"]].concat(), "");
        assert_eq!(code, 0, "{paths:?} {text}");
        passed_over(&text, &[all[0], all[2], all[3], all[4]]);
    }
    // The baseline alone, as a hook names it when nothing else was changed: it is none the less no payload.
    let (code, text) = run(folder, &["kept/accepted.json", "--baseline", "kept/accepted.json"], "");
    assert_eq!(code, 3, "{text}");
    passed_over(&text, &all[..1]);
    assert!(text.contains("nothing was checked") && !text.contains("could not be checked"), "{text}");
    // Another program may have sorted the members.
    for name in [all[0], all[2], all[4]] {
        let path = folder.join(name);
        let read: std::collections::BTreeMap<String, serde_json::Value> =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let long = "x".repeat(300);
        let mut sorted = read;
        if let Some(accepted) = sorted.get_mut("accepted").and_then(serde_json::Value::as_object_mut) {
            accepted.insert(format!("hk/figure kept/count.json#/{long}: 1"), serde_json::json!(1));
        }
        std::fs::write(path, serde_json::to_string_pretty(&sorted).unwrap()).unwrap();
    }
    let (code, text) = run(folder, &["kept"], "");
    assert_eq!(code, 1, "{text}");
    passed_over(&text, &[all[0], all[2], all[4]]);
    // What other programs write is told as before.
    let other =
        std::fs::read_to_string(folder.join(all[2])).unwrap().replace("tradebind validate", "another");
    std::fs::write(folder.join(all[2]), other).unwrap();
    assert_eq!(run(folder, &["kept"], "").0, 3);
}

/// What has no body by the document is told, and not passed.
#[test]
fn a_body_that_none_should_be_is_told() {
    let folder = folder();
    let folder = folder.path();
    let email = ["--operation", "email_verify_result", "--part", "request"];
    let (code, text) = run(folder, &[&["good/hk.json"][..], &email].concat(), "");
    assert_eq!(code, 3);
    let told = "good/hk.json:1: is given as --service tradewind --operation email_verify_result --part request, which has no JSON body by the document";
    assert!(text.contains(told), "{text}");
    let request = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/spec/examples/tradewind")).unwrap();
    let exchange = request
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("world_regions"));
    std::fs::copy(exchange.unwrap(), folder.join("exchange.json")).unwrap();
    let (code, text) = run(folder, &[&["good/hk.json", "exchange.json"][..], &email].concat(), "");
    assert_eq!(code, 3);
    assert!(text.contains(told) && text.contains("2 payloads checked, 0 errors"), "{text}");
    std::fs::write(folder.join("long.json"), pretty(&hk_answer(hk_rows(100)))).unwrap();
    let (code, text) = run(folder, &["long.json", "--service", "hk-trade", "--part", "request"], "");
    assert_eq!(code, 3);
    assert!(text.contains("long.json:1: is given as --service hk-trade --operation get_trade --part request, which has no JSON body"), "{text}");
}

fn yaml(path: &str) -> Yaml<'static> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let text: &'static str = Box::leak(text.into_boxed_str());
    Yaml::load_from_str(text).unwrap().remove(0)
}

/// What the action's steps run, with the program that they would have built.
#[test]
#[cfg(unix)]
fn the_action_s_script_validates() {
    let folder = folder();
    let action = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/actions/validate");
    let script = |paths: &str, arguments: &str| {
        let mut command = Command::new("bash");
        command
            .arg(action.join("validate.sh"))
            .arg(env!("CARGO_BIN_EXE_tradebind"))
            .current_dir(folder.path());
        command
            .env("PATHS", paths)
            .env("ARGS", arguments)
            .env("SARIF", "new/a b.sarif")
            .env("JUNIT", "j.xml");
        both(command.output().unwrap())
    };
    let (code, text) = script("good\nbad\n", "--strict\n");
    assert_eq!(code, 1, "{text}");
    assert!(
        text.starts_with("::error file=bad/count.json,line=52,col=22,title=hk/count::expected 3"),
        "{text}"
    );
    assert!(folder.path().join("new/a b.sarif").exists() && folder.path().join("j.xml").exists());
    assert_eq!(script("good", "").0, 0);
    assert_eq!(script("", "").0, 2, "nothing to check is never a success");
    // A path that looks like an option or a command is a path.
    assert_eq!(script("--help", "").0, 3);
    assert_eq!(script("$(touch pwned)", "").0, 3);
    assert!(!folder.path().join("pwned").exists());
}

/// Every input is used, and the scripts that are named are there.
#[test]
fn the_action_and_the_hooks_are_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let action = yaml(".github/actions/validate/action.yml");
    let text = std::fs::read_to_string(root.join(".github/actions/validate/action.yml")).unwrap();
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    for (input, value) in action["inputs"].as_mapping().unwrap() {
        let name = input.as_str().unwrap();
        assert!(text.contains(&format!("${{{{ inputs.{name} }}}}")), "{name} is used");
        assert!(value["description"].as_str().is_some_and(|about| !about.is_empty()));
    }
    assert!(root.join(".github/actions/validate/validate.sh").exists());
    let hooks = yaml(".pre-commit-hooks.yaml");
    for hook in hooks.as_vec().unwrap() {
        let entry = hook["entry"].as_str().unwrap();
        // Options of a user's own take their place, and end in the same.
        assert_eq!(hook["args"].as_vec().unwrap()[0].as_str(), Some("--"));
        match hook["language"].as_str().unwrap() {
            "script" => assert!(root.join(entry).exists(), "{entry}"),
            "system" => assert_eq!(entry, "tradebind validate"),
            other => panic!("{other}"),
        }
    }
}

/// The hook's script as pre-commit calls it: the arguments of the hook, then files. Nothing is built: the program is there.
#[test]
#[cfg(unix)]
fn the_hook_s_script_takes_options_before_its_files() {
    let checkout = tempfile::tempdir().unwrap();
    let place = |path: &str| {
        let path = checkout.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    let script = ".github/actions/validate/pre-commit.sh";
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(script), place(script)).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tradebind"), place("target/release/tradebind")).unwrap();
    std::os::unix::fs::symlink("/bin/true", place("bin/cargo")).unwrap();
    let folder = folder();
    let body = pretty(&hk_answer(hk_rows(1))).replace("\"title\"", "\"novelty\": 1, \"title\"");
    std::fs::write(folder.path().join("--help.json"), body).unwrap();
    let hook = |arguments: &[&str]| {
        let mut command = Command::new("bash");
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", checkout.path().join("bin").display()));
        command.arg(checkout.path().join(script)).args(arguments).current_dir(folder.path());
        both(command.output().unwrap())
    };
    let (code, text) = hook(&["--", "--help.json", "good/hk.json"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = hook(&["--strict", "--", "--help.json", "good/hk.json"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("2 payloads checked, 1 error"), "{text}");
}

/// A pipe by its path, as a shell's `<(…)` gives one.
#[test]
#[cfg(unix)]
fn a_pipe_that_has_a_path_is_a_payload() {
    let folder = folder();
    let body = pretty(&hk_answer(hk_rows(2)));
    let (code, text) = run(folder.path(), &["/dev/stdin"], &body);
    assert_eq!((code, text.as_str()), (0, "1 payload checked, 0 errors, 0 warnings, 0 notes\n"));
    let (code, text) =
        run(folder.path(), &["/dev/stdin"], &body.replace("\"figure\": \"", "\"figure\": \"x"));
    assert_eq!(code, 1, "{text}");
}

#[test]
fn strict_goes_before_the_configuration() {
    let folder = folder();
    let body = pretty(&hk_answer(hk_rows(1))).replace("\"title\"", "\"novelty\": 1, \"title\"");
    std::fs::write(folder.path().join("new.json"), body).unwrap();
    std::fs::write(folder.path().join("c.toml"), "[rules]\n\"schema/undeclared\" = \"note\"\n").unwrap();
    assert_eq!(run(folder.path(), &["new.json", "--config", "c.toml"], "").0, 0);
    assert_eq!(run(folder.path(), &["new.json", "--config", "c.toml", "--strict"], "").0, 1);
}
