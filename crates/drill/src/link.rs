//! The drill's line to the server: calls, and the same calls again when it breaks.
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

use crate::diary::Diary;
use crate::http::HttpError;
use crate::rows::Rows;
use crate::{DrillError, Result};

pub(crate) mod lanes;
mod line;

use lanes::Sending;
pub use line::Session;
use line::{FORM, JSON, Line, Login, Request};

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

impl Reply {
    /// Whether the server has too much to do, and wants to be asked again.
    fn is_busy(&self) -> bool {
        matches!(self.status, 429 | 503)
    }
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
/// Commands in one call, at most.
const MOST: usize = 500;

struct Acknowledged {
    request: Request,
    outcomes: Vec<Outcome>,
}

/// The line.
pub struct Link {
    host: Box<dyn Host>,
    line: Line,
    // For calls in lanes, beside the first.
    lines: Vec<Line>,
    diary: Diary,
    logins: Vec<Login>,
    time: Micros,
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

impl Link {
    /// A line to a server. As long as the diary tells answers, the server is not asked.
    pub fn new(host: Box<dyn Host>, diary: Diary) -> Link {
        Link {
            host,
            line: Line::default(),
            lines: Vec::new(),
            diary,
            logins: Vec::new(),
            time: Micros(0),
            acknowledged: VecDeque::new(),
            calls: 0,
            breaks: 0,
            proved: 0,
        }
    }

    /// What is written down.
    pub fn diary(&self) -> &Diary {
        &self.diary
    }

    /// What is written down, to be read on or added to.
    pub(crate) fn diary_mut(&mut self) -> &mut Diary {
        &mut self.diary
    }

    /// Sets the server's clock.
    ///
    /// # Errors
    /// As [`Host::set_time`].
    pub fn set_time(&mut self, at: Micros) -> Result<()> {
        self.time = at;
        // The server is ahead of a diary that is told again; its clock does not go back.
        if self.diary.recalls() { Ok(()) } else { self.host.set_time(at) }
    }

    /// Calls until there is an answer.
    ///
    /// # Errors
    /// [`DrillError::Gone`] when there is none after many tries, [`DrillError::Lost`] when the
    /// server forgot what it had acknowledged.
    async fn call(&mut self, request: &Request) -> Result<Reply> {
        if let Some(reply) = self.recall(request).await? {
            return Ok(reply);
        }
        let reply = self.ask(request).await?;
        self.note(request, &reply)?;
        Ok(reply)
    }

    /// What the diary tells of a call.
    async fn recall(&mut self, request: &Request) -> Result<Option<Reply>> {
        self.calls += 1;
        let recalled = self.diary.recalls();
        let reply = self.diary.recall(request.key())?;
        if recalled && !self.diary.recalls() {
            self.go_on().await?;
        }
        Ok(reply)
    }

    /// Writes an answer into the diary, before anything follows from it.
    fn note(&mut self, request: &Request, reply: &Reply) -> Result<()> {
        self.diary.note_call(request.key(), self.time, reply)
    }

    /// The diary has been told to its end: from here on the server is asked. It must know what it
    /// acknowledged then.
    async fn go_on(&mut self) -> Result<()> {
        self.host.set_time(self.time)?;
        self.prove().await
    }

    async fn ask(&mut self, request: &Request) -> Result<Reply> {
        let mut tries = 0;
        loop {
            self.host.before_call();
            match self.once(request).await {
                Ok(reply) if reply.is_busy() => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Ok(reply) => return Ok(reply),
                Err(HttpError::Status { status: 429 | 503, .. }) => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(
                    error @ (HttpError::Form(_) | HttpError::Json(_) | HttpError::Status { .. }),
                ) => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(%error, "the line broke");
                    self.line.close();
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

    /// One try; a token that was needed for it is kept.
    async fn once(&mut self, request: &Request) -> std::result::Result<Reply, HttpError> {
        let server = self.host.address();
        let (reply, opened) = self.line.once(server, &self.logins, request).await?;
        if let Some((session, token)) = opened {
            self.logins[session.0].token = Some(token);
        }
        Ok(reply)
    }

    /// Sends what was acknowledged before the break once more: each must be known, with the same
    /// answer.
    async fn prove(&mut self) -> Result<()> {
        for at in 0..self.acknowledged.len() {
            let request = self.acknowledged[at].request.clone();
            let Ok(reply) = self.once(&request).await else {
                // It broke again; whoever called tries again, and so does this.
                self.line.close();
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
        session: Session,
        device: &str,
        at: Micros,
        commands: &[Sent],
    ) -> Result<Vec<Outcome>> {
        let sending = Sending { lane: 0, session, device, at, commands };
        Ok(self.send_in_lanes(&[sending]).await?.concat())
    }

    /// Takes in the answer to a batch, and keeps it to be proved after a break.
    fn acknowledge(
        &mut self,
        request: Request,
        reply: &Reply,
        sent: &[Sent],
    ) -> Result<Vec<Outcome>> {
        let answered: Answered = json(reply)?;
        if answered.outcomes.len() != sent.len() {
            return Err(DrillError::Lost("a batch came back with fewer outcomes".into()));
        }
        // What the server turned away before the ledger saw it is not recorded, and so not known
        // when it is sent again.
        let recorded = |o: &Outcome| !o.refusal.as_ref().is_some_and(|r| AWAY.contains(&&*r.code));
        if answered.outcomes.iter().all(recorded) {
            let outcomes = answered.outcomes.clone();
            self.acknowledged.push_back(Acknowledged { request, outcomes });
            if self.acknowledged.len() > KEPT {
                self.acknowledged.pop_front();
            }
        }
        Ok(answered.outcomes)
    }

    /// Sends commands that carry somebody's name in the clear, which no command of a desk can be written with.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub async fn send_clear(
        &mut self,
        session: Session,
        device: &str,
        at: Micros,
        commands: &[serde_json::Value],
    ) -> Result<Vec<Outcome>> {
        let body = serde_json::json!({ "device": device, "device_time": at, "commands": commands });
        let body = serde_json::to_vec(&body).map_err(HttpError::from)?;
        let reply =
            self.call(&Request::post("/api/v1/commands", JSON, body, Some(session))).await?;
        let answered: Answered = json(&reply)?;
        if answered.outcomes.len() != commands.len() {
            return Err(DrillError::Lost("a batch came back with fewer outcomes".into()));
        }
        Ok(answered.outcomes)
    }

    /// A GET, as JSON.
    ///
    /// # Errors
    /// As [`Link::call`], and when the answer is no success or has another form.
    pub async fn get<T: serde::de::DeserializeOwned>(
        &mut self,
        session: Session,
        path: &str,
    ) -> Result<T> {
        let reply = self.call(&Request::get(path, session)).await?;
        json(&reply)
    }

    /// A page's table, as its download.
    ///
    /// # Errors
    /// As [`Link::call`], and when there is no such list.
    pub async fn list(&mut self, session: Session, path: &str) -> Result<Rows> {
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}format=csv");
        let reply = self.call(&Request::get(&path, session)).await?;
        success(&reply)?;
        Rows::read(path, &reply.body)
    }

    /// A page as it is shown.
    ///
    /// # Errors
    /// As [`Link::call`], and when there is no such page.
    pub async fn page(&mut self, session: Session, path: &str) -> Result<String> {
        let reply = self.call(&Request::get(path, session)).await?;
        success(&reply)?;
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    /// Fills in a page's form.
    ///
    /// # Errors
    /// As [`Link::call`].
    pub async fn post_form(
        &mut self,
        session: Session,
        path: &str,
        fields: &[(&str, String)],
    ) -> Result<Reply> {
        let body = encoded(fields).into_bytes();
        self.call(&Request::post(path, FORM, body, Some(session))).await
    }

    /// Somebody who will sign in with their first call that the server is asked: a password takes
    /// the server long to check, and there may be hundreds of them.
    pub fn enrol(&mut self, login: &str, password: &str, device: &str) -> Session {
        let [login, password, device] = [login, password, device].map(str::to_owned);
        self.logins.push(Login { login, password, device, token: None });
        Session(self.logins.len() - 1)
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

fn success(reply: &Reply) -> std::result::Result<(), HttpError> {
    if (200..300).contains(&reply.status) {
        return Ok(());
    }
    let start = &reply.body[..reply.body.len().min(300)];
    let text = String::from_utf8_lossy(start).into_owned();
    Err(HttpError::Status { status: reply.status, text })
}

fn parsed<T: serde::de::DeserializeOwned>(reply: &Reply) -> std::result::Result<T, HttpError> {
    success(reply)?;
    Ok(serde_json::from_slice(&reply.body)?)
}

fn json<T: serde::de::DeserializeOwned>(reply: &Reply) -> Result<T> {
    Ok(parsed(reply)?)
}
