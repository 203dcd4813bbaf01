//! The documented call of TradeWind through the Rust client of openapi-generator.

use std::error::Error;
use std::time::Duration;

use tradewind_client::apis::{configuration::Configuration, customs_api::world_regions};
use tradewind_client::models::{Role, WorldRegionsRequest};

/// Exporters of pet, one year.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("TRADEBIND_TRADEWIND_URL");
    let configuration = Configuration {
        base_path: url.map_err(|e| format!("TRADEBIND_TRADEWIND_URL: {e}"))?,
        client: reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?,
        bearer_access_token: Some("tw_test_x".to_owned()),
        ..Configuration::default()
    };
    let unused = || Some(String::new());
    // This client sends no defaults of its own, and the documented call has all nine fields.
    let request = WorldRegionsRequest {
        r#type: Role::Exporter,
        start_time: Some("2024-04-19".to_owned()),
        end_time: Some("2025-04-18".to_owned()),
        product: Some("pet".to_owned()),
        hscode: unused(),
        trade_code: unused(),
        buyer: unused(),
        seller: unused(),
        departure_port: unused(),
    };
    let answer = world_regions(&configuration, request).await?;
    let upstream = answer.data.ok_or("the answer holds no data")?;
    let list = upstream.data.and_then(|data| data.list.flatten());
    let regions = list.ok_or("the answer holds no regions")?.len();
    let billing = answer.meta.and_then(|meta| meta.billing);
    let credits = billing.and_then(|billing| billing.credits_charged.flatten());
    if (regions, credits) != (10, Some(0.14)) {
        let problem = format!("{regions} regions and {credits:?} credits, not the documented 10 and 0.14");
        return Err(problem.into());
    }
    println!("tradewind rust: {regions} regions, 0.14 credits");
    Ok(())
}
