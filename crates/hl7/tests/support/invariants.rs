//! What must hold for any bytes at all. Shared by the property tests, the long run and the
//! coverage-guided fuzz targets.

use hl7::ack::{self, Envelope};
use hl7::charset::Charset;
use hl7::mllp::{Decoder, Event};
use hl7::{Message, ParseOptions, ZoneOffset, csv, oru};
use types::Micros;

const ENVELOPE: Envelope<'static> = Envelope {
    control_id: "ACK-1",
    now: Micros(1_647_774_000_000_000),
    zone: ZoneOffset::CHINA,
    us: ("SONGHUA", "COMMAND"),
};

/// Reads bytes as a result message and answers it, in two default character sets.
pub fn message(bytes: &[u8]) {
    for default_charset in [Charset::Utf8, Charset::Gb18030] {
        let options = ParseOptions { default_charset, ..ParseOptions::default() };
        match Message::parse(bytes, &options) {
            Err(rejected) => {
                assert_eq!(rejected.raw, bytes, "a rejected message keeps its bytes");
                assert_reply(&ack::for_rejected(&rejected, &ENVELOPE), &options);
            }
            Ok(message) => {
                assert_written_back(&message, &options);
                for segment in message.segments() {
                    for n in 0..=segment.field_count() + 1 {
                        let field = segment.field(n);
                        let _ = (field.text(), field.whole_text(), field.is_null());
                        let components = field.components().count();
                        for c in 0..=components + 1 {
                            let _ = field.component(c).subcomponents().count();
                        }
                    }
                }
                results(&message, &options);
            }
        }
    }
}

fn results(message: &Message, options: &ParseOptions) {
    let Ok(report) = oru::read(message, &oru::Options::default()) else { return };
    let expected = items(message);
    assert_eq!(report.items.len(), expected, "items = results + item errors");
    assert_eq!(report.results().count() + report.errors().count(), expected);
    for (index, item) in report.items.iter().enumerate() {
        let number = match item {
            Ok(result) => {
                assert!(!result.tube.is_empty());
                result.item
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                error.item
            }
        };
        assert_eq!(number, index + 1);
    }
    assert_reply(&ack::for_report(message, &report, &ENVELOPE), options);
}

/// The number of items by another way than the reader's: the ids as one text, cut at OBR and
/// PID. After an OBR there are as many items as specimens, but at least one; elsewhere one if
/// there is anything that bears a result.
fn items(message: &Message) -> usize {
    let ids: String = message.segments().map(|s| format!("{} ", s.id())).collect();
    ids.replace("PID ", "\nPID ")
        .replace("OBR ", "\nOBR ")
        .lines()
        .map(|part| {
            if part.starts_with("OBR ") {
                part.matches("SPM ").count().max(1)
            } else {
                usize::from(part.contains("SPM ") || part.contains("OBX "))
            }
        })
        .sum()
}

fn assert_written_back(message: &Message, options: &ParseOptions) {
    // Characters may be lacking: text that was read as GB 18030 can hold some that GB 18030
    // writes in another way than it reads them. Then writing must say so.
    if let Ok(bytes) = message.encode() {
        let again = Message::parse(&bytes, options).expect("what was read can be read again");
        assert_eq!(&again, message, "writing and reading changes nothing");
    }
}

fn assert_reply(reply: &Message, options: &ParseOptions) {
    let bytes = ack::encode(reply);
    hl7::mllp::encode(&bytes).expect("a reply can be framed");
    let read = Message::parse(&bytes, options).expect("a reply is a message");
    let msa = read.first("MSA").expect("a reply has an MSA segment");
    assert!(["AA", "AE", "AR"].contains(&&*msa.field(1).text()));
}

/// Feeds bytes to the MLLP decoder whole and in chunks.
pub fn mllp(bytes: &[u8], chunk: usize, limit: usize) {
    let mut whole = Decoder::new(limit);
    let mut expected = whole.feed(bytes);
    expected.extend(whole.finish());
    let mut decoder = Decoder::new(limit);
    let mut found = Vec::new();
    for part in bytes.chunks(chunk.max(1)) {
        found.extend(decoder.feed(part));
    }
    found.extend(decoder.finish());
    assert_eq!(found, expected, "how the stream is cut does not matter");
    for event in &found {
        let (Event::Frame(bytes) | Event::Cut(bytes) | Event::TooLong(bytes)) = event;
        assert!(bytes.len() <= limit);
        assert!(!bytes.contains(&0x0B) && !bytes.contains(&0x1C));
    }
}

/// Reads bytes as a file of results.
pub fn file(bytes: &[u8]) {
    for charset in [None, Some(Charset::Gb18030)] {
        let options = csv::Options { charset, row_bytes: 200, ..csv::Options::default() };
        let Ok(mut reader) = csv::Reader::new(bytes, options) else { continue };
        let (mut accepted, mut rejected) = (0, 0);
        for row in reader.by_ref() {
            match row.expect("memory does not fail") {
                Ok(result) => {
                    accepted += 1;
                    assert!(!result.tube.is_empty());
                    assert_eq!(result.item as u64, accepted + rejected);
                }
                Err(error) => {
                    rejected += 1;
                    assert_eq!(error.row, accepted + rejected);
                    assert!(!error.raw.is_empty() && !error.to_string().is_empty());
                }
            }
        }
        let counts = reader.counts();
        assert_eq!((counts.accepted, counts.rejected), (accepted, rejected));
        assert_eq!(counts.rows, accepted + rejected, "rows = accepted + rejected");
    }
}
