//! Many calls at once: those of one lane one after the other, lanes beside each other.
//!
//! What the server does with calls of different lanes must not depend on which comes first; the
//! caller sees to that. Answers are written into the diary in the order of the calls, whatever the
//! order in which they came, so that a drill which is told again hears the same.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use futures::future::join_all;
use serde::de::DeserializeOwned;
use tokio::task::{JoinHandle, spawn_blocking};
use types::Micros;

use super::line::{JSON, Line, Login, Opened, Request};
use super::{Batch, Link, MOST, Outcome, Reply, Sent, Session, json};
use crate::diary::Entry;
use crate::http::HttpError;
use crate::{DrillError, Result};

/// Calls with the same number go one after the other.
pub(crate) type Lane = i64;

/// Lanes for calls that only read: they may be taken in any order.
const READERS: usize = 4;

/// What one device sends.
pub(crate) struct Sending<'a> {
    pub lane: Lane,
    pub session: Session,
    pub device: &'a str,
    /// The sender's clock.
    pub at: Micros,
    pub commands: &'a [Sent],
}

/// What is made of an answer: nothing of the drill's is needed for it, so it is done beside the
/// calls that follow.
type Make<T> = fn(Reply) -> Result<T>;

/// What became of an answer.
struct Made<T> {
    /// As it goes into the diary, if there is one.
    entry: Option<Entry>,
    made: Result<T>,
}

impl<T> Made<T> {
    /// `written` is the number of the call and its time, where it is written down.
    fn of(reply: Reply, written: Option<(u64, Micros)>, make: Make<T>) -> Result<Made<T>> {
        let entry = written.map(|(key, at)| Entry::call(key, at, &reply)).transpose()?;
        Ok(Made { entry, made: make(reply) })
    }
}

/// An answer that is being made something of.
type Making<T> = JoinHandle<Result<Made<T>>>;

/// The answers of one lane, as far as it came.
struct Came<T> {
    line: Line,
    replies: Vec<(usize, Making<T>)>,
    opened: Vec<Opened>,
}

/// Goes through the calls of one lane until one is not answered.
async fn along<T: Send + 'static>(
    mut line: Line,
    server: SocketAddr,
    logins: &[Login],
    requests: Vec<(usize, &Request)>,
    written: Option<Micros>,
    make: Make<T>,
) -> Came<T> {
    let (mut replies, mut opened) = (Vec::with_capacity(requests.len()), Vec::new());
    for (at, request) in requests {
        match line.once(server, logins, request).await {
            Ok((reply, token)) if !reply.is_busy() => {
                let written = written.map(|time| (request.key(), time));
                let making = spawn_blocking(move || Made::of(reply, written, make));
                replies.push((at, making));
                opened.push(token);
            }
            Ok(_) => break,
            Err(_) => {
                line.close();
                break;
            }
        }
    }
    Came { line, replies, opened }
}

impl Link {
    /// Makes calls; gives what `make` makes of their answers, in the same order. Whatever is not
    /// answered at once is asked again, one call after the other: that also finds out whether the
    /// server is gone.
    async fn call_in_lanes<T: Send + 'static>(
        &mut self,
        calls: &[(Lane, Request)],
        make: Make<T>,
    ) -> Result<Vec<T>> {
        let mut whole: Vec<T> = Vec::with_capacity(calls.len());
        // The diary ends somewhere, and what comes after is not in it.
        let mut fresh: Vec<&(Lane, Request)> = Vec::new();
        for call in calls {
            match self.recall(&call.1).await? {
                Some(reply) => whole.push(make(reply)?),
                None => fresh.push(call),
            }
        }
        let written = self.diary.writes().then_some(self.time);
        let mut lanes: BTreeMap<Lane, Vec<(usize, &Request)>> = BTreeMap::new();
        for (at, (lane, request)) in fresh.iter().enumerate() {
            lanes.entry(*lane).or_default().push((at, request));
        }
        let mut making: Vec<Option<Making<T>>> = fresh.iter().map(|_| None).collect();
        if lanes.len() > 1 && self.sign_in(&lanes).await {
            self.host.before_call();
            let server = self.host.address();
            let mut lines = std::mem::take(&mut self.lines);
            let logins = &self.logins;
            let under_way = lanes.into_values().map(|some| {
                along(lines.pop().unwrap_or_default(), server, logins, some, written, make)
            });
            for lane in join_all(under_way).await {
                lines.push(lane.line);
                for (session, token) in lane.opened.into_iter().flatten() {
                    self.logins[session.0].token = Some(token);
                }
                for (at, one) in lane.replies {
                    making[at] = Some(one);
                }
            }
            self.lines = lines;
        }
        for (one, (_, request)) in making.into_iter().zip(fresh) {
            let Made { entry, made } = match one {
                Some(one) => one.await.map_err(|e| DrillError::Gone(e.to_string()))??,
                None => {
                    let written = written.map(|time| (request.key(), time));
                    Made::of(self.ask(request).await?, written, make)?
                }
            };
            if let Some(entry) = entry {
                self.diary.put(&entry)?;
            }
            whole.push(made?);
        }
        Ok(whole)
    }

    /// Signs in whoever makes one of these calls and is not yet: two lanes would do it twice, and
    /// the second time ends the first. Gives whether the server let them all in.
    async fn sign_in(&mut self, lanes: &BTreeMap<Lane, Vec<(usize, &Request)>>) -> bool {
        for session in lanes.values().flatten().filter_map(|(_, request)| request.session) {
            let login = &mut self.logins[session.0];
            if login.token.is_some() {
                continue;
            }
            match self.line.open(self.host.address(), login).await {
                Ok(token) => login.token = Some(token),
                Err(_) => {
                    self.line.close();
                    return false;
                }
            }
        }
        true
    }

    /// Sends what several devices hold; gives for each the outcomes of its commands.
    ///
    /// # Errors
    /// As [`Link::send`].
    pub(crate) async fn send_in_lanes(
        &mut self,
        sendings: &[Sending<'_>],
    ) -> Result<Vec<Vec<Outcome>>> {
        let mut calls = Vec::new();
        let mut parts: Vec<(usize, &[Sent])> = Vec::new();
        for (whose, sending) in sendings.iter().enumerate() {
            for some in sending.commands.chunks(MOST) {
                let batch =
                    Batch { device: sending.device, device_time: sending.at, commands: some };
                let body = serde_json::to_vec(&batch).map_err(HttpError::from)?;
                let request = Request::post("/api/v1/commands", JSON, body, Some(sending.session));
                calls.push((sending.lane, request));
                parts.push((whose, some));
            }
        }
        let replies = self.call_in_lanes(&calls, Ok).await?;
        let mut outcomes: Vec<Vec<Outcome>> = sendings.iter().map(|_| Vec::new()).collect();
        for (((_, request), reply), (whose, some)) in calls.into_iter().zip(replies).zip(parts) {
            outcomes[whose].extend(self.acknowledge(request, &reply, some)?);
        }
        Ok(outcomes)
    }

    /// Several GETs, as JSON.
    ///
    /// # Errors
    /// As [`Link::get`].
    pub(crate) async fn get_all<T: DeserializeOwned + Send + 'static>(
        &mut self,
        asked: &[(Session, String)],
    ) -> Result<Vec<T>> {
        let calls: Vec<(Lane, Request)> = asked
            .iter()
            .enumerate()
            .map(|(at, (session, path))| ((at % READERS) as Lane, Request::get(path, *session)))
            .collect();
        self.call_in_lanes(&calls, |reply| json(&reply)).await
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::diary::Diary;
    use crate::link::Host;

    struct There(SocketAddr);

    impl Host for There {
        fn address(&self) -> SocketAddr {
            self.0
        }
        fn set_time(&mut self, _: Micros) -> Result<()> {
            Ok(())
        }
        fn revive(&mut self) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
            Box::pin(async { Ok(()) })
        }
    }

    /// The path of the next request on a connection.
    async fn asked(stream: &mut TcpStream) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        head.split(' ').nth(1).map(str::to_owned)
    }

    async fn answer(stream: &mut TcpStream, status: &str, body: &str) {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).await.expect("answers");
    }

    fn get(lane: Lane, path: &str) -> (Lane, Request) {
        let mut request = Request::get(path, Session(0));
        request.session = None;
        (lane, request)
    }

    #[tokio::test]
    async fn lanes_go_beside_each_other_and_answers_keep_the_order_of_the_calls() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        // Neither lane is answered before both have asked. Then the second lane hears that the
        // server is busy, and hangs up on the first.
        let server = tokio::spawn(async move {
            let (mut one, _) = listener.accept().await.expect("a lane");
            let (mut two, _) = listener.accept().await.expect("another lane");
            let (first, second) = (asked(&mut one).await, asked(&mut two).await);
            let mut seen: Vec<String> = [first, second].into_iter().flatten().collect();
            answer(&mut two, "503", "").await;
            answer(&mut one, "200", &seen[0].clone()).await;
            seen.extend(asked(&mut one).await);
            drop(one);
            // What was not answered comes again, one call after the other, in order.
            let (mut three, _) = listener.accept().await.expect("the first line");
            while let Some(path) = asked(&mut three).await {
                answer(&mut three, "200", &path).await;
                seen.push(path);
            }
            seen
        });
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("diary");
        let diary = Diary::begin(&path).expect("a diary");
        let mut link = Link::new(Box::new(There(address)), diary);
        let calls = [get(1, "/a"), get(2, "/b"), get(1, "/c"), get(2, "/d")];
        let replies = link.call_in_lanes(&calls, Ok).await.expect("all are answered");
        let bodies: Vec<&[u8]> = replies.iter().map(|r| r.body.as_slice()).collect();
        assert_eq!(bodies, [b"/a", b"/b", b"/c", b"/d"]);
        drop(link);
        let seen = server.await.expect("served");
        assert_eq!(seen, ["/a", "/b", "/c", "/b", "/c", "/d"]);

        // Told again, without a server.
        let (diary, _) = Diary::open(&path).expect("read").expect("something in it");
        let mut link = Link::new(Box::new(There(address)), diary);
        let again = link.call_in_lanes(&calls, Ok).await.expect("from the diary");
        let told: Vec<&[u8]> = again.iter().map(|r| r.body.as_slice()).collect();
        assert_eq!(told, bodies);
    }
}
