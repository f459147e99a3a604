//! What the codes and words of laboratories mean.
//!
//! # Sources
//! - LOINC: 94500-6 (SARS-CoV-2 RNA, presence, respiratory), 94309-2 (the same, any specimen),
//!   94311-8 (N gene Ct, N1 set), 94511-3 (ORF1ab Ct), 94644-2 (ORF1ab Ct, respiratory). The
//!   Ct codes were read in HL7's COVID-19 FHIR library guide and LOINC's own pages; 94309-2 is
//!   recalled. Codes for the N2 and N3 primer sets are not mapped: an assay that reports them
//!   beside N1 would have two N genes. LOINC has no code for the internal control's Ct.
//! - SNOMED CT result qualifiers and LOINC answers: read in the HL7 value set "qualitative lab
//!   result findings" of the vaccination and testing guide.
//! - Words: those that laboratory systems and analysers print, from practice (recalled).

use std::collections::HashMap;

use crate::part::Part;
use crate::result::{Ct, Cycles, Interpretation};
use crate::{Fault, Rule};

/// What an observation, or a column of a file, is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Ct of the N gene.
    N,
    /// Ct of the ORF1ab region.
    Orf1ab,
    /// Ct of the internal control.
    InternalControl,
    /// The qualitative result.
    Interpretation,
    /// The plate's code.
    Plate,
    /// The place on the plate.
    Well,
}

impl Target {
    /// Whether it is a result, and not only where the tube stood.
    pub fn is_result(self) -> bool {
        !matches!(self, Target::Plate | Target::Well)
    }
}

const LOINC: &[(&str, Target)] = &[
    ("94500-6", Target::Interpretation),
    ("94309-2", Target::Interpretation),
    ("94311-8", Target::N),
    ("94511-3", Target::Orf1ab),
    ("94644-2", Target::Orf1ab),
];

const LOCAL: &[(&str, Target)] = &[
    ("N", Target::N),
    ("N gene", Target::N),
    ("N Ct", Target::N),
    ("Ct N", Target::N),
    ("N基因", Target::N),
    ("N基因Ct", Target::N),
    ("N基因Ct值", Target::N),
    ("ORF1ab", Target::Orf1ab),
    ("ORF1ab gene", Target::Orf1ab),
    ("ORF1ab Ct", Target::Orf1ab),
    ("Ct ORF1ab", Target::Orf1ab),
    ("ORF1ab基因", Target::Orf1ab),
    ("ORF1ab基因Ct", Target::Orf1ab),
    ("ORF1ab基因Ct值", Target::Orf1ab),
    ("ORF", Target::Orf1ab),
    ("ORF Ct", Target::Orf1ab),
    ("Ct ORF", Target::Orf1ab),
    ("IC", Target::InternalControl),
    ("IC Ct", Target::InternalControl),
    ("Ct IC", Target::InternalControl),
    ("internal control", Target::InternalControl),
    ("内标", Target::InternalControl),
    ("内标Ct", Target::InternalControl),
    ("内标Ct值", Target::InternalControl),
    ("内参", Target::InternalControl),
    ("内参Ct", Target::InternalControl),
    ("内参Ct值", Target::InternalControl),
    ("result", Target::Interpretation),
    ("interpretation", Target::Interpretation),
    ("结果", Target::Interpretation),
    ("检测结果", Target::Interpretation),
    ("结果判定", Target::Interpretation),
    ("新型冠状病毒核酸", Target::Interpretation),
    ("新型冠状病毒核酸检测", Target::Interpretation),
    ("plate", Target::Plate),
    ("板号", Target::Plate),
    ("well", Target::Well),
    ("孔位", Target::Well),
    ("孔号", Target::Well),
];

const ANSWERS: &[(&str, Interpretation)] = &[
    // SNOMED CT.
    ("260373001", Interpretation::Detected),
    ("10828004", Interpretation::Detected),
    ("11214006", Interpretation::Detected),
    ("260415000", Interpretation::NotDetected),
    ("260385009", Interpretation::NotDetected),
    ("131194007", Interpretation::NotDetected),
    ("419984006", Interpretation::Inconclusive),
    ("42425007", Interpretation::Inconclusive),
    ("82334004", Interpretation::Inconclusive),
    ("260408008", Interpretation::Inconclusive),
    ("720735008", Interpretation::Inconclusive),
    ("455371000124106", Interpretation::Invalid),
    ("125154007", Interpretation::Invalid),
    // LOINC answers.
    ("LA11882-0", Interpretation::Detected),
    ("LA11883-8", Interpretation::NotDetected),
    ("LA11885-3", Interpretation::Inconclusive),
];

const WORDS: &[(&str, Interpretation)] = &[
    ("detected", Interpretation::Detected),
    ("positive", Interpretation::Detected),
    ("pos", Interpretation::Detected),
    ("阳性", Interpretation::Detected),
    ("检出", Interpretation::Detected),
    ("not detected", Interpretation::NotDetected),
    ("undetected", Interpretation::NotDetected),
    ("negative", Interpretation::NotDetected),
    ("neg", Interpretation::NotDetected),
    ("阴性", Interpretation::NotDetected),
    ("未检出", Interpretation::NotDetected),
    ("inconclusive", Interpretation::Inconclusive),
    ("indeterminate", Interpretation::Inconclusive),
    ("equivocal", Interpretation::Inconclusive),
    ("suspicious", Interpretation::Inconclusive),
    ("grey zone", Interpretation::Inconclusive),
    ("gray zone", Interpretation::Inconclusive),
    ("weakly positive", Interpretation::Inconclusive),
    ("weak positive", Interpretation::Inconclusive),
    ("presumptive positive", Interpretation::Inconclusive),
    ("可疑", Interpretation::Inconclusive),
    ("疑似", Interpretation::Inconclusive),
    ("弱阳性", Interpretation::Inconclusive),
    ("灰区", Interpretation::Inconclusive),
    ("单靶阳性", Interpretation::Inconclusive),
    ("不确定", Interpretation::Inconclusive),
    ("invalid", Interpretation::Invalid),
    ("invalid result", Interpretation::Invalid),
    ("无效", Interpretation::Invalid),
    ("specimen unsatisfactory", Interpretation::Invalid),
    ("specimen unsatisfactory for evaluation", Interpretation::Invalid),
];

/// Words for "the signal never crossed the threshold".
const UNDETECTED: &[&str] = &[
    "undetected",
    "undetermined",
    "not detected",
    "negative",
    "neg",
    "no ct",
    "no ct value",
    "no cq",
    "未检出",
    "阴性",
    "无ct",
    "无ct值",
];

/// Marks that say nothing, neither a value nor its absence: some software prints them for a
/// target without signal, some for one that was not run. Reading them as "not reported" is the
/// only safe way: with a qualitative result beside them nothing is lost, and without one the
/// item is an error that a person sees.
const SAYS_NOTHING: &[&str] = &["-", "--", "---", "/", "na", "n/a", "nan", "null"];

const LOINC_ANSWERS_UNDETECTED: &[&str] = &["260415000", "260385009", "LA11883-8"];

/// The form in which names are compared: lower case, without spaces, underscores, hyphens,
/// and with full-width brackets and letters made plain.
pub(crate) fn normal(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '\u{FEFF}'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Which codes mean which target, and which words which interpretation.
///
/// [`Codes::default`] has the standard codes and common local ones; a laboratory's own are
/// added on top.
#[derive(Clone, Debug)]
pub struct Codes {
    local: HashMap<String, Target>,
    words: HashMap<String, Interpretation>,
}

impl Default for Codes {
    fn default() -> Codes {
        Codes {
            local: LOCAL.iter().map(|(code, target)| (normal(code), *target)).collect(),
            words: WORDS.iter().map(|(word, meaning)| (normal(word), *meaning)).collect(),
        }
    }
}

impl Codes {
    /// Adds a laboratory's code for a target; upper or lower case does not matter.
    #[must_use]
    pub fn with_code(mut self, code: &str, target: Target) -> Codes {
        self.local.insert(normal(code), target);
        self
    }

    /// Adds a laboratory's word for an interpretation.
    #[must_use]
    pub fn with_word(mut self, word: &str, meaning: Interpretation) -> Codes {
        self.words.insert(normal(word), meaning);
        self
    }

    /// The target that a coded field names (HL7 v2.5 7.4.2.3): by its code, else by its
    /// alternate code, else, when there is no code at all, by its text. A code of the system
    /// `LN` is looked up in LOINC only.
    pub fn target(&self, field: &Part<'_>) -> Option<Target> {
        let text = |n: usize| field.component(n).text();
        let by_code = |code: &str, system: &str| {
            let loinc = LOINC.iter().find(|(c, _)| *c == code).map(|(_, t)| *t);
            if loinc.is_some() || system.eq_ignore_ascii_case("LN") {
                return loinc;
            }
            self.local_target(code)
        };
        let (code, alternate) = (text(1), text(4));
        by_code(code.trim(), text(3).trim())
            .or_else(|| by_code(alternate.trim(), text(6).trim()))
            .or_else(|| self.local_target(&text(2)).filter(|_| code.trim().is_empty()))
    }

    /// The target of a local code or name.
    pub fn local_target(&self, name: &str) -> Option<Target> {
        self.local.get(&normal(name)).copied()
    }

    /// The interpretation that a word or code stands for. A sign in brackets after the word is
    /// taken if it agrees: 阳性(+), 阴性(-).
    pub fn interpretation(&self, text: &str) -> Option<Interpretation> {
        let text = text.trim();
        if let Some((_, meaning)) = ANSWERS.iter().find(|(code, _)| *code == text) {
            return Some(*meaning);
        }
        let plain = normal(text);
        if let Some(meaning) = self.words.get(&plain) {
            return Some(*meaning);
        }
        // `normal` drops hyphens, so "(-)" has become "()".
        let (word, sign) = [("(+)", Interpretation::Detected), ("()", Interpretation::NotDetected)]
            .into_iter()
            .find_map(|(sign, meaning)| Some((plain.strip_suffix(sign)?, meaning)))?;
        self.words.get(word).copied().filter(|meaning| *meaning == sign)
    }

    /// The interpretation that a coded or text value gives. Code, text, alternate code and
    /// alternate text are all read; those that can be read must agree.
    ///
    /// # Errors
    /// [`Rule::InterpretationConflict`] when they disagree, [`Rule::InterpretationUnknown`]
    /// when none can be read.
    pub(crate) fn interpretation_of(&self, value: &Part<'_>) -> Result<Interpretation, Rule> {
        let parts = [1, 2, 4, 5, 9].map(|n| value.component(n).text());
        let mut read = parts.iter().filter_map(|text| self.interpretation(text));
        let first = read.next().ok_or(Rule::InterpretationUnknown)?;
        if read.all(|other| other == first) { Ok(first) } else { Err(Rule::InterpretationConflict) }
    }
}

/// Reads a Ct value as analysers and files write it: a decimal number, `>40`, `>=40`, `≥40`,
/// or a word for no crossing. `None` means that nothing is said.
///
/// # Errors
/// [`Rule::CtNotANumber`] or [`Rule::CtOutOfRange`].
pub fn read_ct(text: &str) -> Result<Option<Ct>, Rule> {
    let text = text.trim();
    if text.is_empty() || SAYS_NOTHING.iter().any(|mark| text.eq_ignore_ascii_case(mark)) {
        return Ok(None);
    }
    if LOINC_ANSWERS_UNDETECTED.contains(&text) {
        return Ok(Some(Ct::Undetected));
    }
    let plain = normal(text);
    if UNDETECTED.iter().any(|word| normal(word) == plain) {
        return Ok(Some(Ct::Undetected));
    }
    for sign in [">=", ">", "≥", "＞"] {
        if let Some(rest) = text.strip_prefix(sign) {
            return Cycles::parse(rest.trim_start()).map(|c| Some(Ct::Above(c)));
        }
    }
    Cycles::parse(text).map(|c| Some(Ct::At(c)))
}

/// Reads an SN value, `comparator^number^separator^number` (HL7 v2.5 chapter 2A SN), as a Ct.
///
/// # Errors
/// [`Rule::CtForm`] for ranges, ratios and other comparators than `>`, `>=`, `=` and none.
pub(crate) fn read_structured_ct(value: &Part<'_>) -> Result<Option<Ct>, Rule> {
    let text = |n: usize| value.component(n).text().trim().to_owned();
    if !text(3).is_empty() || !text(4).is_empty() {
        return Err(Rule::CtForm);
    }
    let number = text(2);
    match text(1).as_str() {
        "" | "=" if number.is_empty() => Ok(None),
        "" | "=" => Cycles::parse(&number).map(|c| Some(Ct::At(c))),
        ">" | ">=" => Cycles::parse(&number).map(|c| Some(Ct::Above(c))),
        _ => Err(Rule::CtForm),
    }
}

/// Whether a unit of OBX-6 is PCR cycles, or none is given (HL7 v2.5 7.4.2.6).
pub(crate) fn are_cycles(units: &Part<'_>) -> bool {
    let known = [
        "",
        "1",
        "{ct_value}",
        "{ctvalue}",
        "{ct}",
        "{cycles}",
        "{cycle}",
        "ct",
        "ctvalue",
        "ct值",
        "cycles",
        "cycle",
        "循环",
        "循环数",
    ];
    [1, 2, 4, 5].iter().all(|n| known.contains(&normal(&units.component(*n).text()).as_str()))
}

impl Rule {
    /// The rule as a fault at a field of a segment.
    pub(crate) fn at(self, segment: &crate::message::SegmentRef<'_>, field: usize) -> Fault {
        segment.fault(field, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_codes_and_chinese_texts_mean_the_same() {
        let codes = Codes::default();
        for text in ["260373001", "Detected", "POSITIVE", "阳性", "阳性(+)", "阳性（＋）", " pos "]
        {
            assert_eq!(codes.interpretation(text), Some(Interpretation::Detected), "{text}");
        }
        for text in ["260415000", "Not Detected", "阴性", "阴性(-)", "阴性（－）", "未检出"]
        {
            assert_eq!(codes.interpretation(text), Some(Interpretation::NotDetected), "{text}");
        }
        assert_eq!(codes.interpretation("可疑"), Some(Interpretation::Inconclusive));
        assert_eq!(codes.interpretation("无效"), Some(Interpretation::Invalid));
        for text in ["", "+", "-", "阴性(+)", "阳性(-)", "maybe", "()", "可疑(+)"] {
            assert_eq!(codes.interpretation(text), None, "{text}");
        }
    }

    #[test]
    fn a_ct_is_a_number_a_bound_or_a_word() {
        let at = |text| Ok(Some(Ct::At(Cycles::parse(text).expect("a number"))));
        let above = Ok(Some(Ct::Above(Cycles::parse("40").expect("a number"))));
        assert_eq!(read_ct(" 28.41 "), at("28.41"));
        for text in [">40", "> 40", "≥40", ">=40", "＞40"] {
            assert_eq!(read_ct(text), above, "{text}");
        }
        for text in ["undetected", "NoCt", "No Ct", "未检出", "Undetermined", "无Ct值", "阴性"]
        {
            assert_eq!(read_ct(text), Ok(Some(Ct::Undetected)), "{text}");
        }
        for text in ["", "-", "/", "N/A", "NaN"] {
            assert_eq!(read_ct(text), Ok(None), "{text}");
        }
        for text in ["<15", "28,4", "阳性", "abc", "35.1*"] {
            assert_eq!(read_ct(text), Err(Rule::CtNotANumber), "{text}");
        }
        assert_eq!(read_ct("0"), Err(Rule::CtOutOfRange));
    }

    #[test]
    fn a_laboratory_can_add_its_own_codes() {
        let codes = Codes::default()
            .with_code("PCR-07", Target::N)
            .with_word("反应性", Interpretation::Detected);
        assert_eq!(codes.local_target("pcr-07"), Some(Target::N));
        assert_eq!(codes.interpretation("反应性"), Some(Interpretation::Detected));
        assert_eq!(Codes::default().local_target("pcr-07"), None);
    }
}
