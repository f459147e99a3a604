//! Changes to a scenario's figures by key: `testing.labs=90000/day`, `beds.fangcang=+3d`.

use std::fmt;
use std::str::FromStr;

use toml::{Table, Value};

use crate::CityError;

/// A change of one figure of `epidemic.toml` or `response.toml`.
///
/// | form | does |
/// |---|---|
/// | `key=0.4`, `key=90000/day`, `key=40%` | sets the value; of a dated one wherever it is not 0 |
/// | `key=x1.5` | multiplies it |
/// | `key=+3d`, `key=-2d` | moves its dates after the first by so many days |
/// | `key@2022-03-12=0.3` | sets a dated value from that day on |
///
/// A key is a table and a name; an entry of a list is told by its number, from 0:
/// `seeds.0=30`, `severity.symptomatic.4=0.8`.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    key: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq)]
enum What {
    Set(f64),
    Times(f64),
    Shift(i64),
    From(jiff::civil::Date, f64),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Set(v) => write!(f, "{}={v}", self.key),
            What::Times(v) => write!(f, "{}=x{v}", self.key),
            What::Shift(d) => write!(f, "{}={d:+}d", self.key),
            What::From(day, v) => write!(f, "{}@{day}={v}", self.key),
        }
    }
}

fn wrong(key: &str, problem: impl Into<String>) -> CityError {
    CityError::Change { key: key.to_owned(), problem: problem.into() }
}

impl FromStr for Change {
    type Err = CityError;

    fn from_str(text: &str) -> Result<Change, CityError> {
        let (key, value) =
            text.split_once('=').ok_or_else(|| wrong(text, "has no value; write KEY=VALUE"))?;
        let (key, value) = (key.trim(), value.trim());
        let number = |text: &str| -> Result<f64, CityError> {
            let text = text.split('/').next().unwrap_or(text);
            let (text, unit) = text.strip_suffix('%').map_or((text, 1.0), |t| (t, 0.01));
            let value = text.trim().replace('_', "").parse::<f64>();
            value
                .ok()
                .filter(|v| v.is_finite())
                .map(|v| v * unit)
                .ok_or_else(|| wrong(key, format!("{text:?} is no number")))
        };
        if let Some((key, date)) = key.split_once('@') {
            let date = date.parse().map_err(|_| wrong(key, format!("{date:?} is no date")))?;
            return Ok(Change { key: key.to_owned(), what: What::From(date, number(value)?) });
        }
        let days = value.strip_suffix('d').filter(|v| v.starts_with(['+', '-']));
        let what = if let Some(days) = days {
            What::Shift(days.parse().map_err(|_| wrong(key, format!("{value:?} is no span")))?)
        } else if let Some(factor) = value.strip_prefix(['x', '*']) {
            What::Times(number(factor)?)
        } else {
            What::Set(number(value)?)
        };
        Ok(Change { key: key.to_owned(), what })
    }
}

impl Change {
    /// Sets a key to a number.
    pub fn set(key: &str, value: f64) -> Change {
        Change { key: key.to_owned(), what: What::Set(value) }
    }

    /// Multiplies the value of a key.
    pub fn times(key: &str, factor: f64) -> Change {
        Change { key: key.to_owned(), what: What::Times(factor) }
    }

    /// Sets a dated value from a day on.
    pub fn from_day(key: &str, day: jiff::civil::Date, value: f64) -> Change {
        Change { key: key.to_owned(), what: What::From(day, value) }
    }

    /// A plain value as one that holds from a day on, also where it is 0 now; anything else as it is.
    #[must_use]
    pub fn since(self, day: jiff::civil::Date) -> Change {
        match self.what {
            What::Set(value) => Change { what: What::From(day, value), ..self },
            _ => self,
        }
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the agents themselves depend on it, not only what happens among them.
    pub(crate) fn moves_people(&self) -> bool {
        let table = self.key.split('.').next().unwrap_or_default();
        matches!(table, "vaccination" | "day_places")
    }

    /// Makes the change in one of the documents; false when the key is not in it.
    pub(crate) fn apply(&self, document: &mut Table) -> Result<bool, CityError> {
        let mut parts = self.key.split('.').peekable();
        let Some(mut item) = parts.next().and_then(|first| document.get_mut(first)) else {
            return Ok(false);
        };
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            item = match item {
                Value::Table(table) if table.contains_key("value") && last => {
                    // An entry of a list value.
                    match table.get_mut("value").and_then(|v| entry(v, part)) {
                        Some(number) => return self.number(number).map(|()| true),
                        None => return Err(wrong(&self.key, format!("has no entry {part:?}"))),
                    }
                }
                Value::Table(table) => match table.get_mut(part) {
                    Some(next) => next,
                    None => return Ok(false),
                },
                other => match entry(other, part) {
                    Some(next) => next,
                    None => return Err(wrong(&self.key, format!("has no entry {part:?}"))),
                },
            };
        }
        match item {
            Value::Array(entries) => self.dated(entries)?,
            Value::Table(table) if table.contains_key("count") => self.seeds(table)?,
            Value::Table(table) => match table.get_mut("value") {
                Some(Value::Array(list)) if matches!(self.what, What::Times(_)) => {
                    list.iter_mut().try_for_each(|number| self.number(number))?;
                }
                Some(Value::Array(list)) => {
                    let most = list.len().saturating_sub(1);
                    let problem = format!("is a list: name one of {0}.0 to {0}.{most}", self.key);
                    return Err(wrong(&self.key, problem));
                }
                Some(number) => self.number(number)?,
                None => return Err(wrong(&self.key, "is a table: name one of its figures")),
            },
            _ => return Err(wrong(&self.key, "is no figure")),
        }
        Ok(true)
    }

    fn number(&self, item: &mut Value) -> Result<(), CityError> {
        let before = item.as_float().or_else(|| item.as_integer().map(|n| n as f64));
        let before = before.ok_or_else(|| wrong(&self.key, "is no number"))?;
        *item = Value::Float(match self.what {
            What::Set(value) => value,
            What::Times(factor) => before * factor,
            What::Shift(_) | What::From(..) => return Err(wrong(&self.key, "has no dates")),
        });
        Ok(())
    }

    fn seeds(&self, table: &mut Table) -> Result<(), CityError> {
        let field = if matches!(self.what, What::Shift(_)) { "on" } else { "count" };
        match (table.get_mut(field), &self.what) {
            (Some(on), What::Shift(days)) => shift(&self.key, on, *days),
            (Some(count), _) => self.number(count),
            (None, _) => Err(wrong(&self.key, format!("has no {field}"))),
        }
    }

    fn dated(&self, entries: &mut Vec<Value>) -> Result<(), CityError> {
        let mut tables = Vec::new();
        for entry in entries.iter_mut() {
            match entry.as_table_mut() {
                Some(table) if table.contains_key("from") => tables.push(table),
                _ => return Err(wrong(&self.key, "is a list: name one of its entries by number")),
            }
        }
        match &self.what {
            What::Set(_) | What::Times(_) => {
                for number in tables.into_iter().filter_map(|t| t.get_mut("value")) {
                    if number.as_float() != Some(0.0) && number.as_integer() != Some(0) {
                        self.number(number)?;
                    }
                }
            }
            What::Shift(days) => {
                for table in tables.into_iter().skip(1) {
                    if let Some(from) = table.get_mut("from") {
                        shift(&self.key, from, *days)?;
                    }
                }
            }
            What::From(day, value) => {
                let text = day.to_string();
                let from = |v: &Value| {
                    v.get("from").and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                // The entry in force on the day lends its range and source.
                let at = entries.iter().rposition(|e| from(e) <= text).unwrap_or(0);
                let mut entry = entries[at].clone();
                entries.retain(|e| from(e) < text);
                if let Some(table) = entry.as_table_mut() {
                    table.insert("from".into(), Value::String(text));
                    table.insert("value".into(), Value::Float(*value));
                }
                entries.push(entry);
            }
        }
        Ok(())
    }
}

/// An entry of a list by its number.
fn entry<'v>(item: &'v mut Value, number: &str) -> Option<&'v mut Value> {
    item.as_array_mut()?.get_mut(number.parse::<usize>().ok()?)
}

fn shift(key: &str, date: &mut Value, days: i64) -> Result<(), CityError> {
    let moved = date
        .as_str()
        .and_then(|text| text.parse::<jiff::civil::Date>().ok())
        .and_then(|day| day.checked_add(jiff::Span::new().days(days)).ok())
        .ok_or_else(|| wrong(key, "has a date that cannot be moved"))?;
    *date = Value::String(moved.to_string());
    Ok(())
}
