//! A server in a process of its own, for benchmarks and for the test that kills it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Longest wait for a server to listen.
const START: Duration = Duration::from_secs(60);

/// A running `songhua serve`. Dropped, it is killed. A line to its input stands as long as this
/// process does: a drill's server ends when that breaks.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Process {
    /// Starts the program with `serve` and the arguments on a free port of this machine, and
    /// waits until it listens.
    ///
    /// # Errors
    /// When it ends or says nothing within a minute.
    pub async fn start(program: &Path, data: &Path, arguments: &[String]) -> Result<Process> {
        let mut child = Command::new(program)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("ready http://") {
                    return Ok(address.parse::<SocketAddr>()?);
                }
            }
            bail!("the server ended before it listened")
        };
        let address = tokio::time::timeout(START, listening)
            .await
            .context("the server does not listen after a minute")??;
        // What it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Process { child, address })
    }

    /// Ends it without warning (SIGKILL), as a power cut of the program would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Begins to end it without warning, and does not wait for its end.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn strike(&mut self) -> Result<()> {
        Ok(self.child.start_kill()?)
    }

    /// The seconds of processor time that it has used; `None` where the system does not say.
    pub fn cpu_seconds(&self) -> Option<f64> {
        cpu_seconds(&self.child.id()?.to_string())
    }

    /// The most memory that it has had resident so far, in MB (10⁶ bytes); `None` where the
    /// system does not say.
    pub fn peak_rss_mb(&self) -> Option<f64> {
        peak_rss_mb(&self.child.id()?.to_string())
    }
}

/// The peak of resident memory of a process (`self` for this one), in MB.
pub fn peak_rss_mb(process: &str) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some((kib * 1.024).round() / 1_000.0)
}

/// The seconds of processor time that a process (`self` for this one) and its threads have used;
/// `None` where the system does not say.
pub fn cpu_seconds(process: &str) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before the last parenthesis may hold spaces.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    // Linux counts in hundredths of a second for programs, on every machine.
    Some((user + system) / 100.0)
}
