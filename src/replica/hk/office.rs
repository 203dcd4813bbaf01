//! The service itself: takes a query, and answers from the made-up world or refuses.

use std::sync::Arc;

use super::cube::{Cut, Walk};
use super::plan::{self, Labels, Refusal, plan};
use super::remembered::{Known, Remembered};
use super::settings::Settings;
use super::table::{self, Filling, Source, Table, Writer};
use super::words::{self, Words};
use super::world::{Anchor, Month, World};
use super::{Answer, answer, failed};
use crate::domain::{CommodityClass, Frequency, Language, TradeType};
use crate::hk::{InvalidQuery, Query};
use crate::http::Clock;
use crate::replica::builder::Common;

/// What is made up in each answer with rows.
const MADE_UP: &str = "figures, title, notes, words but the guide's, units of quantities but KILOGRAM, at which levels quantities are given, \
     footnotes, titles of commodities, codes of eight digits, order of rows but by country";

/// Answers queries.
pub(super) struct Office {
    settings: Settings,
    seed: u64,
    clock: Arc<dyn Clock>,
    world: Arc<World>,
    remembered: Remembered,
}

impl Office {
    pub(super) fn new(settings: Settings, common: &Common, anchors: &[Anchor]) -> Self {
        let (seed, clock) = (common.seed, Arc::clone(&common.clock));
        Self {
            settings,
            seed,
            clock,
            world: Arc::new(World::new(seed, anchors)),
            remembered: Remembered::default(),
        }
    }

    /// Whether a recorded answer may be played: not where it was set that its months are still to be published, nor where
    /// its keys may end otherwise than was set.
    pub(super) fn plays(&self, query: &Query) -> bool {
        let suffixed = !self.settings.own_suffix || query.language() == Language::English;
        let published = || plan::is_published(query, self.settings.newest(self.clock.wall()));
        suffixed && (!self.settings.is_newest_set() || published())
    }

    /// The answer to a query that was asked in the same words before.
    pub(super) fn again(&self, text: &str) -> Option<Answer> {
        let (started, began) = (self.clock.wall(), self.clock.now());
        let known = self.remembered.get(text, self.settings.newest(started))?;
        let took = self.clock.now().saturating_duration_since(began);
        Some(answer::assumed(known.whole.answer(started, took), &known.assumed))
    }

    /// The answer to a query in these words, or to what is none.
    pub(super) async fn answer(&self, text: &str, query: Result<Query, InvalidQuery>) -> Answer {
        let (started, began) = (self.clock.wall(), self.clock.now());
        let query = match query {
            Ok(query) => query,
            Err(error) => {
                let reasons = error.reasons().iter().map(ToString::to_string).collect();
                return failed(reasons, "that it is refused for rules that are not the guide's, messages");
            }
        };
        let newest = self.settings.newest(started);
        let (cut, labels) = match plan(&query, newest) {
            Ok(planned) => planned,
            Err(Refusal { messages, assumed }) => return failed(messages, assumed),
        };
        let (trade_types, annual) = (cut.trade_types.clone(), cut.annual);
        let withheld = !cut.counted && cut.statistics.iter().any(|statistic| statistic.is_quantity());
        let ready = match self.settings.rows {
            Some(rows) => self.filled(&query, newest, rows),
            None => match self.counted(cut).await {
                Some((count, source)) => Ready { count, source, labels, trade_types, annual },
                None => return answer::noted(super::failure(&super::Status::of(3)), "counting broke off"),
            },
        };
        if ready.count == 0 {
            let told = vec![Words(query.language()).no_record().to_owned()];
            let levels = if withheld { ", at which levels quantities are given" } else { "" };
            return failed(told, &format!("{}{levels}", assumed_of_nothing(&query)));
        }
        let assumed = made_up(&query, &ready.labels);
        let writer = Writer::new(
            Arc::clone(&self.world),
            &query,
            &ready.labels,
            &ready.trade_types,
            ready.annual,
            self.settings.own_suffix,
        );
        let took = self.clock.now().saturating_duration_since(began);
        let Ready { count, source, .. } = ready;
        let table = Table { query: &query, writer, source, count, seed: self.seed, started, took };
        let (answer, whole) = table.answer();
        let answer = answer::assumed(answer, &assumed);
        if let Some(whole) = whole {
            self.remembered.keep(text, Known { newest, whole, assumed });
        }
        answer
    }

    /// Counts the rows of a cut; `None` if that broke off.
    async fn counted(&self, cut: Cut) -> Option<(u64, Source)> {
        let dear = table::is_dear(&cut);
        let walk = Walk::new(Arc::clone(&self.world), Arc::new(cut));
        if !dear {
            return Some(Source::counted(walk));
        }
        // Others are answered meanwhile.
        tokio::task::spawn_blocking(|| Source::counted(walk)).await.ok()
    }

    /// So many rows, whatever was asked for but its frequency and statistics.
    fn filled(&self, query: &Query, newest: Month, rows: u64) -> Ready {
        let filling = Filling::new(query, newest);
        let source = Source::Filling { world: Arc::clone(&self.world), filling, row: 0, rows };
        let (labels, trade_types) = (table::filling_labels(), plan::trade_types(TradeType::All));
        let annual = query.periods().frequency() == Frequency::Annual;
        Ready { count: rows, source, labels, trade_types, annual }
    }
}

/// Rows, ready to be written.
struct Ready {
    count: u64,
    source: Source,
    labels: Labels,
    trade_types: Vec<TradeType>,
    annual: bool,
}

fn assumed_of_nothing(query: &Query) -> &'static str {
    if query.language() == Language::English { "end of the message" } else { words::ASSUMED }
}

/// What is made up in an answer with rows.
fn made_up(query: &Query, labels: &Labels) -> String {
    let mut told = vec![MADE_UP];
    let regions = [&labels.origins, &labels.destinations];
    if regions.iter().any(|areas| matches!(areas, Some(plan::Areas::Region(_)))) {
        told.push("form of regions, their members");
    }
    if query.by_transport() {
        told.push("modes of transport");
    }
    // Re-exports are refused so (reported); what holds of others is unknown.
    let exports =
        matches!(query.trade_type(), TradeType::TotalExports | TradeType::TotalTrade | TradeType::All);
    if exports && query.origin().is_some() && query.destination().is_some() && query.commodities().is_some() {
        told.push("that origin, destination and commodity go together");
    }
    if matches!(&labels.goods, Some((CommodityClass::EndUse, _))) {
        told.push("codes of end-use categories");
    }
    if query.periods().frequency() == Frequency::Annual {
        told.push("when a year is out");
    }
    told.join(", ")
}
