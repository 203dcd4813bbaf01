//! Places in JSON, told in one way.

use serde_path_to_error::{Path, Segment};

/// The JSON pointer of a place that serde tells; empty for the whole.
pub(crate) fn pointer(path: &Path) -> String {
    let tokens = path.iter().map(|segment| match segment {
        Segment::Map { key } => escape(key),
        Segment::Seq { index } => index.to_string(),
        Segment::Enum { variant } => variant.clone(),
        Segment::Unknown => "?".to_owned(),
    });
    tokens.fold(String::new(), |pointer, token| pointer + "/" + &token)
}

/// One token of a JSON pointer (RFC 6901).
pub(crate) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}
