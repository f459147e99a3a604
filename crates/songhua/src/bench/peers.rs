//! Other programs that solve the same task, run beside a benchmark.
//!
//! `scripts/peers/NAME.sh install` installs them into `.cache/peers/NAME`; `scripts/peers/NAME.sh
//! run` reads one JSON value from standard input and writes its answer, one JSON value, as the
//! last line of standard output. It ends with 3 when nothing is installed.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::say;

/// Ends a script whose peers are not installed.
const NOT_INSTALLED: i32 = 3;

/// What the peers of this name answer; `None` when they are not installed, which is said on
/// standard error. To be run from the directory of the source.
///
/// # Errors
/// When there is no script, it fails, or its answer is of another form.
pub async fn ask<T: DeserializeOwned>(name: &str, task: &impl Serialize) -> Result<Option<T>> {
    let script = Path::new("scripts/peers").join(format!("{name}.sh"));
    let mut child = Command::new(&script)
        .arg("run")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot run {}", script.display()))?;
    let task = serde_json::to_vec(task)?;
    let mut stdin = child.stdin.take().context("the script has no input")?;
    let feed = tokio::spawn(async move { stdin.write_all(&task).await });
    let output = child.wait_with_output().await?;
    // A script that knows without reading that nothing is installed closes its input.
    let fed = feed.await?;
    if output.status.code() == Some(NOT_INSTALLED) {
        say(format!("the peers are not installed; {} install does it", script.display()));
        return Ok(None);
    }
    if !output.status.success() {
        bail!("{} ended with {}", script.display(), output.status);
    }
    fed?;
    let text = String::from_utf8(output.stdout)?;
    let answer = text.lines().last().context("the peers said nothing")?;
    Ok(Some(serde_json::from_str(answer).with_context(|| format!("the peers said {answer:?}"))?))
}
