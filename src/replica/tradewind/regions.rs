//! World regions, for requests that no documented answer belongs to.
//!
//! Countries, their ids and names are those of the documented answer; the figures are made up. They hang on the seed and
//! on what is asked, and behave: a country's trades of two periods that follow each other add up to those of both, its share is
//! that of the documented answer (100 times its trades by all trades, to two decimals), and there are no more rows than
//! the total tells.

use std::cmp::Reverse;

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::domain::DateText;
use crate::exchange::{self, Body};
use crate::replica::seeded;

/// The made-up data begin here.
const FIRST: (u16, u8, u8) = (2015, 1, 1);
/// Days of the documented answer's period.
const DOCUMENTED_DAYS: u64 = 365;
/// Fields of a request that narrow its answer, beside the product.
const FILTERS: [&str; 5] = ["hscode", "tradeCode", "buyer", "seller", "departure_port"];
/// Regions of the documented answer that are not among its rows.
const UNLISTED: u64 = 159;

/// A country of the documented answer.
struct Country {
    id: Value,
    name: Value,
    en: Value,
    icon: Value,
    trades: u64,
}

/// What is answered.
pub(super) struct Regions {
    seed: u64,
    countries: Vec<Country>,
}

impl Regions {
    pub(super) fn new(seed: u64) -> Self {
        let all = exchange::documented().unwrap_or_default();
        let own = all.iter().filter(|(_, recorded)| recorded.operation == "world_regions");
        let rows = own.filter_map(|(_, recorded)| {
            let answer = recorded.response.as_ref()?.body.as_ref().and_then(Body::json)?;
            answer.pointer("/data/data/list")?.as_array().cloned()
        });
        // The example that knows the most countries.
        let rows = rows.min_by_key(|rows| Reverse(rows.len()));
        let country = |row: Value| Country {
            id: row["exporter_country_id"].clone(),
            name: row["name"].clone(),
            en: row["en"].clone(),
            icon: row["icon"].clone(),
            trades: row["tradeCount"].as_u64().unwrap_or_default(),
        };
        Self { seed, countries: rows.unwrap_or_default().into_iter().map(country).collect() }
    }

    /// The upstream's data for a request; dates that are no days were refused before. An open end is today, which also
    /// ends what there is.
    pub(super) fn answer(&self, request: &Map<String, Value>, today: DateText) -> Value {
        let text =
            |name: &str| request.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
        let day = |name: &str| text(name).parse::<DateText>().ok().and_then(DateText::ymd);
        let today = today.ymd().unwrap_or(FIRST);
        let start = day("start_time").unwrap_or(FIRST).max(FIRST);
        let end = day("end_time").unwrap_or(today).min(today);
        let filters = FILTERS.map(text);
        let narrowed = filters.iter().filter(|filter| !filter.is_empty()).count() as u64;
        let mut asked = vec![text("type"), text("product")];
        asked.extend(filters);
        let asked = asked.join("\u{1f}");

        let mut rows: Vec<(u64, &Country, u64)> = Vec::new();
        for country in &self.countries {
            let name = country.id.to_string();
            let chance = |what: &[u8]| seeded::hash(self.seed, &[asked.as_bytes(), name.as_bytes(), what]);
            // Each filter leaves some countries out.
            if chance(b"absent") % 8 < narrowed {
                continue;
            }
            let trades: u64 = months(start, end)
                .map(|(year, month, days)| {
                    let usual = (country.trades / DOCUMENTED_DAYS).max(1);
                    let percent = 50 + chance(&[&year.to_le_bytes()[..], &[month]].concat()) % 101;
                    (usual * percent / 100 / (1 << (2 * narrowed))).max(1) * days
                })
                .sum();
            if trades > 0 {
                rows.push((trades, country, chance(b"row")));
            }
        }
        rows.sort_by_key(|(trades, country, _)| (std::cmp::Reverse(*trades), country.id.as_u64()));

        let chance = seeded::hash(self.seed, &[asked.as_bytes(), b"all"]);
        let listed: u64 = rows.iter().map(|(trades, ..)| trades).sum();
        let unlisted = if rows.len() == self.countries.len() { chance % (UNLISTED + 1) } else { 0 };
        let total =
            if unlisted > 0 { listed + (listed * (5 + chance % 20) / 100).max(unlisted) } else { listed };
        let quantity = |trades: u64, chance: u64| Decimal::from(trades) * Decimal::from(500 + chance % 9500);
        let list: Vec<_> = rows
            .iter()
            .map(|(trades, country, chance)| {
                let qty = quantity(*trades, *chance);
                json!({
                    "exporter_country_id": country.id,
                    "amount": "0.00",
                    "qty": qty.to_string(),
                    "tradeCount": trades,
                    "sellerCount": trades / (3 + chance % 40) + 1,
                    "sellerCountryId": null,
                    "buyerCount": trades / (3 + (chance >> 8) % 40) + 1,
                    "buyerCountryId": null,
                    "name": country.name,
                    "en": country.en,
                    "icon": country.icon,
                    "weight": (qty * Decimal::new(1000 + i64::from((chance >> 16) as u16), 3)).to_string(),
                    "tradePercent": percent(*trades, total),
                })
            })
            .collect();
        let qty: Decimal = rows.iter().map(|(trades, _, chance)| quantity(*trades, *chance)).sum();
        let qty = qty + Decimal::from(total - listed) * Decimal::from(500);
        json!({ "total": rows.len() as u64 + unlisted, "list": list, "qty": qty.to_string(), "tradeCount": total })
    }
}

/// 100 times a part by the whole, to two decimals, half away from zero; as the JSON number that its text is.
fn percent(part: u64, whole: u64) -> Value {
    let share = Decimal::from(part) * Decimal::ONE_HUNDRED / Decimal::from(whole.max(1));
    let rounded = share.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    serde_json::from_str(&rounded.normalize().to_string()).unwrap_or_default()
}

/// The months from one day to another, each with the number of its days in between; none where the days stand the other
/// way round.
fn months(start: (u16, u8, u8), end: (u16, u8, u8)) -> impl Iterator<Item = (u16, u8, u64)> {
    let all = (start.0..=end.0).flat_map(|year| (1..=12).map(move |month| (year, month)));
    all.filter(move |month| (start.0, start.1) <= *month && *month <= (end.0, end.1)).map(
        move |(year, month)| {
            let first = if (year, month) == (start.0, start.1) { start.2 } else { 1 };
            let last = if (year, month) == (end.0, end.1) { end.2 } else { last_day(year, month) };
            (year, month, u64::from((last + 1).saturating_sub(first)))
        },
    )
}

fn last_day(year: u16, month: u8) -> u8 {
    let day = |day: &u8| format!("{year:04}-{month:02}-{day:02}").parse::<DateText>().is_ok();
    (28..=31).rev().find(day).unwrap_or(28)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn today() -> DateText {
        "2026-04-15".parse().unwrap()
    }

    fn ask(seed: u64, request: Value) -> Value {
        Regions::new(seed).answer(request.as_object().unwrap(), today())
    }

    /// What holds in the documented answer.
    fn assert_identities(answer: &Value) {
        let list = answer["list"].as_array().unwrap();
        assert!(list.len() as u64 <= answer["total"].as_u64().unwrap());
        let all = answer["tradeCount"].as_u64().unwrap();
        let listed: u64 = list.iter().map(|row| row["tradeCount"].as_u64().unwrap()).sum();
        assert!(listed <= all, "{listed} {all}");
        let decimal = |value: &Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
        let quantities: Decimal = list.iter().map(|row| decimal(&row["qty"])).sum();
        assert!(quantities <= decimal(&answer["qty"]));
        for row in list {
            let part = row["tradeCount"].as_u64().unwrap();
            let told: Decimal = row["tradePercent"].to_string().parse().unwrap();
            let exact = Decimal::from(part * 100) / Decimal::from(all);
            assert!((told - exact).abs() <= Decimal::new(5, 3), "{told} {exact}");
            assert!(decimal(&row["weight"]) > Decimal::ZERO);
        }
    }

    #[test]
    fn the_documented_answer_has_the_same_identities() {
        let all = exchange::documented().unwrap();
        let (_, recorded) =
            all.into_iter().find(|(_, recorded)| recorded.operation == "world_regions").unwrap();
        let body = recorded.response.unwrap().body.unwrap();
        assert_identities(body.json().unwrap().pointer("/data/data").unwrap());
    }

    #[test]
    fn each_field_counts() {
        let base = json!({ "type": "exporter", "product": "pet" });
        let answer = ask(1, base.clone());
        assert_eq!(answer["list"].as_array().unwrap().len(), 10);
        assert_eq!(answer, ask(1, json!({ "type": "EXPORTER ", "product": "Pet", "hscode": "" })));
        assert_ne!(answer, ask(2, base.clone()));
        for (field, value) in [
            ("type", "importer"),
            ("product", "tea"),
            ("hscode", "3907"),
            ("tradeCode", "x"),
            ("buyer", "x"),
            ("seller", "x"),
            ("departure_port", "x"),
            ("start_time", "2024-01-01"),
            ("end_time", "2024-01-01"),
        ] {
            let mut other = base.clone();
            other[field] = value.into();
            let other = ask(1, other);
            assert_identities(&other);
            assert_ne!(answer, other, "{field}");
        }
        let narrow = ask(1, json!({ "type": "exporter", "product": "pet", "hscode": "3907", "seller": "x" }));
        assert!(narrow["tradeCount"].as_u64() < answer["tradeCount"].as_u64());
    }

    #[test]
    fn no_days_no_trade() {
        let none = json!({ "total": 0, "list": [], "qty": "0", "tradeCount": 0 });
        for (start, end) in [("2024-02-02", "2024-02-01"), ("2026-04-16", ""), ("", "2014-12-31")] {
            let request = json!({ "type": "exporter", "start_time": start, "end_time": end });
            assert_eq!(ask(0, request), none, "{start} {end}");
        }
    }

    fn days() -> impl Strategy<Value = String> {
        (2015..=2026u16, 1..=12u8, 1..=28u8).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
    }

    proptest! {
        #[test]
        fn periods_add_up(mut days in [days(), days(), days()], seed: u64, kind in "exporter|importer", hs in "|3907") {
            days.sort();
            let [start, middle, end] = days;
            let (year, month, day) = middle.parse::<DateText>().unwrap().ymd().unwrap();
            let next = if day < last_day(year, month) { (year, month, day + 1) }
                else if month < 12 { (year, month + 1, 1) } else { (year + 1, 1, 1) };
            let next = format!("{:04}-{:02}-{:02}", next.0, next.1, next.2);
            let ask = |start: &str, end: &str| {
                let answer = ask(seed, json!({ "type": kind, "hscode": hs, "start_time": start, "end_time": end }));
                assert_identities(&answer);
                let trades = answer["list"].as_array().unwrap().iter();
                trades.map(|row| row["tradeCount"].as_u64().unwrap()).sum::<u64>()
            };
            prop_assert_eq!(ask(&start, &middle) + ask(&next, &end), ask(&start, &end));
        }
    }
}
