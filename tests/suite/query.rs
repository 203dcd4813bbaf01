//! What `hk::Query` takes and refuses, and how it says so.

use tradebind::domain::{AreaClass, CommodityClass, Language, TradeType};
use tradebind::hk::Query;

fn refusal(address: &str) -> String {
    address.parse::<Query>().unwrap_err().to_string()
}

#[test]
fn every_reason_is_told_at_once() {
    let codes: Vec<_> = (1..=21).map(|n| format!("{n:02}")).collect();
    let error = Query::builder()
        .language("de")
        .statistics("VCm,VCx")
        .periods("2018-13")
        .trade_type("exports")
        .origin(AreaClass::Region, "EU,APEC")
        .destination(AreaClass::Country, "EU")
        .commodities(CommodityClass::Hs2, codes.join(",").as_str())
        .build()
        .unwrap_err();
    assert_eq!(error.reasons().len(), 7);
    insta::assert_snapshot!(error, @r#"
    the query is refused for 7 reasons:
    - lang: language "de": must be one of EN (english), TC (traditional-chinese), SC (simplified-chinese) (C&SD query guide, section A, lang)
    - sv: statistics "VCm,VCx": item 2, "VCx", must be one of VCm (monthly-value), QCm (monthly-quantity), VCy (annual-value), QCy (annual-quantity) (C&SD query guide, section A, sv)
    - period: period "2018-13": the month must be 01 to 12, not 13 (C&SD query guide, section A, period)
    - ttype: trade type "exports": must be one of 1 (imports), 2 (domestic-exports), 3 (re-exports), 4 (total-exports), 5 (total-trade), ALL (all) (C&SD query guide, section A, ttype)
    - co: areas "EU,APEC": holds 2 regions, at most 1 fits in one query (C&SD query guide, section A, co and cc, and appendix 1)
    - cc: areas "EU": EU is a region, not a country; ask for it alone under class R (C&SD query guide, section A, co and cc, and appendix 1)
    - code: commodity codes "01,02,03,04,05,06,07,08,09,10,11,12,13,14,15,16,17,18,19,20,…": holds 21 codes, at most 20 fit in one query (C&SD query guide, section A, code, and appendix 2)
    "#);
}

#[test]
fn what_the_guide_rules_out_is_refused() {
    let refused = [
        "",
        "lang=EN",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&country=CN",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclas=HKHS2",
        "lang=EN&sv=VCm&sv=QCm&freq=M&period=201801,201801&ttype=1",
        "lang=EN&sv=VCm&freq=A&period=2018,2018&ttype=1",
        "lang=EN&sv=VCy&freq=A&period=201801,201801&ttype=1",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&co=CN",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=CN",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=ALL",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=ASIA",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C&co=CHN",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C&co=CN,X9",
        "https://example.org/data?lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1",
        "/api/put?lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&code=0101",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS4",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS4&code=01,0101,010121",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=EUC&code=1",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=SITC4&code=0011",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS2&code=ALL",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&tm=N",
        "lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=6",
    ];
    let told: Vec<_> = refused.iter().map(|address| format!("{address}\n{}\n", refusal(address))).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"

    the query is refused for 5 reasons:
    - parameter "lang": is missing; it must be given (C&SD query guide, section A)
    - parameter "sv": is missing; it must be given (C&SD query guide, section A)
    - parameter "freq": is missing; it must be given (C&SD query guide, section A)
    - parameter "ttype": is missing; it must be given (C&SD query guide, section A)
    - parameter "period": is missing; it must be given (C&SD query guide, section A)

    lang=EN
    the query is refused for 4 reasons:
    - parameter "sv": is missing; it must be given (C&SD query guide, section A)
    - parameter "freq": is missing; it must be given (C&SD query guide, section A)
    - parameter "ttype": is missing; it must be given (C&SD query guide, section A)
    - parameter "period": is missing; it must be given (C&SD query guide, section A)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&country=CN
    the query is refused: parameter "country": is not one of the guide's: lang, sv, freq, period, ttype, tm, coclass, co, ccclass, cc, codeclass, code (C&SD query guide, section A)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclas=HKHS2
    the query is refused: parameter "codeclas": is not one of the guide's; did you mean "codeclass"? (C&SD query guide, section A)

    lang=EN&sv=VCm&sv=QCm&freq=M&period=201801,201801&ttype=1
    the query is refused: parameter "sv": is given more than once; join its values with commas (C&SD query guide, section A)

    lang=EN&sv=VCm&freq=A&period=2018,2018&ttype=1
    the query is refused: sv: statistic "VCm": is given by month only, but the periods are years (C&SD query guide, section A, sv)

    lang=EN&sv=VCy&freq=A&period=201801,201801&ttype=1
    the query is refused: frequency "A": does not fit the periods 201801,201801, which are monthly (C&SD query guide, section A, freq)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&co=CN
    the query is refused: parameter "co": is given without coclass; give both or neither (tradebind: the guide's examples always give both)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C
    the query is refused: parameter "coclass": is given without co; give both or neither (tradebind: the guide's examples always give both)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=CN
    the query is refused: co: areas "CN": is not a region; the regions are APEC, ASEA, EU, OPEC, 1, 2, 3, 4, 5, 6, 7, 8 (C&SD query guide, section A, co and cc, and appendix 1)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=ALL
    the query is refused: co: areas "ALL": is not a region; the regions are APEC, ASEA, EU, OPEC, 1, 2, 3, 4, 5, 6, 7, 8 (C&SD query guide, section A, co and cc, and appendix 1)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=R&co=ASIA
    the query is refused: co: areas "ASIA": is not a region; the regions are APEC, ASEA, EU, OPEC, 1, 2, 3, 4, 5, 6, 7, 8 (C&SD query guide, section A, co and cc, and appendix 1)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C&co=CHN
    the query is refused: co: areas "CHN": CHN is not the code of a country, which has two letters; did you mean CN THE MAINLAND OF CHINA? (C&SD query guide, section A, co and cc, and appendix 1)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&coclass=C&co=CN,X9
    the query is refused: co: areas "CN,X9": X9 is not the code of a country, which has two letters (C&SD query guide, section A, co and cc, and appendix 1)

    https://example.org/data?lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1
    the query is refused: path "/data": must be /api/get (C&SD query guide, section A)

    /api/put?lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1
    the query is refused: path "/api/put": must be /api/get (C&SD query guide, section A)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&code=0101
    the query is refused: parameter "code": is given without codeclass; give both or neither (tradebind: the guide's examples always give both)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS4
    the query is refused: code: commodity class "HKHS4": is given without codes, which have 4 digits (tradebind: the guide's examples always give class and codes)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS4&code=01,0101,010121
    the query is refused: code: commodities "01,0101,010121": codes of HKHS4 have 4 digits, but 01 has 2, 010121 has 6 (C&SD query guide, section A, codeclass and code)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=EUC&code=1
    the query is refused: code: commodities "1": EUC takes no codes; leave them out (C&SD query guide, section A, codeclass and code)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=SITC4&code=0011
    the query is refused: codeclass: commodity class "SITC4": must be one of HKHS2 (hs2), HKHS4 (hs4), HKHS6 (hs6), HKHS8 (hs8), SITC1 (sitc-section), SITC2 (sitc-division), SITC3 (sitc-group), SITC5 (sitc-item), EUC (end-use) (C&SD query guide, section A, codeclass)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&codeclass=HKHS2&code=ALL
    the query is refused: code: commodity codes "ALL": item 1, "ALL", must be 1 to 8 digits, such as 1006 (C&SD query guide, section A, code, and appendix 2)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=1&tm=N
    the query is refused: tm: transport choice "N": must be one of Y (by-mode) (C&SD query guide, section A, tm)

    lang=EN&sv=VCm&freq=M&period=201801,201801&ttype=6
    the query is refused: ttype: trade type "6": must be one of 1 (imports), 2 (domestic-exports), 3 (re-exports), 4 (total-exports), 5 (total-trade), ALL (all) (C&SD query guide, section A, ttype)
    "#);
}

#[test]
fn any_form_of_an_address_reads() {
    let query: Query = "lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN".parse().unwrap();
    for form in [
        "https://tradeidds.censtatd.gov.hk/api/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
        "https://tradeidds.censtatd.gov.hk/api/0123456789abcdef0123456789abcdef/get?lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=4&ccclass=C&cc=CN",
        "/api/get?LANG=en&SV=vcM&FREQ=m&PERIOD=201805%2C201806&TTYPE=4&CCCLASS=c&CC=cn",
        "?cc=CN&ccclass=C&ttype=4&period=201805,201806&freq=M&sv=VCm&lang=EN&tm=&coclass=&co=",
        " lang=EN&sv=VCm&freq=M&period=201805,201806&ttype=total-exports&ccclass=country&cc=CN ",
    ] {
        assert_eq!(form.parse::<Query>().unwrap(), query, "{form}");
    }
}

#[test]
fn defaults_are_english_and_the_value_of_the_frequency() {
    let monthly = Query::builder().trade_type(TradeType::Imports).periods("2018-05").build().unwrap();
    assert_eq!(monthly.to_string(), "/api/get?lang=EN&sv=VCm&freq=M&period=201805,201805&ttype=1");
    let annual = Query::builder().trade_type("all").periods("2018").end_use().build().unwrap();
    assert_eq!(annual.to_string(), "/api/get?lang=EN&sv=VCy&freq=A&period=2018,2018&ttype=ALL&codeclass=EUC");
    assert_eq!(annual.language(), Language::English);
}

/// The last word on a parameter counts.
#[test]
fn a_value_given_again_replaces_a_wrong_one() {
    let query = Query::builder()
        .trade_type("x")
        .periods("bad")
        .trade_type("imports")
        .periods("2018")
        .build()
        .unwrap();
    assert_eq!(query.to_string(), "/api/get?lang=EN&sv=VCy&freq=A&period=2018,2018&ttype=1");
}

#[test]
fn regions_and_owned_texts_are_taken_as_well() {
    let query = Query::builder()
        .trade_type("imports")
        .periods(String::from("2018"))
        .origin(AreaClass::Region, tradebind::domain::Region::Asean)
        .build()
        .unwrap();
    assert!(query.to_string().ends_with("&coclass=R&co=ASEA"), "{query}");
}

#[test]
fn thirty_countries_fit_and_all_is_not_bound() {
    let thirty: Vec<_> =
        ('A'..='Z').map(|c| format!("Q{c}")).chain(["RA", "RB", "RC", "RD"].map(String::from)).collect();
    let query = |codes: &str| {
        Query::builder().trade_type("imports").periods("2018").origin(AreaClass::Country, codes).build()
    };
    assert!(query(&thirty.join(",")).is_ok());
    assert!(query("ALL").is_ok());
    assert!(query(&(thirty.join(",") + ",RE")).is_err());
}
