//! The command line's tree, and what a person reads first.

use crate::support::cli::run;

/// Every command with its line in its parent's help, and its options.
#[test]
fn the_tree() {
    let mut lines = Vec::new();
    walk("", 0, &mut lines);
    insta::assert_snapshot!(lines.join("\n"));
}

fn walk(path: &str, depth: usize, lines: &mut Vec<String>) {
    let help = run(&format!("{path} -h")).stdout;
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap();
    let options = help.lines().take_while(|line| !line.starts_with("Example")).filter_map(|line| {
        let line = line.strip_prefix("  ")?;
        let line = line.trim_start_matches("    ");
        let at = line.find("--").filter(|_| line.starts_with('-'))?;
        Some(line.get(at..)?.split([' ', ',']).next().unwrap().to_owned())
    });
    let common = ["--help", "--replica", "--quiet"];
    let options: Vec<_> = options.filter(|option| depth == 0 || !common.contains(&option.as_str())).collect();
    lines.push(format!("{}{usage}", "  ".repeat(depth)));
    if !options.is_empty() {
        lines.push(format!("{}    {}", "  ".repeat(depth), options.join(" ")));
    }
    for name in commands(&help) {
        walk(&format!("{path} {name}"), depth + 1, lines);
    }
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<&str> {
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let first = lines.filter(|line| !line.starts_with("    "));
    first.filter_map(|line| line.split_whitespace().next()).collect()
}

#[test]
fn help_reads_well() {
    for (name, words) in [
        ("whole", "--help"),
        ("hk", "hk --help"),
        ("hk_get", "hk get --help"),
        ("hk_plan", "hk plan --help"),
        ("hk_harvest", "hk harvest --help"),
        ("tradewind", "tradewind --help"),
        ("world_regions", "tradewind world-regions --help"),
        ("company_search", "tradewind company-search --help"),
        ("serve", "serve --help"),
    ] {
        let ran = run(words);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words}");
        insta::assert_snapshot!(format!("help_{name}"), ran.stdout);
    }
}

/// Each command says what it does, and shows how.
#[test]
fn every_command_has_an_example() {
    let mut all = vec![String::new()];
    let mut seen = 0;
    while let Some(path) = all.pop() {
        let help = run(&format!("{path} --help")).stdout;
        let (_, examples) = help.split_once("\nExample").unwrap_or_else(|| panic!("{path}: {help}"));
        // A pipe may lead to it.
        assert!(examples.contains(&format!(" tradebind{path}")), "{path}: {help}");
        all.extend(commands(&help).iter().map(|name| format!("{path} {name}")));
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn what_is_no_command_is_told_with_what_may_be_meant() {
    insta::assert_snapshot!(
        [
            "",
            "hk gte",
            "tradewind world-region",
            "hk get --trade-typ imports",
            "hk help",
            "spec tradwind",
            "completions bsh"
        ]
        .map(|words| format!("$ tradebind {words}\n{}", run(words)))
        .join("\n")
    );
}

#[test]
fn a_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(&format!("completions {shell}"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stdout.contains("world-regions") && ran.stdout.contains("consignment"), "{shell}");
    }
}

#[test]
fn documents_and_schemas_are_printed() {
    let document = |service| tradebind::documents::document(service).yaml();
    use tradebind::exchange::ServiceName::{HkTrade, Tradewind};
    assert_eq!(run("spec hk-trade").stdout, document(HkTrade));
    assert_eq!(run("spec tradewind").stdout, document(Tradewind));
    let schema: serde_json::Value = serde_json::from_str(&run("spec --schema WorldRegion").stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&serde_json::json!({"tradeCount": 1})));
    insta::assert_snapshot!(
        ["spec", "spec hk --schema rowx", "spec --schema Narnia", "spec tradewind --schema Billing"]
            .map(|words| format!("$ tradebind {words}\n{}", run(words)))
            .join("\n")
    );
}
