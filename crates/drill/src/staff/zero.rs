//! Community zero: the commander reads every evening how far each county has come, and signs what the system
//! lets be signed. Nothing is signed for a reason that the system would take but that nobody has looked into:
//! every item has to be met.

use serde::Deserialize;
use types::{AreaCode, Micros, Span};

use crate::control::command_post;
use crate::run::Drill;
use crate::score::records::{Claimed, Signed};
use crate::{DrillError, Result};

/// By then whoever a sweep has found on no list was swabbed, and has a result.
const RESULTS_BY: Span = Span::days(2);

#[derive(Deserialize)]
struct Item {
    what: String,
    passes: bool,
}

#[derive(Deserialize)]
struct Claim {
    level: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Evidence {
    claim: Claim,
}

/// What was signed.
#[derive(Clone, Debug, Deserialize)]
struct Document {
    ground: String,
    as_of: Micros,
    until: Micros,
}

#[derive(Clone, Debug, Deserialize)]
struct Certificate {
    number: String,
    #[serde(default)]
    withdrawn_at: Option<Micros>,
    #[serde(default)]
    cause: Option<String>,
    document: Document,
}

#[derive(Deserialize)]
struct Certificates {
    certificates: Vec<Certificate>,
}

impl Drill {
    /// The evening's look at the claims.
    pub(crate) async fn zero(&mut self) -> Result<()> {
        self.read_certificates().await?;
        for area in self.town.areas.clone() {
            self.read_claim(area).await?;
        }
        Ok(())
    }

    async fn read_claim(&mut self, area: AreaCode) -> Result<()> {
        let (now, commander) = (self.now, self.device("commander")?);
        let session = self.devices[commander].session;
        let path = format!("/api/v1/zero/{area}");
        let Evidence { claim } = self.link.get(session, &path).await?;
        let unmet: Vec<String> =
            claim.items.iter().filter(|i| !i.passes).map(|i| i.what.clone()).collect();
        let met = unmet.is_empty() && claim.level == "zero";
        self.chronicle.claims.push(Claimed { at: now, area, level: claim.level, unmet });
        let holds = self
            .chronicle
            .signed
            .iter()
            .any(|s| s.ground == area.to_string() && s.withdrawn_at.is_none() && s.until > now);
        if !met || holds || self.is_taken(&command_post()) {
            return Ok(());
        }
        // Whoever orders sweeps waits for them: what is not swept is not known.
        if self.config.work.sweeps && (!self.is_swept(area) || self.has_found(area)) {
            return Ok(());
        }
        let sign: zero::Command = serde_json::from_value(serde_json::json!({
            "sign": { "ground": area.to_string(), "signed_by": "演练指挥长 / commander of the drill" }
        }))
        .map_err(|e| DrillError::Config(format!("a signature: {e}")))?;
        self.devices[commander].note(now, area, sign);
        self.flush(commander).await?;
        self.read_certificates().await
    }

    /// Whether every community of a county was swept since it was called zero last, to the end.
    fn is_swept(&self, area: AreaCode) -> bool {
        let mut homes = self.town.homes.iter().filter(|h| h.area == area);
        homes.all(|home| {
            let mut sweeps = self.chronicle.sweeps.values();
            sweeps.any(|s| s.closed_at.is_some() && zones::is_within(&home.code, &s.place))
        })
    }

    /// Whether a sweep of a county has lately found people of whom no list knew: they are to have their results
    /// first.
    fn has_found(&self, area: AreaCode) -> bool {
        let mut of = self.chronicle.sweeps.values().filter(|s| s.area == area && s.strays > 0);
        of.any(|s| self.now - s.opened_at < RESULTS_BY)
    }

    /// What was signed, and what became of it: also by people.
    pub(crate) async fn read_certificates(&mut self) -> Result<()> {
        let session = self.devices[self.device("commander")?].session;
        let found: Certificates = self.link.get(session, "/api/v1/zero-certificates").await?;
        for c in found.certificates {
            let signed = Signed {
                number: c.number,
                ground: c.document.ground,
                at: c.document.as_of,
                until: c.document.until,
                withdrawn_at: c.withdrawn_at,
                cause: c.cause.unwrap_or_default(),
            };
            match self.chronicle.signed.iter_mut().find(|s| s.number == signed.number) {
                Some(known) => *known = signed,
                None => self.chronicle.signed.push(signed),
            }
        }
        Ok(())
    }
}
