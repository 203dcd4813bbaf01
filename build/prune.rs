//! Takes the builders of answers out of the generated text: only the service makes answers, and the builders
//! would be more than half of what every dependent compiles.

use std::collections::BTreeSet;

use syn::{File, ImplItem, Item, ItemImpl, Type};

/// Removes the builder of each named type from `types` and `types::builder`.
pub fn builders(file: &mut File, answers: &BTreeSet<String>) {
    let Some(types) = module(&mut file.items, "types") else { return };
    types.retain(
        |item| !matches!(item, Item::Impl(item) if answers.contains(&own(item)) && makes_builder(item)),
    );
    if let Some(builder) = module(types, "builder") {
        builder.retain(|item| match item {
            Item::Struct(item) => !answers.contains(&item.ident.to_string()),
            Item::Impl(item) => !answers.contains(&own(item)),
            _ => true,
        });
        if builder.is_empty() {
            types.retain(|item| !matches!(item, Item::Mod(item) if item.ident == "builder"));
        }
    }
}

/// The items of a module.
pub fn module<'a>(items: &'a mut [Item], name: &str) -> Option<&'a mut Vec<Item>> {
    items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_mut().map(|(_, items)| items),
        _ => None,
    })
}

/// Last segment of the type that an impl is for.
fn own(item: &ItemImpl) -> String {
    match &*item.self_ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

fn makes_builder(item: &ItemImpl) -> bool {
    item.trait_.is_none()
        && item
            .items
            .iter()
            .all(|member| matches!(member, ImplItem::Fn(function) if function.sig.ident == "builder"))
}
