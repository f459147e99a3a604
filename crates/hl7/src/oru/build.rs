//! Building a result message, as a laboratory system would send it.

use types::Micros;

use crate::builder::{MessageBuilder, SegmentBuilder};
use crate::charset::Charset;
use crate::delimiter::Delimiters;
use crate::message::Message;
use crate::result::{Ct, Interpretation, LabResult, Status};
use crate::time::{ZoneOffset, write_ts};

/// A result message to build: who sends it, and the results in it.
#[derive(Clone, Debug)]
pub struct OruMessage<'a> {
    /// MSH-3, the sending application.
    pub application: &'a str,
    /// MSH-4, the laboratory.
    pub laboratory: &'a str,
    /// MSH-5 and MSH-6, the receiving application and facility.
    pub receiver: (&'a str, &'a str),
    /// MSH-10.
    pub control_id: &'a str,
    /// MSH-7.
    pub made_at: Micros,
    /// The zone that times are written in.
    pub zone: ZoneOffset,
    /// The character set, MSH-18.
    pub charset: Charset,
    /// MSH-11: `P` production, `T` training.
    pub processing: &'a str,
    /// The results. Item numbers, laboratory and message id of each are those of the message.
    pub results: &'a [LabResult],
}

/// Builds an ORU^R01: for each result an OBR, the OBX segments and an SPM (HL7 v2.5 7.3.1).
///
/// Times of analysis go into OBX-19. The values of a cancelled result are not sent.
pub fn build(oru: &OruMessage<'_>) -> Message {
    let mut builder = MessageBuilder::new(Delimiters::STANDARD, oru.charset, |s| {
        s.text(3, oru.application)
            .text(4, oru.laboratory)
            .text(5, oru.receiver.0)
            .text(6, oru.receiver.1)
            .text(7, &write_ts(oru.made_at, oru.zone))
            .components(9, &["ORU", "R01", "ORU_R01"])
            .text(10, oru.control_id)
            .text(11, oru.processing)
            .text(12, "2.5");
    });
    for (index, result) in oru.results.iter().enumerate() {
        order(&mut builder, oru, index + 1, result);
    }
    builder.finish()
}

fn order(builder: &mut MessageBuilder, oru: &OruMessage<'_>, number: usize, result: &LabResult) {
    let time = |t: Option<Micros>| t.map(|t| write_ts(t, oru.zone)).unwrap_or_default();
    builder.segment("OBR", |s| {
        s.text(1, &number.to_string())
            .text(2, result.placer_order.as_deref().unwrap_or_default())
            .text(3, result.filler_order.as_deref().unwrap_or_default())
            .components(4, &["94500-6", "SARS-CoV-2 RNA", "LN"])
            .text(22, &time(result.reported_at))
            .text(25, result.status.letter());
    });
    let mut set = 0;
    let mut obx = |builder: &mut MessageBuilder, fill: &dyn Fn(&mut SegmentBuilder<'_>)| {
        set += 1;
        builder.segment("OBX", |s| {
            s.text(1, &set.to_string()).text(11, result.status.letter());
            fill(s);
        });
    };
    let tested = |s: &mut SegmentBuilder<'_>| {
        s.text(18, result.instrument.as_deref().unwrap_or_default())
            .text(19, &time(result.tested_at));
    };
    if result.status == Status::Cancelled {
        obx(builder, &|s| {
            s.components(3, &["94500-6", "SARS-CoV-2 RNA", "LN"]);
        });
    } else {
        let targets = [
            (result.n, ["94311-8", "N gene Ct", "LN"]),
            (result.orf1ab, ["94511-3", "ORF1ab Ct", "LN"]),
            (result.internal_control, ["IC", "internal control Ct", "L"]),
        ];
        for (ct, code) in targets {
            let Some(ct) = ct else { continue };
            obx(builder, &|s| {
                s.components(3, &code);
                ct_value(s, ct);
                tested(s);
            });
        }
        if let Some(interpretation) = result.interpretation {
            let (code, text) = answer(interpretation);
            obx(builder, &|s| {
                s.text(2, "CWE")
                    .components(3, &["94500-6", "SARS-CoV-2 RNA", "LN"])
                    .components(5, &[code, text, "SCT"]);
                tested(s);
            });
        }
    }
    for (value, code) in [(&result.plate, "PLATE"), (&result.well, "WELL")] {
        let Some(value) = value else { continue };
        obx(builder, &|s| {
            s.text(2, "ST").components(3, &[code, "", "L"]).text(5, value);
        });
    }
    for other in &result.other {
        obx(builder, &|s| {
            s.text(2, "ST").components(3, &[&other.code, &other.name, "L"]).text(5, &other.value);
        });
    }
    builder.segment("SPM", |s| {
        s.text(1, "1")
            .subcomponents(2, &[&[&result.tube]])
            .components(4, &["258500001", "Nasopharyngeal swab", "SCT"]);
    });
}

fn ct_value(s: &mut SegmentBuilder<'_>, ct: Ct) {
    match ct {
        Ct::At(cycles) => s.text(2, "NM").text(5, &cycles.to_string()).text(6, "{Ct_value}"),
        Ct::Above(cycles) => {
            s.text(2, "SN").components(5, &[">", &cycles.to_string()]).text(6, "{Ct_value}")
        }
        Ct::Undetected => s.text(2, "ST").text(5, "Undetermined"),
    };
}

/// The SNOMED CT qualifier for an interpretation.
fn answer(interpretation: Interpretation) -> (&'static str, &'static str) {
    match interpretation {
        Interpretation::Detected => ("260373001", "Detected"),
        Interpretation::NotDetected => ("260415000", "Not detected"),
        Interpretation::Inconclusive => ("419984006", "Inconclusive"),
        Interpretation::Invalid => ("455371000124106", "Invalid result"),
    }
}
