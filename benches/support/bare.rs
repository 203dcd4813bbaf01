//! What the service sends, and no more, in owned structs: as one writes it without a library.
#![allow(dead_code, reason = "made to be filled")]

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Answer {
    pub header: Header,
    #[serde(rename = "dataSet")]
    pub data_set: Vec<Row>,
}

#[derive(Deserialize)]
pub struct Header {
    pub status: Status,
    pub count: Count,
    pub title: String,
    pub tablenote: Vec<String>,
}

#[derive(Deserialize)]
pub struct Status {
    pub code: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    pub no_of_records: usize,
}

#[derive(Deserialize)]
pub struct Row {
    pub freq: String,
    pub period: String,
    pub ttype: u8,
    #[serde(rename = "ttypeDescEN")]
    pub ttype_desc: String,
    pub co: String,
    #[serde(rename = "coDescEN")]
    pub co_desc: String,
    pub codeclass: String,
    pub code: String,
    #[serde(rename = "codeDescEN")]
    pub code_desc: String,
    pub sv: String,
    #[serde(rename = "svDescEN")]
    pub sv_desc: String,
    #[serde(rename = "unitEN")]
    pub unit: String,
    pub figure: String,
}
