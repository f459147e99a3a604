//! The command line of Songhua: serving, the demo city, the audit, imports, benchmarks.

pub mod audit;
pub mod data;
pub mod demo;
pub mod http;
pub mod prepare;
pub mod screen;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// An open operations system for outbreak response: from swab to bed to doorstep.
#[derive(Debug, Parser)]
#[command(name = "songhua", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rebuild everything derived from the ledger, compare, and print the balance.
    Audit(audit::Audit),
    /// Prepare the demo city without serving it.
    Demo(prepare::Prepare),
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// What the command could not do, in a sentence.
    pub async fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Audit(audit) => audit.run().await,
            Command::Demo(demo) => demo.run().await,
        }
    }
}
