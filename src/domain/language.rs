use super::wire::wire_enum;

wire_enum! {
    /// Language of the descriptions in an answer: the parameter `lang`.
    Language, what: "language", source: "C&SD query guide, section A, lang", numeric: false,
    {
        /// English.
        English = "EN", "english";
        /// Traditional Chinese.
        TraditionalChinese = "TC", "traditional-chinese";
        /// Simplified Chinese.
        SimplifiedChinese = "SC", "simplified-chinese";
    }
}
