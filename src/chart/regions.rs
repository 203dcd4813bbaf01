use super::{Bar, Picture, Provenance, Shape, Undrawable};
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
        let rows = regions.list.iter().flatten();
        let bars: Vec<_> = rows
            .filter_map(|row| {
                // English is null for some.
                let label = row.en.clone().or_else(|| row.name.clone()).unwrap_or_default();
                let share = row.trade_percent.as_ref().and_then(|share| share.decimal().ok());
                Some(Bar { label, value: row.trade_count?.into(), share })
            })
            .collect();
        if bars.is_empty() {
            return Err(Undrawable::NoFigures);
        }
        let came = bars.len();
        let (shape, left_out) = Shape::bars(bars);
        let whole = regions.total.filter(|total| usize::try_from(*total).is_ok_and(|total| total > came));
        let left_out =
            left_out.or_else(|| whole.map(|total| format!("The answer holds {came} of {total} regions")));
        let unit = "trades, and their share".to_owned();
        Ok(Self { title: title.into(), unit, shape, left_out, provenance: provenance.clone() })
    }
}
