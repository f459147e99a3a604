//! The score as files: JSON, CSV and a page that stands by itself.

use std::fmt::Write as _;

use types::{Micros, Span};

use super::{Behind, Bin, Cell, Listing, Measure, Score, Value, Words, words};

/// A time in the zone of the scenario (UTC+8), to the minute.
fn shown(at: Micros) -> String {
    let text = (at + Span::hours(8)).rfc3339();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// A number of hours as a person reads it.
fn hours(hours: f64) -> String {
    // The sum of nothing is −0.
    format!("{:.1}", hours + 0.0)
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

    /// The value in a word: of lengths of time the median, of shares the part.
    pub fn short(&self) -> (String, String) {
        match self {
            Value::Share { part, .. } => (part.to_string(), part.to_string()),
            Value::Spans(s) if s.n > 0 => {
                let p50 = hours(s.p50);
                (format!("{p50} 小时"), format!("{p50} h"))
            }
            _ => self.text(),
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

impl Bin {
    /// Its edges in hours: `6–12`.
    pub fn label(&self) -> String {
        // Edges are multiples of a quarter: no digit is lost.
        format!("{}–{}", self.from, self.until)
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

/// For the screen and for paper; nothing in it needs colour.
const STYLE: &str = "body{font:16px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:70rem;\
margin:2rem auto;padding:0 1rem;color:#111;background:#fff}table{border-collapse:collapse;\
width:100%;margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px \
solid #bbb;vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\
span[lang=en]{color:#444}caption{text-align:left;font-weight:600;padding:.3rem 0}\
figure{margin:0 0 1.5rem;break-inside:avoid}figcaption{font-weight:600}svg{width:100%;\
max-width:40rem;height:auto;display:block}.headline{display:grid;grid-template-columns:\
repeat(auto-fill,minmax(15rem,1fr));gap:.75rem;padding:0;list-style:none}.headline li{border:1px \
solid #888;padding:.5rem .75rem}.headline strong{display:block;font-size:1.15rem}.muted{color:#444}\
.scroll{overflow-x:auto}@media print{body{max-width:none;margin:0;font-size:10pt}\
h2{break-after:avoid}tr{break-inside:avoid}a{color:inherit;text-decoration:none}}";

/// Rows of a list that are printed; all are in the JSON.
const PRINTED: usize = 100;

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

    /// A page that needs nothing else, in both languages, to be read or printed: the figures, how
    /// lengths of time are spread, and the lists.
    pub fn to_html(&self) -> String {
        let mut out = String::new();
        let c = &self.config;
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "<!doctype html><html lang=\"zh-Hans\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><title>松花演练评分 Songhua drill score</title>\
             <style>{STYLE}</style><h1>演练评分 <span lang=\"en\">Drill score</span></h1>\
             <p>{} · {} 人 <span lang=\"en\">people</span> · seed {} · {} – {}</p>\
             <p class=\"muted\">人物均为虚构，时间为模拟时间（UTC+8）。<span lang=\"en\">Everybody \
             here is made up; times are simulated (UTC+8).</span></p><ul class=\"headline\">",
            escaped(&c.scenario),
            c.people,
            c.seed,
            shown(c.start),
            shown(self.as_of),
        );
        for m in self.headline() {
            let _ = write!(out, "<li>{} <strong>{}</strong></li>", both(m.title), value(m));
        }
        out.push_str("</ul>");
        for section in &self.sections {
            let _ = write!(
                out,
                "<h2 id=\"{}\">{}</h2><p>{}</p><div class=\"scroll\"><table>",
                section.key,
                both(section.title),
                both(section.lead)
            );
            section.measures.iter().for_each(|m| row(&mut out, m));
            out.push_str("</table></div>");
            for m in &section.measures {
                if let Value::Spans(spans) = &m.value {
                    chart(&mut out, m.title, &spans.bins);
                }
            }
        }
        for (name, list) in &self.lists {
            table(&mut out, name, list);
        }
        out.push_str("</html>\n");
        out
    }
}

fn value(m: &Measure) -> String {
    let (zh, en) = m.value.text();
    match zh == en {
        true => escaped(&zh),
        false => format!("{} <span lang=\"en\">{}</span>", escaped(&zh), escaped(&en)),
    }
}

fn row(out: &mut String, m: &Measure) {
    let value = match &m.behind {
        Some(Behind::List(list)) => format!("<a href=\"#list-{list}\">{}</a>", value(m)),
        // A page of the server is not there where a report is read.
        Some(Behind::Page(_)) | None => value(m),
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

/// Bars of how lengths of time are spread, with their numbers under them.
fn chart(out: &mut String, title: Words, bins: &[Bin]) {
    const WIDTH: f64 = 640.0;
    const HEIGHT: f64 = 120.0;
    if bins.is_empty() {
        return;
    }
    let top = bins.iter().map(|b| b.count).max().unwrap_or(1).max(1) as f64;
    let step = WIDTH / bins.len() as f64;
    let _ = write!(
        out,
        "<figure><figcaption>{}</figcaption><svg viewBox=\"0 0 {WIDTH} 150\" role=\"img\" \
         aria-label=\"{} / {}\" font-size=\"12\" font-family=\"sans-serif\">",
        both(title),
        escaped(title.zh),
        escaped(title.en)
    );
    for (n, bin) in bins.iter().enumerate() {
        let (x, height) = (n as f64 * step, (HEIGHT - 16.0) * bin.count as f64 / top);
        let y = HEIGHT - height;
        let _ = write!(
            out,
            "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"#555\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            x + step * 0.08,
            step * 0.84,
            x + step / 2.0,
            y - 3.0,
            bin.count,
            x + step / 2.0,
            HEIGHT + 16.0,
            escaped(&bin.label()),
        );
    }
    let _ = write!(
        out,
        "<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\" stroke=\"#111\"/></svg>\
         <div class=\"scroll\"><table><tr><th scope=\"row\">{}</th>",
        both(words("小时", "Hours"))
    );
    for bin in bins {
        let _ = write!(out, "<td class=\"n\">{}</td>", escaped(&bin.label()));
    }
    let _ = write!(out, "</tr><tr><th scope=\"row\">{}</th>", both(words("数量", "Number")));
    for bin in bins {
        let _ = write!(out, "<td class=\"n\">{}</td>", bin.count);
    }
    out.push_str("</tr></table></div></figure>");
}

fn table(out: &mut String, name: &str, list: &Listing) {
    let printed = list.rows.len().min(PRINTED);
    let _ = write!(
        out,
        "<div class=\"scroll\"><table id=\"list-{name}\"><caption>{} ({})",
        both(list.title),
        list.total
    );
    if printed < list.total {
        let _ = write!(
            out,
            " · 前 {printed} 行，其余见 JSON <span lang=\"en\">the first {printed}; more in the \
             JSON</span>"
        );
    }
    out.push_str("</caption><tr>");
    for column in &list.columns {
        let _ = write!(out, "<th scope=\"col\">{}</th>", both(*column));
    }
    out.push_str("</tr>");
    for row in list.rows.iter().take(PRINTED) {
        out.push_str("<tr>");
        for cell in row {
            let _ = write!(out, "<td>{}</td>", escaped(&cell.plain()));
        }
        out.push_str("</tr>");
    }
    out.push_str("</table></div>");
}

#[cfg(test)]
mod tests {
    use super::super::Spans;
    use super::*;

    #[test]
    fn a_chart_has_its_numbers_under_it() {
        let mut out = String::new();
        chart(&mut out, words("等待", "Waits <"), &Spans::default().bins);
        assert!(out.is_empty(), "nothing to show");
        chart(&mut out, words("等待", "Waits <"), &Spans::of([1, 1, 5].map(Span::hours)).bins);
        assert!(out.contains("Waits &lt;") && !out.contains("Waits <"));
        assert!(out.contains("<td class=\"n\">1–1.5</td>"), "{out}");
        assert!(out.contains("<td class=\"n\">2</td>"), "two of them lie there");
    }
}
