//! What keys have, and what they were charged.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rust_decimal::Decimal;

use crate::domain::Credits;

/// How many keys have an account; what is held for callers stays bounded.
const KEYS: usize = 1000;

/// What one key has, and what it was charged: the replica's own books, to hold a client's against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Account {
    /// Credits left; `None` where they never run out.
    pub balance: Option<Credits>,
    /// Credits charged so far, answered or not.
    pub charged: Credits,
    /// Calls that were done and booked, those for 0 credits among them; refused ones are not.
    pub calls: u64,
}

/// Why a call is not charged, and so not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Declined {
    /// The balance does not hold it.
    Balance,
    /// There are too many keys.
    Keys,
}

/// The accounts of all keys.
pub(in crate::replica) struct Accounts {
    /// What a new one starts with.
    balance: Option<Credits>,
    accounts: Mutex<HashMap<String, Account>>,
}

impl Accounts {
    pub(super) fn new(balance: Option<Credits>) -> Self {
        Self { balance, accounts: Mutex::default() }
    }

    pub(in crate::replica) fn get(&self, key: &str) -> Option<Account> {
        self.all().get(key).copied()
    }

    pub(in crate::replica) fn set_balance(&self, key: &str, balance: Option<Credits>) {
        let mut all = self.all();
        if all.len() < KEYS || all.contains_key(key) {
            all.entry(key.to_owned()).or_default().balance = balance;
        }
    }

    /// Charges a call, or tells why it is not to be done.
    pub(super) fn charge(&self, key: &str, price: Credits) -> Result<(), Declined> {
        let mut all = self.all();
        if !all.contains_key(key) {
            if all.len() >= KEYS {
                return Err(Declined::Keys);
            }
            all.insert(key.to_owned(), Account { balance: self.balance, ..Account::default() });
        }
        let Some(account) = all.get_mut(key) else { return Err(Declined::Keys) };
        let price = price.amount();
        if let Some(balance) = account.balance.map(Credits::amount) {
            let left = balance.saturating_sub(price);
            if price > Decimal::ZERO && left < Decimal::ZERO {
                return Err(Declined::Balance);
            }
            account.balance = Some(left.into());
        }
        account.charged = account.charged.amount().saturating_add(price).into();
        account.calls += 1;
        Ok(())
    }

    /// Credits charged to all keys.
    pub(super) fn charged(&self) -> Credits {
        let all = self.all();
        all.values().fold(Decimal::ZERO, |sum, account| sum.saturating_add(account.charged.amount())).into()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the keys.
impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").field("balance", &self.balance).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credits(text: &str) -> Credits {
        text.parse().unwrap()
    }

    #[test]
    fn charges_end_with_the_balance() {
        let accounts = Accounts::new(Some(credits("0.3")));
        assert_eq!(accounts.get("a"), None);
        assert_eq!(accounts.charge("a", credits("0.14")), Ok(()));
        assert_eq!(accounts.charge("a", credits("0.14")), Ok(()));
        assert_eq!(accounts.charge("a", credits("0.14")), Err(Declined::Balance));
        assert_eq!(accounts.charge("a", credits("0")), Ok(()), "what is free needs no balance");
        let account = Account { balance: Some(credits("0.02")), charged: credits("0.28"), calls: 3 };
        assert_eq!(accounts.get("a"), Some(account));
        accounts.set_balance("a", None);
        assert_eq!(accounts.charge("a", credits("1000")), Ok(()));
        assert_eq!(accounts.charged(), credits("1000.28"));
    }

    #[test]
    fn keys_are_bounded_and_do_not_print() {
        let accounts = Accounts::new(None);
        for key in 0..KEYS {
            assert_eq!(accounts.charge(&format!("tw_test_{key}"), credits("0")), Ok(()));
        }
        assert_eq!(accounts.charge("tw_test_more", credits("0")), Err(Declined::Keys));
        accounts.set_balance("tw_test_more", None);
        assert_eq!(accounts.get("tw_test_more"), None);
        assert_eq!(accounts.charge("tw_test_0", credits("0")), Ok(()));
        assert!(!format!("{accounts:?}").contains("tw_test"));
    }
}
