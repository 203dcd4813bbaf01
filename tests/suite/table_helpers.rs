//! What users otherwise write wrong: value beside quantity, money, zeros.

use serde_json::{Value, json};
use tradebind::domain::Decimal;
use tradebind::hk::Query;
use tradebind::table::{Basis, Column, CsvOptions, Table};

fn table(rows: &[Value]) -> Table {
    let header = json!({ "status": { "code": 0 }, "count": { "noOfRecords": rows.len() } });
    Table::decode(json!({ "header": header, "dataSet": rows }).to_string().as_bytes()).unwrap()
}

fn row(period: &str, country: &str, code: &str, statistic: &str, unit: &str, figure: &str) -> Value {
    json!({ "freq": "M", "period": period, "ttype": 1, "ttypeDescEN": "Imports", "co": country,
        "coDescEN": format!("NAME OF {country}"), "codeclass": "HKHS6", "code": code, "codeDescEN": format!("Goods {code}"),
        "sv": statistic, "unitEN": unit, "figure": figure })
}

const THOUSANDS: &str = "HK$ '000";

fn decimal(text: &str) -> Option<Decimal> {
    Some(text.parse().unwrap())
}

#[test]
fn neither_side_is_dropped() {
    let table = table(&[
        row("201805", "AU", "010121", "VCm", THOUSANDS, "1500"),
        row("201805", "AU", "010121", "QCm", "NUMBER", "6"),
        row("201805", "BE", "010121", "VCm", THOUSANDS, "7"),
        row("201805", "CH", "010121", "QCm", "NUMBER", "3"),
        row("201805", "CH", "010121", "VCy", THOUSANDS, "9"),
        row("201805", "DE", "010121", "VCm", THOUSANDS, "0.5"),
        row("201805", "DE", "010121", "QCm", "NUMBER", "0"),
        row("201805", "DE", "010121", "XCm", "NUMBER", "0"),
    ]);
    let pairs = table.pairs().unwrap();
    let mut out = Vec::new();
    pairs.write_csv(&mut out, &CsvOptions::default(), decimal("7.8")).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap().replace("\r\n", "\n"), @"
    period,frequency,trade_type,origin,origin_name,commodity_class,commodity,commodity_name,basis,value_hkd,value_usd,quantity,quantity_unit,unit_price_hkd
    2018-05,M,imports,AU,NAME OF AU,HKHS6,010121,Goods 010121,month,1500000,192307.6923076923076923076923,6,NUMBER,250000
    2018-05,M,imports,BE,NAME OF BE,HKHS6,010121,Goods 010121,month,7000,897.4358974358974358974358974,,,
    2018-05,M,imports,CH,NAME OF CH,HKHS6,010121,Goods 010121,month,,,3,NUMBER,
    2018-05,M,imports,CH,NAME OF CH,HKHS6,010121,Goods 010121,year,9000,1153.846153846153846153846154,,,
    2018-05,M,imports,DE,NAME OF DE,HKHS6,010121,Goods 010121,month,500.0,64.1025641025641025641025641,0,NUMBER,
    ");
    let sides: Vec<_> = pairs.pairs().iter().map(|pair| (pair.basis, pair.value, pair.quantity)).collect();
    assert_eq!(
        sides,
        [
            (Basis::Month, Some(0), Some(1)),
            (Basis::Month, Some(2), None),
            (Basis::Month, None, Some(3)),
            (Basis::Year, Some(4), None),
            (Basis::Month, Some(5), Some(6)),
        ]
    );
    assert_eq!(pairs.others(), [7]);
}

#[test]
fn codes_join_and_names_do_not() {
    let mut renamed = row("201805", "CN", "010121", "QCm", "NUMBER", "6");
    renamed["coDescEN"] = "CHINESE MAINLAND".into();
    let table = table(&[row("201805", "CN", "010121", "VCm", THOUSANDS, "6"), renamed]);
    assert_eq!(table.pairs().unwrap().pairs().len(), 1);
    let twice = self::table(&[
        row("201805", "CN", "010121", "VCm", THOUSANDS, "6"),
        row("201805", "CN", "010121", "VCm", THOUSANDS, "7"),
    ]);
    insta::assert_snapshot!(twice.pairs().unwrap_err(), @"row 1: VCm of the same cell stands in row 0 too");
}

#[test]
fn money_is_exact() {
    let table = table(&[
        row("201805", "CN", "010121", "VCm", THOUSANDS, "194542691"),
        row("201805", "CN", "010121", "VCm", "千港元", "0.0005"),
        row("201805", "CN", "010121", "QCm", "KILOGRAM", "5"),
        row("201805", "CN", "010121", "VCm", "US$ million", "5"),
        row("201805", "CN", "010121", "VCm", THOUSANDS, ".."),
        row("201805", "CN", "010121", "VCm", THOUSANDS, "9999999999999999999999999999"),
        row("201805", "CN", "010121", "VCm", THOUSANDS, "0.0000000000000000000000000001"),
    ]);
    assert_eq!(table.hkd(0).unwrap(), decimal("194542691000"));
    assert_eq!(table.hkd(1).unwrap(), decimal("0.5"));
    assert_eq!(table.hkd(4).unwrap(), None);
    assert_eq!(table.hkd(6).unwrap(), decimal("0.0000000000000000000000001"));
    assert_eq!(table.usd(0, "8".parse().unwrap()).unwrap(), decimal("24317836375"));
    // A third of a very small number: 28 places behind the point, of which fewer count.
    assert_eq!(table.usd(6, "3".parse().unwrap()).unwrap(), decimal("0.0000000000000000000000000333"));
    let wrong = [
        table.hkd(2).unwrap_err(),
        table.hkd(3).unwrap_err(),
        table.hkd(5).unwrap_err(),
        table.usd(0, Decimal::ZERO).unwrap_err(),
    ];
    insta::assert_snapshot!(wrong.map(|error| error.to_string()).join("\n"), @r#"
    row 2: the statistic "QCm" is no value in money
    row 3: the unit "US$ million" is not thousand Hong Kong dollars (HK$ '000, 千港元)
    row 5: the value has more than 28 digits
    row 0: the rate 0 is not above 0; it is Hong Kong dollars for one of the United States
    "#);
}

fn query(more: &str) -> Query {
    format!("lang=EN&freq=M&period=201804,201805&ttype=1&{more}").parse().unwrap()
}

fn cells(table: &Table) -> Vec<String> {
    let columns =
        [Column::Period, Column::Origin, Column::Commodity, Column::Statistic, Column::Unit, Column::Figure];
    let row = |row| columns.map(|column| table.cell(row, column).unwrap_or_default().into_owned()).join(" ");
    table.filled().map(row).collect()
}

#[test]
fn proved_nils_are_zero() {
    let table = table(&[
        row("201804", "AU", "010121", "VCm", THOUSANDS, "1500"),
        row("201805", "AU", "010121", "VCm", THOUSANDS, "1600"),
        row("201805", "AU", "010121", "QCm", "NUMBER", "6"),
        row("201804", "AU", "010129", "VCm", THOUSANDS, "2"),
    ]);
    let filled =
        table.with_zeros(&query("sv=VCm,QCm&coclass=C&co=AU,BE&codeclass=HKHS6&code=010121,010129")).unwrap();
    // No quantity of 010129: nothing proves that there is one.
    insta::assert_snapshot!(cells(&filled).join("\n"), @"
    2018-04 AU 010121 QCm NUMBER 0
    2018-04 BE 010121 VCm HK$ '000 0
    2018-04 BE 010121 QCm NUMBER 0
    2018-05 BE 010121 VCm HK$ '000 0
    2018-05 BE 010121 QCm NUMBER 0
    2018-05 AU 010129 VCm HK$ '000 0
    2018-04 BE 010129 VCm HK$ '000 0
    2018-05 BE 010129 VCm HK$ '000 0
    ");
    assert_eq!((filled.len(), filled.filled(), table.filled()), (12, 4..12, 0..0));
    let last = filled.row(11).unwrap();
    assert_eq!(last.code_desc_en.as_deref(), Some("Goods 010129"));
    assert_eq!((last.number().unwrap(), last.freq.to_string()), (Some(Decimal::ZERO), "M".to_owned()));
    // What was filled is whole: nothing is left out of it.
    let again = filled.with_zeros(&query("sv=VCm,QCm&coclass=C&co=AU,BE&codeclass=HKHS6&code=010121,010129"));
    let again = again.unwrap();
    assert_eq!((again.len(), again.filled()), (12, 4..12), "what was added once stays marked");
}

/// Nothing proves a zero of a query that the rows do not answer.
#[test]
fn rows_of_another_query_are_refused() {
    let whole = "sv=VCm&coclass=C&co=AU,BE&codeclass=HKHS6&code=010121,010129";
    let rows = [row("201804", "AU", "010121", "VCm", THOUSANDS, "1500")];
    assert_eq!(table(&rows).with_zeros(&query(whole)).unwrap().filled().len(), 7);
    let of = |more: &str| table(&rows).with_zeros(&query(more));
    let wrong = [
        of(&whole.replace("AU,BE", "US")),
        of(&whole.replace("010121,010129", "010130")),
        of(&whole.replace("HKHS6", "HKHS4").replace("010121,010129", "0101")),
        of("sv=VCm&codeclass=HKHS6&code=010121"),
        of("sv=VCm&coclass=C&co=AU"),
        of("sv=VCm&coclass=C&co=AU&ccclass=C&cc=ALL&codeclass=HKHS6&code=010121"),
        of(&format!("tm=Y&{whole}")),
        of(&whole.replace("VCm", "QCm")),
    ];
    let told = wrong.map(|table| table.unwrap_err().to_string());
    let told = told.map(|told| told.split_once(" of the query").unwrap().0.to_owned());
    insta::assert_snapshot!(told.join("\n"), @"
    row 0: its origin is not
    row 0: its commodity is not
    row 0: its commodity class is not
    row 0: its origin is not
    row 0: its commodity class is not
    row 0: its destination is not
    row 0: its mode of transport is not
    row 0: its statistic is not
    ");
    let mut region = row("201804", "EU", "010121", "VCm", THOUSANDS, "1500");
    region["coRegionDescEN"] = "EUROPEAN UNION".into();
    let of = |region: &Value, code: &str| {
        table(std::slice::from_ref(region))
            .with_zeros(&query(&format!("sv=VCm&coclass=R&co={code}&codeclass=HKHS6&code=010121")))
    };
    assert_eq!(of(&region, "EU").unwrap().filled().len(), 1);
    assert!(of(&region, "APEC").unwrap_err().to_string().contains("its origin"));
}

/// The zeros that are added have the names of their region, and without them would still be of the same cell.
#[test]
fn zeros_of_a_region_pair_with_its_values() {
    let rows = |named: bool| {
        ["201804", "201805"].map(|period| {
            let mut value = row(period, "EU", "010121", "VCm", THOUSANDS, "8");
            let mut quantity = row(period, "EU", "010121", "QCm", "NUMBER", "2");
            for row in [&mut value, &mut quantity] {
                row.as_object_mut().unwrap().remove("coDescEN");
            }
            value["coRegionDescEN"] = "EUROPEAN UNION".into();
            if named {
                quantity["coRegionDescEN"] = "EUROPEAN UNION".into();
            }
            [value, quantity]
        })
    };
    assert_eq!(table(&rows(false).concat()).pairs().unwrap().pairs().len(), 2, "a code counts, no name");
    let [[value, quantity], [_, later]] = rows(true);
    // The guide's rows have no class.
    for classed in [true, false] {
        let mut rows = [value.clone(), quantity.clone(), later.clone()];
        if !classed {
            rows.iter_mut().for_each(|row| _ = row.as_object_mut().unwrap().remove("codeclass"));
        }
        let asked = query("sv=VCm,QCm&coclass=R&co=EU&codeclass=HKHS6&code=010121");
        let filled = table(&rows).with_zeros(&asked).unwrap();
        assert_eq!(filled.filled().len(), 1);
        assert_eq!(filled.cell(3, Column::OriginName).as_deref(), Some("EUROPEAN UNION"));
        let pairs = filled.pairs().unwrap();
        assert_eq!(pairs.pairs().len(), 2, "{classed}");
        assert!(pairs.pairs().iter().all(|pair| pair.value.is_some() && pair.quantity.is_some()));
    }
}

#[test]
fn what_is_not_proved_is_not_filled() {
    let mut rows = vec![
        row("201804", "AU", "0101", "VCm", THOUSANDS, "1"),
        row("201804", "AU", "0101", "QCm", "NUMBER", "1"),
    ];
    rows.iter_mut().for_each(|row| row["codeclass"] = "HKHS4".into());
    let table = table(&rows);
    let filled = table.with_zeros(&query("sv=VCm,QCm&coclass=C&co=ALL&codeclass=HKHS4&code=0101")).unwrap();
    // Of all countries, those that are there; no quantity at HKHS4.
    assert_eq!(cells(&filled), ["201805 AU 0101 VCm HK$ '000 0".replace("201805", "2018-05")]);
    let wrong = table.with_zeros(&"lang=EN&sv=VCm&freq=M&period=201901,201902&ttype=1".parse().unwrap());
    insta::assert_snapshot!(wrong.unwrap_err(), @"row 0: its period is not of the query /api/get?lang=EN&sv=VCm&freq=M&period=201901,201902&ttype=1");
}
