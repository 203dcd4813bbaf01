//! The documented call of the Hong Kong service through the Rust client of openapi-generator.

use std::error::Error;
use std::time::Duration;

use hk_trade_client::apis::{configuration::Configuration, trade_api::get_trade};
use hk_trade_client::models::{AreaClass, CommodityClass, Frequency, Language, Statistic, TradeType};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    documented().await?;
    every_list().await
}

/// Total exports to the mainland of China, May and June 2018.
async fn documented() -> Result<(), Box<dyn Error>> {
    let answer = get_trade(
        &configuration("TRADEBIND_HK_URL")?,
        Language::Tc,
        vec![Statistic::Vcm],
        Frequency::M,
        texts(["201805", "201806"]),
        TradeType::TotalExports,
        None,
        None,
        None,
        Some(AreaClass::C),
        Some(vec!["CN".to_owned()]),
        None,
        None,
    )
    .await?;
    if answer.header.status.code != 0 {
        return Err(format!("the answer is a failure: {:?}", answer.header.status).into());
    }
    let rows = answer.data_set.flatten().ok_or("the answer holds no rows")?;
    let figures: Vec<_> = rows.into_iter().map(|row| row.figure.flatten().unwrap_or_default()).collect();
    if figures != ["194542691", "186190690"] {
        return Err(format!("the figures are {figures:?}, not those of the guide").into());
    }
    println!("hk-trade rust: figures {}", figures.join(" and "));
    Ok(())
}

/// Every list with two items, to a listener that looks at the address only.
async fn every_list() -> Result<(), Box<dyn Error>> {
    get_trade(
        &configuration("TRADEBIND_LISTENER_URL")?,
        Language::En,
        vec![Statistic::Vcm, Statistic::Qcm],
        Frequency::M,
        texts(["201805", "201806"]),
        TradeType::Imports,
        None,
        Some(AreaClass::C),
        Some(texts(["US", "JP"])),
        Some(AreaClass::C),
        Some(texts(["CN", "VN"])),
        Some(CommodityClass::Hkhs4),
        Some(texts(["1006", "3907"])),
    )
    .await?;
    Ok(())
}

fn configuration(variable: &str) -> Result<Configuration, Box<dyn Error>> {
    // The cookie that the redirect sets must go back.
    let client = reqwest::Client::builder().cookie_store(true).timeout(Duration::from_secs(30)).build()?;
    let base_path = std::env::var(variable).map_err(|e| format!("{variable}: {e}"))?;
    Ok(Configuration { base_path, client, ..Configuration::default() })
}

fn texts(items: [&str; 2]) -> Vec<String> {
    items.map(str::to_owned).to_vec()
}
