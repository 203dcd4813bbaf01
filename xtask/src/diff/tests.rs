//! Mutated documents, and the markdown of what became of them.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::generate::{HK_TRADE, Service, TRADEWIND};

fn read(service: &Service) -> Value {
    document::read(&root().join(service.path())).unwrap()
}

/// Both parts for a document and what a mutation made of it.
fn parts(service: &Service, mutate: impl FnOnce(&mut Value)) -> Vec<Part> {
    let old = read(service);
    let mut new = old.clone();
    mutate(&mut new);
    assert_ne!(old, new, "the mutation changes nothing");
    let surface = |root: &Value| {
        crate::surface::surface(
            &service.generate_from(root).map(|made| made.text).unwrap_or_else(|e| panic!("{e}")),
        )
    };
    vec![
        Part { title: service.path(), rust: false, changes: wire::changes(&old, &new) },
        Part {
            title: service.api.replace("crate", "tradebind"),
            rust: true,
            changes: surface::changes(&surface(&old), &surface(&new)),
        },
    ]
}

fn at<'a>(root: &'a mut Value, pointer: &str) -> &'a mut Value {
    root.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"))
}

fn remove(root: &mut Value, parent: &str, name: &str) {
    at(root, parent).as_object_mut().unwrap().remove(name).unwrap();
}

const SCHEMAS: &str = "/components/schemas";

#[test]
fn what_breaks_is_told_first() {
    let parts = parts(&TRADEWIND, |root| {
        remove(root, "/paths", "/api/agentic/task");
        remove(root, &format!("{SCHEMAS}/WorldRegionsRequest/properties"), "tradeCode");
        at(root, &format!("{SCHEMAS}/WorldRegionsRequest/properties"))["unit"] =
            json!({ "type": "string", "description": "x" });
        at(root, &format!("{SCHEMAS}/WorldRegionsRequest/required"))
            .as_array_mut()
            .unwrap()
            .push(json!("unit"));
        at(root, &format!("{SCHEMAS}/Role/enum")).as_array_mut().unwrap().retain(|value| value != "buyer");
        at(root, &format!("{SCHEMAS}/WorldRegion/properties/sellerCount"))["type"] = json!("boolean");
        remove(root, &format!("{SCHEMAS}/WorldRegion/properties/sellerCount"), "format");
        at(root, "/paths/~1api~1health/get")["x-billing"] = json!("per-call");
    });
    insta::assert_snapshot!("breaking", markdown::write(&parts, "0.1.0", usize::MAX).unwrap());
}

#[test]
fn what_adds_is_additive() {
    let parts = parts(&TRADEWIND, |root| {
        let operation = at(root, "/paths/~1api~1health/get").clone();
        root["paths"]["/api/invented"]["get"] = operation;
        root["paths"]["/api/invented"]["get"]["operationId"] = json!("invented");
        at(root, &format!("{SCHEMAS}/WorldRegion/properties"))["continent"] =
            json!({ "type": "string", "nullable": true, "description": "x" });
        at(root, &format!("{SCHEMAS}/Role/enum")).as_array_mut().unwrap().push(json!("carrier"));
        at(root, &format!("{SCHEMAS}/AgenticSearchRequest/properties"))["more"] =
            json!({ "type": "string", "description": "x" });
    });
    insta::assert_snapshot!("additive", markdown::write(&parts, "1.2.3", usize::MAX).unwrap());
}

#[test]
fn words_are_documentation_only() {
    let parts = parts(&HK_TRADE, |root| {
        at(root, &format!("{SCHEMAS}/Row"))["description"] = json!("Another word.");
        at(root, "/paths/~1api~1get/get")["summary"] = json!("Another summary");
    });
    insta::assert_snapshot!("documentation", markdown::write(&parts, "0.1.0", usize::MAX).unwrap());
}

/// What is cut for a comment says so, and its tables are whole.
#[test]
fn a_long_report_is_cut_at_a_row() {
    let changes = (0..500).map(|i| Change {
        rating: Rating::Additive,
        place: format!("/paths/{i}"),
        text: "is new".to_owned(),
    });
    let part = Part { title: "spec/x.yaml".to_owned(), rust: false, changes: changes.collect() };
    let whole = markdown::write(std::slice::from_ref(&part), "0.1.0", usize::MAX).unwrap();
    let cut = markdown::write(&[part], "0.1.0", 10_000).unwrap();
    assert!(whole.len() > 15_000 && cut.len() < 11_000, "{} {}", whole.len(), cut.len());
    let rows = |text: &str| text.lines().filter(|line| line.starts_with("| additive | `/paths/")).count();
    assert!(cut.contains("| 0 | 500 | 0 |") && cut.contains("</details>"));
    assert!(cut.contains(&format!("{} of them did not fit here", 500 - rows(&cut))), "{cut}");
    assert_eq!(rows(&whole), 500);
}

/// What cannot be compared is told by its name.
#[test]
fn wrong_sides_are_told() {
    let folder = std::env::temp_dir().join(format!("tradebind-diff-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let tradewind = file("tradewind.yaml", &fs::read_to_string(root().join("spec/tradewind.yaml")).unwrap());
    let broken = file("tradewind-broken.yaml", "openapi: 3.0.3\n  paths: [\n");
    let empty = file("hk-trade-empty.yaml", "");
    let other = file("other.yaml", "a: 1\n");
    let hk = file("hk-trade.yaml", "openapi: 3.0.3\npaths: {}\n");
    let told = |old: &str, new: &str| {
        let args = Args { old: old.to_owned(), new: Some(new.to_owned()), output: None, at_most: usize::MAX };
        format!("{:#}", run(&args).unwrap_err()).replace(&folder.display().to_string(), "FOLDER")
    };
    insta::assert_snapshot!([
        told("no-such-revision", &tradewind),
        told(&tradewind, &broken),
        told(&empty, &hk),
        told(&hk, &tradewind),
        told(&other, &tradewind),
        told(&folder.display().to_string(), &tradewind),
    ].join("\n"), @"
    `no-such-revision` is neither a file nor a git revision of this repository (a shallow clone has few of them)
    FOLDER/tradewind-broken.yaml:2:8: not YAML: mapping values are not allowed in this context
    FOLDER/hk-trade-empty.yaml: holds 0 YAML documents, expected one
    FOLDER/hk-trade.yaml is a document of hk-trade, FOLDER/tradewind.yaml one of tradewind: two of one service are compared
    FOLDER/other.yaml: whose document is it? Its name must hold `hk-trade` or `tradewind`
    `FOLDER` is neither a file nor a git revision of this repository (a shallow clone has few of them)
    ");
    _ = fs::remove_dir_all(&folder);
}

/// The rating of the gravest change.
fn rated(service: &Service, mutate: &dyn Fn(&mut Value)) -> Option<Rating> {
    let old = read(service);
    let mut new = old.clone();
    mutate(&mut new);
    wire::changes(&old, &new).first().map(|change| change.rating)
}

/// Each kind of change has its rating, by the side that it is on.
#[test]
fn ratings() {
    let get = "/paths/~1api~1get/get";
    let regions = "/paths/~1api~1customs~1analytics~1world-regions/post";
    let body = |name: &str| format!("{SCHEMAS}/WorldRegionsRequest{name}");
    use Rating::{Additive, Breaking, Documentation};
    type Mutation = Box<dyn Fn(&mut Value)>;
    let cases: Vec<(&Service, Rating, Mutation)> = vec![
        (
            &HK_TRADE,
            Breaking,
            Box::new(|root| at(root, "/servers/0")["url"] = json!("https://other.example")),
        ),
        (
            &HK_TRADE,
            Breaking,
            Box::new(move |root| {
                _ = at(root, &format!("{get}/parameters")).as_array_mut().unwrap().remove(0)
            }),
        ),
        (
            &HK_TRADE,
            Additive,
            Box::new(move |root| {
                at(root, &format!("{get}/parameters")).as_array_mut().unwrap().push(json!({ "name": "new", "in": "query", "description": "x", "schema": { "type": "string" } }))
            }),
        ),
        (
            &HK_TRADE,
            Breaking,
            Box::new(move |root| {
                at(root, &format!("{get}/parameters")).as_array_mut().unwrap().push(json!({ "name": "new", "in": "query", "required": true, "description": "x", "schema": { "type": "string" } }))
            }),
        ),
        (
            &HK_TRADE,
            Breaking,
            Box::new(|root| at(root, "/components/schemas/AreaList")["maxItems"] = json!(1)),
        ),
        (
            &HK_TRADE,
            Additive,
            Box::new(|root| at(root, "/components/schemas/AreaList")["maxItems"] = json!(100_000)),
        ),
        (&HK_TRADE, Breaking, Box::new(|root| remove(root, "/components/schemas/Row/properties", "unitEN"))),
        (
            &HK_TRADE,
            Breaking,
            Box::new(|root| _ = at(root, "/components/schemas/Row/required").as_array_mut().unwrap().pop()),
        ),
        (
            &TRADEWIND,
            Breaking,
            Box::new(|root| at(root, "/paths/~1api~1health/get")["security"] = json!([{ "apiKey": [] }])),
        ),
        (&TRADEWIND, Additive, Box::new(move |root| at(root, regions)["security"] = json!([]))),
        (
            &TRADEWIND,
            Documentation,
            Box::new(move |root| at(root, regions)["operationId"] = json!("regions")),
        ),
        (
            &TRADEWIND,
            Breaking,
            Box::new(move |root| at(root, &body("/properties/product"))["default"] = json!("x")),
        ),
        (
            &TRADEWIND,
            Additive,
            Box::new(move |root| at(root, &body("/properties/product"))["nullable"] = json!(true)),
        ),
        (&TRADEWIND, Additive, Box::new(move |root| at(root, &body(""))["additionalProperties"] = json!({}))),
        (
            &TRADEWIND,
            Breaking,
            Box::new(|root| {
                at(root, "/components/schemas/Envelope/properties/success")["nullable"] = json!(null)
            }),
        ),
        (&TRADEWIND, Breaking, Box::new(move |root| remove(root, regions, "requestBody"))),
        (
            &TRADEWIND,
            Breaking,
            Box::new(|root| at(root, "/components/schemas/DateText")["pattern"] = json!("x")),
        ),
    ];
    for (i, (service, expected, mutate)) in cases.into_iter().enumerate() {
        let found = rated(service, &*mutate);
        // Null may come no more is good news for who reads: the one case that only adds.
        let expected = if i == 14 { Additive } else { expected };
        assert_eq!(found, Some(expected), "case {i}");
    }
    assert_eq!(rated(&HK_TRADE, &|_| ()), None);
}

/// What a change is rated, and what the way back is.
#[test]
fn ratings_of_both_ways() {
    use Rating::{Additive, Breaking, Documentation};
    const REGIONS: &str = "/paths/~1api~1customs~1analytics~1world-regions/post";
    const GET: &str = "/paths/~1api~1get/get";
    const REDIRECT: &str = "/paths/~1api~1get/get/responses/302/headers";
    type Mutation = fn(&mut Value);
    /// Name, document, what it is before, what becomes of it, how that is rated, and the way back.
    type Case<'a> = (&'a str, &'a Service, Mutation, Box<dyn Fn(&mut Value)>, Rating, Rating);
    let request = |name: &str| format!("{SCHEMAS}/WorldRegionsRequest{name}");
    let set = |pointer: &str, name: &str, value: Value| {
        let (pointer, name) = (pointer.to_owned(), name.to_owned());
        move |root: &mut Value| at(root, &pointer)[name.as_str()] = value.clone()
    };
    let parameter: Mutation = |root| {
        at(root, &format!("{GET}/parameters")).as_array_mut().unwrap().push(json!({
            "name": "more", "in": "query", "description": "x",
            "schema": { "type": "array", "items": { "type": "integer", "format": "int32" } },
        }));
    };
    let choices: Mutation = |root| {
        at(root, &format!("{SCHEMAS}/WorldRegionsRequest/properties"))["unit"] =
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] });
    };
    let others: Mutation = |root| {
        at(root, &format!("{SCHEMAS}/WorldRegionsRequest"))["additionalProperties"] =
            json!({ "type": "string" });
    };
    let bare: Mutation =
        |root| remove(root, &format!("{SCHEMAS}/WorldRegionsRequest"), "additionalProperties");
    let nothing: Mutation = |_| ();
    let half: Mutation =
        |root| at(root, &format!("{SCHEMAS}/WorldRegionsRequest/properties/product"))["maximum"] = json!(0.5);
    let last = format!(
        "{GET}/parameters/{}",
        read(&HK_TRADE).pointer(&format!("{GET}/parameters")).unwrap().as_array().unwrap().len()
    );
    let wrapped = |more: Value| {
        let mut wrapper =
            json!({ "allOf": [{ "$ref": "#/components/schemas/Role" }], "description": "Another word." });
        wrapper.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        set(&request("/properties"), "type", wrapper)
    };
    let cases: Vec<Case<'_>> = vec![
        (
            "a bound with a fraction",
            &TRADEWIND,
            half,
            Box::new(set(&request("/properties/product"), "maximum", json!(0.2))),
            Breaking,
            Additive,
        ),
        (
            "required, and nothing says what it is",
            &TRADEWIND,
            nothing,
            Box::new(set(&request(""), "required", json!(["type", "ghost"]))),
            Breaking,
            Additive,
        ),
        (
            "a body must be sent",
            &TRADEWIND,
            |root| at(root, REGIONS)["requestBody"]["required"] = json!(false),
            Box::new(set(&format!("{REGIONS}/requestBody"), "required", json!(true))),
            Breaking,
            Additive,
        ),
        (
            "a body's words",
            &TRADEWIND,
            nothing,
            Box::new(set(&format!("{REGIONS}/requestBody"), "description", json!("x"))),
            Documentation,
            Documentation,
        ),
        (
            "another scheme of keys",
            &TRADEWIND,
            nothing,
            Box::new(set("/components/securitySchemes/apiKey", "scheme", json!("basic"))),
            Breaking,
            Breaking,
        ),
        (
            "a scheme's words",
            &TRADEWIND,
            nothing,
            Box::new(set("/components/securitySchemes/apiKey", "description", json!("x"))),
            Documentation,
            Documentation,
        ),
        (
            "another scheme's name",
            &TRADEWIND,
            nothing,
            Box::new(set(REGIONS, "security", json!([{ "other": [] }]))),
            Breaking,
            Breaking,
        ),
        (
            "one more way to send a key",
            &TRADEWIND,
            nothing,
            Box::new(set(REGIONS, "security", json!([{ "apiKey": [] }, { "other": [] }]))),
            Additive,
            Breaking,
        ),
        (
            "a higher price",
            &TRADEWIND,
            nothing,
            Box::new(set(REGIONS, "x-credits", json!("0.20"))),
            Breaking,
            Additive,
        ),
        (
            "no price any more",
            &TRADEWIND,
            nothing,
            Box::new(|root: &mut Value| remove(root, REGIONS, "x-credits")),
            Breaking,
            Additive,
        ),
        (
            "a wrapper with words",
            &TRADEWIND,
            nothing,
            Box::new(wrapped(json!({}))),
            Documentation,
            Documentation,
        ),
        (
            "a wrapper with null",
            &TRADEWIND,
            nothing,
            Box::new(wrapped(json!({ "nullable": true }))),
            Additive,
            Breaking,
        ),
        (
            "a wrapper with a default",
            &TRADEWIND,
            nothing,
            Box::new(wrapped(json!({ "default": "buyer" }))),
            Breaking,
            Breaking,
        ),
        (
            "a wrapper of another",
            &TRADEWIND,
            nothing,
            Box::new(wrapped(json!({ "allOf": [{ "$ref": "#/components/schemas/DateText" }] }))),
            Breaking,
            Breaking,
        ),
        (
            "a parameter of the path by another name",
            &TRADEWIND,
            nothing,
            Box::new(|root: &mut Value| {
                let text = root.to_string();
                let name = "/api/email/verify/result/{taskId}";
                assert!(text.contains(name));
                *root = serde_json::from_str(
                    &text.replace("{taskId}", "{id}").replace("\"name\":\"taskId\"", "\"name\":\"id\""),
                )
                .unwrap();
            }),
            Documentation,
            Documentation,
        ),
        (
            "wider integers",
            &HK_TRADE,
            parameter,
            Box::new(set(&format!("{last}/schema/items"), "format", json!("int64"))),
            Additive,
            Breaking,
        ),
        (
            "a form written out",
            &HK_TRADE,
            parameter,
            Box::new({
                let (style, explode) =
                    (set(&last, "style", json!("form")), set(&last, "explode", json!(true)));
                move |root: &mut Value| {
                    style(root);
                    explode(root)
                }
            }),
            Documentation,
            Documentation,
        ),
        (
            "another form",
            &HK_TRADE,
            parameter,
            Box::new(set(&last, "explode", json!(false))),
            Breaking,
            Breaking,
        ),
        (
            "a parameter without a schema",
            &HK_TRADE,
            parameter,
            Box::new({
                let last = last.clone();
                move |root: &mut Value| remove(root, &last, "schema")
            }),
            Breaking,
            Breaking,
        ),
        (
            "an answer of a class",
            &HK_TRADE,
            nothing,
            Box::new(|root: &mut Value| {
                let answer = at(root, GET)["responses"].as_object_mut().unwrap().remove("200").unwrap();
                at(root, GET)["responses"]["2XX"] = answer;
            }),
            Additive,
            Breaking,
        ),
        (
            "one choice more",
            &TRADEWIND,
            choices,
            Box::new(|root: &mut Value| {
                at(root, &format!("{SCHEMAS}/WorldRegionsRequest/properties/unit/anyOf"))
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "type": "boolean" }));
            }),
            Additive,
            Breaking,
        ),
        (
            "other fields of another type",
            &TRADEWIND,
            others,
            Box::new(set(&request("/additionalProperties"), "type", json!("integer"))),
            Breaking,
            Breaking,
        ),
        ("other fields with a type", &TRADEWIND, bare, Box::new(others), Breaking, Additive),
        (
            "a header gone",
            &HK_TRADE,
            nothing,
            Box::new(|root: &mut Value| remove(root, REDIRECT, "Set-Cookie")),
            Breaking,
            Additive,
        ),
        (
            "all headers gone",
            &HK_TRADE,
            nothing,
            Box::new(|root: &mut Value| remove(root, REDIRECT.strip_suffix("/headers").unwrap(), "headers")),
            Breaking,
            Additive,
        ),
        (
            "a header's words",
            &HK_TRADE,
            nothing,
            Box::new(set(&format!("{REDIRECT}/Location"), "description", json!("x"))),
            Documentation,
            Documentation,
        ),
        (
            "a header that always comes",
            &HK_TRADE,
            nothing,
            Box::new(set(&format!("{REDIRECT}/Location"), "required", json!(true))),
            Additive,
            Breaking,
        ),
        (
            "a header of another type",
            &HK_TRADE,
            nothing,
            Box::new(set(&format!("{REDIRECT}/Location/schema"), "type", json!("integer"))),
            Breaking,
            Breaking,
        ),
        (
            "a header's name in another case",
            &HK_TRADE,
            nothing,
            Box::new(|root: &mut Value| {
                let headers = at(root, REDIRECT).as_object_mut().unwrap();
                let header = headers.remove("Location").unwrap();
                headers.insert("location".to_owned(), header);
            }),
            Documentation,
            Documentation,
        ),
        (
            "other fields let through",
            &TRADEWIND,
            bare,
            Box::new(set(&request(""), "x-partly-known", json!(true))),
            Additive,
            Breaking,
        ),
        (
            "names of values",
            &HK_TRADE,
            nothing,
            Box::new(|root: &mut Value| {
                at(root, &format!("{SCHEMAS}/Row"))["x-enum-varnames"] = json!(["x"]);
            }),
            Documentation,
            Documentation,
        ),
    ];
    for (name, service, before, mutate, expected, back) in cases {
        let mut old = read(service);
        before(&mut old);
        let mut new = old.clone();
        mutate(&mut new);
        let found = |old: &Value, new: &Value| {
            let changes = wire::changes(old, new);
            (changes.first().map(|change| change.rating), changes)
        };
        // A form that goes without saying is no change at all, nor is the case of a header's name.
        let same = ["a form written out", "a header's name in another case"].contains(&name);
        let rating = |rating| if same { None } else { Some(rating) };
        let (there, changes) = found(&old, &new);
        assert_eq!(there, rating(expected), "{name}: {changes:#?}");
        let (again, changes) = found(&new, &old);
        assert_eq!(again, rating(back), "{name}, back: {changes:#?}");
    }
}

/// Names of maps whose keys are names, and no keywords.
const MAPS: [&str; 9] = [
    "content",
    "examples",
    "headers",
    "parameters",
    "paths",
    "properties",
    "responses",
    "schemas",
    "securitySchemes",
];

/// A pointer to each member of a document, one for each keyword that stands at places of one kind.
fn members_of(value: &Value, at: &str, kind: &str, inside: bool, found: &mut BTreeMap<String, String>) {
    let each: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(i, item)| (i.to_string(), item)).collect(),
        _ => return,
    };
    for (name, below) in each {
        let at = format!("{at}/{}", document::escape(&name));
        let kind = format!("{kind}/{}", if inside || value.is_array() { "*" } else { &name });
        if value.is_object() {
            found.entry(kind.clone()).or_insert_with(|| at.clone());
        }
        members_of(below, &at, &kind, !inside && MAPS.contains(&name.as_str()), found);
    }
}

/// Whatever changes of the documents as they are is told, and by a rule that knows the key: a new one cannot pass in silence.
#[test]
fn every_key_of_the_documents_is_known() {
    for service in [HK_TRADE, TRADEWIND] {
        let old = read(&service);
        let mut all = BTreeMap::new();
        members_of(&old, "", "", false, &mut all);
        assert!(all.len() > 50, "{}", all.len());
        for pointer in all.values() {
            let mut new = old.clone();
            match at(&mut new, pointer) {
                Value::Bool(value) => *value = !*value,
                Value::Number(value) => *value = (value.as_i64().unwrap() + 1).into(),
                Value::String(text) => text.push_str("-changed"),
                Value::Array(items) if !items.is_empty() => _ = items.remove(0),
                Value::Array(items) => items.push(json!("changed")),
                Value::Object(_) | Value::Null => {
                    let (parent, name) = pointer.rsplit_once('/').unwrap();
                    let name = name.replace("~1", "/").replace("~0", "~");
                    remove(&mut new, parent, &name);
                }
            }
            let changes = wire::changes(&old, &new);
            assert!(!changes.is_empty(), "{}{pointer} changes in silence", service.path());
            assert!(
                !changes.iter().any(|change| change.text.contains(wire::UNRATED)),
                "{}{pointer}: {changes:#?}",
                service.path()
            );
        }
    }
}

/// A key that no rule knows is told, wherever it stands.
#[test]
fn unknown_keys_are_told() {
    const GET: &str = "/paths/~1api~1get/get";
    let old = read(&HK_TRADE);
    for place in [
        "",
        "/info",
        "/servers/0",
        "/paths/~1api~1get",
        GET,
        "/components/parameters/lang",
        &format!("{GET}/responses/200"),
        &format!("{GET}/responses/302/headers/Location"),
        &format!("{GET}/responses/302/headers/Location/schema"),
        &format!("{GET}/responses/200/content/application~1json"),
        "/components",
        "/components/schemas/Row",
    ] {
        let mut new = old.clone();
        at(&mut new, place)["x-new"] = json!(1);
        let changes = wire::changes(&old, &new);
        assert!(
            changes.len() == 1
                && changes[0].rating == Rating::Documentation
                && changes[0].text == format!("`x-new` {}", wire::UNRATED),
            "{place}: {changes:#?}"
        );
    }
    let old = read(&TRADEWIND);
    for (place, rating) in [
        ("/paths/~1api~1customs~1analytics~1world-regions/post/requestBody", Rating::Documentation),
        ("/components/securitySchemes/apiKey", Rating::Breaking),
    ] {
        let mut new = old.clone();
        at(&mut new, place)["x-new"] = json!(1);
        let changes = wire::changes(&old, &new);
        assert!(changes.len() == 1 && changes[0].rating == rating, "{place}: {changes:#?}");
    }
}

/// Two revisions of a repository, and its files as they are now, into a file.
#[test]
fn revisions_of_a_repository_are_compared() {
    let folder = std::env::temp_dir().join(format!("tradebind-diff-git-{}", std::process::id()));
    _ = fs::remove_dir_all(&folder);
    let snapshot = |service: &Service| format!("tests/snapshots/generated__{}.surface.snap", service.file);
    let yaml = TRADEWIND.path();
    for file in [HK_TRADE.path(), yaml.clone(), snapshot(&HK_TRADE), snapshot(&TRADEWIND)] {
        let to = folder.join(&file);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(root().join(file), to).unwrap();
    }
    fs::write(folder.join("Cargo.toml"), "[workspace.package]\nversion = \"0.7.3\"\n").unwrap();
    let commit = |message: &str| {
        output(git(&folder).args(["add", "--all"])).unwrap();
        // Whatever the settings of the machine are.
        let options = ["-c", "user.name=t", "-c", "user.email=t@example", "-c", "commit.gpgsign=false"];
        let hooks = ["-c", "core.hooksPath=none", "commit", "--quiet", "--message", message];
        output(git(&folder).args(options).args(hooks)).unwrap();
    };
    output(git(&folder).args(["init", "--quiet"])).unwrap();
    commit("old");
    let told = |old: &str, new: Option<&str>| {
        let file = folder.join("diff.md");
        let args = Args {
            old: old.to_owned(),
            new: new.map(str::to_owned),
            output: Some(file.clone()),
            at_most: usize::MAX,
        };
        run_in(&folder, &args).map(|()| fs::read_to_string(file).unwrap())
    };
    assert!(told("HEAD", None).unwrap().contains("Nothing"), "{:?}", told("HEAD", None));

    // A document without what the generator makes of it is no state to compare.
    let before = fs::read_to_string(folder.join(&yaml)).unwrap();
    let after = before.replacen("enum: [importer, exporter", "enum: [importer, carrier, exporter", 1);
    assert_ne!(before, after, "the mutation changes nothing");
    fs::write(folder.join(&yaml), &after).unwrap();
    assert_eq!(
        told("HEAD", None).unwrap_err().to_string(),
        format!("{} is not what {yaml} makes: `cargo xtask regenerate` first", snapshot(&TRADEWIND))
    );
    let made = TRADEWIND.generate_from(&document::parse(&after).unwrap()).unwrap_or_else(|e| panic!("{e}"));
    let text = fs::read_to_string(folder.join(snapshot(&TRADEWIND))).unwrap();
    let head = text.strip_suffix(surface::of_snapshot(&text)).unwrap();
    fs::write(folder.join(snapshot(&TRADEWIND)), format!("{head}{}", crate::surface::surface(&made.text)))
        .unwrap();
    let now = told("HEAD", None).unwrap();
    commit("new");
    insta::assert_snapshot!("revisions", now);
    assert_eq!(told("HEAD~1", Some("HEAD")).unwrap(), now);
    assert!(told("HEAD", Some("HEAD")).unwrap().contains("Nothing"));
    // The way back, and a revision against the file of a document.
    assert!(told("HEAD", Some("HEAD~1")).unwrap().contains("breaking"));
    let file = folder.join(&yaml).display().to_string();
    assert!(told("HEAD~1", Some(&file)).unwrap().contains("carrier"));
    // A revision without the document.
    fs::remove_file(folder.join(&yaml)).unwrap();
    commit("gone");
    assert!(told("HEAD~1", Some("HEAD")).unwrap().contains("the document is gone"));
    _ = fs::remove_dir_all(&folder);
}

/// A component that goes by another name is no change on the wire.
#[test]
fn a_renamed_component_is_the_same_on_the_wire() {
    let text = fs::read_to_string(root().join("spec/tradewind.yaml")).unwrap();
    let old = document::parse(&text).unwrap();
    let new = document::parse(
        &text
            .replace("WorldRegionsUpstream", "Upstream")
            .replace("schemas/WorldRegion'", "schemas/Region'")
            .replace("    WorldRegion:", "    Region:"),
    )
    .unwrap();
    let changes = wire::changes(&old, &new);
    let heavy: Vec<_> = changes.iter().filter(|change| change.rating != Rating::Documentation).collect();
    assert!(!changes.is_empty() && heavy.is_empty(), "{heavy:#?}");
}

#[test]
fn surfaces_of_rust() {
    let old = "types::A: struct  #[derive(Clone)]\ntypes::A.x: u8\ntypes::B: enum  #[non_exhaustive] #[derive(Clone)]\ntypes::B::One: variant\ntypes::C: impl From<String>\nuse a";
    let new = "types::A: struct  #[derive(Clone,Debug)]\ntypes::A.x: u8\ntypes::A.y: u8\ntypes::B: enum  #[non_exhaustive] #[derive(Clone)]\ntypes::B::One: variant\ntypes::B::Two: variant\ntypes::D: struct \nuse a";
    let told: Vec<_> = surface::changes(old, new)
        .iter()
        .map(|change| format!("{}: {} {}", change.rating.name(), change.place, change.text))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    breaking: types::A.y is new: `u8`
    breaking: types::C: impl From<String> is gone
    additive: types::A `struct  #[derive(Clone)]` became `struct  #[derive(Clone,Debug)]`
    additive: types::B::Two is new: `variant`
    additive: types::D is new: `struct `
    ");
}

/// How serde reads is no matter of who builds on a type, but for what it accepts no more.
#[test]
fn ways_of_reading_are_weighed_by_what_they_accept() {
    let heaviest = |old: &str, new: &str| {
        let changes = surface::changes(old, new);
        changes.first().map(|change| change.rating)
    };
    let row = "types::Row: struct  #[derive(Clone)]";
    let field = "types::Row.x: A #[serde(rename = \"x\", skip_serializing_if = \"n\")]";
    let aliased = format!("{row}\n{field} #[serde(alias = \"y\")]");
    let plain = format!("{row}\n{field}");
    let by_another = format!(
        "{row} #[serde(from = \"RowAsSent\")]\n{field}\ntypes::Row: impl ::std::convert::From<RowAsSent>"
    );
    assert_eq!(heaviest(&aliased, &by_another), Some(Rating::Documentation));
    assert_eq!(heaviest(&aliased, &plain), Some(Rating::Breaking));
    assert_eq!(heaviest(&plain, &aliased), Some(Rating::Additive));
    assert_eq!(heaviest(&by_another, &plain), Some(Rating::Breaking));
    assert_eq!(
        heaviest(&aliased, &aliased.replace("rename = \"x\"", "rename = \"z\"")),
        Some(Rating::Breaking)
    );
    let function =
        |name: &str| format!("types::Row.x: A #[serde(default, deserialize_with = \"{name}\", flatten)]");
    assert_eq!(heaviest(&function("a"), &function("b")), Some(Rating::Documentation));
    // What is public counts.
    let public = format!("{plain}\ntypes::Other: struct \ntypes::Row: impl ::std::convert::From<Other>");
    assert_eq!(
        heaviest(&public, &public.replace("\ntypes::Row: impl ::std::convert::From<Other>", "")),
        Some(Rating::Breaking)
    );
}

#[test]
fn versions_follow() {
    for (version, rating, expected) in [
        ("0.1.0", Rating::Breaking, "0.2.0"),
        ("0.1.0", Rating::Additive, "0.1.1"),
        ("0.1.0", Rating::Documentation, "0.1.1"),
        ("1.2.3", Rating::Breaking, "2.0.0"),
        ("1.2.3", Rating::Additive, "1.3.0"),
        ("1.2.3", Rating::Documentation, "1.2.4"),
    ] {
        assert_eq!(markdown::next(version, rating).unwrap(), expected);
    }
    assert!(markdown::next("1.x", Rating::Breaking).is_err());
}

/// The committed snapshots are what the comparison reads.
#[test]
fn snapshots_have_a_head_and_a_body() {
    for service in [HK_TRADE, TRADEWIND] {
        let snapshot = fs::read_to_string(
            root().join(format!("tests/snapshots/generated__{}.surface.snap", service.file)),
        )
        .unwrap();
        let body = surface::of_snapshot(&snapshot);
        assert!(!body.contains("expression:") && body.contains("types::"), "{}", service.file);
        assert_eq!(surface::changes(body, body), []);
    }
    assert_eq!(version("[workspace.package]\nversion = \"0.1.0\"\n").as_deref(), Some("0.1.0"));
}
