//! Reading messages: what is tolerated, what is refused, and what a refusal names.

use hl7::charset::Charset;
use hl7::message::Limits;
use hl7::{Fault, Message, ParseOptions, Place, Rejected, Rule};

fn parse(bytes: &[u8]) -> Result<Message, Box<Rejected>> {
    Message::parse(bytes, &ParseOptions::default())
}

fn fault(bytes: &[u8]) -> Fault {
    parse(bytes).expect_err("this message must be refused").fault
}

fn ids(message: &Message) -> Vec<&str> {
    message.segments().map(|s| s.id()).collect()
}

#[test]
fn segments_end_with_cr_and_also_with_crlf_or_lf() {
    for text in [
        "MSH|^~\\&|A\rPID|1\rOBX|1\r",
        "MSH|^~\\&|A\r\nPID|1\r\nOBX|1",
        "MSH|^~\\&|A\nPID|1\n\nOBX|1\n",
        "\u{FEFF}\r\nMSH|^~\\&|A\r\rPID|1\r \rOBX|1\r\0",
    ] {
        let message = parse(text.as_bytes()).expect("well formed");
        assert_eq!(ids(&message), ["MSH", "PID", "OBX"], "{text:?}");
        assert_eq!(message.header().field(3).text(), "A");
    }
}

#[test]
fn a_line_feed_inside_a_message_with_cr_is_text() {
    let message = parse(b"MSH|^~\\&|A\rNTE|1||one\ntwo\r").expect("well formed");
    let note = message.first("NTE").expect("a note");
    assert_eq!(note.field(3).text(), "one\ntwo");
}

#[test]
fn fields_are_numbered_as_in_the_standard() {
    let message = parse(b"MSH|^~\\&|APP|FAC\rOBX|1|NM|a^b&c\r").expect("well formed");
    let msh = message.header();
    let texts: Vec<_> = (0..6).map(|n| msh.field(n).text().into_owned()).collect();
    assert_eq!(texts, ["", "|", "^~\\&", "APP", "FAC", ""]);
    let obx = message.first("OBX").expect("an observation");
    assert_eq!(obx.field(3).component(2).subcomponent(2).text(), "c");
    assert_eq!(obx.field_count(), 3);
}

#[test]
fn delimiters_come_from_the_header() {
    let message = parse(b"MSH$*~!%$APP\rOBX$1$ST$a*b%c$$x|y!T!z").expect("well formed");
    let obx = message.first("OBX").expect("an observation");
    assert_eq!(obx.field(3).component(2).subcomponent(2).text(), "c");
    assert_eq!(obx.field(5).text(), "x|y%z");
}

#[test]
fn refusals_name_rule_and_place() {
    let at = |bytes: &[u8]| {
        let fault = fault(bytes);
        (fault.rule, fault.place.to_string())
    };
    let whole = || "the whole".to_owned();
    assert_eq!(at(b""), (Rule::Empty, whole()));
    assert_eq!(at(b"\r\n\r\n"), (Rule::Empty, whole()));
    assert_eq!(at(b"PID|1"), (Rule::NoHeader, whole()));
    assert_eq!(at(b"FHS|^~\\&|"), (Rule::BatchNotSupported, whole()));
    assert_eq!(at(b"MSH"), (Rule::Delimiters, "MSH-1".to_owned()));
    assert_eq!(at(b"MSHA^~\\&A"), (Rule::Delimiters, "MSH-1".to_owned()));
    assert_eq!(at(b"MSH|^^\\&|A"), (Rule::Delimiters, "MSH-2".to_owned()));
    assert_eq!(at(b"MSH|^~\\&|A\rpid|1"), (Rule::SegmentId, "segment 2".to_owned()));
    assert_eq!(at(b"MSH|^~\\&|A\rPID1|1"), (Rule::SegmentId, "segment 2".to_owned()));
    assert_eq!(at(b"MSH|^~\\&|A\rPI"), (Rule::SegmentId, "segment 2".to_owned()));
    assert_eq!(at(b"MSH|^~\\&|A\rMSH|^~\\&|B"), (Rule::SecondHeader, "segment 2".to_owned()));
    let utf16 = b"MSH|^~\\&|||||||||||||||| UNICODE UTF-16 |\r";
    assert_eq!(at(utf16), (Rule::CharsetUnknown, "MSH-18".to_owned()));
}

#[test]
fn a_refusal_keeps_the_header_and_the_bytes() {
    let bytes = b"MSH|^~\\&|APP|||||||ID-7\rbad\r";
    let rejected = parse(bytes).expect_err("segment id");
    assert_eq!(rejected.raw, bytes);
    let header = rejected.header.expect("the header is fine");
    assert_eq!(header.header().field(10).text(), "ID-7");
    assert!(parse(b"PID|1").expect_err("no header").header.is_none());
}

#[test]
fn limits_are_checked() {
    let small = |bytes, segments, fields| ParseOptions {
        limits: Limits { bytes, segments, fields },
        ..ParseOptions::default()
    };
    let bytes = b"MSH|^~\\&|A\rPID|1|2|3|4|5\rPID|1\r";
    let rule = |options: &ParseOptions| Message::parse(bytes, options).map_err(|r| r.fault.rule);
    assert!(rule(&small(bytes.len(), 3, 5)).is_ok());
    let too_long = Message::parse(bytes, &small(bytes.len() - 1, 3, 5)).expect_err("a byte over");
    assert_eq!(too_long.fault.rule, Rule::TooLong);
    assert!(too_long.header.is_some(), "a reply needs the header");
    assert_eq!(rule(&small(5, 3, 5)).map(|_| ()), Err(Rule::TooLong));
    assert_eq!(rule(&small(99, 2, 5)).map(|_| ()), Err(Rule::TooManySegments));
    assert_eq!(rule(&small(99, 3, 4)).map(|_| ()), Err(Rule::TooManyFields));
}

/// The bytes of a message in GB 18030 whose facility's characters end in bytes that look like
/// `|`, `^`, `~` and `\`.
fn gbk(charset: &str, note: &[u8]) -> Vec<u8> {
    let head = format!("MSH|^~\\&|A|縷觀葉衆||||||||||||||{charset}\rNTE|1||");
    let mut bytes = Charset::Gb18030.encode(&head).expect("all in GBK").into_owned();
    for mark in b"|^~\\" {
        assert!(bytes[12..20].contains(mark), "the facility was chosen for these bytes");
    }
    bytes.extend_from_slice(note);
    bytes
}

#[test]
fn gbk_is_decoded_before_it_is_cut_into_fields() {
    for name in ["GB 18030-2000", "GB18030", "GBK"] {
        let message = parse(&gbk(name, b"\xD1\xF4\xD0\xD4\r")).expect("well formed");
        assert_eq!(message.charset(), Charset::Gb18030);
        assert_eq!(message.header().field(4).text(), "縷觀葉衆");
        assert_eq!(message.header().field(18).text(), name);
        assert_eq!(message.first("NTE").expect("a note").field(3).text(), "阳性");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_stand() {
    let rejected = parse(&gbk("GBK", b"ab\xFF\xFF|x\r")).expect_err("no text");
    assert_eq!(rejected.fault.rule, Rule::Undecodable);
    assert_eq!(rejected.fault.place.to_string(), "NTE[1]-3");
    assert_eq!(rejected.fault.found, "FF FF 7C 78 0D");
    assert!(rejected.header.is_some());
    // GBK under the name of UTF-8, and without a name, for which UTF-8 is the default.
    for name in ["UNICODE UTF-8", ""] {
        let rejected = parse(&gbk(name, b"x\r")).expect_err("not UTF-8");
        assert_eq!(rejected.fault.rule, Rule::Undecodable);
        assert_eq!(rejected.fault.place.to_string(), "MSH-4");
    }
    let options = ParseOptions { default_charset: Charset::Gb18030, ..ParseOptions::default() };
    assert!(Message::parse(&gbk("", b"x\r"), &options).is_ok());
}

#[test]
fn a_broken_byte_at_the_start_of_a_segment_is_placed_by_number() {
    assert_eq!(fault(b"MSH|^~\\&|A\r\xFF").place, Place::SegmentNumber(2));
    assert_eq!(fault(b"MSH|^~\\&|A\rPID|1\rP\xFFD").place, Place::SegmentNumber(3));
}

#[test]
fn what_was_read_is_written_back_byte_for_byte() {
    let bytes = b"MSH|^~\\&|A||\rOBX|1||a\\T\\b^c~d||\"\"|\rZZZ\r";
    assert_eq!(parse(bytes).expect("well formed").encode().expect("ASCII"), bytes);
}

/// Found by fuzzing: the header alone must not be read in another character set than the whole.
#[test]
fn the_character_set_is_the_one_that_names_itself() {
    // In UTF-8 the last field is MSH-18 and names GBK. In GBK the last byte of 阴 swallows the
    // separator after it, so that there the name is in MSH-17 and nothing is named.
    let message = |name: &str| format!("MSH|^~\\&|阴|||||||||||||||{name}|||\rNTE|1");
    let rejected = parse(message("GBK").as_bytes()).expect_err("contradictory");
    assert_eq!(rejected.fault.rule, Rule::CharsetUnknown);
    assert!(parse(message("UNICODE UTF-8").as_bytes()).is_ok());
    assert!(parse(message("").as_bytes()).is_ok());
    // Any bytes are text in 8859/1; where it is named, GB 18030 as default must not win,
    // though in it a character swallows the separator and leaves MSH-18 empty.
    let mut latin = b"MSH|^~\\&|\xBF|||||||||||||||8859/1\rNTE|1||caf\xE9".to_vec();
    let options = ParseOptions { default_charset: Charset::Gb18030, ..ParseOptions::default() };
    let read = Message::parse(&latin, &options).expect("8859/1 names itself");
    assert_eq!(read.charset(), Charset::Latin1);
    assert_eq!(read.first("NTE").expect("a note").field(3).text(), "café");
    latin.truncate(latin.len() - 1);
    assert!(Message::parse(&latin, &options).is_ok());
}

/// Found by fuzzing: with `-` as a delimiter the name of a character set must be escaped too.
#[test]
fn the_name_of_the_character_set_may_hold_escapes() {
    let read = parse(b"MSH|^~\\-|A|||||||||||||||GB 18030\\T\\2000\rNTE|1||\xD1\xF4");
    let message = read.expect("well formed");
    assert_eq!(message.charset(), Charset::Gb18030);
    assert_eq!(message.first("NTE").expect("a note").field(3).text(), "阳");
}
