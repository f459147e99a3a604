//! The supply desk's tables.

use store::{Schema, Table};

use super::{delivery, orders, photos, unmet};

/// What the seventh version adds: prescriptions are renewed.
const PRESCRIPTIONS: &[&str] = &[
    "ALTER TABLE supply_medicine ADD COLUMN days BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE supply_medicine ADD COLUMN doctor TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE supply_medicine ADD COLUMN asked BYTEA",
    "ALTER TABLE supply_medicine ADD COLUMN asked_due BIGINT",
];

/// What the eighth version adds: who works at a place.
const STAFF: &[&str] = &[
    "CREATE TABLE supply_staff (
        area BIGINT NOT NULL, site TEXT NOT NULL, person BYTEA NOT NULL, works BIGINT NOT NULL,
        PRIMARY KEY (area, site, person)) {clustered}",
    "CREATE INDEX supply_staff_site ON supply_staff (site, person, works, area)",
    "CREATE INDEX supply_staff_person ON supply_staff (person, site, area) WHERE works = 1",
];

/// What the tenth version adds: renewals that wait for a doctor are a list.
const ASKED: &[&str] =
    &["CREATE INDEX supply_medicine_asked ON supply_medicine (asked_due, household, area, name)
        WHERE asked IS NOT NULL"];

/// The supply desk's tables, all derived from the journal but the photos themselves: see [`photos`].
///
/// Amounts are whole grams or pieces. `supply_stock` says how much of which lot lies where; the same
/// quantities stand in the ledger's accounts by good, and both are the sum of the same postings.
/// `supply_total` has them by standing, `supply_due` the households by the hour in which something is due,
/// `supply_people` households and people by mode, `supply_need` households by need. A household under
/// restriction is in `supply_due` once for food: what was served, what is not due and what is overdue is all.
pub const SCHEMA: Schema = Schema {
    name: "supply",
    migrations: &[
        &[
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
    ], orders::MIGRATION, delivery::MIGRATION, unmet::MIGRATION,
        delivery::VOLUNTEERS_MIGRATION, delivery::DOCKS, PRESCRIPTIONS, STAFF, photos::MIGRATION, ASKED],
    derived: &[
        Table {
            name: "supply_site",
            columns: "area, code, kind, name_zh, name_en, place, position, households, halal, \
                      contacts, closed_at, infection, closed_reason",
            key: "area, code",
        },
        Table {
            name: "supply_staff",
            columns: "area, site, person, works",
            key: "area, site, person",
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
                      next_food, next_medicine, said, complaints, restricted, next_milk, \
                      renew_by, waits, unmet_at, entitled",
            key: "area, id",
        },
        Table {
            name: "supply_medicine",
            columns: "area, household, name, last_dose, prescribed_until, taken, days, doctor, asked, \
                      asked_due",
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
        orders::ORDER,
        orders::GROUP,
        orders::COUNT,
        delivery::PASS,
        delivery::GATE,
        delivery::DOCK,
        delivery::BATCH,
        delivery::SLOT,
        unmet::UNMET,
        photos::PHOTO,
        photos::COUNT,
    ],
};
