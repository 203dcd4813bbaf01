//! The texts of answers in three languages. What the guide's example and tables print is theirs; what is observed
//! is the English of two refusals; the rest is ours.

use crate::codes;
use crate::domain::{Language, Period, PeriodPair, Region, Statistic, TradeType};
use crate::hk::Query;

/// What is told as made up where nothing of a refusal is known.
pub(super) const ASSUMED: &str = "messages";

/// Texts in one language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words(pub(super) Language);

impl Words {
    fn pick(self, [en, tc, sc]: [&'static str; 3]) -> &'static str {
        match self.0 {
            Language::English => en,
            Language::TraditionalChinese => tc,
            Language::SimplifiedChinese => sc,
        }
    }

    /// Observed in English.
    pub(super) fn undefined_period(self, period: Period) -> String {
        match self.0 {
            Language::English => format!("Period code ({period}) is not defined"),
            Language::TraditionalChinese => format!("時期編號 ({period}) 未有定義"),
            Language::SimplifiedChinese => format!("时期编号 ({period}) 未有定义"),
        }
    }

    /// Observed in English up to the bracket.
    pub(super) fn undefined_commodity(self, code: &str) -> String {
        match self.0 {
            Language::English => format!("Commodity code ({code}) is not defined"),
            Language::TraditionalChinese => format!("貨物編號 ({code}) 未有定義"),
            Language::SimplifiedChinese => format!("货物编号 ({code}) 未有定义"),
        }
    }

    pub(super) fn undefined_country(self, code: &str) -> String {
        match self.0 {
            Language::English => format!("Country code ({code}) is not defined"),
            Language::TraditionalChinese => format!("國家／地區編號 ({code}) 未有定義"),
            Language::SimplifiedChinese => format!("国家／地区编号 ({code}) 未有定义"),
        }
    }

    /// Observed in English but for its end.
    pub(super) fn no_record(self) -> &'static str {
        self.pick(["No record found for the query", "沒有找到紀錄", "没有找到记录"])
    }

    pub(super) fn combination(self) -> String {
        let text = [
            "Re-exports by origin and destination are not given by commodity",
            "按來源地及目的地劃分的轉口不設貨物分類",
            "按来源地及目的地划分的转口不设货物分类",
        ];
        self.pick(text).to_owned()
    }

    /// Chinese as in the guide's table.
    pub(super) fn trade_type(self, trade_type: TradeType) -> &'static str {
        self.pick(match trade_type {
            TradeType::Imports => ["Imports", "進口", "进口"],
            TradeType::DomesticExports => ["Domestic exports", "港產品出口", "港产品出口"],
            TradeType::ReExports => ["Re-exports", "轉口", "转口"],
            TradeType::TotalExports => ["Total exports", "整體出口", "整体出口"],
            TradeType::TotalTrade => ["Total trade", "貿易總額", "贸易总额"],
            TradeType::All => ["All types of trade", "全部", "全部"],
        })
    }

    /// Chinese as in the guide's table.
    pub(super) fn statistic(self, statistic: Statistic) -> &'static str {
        self.pick(match statistic {
            Statistic::MonthlyValue => ["Value (monthly)", "貨值（按月）", "货值（按月）"],
            Statistic::MonthlyQuantity => ["Quantity (monthly)", "貨量（按月）", "货量（按月）"],
            Statistic::AnnualValue => {
                ["Value (annual/year-to-date)", "貨值（按年／同年累積）", "货值（按年／同年累积）"]
            }
            Statistic::AnnualQuantity => {
                ["Quantity (annual/year-to-date)", "貨量（按年／同年累積）", "货量（按年／同年累积）"]
            }
        })
    }

    /// Observed in English, in Chinese as in the guide's example.
    pub(super) fn value_unit(self) -> &'static str {
        self.pick(["HK$ '000", "千港元", "千港元"])
    }

    /// As in the guide's appendix 1.
    pub(super) fn region(self, region: Region) -> &'static str {
        codes::region(region.as_str()).map_or("", |area| self.pick([area.en, area.tc, area.sc]))
    }

    /// The modes of transport, whose names are unknown.
    pub(super) fn mode(self, mode: u8) -> &'static str {
        self.pick(match mode {
            0 => ["Air", "航空", "航空"],
            1 => ["Ocean", "海運", "海运"],
            2 => ["River", "河運", "河运"],
            _ => ["Land", "陸運", "陆运"],
        })
    }

    pub(super) fn footnote(self) -> &'static str {
        self.pick(["A footnote of the replica's own", "本地模擬伺服器自編的註腳", "本地模拟服务器自编的注脚"])
    }

    /// The title, in the form of the guide's example; it says that the figures are made up.
    pub(super) fn title(self, query: &Query) -> String {
        let trade = self.trade_type(query.trade_type());
        let mut by: Vec<&str> = Vec::new();
        by.extend(query.origin().map(|_| self.pick(["origin", "來源地", "来源地"])));
        by.extend(query.destination().map(|_| match query.trade_type() {
            TradeType::Imports => self.pick(["consignment", "付運地", "付运地"]),
            _ => self.pick(["destination", "目的地", "目的地"]),
        }));
        by.extend(query.commodities().map(|_| self.pick(["commodity", "貨物", "货物"])));
        by.extend(query.by_transport().then(|| self.pick(["mode of transport", "運輸方式", "运输方式"])));
        let span = self.span(query.periods());
        match self.0 {
            Language::English if by.is_empty() => format!("[Synthetic figures] {trade}, {span}"),
            Language::English => {
                format!("[Synthetic figures] {trade} by selected {}, {span}", by.join(" and "))
            }
            Language::TraditionalChinese if by.is_empty() => format!("【虛構數字】{span}{trade}統計數字"),
            Language::TraditionalChinese => {
                format!("【虛構數字】{span}按選定{}劃分的{trade}統計數字", by.join("及"))
            }
            Language::SimplifiedChinese if by.is_empty() => format!("【虚构数字】{span}{trade}统计数字"),
            Language::SimplifiedChinese => {
                format!("【虚构数字】{span}按选定{}划分的{trade}统计数字", by.join("及"))
            }
        }
    }

    fn span(self, periods: PeriodPair) -> String {
        let (start, end) = (self.period(periods.start()), self.period(periods.end()));
        match self.0 {
            _ if start == end => start,
            Language::English => format!("{start} to {end}"),
            _ => format!("{start}至 {end}"),
        }
    }

    fn period(self, period: Period) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let year = period.year();
        match (self.0, period.month()) {
            (Language::English, Some(month)) => {
                format!("{} {year}", MONTHS.get(usize::from(month) - 1).copied().unwrap_or_default())
            }
            (Language::English, None) => year.to_string(),
            (_, Some(month)) => format!("{year} 年 {month} 月"),
            (_, None) => format!("{year} 年"),
        }
    }

    /// The notes to the table; the first says what the figures are.
    pub(super) fn notes(self, seed: u64) -> [String; 3] {
        let made_up = match self.0 {
            Language::English => format!(
                "These are synthetic figures, made by tradebind's local replica from the seed {seed}; they are no statistics of Hong Kong."
            ),
            Language::TraditionalChinese => {
                format!("以上為 tradebind 本地模擬伺服器以種子 {seed} 產生的虛構數字，並非香港的統計數字。")
            }
            Language::SimplifiedChinese => {
                format!("以上为 tradebind 本地模拟服务器以种子 {seed} 产生的虚构数字，并非香港的统计数字。")
            }
        };
        let amended = [
            "Amendments to earlier months of a year enter only the figures to date of that year, so that months need not add up to them.",
            "較早月份的調整只計入同年的累積數字，各月數字之和未必等於累積數字。",
            "较早月份的调整只计入同年的累积数字，各月数字之和未必等于累积数字。",
        ];
        let nil = ["Nil figures are left out.", "數字為 0 的項目會被省略。", "数字为 0 的项目会被省略。"];
        [made_up, self.pick(amended).to_owned(), self.pick(nil).to_owned()]
    }
}
