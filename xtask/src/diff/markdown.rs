//! The changes as markdown for a pull request.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{Part, Rating};

/// Rows that are shown before the rest is folded away.
const SHOWN: usize = 20;

/// Writes the report; `version` is that of the old revision.
pub fn write(parts: &[Part], version: &str) -> Result<String> {
    let mut out = String::from("## What changes in the documents and their bindings\n\n");
    let heaviest = parts.iter().flat_map(|part| &part.changes).map(|change| change.rating).max();
    let Some(heaviest) = heaviest else {
        out += "Nothing.\n";
        return Ok(out);
    };
    let next = next(version, heaviest)?;
    _ = writeln!(out, "**{}**: after {version} comes **{next}**.\n", capital(heaviest.name()));
    _ = writeln!(out, "| | breaking | additive | documentation only |\n| --- | --- | --- | --- |");
    for part in parts {
        let count = |rating| part.changes.iter().filter(|change| change.rating == rating).count();
        _ = writeln!(
            out,
            "| {} `{}` | {} | {} | {} |",
            if part.rust { "Rust" } else { "wire" },
            part.title,
            count(Rating::Breaking),
            count(Rating::Additive),
            count(Rating::Documentation)
        );
    }
    for part in parts.iter().filter(|part| !part.changes.is_empty()) {
        _ = writeln!(out, "\n### {} `{}`\n", if part.rust { "Rust:" } else { "Wire:" }, part.title);
        let (shown, folded) = part.changes.split_at(part.changes.len().min(SHOWN));
        table(&mut out, shown);
        if !folded.is_empty() {
            _ = writeln!(out, "\n<details><summary>{} more</summary>\n", folded.len());
            table(&mut out, folded);
            out += "\n</details>\n";
        }
    }
    out += "\nFor Rust, the public surface of the generated text counts, whoever changed it: a document, the generator, or a pinned dependency of it. Hand-written code is not in it.\n";
    Ok(out)
}

fn table(out: &mut String, changes: &[super::Change]) {
    out.push_str("| rating | where | change |\n| --- | --- | --- |\n");
    for change in changes {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        _ = writeln!(
            out,
            "| {} | `{}` | {} |",
            change.rating.name(),
            cell(&change.place),
            cell(&change.text)
        );
    }
}

/// The version that follows: before 1.0.0 the second number takes what breaks, and the third the rest.
pub fn next(version: &str, rating: Rating) -> Result<String> {
    let told = || format!("{version} is no version of three numbers");
    let numbers: Vec<u64> =
        version.split('.').map(str::parse).collect::<Result<_, _>>().with_context(told)?;
    let [major, minor, patch] = numbers.as_slice() else { anyhow::bail!(told()) };
    Ok(match (major, rating) {
        (0, Rating::Breaking) => format!("0.{}.0", minor + 1),
        (0, _) | (_, Rating::Documentation) => format!("{major}.{minor}.{}", patch + 1),
        (_, Rating::Breaking) => format!("{}.0.0", major + 1),
        (_, Rating::Additive) => format!("{major}.{}.0", minor + 1),
    })
}

fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_uppercase() + rest
}
