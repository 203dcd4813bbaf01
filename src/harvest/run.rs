use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use super::ahead::{Ahead, Ready};
use super::block::{Block, Role};
use super::data::{Fresh, Source, counted, is_settled};
use super::difference::Difference;
use super::error::HarvestError;
use super::facts::{Came, Facts, Fate, Gained, Kept, Next, is_surely_published};
use super::folder::{Folder, MANIFEST, Packed, Purpose, manifest, told_answers};
use super::journal::Record;
use super::plan::{Limits, Plan, rows_a_period};
use super::request::Request;
use super::revisions;
use super::rows::{columns, faults};
use super::summary::{DataFile, Failed, Format, Revisions, Summary, merged};
use super::write;
use crate::domain::{AreaCode, CodeList, CommodityCode, Frequency, Language, Period, PeriodPair};
use crate::error::{Error, ErrorKind};
use crate::hk::{Client, InEnglish, Query};
use crate::table::{Column, Decoded, Table};

/// How often an answer is asked for whose rows are doubled, not asked for, or not as many as it says.
const ASKED_FOR_FAULTS: u32 = 3;
/// How many queries may fail one after another before the rest is left for another run: nobody is there.
const FAILED_IN_A_ROW: usize = 5;
/// How many queries go at once, unless set: as many as users of the service run (observed).
const IN_FLIGHT: usize = 3;
/// Why a query has failed that is no refusal.
const CONTRADICTED: &str = "; the service answers this in English and refuses it in this language";
/// The most bytes of rows that are held as text until the data are written.
const AHEAD: usize = 64 << 20;

/// How a harvest is done.
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) service: String,
    pub(super) format: Format,
    pub(super) excel: bool,
    in_flight: usize,
    refresh: bool,
    /// The most bytes of rows that are written ahead.
    ahead: usize,
}

impl Settings {
    /// For a service, told by its address or another name: a folder holds the answers of one service alone.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            format: Format::Csv,
            excel: false,
            in_flight: IN_FLIGHT,
            refresh: false,
            ahead: AHEAD,
        }
    }

    /// Form of the data; CSV unless set.
    #[must_use]
    pub fn format(self, format: Format) -> Self {
        Self { format, ..self }
    }

    /// Whether CSV begins with the byte-order mark, without which Excel takes UTF-8 for something else.
    #[must_use]
    pub fn excel(self, excel: bool) -> Self {
        Self { excel, ..self }
    }

    /// How many queries to work on at once, at least one; 3 unless set. The client's pace holds all the same.
    #[must_use]
    pub fn in_flight(self, queries: usize) -> Self {
        Self { in_flight: queries.clamp(1, Semaphore::MAX_PERMITS), ..self }
    }

    /// Asks again for what may have changed since: the year of the last published period, which amendments enter, and what
    /// came after it. The request may then end later than that of the folder.
    #[must_use]
    pub fn refresh(self, refresh: bool) -> Self {
        Self { refresh, ..self }
    }
}

/// How far a harvest is.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Progress {
    /// Batches of the plan that are done: answered, refused or failed.
    pub done: usize,
    /// Batches of the plan, with those that refused codes add.
    pub planned: usize,
    /// Queries asked in this run.
    pub calls: usize,
    /// Rows of the answers of this run.
    pub rows: usize,
    /// Batches that failed in this run.
    pub failed: usize,
    /// Queries a minute so far.
    pub calls_a_minute: Option<u64>,
    /// Seconds since the run began.
    pub seconds: u64,
    /// Seconds that are left at the pace so far.
    pub seconds_left: Option<u64>,
    /// The last refusal, in the service's words.
    pub last_refusal: Option<String>,
}

/// One line for people.
impl std::fmt::Display for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} batches, {} calls, {} rows", self.done, self.planned, self.calls, self.rows)?;
        if let Some(pace) = self.calls_a_minute {
            write!(f, ", {pace} calls a minute")?;
        }
        if let Some(left) = self.seconds_left {
            write!(f, ", {} left", super::told(Duration::from_secs(left)))?;
        }
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        match &self.last_refusal {
            Some(refusal) => write!(f, ", last refusal: {}", crate::error::plain(refusal)),
            None => Ok(()),
        }
    }
}

/// A plan and what is known of it: of the request, or of one refresh.
#[derive(Debug)]
struct Generation {
    plan: Plan,
    facts: Facts,
    ahead: Ahead,
}

impl Generation {
    fn new(plan: Plan) -> Self {
        Self { plan, facts: Facts::default(), ahead: Ahead::default() }
    }

    /// Finds the codes that are at fault since all that were refused with them were answered: no record says so.
    fn conclude(&mut self) {
        for planned in self.plan.queries() {
            let (block, periods, codes) = Block::of(planned.query());
            let Some(periods) = self.facts.published(periods) else { continue };
            let Some(block) = self.facts.known_block(&block) else { continue };
            _ = self.facts.next(&block, periods, &codes);
            let (parts, refused) = self.facts.refused_across(&block, periods, &codes);
            for part in parts {
                _ = self.facts.next(&block, part, &refused);
            }
        }
    }

    /// The periods asked for that are published, as far as is known.
    fn published(&self) -> Option<PeriodPair> {
        self.facts.published(self.plan.request().periods())
    }

    fn is_settled(&self) -> bool {
        self.plan.queries().iter().all(|planned| is_settled(&self.facts, planned.query()))
    }
}

/// A plan being run into a folder, which no other process may use meanwhile.
///
/// Whatever is awaited may be dropped at any time, and the process may end at any time: what was answered is kept. What is
/// being written when a run is dropped is written to its end; until then the folder is in use.
#[derive(Debug)]
pub struct Harvest {
    settings: Settings,
    purpose: Purpose,
    folder: Folder,
    generations: Vec<Generation>,
    /// The periods to ask for anew.
    refresh_to: Option<Period>,
}

impl Harvest {
    /// Opens a folder for a plan, or begins one.
    ///
    /// # Errors
    /// A folder that is in use, that holds something else, that is damaged, or that the disk refuses.
    pub fn open(folder: &Path, plan: &Plan, settings: &Settings) -> Result<Self, HarvestError> {
        let wanted = Purpose {
            version: super::VERSION,
            service: settings.service.clone(),
            request: plan.request().clone(),
            limits: plan.limits(),
        };
        let (opened, purpose, records) = Folder::open(folder, &wanted)?;
        let generation = |request: Request| -> Result<Generation, HarvestError> {
            Ok(Generation::new(Plan::new(request, purpose.limits)?))
        };
        let mut generations = vec![generation(purpose.request.clone())?];
        for (at, record) in records.iter().enumerate() {
            match (record, record.query(), generations.last_mut()) {
                (Record::Refresh { refresh }, ..) => {
                    generations.push(generation(purpose.request.over(*refresh))?)
                }
                (Record::Asked { came, at, attempts, .. }, Some(Ok(query)), Some(generation)) => {
                    if let Came::Answer { body, .. } = came
                        && !opened.has_body(body)
                    {
                        // Deleted since: it is asked for again.
                        continue;
                    }
                    let gained = Gained { at: at.clone(), attempts: *attempts };
                    generation.facts.learn(&query, came.clone(), gained);
                }
                (_, Some(Err(problem)), _) => {
                    let problem = format!("line {} asks what is no query: {problem}", at + 1);
                    return Err(HarvestError::Damaged { path: folder.join("journal"), problem });
                }
                _ => {}
            }
        }
        let bodies = generations.iter().flat_map(|one| one.facts.kept()).map(|kept| kept.body.clone());
        // Those that the manifest names belong to a journal that may be put back.
        opened.keep_only(&bodies.chain(told_answers(folder)).collect());
        let ends = generations.iter().map(|one| one.plan.request().periods().end());
        let end = ends.max_by_key(|end| end.ordinal()).unwrap_or(purpose.request.periods().end());
        generations.iter_mut().for_each(Generation::conclude);
        // What was asked for beyond what is published is not there, and pins the folder to nothing.
        let there = generations.iter().filter_map(Generation::published).map(PeriodPair::end);
        let there = there.max_by_key(|end| end.ordinal()).unwrap_or(end);
        let settled = generations.iter().all(Generation::is_settled);
        let mut harvest =
            Self { settings: settings.clone(), purpose, folder: opened, generations, refresh_to: None };
        let now = wanted.request.periods();
        harvest.compare(folder, &wanted, (end, there))?;
        if settings.refresh && (settled || now.end().ordinal() > end.ordinal()) {
            // What a refresh added once is refreshed, too, also with the words that the folder was begun with.
            harvest.refresh_to = Some(if now.end().ordinal() >= there.ordinal() { now.end() } else { end });
        }
        Ok(harvest)
    }

    /// Tells what is asked for otherwise than in the folder, whose periods end with one asked for and with one published.
    fn compare(
        &self,
        folder: &Path,
        wanted: &Purpose,
        (end, published): (Period, Period),
    ) -> Result<(), HarvestError> {
        let there = &self.purpose;
        let mut differences = Vec::new();
        let mut differ = |what: &str, there: String, now: String| {
            if there != now {
                differences.push(Difference { what: what.to_owned(), there, now });
            }
        };
        differ("service", there.service.clone(), wanted.service.clone());
        let (old, new) = (there.request.periods(), wanted.request.periods());
        let known_end = [old.end(), end, published].contains(&new.end());
        let later = new.frequency() == published.frequency() && new.end().ordinal() >= published.ordinal();
        if new.start() != old.start() || !(known_end || (self.settings.refresh && later)) {
            // As `--period` takes them.
            let told = |start: Period, end: Period| format!("{start}..{end}");
            let mends = later && new.start() == old.start() && !self.settings.refresh;
            let hint = match (mends, self.settings.refresh && new.start() != old.start()) {
                (true, _) => " (a refresh may end later)",
                (_, true) => " (a refresh begins where the harvest does)",
                _ => "",
            };
            let now = format!("{}{hint}", told(new.start(), new.end()));
            differ("periods", told(old.start(), published), now);
        }
        let fields = |purpose: &Purpose| {
            let value =
                serde_json::to_value((&purpose.request.over(old), &purpose.limits)).unwrap_or_default();
            let mut fields = value[0].as_object().cloned().unwrap_or_default();
            fields.insert("limits".into(), value[1].clone());
            let kinds = purpose.request.trade_types.iter().map(|kind| kind.name());
            fields.insert("trade_types".into(), kinds.collect());
            fields
        };
        let (one, other) = (fields(there), fields(wanted));
        for (name, there) in &one {
            let now = other.get(name).unwrap_or(&serde_json::Value::Null);
            differences.append(&mut Difference::of(&name.replace('_', " "), there, now));
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(HarvestError::Changed { folder: folder.to_owned(), differences })
    }

    /// What the files of its dataset are called, wherever they are copied: by the service and the request that the folder was
    /// begun for, so that a refresh, which moves the end of the periods, takes the place of what was before it.
    #[cfg(feature = "parquet")]
    #[must_use]
    pub fn dataset_name(&self) -> String {
        self.purpose.request.dataset_name(&self.purpose.service)
    }

    /// Whether a run would begin a refresh.
    #[must_use]
    pub fn will_refresh(&self) -> bool {
        self.refresh_to.is_some()
    }

    /// How many queries were answered in earlier runs; not those that only told which codes are at fault
    /// ([`Summary::answers`]).
    #[must_use]
    pub fn answered(&self) -> usize {
        answers(&self.generations).count()
    }

    /// Asks for what is missing, and writes data and manifest.
    ///
    /// `progress` is told after each call. What fails is told in the summary; the rest is asked for all the same, unless
    /// several queries fail one after another.
    ///
    /// # Errors
    /// The disk, or a file that is damaged. What failed at the service is no error, but told in the summary.
    pub async fn run(
        mut self,
        client: &Client,
        progress: impl FnMut(&Progress) + Send,
    ) -> Result<Summary, HarvestError> {
        let run = Run {
            client,
            in_flight: self.settings.in_flight,
            turns: Semaphore::new(self.settings.in_flight),
            cores: Semaphore::new(
                std::thread::available_parallelism().map_or(1, |cores| cores.get() - 1).max(1),
            ),
            limits: self.purpose.limits,
            columns: columns(&self.purpose.request),
            format: self.settings.format,
            ahead: self.settings.ahead,
            failed_before: told_failed(self.folder.path()),
            began: client.clock().now(),
            progress: Mutex::new(progress),
            folder: Arc::new(self.folder),
            state: Mutex::new(State {
                facts: Facts::default(),
                ahead: Ahead::default(),
                fresh: Fresh::default(),
                failed: Vec::new(),
                passed_over: HashSet::new(),
                left: 0,
                in_a_row: 0,
                worked: 0,
                told: Progress::default(),
            }),
        };
        // A refresh that was begun before is brought to its end instead; and what was asked for just now needs none.
        let is_begun =
            self.generations.len() > 1 && !self.generations.last().is_some_and(Generation::is_settled);
        let mut waiting = self.settings.refresh && !is_begun && answers(&self.generations).next().is_some();
        let mut before: Option<&Generation> = None;
        for generation in &mut self.generations {
            run.generation(generation, before).await?;
            before = Some(&*generation);
        }
        if let Some(end) = self.refresh_to
            && run.state().failed.is_empty()
            && let Some(periods) = refreshed(&self.generations, end)
        {
            waiting = false;
            run.note(Record::Refresh { refresh: periods }).await?;
            let plan = Plan::new(self.purpose.request.over(periods), self.purpose.limits)?;
            let mut generation = Generation::new(plan);
            run.generation(&mut generation, self.generations.last()).await?;
            self.generations.push(generation);
        }
        let Run { state, folder, .. } = run;
        let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (settings, purpose, generations) = (self.settings, self.purpose, self.generations);
        aside(move || finish(&settings, &purpose, &generations, &folder, state, waiting)).await
    }
}

/// Work on the disk and on long texts, in a thread of its own: it holds up no call.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HarvestError> + Send + 'static,
) -> Result<T, HarvestError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(ended) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime shuts down: nobody waits any more.
            Err(_) => std::future::pending().await,
        },
    }
}

/// From the first month of the year of the last published period on.
fn refreshed(generations: &[Generation], end: Period) -> Option<PeriodPair> {
    let last = generations.iter().filter_map(Generation::published);
    let last = last.max_by_key(|periods| periods.end().ordinal())?.end();
    let start = match last.frequency() {
        Frequency::Annual => last,
        Frequency::Monthly => Period::monthly(last.year(), 1).ok()?,
    };
    let first = generations.first()?.plan.request().periods().start();
    let start = if start.ordinal() < first.ordinal() { first } else { start };
    PeriodPair::new(start, end).ok()
}

/// The periods of queries that failed, by block in English and code.
type FailedBefore = HashMap<(Block, Option<CommodityCode>), Vec<PeriodPair>>;
/// One code of a block in English and a range.
type Alone = (Block, PeriodPair, CommodityCode);

/// What changes while a harvest runs.
#[derive(Debug)]
struct State {
    facts: Facts,
    ahead: Ahead,
    fresh: Fresh,
    failed: Vec<Failed>,
    /// Codes that are not asked for again in this run: the others of their batches are.
    passed_over: HashSet<Alone>,
    /// Batches that were not asked for, since several queries failed one after another.
    left: usize,
    in_a_row: usize,
    /// Batches that took a query of this run.
    worked: usize,
    told: Progress,
}

impl State {
    /// Tells of a query that failed. What is the matter with one code holds up none of its batch: only that code is not asked
    /// for again in this run.
    fn fail(&mut self, query: &Query, reason: String, unreachable: bool, by_itself: bool) -> Step {
        self.failed.push(Failed { query: query.to_string(), reason, unreachable });
        self.told.failed += 1;
        self.in_a_row += 1;
        let (block, periods, codes) = Block::of(query);
        match &codes[..] {
            [code] if by_itself => {
                self.passed_over.insert((block.in_english(), periods, code.clone()));
                self.facts.learn(query, Came::Contradicted, Gained::default());
                Step::More
            }
            _ => Step::Done,
        }
    }
}

/// Codes of one block and range, which are asked for together as far as they can be.
#[derive(Debug, Clone)]
struct Batch {
    block: Block,
    periods: PeriodPair,
    codes: Vec<CommodityCode>,
    /// The code to begin with: behind those that failed in the run before.
    first: usize,
    /// The planned query that it is of, and its place in the plan.
    planned: Option<(usize, Query)>,
}

impl Batch {
    fn of(at: usize, query: &Query) -> Self {
        let (block, periods, codes) = Block::of(query);
        Self { block, periods, codes, first: 0, planned: Some((at, query.clone())) }
    }

    /// What to ask next, by what is known, but of codes that failed in this run.
    fn next(&self, facts: &mut Facts, failed: &HashSet<Alone>) -> Result<Option<Query>, HarvestError> {
        let Some(periods) = facts.published(self.periods) else { return Ok(None) };
        let Some(block) = facts.known_block(&self.block) else { return Ok(None) };
        let mut codes = self.codes.clone();
        codes.rotate_left(self.first);
        if !failed.is_empty() {
            let english = block.in_english();
            codes.retain(|code| !failed.contains(&(english.clone(), periods, code.clone())));
            if codes.is_empty() && !self.codes.is_empty() {
                return Ok(None);
            }
        }
        let in_order = |mut asked: Vec<CommodityCode>| {
            if self.first > 0 {
                asked.sort_by_key(|code| self.codes.iter().position(|own| own == code));
            }
            asked
        };
        let query = match facts.next(&block, periods, &codes) {
            Next::Nothing => return Ok(None),
            Next::Ask(codes) => block.query(periods, &in_order(codes))?,
            Next::Probe(codes) => block.in_english().query(periods, &in_order(codes))?,
        };
        Ok(Some(query))
    }
}

/// Codes of several planned queries that are asked for apart from the others, by block and range.
#[derive(Default)]
struct Pools {
    pools: Vec<Batch>,
    /// By block, range of the planned query, and what of it they are asked for in.
    places: HashMap<(Block, PeriodPair, PeriodPair), usize>,
}

impl Pools {
    fn add(&mut self, block: &Block, asked: PeriodPair, part: PeriodPair, codes: Vec<CommodityCode>) {
        if codes.is_empty() {
            return;
        }
        let at = *self.places.entry((block.clone(), asked, part)).or_insert(self.pools.len());
        match self.pools.get_mut(at) {
            Some(pool) => pool.codes.extend(codes),
            None => {
                let block = block.clone();
                self.pools.push(Batch { block, periods: part, codes, first: 0, planned: None });
            }
        }
    }

    /// As many codes in one query as fit.
    fn batches(self, request: &Request, limits: Limits) -> Vec<Batch> {
        let chunks = |pool: Batch| {
            let each = rows_a_period(request, &pool.block).saturating_mul(pool.periods.count() as u64);
            let most = usize::try_from(limits.most() / each.max(1)).unwrap_or(CodeList::MAX);
            let most = most.clamp(1, CodeList::MAX);
            let codes: Vec<_> = pool.codes.chunks(most).map(<[_]>::to_vec).collect();
            codes.into_iter().map(move |codes| Batch { codes, ..pool.clone() })
        };
        self.pools.into_iter().flat_map(chunks).collect()
    }
}

struct Run<'a, F> {
    client: &'a Client,
    in_flight: usize,
    limits: Limits,
    columns: Vec<Column>,
    format: Format,
    /// The most bytes of rows that are written ahead.
    ahead: usize,
    /// Blocks, codes and periods of the queries that failed in the run before.
    failed_before: FailedBefore,
    began: Instant,
    progress: Mutex<F>,
    folder: Arc<Folder>,
    state: Mutex<State>,
    /// Of those who ask. What came is kept while others ask already.
    turns: Semaphore,
    /// All but one, which is left to the calls: packing on every core holds them up.
    cores: Semaphore,
}

/// Whether more is to be asked of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    More,
    Done,
}

impl<F: FnMut(&Progress) + Send> Run<'_, F> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for all of a plan that is missing.
    async fn generation(
        &self,
        generation: &mut Generation,
        before: Option<&Generation>,
    ) -> Result<(), HarvestError> {
        self.state().facts = std::mem::take(&mut generation.facts);
        let result = self.plan(&generation.plan, before).await;
        let mut state = self.state();
        generation.facts = std::mem::take(&mut state.facts);
        generation.ahead = std::mem::take(&mut state.ahead);
        result
    }

    async fn plan(&self, plan: &Plan, before: Option<&Generation>) -> Result<(), HarvestError> {
        let range = plan.request().periods();
        let queries = plan.queries().iter().enumerate();
        let mut batches: Vec<_> = queries.map(|(at, planned)| Batch::of(at, planned.query())).collect();
        if let Some(before) = before {
            let mut apart = refused_before(before, &mut batches).batches(plan.request(), self.limits);
            batches.append(&mut apart);
        }
        self.begin_behind_failed(&mut batches);
        self.state().told.planned += batches.len();
        // Whether periods in doubt are out is found by one query after another, not by all that are under way at once.
        if !is_surely_published(range, self.client.clock().wall())
            && let Some(at) = batches.iter().position(|batch| batch.periods.contains(range.end()))
        {
            while let Some(batch) = batches.get(at).filter(|_| !self.state().facts.end_is_known(range)) {
                if self.step(batch).await? == Step::Done {
                    self.done(true);
                    batches.remove(at);
                    break;
                }
            }
        }
        self.all(batches).await?;
        let mut parts = self.refused_across(plan);
        self.begin_behind_failed(&mut parts);
        self.state().told.planned += parts.len();
        self.all(parts).await
    }

    /// Begins with what comes behind the queries that failed in the run before: where the same ones fail each time, and enough of
    /// them to leave the rest, the rest has its turn.
    fn begin_behind_failed(&self, batches: &mut [Batch]) {
        if self.failed_before.is_empty() {
            return;
        }
        let state = self.state();
        // How many of its codes stand before what comes behind the last one that failed.
        let failed = |batch: &Batch| {
            let block = state.facts.known_block(&batch.block)?.in_english();
            let has_failed = |code: Option<CommodityCode>| {
                let failed = self.failed_before.get(&(block.clone(), code));
                failed.into_iter().flatten().any(|periods| periods.overlap(batch.periods).is_some())
            };
            match batch.codes.is_empty() {
                true => has_failed(None).then_some(0),
                false => batch.codes.iter().rposition(|code| has_failed(Some(code.clone()))).map(|at| at + 1),
            }
        };
        let mut last = None;
        for (at, batch) in batches.iter_mut().enumerate() {
            if let Some(first) = failed(batch) {
                batch.first = first % batch.codes.len().max(1);
                last = Some(at);
            }
        }
        if let Some(last) = last {
            batches.rotate_left(last + 1);
        }
    }

    async fn all(&self, batches: Vec<Batch>) -> Result<(), HarvestError> {
        let mut working = futures_util::stream::iter(batches)
            .map(|batch| async move { self.batch(&batch).await })
            // As many again whose answers are being kept.
            .buffer_unordered(self.in_flight.saturating_mul(2));
        while let Some(result) = working.next().await {
            result?;
        }
        Ok(())
    }

    /// Codes that were refused over several editions of the HS, by edition, as many in one query as fit: with those of
    /// other planned queries that differ in codes only.
    fn refused_across(&self, plan: &Plan) -> Vec<Batch> {
        let state = self.state();
        let mut pools = Pools::default();
        for planned in plan.queries() {
            let (block, periods, codes) = Block::of(planned.query());
            let Some(periods) = state.facts.published(periods) else { continue };
            let Some(block) = state.facts.known_block(&block) else { continue };
            let (parts, codes) = state.facts.refused_across(&block, periods, &codes);
            for part in parts {
                let open =
                    |code: &&CommodityCode| matches!(state.facts.fate(&block, part, Some(code)), Fate::Open);
                pools.add(&block, periods, part, codes.iter().filter(open).cloned().collect());
            }
        }
        pools.batches(plan.request(), self.limits)
    }

    /// Asks until each code of a batch is answered or refused, or one query fails.
    async fn batch(&self, batch: &Batch) -> Result<(), HarvestError> {
        let mut asked = false;
        while self.step(batch).await? == Step::More {
            asked = true;
        }
        self.done(asked);
        match &batch.planned {
            Some((at, query)) if asked => self.ahead(*at, query).await,
            _ => Ok(()),
        }
    }

    /// Writes the rows of a planned query ahead, while others are asked, if all of it was answered in this run: little is left
    /// to do when the last answer comes.
    async fn ahead(&self, at: usize, query: &Query) -> Result<(), HarvestError> {
        if !matches!(self.format, Format::Csv | Format::Ndjson) {
            return Ok(());
        }
        let whole = {
            let state = self.state();
            let has_room = state.ahead.bytes() < self.ahead;
            has_room.then(|| state.fresh.whole(&state.facts, query)).flatten()
        };
        let Some((settled, tables)) = whole else { return Ok(()) };
        let (query, columns, format) = (query.clone(), self.columns.clone(), self.format);
        let ready = self.beside(move || Ready::new(&query, settled, &tables, &columns, format)).await?;
        self.state().ahead.put(at, ready);
        Ok(())
    }

    /// Tells that a batch is done; one that an earlier run did says nothing of the time that others take.
    fn done(&self, asked: bool) {
        {
            let mut state = self.state();
            state.told.done += 1;
            state.worked += usize::from(asked);
        }
        self.tell();
    }

    /// The next query of a batch, if there is one.
    fn next(&self, batch: &Batch) -> Result<Option<Query>, HarvestError> {
        let mut state = self.state();
        let State { facts, passed_over, .. } = &mut *state;
        let next = batch.next(facts, passed_over)?;
        if next.is_some() && state.in_a_row >= FAILED_IN_A_ROW {
            state.left += 1;
            return Ok(None);
        }
        Ok(next)
    }

    /// Asks the next query of a batch; what came is on the disk when this returns.
    async fn step(&self, batch: &Batch) -> Result<Step, HarvestError> {
        // Never closed, so that there is always a turn to come.
        let turn = self.turns.acquire().await;
        let Some(query) = self.next(batch)? else { return Ok(Step::Done) };
        let asked = self.ask(&query, turn).await?;
        self.state().told.calls += 1;
        let outcome = match asked {
            Ok((Answer { table, faults, bytes, body }, gained)) => {
                let rows = table.len();
                let mut state = self.state();
                state.told.rows += rows;
                state.fresh.put(&body, table);
                Ok((Came::Answer { body, rows, bytes, faults }, gained))
            }
            Err((error, english)) => {
                let gained = self.gained(error.attempts());
                refusal(&query, &error, &english).map(|came| (came, gained)).ok_or((error, english))
            }
        };
        let record = match outcome {
            Ok((came, gained)) => self.learn(batch, &query, came, gained)?,
            Err((error, english)) => {
                let hint = match error.kind() {
                    _ if english == InEnglish::Answered => CONTRADICTED,
                    ErrorKind::TooLarge => "; harvest it into another folder with a smaller --max-rows",
                    _ => "",
                };
                let unreachable = error.kind() == ErrorKind::Unreachable;
                let mut state = self.state();
                let by_itself = english == InEnglish::Answered || error.kind() == ErrorKind::TooLarge;
                Err(state.fail(&query, format!("{error}{hint}"), unreachable, by_itself))
            }
        };
        match record {
            Ok(record) => {
                self.note(record).await?;
                self.tell();
                Ok(Step::More)
            }
            Err(step) => Ok(step),
        }
    }

    /// Learns what came of a query; what to note of it, or how to go on where it leads nowhere.
    fn learn(
        &self,
        batch: &Batch,
        query: &Query,
        came: Came,
        gained: Gained,
    ) -> Result<Result<Record, Step>, HarvestError> {
        let mut state = self.state();
        let nowhere = match &came {
            Came::Answer { .. } | Came::TooLarge | Came::Contradicted => None,
            Came::Refused { messages, .. } => Some(format!("{}{CONTRADICTED}", messages.join("; "))),
            Came::Unpublished { .. } => Some("the service names a period that was not asked for".to_owned()),
        };
        let is_refused = matches!(came, Came::Refused { .. });
        if let Came::Refused { messages, .. } | Came::Unpublished { messages, .. } = &came {
            state.told.last_refusal = messages.first().cloned();
        }
        let Gained { at, attempts } = gained.clone();
        let record = |came| Record::Asked { query: query.to_string(), at, attempts, came };
        state.facts.learn(query, came.clone(), gained.clone());
        // Another query may have learnt the same meanwhile: what counts is whether this one would be asked again.
        let State { facts, passed_over, .. } = &mut *state;
        if let Some(reason) = nowhere
            && batch.next(facts, passed_over)?.as_ref() == Some(query)
        {
            let many = query
                .commodities()
                .and_then(|commodities| commodities.codes())
                .is_some_and(|all| all.as_slice().len() > 1);
            if !(is_refused && many) {
                return Ok(Err(state.fail(query, reason, false, is_refused)));
            }
            state.facts.learn(query, Came::Contradicted, gained);
            return Ok(Ok(record(Came::Contradicted)));
        }
        // What is said otherwise in another language is no sign that anybody is there.
        if came != Came::Contradicted {
            state.in_a_row = 0;
        }
        Ok(Ok(record(came)))
    }

    /// Work on what came, beside the calls.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HarvestError> + Send + 'static,
    ) -> Result<T, HarvestError> {
        // Never closed, as the turns.
        let _core = self.cores.acquire().await;
        aside(work).await
    }

    /// Of what came just now.
    fn gained(&self, attempts: u32) -> Gained {
        Gained { at: moment(self.client.clock().wall()), attempts }
    }

    async fn note(&self, record: Record) -> Result<(), HarvestError> {
        let folder = Arc::clone(&self.folder);
        aside(move || folder.note(&record)).await
    }

    fn tell(&self) {
        let told = {
            let mut state = self.state();
            let passed = self.client.clock().now().saturating_duration_since(self.began);
            let worked = state.worked as u128;
            let told = &mut state.told;
            told.seconds = passed.as_secs();
            // Over less than a second it says nothing.
            told.calls_a_minute = (told.calls as u64 * 60).checked_div(told.seconds);
            let left = told.planned.saturating_sub(told.done) as u128;
            let left = if left == 0 { Some(0) } else { (left * passed.as_millis()).checked_div(worked) };
            told.seconds_left = left.and_then(|left| u64::try_from(left / 1000).ok());
            told.clone()
        };
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress(&told);
    }

    /// Asks a query, again where its answer has faults; the answer is on the disk when this returns. With an error comes what came of
    /// a refusal that was asked for once more in English.
    async fn ask(
        &self,
        query: &Query,
        mut turn: Result<SemaphorePermit<'_>, AcquireError>,
    ) -> Result<Result<(Answer, Gained), (Error, InEnglish)>, HarvestError> {
        let mut times = 1;
        loop {
            let mut english = InEnglish::default();
            let asked = self
                .client
                .asked(query, &mut english, |decoded: Decoded, empty, response| {
                    Ok((Table::new(decoded, empty, response)?, response.content()))
                })
                .await;
            self.state().told.calls += usize::from(english != InEnglish::NotAsked);
            let is_last = times == ASKED_FOR_FAULTS;
            match asked {
                Ok(((table, body), attempts, _)) => {
                    let gained = self.gained(attempts);
                    // Looking at an answer, and bringing it to the disk, holds up no call.
                    drop(turn);
                    let (folder, query) = (Arc::clone(&self.folder), query.clone());
                    let looked_at = self.beside(move || {
                        let (block, periods, codes) = Block::of(&query);
                        let faults = faults(&table, &block, periods, &codes);
                        if faults > 0 && !is_last {
                            return Ok(None);
                        }
                        Ok(Some((table, faults, body.len(), Packed::of(&body))))
                    });
                    if let Some((table, faults, bytes, packed)) = looked_at.await? {
                        // Waiting for the disk takes no core.
                        let body = aside(move || folder.keep(packed)).await?;
                        return Ok(Ok((Answer { table, faults, bytes, body }, gained)));
                    }
                }
                Err(error) if error.kind() == ErrorKind::CountMismatch && !is_last => drop(turn),
                // What is refused in Chinese is not known to be refused: it may be nothing, or a month that is not out. Where no time
                // was left to ask in English, the query failed.
                Err(error)
                    if error.is_refused()
                        && query.language() != Language::English
                        && english == InEnglish::NotAsked =>
                {
                    return Ok(Err((error.of_kind(ErrorKind::Timeout), english)));
                }
                Err(error) => return Ok(Err((error, english))),
            }
            times += 1;
            turn = self.turns.acquire().await;
        }
    }
}

/// An answer that was kept.
struct Answer {
    table: Table,
    faults: usize,
    bytes: usize,
    /// The hash of its body.
    body: String,
}

/// Takes the codes out of batches that were refused before, at the end of the periods: most will be again, and apart they
/// hold up no others.
fn refused_before(before: &Generation, batches: &mut Vec<Batch>) -> Pools {
    let mut pools = Pools::default();
    let range = before.plan.request().periods();
    batches.retain_mut(|Batch { block, periods, codes, .. }| {
        if block.is_refused_combination() {
            return true;
        }
        let was_refused = |code: &mut CommodityCode| before.facts.was_refused(block, range, code);
        let bad: Vec<_> = codes.extract_if(.., was_refused).collect();
        let is_left = bad.is_empty() || !codes.is_empty();
        pools.add(block, *periods, *periods, bad);
        is_left
    });
    pools
}

/// What a refusal tells, also in English; none where the call failed for another reason.
fn refusal(query: &Query, error: &Error, english: &InEnglish) -> Option<Came> {
    let (block, _, codes) = Block::of(query);
    let english = match english {
        // A good code is not to be taken for a bad one.
        InEnglish::Answered => return (codes.len() > 1).then_some(Came::Contradicted),
        InEnglish::NotAnswered(words) => &words[..],
        InEnglish::NotAsked => &[],
    };
    let mut messages = error.messages().to_vec();
    if messages.is_empty() {
        messages.push(error.to_string());
    }
    match error.kind() {
        ErrorKind::UnpublishedPeriod => {
            Some(Came::Unpublished { messages, periods: error.periods().to_vec() })
        }
        // A single code cannot be cut further; that is for another run, with another cap.
        ErrorKind::TooLarge if codes.len() > 1 => Some(Came::TooLarge),
        ErrorKind::UnknownCommodity | ErrorKind::Refused => {
            let named = |code: &&CommodityCode| error.codes().iter().any(|known| known == code.as_str());
            let codes: Vec<_> = codes.iter().filter(named).cloned().collect();
            // An area in brackets, as codes of commodities are named (assumed).
            let in_brackets = |message: &str, code: &str| message.contains(&format!("({code})"));
            let all = || messages.iter().chain(english);
            let areas = [(Role::Origin, &block.origin), (Role::Destination, &block.destination)];
            let areas: Vec<_> = areas
                .into_iter()
                .filter_map(|(role, areas)| Some((role, areas.as_ref()?)))
                .flat_map(|(role, areas)| areas.countries().iter().map(move |code| (role, code.clone())))
                .collect();
            let names_code = |message: &str| codes.iter().any(|code| in_brackets(message, code.as_str()));
            let names_area =
                |message: &str| areas.iter().any(|(_, area)| in_brackets(message, area.as_str()));
            let there = all().any(|message| names_code(message) && names_area(message));
            let unknown = |(_, area): &(Role, AreaCode)| {
                all().any(|message| in_brackets(message, area.as_str()) && !names_code(message))
            };
            let areas = areas.iter().filter(|area| unknown(area)).cloned().collect();
            Some(Came::Refused { messages, codes, areas, there })
        }
        _ => None,
    }
}

/// As `2026-11-24T18:29:02Z`.
fn moment(wall: SystemTime) -> String {
    let at = time::OffsetDateTime::from(wall);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    format!("{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
}

/// Whether an answer only told which codes of a request in Chinese are at fault: one in English, with rows. One without is the same in
/// each language.
fn is_probe(kept: &Kept, request: &Request) -> bool {
    kept.rows > 0 && kept.query.language() != request.language()
}

/// The answers that data are made of.
fn answers(generations: &[Generation]) -> impl Iterator<Item = &Kept> {
    generations.iter().flat_map(|Generation { plan, facts, .. }| {
        facts.kept().iter().filter(|kept| !is_probe(kept, plan.request()))
    })
}

/// Faults of the answers that still count.
fn faults_of(source: &Source<'_>) -> u64 {
    let counts = |kept: &&Kept| {
        !is_probe(kept, source.plan.request())
            && source.valid.is_some_and(|valid| valid.overlap(kept.query.periods()).is_some())
    };
    source.facts.kept().iter().filter(counts).map(|kept| kept.faults as u64).sum()
}

/// The data that the manifest of a folder tells of, if they are there.
fn told_data(folder: &Path) -> Option<DataFile> {
    let data: DataFile = serde_json::from_value(manifest(folder).pointer("/summary/data")?.clone()).ok()?;
    folder.join(&data.file).exists().then_some(data)
}

/// What failed in the run before, by the manifest.
fn told_failed(folder: &Path) -> FailedBefore {
    let manifest = manifest(folder);
    let told = manifest.pointer("/summary/failed").and_then(serde_json::Value::as_array);
    let mut failed = FailedBefore::new();
    for query in told.into_iter().flatten().filter_map(|one| one["query"].as_str()?.parse::<Query>().ok()) {
        let (block, periods, codes) = Block::of(&query);
        let codes = if codes.is_empty() { vec![None] } else { codes.into_iter().map(Some).collect() };
        for code in codes {
            failed.entry((block.in_english(), code)).or_default().push(periods);
        }
    }
    failed
}

/// How many refreshes the data there hold, by the manifest.
fn told_refreshes(folder: &Path) -> usize {
    manifest(folder)["refreshes"].as_u64().and_then(|told| usize::try_from(told).ok()).unwrap_or_default()
}

/// Writes data, revisions and manifest.
fn finish(
    settings: &Settings,
    purpose: &Purpose,
    generations: &[Generation],
    folder: &Folder,
    state: State,
    waiting: bool,
) -> Result<Summary, HarvestError> {
    let sources = |generations: &[Generation]| -> Vec<(Option<PeriodPair>, usize)> {
        let start = |one: &Generation| one.plan.request().periods().start();
        (0..generations.len())
            .map(|at| {
                let periods = generations.get(at).map(|one| one.plan.request().periods());
                // Whatever was asked for anew counts as it came last.
                let later = generations.get(at + 1..).unwrap_or_default().iter().map(start);
                let valid = match (periods, later.min_by_key(|first| first.ordinal())) {
                    (Some(periods), Some(first)) => first
                        .months_before(1)
                        .and_then(|end| PeriodPair::new(periods.start(), end))
                        .ok()
                        .and_then(|before| before.overlap(periods)),
                    (periods, None) => periods,
                    (None, _) => None,
                };
                (valid, at)
            })
            .collect()
    };
    let made = |valid: Vec<(Option<PeriodPair>, usize)>| -> Vec<Source<'_>> {
        valid
            .into_iter()
            .filter_map(|(valid, at)| {
                let Generation { plan, facts, ahead } = generations.get(at)?;
                Some(Source { plan, facts, valid, ahead })
            })
            .collect()
    };
    // A refresh that is not complete changes nothing yet.
    let (shown, unfinished) = match generations.split_last() {
        Some((last, before)) if !before.is_empty() && !last.is_settled() => {
            (before, Some(last.plan.request().periods().to_string()))
        }
        _ => (generations, None),
    };
    let all = made(sources(shown));
    let files = (folder, &state.fresh);
    // While answers are missing that there were, since a body was lost or the journal cut off, more data do not go for fewer, nor
    // those of a refresh for those before it.
    let mut kept_data = false;
    let refreshes = told_refreshes(folder.path()).max(shown.len() - 1);
    let is_behind = refreshes >= shown.len();
    let is_whole = !is_behind && shown.iter().all(Generation::is_settled);
    let before = if is_whole { None } else { told_data(folder.path()) };
    let counted = before.map(|data| counted(files, &all).map(|counted| (data, counted))).transpose()?;
    let write::Written { file, tally, refused } = match counted {
        Some((data, (rows, tally, refused))) if is_behind || rows < data.rows => {
            kept_data = true;
            write::Written { file: data, tally, refused }
        }
        _ => write::write(files, &all, settings)?,
    };
    let revisions: Option<Revisions> = match (shown.split_last(), all.last()) {
        (Some((_, before)), Some(now)) if !before.is_empty() && !kept_data => {
            revisions::write(folder, &state.fresh, &made(sources(before)), now)?
        }
        _ => None,
    };
    let kept = || generations.iter().flat_map(|one| one.facts.kept());
    // A run that was killed once all was answered leaves the manifest of the one before it.
    let is_new = || {
        let mut now: Vec<_> = kept().map(|kept| kept.body.as_str()).collect();
        now.sort_unstable();
        (shown.len() > 1 && state.told.calls > 0) || now != told_answers(folder.path())
    };
    if unfinished.is_none() && !kept_data && is_new() {
        // Made of other answers than these.
        let others = Format::ALL.iter().filter(|format| **format != settings.format);
        others.for_each(|format| match format {
            #[cfg(feature = "parquet")]
            Format::Parquet => {
                let name = purpose.request.dataset_name(&purpose.service);
                folder.remove_folder(format.file(), |file| write::is_of(file, &name));
            }
            _ => folder.remove(format.file()),
        });
    }
    let published = shown.iter().filter_map(Generation::published).reduce(|one, other| {
        let last = if one.end().ordinal() < other.end().ordinal() { other } else { one };
        PeriodPair::new(one.start(), last.end()).unwrap_or(last)
    });
    let summary = Summary {
        planned: generations.iter().map(|one| one.plan.len()).sum(),
        calls: state.told.calls,
        answers: answers(generations).count(),
        cells: tally.cells(),
        faults: all.iter().map(faults_of).sum(),
        seen: tally.seen(),
        refused: merged(refused),
        failed: state.failed,
        left: state.left,
        published: published.map(|periods| periods.to_string()),
        revisions,
        unfinished,
        waiting,
        kept: kept_data,
        data: file,
    };
    let mut answered: Vec<_> = kept().map(|kept| (kept.query.to_string(), kept)).collect();
    // In whatever order they came, the manifest is the same but for its times.
    answered.sort_by(|(one, _), (other, _)| one.cmp(other));
    let answers: Vec<_> = answered
        .into_iter()
        .map(|(query, kept)| {
            let Kept { body, rows, bytes, faults, gained, .. } = kept;
            let Gained { at: retrieved, attempts } = gained;
            let mut answer = json!({
                "url": format!("{}{query}", if purpose.service.contains("://") { &purpose.service } else { "" }),
                "retrieved": retrieved, "attempts": attempts, "body": Folder::body_name(body), "sha256": body,
                "rows": rows, "bytes": bytes, "faults": faults,
            });
            if is_probe(kept, &purpose.request) {
                answer["probe"] = true.into();
            }
            answer
        })
        .collect();
    let manifest = json!({
        "program": concat!("tradebind ", env!("CARGO_PKG_VERSION")),
        "refreshes": refreshes,
        "service": purpose.service,
        "request": purpose.request,
        "limits": purpose.limits,
        "summary": summary,
        "answers": answers,
    });
    let path = folder.path().join(MANIFEST);
    folder.write(MANIFEST, |out| {
        serde_json::to_writer_pretty(out, &manifest)
            .map_err(|e| HarvestError::disk(&path, "written")(std::io::Error::from(e)))
    })?;
    Ok(summary)
}

#[cfg(all(test, feature = "replica"))]
mod tests {
    use super::*;
    use crate::domain::{CommodityClass, Statistic, TradeType};
    use crate::harvest::{Areas, Commodities};
    use crate::http::{ManualClock, Pace};
    use crate::replica::Replica;

    /// Rows that are written while others are asked, all, some or none of them: the same file and the same numbers. The last
    /// month is not published, an area and a code are unknown, others are of one edition.
    #[tokio::test]
    async fn rows_written_ahead_are_those_written_at_the_end() {
        let replica = Replica::builder().hk_newest("202202".parse().unwrap()).start().await.unwrap();
        let codes = ["854231", "999999", "851712", "851713", "100630", "711319"];
        let request = Request::builder()
            .periods("2021-10..2022-03".parse().unwrap())
            .trade_types([TradeType::Imports, TradeType::TotalExports])
            .statistics([Statistic::MonthlyValue, Statistic::MonthlyQuantity])
            .destination(Areas::countries(["CN", "JP", "DE", "ZZ"]).unwrap())
            .commodities(Commodities::codes(CommodityClass::Hs6, codes).unwrap())
            .build()
            .unwrap();
        let plan = Plan::new(request, Limits::default().rows(8)).unwrap();
        for format in [Format::Csv, Format::Ndjson] {
            let mut summaries = Vec::new();
            for ahead in [0, 5_000, AHEAD] {
                let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
                let client = Client::builder()
                    .base_url(replica.hk_url())
                    .pace(Pace::off())
                    .clock(Arc::new(ManualClock::at(wall)))
                    .http(reqwest::Client::builder().no_proxy())
                    .build()
                    .unwrap();
                let folder = tempfile::tempdir().unwrap();
                let settings = Settings { ahead, ..Settings::new("replica").format(format) };
                let harvest = Harvest::open(folder.path(), &plan, &settings).unwrap();
                let Summary { data, cells, refused, seen, .. } = harvest.run(&client, |_| {}).await.unwrap();
                assert!(data.rows > 100 && data.bytes > 10_000);
                summaries.push((data, cells, refused, seen));
            }
            assert_eq!(summaries[0], summaries[1]);
            assert_eq!(summaries[0], summaries[2]);
        }
    }
}
