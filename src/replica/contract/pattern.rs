//! A text that matches a pattern.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How often a repetition without an upper bound is repeated beyond its lower one, at most.
const MORE: u32 = 3;
/// The longest text that is made, in bytes: `(a{1000}){1000}` is no reason to fill the memory.
const LONGEST: usize = 4096;

/// A text that matches; `None` where the pattern is none that is understood. Looks to either side are left out, so that
/// a pattern that hangs on them may not be matched.
pub(super) fn matching(pattern: &str, rng: &mut fastrand::Rng) -> Option<String> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&hir, rng, &mut text)?;
    Some(text)
}

fn write(hir: &Hir, rng: &mut fastrand::Rng, text: &mut String) -> Option<()> {
    if text.len() > LONGEST {
        return None;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(Class::Unicode(class)) => {
            // ASCII where the class has some, for readers' sake.
            let mut ascii = class.clone();
            ascii.intersect(&regex_syntax::hir::ClassUnicode::new([
                regex_syntax::hir::ClassUnicodeRange::new(' ', '~'),
            ]));
            let ranges = if ascii.ranges().is_empty() { class.ranges() } else { ascii.ranges() };
            let range = rng.choice(ranges)?;
            text.push(rng.char(range.start()..=range.end()));
        }
        HirKind::Class(Class::Bytes(class)) => {
            let range = rng.choice(class.ranges())?;
            text.push(char::from(rng.u8(range.start()..=range.end())));
        }
        HirKind::Repetition(repetition) => {
            let least = repetition.min;
            let most = repetition.max.unwrap_or_else(|| least.saturating_add(MORE));
            for _ in 0..rng.u32(least..=most.min(least.saturating_add(MORE)).max(least)) {
                write(&repetition.sub, rng, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, rng, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, rng, text))?,
        HirKind::Alternation(parts) => write(rng.choice(parts)?, rng, text)?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match() {
        let mut rng = fastrand::Rng::with_seed(1);
        for pattern in [
            "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$",
            "^[A-Z0-9]{1,4}$",
            r"^tw_(test|live)_\w+$",
            r"^[^a-z]{3}\d*$",
            "x{0}",
            "中+",
        ] {
            let schema = serde_json::json!({ "pattern": pattern });
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            for _ in 0..50 {
                let text = matching(pattern, &mut rng).unwrap();
                assert!(validator.is_valid(&text.clone().into()), "{pattern} {text:?}");
            }
        }
        assert_eq!(matching("(", &mut rng), None);
        assert_eq!(matching("((a{1000}){1000}){1000}", &mut rng), None);
    }
}
