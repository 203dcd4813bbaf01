//! The documents as the crate carries them.

use std::path::Path;

use crate::document;
use serde_json::json;
use tradebind::documents::{Placed, SERVICES, document};
use tradebind::exchange::{self, ServiceName};

#[test]
fn json_and_text_are_the_file() {
    for service in SERVICES {
        let document = document(service);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(document.path());
        assert_eq!(document.yaml(), std::fs::read_to_string(&file).unwrap());
        assert_eq!(document.root(), &document::read(&file).unwrap());
        assert!(document.operations().count() > 0);
    }
}

#[test]
fn requests_find_their_operation() {
    let tradewind = document(ServiceName::Tradewind);
    let (operation, values) = tradewind.route("get", "/api/email/verify/result/t%201").unwrap();
    assert_eq!(operation.path(), "/api/email/verify/result/{taskId}");
    assert_eq!(values, [("taskId".to_owned(), "t%201".to_owned())]);
    let (operation, values) = tradewind.route("POST", "/api/customs/analytics/world-regions").unwrap();
    assert_eq!((operation.id(), values.len()), ("world_regions", 0));
    assert!(tradewind.route("GET", "/api/customs/analytics/world-regions").is_none());
    assert!(tradewind.route("GET", "/api/email/verify/result/").is_none());
    assert!(tradewind.route("GET", "/api/health/").is_none());
}

#[test]
fn references_are_followed_to_where_they_point() {
    let hk = document(ServiceName::HkTrade);
    let operation = hk.operation("get_trade").unwrap();
    let names: Vec<_> = operation.parameters().map(|parameter| parameter.value["name"].clone()).collect();
    assert_eq!(names.len(), 12);
    assert_eq!(operation.parameters().next().unwrap().pointer, "/components/parameters/lang");
    let (kind, schema) = operation.response_schema(200).unwrap();
    assert_eq!((kind, schema.pointer.as_str()), ("application/json", "/components/schemas/TradeResponse"));
    assert_eq!(operation.response_schema(503).unwrap().0, "text/html");
    assert_eq!(operation.success_schema().unwrap().1, schema);
    let data_set = hk.at("/components/schemas/TradeResponse/properties/dataSet/items").unwrap();
    assert_eq!(hk.resolve(data_set).pointer, "/components/schemas/Row");
    let nowhere = json!({ "$ref": "#/nowhere" });
    let part = Placed { pointer: String::new(), value: &nowhere };
    assert_eq!(hk.resolve(part.clone()), part);
}

/// Each schema is one, and the documented answers and requests satisfy theirs.
#[test]
fn schemas_stand_alone() {
    for service in SERVICES {
        let document = document(service);
        for name in document.component_names() {
            let schema = document.schema(name).unwrap();
            jsonschema::draft202012::new(&schema).unwrap_or_else(|e| panic!("{service} {name}: {e}"));
        }
        assert!(document.schema("Nobody").is_none());
    }
    for (name, recorded) in exchange::documented().unwrap() {
        let operation = document(recorded.service).operation(&recorded.operation).unwrap();
        let bodies = [
            (recorded.request.body.as_ref(), operation.request_schema()),
            (recorded.response.as_ref().and_then(|r| r.body.as_ref()), operation.success_schema()),
        ];
        for (body, schema) in bodies {
            let (Some(body), Some((_, schema))) = (body.and_then(exchange::Body::json), schema) else {
                continue;
            };
            let component = schema.pointer.rsplit('/').next().unwrap();
            let schema = document(recorded.service).schema(component).unwrap();
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            let problems: Vec<_> = validator.iter_errors(body).map(|e| e.to_string()).collect();
            assert!(problems.is_empty(), "{name} {component}: {problems:?}");
        }
    }
}

#[test]
fn nullable_and_bounds_are_translated() {
    let hk = document(ServiceName::HkTrade);
    let row = hk.schema("Row").unwrap();
    assert_eq!(row["$defs"]["Row"]["properties"]["unitEN"]["type"], json!(["string", "null"]));
    let accepts = |component: &str, value| {
        jsonschema::draft202012::new(&hk.schema(component).unwrap()).unwrap().is_valid(&value)
    };
    assert!(accepts("TradeResponse", json!({ "header": { "status": { "code": 4 } }, "dataSet": null })));
    assert!(!accepts("TradeResponse", json!({ "header": { "status": { "code": 4 } }, "dataSet": 1 })));
    assert!(!accepts("AreaList", json!([])));
}
