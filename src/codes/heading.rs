//! Chapters of the Harmonized System and sections of the SITC.

use std::fmt;

use super::lookup::{self, Entry, LookupError};
use super::tables::{HS_CHAPTERS, SITC_SECTIONS};

/// A code of a classification and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heading {
    /// The code, leading zero included.
    pub code: &'static str,
    /// A short title of this project's own, not the official text: good for finding, not for classifying goods.
    pub title: &'static str,
}

/// The code and the title: `01 Live animals`.
impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.title)
    }
}

/// The chapters of the Harmonized System, 01 to 97 without the reserved 77. The national chapters 98 and 99 are not listed.
#[must_use]
pub fn hs_chapters() -> &'static [Heading] {
    HS_CHAPTERS
}

/// The chapter with this two-digit code.
#[must_use]
pub fn hs_chapter(code: &str) -> Option<&'static Heading> {
    HS_CHAPTERS.iter().find(|chapter| chapter.code == code)
}

/// The chapter that a code of 2, 4, 6, 8 or 10 digits belongs to, with or without dots and spaces: `8542.31` is in 85.
///
/// `None` for an odd number of digits: such a code has lost its leading zero, and would name another chapter.
#[must_use]
pub fn hs_chapter_of(code: &str) -> Option<&'static Heading> {
    let digits: String = code.chars().filter(|c| !matches!(c, '.' | ' ')).collect();
    let sound = matches!(digits.len(), 2 | 4 | 6 | 8 | 10) && digits.bytes().all(|b| b.is_ascii_digit());
    sound.then(|| digits.get(..2)).flatten().and_then(hs_chapter)
}

/// The sections of the Standard International Trade Classification, 0 to 9.
#[must_use]
pub fn sitc_sections() -> &'static [Heading] {
    SITC_SECTIONS
}

/// The section with this one-digit code.
#[must_use]
pub fn sitc_section(code: &str) -> Option<&'static Heading> {
    SITC_SECTIONS.iter().find(|section| section.code == code)
}

/// Finds a chapter by its two digits, else by whole words of its title, as [`find_area`](super::find_area) does.
///
/// # Errors
/// [`LookupError::Ambiguous`] when several chapters fit, [`LookupError::Unknown`] when none does.
pub fn find_chapter(words: &str) -> Result<&'static Heading, LookupError<Heading>> {
    lookup::find(HS_CHAPTERS, "HS chapter", words)
}

/// Finds a section by its digit, else by whole words of its title, as [`find_area`](super::find_area) does.
///
/// # Errors
/// [`LookupError::Ambiguous`] when several sections fit, [`LookupError::Unknown`] when none does.
pub fn find_section(words: &str) -> Result<&'static Heading, LookupError<Heading>> {
    lookup::find(SITC_SECTIONS, "SITC section", words)
}

/// Every chapter whose code is given, or that has all of the words in its title.
#[must_use]
pub fn search_chapters(words: &str) -> Vec<&'static Heading> {
    lookup::search(HS_CHAPTERS, words)
}

/// Every section whose code is given, or that has all of the words in its title.
#[must_use]
pub fn search_sections(words: &str) -> Vec<&'static Heading> {
    lookup::search(SITC_SECTIONS, words)
}

impl Entry for Heading {
    fn code(&self) -> &'static str {
        self.code
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.title)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_whole() {
        let expected: Vec<String> = (1..=97).filter(|n| *n != 77).map(|n| format!("{n:02}")).collect();
        assert_eq!(hs_chapters().iter().map(|c| c.code).collect::<Vec<_>>(), expected);
        assert_eq!(sitc_sections().iter().map(|s| s.code).collect::<String>(), "0123456789");
        assert!(hs_chapters().iter().chain(sitc_sections()).all(|h| h.title.chars().count() <= 60));
        assert!(hs_chapter("77").is_none() && hs_chapter("98").is_none() && sitc_section("00").is_none());
    }

    #[test]
    fn every_title_and_code_finds_its_own() {
        for chapter in hs_chapters() {
            assert_eq!(find_chapter(chapter.title).unwrap(), chapter);
            assert_eq!(find_chapter(chapter.code).unwrap(), chapter);
        }
        for section in sitc_sections() {
            assert_eq!(find_section(section.title).unwrap(), section);
            assert_eq!(find_section(section.code).unwrap(), section);
        }
    }

    #[test]
    fn longer_codes_give_their_chapter() {
        for (code, chapter) in
            [("85", "85"), ("8542", "85"), ("8542.31", "85"), ("0101 21 00", "01"), ("8542310000", "85")]
        {
            assert_eq!(hs_chapter_of(code).unwrap().code, chapter, "{code}");
        }
        for bad in ["", "8", "1012100", "77", "7701", "85x2", "8５", "８５42", "854231000000"] {
            assert_eq!(hs_chapter_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn words_find_or_explain() {
        assert_eq!(find_chapter("tea").unwrap().code, "09");
        assert_eq!(find_chapter("IRON & STEEL").unwrap().code, "72");
        assert_eq!(find_section("chemicals").unwrap().code, "5");
        insta::assert_snapshot!(find_chapter("steel").unwrap_err(), @r#""steel" fits more than one HS chapter: 72 Iron and steel; 73 Articles of iron or steel. Give the code of the one you mean"#);
        insta::assert_snapshot!(find_chapter("watch").unwrap_err(), @r#"no HS chapter fits "watch"; did you mean 91 Clocks and watches? Give a code, a full name or whole words of one"#);
        insta::assert_snapshot!(find_chapter("1").unwrap_err(), @r#"no HS chapter fits "1"; did you mean 01 Live animals? Give a code, a full name or whole words of one"#);
        insta::assert_snapshot!(find_section("sections").unwrap_err(), @r#"no SITC section fits "sections"; give a code, a full name or whole words of one"#);
    }
}
