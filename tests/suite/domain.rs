//! What every domain type promises: it prints the service's spelling, and reads it back, in any case.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tradebind::domain::*;

/// Prints, reads in any case, and goes through JSON as the printed text.
fn holds<T>(value: &T)
where
    T: FromStr<Err: Debug> + Display + PartialEq + Debug + Serialize + DeserializeOwned,
{
    let text = value.to_string();
    assert_eq!(&text.parse::<T>().unwrap(), value);
    assert_eq!(&text.to_lowercase().parse::<T>().unwrap(), value, "in any case");
    assert_eq!(serde_json::to_value(value).unwrap(), text);
    assert_eq!(&serde_json::from_value::<T>(text.into()).unwrap(), value);
}

macro_rules! each_value {
    ($($ty:ty),+) => {$(
        for value in <$ty>::VALUES {
            holds(value);
            assert_eq!(value.name().parse::<$ty>().unwrap(), *value, "by the field's own name");
            let open: Open<$ty> = value.as_str().parse().unwrap();
            assert_eq!(open, Open::Known(*value));
            assert_eq!(open.to_string(), value.as_str());
        }
        assert!("".parse::<$ty>().is_err() && "nonsense".parse::<$ty>().is_err());
    )+};
}

#[test]
fn closed_sets() {
    each_value!(
        Language,
        Frequency,
        Statistic,
        TradeType,
        TransportChoice,
        AreaClass,
        Region,
        CommodityClass,
        StatusCode
    );
}

#[test]
fn texts_lists_and_periods() {
    for text in ["CN", "XA", "1", "ALL"] {
        holds(&text.parse::<AreaCode>().unwrap());
    }
    for text in ["0", "01", "01012100"] {
        holds(&text.parse::<CommodityCode>().unwrap());
    }
    for text in ["2015", "201805"] {
        holds(&text.parse::<Period>().unwrap());
    }
    holds(&"201805,201806".parse::<PeriodPair>().unwrap());
    holds(&"CN,US".parse::<AreaList>().unwrap());
    holds(&"0101,0102".parse::<CodeList>().unwrap());
    holds(&"VCm,QCm".parse::<StatisticList>().unwrap());
    holds(&"2024-04-19".parse::<DateText>().unwrap());
    holds(&DateText::UNUSED);
    holds(&"1,234".parse::<Figure>().unwrap());
    holds(&"0101".parse::<OpenCode>().unwrap());
}

#[test]
fn numbers_go_out_as_numbers() {
    let credits: Credits = "0.14".parse().unwrap();
    assert_eq!(credits.to_string().parse::<Credits>().unwrap(), credits);
    let number: OpenNumber = "53.09".parse().unwrap();
    assert_eq!(number.to_string().parse::<OpenNumber>().unwrap(), number);
    assert_eq!(serde_json::to_string(&(credits, number)).unwrap(), "[0.14,53.09]");
}

/// A text that is no value is refused in JSON with the same message.
#[test]
fn json_is_refused_with_the_same_message() {
    let text = "2018-13".parse::<Period>().unwrap_err().to_string();
    let json = serde_json::from_str::<Period>("\"2018-13\"").unwrap_err().to_string();
    assert!(json.starts_with(&text), "{json}");
    let number = serde_json::from_str::<CommodityCode>("1006").unwrap_err().to_string();
    insta::assert_snapshot!(number, @"invalid type: integer `1006`, expected a commodity code as text, since leading zeros count at line 1 column 4");
}
