//! One connection to the server, and who speaks on it.

use std::net::SocketAddr;

use serde::Deserialize;

use super::{Reply, parsed};
use crate::diary::key_of;
use crate::http::{Client, HttpError};

/// Somebody who has signed in, or will when it is needed: [`super::Link`] keeps the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session(pub(super) usize);

#[derive(Debug)]
pub(super) struct Login {
    pub login: String,
    pub password: String,
    pub device: String,
    // None before the first call, and after the server ended the session.
    pub token: Option<String>,
}

/// A call before it is written.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: &'static str,
    path: String,
    kind: &'static str,
    body: Vec<u8>,
    pub session: Option<Session>,
}

pub(super) const JSON: &str = "application/json";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

impl Request {
    pub fn get(path: &str, session: Session) -> Request {
        let (path, session) = (path.to_owned(), Some(session));
        Request { method: "GET", path, kind: "", body: Vec::new(), session }
    }

    pub fn post(
        path: &str,
        kind: &'static str,
        body: Vec<u8>,
        session: Option<Session>,
    ) -> Request {
        Request { method: "POST", path: path.to_owned(), kind, body, session }
    }

    /// Tells calls apart, whoever's token they carry today.
    pub fn key(&self) -> u64 {
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

/// A token that a call had to be given first.
pub(super) type Opened = Option<(Session, String)>;

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Line(Option<Client>);

impl Line {
    /// Hangs up.
    pub fn close(&mut self) {
        self.0 = None;
    }

    /// One try, signed in: a session that is over, as after a night in which the drill stood
    /// still, is begun anew, and its token given back to be kept.
    pub async fn once(
        &mut self,
        server: SocketAddr,
        logins: &[Login],
        request: &Request,
    ) -> Result<(Reply, Opened), HttpError> {
        let Some(session) = request.session else {
            return Ok((self.exchange(server, request, None).await?, None));
        };
        let login = &logins[session.0];
        if let Some(token) = &login.token {
            let reply = self.exchange(server, request, Some(token)).await?;
            if reply.status != 401 {
                return Ok((reply, None));
            }
        }
        let token = self.open(server, login).await?;
        let reply = self.exchange(server, request, Some(&token)).await?;
        Ok((reply, Some((session, token))))
    }

    async fn exchange(
        &mut self,
        server: SocketAddr,
        request: &Request,
        token: Option<&str>,
    ) -> Result<Reply, HttpError> {
        let client = match &mut self.0 {
            Some(client) => client,
            empty => empty.insert(Client::connect(server).await?),
        };
        let answer = client.call(&request.written(token)).await?;
        Ok(Reply { status: answer.status, body: answer.body.to_vec() })
    }

    /// Signs in; gives the token.
    pub async fn open(&mut self, server: SocketAddr, login: &Login) -> Result<String, HttpError> {
        #[derive(Deserialize)]
        struct Told {
            token: String,
        }
        let Login { login, password, device, .. } = login;
        let body = serde_json::json!({ "login": login, "password": password, "device": device });
        let request = Request::post("/api/v1/sessions", JSON, serde_json::to_vec(&body)?, None);
        let told: Told = parsed(&self.exchange(server, &request, None).await?)?;
        Ok(told.token)
    }
}
