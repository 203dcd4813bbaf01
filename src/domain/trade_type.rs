use super::wire::wire_enum;

wire_enum! {
    /// Type of trade: the parameter `ttype`, and the row key of the same name, where it is a number.
    ///
    /// Imports are valued c.i.f., exports f.o.b. (reported), in thousand Hong Kong dollars.
    TradeType, what: "trade type", source: "C&SD query guide, section A, ttype", numeric: true,
    {
        /// Imports.
        Imports = "1", "imports";
        /// Domestic exports: of Hong Kong origin.
        DomesticExports = "2", "domestic-exports";
        /// Re-exports.
        ReExports = "3", "re-exports";
        /// Total exports: domestic exports and re-exports.
        TotalExports = "4", "total-exports";
        /// Total trade: imports and total exports.
        TotalTrade = "5", "total-trade";
        /// Each of the five; only in a query.
        All = "ALL", "all";
    }
}
