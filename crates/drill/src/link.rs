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

use crate::diary::{Diary, key_of};
use crate::http::{Client, HttpError};
use crate::rows::Rows;
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

/// Somebody who has signed in, or will when it is needed: [`Link`] keeps the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session(usize);

#[derive(Debug)]
struct Login {
    login: String,
    password: String,
    device: String,
    // None before the first call, and after the server ended the session.
    token: Option<String>,
}

/// A call before it is written.
#[derive(Clone, Debug)]
struct Request {
    method: &'static str,
    path: String,
    kind: &'static str,
    body: Vec<u8>,
    session: Option<Session>,
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

impl Request {
    fn get(path: &str, session: Session) -> Request {
        let (path, session) = (path.to_owned(), Some(session));
        Request { method: "GET", path, kind: "", body: Vec::new(), session }
    }

    fn post(path: &str, kind: &'static str, body: Vec<u8>, session: Option<Session>) -> Request {
        Request { method: "POST", path: path.to_owned(), kind, body, session }
    }

    /// Tells calls apart, whoever's token they carry today.
    fn key(&self) -> u64 {
        let session = self.session.map_or(0, |s| s.0 as u64 + 1).to_le_bytes();
        key_of(&[self.method.as_bytes(), self.path.as_bytes(), &self.body, &session])
    }

    fn written(&self, token: Option<&str>) -> Vec<u8> {
        let Request { method, path, kind, body, .. } = self;
        let bearer = token.map_or_else(String::new, |t| format!("authorization: Bearer {t}\r\n"));
        let length = match *method {
            "GET" => String::new(),
            _ => format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()),
        };
        // Lists are read by their English words.
        let mut bytes = format!(
            "{method} {path} HTTP/1.1\r\nhost: drill\r\naccept-language: en\r\n{bearer}{length}\r\n"
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

struct Acknowledged {
    request: Request,
    outcomes: Vec<Outcome>,
}

/// The line.
pub struct Link {
    host: Box<dyn Host>,
    client: Option<Client>,
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
            client: None,
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
        self.calls += 1;
        let key = request.key();
        let recalled = self.diary.recalls();
        if let Some(reply) = self.diary.recall(key)? {
            if recalled && !self.diary.recalls() {
                self.go_on().await?;
            }
            return Ok(reply);
        }
        let reply = self.ask(request).await?;
        self.diary.note_call(key, self.time, &reply)?;
        Ok(reply)
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
                Ok(reply) if matches!(reply.status, 429 | 503) => {
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

    /// One try, signed in: a session that is over, as after a night in which the drill stood
    /// still, is begun anew.
    async fn once(&mut self, request: &Request) -> std::result::Result<Reply, HttpError> {
        let Some(session) = request.session else { return self.exchange(request, None).await };
        if let Some(token) = self.logins[session.0].token.clone() {
            let reply = self.exchange(request, Some(&token)).await?;
            if reply.status != 401 {
                return Ok(reply);
            }
        }
        let token = self.open(session).await?;
        self.exchange(request, Some(&token)).await
    }

    async fn exchange(
        &mut self,
        request: &Request,
        token: Option<&str>,
    ) -> std::result::Result<Reply, HttpError> {
        let client = match &mut self.client {
            Some(client) => client,
            empty => empty.insert(Client::connect(self.host.address()).await?),
        };
        let answer = client.call(&request.written(token)).await?;
        Ok(Reply { status: answer.status, body: answer.body.to_vec() })
    }

    /// Signs in; gives the token.
    async fn open(&mut self, session: Session) -> std::result::Result<String, HttpError> {
        #[derive(Deserialize)]
        struct Opened {
            token: String,
        }
        let Login { login, password, device, .. } = &self.logins[session.0];
        let body = serde_json::json!({ "login": login, "password": password, "device": device });
        let body = serde_json::to_vec(&body)?;
        let request = Request::post("/api/v1/sessions", JSON, body, None);
        let reply = self.exchange(&request, None).await?;
        let opened: Opened = parsed(&reply)?;
        self.logins[session.0].token = Some(opened.token.clone());
        Ok(opened.token)
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
        session: Session,
        device: &str,
        at: Micros,
        commands: &[Sent],
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(commands.len());
        for some in commands.chunks(500) {
            let body = serde_json::to_vec(&Batch { device, device_time: at, commands: some })
                .map_err(HttpError::from)?;
            let request = Request::post("/api/v1/commands", JSON, body, Some(session));
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
