use std::fmt;

/// A row that cannot be used as asked: which, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    row: usize,
    problem: String,
}

impl RowError {
    pub(super) fn new(row: usize, problem: impl Into<String>) -> Self {
        Self { row, problem: problem.into() }
    }

    /// The row, from 0.
    #[must_use]
    pub fn row(&self) -> usize {
        self.row
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.problem)
    }
}

impl std::error::Error for RowError {}
