//! What changes on the wire: for who sends by the old document, and for who reads by it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Change, Rating};
use crate::document::escape;
use crate::draft::shape;
use crate::lint::{self, component};

/// Every change between two documents, the heaviest first.
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut walk = Walk { old, new, found: Vec::new() };
    walk.head();
    walk.path_items();
    walk.operations();
    walk.components();
    walk.security_schemes();
    let mut found = walk.found;
    found.sort_by(|a, b| b.rating.cmp(&a.rating).then_with(|| a.cmp(b)));
    found.dedup();
    found
}

/// Who is hurt by a change of a schema.
#[derive(Clone, Copy)]
struct Side {
    request: bool,
    answer: bool,
}

impl Side {
    /// The rating of what asks for more of who sends, or gives less to who reads.
    fn rate(self, request: Rating, answer: Rating) -> Rating {
        let sent = if self.request { request } else { Rating::Documentation };
        let read = if self.answer { answer } else { Rating::Documentation };
        sent.max(read)
    }
}

/// Keys that only people read.
const READ: [&str; 10] = [
    "deprecated",
    "description",
    "example",
    "examples",
    "externalDocs",
    "summary",
    "tags",
    "x-enum-varnames",
    "x-evidence",
    "x-exchanges",
];

/// Keys of a schema that are compared.
const SCHEMA: [&str; 22] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "properties",
    "required",
    "type",
    "x-partly-known",
];
/// What is told of a key that nothing here compares.
pub const UNRATED: &str = "changed; it has no rating here, so that its weight is yours to judge";

struct Walk<'a> {
    old: &'a Value,
    new: &'a Value,
    found: Vec<Change>,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, rating: Rating, place: &str, text: impl Into<String>) {
        self.found.push(Change { rating, place: place.to_owned(), text: text.into() });
    }

    /// Tells a value that changed, if it did.
    fn changed(&mut self, rating: Rating, place: &str, name: &str, old: Option<&Value>, new: Option<&Value>) {
        if old != new {
            let text = format!("`{name}`: {} became {}", shown(old), shown(new));
            self.tell(rating, place, text);
        }
    }

    fn head(&mut self) {
        let (old, new) = (self.old, self.new);
        self.changed(
            Rating::Breaking,
            "/servers/0",
            "url",
            old.pointer("/servers/0/url"),
            new.pointer("/servers/0/url"),
        );
        // Each request carries it as a header.
        self.changed(
            Rating::Additive,
            "/info",
            "version",
            old.pointer("/info/version"),
            new.pointer("/info/version"),
        );
        const WORDS: [&str; 4] = ["title", "description", "contact", "license"];
        for name in WORDS {
            let at = |root: &'a Value| root.pointer(&format!("/info/{name}"));
            if at(old) != at(new) {
                self.tell(Rating::Documentation, &format!("/info/{name}"), "changed");
            }
        }
        self.rest("/info", &old["info"], &new["info"], &[&WORDS[..], &["version"]].concat());
        let server = |root: &'a Value| root.pointer("/servers/0").unwrap_or(&Value::Null);
        self.read_by_people("/servers/0", server(old), server(new), &["url"]);
        let others = |root: &'a Value| root["servers"].as_array().and_then(|all| all.get(1..));
        if others(old).unwrap_or_default() != others(new).unwrap_or_default() {
            self.tell(Rating::Documentation, "/servers", "servers beside the first changed");
        }
        self.changed(Rating::Documentation, "/", "openapi", old.get("openapi"), new.get("openapi"));
        // What applies to operations is told of them.
        let compared = ["openapi", "info", "servers", "paths", "components", "security"];
        self.read_by_people("/", old, new, &compared);
        let compared = ["schemas", "parameters", "securitySchemes"];
        self.rest("/components", &old["components"], &new["components"], &compared);
    }

    /// What a path has beside its operations.
    fn path_items(&mut self) {
        let all = |root: &'a Value| members(root.get("paths"));
        let methods: BTreeSet<&str> = [self.old, self.new]
            .into_iter()
            .flat_map(lint::operations)
            .map(|(_, method, ..)| method)
            .collect();
        let methods: Vec<&str> = methods.into_iter().collect();
        let news = all(self.new);
        for (path, old) in all(self.old) {
            if let Some(new) = news.get(path) {
                self.read_by_people(&format!("/paths/{}", escape(path)), old, new, &methods);
            }
        }
    }

    fn operations(&mut self) {
        let all = |root: &'a Value| lint::operations(root);
        let (olds, news) = (all(self.old), all(self.new));
        let has = |all: &[(&str, &str, String, &Value)], path: &str, method: &str| {
            all.iter().any(|(p, m, ..)| *p == path && *m == method)
        };
        // The names of a path's parameters are not on the wire.
        let same = |old: &str, new: &str, method: &str| {
            old == new || shape(old) == shape(new) && !has(&news, old, method) && !has(&olds, new, method)
        };
        for (path, method, _, operation) in &olds {
            let place = format!("/paths/{}/{method}", escape(path));
            match news.iter().find(|(p, m, ..)| m == method && same(path, p, method)) {
                Some((other, _, _, new)) => {
                    self.changed(
                        Rating::Documentation,
                        &place,
                        "path",
                        Some(&Value::from(*path)),
                        Some(&Value::from(*other)),
                    );
                    self.operation(&place, (path, operation), (other, new));
                }
                None => self.tell(Rating::Breaking, &place, format!("operation `{}` is gone", id(operation))),
            }
        }
        for (path, method, _, operation) in &news {
            if !olds.iter().any(|(p, m, ..)| m == method && same(p, path, method)) {
                let place = format!("/paths/{}/{method}", escape(path));
                self.tell(Rating::Additive, &place, format!("operation `{}` is new", id(operation)));
            }
        }
    }

    /// Compares an operation with what it became, each with its path.
    fn operation(
        &mut self,
        at: &str,
        (old_path, old): (&str, &'a Value),
        (new_path, new): (&str, &'a Value),
    ) {
        self.changed(
            Rating::Documentation,
            at,
            "operationId",
            old.get("operationId"),
            new.get("operationId"),
        );
        let compared =
            ["operationId", "parameters", "requestBody", "responses", "security", "x-billing", "x-credits"];
        self.read_by_people(at, old, new, &compared);
        let free = |operation: &Value| operation["x-billing"] == "free";
        let dearer = if free(old) && !free(new) { Rating::Breaking } else { Rating::Documentation };
        self.changed(dearer, at, "x-billing", old.get("x-billing"), new.get("x-billing"));
        // A call that allows the old price is refused at a higher one, and one without a price is not sent.
        let price =
            |operation: &Value| operation["x-credits"].as_str().and_then(|text| text.parse::<f64>().ok());
        let dearer = match (price(old), price(new)) {
            (Some(old), Some(new)) if new <= old => Rating::Additive,
            (None, _) if old.get("x-credits").is_none() => Rating::Additive,
            _ => Rating::Breaking,
        };
        self.changed(dearer, at, "x-credits", old.get("x-credits"), new.get("x-credits"));
        let security = |root: &'a Value, operation: &'a Value| {
            let security = operation.get("security").or_else(|| root.get("security"));
            security.and_then(Value::as_array).map_or(&[][..], Vec::as_slice)
        };
        let (schemes, others) = (security(self.old, old), security(self.new, new));
        let asks = |root: &Value, operation: &Value| {
            let security = operation.get("security").or_else(|| root.get("security"));
            security.and_then(Value::as_array).is_some_and(|all| !all.is_empty())
        };
        match (asks(self.old, old), asks(self.new, new)) {
            (false, true) => self.tell(Rating::Breaking, at, "needs a key now"),
            (true, false) => self.tell(Rating::Additive, at, "needs no key any more"),
            (true, true) => {
                let kept = schemes.iter().all(|scheme| others.contains(scheme));
                let rating = if kept { Rating::Additive } else { Rating::Breaking };
                let (old, new) = (Value::from(schemes), Value::from(others));
                self.changed(rating, at, "security", Some(&old), Some(&new));
            }
            (false, false) => {}
        }
        self.parameters(at, (old_path, old), (new_path, new));
        let sent = Side { request: true, answer: false };
        let place = format!("{at}/requestBody");
        match (old.get("requestBody"), new.get("requestBody")) {
            (Some(old), Some(new)) => {
                match (old["required"] == true, new["required"] == true) {
                    (false, true) => self.tell(Rating::Breaking, &place, "a body must be sent now"),
                    (true, false) => self.tell(Rating::Additive, &place, "the body may be left out now"),
                    _ => {}
                }
                self.read_by_people(&place, old, new, &["content", "required"]);
                self.content(&place, old, new, sent);
            }
            (None, Some(new)) if new["required"] == true => {
                self.tell(Rating::Breaking, &place, "a body is asked for now")
            }
            (None, Some(_)) => self.tell(Rating::Additive, &place, "a body may be sent now"),
            (Some(_), None) => self.tell(Rating::Breaking, &place, "no body is taken any more"),
            (None, None) => {}
        }
        let read = Side { request: false, answer: true };
        let (olds, news) = (members(old.get("responses")), members(new.get("responses")));
        for (status, response) in &olds {
            let place = format!("{at}/responses/{status}");
            // An answer of its own may become one of its class.
            let class = || news.get(&format!("{}XX", status.get(..1).unwrap_or_default()));
            match news.get(*status).or_else(class) {
                Some(new) => {
                    self.read_by_people(&place, response, new, &["content", "headers"]);
                    self.content(&place, response, new, read);
                    self.headers(&place, response, new);
                }
                None => self.tell(Rating::Breaking, &place, "this answer is gone"),
            }
        }
        for status in news.keys().filter(|status| !olds.contains_key(*status)) {
            self.tell(Rating::Additive, &format!("{at}/responses/{status}"), "this answer is new");
        }
    }

    /// Compares parameters: by name, and those of the path by the place that they have there.
    fn parameters(
        &mut self,
        at: &str,
        (old_path, old): (&str, &'a Value),
        (new_path, new): (&str, &'a Value),
    ) {
        let named = |root: &'a Value, path: &str, operation: &'a Value| {
            let all = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
            let resolved = all.map(|parameter| {
                let target = parameter
                    .get("$ref")
                    .and_then(Value::as_str)
                    .and_then(|target| root.pointer(target.strip_prefix('#')?));
                target.unwrap_or(parameter)
            });
            let of_path = |name: &str| path.split('/').position(|part| part.contains(&format!("{{{name}}}")));
            resolved
                .map(|parameter| {
                    let name = parameter["name"].as_str().unwrap_or_default();
                    let place = of_path(name).filter(|_| parameter["in"] == "path");
                    ((place, if place.is_none() { name } else { "" }), name, parameter)
                })
                .collect::<Vec<_>>()
        };
        let (olds, news) = (named(self.old, old_path, old), named(self.new, new_path, new));
        let needed = |parameter: &Value| parameter["required"] == true;
        for (key, name, parameter) in &olds {
            let place = format!("{at}/parameters/{name}");
            let Some((.., new)) = news.iter().find(|(other, ..)| other == key) else {
                self.tell(Rating::Breaking, &place, "the parameter is gone");
                continue;
            };
            match (needed(parameter), needed(new)) {
                (false, true) => self.tell(Rating::Breaking, &place, "must be given now"),
                (true, false) => self.tell(Rating::Additive, &place, "may be left out now"),
                _ => {}
            }
            for (key, (old, new)) in
                ["in", "style", "explode"].into_iter().zip(sent(parameter).iter().zip(&sent(new)))
            {
                self.changed(Rating::Breaking, &place, key, Some(old), Some(new));
            }
            let compared = ["name", "required", "in", "style", "explode", "schema"];
            self.read_by_people(&place, parameter, new, &compared);
            let place = format!("{place}/schema");
            match (parameter.get("schema"), new.get("schema")) {
                (Some(old), Some(new)) => {
                    self.schema(&place, old, new, Side { request: true, answer: false }, 0);
                }
                (None, None) => {}
                _ => self.tell(Rating::Breaking, &place, "the schema came or went"),
            }
        }
        for (_, name, parameter) in
            news.iter().filter(|(key, ..)| !olds.iter().any(|(other, ..)| other == key))
        {
            let place = format!("{at}/parameters/{name}");
            match needed(parameter) {
                true => self.tell(Rating::Breaking, &place, "a new parameter that must be given"),
                false => self.tell(Rating::Additive, &place, "a new parameter"),
            }
        }
    }

    fn content(&mut self, at: &str, old: &'a Value, new: &'a Value, side: Side) {
        let (olds, news) = (members(old.get("content")), members(new.get("content")));
        for (kind, media) in &olds {
            let place = format!("{at}/content/{}", escape(kind));
            match news.get(*kind) {
                Some(new) => {
                    self.read_by_people(&place, media, new, &["schema"]);
                    match (media.get("schema"), new.get("schema")) {
                        (Some(old), Some(new)) => self.schema(&format!("{place}/schema"), old, new, side, 0),
                        (old, new) if old != new => {
                            self.tell(Rating::Breaking, &place, "the schema came or went")
                        }
                        _ => {}
                    }
                }
                None => self.tell(Rating::Breaking, &place, "this media type is gone"),
            }
        }
        for kind in news.keys().filter(|kind| !olds.contains_key(*kind)) {
            self.tell(Rating::Additive, &format!("{at}/content/{}", escape(kind)), "this media type is new");
        }
    }

    /// Headers of an answer, whose names are read in any case.
    fn headers(&mut self, at: &str, old: &'a Value, new: &'a Value) {
        let (olds, news) = (members(old.get("headers")), members(new.get("headers")));
        let find = |all: &BTreeMap<&String, &'a Value>, name: &str| {
            all.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, header)| *header)
        };
        for (name, header) in &olds {
            let place = format!("{at}/headers/{}", escape(name));
            let Some(new) = find(&news, name) else {
                self.tell(Rating::Breaking, &place, "the header is gone");
                continue;
            };
            match (header["required"] == true, new["required"] == true) {
                (false, true) => self.tell(Rating::Additive, &place, "is always there now"),
                (true, false) => self.tell(Rating::Breaking, &place, "may be absent now"),
                _ => {}
            }
            self.read_by_people(&place, header, new, &["required", "schema"]);
            match (header.get("schema"), new.get("schema")) {
                (Some(old), Some(new)) => {
                    let read = Side { request: false, answer: true };
                    self.schema(&format!("{place}/schema"), old, new, read, 0);
                }
                (None, None) => {}
                _ => self.tell(Rating::Breaking, &place, "the schema came or went"),
            }
        }
        for name in news.keys().filter(|name| find(&olds, name).is_none()) {
            let place = format!("{at}/headers/{}", escape(name));
            self.tell(Rating::Additive, &place, "this header is new");
        }
    }

    /// Components by name; where one goes by another name, its uses tell the difference.
    fn components(&mut self) {
        let sides = |root: &'a Value| {
            let (requests, answers) = lint::sides(root);
            (lint::reach(root, &requests, &[]), lint::reach(root, &answers, &[]))
        };
        let ((old_requests, old_answers), (new_requests, new_answers)) = (sides(self.old), sides(self.new));
        let all = |root: &'a Value| members(root.pointer("/components/schemas"));
        let (olds, news) = (all(self.old), all(self.new));
        let names: BTreeSet<&String> = olds.keys().chain(news.keys()).copied().collect();
        for name in names {
            let place = format!("/components/schemas/{name}");
            let side = Side {
                request: old_requests.contains(name) && new_requests.contains(name),
                answer: old_answers.contains(name) && new_answers.contains(name),
            };
            match (olds.get(name), news.get(name)) {
                (Some(old), Some(new)) => self.schema(&place, old, new, side, 0),
                (None, _) => self.tell(
                    Rating::Documentation,
                    &place,
                    "the component is new; what uses it tells the rest",
                ),
                (_, None) => self.tell(
                    Rating::Documentation,
                    &place,
                    "the component is gone; what used it tells the rest",
                ),
            }
        }
    }

    /// How a key is sent.
    fn security_schemes(&mut self) {
        let all = |root: &'a Value| members(root.pointer("/components/securitySchemes"));
        let (olds, news) = (all(self.old), all(self.new));
        for (name, old) in &olds {
            let place = format!("/components/securitySchemes/{}", escape(name));
            let Some(new) = news.get(*name) else {
                self.tell(Rating::Breaking, &place, "the scheme is gone");
                continue;
            };
            let keys: BTreeSet<_> =
                members(Some(old)).into_keys().chain(members(Some(new)).into_keys()).collect();
            let keys: Vec<_> = keys.into_iter().map(String::as_str).collect();
            self.read_by_people(&place, old, new, &keys);
            for key in keys.into_iter().filter(|key| !READ.contains(key)) {
                self.changed(Rating::Breaking, &place, key, old.get(key), new.get(key));
            }
        }
        for name in news.keys().filter(|name| !olds.contains_key(*name)) {
            let place = format!("/components/securitySchemes/{}", escape(name));
            self.tell(Rating::Additive, &place, "the scheme is new");
        }
    }

    /// Compares two schemas of which each is a reference, or no more than words, a null or a default around one.
    fn around(
        &mut self,
        at: &str,
        (old, inner_old): (&'a Value, &'a Value),
        (new, inner_new): (&'a Value, &'a Value),
        side: Side,
        depth: usize,
    ) {
        self.schema(at, inner_old, inner_new, side, depth + 1);
        let (target, target_new) = (resolved(self.old, inner_old), resolved(self.new, inner_new));
        let null = |own: &Value, target: &Value| own["nullable"] == true || target["nullable"] == true;
        self.null(at, null(old, target), null(new, target_new), side);
        let default =
            |own: &'a Value, target: &'a Value| own.get("default").or_else(|| target.get("default"));
        let (was, is) = (default(old, target), default(new, target_new));
        self.changed(side.rate(Rating::Breaking, Rating::Documentation), at, "default", was, is);
        self.read_by_people(at, old, new, &SCHEMA);
    }

    fn null(&mut self, at: &str, old: bool, new: bool, side: Side) {
        use Rating::{Additive, Breaking};
        match (old, new) {
            (false, true) => self.tell(side.rate(Additive, Breaking), at, "null may come now"),
            (true, false) => self.tell(side.rate(Breaking, Additive), at, "null may not come any more"),
            _ => {}
        }
    }

    fn schema(&mut self, at: &str, old: &'a Value, new: &'a Value, side: Side, depth: usize) {
        if old == new || depth > 16 {
            return;
        }
        if let (Some(inner_old), Some(inner_new)) = (referred(old), referred(new))
            && !(std::ptr::eq(inner_old, old) && std::ptr::eq(inner_new, new))
        {
            return self.around(at, (old, inner_old), (new, inner_new), side, depth);
        }
        match (component(old), component(new)) {
            // The component itself is compared once.
            (Some(one), Some(other)) if one == other => return,
            (None, None) => {}
            (one, other) => {
                let (from, to) =
                    (one.unwrap_or("a schema of its own"), other.unwrap_or("a schema of its own"));
                self.tell(Rating::Documentation, at, format!("{from} became {to}"));
                let (old, new) = (resolved(self.old, old), resolved(self.new, new));
                return self.schema(at, old, new, side, depth + 1);
            }
        }
        self.read_by_people(at, old, new, &SCHEMA);
        use Rating::{Additive, Breaking, Documentation};
        self.changed(
            Breaking.min(side.rate(Breaking, Breaking)),
            at,
            "type",
            old.get("type"),
            new.get("type"),
        );
        let format = match (old["format"].as_str(), new["format"].as_str()) {
            (Some("int32"), Some("int64")) => side.rate(Additive, Breaking),
            (Some("int64"), Some("int32")) => side.rate(Breaking, Additive),
            _ => side.rate(Breaking, Breaking),
        };
        self.changed(format, at, "format", old.get("format"), new.get("format"));
        self.changed(
            side.rate(Breaking, Documentation),
            at,
            "default",
            old.get("default"),
            new.get("default"),
        );
        self.null(at, old["nullable"] == true, new["nullable"] == true, side);
        self.values(at, old, new, side);
        for (key, wider) in [
            ("maxItems", true),
            ("maxLength", true),
            ("maximum", true),
            ("minItems", false),
            ("minLength", false),
            ("minimum", false),
        ] {
            let number = |schema: &Value| schema.get(key).and_then(Value::as_f64);
            let opens = match (number(old), number(new)) {
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(old), Some(new)) => (new > old) == wider,
                (None, None) => continue,
            };
            let rating =
                if opens { side.rate(Additive, Documentation) } else { side.rate(Breaking, Documentation) };
            self.changed(rating, at, key, old.get(key), new.get(key));
        }
        self.changed(
            side.rate(Breaking, Documentation),
            at,
            "pattern",
            old.get("pattern"),
            new.get("pattern"),
        );
        let closed = |schema: &Value| schema.get("additionalProperties") == Some(&Value::Bool(false));
        match (closed(old), closed(new)) {
            (false, true) => {
                self.tell(side.rate(Breaking, Documentation), at, "takes no other fields any more")
            }
            (true, false) => self.tell(side.rate(Additive, Additive), at, "takes other fields too"),
            _ => {}
        }
        let others = |schema: &'a Value| {
            let others = schema.get("additionalProperties")?;
            others.as_object().filter(|others| !others.is_empty()).map(|_| others)
        };
        let place = format!("{at}/additionalProperties");
        match (others(old), others(new)) {
            (Some(old), Some(new)) => self.schema(&place, old, new, side, depth + 1),
            (None, Some(_)) if !closed(old) => {
                self.tell(side.rate(Breaking, Additive), &place, "other fields have a schema now");
            }
            (Some(_), None) if !closed(new) => {
                self.tell(side.rate(Additive, Breaking), &place, "other fields have no schema any more");
            }
            // Nothing says the same as `{}`.
            (None, None) if !closed(old) && !closed(new) => {
                let key = "additionalProperties";
                self.changed(Documentation, at, key, old.get(key), new.get(key));
            }
            _ => {}
        }
        // Others are let through where more fields are known to exist (spec/README.md).
        let partly = |schema: &Value| schema["x-partly-known"] == true;
        match (partly(old), partly(new)) {
            (false, true) => self.tell(
                side.rate(Additive, Documentation),
                at,
                "`x-partly-known`: more fields exist, so that others are let through now",
            ),
            (true, false) => self.tell(
                side.rate(Breaking, Documentation),
                at,
                "`x-partly-known`: other fields are not let through any more",
            ),
            _ => {}
        }
        self.properties(at, old, new, side, depth);
        match (old.get("items"), new.get("items")) {
            (Some(old), Some(new)) => self.schema(&format!("{at}/items"), old, new, side, depth + 1),
            (None, None) => {}
            _ => self.tell(side.rate(Breaking, Breaking), at, "`items` came or went"),
        }
        for key in ["allOf", "anyOf", "oneOf"] {
            let all =
                |schema: &'a Value| schema.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let (olds, news) = (all(old), all(new));
            if olds.len() != news.len() {
                // One choice more is taken beside the others, and may come beside them.
                let choice = key != "allOf" && !olds.is_empty() && !news.is_empty();
                let rating = match choice {
                    true if olds.iter().all(|old| news.contains(old)) => side.rate(Additive, Breaking),
                    true if news.iter().all(|new| olds.contains(new)) => side.rate(Breaking, Additive),
                    _ => side.rate(Breaking, Breaking),
                };
                self.tell(rating, at, format!("`{key}` has other choices"));
                continue;
            }
            for (i, (old, new)) in olds.iter().zip(news).enumerate() {
                self.schema(&format!("{at}/{key}/{i}"), old, new, side, depth + 1);
            }
        }
        self.changed(side.rate(Breaking, Breaking), at, "not", old.get("not"), new.get("not"));
    }

    fn properties(&mut self, at: &str, old: &'a Value, new: &'a Value, side: Side, depth: usize) {
        use Rating::{Additive, Breaking};
        let (olds, news) = (members(old.get("properties")), members(new.get("properties")));
        let needed = |schema: &Value, name: &str| {
            schema["required"].as_array().is_some_and(|names| names.iter().any(|own| own == name))
        };
        for (name, property) in &olds {
            let place = format!("{at}/properties/{}", escape(name));
            let Some(property_new) = news.get(*name) else {
                self.tell(side.rate(Breaking, Breaking), &place, "the field is gone");
                continue;
            };
            match (needed(old, name), needed(new, name)) {
                (false, true) => {
                    self.tell(side.rate(Breaking, Additive), &place, "is always there now: required")
                }
                (true, false) => {
                    self.tell(side.rate(Additive, Breaking), &place, "may be absent now: not required")
                }
                _ => {}
            }
            self.schema(&place, property, property_new, side, depth + 1);
        }
        // What must be there though nothing says what it is.
        let bare = |schema: &'a Value| -> Vec<&'a str> {
            let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            names.filter(|name| olds.keys().chain(news.keys()).all(|own| own.as_str() != *name)).collect()
        };
        for name in bare(new).into_iter().filter(|name| !needed(old, name)) {
            self.tell(side.rate(Breaking, Additive), at, format!("`{name}` must be there now"));
        }
        for name in bare(old).into_iter().filter(|name| !needed(new, name)) {
            self.tell(side.rate(Additive, Breaking), at, format!("`{name}` may be absent now"));
        }
        for (name, _) in news.iter().filter(|(name, _)| !olds.contains_key(**name)) {
            let place = format!("{at}/properties/{}", escape(name));
            let needed = needed(new, name);
            let rating = side.rate(if needed { Breaking } else { Additive }, Additive);
            self.tell(rating, &place, if needed { "a new field that must be there" } else { "a new field" });
        }
    }

    fn values(&mut self, at: &str, old: &Value, new: &Value, side: Side) {
        use Rating::{Additive, Breaking};
        let all = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
        match (all(old), all(new)) {
            (Some(olds), Some(news)) => {
                for gone in olds.iter().filter(|value| !news.contains(value)) {
                    self.tell(side.rate(Breaking, Additive), at, format!("the value {gone} is gone"));
                }
                for come in news.iter().filter(|value| !olds.contains(value)) {
                    // Answers are open: a new value decodes.
                    self.tell(side.rate(Additive, Additive), at, format!("the value {come} is new"));
                }
            }
            (None, Some(_)) => {
                self.tell(side.rate(Breaking, Additive), at, "only listed values are taken now")
            }
            (Some(_), None) => self.tell(side.rate(Additive, Additive), at, "any value is taken now"),
            (None, None) => {}
        }
    }

    /// Tells keys that only people read, and those that are neither of them nor compared by their own rules.
    fn read_by_people(&mut self, at: &str, old: &Value, new: &Value, compared: &[&str]) {
        self.rest(at, old, new, &[&READ[..], compared].concat());
        let changed: Vec<_> = READ.iter().filter(|key| old.get(**key) != new.get(**key)).copied().collect();
        if !changed.is_empty() {
            self.tell(Rating::Documentation, at, format!("{} changed", changed.join(", ")));
        }
    }

    /// Tells every other key, so that none changes in silence.
    fn rest(&mut self, at: &str, old: &Value, new: &Value, compared: &[&str]) {
        let keys: BTreeSet<_> =
            members(Some(old)).into_keys().chain(members(Some(new)).into_keys()).collect();
        for key in keys.into_iter().filter(|key| !compared.contains(&key.as_str())) {
            if old.get(key) != new.get(key) {
                self.tell(Rating::Documentation, at, format!("`{key}` {UNRATED}"));
            }
        }
    }
}

/// How a parameter is sent: where, and in which form, which go without saying in part (OpenAPI 3.0.3, parameter object).
fn sent(parameter: &Value) -> [Value; 3] {
    let place = parameter["in"].as_str().unwrap_or_default();
    let style = if ["query", "cookie"].contains(&place) { "form" } else { "simple" };
    let style = parameter["style"].as_str().unwrap_or(style);
    let explode = parameter["explode"].as_bool().unwrap_or(style == "form");
    [place.into(), style.into(), explode.into()]
}

/// The reference that a schema is, or that it has no more around than words, a null or a default.
fn referred(schema: &Value) -> Option<&Value> {
    if component(schema).is_some() {
        return Some(schema);
    }
    let own = |key: &String| {
        ["allOf", "default", "nullable"].contains(&key.as_str()) || READ.contains(&key.as_str())
    };
    match schema.get("allOf")?.as_array()?.as_slice() {
        [one] if component(one).is_some() && schema.as_object()?.keys().all(own) => Some(one),
        _ => None,
    }
}

fn id(operation: &Value) -> &str {
    operation["operationId"].as_str().unwrap_or_default()
}

fn members(value: Option<&Value>) -> BTreeMap<&String, &Value> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter).collect()
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    component(schema).and_then(|name| root.pointer(&format!("/components/schemas/{name}"))).unwrap_or(schema)
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    }
}
