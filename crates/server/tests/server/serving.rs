//! Over a real socket: the drain at shutdown, live updates, slow callers.

use std::time::Duration;

use serde_json::json;
use server::access::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::bed::Bed;

struct Running {
    address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<server::Result<()>>,
}

async fn start(bed: &Bed) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let app = bed.app.clone();
    let task = tokio::spawn(server::serve(app, listener, async {
        let _ = stopped.await;
    }));
    Running { address, stop: Some(stop), task }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connects")
    }

    async fn end(mut self) {
        drop(self.stop.take());
        self.task.await.expect("no panic").expect("an orderly end");
    }
}

/// Reads until the text has come.
async fn read_until(stream: &mut TcpStream, wanted: &str) -> String {
    let mut seen = Vec::new();
    let mut buffer = [0_u8; 4096];
    let read = async {
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            let n = stream.read(&mut buffer).await.expect("reads");
            assert!(n > 0, "closed after: {}", String::from_utf8_lossy(&seen));
            seen.extend_from_slice(&buffer[..n]);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("comes in time");
    String::from_utf8_lossy(&seen).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watcher_hears_of_a_change_in_its_area_and_of_the_end() {
    let bed = Bed::new().await;
    let running = start(&bed).await;
    let token = bed.role(Role::District, "220202").await;
    let mut watch = running.connect().await;
    let ask = format!(
        "GET /events?topics=testing:220202 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    watch.write_all(ask.as_bytes()).await.expect("asks");
    let head = read_until(&mut watch, "event: hello").await;
    assert!(head.contains("text/event-stream"), "{head}");
    let now = bed.app.now();
    let body = json!({"device": "d", "device_time": now, "commands": [{
        "id": uuid::Uuid::now_v7(), "area": 220_202, "event_time": now,
        "command": {"testing": {"set_capacity": {
            "lab": "lab:JL-01", "claimed": 10, "staffed": 5, "from": now, "source": "test"}}},
    }]});
    let reply = bed.post("/api/v1/commands").bearer(&token).json(&body).send().await;
    assert_eq!(reply.json()["outcomes"][0]["status"], "accepted", "{}", reply.text());
    let told = read_until(&mut watch, "data: testing:220202").await;
    assert!(told.contains("event: changed"), "{told}");
    assert_eq!(bed.app.hub().watchers(), 1);
    // At the end the stream is closed, so that the drain need not wait for it.
    running.end().await;
    let mut rest = Vec::new();
    watch.read_to_end(&mut rest).await.expect("the end");
    let elsewhere = bed.get("/events?topics=testing:2202").bearer(&token).send().await;
    assert_eq!(elsewhere.status, axum::http::StatusCode::FORBIDDEN);
    let nothing = bed.get("/events").bearer(&token).send().await;
    assert_eq!(nothing.status, axum::http::StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_running_is_finished_before_the_end() {
    let bed = Bed::new().await;
    bed.account("zhang", vec![crate::bed::grant(Role::District, "220202")]).await;
    let running = start(&bed).await;
    let mut caller = running.connect().await;
    let form = "login=zhang&password=river+in+march";
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        form.len()
    );
    caller.write_all(head.as_bytes()).await.expect("half a request");
    read_until(&mut caller, "100 Continue").await;
    // The handler waits for the body; now the server is told to stop, and only then it comes.
    let address = running.address;
    let ending = tokio::spawn(running.end());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    caller.write_all(form.as_bytes()).await.expect("the rest");
    let answer = read_until(&mut caller, "set-cookie").await;
    assert!(answer.contains("HTTP/1.1 303"), "{answer}");
    ending.await.expect("ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn this_machine_may_read_the_metrics_unless_a_proxy_speaks_for_others() {
    let bed = Bed::new().await;
    let running = start(&bed).await;
    let mut direct = running.connect().await;
    let ask = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    direct.write_all(ask.as_bytes()).await.expect("asks");
    assert!(read_until(&mut direct, "songhua_commands_waiting").await.starts_with("HTTP/1.1 200"));
    let mut proxied = running.connect().await;
    let ask = "GET /metrics HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 10.1.2.3\r\nConnection: close\r\n\r\n";
    proxied.write_all(ask.as_bytes()).await.expect("asks");
    assert!(read_until(&mut proxied, "\r\n\r\n").await.starts_with("HTTP/1.1 303"));
    running.end().await;
}
