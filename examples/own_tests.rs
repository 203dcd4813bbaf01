//! How a program that uses tradebind tests itself: against the replica, without network, key or waiting.
//!
//! `cargo test --features replica --example own_tests` runs the tests, `cargo run` the program.

use std::error::Error;

use tradebind::domain::{AreaClass, CommodityClass, Decimal, Period, TradeType};
use tradebind::hk::{Client, Query};
use tradebind::replica::Replica;
use tradebind::tradewind;

// --- The program: what it asks is not known to be the replica. -------------------------------------------------

/// The origin whose goods are dearest, with HK$ for a unit.
#[derive(Debug, PartialEq, Eq)]
struct Dearest {
    month: Period,
    origin: String,
    price: Decimal,
    unit: String,
}

/// The dearest origin of a subheading in the last month that is published.
async fn dearest(client: &Client, subheading: &str) -> Result<Option<Dearest>, Box<dyn Error>> {
    let month = client.latest_period().await?;
    let query = Query::builder()
        .trade_type(TradeType::Imports)
        .periods(month)
        .statistics("VCm,QCm")
        .origin(AreaClass::Country, "ALL")
        .commodities(CommodityClass::Hs6, subheading)
        .build()?;
    let answer = client.query(&query).await?;
    let mut dearest: Option<Dearest> = None;
    // Value and quantity are rows of their own: join them by code, never by name.
    for quantity in answer.rows().iter().filter(|row| row.sv.to_string() == "QCm") {
        let of_same = |row: &&tradebind::hk::Row| row.co == quantity.co && row.sv.to_string() == "VCm";
        let (Some(value), Some(count)) = (answer.rows().iter().find(of_same), quantity.number()?) else {
            continue;
        };
        let price = value.number()?.unwrap_or_default() * Decimal::from(1000) / count;
        if dearest.as_ref().is_none_or(|dearest| price > dearest.price) {
            let origin = quantity.origin().map(|origin| origin.code.to_owned()).unwrap_or_default();
            let unit = quantity.unit().unwrap_or_default().to_owned();
            dearest = Some(Dearest { month, origin, price: price.round_dp(2), unit });
        }
    }
    Ok(dearest)
}

/// The country that sends most deliveries of a product.
async fn largest_sender(client: &tradewind::Client, product: &str) -> Result<Option<String>, Box<dyn Error>> {
    let request = serde_json::json!({
        "type": "exporter", "start_time": "2024-04-19", "end_time": "2025-04-18", "product": product,
    });
    let answer = client.world_regions(tradewind::read_request(&request.to_string())?).await?;
    let rows = answer.value().list.iter().flatten();
    let largest = rows.max_by_key(|row| row.trade_count.unwrap_or_default());
    Ok(largest.and_then(|row| row.en.clone().or_else(|| row.name.clone())))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let replica = Replica::builder().hk_newest_by_clock().start().await?;
    let client = Client::builder().base_url(replica.hk_url()).build()?;
    println!("rice: {:?}", dearest(&client, "100630").await?);
    let client =
        tradewind::Client::builder().base_url(replica.tradewind_url()).key("tw_test_own")?.build()?;
    println!("pet: {:?}", largest_sender(&client, "pet").await?);
    Ok(())
}

// --- Its tests. ------------------------------------------------------------------------------------------------

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use tradebind::http::ManualClock;
    use tradebind::replica::{Door, Fault, ReplicaBuilder, Rule, Step};

    use super::*;

    /// A replica and a client by one clock, which whoever waits moves on: no test takes time.
    async fn bench(replica: ReplicaBuilder) -> Result<(Replica, Client), Box<dyn Error>> {
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_435_200); // 2026-11-23
        let clock = Arc::new(ManualClock::at(noon));
        let replica = replica.clock(clock.clone()).start().await?;
        let client = Client::builder().base_url(replica.hk_url()).clock(clock).build()?;
        Ok((replica, client))
    }

    /// The same seed makes the same figures, so that an expected result can be written down.
    #[tokio::test]
    async fn the_dearest_origin_is_found() -> Result<(), Box<dyn Error>> {
        let (replica, client) = bench(Replica::builder().seed(42).hk_newest("2026-09".parse()?)).await?;
        let found = dearest(&client, "100630").await?.ok_or("nothing found")?;
        assert_eq!((found.month.to_string(), found.unit.as_str()), ("202609".to_owned(), "KILOGRAM"));
        assert_eq!((found.origin.as_str(), found.price.to_string()), ("TH", "9.00".to_owned()));
        // The log tells what the program asked for.
        let asked = replica.hk_requests();
        assert!(asked.iter().any(|request| request.target.contains("codeclass=HKHS6&code=100630")));
        Ok(())
    }

    #[tokio::test]
    async fn a_code_that_the_service_does_not_know_is_told() -> Result<(), Box<dyn Error>> {
        let (_replica, client) = bench(Replica::builder()).await?;
        let error = dearest(&client, "999999").await.expect_err("no such code");
        assert!(error.to_string().contains("999999"), "{error}");
        Ok(())
    }

    /// Gateways that fail, usage limits and a busy service are waited out.
    #[tokio::test]
    async fn bad_days_are_survived() -> Result<(), Box<dyn Error>> {
        let (replica, client) = bench(Replica::builder().hk_usage_limit(3, Duration::from_secs(60))).await?;
        replica.faults([Rule::on(Door::HkFront).times(2).with(Fault::Html(503))]);
        replica.script(Door::HkAnswer, [Step::hk_status(3, ())]);
        for _ in 0..3 {
            assert!(dearest(&client, "100630").await?.is_some());
        }
        let limits = replica
            .hk_requests()
            .iter()
            .filter(|request| request.note.as_deref() == Some("usage limit"))
            .count();
        assert!(limits > 0, "the limit was met, and waited out");
        Ok(())
    }

    /// A billed call whose answer is lost is not repeated: the replica's books tell.
    #[tokio::test]
    async fn nothing_is_paid_twice() -> Result<(), Box<dyn Error>> {
        let (replica, _) = bench(Replica::builder()).await?;
        let client =
            tradewind::Client::builder().base_url(replica.tradewind_url()).key("tw_test_own")?.build()?;
        replica.script(Door::Tradewind, [Fault::ChargeThenDrop.into()]);
        let error = largest_sender(&client, "pet").await.expect_err("the answer is lost");
        let error = error.downcast::<tradebind::Error>()?;
        assert!(error.is_outcome_unknown());
        let account = replica.tradewind_account("tw_test_own").ok_or("no account")?;
        assert_eq!((account.calls, account.charged.to_string()), (1, "0.14".to_owned()));
        Ok(())
    }
}
