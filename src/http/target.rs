//! Whether what is sent asks what was recorded.

use reqwest::Url;

use super::redact::{self, Secret};
use crate::exchange::ServiceName;

/// A recorded target, as it is compared.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    path: String,
    pairs: Vec<String>,
}

/// A target that is sent: each part as it is, and as a recording shows it.
pub(crate) struct SentTarget {
    path: Part,
    pairs: Vec<Part>,
}

struct Part {
    is: String,
    shown: String,
}

impl Part {
    /// What is not shown of a recorded part stands for whatever is not shown of a sent one; all else must be the same.
    fn fits(&self, recorded: &str) -> bool {
        recorded == self.is || recorded == self.shown
    }
}

/// What one of two targets has and the other lacks; each parameter as often as it stands there. What is sent is told as it may
/// be shown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Apart {
    pub(crate) path: Option<(String, String)>,
    pub(crate) recorded: Vec<String>,
    pub(crate) sent: Vec<String>,
}

impl Target {
    pub(crate) fn read(target: &str, service: ServiceName) -> Self {
        let (path, mut pairs) = parts(target, service);
        pairs.sort();
        Self { path, pairs }
    }

    pub(crate) fn apart(&self, sent: &SentTarget) -> Apart {
        let (mut recorded, mut left) = (self.pairs.clone(), sent.pairs.iter().collect::<Vec<_>>());
        // What is the same first, so that what stands for any value takes none that is named.
        let same: [fn(&Part, &str) -> bool; 2] = [|part, recorded| part.is == recorded, Part::fits];
        for fits in same {
            recorded.retain(|pair| match left.iter().position(|part| fits(part, pair)) {
                Some(at) => {
                    left.swap_remove(at);
                    false
                }
                None => true,
            });
        }
        let mut sent_only: Vec<_> = left.into_iter().map(|part| part.shown.clone()).collect();
        sent_only.sort();
        let path = (!sent.path.fits(&self.path)).then(|| (self.path.clone(), sent.path.shown.clone()));
        Apart { path, recorded, sent: sent_only }
    }

    #[cfg(feature = "replica")]
    pub(crate) fn fits(&self, sent: &SentTarget) -> bool {
        sent.path.fits(&self.path) && self.apart(sent) == Apart::default()
    }
}

impl SentTarget {
    pub(crate) fn of(url: &Url, service: ServiceName, secret: &Secret) -> Self {
        let is = (url.path().to_owned(), pairs(url, service));
        let shown = parts(&secret.scrub(&redact::target(url)), service);
        // A key that was taken out may have taken a mark between two parameters with it.
        let alike = is.1.len() == shown.1.len();
        let is = if alike { is } else { shown.clone() };
        let part = |(is, shown)| Part { is, shown };
        Self { path: part((is.0, shown.0)), pairs: is.1.into_iter().zip(shown.1).map(part).collect() }
    }

    /// The same of a target without its host.
    #[cfg(feature = "replica")]
    pub(crate) fn read(target: &str, service: ServiceName) -> Option<Self> {
        Some(Self::of(&address(target)?, service, &Secret::default()))
    }
}

/// A target needs a base to be read as an address; it is never used.
fn address(target: &str) -> Option<Url> {
    Url::parse("http://localhost").ok()?.join(target).ok()
}

fn parts(target: &str, service: ServiceName) -> (String, Vec<String>) {
    match address(target) {
        Some(url) => (url.path().to_owned(), pairs(&url, service)),
        None => (target.to_owned(), Vec::new()),
    }
}

/// Parameters in their order; Hong Kong's in one case, since case means nothing there (guide, section A).
fn pairs(url: &Url, service: ServiceName) -> Vec<String> {
    let mut pairs: Vec<_> = url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
    if service == ServiceName::HkTrade {
        pairs.iter_mut().for_each(|pair| pair.make_ascii_lowercase());
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart_for(secret: &Secret, recorded: &str, sent: &str) -> Apart {
        let service = ServiceName::Tradewind;
        let sent = SentTarget::of(&address(sent).unwrap(), service, secret);
        Target::read(recorded, service).apart(&sent)
    }

    fn fit(recorded: &str, sent: &str) -> bool {
        apart_for(&Secret::new("tw_live_1"), recorded, sent) == Apart::default()
    }

    #[test]
    fn only_what_is_not_shown_stands_for_any_value() {
        assert!(fit("/api/x?task=7&page=2", "/api/x?page=2&task=7"));
        assert!(fit("/api/x?task=a b", "/api/x?task=a%20b"));
        assert!(fit("/api/x?task=(not shown)&page=2", "/api/x?page=2&task=8"));
        assert!(fit("/api/x?(not shown)", "/api/x?flag"));
        assert!(fit("/api/x?flag&&a=(not shown)", "/api/x?a=1&&flag"));
        assert!(fit("/api/(not shown)/get", "/api/0123456789abcdef0123456789abcdef/get"));
        assert!(fit("/api/x?page=(not shown)", "/api/x?page=tw_live_1"));
        assert!(fit("/api/x?task=(not shown)&task=7", "/api/x?task=7&task=8"));
        for (recorded, sent) in [
            ("/api/x?task=7", "/api/x?task=8"),
            ("/api/x?task=7", "/api/x"),
            ("/api/x", "/api/x?task=7"),
            ("/api/x?task=(not shown)", "/api/x?job=7"),
            ("/api/x?task=(not shown)", "/api/x?task=7&task=8"),
            ("/api/x?page=(not shown)", "/api/x?page=2"),
            ("/api/(not shown)/get", "/api/other/get"),
            ("/api/(not shown)", "/api/0123456789abcdef0123456789abcdef"),
        ] {
            assert!(!fit(recorded, sent), "{recorded} {sent}");
        }
    }

    #[test]
    fn what_is_sent_is_told_as_it_may_be_shown() {
        let told = format!(
            "{:?}",
            apart_for(&Secret::new("tw_live_1"), "/api/y?task=7", "/api/tw_live_1?task=8&page=tw_live_1&9")
        );
        insta::assert_snapshot!(told, @r#"Apart { path: Some(("/api/y", "/api/(not%20shown)")), recorded: ["task=7"], sent: ["(not shown)=", "page=(not shown)", "task=(not shown)"] }"#);
    }
}
