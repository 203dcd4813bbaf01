//! What the generator does with documents that no lint rule stopped.

use serde_json::{Value, json};

use crate::document;
use crate::generate::{HK_TRADE, Service};
use crate::shell::root;

fn broken(pointer: &str, value: Value) -> String {
    let mut document = document::read(&root().join("spec/hk-trade.yaml")).expect("the document reads");
    *document.pointer_mut(pointer).expect("the place is there") = value;
    match HK_TRADE.generate_from(&document) {
        Ok(_) => "no error".to_owned(),
        Err(error) => error,
    }
}

/// Past the lint, the generator panics; the panic is told, and names its own place.
#[test]
fn a_panic_of_the_generator_is_told() {
    let error =
        broken("/components/schemas/Header/properties/status/$ref", json!("#/components/schemas/Nothing"));
    assert!(error.starts_with(": the generator cannot handle this document, and no rule of build/lint.rs says so yet: panicked at "), "{error}");
    assert!(error.contains("typify") || error.contains("progenitor"), "{error}");
}

#[test]
fn what_is_no_openapi_document_is_told() {
    let error = broken("/paths", json!(7));
    assert!(error.starts_with("#/paths: is not OpenAPI 3.0: "), "{error}");
    let error = broken("/components/schemas/Row/required", json!("no"));
    assert!(error.starts_with("#/components/schemas/Row"), "{error}");
}

/// A hand-written type that the document no longer uses the way it did must not go unnoticed.
#[test]
fn a_patch_without_effect_is_told() {
    let document = document::read(&root().join("spec/hk-trade.yaml")).expect("the document reads");
    let told = |odd: Service| odd.generate_from(&document).err().unwrap_or_default();
    let patches = &[("what no generator writes", "")];
    assert_eq!(
        told(Service { patches, ..HK_TRADE }),
        ": the patch of `what no generator writes` in build/generate.rs no longer applies; remove it"
    );
    // The generator writes the path in its own way: what is asked for is not what comes.
    let replacements = &[("Status", "crate :: domain :: Nowhere")];
    assert_eq!(
        told(Service { replacements, ..HK_TRADE }),
        ": the replacement of `Status` by `crate :: domain :: Nowhere` took no effect"
    );
}

/// A title renames the type, so that what was to be done to it is done to nothing.
#[test]
fn a_patch_of_a_renamed_type_is_told() {
    let error =
        broken("/components/schemas/Status", json!({ "type": "object", "title": "Tally", "properties": {} }));
    assert_eq!(error, ": `#[non_exhaustive]` of `Status` took no effect");
}

#[test]
fn a_broken_document_ends_with_file_and_pointer() {
    let spec = std::env::temp_dir().join(format!("tradebind-xtask-{}", std::process::id()));
    std::fs::create_dir_all(&spec).expect("a folder for the test");
    let text = std::fs::read_to_string(root().join("spec/hk-trade.yaml")).expect("the document");
    std::fs::write(
        spec.join("hk-trade.yaml"),
        text.replace("operationId: get_trade", "operationId: GetTrade"),
    )
    .expect("written");
    let findings = HK_TRADE.generate(&spec).err().unwrap_or_default();
    std::fs::remove_dir_all(&spec).expect("removed");
    let told =
        "spec/hk-trade.yaml#/paths/~1api~1get/get: operationId `GetTrade` is not snake_case [operation-id]";
    assert!(findings.iter().any(|finding| finding == told), "{findings:#?}");
}
