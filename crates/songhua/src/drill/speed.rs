//! How fast simulated time goes: `1day/2min`, `6h/30s`, `max`.

use std::fmt;
use std::str::FromStr;

/// A pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(Option<f64>);

impl Speed {
    /// Simulated seconds in a real one; `None` for as fast as it can.
    pub fn rate(self) -> Option<f64> {
        self.0
    }
}

/// A length of time in words: a number and a unit.
fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = if number.is_empty() { 1.0 } else { number.parse().ok()? };
    let unit = match unit.trim() {
        "day" | "days" | "d" => 86_400.0,
        "hour" | "hours" | "h" => 3_600.0,
        "minute" | "minutes" | "min" | "m" => 60.0,
        "second" | "seconds" | "sec" | "s" => 1.0,
        _ => return None,
    };
    (number > 0.0).then_some(number * unit)
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed(None));
        }
        let wanted = || format!("{text:?} is no pace: write 1day/2min, 6h/30s or max");
        let (simulated, real) = text.split_once('/').ok_or_else(wanted)?;
        let rate = seconds(simulated).zip(seconds(real)).map(|(s, r)| s / r);
        rate.map(|rate| Speed(Some(rate))).ok_or_else(wanted)
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("max"),
            Some(rate) => write!(f, "{}min/1min", rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_read_as_people_write_it() {
        let rate = |text: &str| text.parse::<Speed>().map(Speed::rate);
        assert_eq!(rate("1day/2min"), Ok(Some(720.0)));
        assert_eq!(rate("6h / 30s"), Ok(Some(720.0)));
        assert_eq!(rate("day/min"), Ok(Some(1_440.0)));
        assert_eq!(rate("max"), Ok(None));
        assert!(rate("2").is_err() && rate("1day/0min").is_err() && rate("1week/1s").is_err());
    }
}
