//! What the generator leaves out of its text: which operations there are, and the fields of closed requests.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use crate::lint::{component, operations};
use crate::methods;

/// Tables appended to the bindings of one document.
pub fn tokens(
    root: &Value,
    replacements: &[(String, String)],
    client: Option<&str>,
) -> Result<TokenStream, String> {
    let mut rows = Vec::new();
    let mut bodies = std::collections::BTreeSet::new();
    for (path, method, _, operation) in operations(root) {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, summary) = (text("operationId"), text("summary"));
        let evidence = format_ident!("{}", pascal(&text("x-evidence")));
        let billing = format_ident!("{}", pascal(&text("x-billing")));
        let method = method.to_uppercase();
        let security = operation.get("security").or(root.get("security")).and_then(Value::as_array);
        let key = security.is_some_and(|schemes| !schemes.is_empty());
        let body = operation.pointer("/requestBody/content/application~1json/schema").and_then(component);
        bodies.extend(body);
        let body = body.map_or(quote!(None), |name| quote!(Some(#name)));
        let credits = text("x-credits");
        let credits = if credits.is_empty() { quote!(None) } else { quote!(Some(#credits)) };
        let answer = format_ident!("{}", answer_form(root, operation));
        rows.push(quote! {
            Operation {
                id: #id, method: #method, path: #path, summary: #summary,
                evidence: Evidence::#evidence, billing: Billing::#billing, credits: #credits, key: #key, body: #body,
                answer: AnswerForm::#answer,
            }
        });
    }
    let impls = bodies.iter().map(|name| {
        let ty = format_ident!("{name}");
        quote! {
            impl crate::operation::RequestBody for types::#ty {
                const COMPONENT: &'static str = #name;
                const CLOSED: &'static [crate::operation::Closed] = CLOSED;
            }
        }
    });
    let read_body = match client {
        Some(room) => {
            let room: TokenStream = room.parse().map_err(|e| format!(": {room}: {e}"))?;
            let arms = bodies.iter().map(|name| {
                let ty = format_ident!("{name}");
                quote!(#name => #room::read_body::<types::#ty>(json),)
            });
            quote! {
                /// Reads the body of a request, of a component that is only known at run time; none for one that is no body.
                pub(crate) fn read_body(
                    component: &str,
                    json: &str,
                ) -> Option<Result<serde_json::Value, #room::InvalidRequest>> {
                    Some(match component { #(#arms)* _ => return None })
                }
            }
        }
        None => TokenStream::new(),
    };
    let closed = closed(root);
    let methods = match client {
        Some(room) => methods::tokens(root, replacements, room)?,
        None => TokenStream::new(),
    };
    Ok(quote! {
        #[allow(unused_imports)]
        use crate::operation::{AnswerForm, Billing, Closed, Evidence, Field, Operation};

        /// Every operation of the document.
        pub static OPERATIONS: &[Operation] = &[#(#rows),*];

        /// The fields of each object that takes no others.
        pub static CLOSED: &[Closed] = &[#(#closed),*];

        #(#impls)*

        #read_body

        #methods
    })
}

/// The variant of `AnswerForm` for what an operation answers where it succeeds.
fn answer_form(root: &Value, operation: &Value) -> &'static str {
    let answers = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let success = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, part)| part).next();
    let Some(schema) = success.and_then(|part| part.pointer("/content/application~1json/schema")) else {
        return "Text";
    };
    let enveloped = component(schema).is_some_and(|name| {
        root.pointer(&format!("/components/schemas/{name}/properties/success")).is_some()
    });
    if enveloped { "Enveloped" } else { "Json" }
}

fn closed(root: &Value) -> Vec<TokenStream> {
    let schemas = root.pointer("/components/schemas").and_then(Value::as_object);
    let mut rows = Vec::new();
    for (name, schema) in schemas.into_iter().flatten() {
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            continue;
        }
        let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(
            |(field, schema)| {
                let object = held(schema).map_or(quote!(None), |name| quote!(Some(#name)));
                let list = schema.get("type").and_then(Value::as_str) == Some("array");
                quote!(Field { name: #field, object: #object, list: #list })
            },
        );
        rows.push(quote!(Closed { component: #name, fields: &[#(#fields),*] }));
    }
    rows
}

/// The component that a field holds: itself, behind `allOf`, or as the items of a list.
fn held(schema: &Value) -> Option<&str> {
    component(schema)
        .or_else(|| component(schema.pointer("/allOf/0")?))
        .or_else(|| component(schema.get("items")?))
}

/// The recorded exchanges under `spec/examples`, compiled into the crate.
pub fn examples(spec: &Path) -> Result<String, String> {
    let mut files = Vec::new();
    for service in ["hk-trade", "tradewind"] {
        let dir = spec.join("examples").join(service);
        let entries =
            std::fs::read_dir(&dir).map_err(|e| format!("spec/examples/{service}: cannot be read: {e}"))?;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.extend(name.ends_with(".json").then(|| format!("examples/{service}/{name}")));
        }
    }
    files.sort();
    let rows = files.iter().map(|file| {
        let path = format!("/spec/{file}");
        quote!((#file, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), #path))))
    });
    Ok(quote!(static EXAMPLES: &[(&str, &str)] = &[#(#rows),*];).to_string())
}

/// The type of each operation's answer and of its JSON request, and the method that calls it, for what goes through all of them: two
/// macros that call a generic function with the type, and one that calls the method of a client.
#[derive(Default)]
pub struct ByOperation {
    answers: Vec<TokenStream>,
    requests: Vec<TokenStream>,
    methods: Vec<TokenStream>,
}

impl ByOperation {
    /// Adds the operations of a document whose bindings lie in `api`; `methods` says whether a hand-written client has one for each.
    pub fn add(
        &mut self,
        root: &Value,
        api: &str,
        replacements: &[(String, String)],
        methods: bool,
    ) -> Result<(), String> {
        let type_of = |name: &str| {
            let path =
                replacements.iter().find(|(component, _)| component == name).map(|(_, path)| path.clone());
            let path = path.unwrap_or_else(|| format!("{api}::types::{name}"));
            path.replace("crate::", "tradebind::")
                .parse::<TokenStream>()
                .map_err(|e| format!(": {path}: {e}"))
        };
        for (_, _, _, operation) in operations(root) {
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let json = |part: &Value| {
                part.pointer("/content/application~1json/schema").and_then(component).map(type_of).transpose()
            };
            let answers = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
            let success = answers.filter(|(status, _)| status.starts_with('2')).map(|(_, part)| part).next();
            if let Some(ty) = success.map(json).transpose()?.flatten() {
                self.answers.push(quote!(#id => $call::<#ty> $arguments,));
            }
            let request = operation.get("requestBody").map(json).transpose()?.flatten();
            if methods {
                let parameters = operation.get("parameters").and_then(Value::as_array).map_or(0, Vec::len);
                let parameters = (0..parameters).map(|_| quote!($parameter));
                let body = request.iter().map(|_| quote!($body));
                let (name, arguments) = (format_ident!("{id}"), parameters.chain(body));
                self.methods.push(quote!(#id => $call($client.#name(#(#arguments),*).await),));
            }
            if let Some(ty) = request {
                self.requests.push(quote!(#id => $call::<#ty> $arguments,));
            }
        }
        Ok(())
    }

    /// Text of the macros.
    pub fn text(&self) -> String {
        let Self { answers, requests, methods } = self;
        let made = |name: &str, what: &str, arms: &[TokenStream]| {
            let (name, told) = (format_ident!("{name}"), format!("{what} of `{{}}` has no type"));
            quote! {
                #[allow(unused_macros)]
                macro_rules! #name {
                    ($operation:expr, $call:ident $arguments:tt) => {
                        match $operation { #(#arms)* other => panic!(#told, other) }
                    };
                }
            }
        };
        let answers = made("by_answer", "the answer", answers);
        let requests = made("by_request", "the request", requests);
        let methods = quote! {
            #[allow(unused_macros)]
            macro_rules! by_method {
                ($operation:expr, $client:ident($parameter:expr, $body:expr), $call:ident) => {
                    match $operation { #(#methods)* other => panic!("`{}` has no method", other) }
                };
            }
        };
        quote!(#answers #requests #methods).to_string()
    }
}

fn pascal(text: &str) -> String {
    let upper = |word: &str| word.split_at_checked(1).map(|(first, rest)| first.to_uppercase() + rest);
    text.split('-').filter_map(upper).collect()
}
