//! `--chart`: a picture, where a command has one.

use std::path::PathBuf;

use clap::Args;

use crate::exit::Failure;
use crate::output::{Form, Sink, TableTarget, Target, real};

/// Whether a picture is asked for, and where.
#[derive(Debug, Clone, Args)]
pub struct ChartArgs {
    /// Draw a picture: in the terminal instead of the rows, or as SVG to FILE.svg beside them
    #[arg(long, value_name = "FILE.svg", num_args = 0..=1, default_missing_value = "-")]
    #[cfg_attr(not(feature = "chart"), arg(hide = true))]
    chart: Option<PathBuf>,
}

/// Where the picture goes.
#[cfg_attr(not(feature = "chart"), allow(dead_code, reason = "nothing is drawn"))]
pub enum Place {
    /// Standard output; whether the rows go to a file beside it.
    Terminal {
        rows: bool,
    },
    Svg(Sink),
}

impl ChartArgs {
    /// Where the picture goes, if one is asked for; its file is made ready, before anything is asked or paid for.
    pub fn place<F: Form>(&self, target: &TableTarget<F>) -> Result<Option<Place>, Failure> {
        let Some(path) = &self.chart else { return Ok(None) };
        if !cfg!(feature = "chart") {
            return Err(Failure::usage(
                "--chart: this tradebind was built without pictures; build it with --features cli,chart",
            ));
        }
        if path.as_os_str() == "-" {
            let rows = target.target.file().is_some();
            if target.format.is_some() && !rows {
                return Err(Failure::usage(
                    "--chart draws on standard output, where --format would write; add -o FILE for the rows, or name FILE.svg for the picture",
                ));
            }
            return Ok(Some(Place::Terminal { rows }));
        }
        if !path.extension().is_some_and(|end| end.eq_ignore_ascii_case("svg")) {
            let shown = path.display();
            return Err(Failure::usage(format!(
                "--chart {shown}: pictures are SVG; name the file {shown}.svg"
            )));
        }
        if target.target.file().is_some_and(|rows| real(rows) == real(path)) {
            return Err(Failure::usage(format!(
                "{} is named for the rows and for the picture; give each a file of its own",
                path.display()
            )));
        }
        Ok(Some(Place::Svg(Target { output: Some(path.clone()) }.open_any()?)))
    }
}

impl Place {
    /// Whether the rows are written, too.
    pub fn with_rows(place: Option<&Self>) -> bool {
        !matches!(place, Some(Self::Terminal { rows: false }))
    }
}

#[cfg(feature = "chart")]
impl Place {
    /// Draws.
    pub fn draw(self, picture: &tradebind::chart::Picture) -> Result<(), Failure> {
        /// Where no terminal tells its width.
        const WIDTH: u16 = 80;
        match self {
            Self::Terminal { .. } => {
                let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0);
                Target::default().write_text(&picture.to_text(width))
            }
            Self::Svg(sink) => sink.write_text(&picture.to_svg()),
        }
    }
}
