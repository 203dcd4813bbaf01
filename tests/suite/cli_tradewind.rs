//! `tradebind tradewind`, from the outside.

use crate::support::cli::{ended, folder, run, run_args, tradebind};

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
    for operation in ::tradebind::tradewind::api::OPERATIONS {
        let name = operation.id.replace('_', "-");
        let mut args = vec!["tradewind", &name, "--replica", "-q"];
        if operation.key {
            args.extend(["--max-credits", "5"]);
        }
        match operation.id {
            "world_regions" => args.extend(["--type", "importer"]),
            "email_verify_result" => args.push("task 1"),
            _ if operation.body.is_some() => args.extend(["--body", "-"]),
            _ => {}
        }
        let ran = run_args(&args, "{}");
        assert_eq!(ran.code, Some(0), "{name}: {ran}");
        let billed = operation.billing != ::tradebind::Billing::Free;
        assert!(ran.stderr.contains("credits charged") || !billed, "{name}: {ran}");
    }
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
            asked(&["--api-key", CANARY.get(..7).unwrap()], None, closed),
            asked(&[], Some(CANARY), "http://user:canary@127.0.0.1:9"),
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
