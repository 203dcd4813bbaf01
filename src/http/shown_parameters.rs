//! What may be shown of an address. `cargo xtask draft` has this file, too.

/// Parameters of an address whose values are shown: those of the Hong Kong guide, and TradeWind's paging.
pub(crate) const SHOWN_PARAMETERS: [&str; 15] = [
    "lang",
    "sv",
    "freq",
    "period",
    "ttype",
    "tm",
    "coclass",
    "co",
    "ccclass",
    "cc",
    "codeclass",
    "code",
    "page",
    "per_page",
    "limit",
];
