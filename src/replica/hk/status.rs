//! The status of a Hong Kong answer, with the guide's words.

use serde_json::{Value, json};

/// The guide's names and descriptions of the codes 0 to 4 (section B).
const GUIDE: [(&str, &str); 5] = [
    ("Success", "Query success"),
    ("Fail", "Validation error"),
    ("Usage limit", "Usage limit is reached"),
    ("Server busy", "Server is busy at this moment"),
    ("Access denied", "Access denied"),
];

/// `header.status` of an answer.
pub(in crate::replica) struct Status {
    pub(in crate::replica) code: u8,
    /// Undocumented, but observed as a list of texts; null when there is none.
    pub(in crate::replica) message: Value,
}

impl Status {
    /// A status without messages.
    pub(in crate::replica) fn of(code: u8) -> Self {
        Self { code, message: Value::Null }
    }

    /// An answer that holds this status and no data.
    pub(in crate::replica) fn body(&self) -> Value {
        let mut status = json!({
            "code": self.code,
            "apiHelp": "https://tradeidds.censtatd.gov.hk/PageID/ApiSpec",
        });
        // A code that the guide lacks comes without words: there are none to give.
        if let Some((name, description)) = GUIDE.get(usize::from(self.code)) {
            status["name"] = (*name).into();
            status["description"] = (*description).into();
        }
        if !self.message.is_null() {
            status["message"] = self.message.clone();
        }
        json!({ "header": { "status": status } })
    }
}
