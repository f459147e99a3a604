//! All desks together: every statement prepares, and no two desks claim one name.

use std::collections::HashSet;

use store::both_stores;

both_stores! {
    async fn every_statement_of_every_desk_prepares(bed: TestBed) {
        let store = bed.open(&desks::schemas()).await.expect("all tables");
        let mut reader = store.reader().await.expect("reader");
        for (name, statement) in desks::statements() {
            let prepared = reader.prepare(statement).await;
            assert!(prepared.is_ok(), "{name}: {prepared:?}");
        }
    }
}

#[test]
fn every_table_has_one_owner_and_its_key_among_its_columns() {
    let mut seen = HashSet::new();
    for table in desks::schemas().iter().flat_map(|s| s.derived) {
        assert!(seen.insert(table.name), "{} is declared twice", table.name);
        let columns: Vec<&str> = table.columns.split(',').map(str::trim).collect();
        for key in table.key.split(',').map(str::trim) {
            assert!(columns.contains(&key), "{}: key column {key} is not compared", table.name);
        }
    }
}
