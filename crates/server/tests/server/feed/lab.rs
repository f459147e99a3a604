//! A county with two laboratories and a round, and the messages that they send.

use hl7::ack::AckCode;
use hl7::charset::Charset;
use hl7::oru::{OruMessage, build};
use hl7::{Ct, Cycles, Interpretation, LabResult, Status, ZoneOffset};
use ledger::{Envelope, Priority};
use registry::command::{HolderDetails, PutHolders};
use server::App;
use server::feed::{self, Carrier, Message, MessageId, Reply};
use server::house::Command;
use testing::{Collect, Mode, OpenRound, Zone};
use types::{AreaCode, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId};
use uuid::Uuid;

use crate::bed::Bed;

pub const LAB: &str = "JL-01";
pub const OTHER: &str = "JL-02";

pub fn area() -> AreaCode {
    AreaCode::new(220_202).expect("six digits")
}

pub fn holder(text: &str) -> HolderCode {
    HolderCode::parse(text).expect("kind:code")
}

pub fn tube(n: u32) -> UnitId {
    UnitId::printed(testing::TUBE, area(), n)
}

fn round() -> RoundId {
    RoundId::from_bytes([9; 16])
}

pub async fn send(app: &App, command: Command) {
    let envelope = Envelope {
        id: CommandId(Uuid::now_v7()),
        area: area(),
        event_time: app.now() - Span::hours(1),
        clock_offset: Span(0),
        device: None,
        actor: ledger::Actor { user: "story".into(), holder: None },
        command,
    };
    let outcomes = app.submit(Priority::Normal, vec![envelope]).await.expect("written");
    assert_eq!(outcomes[0].refusal, None);
}

fn laboratory(code: &str, name_zh: &str) -> HolderDetails {
    HolderDetails {
        code: holder(&format!("lab:{code}")),
        name_zh: name_zh.into(),
        name_en: String::new(),
        place: None,
        lon: None,
        lat: None,
        active: true,
    }
}

/// Two laboratories and an open round.
pub async fn prepare(app: &App) {
    let holders = vec![laboratory(LAB, "第一检验所"), laboratory(OTHER, "第二检验所")];
    send(app, Command::Registry(registry::Command::PutHolders(PutHolders { holders }))).await;
    let open = OpenRound {
        round: round(),
        name_zh: "第三轮".into(),
        name_en: "Round three".into(),
        number: 3,
        places: vec![PlaceCode::parse("2202").expect("a place")],
        starts_at: app.now() - Span::hours(8),
        ends_at: app.now() + Span::hours(16),
        population: 3_623_700,
        prevalence: None,
        ordered_hours: None,
    };
    send(app, Command::Testing(testing::Command::OpenRound(open))).await;
}

/// A tube of two persons is filled, under its own code or a foreign barcode.
pub async fn collect(app: &App, unit: UnitId, barcode: Option<&str>) {
    let persons = [1_u8, 2].map(|n| {
        let mut id = unit.bytes();
        id[0] = n;
        PersonId::from_bytes(id)
    });
    let collect = Collect {
        round: round(),
        tube: unit,
        barcode: barcode.map(ToOwned::to_owned),
        site: holder("site:220202-S001"),
        community: PlaceCode::parse("220202001001").expect("a place"),
        mode: Mode::Ten,
        zone: Zone::Other,
        persons: persons.to_vec(),
        started_at: app.now() - Span::hours(2),
    };
    send(app, Command::Testing(testing::Command::Collect(collect))).await;
}

/// A negative result with all values.
pub fn negative(code: &str, at: Micros) -> LabResult {
    LabResult {
        tube: code.into(),
        n: Some(Ct::Undetected),
        orf1ab: Some(Ct::Undetected),
        internal_control: Some(Ct::At(Cycles::parse("27.5").expect("cycles"))),
        interpretation: Some(Interpretation::NotDetected),
        tested_at: Some(at),
        status: Status::Final,
        ..LabResult::default()
    }
}

/// A positive result.
pub fn positive(code: &str, at: Micros) -> LabResult {
    let found = Some(Ct::At(Cycles::parse("28.4").expect("cycles")));
    LabResult {
        n: found,
        orf1ab: found,
        interpretation: Some(Interpretation::Detected),
        ..negative(code, at)
    }
}

/// A message's bytes.
pub fn oru(lab: &str, control_id: &str, at: Micros, results: &[LabResult]) -> Vec<u8> {
    let message = build(&OruMessage {
        application: "LIS",
        laboratory: lab,
        receiver: ("SONGHUA", "COMMAND"),
        control_id,
        made_at: at,
        zone: ZoneOffset::CHINA,
        charset: Charset::Utf8,
        processing: "P",
        results,
    });
    message.encode().expect("plain characters")
}

/// Sends bytes over the line.
pub async fn receive(bed: &Bed, bytes: &[u8]) -> Reply {
    let reply = feed::receive(&bed.app, &Carrier::Line, bytes.to_vec()).await;
    reply.unwrap_or_else(|fault| panic!("{fault:?}"))
}

pub fn is_accepted(reply: &Reply) -> bool {
    reply.code == AckCode::Accept
}

/// The text of a reply.
pub fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.bytes).into_owned()
}

pub async fn message(bed: &Bed, id: MessageId) -> Message {
    let mut db = bed.app.reader().await.expect("a reader");
    let found = Message::find(&mut db, id).await.expect("read").expect("the message");
    assert!(found.counts.add_up(), "{:?}", found.counts);
    found
}

/// The message that a reply is about.
pub async fn kept(bed: &Bed, reply: &Reply) -> Message {
    message(bed, reply.message.expect("it was kept")).await
}

/// What is recorded of a tube: (laboratory, status, reading), oldest first.
pub async fn results(bed: &Bed, unit: UnitId) -> Vec<(String, String, String)> {
    let mut db = bed.app.reader().await.expect("a reader");
    let results = testing::views::results_of_tube(&mut db, unit).await.expect("read");
    results.into_iter().map(|(_, lab, status, reading, ..)| (lab, status, reading)).collect()
}

/// The readings of a tube.
pub async fn readings(bed: &Bed, unit: UnitId) -> Vec<String> {
    results(bed, unit).await.into_iter().map(|(_, _, reading)| reading).collect()
}

/// The reading that stands.
pub async fn reading(bed: &Bed, unit: UnitId) -> Option<String> {
    let mut db = bed.app.reader().await.expect("a reader");
    let tube = testing::views::tube(&mut db, unit).await.expect("read").expect("a tube");
    tube.reading.map(|reading| reading.as_str().to_owned())
}

/// Entries of the journal.
pub fn journal(bed: &Bed) -> i64 {
    *bed.app.engine().progress().borrow()
}
