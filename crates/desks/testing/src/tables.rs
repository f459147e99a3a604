//! The testing desk's tables and statements: the one place for its SQL.

use store::{Schema, Table, statements};

/// The digits of a place's code to which counters are added up: county, street, community.
pub(crate) const LEVELS: [i64; 3] = [6, 9, 12];

/// A member of a tube, packed.
pub(crate) const MEMBER_BYTES: usize = 17;

/// The testing desk's tables, all derived from the journal.
///
/// `round_sum` has the counters of `round_count` added up by county, street and community: `level`
/// is the number of digits to which the place's code is cut ([`LEVELS`]). Boards of a city read a
/// few hundred of its rows where there are a million below.
///
/// `swab.void` is 1 for a swab that was never this person's, and 2 for one that was set aside
/// when a dispute about its tube was decided.
///
/// `tube.members` packs [`MEMBER_BYTES`] a member: the person's id, then one byte (bit 7: repeat; low
/// bits: index into `homes`, 127 for none).
pub const SCHEMA: Schema = Schema {
    name: "testing",
    migrations: &[&[
        "CREATE TABLE round (
            id BYTEA PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL,
            number BIGINT NOT NULL, places TEXT NOT NULL, starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL, population BIGINT NOT NULL, prevalence DOUBLE PRECISION,
            ordered_hours BIGINT, closed_at BIGINT) {clustered}",
        "CREATE TABLE round_target (
            area BIGINT NOT NULL, round BYTEA NOT NULL, compound TEXT NOT NULL,
            persons BIGINT NOT NULL, zone TEXT NOT NULL,
            PRIMARY KEY (area, round, compound)) {clustered}",
        "CREATE TABLE site_plan (
            area BIGINT NOT NULL, round BYTEA NOT NULL, site TEXT NOT NULL,
            community TEXT NOT NULL, slots TEXT NOT NULL, stands BIGINT NOT NULL,
            samplers BIGINT NOT NULL, persons BIGINT NOT NULL,
            PRIMARY KEY (area, round, site)) {clustered}",
        "CREATE TABLE lab_capacity (
            area BIGINT NOT NULL, lab TEXT NOT NULL, from_time BIGINT NOT NULL,
            claimed BIGINT NOT NULL, staffed BIGINT NOT NULL, source TEXT NOT NULL,
            PRIMARY KEY (area, lab, from_time)) {clustered}",
        "CREATE TABLE exemption (
            area BIGINT NOT NULL, round BYTEA NOT NULL, person BYTEA NOT NULL,
            reason TEXT NOT NULL, evidence TEXT, until_time BIGINT, actor TEXT NOT NULL,
            PRIMARY KEY (area, round, person)) {clustered}",
        "CREATE TABLE tube (
            area BIGINT NOT NULL, id BYTEA NOT NULL, round BYTEA, barcode TEXT, site TEXT,
            community TEXT, mode TEXT, zone TEXT, members BYTEA, homes TEXT,
            started_at BIGINT, collected_at BIGINT, claims BIGINT NOT NULL,
            sent_at BIGINT, received_at BIGINT, loaded_at BIGINT, lab TEXT, plate TEXT,
            well TEXT, tested_at BIGINT, status TEXT, reading TEXT,
            ct_n DOUBLE PRECISION, ct_orf1ab DOUBLE PRECISION, ct_control DOUBLE PRECISION,
            reported_at BIGINT, settles BIGINT NOT NULL, fault TEXT, boxed BYTEA,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX tube_barcode ON tube (barcode) WHERE barcode IS NOT NULL",
        "CREATE INDEX tube_notable ON tube (area, round, reading)
            WHERE reading IS NOT NULL AND reading <> 'negative'",
        // The lists behind a board's figures go by round and community.
        "CREATE INDEX tube_place ON tube (round, community, id) WHERE community IS NOT NULL",
        "CREATE TABLE tube_claim (
            area BIGINT NOT NULL, tube BYTEA NOT NULL, command BYTEA NOT NULL,
            round BYTEA NOT NULL, barcode TEXT, site TEXT NOT NULL, community TEXT NOT NULL,
            mode TEXT, zone TEXT NOT NULL, started_at BIGINT NOT NULL, actor TEXT NOT NULL,
            collected_at BIGINT NOT NULL, members BYTEA NOT NULL, homes TEXT NOT NULL,
            fate TEXT NOT NULL, PRIMARY KEY (area, tube, command)) {clustered}",
        "CREATE TABLE result (
            area BIGINT NOT NULL, tube BYTEA NOT NULL, command BYTEA NOT NULL,
            lab TEXT NOT NULL, status TEXT NOT NULL, reading TEXT NOT NULL,
            ct_n DOUBLE PRECISION, ct_orf1ab DOUBLE PRECISION, ct_control DOUBLE PRECISION,
            tested_at BIGINT NOT NULL, rule TEXT, actor TEXT NOT NULL,
            PRIMARY KEY (area, tube, command)) {clustered}",
        "CREATE TABLE swab (
            area BIGINT NOT NULL, person BYTEA NOT NULL, round BYTEA NOT NULL,
            tube BYTEA NOT NULL, tube_area BIGINT NOT NULL, position BIGINT NOT NULL,
            sampled_at BIGINT NOT NULL, void BIGINT NOT NULL,
            PRIMARY KEY (area, person, round, tube)) {clustered}",
        "CREATE TABLE box (
            area BIGINT NOT NULL, id BYTEA NOT NULL, site TEXT, load TEXT NOT NULL,
            oldest BIGINT, sealed_at BIGINT, sent_at BIGINT, received_at BIGINT,
            opened_at BIGINT, courier TEXT, lab TEXT, missing BIGINT NOT NULL,
            surplus BIGINT NOT NULL, PRIMARY KEY (area, id)) {clustered}",
        "CREATE TABLE recall (
            area BIGINT NOT NULL, id BYTEA NOT NULL, person BYTEA NOT NULL,
            round BYTEA NOT NULL, origin BYTEA NOT NULL, reason TEXT NOT NULL, home TEXT,
            community TEXT NOT NULL, counts BIGINT NOT NULL, opened_at BIGINT NOT NULL,
            tube BYTEA, sampled_at BIGINT, closed_at BIGINT, ending TEXT,
            PRIMARY KEY (area, id)) {clustered}",
        "CREATE INDEX recall_person ON recall (person) WHERE closed_at IS NULL",
        "CREATE INDEX recall_open ON recall (area, round, community) WHERE closed_at IS NULL",
        "CREATE TABLE visit (
            area BIGINT NOT NULL, round BYTEA NOT NULL, person BYTEA NOT NULL,
            command BYTEA NOT NULL, outcome TEXT NOT NULL, note TEXT, actor TEXT NOT NULL,
            at BIGINT NOT NULL, PRIMARY KEY (area, round, person, command)) {clustered}",
        "CREATE TABLE round_count (
            area BIGINT NOT NULL, round BYTEA NOT NULL, place TEXT NOT NULL,
            stage TEXT NOT NULL, hour BIGINT NOT NULL, persons BIGINT NOT NULL,
            tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, place, stage, hour)) {clustered}",
        "CREATE TABLE round_sum (
            area BIGINT NOT NULL, round BYTEA NOT NULL, level BIGINT NOT NULL,
            place TEXT NOT NULL, stage TEXT NOT NULL, hour BIGINT NOT NULL,
            persons BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, level, place, stage, hour)) {clustered}",
        "CREATE TABLE lab_count (
            area BIGINT NOT NULL, lab TEXT NOT NULL, stage TEXT NOT NULL,
            hour BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, lab, stage, hour)) {clustered}",
        "CREATE TABLE turnaround (
            area BIGINT NOT NULL, round BYTEA NOT NULL, step TEXT NOT NULL,
            minutes BIGINT NOT NULL, tubes BIGINT NOT NULL,
            PRIMARY KEY (area, round, step, minutes)) {clustered}",
    ]],
    derived: &[
        Table {
            name: "round",
            columns: "id, name_zh, name_en, number, places, starts_at, ends_at, population, prevalence, ordered_hours, closed_at",
            key: "id",
        },
        Table {
            name: "round_target",
            columns: "area, round, compound, persons, zone",
            key: "area, round, compound",
        },
        Table {
            name: "site_plan",
            columns: "area, round, site, community, slots, stands, samplers, persons",
            key: "area, round, site",
        },
        Table {
            name: "lab_capacity",
            columns: "area, lab, from_time, claimed, staffed, source",
            key: "area, lab, from_time",
        },
        Table {
            name: "exemption",
            columns: "area, round, person, reason, evidence, until_time, actor",
            key: "area, round, person",
        },
        Table {
            name: "tube",
            columns: "area, id, round, barcode, site, community, mode, zone, members, homes, started_at, collected_at, claims, sent_at, received_at, loaded_at, lab, plate, well, tested_at, status, reading, ct_n, ct_orf1ab, ct_control, reported_at, settles, fault, boxed",
            key: "area, id",
        },
        Table {
            name: "tube_claim",
            columns: "area, tube, command, round, barcode, site, community, mode, zone, started_at, actor, collected_at, members, homes, fate",
            key: "area, tube, command",
        },
        Table {
            name: "result",
            columns: "area, tube, command, lab, status, reading, ct_n, ct_orf1ab, ct_control, tested_at, rule, actor",
            key: "area, tube, command",
        },
        Table {
            name: "swab",
            columns: "area, person, round, tube, tube_area, position, sampled_at, void",
            key: "area, person, round, tube",
        },
        Table {
            name: "box",
            columns: "area, id, site, load, oldest, sealed_at, sent_at, received_at, opened_at, courier, lab, missing, surplus",
            key: "area, id",
        },
        Table {
            name: "recall",
            columns: "area, id, person, round, origin, reason, home, community, counts, opened_at, tube, sampled_at, closed_at, ending",
            key: "area, id",
        },
        Table {
            name: "visit",
            columns: "area, round, person, command, outcome, note, actor, at",
            key: "area, round, person, command",
        },
        Table {
            name: "round_count",
            columns: "area, round, place, stage, hour, persons, tubes",
            key: "area, round, place, stage, hour",
        },
        Table {
            name: "round_sum",
            columns: "area, round, level, place, stage, hour, persons, tubes",
            key: "area, round, level, place, stage, hour",
        },
        Table {
            name: "lab_count",
            columns: "area, lab, stage, hour, tubes",
            key: "area, lab, stage, hour",
        },
        Table {
            name: "turnaround",
            columns: "area, round, step, minutes, tubes",
            key: "area, round, step, minutes",
        },
    ],
};

statements! {
    ROUND_BY_ID: Lookup = Lookup::new(
        "SELECT r.id, r.name_zh, r.name_en, r.number, r.places, r.starts_at, r.ends_at,
            r.population, r.prevalence, r.ordered_hours, r.closed_at FROM round r",
        &[("r.id", Bytes)], "");
    ROUND_PUT: Insert = Insert::new(
        "round",
        &[("id", Bytes), ("name_zh", Text), ("name_en", Text), ("number", Int), ("places", Text),
          ("starts_at", Int), ("ends_at", Int), ("population", Int), ("prevalence", Real),
          ("ordered_hours", Int), ("closed_at", Int)],
        "ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at");
    TARGET_BY_COMPOUND: Lookup = Lookup::new(
        "SELECT t.area, t.round, t.compound, t.persons FROM round_target t",
        &[("t.area", Int), ("t.round", Bytes), ("t.compound", Text)], "");
    TARGET_PUT: Insert = Insert::new(
        "round_target",
        &[("area", Int), ("round", Bytes), ("compound", Text), ("persons", Int), ("zone", Text)],
        "ON CONFLICT (area, round, compound) DO UPDATE SET persons = excluded.persons,
            zone = excluded.zone");
    SITE_PLAN_PUT: Insert = Insert::new(
        "site_plan",
        &[("area", Int), ("round", Bytes), ("site", Text), ("community", Text), ("slots", Text),
          ("stands", Int), ("samplers", Int), ("persons", Int)],
        "ON CONFLICT (area, round, site) DO UPDATE SET community = excluded.community,
            slots = excluded.slots, stands = excluded.stands, samplers = excluded.samplers,
            persons = excluded.persons");
    CAPACITY_PUT: Insert = Insert::new(
        "lab_capacity",
        &[("area", Int), ("lab", Text), ("from_time", Int), ("claimed", Int), ("staffed", Int),
          ("source", Text)],
        "ON CONFLICT (area, lab, from_time) DO UPDATE SET claimed = excluded.claimed,
            staffed = excluded.staffed, source = excluded.source");
    EXEMPTION_BY_PERSON: Lookup = Lookup::new(
        "SELECT e.round, e.person FROM exemption e",
        &[("e.area", Int), ("e.round", Bytes), ("e.person", Bytes)], "");
    EXEMPTION_PUT: Insert = Insert::new(
        "exemption",
        &[("area", Int), ("round", Bytes), ("person", Bytes), ("reason", Text),
          ("evidence", Text), ("until_time", Int), ("actor", Text)],
        "ON CONFLICT (area, round, person) DO UPDATE SET reason = excluded.reason,
            evidence = excluded.evidence, until_time = excluded.until_time,
            actor = excluded.actor");
    PERSON_HOME: Lookup = Lookup::new(
        "SELECT p.id, p.compound FROM person p", &[("p.id", Bytes)], "");
    TUBE_BY_ID: Lookup = Lookup::new(
        "SELECT t.id, t.round, t.barcode, t.site, t.community, t.mode, t.zone, t.members, t.homes,
            t.started_at, t.collected_at, t.claims, t.sent_at, t.received_at, t.loaded_at, t.lab,
            t.plate, t.well, t.tested_at, t.status, t.reading, t.ct_n, t.ct_orf1ab, t.ct_control,
            t.reported_at, t.settles, t.fault, t.boxed FROM tube t",
        &[("t.area", Int), ("t.id", Bytes)], "");
    TUBE_PUT: Insert = Insert::new(
        "tube",
        &[("area", Int), ("id", Bytes), ("round", Bytes), ("barcode", Text), ("site", Text),
          ("community", Text), ("mode", Text), ("zone", Text), ("members", Bytes),
          ("homes", Text), ("started_at", Int), ("collected_at", Int), ("claims", Int),
          ("sent_at", Int), ("received_at", Int), ("loaded_at", Int), ("lab", Text),
          ("plate", Text), ("well", Text), ("tested_at", Int), ("status", Text),
          ("reading", Text), ("ct_n", Real), ("ct_orf1ab", Real), ("ct_control", Real),
          ("reported_at", Int), ("settles", Int), ("fault", Text), ("boxed", Bytes)],
        "ON CONFLICT (area, id) DO UPDATE SET round = excluded.round, barcode = excluded.barcode,
            site = excluded.site, community = excluded.community, mode = excluded.mode,
            zone = excluded.zone, members = excluded.members, homes = excluded.homes,
            started_at = excluded.started_at, collected_at = excluded.collected_at,
            claims = excluded.claims, sent_at = excluded.sent_at,
            received_at = excluded.received_at, loaded_at = excluded.loaded_at,
            lab = excluded.lab, plate = excluded.plate, well = excluded.well,
            tested_at = excluded.tested_at, status = excluded.status,
            reading = excluded.reading, ct_n = excluded.ct_n, ct_orf1ab = excluded.ct_orf1ab,
            ct_control = excluded.ct_control, reported_at = excluded.reported_at,
            settles = excluded.settles, fault = excluded.fault,
            boxed = excluded.boxed");
    CLAIM_PUT: Insert = Insert::new(
        "tube_claim",
        &[("area", Int), ("tube", Bytes), ("command", Bytes), ("round", Bytes),
          ("barcode", Text), ("site", Text), ("community", Text), ("mode", Text), ("zone", Text),
          ("started_at", Int), ("actor", Text), ("collected_at", Int), ("members", Bytes),
          ("homes", Text), ("fate", Text)],
        "ON CONFLICT (area, tube, command) DO UPDATE SET fate = excluded.fate");
    CLAIMS_OF: Lookup = Lookup::new(
        "SELECT c.tube, c.command, c.round, c.barcode, c.site, c.community, c.mode, c.zone,
            c.started_at, c.actor, c.collected_at, c.members, c.homes, c.fate FROM tube_claim c",
        &[("c.area", Int), ("c.tube", Bytes)], "");
    RESULT_PUT: Insert = Insert::new(
        "result",
        &[("area", Int), ("tube", Bytes), ("command", Bytes), ("lab", Text), ("status", Text),
          ("reading", Text), ("ct_n", Real), ("ct_orf1ab", Real), ("ct_control", Real),
          ("tested_at", Int), ("rule", Text), ("actor", Text)],
        "");
    SWAB_OF_PERSON: Lookup = Lookup::new(
        "SELECT s.person, s.round, s.tube FROM swab s",
        &[("s.area", Int), ("s.person", Bytes), ("s.round", Bytes)], "AND s.void <> 1");
    SWAB_PUT: Insert = Insert::new(
        "swab",
        &[("area", Int), ("person", Bytes), ("round", Bytes), ("tube", Bytes),
          ("tube_area", Int), ("position", Int), ("sampled_at", Int), ("void", Int)],
        "ON CONFLICT (area, person, round, tube) DO UPDATE SET position = excluded.position,
            sampled_at = excluded.sampled_at, void = excluded.void");
    BOX_BY_ID: Lookup = Lookup::new(
        "SELECT b.id, b.site, b.load, b.oldest, b.sealed_at, b.sent_at, b.received_at,
            b.opened_at, b.courier, b.lab, b.missing, b.surplus FROM box b",
        &[("b.area", Int), ("b.id", Bytes)], "");
    BOX_PUT: Insert = Insert::new(
        "box",
        &[("area", Int), ("id", Bytes), ("site", Text), ("load", Text), ("oldest", Int),
          ("sealed_at", Int), ("sent_at", Int), ("received_at", Int), ("opened_at", Int),
          ("courier", Text), ("lab", Text), ("missing", Int), ("surplus", Int)],
        "ON CONFLICT (area, id) DO UPDATE SET site = excluded.site, load = excluded.load,
            oldest = excluded.oldest, sealed_at = excluded.sealed_at,
            sent_at = excluded.sent_at, received_at = excluded.received_at,
            opened_at = excluded.opened_at, courier = excluded.courier, lab = excluded.lab,
            missing = excluded.missing, surplus = excluded.surplus");
    RECALL_OF_PERSON: Lookup = Lookup::new(
        "SELECT r.id, r.person, r.round, r.origin, r.reason, r.home, r.community, r.counts,
            r.opened_at, r.tube, r.sampled_at, r.closed_at, r.ending FROM recall r",
        &[("r.person", Bytes)], "AND r.closed_at IS NULL");
    RECALL_BY_ID: Lookup = Lookup::new(
        "SELECT r.id, r.person, r.round, r.origin, r.reason, r.home, r.community, r.counts,
            r.opened_at, r.tube, r.sampled_at, r.closed_at, r.ending FROM recall r",
        &[("r.area", Int), ("r.id", Bytes)], "");
    RECALL_PUT: Insert = Insert::new(
        "recall",
        &[("area", Int), ("id", Bytes), ("person", Bytes), ("round", Bytes), ("origin", Bytes),
          ("reason", Text), ("home", Text), ("community", Text), ("counts", Int),
          ("opened_at", Int), ("tube", Bytes), ("sampled_at", Int), ("closed_at", Int),
          ("ending", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET person = excluded.person, round = excluded.round,
            origin = excluded.origin, reason = excluded.reason, home = excluded.home,
            community = excluded.community, counts = excluded.counts,
            opened_at = excluded.opened_at, tube = excluded.tube,
            sampled_at = excluded.sampled_at, closed_at = excluded.closed_at,
            ending = excluded.ending");
    VISIT_PUT: Insert = Insert::new(
        "visit",
        &[("area", Int), ("round", Bytes), ("person", Bytes), ("command", Bytes),
          ("outcome", Text), ("note", Text), ("actor", Text), ("at", Int)],
        "");
    COUNT_ADD: Insert = Insert::new(
        "round_count",
        &[("area", Int), ("round", Bytes), ("place", Text), ("stage", Text), ("hour", Int),
          ("persons", Int), ("tubes", Int)],
        "ON CONFLICT (area, round, place, stage, hour) DO UPDATE SET
            persons = round_count.persons + excluded.persons,
            tubes = round_count.tubes + excluded.tubes");
    SUM_ADD: Insert = Insert::new(
        "round_sum",
        &[("area", Int), ("round", Bytes), ("level", Int), ("place", Text), ("stage", Text),
          ("hour", Int), ("persons", Int), ("tubes", Int)],
        "ON CONFLICT (area, round, level, place, stage, hour) DO UPDATE SET
            persons = round_sum.persons + excluded.persons,
            tubes = round_sum.tubes + excluded.tubes");
    LAB_COUNT_ADD: Insert = Insert::new(
        "lab_count",
        &[("area", Int), ("lab", Text), ("stage", Text), ("hour", Int), ("tubes", Int)],
        "ON CONFLICT (area, lab, stage, hour) DO UPDATE SET
            tubes = lab_count.tubes + excluded.tubes");
    TURNAROUND_ADD: Insert = Insert::new(
        "turnaround",
        &[("area", Int), ("round", Bytes), ("step", Text), ("minutes", Int), ("tubes", Int)],
        "ON CONFLICT (area, round, step, minutes) DO UPDATE SET
            tubes = turnaround.tubes + excluded.tubes");

    ROUNDS: Query = Query::new(
        "SELECT id, name_zh, name_en, number, places, starts_at, ends_at, population, prevalence,
            ordered_hours, closed_at FROM round ORDER BY starts_at DESC, id");
    // The counties with counters come first, one look into the index each: then every county's
    // rows of the round lie together, whatever other rounds there are.
    COUNTS_OF_ROUND: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM round_sum WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(s.area) FROM round_sum s WHERE s.area > known.area AND s.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT s.stage, CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = 6 GROUP BY s.stage");
    SUMS_BY_PLACE: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM round_sum WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(s.area) FROM round_sum s WHERE s.area > known.area AND s.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT substr(s.place, 1, CAST($6 AS INTEGER)), s.stage,
            CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = $7
           AND s.place >= $4 AND s.place < $5
         GROUP BY 1, 2 ORDER BY 1");
    SUMS_BY_HOUR: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM round_sum WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(s.area) FROM round_sum s WHERE s.area > known.area AND s.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT s.hour, s.stage, CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = $6 AND s.hour > 0
           AND s.place >= $4 AND s.place < $5
         GROUP BY s.hour, s.stage ORDER BY s.hour");
    // Compounds, whose counters are not added up.
    COUNTS_BY_PLACE: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM round_sum WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(s.area) FROM round_sum s WHERE s.area > known.area AND s.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT substr(c.place, 1, CAST($6 AS INTEGER)), c.stage,
            CAST(sum(c.persons) AS BIGINT), CAST(sum(c.tubes) AS BIGINT)
         FROM known CROSS JOIN round_count c
         WHERE c.area = known.area AND c.round = $3 AND c.place >= $4 AND c.place < $5
         GROUP BY 1, 2 ORDER BY 1");
    COUNTS_BY_HOUR: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM round_sum WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(s.area) FROM round_sum s WHERE s.area > known.area AND s.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT c.hour, c.stage, CAST(sum(c.persons) AS BIGINT), CAST(sum(c.tubes) AS BIGINT)
         FROM known CROSS JOIN round_count c
         WHERE c.area = known.area AND c.round = $3 AND c.hour > 0
           AND c.place >= $4 AND c.place < $5
         GROUP BY c.hour, c.stage ORDER BY c.hour");
    TARGETS_OF_ROUND: Query = Query::new(
        "SELECT compound, persons, zone FROM round_target
         WHERE area = $1 AND round = $2 ORDER BY compound");
    CAPACITIES: Query = Query::new(
        "SELECT lab, claimed, staffed FROM lab_capacity
         WHERE area BETWEEN $1 AND $2 AND from_time <= $3 ORDER BY lab, from_time");
    LAB_COUNTS: Query = Query::new(
        "SELECT lab, stage, CAST(sum(tubes) AS BIGINT),
            CAST(COALESCE(sum(CASE WHEN hour >= $3 THEN tubes END), 0) AS BIGINT)
         FROM lab_count WHERE area BETWEEN $1 AND $2 GROUP BY lab, stage ORDER BY lab");
    TURNAROUND_OF: Query = Query::new(
        "WITH RECURSIVE known (area) AS (
            SELECT min(area) FROM turnaround WHERE area BETWEEN $1 AND $2
            UNION ALL
            SELECT (SELECT min(t.area) FROM turnaround t
                WHERE t.area > known.area AND t.area <= $2)
            FROM known WHERE known.area IS NOT NULL)
         SELECT t.step, t.minutes, CAST(sum(t.tubes) AS BIGINT)
         FROM known CROSS JOIN turnaround t
         WHERE t.area = known.area AND t.round = $3
         GROUP BY t.step, t.minutes ORDER BY t.step, t.minutes");
    BLIND_SPOTS: Query = Query::new(
        "SELECT p.id, p.household, p.compound, p.place, p.door,
            (SELECT v.outcome FROM visit v WHERE v.area = p.area AND v.round = $2
                AND v.person = p.id ORDER BY v.at DESC LIMIT 1)
         FROM person p
         WHERE +p.area = $1 AND p.compound >= $3 AND p.compound < $4
           AND (p.compound > $5 OR (p.compound = $5 AND p.id > $6))
           AND NOT EXISTS (SELECT 1 FROM swab s WHERE s.area = p.area AND s.person = p.id
                AND s.round = $2 AND s.void <> 1)
           AND NOT EXISTS (SELECT 1 FROM exemption e WHERE e.area = p.area AND e.round = $2
                AND e.person = p.id)
         ORDER BY p.compound, p.id LIMIT $7");
    NOTABLE_TUBES: Query = Query::new(
        "SELECT t.id, t.round, t.barcode, t.site, t.community, t.mode, t.zone, t.members, t.homes,
            t.started_at, t.collected_at, t.claims, t.sent_at, t.received_at, t.loaded_at, t.lab,
            t.plate, t.well, t.tested_at, t.status, t.reading, t.ct_n, t.ct_orf1ab, t.ct_control,
            t.reported_at, t.settles, t.fault, t.boxed FROM tube t
         WHERE t.area BETWEEN $1 AND $2 AND t.round = $3
           AND t.reading IS NOT NULL AND t.reading <> 'negative'
         ORDER BY t.tested_at DESC, t.id LIMIT $4");
    TUBES_BY_BARCODE: Query = Query::new(
        "SELECT id FROM tube WHERE barcode = $1 AND barcode IS NOT NULL ORDER BY id LIMIT 10");
    RESULTS_OF_TUBE: Query = Query::new(
        "SELECT tested_at, lab, status, reading, ct_n, ct_orf1ab, actor FROM result
         WHERE area = $1 AND tube = $2 ORDER BY tested_at, command");
    RECALLS_OPEN: Query = Query::new(
        "SELECT id, person, origin, reason, home, opened_at, sampled_at FROM recall
         WHERE closed_at IS NULL AND area BETWEEN $1 AND $2 AND round = $3
         ORDER BY opened_at, id LIMIT $4");
    SITE_PLANS: Query = Query::new(
        "SELECT site, community, slots, stands, samplers, persons FROM site_plan
         WHERE area BETWEEN $1 AND $2 AND round = $3 ORDER BY site");
    VISITS_OF: Query = Query::new(
        "SELECT outcome, note, actor, at FROM visit
         WHERE area = $1 AND round = $2 AND person = $3 ORDER BY at DESC, command");
    SWABS_WITH_TUBES: Lookup = Lookup::new(
        "SELECT s.person, s.round, s.tube, s.sampled_at, CAST(length(t.members) AS BIGINT),
            t.sent_at, t.received_at, t.status, t.reading, t.tested_at, t.reported_at, t.lab,
            COALESCE(t.claims, 1), t.fault, t.loaded_at, s.void
         FROM swab s LEFT JOIN tube t ON t.area = s.tube_area AND t.id = s.tube",
        &[("s.area", Int), ("s.person", Bytes)], "AND s.void <> 1");

    TUBES_OF_PLACE: Query = Query::new(
        "SELECT t.id, t.round, t.barcode, t.site, t.community, t.mode, t.zone, t.members, t.homes,
            t.started_at, t.collected_at, t.claims, t.sent_at, t.received_at, t.loaded_at, t.lab,
            t.plate, t.well, t.tested_at, t.status, t.reading, t.ct_n, t.ct_orf1ab, t.ct_control,
            t.reported_at, t.settles, t.fault, t.boxed FROM tube t
         WHERE t.round = $1 AND t.community IS NOT NULL
           AND t.community >= $2 AND t.community < $3 AND t.area BETWEEN $4 AND $5
           AND (t.community > $6 OR (t.community = $6 AND t.id > $7))
         ORDER BY t.community, t.id LIMIT $8");
    LAB_COUNTS_BY_HOUR: Query = Query::new(
        "SELECT lab, hour, stage, CAST(sum(tubes) AS BIGINT) FROM lab_count
         WHERE area BETWEEN $1 AND $2 AND hour >= $3 GROUP BY lab, hour, stage ORDER BY lab, hour");
    EXEMPTIONS_OF: Query = Query::new(
        "SELECT e.area, e.person, e.reason, e.evidence, e.until_time, e.actor FROM exemption e
         WHERE e.area BETWEEN $1 AND $2 AND e.round = $3
           AND (e.area > $4 OR (e.area = $4 AND e.person > $5))
         ORDER BY e.area, e.person LIMIT $6");
    CAPACITIES_OF_LAB: Query = Query::new(
        "SELECT area, from_time, claimed, staffed, source FROM lab_capacity
         WHERE lab = $1 ORDER BY from_time DESC, area");
}
