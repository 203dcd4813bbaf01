//! Whether a query is spelled as the guide has it. People may write more than the service is known to read, such as
//! `2018-05..2018-06`, and [`Query`] takes that; a program that sends it must not pass here and fail there.

use std::fmt;

use reqwest::Url;

use super::Query;

/// A parameter that is not in the guide's spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Misspelled {
    /// The parameter, as it was sent.
    pub name: String,
    /// What was sent.
    pub value: String,
    /// The guide's spelling of it.
    pub spelled: String,
}

impl fmt::Display for Misspelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, spelled } = self;
        match doubled(value, spelled) {
            Some(twice) => write!(f, "{name}: {twice} is given more than once; send {spelled}"),
            None => write!(f, "{name}: {value:?} is not in the guide's spelling; send {spelled}"),
        }
    }
}

/// Each parameter that is not in the guide's spelling, whatever its case (guide, section A).
pub(crate) fn misspelled(target: &str, query: &Query) -> Vec<Misspelled> {
    let (sent, meant) = (pairs(target), pairs(&query.to_string()));
    let fault = |(name, value): &(String, String)| {
        let (_, spelled) = meant.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        let same = spelled.eq_ignore_ascii_case(value) || value.is_empty();
        (!same).then(|| Misspelled { name: name.clone(), value: value.clone(), spelled: spelled.clone() })
    };
    sent.iter().filter_map(fault).collect()
}

/// What a list holds more than once, where that is all that is wrong with it.
fn doubled<'a>(value: &'a str, spelled: &str) -> Option<&'a str> {
    let (mut once, mut twice) = (Vec::<&str>::new(), None);
    for item in value.split(',') {
        if once.iter().any(|known| known.eq_ignore_ascii_case(item)) {
            twice = twice.or(Some(item));
        } else {
            once.push(item);
        }
    }
    twice.filter(|_| once.join(",").eq_ignore_ascii_case(spelled))
}

fn pairs(target: &str) -> Vec<(String, String)> {
    // The base is never used: a target needs one to be read as an address.
    let url = Url::parse("http://localhost").and_then(|base| base.join(target));
    url.iter()
        .flat_map(Url::query_pairs)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_guides_spelling_passes() {
        let told = |text: &str| {
            let faults = misspelled(&format!("/api/get?{text}"), &text.parse().unwrap());
            faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        for right in [
            "lang=TC&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
            "LANG=en&SV=vcm%2Cqcm&FREQ=m&PERIOD=201805%2c201806&TTYPE=all&CCCLASS=c&CC=cn,us",
            "cc=ALL&ccclass=C&tm=y&lang=EN&sv=VCy&freq=A&period=2015,2017&ttype=1",
        ] {
            assert_eq!(told(right), "");
        }
        insta::assert_snapshot!(
            told("lang=english&sv=monthly-value&freq=monthly&period=2018-05..2018-06&ttype=total-exports&ccclass=country&cc=CN"),
            @r#"
        lang: "english" is not in the guide's spelling; send EN
        sv: "monthly-value" is not in the guide's spelling; send VCm
        freq: "monthly" is not in the guide's spelling; send M
        period: "2018-05..2018-06" is not in the guide's spelling; send 201805,201806
        ttype: "total-exports" is not in the guide's spelling; send 4
        ccclass: "country" is not in the guide's spelling; send C
        "#
        );
        assert_eq!(
            told("lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN,us,cn"),
            "cc: cn is given more than once; send CN,US"
        );
        assert_eq!(
            told("lang=EN&sv=VCm&freq=M&period=201805&ttype=4"),
            "period: \"201805\" is not in the guide's spelling; send 201805,201805"
        );
    }
}
