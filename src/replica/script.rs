//! What a test tells the server to do with the next requests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::fault::Fault;
use super::hk::Status;
use super::reply::Reply;

/// Where requests come in; each door has a script of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Door {
    /// Hong Kong, first address `/api/get`, which redirects.
    HkFront,
    /// Hong Kong, one-time address, which answers; also any other address that its document or a recorded exchange has.
    HkAnswer,
    /// TradeWind, any address.
    Tradewind,
}

/// What a door does with one request, or with one connection.
///
/// [`CloseOnAccept`](Self::CloseOnAccept) and [`CloseDuringRequest`](Self::CloseDuringRequest) are taken by the
/// next new connection, once they are first in the script of [`Door::HkFront`] or [`Door::Tradewind`]. A request
/// on a connection that is open already leaves them where they are, and is played as without a script. To make
/// a client open a new connection, end the one before with a reply that has the header `connection: close`.
/// [`Door::HkAnswer`] has no connections of its own: there, both are as
/// [`CloseAfterRequest`](Self::CloseAfterRequest).
///
/// All other steps are taken by requests, of any method.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Step {
    /// What the door does without a script.
    Play,
    /// The redirect, without its cookie. [`Door::HkFront`] only; any other door answers HTTP 500 and says so.
    RedirectWithoutCookie,
    /// This answer, sent as told. Neither cookie nor key is asked for.
    Reply(Reply),
    /// What the door does without a script, gone wrong.
    Fault(Fault),
    /// The connection is closed as soon as it is accepted, before any request is read.
    CloseOnAccept,
    /// The connection is closed after the first bytes of the request arrived, before all of it was read.
    CloseDuringRequest,
    /// The request is read whole, then the connection is closed without an answer.
    CloseAfterRequest,
}

impl Step {
    /// A Hong Kong answer that holds a status and no data: HTTP 200, `{"header": {"status": …}}`.
    ///
    /// Name and description of the codes 0 to 4 are the guide's; any other code comes without them. Null as
    /// `messages` leaves the member `message` out.
    ///
    /// ```
    /// use tradebind::replica::Step;
    ///
    /// let refused = Step::hk_status(1, vec!["Period code (202606) is not defined"]);
    /// let busy = Step::hk_status(3, ());
    /// ```
    #[must_use]
    pub fn hk_status(code: u8, messages: impl Into<Value>) -> Self {
        Self::Reply(Reply::json(200, &Status { code, message: messages.into() }.body()))
    }
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl From<Fault> for Step {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Step {
    /// Whether it is taken by a new connection and not by a request.
    fn is_for_connection(&self) -> bool {
        matches!(self, Self::CloseOnAccept | Self::CloseDuringRequest)
    }
}

/// How a connection ends before it was served.
#[derive(Debug, Clone, Copy)]
pub(super) enum Closing {
    AtOnce,
    DuringRequest,
}

/// The steps that one door has yet to take.
#[derive(Debug, Default)]
pub(super) struct Script(Mutex<VecDeque<Step>>);

impl Script {
    pub(super) fn add(&self, steps: impl IntoIterator<Item = Step>) {
        // Collected first: the caller's iterator may ask this very script.
        let steps: Vec<_> = steps.into_iter().collect();
        self.with(|queue| queue.extend(steps));
    }

    pub(super) fn pending(&self) -> usize {
        self.with(|queue| queue.len())
    }

    /// Takes the first step if it is one for a new connection.
    pub(super) fn take_for_connection(&self) -> Option<Closing> {
        self.with(|queue| {
            let closing = match queue.front()? {
                Step::CloseOnAccept => Closing::AtOnce,
                Step::CloseDuringRequest => Closing::DuringRequest,
                _ => return None,
            };
            queue.pop_front();
            Some(closing)
        })
    }

    /// Takes the first step if it is one for a request.
    pub(super) fn take_for_request(&self) -> Option<Step> {
        self.with(|queue| match queue.front()? {
            step if step.is_for_connection() => None,
            _ => queue.pop_front(),
        })
    }

    /// The first step, whatever it is.
    fn take(&self) -> Option<Step> {
        self.with(VecDeque::pop_front)
    }

    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<Step>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The script of each door.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    hk_front: Script,
    hk_answer: Script,
    tradewind: Script,
}

impl Scripts {
    pub(super) fn of(&self, door: Door) -> &Script {
        match door {
            Door::HkFront => &self.hk_front,
            Door::HkAnswer => &self.hk_answer,
            Door::Tradewind => &self.tradewind,
        }
    }

    /// The step for a request that knocks at this door, if there is one.
    pub(super) fn step(&self, door: Door) -> Option<Step> {
        let script = self.of(door);
        match door {
            Door::HkFront | Door::Tradewind => script.take_for_request(),
            Door::HkAnswer => script.take(),
        }
    }
}
