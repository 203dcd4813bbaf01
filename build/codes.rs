//! Turns the code tables of `spec/codes` into static Rust tables.
//!
//! The tables are edited by hand, so everything that could be mistyped is refused here, with the place and the remedy.

use std::collections::HashSet;
use std::path::Path;

use serde_json::{Map, Value};

const AREA_KEYS: &[&str] =
    &["code", "kind", "scope", "en", "tc", "sc", "alpha2", "alpha3", "aliases", "source", "note"];
const KINDS: &[(&str, &str)] = &[("country", "AreaKind::Country"), ("region", "AreaKind::Region")];
const SOURCES: &[(&str, &str)] = &[("guide", "Source::Guide"), ("observed", "Source::Observed")];
const SCOPES: &[(&str, &str)] = &[
    ("iso", "Scope::Iso"),
    ("private", "Scope::Private"),
    ("wider", "Scope::Wider"),
    ("region", "Scope::Region"),
];

/// The Rust text of the tables `AREAS`, `HS_CHAPTERS` and `SITC_SECTIONS`.
///
/// # Errors
/// The first thing wrong, as `file#/json/pointer: what is wrong and what to do`.
pub fn tables(spec_dir: &Path) -> Result<String, String> {
    let mut out = String::from("// Made by build/codes.rs from spec/codes: change the files there.\n");
    areas(spec_dir, &mut out)?;
    headings(spec_dir, &mut out, "hs-chapters.json", "HS_CHAPTERS", 2)?;
    headings(spec_dir, &mut out, "sitc-sections.json", "SITC_SECTIONS", 1)?;
    Ok(out)
}

fn areas(spec_dir: &Path, out: &mut String) -> Result<(), String> {
    let (label, rows) = read(spec_dir, "areas.json", "areas")?;
    out.push_str("pub(super) static AREAS: &[Area] = &[\n");
    let (mut seen, mut last) = (HashSet::new(), ("", ""));
    for (i, row) in rows.iter().enumerate() {
        let row = Row::new(format!("{label}#/areas/{i}"), row, AREA_KEYS)?;
        let (code, (kind, kind_rust), (scope, scope_rust)) =
            (row.text("code")?, row.choice("kind", KINDS)?, row.choice("scope", SCOPES)?);
        let (upper, digit) =
            (code.bytes().all(|b| b.is_ascii_uppercase()), code.bytes().all(|b| b.is_ascii_digit()));
        row.check(
            "code",
            (upper && code.len() == 2) || (kind == "region" && (upper || (digit && code.len() == 1))),
            "give two capital letters (a country), capital letters or one digit (a region)",
        )?;
        row.check(
            "scope",
            (kind == "region") == (scope == "region"),
            "use `region` for regions and only for them",
        )?;
        row.check("code", seen.insert(code), "this code is listed before; keep one of the two")?;
        row.check("code", last < (kind, code), "sort countries before regions, each by code")?;
        last = (kind, code);
        let iso = match (row.optional("alpha2")?, row.optional("alpha3")?) {
            (Some(two), Some(three)) => {
                row.check(
                    "alpha3",
                    three.len() == 3 && three.bytes().all(|b| b.is_ascii_uppercase()),
                    "give three capital letters",
                )?;
                row.check(
                    "alpha3",
                    seen.insert(three),
                    "another area has this code; correct one of the two",
                )?;
                row.check("alpha2", scope == "iso", "remove alpha2 and alpha3: only scope `iso` has them")?;
                row.check(
                    "alpha2",
                    two == code,
                    "differs from the code; correct it, or remove both and change the scope",
                )?;
                Some((two, three))
            }
            (None, None) => {
                row.check(
                    "alpha2",
                    scope != "iso",
                    "scope `iso` needs alpha2 and alpha3; add both or change the scope",
                )?;
                None
            }
            (Some(_), None) => return Err(row.fault("alpha3", "alpha2 comes with alpha3; add it")),
            (None, Some(_)) => return Err(row.fault("alpha2", "alpha3 comes with alpha2; add it")),
        };
        *out += &format!(
            "    Area {{ code: {code:?}, kind: {kind_rust}, scope: {scope_rust}, en: {:?}, tc: {:?}, sc: {:?}, iso: {iso:?}, \
             aliases: &{:?}, source: {}, note: {:?} }},\n",
            row.text("en")?,
            row.text("tc")?,
            row.text("sc")?,
            row.list("aliases")?,
            row.choice("source", SOURCES)?.1,
            row.optional("note")?,
        );
    }
    out.push_str("];\n");
    Ok(())
}

fn headings(spec_dir: &Path, out: &mut String, file: &str, table: &str, digits: usize) -> Result<(), String> {
    let (label, rows) = read(spec_dir, file, "codes")?;
    *out += &format!("pub(super) static {table}: &[Heading] = &[\n");
    let mut last = "";
    for (i, row) in rows.iter().enumerate() {
        let row = Row::new(format!("{label}#/codes/{i}"), row, &["code", "title"])?;
        let code = row.text("code")?;
        row.check(
            "code",
            code.len() == digits && code.bytes().all(|b| b.is_ascii_digit()),
            &format!("give {digits} digit(s), leading zeros included"),
        )?;
        row.check("code", last < code, "sort by code and list each once")?;
        last = code;
        *out += &format!("    Heading {{ code: {code:?}, title: {:?} }},\n", row.text("title")?);
    }
    out.push_str("];\n");
    Ok(())
}

/// The file's name for messages, and the rows of its list.
fn read(spec_dir: &Path, file: &str, list: &str) -> Result<(String, Vec<Value>), String> {
    let label = format!("spec/codes/{file}");
    let text = std::fs::read_to_string(spec_dir.join("codes").join(file))
        .map_err(|e| format!("{label}#: cannot be read ({e}); restore the file"))?;
    let mut top: Value =
        serde_json::from_str(&text).map_err(|e| format!("{label}#: {e}; correct the JSON"))?;
    let row = Row::new(format!("{label}#"), &top, &["about", "source", list])?;
    row.text("about")?;
    row.text("source")?;
    match top.get_mut(list).map(Value::take) {
        Some(Value::Array(rows)) if !rows.is_empty() => Ok((label, rows)),
        _ => Err(format!("{label}#/{list}: give a list with at least one entry")),
    }
}

/// One JSON object and where it stands.
struct Row<'a>(String, &'a Map<String, Value>);

impl<'a> Row<'a> {
    fn new(at: String, value: &'a Value, keys: &[&str]) -> Result<Self, String> {
        let map =
            value.as_object().ok_or_else(|| format!("{at}: give an object with {}", keys.join(", ")))?;
        match map.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => Err(format!("{at}/{key}: unknown key; remove it or use one of {}", keys.join(", "))),
            None => Ok(Self(at, map)),
        }
    }

    fn fault(&self, key: &str, what: &str) -> String {
        format!("{}/{key}: {what} (found {})", self.0, self.1.get(key).unwrap_or(&Value::Null))
    }

    fn check(&self, key: &str, good: bool, what: &str) -> Result<(), String> {
        if good { Ok(()) } else { Err(self.fault(key, what)) }
    }

    fn text(&self, key: &str) -> Result<&'a str, String> {
        self.optional(key)?.ok_or_else(|| self.fault(key, "is missing; give a text"))
    }

    fn optional(&self, key: &str) -> Result<Option<&'a str>, String> {
        self.1
            .get(key)
            .map(|v| {
                plain(v)
                    .ok_or_else(|| self.fault(key, "give a text in quotes, not empty, without outer spaces"))
            })
            .transpose()
    }

    fn list(&self, key: &str) -> Result<Vec<&'a str>, String> {
        let texts =
            self.1.get(key).and_then(Value::as_array).and_then(|list| list.iter().map(plain).collect());
        texts.ok_or_else(|| self.fault(key, "give a list of texts, [] when there are none"))
    }

    fn choice<'c>(&self, key: &str, choices: &'c [(&'c str, &'c str)]) -> Result<(&'c str, &'c str), String> {
        let given = self.text(key)?;
        choices.iter().copied().find(|(name, _)| *name == given).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            self.fault(key, &format!("give one of {}", names.join(", ")))
        })
    }
}

/// A text that would still be there after trimming.
fn plain(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty() && text.trim() == *text)
}
