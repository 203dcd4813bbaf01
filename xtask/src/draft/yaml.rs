//! The text of a document, changed by insertion only: not a byte of what a person wrote is lost.

use anyhow::{Context, Result};

/// A text as a YAML scalar in one line.
pub fn scalar(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace(['\n', '\r', '\t'], " "))
}

/// Inserts an operation: behind the path with the longest common beginning, or into its path where that is there.
pub fn insert_operation(document: &str, path: &str, operation: &str) -> Result<String> {
    let lines: Vec<&str> = document.split_inclusive('\n').collect();
    let start = line(&lines, 0, "paths:").context("the document has no line `paths:`")?;
    let end = block_end(&lines, start, 0);
    let own = |line: &str| indent(line) == 2 && line.trim_end().ends_with(':');
    let mut best = (start, 0);
    for i in (start + 1..end).filter(|i| own(lines[*i])) {
        let other = lines[i].trim().trim_end_matches(':');
        if other == path {
            // Another method of the same path.
            return Ok(inserted(&lines, i + 1, operation));
        }
        let common = other.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
        if common >= best.1 {
            best = (i, common);
        }
    }
    let at = if best.0 == start { end } else { block_end(&lines, best.0, 2) };
    Ok(inserted(&lines, at, &format!("  {path}:\n{operation}")))
}

/// Inserts components: those of requests before the mark of the answers, those of answers at the end.
pub fn insert_components(document: &str, requests: &str, answers: &str) -> Result<String> {
    let lines: Vec<&str> = document.split_inclusive('\n').collect();
    let components = line(&lines, 0, "components:").context("the document has no line `components:`")?;
    let schemas = line(&lines, components, "  schemas:")
        .context("the document has no line `schemas:` below `components:`")?;
    let end = block_end(&lines, schemas, 2);
    let mark = (schemas + 1..end).find(|i| lines[*i].trim_start().starts_with("# --- answers"));
    let with_answers = inserted(&lines, end, answers);
    let lines: Vec<&str> = with_answers.split_inclusive('\n').collect();
    Ok(inserted(&lines, mark.unwrap_or(schemas + 1), requests))
}

fn inserted(lines: &[&str], at: usize, text: &str) -> String {
    let (before, after) = lines.split_at(at.min(lines.len()));
    let mut before = before.concat();
    if !text.is_empty() && !before.is_empty() && !before.ends_with('\n') {
        before.push('\n');
    }
    before + text + &after.concat()
}

fn line(lines: &[&str], from: usize, text: &str) -> Option<usize> {
    (from..lines.len()).find(|i| lines[*i].trim_end() == text)
}

/// The line that follows the block which a line of that indent opens.
fn block_end(lines: &[&str], at: usize, own: usize) -> usize {
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    (at + 1..lines.len()).find(|i| says(lines[*i]) && indent(lines[*i]) <= own).unwrap_or(lines.len())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "paths:\n  /a/x:\n    get:\n      q: 1\n  /b: # b\n    get: {}\ncomponents:\n  schemas:\n    R:\n      a: 1\n    # --- answers ---\n    S:\n      b: 2\n  others: {}\n";

    #[test]
    fn nothing_but_the_insertion_changes() {
        let text = insert_operation(DOCUMENT, "/a/y", "    post: {}\n").unwrap();
        assert_eq!(text, DOCUMENT.replace("  /b: # b", "  /a/y:\n    post: {}\n  /b: # b"));
        let text = insert_operation(DOCUMENT, "/a/x", "    post: {}\n").unwrap();
        assert_eq!(text, DOCUMENT.replace("  /a/x:\n", "  /a/x:\n    post: {}\n"));
        let text = insert_operation(DOCUMENT, "/zzz", "    post: {}\n").unwrap();
        assert!(crate::document::parse(&text).unwrap()["paths"]["/zzz"].is_object());
        let text = insert_components(DOCUMENT, "    R2: {}\n", "    S2: {}\n").unwrap();
        let expected = DOCUMENT
            .replace("    # ---", "    R2: {}\n    # ---")
            .replace("  others", "    S2: {}\n  others");
        assert_eq!(text, expected);
        assert!(insert_components("paths:\n", "", "").is_err());
    }

    #[test]
    fn scalars_come_back() {
        for text in ["it's", "a: b", "# no", "'", "2024", "x\ny"] {
            let read = crate::document::parse(&format!("a: {}", scalar(text))).unwrap();
            assert_eq!(read["a"], text.replace('\n', " "));
        }
    }
}
