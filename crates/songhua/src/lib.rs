//! The command line of Songhua: serving, the demo city, the audit, imports, benchmarks.

pub mod account;
pub mod audit;
pub mod bench;
pub mod city;
pub mod data;
pub mod demo;
pub mod drill;
pub mod import;
pub mod prepare;
pub mod process;
pub mod screen;
pub mod serve;

pub use ::drill::http;

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
    /// Serve pages and the API.
    Serve(Box<serve::Serve>),
    /// Rebuild everything derived from the ledger, compare, and print the balance.
    Audit(audit::Audit),
    /// Import places, people or holders from a file.
    Import(import::Import),
    /// Let a simulated city live on a server of its own, with staff who work by its lists.
    Drill(Box<drill::Rehearse>),
    /// Make and list accounts.
    Account(account::Account),
    /// Make the key files, or check them.
    Keys(account::Keys),
    /// Measure how fast it is.
    Bench(bench::Bench),
    /// Rehearse an outbreak and a response in a simulated city.
    City(city::City),
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
            Command::Serve(serve) => serve.run().await,
            Command::Audit(audit) => audit.run().await,
            Command::Import(import) => import.run().await,
            Command::Drill(drill) => drill.run().await,
            Command::Account(account) => account.run().await,
            Command::Keys(keys) => keys.run(),
            Command::Bench(bench) => bench.run().await,
            Command::City(city) => city.run().await,
            Command::Demo(demo) => demo.run().await,
        }
    }
}
