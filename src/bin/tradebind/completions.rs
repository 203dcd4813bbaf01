//! `tradebind completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::exit::{Exit, Failure};
use crate::output::Target;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tradebind completions bash > ~/.local/share/bash-completion/completions/tradebind
  tradebind completions fish -o ~/.config/fish/completions/tradebind.fish")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    #[command(flatten)]
    target: Target,
}

impl Args {
    pub fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::Cli::command(), "tradebind", &mut script);
        self.target.open()?.write(|out| out.write_all(&script))?;
        Ok(Exit::Done)
    }
}
