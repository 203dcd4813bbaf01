//! Turns a linted document into the text of its bindings: settings, replacements, patches.

use std::collections::BTreeSet;
use std::path::Path;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypePatch};
use quote::quote;
use serde_json::Value;

use crate::guard::guarded;
use crate::{derived, describe, document, lint, prune, tables};

/// One service: its document, and the hand-written types that stand in for components.
pub struct Service {
    /// Name in options, folders and reports; also of the document.
    pub name: &'static str,
    /// Name of the generated file, without ending.
    pub file: &'static str,
    /// Room of the generated text.
    pub api: &'static str,
    /// Component and the type of the crate that replaces it; `build/derived.rs` adds those that follow from a shape.
    pub replacements: &'static [(&'static str, &'static str)],
    /// State of the generated client that its hook reads.
    pub inner: Option<&'static str>,
    /// Room of the hand-written client that gets a method for each operation.
    pub client: Option<&'static str>,
    /// Component, a part of its fields' names, and another spelling of it that is read as well.
    pub spellings: &'static [(&'static str, &'static str, &'static str)],
    /// Repairs of the generator's text; each must apply, so that a mended generator is noticed.
    pub patches: &'static [(&'static str, &'static str)],
}

/// The generator's own HTTP client: 15 seconds for everything, and no cookies.
const HTTP_CLIENT: &str = "{
            let dur = ::std::time::Duration::from_secs(15u64);
            reqwest::ClientBuilder::new().connect_timeout(dur).timeout(dur)
        }";

/// The Hong Kong service.
pub const HK_TRADE: Service = Service {
    name: "hk-trade",
    file: "hk_trade",
    api: "crate::hk::api",
    replacements: &[
        ("Language", "crate::domain::Language"),
        ("Statistic", "crate::domain::Statistic"),
        ("StatisticList", "crate::domain::StatisticList"),
        ("Frequency", "crate::domain::Frequency"),
        ("Period", "crate::domain::Period"),
        ("PeriodPair", "crate::domain::PeriodPair"),
        ("TradeType", "crate::domain::TradeType"),
        ("TransportChoice", "crate::domain::TransportChoice"),
        ("AreaClass", "crate::domain::AreaClass"),
        ("AreaCode", "crate::domain::AreaCode"),
        ("Region", "crate::domain::Region"),
        ("AreaList", "crate::domain::AreaList"),
        ("CommodityClass", "crate::domain::CommodityClass"),
        ("CommodityCode", "crate::domain::CommodityCode"),
        ("CodeList", "crate::domain::CodeList"),
        ("Figure", "crate::domain::Figure"),
        ("Messages", "crate::domain::Messages"),
        ("OpenStatusCode", "crate::domain::Open<crate::domain::StatusCode>"),
        ("OpenNumber", "crate::domain::OpenNumber"),
        ("OpenFrequency", "crate::domain::Open<crate::domain::Frequency>"),
        ("OpenPeriod", "crate::domain::Open<crate::domain::Period>"),
        ("OpenTradeType", "crate::domain::Open<crate::domain::TradeType>"),
        ("OpenCommodityClass", "crate::domain::Open<crate::domain::CommodityClass>"),
        ("OpenStatistic", "crate::domain::Open<crate::domain::Statistic>"),
        ("OpenCode", "crate::domain::OpenCode"),
    ],
    inner: Some("crate::http::Transport"),
    client: None,
    // The guide's table writes the second, its example and the service the first.
    spellings: &[("Row", "Desc", "Dsec")],
    patches: &[
        (HTTP_CLIENT, "crate::hk::http_client_builder()"),
        // Read in more forms than are documented, so that the rows are not lost for them.
        (r#"= "noOfRecords","#, r#"= "noOfRecords", default, deserialize_with = "crate::hk::count","#),
        (r"pub tablenote:", r#"#[serde(default, deserialize_with = "crate::hk::notes")] pub tablenote:"#),
    ],
};

/// TradeWind.
pub const TRADEWIND: Service = Service {
    name: "tradewind",
    file: "tradewind",
    api: "crate::tradewind::api",
    replacements: &[
        ("Credits", "crate::domain::Credits"),
        ("DateText", "crate::domain::DateText"),
        ("DecimalText", "crate::domain::Figure"),
        ("OpenNumber", "crate::domain::OpenNumber"),
        ("UnknownJson", "::serde_json::Value"),
    ],
    inner: Some("crate::tradewind::Access"),
    client: Some("crate::tradewind"),
    spellings: &[],
    patches: &[
        (HTTP_CLIENT, "crate::tradewind::http_client_builder()"),
        // A builder would refuse a request that sends no more than the declared fields.
        (r#"extra: Err("no value supplied for extra".to_string())"#, "extra: Ok(Default::default())"),
    ],
};

/// What was made of one document.
pub struct Generated {
    /// The formatted Rust text.
    pub text: String,
    /// Number of operations.
    pub operations: usize,
    /// Number of generated types.
    pub types: usize,
}

impl Service {
    /// The document's path below the package.
    pub fn path(&self) -> String {
        format!("spec/{}.yaml", self.name)
    }

    /// The lint's findings for a document of this service, each with file and pointer.
    pub fn lint(&self, root: &Value, spec: &Path) -> Vec<String> {
        let all = self.all(root);
        let replaced = names(&all);
        let file = |name: &str| serde_json::from_slice(&std::fs::read(spec.join(name)).ok()?).ok();
        lint::lint(root, &lint::Context { replaced: &replaced, file: &file })
            .into_iter()
            .map(|found| format!("{}{}: {} [{}]", self.path(), found.pointer, found.message, found.rule))
            .collect()
    }

    /// Reads, lints and generates.
    pub fn generate(&self, spec: &Path) -> Result<Generated, Vec<String>> {
        let root = document::read(&spec.join(format!("{}.yaml", self.name))).map_err(|e| vec![e])?;
        let findings = self.lint(&root, spec);
        if !findings.is_empty() {
            return Err(findings);
        }
        self.generate_from(&root).map_err(|e| vec![format!("{}{e}", self.path())])
    }

    /// Generates from a document that passed the lint.
    pub fn generate_from(&self, root: &Value) -> Result<Generated, String> {
        let openapi: openapiv3::OpenAPI = serde_path_to_error::deserialize(root)
            .map_err(|e| format!("{}: is not OpenAPI 3.0: {}", pointer(e.path()), e.inner()))?;
        let all = self.all(root);
        let extensible = extensible(root, &names(&all));
        let settings = self.settings(&all, &extensible);
        let tokens =
            guarded(|| Generator::new(&settings).generate_tokens(&openapi))?.map_err(|e| format!(": {e}"))?;
        let tables = tables::tokens(root, &all, self.client)?;
        let mut file = parsed(quote! { #tokens #tables })?;
        prune::builders(&mut file, &self.answers(root));
        describe::fields(&mut file, root);
        for (component, spelled, other) in self.spellings {
            describe::spellings(&mut file, component, spelled, other)?;
        }
        let mut text = prettyplease::unparse(&file);
        for (from, to) in self.patches {
            text = patched(&text, from, to)?;
        }
        applied(root, &text, &all, &extensible)?;
        Ok(Generated { operations: lint::operations(root).len(), types: count_types(&file), text })
    }

    /// Every component that a hand-written type replaces, and that type.
    pub fn all(&self, root: &Value) -> Vec<(String, String)> {
        let own = self.replacements.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned()));
        own.chain(derived::replacements(root, &format!("{}::types", self.api))).collect()
    }

    fn settings(&self, all: &[(String, String)], extensible: &BTreeSet<String>) -> GenerationSettings {
        let mut settings = GenerationSettings::default();
        settings
            .with_interface(InterfaceStyle::Builder)
            .with_tag(TagStyle::Merged)
            .with_hooks(HooksMode::Expected);
        settings.with_derive("PartialEq");
        if let Some(inner) = self.inner.and_then(|path| path.parse().ok()) {
            settings.with_inner_type(inner);
        }
        for (name, path) in all {
            settings.with_replacement(name, path, std::iter::empty());
        }
        for name in extensible {
            settings.with_patch(name, TypePatch::default().with_attr("#[non_exhaustive]"));
        }
        settings
    }

    /// Types that only the service makes.
    fn answers(&self, root: &Value) -> BTreeSet<String> {
        let (requests, answers) = lint::sides(root);
        &lint::reach(root, &answers, &[]) - &lint::reach(root, &requests, &[])
    }
}

fn names(all: &[(String, String)]) -> Vec<&str> {
    all.iter().map(|(name, _)| name.as_str()).collect()
}

/// Types that the service may extend: each object and each choice that is generated.
fn extensible(root: &Value, replaced: &[&str]) -> BTreeSet<String> {
    let mut names = used(root, &[]);
    names.retain(|name| {
        let schema = root.pointer(&format!("/components/schemas/{name}"));
        let grows = schema.is_some_and(|s| s.get("properties").is_some() || s.get("enum").is_some());
        grows && !replaced.contains(&name.as_str())
    });
    names
}

/// A replacement or patch that took no effect is an error: the generator itself would say nothing.
fn applied(
    root: &Value,
    text: &str,
    all: &[(String, String)],
    extensible: &BTreeSet<String>,
) -> Result<(), String> {
    let used = used(root, &names(all));
    for (name, path) in all.iter().filter(|(name, _)| used.contains(name)) {
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if !text.split(path.trim_start_matches("::")).skip(1).any(ends) {
            return Err(format!(": the replacement of `{name}` by `{path}` took no effect"));
        }
    }
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    for name in extensible {
        let declared = |line: &str| {
            ["struct", "enum"].iter().any(|kind| line.starts_with(&format!("pub {kind} {name} ")))
        };
        let at = lines.iter().position(|line| declared(line)).unwrap_or_default();
        let mut attributes =
            lines[..at].iter().rev().take_while(|line| !line.is_empty() && !line.ends_with('}'));
        if !attributes.any(|line| *line == "#[non_exhaustive]") {
            return Err(format!(": `#[non_exhaustive]` of `{name}` took no effect"));
        }
    }
    Ok(())
}

/// Components that operations use, as `lint::reach` finds them.
fn used(root: &Value, closed: &[&str]) -> BTreeSet<String> {
    let (requests, answers) = lint::sides(root);
    lint::reach(root, &[requests, answers].concat(), closed)
}

/// The JSON pointer of a place that serde tells.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let tokens = path.iter().map(|segment| match segment {
        serde_path_to_error::Segment::Map { key } => document::escape(key),
        other => other.to_string().trim_matches(['[', ']']).to_owned(),
    });
    tokens.fold("#".to_owned(), |pointer, token| pointer + "/" + &token)
}

fn patched(text: &str, from: &str, to: &str) -> Result<String, String> {
    if !text.contains(from) {
        return Err(format!(": the patch of `{from}` in build/generate.rs no longer applies; remove it"));
    }
    Ok(text.replace(from, to))
}

/// Makes the types of the recorded exchange from its JSON schema.
pub fn exchange(schema: &Path) -> Result<Generated, String> {
    let name = "spec/exchange.schema.json";
    let text = std::fs::read_to_string(schema).map_err(|e| format!("{name}: cannot be read: {e}"))?;
    let schema: schemars08::schema::RootSchema =
        serde_json::from_str(&text).map_err(|e| format!("{name}: is not a JSON schema: {e}"))?;
    let mut settings = typify::TypeSpaceSettings::default();
    settings.with_derive("PartialEq".to_owned());
    let tokens = guarded(|| {
        let mut types = typify::TypeSpace::new(&settings);
        types.add_root_schema(schema).map(|_| types.to_stream())
    });
    let tokens =
        tokens.and_then(|made| made.map_err(|e| format!(": {e}"))).map_err(|e| format!("{name}{e}"))?;
    let file = parsed(tokens)?;
    Ok(Generated { operations: 0, types: count_types(&file), text: prettyplease::unparse(&file) })
}

fn parsed(tokens: proc_macro2::TokenStream) -> Result<syn::File, String> {
    syn::parse2(tokens).map_err(|e| format!(": the generator made text that is not Rust: {e}"))
}

/// Structs and enums among the generated types: those of the module `types`, or of the file itself.
fn count_types(file: &syn::File) -> usize {
    let module = file.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if module.ident == "types" => module.content.as_ref().map(|(_, items)| items),
        _ => None,
    });
    let of_type = |item: &&syn::Item| match item {
        syn::Item::Struct(syn::ItemStruct { vis, .. }) | syn::Item::Enum(syn::ItemEnum { vis, .. }) => {
            matches!(vis, syn::Visibility::Public(_))
        }
        _ => false,
    };
    module.unwrap_or(&file.items).iter().filter(of_type).count()
}
