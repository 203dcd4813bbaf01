//! Arrow and Parquet, read back by their own crates.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::support::bodies;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type};
use arrow_array::{Array, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use serde_json::{Value, json};
use tradebind::hk::Query;
use tradebind::table::{Column, Dataset, Folder, Provenance, Table, schema};

fn table(rows: &Value) -> Table {
    let header = json!({ "status": { "code": 0 }, "title": "a title" });
    Table::decode(json!({ "header": header, "dataSet": rows }).to_string().as_bytes()).unwrap()
}

fn odd() -> Table {
    table(&json!([
        { "freq": "M", "period": "201805", "ttype": 1, "cc": "CN", "ccDescTC": "中國內地", "code": "0106", "sv": "VCm",
          "unitEN": "HK$ '000", "figure": "1,234" },
        { "freq": "A", "period": "2018", "ttype": 6, "ccRegionDescEN": "ASIA", "sv": "QCq", "unitTC": "公斤",
          "figure": "-12.50", "new": { "a": 1 }, "n\"": 1.50 },
        { "freq": "Q", "period": "2018Q1", "ttype": 4, "sv": "QCm", "figure": "..", "cellfootnoteEN": "N.e.s." },
        { "freq": "M", "period": "201812", "ttype": 4, "sv": "VCm", "figure": "9999999999999999999999999999" },
        { "freq": "M", "period": "201812", "ttype": 4, "sv": "VCm", "figure": "0.00000000001" },
        { "freq": "M", "period": "201912", "ttype": 4, "sv": "VCm", "figure": null },
    ]))
}

/// A cell of a batch as text.
fn cell(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let column = batch.column_by_name(column)?;
    if column.is_null(row) {
        return None;
    }
    if let Some(figures) = column.as_primitive_opt::<Decimal128Type>() {
        return Some(figures.value_as_string(row));
    }
    let texts = column.as_dictionary::<Int32Type>();
    let key = usize::try_from(texts.keys().value(row)).unwrap();
    Some(texts.values().as_string::<i32>().value(key).to_owned())
}

#[test]
fn a_batch_holds_what_the_table_holds() {
    let table = odd();
    let batch = table.record_batch().unwrap();
    assert_eq!((batch.schema(), batch.num_rows()), (schema(), 6));
    for row in 0..table.len() {
        for column in Column::ALL.iter().filter(|column| **column != Column::Figure) {
            assert_eq!(
                cell(&batch, column.name(), row),
                table.cell(row, *column).map(|text| text.into_owned()),
                "{column} of {row}"
            );
        }
    }
    let figures: Vec<_> =
        (0..6).map(|row| (cell(&batch, "figure", row), cell(&batch, "figure_text", row))).collect();
    insta::assert_debug_snapshot!(figures);
    assert_eq!(cell(&batch, "extra", 1).unwrap(), r#"{"n\"":1.5,"new":{"a":1}}"#);
    assert_eq!(cell(&batch, "extra", 0), None);
}

#[test]
fn ipc_reads_back() {
    for table in [odd(), table(&json!([]))] {
        let mut out = Vec::new();
        table.write_arrow(&mut out).unwrap();
        let reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(out), None).unwrap();
        assert_eq!(reader.schema().metadata()["title"], "a title");
        let batches: Vec<_> = reader.map(|batch| batch.unwrap()).collect();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), table.len());
        if let Some(batch) = batches.first() {
            assert_eq!(batch.columns(), table.record_batch().unwrap().columns());
        }
    }
}

struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tradebind-{name}-{}", std::process::id()));
        _ = fs::remove_dir_all(&folder);
        Self(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn read(file: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file).unwrap()).unwrap();
    reader.build().unwrap().map(|batch| batch.unwrap()).collect()
}

#[test]
fn a_dataset_is_partitioned_and_tells_where_it_is_from() {
    let folder = Temporary::new("dataset");
    let query: Query = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    let table = odd();
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    dataset.write(&table, &Provenance::of_query(&query).retrieved("2018-11-16T09:47:30+08:00")).unwrap();
    // None is there before it is whole.
    assert!(files(&folder.0).iter().all(|file| file.extension().unwrap() == "unfinished"));
    let written = dataset.finish().unwrap();
    let paths: Vec<_> = files(&folder.0)
        .iter()
        .map(|file| file.strip_prefix(&folder.0).unwrap().display().to_string())
        .collect();
    insta::assert_debug_snapshot!(paths);
    assert_eq!(written.iter().map(|file| file.rows).sum::<usize>(), table.len());

    let file = folder.0.join("trade_type=imports/year=2018/part-00000.parquet");
    let batches = read(&file);
    assert_eq!(cell(&batches[0], "figure", 0).unwrap(), "1234.0000000000");
    assert_eq!(cell(&batches[0], "destination_name", 0).unwrap(), "中國內地");
    assert!(batches[0].column_by_name("trade_type").is_none());
    let reader = SerializedFileReader::new(File::open(&file).unwrap()).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap();
    let told: BTreeMap<_, _> = metadata
        .iter()
        .filter(|pair| pair.key.starts_with("tradebind."))
        .map(|pair| (pair.key.clone(), pair.value.clone().unwrap()))
        .collect();
    insta::assert_debug_snapshot!(told);
    let group = reader.metadata().row_group(0);
    for column in group.columns() {
        assert!(column.statistics().is_some(), "{} has no statistics", column.column_path());
        assert!(column.dictionary_page_offset().is_some(), "{} has no dictionary", column.column_path());
    }

    // A second run adds files and replaces none.
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    dataset.write(&table, &Provenance::default()).unwrap();
    let second = dataset.finish().unwrap();
    assert!(second.iter().all(|file| file.path.ends_with("part-00001.parquet")));
    assert_eq!(files(&folder.0).len(), 2 * written.len());
}

#[test]
fn what_is_given_up_leaves_nothing() {
    let folder = Temporary::new("given-up");
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    dataset.write(&odd(), &Provenance::default()).unwrap();
    drop(dataset);
    assert_eq!(files(&folder.0), Vec::<PathBuf>::new());
    let blocked = folder.0.join("a file");
    fs::write(&blocked, "").unwrap();
    let error = Dataset::new(Folder::new(&blocked)).write(&odd(), &Provenance::default()).unwrap_err();
    assert!(error.to_string().contains("a file"), "{error}");
}

#[test]
fn many_answers_add_up() {
    let folder = Temporary::new("many");
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    let (mut rows, mut sum) = (0, tradebind::domain::Decimal::ZERO);
    // More partitions than files may be open at once.
    for year in 1990..2020 {
        for month in ["01", "07"] {
            let period = format!("{year}{month}");
            let body = bodies::Body { rows: 200, period: &period, ..bodies::Body::default() };
            let table = Table::decode(body.text().as_bytes()).unwrap();
            rows += table.len();
            sum += (0..table.len()).filter_map(|row| table.number(row)).sum::<tradebind::domain::Decimal>();
            dataset.write(&table, &Provenance::default()).unwrap();
        }
    }
    let written = dataset.finish().unwrap();
    assert_eq!(written.iter().map(|file| file.rows).sum::<usize>(), rows);
    let mut found = 0i128;
    for file in files(&folder.0) {
        for batch in read(&file) {
            found += batch
                .column_by_name("figure")
                .unwrap()
                .as_primitive::<Decimal128Type>()
                .iter()
                .flatten()
                .sum::<i128>();
        }
    }
    assert_eq!(tradebind::domain::Decimal::from_i128_with_scale(found, 10), sum);
}

#[cfg(feature = "object-store")]
mod buckets {
    use super::*;
    use std::sync::Arc;

    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use tradebind::table::Bucket;

    #[test]
    fn a_bucket_holds_what_a_folder_holds() {
        let store = Arc::new(InMemory::new());
        for part in 0..2 {
            let bucket = Bucket::new(Arc::clone(&store) as Arc<dyn ObjectStore>, "a/b").unwrap();
            let mut dataset = Dataset::new(bucket);
            dataset.write(&odd(), &Provenance::default()).unwrap();
            for file in dataset.finish().unwrap() {
                assert!(file.path.ends_with(&format!("part-{part:05}.parquet")));
                let path = Path::parse(format!("a/b/{}", file.path)).unwrap();
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let bytes =
                    runtime.block_on(async { store.get(&path).await.unwrap().bytes().await.unwrap() });
                assert_eq!(bytes.len(), file.bytes);
                let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
                assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), file.rows);
            }
        }
    }

    #[test]
    fn an_address_that_is_none_is_told() {
        for address in ["s3://", "s3:///x", "bucket", "gs://bucket"] {
            let error = Bucket::from_env(address).unwrap_err().to_string();
            assert!(error.contains("s3://BUCKET/PREFIX"), "{error}");
        }
    }
}
