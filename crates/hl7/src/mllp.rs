//! MLLP, the framing of HL7 messages on a TCP connection.
//!
//! The minimal lower layer protocol (HL7 v2.5 Implementation Guide, appendix C, C.4.3; Transport
//! Specification: MLLP, release 1) puts each message between a start block `VT` (0x0B) and an
//! end block `FS` (0x1C) followed by `CR` (0x0D). Neither VT nor FS occurs inside a message:
//! messages hold no control characters but CR.
//!
//! [`Decoder`] and [`encode`] are pure. [`serve`] and [`Client`] put them on sockets.

mod client;
mod server;

pub use client::{Client, ClientOptions, send};
pub use server::{Broken, Handler, ServeOptions, Stats, serve};

use crate::Error;

/// Start block.
pub const VT: u8 = 0x0B;
/// End block.
pub const FS: u8 = 0x1C;
/// What follows the end block.
pub const CR: u8 = 0x0D;

/// Frames a message.
///
/// # Errors
/// [`Error::NotFrameable`] if it holds VT or FS, which would end or restart the frame.
pub fn encode(message: &[u8]) -> Result<Vec<u8>, Error> {
    if let Some(at) = message.iter().position(|b| matches!(*b, VT | FS)) {
        return Err(Error::NotFrameable { byte: message[at], at });
    }
    let mut frame = Vec::with_capacity(message.len() + 3);
    frame.push(VT);
    frame.extend_from_slice(message);
    frame.extend_from_slice(&[FS, CR]);
    Ok(frame)
}

/// What a decoder found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole message.
    Frame(Vec<u8>),
    /// The start of a message that never ended: a new one began, or the stream stopped.
    Cut(Vec<u8>),
    /// The first bytes, as many as the limit, of a message that is longer. The rest of it is
    /// skipped.
    TooLong(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between frames; bytes here are junk.
    Outside,
    /// Between VT and FS.
    Inside,
    /// Inside a frame that is over the limit.
    Skipping,
}

/// Takes frames out of a stream of bytes, however it is cut into chunks.
///
/// Tolerant of what senders do: bytes between frames are skipped and counted, and the CR after
/// FS may be missing (FS alone ends the frame, since it cannot stand inside one).
#[derive(Clone, Debug)]
pub struct Decoder {
    state: State,
    buffer: Vec<u8>,
    limit: usize,
    junk: u64,
}

impl Decoder {
    /// A decoder for messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Decoder {
        Decoder { state: State::Outside, buffer: Vec::new(), limit, junk: 0 }
    }

    /// Takes the next bytes of the stream and gives what they complete, in order.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|b| matches!(*b, VT | FS)).unwrap_or(bytes.len());
            let (body, rest) = bytes.split_at(end);
            self.body(body, &mut events);
            let Some((mark, rest)) = rest.split_first() else { break };
            self.mark(*mark, &mut events);
            bytes = rest;
        }
        events
    }

    /// Bytes that are neither VT nor FS.
    fn body(&mut self, body: &[u8], events: &mut Vec<Event>) {
        match self.state {
            State::Outside => {
                let junk = body.iter().filter(|b| !matches!(**b, CR | b'\n')).count();
                self.junk = self.junk.saturating_add(junk as u64);
            }
            State::Inside => {
                let room = self.limit - self.buffer.len();
                self.buffer.extend_from_slice(&body[..body.len().min(room)]);
                if body.len() > room {
                    self.state = State::Skipping;
                    events.push(Event::TooLong(std::mem::take(&mut self.buffer)));
                }
            }
            State::Skipping => {}
        }
    }

    fn mark(&mut self, mark: u8, events: &mut Vec<Event>) {
        match (mark, self.state) {
            (VT, State::Inside) => events.push(Event::Cut(std::mem::take(&mut self.buffer))),
            (VT, _) => self.state = State::Inside,
            (_, State::Inside) => {
                self.state = State::Outside;
                events.push(Event::Frame(std::mem::take(&mut self.buffer)));
            }
            (_, State::Skipping) => self.state = State::Outside,
            (_, State::Outside) => self.junk = self.junk.saturating_add(1),
        }
    }

    /// The stream has ended: gives what was begun and not ended.
    pub fn finish(&mut self) -> Option<Event> {
        let inside = self.state == State::Inside;
        self.state = State::Outside;
        inside.then(|| Event::Cut(std::mem::take(&mut self.buffer)))
    }

    /// Whether a frame has begun and not ended.
    pub fn is_inside(&self) -> bool {
        self.state != State::Outside
    }

    /// How many bytes stood between frames, line ends not counted.
    pub fn junk(&self) -> u64 {
        self.junk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(text: &str) -> Event {
        Event::Frame(text.as_bytes().to_vec())
    }

    #[test]
    fn frames_come_out_of_the_stream_with_junk_between_them() {
        let mut decoder = Decoder::new(100);
        let events = decoder.feed(b"hello\x0Bone\x1C\r\r\n\x0Btwo\x1C\x0Bthree\x1C\r\x1C");
        assert_eq!(events, [frame("one"), frame("two"), frame("three")]);
        assert_eq!(decoder.junk(), 6);
        assert!(!decoder.is_inside());
    }

    #[test]
    fn a_cut_message_is_handed_out_not_dropped() {
        let mut decoder = Decoder::new(100);
        assert_eq!(
            decoder.feed(b"\x0Bha\x0Bwhole\x1C\r\x0Bla"),
            [Event::Cut(b"ha".to_vec()), frame("whole")]
        );
        assert!(decoder.is_inside());
        assert_eq!(decoder.finish(), Some(Event::Cut(b"la".to_vec())));
        assert_eq!(decoder.finish(), None);
    }

    #[test]
    fn a_message_at_the_limit_passes_and_one_over_it_does_not() {
        let mut decoder = Decoder::new(3);
        assert_eq!(
            decoder.feed(b"\x0Babc\x1C\r\x0Babcd\x1C\r\x0Bxyz\x1C\r"),
            [frame("abc"), Event::TooLong(b"abc".to_vec()), frame("xyz")]
        );
    }

    #[test]
    fn what_would_break_the_framing_is_not_sent() {
        assert!(matches!(encode(b"a\x1Cb"), Err(Error::NotFrameable { byte: FS, at: 1 })));
        assert!(matches!(encode(b"\x0B"), Err(Error::NotFrameable { byte: VT, at: 0 })));
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        // Marks are common, so that every transition is met.
        let byte = prop_oneof![Just(VT), Just(FS), Just(CR), any::<u8>()];
        proptest::collection::vec(byte, 0..80)
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(bytes in stream(), cuts in proptest::collection::vec(0_usize..80, 0..6), limit in 0_usize..12) {
            let mut whole = Decoder::new(limit);
            let mut expected = whole.feed(&bytes);
            expected.extend(whole.finish());
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut decoder = Decoder::new(limit);
            let mut found = Vec::new();
            for pair in cuts.windows(2) {
                found.extend(decoder.feed(&bytes[pair[0]..pair[1]]));
            }
            found.extend(decoder.finish());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(decoder.junk(), whole.junk());
        }

        #[test]
        fn what_is_framed_comes_out(messages in proptest::collection::vec(stream(), 0..5)) {
            let messages: Vec<Vec<u8>> = messages
                .into_iter()
                .map(|m| m.into_iter().filter(|b| !matches!(*b, VT | FS)).collect())
                .collect();
            let mut bytes = Vec::new();
            for m in &messages {
                bytes.extend(encode(m).expect("no marks inside"));
            }
            let frames: Vec<Event> = messages.into_iter().map(Event::Frame).collect();
            prop_assert_eq!(Decoder::new(80).feed(&bytes), frames);
        }
    }
}
