//! A bulletin as a file: PDF, CSV, JSON, and the data value set of DHIS2.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use cases::{FoundIn, Measure};
use command::Document;
use serde::Serialize;
use serde_json::json;
use types::Refusal;

use super::report::{Drafter, Reader};
use crate::api;
use crate::api::bulletins::FigureOut as Figure;
use crate::seat::{Answer, Seat};
use crate::ui::table::{csv_field, csv_file};
use crate::{Fault, t};

/// The name of a file without its ending: `bulletin-22-2022-04-09-no12`.
fn file_name(document: &Document) -> String {
    let correction = match document.correction {
        0 => String::new(),
        n => format!("-c{n}"),
    };
    format!("bulletin-{}-{}-no{}{correction}", document.scope, document.window.day(), document.no)
}

fn found_word(found_in: Option<FoundIn>) -> &'static str {
    found_in.map_or("unknown", FoundIn::as_str)
}

/// All figures of a bulletin, as data.
pub fn figures(document: &Document) -> Vec<Figure> {
    let mut all = Vec::new();
    for areas in &document.areas {
        let figure = |measure: Measure, of, value| Figure {
            area: areas.area.to_string(),
            measure: measure.as_str(),
            found_in: None,
            severity: None,
            of,
            value,
        };
        for (measure, found_in, n) in &areas.new {
            let found_in = Some(found_word(*found_in));
            all.push(Figure { found_in, ..figure(*measure, "window", *n) });
        }
        for (severity, n) in &areas.severity {
            let severity = Some(severity.as_str());
            all.push(Figure { severity, ..figure(Measure::Confirmed, "window", *n) });
        }
        for (measure, n) in &areas.total {
            all.push(figure(*measure, "total", *n));
        }
    }
    all
}

/// The file that an address asks for with `format`; `None` when it asks for the page.
pub fn asked(seat: &Seat, document: &Document, reader: Reader<'_>) -> Option<Answer> {
    Some(match seat.param("format")?.as_str() {
        "pdf" => pdf(seat, document, reader),
        "csv" => Ok(csv(seat, document, reader)),
        "json" => as_json(seat, document, reader),
        "dhis2" => dhis2(document, reader),
        _ => Err(Refusal::new("malformed-request").into()),
    })
}

fn pdf(seat: &Seat, document: &Document, reader: Reader<'_>) -> Answer {
    let report = Drafter::new(seat, document, reader).report();
    let printed = report.paper(seat).print().map_err(Fault::internal)?;
    let name = format!("inline; filename=\"{}.pdf\"", file_name(document));
    let headers = [(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, printed.bytes).into_response())
}

/// The tables of the report, one under the other: what a spreadsheet shows as the page does.
fn csv(seat: &Seat, document: &Document, reader: Reader<'_>) -> Response {
    let report = Drafter::new(seat, document, reader).report();
    let mut out = String::from("\u{feff}");
    let mut line = |fields: Vec<String>| {
        let fields: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
        out.push_str(&fields.join(","));
        out.push_str("\r\n");
    };
    line(vec![report.title.clone()]);
    line(vec![report.under.clone()]);
    for part in &report.parts {
        line(Vec::new());
        line(vec![part.title.clone()]);
        line(std::iter::once(part.first.clone()).chain(part.columns.clone()).collect());
        for row in &part.lines {
            let values = row.values.iter().map(|value| {
                value.n.map_or_else(|| t!(seat, "bulletin-left-out"), |n| n.to_string())
            });
            line(std::iter::once(row.name.clone()).chain(values).collect());
        }
    }
    csv_file(&file_name(document), out)
}

fn as_json(seat: &Seat, document: &Document, reader: Reader<'_>) -> Answer {
    let report = Drafter::new(seat, document, reader).report();
    let mut body = json!({
        "no": document.no,
        "correction": document.correction,
        "scope": document.scope.to_string(),
        "title": report.title,
        "day": document.window.day().to_string(),
        "from": document.from.rfc3339(),
        "until": document.until.rfc3339(),
        "as_of": document.as_of.rfc3339(),
        "publisher": document.publisher,
        "note": document.note,
        "sentences": report.sentences,
        "notes": report.notes,
        "unexamined": document.unexamined,
    });
    match reader {
        Reader::Own(_) => body["figures"] = json!(figures(document)),
        Reader::Everybody(_) => {
            body["tables"] = report
                .parts
                .iter()
                .map(|part| {
                    let lines = part.lines.iter().map(|line| {
                        let values: Vec<Option<i64>> = line.values.iter().map(|v| v.n).collect();
                        json!({"name": line.name, "values": values})
                    });
                    json!({
                        "title": part.title,
                        "columns": part.columns,
                        "lines": lines.collect::<Vec<_>>(),
                    })
                })
                .collect();
        }
    }
    api::json(StatusCode::OK, &body)
}

/// A data value of DHIS2.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DataValue {
    data_element: String,
    period: String,
    org_unit: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category_option_combo: Option<String>,
    value: String,
}

/// The data value set of a whole day, by codes: data elements `SONGHUA_CONFIRMED` and so on,
/// organisation units by division code, category option combinations `FOUND_LOCKED` and so on. It is
/// imported with `dataElementIdScheme=code&orgUnitIdScheme=code&categoryOptionComboIdScheme=code`.
fn dhis2(document: &Document, reader: Reader<'_>) -> Answer {
    if !matches!(reader, Reader::Own(_)) {
        return Err(Refusal::new("malformed-request").into());
    }
    if !document.window.is_whole() {
        return Err(Refusal::new("dhis2-needs-a-day").into());
    }
    let period = document.window.day().strftime("%Y%m%d").to_string();
    let element = |measure: &str| format!("SONGHUA_{}", measure.to_uppercase());
    let values: Vec<DataValue> = figures(document)
        .into_iter()
        .map(|figure| {
            let found = figure.found_in.map(|word| format!("FOUND_{}", word.to_uppercase()));
            let grade = figure.severity.map(|word| format!("SEVERITY_{}", word.to_uppercase()));
            let mut data_element = element(figure.measure);
            if figure.of == "total" {
                data_element.push_str("_TOTAL");
            }
            if grade.is_some() {
                data_element.push_str("_BY_SEVERITY");
            }
            DataValue {
                data_element,
                period: period.clone(),
                org_unit: figure.area,
                category_option_combo: found.or(grade),
                value: figure.value.to_string(),
            }
        })
        .collect();
    let body = json!({
        "dataSet": "SONGHUA_DAILY",
        "completeDate": document.as_of.rfc3339().get(..10),
        "period": period,
        "orgUnit": document.scope.to_string(),
        "dataValues": values,
    });
    api::json(StatusCode::OK, &body)
}

/// The links to the files of a bulletin: address and name.
pub fn links(path: &str, own: bool) -> Vec<(String, String)> {
    let formats: &[&str] =
        if own { &["pdf", "csv", "json", "dhis2"] } else { &["pdf", "csv", "json"] };
    formats.iter().map(|f| (format!("{path}?format={f}"), f.to_uppercase())).collect()
}
