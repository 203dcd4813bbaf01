//! The README's two commands, run as they stand there.

use anyhow::{Context, Result, bail};

use crate::shell::{command, output, root, run};

/// Runs the first command, and compares what it prints with the block below it.
pub fn main_command() -> Result<()> {
    let readme = read()?;
    let blocks = blocks(&readme);
    let at = blocks.iter().position(|(kind, _)| *kind == "sh").context("the README has no command")?;
    let said = blocks
        .get(at + 1)
        .filter(|(kind, _)| *kind == "text")
        .context("no `text` block follows the first command")?;
    let printed = output(command("bash").args(["-c", &blocks[at].1]))?;
    // CSV ends its lines with CR LF.
    if !printed.trim_end().lines().eq(said.1.trim_end().lines()) {
        bail!("`{}` printed\n{printed}\nbut the README says\n{}", blocks[at].1.trim(), said.1);
    }
    println!("{}", printed.trim_end());
    Ok(())
}

/// Runs the second command, which passes the tests.
pub fn test_command() -> Result<()> {
    let readme = read()?;
    let commands: Vec<_> = blocks(&readme).into_iter().filter(|(kind, _)| *kind == "sh").collect();
    match commands.as_slice() {
        [_, (_, test)] => run(command("bash").args(["-c", test.trim()])),
        other => bail!("the README has {} commands, expected two: the main job and the tests", other.len()),
    }
}

fn read() -> Result<String> {
    std::fs::read_to_string(root().join("README.md")).context("README.md cannot be read")
}

/// The fenced blocks: kind and text.
fn blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => open = Some((kind, String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}
