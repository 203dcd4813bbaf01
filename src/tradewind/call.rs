use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use progenitor_client::{Error as SendError, ResponseValue};

use super::api::{self, types};
use super::envelope::Answer;
use super::{Billed, Client};
use crate::domain::Credits;
use crate::error::Error;
use crate::exchange::RAW;
use crate::operation::{AnswerForm, Billing, Operation};

/// What is to be known of an operation before it is sent.
#[derive(Debug, Clone)]
pub struct What {
    pub(super) id: &'static str,
    /// Whether it needs the key.
    pub(super) key: bool,
    /// Whether it is a read that costs nothing, and so may be repeated.
    pub(super) free: bool,
    /// Whether its data carry the upstream's envelope.
    pub(super) customs: bool,
    /// What the document tells of its price.
    pub(super) price: Option<Credits>,
    /// What the document tells of its answer's form.
    pub(super) form: Option<AnswerForm>,
}

impl What {
    pub(super) fn of(operation: &'static Operation) -> Self {
        let free = operation.billing == Billing::Free;
        Self {
            id: operation.id,
            key: operation.key,
            free: free && operation.method == "GET",
            customs: operation.path.starts_with("/api/customs/"),
            price: if free {
                Some(Credits::default())
            } else {
                operation.credits.and_then(|text| text.parse().ok())
            },
            form: Some(operation.answer),
        }
    }

    /// The same once calls of it were charged so much: what is free by the document and was charged all the same is free no
    /// longer.
    pub(super) fn charged(self, dearest: Option<Credits>) -> Self {
        match dearest {
            Some(_) if self.price == Some(Credits::default()) => Self { free: false, price: dearest, ..self },
            _ => self,
        }
    }

    /// An address that the document does not know: nothing is taken for granted.
    pub(super) fn unknown(path: &str) -> Self {
        let customs = path.starts_with("/api/customs/");
        Self { id: RAW, key: true, free: false, customs, price: None, form: None }
    }
}

type Sending<S> = Pin<Box<dyn Future<Output = Result<ResponseValue<S>, SendError<types::Failure>>> + Send>>;

/// One call, to be awaited; nothing is sent before.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<A: Answer> {
    pub(super) client: Client,
    pub(super) what: What,
    pub(super) allowed: Option<Credits>,
    pub(super) send: Box<dyn Fn(api::Client) -> Sending<A::Sent> + Send + Sync>,
}

impl<A: Answer> Call<A> {
    /// Allows the call to cost so much: that is reserved, and the call is sent even where its price is unknown. What is free by
    /// the document needs none; a charge within it stops nothing then.
    pub fn allow(self, at_most: Credits) -> Self {
        Self { allowed: Some(at_most), ..self }
    }

    /// Sends the call; awaiting it does the same.
    ///
    /// # Errors
    /// [`crate::ErrorKind`] lists what can go wrong.
    pub async fn send(self) -> Result<Billed<A::Value>, Error> {
        self.client.clone().run(self).await
    }
}

impl<A: Answer> IntoFuture for Call<A>
where
    A::Value: Send + 'static,
{
    type Output = Result<Billed<A::Value>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl<A: Answer> fmt::Debug for Call<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("what", &self.what)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
