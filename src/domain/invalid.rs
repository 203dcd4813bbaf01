use std::fmt;

/// The longest part of a given value that a message repeats, in characters.
const SHOWN: usize = 60;

/// A text that is not a value of its type: what it should be, what was given, what is wrong with it, and
/// where the rule comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    parameter: Option<&'static str>,
    what: &'static str,
    given: String,
    problem: String,
    source: &'static str,
    over_cap: bool,
}

impl InvalidValue {
    pub(crate) fn new(
        what: &'static str,
        given: impl fmt::Display,
        problem: impl Into<String>,
        source: &'static str,
    ) -> Self {
        let given = given.to_string();
        let mut shown: String = given.chars().take(SHOWN).collect();
        if shown.len() < given.len() {
            shown.push('…');
        }
        Self { parameter: None, what, given: shown, problem: problem.into(), source, over_cap: false }
    }

    /// The same, since there is more than one query holds.
    pub(crate) fn over_cap(self) -> Self {
        Self { over_cap: true, ..self }
    }

    /// Whether each item would do, but one query does not hold so many: several queries would.
    #[must_use]
    pub fn is_over_cap(&self) -> bool {
        self.over_cap
    }

    /// The same, told of one parameter of a request.
    #[cfg(feature = "hk-trade")]
    pub(crate) fn of(self, parameter: &'static str) -> Self {
        Self { parameter: Some(parameter), ..self }
    }

    /// The parameter of the request that the value was given for, where it was given for one.
    #[must_use]
    pub fn parameter(&self) -> Option<&'static str> {
        self.parameter
    }

    /// What the value should have been, such as `period`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The value given, cut to 60 characters.
    #[must_use]
    pub fn given(&self) -> &str {
        &self.given
    }

    /// What is wrong with it; names the bound it breaks.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// Where the rule comes from.
    #[must_use]
    pub fn rule_source(&self) -> &'static str {
        self.source
    }
}

/// So that a value which is already of its type counts as one that could have been wrong.
impl From<std::convert::Infallible> for InvalidValue {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parameter) = self.parameter {
            write!(f, "{parameter}: ")?;
        }
        write!(f, "{} {:?}: {} ({})", self.what, self.given, self.problem, self.source)
    }
}

impl std::error::Error for InvalidValue {}
