use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::{Severity, rule};

/// Severities of your own, such as
///
/// ```toml
/// [rules]
/// "hk/total-exports" = "error"
/// "schema/undeclared" = "off"
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    rules: BTreeMap<String, Option<Severity>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: BTreeMap<String, Level>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Off,
    Note,
    Warning,
    Error,
}

impl Config {
    /// Reads a configuration in TOML.
    ///
    /// # Errors
    /// A text that is none, with line and column; an id that no rule has; `json/syntax` as less than an error.
    pub fn read(text: &str, name: &str) -> Result<Self, InvalidConfig> {
        let invalid = |problem: String| InvalidConfig { name: name.to_owned(), problem };
        let file: File = toml::from_str(text).map_err(|e| invalid(e.to_string().trim_end().to_owned()))?;
        let mut rules = BTreeMap::new();
        for (id, level) in file.rules {
            rule::named(&id).map_err(invalid)?;
            if id == super::UNCHECKED && !matches!(level, Level::Error) {
                return Err(invalid(format!(
                    "rule {id:?} is always an error: what it finds is not checked any further"
                )));
            }
            let severity = match level {
                Level::Off => None,
                Level::Note => Some(Severity::Note),
                Level::Warning => Some(Severity::Warning),
                Level::Error => Some(Severity::Error),
            };
            rules.insert(id, severity);
        }
        Ok(Self { rules })
    }

    /// Says nothing of a rule any more.
    pub(super) fn forget(&mut self, id: &str) {
        self.rules.remove(id);
    }

    /// What a rule weighs; `None` where it is off.
    pub(super) fn severity(&self, id: &str, otherwise: Severity) -> Option<Severity> {
        self.rules.get(id).copied().unwrap_or(Some(otherwise))
    }
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidConfig {
    name: String,
    problem: String,
}

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidConfig {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_read() {
        let config =
            Config::read("[rules]\n\"hk/count\" = \"off\"\n\"hk/unit\" = \"note\"\n", "c.toml").unwrap();
        assert_eq!(config.severity("hk/count", Severity::Error), None);
        assert_eq!(config.severity("hk/unit", Severity::Error), Some(Severity::Note));
        assert_eq!(config.severity("hk/area", Severity::Error), Some(Severity::Error));
    }

    #[test]
    fn slips_are_told() {
        let wrong = |text: &str| Config::read(text, "c.toml").unwrap_err().to_string();
        insta::assert_snapshot!(wrong("[rules]\n\"hk/counts\" = \"off\""), @r#"c.toml: there is no rule "hk/counts"; did you mean "hk/count"?"#);
        insta::assert_snapshot!(wrong("[rules]\n\"json/syntax\" = \"off\""), @r#"c.toml: rule "json/syntax" is always an error: what it finds is not checked any further"#);
        assert!(wrong("[rules]\n\"hk/count\" = \"fatal\"").contains("fatal"));
        assert!(wrong("[rulez]").contains("rulez"));
    }
}
