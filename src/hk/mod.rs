//! Hong Kong's external merchandise trade statistics (C&SD).
mod hooks;
pub mod api;
pub use hooks::api_http_client;
