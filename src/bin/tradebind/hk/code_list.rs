//! Commodity codes as people list them: in options, and in files of thousands.

use tradebind::domain::CommodityClass;

use super::options::{dropped, no_hs_level};

/// How many codes of a long list are named.
const NAMED: usize = 5;

/// A code as it was given, and its line where it is from a file.
#[derive(Debug)]
struct Word {
    line: Option<usize>,
    text: String,
}

impl Word {
    fn is_digits(&self) -> bool {
        self.text.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Without the points of printed tariffs.
    fn bare(&self) -> String {
        self.text.replace('.', "")
    }

    /// What to do with one that is no code: of so many digits it may be one, else it may be another thing of a file.
    fn hint(&self, digits: usize, other: &str) -> String {
        let bare = self.bare();
        match bare.len() == digits && bare.bytes().all(|byte| byte.is_ascii_digit()) {
            true => format!("; write {bare}"),
            false if self.line.is_some() => other.to_owned(),
            false => String::new(),
        }
    }

    fn told(&self) -> String {
        match self.line {
            Some(line) => format!("{:?} on line {line}", self.text),
            None => format!("{:?}", self.text),
        }
    }
}

/// A list of codes.
#[derive(Debug, Default)]
pub struct Listed(Vec<Word>);

impl Listed {
    /// Adds codes with commas or blanks between.
    pub fn add(&mut self, text: &str) {
        self.put(None, text);
    }

    /// Adds the codes of a file; `#` begins a comment.
    pub fn add_lines(&mut self, text: &str) {
        for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            self.put(Some(at + 1), line.split('#').next().unwrap_or_default());
        }
    }

    fn put(&mut self, line: Option<usize>, text: &str) {
        let words = text.split(|c: char| c == ',' || c == ';' || c.is_whitespace());
        // Spreadsheets quote texts.
        let words = words.map(|word| word.trim_matches('"')).filter(|word| !word.is_empty());
        self.0.extend(words.map(|word| Word { line, text: word.to_owned() }));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The codes as given.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|word| word.text.as_str())
    }

    /// The class given, or the one that the first code's digits tell; or which codes are none of it.
    pub fn class(&self, given: Option<CommodityClass>, is_sitc: bool) -> Result<CommodityClass, String> {
        let Some(first) = self.0.first() else { return Err("holds no code".to_owned()) };
        let digits = first.text.len();
        let told = if is_sitc { CommodityClass::sitc(digits) } else { CommodityClass::hs(digits) };
        let class = given.or(told.filter(|_| first.is_digits())).ok_or_else(|| no_class(first, is_sitc))?;
        match odd(&self.0, class) {
            Some(odd) => Err(odd),
            None => Ok(class),
        }
    }
}

/// Why a code tells no class.
fn no_class(first: &Word, is_sitc: bool) -> String {
    let levels = if is_sitc { "1, 2, 3 or 5" } else { "2, 4, 6 or 8" };
    if !first.is_digits() {
        let bare = first.bare();
        let digits = if is_sitc { CommodityClass::sitc(bare.len()) } else { CommodityClass::hs(bare.len()) };
        let hint = first.hint(digits.map_or(0, |_| bare.len()), "; put # before a heading");
        return format!("{} is no code; codes have {levels} digits{hint}", first.told());
    }
    let digits = first.text.len();
    let hint = match CommodityClass::sitc(digits) {
        _ if is_sitc => String::new(),
        Some(class) if first.line.is_some() => {
            no_hs_level(&first.text, &format!("--commodity-class {}", class.as_str()))
        }
        _ => no_hs_level(&first.text, "--sitc"),
    };
    let s = if digits == 1 { "" } else { "s" };
    format!("{} has {digits} digit{s}, codes have {levels}{hint}", first.told())
}

/// The codes that are none of a class, if there are any.
fn odd(words: &[Word], class: CommodityClass) -> Option<String> {
    // End-use categories take no codes, which is told elsewhere.
    let digits = class.digits()?;
    let odd: Vec<_> = words.iter().filter(|word| word.text.len() != digits || !word.is_digits()).collect();
    let first = odd.first()?;
    if let Some(word) = odd.iter().find(|word| !word.is_digits()) {
        let hint = word.hint(digits, "; put # before what is a remark");
        return Some(format!(
            "{} is no code; codes of {} have {digits} digits{hint}",
            word.told(),
            class.as_str()
        ));
    }
    let named = odd.iter().take(NAMED).map(|word| word.told()).collect::<Vec<_>>().join(", ");
    let more = match odd.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut hint = if first.text.len() + 1 == digits { dropped(&first.text) } else { String::new() };
    if hint.is_empty() {
        hint = "; a harvest has codes of one length: give those of another to one of their own".to_owned();
    }
    let many =
        if words.len() == 1 { "it has" } else { &format!("{} of {} codes have", odd.len(), words.len()) };
    Some(format!("{many} not the {digits} digits of {}: {named}{more}{hint}", class.as_str()))
}
