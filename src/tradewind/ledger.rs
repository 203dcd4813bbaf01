use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;

use crate::domain::Credits;
use crate::error::{Error, ErrorKind};

/// What calls cost, and the most that they may cost in all. Clones are one ledger; several clients may share
/// one.
///
/// Before a call is sent, what it may cost is reserved. What the answer tells is then booked; where it tells nothing, or
/// never came, the reserved amount stays as unconfirmed, since it may have been charged. A call is sent only while
/// charged, unconfirmed and reserved credits and its own fit the budget.
///
/// A charge above its reservation is booked, and stops the ledger: no later call is sent until [`Ledger::resume`], not even
/// one that waits for its turn with a reservation of its own, nor one that is free by the document, since that may be charged
/// all the same. What was free by the document and was charged is free no longer: the most that a call of it was charged is
/// its price from then on. A charge below zero counts as none: no answer makes a budget larger.
///
/// ```
/// use tradebind::tradewind::Ledger;
/// let ledger = Ledger::with_budget("1.4".parse()?);
/// assert_eq!(ledger.left().unwrap().to_string(), "1.4");
/// # Ok::<(), tradebind::domain::InvalidValue>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Ledger(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    budget: Option<Decimal>,
    charged: Decimal,
    unconfirmed: Decimal,
    reserved: Decimal,
    operations: BTreeMap<String, Spent>,
    /// The most that a call of each operation was charged.
    dearest: BTreeMap<String, Decimal>,
    stopped: Option<String>,
}

/// What the calls of one operation cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Spent {
    /// Calls that were sent.
    pub calls: u64,
    /// Credits that the service told to have charged.
    pub charged: Credits,
    /// Calls whose charge is not known.
    pub unconfirmed_calls: u64,
}

impl Ledger {
    /// A ledger without a budget: it only books.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A ledger with a hard budget.
    #[must_use]
    pub fn with_budget(max_credits: Credits) -> Self {
        let ledger = Self::new();
        ledger.set_budget(Some(max_credits));
        ledger
    }

    /// Sets or lifts the budget; what was spent stays.
    pub fn set_budget(&self, max_credits: Option<Credits>) {
        self.state().budget = max_credits.map(Credits::amount);
    }

    /// The budget.
    #[must_use]
    pub fn budget(&self) -> Option<Credits> {
        self.state().budget.map(Credits::from)
    }

    /// Credits that the service told to have charged.
    #[must_use]
    pub fn charged(&self) -> Credits {
        self.state().charged.into()
    }

    /// Credits reserved for calls that were sent and whose charge is not known.
    #[must_use]
    pub fn unconfirmed(&self) -> Credits {
        self.state().unconfirmed.into()
    }

    /// Credits reserved for calls that are under way.
    #[must_use]
    pub fn reserved(&self) -> Credits {
        self.state().reserved.into()
    }

    /// What the budget still holds; below zero where charges passed it. `None` without a budget.
    #[must_use]
    pub fn left(&self) -> Option<Credits> {
        let state = self.state();
        state.budget.map(|budget| budget.saturating_sub(state.taken()).into())
    }

    /// What each operation cost; raw calls of unknown addresses under `raw`.
    #[must_use]
    pub fn operations(&self) -> BTreeMap<String, Spent> {
        self.state().operations.clone()
    }

    /// Why no call is sent any more, if that is so.
    #[must_use]
    pub fn stopped(&self) -> Option<String> {
        self.state().stopped.clone()
    }

    /// Lets calls go on after a charge above its reservation. Allow more for the operation first; for one that was free by the
    /// document, what it cost is reserved from now on.
    pub fn resume(&self) {
        self.state().stopped = None;
    }

    /// Puts what was charged, once it is known, in the place of all that is unconfirmed. It counts into the sum, and to no
    /// operation: which of the calls it was for is not told.
    pub fn settle_unconfirmed(&self, charged: Credits) {
        let mut state = self.state();
        state.charged = state.charged.saturating_add(charged.amount().max(Decimal::ZERO));
        state.unconfirmed = Decimal::ZERO;
        state.operations.values_mut().for_each(|spent| spent.unconfirmed_calls = 0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The most that a call of an operation was charged, if any was.
    pub(super) fn dearest(&self, operation: &str) -> Option<Credits> {
        self.state().dearest.get(operation).copied().map(Credits::from)
    }

    /// Reserves for a call, or tells why it is not to be sent. What is free goes whatever is left, unless something is allowed
    /// for it.
    pub(super) fn reserve(&self, operation: &str, amount: Credits, free: bool) -> Result<Reservation, Error> {
        let mut state = self.state();
        let amount = amount.amount();
        if free && amount.is_zero() {
            state.goes_on()?;
        } else {
            state.holds(amount)?;
        }
        state.reserved = state.reserved.saturating_add(amount);
        drop(state);
        let ledger = self.clone();
        Ok(Reservation { ledger, operation: operation.to_owned(), amount, free, sent: false, open: true })
    }
}

impl State {
    fn taken(&self) -> Decimal {
        // Sums of what a service sends: never a panic.
        self.charged.saturating_add(self.unconfirmed).saturating_add(self.reserved)
    }

    /// Whether nothing has stopped the ledger.
    fn goes_on(&self) -> Result<(), Error> {
        match &self.stopped {
            Some(stopped) => Err(refused(format!("{stopped}; allow more, then Ledger::resume"))),
            None => Ok(()),
        }
    }

    /// Whether so much more fits, and nothing has stopped the ledger.
    fn holds(&self, more: Decimal) -> Result<(), Error> {
        self.goes_on()?;
        match self.budget {
            Some(budget) if self.taken().saturating_add(more) > budget => Err(refused(format!(
                "{more} credits more do not fit {budget}: {} charged, {} unconfirmed, {} under way; Ledger::set_budget raises it, Ledger::settle_unconfirmed frees what was not charged",
                self.charged.normalize(),
                self.unconfirmed.normalize(),
                self.reserved.normalize()
            ))),
            _ => Ok(()),
        }
    }
}

fn refused(detail: String) -> Error {
    Error::new(ErrorKind::BudgetReached, detail)
}

/// Credits set aside for one call. Dropped before the call was sent they go back; after that they are
/// unconfirmed, since the call may have been done.
pub(super) struct Reservation {
    ledger: Ledger,
    operation: String,
    amount: Decimal,
    free: bool,
    sent: bool,
    open: bool,
}

impl Reservation {
    /// From now on the call may be charged, whatever becomes of it here. What other calls were charged since it was
    /// reserved may forbid it.
    pub(super) fn sent(&mut self) -> Result<(), Error> {
        let state = self.ledger.state();
        if self.free && self.amount.is_zero() {
            state.goes_on()?;
            // It waited for its turn over a stop and what lifted it.
            if let Some(charged) = state.dearest.get(&self.operation) {
                let operation = &self.operation;
                return Err(refused(format!(
                    "`{operation}` was charged {charged} credits meanwhile; call it again"
                )));
            }
        } else {
            // Its own amount is among what is reserved.
            state.holds(Decimal::ZERO)?;
        }
        drop(state);
        self.sent = true;
        Ok(())
    }

    /// No byte left after all.
    pub(super) fn unsent(&mut self) {
        self.sent = false;
    }

    /// Books what the answer tells; what stays as unconfirmed is told.
    pub(super) fn settle(mut self, charged: Option<Credits>) -> Option<Credits> {
        self.close(charged)
    }

    fn close(&mut self, charged: Option<Credits>) -> Option<Credits> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        let mut state = self.ledger.state();
        state.reserved = state.reserved.saturating_sub(self.amount);
        if !self.sent {
            return None;
        }
        let spent = state.operations.entry(self.operation.clone()).or_default();
        spent.calls += 1;
        match charged.map(Credits::amount).filter(|charged| !charged.is_sign_negative()) {
            Some(charged) => {
                spent.charged = spent.charged.amount().saturating_add(charged).into();
                state.charged = state.charged.saturating_add(charged);
                if !charged.is_zero() {
                    let dearest = state.dearest.entry(self.operation.clone()).or_default();
                    *dearest = charged.max(*dearest);
                }
                if charged > self.amount {
                    let (operation, reserved) = (&self.operation, self.amount);
                    state.stopped = Some(format!(
                        "`{operation}` was charged {charged} credits where {reserved} were reserved"
                    ));
                }
                None
            }
            None if self.free => None,
            None => {
                spent.unconfirmed_calls += 1;
                state.unconfirmed = state.unconfirmed.saturating_add(self.amount);
                Some(self.amount.into())
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.close(None);
    }
}

/// What was spent, in a line.
impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let [charged, unconfirmed, reserved] =
            [state.charged, state.unconfirmed, state.reserved].map(|amount| amount.normalize());
        write!(f, "{charged} credits charged, {unconfirmed} unconfirmed, {reserved} under way")?;
        state.budget.map_or(Ok(()), |budget| write!(f, ", of {budget}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_dropped_before_it_is_sent_goes_back() {
        let ledger = Ledger::with_budget(credits("1"));
        drop(ledger.reserve("x", credits("0.6"), false).unwrap());
        let mut sent = ledger.reserve("x", credits("0.6"), false).unwrap();
        sent.sent().unwrap();
        drop(sent);
        assert_eq!(ledger.to_string(), "0 credits charged, 0.6 unconfirmed, 0 under way, of 1");
        let error = ledger.reserve("x", credits("0.6"), false).map(drop).unwrap_err();
        insta::assert_snapshot!(error, @"the budget does not hold this call; nothing was sent: 0.6 credits more do not fit 1: 0 charged, 0.6 unconfirmed, 0 under way; Ledger::set_budget raises it, Ledger::settle_unconfirmed frees what was not charged");
        ledger.settle_unconfirmed(credits("0"));
        assert!(ledger.reserve("x", credits("0.6"), false).is_ok());
    }

    #[test]
    fn a_charge_above_its_reservation_stops_all() {
        let ledger = Ledger::with_budget(credits("10"));
        let mut call = ledger.reserve("x", credits("0.14"), false).unwrap();
        call.sent().unwrap();
        call.settle(Some(credits("3")));
        assert_eq!(ledger.charged(), credits("3"));
        let error = ledger.reserve("y", credits("0.14"), false).map(drop).unwrap_err();
        insta::assert_snapshot!(error, @"the budget does not hold this call; nothing was sent: `x` was charged 3 credits where 0.14 were reserved; allow more, then Ledger::resume");
        assert!(ledger.reserve("free", credits("0"), true).is_err(), "it may be charged, too");
        ledger.resume();
        assert!(ledger.reserve("free", credits("0"), true).is_ok());
        assert!(ledger.reserve("y", credits("0.14"), false).is_ok());
    }

    #[test]
    fn without_a_budget_a_higher_price_stops_too_and_nothing_passes_with_zero() {
        let ledger = Ledger::new();
        let mut call = ledger.reserve("x", credits("0"), false).unwrap();
        call.sent().unwrap();
        call.settle(Some(credits("0.2")));
        assert!(ledger.stopped().is_some());
        assert!(ledger.reserve("x", credits("0"), false).is_err());
        assert_eq!(ledger.operations()["x"].charged, credits("0.2"));
    }

    #[test]
    fn a_reservation_made_before_a_higher_charge_is_not_used() {
        let ledger = Ledger::with_budget(credits("1"));
        let mut first = ledger.reserve("x", credits("0.5"), false).unwrap();
        let mut second = ledger.reserve("x", credits("0.5"), false).unwrap();
        first.sent().unwrap();
        first.settle(Some(credits("0.9")));
        assert!(second.sent().is_err());
        drop(second);
        assert_eq!(ledger.to_string(), "0.9 credits charged, 0 unconfirmed, 0 under way, of 1");
    }

    #[test]
    fn what_is_free_takes_room_only_for_what_is_allowed() {
        let ledger = Ledger::with_budget(credits("1"));
        let _billed = ledger.reserve("y", credits("1"), false).unwrap();
        let free = ledger.reserve("x", credits("0"), true).unwrap();
        assert_eq!(ledger.left(), Some(credits("0")));
        assert!(ledger.reserve("x", credits("1"), true).is_err());
        drop((_billed, free));
        let mut allowed = ledger.reserve("x", credits("1"), true).unwrap();
        assert!(ledger.reserve("y", credits("1"), false).is_err());
        allowed.sent().unwrap();
        assert_eq!(allowed.settle(None), None, "where nothing is told it was free");
        assert!(ledger.reserve("y", credits("1"), false).is_ok());
    }

    /// A stop and its end lie between reservation and turn.
    #[test]
    fn what_was_reserved_as_free_is_not_sent_once_it_was_charged() {
        let ledger = Ledger::new();
        let mut waits = ledger.reserve("x", credits("0"), true).unwrap();
        let mut first = ledger.reserve("x", credits("0"), true).unwrap();
        first.sent().unwrap();
        first.settle(Some(credits("0.2")));
        assert!(waits.sent().is_err());
        ledger.resume();
        insta::assert_snapshot!(waits.sent().unwrap_err(), @"the budget does not hold this call; nothing was sent: `x` was charged 0.2 credits meanwhile; call it again");
        assert_eq!(ledger.dearest("x"), Some(credits("0.2")));
    }

    #[test]
    fn no_charge_makes_a_budget_larger() {
        let ledger = Ledger::with_budget(credits("1"));
        let mut call = ledger.reserve("x", credits("0.5"), false).unwrap();
        call.sent().unwrap();
        call.settle(Some(credits("-100")));
        assert_eq!(ledger.left(), Some(credits("0.5")));
    }
}
