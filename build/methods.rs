//! A method of the hand-written client for each operation: it makes a call of the generated one.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::lint::{component, operations};

/// The methods of the client in a room of the crate, such as `crate::tradewind`, whose `Client::call` sends them.
pub fn tokens(root: &Value, replacements: &[(&str, &str)], room: &str) -> Result<TokenStream, String> {
    let parse = |path: &str| path.parse::<TokenStream>().map_err(|e| format!(": {path}: {e}"));
    let type_of = |name: &str| match replacements.iter().find(|(component, _)| *component == name) {
        Some((_, path)) => parse(path),
        None => parse(&format!("types::{name}")),
    };
    let room = parse(room)?;
    let mut methods = Vec::new();
    for (_, _, at, operation) in operations(root) {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = text("operationId");
        let name = format_ident!("{id}");
        let answer = match operation.pointer("/responses/2XX/content").and_then(Value::as_object) {
            Some(content) if content.contains_key("application/json") => {
                let schema = content.get("application/json").and_then(|json| component(json.get("schema")?));
                type_of(schema.ok_or_else(|| format!("{at}: the 2XX answer names no component"))?)?
            }
            Some(content) if content.contains_key("text/plain") => quote!(#room::Text),
            _ => return Err(format!("{at}: the client's method needs a 2XX answer of JSON or text")),
        };
        let (mut parameters, mut setters, mut copies) = (Vec::new(), Vec::new(), Vec::new());
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            // The generator names setters in snake case.
            let setter =
                format_ident!("{}", snake(parameter.get("name").and_then(Value::as_str).unwrap_or_default()));
            parameters.push(quote!(#setter: impl Into<String>));
            copies.push(quote!(let #setter: String = #setter.into();));
            setters.push(setter);
        }
        if let Some(name) =
            operation.pointer("/requestBody/content/application~1json/schema").and_then(component)
        {
            let ty = type_of(name)?;
            parameters.push(quote!(body: #ty));
            setters.push(format_ident!("body"));
        }
        let (summary, evidence, billing) = (text("summary"), text("x-evidence"), text("x-billing"));
        let doc = format!(" {summary}. Evidence: {evidence}; billing: {billing}.");
        methods.push(quote! {
            #[doc = #doc]
            pub fn #name(&self, #(#parameters),*) -> #room::Call<#answer> {
                #(#copies)*
                self.call(#id, move |api: Client| {
                    #(let #setters = #setters.clone();)*
                    async move { api.#name()#(.#setters(#setters))*.send().await }
                })
            }
        });
    }
    Ok(quote! {
        /// The operations of the document, one method each.
        impl #room::Client { #(#methods)* }
    })
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
