//! The supply desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The supply desk's tables, all derived from the journal.
///
/// Amounts are whole grams or pieces. `supply_stock` says how much of which lot lies where; the same
/// quantities stand in the ledger's accounts by good, and both are the sum of the same postings.
/// `supply_total` has them by standing, `supply_due` the households by the hour in which something is due,
/// `supply_people` households and people by mode, `supply_need` households by need. A household under
/// restriction is in `supply_due` once for food: what was served, what is not due and what is overdue is all.
pub const SCHEMA: Schema = Schema {
    name: "supply",
    migrations: &[&[
        "CREATE TABLE supply_site (
            area BIGINT NOT NULL, code TEXT NOT NULL, kind TEXT NOT NULL, name_zh TEXT NOT NULL,
            name_en TEXT NOT NULL, place TEXT, position TEXT, households BIGINT NOT NULL,
            halal BIGINT NOT NULL, contacts TEXT NOT NULL, closed_at BIGINT,
            infection BIGINT NOT NULL, closed_reason TEXT NOT NULL,
            PRIMARY KEY (area, code)) {clustered}",
        "CREATE UNIQUE INDEX supply_site_code ON supply_site (code)",
        "CREATE INDEX supply_site_kind ON supply_site (kind, area, code)",
        "CREATE TABLE supply_lot (
            area BIGINT NOT NULL, id BYTEA NOT NULL, good TEXT NOT NULL, site TEXT NOT NULL,
            origin TEXT NOT NULL, source TEXT NOT NULL, what TEXT NOT NULL, halal BIGINT NOT NULL,
            amount BIGINT NOT NULL, remains BIGINT NOT NULL, expires_at BIGINT NOT NULL,
            at BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX supply_lot_expires ON supply_lot (expires_at, id, area) WHERE remains > 0",
        "CREATE INDEX supply_lot_donated ON supply_lot (at DESC, id, area)
            WHERE origin = 'donated' AND remains > 0",
        "CREATE TABLE supply_stock (
            area BIGINT NOT NULL, site TEXT NOT NULL, lot BYTEA NOT NULL, good TEXT NOT NULL,
            amount BIGINT NOT NULL, PRIMARY KEY (area, site, lot)) {clustered}",
        "CREATE INDEX supply_stock_lot ON supply_stock (lot, site, amount)",
        "CREATE TABLE supply_shipment (
            area BIGINT NOT NULL, id BYTEA NOT NULL, origin TEXT NOT NULL, goal TEXT NOT NULL,
            to_area BIGINT NOT NULL, lines TEXT NOT NULL, got TEXT NOT NULL, carrier TEXT NOT NULL,
            due BIGINT NOT NULL, state TEXT NOT NULL, sent_at BIGINT NOT NULL, arrived_at BIGINT,
            community TEXT, said TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX supply_shipment_open ON supply_shipment (due, id, area, to_area)
            WHERE state IN ('sent', 'differs')",
        "CREATE INDEX supply_shipment_to ON supply_shipment (goal, due, id, area)
            WHERE state IN ('sent', 'differs')",
        "CREATE INDEX supply_shipment_by ON supply_shipment (carrier, due, id, area)
            WHERE state = 'sent'",
        "CREATE TABLE supply_move (
            area BIGINT NOT NULL, site TEXT NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            at BIGINT NOT NULL, recorded_at BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, lot BYTEA NOT NULL, good TEXT NOT NULL, amount BIGINT NOT NULL,
            said TEXT NOT NULL, PRIMARY KEY (area, site, command, n)) {clustered}",
        "CREATE INDEX supply_move_at ON supply_move (site, recorded_at DESC, command, n)",
        "CREATE TABLE supply_total (
            area BIGINT NOT NULL, standing TEXT NOT NULL, good TEXT NOT NULL,
            amount BIGINT NOT NULL, PRIMARY KEY (area, standing, good)) {clustered}",
        "CREATE TABLE supply_serves (
            area BIGINT NOT NULL, community TEXT NOT NULL, shop TEXT NOT NULL,
            households BIGINT NOT NULL, why TEXT NOT NULL, since BIGINT NOT NULL,
            PRIMARY KEY (area, community, shop)) {clustered}",
        "CREATE INDEX supply_serves_shop ON supply_serves (shop, community)",
        "CREATE TABLE supply_item (
            area BIGINT NOT NULL, shop TEXT NOT NULL, code TEXT NOT NULL, good TEXT NOT NULL,
            name_zh TEXT NOT NULL, name_en TEXT NOT NULL, amount BIGINT NOT NULL,
            fen BIGINT NOT NULL, at_most BIGINT NOT NULL, halal BIGINT NOT NULL,
            since BIGINT NOT NULL, is_off BIGINT NOT NULL,
            PRIMARY KEY (area, shop, code)) {clustered}",
        "CREATE TABLE supply_price (
            area BIGINT NOT NULL, shop TEXT NOT NULL, code TEXT NOT NULL, command BYTEA NOT NULL,
            at BIGINT NOT NULL, actor TEXT NOT NULL, fen BIGINT NOT NULL, amount BIGINT NOT NULL,
            PRIMARY KEY (area, shop, code, command)) {clustered}",
        "CREATE TABLE supply_limit (
            area BIGINT NOT NULL, good TEXT NOT NULL, command BYTEA NOT NULL, at BIGINT NOT NULL,
            actor TEXT NOT NULL, fen BIGINT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (area, good, command)) {clustered}",
        "CREATE TABLE supply_mode (
            area BIGINT NOT NULL, place TEXT NOT NULL, mode TEXT NOT NULL, since BIGINT NOT NULL,
            until BIGINT, reason TEXT NOT NULL, households BIGINT NOT NULL,
            people BIGINT NOT NULL, PRIMARY KEY (area, place)) {clustered}",
        "CREATE TABLE supply_household (
            area BIGINT NOT NULL, id BYTEA NOT NULL, community TEXT NOT NULL, place TEXT NOT NULL,
            people BIGINT NOT NULL, mode TEXT NOT NULL, until BIGINT, needs TEXT NOT NULL,
            note TEXT NOT NULL, last_food BIGINT, next_food BIGINT, next_medicine BIGINT,
            said TEXT NOT NULL, complaints BIGINT NOT NULL, restricted BIGINT NOT NULL,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX supply_household_food ON supply_household (next_food, id, area, community)
            WHERE next_food IS NOT NULL",
        "CREATE INDEX supply_household_medicine
            ON supply_household (next_medicine, id, area, community)
            WHERE next_medicine IS NOT NULL",
        "CREATE INDEX supply_household_place ON supply_household (place, id, area)
            WHERE restricted = 1",
        "CREATE TABLE supply_medicine (
            area BIGINT NOT NULL, household BYTEA NOT NULL, name TEXT NOT NULL,
            last_dose BIGINT NOT NULL, prescribed_until BIGINT, taken BIGINT NOT NULL,
            PRIMARY KEY (area, household, name)) {clustered}",
        "CREATE INDEX supply_medicine_renew
            ON supply_medicine (prescribed_until, household, area, name)
            WHERE taken = 1 AND prescribed_until IS NOT NULL",
        "CREATE TABLE supply_complaint (
            area BIGINT NOT NULL, id BYTEA NOT NULL, household BYTEA NOT NULL,
            community TEXT NOT NULL, place TEXT NOT NULL, about TEXT NOT NULL, said TEXT NOT NULL,
            actor TEXT NOT NULL, at BIGINT NOT NULL, due BIGINT NOT NULL, answered_at BIGINT,
            answer TEXT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX supply_complaint_open ON supply_complaint (due, id, area, community)
            WHERE answered_at IS NULL",
        "CREATE INDEX supply_complaint_of ON supply_complaint (household, at DESC, id, area)",
        "CREATE TABLE supply_history (
            area BIGINT NOT NULL, household BYTEA NOT NULL, command BYTEA NOT NULL,
            n BIGINT NOT NULL, at BIGINT NOT NULL, recorded_at BIGINT NOT NULL,
            actor TEXT NOT NULL, what TEXT NOT NULL, said TEXT NOT NULL,
            PRIMARY KEY (area, household, command, n)) {clustered}",
        "CREATE TABLE supply_gift (
            area BIGINT NOT NULL, community TEXT NOT NULL, good TEXT NOT NULL, at BIGINT NOT NULL,
            PRIMARY KEY (area, community, good)) {clustered}",
        "CREATE TABLE supply_due (
            area BIGINT NOT NULL, community TEXT NOT NULL, what TEXT NOT NULL,
            served BIGINT NOT NULL, hour BIGINT NOT NULL, households BIGINT NOT NULL,
            PRIMARY KEY (area, community, what, served, hour)) {clustered}",
        "CREATE TABLE supply_people (
            area BIGINT NOT NULL, community TEXT NOT NULL, mode TEXT NOT NULL,
            households BIGINT NOT NULL, people BIGINT NOT NULL,
            PRIMARY KEY (area, community, mode)) {clustered}",
        "CREATE TABLE supply_need (
            area BIGINT NOT NULL, community TEXT NOT NULL, need TEXT NOT NULL,
            households BIGINT NOT NULL, PRIMARY KEY (area, community, need)) {clustered}",
    ]],
    derived: &[
        Table {
            name: "supply_site",
            columns: "area, code, kind, name_zh, name_en, place, position, households, halal, \
                      contacts, closed_at, infection, closed_reason",
            key: "area, code",
        },
        Table {
            name: "supply_lot",
            columns: "area, id, good, site, origin, source, what, halal, amount, remains, \
                      expires_at, at",
            key: "area, id",
        },
        Table {
            name: "supply_stock",
            columns: "area, site, lot, good, amount",
            key: "area, site, lot",
        },
        Table {
            name: "supply_shipment",
            columns: "area, id, origin, goal, to_area, lines, got, carrier, due, state, sent_at, \
                      arrived_at, community, said",
            key: "area, id",
        },
        Table {
            name: "supply_move",
            columns: "area, site, command, n, at, recorded_at, actor, what, lot, good, amount, \
                      said",
            key: "area, site, command, n",
        },
        Table {
            name: "supply_total",
            columns: "area, standing, good, amount",
            key: "area, standing, good",
        },
        Table {
            name: "supply_serves",
            columns: "area, community, shop, households, why, since",
            key: "area, community, shop",
        },
        Table {
            name: "supply_item",
            columns: "area, shop, code, good, name_zh, name_en, amount, fen, at_most, halal, \
                      since, is_off",
            key: "area, shop, code",
        },
        Table {
            name: "supply_price",
            columns: "area, shop, code, command, at, actor, fen, amount",
            key: "area, shop, code, command",
        },
        Table {
            name: "supply_limit",
            columns: "area, good, command, at, actor, fen, reason",
            key: "area, good, command",
        },
        Table {
            name: "supply_mode",
            columns: "area, place, mode, since, until, reason, households, people",
            key: "area, place",
        },
        Table {
            name: "supply_household",
            columns: "area, id, community, place, people, mode, until, needs, note, last_food, \
                      next_food, next_medicine, said, complaints, restricted",
            key: "area, id",
        },
        Table {
            name: "supply_medicine",
            columns: "area, household, name, last_dose, prescribed_until, taken",
            key: "area, household, name",
        },
        Table {
            name: "supply_complaint",
            columns: "area, id, household, community, place, about, said, actor, at, due, \
                      answered_at, answer",
            key: "area, id",
        },
        Table {
            name: "supply_history",
            columns: "area, household, command, n, at, recorded_at, actor, what, said",
            key: "area, household, command, n",
        },
        Table {
            name: "supply_gift",
            columns: "area, community, good, at",
            key: "area, community, good",
        },
        Table {
            name: "supply_due",
            columns: "area, community, what, served, hour, households",
            key: "area, community, what, served, hour",
        },
        Table {
            name: "supply_people",
            columns: "area, community, mode, households, people",
            key: "area, community, mode",
        },
        Table {
            name: "supply_need",
            columns: "area, community, need, households",
            key: "area, community, need",
        },
    ],
};

statements! {
    SITE_BY_CODE: Lookup = Lookup::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s",
        &[("s.code", Text)], "");
    SHOPS_OF_AREA: Lookup = Lookup::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s",
        &[("s.area", Int)], "AND s.kind = 'shop'");
    SITES: Query = Query::new(
        "SELECT s.code, s.area, s.kind, s.name_zh, s.name_en, s.place, s.position, s.households,
            s.halal, s.contacts, s.closed_at, s.infection, s.closed_reason FROM supply_site s
         WHERE s.area BETWEEN $1 AND $2 AND ($3 = '' OR s.kind = $3)
         ORDER BY s.area, s.code LIMIT $4");
    SITE_PUT: Insert = Insert::new(
        "supply_site",
        &[("code", Text), ("area", Int), ("kind", Text), ("name_zh", Text), ("name_en", Text),
          ("place", Text), ("position", Text), ("households", Int), ("halal", Int),
          ("contacts", Text), ("closed_at", Int), ("infection", Int), ("closed_reason", Text)],
        "ON CONFLICT (area, code) DO UPDATE SET name_zh = excluded.name_zh,
            name_en = excluded.name_en, place = excluded.place, position = excluded.position,
            households = excluded.households, halal = excluded.halal,
            contacts = excluded.contacts, closed_at = excluded.closed_at,
            infection = excluded.infection, closed_reason = excluded.closed_reason");
    LOT_BY_ID: Lookup = Lookup::new(
        "SELECT l.id, l.good, l.site, l.origin, l.source, l.what, l.halal, l.amount, l.remains,
            l.expires_at, l.at FROM supply_lot l", &[("l.area", Int), ("l.id", Bytes)], "");
    LOT_PUT: Insert = Insert::new(
        "supply_lot",
        &[("area", Int), ("id", Bytes), ("good", Text), ("site", Text), ("origin", Text),
          ("source", Text), ("what", Text), ("halal", Int), ("amount", Int), ("remains", Int),
          ("expires_at", Int), ("at", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET remains = excluded.remains");
    LOTS_EXPIRING: Query = Query::new(
        "SELECT l.area, l.id FROM supply_lot l
         WHERE l.remains > 0 AND l.expires_at < $1 AND +l.area BETWEEN $2 AND $3
         ORDER BY l.expires_at, l.id LIMIT $4");
    LOTS_DONATED: Query = Query::new(
        "SELECT l.area, l.id FROM supply_lot l
         WHERE l.origin = 'donated' AND l.remains > 0 AND +l.area BETWEEN $1 AND $2
         ORDER BY l.at DESC, l.id LIMIT $3");
    STOCK_AT: Lookup = Lookup::new(
        "SELECT k.site, k.lot, k.area, k.good, k.amount FROM supply_stock k",
        &[("k.area", Int), ("k.site", Text)], "AND k.amount > 0");
    STOCK_BY_LOT: Lookup = Lookup::new(
        "SELECT k.site, k.lot, k.area, k.good, k.amount FROM supply_stock k",
        &[("k.lot", Bytes)], "AND k.amount > 0");
    STOCK_PUT: Insert = Insert::new(
        "supply_stock",
        &[("area", Int), ("site", Text), ("lot", Bytes), ("good", Text), ("amount", Int)],
        "ON CONFLICT (area, site, lot) DO UPDATE SET amount = excluded.amount");
    SHIPMENT_BY_ID: Lookup = Lookup::new(
        "SELECT s.id, s.origin, s.goal, s.to_area, s.lines, s.got, s.carrier, s.due, s.state,
            s.sent_at, s.arrived_at, s.community, s.said FROM supply_shipment s",
        &[("s.area", Int), ("s.id", Bytes)], "");
    SHIPMENT_PUT: Insert = Insert::new(
        "supply_shipment",
        &[("area", Int), ("id", Bytes), ("origin", Text), ("goal", Text), ("to_area", Int),
          ("lines", Text), ("got", Text), ("carrier", Text), ("due", Int), ("state", Text),
          ("sent_at", Int), ("arrived_at", Int), ("community", Text), ("said", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET got = excluded.got, state = excluded.state,
            arrived_at = excluded.arrived_at, said = excluded.said");
    SHIPMENTS_OPEN: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.state IN ('sent', 'differs') AND ($1 = '' OR s.state = $1)
           AND (+s.area BETWEEN $2 AND $3 OR +s.to_area BETWEEN $2 AND $3)
         ORDER BY s.due, s.id LIMIT $4");
    SHIPMENTS_TO: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.goal = $1 AND s.state IN ('sent', 'differs') ORDER BY s.due, s.id LIMIT $2");
    SHIPMENTS_BY: Query = Query::new(
        "SELECT s.area, s.id FROM supply_shipment s
         WHERE s.carrier = $1 AND s.state = 'sent' ORDER BY s.due, s.id LIMIT $2");
    MOVE_PUT: Insert = Insert::new(
        "supply_move",
        &[("area", Int), ("site", Text), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("lot", Bytes), ("good", Text),
          ("amount", Int), ("said", Text)], "");
    MOVES_OF: Query = Query::new(
        "SELECT m.at, m.recorded_at, m.actor, m.what, m.lot, m.good, m.amount, m.said
         FROM supply_move m WHERE m.site = $1
         ORDER BY m.recorded_at DESC, m.command, m.n LIMIT $2");
    TOTAL_ADD: Insert = Insert::new(
        "supply_total",
        &[("area", Int), ("standing", Text), ("good", Text), ("amount", Int)],
        "ON CONFLICT (area, standing, good) DO UPDATE SET
            amount = supply_total.amount + excluded.amount");
    TOTALS: Query = Query::new(
        "SELECT t.area, t.standing, t.good, t.amount FROM supply_total t
         WHERE t.area BETWEEN $1 AND $2 ORDER BY t.area");
    SERVES_OF_AREA: Lookup = Lookup::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v",
        &[("v.area", Int)], "AND v.households > 0");
    SERVES_IN: Query = Query::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v
         WHERE v.area BETWEEN $1 AND $2 AND v.households > 0
         ORDER BY v.area, v.community, v.shop");
    SERVES_BY: Query = Query::new(
        "SELECT v.area, v.community, v.shop, v.households, v.why, v.since FROM supply_serves v
         WHERE v.shop = $1 AND v.households > 0 ORDER BY v.community");
    SERVES_PUT: Insert = Insert::new(
        "supply_serves",
        &[("area", Int), ("community", Text), ("shop", Text), ("households", Int), ("why", Text),
          ("since", Int)],
        "ON CONFLICT (area, community, shop) DO UPDATE SET households = excluded.households,
            why = excluded.why, since = excluded.since");
    ITEMS_OF: Lookup = Lookup::new(
        "SELECT i.shop, i.code, i.good, i.name_zh, i.name_en, i.amount, i.fen, i.at_most, i.halal,
            i.since, i.is_off FROM supply_item i", &[("i.area", Int), ("i.shop", Text)], "");
    ITEM_PUT: Insert = Insert::new(
        "supply_item",
        &[("area", Int), ("shop", Text), ("code", Text), ("good", Text), ("name_zh", Text),
          ("name_en", Text), ("amount", Int), ("fen", Int), ("at_most", Int), ("halal", Int),
          ("since", Int), ("is_off", Int)],
        "ON CONFLICT (area, shop, code) DO UPDATE SET good = excluded.good,
            name_zh = excluded.name_zh, name_en = excluded.name_en, amount = excluded.amount,
            fen = excluded.fen, at_most = excluded.at_most, halal = excluded.halal,
            since = excluded.since, is_off = excluded.is_off");
    PRICE_PUT: Insert = Insert::new(
        "supply_price",
        &[("area", Int), ("shop", Text), ("code", Text), ("command", Bytes), ("at", Int),
          ("actor", Text), ("fen", Int), ("amount", Int)], "");
    PRICES_OF: Query = Query::new(
        "SELECT p.code, p.at, p.actor, p.fen, p.amount FROM supply_price p
         WHERE p.area = $1 AND p.shop = $2 ORDER BY p.code, p.at, p.command");
    LIMITS_OF: Lookup = Lookup::new(
        "SELECT m.area, m.good, m.at, m.actor, m.fen, m.reason FROM supply_limit m",
        &[("m.area", Int)], "");
    LIMIT_PUT: Insert = Insert::new(
        "supply_limit",
        &[("area", Int), ("good", Text), ("command", Bytes), ("at", Int), ("actor", Text),
          ("fen", Int), ("reason", Text)], "");
    MODE_BY_PLACE: Lookup = Lookup::new(
        "SELECT m.area, m.place, m.mode, m.since, m.until, m.reason, m.households, m.people
         FROM supply_mode m", &[("m.area", Int), ("m.place", Text)], "");
    MODES: Query = Query::new(
        "SELECT m.area, m.place, m.mode, m.since, m.until, m.reason, m.households, m.people
         FROM supply_mode m WHERE m.area BETWEEN $1 AND $2 AND m.mode <> 'free'
         ORDER BY m.area, m.place LIMIT $3");
    MODE_PUT: Insert = Insert::new(
        "supply_mode",
        &[("area", Int), ("place", Text), ("mode", Text), ("since", Int), ("until", Int),
          ("reason", Text), ("households", Int), ("people", Int)],
        "ON CONFLICT (area, place) DO UPDATE SET mode = excluded.mode, since = excluded.since,
            until = excluded.until, reason = excluded.reason, households = excluded.households,
            people = excluded.people");
    HOUSEHOLD_BY_ID: Lookup = Lookup::new(
        "SELECT h.area, h.id, h.community, h.place, h.people, h.mode, h.until, h.needs, h.note,
            h.last_food, h.next_food, h.next_medicine, h.said, h.complaints
         FROM supply_household h", &[("h.area", Int), ("h.id", Bytes)], "");
    HOUSEHOLD_PUT: Insert = Insert::new(
        "supply_household",
        &[("area", Int), ("id", Bytes), ("community", Text), ("place", Text), ("people", Int),
          ("mode", Text), ("until", Int), ("needs", Text), ("note", Text), ("last_food", Int),
          ("next_food", Int), ("next_medicine", Int), ("said", Text), ("complaints", Int),
          ("restricted", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET community = excluded.community,
            place = excluded.place, people = excluded.people, mode = excluded.mode,
            until = excluded.until, needs = excluded.needs, note = excluded.note,
            last_food = excluded.last_food, next_food = excluded.next_food,
            next_medicine = excluded.next_medicine, said = excluded.said,
            complaints = excluded.complaints, restricted = excluded.restricted");
    HOUSEHOLDS_FOOD: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.next_food IS NOT NULL AND (h.next_food, h.id) > ($1, $2) AND h.next_food < $3
           AND +h.area BETWEEN $4 AND $5 AND ($6 = '' OR h.community = $6)
         ORDER BY h.next_food, h.id LIMIT $7");
    HOUSEHOLDS_MEDICINE: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.next_medicine IS NOT NULL AND (h.next_medicine, h.id) > ($1, $2)
           AND h.next_medicine < $3 AND +h.area BETWEEN $4 AND $5
           AND ($6 = '' OR h.community = $6)
         ORDER BY h.next_medicine, h.id LIMIT $7");
    HOUSEHOLDS_AT: Query = Query::new(
        "SELECT h.area, h.id FROM supply_household h
         WHERE h.restricted = 1 AND h.place >= $1 AND h.place < $2
         ORDER BY h.place, h.id LIMIT $3");
    MEDICINES_OF: Lookup = Lookup::new(
        "SELECT d.household, d.name, d.last_dose, d.prescribed_until, d.taken
         FROM supply_medicine d", &[("d.area", Int), ("d.household", Bytes)], "");
    MEDICINE_PUT: Insert = Insert::new(
        "supply_medicine",
        &[("area", Int), ("household", Bytes), ("name", Text), ("last_dose", Int),
          ("prescribed_until", Int), ("taken", Int)],
        "ON CONFLICT (area, household, name) DO UPDATE SET last_dose = excluded.last_dose,
            prescribed_until = excluded.prescribed_until, taken = excluded.taken");
    MEDICINES_TO_RENEW: Query = Query::new(
        "SELECT d.area, d.household, d.name, d.last_dose, d.prescribed_until
         FROM supply_medicine d
         WHERE d.taken = 1 AND d.prescribed_until IS NOT NULL AND d.prescribed_until < $1
           AND +d.area BETWEEN $2 AND $3
         ORDER BY d.prescribed_until, d.household LIMIT $4");
    COMPLAINT_BY_ID: Lookup = Lookup::new(
        "SELECT c.id, c.household, c.community, c.place, c.about, c.said, c.actor, c.at, c.due,
            c.answered_at, c.answer FROM supply_complaint c",
        &[("c.area", Int), ("c.id", Bytes)], "");
    COMPLAINT_PUT: Insert = Insert::new(
        "supply_complaint",
        &[("area", Int), ("id", Bytes), ("household", Bytes), ("community", Text),
          ("place", Text), ("about", Text), ("said", Text), ("actor", Text), ("at", Int),
          ("due", Int), ("answered_at", Int), ("answer", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET answered_at = excluded.answered_at,
            answer = excluded.answer");
    COMPLAINTS_OPEN: Query = Query::new(
        "SELECT c.area, c.id FROM supply_complaint c
         WHERE c.answered_at IS NULL AND +c.area BETWEEN $1 AND $2
           AND ($3 = '' OR c.community = $3) ORDER BY c.due, c.id LIMIT $4");
    COMPLAINTS_OF: Query = Query::new(
        "SELECT c.area, c.id FROM supply_complaint c WHERE c.household = $1
         ORDER BY c.at DESC, c.id LIMIT $2");
    HISTORY_PUT: Insert = Insert::new(
        "supply_history",
        &[("area", Int), ("household", Bytes), ("command", Bytes), ("n", Int), ("at", Int),
          ("recorded_at", Int), ("actor", Text), ("what", Text), ("said", Text)], "");
    HISTORY_OF: Query = Query::new(
        "SELECT h.at, h.recorded_at, h.actor, h.what, h.said FROM supply_history h
         WHERE h.area = $1 AND h.household = $2
         ORDER BY h.recorded_at DESC, h.command, h.n LIMIT $3");
    GIFT_PUT: Insert = Insert::new(
        "supply_gift", &[("area", Int), ("community", Text), ("good", Text), ("at", Int)],
        "ON CONFLICT (area, community, good) DO UPDATE SET at = excluded.at");
    GIFTS: Query = Query::new(
        "SELECT g.community, g.good, g.at FROM supply_gift g WHERE g.area BETWEEN $1 AND $2");
    DUE_ADD: Insert = Insert::new(
        "supply_due",
        &[("area", Int), ("community", Text), ("what", Text), ("served", Int), ("hour", Int),
          ("households", Int)],
        "ON CONFLICT (area, community, what, served, hour) DO UPDATE SET
            households = supply_due.households + excluded.households");
    DUES: Query = Query::new(
        "SELECT d.area, d.community, d.what, d.served,
            CAST(sum(CASE WHEN d.hour < $3 THEN d.households ELSE 0 END) AS BIGINT),
            CAST(sum(d.households) AS BIGINT)
         FROM supply_due d WHERE d.area BETWEEN $1 AND $2
           AND ($4 = '' OR d.community = $4)
         GROUP BY d.area, d.community, d.what, d.served
         ORDER BY d.area, d.community, d.what, d.served");
    PEOPLE_ADD: Insert = Insert::new(
        "supply_people",
        &[("area", Int), ("community", Text), ("mode", Text), ("households", Int),
          ("people", Int)],
        "ON CONFLICT (area, community, mode) DO UPDATE SET
            households = supply_people.households + excluded.households,
            people = supply_people.people + excluded.people");
    PEOPLE: Query = Query::new(
        "SELECT p.area, p.community, p.mode, p.households, p.people FROM supply_people p
         WHERE p.area BETWEEN $1 AND $2 ORDER BY p.area, p.community, p.mode");
    NEED_ADD: Insert = Insert::new(
        "supply_need",
        &[("area", Int), ("community", Text), ("need", Text), ("households", Int)],
        "ON CONFLICT (area, community, need) DO UPDATE SET
            households = supply_need.households + excluded.households");
    NEEDS: Query = Query::new(
        "SELECT n.area, n.community, n.need, n.households FROM supply_need n
         WHERE n.area BETWEEN $1 AND $2 ORDER BY n.area, n.community");
}
