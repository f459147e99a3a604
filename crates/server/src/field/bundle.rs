//! Everything that a phone needs for a shift without network: `GET /api/v1/field/bundle`.

use axum::http::StatusCode;
use registry::command::{Look, LookDepth, LookedAt, Purpose};
use registry::place::Level;
use registry::views::HolderLine;
use serde::Serialize;
use store::Connection;
use testing::Round;
use types::{AreaCode, AreaScope, Micros, PlaceCode, RoundId};
use utoipa::ToSchema;

use crate::api::json;
use crate::field::deliveries::{self, DeliveriesOut};
use crate::field::devices::{self, DeviceOut};
use crate::field::held::{self, HeldOut};
use crate::field::interviews::{self, InvestigationOut};
use crate::field::medicines::{self, MedicineOut};
use crate::field::modes::{self, ModeOut, Sizes};
use crate::field::persons::{self, CompoundOut, HouseholdOut, People, PersonOut};
use crate::field::seal::EnvelopeKey;
use crate::field::sweeps::{self, SweepOut};
use crate::field::workplace::HolderOut;
use crate::field::{FIELD, workplace};
use crate::routes::Routes;
use crate::seat::{Answer, Seat};
use crate::shell::Both;
use crate::{Fault, looks};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    // Some thousand names are unsealed for it.
    routes.get("/api/v1/field/bundle", FIELD, bundle).timeout_seconds(120);
}

/// The form of the answer; phones refuse one that they do not know.
const FORMAT: u32 = 1;

/// A round that is open.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldRound)]
pub struct RoundOut {
    /// The round.
    #[schema(value_type = String)]
    id: RoundId,
    /// Its number in the campaign.
    number: i64,
    /// The campaign's name.
    name: Both,
    /// When sampling starts, microseconds UTC.
    #[schema(value_type = i64)]
    starts_at: Micros,
    /// When the last result is due.
    #[schema(value_type = i64)]
    ends_at: Micros,
    /// What is proposed for each kind of zone.
    modes: Vec<ModeOut>,
    /// Most persons in a tube.
    sizes: Sizes,
    /// Minutes from sealing until a tube must be in a laboratory.
    deliver_minutes: i64,
}

/// All that a shift without network needs.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldBundle)]
pub struct Bundle {
    /// The form of this answer: 1.
    format: u32,
    /// When this was so, microseconds UTC.
    #[schema(value_type = i64)]
    server_time: Micros,
    /// For showing times, for example `Asia/Shanghai`.
    time_zone: String,
    /// The county.
    #[schema(value_type = u32)]
    area: AreaCode,
    /// For whom the phone is used.
    holder: HolderOut,
    /// Where that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    community: Option<PlaceCode>,
    /// The rounds that are open there.
    rounds: Vec<RoundOut>,
    /// Others to hand over to or to take from.
    holders: Vec<HolderOut>,
    /// Compounds that are served.
    compounds: Vec<CompoundOut>,
    /// Compounds that did not fit.
    #[schema(value_type = Vec<String>)]
    left_out: Vec<PlaceCode>,
    /// Their households.
    households: Vec<HouseholdOut>,
    /// Their persons.
    persons: Vec<PersonOut>,
    /// Sweeps that go on there.
    sweeps: Vec<SweepOut>,
    /// Investigations of people there that are open, for a grid worker.
    investigations: Vec<InvestigationOut>,
    /// Medicines that are taken there every day, for a grid worker.
    medicines: Vec<MedicineOut>,
    /// What a vehicle or a volunteer brings.
    deliveries: DeliveriesOut,
    /// What the holder answers for.
    held: Vec<HeldOut>,
    /// Devices whose signatures can be checked.
    devices: Vec<DeviceOut>,
    /// The server's public key for walk-ins: uncompressed P-256 point, base64url.
    seal_key: String,
}

/// Whether a round covers a county: it names the county, something in it, or what it lies in.
fn covers(round: &Round, area: AreaCode) -> bool {
    let county = area.to_string();
    round.places.split(' ').any(|place| place.starts_with(&county) || county.starts_with(place))
}

/// The prefecture of a county: boxes cross county lines on their way to a laboratory.
fn prefecture(area: AreaCode) -> AreaScope {
    let county = area.to_string();
    county.get(..4).and_then(|p| AreaScope::parse(p).ok()).unwrap_or(AreaScope::one(area))
}

/// The community in which a place lies.
fn community_of(place: &PlaceCode) -> Option<PlaceCode> {
    registry::place::chain_of(place)
        .into_iter()
        .find(|code| Level::of(code) == Some(Level::Community))
}

/// What a holder serves: its community, and compounds with their zones.
#[derive(Default)]
struct Served {
    community: Option<PlaceCode>,
    compounds: Vec<(PlaceCode, String)>,
}

async fn served(
    db: &mut Connection,
    holder: &HolderLine,
    rounds: &[Round],
) -> Result<Served, Fault> {
    if !matches!(holder.code.kind(), "site" | "grid") {
        return Ok(Served::default());
    }
    let ids: Vec<RoundId> = rounds.iter().map(|round| round.id).collect();
    let mut planned: Vec<PlaceCode> = Vec::new();
    let mut community = None;
    for site in testing::views::plans_of_site(db, holder.area, &ids, &holder.code).await? {
        community = community.or(PlaceCode::parse(&site.community).ok());
        let slots = site.slots.iter().filter_map(|(code, ..)| PlaceCode::parse(code).ok());
        planned.extend(slots);
    }
    planned.sort();
    planned.dedup();
    let place = holder.place.clone().or_else(|| PlaceCode::parse(holder.code.code()).ok());
    let community = community.or_else(|| place.as_ref().and_then(community_of));
    if planned.is_empty()
        && let Some(community) = &community
    {
        let below = registry::views::children(db, Some(community)).await?;
        planned = below.into_iter().map(|line| line.code).collect();
        if planned.is_empty() {
            // A village has households, but no compounds.
            planned.push(community.clone());
        }
    }
    let mut zones = testing::views::zones(db, holder.area, &ids, &planned).await?;
    let compounds = planned
        .into_iter()
        .map(|code| {
            let zone = zones.remove(&code).unwrap_or_else(|| "other".into());
            (code, zone)
        })
        .collect();
    Ok(Served { community, compounds })
}

/// Sites, couriers and laboratories that one may hand over to or take from.
async fn others(db: &mut Connection, holder: &HolderLine) -> Result<Vec<HolderOut>, Fault> {
    // Sites and communities go by the thousand: only what is wanted is read.
    let kinds: &[&str] = match holder.code.kind() {
        "courier" | "lab" => &["courier", "lab", "site"],
        _ => &["courier", "lab"],
    };
    let mut others = Vec::new();
    for kind in kinds {
        let lines = registry::views::holders(db, prefecture(holder.area), kind).await?;
        others.extend(lines.iter().filter(|line| line.active).map(HolderOut::of));
    }
    Ok(others)
}

fn round_out(seat: &Seat, area: AreaCode, round: &Round) -> Result<RoundOut, Fault> {
    let edition = seat.app().protocol().at(seat.now(), area);
    let rules = edition.testing()?;
    let warm = rules.transport.conditions.room_temperature_max;
    Ok(RoundOut {
        id: round.id,
        number: round.number,
        name: Both { zh: round.name_zh.clone(), en: round.name_en.clone() },
        starts_at: round.starts_at,
        ends_at: round.ends_at,
        modes: modes::proposals(rules, round.prevalence),
        sizes: modes::sizes(rules),
        deliver_minutes: warm.0 / 60_000_000,
    })
}

/// Records that names are shown to somebody, before they are.
async fn record_looks(seat: &Seat, area: AreaCode, served: &Served) -> Result<(), Fault> {
    let looks = served.compounds.iter().map(|(compound, _)| Look {
        at: LookedAt::Place(compound.clone()),
        depth: LookDepth::File,
        purpose: Purpose::Sampling,
        note: "list for a phone".into(),
    });
    looks::record_all(seat, area, looks).await
}

async fn bundle(seat: Seat) -> Answer {
    let mut db = seat.db().await?;
    let holder = workplace::of_query(&mut db, &seat).await?;
    let area = holder.area;
    let mut rounds = testing::views::rounds(&mut db).await?;
    rounds.retain(|round| round.closed_at.is_none() && covers(round, area));
    let served = served(&mut db, &holder, &rounds).await?;
    drop(db);
    record_looks(&seat, area, &served).await?;
    let mut db = seat.db().await?;
    let ids: Vec<RoundId> = rounds.iter().map(|round| round.id).collect();
    let people = persons::of_compounds(&seat, &mut db, area, &ids, &served.compounds).await?;
    let People { compounds, households, persons, left_out } = people;
    // Who swabs has nothing to do with interviews.
    let investigations = match holder.code.kind() {
        "grid" => interviews::of_compounds(&mut db, area, &served.compounds).await?,
        _ => Vec::new(),
    };
    let medicines = match (holder.code.kind(), &served.community) {
        ("grid", Some(community)) => medicines::of_community(&mut db, area, community).await?,
        _ => Vec::new(),
    };
    let now = seat.now();
    let answer = Bundle {
        format: FORMAT,
        server_time: now,
        time_zone: seat.app().config().zone.clone(),
        area,
        holder: HolderOut::of(&holder),
        community: served.community,
        rounds: rounds.iter().map(|r| round_out(&seat, area, r)).collect::<Result<_, _>>()?,
        holders: others(&mut db, &holder).await?,
        compounds,
        left_out,
        households,
        persons,
        sweeps: sweeps::of_compounds(&mut db, area, &served.compounds).await?,
        investigations,
        medicines,
        deliveries: deliveries::of_carrier(&mut db, &holder.code).await?,
        held: held::of_holder(&mut db, &holder.code).await?,
        devices: devices::recent(&mut db, prefecture(area), now).await?,
        seal_key: EnvelopeKey::of(seat.app().secrets())?.public(),
    };
    json(StatusCode::OK, &answer)
}
