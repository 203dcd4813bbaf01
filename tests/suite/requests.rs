//! TradeWind requests read from JSON: what would be billed for nothing is refused.

use tradebind::tradewind::api::types::{CompanySearchRequest, PeopleSearchRequest, WorldRegionsRequest};
use tradebind::tradewind::read_request;

#[test]
fn slips_are_told_with_what_was_meant() {
    let told = [
        read_request::<WorldRegionsRequest>(r#"{"type":"exporter","hs_code":"3907","tradecode":"","zzz":1}"#)
            .unwrap_err()
            .to_string(),
        read_request::<WorldRegionsRequest>(r#"{"product":"pet"}"#).unwrap_err().to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"shipper"}"#).unwrap_err().to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"exporter","start_time":"2024-02-30"}"#)
            .unwrap_err()
            .to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"exporter","hscode":3907}"#).unwrap_err().to_string(),
        read_request::<WorldRegionsRequest>("[]").unwrap_err().to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"#).unwrap_err().to_string(),
        read_request::<CompanySearchRequest>(
            r#"{"location":{"country_codes":["US"]},"waterfall":{"modes":"x"}}"#,
        )
        .unwrap_err()
        .to_string(),
        read_request::<CompanySearchRequest>(r#"{"location":["US"]}"#).unwrap_err().to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"exporters","hs_code":"3907"}"#)
            .unwrap_err()
            .to_string(),
        read_request::<WorldRegionsRequest>(r#"{"type":"exporter","product":"a","product":"b"}"#)
            .unwrap_err()
            .to_string(),
        read_request::<PeopleSearchRequest>(r#"{"job":{"departments":["sales","marketting"]}}"#)
            .unwrap_err()
            .to_string(),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    not a WorldRegionsRequest: unknown field "hs_code" at /hs_code; did you mean "hscode"?; unknown field "tradecode" at /tradecode; did you mean "tradeCode"?; unknown field "zzz" at /zzz; the fields are buyer, departure_port, end_time, hscode, product, seller, start_time, tradeCode, type
    not a WorldRegionsRequest: missing field `type` at line 1 column 17
    not a WorldRegionsRequest: at /type: unknown variant `shipper`, expected one of `importer`, `exporter`, `buyer`, `seller` at line 1 column 17
    not a WorldRegionsRequest: at /start_time: date "2024-02-30": the day must be 01 to 29 in that month (TradeWind API documentation, world regions) at line 1 column 44
    not a WorldRegionsRequest: at /hscode: invalid type: integer `3907`, expected a string at line 1 column 32
    not a WorldRegionsRequest: the request must be a JSON object: a WorldRegionsRequest
    not a WorldRegionsRequest: is not JSON: EOF while parsing a value at line 1 column 8
    not a CompanySearchRequest: unknown field "country_codes" at /location/country_codes; did you mean "country_code"?; unknown field "modes" at /waterfall/modes; did you mean "mode"?
    not a CompanySearchRequest: /location must be a JSON object: a LocationFilter; at /location: invalid length 2, expected struct LocationFilter with 3 elements
    not a WorldRegionsRequest: unknown field "hs_code" at /hs_code; did you mean "hscode"?; at /type: unknown variant `exporters`, expected one of `importer`, `exporter`, `buyer`, `seller`
    not a WorldRegionsRequest: duplicate field `product` at line 1 column 42
    not a PeopleSearchRequest: at /job/departments/1: unknown variant `marketting`, expected one of `executive`, `it`, `product_engineering`, `finance`, `hr`, `legal`, `marketing`, `health`, `operations`, `sales`, `education`, `management`, `support`, `design`, `communication` at line 1 column 43
    "#);
}

#[test]
fn what_is_known_reads_and_goes_out_whole() {
    let request: WorldRegionsRequest = read_request(r#"{"type":"importer","product":"pet"}"#).unwrap();
    let sent = serde_json::to_value(&request).unwrap();
    assert_eq!(sent.as_object().unwrap().len(), 9, "all nine fields are sent: {sent}");
    assert_eq!((&sent["hscode"], &sent["start_time"]), (&"".into(), &"".into()));
    let people: PeopleSearchRequest =
        read_request(r#"{"page":1,"job":{"departments":["sales"]},"person":{"any":["thing"]}}"#).unwrap();
    assert_eq!(serde_json::to_value(&people).unwrap()["person"]["any"][0], "thing");
}
