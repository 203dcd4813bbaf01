//! Every form of a harvest's data ends in the same bytes, however the harvest came about.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tradebind::domain::{CommodityClass, Statistic, TradeType};
use tradebind::harvest::{Areas, Commodities, Format, Harvest, Limits, Plan, Request, Settings, Summary};
use tradebind::hk::Client;
use tradebind::http::{ManualClock, Pace};
use tradebind::replica::Replica;

const FORMS: [Format; 4] = [Format::Csv, Format::Ndjson, Format::Arrow, Format::Parquet];

/// Codes of several editions of the HS, so that answers interleave, and an unknown one.
fn request() -> Request {
    Request::builder()
        .trade_types([TradeType::Imports, TradeType::ReExports])
        .periods("2021-10..2022-03".parse().unwrap())
        .statistics([Statistic::MonthlyValue, Statistic::MonthlyQuantity])
        .destination(Areas::countries(["CN", "JP"]).unwrap())
        .commodities(
            Commodities::codes(CommodityClass::Hs6, ["854231", "999999", "851712", "851713", "100630"])
                .unwrap(),
        )
        .build()
        .unwrap()
}

async fn run(replica: &Replica, folder: &Path, format: Format, in_flight: usize) -> Summary {
    let plan = Plan::new(request(), Limits::default().rows(60)).unwrap();
    let settings = Settings::new("replica").format(format).in_flight(in_flight);
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)));
    let client = Client::builder()
        .base_url(replica.hk_url())
        .pace(Pace::off())
        .clock(clock)
        .http(reqwest::Client::builder().no_proxy())
        .build()
        .unwrap();
    Harvest::open(folder, &plan, &settings).unwrap().run(&client, |_| {}).await.unwrap()
}

/// Name and bytes of every data file.
fn data(folder: &Path, summary: &Summary) -> Vec<(String, Vec<u8>)> {
    let path = folder.join(&summary.data.file);
    if summary.data.files.is_empty() {
        return vec![(summary.data.file.clone(), std::fs::read(path).unwrap())];
    }
    let files = tradebind::table::Folder::new(&path).files().unwrap();
    assert_eq!(files, summary.data.files.iter().map(|file| file.file.clone()).collect::<Vec<_>>());
    files.into_iter().map(|file| (file.clone(), std::fs::read(path.join(&file)).unwrap())).collect()
}

#[tokio::test]
async fn the_same_bytes_after_a_resume_in_every_form() {
    let replica = Replica::start().await.unwrap();
    let mut rows = Vec::new();
    for format in FORMS {
        let whole = tempfile::tempdir().unwrap();
        let summary = run(&replica, whole.path(), format, 1).await;
        let expected = data(whole.path(), &summary);
        rows.push(summary.data.rows);

        // The journal ends in the middle of a line, somebody was killed while a folder of data was swapped, and calls go at
        // once.
        let journal = std::fs::read(whole.path().join("journal")).unwrap();
        let torn = tempfile::tempdir().unwrap();
        run(&replica, torn.path(), format, 3).await;
        std::fs::write(torn.path().join("journal"), &journal[..journal.len() / 2]).unwrap();
        let left = torn.path().join(".tradebind-left");
        std::fs::create_dir_all(left.join("data")).unwrap();
        std::fs::write(left.join("data/part"), "half").unwrap();
        let again = run(&replica, torn.path(), format, 3).await;
        assert!(again.calls > 0);
        assert_eq!(again.data, summary.data, "{format:?}");
        assert!(data(torn.path(), &again) == expected, "{format:?}: other bytes");
        assert!(!left.exists());
        // Once more, with nothing left to ask for.
        let third = run(&replica, torn.path(), format, 1).await;
        assert_eq!((third.calls, third.data), (0, summary.data));
        let names = std::fs::read_dir(torn.path()).unwrap();
        let names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!names.iter().any(|name| name.starts_with(".tradebind-")), "{names:?}");
    }
    assert!(rows[0] > 0 && rows.iter().all(|one| *one == rows[0]), "{rows:?}");
}

/// Whoever may read other new folders may read this one.
#[cfg(unix)]
#[tokio::test]
async fn a_dataset_has_the_users_permissions() {
    use std::os::unix::fs::PermissionsExt as _;
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    run(&replica, folder.path(), Format::Parquet, 1).await;
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
    assert_eq!(mode("data"), mode("bodies"));
}

/// Harvests of other periods have room beside each other; a refresh takes the place of what was before it.
#[test]
fn a_dataset_is_named_by_what_its_folder_was_begun_for() {
    let name = |folder: &Path, periods: &str, refresh: bool| {
        let request = Request::builder()
            .trade_types([TradeType::Imports])
            .periods(periods.parse().unwrap())
            .build()
            .unwrap();
        let plan = Plan::new(request, Limits::default()).unwrap();
        let settings = Settings::new("replica").format(Format::Parquet).refresh(refresh);
        Harvest::open(folder, &plan, &settings).unwrap().dataset_name()
    };
    let folders = [(); 4].map(|()| tempfile::tempdir().unwrap());
    let [one, later, longer, same] = folders.each_ref().map(|folder| folder.path());
    let first = name(one, "2020..2021", false);
    assert_ne!(name(later, "2022..2023", false), first);
    assert_ne!(name(longer, "2020..2022", false), first);
    assert_eq!(name(same, "2020..2021", false), first);
    assert_eq!(name(one, "2020..2022", true), first, "a refresh that ends later");
}
