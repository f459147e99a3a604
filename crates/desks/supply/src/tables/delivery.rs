//! Tables and statements of passes, gates and batches.

use store::{Table, statements};

/// What the third version of the desk's tables adds. `supply_slot` says which order is in which batch; that an order
/// is in one batch only is held by its partial unique index.
pub(super) const MIGRATION: &[&str] = &[
    "CREATE TABLE supply_pass (
        area BIGINT NOT NULL, id BYTEA NOT NULL, vehicle TEXT NOT NULL, plate TEXT NOT NULL,
        driver BYTEA NOT NULL, home TEXT, carries BIGINT NOT NULL, cold BIGINT NOT NULL,
        places TEXT NOT NULL, starts BIGINT NOT NULL, until BIGINT NOT NULL,
        withdrawn_at BIGINT, withdrawn TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_pass_valid ON supply_pass (area, until, id) WHERE withdrawn_at IS NULL",
    "CREATE INDEX supply_pass_driver ON supply_pass (driver, id, area) WHERE withdrawn_at IS NULL",
    "CREATE INDEX supply_pass_vehicle ON supply_pass (vehicle, until DESC, id, area)",
    "CREATE TABLE supply_gate (
        area BIGINT NOT NULL, place TEXT NOT NULL, opens BIGINT NOT NULL, closes BIGINT NOT NULL,
        blocked TEXT NOT NULL, PRIMARY KEY (area, place)) {clustered}",
    "CREATE TABLE supply_batch (
        area BIGINT NOT NULL, id BYTEA NOT NULL, shop TEXT NOT NULL, pass BYTEA NOT NULL,
        vehicle TEXT NOT NULL, state TEXT NOT NULL, leaves_at BIGINT NOT NULL, left_at BIGINT,
        weight BIGINT NOT NULL, stops TEXT NOT NULL, been TEXT NOT NULL, orders BIGINT NOT NULL,
        stale TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_batch_planned ON supply_batch (area, leaves_at, id)
        WHERE state = 'planned'",
    "CREATE INDEX supply_batch_open ON supply_batch (leaves_at, id, area)
        WHERE state IN ('planned', 'out')",
    "CREATE INDEX supply_batch_vehicle ON supply_batch (vehicle, leaves_at, id, area)
        WHERE state IN ('planned', 'out')",
    "CREATE INDEX supply_batch_pass ON supply_batch (pass, id, area) WHERE state = 'planned'",
    "CREATE TABLE supply_slot (
        area BIGINT NOT NULL, ordered BYTEA NOT NULL, batch BYTEA NOT NULL,
        is_open BIGINT NOT NULL, PRIMARY KEY (area, ordered, batch)) {clustered}",
    "CREATE UNIQUE INDEX supply_slot_once ON supply_slot (ordered) WHERE is_open = 1",
];

/// What the fifth version adds: volunteers are registered as drivers have passes.
pub(super) const VOLUNTEERS_MIGRATION: &[&str] = &[
    "ALTER TABLE supply_pass ADD COLUMN vouched TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE supply_pass ADD COLUMN identity TEXT",
    "CREATE INDEX supply_pass_volunteer ON supply_pass (until, id, area)
        WHERE substr(vehicle, 1, 10) = 'volunteer:'",
];

/// What the sixth version adds: where what a shop packs leaves from, if not from there.
pub(super) const DOCKS: &[&str] = &[
    "CREATE TABLE supply_dock (
        area BIGINT NOT NULL, shop TEXT NOT NULL, dock TEXT, PRIMARY KEY (area, shop)) {clustered}",
];

pub(super) const DOCK: Table =
    Table { name: "supply_dock", columns: "area, shop, dock", key: "area, shop" };

pub(super) const PASS: Table = Table {
    name: "supply_pass",
    columns: "area, id, vehicle, plate, driver, home, carries, cold, places, starts, until, \
              withdrawn_at, withdrawn, vouched, identity",
    key: "area, id",
};

pub(super) const GATE: Table = Table {
    name: "supply_gate",
    columns: "area, place, opens, closes, blocked",
    key: "area, place",
};

pub(super) const BATCH: Table = Table {
    name: "supply_batch",
    columns: "area, id, shop, pass, vehicle, state, leaves_at, left_at, weight, stops, been, \
              orders, stale",
    key: "area, id",
};

pub(super) const SLOT: Table = Table {
    name: "supply_slot",
    columns: "area, ordered, batch, is_open",
    key: "area, ordered, batch",
};

macro_rules! pass {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.vehicle, p.plate, p.driver, p.home, p.carries, p.cold, p.places,
                p.starts, p.until, p.withdrawn_at, p.withdrawn, p.vouched, p.identity
             FROM supply_pass p",
            $rest
        )
    };
}

macro_rules! batch {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.shop, b.pass, b.vehicle, b.state, b.leaves_at, b.left_at, b.weight,
                b.stops, b.been, b.orders, b.stale
             FROM supply_batch b",
            $rest
        )
    };
}

statements! {
    PASS_BY_ID: Lookup = Lookup::new(pass!(""), &[("p.area", Int), ("p.id", Bytes)], "");
    PASSES_VALID: Lookup = Lookup::new(
        pass!(""), &[("p.area", Int)], "AND p.withdrawn_at IS NULL");
    PASSES_OF_DRIVER: Lookup = Lookup::new(
        pass!(""), &[("p.driver", Bytes)], "AND p.withdrawn_at IS NULL");
    PASS_PUT: Insert = Insert::new(
        "supply_pass",
        &[("area", Int), ("id", Bytes), ("vehicle", Text), ("plate", Text), ("driver", Bytes),
          ("home", Text), ("carries", Int), ("cold", Int), ("places", Text), ("starts", Int),
          ("until", Int), ("withdrawn_at", Int), ("withdrawn", Text), ("vouched", Text),
          ("identity", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET withdrawn_at = excluded.withdrawn_at,
            withdrawn = excluded.withdrawn");
    PASSES: Query = Query::new(
        pass!(" WHERE p.area BETWEEN $1 AND $2 AND p.until > $3
               AND substr(p.vehicle, 1, 10) <> 'volunteer:'
             ORDER BY p.area, p.until, p.id LIMIT $4"));
    VOLUNTEERS: Query = Query::new(
        pass!(" WHERE substr(p.vehicle, 1, 10) = 'volunteer:' AND p.area BETWEEN $1 AND $2
               AND p.until > $3
             ORDER BY p.until, p.id LIMIT $4"));
    PASSES_OF_CARRIER: Lookup = Lookup::new(
        pass!(""), &[("p.vehicle", Text)], "AND p.withdrawn_at IS NULL");
    PASSES_OF_VEHICLE: Query = Query::new(
        pass!(" WHERE p.vehicle = $1 ORDER BY p.until DESC, p.id LIMIT $2"));
    GATES_OF_AREA: Lookup = Lookup::new(
        "SELECT g.place, g.opens, g.closes, g.blocked FROM supply_gate g",
        &[("g.area", Int)], "");
    GATE_PUT: Insert = Insert::new(
        "supply_gate",
        &[("area", Int), ("place", Text), ("opens", Int), ("closes", Int), ("blocked", Text)],
        "ON CONFLICT (area, place) DO UPDATE SET opens = excluded.opens,
            closes = excluded.closes, blocked = excluded.blocked");
    DOCKS_OF_AREA: Lookup = Lookup::new(
        "SELECT d.area, d.shop, d.dock FROM supply_dock d", &[("d.area", Int)], "");
    DOCK_PUT: Insert = Insert::new(
        "supply_dock",
        &[("area", Int), ("shop", Text), ("dock", Text)],
        "ON CONFLICT (area, shop) DO UPDATE SET dock = excluded.dock");
    BATCH_BY_ID: Lookup = Lookup::new(batch!(""), &[("b.area", Int), ("b.id", Bytes)], "");
    BATCHES_PLANNED: Lookup = Lookup::new(
        batch!(""), &[("b.area", Int)], "AND b.state = 'planned'");
    BATCHES_OF_PASS: Lookup = Lookup::new(
        batch!(""), &[("b.pass", Bytes)], "AND b.state = 'planned'");
    BATCHES_OPEN_OF: Lookup = Lookup::new(
        batch!(""), &[("b.vehicle", Text)], "AND b.state IN ('planned', 'out')");
    BATCH_PUT: Insert = Insert::new(
        "supply_batch",
        &[("area", Int), ("id", Bytes), ("shop", Text), ("pass", Bytes), ("vehicle", Text),
          ("state", Text), ("leaves_at", Int), ("left_at", Int), ("weight", Int),
          ("stops", Text), ("been", Text), ("orders", Int), ("stale", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET state = excluded.state, left_at = excluded.left_at,
            been = excluded.been, orders = excluded.orders, stale = excluded.stale");
    BATCHES_OPEN: Query = Query::new(
        batch!(" WHERE b.state IN ('planned', 'out') AND +b.area BETWEEN $1 AND $2
             ORDER BY b.leaves_at, b.id LIMIT $3"));
    BATCHES_STALE: Query = Query::new(
        batch!(" WHERE b.state = 'planned' AND b.stale <> '' AND b.area BETWEEN $1 AND $2
             ORDER BY b.area, b.leaves_at, b.id LIMIT $3"));
    BATCHES_BY: Query = Query::new(
        batch!(" WHERE b.vehicle = $1 AND b.state IN ('planned', 'out')
             ORDER BY b.leaves_at, b.id LIMIT $2"));
    SLOT_PUT: Insert = Insert::new(
        "supply_slot",
        &[("area", Int), ("ordered", Bytes), ("batch", Bytes), ("is_open", Int)],
        "ON CONFLICT (area, ordered, batch) DO UPDATE SET is_open = excluded.is_open");
}
