//! Nothing is changed that nobody agreed to.

use std::io::{IsTerminal, Write};

use anyhow::{Context, Result, bail};

/// Whether somebody has agreed beforehand.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Consent {
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Consent {
    /// # Errors
    /// When the answer is no, or nobody is there to be asked.
    pub(crate) fn obtain(self) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        if !std::io::stdin().is_terminal() {
            bail!("nobody is there to be asked: say --yes to go on without a question");
        }
        print!("\nGo on? [y/N] ");
        std::io::stdout().flush().context("asking")?;
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).context("asking")?;
        if !matches!(answer.trim(), "y" | "Y" | "yes") {
            bail!("nothing was changed");
        }
        Ok(())
    }
}
