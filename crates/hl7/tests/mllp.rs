//! Receiving and sending over real sockets on this machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hl7::Error;
use hl7::mllp::{self, Broken, Client, ClientOptions, Handler, ServeOptions, Stats};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Stats>,
}

impl Server {
    async fn start(options: ServeOptions, handler: impl Handler) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(mllp::serve(listener, options, handler, shutdown));
        Server { address, stop, running }
    }

    async fn stop(self) -> Stats {
        let _ = self.stop.send(());
        self.running.await.expect("the server ends well")
    }
}

async fn echo(bytes: Vec<u8>) -> Vec<u8> {
    [b"re: ".as_slice(), &bytes].concat()
}

/// Keeps what was broken, and answers messages that are too long.
#[derive(Clone, Default)]
struct Keeper(Arc<Mutex<Vec<Broken>>>);

impl Handler for Keeper {
    async fn message(&self, bytes: Vec<u8>) -> Vec<u8> {
        echo(bytes).await
    }

    async fn broken(&self, broken: Broken) -> Option<Vec<u8>> {
        let reply = matches!(broken, Broken::TooLong(_)).then(|| b"too long".to_vec());
        self.0.lock().expect("not poisoned").push(broken);
        reply
    }
}

async fn read_until_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A reset instead of an orderly end is a closed connection too.
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

#[tokio::test]
async fn messages_are_answered_one_after_the_other_on_many_connections() {
    let server = Server::start(ServeOptions::default(), echo).await;
    let mut clients = Vec::new();
    for client in 0..8 {
        let address = server.address;
        clients.push(tokio::spawn(async move {
            let mut connection =
                Client::connect(address, ClientOptions::default()).await.expect("connected");
            for n in 0..20 {
                let message = format!("message {n} of {client}");
                let reply = connection.send(message.as_bytes()).await.expect("a reply");
                assert_eq!(reply, format!("re: {message}").into_bytes());
            }
        }));
    }
    for client in clients {
        client.await.expect("the client is content");
    }
    let stats = server.stop().await;
    assert_eq!(stats, Stats { connections: 8, answered: 160, ..Stats::default() });
}

#[tokio::test]
async fn frames_may_come_in_pieces_or_many_at_once() {
    let server = Server::start(ServeOptions::default(), echo).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream.set_nodelay(true).expect("a socket option");
    for piece in [&b"junk\x0Bo"[..], b"n", b"e\x1C", b"\r\x0Btwo\x1C\r\x0Bthree\x1C\r"] {
        stream.write_all(piece).await.expect("sent");
    }
    stream.shutdown().await.expect("half closed");
    let replies = read_until_closed(&mut stream).await;
    assert_eq!(replies, b"\x0Bre: one\x1C\r\x0Bre: two\x1C\r\x0Bre: three\x1C\r");
    assert_eq!(server.stop().await.answered, 3);
}

#[tokio::test]
async fn a_message_over_the_limit_is_answered_kept_and_the_next_one_passes() {
    let keeper = Keeper::default();
    let options = ServeOptions { message_bytes: 100, ..ServeOptions::default() };
    let server = Server::start(options, keeper.clone()).await;
    let mut client =
        Client::connect(server.address, ClientOptions::default()).await.expect("connected");
    assert_eq!(client.send(&[b'x'; 50_000]).await.expect("a reply"), b"too long");
    assert_eq!(client.send(&[b'y'; 90]).await.expect("a reply").len(), 94);
    let stats = server.stop().await;
    assert_eq!((stats.answered, stats.broken), (2, 1));
    assert_eq!(*keeper.0.lock().expect("not poisoned"), [Broken::TooLong(vec![b'x'; 100])]);
}

#[tokio::test]
async fn by_default_a_message_over_the_limit_ends_the_connection() {
    let options = ServeOptions { message_bytes: 100, ..ServeOptions::default() };
    let server = Server::start(options, echo).await;
    let mut client =
        Client::connect(server.address, ClientOptions::default()).await.expect("connected");
    let refused = client.send(&[b'x'; 200]).await.expect_err("no reply");
    assert!(matches!(refused, Error::Closed | Error::Io { .. }), "{refused}");
    assert!(matches!(client.send(b"again").await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_message_cut_off_by_the_end_of_the_connection_is_kept() {
    let keeper = Keeper::default();
    let server = Server::start(ServeOptions::default(), keeper.clone()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("connected");
    stream.write_all(b"\x0Bhalf a mess").await.expect("sent");
    stream.shutdown().await.expect("half closed");
    assert!(read_until_closed(&mut stream).await.is_empty());
    assert_eq!(server.stop().await.broken, 1);
    assert_eq!(*keeper.0.lock().expect("not poisoned"), [Broken::Cut(b"half a mess".to_vec())]);
}

#[tokio::test]
async fn connections_over_the_limit_are_closed_at_once() {
    let options = ServeOptions { connections: 1, ..ServeOptions::default() };
    let server = Server::start(options, echo).await;
    let mut first =
        Client::connect(server.address, ClientOptions::default()).await.expect("connected");
    first.send(b"one").await.expect("a reply");
    let mut second = TcpStream::connect(server.address).await.expect("the kernel connects");
    assert!(read_until_closed(&mut second).await.is_empty());
    first.send(b"two").await.expect("the first is not disturbed");
    let stats = server.stop().await;
    assert_eq!((stats.connections, stats.refused, stats.answered), (1, 1, 2));
}

#[tokio::test]
async fn shutdown_answers_what_has_begun_and_takes_no_more() {
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begin, go) = (begun.clone(), release.clone());
    let handler = move |bytes: Vec<u8>| {
        let (begin, go) = (begin.clone(), go.clone());
        async move {
            begin.notify_one();
            go.notified().await;
            bytes
        }
    };
    let server = Server::start(ServeOptions::default(), handler).await;
    let address = server.address;
    let mut idle = TcpStream::connect(address).await.expect("connected");
    let at_work =
        tokio::spawn(async move { mllp::send(address, b"last", ClientOptions::default()).await });
    begun.notified().await;
    let stopping = tokio::spawn(server.stop());
    // The idle connection is closed as soon as the server stops, while the other is at work.
    assert!(read_until_closed(&mut idle).await.is_empty());
    assert!(!stopping.is_finished());
    release.notify_one();
    assert_eq!(at_work.await.expect("no panic").expect("a reply"), b"last");
    let stats = stopping.await.expect("no panic");
    assert_eq!((stats.answered, stats.aborted), (1, 0));
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_handler_that_never_ends_is_given_up_after_the_drain() {
    let options = ServeOptions { drain: Duration::from_millis(50), ..ServeOptions::default() };
    let begun = Arc::new(Notify::new());
    let begin = begun.clone();
    let handler = move |_: Vec<u8>| {
        begin.notify_one();
        std::future::pending::<Vec<u8>>()
    };
    let server = Server::start(options, handler).await;
    let address = server.address;
    let client =
        tokio::spawn(async move { mllp::send(address, b"x", ClientOptions::default()).await });
    begun.notified().await;
    let stats = server.stop().await;
    assert_eq!((stats.answered, stats.aborted), (0, 1));
    assert!(client.await.expect("no panic").is_err());
}

#[tokio::test]
async fn a_panic_in_the_handler_ends_that_connection_only() {
    let handler = |bytes: Vec<u8>| async move {
        assert_ne!(bytes, b"bad", "this message makes the handler panic");
        bytes
    };
    let server = Server::start(ServeOptions::default(), handler).await;
    let send =
        |message: &'static [u8]| mllp::send(server.address, message, ClientOptions::default());
    assert!(send(b"bad").await.is_err());
    assert_eq!(send(b"good").await.expect("a reply"), b"good");
    let stats = server.stop().await;
    assert_eq!((stats.failed, stats.answered), (1, 1));
}

#[tokio::test]
async fn the_client_does_not_wait_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let options = ClientOptions { reply: Duration::from_millis(30), ..ClientOptions::default() };
    let late = mllp::send(address, b"hello?", options).await;
    assert!(matches!(late, Err(Error::Timeout { .. })));
    let unframeable = mllp::send(address, b"\x1C", options).await;
    assert!(matches!(unframeable, Err(Error::NotFrameable { .. })));
}
