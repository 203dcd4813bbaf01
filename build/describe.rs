//! Gives fields the description of the component they refer to: beside a reference the document can hold none,
//! and the generator leaves such fields without documentation.

use quote::format_ident;
use serde_json::Value;
use syn::{Field, File, Item, ItemImpl, Visibility, parse_quote};

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

/// Lets the texts of a component be read under another spelling of their names too; `spelled` is how the document writes the
/// part that differs. Where both come the document's counts, and the other stays among the unknown: serde's own `alias` would
/// refuse the whole for it.
pub fn spellings(file: &mut File, of: &str, spelled: &str, other: &str) -> Result<(), String> {
    let types = module(&mut file.items, "types").ok_or(": there is no `types`")?;
    let item = types.iter_mut().find_map(|item| match item {
        Item::Struct(item) if item.ident == of => Some(item),
        _ => None,
    });
    let item = item.ok_or_else(|| format!(": there is no `{of}`"))?;
    let fields: Vec<_> =
        item.fields.iter().filter_map(|field| Some((field.ident.clone()?, wire_name(field)))).collect();
    let (differ, keys): (Vec<_>, Vec<_>) = fields
        .iter()
        .filter(|(_, key)| key.contains(spelled))
        .map(|(name, key)| (name, key.replace(spelled, other)))
        .unzip();
    if differ.is_empty() {
        return Err(format!(": no field of `{of}` has {spelled:?} in its name"));
    }
    let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
    let name = item.ident.clone();
    let sent_name = format_ident!("{of}AsSent");
    let mut sent = item.clone();
    sent.ident = sent_name.clone();
    sent.vis = Visibility::Inherited;
    sent.attrs = vec![parse_quote!(#[derive(::serde::Deserialize)])];
    for field in &mut sent.fields {
        field.vis = Visibility::Inherited;
        field.attrs.retain(|attribute| attribute.path().is_ident("serde"));
    }
    let from = sent_name.to_string();
    item.attrs.push(parse_quote!(#[serde(from = #from)]));
    let convert: ItemImpl = parse_quote! {
        impl ::std::convert::From<#sent_name> for #name {
            fn from(sent: #sent_name) -> Self {
                let #sent_name { #(#names),* } = sent;
                let mut read = Self { #(#names),* };
                if !read.extra.is_empty() {
                    #(crate::hk::respelled(&mut read.#differ, &mut read.extra, #keys);)*
                }
                read
            }
        }
    };
    types.extend([Item::Struct(sent), Item::Impl(convert)]);
    Ok(())
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
