use rust_decimal::Decimal;

use crate::domain::{InvalidValue, OpenCode};
use crate::hk::api::types::Row;

/// A code of a row and, where the answer tells it, its name. Match on codes, never on names: they change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    /// The code as sent; leading zeros count.
    pub code: &'a str,
    /// The name, in the language that was asked for; the English one where the answer holds several.
    pub name: Option<&'a str>,
}

fn first(texts: [&Option<String>; 3]) -> Option<&str> {
    texts.into_iter().find_map(Option::as_deref)
}

fn named<'a>(code: &'a Option<OpenCode>, names: [&'a Option<String>; 3]) -> Option<Named<'a>> {
    code.as_ref().map(|code| Named { code: code.as_str(), name: first(names) })
}

/// Reading a row whatever language it came in: the service puts Chinese texts under English keys too (guide, section B),
/// so that the key's end tells nothing.
impl Row {
    /// The figure as an exact decimal; `None` where it is missing or a mark such as `..`. Its unit is
    /// [`Row::unit`].
    ///
    /// # Errors
    /// A figure that is neither a number nor a mark.
    pub fn number(&self) -> Result<Option<Decimal>, InvalidValue> {
        self.figure.as_ref().map_or(Ok(None), crate::domain::Figure::decimal)
    }

    /// Unit of the figure, such as `HK$ '000` or `KILOGRAM`; some rows have none (observed).
    #[must_use]
    pub fn unit(&self) -> Option<&str> {
        first([&self.unit_en, &self.unit_tc, &self.unit_sc])
    }

    /// Origin, if it was asked for.
    #[must_use]
    pub fn origin(&self) -> Option<Named<'_>> {
        named(&self.co, [&self.co_desc_en, &self.co_desc_tc, &self.co_desc_sc])
    }

    /// Destination of exports or place of consignment of imports, if it was asked for.
    #[must_use]
    pub fn destination(&self) -> Option<Named<'_>> {
        named(&self.cc, [&self.cc_desc_en, &self.cc_desc_tc, &self.cc_desc_sc])
    }

    /// Commodity, if it was asked for; its class is `codeclass`.
    #[must_use]
    pub fn commodity(&self) -> Option<Named<'_>> {
        named(&self.code, [&self.code_desc_en, &self.code_desc_tc, &self.code_desc_sc])
    }

    /// Name of the region of origin.
    #[must_use]
    pub fn origin_region(&self) -> Option<&str> {
        first([&self.co_region_desc_en, &self.co_region_desc_tc, &self.co_region_desc_sc])
    }

    /// Name of the region of destination or consignment.
    #[must_use]
    pub fn destination_region(&self) -> Option<&str> {
        first([&self.cc_region_desc_en, &self.cc_region_desc_tc, &self.cc_region_desc_sc])
    }

    /// Name of the mode of transport.
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        first([&self.tm_desc_en, &self.tm_desc_tc, &self.tm_desc_sc])
    }

    /// Name of the type of trade.
    #[must_use]
    pub fn trade_type_name(&self) -> Option<&str> {
        first([&self.ttype_desc_en, &self.ttype_desc_tc, &self.ttype_desc_sc])
    }

    /// Name of the statistic.
    #[must_use]
    pub fn statistic_name(&self) -> Option<&str> {
        first([&self.sv_desc_en, &self.sv_desc_tc, &self.sv_desc_sc])
    }

    /// Footnote of the figure, on some rows (observed).
    #[must_use]
    pub fn footnote(&self) -> Option<&str> {
        first([&self.cellfootnote_en, &self.cellfootnote_tc, &self.cellfootnote_sc])
    }
}
