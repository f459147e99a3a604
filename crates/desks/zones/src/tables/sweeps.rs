//! Statements of sweeps.

use store::statements;

macro_rules! sweep {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.place, s.opened_at, s.due, s.todo, s.found, s.absent, s.refused,
                s.strays, s.open_strays, s.closed_at, s.note
             FROM sweep s",
            $rest
        )
    };
}

macro_rules! home {
    ($rest:literal) => {
        concat!(
            "SELECT h.sweep, h.household, h.place, h.door, h.persons, h.state, h.last_at,
                h.last_command, h.visits, h.seen, h.strangers, h.again_at, h.actor, h.note
             FROM sweep_home h",
            $rest
        )
    };
}

macro_rules! stray {
    ($rest:literal) => {
        concat!(
            "SELECT y.id, y.sweep, y.place, y.door, y.persons, y.note, y.at, y.actor, y.settled_at,
                y.settled
             FROM sweep_stray y",
            $rest
        )
    };
}

statements! {
    SWEEP_BY_ID: Lookup = Lookup::new(sweep!(""), &[("s.area", Int), ("s.id", Bytes)], "");
    SWEEP_OPEN_AT: Lookup = Lookup::new(
        sweep!(""), &[("s.area", Int), ("s.place", Text)], "AND s.closed_at IS NULL");
    SWEEP_PUT: Insert = Insert::new(
        "sweep",
        &[("area", Int), ("id", Bytes), ("place", Text), ("opened_at", Int), ("due", Int),
          ("todo", Int), ("found", Int), ("absent", Int), ("refused", Int), ("strays", Int),
          ("open_strays", Int), ("closed_at", Int), ("note", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET due = excluded.due, todo = excluded.todo,
            found = excluded.found, absent = excluded.absent, refused = excluded.refused,
            strays = excluded.strays, open_strays = excluded.open_strays,
            closed_at = excluded.closed_at, note = excluded.note");
    HOME_BY_ID: Lookup = Lookup::new(
        home!(""), &[("h.area", Int), ("h.sweep", Bytes), ("h.household", Bytes)], "");
    HOME_PUT: Insert = Insert::new(
        "sweep_home",
        &[("area", Int), ("sweep", Bytes), ("household", Bytes), ("place", Text), ("door", Text),
          ("persons", Int), ("state", Text), ("last_at", Int), ("last_command", Bytes),
          ("visits", Int), ("seen", Int), ("strangers", Int), ("again_at", Int), ("actor", Text),
          ("note", Text)],
        "ON CONFLICT (area, sweep, household) DO UPDATE SET state = excluded.state,
            last_at = excluded.last_at, last_command = excluded.last_command,
            visits = excluded.visits, seen = excluded.seen, strangers = excluded.strangers,
            again_at = excluded.again_at, actor = excluded.actor, note = excluded.note");
    PART_ADD: Insert = Insert::new(
        "sweep_part",
        &[("area", Int), ("sweep", Bytes), ("part", Text), ("todo", Int), ("found", Int),
          ("absent", Int), ("refused", Int)],
        "ON CONFLICT (area, sweep, part) DO UPDATE SET todo = sweep_part.todo + excluded.todo,
            found = sweep_part.found + excluded.found,
            absent = sweep_part.absent + excluded.absent,
            refused = sweep_part.refused + excluded.refused");
    TASK_PUT: Insert = Insert::new(
        "sweep_task",
        &[("area", Int), ("sweep", Bytes), ("part", Text), ("who", Text), ("at", Int)],
        "ON CONFLICT (area, sweep, part) DO UPDATE SET who = excluded.who, at = excluded.at");
    VISIT_PUT: Insert = Insert::new(
        "sweep_visit",
        &[("area", Int), ("sweep", Bytes), ("household", Bytes), ("command", Bytes), ("at", Int),
          ("recorded_at", Int), ("state", Text), ("seen", Int), ("strangers", Int),
          ("actor", Text), ("note", Text)],
        "");
    STRAY_BY_ID: Lookup = Lookup::new(stray!(""), &[("y.area", Int), ("y.id", Bytes)], "");
    STRAY_PUT: Insert = Insert::new(
        "sweep_stray",
        &[("area", Int), ("id", Bytes), ("sweep", Bytes), ("place", Text), ("door", Text),
          ("persons", Int), ("note", Text), ("at", Int), ("actor", Text), ("settled_at", Int),
          ("settled", Text)],
        "ON CONFLICT (area, id) DO UPDATE SET settled_at = excluded.settled_at,
            settled = excluded.settled");

    SWEEPS_OPEN: Query = Query::new(
        sweep!(" WHERE s.closed_at IS NULL AND s.area BETWEEN $1 AND $2
           AND ($3 = '' OR s.place >= $3 AND s.place < $4)
         ORDER BY s.area, s.place LIMIT $5"));
    // Sweeps that go on, and the households of them that nobody has found.
    SWEEPING_BY_PLACE: Query = Query::new(
        "SELECT s.area, substr(s.place, 1, CAST($3 AS INTEGER)), count(*),
            CAST(sum(s.todo + s.absent + s.refused) AS BIGINT) FROM sweep s
         WHERE s.closed_at IS NULL AND s.area BETWEEN $1 AND $2 GROUP BY 1, 2");
    STRAYS_BY_PLACE: Query = Query::new(
        "SELECT y.area, substr(y.place, 1, CAST($3 AS INTEGER)), count(*) FROM sweep_stray y
         WHERE y.settled_at IS NULL AND +y.area BETWEEN $1 AND $2 GROUP BY 1, 2");
    SWEEPS_CLOSED: Query = Query::new(
        sweep!(" WHERE s.closed_at IS NOT NULL AND +s.area BETWEEN $1 AND $2
         ORDER BY s.closed_at DESC, s.id LIMIT $3"));
    // By state, in the order of the walk.
    HOMES_OF: Query = Query::new(
        home!(" WHERE h.area = $1 AND h.sweep = $2 AND ($3 = '' OR h.state = $3)
           AND ($4 = '' OR h.place >= $4 AND h.place < $5)
           AND (h.place > $6 OR h.place = $6 AND h.household > $7)
         ORDER BY h.place, h.household LIMIT $8"));
    PARTS_OF: Query = Query::new(
        "SELECT p.part, p.todo, p.found, p.absent, p.refused, t.who, t.at
         FROM sweep_part p LEFT JOIN sweep_task t
           ON t.area = p.area AND t.sweep = p.sweep AND t.part = p.part
         WHERE p.area = $1 AND p.sweep = $2 ORDER BY p.part");
    VISITS_OF: Query = Query::new(
        "SELECT v.at, v.recorded_at, v.state, v.seen, v.strangers, v.actor, v.note
         FROM sweep_visit v WHERE v.area = $1 AND v.sweep = $2 AND v.household = $3
         ORDER BY v.at DESC, v.command");
    STRAYS_OPEN: Query = Query::new(
        stray!(" WHERE y.settled_at IS NULL AND +y.area BETWEEN $1 AND $2
         ORDER BY y.at, y.id LIMIT $3"));
    STRAYS_OF: Query = Query::new(
        stray!(" WHERE y.area = $1 AND y.sweep = $2 ORDER BY y.at, y.id"));
}
