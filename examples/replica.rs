//! Serves the local replica until standard input ends, and prints its two base URLs.
//!
//! `cargo run --features replica --example replica`

use std::error::Error;

use tokio::io::AsyncReadExt as _;
use tradebind::replica::Replica;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let replica = Replica::start().await?;
    println!("hk-trade {}", replica.hk_url());
    println!("tradewind {}", replica.tradewind_url());
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    Ok(())
}
