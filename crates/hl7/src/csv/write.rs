//! Writing results as a file that the reader takes.

use std::io::Write;

use crate::charset::Charset;
use crate::result::{Ct, Interpretation, LabResult, Status};
use crate::time::{ZoneOffset, write_local};
use crate::{Error, Fault, Place, Rule};

const HEADER: &str = "tube,sample_id,plate,well,ct_n,ct_orf1ab,ic,result,tested_at,reported_at,\
                      status,laboratory,instrument\r\n";

/// Writes results in the format of this module, with times in a zone. What else was reported
/// ([`LabResult::other`]) and OBR-2 have no column and are left out.
///
/// # Errors
/// [`Error::Io`], or [`Rule::Unencodable`] naming the line.
pub fn write(
    mut out: impl Write,
    results: &[LabResult],
    zone: ZoneOffset,
    charset: Charset,
) -> Result<(), Error> {
    let doing = "writing the file";
    out.write_all(HEADER.as_bytes()).map_err(Error::io(doing))?;
    for (index, result) in results.iter().enumerate() {
        let row = row(result, zone);
        let bytes = charset.encode(&row).map_err(|c| {
            let line = Place::Line(index as u64 + 2);
            Fault::new(line, Rule::Unencodable, c.encode_utf8(&mut [0; 4]))
        })?;
        out.write_all(&bytes).map_err(Error::io(doing))?;
    }
    Ok(())
}

fn row(result: &LabResult, zone: ZoneOffset) -> String {
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let live = result.status != Status::Cancelled;
    let ct = |ct: Option<Ct>| ct.filter(|_| live).map(|ct| ct.to_string()).unwrap_or_default();
    let time = |t: Option<types::Micros>| t.map(|t| write_local(t, zone)).unwrap_or_default();
    let word = match result.interpretation.filter(|_| live) {
        None => "",
        Some(Interpretation::Detected) => "detected",
        Some(Interpretation::NotDetected) => "not detected",
        Some(Interpretation::Inconclusive) => "inconclusive",
        Some(Interpretation::Invalid) => "invalid",
    };
    let cells = [
        result.tube.clone(),
        text(&result.filler_order),
        text(&result.plate),
        text(&result.well),
        ct(result.n),
        ct(result.orf1ab),
        ct(result.internal_control),
        word.to_owned(),
        time(result.tested_at),
        time(result.reported_at),
        result.status.letter().to_owned(),
        text(&result.laboratory),
        text(&result.instrument),
    ];
    let mut out = cells.map(|cell| quoted(&cell)).join(",");
    out.push_str("\r\n");
    out
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
