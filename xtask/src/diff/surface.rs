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
                let rating = rating(old, new, || news.reads_otherwise(item));
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
        let items = &surface.items;
        surface.others.retain(|line| !argument(line).is_some_and(|name| is_private(items, name)));
        surface
    }

    /// Whether serde reads an item, or the type that it belongs to, by way of another type.
    fn reads_otherwise(&self, item: &str) -> bool {
        let owner = item.rsplit_once('.').map_or(item, |(owner, _)| owner);
        [item, owner].iter().filter_map(|name| self.items.get(*name)).any(|value| {
            reading(value).1.iter().any(|way| way.starts_with("from =") || way.starts_with("try_from ="))
        })
    }
}

/// The argument of an implemented trait, where it is a bare name.
fn argument(line: &str) -> Option<&str> {
    let (_, name) = line.split_once(": impl")?.1.strip_suffix('>')?.rsplit_once('<')?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}

/// Whether a bare name is that of a type of the text that dependents cannot name.
fn is_private(items: &BTreeMap<String, String>, name: &str) -> bool {
    // A primitive is none of the text's.
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name != "String"
        && !items.keys().any(|item| item.rsplit("::").next() == Some(name))
}

/// How a change of one item weighs; `otherwise` tells whether serde reads it by way of another type now.
fn rating(old: &str, new: &str, otherwise: impl Fn() -> bool) -> Rating {
    let ((old, had), (new, has)) = (reading(old), reading(new));
    let same = match old == new {
        true => Rating::Documentation,
        false if grown(&old, &new) => Rating::Additive,
        false => return Rating::Breaking,
    };
    let told = |way: &&String| !way.starts_with("deserialize_with");
    let (lost, more) =
        (had.difference(&has).any(|way| told(&way)), has.difference(&had).any(|way| told(&way)));
    // What the other type accepts is not seen here; the document's part tells what is accepted on the wire.
    same.max(match (otherwise(), lost, more) {
        (true, ..) | (_, false, false) => Rating::Documentation,
        // A name or a gap that was accepted is so no more.
        (false, true, _) => Rating::Breaking,
        (false, false, true) => Rating::Additive,
    })
}

/// An item without what tells serde how to read it, and that: names beside its own, a value where there is none, the function or the
/// type that it is read by.
fn reading(text: &str) -> (String, BTreeSet<String>) {
    const WAYS: [&str; 5] = ["alias", "default", "deserialize_with", "from", "try_from"];
    let mut ways = BTreeSet::new();
    let mut parts = text.split(" #[serde(");
    let mut rest = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (list, tail) = part.split_once(")]").unwrap_or((part, ""));
        let (read, kept): (Vec<_>, Vec<_>) =
            list.split(", ").partition(|one| WAYS.contains(&one.split(" =").next().unwrap_or_default()));
        ways.extend(read.into_iter().map(str::to_owned));
        if !kept.is_empty() {
            rest += &format!(" #[serde({})]", kept.join(", "));
        }
        rest += tail;
    }
    (rest, ways)
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
