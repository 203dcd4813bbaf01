use super::{Bar, Picture, Provenance, Shape, Undrawable, plain};
use crate::tradewind::api::types::WorldRegions;

impl Picture {
    /// The regions of a world-regions answer as bars, by their trades, with their shares; `title` tells what was asked.
    ///
    /// # Errors
    /// When no region has a number of trades.
    pub fn of_regions(
        regions: &WorldRegions,
        title: impl Into<String>,
        provenance: &Provenance,
    ) -> Result<Self, Undrawable> {
        let rows = regions.list.as_deref().unwrap_or_default();
        let bars: Vec<_> = rows
            .iter()
            .filter_map(|row| {
                // English is null for some.
                let label = plain(row.en.clone().or_else(|| row.name.clone()).unwrap_or_default());
                let share = row.trade_percent.as_ref().and_then(|share| share.decimal().ok());
                Some(Bar { label, value: row.trade_count?.into(), share })
            })
            .collect();
        if bars.is_empty() {
            return Err(Undrawable::NoFigures);
        }
        let came = rows.len();
        let without = came - bars.len();
        let (shape, smaller) = Shape::bars(bars);
        let without = (without > 0).then(|| format!("{without} without a number of trades are not drawn"));
        let whole = regions.total.filter(|total| usize::try_from(*total).is_ok_and(|total| total > came));
        let whole = whole.map(|total| format!("The answer holds {came} of {total} regions"));
        let left_out = smaller.into_iter().chain(without).chain(whole).collect();
        let unit = "trades, and their share".to_owned();
        Ok(Self { title: plain(title.into()), unit, shape, left_out, provenance: provenance.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_drawn_is_counted() {
        let row = |at: usize| match at {
            0 => serde_json::json!({"en": "nobody"}),
            _ => serde_json::json!({"en": format!("region {at}"), "tradeCount": at}),
        };
        let picture = |rows: usize, total: usize| {
            let list: Vec<_> = (0..rows).map(row).collect();
            let regions = serde_json::from_value(serde_json::json!({"list": list, "total": total})).unwrap();
            Picture::of_regions(&regions, "", &Provenance::now("here")).unwrap().left_out
        };
        assert_eq!(picture(3, 3), ["1 without a number of trades are not drawn"]);
        assert_eq!(
            picture(28, 40),
            [
                "2 smaller ones are not drawn",
                "1 without a number of trades are not drawn",
                "The answer holds 28 of 40 regions"
            ]
        );
    }
}
