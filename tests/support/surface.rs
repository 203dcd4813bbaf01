//! The public surface of a Rust text: one line an item, sorted, without bodies.

use quote::{ToTokens, quote};
use syn::{Attribute, Fields, Item, Visibility};

/// Every public item of the text, each behind its path.
pub fn surface(text: &str) -> String {
    let file = syn::parse_file(text).expect("the text is Rust");
    let mut lines = Vec::new();
    items(&file.items, "", &mut lines);
    lines.sort();
    lines.join("\n")
}

fn items(list: &[Item], path: &str, lines: &mut Vec<String>) {
    for item in list {
        match item {
            Item::Mod(module) if public(&module.vis) => {
                let path = format!("{path}{}::", module.ident);
                lines.push(format!("mod {path}"));
                items(
                    module.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default(),
                    &path,
                    lines,
                );
            }
            Item::Struct(item) if public(&item.vis) => {
                let (name, generics) = (&item.ident, &item.generics);
                lines.push(format!("{path}{name}: struct {}{}", show(generics), marks(&item.attrs)));
                fields(&item.fields, &format!("{path}{name}"), true, lines);
            }
            Item::Enum(item) if public(&item.vis) => {
                let name = &item.ident;
                lines.push(format!("{path}{name}: enum {}{}", show(&item.generics), marks(&item.attrs)));
                for variant in &item.variants {
                    lines.push(format!("{path}{name}::{}: variant{}", variant.ident, serde(&variant.attrs)));
                    fields(&variant.fields, &format!("{path}{name}::{}", variant.ident), false, lines);
                }
            }
            Item::Impl(item) => {
                let (of, generics) = (show(&item.self_ty), show(&item.generics));
                if let Some((of_trait, _)) = &item.trait_ {
                    lines.push(format!("{path}{of}: impl{generics} {}", show(of_trait)));
                    continue;
                }
                for member in &item.items {
                    if let syn::ImplItem::Fn(function) = member
                        && public(&function.vis)
                    {
                        lines.push(format!("{path}{of}::{}: {}", function.sig.ident, show(&function.sig)));
                    }
                }
            }
            Item::Fn(item) if public(&item.vis) => {
                lines.push(format!("{path}{}: {}", item.sig.ident, show(&item.sig)))
            }
            Item::Use(item) if public(&item.vis) => lines.push(format!("{path}use {}", show(&item.tree))),
            Item::Static(item) if public(&item.vis) => {
                lines.push(format!("{path}{}: static {}", item.ident, show(&item.ty)));
            }
            Item::Const(item) if public(&item.vis) => {
                lines.push(format!("{path}{}: const {}", item.ident, show(&item.ty)));
            }
            Item::Type(item) if public(&item.vis) => {
                lines.push(format!("{path}{}: type {}", item.ident, show(&item.ty)));
            }
            _ => {}
        }
    }
}

fn fields(fields: &Fields, owner: &str, private_hidden: bool, lines: &mut Vec<String>) {
    for (i, field) in fields.iter().enumerate() {
        if !private_hidden || public(&field.vis) {
            let name = field.ident.as_ref().map_or(i.to_string(), ToString::to_string);
            lines.push(format!("{owner}.{name}: {}{}", show(&field.ty), serde(&field.attrs)));
        }
    }
}

fn public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn show(tokens: &impl ToTokens) -> String {
    const TIGHT: [(&str, &str); 14] = [
        (" :: ", "::"),
        (":: ", "::"),
        (" ::", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        (" ,", ","),
        (" :", ":"),
        ("& ", "&"),
        ("( ", "("),
        (" (", "("),
        (" )", ")"),
        (",)", ")"),
    ];
    let text = quote!(#tokens).to_string();
    TIGHT.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

/// Derives and `#[non_exhaustive]`, which are part of what a dependent may rely on.
fn marks(attributes: &[Attribute]) -> String {
    attributes
        .iter()
        .filter(|attribute| {
            ["derive", "non_exhaustive", "serde"].iter().any(|name| attribute.path().is_ident(name))
        })
        .map(|attribute| format!(" #[{}]", show(&attribute.meta)))
        .collect()
}

/// The serde attributes, which are what goes over the wire.
fn serde(attributes: &[Attribute]) -> String {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    ours.map(|attribute| format!(" #[{}]", show(&attribute.meta))).collect()
}
