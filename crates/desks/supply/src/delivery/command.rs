//! What can be asked about passes, gates and batches.

use registry::command::{Details, SealedIdentity};
use registry::identity::{self, Day};
use registry::seal::Keys;
use serde::{Deserialize, Serialize};
use types::{AreaCode, CommandId, HolderCode, Micros, PersonId, PlaceCode, Refusal, UnitId};

/// A command about deliveries: `{"supply": {"deliver": {"plan": {…}}}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryCommand {
    /// A driver may pass gates with a vehicle, from and until a time.
    GivePass(GivePass),
    /// Takes a pass away.
    WithdrawPass {
        /// Which.
        pass: UnitId,
        /// Why.
        reason: String,
    },
    /// Somebody who lives behind a gate, or stands at it, brings orders from there to doors.
    RegisterVolunteer(Box<RegisterVolunteer>),
    /// A volunteer brings nothing any more; what is on its way with them comes back to its shops.
    WithdrawVolunteer {
        /// The registration.
        pass: UnitId,
        /// Why.
        reason: String,
    },
    /// When a gate takes deliveries, and whether the road to it is closed.
    PutGate {
        /// The compound.
        place: PlaceCode,
        /// From which minute of the day.
        opens: i64,
        /// Until which minute of the day.
        closes: i64,
        /// Why nobody gets there; empty where somebody does.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        blocked: String,
    },
    /// A shop hands what it has packed over to a sorting centre, whose dock it leaves from; or no longer.
    PutDock {
        /// The shop.
        shop: HolderCode,
        /// The sorting centre; none: its orders leave from the shop.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dock: Option<HolderCode>,
    },
    /// Accepts a plan.
    Plan {
        /// Its batches.
        batches: Vec<NewBatch>,
        /// Batches that have not left and are replaced by these.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replaces: Vec<UnitId>,
    },
    /// A batch leaves: its vehicle has its orders from now on.
    Depart {
        /// Which.
        batch: UnitId,
    },
    /// The vehicle is at a gate.
    Arrive {
        /// The batch.
        batch: UnitId,
        /// The place of the stop.
        place: PlaceCode,
    },
    /// Orders change hands on their way: at the gate, from the driver to a volunteer.
    PassOn {
        /// The orders.
        orders: Vec<UnitId>,
        /// Who has them from now on.
        carrier: HolderCode,
    },
    /// A batch that has not left is none any more; its orders are to be planned again.
    Dissolve {
        /// Which.
        batch: UnitId,
        /// Why.
        reason: String,
    },
}

/// See [`DeliveryCommand::GivePass`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivePass {
    /// The vehicle, as a holder.
    pub vehicle: HolderCode,
    /// Its plate.
    pub plate: String,
    /// Who drives it: somebody registered in the county.
    pub driver: PersonId,
    /// What it carries, in grams.
    pub carries: i64,
    /// Whether it is cooled.
    #[serde(default)]
    pub cold: bool,
    /// Where it may go: counties, communities, compounds.
    pub places: Vec<PlaceCode>,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
}

/// See [`DeliveryCommand::RegisterVolunteer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegisterVolunteer {
    /// The volunteer, as a holder: `volunteer:` and a code.
    pub volunteer: HolderCode,
    /// Who it is.
    pub who: VolunteerWho,
    /// At which gates: compounds, buildings, entrances.
    pub places: Vec<PlaceCode>,
    /// From when.
    pub from: Micros,
    /// Until when.
    pub until: Micros,
    /// Who vouches for the volunteer.
    pub vouched: String,
}

/// Who a volunteer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolunteerWho {
    /// Somebody registered in the county.
    Registered {
        /// Who.
        person: PersonId,
    },
    /// Somebody who is not.
    Named {
        /// An id of the sender's making.
        person: PersonId,
        /// Name and telephone: in the clear from a client, sealed in the journal.
        details: Details,
        /// Where they live.
        home: PlaceCode,
    },
}

impl VolunteerWho {
    /// The person.
    pub fn person(&self) -> PersonId {
        match self {
            VolunteerWho::Registered { person } | VolunteerWho::Named { person, .. } => *person,
        }
    }
}

/// A batch of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewBatch {
    /// The shop or the sorting centre that it leaves.
    pub shop: HolderCode,
    /// The pass, and with it the vehicle and the driver.
    pub pass: UnitId,
    /// When it leaves.
    pub leaves_at: Micros,
    /// Where it goes, in order.
    pub stops: Vec<NewStop>,
}

/// A stop of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStop {
    /// The compound, or what has a gate of its own.
    pub place: PlaceCode,
    /// When the vehicle is there.
    pub at: Micros,
    /// What it brings.
    pub orders: Vec<UnitId>,
}

impl DeliveryCommand {
    /// Checks and seals the clear personal data of a command that came from a client.
    ///
    /// # Errors
    /// The refusal of the field that breaks a rule; `personal-data-presealed` when the client sent what only the
    /// server makes.
    pub fn seal(&mut self, keys: &Keys, area: AreaCode, today: Day) -> Result<(), Refusal> {
        let DeliveryCommand::RegisterVolunteer(c) = self else { return Ok(()) };
        let VolunteerWho::Named { person, details, .. } = &mut c.who else { return Ok(()) };
        let Details::Clear(clear) = details else {
            return Err(Refusal::new("personal-data-presealed"));
        };
        if clear.phone.as_ref().is_none_or(|phone| phone.trim().is_empty()) {
            return Err(Refusal::new("volunteer-without-telephone"));
        }
        let checked = identity::check((**clear).clone(), today)
            .map_err(|(field, refusal)| refusal.with("field", field))?;
        let sealed = SealedIdentity::of(keys, area, *person, &checked)
            .map_err(|e| Refusal::new("sealing-failed").with("reason", e))?;
        *details = Details::Sealed(sealed);
        Ok(())
    }

    /// The stable name for the journal.
    pub fn kind(&self) -> &'static str {
        match self {
            DeliveryCommand::GivePass(_) => "supply.deliver.give_pass",
            DeliveryCommand::WithdrawPass { .. } => "supply.deliver.withdraw_pass",
            DeliveryCommand::RegisterVolunteer(_) => "supply.deliver.register_volunteer",
            DeliveryCommand::WithdrawVolunteer { .. } => "supply.deliver.withdraw_volunteer",
            DeliveryCommand::PutGate { .. } => "supply.deliver.put_gate",
            DeliveryCommand::PutDock { .. } => "supply.deliver.put_dock",
            DeliveryCommand::Plan { .. } => "supply.deliver.plan",
            DeliveryCommand::Depart { .. } => "supply.deliver.depart",
            DeliveryCommand::Arrive { .. } => "supply.deliver.arrive",
            DeliveryCommand::PassOn { .. } => "supply.deliver.pass_on",
            DeliveryCommand::Dissolve { .. } => "supply.deliver.dissolve",
        }
    }
}

/// The `n`th batch that a command makes: derived, so that it exists once.
pub fn batch_id(area: AreaCode, command: CommandId, n: u32) -> UnitId {
    UnitId::derived(crate::BATCH, area, &[b"batch", &command.bytes(), &n.to_be_bytes()])
}

/// The pass that a command gives, of a driver or a volunteer.
pub fn pass_id(area: AreaCode, command: CommandId) -> UnitId {
    UnitId::derived(crate::PASS, area, &[b"pass", &command.bytes()])
}
