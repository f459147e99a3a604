//! Every sample feed, and what must come out of it.

use hl7::charset::Charset;
use hl7::oru::{self, Report};
use hl7::{
    Ct, Cycles, Interpretation, LabResult, Message, Observation, ParseOptions, Rule, Status,
};
use hl7::{csv, message};
use types::Micros;

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn report(name: &str) -> (Message, Report) {
    let message = Message::parse(&sample(name), &message::ParseOptions::default())
        .unwrap_or_else(|rejected| panic!("{name}: {rejected}"));
    let report = oru::read(&message, &oru::Options::default())
        .unwrap_or_else(|fault| panic!("{name}: {fault}"));
    (message, report)
}

fn results(report: &Report) -> Vec<LabResult> {
    report.items.iter().map(|item| item.clone().unwrap_or_else(|e| panic!("{e}"))).collect()
}

fn at(text: &str) -> Option<Ct> {
    Some(Ct::At(Cycles::parse(text).expect("a number of cycles")))
}

fn above(text: &str) -> Option<Ct> {
    Some(Ct::Above(Cycles::parse(text).expect("a number of cycles")))
}

fn time(text: &str) -> Option<Micros> {
    Some(Micros::parse(text).expect("RFC 3339"))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn pool_negative() {
    let (_, report) = report("pool-negative.hl7");
    assert_eq!(report.header.version, "2.5");
    assert_eq!(report.header.processing, "P");
    assert_eq!(report.header.application, some("LIS"));
    let made = Micros::parse("2022-03-20T06:10:00.1234Z").ok();
    assert_eq!(report.header.made_at, made);
    let expected = LabResult {
        item: 1,
        tube: "T220202000123458".to_owned(),
        placer_order: None,
        filler_order: some("PCR1-9931"),
        plate: some("P0320-017"),
        well: some("B07"),
        n: above("40"),
        orf1ab: Some(Ct::Undetected),
        internal_control: at("27.315"),
        interpretation: Some(Interpretation::NotDetected),
        tested_at: time("2022-03-20T06:05:34Z"),
        reported_at: time("2022-03-20T06:08:00Z"),
        status: Status::Final,
        laboratory: some("JLSY-PCR1"),
        instrument: some("SLAN-96P-07"),
        message_id: some("PCR1-000481"),
        other: vec![Observation {
            code: "REMARK".to_owned(),
            name: "remark".to_owned(),
            value: "swab & medium in order".to_owned(),
        }],
    };
    assert_eq!(results(&report), [expected]);
}

#[test]
fn three_pools_gb18030() {
    let (message, report) = report("three-pools-gb18030.hl7");
    assert_eq!(message.charset(), Charset::Gb18030);
    let results = results(&report);
    assert!(results.iter().all(|r| r.laboratory.as_deref() == Some("吉林市縷觀葉衆检验所")));
    let tubes: Vec<_> = results.iter().map(|r| r.tube.as_str()).collect();
    assert_eq!(tubes, ["T220202000200018", "T220202000200026", "T220202000200034"]);
    assert_eq!((results[0].n, results[0].orf1ab), (at("28.41"), at("29.07")));
    assert_eq!(results[0].interpretation, Some(Interpretation::Detected));
    assert_eq!((results[1].n, results[1].orf1ab), (at("37.2"), Some(Ct::Undetected)));
    assert_eq!(results[1].interpretation, Some(Interpretation::Inconclusive));
    assert_eq!(results[1].status, Status::Preliminary);
    assert_eq!(results[2].internal_control, Some(Ct::Undetected));
    assert_eq!(results[2].interpretation, Some(Interpretation::Invalid));
    assert_eq!(results[2].tested_at, time("2022-03-20T06:55:02Z"));
}

#[test]
fn analyser_without_specimen() {
    let (_, report) = report("analyser-without-specimen.hl7");
    let results = results(&report);
    // The bar code in OBR-2, the running number in OBR-3; and the bar code in OBR-3.
    assert_eq!(results[0].tube, "T220202000300012");
    assert_eq!(results[0].filler_order, some("00042"));
    assert_eq!(results[1].tube, "T220202000300020");
    // ">40" in an NM value, "-" says nothing.
    assert_eq!((results[0].n, results[0].orf1ab), (above("40"), None));
    assert_eq!(results[0].internal_control, at("24"));
    assert_eq!(results[0].interpretation, Some(Interpretation::NotDetected));
    assert_eq!(results[0].instrument, some("ANALYSER-3"));
    assert_eq!(results[0].tested_at, time("2022-03-20T17:55:00Z"));
    assert_eq!(results[1].interpretation, Some(Interpretation::Detected));
}

#[test]
fn corrected_and_cancelled() {
    let (_, report) = report("corrected.hl7");
    let results = results(&report);
    assert_eq!(results[0].status, Status::Corrected);
    // The value marked W, posted as wrong, is not the result.
    assert_eq!(results[0].interpretation, Some(Interpretation::Inconclusive));
    assert_eq!(results[0].n, at("37.9"));
    assert_eq!(results[0].tested_at, time("2022-03-20T09:00:00Z"));
    assert_eq!(results[1].status, Status::Cancelled);
    assert_eq!((results[1].interpretation, results[1].n), (None, None));
}

#[test]
fn several_specimens() {
    let (_, report) = report("several-specimens.hl7");
    assert_eq!(report.header.laboratory, some("JLSY#PCR2"));
    assert_eq!(report.header.processing, "T");
    let results = results(&report);
    let read: Vec<_> =
        results.iter().map(|r| (r.tube.as_str(), r.well.as_deref(), r.interpretation)).collect();
    let (negative, unclear) =
        (Some(Interpretation::NotDetected), Some(Interpretation::Inconclusive));
    assert_eq!(
        read,
        [
            ("T220202000400009", Some("B07"), negative),
            ("T220202000400017", Some("B08"), unclear),
            ("T220202000400025", None, unclear),
        ]
    );
    // The zone of MSH-7, which is UTC, goes before the option; the time's own before both.
    assert_eq!(results[0].tested_at, time("2022-03-20T17:00:00Z"));
    assert_eq!(results[2].tested_at, time("2022-03-20T08:00:00Z"));
}

#[test]
fn faulty_items() {
    let (_, report) = report("faulty-items.hl7");
    assert_eq!(report.items.len(), 13);
    let found: Vec<_> = report
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| match item {
            Ok(result) => {
                assert_eq!(result.item, index + 1);
                (Some(result.tube.as_str()), None, String::new())
            }
            Err(error) => {
                assert_eq!(error.item, index + 1);
                (error.tube.as_deref(), Some(error.fault.rule), error.fault.place.to_string())
            }
        })
        .collect();
    let tube = |n: &'static str| Some(n);
    let expected = [
        (None, Some(Rule::ObservationWithoutOrder), "OBX[1]"),
        (tube("T220202000500014"), Some(Rule::CtNotANumber), "OBX[2]-5"),
        (tube("T220202000500022"), Some(Rule::InterpretationConflict), "OBX[3]-5"),
        (tube("T220202000500030"), Some(Rule::UnitsNotCycles), "OBX[4]-6"),
        (tube("T220202000500049"), Some(Rule::StatusMissing), "OBX[5]-11"),
        (tube("T220202000500057"), Some(Rule::ResultPending), "OBX[6]-11"),
        (tube("T220202000500065"), Some(Rule::TimeTooCoarse), "OBX[7]-14"),
        (tube("T220202000500073"), Some(Rule::ValueConflict), "OBX[9]-5"),
        (None, Some(Rule::TubeMissing), "OBR[8]-3"),
        (tube("T220202000500081"), Some(Rule::NoResult), "OBR[9]"),
        (tube("T220202000500090"), Some(Rule::SpecimenAmbiguous), "OBX[12]"),
        (tube("T220202000500103"), Some(Rule::SpecimenAmbiguous), "OBX[12]"),
        (tube("T220202000500111"), None, ""),
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0, found.1, found.2.as_str()), expected);
    }
}

fn rows(name: &str) -> (Vec<csv::Row>, csv::Counts, Option<Charset>) {
    let bytes = sample(name);
    let options = csv::Options { source: some(name), ..csv::Options::default() };
    let mut reader = csv::Reader::new(bytes.as_slice(), options).expect("a good header");
    let rows: Vec<_> = reader.by_ref().map(|row| row.expect("no I/O error")).collect();
    (rows, reader.counts(), reader.charset())
}

#[test]
fn results_zh_gb18030() {
    let (rows, counts, charset) = rows("results-zh-gb18030.csv");
    assert_eq!(charset, Some(Charset::Gb18030));
    assert_eq!((counts.rows, counts.accepted), (4, 4));
    let rows: Vec<LabResult> = rows.into_iter().collect::<Result<_, _>>().expect("all good");
    assert_eq!(rows[0].tube, "T220202000600013");
    assert_eq!(rows[0].filler_order, some("甲1"));
    assert_eq!(rows[0].well, some("A01"));
    assert_eq!((rows[0].n, rows[0].orf1ab), (Some(Ct::Undetected), Some(Ct::Undetected)));
    assert_eq!(rows[0].tested_at, time("2022-03-20T06:05:00Z"));
    assert_eq!(rows[1].interpretation, Some(Interpretation::Detected));
    assert_eq!(rows[1].other[0].value, "两靶标, 复核");
    assert_eq!((rows[2].n, rows[2].orf1ab), (above("40"), at("38.2")));
    assert_eq!(rows[2].tested_at, time("2022-03-20T06:05:00Z"));
    assert_eq!((rows[3].n, rows[3].interpretation), (None, Some(Interpretation::Invalid)));
    assert_eq!(rows[3].message_id, some("results-zh-gb18030.csv"));
}

#[test]
fn results_en() {
    let (rows, counts, charset) = rows("results-en.csv");
    assert_eq!(charset, Some(Charset::Utf8));
    assert_eq!(counts, csv::Counts { rows: 3, accepted: 3, rejected: 0, blank: 1 });
    let rows: Vec<LabResult> = rows.into_iter().collect::<Result<_, _>>().expect("all good");
    let status: Vec<_> = rows.iter().map(|r| r.status).collect();
    assert_eq!(status, [Status::Final, Status::Corrected, Status::Cancelled]);
    assert_eq!(rows[0].tested_at, rows[1].tested_at);
    assert_eq!(rows[1].well, some("B01"));
}

#[test]
fn results_faulty() {
    let (rows, counts, _) = rows("results-faulty.csv");
    assert_eq!(counts, csv::Counts { rows: 12, accepted: 2, rejected: 10, blank: 0 });
    let found: Vec<(usize, Rule, String)> = rows
        .iter()
        .enumerate()
        .filter_map(|(index, row)| {
            let error = row.as_ref().err()?;
            assert_eq!(error.row, index as u64 + 1);
            Some((index + 1, error.fault.rule, error.fault.place.to_string()))
        })
        .collect();
    let expected = [
        (2, Rule::TubeMangled, "line 3, column \"tube\""),
        (3, Rule::CtNotANumber, "line 4, column \"ct_n\""),
        (4, Rule::InterpretationUnknown, "line 5, column \"result\""),
        (5, Rule::TimeTooCoarse, "line 6, column \"tested_at\""),
        (6, Rule::ColumnCount, "line 7"),
        (7, Rule::QuoteOpen, "line 8"),
        (8, Rule::TimeMalformed, "line 9, column \"tested_at\""),
        (9, Rule::TubeMissing, "line 10, column \"tube\""),
        (10, Rule::NoResult, "line 11"),
        (11, Rule::QuoteStray, "line 12"),
    ];
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.0, found.1, found.2.as_str()), expected);
    }
    let open = rows[6].as_ref().expect_err("an open quotation mark");
    assert!(open.raw.starts_with(b"T220202000800060"), "the bytes are kept");
    assert!(!open.raw.contains(&b'\n'), "and are those of that line only");
}

#[test]
fn every_sample_has_a_test() {
    let mut names: Vec<String> =
        std::fs::read_dir(format!("{}/samples", env!("CARGO_MANIFEST_DIR")))
            .expect("the samples")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "README.md",
            "analyser-without-specimen.hl7",
            "corrected.hl7",
            "faulty-items.ack.hl7",
            "faulty-items.hl7",
            "pool-negative.hl7",
            "results-en.csv",
            "results-faulty.csv",
            "results-zh-gb18030.csv",
            "several-specimens.hl7",
            "three-pools-gb18030.hl7",
        ]
    );
    for name in names.iter().filter(|n| n.ends_with(".hl7")) {
        let message = Message::parse(&sample(name), &ParseOptions::default()).expect("well formed");
        let again =
            Message::parse(&message.encode().expect("same characters"), &ParseOptions::default());
        assert_eq!(again.expect("well formed"), message, "{name}");
    }
}
