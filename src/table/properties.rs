//! Bodies of any kind: columns say what the generated types say.

use proptest::prelude::*;
use proptest::sample::select;

use super::Table;
use super::decode::columns;
use crate::ErrorKind;
use crate::hk::api::types::TradeResponse;
use crate::hk::{Outcome, Row, Unknown};

/// A row as keys and JSON texts, in an order of its own.
type Fields = Vec<(String, String)>;

/// What a row does to the one before.
#[derive(Debug, Clone)]
enum Change {
    Same,
    Set(usize, String),
    Drop(usize),
    Add(String, String),
    Swap(usize, usize),
    Twice(usize),
    Rename(usize, String),
}

fn value() -> impl Strategy<Value = String> {
    let texts = select(vec![
        "\"\"",
        "\"CN\"",
        "\"US\"",
        "\"USA\"",
        "\"U\"",
        "\"0106\"",
        "\"201805\"",
        "\"201813\"",
        "\"VCm\"",
        "\"M\"",
        "\"中國內地\"",
        "\"\\u4e2d\\u570b\"",
        "\"a\\\"b\"",
        "\"a\"",
        "\"\\/x\"",
        "\"HK$ '000\"",
        "\"..\"",
        "\"1,234\"",
        "\"007\"",
        "\"12.50\"",
        "\"194542691\"",
        "\"-0\"",
        "\"-12\"",
        "\"123456789012345678901\"",
        "4",
        "9",
        "40",
        "1.5",
        "-0",
        "-0.0",
        "1e5",
        "12345678901234567890123",
        "1.23456789012345678",
        "null",
        "true",
        "{}",
        "{\"a\": [1, {}]}",
        "[ ]",
        "\"\\ud83d\\ude00\"",
    ]);
    let odd = select(vec![
        "\"\\ud800\"",
        "\"\\x\"",
        "nul",
        "01",
        "1.",
        "\"\u{1}\"",
        "",
        "{",
        "[1,]",
        "+1",
        "1e999",
    ]);
    prop_oneof![20 => texts.prop_map(str::to_owned), 1 => odd.prop_map(str::to_owned), 8 => (0u32..2_000_000).prop_map(|n| format!("\"{n}\""))]
}

fn key() -> impl Strategy<Value = String> {
    let keys = select(vec![
        "co",
        "coDescEN",
        "coDescTC",
        "cc",
        "ccDescSC",
        "ccDsecSC",
        "ccRegionDescEN",
        "ccRegionDsecEN",
        "tmDescEN",
        "code",
        "codeclass",
        "codeDescEN",
        "unitEN",
        "unitTC",
        "figure",
        "cellfootnoteEN",
        "newField",
        "new\\u0046ield",
        "f\\u0072eq",
        "",
        "国",
        "dataSet",
        "extra",
    ]);
    keys.prop_map(str::to_owned)
}

fn change() -> impl Strategy<Value = Change> {
    let at = 0usize..14;
    prop_oneof![
        8 => Just(Change::Same),
        20 => (at.clone(), value()).prop_map(|(at, value)| Change::Set(at, value)),
        2 => at.clone().prop_map(Change::Drop),
        3 => (key(), value()).prop_map(|(key, value)| Change::Add(key, value)),
        2 => (at.clone(), at.clone()).prop_map(|(from, to)| Change::Swap(from, to)),
        1 => at.clone().prop_map(Change::Twice),
        1 => (at, key()).prop_map(|(at, key)| Change::Rename(at, key)),
    ]
}

fn changed(row: &mut Fields, change: &Change) {
    let length = row.len().max(1);
    match change {
        Change::Same => {}
        Change::Set(at, value) => {
            if let Some(field) = row.get_mut(at % length) {
                field.1.clone_from(value);
            }
        }
        Change::Drop(at) if !row.is_empty() => drop(row.remove(at % length)),
        Change::Drop(_) => {}
        Change::Add(key, value) => row.push((key.clone(), value.clone())),
        Change::Swap(from, to) if !row.is_empty() => row.swap(from % length, to % length),
        Change::Swap(..) => {}
        Change::Twice(at) => row.extend(row.get(at % length).cloned()),
        Change::Rename(at, key) => {
            if let Some(field) = row.get_mut(at % length) {
                field.0.clone_from(key);
            }
        }
    }
}

fn first_row() -> Fields {
    let fields = [
        ("freq", "\"M\""),
        ("period", "\"201805\""),
        ("ttype", "4"),
        ("ttypeDescEN", "\"Total exports\""),
        ("cc", "\"AU\""),
        ("ccDescEN", "\"AUSTRALIA\""),
        ("sv", "\"VCm\""),
        ("unitEN", "\"HK$ '000\""),
        ("figure", "\"12\""),
    ];
    fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
}

/// A body: rows in one of a few styles, with the head before or behind.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let styles = select(vec![("", ""), (" ", ""), ("\n    ", " "), ("\t", "\r\n")]);
    let rows =
        prop::collection::vec((prop::collection::vec(change(), 0..3), prop::bool::weighted(0.2)), 0..40);
    let count = prop_oneof![8 => Just(0i64), 1 => Just(1)];
    (rows, styles.clone(), styles, any::<bool>(), count, mutation()).prop_map(
        |(rows, usual, other, rows_first, off, mutation)| {
            let mut row = first_row();
            let mut texts = Vec::new();
            for (changes, in_other_style) in &rows {
                let before = row.clone();
                changes.iter().for_each(|change| changed(&mut row, change));
                let (outer, inner) = if *in_other_style { other } else { usual };
                let fields: Vec<_> =
                    row.iter().map(|(key, value)| format!("{outer}\"{key}\"{inner}:{inner}{value}{inner}")).collect();
                texts.push(format!("{{{}{outer}}}{inner}", fields.join(",")));
                // Most rows go on from one that is well formed.
                let well = serde_json::from_str::<Row>(texts.last().unwrap()).is_ok();
                if !well {
                    row = before;
                    if texts.len() % 7 != 0 {
                        texts.pop();
                    }
                }
            }
            let count = i64::try_from(texts.len()).unwrap() + off;
            let head = format!(
                "\"header\":{{\"status\":{{\"code\":0}},\"count\":{{\"noOfRecords\":{count}}},\"title\":\"dataSet\"}}"
            );
            let rows = format!("\"dataSet\":{}[{}{}]", usual.1, usual.0, texts.join(&format!(",{}", usual.0)));
            let mut body =
                if rows_first { format!("{{{rows},{head}}}") } else { format!(" {{{head} ,{rows}}}\n") }.into_bytes();
            if let Some((at, remove, insert)) = mutation {
                let at = at % body.len();
                let to = (at + remove).min(body.len());
                body.splice(at..to, insert);
            }
            body
        },
    )
}

fn mutation() -> impl Strategy<Value = Option<(usize, usize, Vec<u8>)>> {
    let bytes = select(b"\"\\{}[],: 0az\x01\xff\xe4\n-.".to_vec());
    prop::option::weighted(0.3, (any::<usize>(), 0usize..3, prop::collection::vec(bytes, 0..3)))
}

fn typed(body: &[u8]) -> Option<TradeResponse> {
    serde_json::from_slice(body).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The same verdict as that of the generated types, and the same rows.
    #[test]
    fn columns_say_what_the_types_say(body in body()) {
        let expected = typed(&body);
        let read = columns(&body);
        let shown = String::from_utf8_lossy(&body);
        // A body whose rows are null or missing has none to read.
        let no_rows = expected.as_ref().is_some_and(|answer| answer.data_set.is_none());
        let readable = expected.is_some() && !no_rows;
        // Two spellings of one key are left to the types.
        let left = read.is_none() && shown.contains("Dsec");
        prop_assert!(left || read.is_some() == readable, "{}", shown);
        match (Table::decode(&body), expected) {
            (Err(error), None) => prop_assert_eq!(error.kind(), ErrorKind::Decode),
            (Ok(table), Some(answer)) => same(&table, &answer)?,
            (Err(error), Some(answer)) if error.kind() == ErrorKind::CountMismatch => {
                let told = answer.header.count.as_ref().unwrap().no_of_records.unwrap();
                let held = answer.data_set.as_ref().map_or(0, Vec::len);
                prop_assert_ne!(usize::try_from(told).ok(), Some(held));
                same(error.table().unwrap(), &answer)?;
            }
            (Err(error), Some(answer)) => {
                let no_data = error.kind() == ErrorKind::NoData && answer.data_set.is_none();
                let outcome = Outcome::of(&answer.header.status);
                prop_assert!(no_data || outcome != Outcome::Success, "{} {}", error, shown);
            }
            (Ok(_), None) => prop_assert!(false, "read what is wrong: {}", shown),
        }
    }
}

fn same(table: &Table, answer: &TradeResponse) -> Result<(), TestCaseError> {
    let rows: Vec<_> = (0..table.len()).map(|row| table.row(row).unwrap()).collect();
    let expected = answer.data_set.clone().unwrap_or_default();
    prop_assert_eq!(&rows, &expected);
    prop_assert_eq!(table.header(), &answer.header);
    let mut unknown = Unknown::of_head(&answer.header, &answer.extra);
    expected.iter().for_each(|row| unknown.count_row(row));
    prop_assert_eq!(table.unknown(), unknown);
    for (at, row) in expected.iter().enumerate() {
        prop_assert_eq!(table.number(at), row.number().ok().flatten());
        let cell = |column| table.cell(at, column).map(std::borrow::Cow::into_owned);
        prop_assert_eq!(cell(super::Column::Unit), row.unit().map(str::to_owned));
        prop_assert_eq!(cell(super::Column::Footnote), row.footnote().map(str::to_owned));
        prop_assert_eq!(cell(super::Column::Origin), row.origin().map(|area| area.code.to_owned()));
        let name = row.destination().and_then(|area| area.name);
        if name.is_some() {
            prop_assert_eq!(cell(super::Column::DestinationName), name.map(str::to_owned));
        }
    }
    Ok(())
}

/// serde_json reads 127 levels and no more.
#[test]
fn nesting_is_no_way_around() {
    let row = |value: &str| {
        format!(
            "{{\"dataSet\":[{{\"freq\":\"M\",\"period\":\"2018\",\"ttype\":1,\"sv\":\"VCm\",\"x\":{value}}}],\"header\":{{\"status\":{{\"code\":0}}}}}}"
        )
    };
    for (depth, well) in [(10, true), (100, true), (125, false), (126, false), (127, false)] {
        let body = row(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
        assert_eq!(typed(body.as_bytes()).is_some(), well, "{depth}");
        assert_eq!(Table::decode(body.as_bytes()).is_ok(), well, "{depth}");
    }
}

/// Where both spellings of a key come the document's counts, and the other stays.
#[test]
fn both_spellings_of_a_key_are_read() {
    let body = |fields: &str| {
        format!(
            "{{\"dataSet\":[{{\"freq\":\"M\",\"period\":\"2018\",\"ttype\":1,\"sv\":\"VCm\",{fields}}}],\"header\":{{\"status\":{{\"code\":0}}}}}}"
        )
    };
    for (fields, name, extra) in [
        (r#""ccDescEN":"a","ccDsecEN":"b""#, Some("a"), Some("\"b\"")),
        (r#""ccDsecEN":"b","ccDescEN":"a""#, Some("a"), Some("\"b\"")),
        (r#""ccDescEN":null,"ccDsecEN":"b""#, Some("b"), None),
        (r#""ccDsecEN":"b""#, Some("b"), None),
        (r#""ccDsecEN":null"#, None, None),
        (r#""ccDsecEN":7"#, None, Some("7")),
        (r#""ccDescEN":"a","ccDsecEN":{}"#, Some("a"), Some("{}")),
    ] {
        let body = body(fields);
        let answer = typed(body.as_bytes()).expect(fields);
        let row = &answer.data_set.as_ref().unwrap()[0];
        assert_eq!(row.cc_desc_en.as_deref(), name, "{fields}");
        assert_eq!(row.extra.get("ccDsecEN").map(ToString::to_string).as_deref(), extra, "{fields}");
        let table = Table::decode(body.as_bytes()).expect(fields);
        assert_eq!(table.row(0).as_ref(), Some(row), "{fields}");
        same(&table, &answer).unwrap();
    }
}
