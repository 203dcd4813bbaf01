use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Clock, Pace};

/// Names another folder for the ledgers than the user's own.
const FOLDER: &str = "TRADEBIND_STATE_DIR";
/// How long nobody asks once the limit of usage is reached: users of the Hong Kong service wait 5 to 15 s (observed).
const AFTER_LIMIT: Duration = Duration::from_secs(15);
/// How long to wait before looking again for a free turn.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One pace for all processes of a user on this machine: so many calls at once, and starts so far apart, whoever makes them.
///
/// A small ledger in the user's folder for state (`TRADEBIND_STATE_DIR` names another) notes when the next call may start,
/// and when the limit of usage was last reached; after that nobody asks for 15 s. Turns are locks, which the system frees
/// when a process ends, however it ends. A clock that was set back holds nobody up.
#[derive(Debug, Clone)]
pub struct SharedPace {
    folder: PathBuf,
    service: String,
    pace: Pace,
}

/// What the ledger holds, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Ledger {
    next: u64,
    /// When `next` was noted: later than now, the clock was set back since, and `next` says nothing. Whoever noted it may ask
    /// at a slower pace than others, so that how far ahead it is does not tell.
    noted: Option<u64>,
    limit_reached: u64,
}

/// A turn: freed when it is dropped.
#[derive(Debug)]
pub(crate) struct SharedTurn(#[allow(dead_code, reason = "held for its lock")] Option<File>);

impl SharedPace {
    /// The pace that all processes of this user share for a service.
    ///
    /// # Errors
    /// No folder for state, or one that cannot be written to.
    pub fn open(service: &str, pace: Pace) -> io::Result<Self> {
        use etcetera::BaseStrategy as _;
        let folder = match std::env::var_os(FOLDER).filter(|name| !name.is_empty()) {
            Some(folder) => PathBuf::from(folder),
            None => {
                let base = etcetera::choose_base_strategy().map_err(io::Error::other)?;
                base.state_dir().unwrap_or_else(|| base.data_dir()).join("tradebind")
            }
        };
        Self::open_in(&folder, service, pace)
    }

    /// The same, in a folder of its own.
    ///
    /// # Errors
    /// A folder that cannot be written to; the message names it.
    pub fn open_in(folder: &Path, service: &str, pace: Pace) -> io::Result<Self> {
        let told = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", folder.display()));
        fs::create_dir_all(folder).map_err(told)?;
        let shared = Self { folder: folder.to_owned(), service: service.to_owned(), pace };
        shared.change(|_| ()).map_err(told)?;
        Ok(shared)
    }

    /// The pace.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// When some process last reached the limit of usage.
    #[must_use]
    pub fn limit_reached(&self) -> Option<SystemTime> {
        let ledger = self.change(|ledger| *ledger).ok().filter(|ledger| ledger.limit_reached > 0)?;
        UNIX_EPOCH.checked_add(Duration::from_millis(ledger.limit_reached))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}", self.service))
    }

    /// Changes the ledger while nobody else does. One that cannot be read begins anew.
    fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> io::Result<T> {
        let path = self.file("pace");
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        fs4::FileExt::lock(&file)?;
        let mut text = String::new();
        let read = file.read_to_string(&mut text);
        let before: Ledger = read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut ledger = before;
        let made = change(&mut ledger);
        if ledger != before || text.is_empty() {
            let text = serde_json::to_string(&ledger)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
        }
        Ok(made)
    }

    /// Waits for a turn among all processes.
    pub(crate) async fn enter(&self, clock: &dyn Clock) -> SharedTurn {
        let turn = self.free(clock).await;
        let apart = millis(self.pace.apart());
        let wait = self.change(|ledger| {
            let now = now(clock);
            // What was noted much later than now comes from a clock that was set back since; a clock that is corrected by a
            // little ends no wait.
            let soon = now.saturating_add(millis(AFTER_LIMIT));
            let held = match ledger.limit_reached {
                at if at == 0 || at > soon => 0,
                at => at.saturating_add(millis(AFTER_LIMIT)),
            };
            let next = if ledger.noted.is_some_and(|noted| noted <= soon) { ledger.next } else { 0 };
            let start = now.max(next).max(held);
            ledger.next = start.saturating_add(apart);
            ledger.noted = Some(now);
            Duration::from_millis(start.saturating_sub(now))
        });
        // A ledger that fails while it is used stops nobody: each waits as if alone.
        let wait = wait.unwrap_or(self.pace.apart());
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
        turn
    }

    /// Waits until fewer calls than allowed are under way.
    async fn free(&self, clock: &dyn Clock) -> SharedTurn {
        let Some(most) = self.pace.in_flight() else { return SharedTurn(None) };
        loop {
            for at in 0..most {
                let file = File::options()
                    .create(true)
                    .truncate(false)
                    .write(true)
                    .open(self.file(&format!("turn{at}")));
                let Ok(file) = file else { return SharedTurn(None) };
                match fs4::FileExt::try_lock(&file) {
                    Ok(()) => return SharedTurn(Some(file)),
                    Err(fs4::TryLockError::WouldBlock) => {}
                    Err(fs4::TryLockError::Error(_)) => return SharedTurn(None),
                }
            }
            clock.sleep(LOOK_AGAIN).await;
            // A clock that is ready at once would let nobody else on this thread end his turn.
            tokio::task::yield_now().await;
        }
    }

    /// Notes that the limit of usage is reached.
    pub(crate) fn limited(&self, clock: &dyn Clock) {
        // Who cannot note it waits on its own.
        _ = self.change(|ledger| ledger.limit_reached = now(clock).max(1));
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn now(clock: &dyn Clock) -> u64 {
    clock.wall().duration_since(UNIX_EPOCH).map_or(0, millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ManualClock;

    fn pace() -> Pace {
        Pace::new(3, Duration::from_millis(500))
    }

    /// Two that share a folder and a clock, as two processes do.
    #[tokio::test]
    async fn two_ask_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
        let [one, other] = [(); 2].map(|()| SharedPace::open_in(folder.path(), "hk-trade", pace()).unwrap());
        for shared in [&one, &other, &one, &other] {
            drop(shared.enter(&clock).await);
        }
        assert_eq!(clock.naps(), [Duration::from_millis(500); 3]);
        assert_eq!(one.limit_reached(), None);
        other.limited(&clock);
        assert_eq!(one.limit_reached(), Some(clock.wall()));
        drop(one.enter(&clock).await);
        assert_eq!(clock.naps().last(), Some(&AFTER_LIMIT));
    }

    /// Who asks at a fast pace waits for a start that another noted at a slow one.
    #[tokio::test]
    async fn a_slower_pace_of_another_process_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
        let slow = Duration::from_secs(2 * 60 * 60);
        let [one, other] = [Pace::new(1, slow), pace()]
            .map(|pace| SharedPace::open_in(folder.path(), "hk-trade", pace).unwrap());
        drop(one.enter(&clock).await);
        drop(other.enter(&clock).await);
        assert_eq!(clock.naps(), [slow]);
    }

    /// A pace of more than an hour is no clock that was set back.
    #[tokio::test]
    async fn a_slow_pace_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
        let apart = Duration::from_secs(2 * 60 * 60);
        let shared = SharedPace::open_in(folder.path(), "hk-trade", Pace::new(1, apart)).unwrap();
        for _ in 0..3 {
            drop(shared.enter(&clock).await);
        }
        assert_eq!(clock.naps(), [apart; 2]);
    }

    #[tokio::test]
    async fn no_more_at_once_than_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let shared = |pace| SharedPace::open_in(folder.path(), "hk-trade", pace).unwrap();
        let pace = Pace::new(3, Duration::ZERO);
        let (one, other) = (shared(pace), shared(pace));
        let clock = crate::http::SystemClock;
        let turns = [one.enter(&clock).await, other.enter(&clock).await, one.enter(&clock).await];
        let short = Duration::from_millis(120);
        assert!(tokio::time::timeout(short, other.enter(&clock)).await.is_err(), "a fourth at once");
        drop(turns);
        drop(other.enter(&clock).await);
    }

    /// A clock that does not wait leaves room for whoever has the turn, on a runtime of one thread too.
    #[test]
    fn who_waits_lets_others_work() {
        let (done, ended) = std::sync::mpsc::channel();
        // On a thread of its own, so that the test fails where this would go on for ever.
        std::thread::spawn(move || {
            let folder = tempfile::tempdir().unwrap();
            let pace = Pace::new(1, Duration::ZERO);
            let shared = SharedPace::open_in(folder.path(), "hk-trade", pace).unwrap();
            let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let turn = shared.enter(&clock).await;
                let next = async { drop(shared.enter(&clock).await) };
                let working = async {
                    tokio::task::yield_now().await;
                    drop(turn);
                };
                futures_util::future::join(next, working).await;
            });
            done.send(clock.naps()).unwrap();
        });
        let naps = ended.recv_timeout(Duration::from_secs(60)).expect("it waits for ever");
        assert!(!naps.is_empty() && naps.iter().all(|nap| *nap == LOOK_AGAIN), "{naps:?}");
    }

    #[tokio::test]
    async fn a_clock_set_back_and_a_damaged_ledger_hold_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let shared = SharedPace::open_in(folder.path(), "hk-trade", pace()).unwrap();
        let minute = 60;
        for back in [30 * minute, 1_000_000] {
            let late = ManualClock::at(UNIX_EPOCH + Duration::from_secs(2_000_000));
            drop(shared.enter(&late).await);
            shared.limited(&late);
            let early = ManualClock::at(UNIX_EPOCH + Duration::from_secs(2_000_000 - back));
            drop(shared.enter(&early).await);
            fs::write(folder.path().join("hk-trade.pace"), "{").unwrap();
            drop(shared.enter(&early).await);
            assert!(early.naps().is_empty(), "{back} s back: {:?}", early.naps());
            fs::remove_file(folder.path().join("hk-trade.pace")).unwrap();
        }
        // One that is corrected by a second ends no wait, and makes none much longer.
        let late = ManualClock::at(UNIX_EPOCH + Duration::from_secs(2_000_000));
        shared.limited(&late);
        let early = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_999_999));
        drop(shared.enter(&early).await);
        assert_eq!(early.naps(), [AFTER_LIMIT + Duration::from_secs(1)]);
    }
}
