//! Replies: what they say, to whom, and in which form.

use hl7::ack::{self, AckCode, Envelope};
use hl7::oru;
use hl7::{Fault, Location, Message, ParseOptions, Rule, ZoneOffset};
use types::Micros;

fn envelope() -> Envelope<'static> {
    Envelope {
        control_id: "ACK-1",
        now: Micros::parse("2022-03-20T11:00:00Z").expect("RFC 3339"),
        zone: ZoneOffset::CHINA,
        us: ("SONGHUA", "COMMAND"),
    }
}

fn parse(bytes: &[u8]) -> Message {
    Message::parse(bytes, &ParseOptions::default()).expect("well formed")
}

fn lines(reply: &Message) -> Vec<String> {
    let bytes = ack::encode(reply);
    let again = parse(&bytes).encode().expect("no new characters");
    assert_eq!(again, bytes, "a reply is itself a message that can be read");
    let text = String::from_utf8(bytes).expect("these replies are UTF-8");
    text.trim_end_matches('\r').split('\r').map(str::to_owned).collect()
}

const HEAD: &str = "MSH|^~\\&|LIS^1.2^ISO|LAB|SONGHUA|CITY|20220320||ORU^R01^ORU_R01|M-1|T|2.5";

#[test]
fn an_accepted_message_is_acknowledged_to_its_sender() {
    let reply = ack::accept(&parse(HEAD.as_bytes()), &envelope());
    assert_eq!(
        lines(&reply),
        [
            "MSH|^~\\&|SONGHUA|CITY|LIS^1.2^ISO|LAB|20220320190000+0800||ACK^R01^ACK|ACK-1|T|2.5||||||UNICODE UTF-8",
            "MSA|AA|M-1",
        ]
    );
}

#[test]
fn faults_are_located_and_coded() {
    let received = parse(HEAD.as_bytes());
    let fault = Fault::new(Location::segment("OBX", 2).field(5), Rule::CtNotANumber, "2|8");
    let reply = ack::refuse(&received, AckCode::Error, &[&fault], &envelope());
    let lines = lines(&reply);
    assert!(lines[1].starts_with("MSA|AE|M-1|OBX[2]-5: the Ct value is neither"), "{}", lines[1]);
    assert!(
        lines[2].starts_with("ERR||OBX^2^5|102^Data type error^HL70357|E|lab-ct-not-a-number^"),
        "{}",
        lines[2]
    );
    assert!(lines[2].ends_with(r#"(found "2\F\8")"#), "{}", lines[2]);
}

#[test]
fn older_senders_get_the_older_form_and_their_own_delimiters() {
    let received = parse(b"MSH#*~!%#LIS#LAB#####ORU*R01#M-2#P#2.3.1");
    let fault = Fault::new(Location::segment("OBX", 2).field(5), Rule::CtNotANumber, "");
    let lines = lines(&ack::refuse(&received, AckCode::Error, &[&fault], &envelope()));
    assert!(lines[0].starts_with("MSH#*~!%#SONGHUA#COMMAND#LIS#LAB#"), "{}", lines[0]);
    assert_eq!(lines[2], "ERR#OBX*2*5*102%Data type error%HL70357");
}

#[test]
fn what_cannot_be_read_is_still_answered() {
    let reply = |bytes: &[u8]| {
        let rejected = Message::parse(bytes, &ParseOptions::default()).expect_err("unreadable");
        lines(&ack::for_rejected(&rejected, &envelope()))
    };
    // The header was read.
    let lines = reply(format!("{HEAD}\rbroken").as_bytes());
    assert!(lines[0].contains("|LIS^1.2^ISO|LAB|"));
    assert!(lines[1].starts_with("MSA|AE|M-1|segment 2: "), "{}", lines[1]);
    assert!(
        lines[2].starts_with("ERR|||100^Segment sequence error^HL70357|E|hl7-segment-id^"),
        "{}",
        lines[2]
    );
    // Only the look of a header: the control id is salvaged, the rest is ours.
    let lines = reply(b"MSH|^^\\&|LIS|LAB|||20220320||ORU^R01|M-3|P|2.5");
    assert!(lines[0].starts_with("MSH|^~\\&|SONGHUA|COMMAND|||"), "{}", lines[0]);
    assert!(lines[1].starts_with("MSA|AE|M-3|MSH-2: "), "{}", lines[1]);
    // Nothing at all.
    let lines = reply(b"\xFF\xFE?");
    assert!(lines[1].starts_with("MSA|AE||the whole: "), "{}", lines[1]);
    // What may be sent again, or must go elsewhere, is rejected rather than wrong.
    let lines = reply(b"BHS|^~\\&|");
    assert!(lines[1].starts_with("MSA|AR||"), "{}", lines[1]);
}

#[test]
fn message_faults_decide_between_error_and_rejection() {
    let read = |text: &str| {
        let message = parse(text.as_bytes());
        let fault = oru::read(&message, &oru::Options::default()).expect_err("no result message");
        (fault.rule, AckCode::for_fault(&fault).letters())
    };
    let head = |kind: &str, id: &str, version: &str, pointer: &str| {
        format!("MSH|^~\\&|LIS|LAB|||20220320||{kind}|{id}|P|{version}||{pointer}\rOBR|1")
    };
    assert_eq!(read(&head("ADT^A01", "1", "2.5", "")), (Rule::MessageType, "AR"));
    assert_eq!(read(&head("ORU^W01", "1", "2.5", "")), (Rule::EventCode, "AR"));
    assert_eq!(read(&head("ORU^R01", "1", "3.0", "")), (Rule::Version, "AR"));
    assert_eq!(read(&head("ORU^R01", "", "2.5", "")), (Rule::ControlIdMissing, "AE"));
    assert_eq!(read(&head("ORU^R01", "1", "2.5", "part2")), (Rule::ContinuationNotSupported, "AR"));
    assert_eq!(read(&format!("{HEAD}\rPID|1")), (Rule::NoOrder, "AE"));
    let cut = format!("{HEAD}\rOBR|1\rDSC|next");
    assert_eq!(read(&cut), (Rule::ContinuationNotSupported, "AR"));
}

#[test]
fn the_reply_to_faulty_items_names_each_of_them() {
    let dir = format!("{}/samples", env!("CARGO_MANIFEST_DIR"));
    let received = parse(&std::fs::read(format!("{dir}/faulty-items.hl7")).expect("the sample"));
    let report = oru::read(&received, &oru::Options::default()).expect("a result message");
    let reply = ack::for_report(&received, &report, &envelope());
    assert_eq!(reply.segments().filter(|s| s.id() == "ERR").count(), 12);
    let golden = format!("{dir}/faulty-items.ack.hl7");
    if std::env::var_os("WRITE_SAMPLES").is_some() {
        std::fs::write(&golden, ack::encode(&reply)).expect("writable");
    }
    let expected = std::fs::read(&golden).expect("the golden reply");
    assert_eq!(String::from_utf8_lossy(&ack::encode(&reply)), String::from_utf8_lossy(&expected));
}

#[test]
fn a_reply_goes_out_even_in_a_character_set_that_lacks_its_text() {
    let received = parse(b"MSH|^~\\&|LIS||||||ORU^R01|1|P|2.5||||||ASCII");
    let fault = Fault::new(Location::segment("OBX", 1).field(5), Rule::CtNotANumber, "阳");
    let bytes = ack::encode(&ack::refuse(&received, AckCode::Error, &[&fault], &envelope()));
    assert!(bytes.is_ascii() && bytes.windows(12).any(|w| w == b"(found \"?\")\r".as_slice()));
}
