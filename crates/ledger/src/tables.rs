//! The ledger's tables and statements.

use store::{Schema, Table, statements};

/// The ledger's tables. The journal is the record; all others are derived from it.
///
/// The journal is keyed by its number, since a replay needs one order over all areas; the
/// derived tables lead with the area.
pub const SCHEMA: Schema = Schema {
    name: "ledger",
    migrations: &[
        &[
            "CREATE TABLE journal (
            seq BIGINT PRIMARY KEY, area BIGINT NOT NULL, command BYTEA NOT NULL,
            kind TEXT NOT NULL, event_time BIGINT NOT NULL, record_time BIGINT NOT NULL,
            clock_offset BIGINT NOT NULL, actor TEXT NOT NULL, device TEXT,
            refused TEXT, notes TEXT, body TEXT NOT NULL, hash BYTEA NOT NULL) {plain}",
            "CREATE UNIQUE INDEX journal_command ON journal (command)",
            "CREATE INDEX journal_refused ON journal (seq) WHERE refused IS NOT NULL",
            "CREATE TABLE ledger_head (
            one BIGINT PRIMARY KEY, seq BIGINT NOT NULL, record_time BIGINT NOT NULL,
            hash BYTEA) {plain}",
            "INSERT INTO ledger_head (one, seq, record_time) VALUES (1, 0, 0)",
            "CREATE TABLE unit (
            area BIGINT NOT NULL, id BYTEA NOT NULL, kind TEXT NOT NULL, opened_at BIGINT,
            holder TEXT, parent BYTEA, step TEXT NOT NULL, since BIGINT NOT NULL,
            deadline BIGINT, closed TEXT, closed_at BIGINT, content TEXT NOT NULL,
            findings BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
            // What is open and lies outright. The last two are always NULL here; with them SQLite
            // answers from the index alone.
            "CREATE INDEX unit_held ON unit (holder, deadline, area, kind, step, closed, parent)
            WHERE closed IS NULL AND parent IS NULL",
            "CREATE INDEX unit_inside ON unit (parent) WHERE parent IS NOT NULL",
            // What is open, lies in a container and has a limit of its own.
            "CREATE INDEX unit_packed ON unit (deadline, area, parent, kind, step, closed)
            WHERE closed IS NULL AND parent IS NOT NULL AND deadline IS NOT NULL",
            "CREATE TABLE moment (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, command BYTEA NOT NULL, n BIGINT NOT NULL,
            event_time BIGINT NOT NULL, record_time BIGINT NOT NULL, actor TEXT NOT NULL,
            what TEXT NOT NULL, PRIMARY KEY (area, unit, command, n)) {clustered}",
            "CREATE TABLE finding (
            area BIGINT NOT NULL, unit BYTEA NOT NULL, kind TEXT NOT NULL,
            command BYTEA NOT NULL, n BIGINT NOT NULL, against_command BYTEA, against_n BIGINT,
            open BIGINT NOT NULL, PRIMARY KEY (area, unit, kind, command, n)) {clustered}",
            "CREATE INDEX finding_open ON finding (area, kind) WHERE open = 1",
            "CREATE TABLE balance (
            area BIGINT NOT NULL, kind TEXT NOT NULL, bucket TEXT NOT NULL,
            units BIGINT NOT NULL, PRIMARY KEY (area, kind, bucket)) {clustered}",
            "CREATE TABLE stock (
            area BIGINT NOT NULL, commodity TEXT NOT NULL, account TEXT NOT NULL,
            amount BIGINT NOT NULL, PRIMARY KEY (area, commodity, account)) {clustered}",
        ],
        &[
            // Open units by when they are due, in slots of a quarter of an hour: those that lie
            // outright by holder, those in a container by the container. A row is there while it
            // counts something.
            "CREATE TABLE due_held (
            area BIGINT NOT NULL, holder TEXT NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL,
            slot BIGINT NOT NULL, units BIGINT NOT NULL,
            PRIMARY KEY (area, holder, kind, step, slot)) {clustered}",
            "CREATE TABLE due_packed (
            area BIGINT NOT NULL, parent BYTEA NOT NULL, kind TEXT NOT NULL, step TEXT NOT NULL,
            slot BIGINT NOT NULL, units BIGINT NOT NULL,
            PRIMARY KEY (area, parent, kind, step, slot)) {clustered}",
            DUE_HELD_FROM_UNITS,
            DUE_PACKED_FROM_UNITS,
            // By the container first, as `unit_held` is by the holder.
            "DROP INDEX unit_packed",
            "CREATE INDEX unit_packed ON unit (parent, deadline, area, kind, step, closed)
            WHERE closed IS NULL AND parent IS NOT NULL AND deadline IS NOT NULL",
        ],
        &[
            // Open findings by kind. A row is there while it counts something.
            "CREATE TABLE finding_count (
            area BIGINT NOT NULL, kind TEXT NOT NULL, findings BIGINT NOT NULL,
            PRIMARY KEY (area, kind)) {clustered}",
            FINDING_COUNT_FROM_FINDINGS,
        ],
    ],
    derived: &[
        Table {
            name: "unit",
            columns: "area, id, kind, opened_at, holder, parent, step, since, deadline, closed, \
                      closed_at, content, findings",
            key: "area, id",
        },
        Table {
            name: "moment",
            columns: "area, unit, command, n, event_time, record_time, actor, what",
            key: "area, unit, command, n",
        },
        Table {
            name: "finding",
            columns: "area, unit, kind, command, n, against_command, against_n, open",
            key: "area, unit, kind, command, n",
        },
        Table { name: "finding_count", columns: "area, kind, findings", key: "area, kind" },
        Table { name: "balance", columns: "area, kind, bucket, units", key: "area, kind, bucket" },
        Table {
            name: "stock",
            columns: "area, commodity, account, amount",
            key: "area, commodity, account",
        },
        Table {
            name: "due_held",
            columns: "area, holder, kind, step, slot, units",
            key: "area, holder, kind, step, slot",
        },
        Table {
            name: "due_packed",
            columns: "area, parent, kind, step, slot, units",
            key: "area, parent, kind, step, slot",
        },
    ],
};

/// Counts what is due into an empty `due_held`, from units that were written past the ledger.
/// Slots are quarters of an hour.
pub const DUE_HELD_FROM_UNITS: &str = "INSERT INTO due_held (area, holder, kind, step, slot, units)
     SELECT area, holder, kind, step, deadline - deadline % 900000000, count(*) FROM unit
     WHERE closed IS NULL AND parent IS NULL AND holder IS NOT NULL AND deadline IS NOT NULL
     GROUP BY area, holder, kind, step, deadline - deadline % 900000000";
/// The same into an empty `due_packed`.
pub const DUE_PACKED_FROM_UNITS: &str =
    "INSERT INTO due_packed (area, parent, kind, step, slot, units)
     SELECT area, parent, kind, step, deadline - deadline % 900000000, count(*) FROM unit
     WHERE closed IS NULL AND parent IS NOT NULL AND deadline IS NOT NULL
     GROUP BY area, parent, kind, step, deadline - deadline % 900000000";

/// Counts open findings into an empty `finding_count`, from findings that were written past the ledger.
pub const FINDING_COUNT_FROM_FINDINGS: &str = "INSERT INTO finding_count (area, kind, findings)
     SELECT area, kind, count(*) FROM finding WHERE open = 1 GROUP BY area, kind";

statements! {
    // Taking the head row serialises the groups of several nodes on PostgreSQL. On SQLite the
    // transaction already has the write lock, and the update is a plain read of one row.
    HEAD_TAKE: Query = Query::new(
        "UPDATE ledger_head SET one = 1 WHERE one = 1 RETURNING seq, record_time, hash");
    HEAD_READ: Query = Query::new("SELECT seq, record_time, hash FROM ledger_head WHERE one = 1");
    HEAD_SET: Query = Query::new(
        "UPDATE ledger_head SET seq = $1, record_time = $2, hash = $3 WHERE one = 1");

    JOURNAL_PUT: Insert = Insert::new(
        "journal",
        &[("seq", Int), ("area", Int), ("command", Bytes), ("kind", Text), ("event_time", Int),
          ("record_time", Int), ("clock_offset", Int), ("actor", Text), ("device", Text),
          ("refused", Text), ("notes", Text), ("body", Text), ("hash", Bytes)],
        "");
    JOURNAL_BY_COMMAND: Lookup = Lookup::new(
        "SELECT j.command, j.seq, j.refused, j.notes FROM journal j", &[("j.command", Bytes)], "");
    // Everything that the hash of an entry covers, in its order, and the hash.
    JOURNAL_AFTER: Query = Query::new(
        "SELECT seq, area, command, kind, event_time, record_time, clock_offset, actor, device,
            refused, notes, body, hash
         FROM journal WHERE seq > $1 AND seq <= $2 ORDER BY seq");
    // Neither store reads the text to tell its length.
    JOURNAL_SIZES: Query = Query::new(
        "SELECT seq, CAST(octet_length(body) AS BIGINT) FROM journal
         WHERE seq > $1 AND seq <= $2 ORDER BY seq");
    JOURNAL_FROM: Query = Query::new(
        "SELECT seq, record_time FROM journal WHERE seq >= $1 ORDER BY seq LIMIT 1");
    JOURNAL_HASH: Query = Query::new("SELECT hash FROM journal WHERE seq = $1");

    JOURNAL_REFUSED: Query = Query::new(
        "SELECT seq, area, command, kind, event_time, record_time, actor, device, refused, body
         FROM journal
         WHERE refused IS NOT NULL AND area BETWEEN $1 AND $2 AND seq < $3
         ORDER BY seq DESC LIMIT $4");
    JOURNAL_BEYOND: Query = Query::new("SELECT seq FROM journal WHERE seq > $1 ORDER BY seq LIMIT 1");

    UNIT_BY_ID: Lookup = Lookup::new(
        "SELECT u.id, u.parent, u.content FROM unit u", &[("u.area", Int), ("u.id", Bytes)], "");
    UNIT_PUT: Insert = Insert::new(
        "unit",
        &[("area", Int), ("id", Bytes), ("kind", Text), ("opened_at", Int), ("holder", Text),
          ("parent", Bytes), ("step", Text), ("since", Int), ("deadline", Int), ("closed", Text),
          ("closed_at", Int), ("content", Text), ("findings", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET opened_at = excluded.opened_at,
            holder = excluded.holder, parent = excluded.parent, step = excluded.step,
            since = excluded.since, deadline = excluded.deadline, closed = excluded.closed,
            closed_at = excluded.closed_at, content = excluded.content,
            findings = excluded.findings");
    MOMENTS_OF: Lookup = Lookup::new(
        "SELECT m.unit, m.command, m.n, m.event_time, m.record_time, m.actor, m.what
         FROM moment m",
        &[("m.area", Int), ("m.unit", Bytes)], "");
    MOMENT_PUT: Insert = Insert::new(
        "moment",
        &[("area", Int), ("unit", Bytes), ("command", Bytes), ("n", Int), ("event_time", Int),
          ("record_time", Int), ("actor", Text), ("what", Text)],
        "");
    FINDING_PUT: Insert = Insert::new(
        "finding",
        &[("area", Int), ("unit", Bytes), ("kind", Text), ("command", Bytes), ("n", Int),
          ("against_command", Bytes), ("against_n", Int), ("open", Int)],
        "ON CONFLICT (area, unit, kind, command, n) DO UPDATE SET open = excluded.open,
            against_command = excluded.against_command, against_n = excluded.against_n");
    FINDING_COUNT_ADD: Insert = Insert::new(
        "finding_count",
        &[("area", Int), ("kind", Text), ("findings", Int)],
        "ON CONFLICT (area, kind) DO UPDATE SET
            findings = finding_count.findings + excluded.findings");
    FINDING_COUNT_END: Delete = Delete::new(
        "finding_count",
        &[("finding_count.area", Int), ("finding_count.kind", Text)],
        "AND finding_count.findings = 0");
    FINDING_COUNTS: Query = Query::new(
        "SELECT CAST(coalesce(sum(c.findings), 0) AS BIGINT) FROM finding_count c
         WHERE c.area BETWEEN $1 AND $2");
    BALANCE_ADD: Insert = Insert::new(
        "balance",
        &[("area", Int), ("kind", Text), ("bucket", Text), ("units", Int)],
        "ON CONFLICT (area, kind, bucket) DO UPDATE SET units = balance.units + excluded.units");
    STOCK_ADD: Insert = Insert::new(
        "stock",
        &[("area", Int), ("commodity", Text), ("account", Text), ("amount", Int)],
        "ON CONFLICT (area, commodity, account) DO UPDATE SET amount = stock.amount + excluded.amount");

    BALANCE_OF: Query = Query::new(
        "SELECT area, kind, bucket, units FROM balance
         WHERE area BETWEEN $1 AND $2 ORDER BY area, kind, bucket");
    STOCK_OF: Query = Query::new(
        "SELECT area, commodity, account, amount FROM stock
         WHERE area BETWEEN $1 AND $2 ORDER BY area, commodity, account");
    DUE_HELD_ADD: Insert = Insert::new(
        "due_held",
        &[("area", Int), ("holder", Text), ("kind", Text), ("step", Text), ("slot", Int),
          ("units", Int)],
        "ON CONFLICT (area, holder, kind, step, slot) DO UPDATE SET
            units = due_held.units + excluded.units");
    DUE_HELD_END: Delete = Delete::new(
        "due_held",
        &[("due_held.area", Int), ("due_held.holder", Text), ("due_held.kind", Text),
          ("due_held.step", Text), ("due_held.slot", Int)],
        "AND due_held.units = 0");
    DUE_PACKED_ADD: Insert = Insert::new(
        "due_packed",
        &[("area", Int), ("parent", Bytes), ("kind", Text), ("step", Text), ("slot", Int),
          ("units", Int)],
        "ON CONFLICT (area, parent, kind, step, slot) DO UPDATE SET
            units = due_packed.units + excluded.units");
    DUE_PACKED_END: Delete = Delete::new(
        "due_packed",
        &[("due_packed.area", Int), ("due_packed.parent", Bytes), ("due_packed.kind", Text),
          ("due_packed.step", Text), ("due_packed.slot", Int)],
        "AND due_packed.units = 0");
    // In the late statements `+u.area` keeps SQLite from walking all units of an area: the index
    // has whoever has them first. Slots before $1 have passed as a whole; of the first of them the
    // oldest deadline is looked up.
    LATE_HELD: Query = Query::new(
        "SELECT d.area, d.holder, d.kind, d.step, d.units,
            (SELECT u.deadline FROM unit u
             WHERE u.closed IS NULL AND u.parent IS NULL AND u.holder = d.holder
               AND u.deadline >= d.slot AND +u.area = d.area AND u.kind = d.kind
               AND u.step = d.step
             ORDER BY u.deadline LIMIT 1)
         FROM (SELECT area, holder, kind, step, CAST(sum(units) AS BIGINT) AS units,
                min(slot) AS slot
            FROM due_held WHERE slot < $1 AND area BETWEEN $2 AND $3
            GROUP BY area, holder, kind, step) d");
    LATE_HELD_NOW: Query = Query::new(
        "SELECT d.area, d.holder, d.kind, d.step, count(*), min(u.deadline)
         FROM due_held d CROSS JOIN unit u
         WHERE d.slot = $1 AND d.area BETWEEN $3 AND $4
           AND u.closed IS NULL AND u.parent IS NULL AND u.holder = d.holder
           AND u.deadline >= $1 AND u.deadline < $2 AND +u.area = d.area AND u.kind = d.kind
           AND u.step = d.step
         GROUP BY d.area, d.holder, d.kind, d.step");
    LATE_UNHELD: Query = Query::new(
        "SELECT +area, NULL, kind, step, count(*), min(deadline) FROM unit
         WHERE closed IS NULL AND parent IS NULL AND holder IS NULL AND deadline < $1
           AND +area BETWEEN $2 AND $3
         GROUP BY +area, kind, step");
    LATE_PACKED: Query = Query::new(
        "SELECT d.area, d.parent, d.kind, d.step, d.units,
            (SELECT u.deadline FROM unit u
             WHERE u.closed IS NULL AND u.parent = d.parent AND u.deadline >= d.slot
               AND +u.area = d.area AND u.kind = d.kind AND u.step = d.step
             ORDER BY u.deadline LIMIT 1)
         FROM (SELECT area, parent, kind, step, CAST(sum(units) AS BIGINT) AS units,
                min(slot) AS slot
            FROM due_packed WHERE slot < $1 AND area BETWEEN $2 AND $3
            GROUP BY area, parent, kind, step) d");
    LATE_PACKED_NOW: Query = Query::new(
        "SELECT d.area, d.parent, d.kind, d.step, count(*), min(u.deadline)
         FROM due_packed d CROSS JOIN unit u
         WHERE d.slot = $1 AND d.area BETWEEN $3 AND $4
           AND u.closed IS NULL AND u.parent = d.parent
           AND u.deadline >= $1 AND u.deadline < $2 AND +u.area = d.area AND u.kind = d.kind
           AND u.step = d.step
         GROUP BY d.area, d.parent, d.kind, d.step");
    LATE_UNITS: Query = Query::new(
        "SELECT id, holder, step, since, deadline, content FROM unit
         WHERE closed IS NULL AND parent IS NULL AND deadline < $1 AND +area BETWEEN $2 AND $3
           AND holder = $7 AND deadline >= $5 AND (deadline > $5 OR id > $6)
         ORDER BY deadline NULLS LAST, id LIMIT $4");
    LATE_UNITS_UNHELD: Query = Query::new(
        "SELECT id, holder, step, since, deadline, content FROM unit
         WHERE closed IS NULL AND parent IS NULL AND deadline < $1 AND +area BETWEEN $2 AND $3
           AND holder IS NULL AND deadline >= $5 AND (deadline > $5 OR id > $6)
         ORDER BY deadline NULLS LAST, id LIMIT $4");
    HELD_UNITS: Query = Query::new(
        "SELECT id, step, since, deadline, content, findings FROM unit
         WHERE closed IS NULL AND parent IS NULL AND holder = $1
         ORDER BY deadline NULLS LAST, id LIMIT $2");
    // The rows behind a balance: four texts, so that each walks no more than it must.
    UNITS_CREATED: Query = Query::new(
        "SELECT id, step, since, deadline, content, holder, parent, closed, closed_at FROM unit
         WHERE area = $1 AND id > $2 AND kind = $3 ORDER BY id LIMIT $4");
    UNITS_OPEN: Query = Query::new(
        "SELECT id, step, since, deadline, content, holder, parent, closed, closed_at FROM unit
         WHERE area = $1 AND id > $2 AND kind = $3 AND closed IS NULL ORDER BY id LIMIT $4");
    UNITS_ENDED: Query = Query::new(
        "SELECT id, step, since, deadline, content, holder, parent, closed, closed_at FROM unit
         WHERE area = $1 AND id > $2 AND kind = $3 AND closed IS NOT NULL ORDER BY id LIMIT $4");
    UNITS_ENDED_BY: Query = Query::new(
        "SELECT id, step, since, deadline, content, holder, parent, closed, closed_at FROM unit
         WHERE area = $1 AND id > $2 AND kind = $3 AND closed = $4 ORDER BY id LIMIT $5");
    PACKED_IN: Lookup = Lookup::new(
        "SELECT u.id, u.step, u.since, u.deadline, u.content, u.parent FROM unit u",
        &[("u.parent", Bytes)], "AND u.closed IS NULL AND u.deadline IS NOT NULL");
    HOLDER_OF: Lookup = Lookup::new(
        "SELECT u.id, u.holder, u.parent FROM unit u", &[("u.area", Int), ("u.id", Bytes)], "");
    INSIDE_UNITS: Query = Query::new(
        "SELECT id, step, since, deadline, closed FROM unit WHERE parent = $1 ORDER BY id LIMIT $2");
    OPEN_FINDINGS: Query = Query::new(
        "SELECT f.unit, f.kind, f.command, f.n, f.against_command, f.against_n
         FROM finding f WHERE f.open = 1 AND f.area BETWEEN $1 AND $2
         ORDER BY f.area, f.kind, f.unit LIMIT $3");
    DUE_ALL: Query = Query::new(
        "SELECT area, holder, NULL, kind, step, slot, units FROM due_held
         UNION ALL SELECT area, NULL, parent, kind, step, slot, units FROM due_packed");
    CONTAINERS: Query = Query::new(
        "SELECT u.id, u.holder, u.parent FROM unit u
         WHERE u.id IN (SELECT parent FROM unit WHERE parent IS NOT NULL)");
    // Audit: a container that is only known by name has no history and counts nowhere.
    UNITS_AFTER: Query = Query::new(
        "SELECT u.area, u.id, u.holder, u.parent, u.closed, u.step, u.deadline FROM unit u
         WHERE (u.area, u.id) > ($1, $2)
           AND EXISTS (SELECT 1 FROM moment m WHERE m.area = u.area AND m.unit = u.id)
         ORDER BY u.area, u.id LIMIT $3");
}
