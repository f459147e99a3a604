//! A small HTTP/1.1 client over a kept-alive connection, for load and for the demo's field staff.
//!
//! It writes requests that were built beforehand and reads answers into one buffer, so that under
//! load the client is not what is measured.

use std::net::SocketAddr;
use std::ops::Range;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Nobody listens there, or the connection broke.
    #[error("the connection to the server: {0}")]
    Broken(#[from] std::io::Error),
    /// The server closed the connection.
    #[error("the server closed the connection")]
    Closed,
    /// What came is no answer of HTTP/1.1.
    #[error("no answer of HTTP: {0}")]
    Form(&'static str),
    /// An answer of another status than success.
    #[error("the server answered {status}: {text}")]
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        text: String,
    },
    /// The body is not the JSON that was expected.
    #[error("an answer of another form: {0}")]
    Json(#[from] serde_json::Error),
}

/// Shorthand for results of this module.
pub type Result<T> = std::result::Result<T, HttpError>;

/// A connection.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    // What of the buffer belongs to answers that the caller is done with.
    used: usize,
}

/// An answer: its body lies in the client's buffer until the next call.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// The body as JSON.
    ///
    /// # Errors
    /// When the status is none of success, or the body has another form.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        if !(200..300).contains(&self.status) {
            let start = &self.body[..self.body.len().min(300)];
            let text = String::from_utf8_lossy(start).into_owned();
            return Err(HttpError::Status { status: self.status, text });
        }
        Ok(serde_json::from_slice(self.body)?)
    }
}

/// The bytes of a GET request.
pub fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\n{}\r\n", bearer(token)).into_bytes()
}

/// The bytes of a POST request with a JSON body.
pub fn post(path: &str, token: Option<&str>, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\n{}content-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        bearer(token),
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// The bytes of a DELETE request.
pub fn delete(path: &str, token: &str) -> Vec<u8> {
    format!("DELETE {path} HTTP/1.1\r\nhost: bench\r\n{}\r\n", bearer(Some(token))).into_bytes()
}

fn bearer(token: Option<&str>) -> String {
    token.map_or_else(String::new, |t| format!("authorization: Bearer {t}\r\n"))
}

/// What the head of an answer says.
struct Head {
    status: u16,
    retry_after: Option<u32>,
    length: Length,
    body_at: usize,
}

enum Length {
    Known(usize),
    Chunked,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<Client> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client { stream, buffer: Vec::with_capacity(64 << 10), used: 0 })
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is none.
    pub async fn call(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.send(request).await?;
        self.receive().await
    }

    /// Sends one or several requests without waiting.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn send(&mut self, requests: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(requests).await?)
    }

    /// The next answer.
    ///
    /// # Errors
    /// When the connection breaks, or the answer is none.
    pub async fn receive(&mut self) -> Result<Answer<'_>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let head = loop {
            if let Some(head) = head_of(&self.buffer)? {
                break head;
            }
            self.read_more().await?;
        };
        let body = match head.length {
            Length::Known(length) => {
                let body = head.body_at..head.body_at + length;
                while self.buffer.len() < body.end {
                    self.read_more().await?;
                }
                self.used = body.end;
                body
            }
            Length::Chunked => self.read_chunks(head.body_at).await?,
        };
        Ok(Answer { status: head.status, retry_after: head.retry_after, body: &self.buffer[body] })
    }

    async fn read_more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(HttpError::Closed);
        }
        Ok(())
    }

    /// Joins chunks in place; the body then lies where the first one began.
    async fn read_chunks(&mut self, body_at: usize) -> Result<Range<usize>> {
        let (mut at, mut end) = (body_at, body_at);
        loop {
            let line = loop {
                match find(&self.buffer[at..], b"\r\n") {
                    Some(length) => break at..at + length,
                    None => self.read_more().await?,
                }
            };
            let text = text_of(&self.buffer[line.clone()])?;
            let size = usize::from_str_radix(text.split(';').next().unwrap_or("").trim(), 16)
                .map_err(|_| HttpError::Form("a chunk without a size"))?;
            let start = line.end + 2;
            while self.buffer.len() < start + size + 2 {
                self.read_more().await?;
            }
            self.buffer.copy_within(start..start + size, end);
            end += size;
            at = start + size + 2;
            if size == 0 {
                self.used = at;
                return Ok(body_at..end);
            }
        }
    }
}

fn text_of(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(|_| HttpError::Form("a head that is no text"))
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// The head of an answer, if all of it is there.
fn head_of(buffer: &[u8]) -> Result<Option<Head>> {
    let Some(end) = find(buffer, b"\r\n\r\n") else { return Ok(None) };
    let text = text_of(&buffer[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|code| code.parse().ok())
        .ok_or(HttpError::Form("an answer without a status"))?;
    let (mut retry_after, mut length) = (None, Length::Known(0));
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            length =
                Length::Known(value.parse().map_err(|_| HttpError::Form("a length that is none"))?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Length::Chunked;
        } else if name.eq_ignore_ascii_case("retry-after") {
            retry_after = value.parse().ok();
        }
    }
    Ok(Some(Head { status, retry_after, length, body_at: end + 4 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn answers_are_told_apart_whatever_their_form() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a caller");
            let answers: &[&[u8]] = &[
                b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n[1,2,3]HTTP/1.1 503 Busy\r\n",
                b"retry-after: 3\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n",
                b"transfer-encoding: chunked\r\n\r\n3\r\n[4,\r\n2;x",
                b"=y\r\n5]\r\n0\r\n\r\nHTTP/1.1 204 None\r\n\r\n",
            ];
            for part in answers {
                stream.write_all(part).await.expect("writes");
                stream.flush().await.expect("sends");
            }
            stream
        });
        let mut client = Client::connect(address).await.expect("connects");
        client.send(&get("/", None)).await.expect("sends");
        let numbers: Vec<u8> = client.receive().await.expect("one").json().expect("JSON");
        assert_eq!(numbers, [1, 2, 3]);
        let shed = client.receive().await.expect("two");
        assert_eq!((shed.status, shed.retry_after), (503, Some(3)));
        assert!(shed.json::<Vec<u8>>().is_err());
        assert_eq!(client.receive().await.expect("three").json::<Vec<u8>>().expect("JSON"), [4, 5]);
        assert_eq!(client.receive().await.expect("four").status, 204);
        drop(server.await.expect("served"));
        assert!(client.receive().await.is_err());
    }
}
