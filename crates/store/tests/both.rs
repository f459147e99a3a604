//! The two stores answer alike.

use store::{Row, Schema, Table, Value, both_stores};

const SCHEMA: Schema = Schema {
    name: "sample",
    migrations: &[&["CREATE TABLE sample (area BIGINT NOT NULL, id BYTEA NOT NULL, name TEXT,
        weight DOUBLE PRECISION, PRIMARY KEY (area, id)) {clustered}"]],
    derived: &[Table { name: "sample", columns: "area, id, name, weight", key: "area, id" }],
};

store::statements! {
    PUT: Insert = Insert::new(
        "sample",
        &[("area", Int), ("id", Bytes), ("name", Text), ("weight", Real)],
        "ON CONFLICT (area, id) DO UPDATE SET name = excluded.name, weight = excluded.weight",
    );
    PUT_STRICT: Insert = Insert::new("sample", &[("area", Int), ("id", Bytes)], "");
    GET: Lookup = Lookup::new(
        "SELECT s.id, s.name, s.weight FROM sample s",
        &[("s.area", Int), ("s.id", Bytes)],
        "AND s.name IS NOT NULL",
    );
    DROP_UNNAMED: Delete = Delete::new(
        "sample", &[("sample.area", Int), ("sample.id", Bytes)], "AND sample.name IS NULL");
    SUM: Query = Query::new(
        "SELECT CAST(sum(area) AS BIGINT), count(*), {greatest}(CAST($2 AS BIGINT), CAST($1 AS BIGINT)) FROM sample WHERE area < CAST($1 AS BIGINT)");
}

fn id(n: u8) -> [u8; 16] {
    [n; 16]
}

both_stores! {
    async fn rows_go_in_and_come_back_by_key(bed: TestBed) {
        let store = bed.open(&[SCHEMA]).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        for (_, statement) in STATEMENTS {
            writer.prepare(*statement).await.expect("every statement prepares");
        }
        writer.begin_write().await.expect("begin");
        let rows: Vec<Value> = vec![
            1_i64.into(), id(1).into(), "一".into(), 0.5.into(),
            2.into(), id(2).into(), Value::Null, Value::Null,
        ];
        assert_eq!(writer.insert(&PUT, &rows).await.expect("insert"), 2);
        writer.commit().await.expect("commit");

        let mut reader = store.reader().await.expect("reader");
        reader.begin_snapshot().await.expect("snapshot");
        let keys: Vec<Value> = vec![1_i64.into(), id(1).into(), 2.into(), id(2).into(), 9.into(), id(9).into()];
        let found = reader.lookup(&GET, &keys).await.expect("lookup");
        assert_eq!(found, vec![Row(vec![Value::Id(id(1)), "一".into(), 0.5.into()])]);
        let sum = reader.first(&SUM, &[9.into(), 4.into()]).await.expect("sum").expect("a row");
        assert_eq!(sum, Row(vec![3.into(), 2.into(), 9.into()]));
        reader.commit().await.expect("end of snapshot");
    }

    async fn rows_go_out_by_key(bed: TestBed) {
        let store = bed.open(&[SCHEMA]).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        writer.begin_write().await.expect("begin");
        let rows: Vec<Value> = (1..=4_u8)
            .flat_map(|n| {
                let name = if n == 3 { "三".into() } else { Value::Null };
                [7.into(), id(n).into(), name, Value::Null]
            })
            .collect();
        writer.put(&PUT, rows).await.expect("put");
        // The second by its key, the third not, since it has a name, the ninth is not there.
        let keys: Vec<Value> = [2, 3, 9].iter().flat_map(|n| [7.into(), id(*n).into()]).collect();
        writer.remove(&DROP_UNNAMED, keys).await.expect("remove");
        writer.remove(&DROP_UNNAMED, Vec::new()).await.expect("nothing to remove");
        writer.commit().await.expect("commit");
        let rows = writer.query_text("SELECT id FROM sample ORDER BY id", &[]).await.expect("rows");
        assert_eq!(rows.iter().map(|row| row.id(0).expect("an id")).collect::<Vec<_>>(), [id(1), id(3), id(4)]);
        let short = writer.remove(&DROP_UNNAMED, vec![7.into()]).await;
        assert!(short.is_err(), "a key that is too short");
    }

    async fn a_violated_constraint_is_told_apart_and_undone(bed: TestBed) {
        let store = bed.open(&[SCHEMA]).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        writer.begin_write().await.expect("begin");
        let twice: Vec<Value> = vec![1_i64.into(), id(1).into(), 1_i64.into(), id(1).into()];
        let refused = writer.insert(&PUT_STRICT, &twice).await;
        assert!(matches!(refused, Err(store::StoreError::Constraint(_))), "{refused:?}");
        writer.rollback().await.expect("rollback");
        let rows = store.reader().await.expect("reader").query(&SUM, &[9.into(), 0.into()]).await;
        assert_eq!(rows.expect("query")[0].int(1).expect("count"), 0);
    }

    async fn a_stream_gives_every_row_once(bed: TestBed) {
        let store = bed.open(&[SCHEMA]).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        let rows: Vec<Value> = (0..2_500_i64)
            .flat_map(|n| {
                let mut id = [0; 16];
                id[..8].copy_from_slice(&n.to_be_bytes());
                [7.into(), id.into(), format!("{n}").into(), Value::Null]
            })
            .collect();
        writer.begin_write().await.expect("begin");
        writer.insert(&PUT, &rows).await.expect("insert");
        writer.commit().await.expect("commit");
        let mut seen = 0_i64;
        let mut chunks = store.stream("SELECT name FROM sample WHERE area = $1 ORDER BY area, id", vec![7.into()]);
        while let Some(chunk) = chunks.recv().await {
            for row in chunk.expect("rows") {
                assert_eq!(row.text(0).expect("text"), seen.to_string());
                seen += 1;
            }
        }
        assert_eq!(seen, 2_500);
    }

    async fn opening_again_keeps_what_is_there(bed: TestBed) {
        let store = bed.open(&[SCHEMA]).await.expect("opens");
        let mut writer = store.writer().await.expect("writer");
        writer.insert(&PUT_STRICT, &[1_i64.into(), id(1).into()]).await.expect("insert");
        drop((writer, store));
        let again = bed.open(&[SCHEMA]).await.expect("opens again");
        let rows = again.reader().await.expect("reader").query(&SUM, &[9.into(), 0.into()]).await;
        assert_eq!(rows.expect("query")[0].int(1).expect("count"), 1);
        drop(again);
        let older = Schema { migrations: &[], ..SCHEMA };
        assert!(matches!(bed.open(&[older]).await, Err(store::StoreError::SchemaTooNew { .. })));
    }
}
