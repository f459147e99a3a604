//! The `songhua` program. Exit codes: 0 all well, 1 a difference or a missed bar, 2 a failure.

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match songhua_cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("songhua: {error:#}");
            ExitCode::from(2)
        }
    }
}
