use super::Table;
use super::decode::Decoded;
use crate::error::Error;
use crate::hk::api::types::Status;
use crate::hk::{Client, Form, InEnglish, Query};
use crate::http::Response;

impl Client {
    /// Asks a query, and reads the answer straight into columns: no row is ever held as a struct, and the body is gone
    /// when this returns.
    ///
    /// Outcomes, pace, repeats and errors are those of [`Client::query`].
    ///
    /// # Errors
    /// As [`Client::query`]; rows whose number is not as told are kept in [`Error::table`].
    pub async fn table(&self, query: &Query) -> Result<Table, Error> {
        let (table, attempts, waited) = self.asked(query, &mut InEnglish::default(), Table::new).await?;
        Ok(table.asked_by(query).with_effort(attempts, waited))
    }
}

impl Form for Decoded {
    fn read(response: &Response) -> Result<Self, Error> {
        Self::read(response)
    }

    fn status(&self) -> &Status {
        &self.head().header.status
    }
}
