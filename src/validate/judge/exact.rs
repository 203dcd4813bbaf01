//! Figures of cells: exact, in 8 bytes.

use crate::domain::Figure;

/// A figure whose digits fit in 61 bits, all of 18 digits, with up to six of them behind the point. The last three bits tell how many
/// these are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exact(i64);

/// What the bits for the places hold where there is no figure, or none that fits.
const NONE: i64 = 7;
const PLACES: u32 = 6;
/// Values are in these parts of one, so that half of the last place is whole, too.
const PARTS: i128 = 10_i128.pow(PLACES + 1);

impl Exact {
    pub fn of(text: Option<&str>) -> Self {
        text.and_then(Self::read).unwrap_or(Self(NONE))
    }

    fn read(text: &str) -> Option<Self> {
        // Nearly every figure is plain digits.
        if let Ok(integer) = text.parse::<i64>() {
            return Self::new(integer, 0);
        }
        let read = text.parse::<Figure>().ok()?.decimal().ok()??;
        // Zeros tell how exact it is, as far as there is room for them.
        let read = if read.scale() > PLACES { read.normalize() } else { read };
        Self::new(i64::try_from(read.mantissa()).ok()?, read.scale())
    }

    fn new(digits: i64, places: u32) -> Option<Self> {
        let packed = digits.checked_mul(NONE + 1)?;
        (places <= PLACES).then(|| Self(packed | i64::from(places)))
    }

    /// Its value, in [`PARTS`].
    pub fn value(self) -> Option<i128> {
        Some(i128::from(self.0 >> 3) * self.step()?)
    }

    /// What its last place counts, of which half may be rounding.
    pub fn step(self) -> Option<i128> {
        let places = u32::try_from(self.0 & NONE).ok().filter(|places| *places <= PLACES)?;
        Some(PARTS / 10_i128.pow(places))
    }
}

/// A value in [`PARTS`] as people write it.
pub(super) fn written(value: i128) -> String {
    let parts = PARTS.unsigned_abs();
    let (sign, whole) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let digits = PLACES as usize + 1;
    let text = format!("{sign}{}.{:0digits$}", whole / parts, whole % parts);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact_or_none() {
        let read = |text: &str| Exact::of(Some(text)).value().map(written);
        for (text, value) in [
            ("0", "0"),
            ("-7", "-7"),
            ("-0.5", "-0.5"),
            ("1,234.50", "1234.5"),
            ("999999999999999999", "999999999999999999"),
            ("-999999999999.999999", "-999999999999.999999"),
            ("0.100000000000", "0.1"),
        ] {
            assert_eq!(read(text).as_deref(), Some(value), "{text}");
        }
        for text in ["", "-", "..", "x", "9223372036854775807", "9223372036854775808", "0.0000001"] {
            assert_eq!(read(text), None, "{text}");
        }
        let step = |text: &str| Exact::of(Some(text)).step().map(written);
        assert_eq!((step("5").as_deref(), step("5.0").as_deref()), (Some("1"), Some("0.1")));
    }
}
