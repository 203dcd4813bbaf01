use std::collections::BTreeMap;

use super::super::fold::Folded;
use super::*;

fn code(words: &str) -> &'static str {
    find_area(words).unwrap_or_else(|e| panic!("{e}")).code
}

fn fault(words: &str) -> String {
    find_area(words).expect_err(words).to_string()
}

#[test]
fn the_guide_is_whole_and_its_repeats_are_gone() {
    let count = |kind, source| areas().iter().filter(|a| a.kind == kind && a.source == source).count();
    assert_eq!(count(AreaKind::Country, Source::Guide), 206);
    assert_eq!(count(AreaKind::Region, Source::Guide), 12);
    let observed: Vec<_> = areas().iter().filter(|a| a.source == Source::Observed).map(|a| a.code).collect();
    assert_eq!(observed, ["HK"]);
}

#[test]
fn scopes_and_iso_codes_agree() {
    let of = |scope| areas().iter().filter(move |a| a.scope == scope).map(|a| a.code).collect::<Vec<_>>();
    assert_eq!(of(Scope::Private), ["XA", "XB", "XC", "XD", "XE", "XF", "XG", "XH"]);
    assert_eq!(of(Scope::Wider), ["FM"]);
    for a in areas() {
        assert_eq!(a.alpha2().is_some(), a.scope == Scope::Iso, "{a}");
        assert!(a.alpha2().is_none_or(|two| two == a.code), "{a}");
        assert!(a.scope != Scope::Wider || a.note.is_some(), "{a} needs a reason");
    }
}

#[test]
fn every_code_name_and_alias_finds_its_area() {
    for a in areas() {
        assert_eq!(area(&a.code.to_lowercase()), Some(a));
        for name in a.names().chain([a.code]).chain(a.alpha3()) {
            assert_eq!(find_area(name).unwrap_or_else(|e| panic!("{a}: {e}")), a, "{name}");
        }
    }
}

#[test]
fn no_name_belongs_to_two_areas() {
    let mut owners = BTreeMap::new();
    for a in areas() {
        for name in a.names() {
            let owner = owners.insert(Folded::new(name).joined, a);
            assert!(owner.is_none_or(|owner| owner == a), "{name}: {a} and {owner:?}");
        }
    }
}

#[test]
fn codes_that_look_like_something_else() {
    assert_eq!(country("NO").map(|a| a.en), Some("NORWAY"));
    assert_eq!(country("na").map(|a| a.en), Some("NAMIBIA"));
    assert_eq!(country("chn").map(|a| a.code), Some("CN"));
    assert_eq!(area("eu").map(|a| a.kind), Some(AreaKind::Region));
    assert_eq!((country("EU"), region("US"), region("USA")), (None, None, None));
    assert_eq!(region("1").map(|a| a.en), Some("NORTH AMERICA"));
    assert_eq!((area(""), area("FSM"), area("China")), (None, None, None));
}

#[test]
fn names_people_use() {
    for (words, expected) in [
        ("korea", "KR"),
        ("south korea", "KR"),
        ("Korea, North", "KP"),
        ("congo", "CG"),
        ("DR Congo", "CD"),
        ("guinea", "GN"),
        ("Guinea Bissau", "GW"),
        ("virgin", "VI"),
        ("Türkiye", "TR"),
        ("turkiye", "TR"),
        ("turkey", "TR"),
        ("China", "CN"),
        ("Chinese Mainland", "CN"),
        ("mainland", "CN"),
        ("中国", "CN"),
        ("中國內地", "CN"),
        ("U.S.A.", "US"),
        ("united states", "US"),
        ("america united states", "US"),
        ("Côte d’Ivoire", "CI"),
        ("vietnam", "VN"),
        ("czech", "CZ"),
        ("Hongkong", "HK"),
        ("Macau", "MO"),
        ("palau", "FM"),
        ("European Union", "EU"),
        ("欧盟", "EU"),
        ("東盟", "ASEA"),
        ("ASEAN", "ASEA"),
        ("opec", "OPEC"),
        ("asia", "6"),
        ("Asia, NESOI", "XF"),
        ("oceania", "8"),
        ("維爾京", "VI"),
        ("ＵＳＡ", "US"),
        (" no ", "NO"),
        ("niger", "NE"),
        ("sudan", "SD"),
        ("Central African Republic", "CF"),
        ("Sao Tomé and Príncipe", "ST"),
        ("The Bahamas", "BS"),
    ] {
        assert_eq!(code(words), expected, "{words}");
    }
}

/// Places that the list lacks, whose names resemble listed ones: a guess would give the figures of another country.
#[test]
fn unlisted_places_are_never_guessed() {
    for words in [
        "Dominica",
        "British Virgin Islands",
        "South Georgia",
        "French Guiana",
        "French Polynesia",
        "Saint Martin",
        "Bermuda",
        "Monaco",
        "Eritrea",
        "Palestine",
        "Kosovo",
        "Netherlands Antilles",
        "多米尼克",
        "歐洲",
        "Southeast Asian",
        "P",
        "DR",
        "德",
        "英屬維爾京群島",
    ] {
        assert!(
            matches!(find_area(words), Err(LookupError::Unknown { .. })),
            "{words}: {:?}",
            find_area(words)
        );
    }
}

#[test]
fn ambiguity_lists_the_candidates() {
    insta::assert_snapshot!(fault("america"), @r#""america" fits more than one country or region: US USA; XA NORTH AMERICA, NESOI; XD CENTRAL & SOUTH AMERICA,NESOI; 1 NORTH AMERICA; 4 CEN & SOUTH AMERICA. Give the code of the one you mean"#);
    insta::assert_snapshot!(fault("republic"), @r#""republic" fits more than one country or region: CD CONGO, DEM REP THE; CF CENTRAL AFRICAN REP; CG CONGO; CN THE MAINLAND OF CHINA; CZ CZECHIA; DO DOMINICAN REPUBLIC; IE IRELAND; IR IRAN, ISLAMIC REP; KG KYRGYZSTAN; KP KOREA, DEM PEO REP; and 8 more. Give the code of the one you mean"#);
    insta::assert_snapshot!(fault("尼日"), @r#""尼日" fits more than one country or region: NE NIGER; NG NIGERIA. Give the code of the one you mean"#);
}

#[test]
fn the_unknown_is_explained() {
    insta::assert_snapshot!(fault("Germny"), @r#"no country or region fits "Germny"; did you mean DE GERMANY? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("Dominica"), @r#"no country or region fits "Dominica"; did you mean DO DOMINICAN REPUBLIC? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("austr"), @r#"no country or region fits "austr"; did you mean AT AUSTRIA or AU AUSTRALIA or XH AUSTRALASIA & OCEANIA, NESOI or 8 AUSTRALASIA & OCEANIA? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("Republic of Austria"), @r#"no country or region fits "Republic of Austria"; did you mean AT AUSTRIA? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("新加玻"), @r#"no country or region fits "新加玻"; did you mean SG SINGAPORE? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("q\n"), @r#"no country or region fits "q\n"; give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault("歐洲"), @r#"no country or region fits "歐洲"; did you mean EU E.U.? Give a code, a full name or whole words of one"#);
    insta::assert_snapshot!(fault(" the "), @r#"no country or region fits " the "; give a code, a full name or whole words of one"#);
    assert!(fault(&"qermany ".repeat(20)).starts_with("no country or region fits"));
}
