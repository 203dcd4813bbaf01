use std::fmt;

/// A column of the tidy form: one figure a row, and what it counts.
///
/// Codes are text, since leading zeros count. Names come in the language that was asked for, whatever suffix (EN, TC
/// or SC) they came under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Column {
    /// `2018` or `2018-05`; any other text as sent.
    Period,
    /// `A` or `M`; any other text as sent.
    Frequency,
    /// `imports`, `domestic-exports`, `re-exports`, `total-exports` or `total-trade`; any other value as sent.
    TradeType,
    /// Code of the origin.
    Origin,
    /// Name of the origin; that of its region where the answer names the region alone.
    OriginName,
    /// Code of the destination of exports, or of the place of consignment of imports.
    Destination,
    /// Name of the destination or place of consignment; that of its region where the answer names the region alone.
    DestinationName,
    /// Name of the mode of transport; the service gives it no code (guide, section A).
    Transport,
    /// Class of the commodity code, such as `HKHS4`.
    CommodityClass,
    /// Code of the commodity.
    Commodity,
    /// Name of the commodity.
    CommodityName,
    /// `VCm`, `QCm`, `VCy` or `QCy`; any other text as sent.
    Statistic,
    /// Unit of the figure, such as `HK$ '000` or `KILOGRAM`; some rows have none (observed).
    Unit,
    /// The figure, exact: its digits without thousands commas, trailing zeros kept. A text that is no number, such as
    /// `..`, stands as sent.
    Figure,
    /// Footnote of the figure.
    Footnote,
}

impl Column {
    /// Every column, in the order in which they are written.
    pub const ALL: &'static [Self] = &[
        Self::Period,
        Self::Frequency,
        Self::TradeType,
        Self::Origin,
        Self::OriginName,
        Self::Destination,
        Self::DestinationName,
        Self::Transport,
        Self::CommodityClass,
        Self::Commodity,
        Self::CommodityName,
        Self::Statistic,
        Self::Unit,
        Self::Figure,
        Self::Footnote,
    ];

    /// Its name, as written in the first line of CSV and as a key of JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Frequency => "frequency",
            Self::TradeType => "trade_type",
            Self::Origin => "origin",
            Self::OriginName => "origin_name",
            Self::Destination => "destination",
            Self::DestinationName => "destination_name",
            Self::Transport => "transport",
            Self::CommodityClass => "commodity_class",
            Self::Commodity => "commodity",
            Self::CommodityName => "commodity_name",
            Self::Statistic => "statistic",
            Self::Unit => "unit",
            Self::Figure => "figure",
            Self::Footnote => "footnote",
        }
    }

    /// Its place in [`Column::ALL`].
    #[cfg(all(feature = "arrow", feature = "harvest"))]
    pub(crate) fn place(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(usize::MAX)
    }

    /// Whether every row has it, so that it is written though there be no rows.
    pub(super) fn is_always(self) -> bool {
        matches!(self, Self::Period | Self::Frequency | Self::TradeType | Self::Statistic | Self::Figure)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
