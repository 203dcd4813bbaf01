//! The changes as markdown for a pull request.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::{Part, Rating};

/// Rows that are shown before the rest is folded away.
const SHOWN: usize = 20;

/// Writes the report; `version` is that of the old revision. Rows beyond `at_most` bytes are left out, and counted.
pub fn write(parts: &[Part], version: &str, at_most: usize) -> Result<String> {
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
        let mut left = table(&mut out, shown, at_most);
        if !folded.is_empty() {
            _ = writeln!(out, "\n<details><summary>{} more</summary>\n", folded.len());
            left += table(&mut out, folded, at_most);
            out += "\n</details>\n";
        }
        if left > 0 {
            _ = writeln!(out, "\n{left} of them did not fit here; `cargo xtask diff` tells them all.");
        }
    }
    out += "\nFor Rust, the public surface of the generated text counts, whoever changed it: a document, the generator, or a pinned dependency of it. Hand-written code is not in it.\n";
    Ok(out)
}

/// A table of changes; how many of them did not fit.
fn table(out: &mut String, changes: &[super::Change], at_most: usize) -> usize {
    out.push_str("| rating | where | change |\n| --- | --- | --- |\n");
    for (i, change) in changes.iter().enumerate() {
        let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
        let row =
            format!("| {} | `{}` | {} |\n", change.rating.name(), cell(&change.place), cell(&change.text));
        if out.len() + row.len() > at_most {
            return changes.len() - i;
        }
        *out += &row;
    }
    0
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
