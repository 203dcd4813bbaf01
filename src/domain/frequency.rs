use super::wire::wire_enum;

wire_enum! {
    /// How often a figure is given: the parameter and row key `freq`.
    Frequency, what: "frequency", source: "C&SD query guide, section A, freq", numeric: false,
    {
        /// By year.
        Annual = "A", "annual";
        /// By month.
        Monthly = "M", "monthly";
    }
}
