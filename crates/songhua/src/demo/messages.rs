//! What laboratories sent the demo: a few messages that wait for somebody, so that a visitor finds
//! the queue as a desk finds it in the morning.

use anyhow::Result;
use server::App;
use server::feed::message::digest_of;
use server::feed::{Carrier, Message, MessageId, receive};
use types::{Micros, Span, UnitId};

use super::Demo;
use crate::data::told;

/// The zone that the messages give with their times.
const CHINA: i64 = 8;

/// Sends the messages, unless they were sent before.
///
/// # Errors
/// When the store fails.
pub async fn send(app: &App, demo: &Demo) -> Result<()> {
    let messages = messages(demo);
    let Some(first) = messages.first() else { return Ok(()) };
    let id = MessageId::derived(&first.sender, &first.control, &digest_of(&first.bytes));
    let mut db = app.store().reader().await?;
    if Message::find(&mut db, id).await.map_err(told)?.is_some() {
        return Ok(());
    }
    drop(db);
    for message in messages {
        receive(app, &Carrier::Line, message.bytes).await.map_err(told)?;
    }
    Ok(())
}

struct Sent {
    sender: String,
    control: String,
    bytes: Vec<u8>,
}

fn messages(demo: &Demo) -> Vec<Sent> {
    let Some(lab) = demo.town.main_lab() else { return Vec::new() };
    let lab = lab.holder.code();
    let stage = demo.town.stage();
    let at = demo.record.base - Span::minutes(40);
    // Serial numbers far above those that the demo's tubes get.
    let ours = UnitId::printed(testing::TUBE, stage, 80_000_017).to_string();
    let mut mistyped = UnitId::printed(testing::TUBE, stage, 80_000_018).to_string();
    let last = if mistyped.ends_with('7') { "3" } else { "7" };
    mistyped.replace_range(mistyped.len() - 1.., last);
    vec![
        oru(lab, "DEMO-0411", "P", at, "YD-0318-0077"),
        oru("JLSYY-PCR", "20220318-09", "P", at + Span::minutes(3), &ours),
        oru(lab, "DEMO-0412", "P", at + Span::minutes(5), &mistyped),
        oru(lab, "DEMO-0413", "T", at + Span::minutes(9), &ours),
    ]
}

/// One negative result of one tube; `processing` is `P` for earnest and `T` for training.
fn oru(sender: &str, control: &str, processing: &str, at: Micros, tube: &str) -> Sent {
    let time = time(at);
    let text = [
        format!(
            "MSH|^~\\&|LIS|{sender}|SONGHUA|COMMAND|{time}||ORU^R01^ORU_R01|{control}|{processing}|2.5|||||CHN|UNICODE UTF-8"
        ),
        // Laboratories send the first person of a pool along. This one is made up.
        "PID|1||220202198803150029||\u{9648}\u{6653}\u{71d5}".to_owned(),
        format!("OBR|1|{tube}||94309-2^SARS-CoV-2 RNA^LN|||{time}"),
        format!("OBX|1|CWE|94309-2^SARS-CoV-2 RNA^LN||260415000^Not detected^SCT||||||F|||{time}"),
        format!("SPM|1|{tube}"),
        String::new(),
    ];
    Sent {
        sender: sender.to_owned(),
        control: control.to_owned(),
        bytes: text.join("\r").into_bytes(),
    }
}

/// `20220315070000+0800`.
fn time(at: Micros) -> String {
    let local = (at + Span::hours(CHINA)).rfc3339();
    let digits: String = local.chars().filter(char::is_ascii_digit).take(14).collect();
    format!("{digits}+0{CHINA}00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_that_the_parser_reads() {
        let at = Micros::parse("2022-03-15T00:00:00Z").expect("a time");
        assert_eq!(time(at), "20220315080000+0800");
        let sent = oru("JL-02", "1", "P", at, "YD-1");
        let read = hl7::Message::parse(&sent.bytes, &hl7::ParseOptions::default()).expect("one");
        let report = hl7::oru::read(&read, &hl7::oru::Options::default()).expect("a report");
        assert_eq!(report.results().count(), 1);
    }
}
