//! `cargo xtask lint`: the rules of `build/lint.rs`, with every finding of both documents.

use anyhow::{Result, bail};

use crate::shell::root;
use crate::{codes, generate};

/// Lints both documents, and generates from them, since the generator has opinions of its own.
pub fn run() -> Result<()> {
    let spec = root().join("spec");
    let mut problems = Vec::new();
    for service in [generate::HK_TRADE, generate::TRADEWIND] {
        match service.generate(&spec) {
            Ok(made) => {
                let lines = made.text.lines().count();
                let path = service.path();
                println!(
                    "{path}: no findings; {} operation(s), {} types, {lines} lines in {}.rs",
                    made.operations, made.types, service.file
                );
            }
            Err(findings) => problems.extend(findings),
        }
    }
    problems.extend(codes::tables(&spec).err());
    problems.extend(generate::exchange(&spec.join("exchange.schema.json")).err());
    if problems.is_empty() {
        return Ok(());
    }
    for problem in &problems {
        println!("{problem}");
    }
    bail!("{} finding(s) in spec/; each names file and place", problems.len());
}
