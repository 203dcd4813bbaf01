//! `tradebind spec`

use tradebind::documents::{Document, SERVICES, document};
use tradebind::exchange::ServiceName;

use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind spec                                   # which documents and schemas there are
  tradebind spec hk-trade -o hk-trade.yaml         # the OpenAPI document
  tradebind spec tradewind --schema WorldRegionsRequest")]
pub struct Args {
    /// hk-trade (or hk) or tradewind
    #[arg(value_parser = service)]
    service: Option<ServiceName>,
    /// Print the JSON schema (2020-12, standing alone) of this component
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub fn service(text: &str) -> Result<ServiceName, String> {
    match text.to_ascii_lowercase().as_str() {
        "hk" | "hk-trade" => Ok(ServiceName::HkTrade),
        "tradewind" => Ok(ServiceName::Tradewind),
        _ => Err("the services are hk-trade (or hk) and tradewind".to_owned()),
    }
}

impl Args {
    pub fn run(self) -> Result<Exit, Failure> {
        let text = match (self.service, &self.schema) {
            (None, None) => overview(),
            (Some(service), None) => document(service).yaml().to_owned(),
            (Some(service), Some(name)) => schema(&[document(service)], name)?,
            (None, Some(name)) => schema(&SERVICES.map(document), name)?,
        };
        self.target.write_text(&text)?;
        Ok(Exit::Done)
    }
}

fn overview() -> String {
    let mut lines = Vec::new();
    for document in SERVICES.map(document) {
        lines.push(format!("{} ({})", document.service(), document.path()));
        for operation in document.operations() {
            let method = operation.method().to_ascii_uppercase();
            lines.push(format!("  {method:4} {} {}", operation.path(), operation.id()));
        }
        let names: Vec<_> = document.component_names().collect();
        lines.push(format!("  schemas: {}", names.join(", ")));
    }
    lines.join("\n")
}

/// A component of whichever of these documents has it.
fn schema(documents: &[&Document], name: &str) -> Result<String, Failure> {
    let found: Vec<_> =
        documents.iter().filter_map(|document| Some((document, document.schema(name)?))).collect();
    match &found[..] {
        [(_, schema)] => Ok(format!("{schema:#}")),
        [] => {
            let services: Vec<_> = documents.iter().map(|document| document.service().to_string()).collect();
            let hint = documents.iter().find_map(|document| document.nearest_component(name)).map_or_else(
                || "`tradebind spec` lists them".to_owned(),
                |near| format!("did you mean {near:?}?"),
            );
            Err(Failure::usage(format!("{} has no schema {name:?}; {hint}", services.join(" or "))))
        }
        several => {
            let services: Vec<_> =
                several.iter().map(|(document, _)| document.service().to_string()).collect();
            Err(Failure::usage(format!(
                "{} both have a schema {name:?}; name the service",
                services.join(" and ")
            )))
        }
    }
}
