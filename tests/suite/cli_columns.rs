//! `tradebind hk get` and `hk harvest` in the forms of Arrow and Parquet, read back by their own crates.

use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use arrow_array::types::{Decimal128Type, Int32Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tradebind::table::Folder;

use crate::support::cli::{Ran, ended, folder, tradebind};

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
    assert!(written("a.arrow", &[]).starts_with(b"ARROW1"));
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
            "arrow" => figures(&arrow_file(&place.join("data.arrow"))),
            _ => {
                let data = place.join("data");
                let files = Folder::new(&data).files().unwrap();
                let folders: Vec<_> =
                    files.iter().map(|path| path.strip_suffix("/part-00000.parquet").unwrap()).collect();
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
