//! The MLLP line over real sockets.

use hl7::mllp::{self, Client, ClientOptions};
use proptest::prelude::*;
use server::access::Role;
use server::feed::lists::{self, Sight, Window};
use server::feed::{self, State};
use store::both_stores;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::lab::*;
use crate::bed::{Bed, grant};

struct Line {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<mllp::Stats>,
}

impl Line {
    async fn open(bed: &Bed) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (stop, stopped) = oneshot::channel::<()>();
        let app = bed.app.clone();
        let task = tokio::spawn(feed::serve(app, listener, async { drop(stopped.await) }));
        Line { address, stop, task }
    }

    async fn client(&self) -> Client {
        Client::connect(self.address, ClientOptions::default()).await.expect("a connection")
    }

    async fn close(self) -> mllp::Stats {
        drop(self.stop);
        self.task.await.expect("no panic")
    }
}

both_stores! {
    async fn a_hundred_messages_on_several_connections_are_each_recorded_once(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        let line = Line::open(&bed).await;
        let at = bed.app.now();
        let mut senders = tokio::task::JoinSet::new();
        for connection in 0..5_u32 {
            let mut client = line.client().await;
            senders.spawn(async move {
                for n in 0..20 {
                    let tube = tube(1 + connection * 20 + n).to_string();
                    let id = format!("C{connection}-{n}");
                    let bytes = oru(LAB, &id, at, &[negative(&tube, at)]);
                    let reply = client.send(&bytes).await.expect("a reply");
                    let text = String::from_utf8_lossy(&reply).into_owned();
                    assert!(text.contains(&format!("MSA|AA|{id}")), "{text}");
                    if n % 5 == 0 {
                        assert_eq!(client.send(&bytes).await.expect("again"), reply);
                    }
                }
            });
        }
        while let Some(done) = senders.join_next().await {
            done.expect("a sender");
        }
        for n in 1..=100 {
            assert_eq!(readings(&bed, tube(n)).await, ["negative"], "tube {n}");
        }
        let stats = line.close().await;
        assert_eq!((stats.connections, stats.answered, stats.failed), (5, 120, 0));
    }

    async fn the_same_message_on_many_connections_at_once_is_one_message(test: TestBed) {
        let bed = Bed::on(test).await;
        prepare(&bed.app).await;
        let line = Line::open(&bed).await;
        let at = bed.app.now();
        let bytes = oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)]);
        let mut senders = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (mut client, bytes) = (line.client().await, bytes.clone());
            senders.spawn(async move { client.send(&bytes).await.expect("a reply") });
        }
        let mut replies = Vec::new();
        while let Some(reply) = senders.join_next().await {
            replies.push(reply.expect("a sender"));
        }
        replies.dedup();
        assert_eq!(replies.len(), 1, "all get one reply");
        assert_eq!(readings(&bed, tube(1)).await, ["negative"]);
        line.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_off_or_too_long_is_kept() {
    let bed = Bed::new().await;
    prepare(&bed.app).await;
    let line = Line::open(&bed).await;
    let mut socket = TcpStream::connect(line.address).await.expect("connects");
    socket.write_all(b"\x0BMSH|^~\\&|LIS|JL-01").await.expect("sent");
    socket.shutdown().await.expect("closed");
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).await.expect("the end");
    assert!(rest.is_empty());
    let mut socket = TcpStream::connect(line.address).await.expect("connects");
    let long = vec![b'x'; feed::MESSAGE_BYTES + 10];
    // The receiver may hang up before all of it is sent.
    let _ = socket.write_all(b"\x0B").await;
    let _ = socket.write_all(&long).await;
    let _ = socket.read_to_end(&mut rest).await;
    line.close().await;
    let actor = server::access::Actor {
        user: "district".into(),
        name: "District".into(),
        grants: vec![grant(Role::District, "2202")],
        household: None,
        must_change: false,
    };
    let sight = Sight::of(&actor, actor.grants[0].scope);
    let window = Window { from: types::Micros(0), until: types::Micros::MAX };
    let mut db = bed.app.reader().await.expect("a reader");
    let rejected = lists::messages(&mut db, &sight, window, Some(State::Rejected), None, 9);
    let mut codes: Vec<_> = rejected
        .await
        .expect("read")
        .into_iter()
        .map(|message| (message.reason.expect("a reason").code.into_owned(), message.bytes))
        .collect();
    codes.sort_unstable();
    let limit = feed::MESSAGE_BYTES as i64;
    assert_eq!(codes, [("feed-message-cut".into(), 18), ("hl7-too-long".into(), limit)]);
}

/// Bytes that are nearly messages: frames around messages with some bytes changed.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let at = types::Micros::parse("2022-03-15T00:00:00Z").expect("a time");
    let whole = oru(LAB, "M-1", at, &[negative(&tube(1).to_string(), at)]);
    let change = (0..whole.len(), any::<u8>());
    let changed = proptest::collection::vec(change, 1..6).prop_map(move |changes| {
        let mut bytes = whole.clone();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        [b"\x0B".as_slice(), &bytes, b"\x1C\r"].concat()
    });
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..400), changed]
}

#[test]
fn no_bytes_end_the_listener_and_none_are_lost() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let bed = runtime.block_on(async {
        let bed = Bed::new().await;
        prepare(&bed.app).await;
        bed
    });
    let line = runtime.block_on(Line::open(&bed));
    let address = line.address;
    proptest!(ProptestConfig::with_cases(60), |(bytes in nearly())| {
        runtime.block_on(async {
            let mut socket = TcpStream::connect(address).await.expect("connects");
            socket.write_all(&bytes).await.expect("sent");
            socket.shutdown().await.expect("closed");
            let mut replies = Vec::new();
            socket.read_to_end(&mut replies).await.expect("an orderly end");
            let mut decoder = mllp::Decoder::new(feed::MESSAGE_BYTES);
            let frames = decoder.feed(&bytes).into_iter()
                .filter(|event| matches!(event, mllp::Event::Frame(_))).count();
            let answered = mllp::Decoder::new(feed::MESSAGE_BYTES).feed(&replies).len();
            // A frame that holds nothing of a header gets its reply, too.
            assert_eq!(answered, frames);
        });
    });
    // And it still takes results.
    runtime.block_on(async {
        let at = bed.app.now();
        let mut client = line.client().await;
        let bytes = oru(LAB, "Z-1", at, &[negative(&tube(9).to_string(), at)]);
        let reply = client.send(&bytes).await.expect("a reply");
        assert!(String::from_utf8_lossy(&reply).contains("MSA|AA|Z-1"));
        assert_eq!(readings(&bed, tube(9)).await, ["negative"]);
        line.close().await;
    });
}
