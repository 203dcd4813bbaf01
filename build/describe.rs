//! Gives fields the description of the component they refer to: beside a reference the document can hold none,
//! and the generator leaves such fields without documentation.

use serde_json::Value;
use syn::{Field, File, Item, parse_quote};

use crate::lint::component;
use crate::prune::module;

/// Documents every field of `types` that refers to a component and has no documentation.
pub fn fields(file: &mut File, root: &Value) {
    for item in module(&mut file.items, "types").into_iter().flatten() {
        let Item::Struct(item) = item else { continue };
        let properties = root.pointer(&format!("/components/schemas/{}/properties", item.ident));
        for field in &mut item.fields {
            if field.attrs.iter().any(|attribute| attribute.path().is_ident("doc")) {
                continue;
            }
            let property = properties.and_then(|properties| properties.get(wire_name(field)));
            let target = property.and_then(component);
            let described =
                target.and_then(|name| root.pointer(&format!("/components/schemas/{name}/description")));
            if let Some(text) = described.and_then(Value::as_str) {
                field.attrs.insert(0, parse_quote!(#[doc = #text]));
            }
        }
    }
}

/// Lets the fields of a component be read under another spelling of their names too; `spelled` is how the document writes the part
/// that differs.
pub fn aliases(file: &mut File, of: &str, spelled: &str, other: &str) -> Result<(), String> {
    let mut applied = false;
    for item in module(&mut file.items, "types").into_iter().flatten() {
        let Item::Struct(item) = item else { continue };
        for field in item.fields.iter_mut().filter(|_| item.ident == of) {
            let name = wire_name(field);
            if name.contains(spelled) {
                let alias = name.replace(spelled, other);
                field.attrs.push(parse_quote!(#[serde(alias = #alias)]));
                applied = true;
            }
        }
    }
    if applied { Ok(()) } else { Err(format!(": no field of `{of}` has {spelled:?} in its name")) }
}

/// The field's name in JSON: as serde is told to rename it, or as it stands.
fn wire_name(field: &Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // What is no `rename = "…"` is skipped over: other words of serde say nothing of the name.
        _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Lit>()?;
            }
            Ok(())
        });
    }
    name
}
