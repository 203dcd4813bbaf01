//! Makes the bindings of both services from the documents in `spec/`, into `OUT_DIR`.

#[path = "build/codes.rs"]
mod codes;
#[path = "build/derived.rs"]
mod derived;
#[path = "build/describe.rs"]
mod describe;
#[path = "build/document.rs"]
mod document;
#[path = "build/generate.rs"]
mod generate;
#[path = "build/guard.rs"]
mod guard;
#[path = "build/lint.rs"]
mod lint;
#[path = "build/methods.rs"]
mod methods;
#[path = "build/prune.rs"]
mod prune;
#[path = "build/tables.rs"]
mod tables;

use std::path::{Path, PathBuf};

fn main() {
    for path in ["build.rs", "build", "spec"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let dir = |name: &str| PathBuf::from(std::env::var_os(name).unwrap_or_default());
    if let Err(problems) = run(&dir("CARGO_MANIFEST_DIR").join("spec"), &dir("OUT_DIR")) {
        for problem in problems {
            println!("cargo::error={problem}");
        }
    }
}

fn run(spec: &Path, out: &Path) -> Result<(), Vec<String>> {
    let one = |e| vec![e];
    let write = |file: &str, text: String| {
        std::fs::write(out.join(file), text).map_err(|e| vec![format!("{file}: cannot be written: {e}")])
    };
    let mut operations = tables::ByOperation::default();
    for service in [generate::HK_TRADE, generate::TRADEWIND] {
        let made = service.generate(spec)?;
        let lines = made.text.lines().count();
        build_print::info!(
            "{}: {} operation(s), {} types, {lines} lines",
            service.name,
            made.operations,
            made.types
        );
        write(&format!("{}.rs", service.file), made.text)?;
        let document = document::read(&spec.join(format!("{}.yaml", service.name))).map_err(one)?;
        write(&format!("{}.json", service.file), document.to_string())?;
        let methods = service.client.is_some();
        operations.add(&document, service.api, &service.all(&document), methods).map_err(one)?;
    }
    write("by_operation.rs", operations.text())?;
    write("exchange.rs", generate::exchange(&spec.join("exchange.schema.json")).map_err(one)?.text)?;
    write("examples.rs", tables::examples(spec).map_err(one)?)?;
    write("codes.rs", codes::tables(spec).map_err(one)?)
}
