//! The service itself: takes a query, and answers from the made-up world or refuses.

use std::sync::Arc;

use super::cube::Walk;
use super::plan::{self, Labels, Refusal, plan};
use super::settings::Settings;
use super::table::{self, Source, Table, Writer};
use super::words::{self, Words};
use super::world::{Anchor, World};
use super::{Answer, answer, failed};
use crate::domain::{CommodityClass, Frequency, Language, Statistic, TradeType};
use crate::hk::{InvalidQuery, Query};
use crate::http::Clock;
use crate::replica::builder::Common;

/// What is made up in each answer with rows.
const MADE_UP: &str =
    "figures, title, notes, titles of commodities, codes of eight digits, order of rows but by country";

/// Answers queries.
pub(super) struct Office {
    settings: Settings,
    seed: u64,
    clock: Arc<dyn Clock>,
    world: Arc<World>,
}

impl Office {
    pub(super) fn new(settings: Settings, common: &Common, anchors: &[Anchor]) -> Self {
        let (seed, clock) = (common.seed, Arc::clone(&common.clock));
        Self { settings, seed, clock, world: Arc::new(World::new(seed, anchors)) }
    }

    /// The answer to a query, or to what is none.
    pub(super) async fn answer(&self, query: Result<Query, InvalidQuery>) -> Answer {
        let (started, began) = (self.clock.wall(), self.clock.now());
        let query = match query {
            Ok(query) => query,
            Err(error) => {
                return failed(error.reasons().iter().map(ToString::to_string).collect(), words::ASSUMED);
            }
        };
        let newest = self.settings.newest(started);
        let (cut, labels) = match plan(&query, newest) {
            Ok(planned) => planned,
            Err(Refusal { messages, assumed }) => return failed(messages, assumed),
        };
        let annual = cut.annual && self.settings.rows.is_none();
        let (count, source, labels, trade_types) = match self.settings.rows {
            Some(rows) => {
                let statistic = query.statistics().as_slice().first().copied();
                let statistic = statistic.unwrap_or(Statistic::MonthlyValue);
                let world = Arc::clone(&self.world);
                let source = Source::Filling { world, newest, statistic, row: 0, rows };
                (rows, source, table::filling_labels(), plan::trade_types(TradeType::All))
            }
            None => {
                let (dear, trade_types) = (table::is_dear(&cut), cut.trade_types.clone());
                let walk = Walk::new(Arc::clone(&self.world), Arc::new(cut));
                let (count, source) = if dear {
                    // Others are answered meanwhile.
                    let counting = tokio::task::spawn_blocking(|| Source::counted(walk)).await;
                    let Ok(counted) = counting else { return super::failure(&super::Status::of(3)) };
                    counted
                } else {
                    Source::counted(walk)
                };
                (count, source, labels, trade_types)
            }
        };
        if count == 0 {
            return failed(vec![Words(query.language()).no_record().to_owned()], assumed_of_nothing(&query));
        }
        let assumed = made_up(&query, &labels);
        let writer = Writer::new(
            Arc::clone(&self.world),
            &query,
            &labels,
            &trade_types,
            annual,
            self.settings.own_suffix,
        );
        let took = self.clock.now().saturating_duration_since(began);
        let table = Table { query: &query, writer, source, count, seed: self.seed, started, took };
        answer::assumed(table.answer(), &assumed)
    }
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
    if matches!(&labels.goods, Some((CommodityClass::EndUse, _))) {
        told.push("codes of end-use categories");
    }
    if query.periods().frequency() == Frequency::Annual {
        told.push("when a year is out");
    }
    told.join(", ")
}
