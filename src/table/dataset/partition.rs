use std::collections::HashMap;
use std::fmt;

use crate::domain::{Known, Period, TradeType};
use crate::table::Table;
use crate::table::pairs::ids;
use crate::table::rows::Texts;

/// What Hive calls the folder of null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The rows of one trade type and year; prints as their folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Partition {
    trade_type: String,
    year: Option<u16>,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trade_type=")?;
        if self.trade_type.is_empty() {
            f.write_str(NULL)?;
        }
        for byte in self.trade_type.bytes() {
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
                write!(f, "{}", char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        match self.year {
            Some(year) => write!(f, "/year={year:04}"),
            None => write!(f, "/year={NULL}"),
        }
    }
}

/// The rows of a table by partition, in the order in which partitions first come.
pub(super) fn split(table: &Table) -> Vec<(Partition, Vec<usize>)> {
    let fields = table.texts_of(["ttype", "period"]);
    let text =
        |field: Option<&Texts>, row| field.and_then(|texts| texts.get(row)).unwrap_or_default().to_owned();
    let mut found: Vec<(Partition, Vec<usize>)> = Vec::new();
    let mut places: HashMap<[u32; 2], usize> = HashMap::new();
    let mut last = None;
    for row in 0..table.len() {
        let key = ids(&fields, row);
        let at = match last {
            Some((before, at)) if before == key => at,
            _ => *places.entry(key).or_insert_with(|| {
                let [trade_type, period] = fields.map(|field| text(field, row));
                let partition = Partition {
                    trade_type: match TradeType::exact(&trade_type) {
                        Some(known) => known.name().to_owned(),
                        None => trade_type,
                    },
                    year: Period::exact(&period).map(Period::year),
                };
                found.iter().position(|(known, _)| *known == partition).unwrap_or_else(|| {
                    found.push((partition, Vec::new()));
                    found.len() - 1
                })
            }),
        };
        last = Some((key, at));
        if let Some((_, rows)) = found.get_mut(at) {
            rows.push(row);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_plain() {
        let folder =
            |trade_type: &str, year| Partition { trade_type: trade_type.to_owned(), year }.to_string();
        assert_eq!(folder("re-exports", Some(2018)), "trade_type=re-exports/year=2018");
        assert_eq!(folder("../x y", Some(7)), "trade_type=%2E%2E%2Fx%20y/year=0007");
        assert_eq!(folder("", None), "trade_type=__HIVE_DEFAULT_PARTITION__/year=__HIVE_DEFAULT_PARTITION__");
    }
}
