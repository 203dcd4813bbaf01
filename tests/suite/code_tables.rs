//! What the build says of a slip in `spec/codes`: file, place, and what to do.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../build/codes.rs"]
mod codes;

/// A copy of `spec/codes`, with one text of one file replaced.
struct Copy(PathBuf);

impl Copy {
    fn with(name: &str, file: &str, from: &str, to: &str) -> Self {
        let spec = std::env::temp_dir().join(format!("tradebind-codes-{}-{name}", std::process::id()));
        fs::create_dir_all(spec.join("codes")).unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/codes");
        for table in ["areas.json", "hs-chapters.json", "sitc-sections.json"] {
            let text = fs::read_to_string(ours.join(table)).unwrap();
            let changed = if table == file { text.replacen(from, to, 1) } else { text.clone() };
            assert!(table != file || changed != text, "{from} is not in {file}");
            fs::write(spec.join("codes").join(table), changed).unwrap();
        }
        Self(spec)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_tables_themselves_are_sound() {
    codes::tables(&Path::new(env!("CARGO_MANIFEST_DIR")).join("spec")).unwrap();
}

#[test]
fn a_slip_is_told_with_its_place() {
    let slips = [
        ("twice", "areas.json", r#""code": "AE""#, r#""code": "AD""#),
        ("alone", "areas.json", r#""alpha3": "AND", "#, ""),
        ("key", "areas.json", r#""aliases""#, r#""alias""#),
        ("kind", "areas.json", r#""kind": "country""#, r#""kind": "land""#),
        ("empty", "areas.json", r#""en": "ANDORRA""#, r#""en": """#),
        ("type", "areas.json", r#""tc": "安道爾""#, r#""tc": 1"#),
        ("digits", "hs-chapters.json", r#""code": "01""#, r#""code": "1""#),
        ("order", "sitc-sections.json", r#""code": "0""#, r#""code": "9""#),
        ("json", "sitc-sections.json", "{", "["),
    ];
    let told = slips.map(|(name, file, from, to)| {
        let copy = Copy::with(name, file, from, to);
        codes::tables(&copy.0).expect_err(name)
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    spec/codes/areas.json#/areas/1/code: this code is listed before; keep one of the two (found "AD")
    spec/codes/areas.json#/areas/0/alpha3: alpha2 comes with alpha3; add it (found null)
    spec/codes/areas.json#/areas/0/alias: unknown key; remove it or use one of code, kind, scope, en, tc, sc, alpha2, alpha3, aliases, source, note
    spec/codes/areas.json#/areas/0/kind: give one of country, region (found "land")
    spec/codes/areas.json#/areas/0/en: give a text in quotes, not empty, without outer spaces (found "")
    spec/codes/areas.json#/areas/0/tc: give a text in quotes, not empty, without outer spaces (found 1)
    spec/codes/hs-chapters.json#/codes/0/code: give 2 digit(s), leading zeros included (found "1")
    spec/codes/sitc-sections.json#/codes/1/code: sort by code and list each once (found "1")
    spec/codes/sitc-sections.json#: expected `,` or `]` at line 2 column 10; correct the JSON
    "#);
}
