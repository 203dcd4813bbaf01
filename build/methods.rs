//! A method of the hand-written client for each operation, which makes a call of the generated one, and for each answer how
//! its envelopes are undone.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::derived::or_text;
use crate::lint::{component, operations};

/// The methods of the client in a room of the crate, such as `crate::tradewind`, whose `Client::call` sends them.
pub fn tokens(root: &Value, replacements: &[(String, String)], room: &str) -> Result<TokenStream, String> {
    let parse = |path: &str| path.parse::<TokenStream>().map_err(|e| format!(": {path}: {e}"));
    let type_of = |name: &str| match replacements.iter().find(|(component, _)| component == name) {
        Some((_, path)) => parse(path),
        None => parse(&format!("types::{name}")),
    };
    let room = parse(room)?;
    let (mut methods, mut answers) = (Vec::new(), BTreeSet::new());
    for (_, _, at, operation) in operations(root) {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
        let id = text("operationId");
        let name = format_ident!("{id}");
        let answer = match operation.pointer("/responses/2XX/content").and_then(Value::as_object) {
            Some(content) if content.contains_key("application/json") => {
                let schema = content.get("application/json").and_then(|json| component(json.get("schema")?));
                let name = schema.ok_or_else(|| format!("{at}: the 2XX answer names no component"))?;
                answers.insert(name);
                type_of(name)?
            }
            Some(content) if content.contains_key("text/plain") => quote!(#room::Text),
            _ => return Err(format!("{at}: the client's method needs a 2XX answer of JSON or text")),
        };
        let (mut parameters, mut setters) = (Vec::new(), Vec::new());
        let (mut copies, mut clones) = (Vec::new(), Vec::new());
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            // The generator names setters in snake case.
            let setter =
                format_ident!("{}", snake(parameter.get("name").and_then(Value::as_str).unwrap_or_default()));
            match parameter.pointer("/schema/type").and_then(Value::as_str) {
                Some("integer") => parameters.push(quote!(#setter: i64)),
                Some("boolean") => parameters.push(quote!(#setter: bool)),
                _ => {
                    parameters.push(quote!(#setter: impl Into<String>));
                    copies.push(quote!(let #setter: String = #setter.into();));
                    clones.push(setter.clone());
                }
            }
            setters.push(setter);
        }
        if let Some(name) =
            operation.pointer("/requestBody/content/application~1json/schema").and_then(component)
        {
            let ty = type_of(name)?;
            parameters.push(quote!(body: #ty));
            setters.push(format_ident!("body"));
            clones.push(format_ident!("body"));
        }
        let (summary, evidence, billing) = (text("summary"), text("x-evidence"), text("x-billing"));
        let doc = format!(" {summary}. Evidence: {evidence}; billing: {billing}.");
        methods.push(quote! {
            #[doc = #doc]
            pub fn #name(&self, #(#parameters),*) -> #room::Call<#answer> {
                #(#copies)*
                self.call(#id, move |api: Client| {
                    #(let #clones = #clones.clone();)*
                    async move { api.#name()#(.#setters(#setters))*.send().await }
                })
            }
        });
    }
    let mut opened = Vec::new();
    for name in answers {
        // The common envelope, and answers that are JSON of unknown shape, are undone by hand.
        if name != ENVELOPE && !replacements.iter().any(|(replaced, _)| replaced == name) {
            opened.push(open(root, name, &room, &type_of)?);
        }
    }
    Ok(quote! {
        /// The operations of the document, one method each.
        impl #room::Client { #(#methods)* }

        #(#opened)*
    })
}

/// The component around data of unknown shape.
const ENVELOPE: &str = "Envelope";

/// How the envelopes of an answer with a shape of its own are undone.
fn open(
    root: &Value,
    name: &str,
    room: &TokenStream,
    type_of: &impl Fn(&str) -> Result<TokenStream, String>,
) -> Result<TokenStream, String> {
    let at = format!("/components/schemas/{name}");
    let property = |component: &str, name: &str| {
        root.pointer(&format!("/components/schemas/{component}/properties/{name}"))
    };
    let ty = type_of(name)?;
    if property(name, "success").is_none() {
        return Ok(quote! {
            impl #room::Enveloped for #ty {
                type Data = Self;
                type Strict = Self;
                type Value = Self;
                fn parts(self) -> #room::Parts<Self> { #room::Parts::bare(self) }
                fn inner(data: Self) -> #room::Inner<Self> { #room::Inner::Bare(data) }
            }
        });
    }
    for member in ["request_id", "data", "meta", "error"] {
        if property(name, member).is_none() {
            return Err(format!("#{at}: an envelope has `{member}` too"));
        }
    }
    let choice = property(name, "data").and_then(component);
    let data = choice.and_then(|choice| or_text(root.pointer(&format!("/components/schemas/{choice}"))?));
    let data = data.ok_or_else(|| {
        format!(
            "#{at}/properties/data: must refer to a component that is anyOf a component and `type: string`"
        )
    })?;
    let data_type = type_of(data)?;
    let (value, inner) = match property(data, "code").and(property(data, "data")) {
        None => (data_type.clone(), quote!(#room::Inner::Bare(data))),
        Some(inner) => {
            let value = component(inner).ok_or_else(|| {
                format!("#/components/schemas/{data}/properties/data: must refer to a component")
            })?;
            let message = property(data, "msg").map_or(quote!(None), |_| quote!(data.msg));
            let inner = quote! {
                #room::Inner::Upstream { code: data.code.map(Into::into), message: #message, data: data.data }
            };
            (type_of(value)?, inner)
        }
    };
    Ok(quote! {
        impl #room::Enveloped for #ty {
            type Data = #data_type;
            type Strict = #room::Strict<#data_type>;
            type Value = #value;
            fn parts(self) -> #room::Parts<#data_type> {
                #room::Parts {
                    success: self.success, request_id: self.request_id, data: self.data, meta: self.meta,
                    error: self.error,
                }
            }
            fn inner(data: #data_type) -> #room::Inner<#value> { #inner }
        }
    })
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if (c.is_ascii_uppercase() || !c.is_ascii_alphanumeric())
            && !snake.is_empty()
            && !snake.ends_with('_')
        {
            snake.push('_');
        }
        if c.is_ascii_alphanumeric() {
            snake.push(c.to_ascii_lowercase());
        }
    }
    snake.trim_end_matches('_').to_owned()
}
