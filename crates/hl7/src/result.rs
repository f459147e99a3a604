//! A laboratory result as plain data.

use std::fmt;

use types::Micros;

use crate::Rule;

/// A number of PCR cycles, kept exactly to a millionth.
///
/// More than 0 and at most 60: assays run 40 to 45 cycles, so anything beyond 60 is not a Ct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cycles(u32);

impl Cycles {
    const MILLION: u32 = 1_000_000;

    /// From millionths of a cycle; `None` unless more than 0 and at most 60 cycles.
    pub fn from_micro(micro: u32) -> Option<Cycles> {
        (1..=60 * Cycles::MILLION).contains(&micro).then_some(Cycles(micro))
    }

    /// Reads a decimal number: an optional plus sign, digits, and optionally a point and
    /// digits (HL7 v2.5 chapter 2A NM; at most 16 characters). No thousands separators, no
    /// decimal comma, no exponent. Digits after the sixth decimal are cut, not rounded, so
    /// that 34.9999999 stays below 35.
    ///
    /// # Errors
    /// [`Rule::CtNotANumber`] or [`Rule::CtOutOfRange`].
    pub fn parse(text: &str) -> Result<Cycles, Rule> {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, decimals) = body.split_once('.').unwrap_or((body, "0"));
        if text.len() > 16 || !digits(whole) || !digits(decimals) {
            return Err(Rule::CtNotANumber);
        }
        let mut micro: u64 = whole.parse().map_err(|_| Rule::CtNotANumber)?;
        for place in 0..6 {
            let digit = decimals.as_bytes().get(place).map_or(0, |b| b - b'0');
            micro = micro.saturating_mul(10).saturating_add(u64::from(digit));
        }
        u32::try_from(micro)
            .ok()
            .filter(|_| !negative)
            .and_then(Cycles::from_micro)
            .ok_or(Rule::CtOutOfRange)
    }

    /// Millionths of a cycle.
    pub fn micro(self) -> u32 {
        self.0
    }

    /// Hundredths of a cycle, cut and not rounded: comparing them with a threshold of at most
    /// two decimals gives the same answer as the full value ("below 35", "35 or more").
    pub fn hundredths(self) -> i64 {
        i64::from(self.0 / 10_000)
    }
}

impl fmt::Display for Cycles {
    /// A decimal number without trailing zeros, for example `28.4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, micro) = (self.0 / Cycles::MILLION, self.0 % Cycles::MILLION);
        if micro == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{micro:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

/// What the analyser saw of one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ct {
    /// The signal crossed the threshold at this cycle.
    At(Cycles),
    /// No crossing up to this cycle, reported as ">40" or ">=40".
    Above(Cycles),
    /// No crossing at all: "Undetermined", "NoCt", 未检出.
    Undetected,
}

impl fmt::Display for Ct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ct::At(cycles) => write!(f, "{cycles}"),
            Ct::Above(cycles) => write!(f, ">{cycles}"),
            Ct::Undetected => write!(f, "Undetected"),
        }
    }
}

/// The laboratory's own reading of the tube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interpretation {
    /// 阳性.
    Detected,
    /// 阴性.
    NotDetected,
    /// 可疑, 灰区: grey zone, one target only, weak, equivocal. Also "presumptive": such tubes
    /// are held and sampled anew, as inconclusive ones are.
    Inconclusive,
    /// 无效: the run or the sample failed; it says nothing about the persons.
    Invalid,
}

/// How final a result is (HL7 v2.5 tables 0085 and 0123).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Status {
    /// F: final, or U: made final without change.
    #[default]
    Final,
    /// C: replaces an earlier result.
    Corrected,
    /// P: preliminary; also R, entered but not verified, and S or A, partial.
    Preliminary,
    /// X: no result will come; also D, deleted, and W, posted as wrong.
    Cancelled,
}

impl Status {
    /// The letter of table 0085.
    pub fn letter(self) -> &'static str {
        match self {
            Status::Final => "F",
            Status::Corrected => "C",
            Status::Preliminary => "P",
            Status::Cancelled => "X",
        }
    }
}

/// Something else that was reported with a result, kept so that nobody thinks it lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Observation {
    /// Its code, or the column's name.
    pub code: String,
    /// Its name in words, if given.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// One laboratory result for one tube, from a message or from a row of a file.
///
/// It says what the laboratory said, nothing more: whether a Ct counts as positive, and
/// whether the result is valid, is for the protocol in force.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LabResult {
    /// Its position in the message or file, from 1.
    pub item: usize,
    /// The tube's code as the laboratory wrote it, 1 to 64 characters.
    pub tube: String,
    /// The number that the party who ordered the test gave it (OBR-2).
    pub placer_order: Option<String>,
    /// The number that the laboratory gave it (OBR-3).
    pub filler_order: Option<String>,
    /// The plate.
    pub plate: Option<String>,
    /// The well; `B07` where it is a row letter and a column number.
    pub well: Option<String>,
    /// The N gene.
    pub n: Option<Ct>,
    /// The ORF1ab region.
    pub orf1ab: Option<Ct>,
    /// The internal control, which shows that sampling and run worked.
    pub internal_control: Option<Ct>,
    /// What the laboratory made of it.
    pub interpretation: Option<Interpretation>,
    /// When it was tested.
    pub tested_at: Option<Micros>,
    /// When it was reported or its status changed (OBR-22).
    pub reported_at: Option<Micros>,
    /// How final it is.
    pub status: Status,
    /// The laboratory.
    pub laboratory: Option<String>,
    /// The analyser.
    pub instrument: Option<String>,
    /// The message's control id (MSH-10), or the file's name.
    pub message_id: Option<String>,
    /// What else was reported.
    pub other: Vec<Observation>,
}

impl LabResult {
    /// The best time for "when was this known in the laboratory": tested, else reported.
    pub fn time(&self) -> Option<Micros> {
        self.tested_at.or(self.reported_at)
    }
}

/// A tube code as it is kept: 1 to 64 characters, none a control character, without spaces at
/// the ends.
///
/// # Errors
/// [`Rule::TubeMissing`], [`Rule::TubeMalformed`], or [`Rule::TubeMangled`] for what a
/// spreadsheet makes of a long number, such as `2.20202E+15`.
pub fn read_tube(text: &str) -> Result<String, Rule> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Rule::TubeMissing);
    }
    if text.chars().count() > 64 || text.chars().any(char::is_control) {
        return Err(Rule::TubeMalformed);
    }
    let rounded = text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let sign = exponent.starts_with('+');
        sign && mantissa.contains('.') && number(mantissa) && number(&exponent[1..])
    });
    if rounded { Err(Rule::TubeMangled) } else { Ok(text.to_owned()) }
}

/// A short text that goes with a result (plate, instrument, …); `None` when empty.
///
/// # Errors
/// [`Rule::TextTooLong`] beyond 200 characters.
pub fn read_short(text: &str) -> Result<Option<String>, Rule> {
    let text = text.trim();
    match text.chars().count() {
        0 => Ok(None),
        1..=200 => Ok(Some(text.to_owned())),
        _ => Err(Rule::TextTooLong),
    }
}

/// A well: `b7` and `B07` become `B07` (rows A–P, columns 1–24, up to the 384-well plate);
/// other forms, such as the numbered places of a rotor, stay as they are.
///
/// # Errors
/// [`Rule::TextTooLong`] beyond 200 characters.
pub fn read_well(text: &str) -> Result<Option<String>, Rule> {
    let Some(text) = read_short(text)? else { return Ok(None) };
    let upper = text.to_ascii_uppercase();
    let canonical = upper
        .strip_prefix(|c| ('A'..='P').contains(&c))
        .filter(|column| (1..=2).contains(&column.len()))
        .filter(|column| column.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|column| column.parse::<u8>().ok())
        .filter(|column| (1..=24).contains(column))
        .map(|column| format!("{}{column:02}", &upper[..1]));
    Ok(Some(canonical.unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_strict() {
        assert_eq!(Cycles::parse("28.4").map(Cycles::micro), Ok(28_400_000));
        assert_eq!(Cycles::parse("+07.50").map(|c| c.to_string()), Ok("7.5".to_owned()));
        assert_eq!(Cycles::parse("34.9999999").map(Cycles::hundredths), Ok(3499));
        for text in [
            "",
            ".5",
            "28.",
            "28,4",
            "1e1",
            "2 8",
            "0x1F",
            "２８",
            "28.4.1",
            "--1",
            "+-1",
            "12345678901234567",
            "NaN",
        ] {
            assert_eq!(Cycles::parse(text), Err(Rule::CtNotANumber), "{text}");
        }
        for text in ["0", "0.0", "-1", "60.000001", "99999999999999"] {
            assert_eq!(Cycles::parse(text), Err(Rule::CtOutOfRange), "{text}");
        }
        assert!(Cycles::parse("60").is_ok());
    }

    #[test]
    fn tube_codes_that_a_spreadsheet_ate_are_refused() {
        assert_eq!(read_tube(" T220202000123458 "), Ok("T220202000123458".to_owned()));
        assert_eq!(read_tube("2.20202E+15"), Err(Rule::TubeMangled));
        assert_eq!(read_tube("12E+05"), Ok("12E+05".to_owned()));
        assert_eq!(read_tube(" "), Err(Rule::TubeMissing));
        assert_eq!(read_tube("a\u{7}b"), Err(Rule::TubeMalformed));
        assert_eq!(read_tube(&"管".repeat(64)).map(|t| t.chars().count()), Ok(64));
        assert_eq!(read_tube(&"管".repeat(65)), Err(Rule::TubeMalformed));
    }

    #[test]
    fn wells_are_written_one_way() {
        for (text, well) in [
            ("b7", "B07"),
            ("P24", "P24"),
            ("A01", "A01"),
            ("Q1", "Q1"),
            ("A25", "A25"),
            ("17", "17"),
            ("A+1", "A+1"),
            ("阳", "阳"),
        ] {
            assert_eq!(read_well(text), Ok(Some(well.to_owned())));
        }
        assert_eq!(read_well(""), Ok(None));
    }

    proptest! {
        #[test]
        fn cycles_are_written_as_they_are_read(micro in 1_u32..=60_000_000) {
            let cycles = Cycles::from_micro(micro).expect("in range");
            prop_assert_eq!(Cycles::parse(&cycles.to_string()), Ok(cycles));
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            let _ = (Cycles::parse(&text), read_tube(&text), read_well(&text));
        }
    }
}
