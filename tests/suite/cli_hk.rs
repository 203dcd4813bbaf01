//! `tradebind hk`, from the outside.

use crate::support::cli::{folder, run, run_args};

const GUIDE: &str =
    "hk get --replica --quiet --trade-type total-exports --destination CN --period 2018-05..2018-06";

fn shown(commands: &[&str]) -> String {
    commands.iter().map(|words| format!("$ tradebind {words}\n{}", run(words))).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_guides_figures_in_every_form() {
    let all = [
        "",
        " --format csv",
        " --format json",
        " --format ndjson",
        " --format table",
        " --lang tc --format table",
    ];
    insta::assert_snapshot!(shown(&all.map(|more| format!("{GUIDE}{more}")).each_ref().map(String::as_str)));
    // RFC 4180 ends lines so.
    assert!(run(GUIDE).stdout.ends_with("186190690\r\n"));
}

#[test]
fn rows_of_json_are_one_array_and_texts_stay_texts() {
    let refused = run(
        "hk get --replica -q --trade-type imports --hs 0101,85 --commodity-class HKHS2 --period 2023 --format json",
    );
    assert_eq!(
        (refused.code, &*refused.stdout),
        (Some(2), ""),
        "a code of another level is refused: {refused}"
    );
    assert!(refused.stderr.contains("0101"), "{refused}");
    let ran = run("hk get --replica -q --trade-type imports --hs 85,84 --period 2023 --format json");
    let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter().all(|row| row["commodity"].is_string() && row["commodity_class"] == "HKHS2"),
        "{rows:?}"
    );
}

#[test]
fn requests_are_shown_and_not_sent() {
    let base = "hk get --dry-run --trade-type imports --period 2023-01";
    let requests = [
        format!("{base} --origin cn,US"),
        format!("{base} --origin DEU --consignment VN"),
        format!("{base} --origin EU"),
        format!("{base} --origin ALL --hs 0101 --transport"),
        format!("{base} --hs 854231,010121 --statistic VCm,QCm --lang sc"),
        format!("{base} --sitc 7 --statistic VCy"),
        format!("{base} --sitc 77 --commodity-class sitc2"),
        format!("{base} --end-use"),
        format!("{base} --end-use --commodity-class EUC"),
        "hk get --dry-run --trade-type all --period 2015..2017".to_owned(),
        "hk get --dry-run --trade-type RE-EXPORTS --period 201801..201806".to_owned(),
    ];
    insta::assert_snapshot!(shown(&requests.iter().map(String::as_str).collect::<Vec<_>>()));
}

/// Names hold spaces and commas, so each is one argument.
#[test]
fn areas_are_found_by_whole_names_in_three_languages() {
    let asked = |areas: &[&str]| {
        let mut args = vec!["hk", "get", "--dry-run", "--trade-type", "imports", "--period", "2023"];
        args.extend(areas.iter().flat_map(|area| ["--origin", area]));
        run_args(&args, "").to_string()
    };
    insta::assert_snapshot!(
        [
            asked(&["Germany", "越南", "中国内地", "Türkiye"]),
            asked(&["TANZANIA,UNITED REP"]),
            asked(&["Korea, Dem Peo Rep", "JP"]),
            asked(&["Western Europe"]),
            asked(&["ZZ"]),
            asked(&["Germany,France"]),
            asked(&["Germny"]),
            asked(&["america"]),
            asked(&["CN", "EU"]),
            asked(&["EU", "OPEC"]),
            asked(&["ALL", "CN"]),
            asked(&["中"]),
            asked(&[""]),
        ]
        .join("\n")
    );
}

/// What a new user gets wrong: every reason under its option, exit 2, nothing asked.
#[test]
fn wrong_options_are_told() {
    let base = "hk get --trade-type imports --period 2023-01";
    let many = |count: usize| {
        let codes: Vec<_> = (1..=count).map(|n| format!("{:04}", 100 + n)).collect();
        codes.join(",")
    };
    let countries =
        "AD,AE,AF,AL,AM,AO,AR,AS,AT,AU,AW,AZ,BA,BB,BD,BE,BF,BG,BH,BI,BJ,BN,BO,BR,BS,BT,BW,BY,BZ,CA,CD";
    let commands = [
        "hk get".to_owned(),
        "hk get --trade-type export --period 2023".to_owned(),
        "hk get --trade-type imports,EXPORTS --period 2023".to_owned(),
        "hk get --trade-type imports --period 2023-13".to_owned(),
        "hk get --trade-type imports --period 2023..2022".to_owned(),
        "hk get --trade-type imports --period 2022..2023-05".to_owned(),
        "hk get --trade-type imports --period newest".to_owned(),
        "hk get --trade-type imports --period last-0".to_owned(),
        "hk get --trade-type imports --period 2023 --statistic VCm".to_owned(),
        format!("{base} --statistic value"),
        format!("{base} --lang fr"),
        format!("{base} --hs 1"),
        format!("{base} --hs 085"),
        format!("{base} --country CN"),
        format!("{base} --hs 101,8542"),
        format!("{base} --hs 85,8542"),
        format!("{base} --hs cars"),
        format!("{base} --sitc 7764"),
        format!("{base} --hs 85 --sitc 7"),
        format!("{base} --commodity-class HKHS4"),
        format!("{base} --hs 85 --commodity-class EUC"),
        format!("{base} --end-use --commodity-class HKHS4"),
        format!("{base} --sitc 85 --commodity-class HKHS2"),
        format!("{base} --hs 77 --commodity-class SITC2"),
        format!("{base} --hs {}", many(21)),
        format!("{base} --origin {countries}"),
        format!("{base} --hs cars --origin Narnia --statistic x"),
        format!("{base} --format excel"),
        format!("{base} --chart picture.png"),
        format!("{base} --chart --format csv"),
        format!("{base} --chart --format csv -o -"),
        format!("{base} --chart --excel"),
        format!("{base} --chart picture.svg -o ./picture.svg"),
        "hk get --trade-type imports,re-exports --period 2023".to_owned(),
        format!("{base} --hs 8542.31"),
        format!("{base} --origin Germany,Japan"),
        format!("{base} --excel -o never.json"),
        format!("{base} -o never.xlsx"),
        format!("{base} -o no-such-folder/"),
        format!("{base} --chart never.svg -o src/../never.svg"),
    ];
    for words in &commands {
        assert_eq!(run(words).code, Some(2), "{words}");
    }
    insta::assert_snapshot!(shown(&commands.iter().map(String::as_str).collect::<Vec<_>>()));
}

/// What the service refuses: exit 3, with its words.
#[test]
fn refusals_are_told() {
    let commands = [
        "hk get --replica -q --trade-type imports --period 2049-01",
        "hk get --replica -q --trade-type imports --period 2010-01..2018-06",
        "hk get --replica -q --trade-type imports --period 2010-01..2049-01",
        "hk get --replica -q --trade-type imports --period 2023-01 --hs 9999",
        "hk get --replica -q --trade-type imports --period 2023-01 --hs 9999,8542",
        "hk get --replica -q --trade-type re-exports --origin CN --destination US --hs 85 --period 2023",
        "hk raw --replica -q /api/get?lang=EN",
        "hk raw --replica -q api/get",
    ];
    insta::assert_snapshot!(shown(&commands));
}

#[test]
fn nothing_found_is_an_answer() {
    // Quantity is not given at four digits (reported).
    let ran = run("hk get --replica --trade-type imports --period 2023-01 --hs 8542 --statistic QCm");
    insta::assert_snapshot!(ran);
}

/// Two answers to one query are written alike, though one has no rows.
#[test]
fn columns_are_those_of_the_query() {
    let head = |origin: &str| {
        let words = format!(
            "hk get --replica -q --trade-type imports --origin {origin} --hs 854231 --transport --period 2023-01"
        );
        let ran = run(&words);
        assert_eq!(ran.code, Some(0), "{ran}");
        (ran.stdout.lines().next().unwrap_or_default().to_owned(), ran.stdout.lines().count())
    };
    let (head_of_rows, rows) = head("CN");
    let (head_of_none, none) = head("VA");
    assert!(rows > 1 && none == 1, "{rows} {none}");
    // That a figure has a footnote no query tells.
    assert_eq!(head_of_rows.trim_end_matches(",footnote"), head_of_none);
}

#[test]
fn the_latest_month_is_found() {
    let ran = run("hk latest --replica -q");
    let month = ran.stdout.trim();
    assert!(ran.code == Some(0) && month.len() == 7 && month.as_bytes()[4] == b'-', "{ran}");
    let rows = run("hk get --replica -q --trade-type total-exports --period last-3").stdout;
    let months: Vec<_> = rows.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!((months.len(), months.last().copied()), (3, Some(month)), "{rows}");
    let one = run("hk get --replica -q --trade-type total-exports --period latest").stdout;
    assert_eq!(one.lines().count(), 2, "{one}");
}

#[test]
fn codes_are_found_by_words() {
    let commands = [
        "hk codes korea",
        "hk codes 中國 --format table",
        "hk codes iron steel --format json",
        "hk codes EU --format ndjson",
        "hk codes germny",
        "hk codes 8542",
        "hk codes 776",
        "hk codes 9942",
        "hk codes xyzzy",
        "hk codes 鋼鐵",
    ];
    insta::assert_snapshot!(shown(&commands));
    let all = run("hk codes");
    let expected = tradebind::codes::areas().len()
        + tradebind::codes::hs_chapters().len()
        + tradebind::codes::sitc_sections().len();
    assert_eq!(all.stdout.lines().count(), expected + 1);
}

#[test]
fn raw_prints_what_came() {
    let path = "/api/get?lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN";
    let ran = run_args(&["hk", "raw", "--replica", "-q", path], "");
    let body: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(body["dataSet"][1]["figure"], "186190690");
}

/// Ranked partners, a line over months, several lines: in the terminal in place of the rows, in Chinese too.
#[cfg(feature = "chart")]
#[test]
fn pictures_in_the_terminal() {
    let commands = [
        "hk get --replica -q --trade-type imports --origin CN,US,JP,TW,VN --period 2023 --chart",
        "hk get --replica -q --trade-type total-exports --destination CN --period 2018-01..2018-06 --lang tc --chart",
        "hk get --replica -q --trade-type total-exports --destination CN,US --period 2018-01..2018-12 --lang sc --chart",
        "hk get --replica -q --trade-type imports --hs 854231 --period 2023 --statistic VCy,QCy --chart",
    ];
    insta::assert_snapshot!(shown(&commands));
}

/// Rows and picture never share standard output, nor a file.
#[cfg(feature = "chart")]
#[test]
fn a_picture_takes_the_place_of_rows_on_standard_output() {
    let words = format!("{GUIDE} --chart");
    assert_eq!(run(&format!("{words} -o -")).stdout, run(&words).stdout);
}

/// The picture beside the rows: XML that can be read, with title, unit, source and day on it.
#[cfg(feature = "chart")]
#[test]
fn a_picture_in_a_file() {
    let file = folder("chart").join("picture.svg");
    let path = file.to_str().unwrap();
    let ran = run(&format!("{GUIDE} --lang tc --chart {path}"));
    assert_eq!(ran.stdout, run(&format!("{GUIDE} --lang tc")).stdout);
    let svg = std::fs::read_to_string(&file).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let texts: Vec<_> = document
        .descendants()
        .filter(roxmltree::Node::is_text)
        .map(|node| node.text().unwrap().trim())
        .collect();
    let has = |part: &str| texts.iter().any(|text| text.contains(part));
    for part in [
        "2018 年 5 月至 2018 年 6 月按選定目的地劃分的整體出口統計數字",
        "monthly value, 千港元",
        "Source: ",
        "retrieved 20",
    ] {
        assert!(has(part), "{part}: {texts:?}");
    }
}

/// A reader that has seen enough of the rows leaves the picture whole.
#[cfg(feature = "chart")]
#[test]
fn a_picture_outlives_a_closed_pipe() {
    use std::io::{BufRead as _, BufReader};
    let file = folder("chart-closed").join("picture.svg");
    let mut command = crate::support::cli::tradebind();
    command.args(["hk", "get", "--replica", "-q", "--trade-type", "imports", "--origin", "ALL"]);
    command.args(["--period", "2012-01..2024-12", "--chart"]).arg(&file);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("period,"), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("<svg"));
}
