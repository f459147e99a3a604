//! The lists by which those who supply work.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use supply::{Good, Need, NewBatch, SiteKind, Stage};
use types::{AreaCode, HolderCode, HouseholdId, Micros, PlaceCode, UnitId};

use crate::Result;
use crate::run::Drill;

/// How much of a lot lies somewhere.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Lying {
    pub lot: UnitId,
    pub good: Good,
    pub amount: i64,
    pub expires_at: Micros,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Coming {
    pub id: UnitId,
    pub state: String,
    pub lines: Vec<Lying>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct SiteRow {
    pub code: HolderCode,
    pub kind: SiteKind,
    pub open: bool,
    pub stock: Vec<Lying>,
    pub coming: Vec<Coming>,
}

impl SiteRow {
    /// How much of a good can be given out at a time.
    pub fn has(&self, good: Good, at: Micros) -> i64 {
        let fit = |lying: &&Lying| lying.good == good && lying.expires_at > at;
        self.stock.iter().filter(fit).map(|lying| lying.amount).sum()
    }

    /// All grams that lie there or come.
    pub fn grams(&self) -> i64 {
        let coming = self.coming.iter().filter(|coming| coming.state == "sent");
        let all = self.stock.iter().chain(coming.flat_map(|coming| &coming.lines));
        all.filter(|lying| lying.good.ration().is_some()).map(|lying| lying.amount).sum()
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ServesRow {
    pub community: String,
    #[serde(default)]
    pub shop: Option<HolderCode>,
    pub households: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Sites {
    pub sites: Vec<SiteRow>,
    pub serves: Vec<ServesRow>,
}

impl Sites {
    pub fn site(&self, code: &HolderCode) -> Option<&SiteRow> {
        self.sites.iter().find(|site| site.code == *code)
    }

    /// The shop of a community: the one that packs for most of its households.
    pub fn shop_of(&self, community: &str) -> Option<&HolderCode> {
        let of = self.serves.iter().filter(|row| row.community == community);
        let best = of.filter(|row| row.shop.is_some()).max_by_key(|row| row.households)?;
        best.shop.as_ref()
    }
}

/// A household under restriction.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DueRow {
    pub id: HouseholdId,
    pub place: PlaceCode,
    pub people: i64,
    #[serde(default)]
    pub next_food: Option<Micros>,
    #[serde(default)]
    pub next_medicine: Option<Micros>,
    pub needs: Vec<Need>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Due {
    pub all: i64,
    pub served: i64,
    pub not_due: i64,
    pub overdue: i64,
    pub medicine_overdue: i64,
    pub households: Vec<DueRow>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct OrderLine {
    pub item: String,
    pub good: Good,
    pub amount: i64,
    pub count: i64,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct OrderRow {
    pub id: UnitId,
    pub household: HouseholdId,
    pub shop: HolderCode,
    pub lines: Vec<OrderLine>,
    #[serde(default)]
    pub clock: Option<Micros>,
    #[serde(default)]
    pub carrier: Option<HolderCode>,
}

#[derive(Clone, Debug, Deserialize)]
struct Orders {
    orders: Vec<OrderRow>,
    #[serde(default)]
    next: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PassRow {
    pub id: UnitId,
    pub vehicle: HolderCode,
    pub until: Micros,
    #[serde(default)]
    pub withdrawn: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Passes {
    pub passes: Vec<PassRow>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StopRow {
    pub place: PlaceCode,
    pub at: Micros,
    pub orders: Vec<UnitId>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct BatchRow {
    pub id: UnitId,
    pub shop: HolderCode,
    pub vehicle: HolderCode,
    pub state: String,
    pub leaves_at: Micros,
    pub stops: Vec<StopRow>,
    pub been: Vec<PlaceCode>,
    #[serde(default)]
    pub stale: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Batches {
    pub batches: Vec<BatchRow>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Plan {
    pub batches: Vec<NewBatch>,
    pub replaces: Vec<UnitId>,
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

impl Drill {
    async fn ask<T: DeserializeOwned>(&mut self, device: usize, path: &str) -> Result<T> {
        let session = self.devices[device].session;
        self.link.get(session, path).await
    }

    /// The places of a county with what lies there.
    pub(super) async fn read_sites(&mut self, desk: usize) -> Result<Sites> {
        self.ask(desk, "/api/v1/supply/sites").await
    }

    /// All households of a county under restriction, those first to whom food is due first.
    pub(super) async fn read_due(&mut self, device: usize) -> Result<Due> {
        let path = "/api/v1/supply/due?all=1&limit=1000";
        let mut due: Due = self.ask(device, path).await?;
        while let Some(next) = due.next.take() {
            let more: Due = self.ask(device, &format!("{path}&after={}", encoded(&next))).await?;
            due.households.extend(more.households);
            due.next = more.next;
        }
        Ok(due)
    }

    /// The orders of a county that stand somewhere, the most pressing first.
    pub(super) async fn read_orders(
        &mut self,
        device: usize,
        stage: Stage,
    ) -> Result<Vec<OrderRow>> {
        let path = format!("/api/v1/supply/orders?stage={stage}&limit=1000");
        let mut page: Orders = self.ask(device, &path).await?;
        let mut orders = std::mem::take(&mut page.orders);
        while let Some(next) = page.next.take() {
            page = self.ask(device, &format!("{path}&after={}", encoded(&next))).await?;
            orders.append(&mut page.orders);
        }
        Ok(orders)
    }

    pub(super) async fn read_passes(&mut self, desk: usize) -> Result<Passes> {
        self.ask(desk, "/api/v1/supply/passes").await
    }

    pub(super) async fn read_batches(&mut self, desk: usize) -> Result<Batches> {
        self.ask(desk, "/api/v1/supply/batches").await
    }

    /// Has a plan made of what there is now: the one that the desk's page then shows.
    pub(super) async fn make_plan(&mut self, desk: usize, area: AreaCode) -> Result<Plan> {
        let session = self.devices[desk].session;
        let path = format!("/api/v1/supply/plan?area={area}");
        let reply = self.link.post_form(session, &path, &[]).await?;
        if reply.status != 200 {
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            return Err(crate::http::HttpError::Status { status: reply.status, text }.into());
        }
        Ok(serde_json::from_slice(&reply.body).map_err(crate::http::HttpError::from)?)
    }
}
