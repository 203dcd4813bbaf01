use super::reader::{Reader, find_rows};
use super::rows::Rows;
use crate::error::{Error, ErrorKind};
use crate::hk::api::types::TradeResponse;
use crate::http::Response;

/// A decoded answer, success or not.
pub(crate) struct Decoded {
    /// All but the rows; an empty list stands for those that were read.
    pub(super) head: TradeResponse,
    pub(super) rows: Rows,
}

impl Decoded {
    pub(crate) fn read(response: &Response) -> Result<Self, Error> {
        let content = response.content();
        match columns(&content) {
            Some(decoded) => Ok(decoded),
            // Whatever is odd is for the typed decode, which tells what it is.
            None => typed(response.json()?),
        }
    }

    pub(crate) fn head(&self) -> &TradeResponse {
        &self.head
    }
}

/// Reads rows into columns, and all else as the generated types.
pub(super) fn columns(content: &[u8]) -> Option<Decoded> {
    let from = find_rows(content)?;
    let mut reader = Reader::new(content);
    let to = reader.list(from)?;
    let mut rows = reader.rows;
    rows.freeze();
    let mut head = Vec::with_capacity(from + content.len() - to + 2);
    head.extend_from_slice(content.get(..from)?);
    head.extend_from_slice(b"[]");
    head.extend_from_slice(content.get(to..)?);
    let head = serde_json::from_slice(&head).ok()?;
    Some(Decoded { head, rows })
}

fn typed(mut decoded: TradeResponse) -> Result<Decoded, Error> {
    let came = decoded.data_set.take();
    let mut rows = Rows::default();
    for row in came.iter().flatten() {
        rows.push(row).ok_or_else(too_many)?;
    }
    rows.freeze();
    Ok(Decoded { head: TradeResponse { data_set: came.map(|_| Vec::new()), ..decoded }, rows })
}

fn too_many() -> Error {
    Error::new(ErrorKind::TooLarge, "more rows or texts than four thousand million")
}
