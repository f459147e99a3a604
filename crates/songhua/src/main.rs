//! The `songhua` program. Exit codes: 0 all well, 1 a difference or a missed bar, 2 a failure.

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_env("SONGHUA_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match songhua_cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("songhua: {error:#}");
            ExitCode::from(2)
        }
    }
}
