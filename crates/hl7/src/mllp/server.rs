//! Receiving messages.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::{Decoder, Event, encode};

/// What a frame that is no message was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The start of a message that never ended.
    Cut(Vec<u8>),
    /// The first bytes of a message over the size limit.
    TooLong(Vec<u8>),
}

/// Takes messages and gives replies. Any `Fn(Vec<u8>) -> impl Future<Output = Vec<u8>>` is one.
pub trait Handler: Send + Sync + 'static {
    /// The reply to a message. An empty reply closes the connection without an answer, which
    /// tells the sender to send again.
    fn message(&self, bytes: Vec<u8>) -> impl Future<Output = Vec<u8>> + Send;

    /// Told of a frame that is no message, so that its bytes can be kept. The reply, if any, is
    /// sent to the sender of a [`Broken::TooLong`] and the connection goes on; without one the
    /// connection is closed. For [`Broken::Cut`] the reply is not sent: the sender has gone on.
    fn broken(&self, broken: Broken) -> impl Future<Output = Option<Vec<u8>>> + Send {
        let _ = broken;
        std::future::ready(None)
    }
}

impl<F, R> Handler for F
where
    F: Fn(Vec<u8>) -> R + Send + Sync + 'static,
    R: Future<Output = Vec<u8>> + Send,
{
    fn message(&self, bytes: Vec<u8>) -> impl Future<Output = Vec<u8>> + Send {
        self(bytes)
    }
}

/// The limits of a receiver.
#[derive(Clone, Copy, Debug)]
pub struct ServeOptions {
    /// Connections at a time; further ones are closed at once.
    pub connections: usize,
    /// The longest message in bytes.
    pub message_bytes: usize,
    /// How long a connection may stay without a message.
    pub idle: Duration,
    /// How long a message may take from its first byte to its last.
    pub message: Duration,
    /// How long the handler may take; after that the connection is closed without a reply.
    pub handle: Duration,
    /// How long the sender may take to accept the reply.
    pub reply: Duration,
    /// How long connections may finish their work after the shutdown signal.
    pub drain: Duration,
}

impl Default for ServeOptions {
    /// 64 connections, one mebibyte, an hour idle, 30 s for a message, for its handling and
    /// for its reply, 10 s to drain.
    fn default() -> ServeOptions {
        ServeOptions {
            connections: 64,
            message_bytes: 1 << 20,
            idle: Duration::from_secs(3600),
            message: Duration::from_secs(30),
            handle: Duration::from_secs(30),
            reply: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}

/// What a receiver has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections taken.
    pub connections: u64,
    /// Connections closed at once, being too many.
    pub refused: u64,
    /// Messages answered.
    pub answered: u64,
    /// Frames that were no message.
    pub broken: u64,
    /// Connections closed for a missed deadline, the handler's included.
    pub timed_out: u64,
    /// Connections ended by an I/O error, a reply that cannot be framed, or a failed handler.
    pub failed: u64,
    /// Connections still at work when the time to drain was over.
    pub aborted: u64,
}

/// Receives messages until `shutdown` is done; gives what was done.
///
/// Each connection's messages are handled one after the other. On shutdown no new connection
/// is taken; messages that have begun to arrive are read, handled and answered first, for as
/// long as [`ServeOptions::drain`]. A message without a reply was perhaps not taken over: the
/// sender sends it again, and the handler must know repeats (by MSH-10).
pub async fn serve<H: Handler>(
    listener: TcpListener,
    options: ServeOptions,
    handler: H,
    shutdown: impl Future<Output = ()>,
) -> Stats {
    let handler = Arc::new(handler);
    let (stop, stopped) = watch::channel(false);
    let mut tasks: JoinSet<Served> = JoinSet::new();
    let mut stats = Stats::default();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(done) = tasks.join_next() => {
                stats.add(done);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if tasks.len() >= options.connections {
                    stats.refused += 1;
                    tracing::warn!(%peer, limit = options.connections, "too many MLLP connections");
                    continue;
                }
                stats.connections += 1;
                let _ = stream.set_nodelay(true);
                tasks.spawn(connection(stream, options, handler.clone(), stopped.clone()));
            }
            Err(error) => {
                // Usually the process is out of file descriptors; waiting lets some go free.
                tracing::warn!(%error, "cannot accept an MLLP connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    let _ = stop.send(true);
    let deadline = Instant::now() + options.drain;
    while let Ok(Some(done)) = timeout_at(deadline, tasks.join_next()).await {
        stats.add(done);
    }
    stats.aborted = tasks.len() as u64;
    tasks.shutdown().await;
    stats
}

impl Stats {
    fn add(&mut self, done: Result<Served, tokio::task::JoinError>) {
        let Ok(served) = done else {
            tracing::error!("the handler of an MLLP connection failed");
            self.failed += 1;
            return;
        };
        self.answered += served.answered;
        self.broken += served.broken;
        match served.end {
            End::Closed => {}
            End::TimedOut => self.timed_out += 1,
            End::Failed => self.failed += 1,
        }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Closed,
    TimedOut,
    Failed,
}

/// What one connection has done.
#[derive(Debug)]
struct Served {
    answered: u64,
    broken: u64,
    end: End,
}

async fn connection<S, H>(
    mut stream: S,
    options: ServeOptions,
    handler: Arc<H>,
    mut stopped: watch::Receiver<bool>,
) -> Served
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    let mut served = Served { answered: 0, broken: 0, end: End::Closed };
    let mut decoder = Decoder::new(options.message_bytes);
    served.end = receive(&mut stream, &options, &*handler, &mut stopped, &mut decoder, &mut served)
        .await
        .err()
        .unwrap_or(End::Closed);
    if let Some(Event::Cut(bytes)) = decoder.finish() {
        served.broken += 1;
        let _ = timeout(options.handle, handler.broken(Broken::Cut(bytes))).await;
    }
    let _ = timeout(options.reply, stream.shutdown()).await;
    served
}

/// Reads and answers until the sender closes (`Ok`), shutdown, or an error.
async fn receive<S, H>(
    stream: &mut S,
    options: &ServeOptions,
    handler: &H,
    stopped: &mut watch::Receiver<bool>,
    decoder: &mut Decoder,
    served: &mut Served,
) -> Result<(), End>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Handler,
{
    let mut chunk = vec![0; 16 * 1024];
    // When the wait that is going on began: for a message, or for the rest of one.
    let mut since = Instant::now();
    loop {
        let inside = decoder.is_inside();
        let stopping = *stopped.borrow();
        if stopping && !inside {
            return Ok(());
        }
        let deadline = since + if inside { options.message } else { options.idle };
        let read = tokio::select! {
            read = timeout_at(deadline, stream.read(&mut chunk)) => read,
            changed = stopped.changed(), if !stopping => match changed {
                Ok(()) => continue,
                Err(_) => return Ok(()),
            },
        };
        let n = match read {
            Err(_) => return Err(End::TimedOut),
            Ok(Err(_)) => return Err(End::Failed),
            Ok(Ok(0)) => return Ok(()),
            Ok(Ok(n)) => n,
        };
        let events = decoder.feed(&chunk[..n]);
        // Junk must not keep a connection alive, so only frames begin a new wait.
        if !events.is_empty() || decoder.is_inside() != inside {
            since = Instant::now();
        }
        for event in events {
            since = answer(stream, options, handler, event, served).await?;
        }
    }
}

/// Hands one frame to the handler and sends its reply; when that was done.
async fn answer<S, H>(
    stream: &mut S,
    options: &ServeOptions,
    handler: &H,
    event: Event,
    served: &mut Served,
) -> Result<Instant, End>
where
    S: AsyncWrite + Unpin,
    H: Handler,
{
    let late = |_| End::TimedOut;
    let reply = match event {
        Event::Frame(bytes) => {
            timeout(options.handle, handler.message(bytes)).await.map_err(late)?
        }
        Event::TooLong(head) => {
            served.broken += 1;
            let broken = handler.broken(Broken::TooLong(head));
            timeout(options.handle, broken).await.map_err(late)?.unwrap_or_default()
        }
        Event::Cut(bytes) => {
            served.broken += 1;
            let broken = handler.broken(Broken::Cut(bytes));
            timeout(options.handle, broken).await.map_err(late)?;
            return Ok(Instant::now());
        }
    };
    if reply.is_empty() {
        return Err(End::Failed);
    }
    let frame = encode(&reply).map_err(|error| {
        tracing::error!(%error, "a reply cannot be framed");
        End::Failed
    })?;
    timeout(options.reply, stream.write_all(&frame))
        .await
        .map_err(late)?
        .map_err(|_| End::Failed)?;
    served.answered += 1;
    Ok(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::DuplexStream;
    use tokio::task::JoinHandle;

    /// A connection in memory, on a clock that jumps to the next deadline when all wait.
    fn connected<H: Handler>(
        options: ServeOptions,
        handler: H,
    ) -> (DuplexStream, watch::Sender<bool>, JoinHandle<Served>) {
        let (ours, theirs) = tokio::io::duplex(64);
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(connection(theirs, options, Arc::new(handler), stopped));
        (ours, stop, task)
    }

    async fn echo(bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }

    /// What came, and after how many seconds the connection ended and how.
    async fn ending(mut stream: DuplexStream, task: JoinHandle<Served>) -> (Vec<u8>, u64, End) {
        let start = Instant::now();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("an orderly end");
        let served = task.await.expect("no panic");
        (bytes, start.elapsed().as_secs(), served.end)
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_and_junk_does_not_keep_it() {
        let options = ServeOptions { idle: Duration::from_secs(10), ..ServeOptions::default() };
        let (mut stream, _stop, task) = connected(options, echo);
        tokio::time::sleep(Duration::from_secs(6)).await;
        stream.write_all(b"\r\njunk").await.expect("sent");
        assert_eq!(ending(stream, task).await, (Vec::new(), 4, End::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_begins_the_wait_anew() {
        let options = ServeOptions { idle: Duration::from_secs(10), ..ServeOptions::default() };
        let (mut stream, _stop, task) = connected(options, echo);
        tokio::time::sleep(Duration::from_secs(6)).await;
        stream.write_all(b"\x0Bx\x1C\r").await.expect("sent");
        assert_eq!(ending(stream, task).await, (b"\x0Bx\x1C\r".to_vec(), 10, End::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_trickles_is_given_up() {
        let options = ServeOptions { message: Duration::from_secs(5), ..ServeOptions::default() };
        let (mut stream, _stop, task) = connected(options, echo);
        stream.write_all(b"\x0B").await.expect("sent");
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stream.write_all(b"x").await.expect("sent");
        }
        assert_eq!(ending(stream, task).await, (Vec::new(), 1, End::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_who_falls_silent_inside_a_message_is_given_up_and_what_came_is_told() {
        struct Keeps(tokio::sync::mpsc::UnboundedSender<Broken>);
        impl Handler for Keeps {
            async fn message(&self, bytes: Vec<u8>) -> Vec<u8> {
                bytes
            }
            async fn broken(&self, broken: Broken) -> Option<Vec<u8>> {
                let _ = self.0.send(broken);
                None
            }
        }
        let (told, mut broken) = tokio::sync::mpsc::unbounded_channel();
        let (mut stream, _stop, task) = connected(ServeOptions::default(), Keeps(told));
        // Silence between messages is in order, here for 59 of the 60 minutes.
        tokio::time::sleep(Duration::from_secs(59 * 60)).await;
        stream.write_all(b"\x0Bhalf").await.expect("sent");
        assert_eq!(ending(stream, task).await, (Vec::new(), 30, End::TimedOut));
        assert_eq!(broken.recv().await, Some(Broken::Cut(b"half".to_vec())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_handler_means_no_reply() {
        let options = ServeOptions { handle: Duration::from_secs(3), ..ServeOptions::default() };
        let handler = |_: Vec<u8>| std::future::pending::<Vec<u8>>();
        let (mut stream, _stop, task) = connected(options, handler);
        stream.write_all(b"\x0Bx\x1C\r").await.expect("sent");
        assert_eq!(ending(stream, task).await, (Vec::new(), 3, End::TimedOut));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_takes_no_reply_is_given_up() {
        let options = ServeOptions { reply: Duration::from_secs(2), ..ServeOptions::default() };
        let handler = |_: Vec<u8>| std::future::ready(vec![b'x'; 1_000]);
        let (mut stream, _stop, task) = connected(options, handler);
        stream.write_all(b"\x0Bx\x1C\r").await.expect("sent");
        let start = Instant::now();
        let served = task.await.expect("no panic");
        assert_eq!((served.end, served.answered), (End::TimedOut, 0));
        assert!(start.elapsed() >= Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_or_unframeable_reply_closes_the_connection() {
        for reply in [&b""[..], b"a\x1Cb"] {
            let handler = move |_: Vec<u8>| std::future::ready(reply.to_vec());
            let (mut stream, _stop, task) = connected(ServeOptions::default(), handler);
            stream.write_all(b"\x0Bx\x1C\r").await.expect("sent");
            assert_eq!(ending(stream, task).await, (Vec::new(), 0, End::Failed));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn on_shutdown_a_message_that_has_begun_is_read_to_its_end() {
        let (mut stream, stop, task) = connected(ServeOptions::default(), echo);
        stream.write_all(b"\x0Bha").await.expect("sent");
        // The connection runs until it waits for the rest.
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send(true).expect("the connection listens");
        tokio::time::sleep(Duration::from_secs(1)).await;
        stream.write_all(b"lf\x1C\r").await.expect("sent");
        assert_eq!(ending(stream, task).await, (b"\x0Bhalf\x1C\r".to_vec(), 0, End::Closed));
    }
}
