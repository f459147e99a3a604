//! What a restriction owes to those whom it holds: without it there is no zone.
//!
//! [`Duties`] can only be had from [`Draft::check`]: a zone without an end, a supply plan, somebody to call
//! in an emergency and a legal basis cannot be written down, in a rule, in a fact or in a row.

use ledger::LONGEST_NOTE;
use serde::{Deserialize, Serialize};
use types::{Micros, Refusal, Span};

/// The longest time for which a zone can be made or renewed at once: a choice of this program, so that
/// nobody is forgotten behind a date far away. It is longer than any rule of the editions asks for.
pub const LONGEST: Span = Span::days(60);

/// What somebody writes down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// When it ends, unless it is renewed.
    pub until: Option<Micros>,
    /// How households get food and medicine.
    pub supply: String,
    /// Whom they call in an emergency.
    pub urgent: String,
    /// On what legal basis they are held.
    pub basis: String,
}

/// Words that are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Said(String);

impl Said {
    fn of(text: &str, missing: Refusal) -> Result<Said, Refusal> {
        let text = text.trim();
        if text.is_empty() {
            return Err(missing.by_rule("zone.duties"));
        }
        if text.chars().count() > LONGEST_NOTE {
            return Err(Refusal::new("note-too-long").with("limit", LONGEST_NOTE));
        }
        Ok(Said(text.to_owned()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Said {
    type Error = String;
    fn try_from(text: String) -> Result<Said, String> {
        Said::of(&text, Refusal::new("zone-duty-missing")).map_err(|refusal| refusal.to_string())
    }
}

impl From<Said> for String {
    fn from(said: Said) -> String {
        said.0
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a zone owes, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duties {
    until: Micros,
    supply: Said,
    urgent: Said,
    basis: Said,
}

impl Duties {
    /// When the zone ends, unless it is renewed.
    pub fn until(&self) -> Micros {
        self.until
    }

    /// How households get food and medicine.
    pub fn supply(&self) -> &Said {
        &self.supply
    }

    /// Whom they call in an emergency.
    pub fn urgent(&self) -> &Said {
        &self.urgent
    }

    /// On what legal basis they are held.
    pub fn basis(&self) -> &Said {
        &self.basis
    }

    /// The same until another time.
    pub(crate) fn with_end(&self, until: Micros) -> Duties {
        Duties { until, ..self.clone() }
    }

    /// As a row has them.
    pub(crate) fn stored(
        until: Micros,
        [supply, urgent, basis]: [&str; 3],
    ) -> Result<Duties, Refusal> {
        Ok(Duties {
            until,
            supply: Said::of(supply, Refusal::new("zone-supply-missing"))?,
            urgent: Said::of(urgent, Refusal::new("zone-urgent-missing"))?,
            basis: Said::of(basis, Refusal::new("zone-basis-missing"))?,
        })
    }
}

/// Whether a zone can end then.
///
/// # Errors
/// Refusals `zone-end-missing`, `zone-end-past` and `zone-end-too-far`.
pub fn end_fits(until: Option<Micros>, at: Micros) -> Result<Micros, Refusal> {
    let until = until.ok_or_else(|| Refusal::new("zone-end-missing").by_rule("zone.duties"))?;
    if until <= at {
        return Err(Refusal::new("zone-end-past").with("until", until.rfc3339()));
    }
    if until > at + LONGEST {
        let days = LONGEST.0 / Span::days(1).0;
        return Err(Refusal::new("zone-end-too-far").with("days", days));
    }
    Ok(until)
}

impl Draft {
    /// What is written down, if it is complete.
    ///
    /// # Errors
    /// As [`end_fits`]; `zone-supply-missing`, `zone-urgent-missing`, `zone-basis-missing` and
    /// `note-too-long`.
    pub fn check(&self, at: Micros) -> Result<Duties, Refusal> {
        let until = end_fits(self.until, at)?;
        Duties::stored(until, [&self.supply, &self.urgent, &self.basis])
    }
}
