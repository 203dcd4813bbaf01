use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{Clock, Pace};
use crate::error::{Error, ErrorKind};

/// Names another folder for the ledgers than the user's own.
const FOLDER: &str = "TRADEBIND_STATE_DIR";
/// How long nobody asks once the limit of usage is reached: users of the Hong Kong service wait 5 to 15 s (observed).
const AFTER_LIMIT: Duration = Duration::from_secs(15);
/// How long to wait before looking again for a free turn.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How long nobody takes a turn before who waits gives up: longer than an attempt may take, unless its limit was raised.
const LONGEST_STILL: Duration = Duration::from_secs(15 * 60);

/// One pace for all processes of a user on this machine: so many calls at once, and starts so far apart, whoever makes them.
///
/// A small ledger in the user's folder for state (`TRADEBIND_STATE_DIR` names another) notes when the next call may start,
/// and when the limit of usage was last reached; after that nobody asks for 15 s. Turns are locks, which the system frees
/// when a process ends, however it ends. A clock that was set back holds nobody up.
///
/// A process that was stopped and not ended, by Ctrl-Z or `SIGSTOP`, keeps its turns. Where other processes hold all of them, and
/// nobody took one for 15 minutes, a call fails with [`ErrorKind::NoTurn`], which names them and the folder.
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

impl Ledger {
    /// When the next call may start.
    fn start(&self, now: u64) -> u64 {
        // What was noted much later than now comes from a clock that was set back since; a clock that is corrected by a
        // little ends no wait.
        let soon = now.saturating_add(millis(AFTER_LIMIT));
        let held = match self.limit_reached {
            at if at == 0 || at > soon => 0,
            at => at.saturating_add(millis(AFTER_LIMIT)),
        };
        let next = if self.noted.is_some_and(|noted| noted <= soon) { self.next } else { 0 };
        now.max(next).max(held)
    }
}

/// What who waits for a turn saw of the ledger, and since when nothing in it hinders a start.
#[derive(Debug, Clone, Copy)]
struct Seen {
    ledger: Ledger,
    since: Instant,
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
    pub(crate) async fn enter(&self, clock: &dyn Clock) -> Result<SharedTurn, Error> {
        let turn = self.free(clock).await?;
        let apart = millis(self.pace.apart());
        let wait = self.change(|ledger| {
            let now = now(clock);
            let start = ledger.start(now);
            ledger.next = start.saturating_add(apart);
            ledger.noted = Some(now);
            Duration::from_millis(start.saturating_sub(now))
        });
        // A ledger that fails while it is used stops nobody: each waits as if alone.
        let wait = wait.unwrap_or(self.pace.apart());
        if !wait.is_zero() {
            clock.sleep(wait).await;
        }
        Ok(turn)
    }

    /// Waits until fewer calls than allowed are under way.
    async fn free(&self, clock: &dyn Clock) -> Result<SharedTurn, Error> {
        let Some(most) = self.pace.in_flight() else { return Ok(SharedTurn(None)) };
        let mut seen = None;
        loop {
            for at in 0..most {
                let file = File::options().create(true).truncate(false).write(true).open(self.turn(at));
                let Ok(file) = file else { return Ok(SharedTurn(None)) };
                match fs4::FileExt::try_lock(&file) {
                    Ok(()) => {
                        sign(&file);
                        return Ok(SharedTurn(Some(file)));
                    }
                    Err(fs4::TryLockError::WouldBlock) => {}
                    Err(fs4::TryLockError::Error(_)) => return Ok(SharedTurn(None)),
                }
            }
            if self.stands_still(&mut seen, clock) {
                self.given_up(most)?;
            }
            clock.sleep(LOOK_AGAIN).await;
            // A clock that is ready at once would let nobody else on this thread end his turn.
            tokio::task::yield_now().await;
        }
    }

    /// Whether nobody took a turn for long.
    fn stands_still(&self, seen: &mut Option<Seen>, clock: &dyn Clock) -> bool {
        let since = |seen: &Seen| clock.now().saturating_duration_since(seen.since);
        if seen.as_ref().is_some_and(|seen| since(seen) < LONGEST_STILL) {
            return false;
        }
        let Ok(ledger) = self.change(|ledger| *ledger) else { return false };
        let is_still = seen.is_some_and(|seen| seen.ledger == ledger);
        // Whoever has a turn may still wait for his start.
        let ahead = Duration::from_millis(ledger.start(now(clock)).saturating_sub(now(clock)));
        let since = clock.now().checked_add(ahead).unwrap_or_else(|| clock.now());
        *seen = Some(Seen { ledger, since });
        is_still
    }

    /// Tells who holds all turns, unless this process has one: that moves.
    fn given_up(&self, most: usize) -> Result<(), Error> {
        let mut holders: Vec<_> = (0..most).filter_map(|at| signed(&self.turn(at))).collect();
        holders.sort_unstable();
        holders.dedup();
        if holders.contains(&std::process::id()) {
            return Ok(());
        }
        let numbers: Vec<_> = holders.iter().map(u32::to_string).collect();
        let who = match &numbers[..] {
            [] => "other processes hold".to_owned(),
            [one] => format!("process {one} holds"),
            all => format!("processes {} hold", all.join(", ")),
        };
        let detail = format!(
            "{who} all {most} turns in {}, and nobody took one for {} minutes; continue or end what was stopped there",
            self.folder.display(),
            LONGEST_STILL.as_secs() / 60
        );
        Err(Error::new(ErrorKind::NoTurn, detail).repeatable(true))
    }

    fn turn(&self, at: usize) -> PathBuf {
        self.file(&format!("turn{at}"))
    }

    /// Notes that the limit of usage is reached.
    pub(crate) fn limited(&self, clock: &dyn Clock) {
        // Who cannot note it waits on its own.
        _ = self.change(|ledger| ledger.limit_reached = now(clock).max(1));
    }
}

/// Notes whose a turn is, for whoever waits for it in vain. It counts only as long as the lock is held.
fn sign(mut file: &File) {
    let number = std::process::id().to_string();
    // Who cannot note it is not named.
    _ = file.write_all(number.as_bytes()).and_then(|()| file.set_len(number.len() as u64));
}

fn signed(turn: &Path) -> Option<u32> {
    fs::read_to_string(turn).ok()?.parse().ok()
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
            drop(shared.enter(&clock).await.unwrap());
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
        assert!(turns.iter().all(Result::is_ok));
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

    /// Holds all turns, as another process does.
    fn held(folder: &Path, most: usize) -> Vec<File> {
        let turn = |at: usize| {
            let path = folder.join(format!("hk-trade.turn{at}"));
            fs::write(&path, (4_000_000_000 + at as u64).to_string()).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            fs4::FileExt::lock(&file).unwrap();
            file
        };
        (0..most).map(turn).collect()
    }

    /// A clock that does something of its own before each wait.
    struct Acting<F>(ManualClock, F);

    impl<F> std::fmt::Debug for Acting<F> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }

    impl<F: Fn(&ManualClock) + Send + Sync> Clock for Acting<F> {
        fn now(&self) -> Instant {
            self.0.now()
        }

        fn wall(&self) -> SystemTime {
            self.0.wall()
        }

        fn sleep(&self, wait: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            (self.1)(&self.0);
            self.0.sleep(wait)
        }
    }

    /// A process that was stopped keeps its turns: who waits for them gives up once, and says why.
    #[tokio::test]
    async fn a_stopped_process_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let shared = SharedPace::open_in(folder.path(), "hk-trade", pace()).unwrap();
        let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
        let (began, turns) = (clock.now(), std::sync::Mutex::new(held(folder.path(), 3)));
        // So that the test ends where nobody gives up.
        let clock = Acting(clock, |clock: &ManualClock| {
            if clock.now() - began > LONGEST_STILL {
                turns.lock().unwrap().clear();
            }
        });
        let error = shared.enter(&clock).await.unwrap_err();
        assert_eq!(clock.now() - began, LONGEST_STILL);
        assert!(error.kind() == ErrorKind::NoTurn && error.is_unsent() && error.is_retryable(), "{error}");
        let told = error.to_string().replace(&folder.path().display().to_string(), "FOLDER");
        insta::assert_snapshot!(told, @"no turn came free; nothing was sent: processes 4000000000, 4000000001, 4000000002 hold all 3 turns in FOLDER, and nobody took one for 15 minutes; continue or end what was stopped there");
        turns.lock().unwrap().clear();
        drop(shared.enter(&clock).await.unwrap());
    }

    /// However long the line is, who stands in it waits as long as others take turns, or wait for their starts.
    #[tokio::test]
    async fn a_line_that_moves_is_waited_in() {
        use std::sync::atomic::{AtomicUsize, Ordering};

        const MINUTE: Duration = Duration::from_secs(60);
        // Another takes a turn each 10 minutes; or once, to start in an hour.
        for (every, apart) in [(12_000, Duration::ZERO), (usize::MAX, MINUTE * 60)] {
            let folder = tempfile::tempdir().unwrap();
            let shared = SharedPace::open_in(folder.path(), "hk-trade", pace()).unwrap();
            let clock = ManualClock::at(UNIX_EPOCH + Duration::from_secs(1_000_000));
            let (began, turns) = (clock.now(), std::sync::Mutex::new(held(folder.path(), 3)));
            let naps = AtomicUsize::new(0);
            let other = |clock: &ManualClock| {
                if naps.fetch_add(1, Ordering::Relaxed).is_multiple_of(every) {
                    let taken = shared.change(|ledger| {
                        ledger.noted = Some(now(clock));
                        ledger.next = now(clock) + millis(apart);
                    });
                    taken.unwrap();
                }
                if clock.now() - began >= MINUTE * 70 {
                    turns.lock().unwrap().clear();
                }
            };
            drop(shared.enter(&Acting(clock, other)).await.unwrap());
        }
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
