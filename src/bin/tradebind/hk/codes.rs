//! `tradebind hk codes`

use tradebind::codes::{self, Area, AreaKind, LookupError};

use crate::exit::{Exit, Failure};
use crate::output::TableTarget;
use crate::show::{self, Tabular as _, Texts};

const COLUMNS: [&str; 7] = ["kind", "code", "name", "name_tc", "name_sc", "iso", "note"];

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without words all are listed. Titles of chapters and sections are this project's own, in short; the service knows codes \
that are not listed here.

Examples:
  tradebind hk codes korea
  tradebind hk codes 越南
  tradebind hk codes iron steel --format csv")]
pub struct Args {
    /// A code, or whole words of a name: of areas in English or Chinese, of commodities in English
    #[arg(value_name = "WORDS")]
    words: Vec<String>,
    #[command(flatten)]
    target: TableTarget,
}

impl Args {
    pub fn run(self) -> Result<Exit, Failure> {
        let words = self.words.join(" ");
        let all = words.trim().is_empty();
        let areas = if all { codes::areas().iter().collect() } else { codes::search_areas(&words) };
        let chapters =
            if all { codes::hs_chapters().iter().collect() } else { codes::search_chapters(&words) };
        let sections =
            if all { codes::sitc_sections().iter().collect() } else { codes::search_sections(&words) };
        let mut rows = Texts::new(COLUMNS);
        for area in areas {
            rows.push(area_row(area));
        }
        for (kind, headings) in [("HS chapter", chapters), ("SITC section", sections)] {
            for heading in headings {
                rows.push([Some(kind), Some(heading.code), Some(heading.title), None, None, None, None]);
            }
        }
        if rows.len() == 0 {
            return Err(Failure::input(nothing(&words)));
        }
        self.target.open()?.write(|out| show::write(out, &rows, self.target.format()))?;
        Ok(Exit::Done)
    }
}

fn area_row(area: &Area) -> [Option<&'static str>; 7] {
    let kind = match area.kind {
        AreaKind::Region => "region",
        _ => "country",
    };
    [Some(kind), Some(area.code), Some(area.en), Some(area.tc), Some(area.sc), area.alpha3(), area.note]
}

/// Where a commodity code lies that is longer than those listed.
fn above(words: &str) -> Option<String> {
    let code = words.trim();
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kind, option, part, all) = match code.len() {
        4 | 6 | 8 => ("HS chapter", "--hs", code.get(..2)?, codes::hs_chapters()),
        3 | 5 => ("SITC section", "--sitc", code.get(..1)?, codes::sitc_sections()),
        _ => return None,
    };
    let found = all.iter().find(|heading| heading.code == part)?;
    Some(format!(
        "{code} lies in {kind} {part} ({}): only chapters and sections are listed, and `tradebind hk get {option} {code}` \
         asks for it",
        found.title
    ))
}

/// What may have been meant.
fn nothing(words: &str) -> String {
    let mut near = Vec::new();
    if let Err(LookupError::Unknown { near: areas, .. }) = codes::find_area(words) {
        near.extend(areas.iter().map(ToString::to_string));
    }
    if let Err(LookupError::Unknown { near: chapters, .. }) = codes::find_chapter(words) {
        near.extend(chapters.iter().map(|chapter| format!("HS chapter {chapter}")));
    }
    // Digits are of no language.
    let not_latin =
        words.chars().any(char::is_alphabetic) && !words.contains(|c: char| c.is_ascii_alphabetic());
    let hint = if let Some(above) = above(words) {
        above
    } else if near.is_empty() && not_latin {
        "HS chapters and SITC sections have English names only: give whole words of these, or a code; \
         `tradebind hk codes` lists all"
            .to_owned()
    } else if near.is_empty() {
        "give a code, or whole words of a name (of HS and SITC the chapters and sections alone are listed); \
         `tradebind hk codes` lists all"
            .to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    format!("no area, HS chapter or SITC section fits {words:?}; {hint}")
}
