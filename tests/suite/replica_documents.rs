//! The local server goes by the documents: what they say of an operation is all that it takes for it to be served.

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tradebind::documents::{Document, SERVICES, document};
use tradebind::exchange::{Exchange, ServiceName, documented};
use tradebind::replica::{Door, Fault, Replica, ReplicaBuilder, Rule};

const KEY: &str = "tw_test_documents";

/// The document of a service with more in it.
fn changed(service: ServiceName, change: impl FnOnce(&mut Value)) -> Document {
    let mut root = document(service).root().clone();
    change(&mut root);
    Document::new(service, root).unwrap()
}

/// What a new page of the vendor might add.
fn more() -> Document {
    changed(ServiceName::Tradewind, |root| {
        root["paths"]["/api/customs/ports/{port}/ships"] = json!({
            "parameters": [{ "$ref": "#/components/parameters/port" }],
            "get": {
                "operationId": "ships",
                "parameters": [
                    { "name": "per_page", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 100 } },
                    { "name": "flags", "in": "query", "style": "form", "explode": false, "required": true,
                      "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Flag" }, "maxItems": 2 } },
                    { "name": "kind", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } },
                    { "name": "since", "in": "query", "schema": { "type": "string", "format": "date" } },
                    { "name": "x-trace", "in": "header", "schema": { "type": "boolean" } },
                    { "name": "session", "in": "cookie", "schema": { "type": "string", "minLength": 3 } },
                ],
                "responses": { "200": {
                    "description": "Ships.",
                    "headers": { "x-left": { "schema": { "type": "integer", "minimum": 7, "maximum": 7 } } },
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Ships" } } },
                } },
            },
        });
        root["paths"]["/api/ports"] = json!({
            "get": { "operationId": "ports", "security": [], "responses": { "2XX": { "description": "Ports.",
                "content": { "application/json": { "example": { "ports": ["CNSHA"] }, "schema": { "type": "object" } } } } } },
            "delete": { "operationId": "drop_ports", "x-credits": "2.5", "responses": { "204": { "description": "Gone." } } },
        });
        root["components"]["parameters"] = json!({ "port": {
            "name": "port", "in": "path", "required": true, "schema": { "type": "string", "pattern": "^[A-Z]{5}$" } } });
        let schemas = root["components"]["schemas"].as_object_mut().unwrap();
        schemas.insert("Flag".to_owned(), json!({ "type": "string", "enum": ["LR", "PA", "HK"] }));
        schemas.insert(
            "Ships".to_owned(),
            json!({
                "type": "object",
                "required": ["success", "data"],
                "additionalProperties": false,
                "properties": {
                    "success": { "type": "boolean" },
                    "data": { "type": "object", "properties": {
                        "code": { "type": "integer" },
                        "ships": { "type": "array", "items": { "$ref": "#/components/schemas/Ship" } } } },
                    "meta": { "$ref": "#/components/schemas/Meta" },
                },
            }),
        );
        schemas.insert(
            "Ship".to_owned(),
            json!({
                "type": "object",
                "required": ["imo"],
                "properties": {
                    "imo": { "type": "string", "pattern": "^IMO [0-9]{7}$" },
                    "flag": { "$ref": "#/components/schemas/Flag" },
                    "built": { "type": "string", "format": "date" },
                    "teu": { "type": "integer", "nullable": true, "minimum": 1 },
                    "mail": { "type": "string", "format": "email" },
                },
            }),
        );
    })
}

fn ask(replica: &Replica, method: Method, target: &str) -> RequestBuilder {
    Client::new().request(method, replica.tradewind_url() + target).bearer_auth(KEY)
}

async fn json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// Whether a value is what the schema of a component asks for.
fn assert_fits(document: &Document, component: &str, value: &Value) {
    let schema = document.schema(component).unwrap();
    let options = jsonschema::draft202012::options().should_validate_formats(true);
    let problems: Vec<_> =
        options.build(&schema).unwrap().iter_errors(value).map(|e| e.to_string()).collect();
    assert!(problems.is_empty(), "{component} {value}: {problems:?}");
}

#[tokio::test]
async fn an_operation_added_to_a_document_is_served() {
    let document = more();
    let start = async |seed| Replica::builder().document(more()).seed(seed).start().await.unwrap();
    let replica = start(1).await;
    let ships = "/api/customs/ports/CNSHA/ships?flags=PA,HK";
    let answer = ask(&replica, Method::GET, ships).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        (&answer.headers()["x-left"], &answer.headers()["content-type"]),
        (&"7".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(answer.headers()["x-tradebind-assumed"], "data, price");
    let made = json(answer).await;
    assert_fits(&document, "Ships", &made);
    assert_eq!(
        (&made["success"], &made["data"]["code"]),
        (&json!(true), &json!(1)),
        "a success of the upstream"
    );
    assert_eq!(made["meta"]["billing"]["credits_charged"], 0.14);
    let ship = &made["data"]["ships"][0];
    assert_eq!(ship.as_object().unwrap().len(), 5, "every declared field: {ship}");

    // The same seed makes the same.
    assert_eq!(
        json(ask(&start(1).await, Method::GET, ships).send().await.unwrap()).await["data"],
        made["data"]
    );
    assert_ne!(
        json(ask(&start(2).await, Method::GET, ships).send().await.unwrap()).await["data"],
        made["data"]
    );

    // An example is answered as it is; what the document says of key and price counts.
    let example = Client::new().get(replica.tradewind_url() + "/api/ports").send().await.unwrap();
    assert_eq!(example.headers()["x-tradebind-assumed"], "status");
    assert_eq!(json(example).await, json!({ "ports": ["CNSHA"] }));
    let gone = ask(&replica, Method::DELETE, "/api/ports").send().await.unwrap();
    assert_eq!((gone.status().as_u16(), gone.headers().get("x-tradebind-assumed")), (204, None));
    assert_eq!(replica.tradewind_account(KEY).unwrap().charged, "2.64".parse().unwrap());
    assert_eq!(
        Client::new().delete(replica.tradewind_url() + "/api/ports").send().await.unwrap().status(),
        401
    );

    // Faults know it as well.
    replica.faults([Rule::on(Door::Tradewind).path("/api/ports").with(Fault::Html(429))]);
    assert_eq!(ask(&replica, Method::GET, "/api/ports").send().await.unwrap().status(), 429);
    assert_eq!(ask(&replica, Method::GET, ships).send().await.unwrap().status(), 200);
}

/// However little of the usual envelope an operation's schema has, its answers fit it.
#[tokio::test]
async fn an_added_operations_answers_fit_its_schema() {
    let bill = json!({ "type": "object", "properties": { "credits_charged": { "type": "number" } } });
    let schemas = [
        (
            "Listed",
            json!({ "type": "object", "additionalProperties": false, "required": ["success", "data", "meta"],
                "properties": {
                    "success": { "type": "boolean" },
                    "request_id": { "type": "integer" },
                    "data": { "type": "array", "items": { "type": "string" } },
                    "meta": { "type": "object", "additionalProperties": false, "required": ["billing", "page"],
                        "properties": { "billing": bill, "page": { "type": "integer", "minimum": 1 } } },
                    "error": { "type": "object", "properties": { "code": { "type": "string" } } },
                } }),
        ),
        (
            "Noted",
            json!({ "type": "object", "required": ["success", "data"], "properties": {
                "success": { "type": "boolean" },
                "data": { "type": "object", "required": ["note"], "properties": { "note": { "type": "integer" } } },
            } }),
        ),
        (
            "Counted",
            json!({ "type": "object", "required": ["success", "data"], "properties": {
                "success": { "type": "boolean" }, "data": { "type": "integer" } } }),
        ),
        (
            "Bare",
            json!({ "type": "object", "required": ["success"], "properties": {
                "success": { "type": "boolean" }, "count": { "type": "integer" } } }),
        ),
    ];
    let document = changed(ServiceName::Tradewind, |root| {
        for (name, schema) in &schemas {
            root["components"]["schemas"][*name] = schema.clone();
            root["paths"][format!("/api/customs/{name}")]["get"] = json!({ "operationId": name,
                "responses": { "200": { "description": "x", "content": { "application/json": {
                    "schema": { "$ref": format!("#/components/schemas/{name}") } } } } } });
        }
    });
    for seed in 0..4 {
        let again = Document::new(ServiceName::Tradewind, document.root().clone()).unwrap();
        let replica = Replica::builder().seed(seed).document(again).start().await.unwrap();
        for (name, _) in &schemas {
            let made =
                json(ask(&replica, Method::GET, &format!("/api/customs/{name}")).send().await.unwrap()).await;
            assert_fits(&document, name, &made);
            assert_eq!((&made["success"], made.get("error")), (&json!(true), None), "{name} {made}");
            if *name == "Listed" {
                assert_eq!(made["meta"]["billing"]["credits_charged"], 0.14, "{made}");
            }
        }
    }
}

#[tokio::test]
async fn an_example_may_be_a_component() {
    let document = changed(ServiceName::Tradewind, |root| {
        root["components"]["examples"]["ports"] = json!({ "value": { "ports": ["CNSHA"] } });
        root["paths"]["/api/ports"]["get"] = json!({ "operationId": "ports", "responses": { "200": {
            "description": "Ports.", "content": { "application/json": {
                "schema": { "type": "object" },
                "examples": { "a": { "$ref": "#/components/examples/ports" } } } } } } });
        root["paths"]["/api/metrics"]["get"]["responses"]["2XX"]["content"]["text/plain"]["example"] =
            json!("up 1");
        root["paths"]["/api/berths"]["get"] = json!({ "operationId": "berths", "responses": { "200": {
            "description": "Berths.", "content": { "application/json": {
                "schema": { "type": "object" },
                "examples": { "a": { "externalValue": "https://example.org/a.json" } } } } } } });
        root["paths"]["/api/quays"]["get"] = json!({ "operationId": "quays", "responses": { "200": {
            "description": "Quays.", "content": { "application/json": {
                "schema": { "type": "object" },
                "examples": { "a": { "externalValue": "https://example.org/a.json" },
                    "b": { "value": { "quays": ["Q1"] } } } } } } } });
    });
    let replica = Replica::builder().document(document).start().await.unwrap();
    let answer = ask(&replica, Method::GET, "/api/ports").send().await.unwrap();
    assert_eq!(answer.headers().get("x-tradebind-assumed"), None);
    assert_eq!(json(answer).await, json!({ "ports": ["CNSHA"] }));
    // A file that is not at hand: what comes is made, and says so.
    let berths = ask(&replica, Method::GET, "/api/berths").send().await.unwrap();
    assert_eq!(berths.headers()["x-tradebind-assumed"], "data");
    // Another beside it that is.
    let quays = ask(&replica, Method::GET, "/api/quays").send().await.unwrap();
    assert_eq!(quays.headers().get("x-tradebind-assumed"), None);
    assert_eq!(json(quays).await, json!({ "quays": ["Q1"] }));
    // One of the metrics, too.
    let metrics = ask(&replica, Method::GET, "/api/metrics").send().await.unwrap();
    assert_eq!(metrics.headers()["x-tradebind-assumed"], "status");
    assert_eq!(metrics.text().await.unwrap(), "up 1");
}

#[tokio::test]
async fn a_parameter_may_be_a_part_of_a_name() {
    let document = changed(ServiceName::Tradewind, |root| {
        for (path, id) in [("/api/files/{id}", "file"), ("/api/files/{id}.json", "json")] {
            root["paths"][path]["get"] = json!({ "operationId": id, "security": [],
                "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "maxLength": 4 } }],
                "responses": { "200": { "description": "x", "content": { "text/plain": { "example": id } } } } });
        }
    });
    let replica = Replica::builder().document(document).start().await.unwrap();
    let asked = async |path: &str| {
        let answer = ask(&replica, Method::GET, path).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(asked("/api/files/7.json").await, (200, "json".to_owned()));
    assert_eq!(asked("/api/files/7").await, (200, "file".to_owned()));
    assert_eq!(asked("/api/files/12345.json").await.0, 400, "the value is checked");
    let (status, told) = asked("/api/files/7.json/x").await;
    assert!(status == 404 && told.contains("is too much at its end"), "{told}");
}

/// What an example says it cost is charged; a price that was set is charged and shown.
#[tokio::test]
async fn an_example_costs_what_it_shows() {
    let document = || {
        changed(ServiceName::Tradewind, |root| {
            root["paths"]["/api/ports"] = json!({ "get": { "operationId": "ports", "responses": { "200": {
                "description": "Ports.", "content": { "application/json": {
                    "schema": { "type": "object" },
                    "example": { "success": true, "data": ["CNSHA"], "meta": { "billing": { "credits_charged": 0.5 } } },
                } } } } } });
        })
    };
    let asked = async |builder: ReplicaBuilder| {
        let replica = builder.document(document()).start().await.unwrap();
        let answer = ask(&replica, Method::GET, "/api/ports").send().await.unwrap();
        let assumed = answer.headers().get("x-tradebind-assumed").cloned();
        let shown = json(answer).await["meta"]["billing"]["credits_charged"].clone();
        (shown, replica.tradewind_account(KEY).unwrap().charged.to_string(), assumed)
    };
    assert_eq!(asked(Replica::builder()).await, (json!(0.5), "0.5".to_owned(), None));
    let set = Replica::builder().tradewind_price("ports", "2".parse().unwrap());
    assert_eq!(asked(set).await, (json!(2), "2".to_owned(), Some("price".parse().unwrap())));
    let wrong = Replica::builder().tradewind_price("world-regions", "2".parse().unwrap()).start().await;
    let told = wrong.unwrap_err().to_string();
    assert!(told.contains("\"world-regions\"") && told.contains("did you mean \"world_regions\"?"), "{told}");
}

#[tokio::test]
async fn its_requests_are_checked() {
    let replica = Replica::builder().document(more()).start().await.unwrap();
    let told = async |request: RequestBuilder| {
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let message =
            json(answer).await["error"]["message"].as_str().unwrap_or_default().replace("; ", "\n  ");
        format!("{status}\n  {message}\n")
    };
    let get = |target: &str| ask(&replica, Method::GET, target);
    let fine = "/api/customs/ports/CNSHA/ships?flags=PA";
    assert!(
        told(get(fine).header("x-trace", "true").header("cookie", "a=1; session=abc"))
            .await
            .starts_with("200")
    );
    assert!(
        told(get("/api/customs/ports/%43NSHA/ships?kind=a&kind=b&flags=HK%2CLR&per_page=100"))
            .await
            .starts_with("200")
    );
    let mut all = String::new();
    for target in [
        "/api/customs/ports/CNSHA/ships",
        "/api/customs/ports/shanghai/ships?flags=PA",
        "/api/customs/ports/CNSHA/ships?flags=PA,PX&per_page=0&perpage=5",
        "/api/customs/ports/CNSHA/ships?flags=PA,HK,LR&per_page=ten",
        "/api/customs/ports/CNSHA/ships?flags=PA&flags=HK",
        "/api/customs/ports/CNSHA/ships?flags=PA&since=2023-02-29",
        "/api/customs/ports//ships?flags=PA",
        "/api/customs/ports/CNSHA/ship?flags=PA",
        "/api/customs/ports/CNSHA",
    ] {
        all += &format!("GET {target}\n{}", told(get(target)).await);
    }
    all += &format!(
        "header, cookie\n{}",
        told(get(fine).header("x-trace", "1").header("cookie", "session=a")).await
    );
    all += &format!("POST\n{}", told(ask(&replica, Method::POST, fine)).await);
    insta::assert_snapshot!(all);
}

#[tokio::test]
async fn hong_kong_too() {
    let more = changed(ServiceName::HkTrade, |root| {
        root["paths"]["/api/latest"]["get"] = json!({
            "operationId": "latest",
            "parameters": [{ "name": "freq", "in": "query", "required": true,
                "schema": { "$ref": "#/components/schemas/Frequency" } }],
            "responses": { "200": { "description": "Newest period.", "content": { "application/json": {
                "schema": { "type": "object", "properties": { "period": { "$ref": "#/components/schemas/Period" } } } } } } },
        });
    });
    let again = Document::new(ServiceName::HkTrade, more.root().clone()).unwrap();
    let replica = Replica::builder().document(more).start().await.unwrap();
    let get = async |target: &str| reqwest::get(replica.hk_url() + target).await.unwrap();
    // Rules and scripts reach it.
    replica.faults([Rule::on(Door::HkAnswer).path("/api/latest").with(Fault::Html(503)).times(1)]);
    assert_eq!(get("/api/latest?freq=M").await.status(), 503);
    let answer = get("/api/latest?freq=M").await;
    assert_eq!(answer.headers()["x-tradebind-assumed"], "data");
    assert_eq!(json(answer).await, json!({ "period": "201805" }), "the example of the component");
    let mut all = String::new();
    for target in
        ["/api/latest", "/api/latest?freq=Q&frq=M", "/api/lates", "/api/0123456789abcdef0123456789abcdef/got"]
    {
        let answer = get(target).await;
        assert_eq!(answer.headers()["x-tradebind-assumed"], "status, text");
        all += &format!("GET {target}\n{}\n{}", answer.status(), answer.text().await.unwrap());
    }
    insta::assert_snapshot!(all);
    let posted = Client::new().post(replica.hk_url() + "/api/latest").send().await.unwrap();
    assert_eq!((posted.status().as_u16(), &posted.headers()["allow"]), (405, &"GET".parse().unwrap()));
    // The query itself is as always.
    let documented = get("/api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN").await;
    assert!(documented.text().await.unwrap().contains("Access denied"), "no cookie was kept");

    // What is recorded of it is played; with nothing but recordings, nothing else is answered.
    let recorded: Exchange =
        json!({ "format": "tradebind-exchange/1", "service": "hk-trade", "operation": "latest",
        "case": "recorded", "about": "x", "source": { "title": "x" }, "evidence": "observed",
        "request": { "method": "GET", "target": "/api/latest?freq=M" },
        "response": { "status": 200, "body": { "text": "recorded" } } })
        .to_string()
        .parse()
        .unwrap();
    let playing = Replica::builder().document(again).playing([recorded]).start().await.unwrap();
    let get = async |target: &str| reqwest::get(playing.hk_url() + target).await.unwrap();
    assert_eq!(get("/api/latest?freq=M").await.text().await.unwrap(), "recorded");
    let other = get("/api/latest?freq=A").await;
    assert_eq!(other.status(), 404);
    assert!(
        other.text().await.unwrap().contains("recorded is hk-trade latest.recorded: GET /api/latest?freq=M")
    );
}

/// The guide's rules are not all: what the document refuses does not pass, whether it is recorded or not.
#[tokio::test]
async fn the_query_of_hong_kong_is_held_to_its_document() {
    let less = changed(ServiceName::HkTrade, |root| {
        root["components"]["parameters"]["ttype"]["schema"] = json!({ "type": "string", "enum": ["1"] });
    });
    let replica = Replica::builder().document(less).start().await.unwrap();
    let client = Client::builder().cookie_store(true).build().unwrap();
    let ask = async |query: &str| {
        let answer = client.get(format!("{}/api/get?{query}", replica.hk_url())).send().await.unwrap();
        json(answer).await["header"]["status"].clone()
    };
    for query in [
        "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
        "LANG=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
        "lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=4",
    ] {
        let status = ask(query).await;
        assert_eq!(status["code"], 1, "{query}");
        let told = status["message"][0].as_str().unwrap();
        assert!(told.contains("parameter \"ttype\"") && told.contains("is none of 1"), "{told}");
    }
    assert_eq!(ask("lang=EN&sv=VCm&freq=M&period=202401,202401&ttype=1").await["code"], 0);
}

/// Every operation of both documents answers what its document says, under its status.
#[tokio::test]
async fn every_answer_fits_its_document() {
    // What a request must hold, its documented example has.
    let documented = documented().unwrap();
    let example = |id: &str| {
        let own = documented.iter().find(|(_, exchange)| exchange.operation == id);
        own.and_then(|(_, exchange)| exchange.request.body.as_ref()?.json().cloned())
    };
    for seed in 0..3 {
        let replica = Replica::builder().seed(seed).start().await.unwrap();
        let client = Client::builder().cookie_store(true).build().unwrap();
        for service in SERVICES {
            let document = document(service);
            for operation in document.operations() {
                let base = match service {
                    ServiceName::HkTrade => replica.hk_url(),
                    ServiceName::Tradewind => replica.tradewind_url(),
                };
                let query = "lang=EN&sv=VCm,QCm&freq=M&period=202401,202403&ttype=1&codeclass=HKHS6&code=100630&co=ALL&coclass=C";
                let query = if service == ServiceName::HkTrade { query } else { "" };
                let address = format!("{base}{}?{query}", operation.path().replace("{taskId}", "t1"));
                let method = operation.method().to_ascii_uppercase().parse().unwrap();
                let mut request = client.request(method, address.trim_end_matches('?')).bearer_auth(KEY);
                if operation.request_schema().is_some() {
                    let body = if operation.id() == "world_regions" {
                        json!({ "type": "buyer" })
                    } else {
                        example(operation.id()).unwrap_or_else(|| json!({}))
                    };
                    request = request.header("content-type", "application/json").body(body.to_string());
                }
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                let (kind, schema) = operation.response_schema(status).unwrap();
                assert!((200..300).contains(&status), "{}: {status}", operation.id());
                assert_eq!(answer.headers()["content-type"], kind, "{}", operation.id());
                if kind == "application/json" {
                    let component = schema.pointer.rsplit('/').next().unwrap();
                    assert_fits(document, component, &json(answer).await);
                }
            }
        }
    }
}

#[tokio::test]
async fn what_cannot_be_served_is_told_at_the_start() {
    let start = async |change: &dyn Fn(&mut Value)| {
        let mut root = document(ServiceName::Tradewind).root().clone();
        change(&mut root);
        match Document::new(ServiceName::Tradewind, root) {
            Err(invalid) => invalid.to_string(),
            Ok(document) => Replica::builder().document(document).start().await.unwrap_err().to_string(),
        }
    };
    let health = "/api/health";
    let answer = |schema: Value| {
        move |root: &mut Value| {
            root["paths"][health]["get"]["responses"] = json!({ "200": { "description": "x",
                "content": { "application/json": { "schema": schema.clone() } } } });
        }
    };
    let told = [
        start(&|root| *root = json!([])).await,
        start(&|root| root["openapi"] = json!("3.1.0")).await,
        start(&answer(json!({ "$ref": "#/components/schemas/Nobody" }))).await,
        start(&answer(json!({ "type": "sting" }))).await,
        start(&answer(json!({ "type": "integer", "minimum": 2, "maximum": 1 }))).await,
        start(&answer(json!({ "type": "string", "pattern": "(" }))).await,
        start(&|root| {
            root["paths"][health]["get"]["responses"] = json!({ "200": { "description": "x", "content": {
                "application/json": { "schema": { "type": "object", "required": ["b"] }, "example": { "a": 1 } } } } });
        })
        .await,
        start(&|root| {
            root["paths"]["/api/{from}-{to}"] = root["paths"][health].clone();
        })
        .await,
        start(&|root| root["paths"][health]["get"]["responses"] = json!({ "404": { "description": "x" } }))
            .await,
        start(&|root| root["paths"][health]["get"]["x-credits"] = json!("much")).await,
        start(&|root| root["paths"][health]["get"]["parameters"] = json!([{ "name": "a", "in": "body" }]))
            .await,
    ];
    insta::assert_snapshot!(told.join("\n"));
}
