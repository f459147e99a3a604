//! PostgreSQL as it behaves on bad days: several nodes on one database, connections that are
//! cut, answers that are lost, servers that freeze, and a locale that sorts in its own way.

use std::time::Duration;

use ledger::{Engine, LedgerError, Operation, Priority, Status};
use store::testkit::{Kind, TestBed};
use store::{Store, StoreConfig};
use types::Micros;

use crate::support::model::{self, Fact};
use crate::support::proxy::Wire;
use crate::support::stall::{operate, send, stall, waiting};
use crate::support::world::*;
use crate::support::yard::{self, Command, Yard};
use crate::support::{reading, world};

async fn node(config: StoreConfig, clock: &Clock) -> (Store, Engine<Yard>, Yard) {
    let store = Store::open(config, &[ledger::SCHEMA, yard::SCHEMA]).await.expect("it opens");
    let yard = Yard::default();
    let engine = Engine::start(store.clone(), yard.clone(), world::config(clock, 50))
        .await
        .expect("the engine starts");
    (store, engine, yard)
}

/// Ends the writer's session from outside, as an administrator or a failover would.
async fn cut_the_writer(config: &StoreConfig) {
    let schema = config.schema.clone().expect("the test has a schema");
    let (client, connection) =
        tokio_postgres::connect(&config.url, tokio_postgres::NoTls).await.expect("a session");
    tokio::spawn(connection);
    let name = format!("songhua-writer {schema}");
    let sql =
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1";
    let ended = client.query(sql, &[&name]).await.expect("the statement runs");
    assert!(!ended.is_empty(), "no session is called {name}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_one_journal() {
    let bed = TestBed::new(Kind::Postgres);
    let clock = Clock::new(MORNING);
    let ((store, one, yard_one), (_, other, yard_other)) =
        tokio::join!(node(bed.config(), &clock), node(bed.config(), &clock));

    // Both get work at once; every third command reaches both, as after a change of node.
    let mut commands = Vec::new();
    for n in 0..400_u32 {
        let (t, b) = (tube(n % 60), container(n % 7));
        let moves = match n % 5 {
            0 => vec![open(t, "site:S1")],
            1 => vec![pack(t, b)],
            2 => vec![hand(b, "site:S1", "lab:L1"), open(b, "site:S1")],
            3 => vec![unpack(t, "lab:L1")],
            _ => vec![hand(t, "site:S1", "courier:C7")],
        };
        commands.push(said(i64::from(n % 97), moves));
    }
    let mut sent = Vec::new();
    for (n, batch) in commands.chunks(4).enumerate() {
        for (engine, skip) in [(&one, 0), (&other, 1)] {
            if n % 3 != skip {
                let (engine, batch) = (engine.clone(), batch.to_vec());
                sent.push(tokio::spawn(
                    async move { engine.submit(Priority::Normal, batch).await },
                ));
            }
        }
    }
    let mut answers = 0;
    let mut first = 0;
    for task in sent {
        let outcomes = task.await.expect("the task").expect("the group is written");
        answers += outcomes.len();
        first += outcomes.iter().filter(|o| !o.duplicate).count();
    }
    assert_eq!(first, commands.len(), "each command is taken by one node ({answers} answers)");

    // Each node hears of what the other wrote, also while it has nothing to do itself.
    for engine in [&one, &other] {
        let mut progress = engine.progress();
        let wanted = commands.len() as i64;
        progress.wait_for(|seq| *seq == wanted).await.expect("the engine runs");
    }
    for yard in [&yard_one, &yard_other] {
        assert!(yard.told().iter().any(|line| line.starts_with("missed")), "{:?}", yard.told());
    }

    let there = reading::journal(&store).await;
    assert!(there.values().all(|(_, times)| *times == 1));
    let facts: Vec<Fact> = commands
        .iter()
        .flat_map(|c| {
            let Command::Say(moves) = &c.command else { return Vec::new() };
            let fact = |(n, what): (usize, &ledger::Move)| Fact {
                happened: c.event_time,
                recorded: there[&c.id].0,
                command: c.id,
                n: n as u32,
                area: c.area,
                what: what.clone(),
            };
            moves.iter().enumerate().map(fact).collect()
        })
        .collect();
    assert_eq!(reading::picture(&store).await, model::picture(&facts, Micros::MAX));
    let report = world::audit(&store).await;
    assert!(report.is_clean(), "{report:#?}");
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_cut_in_the_middle_of_a_group_loses_nothing() {
    let bed = TestBed::new(Kind::Postgres);
    let clock = Clock::new(MORNING);
    let (store, engine, yard) = node(bed.config(), &clock).await;
    for n in 0..5 {
        let config = bed.config();
        yard.once_before_commit(move || {
            let config = config.clone();
            async move { cut_the_writer(&config).await }
        });
        let batch = vec![said(n, vec![open(tube(n as u32), "site:S1")])];
        let answer = engine.submit(Priority::Normal, batch.clone()).await;
        assert!(matches!(answer, Err(LedgerError::Unconfirmed(_))), "{answer:?}");
        assert!(reading::journal(&store).await.len() == n as usize, "it was not written");
        let again = engine.submit(Priority::Normal, batch).await.expect("written");
        assert_eq!((again[0].status, again[0].duplicate), (Status::Accepted, false));
    }
    let report = world::audit(&store).await;
    assert!(report.is_clean(), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_is_looked_up_and_not_repeated() {
    let bed = TestBed::new(Kind::Postgres);
    let clock = Clock::new(MORNING);
    let (wire, config) = Wire::to(bed.config()).await;
    let (store, engine, yard) = node(config, &clock).await;
    // Commands and another write share the group whose answer will be lost.
    let stalled = stall(&engine, &yard).await;
    let losing = wire.clone();
    yard.once_before_commit(move || {
        losing.lose_the_next_commits_answer();
        async {}
    });
    let opened = send(&engine, Priority::Normal, vec![said(1, vec![open(tube(1), "site:S1")])]);
    waiting(&engine, 2).await;
    let operation = Operation::Insert(&yard::SESSION_USE, vec!["token".into(), 1_i64.into()]);
    let used = operate(&engine, vec![operation]);
    waiting(&engine, 3).await;
    stalled.go_on().await;
    let outcomes = opened.await.expect("the task").expect("looked up");
    assert_eq!((outcomes[0].status, outcomes[0].duplicate), (Status::Accepted, true));
    // Nobody can know whether the other write was made: it is not made again.
    let used = used.await.expect("the task");
    assert!(matches!(used, Err(LedgerError::Unconfirmed(_))), "{used:?}");
    assert_eq!(yard.told(), ["committed 1", "missed 1..2"]);
    let mut reader = store.reader().await.expect("a reader");
    let rows = reader.query(&yard::SESSION_USES, &["token".into()]).await.expect("uses");
    assert_eq!(rows[0].int(0).expect("a count"), 1);
    let report = world::audit(&store).await;
    assert!(report.is_clean(), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_freezes_is_given_up_and_its_lock_does_not_outlive_it() {
    let bed = TestBed::new(Kind::Postgres);
    let clock = Clock::new(MORNING);
    let quick = StoreConfig { deadline: Duration::from_secs(1), ..bed.config() };
    let (wire, config) = Wire::to(quick).await;
    let (_, engine, yard) = node(config, &clock).await;
    let frozen = wire.clone();
    yard.once_before_commit(move || {
        frozen.freeze();
        async {}
    });
    // The writer holds the head of the journal and hears nothing any more.
    let batch = vec![said(0, vec![open(tube(1), "site:S1")])];
    let answer = engine.submit(Priority::Normal, batch.clone()).await;
    assert!(matches!(answer, Err(LedgerError::Unconfirmed(_))), "{answer:?}");
    wire.thaw();
    // The server ends the session that left it waiting in a transaction.
    let mut attempts = 0;
    let again = loop {
        match engine.submit(Priority::Normal, batch.clone()).await {
            Ok(outcomes) => break outcomes,
            Err(e) => assert!(matches!(e, LedgerError::Unconfirmed(_)), "{e}"),
        }
        attempts += 1;
        assert!(attempts < 20, "the lock of a dead session is never released");
    };
    assert_eq!(again[0].status, Status::Accepted);
    let (store, ..) = node(bed.config(), &clock).await;
    assert_eq!(reading::journal(&store).await.len(), 1);
    let report = world::audit(&store).await;
    assert!(report.is_clean(), "{report:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_compare_alike_whatever_the_locale_of_the_database() {
    let bed = TestBed::new(Kind::Postgres);
    let config = bed.config();
    let name = format!("locale_{}", config.schema.as_deref().expect("a schema"));
    let (client, connection) =
        tokio_postgres::connect(&config.url, tokio_postgres::NoTls).await.expect("a session");
    tokio::spawn(connection);
    client
        .batch_execute(&format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu \
             ICU_LOCALE 'en-US' LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .await
        .expect("a database with another locale");
    let at_database = config.url.rfind('/').expect("an address with a database") + 1;
    let url = format!("{}{name}", &config.url[..at_database]);
    let clock = Clock::new(MORNING);
    let (store, engine, _) = node(StoreConfig { url, ..config }, &clock).await;
    let batch = ["B", "a", "A-b", "Ab", "a-c", "ä", "大米"]
        .map(|name| crate::support::world::at(0, Command::Add { name: name.into(), by: 1 }));
    engine.submit(Priority::Normal, batch.to_vec()).await.expect("written");
    let report = world::audit(&store).await;
    assert!(report.is_clean(), "{report:#?}");
    engine.close().await;
    drop(store);
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await.expect("dropped");
}
