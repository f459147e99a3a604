//! Sending messages, for tests and the drill.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

use super::{Decoder, Event, encode};
use crate::Error;

/// How long to wait, and how much to take.
#[derive(Clone, Copy, Debug)]
pub struct ClientOptions {
    /// For the connection to be made.
    pub connect: Duration,
    /// For the message to be sent and its reply to come.
    pub reply: Duration,
    /// The longest reply in bytes.
    pub limit: usize,
}

impl Default for ClientOptions {
    /// 5 s to connect, 30 s for the reply, one mebibyte.
    fn default() -> ClientOptions {
        ClientOptions {
            connect: Duration::from_secs(5),
            reply: Duration::from_secs(30),
            limit: 1 << 20,
        }
    }
}

/// A connection that sends messages one after the other, each answered before the next.
///
/// After an error the connection cannot tell which reply belongs to which message, so it takes
/// no further ones: connect anew and send again; the receiver knows repeats by MSH-10.
pub struct Client {
    stream: Option<TcpStream>,
    decoder: Decoder,
    options: ClientOptions,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// [`Error::Io`] or [`Error::Timeout`].
    pub async fn connect(
        address: impl ToSocketAddrs,
        options: ClientOptions,
    ) -> Result<Client, Error> {
        let doing = "connecting to the MLLP receiver";
        let stream = timeout(options.connect, TcpStream::connect(address))
            .await
            .map_err(|_| Error::Timeout { doing, limit: options.connect })?
            .map_err(Error::io(doing))?;
        stream.set_nodelay(true).map_err(Error::io(doing))?;
        Ok(Client { stream: Some(stream), decoder: Decoder::new(options.limit), options })
    }

    /// Sends a message and gives its reply.
    ///
    /// # Errors
    /// [`Error::NotFrameable`] (nothing was sent, the connection stays good), or
    /// [`Error::Io`], [`Error::Timeout`], [`Error::Closed`], [`Error::FrameTooLong`]: whether
    /// the message was taken over is then unknown.
    pub async fn send(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let frame = encode(message)?;
        let mut stream = self.stream.take().ok_or(Error::Closed)?;
        let doing = "waiting for the reply";
        let limit = self.options.reply;
        let reply = timeout(limit, self.exchange(&mut stream, &frame))
            .await
            .map_err(|_| Error::Timeout { doing, limit })??;
        self.stream = Some(stream);
        Ok(reply)
    }

    async fn exchange(&mut self, stream: &mut TcpStream, frame: &[u8]) -> Result<Vec<u8>, Error> {
        stream.write_all(frame).await.map_err(Error::io("sending the message"))?;
        let mut chunk = [0; 8192];
        loop {
            let n = stream.read(&mut chunk).await.map_err(Error::io("reading the reply"))?;
            if n == 0 {
                return Err(Error::Closed);
            }
            if let Some(event) = self.decoder.feed(&chunk[..n]).into_iter().next() {
                return match event {
                    Event::Frame(reply) => Ok(reply),
                    Event::Cut(_) => Err(Error::Closed),
                    Event::TooLong(_) => Err(Error::FrameTooLong { limit: self.options.limit }),
                };
            }
        }
    }
}

/// Sends one message over a connection of its own and gives its reply.
///
/// # Errors
/// As [`Client::connect`] and [`Client::send`].
pub async fn send(
    address: impl ToSocketAddrs,
    message: &[u8],
    options: ClientOptions,
) -> Result<Vec<u8>, Error> {
    Client::connect(address, options).await?.send(message).await
}
