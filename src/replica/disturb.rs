//! Answers whose data are made wrong.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::Response;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::fault::Fault;

/// The largest answer that is read whole to be made wrong, in bytes.
const CAP: usize = 64 << 20;

/// A field that no document has.
const UNKNOWN_FIELD: &str = "tradebindUnknown";

/// What stands where data belong when PHP fails (the shape of its message is PHP's own; paths and names are made up).
const TRACE: &str = "PHP Fatal error:  Uncaught RuntimeException: made up by tradebind in /srv/app/Upstream.php:42\n\
Stack trace:\n#0 /srv/app/Gateway.php(17): Upstream->ask()\n#1 {main}\n  thrown in /srv/app/Upstream.php on line 42";

/// Where an answer has its rows, and the count that it tells; JSON pointers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub(super) rows: &'static str,
    pub(super) count: &'static str,
}

/// Makes an answer's data wrong; one that has nothing to work on goes out as it is.
pub(super) async fn disturbed(answer: Answer, fault: &Fault, places: Places) -> Answer {
    let (head, body) = answer.into_parts();
    let whole = match whole(body, CAP).await {
        Ok(whole) => whole,
        Err(rest) => {
            let why = match rest.read.back() {
                Some(Err(_)) => "breaks off".to_owned(),
                _ => format!("holds more than {CAP} bytes"),
            };
            let note = format!("{fault}: nothing to work on, as the answer {why}");
            return answer::noted(Response::from_parts(head, rest.boxed_unsync()), note);
        }
    };
    let mut value: Value = serde_json::from_slice(&whole).unwrap_or_default();
    if !change(&mut value, fault, places) {
        return untouched(answer::with_body(head, whole), fault);
    }
    let made = answer::with_body(head, value.to_string().into());
    let made = match fault {
        Fault::Upstream { .. } => answer::assumed(made, "that it is charged"),
        Fault::StackTrace => answer::assumed(made, "text of the trace, that it is charged"),
        _ => made,
    };
    answer::noted(made, fault.to_string())
}

/// An answer that goes out as it is, since a fault has nothing to work on.
pub(super) fn untouched(answer: Answer, fault: &Fault) -> Answer {
    answer::noted(answer, format!("{fault}: nothing to work on"))
}

/// All of a body; or one that is the same, where it is longer than so many bytes, or breaks off.
async fn whole(mut body: UnsyncBoxBody<Bytes, io::Error>, cap: usize) -> Result<Bytes, Rest> {
    let told = body.size_hint();
    let (mut read, mut length) = (VecDeque::new(), 0);
    while let Some(frame) = body.frame().await {
        let is_right = frame.is_ok();
        length += frame.as_ref().ok().and_then(Frame::data_ref).map_or(0, Bytes::len);
        read.push_back(frame);
        if length > cap || !is_right {
            return Err(Rest { read, body, told });
        }
    }
    let mut whole = Vec::with_capacity(length);
    for piece in read.into_iter().filter_map(|frame| frame.ok()?.into_data().ok()) {
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

/// A body of which some was read already.
struct Rest {
    read: VecDeque<io::Result<Frame<Bytes>>>,
    body: UnsyncBoxBody<Bytes, io::Error>,
    /// How long all of it is.
    told: SizeHint,
}

impl Body for Rest {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.read.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.body).poll_frame(cx),
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.told
    }
}

/// Whether there was something to change.
fn change(answer: &mut Value, fault: &Fault, places: Places) -> bool {
    match fault {
        Fault::DuplicateRows(n) => duplicate(answer, *n, places).is_some(),
        Fault::WrongCount(by) => {
            let Some(count) = answer.pointer_mut(places.count) else { return false };
            let Some(told) = count.as_i64() else { return false };
            *count = told.saturating_add(*by).max(0).into();
            true
        }
        Fault::UnknownFields => {
            let Value::Object(members) = answer else { return false };
            let unknown = || json!({ "note": "made up by tradebind's replica" });
            members.insert(UNKNOWN_FIELD.to_owned(), unknown());
            let rows = answer.pointer_mut(places.rows).and_then(Value::as_array_mut);
            for row in rows.into_iter().flatten().filter_map(Value::as_object_mut) {
                row.insert(UNKNOWN_FIELD.to_owned(), unknown());
            }
            true
        }
        Fault::Upstream { code, message } => {
            let upstream = answer.get_mut("data").and_then(Value::as_object_mut);
            let Some(upstream) = upstream.filter(|upstream| upstream.contains_key("code")) else {
                return false;
            };
            upstream.insert("code".to_owned(), (*code).into());
            upstream.insert("msg".to_owned(), message.clone().into());
            upstream.insert("data".to_owned(), Value::Null);
            true
        }
        Fault::StackTrace => {
            let Some(data) = answer.get_mut("data").filter(|data| !data.is_null()) else { return false };
            *data = TRACE.into();
            true
        }
        // None of the others concerns the data.
        _ => false,
    }
}

fn duplicate(answer: &mut Value, n: usize, places: Places) -> Option<()> {
    let rows = answer.pointer_mut(places.rows)?.as_array_mut().filter(|rows| !rows.is_empty())?;
    let before = rows.len();
    rows.extend_from_within(..n.min(before));
    let after = rows.len();
    let count = answer.pointer_mut(places.count);
    if let Some(count) = count.filter(|count| count.as_u64() == Some(before as u64)) {
        *count = after.into();
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: Places = Places { rows: "/rows", count: "/count" };

    fn changed(answer: Value, fault: Fault) -> Option<Value> {
        let mut answer = answer;
        change(&mut answer, &fault, PLACES).then_some(answer)
    }

    #[test]
    fn rows_and_counts() {
        let answer = || json!({ "rows": [{"a": 1}, {"a": 2}], "count": 2 });
        assert_eq!(
            changed(answer(), Fault::DuplicateRows(1)),
            Some(json!({ "rows": [{"a": 1}, {"a": 2}, {"a": 1}], "count": 3 }))
        );
        assert_eq!(changed(answer(), Fault::DuplicateRows(9)).unwrap()["count"], 4);
        let more = json!({ "rows": [1], "count": 169 });
        assert_eq!(
            changed(more, Fault::DuplicateRows(1)),
            Some(json!({ "rows": [1, 1], "count": 169 })),
            "a count of something else stays"
        );
        assert_eq!(changed(answer(), Fault::WrongCount(3)).unwrap()["count"], 5);
        assert_eq!(changed(answer(), Fault::WrongCount(-3)).unwrap()["count"], 0);
        let unknown = changed(answer(), Fault::UnknownFields).unwrap();
        assert!(unknown[UNKNOWN_FIELD].is_object() && unknown["rows"][1][UNKNOWN_FIELD].is_object());
    }

    #[test]
    fn upstream() {
        let answer = || json!({ "success": true, "data": { "code": 1, "data": {} } });
        let failed = changed(answer(), Fault::upstream(0, "no")).unwrap();
        assert_eq!(failed["data"], json!({ "code": 0, "msg": "no", "data": null }));
        let trace = changed(answer(), Fault::StackTrace).unwrap();
        assert!(trace["data"].as_str().unwrap().contains("#1 {main}"));
        assert_eq!(trace["success"], true);
    }

    #[test]
    fn nothing_to_work_on() {
        for fault in
            [Fault::DuplicateRows(1), Fault::WrongCount(1), Fault::upstream(0, ""), Fault::StackTrace]
        {
            for answer in [json!({}), json!([]), json!({ "rows": [], "data": null }), json!({ "rows": 1 })] {
                assert_eq!(changed(answer, fault.clone()), None, "{fault}");
            }
        }
        assert_eq!(changed(json!([]), Fault::UnknownFields), None);
    }

    /// Nothing of a body that is too long to be read whole is lost.
    #[tokio::test]
    async fn a_long_body_goes_on() {
        let body = || answer::bare(hyper::StatusCode::OK, Bytes::from_static(b"0123456789")).into_body();
        assert_eq!(whole(body(), 10).await.ok().unwrap(), "0123456789");
        let rest = whole(body(), 9).await.err().unwrap();
        assert_eq!(rest.size_hint().exact(), Some(10));
        assert_eq!(rest.collect().await.unwrap().to_bytes(), "0123456789");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_told_as_such() {
        let read = [Ok(Frame::data(Bytes::from_static(b"{"))), Err(io::ErrorKind::ConnectionReset.into())];
        let rest = Rest {
            read: read.into(),
            body: answer::bare(hyper::StatusCode::OK, Bytes::new()).into_body(),
            told: SizeHint::default(),
        };
        let told = disturbed(Response::new(rest.boxed_unsync()), &Fault::DuplicateRows(1), PLACES).await;
        let note = &told.extensions().get::<answer::Note>().unwrap().0;
        assert_eq!(note, "1 rows twice: nothing to work on, as the answer breaks off");
        assert!(told.into_body().collect().await.is_err());
    }
}
