//! The rules: what each means, why, and what it weighs unless told otherwise.

use std::fmt;

use super::Severity;

/// A rule of the validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its id, such as `hk/count`.
    pub id: &'static str,
    /// What it weighs unless a configuration says otherwise.
    pub severity: Severity,
    /// What it holds, in a line.
    pub title: &'static str,
    /// Why it is held, its bounds, and where it comes from.
    pub about: &'static str,
    /// How to mend a payload that it finds.
    pub mend: &'static str,
}

/// What `--explain` prints.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, severity, title, about, mend } = self;
        write!(f, "{id} ({severity} unless configured)\n\n{title}.\n\n{about}\n\nTo mend it: {mend}.")
    }
}

/// The rule of that id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.id == id)
}

/// The rule that a person named.
///
/// # Errors
/// An id that no rule has; the message names the nearest one.
pub fn named(id: &str) -> Result<&'static Rule, String> {
    rule(id).ok_or_else(|| {
        let near = crate::near::nearest(id, RULES.iter().map(|rule| rule.id));
        let hint = near.map_or_else(
            || "`tradebind validate --rules` lists them".to_owned(),
            |near| format!("did you mean {near:?}?"),
        );
        format!("there is no rule {id:?}; {hint}")
    })
}

/// The rule of an id that this crate itself uses.
pub(super) fn known(id: &'static str) -> &'static Rule {
    // A test holds that every id in use is listed.
    rule(id).unwrap_or(&RULES[0])
}

macro_rules! rules {
    ($($id:literal $severity:ident: $title:literal, $about:literal, $mend:literal;)+) => {
        /// Every rule.
        pub const RULES: &[Rule] = &[
            $(Rule { id: $id, severity: Severity::$severity, title: $title, about: $about, mend: $mend },)+
        ];
    };
}

rules! {
    "json/syntax" Error: "The payload is JSON",
        "RFC 8259, as every reader of the services' answers takes it: UTF-8, one value, no comments, nothing after it; at most 100 levels deep. What follows a fault of syntax is not checked, so that this rule is always an error, and no baseline accepts it.",
        "correct the text at the place shown";
    "json/byte-order-mark" Error: "A text begins with its value",
        "JSON must not begin with a byte order mark (RFC 8259, section 8.1); the services send none, and many readers, the client's among them, refuse it. Some editors add one when they save.",
        "save the file as UTF-8 without a byte order mark";
    "json/duplicate-key" Error: "An object has each key once",
        "Readers disagree on which of two values counts, so that a doubled key can hide a figure (RFC 8259, section 4). Most schema validators cannot see it, since their reader has dropped one.",
        "keep one of the two";
    "schema/type" Error: "A value has the kind that the document declares",
        "Figures and codes are texts, trade types and counts are integers without a fraction, of at most 64 bits. The client bears some other kinds; a payload of the service does not have them.",
        "write the value as the kind that is expected";
    "schema/required" Error: "A required field is there",
        "The document lists under `required` what the client cannot do without.",
        "add the field";
    "schema/value" Error: "A value is one of the document's list",
        "Only in requests, which the document keeps closed. New values in answers are the business of hk/value.",
        "use one of the values listed";
    "schema/pattern" Error: "A text has the form that the document gives",
        "The pattern stands at the place named.",
        "write the text in that form";
    "schema/length" Error: "A list has as many items as the document allows",
        "The bounds stand at the place named.",
        "add or take out items";
    "schema/undeclared" Note: "A field is declared in the document",
        "An answer may have new fields: they are kept by the client. An error with --strict, to learn of every change. A field found in many rows is told once, with how often.",
        "if the service sends it, declare it in the document; else look for a slip of the pen";
    "schema/closed" Error: "A request has only declared fields",
        "TradeWind silently ignores an unknown field and bills the call all the same (vendor): a slip of the pen buys an unfiltered answer.",
        "correct the name, or take the field out";
    "exchange/form" Error: "A recorded exchange has the members of its format",
        "The format is spec/exchange.schema.json: format, service, operation, case, source, evidence, request and, where known, response.",
        "record the exchange again, or write the member by hand";
    "http/failure" Error: "The status of an answer tells success",
        "A recorded answer of 400 or more without a JSON body that the document describes, such as a gateway's page, or whose body tells success all the same; and a call that no answer came to. A client takes none of these for data.",
        "record the answer again";
    "http/unchecked" Note: "A body is covered by the document",
        "The document has no JSON schema for the body of this status, or no body or no answer is there, so that nothing of it was checked. Where a file has no body of an answer at all, and the document asks for JSON, that is no finding but something that could not be checked (exit code 3).",
        "nothing, if that is as expected; else record the answer with its body";
    "http/undocumented" Note: "A call is one that the document has",
        "Of HAR files: a call of a service's own host, which is one of the document's servers, whose method and path no operation has: a slip of the pen, a slash at the end, another method, or an operation that the document lacks. Nothing of it was checked. Each is told once. Files that a page loads and what a browser asks by itself (OPTIONS) are passed over, and so are all other hosts.",
        "correct method or path; if the service has the operation, add it to the document";
    "hk/query" Error: "A request of Hong Kong is one that the guide allows",
        "Every reason for which the guide (sections A and C, appendices 1 and 2) or an observation rules the query out, one finding each.",
        "change the parameter named";
    "hk/failure" Error: "An answer tells success",
        "Every failure of the service comes with HTTP 200 (observed): only header.status.code tells, with messages; a name of the guide beside the code of another is an error, too, and so are rows beside any failure, also beside \"No record found\". 1 is a refused query, 2 the usage limit, 3 a busy server, 4 access denied for lack of the cookie (guide, section B).",
        "do what the messages ask for, and record the answer again";
    "hk/no-record" Note: "An answer has rows",
        "Code 1 with \"No record found…\" is how the service says that a valid query has nothing in it (observed). Beside rows it is an hk/failure.",
        "nothing, if no rows were expected";
    "hk/count" Error: "noOfRecords is the number of rows in dataSet",
        "Guide, section B. A count that differs means that the answer was cut, or edited. A success has rows or at least a count of 0; beside a failure a count that is told is held, too.",
        "take the whole answer, or correct the count";
    "hk/duplicate-cell" Error: "A cell occurs once",
        "A cell is frequency, period, trade type, statistic, codes of origin, destination and commodity, with the names of regions and modes of transport, and undeclared fields that are texts, numbers or booleans. Two rows of one cell would be counted twice, whatever their units. Cells are told apart by a hash of 53 bits beside their type and codes.",
        "take out one of the rows";
    "hk/figure" Error: "A figure is a figure",
        "An integer in every row seen; decimals, thousands commas and the marks -, .. and an empty text are taken, since callers guard against them. The verdict is that of the client: white space around a figure is passed over, and a number must be one that it holds exactly, which are all of 28 digits and those of 29 up to 79228162514264337593543950335.",
        "write the figure as the service sends it: digits, as text";
    "hk/value" Error: "freq, ttype, sv and codeclass have values of the guide",
        "The client keeps new values; a payload that CI holds should not have them by accident. The spelling is the service's: VCm, not VCM.",
        "use the service's spelling; if the service has a new value, add it to the document and lower this rule";
    "hk/period" Error: "A period is a year or month, and fits freq",
        "YYYY in rows by year, YYYYMM with a month of 01 to 12 in rows by month (guide, section B).",
        "write the period in the form of the row's freq";
    "hk/statistic" Error: "A statistic fits freq",
        "VCm and QCm are given by month only (guide, section A, sv).",
        "use VCy or QCy, or freq M";
    "hk/code-class" Error: "A commodity code has the digits of its class",
        "HKHS2, 4, 6, 8 and SITC1, 2, 3, 5 have as many digits as their name says (guide, section A). A code that lost its leading zero is the usual fault: codes are text.",
        "write the code with all its digits";
    "hk/code" Error: "A commodity code can exist",
        "Its chapter is one of the Harmonized System: 00 and 77 are none. 98 and 99 are taken, since whether Hong Kong uses them is unknown.",
        "correct the code";
    "hk/area" Error: "A code of an area can exist",
        "1 to 4 capital letters or digits (guide, appendix 1). Codes that the guide lacks are taken: the list is open (observed).",
        "write the code, not the name";
    "hk/unit" Error: "A unit fits its statistic",
        "Values are in Hong Kong dollars (guide, section B), quantities in a unit that is none. A row without a unit is taken (observed).",
        "look which of unit and sv is wrong";
    "hk/answers-query" Error: "A row answers the query of its exchange",
        "Frequency, period, trade type, statistic, codes: each was asked for, and what was not asked for is not there. Checked where the exchange or HAR entry has the request. Rows of a region are not held to its code, since what they look like is unknown.",
        "record request and answer together";
    "hk/total-exports" Warning: "Total exports are domestic exports and re-exports",
        "Type 4 = 2 + 3, where a table has all three in one unit. Half of the last place of each is allowed for rounding: give or take 1 for integers, less for decimals. Figures of more than 18 digits, or of more than six behind the point, are not compared, nor are units beyond the 254th of a payload.",
        "compare with the service's own table";
    "hk/total-trade" Warning: "Total trade is imports and total exports",
        "Type 5 = 1 + 4, where a table has all three in one unit. Rounding and what is not compared are those of hk/total-exports.",
        "compare with the service's own table";
    "hk/partners" Warning: "Partners sum up to no more than their total",
        "Where a payload has rows of countries and the same rows, of the same unit, without a country. Regions are left out, since they overlap with countries; half of the last place is allowed for each figure. What is not compared is that of hk/total-exports.",
        "compare with the service's own table";
    "tradewind/failure" Error: "An answer tells success",
        "success is false, or error says something: a code, of a list that is unpublished (documented).",
        "do what the error asks for, and record the answer again";
    "tradewind/envelopes" Error: "Both envelopes of a customs answer agree",
        "The service's own envelope has success and error, the upstream's inside has a code that is 1 for success (documented). Where one tells success and the other a failure, a client that looks at one of them is wrong.",
        "treat it as a failure, and record the answer again";
    "tradewind/trace" Error: "Data are data",
        "The upstream's error trace can arrive as a text in data with success true (reported): paid for, and no data. Nor are null or nothing data. The same holds inside the upstream's envelope of a customs answer; the client refuses all of these.",
        "treat it as a failure, and record the answer again";
    "tradewind/credits" Error: "Credits charged are not negative",
        "meta.billing.credits_charged is what a call cost (documented). A negative charge would raise a budget.",
        "look what the call really cost";
    "tradewind/percent" Error: "tradePercent is its formula",
        "100 × the region's tradeCount ÷ the tradeCount of all, to two decimals; it holds in all ten documented rows.",
        "look which of the three numbers was changed";
    "tradewind/total" Error: "total is at least the number of regions listed",
        "The documented answer lists 10 of 169.",
        "look which of the two was changed";
    "tradewind/decimal" Error: "Amounts, quantities and weights are decimal numbers as text",
        "Documented so: texts such as \"4860572861.748\", their unit untold.",
        "write digits, with a point before the fraction";
    "tradewind/day" Error: "Days of a request exist, and are in order",
        "YYYY-MM-DD; the pattern of the document cannot tell that February has no day 30. A request without a meaning is billed all the same.",
        "correct the day";
    "tradewind/page" Warning: "limit and per_page are in step",
        "The vendor's client keeps them so; which of the two counts is unknown.",
        "give both the same value, or one only";
    "tradewind/names" Warning: "A filter has names or domains",
        "Where both are given, domains win (vendor).",
        "give one of them";
    "drift/gone" Note: "A field of the documented example still comes",
        "Only told by `tradebind drift`, which holds an answer against the document, the documented example and what came. A field may be absent in one answer and there in the next: the document declares such ones as not required.",
        "look into further answers; if the service dropped it, change the example and the document";
    "drift/kind" Warning: "A value is of a kind that the documented example has",
        "Only told by `tradebind drift`, where the document leaves the kind open.",
        "if the service sends it, declare the kind in the document";
}
