//! Properties of what is parsed and printed.

use proptest::prelude::*;
use tradebind::domain::*;
use tradebind::hk::Query;

fn period() -> impl Strategy<Value = Period> {
    (0..=9999_u16, proptest::option::of(1..=12_u8)).prop_map(|(year, month)| match month {
        Some(month) => Period::monthly(year, month).unwrap(),
        None => Period::annual(year).unwrap(),
    })
}

fn pair() -> impl Strategy<Value = PeriodPair> {
    (period(), period()).prop_filter_map("of one frequency, in order", |(a, b)| {
        PeriodPair::new(a, b).or_else(|_| PeriodPair::new(b, a)).ok()
    })
}

fn any_case(text: String) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<bool>(), text.len()).prop_map(move |upper| {
        let case = |(c, up): (char, bool)| if up { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        text.chars().zip(upper).map(case).collect()
    })
}

/// A query that the guide allows, as its address.
fn address() -> impl Strategy<Value = String> {
    let areas = prop_oneof![
        Just("C ALL".to_owned()),
        proptest::collection::btree_set("[J-Z][A-Z]", 1..=30)
            .prop_map(|codes| format!("C {}", Vec::from_iter(codes).join(","))),
        proptest::sample::select(Region::VALUES).prop_map(|region| format!("R {region}")),
    ];
    let commodities =
        proptest::sample::select(CommodityClass::VALUES).prop_flat_map(|class| match class.digits() {
            None => Just(class.to_string()).boxed(),
            Some(digits) => proptest::collection::btree_set(
                proptest::string::string_regex(&format!("[0-9]{{{digits}}}")).unwrap(),
                1..=8,
            )
            .prop_map(move |codes| format!("{class} {}", Vec::from_iter(codes).join(",")))
            .boxed(),
        });
    let choices =
        (proptest::option::of(areas.clone()), proptest::option::of(areas), proptest::option::of(commodities));
    let head = (
        proptest::sample::select(Language::VALUES),
        proptest::sample::select(TradeType::VALUES),
        proptest::sample::subsequence(Statistic::VALUES, 1..=4),
        pair(),
        any::<bool>(),
    );
    (head, choices).prop_filter_map(
        "statistics fit",
        |((lang, ttype, sv, period, tm), (origin, destination, commodities))| {
            if !sv.iter().all(|statistic| statistic.fits(period.frequency())) {
                return None;
            }
            let sv: Vec<_> = sv.iter().map(ToString::to_string).collect();
            let mut text = format!(
                "/api/get?lang={lang}&sv={}&freq={}&period={period}&ttype={ttype}",
                sv.join(","),
                period.frequency()
            );
            if tm {
                text += "&tm=Y";
            }
            for (class, codes, chosen) in [
                ("coclass", "co", origin),
                ("ccclass", "cc", destination),
                ("codeclass", "code", commodities),
            ] {
                match chosen.as_deref().map(|chosen| chosen.split_once(' ').unwrap_or((chosen, ""))) {
                    Some((of, "")) => text += &format!("&{class}={of}"),
                    Some((of, list)) => text += &format!("&{class}={of}&{codes}={list}"),
                    None => {}
                }
            }
            Some(text)
        },
    )
}

proptest! {
    #[test]
    fn periods_print_and_read(period in period()) {
        prop_assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
        if let Some(month) = period.month() {
            let dashed = format!("{:04}-{month:02}", period.year());
            prop_assert_eq!(dashed.parse::<Period>().unwrap(), period);
        }
    }

    #[test]
    fn pairs_print_and_read(pair in pair()) {
        prop_assert_eq!(pair.to_string().parse::<PeriodPair>().unwrap(), pair);
        let dotted = format!("{}..{}", pair.start(), pair.end());
        prop_assert_eq!(dotted.parse::<PeriodPair>().unwrap(), pair);
        prop_assert_eq!(serde_json::from_str::<PeriodPair>(&serde_json::to_string(&pair).unwrap()).unwrap(), pair);
    }

    /// A pair that reads is in order, of one frequency, with months 01 to 12.
    #[test]
    fn no_text_makes_a_wrong_period(text in "[0-9]{0,8}(,|\\.\\.|-)?[0-9]{0,8}") {
        if let Ok(pair) = text.parse::<PeriodPair>() {
            prop_assert_eq!(pair.start().frequency(), pair.end().frequency());
            prop_assert!(pair.start().to_string() <= pair.end().to_string());
            prop_assert!(pair.start().month().is_none_or(|month| (1..=12).contains(&month)));
        }
    }

    #[test]
    fn lists_print_and_read(codes in proptest::collection::vec("[0-9]{1,8}", 1..=20)) {
        let list: CodeList = codes.join(",").parse().unwrap();
        prop_assert_eq!(&list.to_string().parse::<CodeList>().unwrap(), &list);
        prop_assert!(list.iter().all(|code| codes.iter().any(|given| given == code.as_str())), "leading zeros stay");
    }

    #[test]
    fn lists_read_any_case(text in proptest::sample::subsequence(Statistic::VALUES, 1..=4)
        .prop_map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
        .prop_flat_map(|text| (Just(text.clone()), any_case(text))))
    {
        let (canonical, spelled) = text;
        prop_assert_eq!(spelled.parse::<StatisticList>().unwrap().to_string(), canonical);
    }

    /// No list holds more than its bound, whatever the text.
    #[test]
    fn no_text_makes_a_list_too_long(text in "([A-Z]{2},){0,40}[A-Z]{2}") {
        if let Ok(list) = text.parse::<AreaList>() {
            prop_assert!((1..=30).contains(&list.as_slice().len()));
        }
    }

    #[test]
    fn figures_keep_their_text(text in any::<String>()) {
        let figure: Figure = text.parse().unwrap();
        prop_assert_eq!(figure.as_str(), &text);
        let wire = serde_json::to_string(&figure).unwrap();
        prop_assert_eq!(serde_json::from_str::<Figure>(&wire).unwrap(), figure.clone());
        // Never panics, whatever the text.
        _ = figure.reading();
    }

    #[test]
    fn integers_are_exact_with_and_without_commas(number in any::<i64>()) {
        let plain: Figure = number.to_string().parse().unwrap();
        prop_assert_eq!(plain.integer().unwrap(), Some(number));
        let digits = number.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if number < 0 { "-" } else { "" };
        let grouped: Figure = format!("{sign}{grouped}").parse().unwrap();
        prop_assert_eq!(grouped.integer().unwrap(), Some(number));
    }

    #[test]
    fn decimals_are_exact(whole in 0..=u64::MAX, fraction in "[0-9]{1,8}") {
        let text = format!("{whole}.{fraction}");
        let figure: Figure = text.parse().unwrap();
        prop_assert_eq!(figure.decimal().unwrap().unwrap().to_string(), text);
    }

    /// A JSON number of at most 15 digits comes back digit by digit.
    #[test]
    fn credits_keep_fifteen_digits(units in 0..=9_999_999_u64, fraction in "[0-9]{0,7}[1-9]") {
        let wire = format!("{units}.{fraction}");
        let credits: Credits = serde_json::from_str(&wire).unwrap();
        prop_assert_eq!(credits.to_string(), wire.clone());
        prop_assert_eq!(serde_json::to_string(&credits).unwrap(), wire);
    }

    #[test]
    fn queries_print_and_read_in_any_case((address, spelled) in address().prop_flat_map(|a| (Just(a.clone()), any_case(a)))) {
        let query: Query = address.parse().unwrap();
        prop_assert_eq!(query.to_string(), address);
        prop_assert_eq!(spelled.parse::<Query>().unwrap(), query);
    }

    /// No address panics, and what is refused says why.
    #[test]
    fn no_address_panics(text in "((lang|sv|freq|period|ttype|co|coclass|code|codeclass|x)=[A-Za-z0-9,]{0,6}&?){0,8}") {
        if let Err(error) = text.parse::<Query>() {
            prop_assert!(!error.reasons().is_empty());
        }
    }
}
