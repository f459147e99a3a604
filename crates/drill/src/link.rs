//! The drill's line to the server: one call after the other, and again when it breaks.
//!
//! Calls may be repeated: commands carry ids of the sender's making, and lists change nothing.
//! After every break the line proves that nothing is lost that was acknowledged: it sends the
//! last acknowledged batches again and expects the same answers.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, Micros};

use crate::http::{Client, HttpError};
use crate::{DrillError, Result};

/// Where the server is, and what can be done to it.
pub trait Host: Send {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// Sets its clock.
    ///
    /// # Errors
    /// When the clock cannot be set.
    fn set_time(&mut self, at: Micros) -> Result<()>;

    /// Called before a call: an unattended drill may kill the server while it answers.
    fn before_call(&mut self) {}

    /// Called when the server gave no answer: brings it back if it is gone.
    fn revive(&mut self) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>;
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A command on the wire.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sent {
    /// Its id.
    pub id: CommandId,
    /// Its county.
    pub area: AreaCode,
    /// When it happened, by the sender's clock.
    pub event_time: Micros,
    /// What.
    pub command: desks::Command,
}

#[derive(Serialize)]
struct Batch<'a> {
    device: &'a str,
    device_time: Micros,
    commands: &'a [Sent],
}

#[derive(Deserialize)]
struct Answered {
    outcomes: Vec<Outcome>,
}

/// What became of a command.
#[derive(Clone, Debug, Deserialize)]
pub struct Outcome {
    /// The command.
    pub id: CommandId,
    /// `accepted` or `refused`.
    pub status: String,
    /// Whether it was known already.
    #[serde(default)]
    pub duplicate: bool,
    /// Why not.
    #[serde(default)]
    pub refusal: Option<Said>,
    /// Remarks.
    #[serde(default)]
    pub notes: Vec<Said>,
}

impl Outcome {
    /// Whether it was accepted.
    pub fn accepted(&self) -> bool {
        self.status == "accepted"
    }
}

/// A refusal or remark, by its code.
#[derive(Clone, Debug, Deserialize)]
pub struct Said {
    /// The code.
    pub code: String,
}

/// Acknowledged batches that are kept to be checked after a break.
const KEPT: usize = 24;
/// Tries of one call.
const TRIES: u32 = 60;

struct Acknowledged {
    request: Vec<u8>,
    outcomes: Vec<Outcome>,
}

/// The line.
pub struct Link {
    host: Box<dyn Host>,
    client: Option<Client>,
    acknowledged: VecDeque<Acknowledged>,
    /// Calls so far.
    pub calls: u64,
    /// Breaks so far.
    pub breaks: u64,
    /// Commands that were sent again after a break, all of them known.
    pub proved: u64,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("calls", &self.calls).finish_non_exhaustive()
    }
}

fn head(method: &str, path: &str, token: Option<&str>, kind: &str, length: usize) -> Vec<u8> {
    let bearer = token.map_or_else(String::new, |t| format!("authorization: Bearer {t}\r\n"));
    let body = match method {
        "GET" => String::new(),
        _ => format!("content-type: {kind}\r\ncontent-length: {length}\r\n"),
    };
    // Lists are read by their English words.
    format!("{method} {path} HTTP/1.1\r\nhost: drill\r\naccept-language: en\r\n{bearer}{body}\r\n")
        .into_bytes()
}

impl Link {
    /// A line to a server.
    pub fn new(host: Box<dyn Host>) -> Link {
        Link { host, client: None, acknowledged: VecDeque::new(), calls: 0, breaks: 0, proved: 0 }
    }

    /// Sets the server's clock.
    ///
    /// # Errors
    /// As [`Host::set_time`].
    pub fn set_time(&mut self, at: Micros) -> Result<()> {
        self.host.set_time(at)
    }

    /// Calls until there is an answer.
    ///
    /// # Errors
    /// [`DrillError::Gone`] when there is none after many tries, [`DrillError::Lost`] when the
    /// server forgot what it had acknowledged.
    pub async fn call(&mut self, request: &[u8]) -> Result<Reply> {
        self.calls += 1;
        let mut tries = 0;
        loop {
            self.host.before_call();
            match self.once(request).await {
                Ok(reply) if matches!(reply.status, 429 | 503) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Ok(reply) => return Ok(reply),
                Err(error @ (HttpError::Form(_) | HttpError::Json(_))) => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(%error, "the line broke");
                    self.client = None;
                    self.breaks += 1;
                    self.host.revive().await?;
                    self.prove().await?;
                }
            }
            tries += 1;
            if tries == TRIES {
                return Err(DrillError::Gone(format!("no answer after {tries} tries")));
            }
        }
    }

    async fn once(&mut self, request: &[u8]) -> std::result::Result<Reply, HttpError> {
        let client = match &mut self.client {
            Some(client) => client,
            empty => empty.insert(Client::connect(self.host.address()).await?),
        };
        let answer = client.call(request).await?;
        Ok(Reply { status: answer.status, body: answer.body.to_vec() })
    }

    /// Sends what was acknowledged before the break once more: each must be known, with the same
    /// answer.
    async fn prove(&mut self) -> Result<()> {
        for at in 0..self.acknowledged.len() {
            let request = self.acknowledged[at].request.clone();
            let Ok(reply) = self.once(&request).await else {
                // It broke again; whoever called tries again, and so does this.
                self.client = None;
                return Ok(());
            };
            let again: Answered = serde_json::from_slice(&reply.body).map_err(HttpError::from)?;
            let kept = &self.acknowledged[at];
            for (now, before) in again.outcomes.iter().zip(&kept.outcomes) {
                if now.id != before.id || !now.duplicate || now.status != before.status {
                    return Err(DrillError::Lost(format!(
                        "command {} was {} and is now {} (known: {})",
                        before.id, before.status, now.status, now.duplicate
                    )));
                }
                self.proved += 1;
            }
        }
        Ok(())
    }

    /// Sends commands; gives an outcome for each. `at` is the sender's clock.
    ///
    /// # Errors
    /// As [`Link::call`]; [`DrillError::Http`] when the batch as a whole was turned away.
    pub async fn send(
        &mut self,
        token: &str,
        device: &str,
        at: Micros,
        commands: &[Sent],
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for some in commands.chunks(500) {
            let body = serde_json::to_vec(&Batch { device, device_time: at, commands: some })
                .map_err(HttpError::from)?;
            let kind = "application/json";
            let mut request = head("POST", "/api/v1/commands", Some(token), kind, body.len());
            request.extend_from_slice(&body);
            let reply = self.call(&request).await?;
            let answered: Answered = json(&reply)?;
            if answered.outcomes.len() != some.len() {
                return Err(DrillError::Lost("a batch came back with fewer outcomes".into()));
            }
            // What the server turned away before the ledger saw it is not recorded, and so not
            // known when it is sent again.
            let recorded =
                |o: &Outcome| !o.refusal.as_ref().is_some_and(|r| AWAY.contains(&&*r.code));
            if answered.outcomes.iter().all(recorded) {
                self.acknowledged
                    .push_back(Acknowledged { request, outcomes: answered.outcomes.clone() });
                if self.acknowledged.len() > KEPT {
                    self.acknowledged.pop_front();
                }
            }
            outcomes.extend(answered.outcomes);
        }
        Ok(outcomes)
    }

    /// A GET, as JSON.
    ///
    /// # Errors
    /// As [`Link::call`], and when the answer is no success or has another form.
    pub async fn get<T: serde::de::DeserializeOwned>(
        &mut self,
        token: &str,
        path: &str,
    ) -> Result<T> {
        let reply = self.call(&head("GET", path, Some(token), "", 0)).await?;
        json(&reply)
    }

    /// A page's table, as its download.
    ///
    /// # Errors
    /// As [`Link::call`], and when there is no such list.
    pub async fn list(&mut self, token: &str, path: &str) -> Result<Rows> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}format=csv");
        let reply = self.call(&head("GET", &path, Some(token), "", 0)).await?;
        success(&reply)?;
        Rows::read(path, &reply.body)
    }

    /// A page as it is shown.
    ///
    /// # Errors
    /// As [`Link::call`], and when there is no such page.
    pub async fn page(&mut self, token: &str, path: &str) -> Result<String> {
        let reply = self.call(&head("GET", path, Some(token), "", 0)).await?;
        success(&reply)?;
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Fills in a page's form.
    ///
    /// # Errors
    /// As [`Link::call`].
    pub async fn post_form(
        &mut self,
        token: &str,
        path: &str,
        fields: &[(&str, String)],
    ) -> Result<Reply> {
        let body = encoded(fields);
        let kind = "application/x-www-form-urlencoded";
        let mut request = head("POST", path, Some(token), kind, body.len());
        request.extend_from_slice(body.as_bytes());
        self.call(&request).await
    }

    /// Signs in; gives the token.
    ///
    /// # Errors
    /// As [`Link::call`], and when the server does not let it in.
    pub async fn sign_in(&mut self, login: &str, password: &str, device: &str) -> Result<String> {
        #[derive(Deserialize)]
        struct Opened {
            token: String,
        }
        let body = serde_json::json!({ "login": login, "password": password, "device": device });
        let body = serde_json::to_vec(&body).map_err(HttpError::from)?;
        let kind = "application/json";
        let mut request = head("POST", "/api/v1/sessions", None, kind, body.len());
        request.extend_from_slice(&body);
        let opened: Opened = json(&self.call(&request).await?)?;
        Ok(opened.token)
    }
}

fn encoded(fields: &[(&str, String)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// Refusals that come before the ledger.
const AWAY: [&str; 5] =
    ["not-allowed", "not-your-area", "not-your-holder", "malformed-command", "internal-command"];

fn success(reply: &Reply) -> Result<()> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    let start = &reply.body[..reply.body.len().min(300)];
    let text = String::from_utf8_lossy(start).into_owned();
    Err(HttpError::Status { status: reply.status, text }.into())
}

fn json<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T> {
    success(reply)?;
    Ok(serde_json::from_slice(&reply.body).map_err(HttpError::from)?)
}

/// A list as it was downloaded.
#[derive(Clone, Debug)]
pub struct Rows {
    path: String,
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Rows {
    fn read(path: String, body: &[u8]) -> Result<Rows> {
        // Downloads begin with a byte order mark, for spreadsheet programs.
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
        let wrong = |e: csv::Error| DrillError::List { path: path.clone(), reason: e.to_string() };
        let columns = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<std::result::Result<_, _>>().map_err(wrong)?;
        Ok(Rows { path, columns, rows })
    }

    /// A column by its key.
    ///
    /// # Errors
    /// [`DrillError::List`] when the list has no such column.
    pub fn column(&self, key: &str) -> Result<usize> {
        self.columns.iter().position(|c| c == key).ok_or_else(|| DrillError::List {
            path: self.path.clone(),
            reason: format!("no column {key} among {}", self.columns.join(", ")),
        })
    }

    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &csv::StringRecord> {
        self.rows.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
