//! The score as files: JSON, CSV and a page that stands by itself.

use std::fmt::Write as _;

use types::{Micros, Span};

use super::{Cell, Listing, Measure, Score, Value, Words};

/// A time in the zone of the scenario (UTC+8), to the minute.
fn shown(at: Micros) -> String {
    let text = (at + Span::hours(8)).rfc3339();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// A number of hours as a person reads it.
fn hours(hours: f64) -> String {
    format!("{hours:.1}")
}

impl Value {
    /// The value in words, in Chinese and in English.
    pub fn text(&self) -> (String, String) {
        let same = |text: String| (text.clone(), text);
        match self {
            Value::Count(n) => same(n.to_string()),
            Value::Share { part, whole } if *whole > 0 => {
                let percent = *part as f64 * 100.0 / *whole as f64;
                same(format!("{part} / {whole} ({percent:.1} %)"))
            }
            Value::Share { part, whole } => same(format!("{part} / {whole}")),
            Value::Spans(s) if s.n == 0 => ("尚无".into(), "none yet".into()),
            Value::Spans(s) => {
                let [p10, p50, p90, max] = [s.p10, s.p50, s.p90, s.max].map(hours);
                (
                    format!("中位 {p50} 小时（10% {p10}，90% {p90}，最长 {max}；{} 例）", s.n),
                    format!("median {p50} h (10 % {p10}, 90 % {p90}, longest {max}; n = {})", s.n),
                )
            }
            Value::Hours(h) => (format!("{} 小时", hours(*h)), format!("{} h", hours(*h))),
            Value::Beside { truth, system } => (
                format!("真实 {truth}，系统 {system}"),
                format!("really {truth}, by the system {system}"),
            ),
        }
    }

    /// The value in columns of a file: number, of, p10, p50, p90, max.
    fn columns(&self) -> [String; 6] {
        let none = String::new;
        match self {
            Value::Count(n) => [n.to_string(), none(), none(), none(), none(), none()],
            Value::Share { part, whole } => {
                [part.to_string(), whole.to_string(), none(), none(), none(), none()]
            }
            Value::Beside { truth, system } => {
                [truth.to_string(), system.to_string(), none(), none(), none(), none()]
            }
            Value::Hours(h) => [hours(*h), none(), none(), none(), none(), none()],
            Value::Spans(s) => {
                [s.n.to_string(), none(), hours(s.p10), hours(s.p50), hours(s.p90), hours(s.max)]
            }
        }
    }
}

impl Cell {
    /// The cell as text.
    pub fn plain(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(n) => n.to_string(),
            Cell::Time(at) => at.map(shown).unwrap_or_default(),
            Cell::Hours(h) => h.map(hours).unwrap_or_default(),
        }
    }
}

/// Text in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn both(words: Words) -> String {
    format!("{} <span lang=\"en\">{}</span>", escaped(words.zh), escaped(words.en))
}

const STYLE: &str = "body{font:16px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:70rem;\
margin:2rem auto;padding:0 1rem;color:#1c2430}table{border-collapse:collapse;width:100%;\
margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d5dae2;\
vertical-align:top}span[lang=en]{color:#55606f}caption{text-align:left;font-weight:600}\
details{margin:.5rem 0 1rem}";

impl Score {
    /// The whole score as JSON.
    ///
    /// # Errors
    /// Never in practice: everything in it can be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The figures as CSV, one a row.
    pub fn to_csv(&self) -> String {
        let mut out = String::from(
            "section,measure,round,title_zh,title_en,number,of,p10_h,p50_h,p90_h,max_h,from,until\r\n",
        );
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        for section in &self.sections {
            for m in &section.measures {
                let mut fields = vec![
                    section.key.to_owned(),
                    m.key.clone(),
                    m.round.map(|r| r.to_string()).unwrap_or_default(),
                    quoted(m.title.zh),
                    quoted(m.title.en),
                ];
                fields.extend(m.value.columns());
                fields.extend([m.from.rfc3339(), m.until.rfc3339()]);
                out.push_str(&fields.join(","));
                out.push_str("\r\n");
            }
        }
        out
    }

    /// A page that needs nothing else, in both languages, with the lists.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        let c = &self.config;
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<!doctype html><html lang=\"zh-Hans\"><meta charset=\"utf-8\"><title>松花演练评分 \
             Songhua drill score</title><style>{STYLE}</style><h1>演练评分 <span lang=\"en\">Drill \
             score</span></h1><p>{} · {} 人 <span lang=\"en\">people</span> · seed {} · {} – {}</p>",
            escaped(&c.scenario),
            c.people,
            c.seed,
            shown(c.start),
            shown(self.as_of),
        );
        for section in &self.sections {
            let _ = write!(
                out,
                "<h2 id=\"{}\">{}</h2><p>{}</p><table>",
                section.key,
                both(section.title),
                both(section.lead)
            );
            for m in &section.measures {
                self.row(&mut out, m);
            }
            out.push_str("</table>");
        }
        for (name, list) in &self.lists {
            table(&mut out, name, list);
        }
        out.push_str("</html>\n");
        out
    }

    fn row(&self, out: &mut String, m: &Measure) {
        let (zh, en) = m.value.text();
        let value = match zh == en {
            true => escaped(&zh),
            false => format!("{} <span lang=\"en\">{}</span>", escaped(&zh), escaped(&en)),
        };
        let value = match &m.list {
            Some(list) => format!("<a href=\"#list-{list}\">{value}</a>"),
            None => value,
        };
        let round = m.round.map(|r| format!(" · {r}")).unwrap_or_default();
        let _ = write!(
            out,
            "<tr><th scope=\"row\">{}{round}</th><td>{value}</td><td>{} – {}</td></tr>",
            both(m.title),
            shown(m.from),
            shown(m.until)
        );
    }
}

fn table(out: &mut String, name: &str, list: &Listing) {
    let _ = write!(
        out,
        "<details id=\"list-{name}\"><summary>{} ({})</summary><table><tr>",
        both(list.title),
        list.total
    );
    for column in &list.columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", both(*column));
    }
    out.push_str("</tr>");
    for row in &list.rows {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{}</td>", escaped(&cell.plain()));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></details>");
}
