//! The testing desk's tables and statements: the one place for its SQL.

mod schema;

use store::statements;

pub use self::schema::SCHEMA;

/// The digits of a place's code to which counters are added up: county, street, community.
pub(crate) const LEVELS: [i64; 3] = [6, 9, 12];

/// A member of a tube, packed.
pub(crate) const MEMBER_BYTES: usize = 17;

/// The row of a recall.
const RECALLS: &str = "SELECT r.id, r.person, r.round, r.origin, r.reason, r.home, r.community,
    r.counts, r.opened_at, r.tube, r.sampled_at, r.closed_at, r.ending FROM recall r";

/// Rows of tubes.
macro_rules! tubes {
    ($which:literal) => {
        concat!(
            "SELECT t.id, t.round, t.barcode, t.site, t.community, t.mode, t.zone, t.members,
                t.homes, t.started_at, t.collected_at, t.claims, t.sent_at, t.received_at,
                t.loaded_at, t.lab, t.plate, t.well, t.tested_at, t.status, t.reading, t.ct_n,
                t.ct_orf1ab, t.ct_control, t.reported_at, t.settles, t.fault, t.boxed
             FROM tube t ",
            $which
        )
    };
}

/// A selection from `known`, the counties between $1 and $2 with rows in a table: one look into
/// its index each. Joined with the table, every county's rows of a round lie together, whatever
/// other rounds there are.
macro_rules! by_county {
    ($table:literal, $select:literal) => {
        concat!(
            "WITH RECURSIVE known (area) AS (
                SELECT min(area) FROM ",
            $table,
            " WHERE area BETWEEN $1 AND $2
                UNION ALL
                SELECT (SELECT min(n.area) FROM ",
            $table,
            " n WHERE n.area > known.area AND n.area <= $2)
                FROM known WHERE known.area IS NOT NULL) ",
            $select
        )
    };
}

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
    TARGET_ZONE: Lookup = Lookup::new(
        "SELECT t.compound, t.zone FROM round_target t",
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
          ("evidence", Text), ("until_time", Int), ("actor", Text), ("place", Text)],
        "ON CONFLICT (area, round, person) DO UPDATE SET reason = excluded.reason,
            evidence = excluded.evidence, until_time = excluded.until_time,
            actor = excluded.actor");
    PERSON_HOME: Lookup = Lookup::new(
        "SELECT p.id, p.compound FROM person p", &[("p.id", Bytes)], "");
    TUBE_BY_ID: Lookup = Lookup::new(
        tubes!(""),
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
        "ON CONFLICT (area, tube, command) DO UPDATE SET members = excluded.members,
            fate = excluded.fate");
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
        "SELECT s.area, s.person, s.round, s.tube, s.sampled_at, s.void FROM swab s",
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
        RECALLS,
        &[("r.person", Bytes)], "AND r.closed_at IS NULL");
    RECALL_ENDED: Lookup = Lookup::new(
        RECALLS,
        &[("r.person", Bytes)], "AND r.closed_at IS NOT NULL");
    RECALL_BY_ID: Lookup = Lookup::new(
        RECALLS,
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
    TURNAROUND_END: Delete = Delete::new(
        "turnaround",
        &[("turnaround.area", Int), ("turnaround.round", Bytes), ("turnaround.step", Text),
          ("turnaround.minutes", Int)],
        "AND turnaround.tubes = 0");

    ROUNDS: Query = Query::new(
        "SELECT id, name_zh, name_en, number, places, starts_at, ends_at, population, prevalence,
            ordered_hours, closed_at FROM round ORDER BY starts_at DESC, id");
    COUNTS_OF_ROUND: Query = Query::new(
        by_county!("round_sum", "SELECT s.stage, CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = 6 GROUP BY s.stage"));
    SUMS_BY_PLACE: Query = Query::new(
        by_county!("round_sum", "SELECT substr(s.place, 1, CAST($6 AS INTEGER)), s.stage,
            CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = $7
           AND s.place >= $4 AND s.place < $5
         GROUP BY 1, 2 ORDER BY 1"));
    SUMS_BY_HOUR: Query = Query::new(
        by_county!("round_sum", "SELECT s.hour, s.stage, CAST(sum(s.persons) AS BIGINT), CAST(sum(s.tubes) AS BIGINT)
         FROM known CROSS JOIN round_sum s
         WHERE s.area = known.area AND s.round = $3 AND s.level = $6 AND s.hour > 0
           AND s.place >= $4 AND s.place < $5
         GROUP BY s.hour, s.stage ORDER BY s.hour"));
    // Compounds, whose counters are not added up.
    COUNTS_BY_PLACE: Query = Query::new(
        by_county!("round_sum", "SELECT substr(c.place, 1, CAST($6 AS INTEGER)), c.stage,
            CAST(sum(c.persons) AS BIGINT), CAST(sum(c.tubes) AS BIGINT)
         FROM known CROSS JOIN round_count c
         WHERE c.area = known.area AND c.round = $3 AND c.place >= $4 AND c.place < $5
         GROUP BY 1, 2 ORDER BY 1"));
    COUNTS_BY_HOUR: Query = Query::new(
        by_county!("round_sum", "SELECT c.hour, c.stage, CAST(sum(c.persons) AS BIGINT), CAST(sum(c.tubes) AS BIGINT)
         FROM known CROSS JOIN round_count c
         WHERE c.area = known.area AND c.round = $3 AND c.hour > 0
           AND c.place >= $4 AND c.place < $5
         GROUP BY c.hour, c.stage ORDER BY c.hour"));
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
        by_county!("turnaround", "SELECT t.step, t.minutes, CAST(sum(t.tubes) AS BIGINT)
         FROM known CROSS JOIN turnaround t
         WHERE t.area = known.area AND t.round = $3
         GROUP BY t.step, t.minutes ORDER BY t.step, t.minutes"));
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
        tubes!("WHERE t.area = $1 AND t.round = $2
           AND t.reading IS NOT NULL AND t.reading <> 'negative'
           AND t.tested_at <= $3 AND (t.tested_at < $3 OR t.id < $4)
         ORDER BY t.tested_at DESC, t.id DESC LIMIT $5"));
    NOTABLE_AREAS: Query = Query::new(by_county!("tube", "SELECT area FROM known WHERE area IS NOT NULL"));
    TUBES_BY_BARCODE: Query = Query::new(
        "SELECT id FROM tube WHERE barcode = $1 AND barcode IS NOT NULL ORDER BY id LIMIT 10");
    RESULTS_OF_TUBE: Query = Query::new(
        "SELECT tested_at, lab, status, reading, ct_n, ct_orf1ab, actor FROM result
         WHERE area = $1 AND tube = $2 ORDER BY tested_at, command");
    RECALLS_OPEN: Query = Query::new(
        "SELECT id, person, origin, reason, home, opened_at, sampled_at FROM recall
         WHERE closed_at IS NULL AND area = $1 AND round = $2
           AND opened_at >= $3 AND (opened_at > $3 OR id > $4)
           AND ($6 = '' OR community >= $6 AND community < $7)
         ORDER BY opened_at, id LIMIT $5");
    RECALL_AREAS: Query = Query::new(
        by_county!("recall", "SELECT area FROM known WHERE area IS NOT NULL"));
    SITE_PLANS: Query = Query::new(by_county!(
        "site_plan",
        "SELECT s.site, s.community, s.slots, s.stands, s.samplers, s.persons
         FROM known CROSS JOIN site_plan s
         WHERE s.area = known.area AND s.round = $3 ORDER BY s.site"));
    SITE_PLAN: Lookup = Lookup::new(
        "SELECT s.site, s.community, s.slots, s.stands, s.samplers, s.persons FROM site_plan s",
        &[("s.area", Int), ("s.round", Bytes), ("s.site", Text)], "");
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
        tubes!("WHERE t.round = $1 AND t.community IS NOT NULL
           AND t.community >= $2 AND t.community < $3 AND t.area BETWEEN $4 AND $5
           AND (t.community > $6 OR (t.community = $6 AND t.id > $7))
         ORDER BY t.community, t.id LIMIT $8"));
    LAB_COUNTS_BY_HOUR: Query = Query::new(
        "SELECT lab, hour, stage, CAST(sum(tubes) AS BIGINT) FROM lab_count
         WHERE area BETWEEN $1 AND $2 AND hour >= $3 GROUP BY lab, hour, stage ORDER BY lab, hour");
    EXEMPTIONS_OF: Query = Query::new(
        "SELECT place, person, reason, evidence, until_time, actor FROM exemption
         WHERE area = $1 AND round = $2 AND place >= '' AND place >= $3 AND place < $4
           AND place >= $5 AND (place > $5 OR person > $6)
         ORDER BY place, person LIMIT $7");
    EXEMPTION_AREAS: Query = Query::new(
        by_county!("exemption", "SELECT area FROM known WHERE area IS NOT NULL"));
    CAPACITIES_OF_LAB: Query = Query::new(
        "SELECT area, from_time, claimed, staffed, source FROM lab_capacity
         WHERE lab = $1 ORDER BY from_time DESC, area");
}
