//! `tradebind hk get` and `hk harvest` in the forms of Arrow and Parquet, read back by their own crates.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Decimal128Type, Int32Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::json;
use tradebind::replica::{Door, Replica, Reply};
use tradebind::table::Folder;

use crate::support::cli::{Ran, ended, folder, serve, tradebind};

const GUIDE: [&str; 10] = [
    "hk",
    "get",
    "--replica",
    "-q",
    "--trade-type",
    "total-exports",
    "--destination",
    "CN",
    "--period",
    "2018-05..2018-06",
];

fn guide(more: &[&str]) -> Command {
    let mut command = tradebind();
    command.args(GUIDE).args(more);
    command
}

fn harvest(more: &[&str]) -> Command {
    let mut command = tradebind();
    command.args(["hk", "harvest", "--replica", "-q", "--trade-type", "imports,re-exports"]);
    command.args(["--period", "2022-11..2023-02", "--hs", "8542,1006", "--destination", "CN,JP"]).args(more);
    command
}

fn ran(command: Command) -> Ran {
    ended(command, "")
}

/// The figures of batches, in their order.
fn figures(batches: &[RecordBatch]) -> Vec<String> {
    let column = |batch: &RecordBatch| {
        let column = batch.column_by_name("figure").unwrap().as_primitive::<Decimal128Type>().clone();
        (0..column.len())
            .map(|row| column.value_as_string(row).replace(".0000000000", ""))
            .collect::<Vec<_>>()
    };
    batches.iter().flat_map(column).collect()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap().as_dictionary::<Int32Type>();
    let values = column.downcast_dict::<arrow_array::StringArray>().unwrap();
    values.into_iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

fn arrow_file(path: &Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).unwrap();
    arrow_ipc::reader::FileReader::try_new(file, None).unwrap().map(|batch| batch.unwrap()).collect()
}

fn parquet_file(bytes: Vec<u8>) -> Vec<RecordBatch> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).unwrap().build().unwrap();
    reader.map(|batch| batch.unwrap()).collect()
}

/// The metadata of a Parquet file.
fn metadata(bytes: &[u8]) -> std::collections::BTreeMap<String, String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::copy_from_slice(bytes)).unwrap();
    let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap();
    pairs.iter().map(|pair| (pair.key.clone(), pair.value.clone().unwrap())).collect()
}

const DOCUMENTED: [&str; 2] = ["194542691", "186190690"];

#[test]
fn arrow_is_a_file_or_a_stream() {
    let folder = folder("arrow");
    let file = folder.join("out.arrow");
    let done = ran(guide(&["--out", file.to_str().unwrap()]));
    assert_eq!(done.code, Some(0), "{done}");
    let batches = arrow_file(&file);
    assert_eq!(figures(&batches), DOCUMENTED);
    assert_eq!(batches[0].schema().metadata()["tradebind.source"], "replica");
    assert!(batches[0].schema().metadata()["tradebind.queries"].contains("ttype=4"));

    let output = guide(&["--format", "arrow"]).output().unwrap();
    assert!(output.status.success());
    let stream = arrow_ipc::reader::StreamReader::try_new(Cursor::new(output.stdout), None).unwrap();
    assert_eq!(figures(&stream.map(|batch| batch.unwrap()).collect::<Vec<_>>()), DOCUMENTED);
}

#[test]
fn parquet_is_a_file_a_pipe_or_a_dataset() {
    let folder = folder("parquet");
    let file = folder.join("out.parquet");
    assert_eq!(ran(guide(&["-o", file.to_str().unwrap()])).code, Some(0));
    let piped = guide(&["--format", "parquet"]).output().unwrap().stdout;
    for bytes in [std::fs::read(&file).unwrap(), piped] {
        let batches = parquet_file(bytes);
        assert_eq!(figures(&batches), DOCUMENTED);
        assert_eq!(texts(&batches[0], "trade_type"), ["total-exports"; 2]);
    }

    let dataset = folder.join("trade/");
    let place = format!("{}/", dataset.display());
    let one = "trade_type=total-exports/year=2018";
    for _ in 0..2 {
        // Asked again, the same rows do not count twice.
        let done = ran(guide(&["--format", "parquet", "-o", &place]));
        assert_eq!(done.code, Some(0), "{done}");
        let files = Folder::new(&dataset).files().unwrap();
        assert_eq!(files.len(), 1, "{files:?}");
        assert!(files[0].starts_with(&format!("{one}/part-")), "{files:?}");
        let batches = parquet_file(std::fs::read(dataset.join(&files[0])).unwrap());
        assert_eq!(figures(&batches), DOCUMENTED);
    }
    // Another query adds to it.
    assert_eq!(ran(guide(&["--format", "parquet", "-o", &place, "--lang", "tc"])).code, Some(0));
    assert_eq!(Folder::new(&dataset).files().unwrap().len(), 2);
}

/// An answer of the service, for the next call.
fn answer(replica: &Replica, rows: &serde_json::Value) {
    let count = rows.as_array().unwrap().len();
    let header = json!({ "status": { "code": 0 }, "count": { "noOfRecords": count } });
    let body = json!({ "header": header, "dataSet": rows });
    replica.script(Door::HkAnswer, [Reply::new(200, body.to_string()).into()]);
}

/// `hk get` of two years from a server.
fn years(replica: &Replica, more: &[&str]) -> Ran {
    let mut command = tradebind();
    command.env("TRADEBIND_HK_URL", replica.hk_url());
    command.args(["hk", "get", "--trade-type", "imports", "--period", "2019..2020"]).args(more);
    ended(command, "")
}

/// What the service amends or takes back is amended and taken back in the dataset; what is made up stands beside it.
#[test]
fn the_same_query_takes_the_place_of_its_rows() {
    let place = folder("again").join("trade");
    let into = format!("{}/", place.display());
    let replica = serve(Replica::builder());
    let get = || {
        let ran = years(&replica, &["-q", "--format", "parquet", "-o", &into]);
        assert_eq!(ran.code, Some(0), "{ran}");
        let files = Folder::new(&place).files().unwrap();
        let read = |file: &String| figures(&parquet_file(std::fs::read(place.join(file)).unwrap()));
        files.iter().flat_map(read).collect::<Vec<_>>()
    };
    let row = |year: &str, figure: &str| json!({ "freq": "A", "period": year, "ttype": 1, "sv": "VCy", "figure": figure });
    answer(&replica, &json!([row("2019", "1"), row("2020", "2")]));
    assert_eq!(get(), ["1", "2"]);
    answer(&replica, &json!([row("2020", "3")]));
    assert_eq!(get(), ["3"]);
    let mut command = tradebind();
    command.args(["hk", "get", "--replica", "-q", "--trade-type", "imports", "--period", "2019..2020"]);
    command.args(["--format", "parquet", "-o", &into]);
    assert_eq!(ran(command).code, Some(0));
    assert_eq!(Folder::new(&place).files().unwrap().len(), 3, "two files of the replica beside one");
    let nothing = json!({ "header": { "status": { "code": 1, "message": ["No record found"] } } });
    replica.script(Door::HkAnswer, [Reply::new(200, nothing.to_string()).into()]);
    assert_eq!(get().len(), 2, "only the replica's are left");
}

/// A field that nobody knows stands in two forms alone, and the note says so.
#[test]
fn what_becomes_of_a_new_field_is_told() {
    let replica = serve(Replica::builder());
    let place = folder("new-field");
    let row = json!({ "freq": "A", "period": "2019", "ttype": 1, "sv": "VCy", "figure": "1", "new": 1 });
    let told = ["csv", "ndjson", "json", "table", "arrow", "parquet"].map(|form| {
        answer(&replica, &json!([row]));
        let file = place.join("file");
        let ran = years(&replica, &["--format", form, "-o", file.to_str().unwrap()]);
        let held = String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains(r#"{"new":1}"#);
        let note = ran.stderr.lines().find(|line| line.contains("does not know")).unwrap_or_default();
        format!("{form} ({held}) {note}")
    });
    insta::assert_snapshot!(told.join("\n"), @"
    csv (false) note: the document does not know what came in /dataSet/*/new; new fields stand in --format arrow and parquet alone, in the column extra
    ndjson (false) note: the document does not know what came in /dataSet/*/new; new fields stand in --format arrow and parquet alone, in the column extra
    json (false) note: the document does not know what came in /dataSet/*/new; new fields stand in --format arrow and parquet alone, in the column extra
    table (false) note: the document does not know what came in /dataSet/*/new; new fields stand in --format arrow and parquet alone, in the column extra
    arrow (true) note: the document does not know what came in /dataSet/*/new; it is kept, new fields in the column extra
    parquet (true) note: the document does not know what came in /dataSet/*/new; it is kept, new fields in the column extra
    ");
    let mut value = row;
    value.as_object_mut().unwrap().remove("new");
    value["ttype"] = 9.into();
    answer(&replica, &json!([value]));
    let ran = years(&replica, &["--format", "csv"]);
    assert!(ran.stderr.contains("/dataSet/*/ttype: 9; it is kept\n"), "{ran}");
}

#[test]
fn a_name_tells_the_form_and_excel_gets_its_mark() {
    let folder = folder("names");
    let written = |name: &str, more: &[&str]| {
        let file = folder.join(name);
        let mut command = guide(&["-o", file.to_str().unwrap()]);
        command.args(more);
        let done = ran(command);
        assert_eq!(done.code, Some(0), "{name}: {done}");
        std::fs::read(&file).unwrap()
    };
    assert!(written("a.json", &[]).starts_with(b"["));
    assert!(written("a.ndjson", &[]).starts_with(b"{"));
    assert!(written("a.PARQUET", &[]).starts_with(b"PAR1"));
    for name in ["a.arrow", "a.feather", "a.ipc"] {
        assert!(written(name, &[]).starts_with(b"ARROW1"), "{name}");
    }
    assert!(written("a.jsonl", &[]).starts_with(b"{"));
    assert!(written("a.txt", &[]).starts_with(b"period,"));
    assert!(written("b.arrow", &["--format", "json"]).starts_with(b"["));
    assert!(written("a.csv", &["--excel"]).starts_with("\u{feff}period,".as_bytes()));
    let place = folder.join("harvest");
    assert_eq!(ran(harvest(&["--out", place.to_str().unwrap(), "--excel"])).code, Some(0));
    assert!(std::fs::read(place.join("data.csv")).unwrap().starts_with("\u{feff}period,".as_bytes()));
}

#[test]
fn a_harvest_has_every_form() {
    let folder = folder("harvests");
    let mut counts = Vec::new();
    for form in ["csv", "ndjson", "arrow", "parquet"] {
        let place = folder.join(form);
        let done = ran(harvest(&["--out", place.to_str().unwrap(), "--format", form]));
        assert_eq!(done.code, Some(0), "{form}: {done}");
        let mut lines = std::fs::read_to_string(place.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&std::mem::take(&mut lines)).unwrap();
        counts.push(manifest["summary"]["data"]["rows"].as_u64().unwrap());
        let figures: Vec<String> = match form {
            "csv" => {
                let mut lines = csv::Reader::from_path(place.join("data.csv")).unwrap();
                let at = lines.headers().unwrap().iter().position(|name| name == "figure").unwrap();
                lines.records().map(|line| line.unwrap()[at].to_owned()).collect()
            }
            "ndjson" => {
                let text = std::fs::read_to_string(place.join("data.ndjson")).unwrap();
                let figure =
                    |line| serde_json::from_str::<serde_json::Value>(line).unwrap()["figure"].to_string();
                text.lines().map(figure).collect()
            }
            "arrow" => {
                let batches = arrow_file(&place.join("data.arrow"));
                let told = batches[0].schema().metadata().clone();
                assert_eq!(told["tradebind.source"], "replica");
                assert_eq!(told["tradebind.units"], r#"{"VCm":["HK$ '000"]}"#);
                assert_eq!(told["tradebind.queries"].lines().count(), 2, "{told:?}");
                figures(&batches)
            }
            _ => {
                let data = place.join("data");
                let files = Folder::new(&data).files().unwrap();
                let folders: Vec<_> = files.iter().map(|path| path.rsplit_once('/').unwrap().0).collect();
                let names: std::collections::BTreeSet<_> =
                    files.iter().map(|path| path.rsplit_once('/').unwrap().1).collect();
                assert!(
                    names.len() == 1
                        && names.iter().all(|name| name.len() == "part-00000.parquet".len() + 17)
                );
                for file in &files {
                    let told = metadata(&std::fs::read(data.join(file)).unwrap());
                    assert_eq!(told["tradebind.source"], "replica");
                    assert_eq!(told["tradebind.units"], r#"{"VCm":["HK$ '000"]}"#);
                    assert_eq!(told["tradebind.queries"].lines().count(), 1, "{told:?}");
                }
                assert_eq!(
                    folders,
                    [
                        "trade_type=imports/year=2022",
                        "trade_type=imports/year=2023",
                        "trade_type=re-exports/year=2022",
                        "trade_type=re-exports/year=2023"
                    ]
                );
                let read = |path: &String| figures(&parquet_file(std::fs::read(data.join(path)).unwrap()));
                files.iter().flat_map(read).collect()
            }
        };
        assert_eq!(figures.len() as u64, counts[0], "{form}");
        let sum: u64 = figures.iter().map(|figure| figure.parse::<u64>().unwrap()).sum();
        counts.push(sum);
    }
    let [rows, sum, more @ ..] = &counts[..] else { panic!("{counts:?}") };
    assert!(*rows > 0 && more.chunks(2).all(|pair| pair == [*rows, *sum]), "{counts:?}");
}

/// What does not fit is told with exit 2, before anything is asked.
#[test]
fn forms_and_places_must_fit() {
    let folder = folder("unfit");
    let told = |command: Command| ran(command).to_string().replace(folder.to_str().unwrap(), "FOLDER");
    std::fs::write(folder.join("file"), "").unwrap();
    let below = format!("{}/below/", folder.join("file").display());
    let file = folder.join("file").display().to_string() + "/";
    let new = folder.join("new").display().to_string();
    let all = [
        told(guide(&["--excel", "--format", "json"])),
        told(guide(&["--format", "parquet", "-o", &file])),
        told(guide(&["--format", "parquet", "-o", &below])),
        told(guide(&["--format", "csv", "-o", "s3://bucket/trade"])),
        told(guide(&["-o", "s3://bucket/trade.csv", "--format", "arrow"])),
        told(harvest(&["--out", &new, "--excel", "--format", "arrow"])),
        told(harvest(&["--out", &new, "--state", &new])),
        told(harvest(&["--out", "s3://bucket/trade"])),
        told(harvest(&["--out", "s3://bucket/trade", "--state", &new, "--format", "csv"])),
        told({
            let mut command = tradebind();
            command.args(["hk", "latest", "--replica", "-q", "-o", "s3://bucket/latest"]);
            command
        }),
    ];
    insta::assert_snapshot!(all.join("\n"));
    assert!(!Path::new(&new).exists());
}

#[cfg(feature = "object-store")]
#[test]
fn buckets_without_credentials_are_told() {
    let folder = folder("buckets");
    let new = folder.join("new").display().to_string();
    let with = |mut command: Command, variables: &[(&str, &str)]| {
        command.envs(variables.iter().copied());
        ran(command).to_string()
    };
    let get = |address: &str| guide(&["-o", address]);
    let (id, secret) = (("AWS_ACCESS_KEY_ID", "an-id"), ("AWS_SECRET_ACCESS_KEY", "a-secret-of-mine"));
    let nobody = ("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let all = [
        with(get("s3://bucket/trade"), &[]),
        with(get("s3://bucket/trade"), &[id]),
        with(get("s3://an-id:a-secret-of-mine@bucket/trade"), &[id, secret]),
        with(get("s3:///trade"), &[id, secret]),
        with(
            get("s3://bucket/trade"),
            &[id, secret, ("AWS_ENDPOINT_URL", "http://an-id:a-secret-of-mine@127.0.0.1:9")],
        ),
        with(get("s3://bucket/trade"), &[id, secret, nobody]),
        with(harvest(&["--out", "s3://bucket/trade", "--state", &new]), &[]),
        with(
            harvest(&["--out", "s3://bucket/trade", "--state", &new]),
            &[id, secret, nobody, ("AWS_ALLOW_HTTP", "true")],
        ),
    ];
    let all = all.join("\n");
    assert!(!all.contains("a-secret-of-mine"), "{all}");
    insta::assert_snapshot!(all);
    // Each name by which an address may be given.
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"] {
        let keyed = "https://an-id:a-secret-of-mine@127.0.0.1:9";
        let told = with(get("s3://bucket/trade"), &[id, secret, (name, keyed)]);
        assert!(
            told.contains(&format!("{name} holds a user or a key")) && !told.contains(secret.1),
            "{told}"
        );
        let told = with(get("s3://bucket/trade"), &[id, secret, (name, "http://127.0.0.1:9")]);
        assert!(told.contains(&format!("{name} is http://, not https://")), "{told}");
    }
    assert!(!Path::new(&new).exists(), "nothing was begun");
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_no_binary() {
    for form in ["arrow", "parquet"] {
        let words: Vec<_> = GUIDE.iter().map(|word| format!("'{word}'")).collect();
        let command = format!("'{}' {} --format {form}", env!("CARGO_BIN_EXE_tradebind"), words.join(" "));
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = script.spawn().expect("`script` of util-linux");
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2));
        let expected = format!(
            "error: --format {form} is not for a terminal: name a file by -o FILE, or send it into a pipe"
        );
        assert_eq!(said.trim(), expected);
    }
}
