//! How a command ends: one table of exit codes, one form of messages.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use tradebind::{Error, ErrorKind};

/// Exit codes of every command. Where several apply, the highest wins: `max` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Findings.
    #[allow(dead_code, reason = "for commands that check something")]
    Findings = 1,
    /// The command is called wrongly.
    Usage = 2,
    /// Input or query not usable: refused by the service, or a file that cannot be read.
    Input = 3,
    /// Unreachable, or gave up.
    GaveUp = 4,
    /// A billed call whose answer was lost.
    Unknown = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command did not do what it was asked: what, where, and what to do about it.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }

    /// How the command ends for it.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What would be told.
    pub fn into_message(self) -> String {
        self.message
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Exit::Input, message)
    }

    /// The reader of our output is gone: what it wanted it has.
    pub fn closed_pipe() -> Self {
        Self::new(Exit::Done, "")
    }

    /// Whether the reader of our output is gone.
    pub fn is_closed(&self) -> bool {
        self.exit == Exit::Done
    }

    /// Nothing for a closed pipe, else itself.
    pub fn unless_closed(self) -> Result<(), Self> {
        if self.is_closed() { Ok(()) } else { Err(self) }
    }

    /// The same message with something more to say.
    pub fn and(mut self, more: impl Display) -> Self {
        self.message = format!("{}; {more}", self.message);
        self
    }

    /// The same with other words for some.
    pub fn reworded(mut self, words: &str, others: &str) -> Self {
        self.message = self.message.replace(words, others);
        self
    }

    /// The same with what it is about in front.
    pub fn about(mut self, what: impl Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Tells it on standard error.
    pub fn told(self) -> Exit {
        if !self.message.is_empty() {
            // Nobody is left to tell where standard error is closed.
            _ = writeln!(std::io::stderr(), "error: {}", self.message);
        }
        self.exit
    }
}

/// What a failed call means for the command.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::OutcomeUnknown => Exit::Unknown,
            ErrorKind::Setup | ErrorKind::InvalidRequest | ErrorKind::NoKey | ErrorKind::PriceUnknown => {
                Exit::Usage
            }
            ErrorKind::NoTurn
            | ErrorKind::Unreachable
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::UsageLimit
            | ErrorKind::Busy
            | ErrorKind::CountMismatch => Exit::GaveUp,
            // Hong Kong's denial outlived two new sessions; TradeWind's means the key.
            ErrorKind::AccessDenied if error.operation().is_some_and(|name| name.starts_with("hk-trade")) => {
                Exit::GaveUp
            }
            ErrorKind::HttpStatus if error.status().is_some_and(|status| status >= 500) => Exit::GaveUp,
            _ => Exit::Input,
        };
        Self::new(exit, in_our_words(&error.to_string()))
    }
}

/// What the library tells programs to do, and what it is on the command line.
const WORDS: [(&str, &str); 7] = [
    ("`hk latest` or latest_period() tells", "`tradebind hk latest` tells"),
    ("the body is in the error; report it", "report it"),
    ("the rows that came are in the error; repeat", "repeat"),
    (
        "make the client with one: ClientBuilder::key, key_from_env or key_from_file",
        "set TRADEWIND_API_KEY, or give --api-key-file FILE",
    ),
    ("; set a header on the builder given to ClientBuilder::http instead", ""),
    ("allow more, then Ledger::resume", "--max-credits N allows more"),
    (
        "Ledger::set_budget raises it, Ledger::settle_unconfirmed frees what was not charged",
        "--max-credits N allows more",
    ),
];

/// A message of the library as the command line tells it.
pub fn in_our_words(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (program, person)| text.replace(program, person))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each text of the files from which messages come, so that a new one is not forgotten.
    #[test]
    fn no_message_speaks_to_programs() {
        let mut changed = 0;
        for source in [
            include_str!("../../error/kind.rs"),
            include_str!("../../tradewind/ledger.rs"),
            include_str!("../../http/settings.rs"),
        ] {
            let code = source.split("#[cfg(test)]").next().unwrap();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            for text in lines.flat_map(|line| line.split('"').skip(1).step_by(2)) {
                let told = in_our_words(text);
                changed += usize::from(told != text);
                let ours = ["::", "()", "in the error"].iter().all(|words| !told.contains(words));
                assert!(ours, "{told}");
            }
        }
        assert_eq!(changed, WORDS.len());
    }
}
