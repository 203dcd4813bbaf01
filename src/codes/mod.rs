//! Codes that queries and answers use, looked up by code or by name: countries and regions ([`area`], [`find_area`]),
//! chapters of the Harmonized System ([`hs_chapter`], [`find_chapter`]) and sections of the SITC ([`sitc_section`], [`find_section`]).
//!
//! The tables come from `spec/codes`. They help people to write queries; they do not limit them. The service uses codes that its guide
//! lacks, so a code missing here may still be good: never refuse an answer, or join two tables, because of a name or its absence.
//!
//! ```
//! # use tradebind::codes;
//! assert_eq!(codes::find_area("Türkiye")?.code, "TR");
//! assert_eq!(codes::find_area("south korea")?.code, "KR");
//! assert_eq!(codes::find_area("歐盟")?.code, "EU");
//! assert!(codes::country("EU").is_none(), "the EU is a region");
//! assert_eq!(codes::hs_chapter_of("85423100").map(|c| c.code), Some("85"));
//! # Ok::<(), codes::LookupError>(())
//! ```

mod area;
mod fold;
mod heading;
mod lookup;

pub use area::{Area, AreaKind, Scope, Source, area, areas, country, find_area, region, search_areas};
pub use heading::{
    Heading, find_chapter, find_section, hs_chapter, hs_chapter_of, hs_chapters, search_chapters,
    search_sections, sitc_section, sitc_sections,
};
pub use lookup::LookupError;

/// The generated tables.
mod tables {
    use super::area::{Area, AreaKind, Scope, Source};
    use super::heading::Heading;

    include!(concat!(env!("OUT_DIR"), "/codes.rs"));
}
