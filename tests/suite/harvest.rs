//! Harvests from the outside, against the replica.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use tradebind::domain::{CommodityClass, Language, Statistic, TradeType};
use tradebind::harvest::{
    Areas, Commodities, Format, Harvest, HarvestError, Limits, Plan, Request, RequestBuilder, Settings,
    Summary,
};
use tradebind::hk::Client;
use tradebind::http::{ManualClock, Pace, SharedPace};
use tradebind::replica::{Door, Fault, Replica, ReplicaBuilder, Rule, Step};

async fn client(replica: &Replica) -> Client {
    // Waits between repeats take no time.
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)));
    let http = reqwest::Client::builder().no_proxy();
    Client::builder().base_url(replica.hk_url()).pace(Pace::off()).clock(clock).http(http).build().unwrap()
}

fn request(periods: &str) -> RequestBuilder {
    Request::builder().trade_types([TradeType::Imports]).periods(periods.parse().unwrap())
}

fn hs(class: CommodityClass, codes: &[&str]) -> Commodities {
    Commodities::codes(class, codes).unwrap()
}

/// One after another, so that the number of calls is the same each time: what one learns the next does not ask.
async fn harvest(replica: &Replica, folder: &Path, request: Request, limits: Limits) -> Summary {
    harvest_at_once(replica, folder, request, limits, 1).await
}

async fn harvest_at_once(
    replica: &Replica,
    folder: &Path,
    request: Request,
    limits: Limits,
    in_flight: usize,
) -> Summary {
    let plan = Plan::new(request, limits).unwrap();
    let harvest = Harvest::open(folder, &plan, &Settings::new("replica").in_flight(in_flight)).unwrap();
    harvest.run(&client(replica).await, |_| {}).await.unwrap()
}

fn answered(replica: &Replica) -> usize {
    replica.hk_requests().iter().filter(|request| !request.target.starts_with("/api/get")).count()
}

fn rows(folder: &Path) -> BTreeSet<String> {
    std::fs::read_to_string(folder.join("data.csv")).unwrap().lines().map(str::to_owned).collect()
}

/// Codes of every edition, one that ended with 2021, one that began with 2022, one unknown; an unknown country.
fn mixed() -> Request {
    request("2021-10..2022-03")
        .trade_types([TradeType::Imports, TradeType::TotalExports])
        .statistics([Statistic::MonthlyValue, Statistic::MonthlyQuantity])
        .destination(Areas::countries(["CN", "JP", "DE", "ZZ"]).unwrap())
        .commodities(hs(CommodityClass::Hs6, &["854231", "999999", "851712", "851713", "100630", "711319"]))
        .build()
        .unwrap()
}

#[tokio::test]
async fn every_cell_is_accounted_for() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let summary = harvest(&replica, folder.path(), mixed(), Limits::default()).await;
    let cells = summary.cells;
    assert_eq!(cells.asked, 2 * 2 * 6 * 4 * 6);
    assert_eq!(cells.failed, 0, "{summary}");
    assert_eq!(cells.not_given, 0);
    // Of four countries one with all codes; of the other three one code in all six months, two in three each.
    assert_eq!(cells.refused, 2 * 2 * (6 * 6 + 3 * (6 + 3 + 3)));
    assert!(summary.refused.iter().any(|one| one.what == "ZZ" && one.reason.contains("Country code (ZZ)")));
    let told = |code: &str| -> Vec<_> {
        summary.refused.iter().filter(|one| one.what == code).map(|one| one.periods.as_str()).collect()
    };
    assert_eq!(told("999999"), ["202110,202203"]);
    assert_eq!((told("851712"), told("851713")), (vec!["202201,202203"], vec!["202110,202112"]));
    assert_eq!(cells.reported, summary.data.rows);
    assert_eq!(rows(folder.path()).len() as u64, summary.data.rows + 1);
    assert!(summary.is_complete());
}

#[tokio::test]
async fn quantities_at_four_digits_are_not_given() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = request("2024-01..2024-03")
        .statistics([Statistic::MonthlyValue, Statistic::MonthlyQuantity])
        .commodities(hs(CommodityClass::Hs4, &["8542", "1006"]))
        .build()
        .unwrap();
    let cells = harvest(&replica, folder.path(), request, Limits::default()).await.cells;
    assert_eq!((cells.asked, cells.not_given, cells.reported + cells.nil), (12, 6, 6));
}

#[tokio::test]
async fn unpublished_months_shrink_the_range_once() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let codes: Vec<_> = (1..=97).filter(|n| *n != 77).map(|n| format!("{n:02}")).collect();
    let request = request("2026-03..2026-12")
        .commodities(Commodities::codes(CommodityClass::Hs2, codes).unwrap())
        .build()
        .unwrap();
    // Several at once, of which one alone finds out.
    let limits = Limits::default().rows(60);
    let summary = harvest_at_once(&replica, folder.path(), request, limits, 3).await;
    assert!(summary.planned > 10);
    let unpublished = replica
        .hk_requests()
        .iter()
        .filter(|request| request.note.as_ref().is_some_and(|note| note.contains("Period code")))
        .count();
    assert_eq!(unpublished, 1);
    assert_eq!(summary.published.as_deref(), Some("202603,202605"));
    assert_eq!(summary.cells.asked, 96 * 10);
    assert!(summary.cells.refused >= 96 * 7, "{summary}");
    assert!(summary.refused.iter().any(|one| one.what == "periods" && one.periods == "202606,202612"));
}

/// The fewest boxes that fill a grid, whether straight cuts make them or not, if they are fewer than `best`. A box holds at
/// most `volume` cells; of a dimension `one_or_all` one item or each of them.
fn fewest(sizes: &[usize], one_or_all: &[bool], volume: usize, best: &mut usize) {
    struct Grid<'a> {
        sizes: &'a [usize],
        one_or_all: &'a [bool],
        volume: usize,
    }
    impl Grid<'_> {
        fn at(&self, cell: usize) -> Vec<usize> {
            let mut rest = cell;
            let mut at: Vec<_> = self
                .sizes
                .iter()
                .rev()
                .map(|size| {
                    let here = rest % size;
                    rest /= size;
                    here
                })
                .collect();
            at.reverse();
            at
        }

        /// The cells of a box at a corner.
        fn cells(&self, corner: &[usize], shape: &[usize]) -> Vec<usize> {
            let mut cells = vec![0];
            for ((size, from), many) in self.sizes.iter().zip(corner).zip(shape) {
                let items = from..&(from + many);
                cells = cells
                    .iter()
                    .flat_map(|cell| (*items.start..*items.end).map(move |item| cell * size + item))
                    .collect();
            }
            cells
        }

        /// The shapes of boxes at a corner, as far as volume and grid allow.
        fn shapes(&self, corner: &[usize]) -> Vec<Vec<usize>> {
            let mut shapes: Vec<Vec<usize>> = vec![Vec::new()];
            for ((size, from), tied) in self.sizes.iter().zip(corner).zip(self.one_or_all) {
                shapes = shapes
                    .iter()
                    .flat_map(|shape| {
                        (1..=size - from).filter(|many| !tied || *many == 1 || many == size).map(|many| {
                            let mut shape = shape.clone();
                            shape.push(many);
                            shape
                        })
                    })
                    .filter(|shape| shape.iter().product::<usize>() <= self.volume)
                    .collect();
            }
            // The largest first: a good filling makes the others short.
            shapes.sort_by_key(|shape| std::cmp::Reverse(shape.iter().product::<usize>()));
            shapes
        }

        fn fill(&self, free: &mut Vec<bool>, used: usize, best: &mut usize) {
            let left = free.iter().filter(|free| **free).count();
            if used + left.div_ceil(self.volume) >= *best {
                return;
            }
            let Some(first) = free.iter().position(|free| *free) else {
                *best = used;
                return;
            };
            let corner = self.at(first);
            for shape in self.shapes(&corner) {
                let cells = self.cells(&corner, &shape);
                if cells.iter().all(|cell| free[*cell]) {
                    cells.iter().for_each(|cell| free[*cell] = false);
                    self.fill(free, used + 1, best);
                    cells.iter().for_each(|cell| free[*cell] = true);
                }
            }
        }
    }
    let cells = sizes.iter().product();
    Grid { sizes, one_or_all, volume }.fill(&mut vec![true; cells], 0, best);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// No plan has fewer queries, and each cell is in one query.
    #[test]
    fn plans_are_as_short_as_can_be(
        codes in 1usize..5, months in 1usize..5, types in 1usize..6, both in any::<bool>(), rows in 1usize..13,
    ) {
        // Five types may go as one `ALL`; a grid of all of them is small in the other dimensions.
        let (codes, months) = if types == 5 { (codes.min(2), months.min(2)) } else { (codes, months) };
        let statistics = if both && codes * months * types <= 12 {
            vec![Statistic::MonthlyValue, Statistic::MonthlyQuantity]
        } else {
            vec![Statistic::MonthlyValue]
        };
        let kinds = ["1", "2", "3", "4", "5"].map(|kind| kind.parse::<TradeType>().unwrap());
        let request = request(&format!("2024-01..2024-{months:02}"))
            .trade_types(kinds.into_iter().take(types))
            .statistics(statistics.clone())
            .commodities(hs(CommodityClass::Hs2, &["01", "02", "03", "04"][..codes]))
            .build()
            .unwrap();
        let plan = Plan::new(request, Limits::default().rows(rows as u64)).unwrap();
        let mut cells = BTreeSet::new();
        for planned in plan.queries() {
            let query = planned.query();
            let kinds = match query.trade_type() {
                TradeType::All => kinds.to_vec(),
                one => vec![one],
            };
            let (first, last) = (query.periods().start().month().unwrap(), query.periods().end().month().unwrap());
            let mut here = 0;
            for code in query.commodities().unwrap().codes().unwrap().iter() {
                for (month, kind) in (first..=last).flat_map(|month| kinds.iter().map(move |kind| (month, kind))) {
                    for statistic in query.statistics().iter() {
                        prop_assert!(cells.insert(format!("{code} {month} {kind} {statistic}")), "a cell twice");
                        here += 1;
                    }
                }
            }
            prop_assert_eq!(here, planned.rows());
            prop_assert!(here <= rows.max(1) as u64);
        }
        prop_assert_eq!(cells.len(), codes * months * types * statistics.len());
        let mut best = plan.len();
        // Fewer than five types go one by one.
        let sizes = [if types == 5 { 5 } else { 1 }, codes, months, statistics.len()];
        let grids = if types == 5 { 1 } else { types };
        best = best.div_ceil(grids);
        fewest(&sizes, &[true, false, false, false], rows, &mut best);
        prop_assert_eq!(plan.len(), best * grids, "{:?} {}", sizes, rows);
    }
}

/// The service may refuse without a name: halves find the code, and no good one is lost.
#[tokio::test]
async fn a_bad_code_that_nobody_names_is_found() {
    let replica = Replica::start().await.unwrap();
    let refused = || Step::hk_status(1, vec!["Some of the codes are not defined"]);
    // All four; the first two; the first alone is good, so that it is the second; then the last two.
    replica.script(Door::HkAnswer, [refused(), refused(), Step::Play, Step::Play]);
    let request =
        request("2024-01..2024-02").commodities(hs(CommodityClass::Hs2, &["10", "85", "71", "27"])).build();
    let folder = tempfile::tempdir().unwrap();
    let summary = harvest(&replica, folder.path(), request.unwrap(), Limits::default()).await;
    assert_eq!((summary.calls, replica.pending(Door::HkAnswer)), (4, 0));
    let [bad] = &summary.refused[..] else { panic!("{summary}") };
    assert_eq!((bad.what.as_str(), bad.reason.as_str()), ("85", "Some of the codes are not defined"));
    assert_eq!((summary.cells.reported + summary.cells.nil, summary.cells.refused), (6, 2));
}

/// A limit of usage is waited out, and costs nothing but time.
#[tokio::test]
async fn a_limit_of_usage_is_waited_out() {
    let (calm, folder) = (Replica::start().await.unwrap(), tempfile::tempdir().unwrap());
    let limits = Limits::default().rows(60);
    let summary = harvest(&calm, folder.path(), mixed(), limits).await;
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)));
    let builder = Replica::builder().clock(clock.clone()).hk_usage_limit(4, Duration::from_secs(5));
    let replica = builder.start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy();
    let client =
        Client::builder().base_url(replica.hk_url()).pace(Pace::off()).clock(clock).http(http).build();
    let folder = tempfile::tempdir().unwrap();
    let plan = Plan::new(mixed(), limits).unwrap();
    let harvest = Harvest::open(folder.path(), &plan, &Settings::new("replica").in_flight(3)).unwrap();
    let limited = harvest.run(&client.unwrap(), |_| {}).await.unwrap();
    assert!(replica.hk_requests().iter().any(|one| one.note.as_deref() == Some("usage limit")));
    assert_eq!((limited.data, limited.cells), (summary.data, summary.cells));
}

/// Any way of cutting gives the same rows, and the same numbers; the last month is not published. A second run, which asks
/// nothing and reads the answers from the disk, ends in the same file.
#[test]
fn any_cut_gives_the_same_table() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let replica = runtime.block_on(Replica::builder().hk_newest("202202".parse().unwrap()).start()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let whole = runtime.block_on(harvest(&replica, folder.path(), mixed(), Limits::default()));
    let expected = rows(folder.path());
    // Types, statistics, codes, countries, months: nothing is forgotten where several things are refused at once.
    assert_eq!(whole.cells.asked, 2 * 2 * 6 * 4 * 6, "{whole}");
    let config = ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(most in 1u64..80)| {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits::default().rows(most);
        let in_flight = usize::try_from(most % 4).unwrap() + 1;
        let cut = runtime.block_on(harvest_at_once(&replica, folder.path(), mixed(), limits, in_flight));
        prop_assert_eq!(rows(folder.path()), expected.clone());
        prop_assert_eq!(cut.cells, whole.cells);
        prop_assert_eq!(&cut.refused, &whole.refused);
        let again = runtime.block_on(harvest(&replica, folder.path(), mixed(), limits));
        prop_assert_eq!((again.calls, again.data, again.cells), (0, cut.data, cut.cells));
        prop_assert_eq!(again.seen, cut.seen);
    });
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Wherever the journal ends, the next run asks only for what is missing, and ends in the same bytes.
#[tokio::test]
async fn a_torn_journal_is_gone_on_with() {
    let replica = Replica::start().await.unwrap();
    let whole = tempfile::tempdir().unwrap();
    let limits = Limits::default().rows(200);
    let summary = harvest(&replica, whole.path(), mixed(), limits).await;
    let journal = std::fs::read(whole.path().join("journal")).unwrap();
    let lines: Vec<usize> = (0..journal.len()).filter(|at| journal[*at] == b'\n').map(|at| at + 1).collect();
    assert!(lines.len() > 4);
    for (line, end) in lines.iter().enumerate() {
        let start = if line == 0 { 0 } else { lines[line - 1] };
        for cut in [start, start + 1, usize::midpoint(start, *end), end - 1] {
            let folder = tempfile::tempdir().unwrap();
            copy(whole.path(), folder.path());
            std::fs::write(folder.path().join("journal"), &journal[..cut]).unwrap();
            // It is written once all was asked.
            std::fs::remove_file(folder.path().join("manifest.json")).unwrap();
            let again = harvest(&replica, folder.path(), mixed(), limits).await;
            assert_eq!(again.data, summary.data, "cut at {cut}");
            assert_eq!(again.cells, summary.cells);
            assert_eq!(
                again.calls,
                lines.len() - line,
                "cut at {cut}: asked for what was there, or not for all"
            );
        }
    }
}

#[tokio::test]
async fn faults_in_every_fifth_call_leave_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default().rows(60);
    let calm = Replica::start().await.unwrap();
    let summary = harvest(&calm, folder.path(), mixed(), limits).await;
    for seed in 0..3 {
        let replica = Replica::builder()
            .faults([Rule::on(Door::HkAnswer).one_in(5).with_any([
                Fault::Html(503),
                Fault::ResetBefore,
                Fault::ResetDuring,
                Fault::Truncated(100),
                Fault::DuplicateRows(2),
                Fault::WrongCount(1),
            ])])
            .seed(0)
            .start()
            .await
            .unwrap();
        // Each run meets other faults.
        for _ in 0..seed {
            _ = client(&replica)
                .await
                .query(&"lang=EN&sv=VCm&freq=M&period=201805,201805&ttype=4".parse().unwrap())
                .await;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut again = harvest(&replica, folder.path(), mixed(), limits).await;
        // Refusals have a note, too.
        let notes = replica.hk_requests().into_iter().filter_map(|request| request.note);
        assert!(notes.filter(|note| !note.starts_with("refused")).count() > 3, "there were no faults");
        if again.cells.failed > 0 {
            // What gave up is asked for once more.
            replica.clear_faults();
            again = harvest(&replica, folder.path(), mixed(), limits).await;
        }
        assert_eq!((again.data, again.cells, again.faults), (summary.data.clone(), summary.cells, 0));
    }
}

#[tokio::test]
async fn rows_that_stay_doubled_are_told_and_left_out() {
    let calm = Replica::start().await.unwrap();
    let replica = Replica::builder()
        .faults([Rule::on(Door::HkAnswer).with(Fault::DuplicateRows(2))])
        .start()
        .await
        .unwrap();
    let request = request("2024-01..2024-06").commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let right = harvest(&calm, one.path(), request.clone(), Limits::default()).await;
    let doubled = harvest(&replica, other.path(), request.clone(), Limits::default()).await;
    assert_eq!(doubled.faults, 2);
    assert_eq!(doubled.data, right.data);
    assert!(!doubled.is_complete());
    // An answer that another took the place of counts no more.
    replica.clear_faults();
    let refreshed = refresh(&replica, other.path(), request).await;
    assert_eq!((refreshed.faults, refreshed.calls), (0, 1));
    assert!(refreshed.is_complete());
}

async fn refresh(replica: &Replica, folder: &Path, request: Request) -> Summary {
    let plan = Plan::new(request, Limits::default()).unwrap();
    let settings = Settings::new("replica").in_flight(1).refresh(true);
    Harvest::open(folder, &plan, &settings).unwrap().run(&client(replica).await, |_| {}).await.unwrap()
}

/// A refresh that fails changes no data; the next one does.
#[tokio::test]
async fn a_refresh_that_fails_leaves_the_data() {
    let (before, after) =
        (Replica::start().await.unwrap(), Replica::builder().seed(9).start().await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let request =
        request("2026-01..2026-03").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build().unwrap();
    let first = harvest(&before, folder.path(), request.clone(), Limits::default()).await;
    let data = || std::fs::read(folder.path().join("data.csv")).unwrap();
    let old = data();
    after.faults([Rule::on(Door::HkAnswer).with(Fault::Html(500))]);
    let failed = refresh(&after, folder.path(), request.clone()).await;
    assert_eq!((failed.failed.len(), &failed.data, failed.cells), (1, &first.data, first.cells));
    assert!(failed.revisions.is_none() && !failed.is_complete() && !failed.is_answered(), "{failed}");
    assert!(
        failed.to_string().contains("not complete in 202601..202603; the data are those before"),
        "{failed}"
    );
    assert_eq!(data(), old);
    after.clear_faults();
    let done = refresh(&after, folder.path(), request).await;
    assert_eq!(done.revisions.as_ref().map(|revisions| revisions.changed), Some(6), "{done}");
    assert!(done.is_complete() && done.unfinished.is_none());
    assert_ne!(data(), old);
}

/// A code that is refused by now has no figures that vanished.
#[tokio::test]
async fn what_is_refused_now_was_not_revised() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request =
        request("2026-01..2026-03").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build().unwrap();
    harvest(&replica, folder.path(), request.clone(), Limits::default()).await;
    replica
        .script(Door::HkAnswer, [Step::hk_status(1, vec!["Commodity code (71) is not defined"]), Step::Play]);
    let summary = refresh(&replica, folder.path(), request).await;
    let revisions = summary.revisions.as_ref().unwrap();
    assert_eq!((revisions.changed, revisions.appeared, revisions.vanished), (0, 0, 0), "{summary}");
    assert_eq!((summary.cells.reported, summary.cells.refused), (3, 3));
    assert_eq!(std::fs::read_to_string(folder.path().join("revisions.csv")).unwrap().lines().count(), 1);
}

/// A code that was found bad, which took halves, is asked for apart when the others are refreshed.
#[tokio::test]
async fn a_refresh_asks_for_known_bad_codes_apart() {
    let replica = Replica::start().await.unwrap();
    let refused = || Step::hk_status(1, vec!["Some of the codes are not defined"]);
    replica.script(Door::HkAnswer, [refused(), refused(), Step::Play, Step::Play]);
    let request = request("2026-01..2026-02")
        .commodities(hs(CommodityClass::Hs2, &["10", "85", "71", "27"]))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let first = harvest(&replica, folder.path(), request.clone(), Limits::default()).await;
    assert_eq!(first.calls, 4);
    replica.script(Door::HkAnswer, [Step::Play, refused()]);
    let before = answered(&replica);
    let again = refresh(&replica, folder.path(), request).await;
    let asked: Vec<_> = replica
        .hk_requests()
        .into_iter()
        .filter(|one| !one.target.starts_with("/api/get"))
        .map(|one| one.target.rsplit('=').next().unwrap().replace("%2C", ","))
        .collect();
    assert_eq!((again.calls, answered(&replica) - before), (2, 2), "{again}");
    assert_eq!(asked[asked.len() - 2..], ["10,71,27", "85"]);
    assert_eq!((again.cells, again.data), (first.cells, first.data));
}

/// What no further cut mends says what does.
#[tokio::test]
async fn one_code_with_too_large_an_answer_is_told() {
    let replica = Replica::start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy();
    let builder = Client::builder().base_url(replica.hk_url()).pace(Pace::off()).body_cap(2_000).http(http);
    let request = request("2024-01..2024-12").commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    let plan = Plan::new(request, Limits::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let harvest = Harvest::open(folder.path(), &plan, &Settings::new("replica")).unwrap();
    let summary = harvest.run(&builder.build().unwrap(), |_| {}).await.unwrap();
    let [failed] = &summary.failed[..] else { panic!("{summary}") };
    assert!(
        failed.reason.ends_with("; harvest it into another folder with a smaller --max-rows"),
        "{summary}"
    );
}

/// The same where the refresh was killed once all was answered, so that the next run asks for nothing.
#[tokio::test]
async fn a_refresh_that_was_killed_leaves_no_old_data() {
    let (before, after) =
        (Replica::start().await.unwrap(), Replica::builder().seed(9).start().await.unwrap());
    let folder = tempfile::tempdir().unwrap();
    let request = request("2026-01..2026-03").commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    let plan = Plan::new(request.clone(), Limits::default()).unwrap();
    let run = async |format| {
        let settings = Settings::new("replica").format(format);
        let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
        harvest.run(&client(&after).await, |_| {}).await.unwrap().calls
    };
    let path = |name: &str| folder.path().join(name);
    harvest(&before, folder.path(), request.clone(), Limits::default()).await;
    assert_eq!(run(Format::Ndjson).await, 0);
    let old = ["manifest.json", "data.ndjson"].map(|name| (name, std::fs::read(path(name)).unwrap()));
    refresh(&after, folder.path(), request).await;
    assert!(!path("data.ndjson").exists());
    old.into_iter().for_each(|(name, bytes)| std::fs::write(path(name), bytes).unwrap());
    assert_eq!(run(Format::Csv).await, 0);
    assert!(!path("data.ndjson").exists(), "it is of before the refresh");
    assert_eq!(run(Format::Ndjson).await, 0);
    assert!(path("data.csv").exists(), "both are of the same answers");
}

/// Data in another form than that of a refresh are of before it: they do not stay beside the new ones.
#[tokio::test]
async fn a_refresh_in_another_form_leaves_no_old_data() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = request("2026-01..2026-03").commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    harvest(&replica, folder.path(), request.clone(), Limits::default()).await;
    let plan = Plan::new(request, Limits::default()).unwrap();
    let there = |name: &str| folder.path().join(name).exists();
    for (format, refresh) in [(Format::Parquet, true), (Format::Ndjson, false), (Format::Csv, true)] {
        let settings = Settings::new("replica").format(format).refresh(refresh);
        let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
        harvest.run(&client(&replica).await, |_| {}).await.unwrap();
        assert!(there(format.file()));
        // Without a refresh both are of the same answers.
        let others = [Format::Csv, Format::Ndjson, Format::Parquet]
            .map(|other| other != format && there(other.file()));
        assert_eq!(others.contains(&true), !refresh, "{format:?}");
    }
}

/// The folder of a dataset goes as a whole when the next takes its place: not while it holds files of others.
#[tokio::test]
async fn files_of_others_stay() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = request("2026-01..2026-02").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build();
    let plan = Plan::new(request.unwrap(), Limits::default().rows(2)).unwrap();
    let run = async |format: Format| {
        let harvest =
            Harvest::open(folder.path(), &plan, &Settings::new("replica").format(format).in_flight(1))
                .unwrap();
        harvest.run(&client(&replica).await, |_| {}).await
    };
    replica.script(Door::HkAnswer, [Step::Play]);
    replica.faults([Rule::on(Door::HkAnswer).times(3).with(Fault::WrongCount(1))]);
    assert_eq!(run(Format::Parquet).await.unwrap().data.rows, 2);
    let own = folder.path().join("data/trade_type=imports/year=2026");
    let file = own.join("part-of-another-00000.parquet");
    std::fs::write(&file, "x").unwrap();
    std::fs::write(own.join(".DS_Store"), "x").unwrap();
    let HarvestError::Stranger { path } = run(Format::Parquet).await.unwrap_err() else { panic!() };
    assert_eq!(path, file);
    // Data in another form leave it, too.
    assert_eq!(run(Format::Csv).await.unwrap().data.rows, 4);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run(Format::Parquet).await.unwrap().data.rows, 4);
    assert!(!own.join(".DS_Store").exists());
}

/// What failed in one form and came in another leaves no data behind that lack rows.
#[tokio::test]
async fn data_of_fewer_answers_do_not_stay_in_another_form() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request = request("2026-01..2026-02").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build();
    let plan = Plan::new(request.unwrap(), Limits::default().rows(2)).unwrap();
    replica.script(Door::HkAnswer, [Step::Play, Step::Fault(Fault::WrongCount(1))]);
    replica.faults([Rule::on(Door::HkAnswer).times(2).with(Fault::WrongCount(1))]);
    for (format, rows) in [(Format::Csv, 2), (Format::Ndjson, 4), (Format::Csv, 4)] {
        let settings = Settings::new("replica").format(format).in_flight(1);
        let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
        let summary = harvest.run(&client(&replica).await, |_| {}).await.unwrap();
        assert_eq!(summary.data.rows, rows, "{summary}");
        let there = |format: Format| folder.path().join(format.file()).exists();
        // With the same answers, both stay.
        assert_eq!((there(Format::Csv), there(Format::Ndjson)), (format == Format::Csv, rows == 4));
    }
}

#[tokio::test]
async fn where_nobody_answers_the_rest_is_left_and_told() {
    let replica =
        Replica::builder().faults([Rule::on(Door::HkAnswer).with(Fault::Html(500))]).start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default().rows(10);
    let summary = harvest(&replica, folder.path(), mixed(), limits).await;
    assert!(summary.failed.len() < 10, "{summary}");
    assert_eq!(summary.cells.failed, summary.cells.asked);
    assert!(!summary.is_answered());
    replica.clear_faults();
    let again = harvest(&replica, folder.path(), mixed(), limits).await;
    assert_eq!(again.cells.failed, 0);
    assert!(again.is_answered());
}

/// The second replica has other figures, and more months.
#[tokio::test]
async fn a_refresh_tells_what_was_revised() {
    let start = |builder: ReplicaBuilder, newest: &str| builder.hk_newest(newest.parse().unwrap()).start();
    let before = start(Replica::builder(), "202602").await.unwrap();
    let after = start(Replica::builder().seed(9), "202605").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let request =
        |periods: &str| request(periods).commodities(hs(CommodityClass::Hs2, &["85", "71"])).build().unwrap();
    let first = harvest(&before, folder.path(), request("2025-01..2026-02"), Limits::default()).await;
    assert!(first.revisions.is_none());
    let old = std::fs::read_to_string(folder.path().join("data.csv")).unwrap();
    let plan = Plan::new(request("2025-01..2026-12"), Limits::default()).unwrap();
    let settings = Settings::new("replica").refresh(true);
    let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
    assert!(harvest.will_refresh());
    let summary = harvest.run(&client(&after).await, |_| {}).await.unwrap();
    let revisions = summary.revisions.clone().unwrap();
    assert_eq!((revisions.changed, revisions.appeared, revisions.vanished), (4, 0, 0), "{summary}");
    assert_eq!(summary.published.as_deref(), Some("202501,202605"));
    assert_eq!(summary.cells.reported, 2 * 17);
    let asked: Vec<_> = after.hk_requests().iter().map(|request| request.target.clone()).collect();
    assert!(asked.iter().all(|target| target.contains("period=202601,")), "{asked:?}");
    let new = std::fs::read_to_string(folder.path().join("data.csv")).unwrap();
    let year = |text: &str| {
        text.lines().filter(|line| line.starts_with("2025")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(year(&old), year(&new), "the year before stays as it was");
    let listed = std::fs::read_to_string(folder.path().join("revisions.csv")).unwrap();
    assert_eq!(listed.lines().count(), 1 + 4, "{listed}");
    // Without a refresh nothing is asked for.
    let plan = Plan::new(request("2025-01..2026-12"), Limits::default()).unwrap();
    let harvest = Harvest::open(folder.path(), &plan, &Settings::new("replica")).unwrap();
    assert_eq!(harvest.run(&client(&after).await, |_| {}).await.unwrap().calls, 0);
}

/// With the words that the folder was begun with, what a refresh added stays, and is refreshed.
#[tokio::test]
async fn a_refresh_with_an_earlier_end_loses_no_months() {
    let replica = Replica::start().await.unwrap();
    let request =
        |periods: &str| request(periods).commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    for begun in ["2025-01..2026-03", "2025-01..2025-12"] {
        let folder = tempfile::tempdir().unwrap();
        harvest(&replica, folder.path(), request(begun), Limits::default()).await;
        let longer = refresh(&replica, folder.path(), request("2025-01..2026-05")).await;
        assert_eq!(longer.data.rows, 17, "{longer}");
        let again = refresh(&replica, folder.path(), request(begun)).await;
        assert_eq!((again.data.rows, again.calls), (17, 1), "{again}");
        assert_eq!(again.published.as_deref(), Some("202501,202605"));
    }
}

/// An end that is not published pins the folder to nothing: what the data reach is the same harvest, also without a refresh.
#[tokio::test]
async fn a_refresh_beyond_what_is_published_is_the_same_harvest() {
    let start = |newest: &str| Replica::builder().hk_newest(newest.parse().unwrap()).start();
    let (replica, later) = (start("202604").await.unwrap(), start("202605").await.unwrap());
    let request =
        |periods: &str| request(periods).commodities(hs(CommodityClass::Hs2, &["85"])).build().unwrap();
    let plan = |periods: &str| Plan::new(request(periods), Limits::default()).unwrap();
    for begun in ["2025-01..2026-12", "2025-01..2026-03"] {
        let folder = tempfile::tempdir().unwrap();
        harvest(&replica, folder.path(), request(begun), Limits::default()).await;
        let over = refresh(&replica, folder.path(), request("2025-01..2026-12")).await;
        assert_eq!((over.data.rows, over.published.as_deref()), (16, Some("202501,202604")), "{over}");
        assert!(over.to_string().contains("periods    202501..202604\n"), "{over}");
        let settings = Settings::new("replica");
        let open =
            |periods: &str, settings: &Settings| Harvest::open(folder.path(), &plan(periods), settings);
        assert!(open("2025-01..2026-04", &settings).is_ok(), "what is there");
        let earlier = open("2025-01..2026-02", &settings.clone().refresh(true)).unwrap_err().to_string();
        assert!(earlier.contains("there 202501..202604; now 202501..202602"), "{earlier}");
        let longer = open("2025-01..2026-05", &settings).unwrap_err().to_string();
        assert!(longer.contains("now 202501..202605 (a refresh may end later)"), "{longer}");
        let same = refresh(&later, folder.path(), request("2025-01..2026-04")).await;
        assert_eq!((same.data.rows, same.calls), (16, 1), "no month more than asked for: {same}");
        let more = refresh(&later, folder.path(), request("2025-01..2026-05")).await;
        assert_eq!((more.data.rows, more.published.as_deref()), (17, Some("202501,202605")), "{more}");
    }
}

/// Nobody answers: what is there stays, whatever was lost of what the data were made of.
#[tokio::test]
async fn a_lost_journal_or_body_costs_no_data() {
    let replica = Replica::start().await.unwrap();
    let request =
        request("2024-01..2024-03").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build().unwrap();
    let limits = Limits::default().rows(2);
    let folder = tempfile::tempdir().unwrap();
    let whole = harvest(&replica, folder.path(), request.clone(), limits).await;
    replica.faults([Rule::on(Door::HkAnswer).with(Fault::Html(500))]);
    let path = |name: &str| folder.path().join(name);
    let names = |folder: &Path| -> BTreeSet<_> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let (journal, data) = (std::fs::read(path("journal")).unwrap(), std::fs::read(path("data.csv")).unwrap());
    let bodies = names(&path("bodies"));
    let plan = Plan::new(request.clone(), limits).unwrap();
    for empty in [false, true] {
        std::fs::remove_file(path("journal")).unwrap();
        if empty {
            std::fs::write(path("journal"), "").unwrap();
        }
        let told = Harvest::open(folder.path(), &plan, &Settings::new("replica")).unwrap_err().to_string();
        assert!(
            told.contains("tells of 3 answers; put back a copy of it, or harvest into another folder"),
            "{told}"
        );
        assert_eq!(
            (names(&path("bodies")), std::fs::read(path("data.csv")).unwrap()),
            (bodies.clone(), data.clone())
        );
        std::fs::write(path("journal"), &journal).unwrap();
    }
    let lost = path("bodies").join(bodies.first().unwrap());
    std::fs::remove_file(lost).unwrap();
    for _ in 0..2 {
        let failed = harvest(&replica, folder.path(), request.clone(), limits).await;
        assert!(failed.kept && failed.cells.failed == 2 && !failed.is_answered(), "{failed}");
        assert!(failed.to_string().contains("\nkept       the data are those of an earlier run"), "{failed}");
        assert_eq!((&failed.data, std::fs::read(path("data.csv")).unwrap()), (&whole.data, data.clone()));
    }
    replica.clear_faults();
    let mended = harvest(&replica, folder.path(), request, limits).await;
    assert_eq!((mended.data, mended.cells, mended.calls, mended.kept), (whole.data, whole.cells, 1, false));
}

/// What a refresh brought stays, too, where a body of it is gone or the journal put back is older.
#[tokio::test]
async fn data_of_a_refresh_are_not_taken_back() {
    let replica = Replica::builder().hk_newest("2024-03".parse().unwrap()).start().await.unwrap();
    let months =
        |periods: &str| request(periods).commodities(hs(CommodityClass::Hs2, &["85", "71"])).build().unwrap();
    let limits = Limits::default().rows(2);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    harvest(&replica, folder.path(), months("2024-01..2024-02"), limits).await;
    let older = std::fs::read(path("journal")).unwrap();
    let before: BTreeSet<_> =
        std::fs::read_dir(path("bodies")).unwrap().map(|one| one.unwrap().path()).collect();
    let plan = Plan::new(months("2024-01..2024-03"), limits).unwrap();
    let refresh = Harvest::open(folder.path(), &plan, &Settings::new("replica").refresh(true)).unwrap();
    let refreshed = refresh.run(&client(&replica).await, |_| {}).await.unwrap();
    assert_eq!(refreshed.data.rows, 6, "{refreshed}");
    let (journal, data) = (std::fs::read(path("journal")).unwrap(), std::fs::read(path("data.csv")).unwrap());
    let bodies: BTreeSet<_> =
        std::fs::read_dir(path("bodies")).unwrap().map(|one| one.unwrap().path()).collect();
    replica.faults([Rule::on(Door::HkAnswer).with(Fault::Html(500))]);

    // The journal of before it: nothing is deleted, and the newer one may be put back.
    std::fs::write(path("journal"), older).unwrap();
    let kept = harvest(&replica, folder.path(), months("2024-01..2024-02"), limits).await;
    assert!(kept.kept && kept.data == refreshed.data, "{kept}");
    assert_eq!(std::fs::read(path("data.csv")).unwrap(), data);
    std::fs::write(path("journal"), journal).unwrap();

    // A body of it is gone, and the service is down.
    std::fs::remove_file(bodies.difference(&before).next().unwrap()).unwrap();
    let kept = harvest(&replica, folder.path(), months("2024-01..2024-03"), limits).await;
    assert!(kept.kept && kept.data == refreshed.data, "{kept}");
    assert_eq!(std::fs::read(path("data.csv")).unwrap(), data);
    replica.clear_faults();
    let mended = harvest(&replica, folder.path(), months("2024-01..2024-03"), limits).await;
    assert!(!mended.kept && mended.data == refreshed.data, "{mended}");
}

/// In Chinese a refusal is asked for once more in English, and codes that no message names are looked for in English; the
/// summary counts it, and the data are in Chinese.
#[tokio::test]
async fn all_calls_are_counted_in_chinese() {
    let replica = Replica::start().await.unwrap();
    let refused = |words| Step::hk_status(1, vec![words]);
    let (english, chinese) = ("Some of the codes are not defined", "部分貨物編號未有定義");
    // All four, in Chinese and in English; the first two; the first alone is good, so it is the second; the others; then, in
    // Chinese, the three that are good.
    let refused = [refused(chinese), refused(english), refused(english)];
    replica.script(Door::HkAnswer, refused.into_iter().chain([Step::Play, Step::Play, Step::Play]));
    let request = request("2024-01..2024-02")
        .language(Language::TraditionalChinese)
        .commodities(hs(CommodityClass::Hs2, &["10", "85", "71", "27"]))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let summary = harvest(&replica, folder.path(), request.clone(), Limits::default()).await;
    assert_eq!((summary.calls, answered(&replica), replica.pending(Door::HkAnswer)), (6, 6, 0));
    let [bad] = &summary.refused[..] else { panic!("{summary}") };
    assert_eq!((bad.what.as_str(), bad.reason.as_str()), ("85", chinese));
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    let probes = manifest["answers"].as_array().unwrap().iter().filter(|one| one["probe"] == true).count();
    assert_eq!((summary.answers, probes), (1, 2), "two only told which code is at fault");
    let data = || std::fs::read_to_string(folder.path().join("data.csv")).unwrap();
    let whole = data();
    assert_eq!((summary.data.rows, whole.matches("千港元").count()), (6, 6), "{whole}");
    assert_eq!(harvest(&replica, folder.path(), request.clone(), Limits::default()).await.calls, 0);

    // The same, killed before the last one: it alone is asked for.
    let journal = std::fs::read_to_string(folder.path().join("journal")).unwrap();
    let (before_last, _) = journal.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(folder.path().join("journal"), format!("{before_last}\n")).unwrap();
    assert_eq!(harvest(&replica, folder.path(), request, Limits::default()).await.calls, 1);
    assert_eq!(data(), whole);
}

/// A service that refuses in Chinese what it answers in English is not asked for ever: the query failed.
#[tokio::test]
async fn what_is_refused_in_chinese_alone_has_failed() {
    let replica = Replica::start().await.unwrap();
    let refused = || Step::hk_status(1, vec!["Some of the codes are not defined"]);
    let all = ["10", "85", "71", "27"];
    let once = [refused(), Step::Play].to_vec();
    let after_a_search =
        [refused(), refused(), refused(), Step::Play, Step::Play, refused(), refused()].to_vec();
    // One good code, answered in English: 85 it must be, and 10 is none.
    let of_two = [refused(), refused(), Step::Play, refused(), refused()].to_vec();
    // Of several, halves are asked for, and answered here; one code by itself has failed.
    for (codes, steps, halves, failed, bad, rows) in [
        (&all[..], once.clone(), 2, 0, 0, 8),
        (&all[1..2], once, 0, 2, 0, 2),
        (&all[..], after_a_search, 2, 0, 2, 6),
        (&all[..2], of_two, 0, 2, 2, 2),
    ] {
        let calls = steps.len() + halves;
        replica.script(Door::HkAnswer, steps);
        let request = request("2024-01..2024-02")
            .language(Language::SimplifiedChinese)
            .commodities(hs(CommodityClass::Hs2, codes))
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let summary = harvest(&replica, folder.path(), request.clone(), Limits::default()).await;
        assert_eq!((summary.calls, replica.pending(Door::HkAnswer)), (calls, 0));
        assert_eq!(summary.failed.len(), failed / 2);
        let says = "answers this in English and refuses it in this language";
        assert!(summary.failed.iter().all(|one| one.reason.contains(says)), "{summary}");
        assert_eq!((summary.cells.failed, summary.cells.refused), (failed as u64, bad), "{summary}");
        let whole = harvest(&replica, folder.path(), request, Limits::default()).await;
        assert_eq!((whole.calls, whole.cells.failed, whole.data.rows), (failed / 2, 0, rows), "{whole}");
    }
}

/// An area that the English words alone name is taken out, however many codes the query has; an answer without rows is the same in
/// each language, and no probe.
#[tokio::test]
async fn what_is_told_in_english_alone_counts_in_chinese() {
    let replica = Replica::start().await.unwrap();
    let refused = |words| Step::hk_status(1, vec![words]);
    for codes in [&["10"][..], &["10", "85"]] {
        replica.script(Door::HkAnswer, [refused("未有定義"), refused("Country code (ZZ) is not defined")]);
        let request = request("2024-01..2024-02")
            .language(Language::TraditionalChinese)
            .origin(Areas::countries(["CN", "ZZ"]).unwrap())
            .commodities(hs(CommodityClass::Hs2, codes))
            .build()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let summary = harvest(&replica, folder.path(), request, Limits::default()).await;
        assert_eq!(
            (summary.refused[0].what.as_str(), summary.data.rows),
            ("ZZ", 2 * codes.len() as u64),
            "{summary}"
        );
    }
    let nothing = || refused("No record found");
    let steps = [refused("未有定義"), refused("Some are not defined"), nothing()];
    replica.script(Door::HkAnswer, steps);
    let request = request("2024-01..2024-02")
        .language(Language::TraditionalChinese)
        .commodities(hs(CommodityClass::Hs2, &["10", "85"]))
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let summary = harvest(&replica, folder.path(), request, Limits::default()).await;
    assert_eq!((summary.calls, summary.answers, summary.cells.nil, summary.cells.refused), (3, 1, 2, 2));
    let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
    assert!(!manifest.contains("\"probe\""), "{manifest}");
}

/// Answers whose bodies are alike came at times of their own.
#[tokio::test]
async fn the_manifest_tells_when_each_answer_came() {
    let replica = Replica::start().await.unwrap();
    let nothing = || Step::hk_status(1, vec!["No record found"]);
    replica.script(Door::HkAnswer, [nothing(), nothing()]);
    let clock = Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000)));
    let http = reqwest::Client::builder().no_proxy();
    let pace = Pace::new(1, Duration::from_secs(60));
    let client = Client::builder().base_url(replica.hk_url()).pace(pace).clock(clock).http(http).build();
    let request = request("2024-01..2024-01").commodities(hs(CommodityClass::Hs2, &["85", "71"])).build();
    let plan = Plan::new(request.unwrap(), Limits::default().rows(1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new("replica").in_flight(1);
    let open = || Harvest::open(folder.path(), &plan, &settings).unwrap();
    let client = client.unwrap();
    for calls in [2, 0] {
        assert_eq!(open().run(&client, |_| {}).await.unwrap().calls, calls);
        let manifest = std::fs::read(folder.path().join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let [one, other] = &manifest["answers"].as_array().unwrap()[..] else { panic!("{manifest}") };
        assert_eq!(one["sha256"], other["sha256"]);
        assert_ne!(one["retrieved"], other["retrieved"], "{manifest}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told() {
    let replica = Replica::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let small = |codes: &[&str]| {
        let request =
            request("2024-01..2024-02").commodities(hs(CommodityClass::Hs2, codes)).build().unwrap();
        Plan::new(request, Limits::default()).unwrap()
    };
    let plan = small(&["85"]);
    let settings = Settings::new("replica").format(Format::Ndjson);
    let told = |result: Result<Harvest, HarvestError>| {
        result.unwrap_err().to_string().replace(&folder.path().display().to_string(), "FOLDER")
    };
    let first = Harvest::open(folder.path(), &plan, &settings).unwrap();
    assert_eq!(
        told(Harvest::open(folder.path(), &plan, &settings)),
        "another process harvests into FOLDER; wait for it, or give another folder"
    );
    first.run(&client(&replica).await, |_| {}).await.unwrap();
    let other =
        told(Harvest::open(folder.path(), &small(&["85", "87"]), &Settings::new("https://h.example")));
    assert!(
        other.starts_with("FOLDER holds another harvest:\n- service: there replica; now https://h.example"),
        "{other}"
    );
    assert!(other.contains("\n- commodities, codes: ") && other.ends_with("or ask for the same"), "{other}");
    let body = std::fs::read_dir(folder.path().join("bodies")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&body, "x").unwrap();
    let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
    let damaged = harvest.run(&client(&replica).await, |_| {}).await.unwrap_err().to_string();
    assert!(
        damaged.contains("it does not unpack") && damaged.contains("delete it and run again"),
        "{damaged}"
    );
    std::fs::remove_file(&body).unwrap();
    let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
    assert_eq!(harvest.run(&client(&replica).await, |_| {}).await.unwrap().calls, 1);
    std::fs::write(folder.path().join("plan.json"), "{").unwrap();
    assert!(told(Harvest::open(folder.path(), &plan, &settings)).contains("plan.json is damaged: EOF"));
    let full = tempfile::tempdir().unwrap();
    std::fs::write(full.path().join("thesis.txt"), "x").unwrap();
    let error = Harvest::open(full.path(), &plan, &settings).unwrap_err();
    assert!(matches!(error, HarvestError::NotAHarvest { .. }), "{error}");
    let file = full.path().join("thesis.txt");
    assert!(matches!(Harvest::open(&file, &plan, &settings), Err(HarvestError::NotAFolder { .. })));
}

/// The limit is not passed by asking from two clients that share a ledger.
#[tokio::test]
async fn two_clients_with_one_ledger_keep_within_the_limit() {
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let clock = Arc::new(ManualClock::at(wall));
    let replica = Replica::builder()
        .clock(clock.clone())
        .hk_usage_limit(10, Duration::from_secs(5))
        .start()
        .await
        .unwrap();
    let ledger = tempfile::tempdir().unwrap();
    let client = || {
        let shared =
            SharedPace::open_in(ledger.path(), "hk-trade", Pace::new(1, Duration::from_millis(500))).unwrap();
        let http = reqwest::Client::builder().no_proxy();
        let builder = Client::builder().base_url(replica.hk_url()).clock(clock.clone()).http(http);
        builder.shared_pace(shared).build().unwrap()
    };
    let (one, other) = (client(), client());
    let query = "lang=EN&sv=VCm&freq=M&period=201901,201901&ttype=4".parse().unwrap();
    for _ in 0..15 {
        assert_eq!(one.query(&query).await.unwrap().attempts(), 1);
        assert_eq!(other.query(&query).await.unwrap().attempts(), 1);
    }
    assert_eq!(answered(&replica), 30);
}
