//! `tradebind tradewind`, from the outside.

use ::tradebind::replica::{Door, Fault, Replica, Reply, Rule};

use crate::support::cli::{ended, folder, run, run_args, serve, tradebind};

const REGIONS: &str = "tradewind world-regions --replica -q --type exporter --product pet --start-time 2024-04-19 --end-time 2025-04-18";

fn shown(commands: &[&str]) -> String {
    commands.iter().map(|words| format!("$ tradebind {words}\n{}", run(words))).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_documented_call_in_every_form() {
    let all = ["", " --format json", " --format ndjson", " --format table"];
    insta::assert_snapshot!(shown(
        &all.map(|more| format!("{REGIONS}{more}")).each_ref().map(String::as_str)
    ));
}

/// Each operation of the document has its command, and a call of it is answered.
#[test]
fn every_operation_is_called() {
    let mut shown = Vec::new();
    let documented = ::tradebind::exchange::documented().unwrap();
    for operation in ::tradebind::tradewind::api::OPERATIONS {
        // What a request must hold, its documented example has.
        let example = documented.iter().find(|(_, example)| example.operation == operation.id);
        let example =
            example.and_then(|(_, example)| serde_json::to_value(example.request.body.as_ref()?).ok());
        let body = example.map_or("{}".to_owned(), |body| body["json"].to_string());
        let name = operation.id.replace('_', "-");
        let mut args = vec!["tradewind", &name, "--replica", "-q"];
        if operation.key {
            args.extend(["--max-credits", "5"]);
        }
        match operation.id {
            // With its last day: an open end is today, and another answer each day.
            "world_regions" => args.extend(["--type", "importer", "--end-time", "2025-04-18"]),
            _ if operation.path.contains('{') => args.extend(operation.path.matches('{').map(|_| "task 1")),
            _ => {}
        }
        if operation.body.is_some() && operation.id != "world_regions" {
            args.extend(["--body", "-"]);
        }
        let ran = run_args(&args, &body);
        assert_eq!(ran.code, Some(0), "{name}: {ran}");
        shown.push(format!("$ tradebind {}\n{ran}", args.join(" ")));
        let billed = operation.billing != ::tradebind::Billing::Free;
        assert!(ran.stderr.contains("credits charged") || !billed, "{name}: {ran}");
    }
    insta::assert_snapshot!(shown.join("\n"));
}

/// What has no rows is not what `--format` promises: that is told.
#[test]
fn an_answer_without_rows_is_told_where_a_form_is_asked_for() {
    let metrics = "tradewind metrics --replica";
    let told = |ran: crate::support::cli::Ran| (ran.code, ran.stderr.contains("not as json"));
    assert_eq!(told(run(metrics)), (Some(0), false));
    assert_eq!(told(run(&format!("{metrics} --format json"))), (Some(0), true));
    let file = folder("metrics").join("metrics.json");
    assert_eq!(told(run(&format!("{metrics} -o {}", file.display()))), (Some(0), true));
    insta::assert_snapshot!(run(&format!("{metrics} --format json")).stderr);
}

#[test]
fn fields_come_as_options_or_from_a_file() {
    let dry = |args: &[&str], input: &str| {
        run_args(&[&["tradewind"], args, &["--dry-run"]].concat(), input).to_string()
    };
    insta::assert_snapshot!(
        [
            dry(&["world-regions", "--type", "importer", "--hscode", "0101", "--tradeCode", "x"], ""),
            dry(
                &["world-regions", "--body", "-", "--product", "pet"],
                r#"{"type": "exporter", "product": "tyre"}"#
            ),
            dry(
                &["company-search", "--company.names", "Acme", "--company.names", "甲公司", "--page", "2"],
                ""
            ),
            dry(
                &["people-enrich", "--identity.first-name", "Ada", "--body", "-"],
                r#"{"identity": {"domain": "a.example"}}"#
            ),
            // With the byte-order mark that editors of Windows put before it.
            dry(&["match-contacts", "--body", "-"], "\u{feff}{\"anything\": 1}"),
            dry(&["match-contacts", "--body", "-"], r#"{"anything": [1, 2.50]}"#),
            dry(&["email-verify-result", "a/b"], ""),
        ]
        .join("\n")
    );
}

/// What would be billed for nothing is refused: exit 2, nothing sent.
#[test]
fn wrong_requests_are_told() {
    let asked = |args: &[&str], input: &str| {
        let ran = run_args(&[&["tradewind"], args, &["--replica", "-q"]].concat(), input);
        format!("$ tradebind tradewind {}\n{ran}", args.join(" "))
    };
    let twice = r#"{"type": "exporter", "type": "importer"}"#;
    insta::assert_snapshot!(
        [
            asked(&["world-regions"], ""),
            asked(&["world-regions", "--type", "exporters"], ""),
            asked(&["world-regions", "--typ", "exporter"], ""),
            asked(&["world-regions", "--type", "exporter", "--start-time", "19.4.2024"], ""),
            asked(&["world-regions", "--body", "-"], r#"{"type": "exporter", "hs_code": "39", "colour": 1}"#),
            asked(&["world-regions", "--body", "-"], twice),
            asked(&["world-regions", "--body", "-"], "{type: exporter}"),
            asked(&["world-regions", "--body", "-"], "[]"),
            asked(&["world-regions", "--body", "no-such-file.json"], ""),
            asked(&["people-enrich", "--identity.domain", "a", "--body", "-"], r#"{"identity": 1}"#),
            asked(&["market-trend"], ""),
            asked(&["match-contacts"], ""),
            asked(&["market-trend", "--limit", "ten"], ""),
            asked(&["market-trend", "--limit", "10"], ""),
            asked(&["world-regions", "--type", "exporter", "--max-credits", "0.1"], ""),
            asked(&["world-regions", "--type", "exporter", "--max-credits", "lots"], ""),
            asked(&["world-regions", "--type", "exporter", "--max-credits=-1"], ""),
            asked(&["email-verify-result"], ""),
            asked(&["raw", "GET", "/api/other"], ""),
            asked(&["raw", "FETCH", "/api/health"], ""),
            asked(&["raw", "POST", "/api/other", "--max-credits", "1"], ""),
        ]
        .join("\n")
    );
}

#[test]
fn any_request_can_be_sent() {
    let ran = run("tradewind raw GET /api/customs/reference/countries --replica -q");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains(r#""success""#), "{ran}");
    let body = r#"{"type": "exporter", "product": "pet", "end_time": "2025-04-18"}"#;
    let words = "tradewind raw POST /api/customs/analytics/world-regions --replica -q --body -";
    let ran = run_args(&words.split(' ').collect::<Vec<_>>(), body);
    assert_eq!(ran.code, Some(0), "{ran}");
    // The moment is another each time.
    let told = ran.to_string();
    let (before, after) = told.split_once(r#""time":""#).unwrap();
    insta::assert_snapshot!(format!(
        r#"{before}"time":"{}"#,
        after.trim_start_matches(|c: char| c.is_ascii_digit())
    ));
}

/// The key comes from the environment or a file, goes to the service alone, and is never shown.
#[test]
fn keys_stay_secret() {
    const CANARY: &str = "tw_live_canary_51e7";
    let folder = folder("keys");
    let (good, bad) = (folder.join("key"), folder.join("bad"));
    std::fs::write(&good, format!("{CANARY}\n")).unwrap();
    std::fs::write(&bad, format!("{CANARY} and more")).unwrap();
    let (good, bad) = (good.to_str().unwrap(), bad.to_str().unwrap());
    // A closed port: whatever is sent comes to nobody.
    let closed = "http://127.0.0.1:9";
    let asked = |args: &[&str], key: Option<&str>, url: &str| {
        let mut command = tradebind();
        command.args(["tradewind", "world-regions", "--type", "exporter"]).args(args);
        command.env("TRADEBIND_TRADEWIND_URL", url);
        if let Some(key) = key {
            command.env("TRADEWIND_API_KEY", key);
        }
        let ran = ended(command, "");
        let told = format!("{} {}", ran.stdout, ran.stderr);
        assert!(!told.contains("canary"), "{told}");
        ran.to_string().replace(folder.to_str().unwrap(), "FOLDER")
    };
    insta::assert_snapshot!(
        [
            asked(&[], None, closed),
            asked(&[], Some(""), closed),
            asked(&[], Some(CANARY), closed),
            asked(&["--api-key-file", good], None, closed),
            asked(&["--api-key-file", bad], None, closed),
            asked(&["--api-key-file", "no-such-file"], None, closed),
            asked(&[], Some("Bearer tw_live_canary_51e7"), closed),
            asked(&[], Some("tw_live_canary\n51e7"), closed),
            asked(&["--dry-run"], Some(CANARY), closed),
            asked(&["--api-key", CANARY], None, closed),
            asked(&[&format!("--api-key={CANARY}")], None, closed),
            asked(&[CANARY], None, closed),
            asked(&["--format", CANARY], None, closed),
            asked(&["--api-key-file", CANARY], None, closed),
            asked(&["--api-key-file", "tw_keys/missing"], None, closed),
            asked(&["--api-key-file", "tw_live_cana.ry/canary"], None, closed),
            asked(&[], Some(CANARY), "http://user:canary@127.0.0.1:9"),
            asked(&["--dry-run"], Some(CANARY), "http://user:canary@127.0.0.1:9"),
            asked(&["--dry-run"], Some(CANARY), "nowhere"),
        ]
        .join("\n")
    );
}

/// The replica is asked with its own key: the user's is not even read.
#[test]
fn the_replica_never_sees_the_users_key() {
    let mut command = tradebind();
    command.args(REGIONS.split(' ')).args(["--api-key-file", "no-such-file"]);
    let ran = ended(command.env_clear_key(), "");
    assert_eq!(ran.code, Some(0), "{ran}");
}

trait Unreadable {
    fn env_clear_key(self) -> Self;
}

impl Unreadable for std::process::Command {
    /// A key that no client takes.
    fn env_clear_key(mut self) -> Self {
        self.env("TRADEWIND_API_KEY", "no key\n");
        self
    }
}

/// What was paid for is not lost with the file that it was meant for.
#[test]
fn a_paid_answer_outlives_a_full_disk() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    for words in [
        format!("{REGIONS} -o /dev/full"),
        "tradewind raw POST /api/company/search --max-credits 1 --replica -q --body - -o /dev/full"
            .to_owned(),
    ] {
        let ran = run_args(&words.split_whitespace().collect::<Vec<_>>(), "{}");
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(
            ran.stderr.contains("credits charged") && ran.stderr.contains("stands on standard output"),
            "{ran}"
        );
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer["success"], true);
    }
}

/// A billed call whose answer is lost ends with a code of its own: whether it was charged is not known.
#[tokio::test]
async fn a_lost_answer_has_its_exit_code() {
    let replica = Replica::start().await.unwrap();
    replica.faults([Rule::on(Door::Tradewind).with(Fault::ChargeThenDrop)]);
    let mut command = tradebind();
    command.args(REGIONS.split(' ').filter(|word| *word != "--replica"));
    command.env("TRADEBIND_TRADEWIND_URL", replica.tradewind_url()).env("TRADEWIND_API_KEY", "tw_test_1");
    let ran = tokio::task::spawn_blocking(move || ended(command, "")).await.unwrap();
    assert_eq!((ran.code, &*ran.stdout), (Some(5), ""), "{ran}");
    assert_eq!(replica.tradewind_account("tw_test_1").unwrap().calls, 1, "charged, and sent once");
}

/// Ctrl-C while the answer to a billed call is awaited: whether it was charged is not known either.
#[cfg(unix)]
#[test]
fn a_billed_call_that_is_broken_off_has_that_exit_code() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    silent.set_nonblocking(true).unwrap();
    for args in
        [&["world-regions", "--type", "exporter"][..], &["raw", "POST", "/api/new", "--max-credits", "1"]]
    {
        let mut command = tradebind();
        command.arg("tradewind").args(args).env("TRADEWIND_API_KEY", "tw_test_1");
        command.env("TRADEBIND_TRADEWIND_URL", format!("http://{}", silent.local_addr().unwrap()));
        command.stderr(std::process::Stdio::piped());
        let child = command.spawn().unwrap();
        let waits = std::time::Instant::now();
        // Held open until the end.
        let (mut stream, _) = loop {
            match silent.accept() {
                Ok(came) => break came,
                Err(_) => assert!(waits.elapsed().as_secs() < 60, "nobody calls"),
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        };
        stream.set_nonblocking(false).unwrap();
        std::io::Read::read_exact(&mut stream, &mut [0; 4]).unwrap();
        let kill = std::process::Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(5), "{told}");
        assert!(told.contains("may have been done and charged"), "{told}");
    }
}

/// What a part of the rows came of is told, and how to get the others, if the document knows.
#[test]
fn how_to_get_the_other_rows_is_told() {
    let told = run(&REGIONS.replace(" -q", ""));
    assert!(
        told.stderr
            .contains("the answer holds 10 of 169 rows; the document knows no way to ask for the others"),
        "{told}"
    );
    let replica = serve(Replica::builder());
    let part = serde_json::json!({
        "success": true, "request_id": "r1", "data": [{"a": 1}], "meta": {"credits_used": 0.1, "total_results": 9}
    });
    replica.script(Door::Tradewind, [Reply::json(200, &part).into()]);
    let mut command = tradebind();
    command.args(["tradewind", "market-trend", "--limit", "5", "--max-credits", "1"]);
    command.env("TRADEBIND_TRADEWIND_URL", replica.tradewind_url()).env("TRADEWIND_API_KEY", "tw_test_1");
    let told = ended(command, "");
    assert!(told.stderr.contains("the answer holds 1 of 9 rows; --limit asks for others"), "{told}");
}

/// What is charged above the budget is told: no client can prevent it.
#[tokio::test]
async fn a_charge_above_the_budget_is_told() {
    let replica = Replica::start().await.unwrap();
    let ask = async |most: &'static str| {
        let mut command = tradebind();
        command.args(["tradewind", "market-trend", "--limit", "5", "--max-credits", most]);
        command.env("TRADEBIND_TRADEWIND_URL", replica.tradewind_url()).env("TRADEWIND_API_KEY", "tw_test_1");
        tokio::task::spawn_blocking(move || ended(command, "")).await.unwrap().stderr
    };
    assert!(ask("0.01").await.contains("more than --max-credits 0.01"));
    assert!(!ask("1").await.contains("--max-credits"));
}

/// A failure inside HTTP 200 is one for the command too, by the exit codes of the design; what came is not lost.
#[tokio::test]
async fn failures_inside_a_success_have_their_exit_codes() {
    let replica = Replica::start().await.unwrap();
    let ask = async || {
        let mut command = tradebind();
        command.args(REGIONS.split(' ').filter(|word| *word != "--replica"));
        command.env("TRADEBIND_TRADEWIND_URL", replica.tradewind_url()).env("TRADEWIND_API_KEY", "tw_test_1");
        tokio::task::spawn_blocking(move || ended(command, "")).await.unwrap()
    };
    replica.faults([Rule::on(Door::Tradewind).with(Fault::StackTrace)]);
    let ran = ask().await;
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(
        ran.stderr.contains("a text came where data belong") && ran.stderr.contains("credits charged"),
        "{ran}"
    );
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(answer["data"].is_string(), "{ran}");
    replica.faults([]);
    let null = serde_json::json!({"success": true, "request_id": "r1", "data": null});
    for (reply, code) in [(Reply::json(200, &null), 3), (Reply::html(200), 5), (Reply::new(200, ""), 5)] {
        replica.script(Door::Tradewind, [reply.into()]);
        let ran = ask().await;
        assert_eq!(ran.code, Some(code), "{ran}");
        assert_eq!(ran.stdout.is_empty(), ran.stderr.contains("the body is empty"), "{ran}");
    }
}

/// A body's members go out as they were given, also where an option goes over another.
#[test]
fn an_option_over_a_body_changes_nothing_else() {
    let body = r#"{"type": "exporter", "start_time": "2024-04-19", "product": "caf\u00e9"}"#;
    let ran = run_args(&["tradewind", "world-regions", "--body", "-", "--hscode", "0101", "--dry-run"], body);
    assert!(
        ran.stdout.contains(r#""product":"caf\u00e9""#) && ran.stdout.contains(r#""hscode":"0101""#),
        "{ran}"
    );
    let body = r#"{"anything": [1, 2.50, 123456789012345678901234567890]}"#;
    let ran = run_args(&["tradewind", "match-contacts", "--body", "-", "--dry-run"], body);
    assert!(ran.stdout.contains(body), "{ran}");
}

/// What is free and needs no key is known by its address, also to a raw call.
#[test]
fn a_raw_call_of_what_is_free_needs_no_key() {
    let mut command = tradebind();
    command
        .args(["tradewind", "raw", "GET", "/api/health"])
        .env("TRADEBIND_TRADEWIND_URL", "http://127.0.0.1:9");
    let ran = ended(command, "");
    assert_eq!(ran.code, Some(4), "it was asked for: {ran}");
}

#[cfg(feature = "chart")]
#[test]
fn regions_are_drawn_and_a_missing_folder_is_told_before_anything_is_paid() {
    insta::assert_snapshot!(run(&format!("{REGIONS} --chart")));
    let ran = run(&format!("{REGIONS} --chart no-such-folder/regions.svg"));
    assert_eq!((ran.code, &*ran.stdout), (Some(3), ""), "{ran}");
    assert!(!ran.stderr.contains("charged") && ran.stderr.contains("no such folder"), "{ran}");
}
