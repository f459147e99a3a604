//! The MLLP listener.

use std::future::Future;

use hl7::mllp::{self, Broken, Handler, ServeOptions, Stats};
use hl7::{Fault as Wrong, Place, Rule};
use tokio::net::TcpListener;
use types::Refusal;

use crate::App;
use crate::feed::intake::{Carrier, keep_broken, receive};
use crate::feed::sort::reason_of;
use crate::feed::{MESSAGE_BYTES, Reply};

struct Line {
    app: App,
}

impl Handler for Line {
    async fn message(&self, bytes: Vec<u8>) -> Vec<u8> {
        let now = self.app.now();
        self.app.feed().note_line(|line| {
            line.messages += 1;
            line.last_at = Some(now);
        });
        match receive(&self.app, &Carrier::Line, bytes).await {
            Ok(Reply { bytes, .. }) => bytes,
            Err(fault) => {
                // Without a reply the sender sends again.
                tracing::error!(code = %fault.refusal.code, "a message at the line has no reply");
                Vec::new()
            }
        }
    }

    async fn broken(&self, broken: Broken) -> Option<Vec<u8>> {
        let now = self.app.now();
        self.app.feed().note_line(|line| {
            line.broken += 1;
            line.last_at = Some(now);
        });
        let (bytes, reason) = match broken {
            Broken::Cut(bytes) => (bytes, Refusal::new("feed-message-cut")),
            Broken::TooLong(bytes) => {
                (bytes, reason_of(&Wrong::new(Place::Whole, Rule::TooLong, "")))
            }
        };
        if let Err(fault) = keep_broken(&self.app, &bytes, reason).await {
            tracing::error!(inside = fault.inside, "a broken message was not kept");
        }
        None
    }
}

/// Takes result messages on a listener until `stop` resolves; gives what was done. Messages that
/// have begun to arrive are read and answered first.
pub async fn serve(app: App, listener: TcpListener, stop: impl Future<Output = ()>) -> Stats {
    let options = ServeOptions { message_bytes: MESSAGE_BYTES, ..ServeOptions::default() };
    let address = listener.local_addr().ok();
    app.feed().note_line(|line| line.listening = address);
    let stats = mllp::serve(listener, options, Line { app: app.clone() }, stop).await;
    app.feed().note_line(|line| line.listening = None);
    stats
}
