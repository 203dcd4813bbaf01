use super::wire::wire_enum;
use super::{CommaList, Frequency, ListItem};

wire_enum! {
    /// What a figure counts: an item of the parameter `sv`, and the row key of the same name.
    ///
    /// Values are in thousand Hong Kong dollars; the unit of a quantity stands in its row.
    Statistic, what: "statistic", source: "C&SD query guide, section A, sv", numeric: false,
    {
        /// Value by month.
        MonthlyValue = "VCm", "monthly-value";
        /// Quantity by month.
        MonthlyQuantity = "QCm", "monthly-quantity";
        /// Value by year or, in a monthly query, year to date.
        AnnualValue = "VCy", "annual-value";
        /// Quantity by year or, in a monthly query, year to date.
        AnnualQuantity = "QCy", "annual-quantity";
    }
}

impl Statistic {
    /// Whether the statistic is given at a frequency: those by month only in a monthly query (C&SD query
    /// guide, section A, sv).
    #[must_use]
    pub fn fits(self, frequency: Frequency) -> bool {
        match self {
            Self::MonthlyValue | Self::MonthlyQuantity => frequency == Frequency::Monthly,
            Self::AnnualValue | Self::AnnualQuantity => true,
        }
    }

    /// Whether it counts a quantity rather than a value.
    #[must_use]
    pub fn is_quantity(self) -> bool {
        matches!(self, Self::MonthlyQuantity | Self::AnnualQuantity)
    }
}

/// Statistics of one query: the parameter `sv`, at most four, each once.
pub type StatisticList = CommaList<Statistic>;

impl From<Statistic> for StatisticList {
    fn from(statistic: Statistic) -> Self {
        Self::single(statistic)
    }
}

impl ListItem for Statistic {
    const LIST: &'static str = "statistics";
    const ITEMS: &'static str = "statistics";
    const NAME: &'static str = "StatisticList";
    const MAX: usize = 4;
    const SOURCE: &'static str = "C&SD query guide, section A, sv";
}
