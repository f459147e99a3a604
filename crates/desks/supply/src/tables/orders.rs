//! Tables and statements of orders and group purchases.

use store::{Table, statements};

/// What the second version of the desk's tables adds.
///
/// `supply_order_count` has orders by community, stage and the hour of their clock (0 for those without one): what
/// is late is what stands before the hour that runs.
pub(super) const MIGRATION: &[&str] = &[
    "CREATE TABLE supply_order (
        area BIGINT NOT NULL, id BYTEA NOT NULL, household BYTEA NOT NULL, community TEXT NOT NULL,
        place TEXT NOT NULL, shop TEXT NOT NULL, via TEXT NOT NULL, joined BYTEA,
        lines TEXT NOT NULL, question TEXT, stage TEXT NOT NULL, picked TEXT NOT NULL,
        paid BIGINT NOT NULL, at BIGINT NOT NULL, due BIGINT NOT NULL, clock BIGINT,
        ended_at BIGINT, carrier TEXT, batch BYTEA, tries BIGINT NOT NULL, said TEXT NOT NULL,
        actor TEXT NOT NULL, is_open BIGINT NOT NULL, owes BIGINT NOT NULL,
        PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_order_household ON supply_order (household, at DESC, id, area)",
    "CREATE INDEX supply_order_open ON supply_order (household, id) WHERE is_open = 1",
    "CREATE INDEX supply_order_shop ON supply_order (shop, stage, clock, id, area)
        WHERE is_open = 1",
    "CREATE INDEX supply_order_owes ON supply_order (shop, clock, id, area) WHERE owes = 1",
    "CREATE INDEX supply_order_clock ON supply_order (clock, id, area, community, stage)
        WHERE clock IS NOT NULL",
    "CREATE INDEX supply_order_joined ON supply_order (joined, id, area) WHERE joined IS NOT NULL",
    "CREATE INDEX supply_order_carrier ON supply_order (carrier, clock, id, area)
        WHERE stage = 'out'",
    "CREATE INDEX supply_order_batch ON supply_order (batch, id, area) WHERE batch IS NOT NULL",
    "CREATE TABLE supply_group (
        area BIGINT NOT NULL, id BYTEA NOT NULL, place TEXT NOT NULL, shop TEXT NOT NULL,
        items TEXT NOT NULL, minimum BIGINT NOT NULL, joined BIGINT NOT NULL,
        closes_at BIGINT NOT NULL, due BIGINT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
        actor TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
    "CREATE INDEX supply_group_open ON supply_group (closes_at, id, area, place)
        WHERE state = 'open'",
    "CREATE INDEX supply_group_at ON supply_group (at DESC, id, area)",
    "CREATE TABLE supply_order_count (
        area BIGINT NOT NULL, community TEXT NOT NULL, stage TEXT NOT NULL, hour BIGINT NOT NULL,
        orders BIGINT NOT NULL, PRIMARY KEY (area, community, stage, hour)) {clustered}",
];

pub(super) const ORDER: Table = Table {
    name: "supply_order",
    columns: "area, id, household, community, place, shop, via, joined, lines, question, stage, \
              picked, paid, at, due, clock, ended_at, carrier, batch, tries, said, actor, is_open, \
              owes, days",
    key: "area, id",
};

pub(super) const GROUP: Table = Table {
    name: "supply_group",
    columns: "area, id, place, shop, items, minimum, joined, closes_at, due, state, note, actor, \
              at",
    key: "area, id",
};

pub(super) const COUNT: Table = Table {
    name: "supply_order_count",
    columns: "area, community, stage, hour, orders",
    key: "area, community, stage, hour",
};

macro_rules! order {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.household, o.community, o.place, o.shop, o.via, o.joined, o.lines,
                o.question, o.stage, o.picked, o.paid, o.at, o.due, o.clock, o.ended_at,
                o.carrier, o.tries, o.said, o.actor, o.batch, o.days
             FROM supply_order o",
            $rest
        )
    };
}

macro_rules! group {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.place, g.shop, g.items, g.minimum, g.joined, g.closes_at, g.due,
                g.state, g.note, g.actor, g.at
             FROM supply_group g",
            $rest
        )
    };
}

statements! {
    ORDER_BY_ID: Lookup = Lookup::new(order!(""), &[("o.area", Int), ("o.id", Bytes)], "");
    ORDERS_OPEN_OF: Lookup = Lookup::new(
        order!(""), &[("o.household", Bytes)], "AND o.is_open = 1");
    ORDERS_OPEN_AT: Lookup = Lookup::new(order!(""), &[("o.shop", Text)], "AND o.is_open = 1");
    ORDERS_JOINED: Lookup = Lookup::new(
        order!(""), &[("o.joined", Bytes)], "AND o.joined IS NOT NULL");
    ORDERS_CARRIED_BY: Lookup = Lookup::new(
        order!(""), &[("o.carrier", Text)], "AND o.stage = 'out'");
    ORDERS_IN_BATCH: Lookup = Lookup::new(
        order!(""), &[("o.batch", Bytes)], "AND o.batch IS NOT NULL");
    ORDER_PUT: Insert = Insert::new(
        "supply_order",
        &[("area", Int), ("id", Bytes), ("household", Bytes), ("community", Text),
          ("place", Text), ("shop", Text), ("via", Text), ("joined", Bytes), ("lines", Text),
          ("question", Text), ("stage", Text), ("picked", Text), ("paid", Int), ("at", Int),
          ("due", Int), ("clock", Int), ("ended_at", Int), ("carrier", Text), ("batch", Bytes), ("tries", Int),
          ("said", Text), ("actor", Text), ("is_open", Int), ("owes", Int), ("days", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET lines = excluded.lines,
            question = excluded.question, stage = excluded.stage, picked = excluded.picked,
            paid = excluded.paid, due = excluded.due, clock = excluded.clock,
            ended_at = excluded.ended_at, carrier = excluded.carrier, batch = excluded.batch, tries = excluded.tries,
            said = excluded.said, is_open = excluded.is_open, owes = excluded.owes");
    ORDERS_OF: Query = Query::new(
        order!(" WHERE o.household = $1 ORDER BY o.at DESC, o.id LIMIT $2"));
    ORDERS_AT: Query = Query::new(
        order!(" WHERE o.shop = $1 AND o.is_open = 1 AND o.stage = $2
             ORDER BY o.clock, o.id LIMIT $3"));
    ORDERS_OWED_AT: Query = Query::new(
        order!(" WHERE o.shop = $1 AND o.owes = 1 ORDER BY o.clock, o.id LIMIT $2"));
    ORDERS_CARRIED: Query = Query::new(
        order!(" WHERE o.carrier = $1 AND o.stage = 'out' ORDER BY o.clock, o.id LIMIT $2"));
    ORDERS_DUE: Query = Query::new(
        order!(" WHERE o.clock IS NOT NULL AND (o.clock, o.id) > ($1, $2) AND o.clock < $3
               AND +o.area BETWEEN $4 AND $5 AND ($6 = '' OR o.community = $6)
               AND ($7 = '' OR o.stage = $7)
             ORDER BY o.clock, o.id LIMIT $8"));
    ORDERS_TO_PLAN: Query = Query::new(
        order!(" WHERE o.clock IS NOT NULL AND o.batch IS NULL
               AND o.stage IN ('accepted', 'packed', 'came_back')
               AND +o.area BETWEEN $1 AND $2 ORDER BY o.clock, o.id LIMIT $3"));
    QUESTIONS_OVER: Query = Query::new(
        order!(" WHERE o.clock IS NOT NULL AND o.clock <= $1 AND o.stage = 'asked'
               AND +o.area BETWEEN $2 AND $3 ORDER BY o.clock, o.id LIMIT $4"));
    GROUP_BY_ID: Lookup = Lookup::new(group!(""), &[("g.area", Int), ("g.id", Bytes)], "");
    GROUP_PUT: Insert = Insert::new(
        "supply_group",
        &[("area", Int), ("id", Bytes), ("place", Text), ("shop", Text), ("items", Text),
          ("minimum", Int), ("joined", Int), ("closes_at", Int), ("due", Int), ("state", Text),
          ("note", Text), ("actor", Text), ("at", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET joined = excluded.joined, state = excluded.state");
    GROUPS_OPEN: Query = Query::new(
        group!(" WHERE g.state = 'open' AND g.closes_at < $1 AND +g.area BETWEEN $2 AND $3
             ORDER BY g.closes_at, g.id LIMIT $4"));
    GROUPS: Query = Query::new(
        group!(" WHERE +g.area BETWEEN $1 AND $2 ORDER BY g.at DESC, g.id LIMIT $3"));
    ORDER_COUNT_ADD: Insert = Insert::new(
        "supply_order_count",
        &[("area", Int), ("community", Text), ("stage", Text), ("hour", Int), ("orders", Int)],
        "ON CONFLICT (area, community, stage, hour) DO UPDATE SET
            orders = supply_order_count.orders + excluded.orders");
    ORDER_COUNTS: Query = Query::new(
        "SELECT c.area, c.community, c.stage,
            CAST(sum(CASE WHEN c.hour > 0 AND c.hour < $3 THEN c.orders ELSE 0 END) AS BIGINT),
            CAST(sum(CASE WHEN c.hour > 0 THEN c.orders ELSE 0 END) AS BIGINT),
            CAST(sum(c.orders) AS BIGINT)
         FROM supply_order_count c
         WHERE c.area BETWEEN $1 AND $2 AND ($4 = '' OR c.community = $4)
         GROUP BY c.area, c.community, c.stage ORDER BY c.area, c.community, c.stage");
}
