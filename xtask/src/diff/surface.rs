//! What changes for who builds on the bindings: two lists of public items, one line an item, as the snapshots hold them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, Rating};

/// The text of a snapshot without its head.
pub fn of_snapshot(text: &str) -> &str {
    let body = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    body.map_or(text, |(_, body)| body)
}

/// Every change between two surfaces, the heaviest first.
pub fn changes(old: &str, new: &str) -> Vec<Change> {
    let (olds, news) = (Surface::read(old), Surface::read(new));
    let mut found = Vec::new();
    let mut tell =
        |rating, place: &str, text: String| found.push(Change { rating, place: place.to_owned(), text });
    for (item, old) in &olds.items {
        match news.items.get(item) {
            None => tell(Rating::Breaking, item, "is gone".to_owned()),
            Some(new) if new != old => {
                let rating = if grown(old, new) { Rating::Additive } else { Rating::Breaking };
                tell(rating, item, format!("`{old}` became `{new}`"));
            }
            Some(_) => {}
        }
    }
    for (item, new) in news.items.iter().filter(|(item, _)| !olds.items.contains_key(*item)) {
        // A field or a variant more breaks who writes a literal or a match, unless the type said before that it grows.
        let owner = item.rsplit_once('.').map(|(owner, _)| owner).or_else(|| {
            new.starts_with("variant").then(|| item.rsplit_once("::").map(|(owner, _)| owner)).flatten()
        });
        let fixed = owner
            .and_then(|owner| olds.items.get(owner))
            .is_some_and(|owner| !owner.contains("non_exhaustive"));
        let rating = if fixed { Rating::Breaking } else { Rating::Additive };
        tell(rating, item, format!("is new: `{new}`"));
    }
    for line in olds.others.difference(&news.others) {
        tell(Rating::Breaking, line, "is gone".to_owned());
    }
    for line in news.others.difference(&olds.others) {
        tell(Rating::Additive, line, "is new".to_owned());
    }
    found.sort_by(|a, b| b.rating.cmp(&a.rating).then_with(|| a.cmp(b)));
    found
}

/// Items by path, and lines that may come more than once for one path.
struct Surface {
    items: BTreeMap<String, String>,
    others: BTreeSet<String>,
}

impl Surface {
    fn read(text: &str) -> Self {
        let mut surface = Self { items: BTreeMap::new(), others: BTreeSet::new() };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match line.split_once(": ") {
                Some((item, value)) if !value.starts_with("impl") => {
                    surface.items.insert(item.to_owned(), value.to_owned());
                }
                _ => _ = surface.others.insert(line.to_owned()),
            }
        }
        surface
    }
}

/// Whether a type only gained derives.
fn grown(old: &str, new: &str) -> bool {
    let parts = |text: &str| -> Option<(String, BTreeSet<String>)> {
        let (head, rest) = text.split_once("#[derive(")?;
        let (derives, tail) = rest.split_once(")]")?;
        let derives = derives.split(',').map(|name| name.trim().to_owned()).collect();
        Some((format!("{head}{tail}"), derives))
    };
    match (parts(old), parts(new)) {
        (Some((old, had)), Some((new, has))) => old == new && had.is_subset(&has),
        _ => false,
    }
}
