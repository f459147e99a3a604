//! No bytes cause a panic, nothing is dropped, and what is built is what is read.

#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/mutate.rs"]
mod mutate;

use hl7::charset::Charset;
use hl7::oru::{self, OruMessage};
use hl7::result::{read_tube, read_well};
use hl7::{
    Ct, Cycles, Interpretation, LabResult, Message, Observation, ParseOptions, Status, ZoneOffset,
    csv,
};
use mutate::{Dice, damaged};
use proptest::prelude::*;
use types::Micros;

fn samples() -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = std::fs::read_dir(format!("{}/samples", env!("CARGO_MANIFEST_DIR")))
        .expect("the samples")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e != "md"))
        .collect();
    paths.sort();
    let mut samples: Vec<_> =
        paths.into_iter().map(|path| std::fs::read(path).expect("readable")).collect();
    let frames: Vec<u8> =
        samples.iter().flat_map(|s| hl7::mllp::encode(s).expect("no framing bytes")).collect();
    samples.push(frames);
    samples
}

fn all(bytes: &[u8], dice: &mut Dice) {
    invariants::message(bytes);
    invariants::mllp(bytes, dice.below(64), dice.below(4096));
    invariants::file(bytes);
}

/// Damages each sample `rounds` times.
fn run(rounds: u64, from_seed: u64) {
    let samples = samples();
    for seed in from_seed..from_seed + rounds {
        for sample in &samples {
            let mut dice = Dice::new(seed);
            let bytes = damaged(sample, &mut dice);
            let found = std::panic::catch_unwind(|| all(&bytes, &mut Dice::new(seed)));
            assert!(found.is_ok(), "seed {seed}: {:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn damaged_samples_break_nothing() {
    run(300, 1);
}

/// The same for as long as `HL7_FUZZ_ROUNDS` says (20,000 rounds without it):
/// `cargo test --release -p songhua-hl7 --test fuzz -- --ignored`.
#[test]
#[ignore = "runs for minutes"]
fn damaged_samples_break_nothing_for_long() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    run(number("HL7_FUZZ_ROUNDS").unwrap_or(20_000), number("HL7_FUZZ_SEED").unwrap_or(1_000));
}

/// Text that is hard on the parsers, without spaces at its ends.
fn text(most: usize) -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        3 => "[a-zA-Z0-9]",
        2 => "[|^~\\\\&\",;'# <>=+-]",
        2 => "[阳阴性縷觀葉衆管码é]",
        1 => "\\PC",
    ];
    proptest::collection::vec(letter, 1..=most)
        .prop_map(|letters| letters.concat().trim().to_owned())
        .prop_filter("not empty", |t| !t.is_empty())
        // Private-use characters and a few others have no way back in GB 18030.
        .prop_filter("in GB 18030", |t| Charset::Gb18030.encode(t).is_ok())
}

fn cycles() -> impl Strategy<Value = Cycles> {
    (1_u32..=60_000_000).prop_filter_map("in range", Cycles::from_micro)
}

fn ct() -> impl Strategy<Value = Option<Ct>> {
    proptest::option::of(prop_oneof![
        cycles().prop_map(Ct::At),
        cycles().prop_map(Ct::Above),
        Just(Ct::Undetected),
    ])
}

fn interpretation() -> impl Strategy<Value = Option<Interpretation>> {
    proptest::option::of(prop_oneof![
        Just(Interpretation::Detected),
        Just(Interpretation::NotDetected),
        Just(Interpretation::Inconclusive),
        Just(Interpretation::Invalid),
    ])
}

fn time() -> impl Strategy<Value = Option<Micros>> {
    // To a tenth of a millisecond, as the TS type is.
    proptest::option::of((0_i64..40_000_000_000_000).prop_map(|t| Micros(t * 100)))
}

fn observation() -> impl Strategy<Value = Observation> {
    (text(8), proptest::option::of(text(8)), proptest::option::of(text(20))).prop_map(
        |(code, name, value)| Observation {
            code: format!("Z{code}Z"),
            name: name.unwrap_or_default(),
            value: value.unwrap_or_default(),
        },
    )
}

/// Results as a laboratory could report them: a live one says something, a cancelled one has
/// no values.
fn result() -> impl Strategy<Value = LabResult> {
    let short = || proptest::option::of(text(12));
    let names = (text(20), short(), short(), short(), short(), short());
    let values = (ct(), ct(), ct(), interpretation());
    let status = prop_oneof![
        Just(Status::Final),
        Just(Status::Corrected),
        Just(Status::Preliminary),
        Just(Status::Cancelled),
    ];
    let other = proptest::collection::vec(observation(), 0..3);
    (names, values, time(), time(), status, other).prop_filter_map(
        "a result that says something",
        |(names, values, tested, reported, status, other)| {
            let (tube, placer_order, filler_order, plate, well, instrument) = names;
            let (n, orf1ab, internal_control, interpretation) = values;
            let live = status != Status::Cancelled;
            let says = n.is_some()
                || orf1ab.is_some()
                || internal_control.is_some()
                || interpretation.is_some();
            (says || !live).then_some(())?;
            Some(LabResult {
                tube: read_tube(&tube).ok()?,
                placer_order,
                filler_order,
                plate,
                well: well.and_then(|w| read_well(&w).ok()?),
                n: n.filter(|_| live),
                orf1ab: orf1ab.filter(|_| live),
                internal_control: internal_control.filter(|_| live),
                interpretation: interpretation.filter(|_| live),
                tested_at: tested.filter(|_| live),
                reported_at: reported,
                status,
                instrument: instrument.filter(|_| live),
                other,
                ..LabResult::default()
            })
        },
    )
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300), chunk in 1_usize..20, limit in 0_usize..100) {
        invariants::message(&bytes);
        invariants::mllp(&bytes, chunk, limit);
        invariants::file(&bytes);
    }

    #[test]
    fn any_bytes_after_a_header(bytes in proptest::collection::vec(any::<u8>(), 0..300), charset in "(|GBK|UNICODE UTF-8|8859/1|ASCII)") {
        let mut message = format!("MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.5||||||{charset}\r").into_bytes();
        message.extend_from_slice(&bytes);
        invariants::message(&message);
        let mut file = b"tube,ct_n,result,x\n".to_vec();
        file.extend_from_slice(&bytes);
        invariants::file(&file);
    }

    #[test]
    fn any_segments(lines in proptest::collection::vec("(OBR|OBX|SPM|SAC|PID|NTE)(\\|[A-Z0-9.>^&~\\\\\"-]{0,9}){0,12}", 0..12)) {
        let message = format!("MSH|^~\\&|A|B|||1||ORU^R01|1|P|2.5\r{}", lines.join("\r"));
        invariants::message(message.as_bytes());
    }

    #[test]
    fn any_rows(lines in proptest::collection::vec("[T0-9,;\" a>阳性-]{0,20}", 0..12)) {
        invariants::file(format!("tube,ct_n,result\n{}", lines.join("\n")).as_bytes());
    }

    #[test]
    fn without_quotation_marks_every_line_is_a_row_or_blank(lines in proptest::collection::vec("[T0-9, a>阳性-]{0,20}", 0..12)) {
        let text = format!("tube,ct_n,result\n{}", lines.join("\n"));
        let mut reader = csv::Reader::new(text.as_bytes(), csv::Options::default()).expect("a good header");
        prop_assert_eq!(reader.by_ref().count() as u64, reader.counts().rows);
        let counts = reader.counts();
        prop_assert_eq!(counts.rows + counts.blank, text.lines().skip(1).count() as u64);
    }

    #[test]
    fn a_built_message_is_read_as_it_was_meant(
        mut results in proptest::collection::vec(result(), 1..4),
        laboratory in text(12),
        control_id in text(12),
        gbk in any::<bool>(),
        zone in prop_oneof![Just("+0800"), Just("Z"), Just("-0330")],
    ) {
        for (index, result) in results.iter_mut().enumerate() {
            result.item = index + 1;
            result.laboratory = Some(laboratory.clone());
            result.message_id = Some(control_id.clone());
        }
        let message = oru::build(&OruMessage {
            application: "LIS",
            laboratory: &laboratory,
            receiver: ("SONGHUA", ""),
            control_id: &control_id,
            made_at: Micros(0),
            zone: ZoneOffset::parse(zone).expect("an offset"),
            charset: if gbk { Charset::Gb18030 } else { Charset::Utf8 },
            processing: "P",
            results: &results,
        });
        let bytes = message.encode().expect("the texts were chosen for it");
        let read = Message::parse(&bytes, &ParseOptions::default()).expect("well formed");
        prop_assert_eq!(&read, &message);
        let report = oru::read(&read, &oru::Options::default()).expect("a result message");
        let back: Result<Vec<LabResult>, _> = report.items.into_iter().collect();
        prop_assert_eq!(back, Ok(results));
    }

    #[test]
    fn a_written_file_is_read_as_it_was_meant(mut results in proptest::collection::vec(result(), 0..6), gbk in any::<bool>()) {
        for (index, result) in results.iter_mut().enumerate() {
            result.item = index + 1;
            result.placer_order = None;
            result.other.clear();
        }
        let charset = if gbk { Charset::Gb18030 } else { Charset::Utf8 };
        let mut bytes = Vec::new();
        csv::write(&mut bytes, &results, ZoneOffset::CHINA, charset).expect("in memory");
        let options = csv::Options { charset: Some(charset), ..csv::Options::default() };
        let reader = csv::Reader::new(bytes.as_slice(), options).expect("a good header");
        let back: Vec<csv::Row> = reader.map(|row| row.expect("no I/O error")).collect();
        let back: Result<Vec<LabResult>, _> = back.into_iter().collect();
        prop_assert_eq!(back, Ok(results));
    }
}
