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
use tradebind::table::{Column, Dataset, Folder, Provenance, Store, Table, schema};

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
        let provenance = Provenance::default().source("a test");
        let (mut file, mut stream) = (Vec::new(), Vec::new());
        table.write_arrow(&mut file, &provenance).unwrap();
        table.write_arrow_stream(&mut stream, &provenance).unwrap();
        let file = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(file), None).unwrap();
        let stream = arrow_ipc::reader::StreamReader::try_new(std::io::Cursor::new(stream), None).unwrap();
        for (schema, batches) in [
            (file.schema(), file.map(|batch| batch.unwrap()).collect::<Vec<_>>()),
            (stream.schema(), stream.map(|batch| batch.unwrap()).collect()),
        ] {
            assert_eq!(schema.metadata()["title"], "a title");
            assert_eq!(schema.metadata()["tradebind.source"], "a test");
            assert_eq!(schema.metadata().contains_key("tradebind.units"), !table.is_empty());
            assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), table.len());
            if let Some(batch) = batches.first() {
                assert_eq!(batch.columns(), table.record_batch().unwrap().columns());
            }
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

/// One file of all columns, as against a dataset whose folders tell the trade type.
#[test]
fn one_file_reads_back() {
    let folder = Temporary::new("one-file");
    fs::create_dir_all(&folder.0).unwrap();
    for (name, table) in [("odd", odd()), ("empty", table(&json!([])))] {
        let path = folder.0.join(name);
        let mut provenance = Provenance::default().source("a test");
        provenance.query = Some("a query".to_owned());
        table.write_parquet(File::create(&path).unwrap(), &provenance).unwrap();
        let batches = read(&path);
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), table.len());
        for batch in &batches {
            for row in 0..table.len() {
                assert_eq!(
                    cell(batch, "trade_type", row),
                    table.cell(row, Column::TradeType).map(|t| t.into_owned())
                );
                assert_eq!(cell(batch, "figure", row), cell(&table.record_batch().unwrap(), "figure", row));
            }
        }
        let reader = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
        let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let told =
            |key: &str| metadata.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
        assert_eq!(told("title").as_deref(), Some("a title"));
        assert_eq!(told("tradebind.source").as_deref(), Some("a test"));
        assert_eq!(told("tradebind.queries").as_deref(), Some("a query"));
        let units = (!table.is_empty()).then_some(r#"{"QCq":["公斤"],"VCm":["HK$ '000"]}"#);
        assert_eq!(told("tradebind.units").as_deref(), units);
    }
}

/// A dataset with a name is written again in place of itself; one without grows.
#[test]
fn a_name_keeps_rows_from_counting_twice() {
    let folder = Temporary::new("named");
    let write = |dataset: Dataset<Folder>| {
        let mut dataset = dataset;
        dataset.write(&odd(), &Provenance::default()).unwrap();
        dataset.finish().unwrap()
    };
    let first = write(Dataset::new(Folder::new(&folder.0)).named("a/b"));
    assert!(first.iter().all(|file| file.path.ends_with("/part-a-b-00000.parquet")), "{first:?}");
    assert_eq!(write(Dataset::new(Folder::new(&folder.0)).named("a/b")), first);
    assert_eq!(files(&folder.0).len(), first.len());
    write(Dataset::new(Folder::new(&folder.0)).named("c"));
    write(Dataset::new(Folder::new(&folder.0)));
    assert_eq!(files(&folder.0).len(), 3 * first.len());
}

/// A partition that falls away takes its rows with it; names that begin with one another do not meet.
#[test]
fn what_a_name_has_no_more_is_removed() {
    let folder = Temporary::new("fallen-away");
    let write = |name: &str, rows: &Value| {
        let mut dataset = Dataset::new(Folder::new(&folder.0)).named(name);
        dataset.write(&table(rows), &Provenance::default()).unwrap();
        dataset.finish().unwrap().len()
    };
    let row = |year: &str| json!({ "freq": "A", "period": year, "ttype": 1, "sv": "VCy", "figure": "1" });
    let there = || Folder::new(&folder.0).files().unwrap();
    write("a-b", &json!([row("2019")]));
    assert_eq!(write("a", &json!([row("2019"), row("2020")])), 2);
    assert_eq!(there().len(), 3);
    assert_eq!(write("a", &json!([row("2020")])), 1);
    assert_eq!(
        there(),
        [
            "trade_type=imports/year=2019/part-a-b-00000.parquet",
            "trade_type=imports/year=2020/part-a-00000.parquet"
        ]
    );
    assert_eq!(write("a", &json!([])), 0);
    assert_eq!(there(), ["trade_type=imports/year=2019/part-a-b-00000.parquet"]);
}

/// A copy of a dataset that lies in its folder is not of it, however it is called.
#[test]
fn what_lies_deeper_is_not_of_the_dataset() {
    let folder = Temporary::new("nested");
    let write = |below: &str| {
        let mut dataset = Dataset::new(Folder::new(folder.0.join(below))).named("a");
        dataset.write(&odd(), &Provenance::default()).unwrap();
        dataset.finish().unwrap().len()
    };
    let all = write("");
    for below in
        ["backup", "trade_type=old", "trade_type=imports/year=2018/old", "trade_type=imports/year=2018"]
    {
        assert_eq!(write(below), all);
    }
    assert_eq!(files(&folder.0).len(), 5 * all);
    assert_eq!(Folder::new(&folder.0).files().unwrap().len(), all);
    assert_eq!(write(""), all);
    let below = Some(folder.0.join("backup"));
    let store = Odd { folder: Folder::new(&folder.0), below, open_at_most: 128 };
    let mut dataset = Dataset::new(store).named("a");
    dataset.write(&odd(), &Provenance::default()).unwrap();
    dataset.finish().unwrap();
    assert_eq!(files(&folder.0).len(), 5 * all);
}

/// A folder that lets so many files be open, and tells of the files of another dataset that lies below it, if there is one.
struct Odd {
    folder: Folder,
    below: Option<PathBuf>,
    open_at_most: usize,
}

impl Store for Odd {
    type File = <Folder as Store>::File;

    fn begin(&self, path: &str) -> std::io::Result<Self::File> {
        self.folder.begin(path)
    }

    fn holds(&self, path: &str) -> std::io::Result<bool> {
        self.folder.holds(path)
    }

    fn files(&self) -> std::io::Result<Vec<String>> {
        match &self.below {
            Some(below) => {
                let below = Folder::new(below).files()?;
                Ok(below.into_iter().map(|path| format!("backup/{path}")).collect())
            }
            None => self.folder.files(),
        }
    }

    fn remove(&self, path: &str) -> std::io::Result<()> {
        self.folder.remove(path)
    }

    fn open_at_most(&self) -> usize {
        self.open_at_most
    }
}

/// What is surely nobody's any more goes; what somebody may be writing stays, and so does what is not ours.
#[test]
fn what_was_left_unfinished_goes_after_a_day() {
    let folder = Temporary::new("left");
    let partition = folder.0.join("trade_type=imports/year=2018");
    fs::create_dir_all(&partition).unwrap();
    let now = std::time::SystemTime::now();
    for (name, hours) in
        [(".0123456789abcdef.unfinished", 25), (".fedc.unfinished", 23), (".mine.unfinished", 25)]
    {
        let file = File::create(partition.join(name)).unwrap();
        file.set_modified(now - std::time::Duration::from_secs(hours * 3600)).unwrap();
    }
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    dataset.write(&odd(), &Provenance::default()).unwrap();
    dataset.finish().unwrap();
    let there = |name: &str| partition.join(name).exists();
    assert!(!there(".0123456789abcdef.unfinished"));
    assert!(there(".fedc.unfinished") && there(".mine.unfinished"));
}

/// In a container every process has the same number.
#[test]
fn what_the_killed_left_blocks_nobody() {
    let folder = Temporary::new("killed");
    let partition = folder.0.join("trade_type=imports/year=2018");
    fs::create_dir_all(&partition).unwrap();
    for number in 0..1000 {
        fs::write(partition.join(format!(".{}-{number}.unfinished", std::process::id())), "half").unwrap();
    }
    let mut dataset = Dataset::new(Folder::new(&folder.0));
    dataset.write(&odd(), &Provenance::default()).unwrap();
    assert!(!dataset.finish().unwrap().is_empty());
}

#[test]
fn what_was_closed_goes_on_in_another_file() {
    let folder = Temporary::new("narrow");
    let row = |year: u16| json!({ "freq": "A", "period": year.to_string(), "ttype": 1, "sv": "VCy", "figure": "1" });
    for _ in 0..2 {
        let store = Odd { folder: Folder::new(&folder.0), below: None, open_at_most: 2 };
        let mut dataset = Dataset::new(store).named("a");
        for _ in 0..2 {
            for year in 2018..2021 {
                dataset.write(&table(&json!([row(year)])), &Provenance::default()).unwrap();
                let open = files(&folder.0)
                    .iter()
                    .filter(|file| file.extension().is_some_and(|end| end == "unfinished"))
                    .count();
                assert!(open <= 2, "{open} files are open");
            }
        }
        let written = dataset.finish().unwrap();
        assert_eq!(written.iter().map(|file| file.rows).sum::<usize>(), 6);
        let paths: Vec<_> = written.iter().map(|file| file.path.clone()).collect();
        assert!(paths.iter().any(|path| path.ends_with("part-a-00001.parquet")), "{paths:?}");
        assert_eq!(Folder::new(&folder.0).files().unwrap(), paths);
    }
}

#[test]
fn a_dataset_is_copied() {
    let (from, to) = (Temporary::new("copied-from"), Temporary::new("copied-to"));
    let mut dataset = Dataset::new(Folder::new(&from.0));
    dataset.write(&odd(), &Provenance::default()).unwrap();
    let written = dataset.finish().unwrap();
    fs::write(from.0.join("notes.txt"), "no part of it").unwrap();
    let bytes = Folder::new(&from.0).copy_to(&Folder::new(&to.0)).unwrap();
    assert_eq!(bytes, written.iter().map(|file| file.bytes as u64).sum::<u64>());
    assert_eq!(
        Folder::new(&to.0).files().unwrap(),
        written.iter().map(|file| file.path.clone()).collect::<Vec<_>>()
    );
    for file in &written {
        assert_eq!(fs::read(from.0.join(&file.path)).unwrap(), fs::read(to.0.join(&file.path)).unwrap());
    }
    assert_eq!(Folder::new(from.0.join("nowhere")).files().unwrap(), Vec::<String>::new());
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
    fn what_is_removed_is_gone() {
        let store = Arc::new(InMemory::new());
        let bucket = Bucket::new(Arc::clone(&store) as Arc<dyn ObjectStore>, "a").unwrap();
        bucket.check().unwrap();
        assert!(!bucket.holds("tradebind-check").unwrap(), "a check leaves nothing");
        let mut dataset = Dataset::new(bucket.clone());
        dataset.write(&odd(), &Provenance::default()).unwrap();
        for file in dataset.finish().unwrap() {
            assert!(bucket.holds(&file.path).unwrap());
            bucket.remove(&file.path).unwrap();
            assert!(!bucket.holds(&file.path).unwrap());
        }
        bucket.remove("never/was").unwrap();
    }

    /// Harvests that share an address stand beside each other; each takes the place of its own last copy, whole or cut short.
    #[test]
    fn two_that_are_copied_to_one_address_add_up() {
        let store = Arc::new(InMemory::new());
        let bucket = Bucket::new(Arc::clone(&store) as Arc<dyn ObjectStore>, "a/b").unwrap();
        let beside = Bucket::new(Arc::clone(&store) as Arc<dyn ObjectStore>, "a/bc").unwrap();
        let row = |year: &str| json!({ "freq": "A", "period": year, "ttype": 1, "sv": "VCy", "figure": "1" });
        let copy = |name: &str, bucket: &Bucket, years: &[&str]| {
            let folder = Temporary::new(&format!("bucket-{name}"));
            let mut dataset = Dataset::new(Folder::new(&folder.0)).named(name);
            let rows: Vec<_> = years.iter().map(|year| row(year)).collect();
            dataset.write(&table(&json!(rows)), &Provenance::default()).unwrap();
            dataset.finish().unwrap();
            Folder::new(&folder.0).replace_in(bucket, name).unwrap();
        };
        copy("one", &beside, &["2019"]);
        copy("one", &bucket, &["2019", "2020"]);
        copy("other", &bucket, &["2020"]);
        let year =
            |year: &str, name: &str| format!("trade_type=imports/year={year}/part-{name}-00000.parquet");
        assert_eq!(
            bucket.files().unwrap(),
            [year("2019", "one"), year("2020", "one"), year("2020", "other")]
        );
        copy("one", &bucket, &["2020"]);
        assert_eq!(bucket.files().unwrap(), [year("2020", "one"), year("2020", "other")]);
        copy("one", &bucket, &[]);
        assert_eq!(bucket.files().unwrap(), [year("2020", "other")]);
        assert_eq!(beside.files().unwrap(), [year("2019", "one")]);
    }

    #[test]
    fn what_lies_below_the_prefix_is_of_others() {
        let store = Arc::new(InMemory::new());
        let write = |prefix: &str| {
            let bucket = Bucket::new(Arc::clone(&store) as Arc<dyn ObjectStore>, prefix).unwrap();
            let mut dataset = Dataset::new(bucket.clone()).named("a");
            dataset.write(&odd(), &Provenance::default()).unwrap();
            let mut paths: Vec<_> = dataset.finish().unwrap().into_iter().map(|file| file.path).collect();
            paths.sort();
            assert_eq!(bucket.files().unwrap(), paths, "{prefix}");
            bucket
        };
        let below = ["a/backup", "a/trade_type=old", "a/z", "b"].map(write);
        write("a");
        write("");
        write("a");
        let all = below[0].files().unwrap();
        assert!(!all.is_empty() && below.iter().all(|bucket| bucket.files().unwrap() == all));
    }

    #[test]
    fn an_address_that_is_none_is_told() {
        for address in ["s3://", "s3:///x", "bucket", "gs://bucket", "s3://key:secret@bucket/x"] {
            let error = Bucket::from_env(address).unwrap_err().to_string();
            assert!(error.contains("s3://BUCKET/PREFIX"), "{error}");
        }
    }
}
