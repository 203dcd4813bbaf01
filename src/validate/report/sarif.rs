use std::io::{self, Write};
use std::path::Path;

use reqwest::Url;
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactContent, ArtifactLocation, Invocation, Location, LogicalLocation, Message,
    MultiformatMessageString, Notification, PhysicalLocation, Region, ReportingConfiguration,
    ReportingDescriptor, Result as Found, ResultLevel, Run, SCHEMA_URL, Sarif, Tool, ToolComponent,
};

use super::{Report, tool};
use crate::validate::{Finding, Problem, RULES, Rule, Severity};

/// SARIF 2.1.0. Columns count characters.
///
/// # Errors
/// When it cannot be written.
pub fn sarif(report: &Report, into: &mut dyn Write) -> io::Result<()> {
    let driver = ToolComponent::builder()
        .name(tool(report))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(RULES.iter().map(descriptor).collect::<Vec<_>>())
        .build();
    let invocation = Invocation::builder()
        .execution_successful(report.problems.is_empty() && !report.checked.is_empty())
        .tool_execution_notifications(notifications(report))
        .build();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!("unicodeCodePoints"))
        .invocations(vec![invocation])
        .results(report.findings.iter().map(result).collect::<Vec<_>>())
        .build();
    let whole = Sarif::builder().version(json!("2.1.0")).schema(SCHEMA_URL).runs(vec![run]).build();
    serde_json::to_writer_pretty(&mut *into, &whole)?;
    writeln!(into)
}

fn said(text: impl Into<String>) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text.into()).build()
}

fn message(text: impl Into<String>) -> Message {
    Message::builder().text(text.into()).build()
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    ReportingDescriptor::builder()
        .id(rule.id)
        .short_description(said(rule.title))
        .full_description(said(rule.about))
        .help(said(format!("To mend it: {}.", rule.mend)))
        .default_configuration(ReportingConfiguration::builder().level(json!(rule.severity.name())).build())
        .build()
}

/// A path as a URI (RFC 3986), relative where it is: letters that a URI gives a meaning are escaped.
fn uri(file: &str) -> String {
    if let Some(url) = Path::new(file).is_absolute().then(|| Url::from_file_path(file).ok()).flatten() {
        return url.into();
    }
    let file = file.replace('\\', "/");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let escaped = file.bytes().map(|byte| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    escaped.collect()
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn place(file: &str, region: Option<Region>) -> PhysicalLocation {
    let artifact = ArtifactLocation::builder().uri(uri(file)).build();
    let place = PhysicalLocation::builder().artifact_location(artifact);
    match region {
        Some(region) => place.region(region).build(),
        None => place.build(),
    }
}

fn result(finding: &Finding) -> Found {
    let line = || Region::builder().start_line(number(finding.line));
    let start = line().start_column(number(finding.column));
    let mut physical = match &finding.excerpt {
        Some(excerpt) => {
            let end = number(finding.column) + number(excerpt.length as u64);
            place(&finding.file, Some(start.end_column(end).build()))
        }
        None => place(&finding.file, Some(start.build())),
    };
    physical.context_region = finding
        .excerpt
        .as_ref()
        .map(|excerpt| line().snippet(ArtifactContent::builder().text(excerpt.text.clone()).build()).build());
    let pointer =
        LogicalLocation::builder().fully_qualified_name(finding.pointer.clone()).kind("member").build();
    let location = Location::builder().physical_location(physical).logical_locations(vec![pointer]).build();
    let asked = finding.asked_by.as_ref().map(|place| format!(" (asked for by {place})")).unwrap_or_default();
    let text = format!(
        "Expected {}{asked}; found {}. To mend it: {}.",
        finding.expected, finding.found, finding.mend
    );
    Found::builder()
        .rule_id(finding.rule)
        .rule_index(number(RULES.iter().position(|rule| rule.id == finding.rule).unwrap_or_default() as u64))
        .level(match finding.severity {
            Severity::Error => ResultLevel::Error,
            Severity::Warning => ResultLevel::Warning,
            Severity::Note => ResultLevel::Note,
        })
        .message(message(text))
        .locations(vec![location])
        .partial_fingerprints([("tradebind/1".to_owned(), finding.fingerprint.clone())])
        .build()
}

/// What is no finding: what could not be checked, what was not listed, what is stale in the baseline.
fn notifications(report: &Report) -> Vec<Notification> {
    let untold = report.checked.iter().filter(|checked| checked.untold > 0);
    let untold =
        untold.map(|checked| format!("{}: {} more findings not listed", checked.name(), checked.untold));
    let stale = report.stale.iter().map(|key| format!("stale in the baseline: {key}"));
    let others = untold.chain(stale);
    let others =
        others.map(|text| Notification::builder().level(json!("warning")).message(message(text)).build());
    report.problems.iter().map(notification).chain(others).collect()
}

fn notification(problem: &Problem) -> Notification {
    let region = (problem.line > 0).then(|| Region::builder().start_line(number(problem.line)).build());
    let location = Location::builder().physical_location(place(&problem.file, region)).build();
    Notification::builder()
        .level(json!("error"))
        .message(message(problem.text.clone()))
        .locations(vec![location])
        .build()
}
