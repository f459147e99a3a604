//! Sending again changes nothing and gives the first answer.

use ledger::{Engine, Priority, Status};
use store::both_stores;

use crate::support::world::*;
use crate::support::yard::{Command, Yard};

both_stores! {
    async fn sending_again_gives_the_first_answer(bed: TestBed) {
        let mut world = World::start(bed).await;
        let opened = said(0, vec![open(tube(1), "site:S1")]);
        let refused = at(1, Command::Refuse);
        let noted = at(2, Command::Take { unit: tube(1), taker: holder("site:S1") });
        // Within one batch.
        let batch = vec![opened.clone(), opened.clone(), refused.clone(), noted.clone(), refused.clone()];
        let first = world.send(batch).await;
        assert_eq!(first.iter().map(|o| o.duplicate).collect::<Vec<_>>(), [false, true, false, false, true]);
        assert_eq!(first[2].refusal.as_ref().map(|r| r.code.as_ref()), Some("not-here"));
        assert_eq!(first[3].notes[0].code, "already-held");

        // In a later batch, and after a restart; the world has changed in between.
        world.accept(said(3, vec![close(tube(1), "reported")])).await;
        for _ in 0..2 {
            let again = world.send(vec![noted.clone(), refused.clone(), opened.clone()]).await;
            for (now, then) in again.iter().zip([&first[3], &first[2], &first[0]]) {
                assert!(now.duplicate);
                assert_eq!((now.id, now.status), (then.id, then.status));
                assert_eq!((&now.refusal, &now.notes), (&then.refusal, &then.notes));
            }
            world.restart().await;
        }
        let (entries, _) = ledger::audit::head(&world.store).await.expect("the head");
        assert_eq!(entries, 4, "each command is in the journal once");
        world.assert_clean().await;
    }

    async fn the_same_command_from_many_tasks_at_once_is_written_once(bed: TestBed) {
        let world = World::with_groups_of(bed, 3).await;
        let command = at(0, Command::Add { name: "seen".into(), by: 1 });
        let sent = (0..40).map(|_| world.engine.submit(Priority::Normal, vec![command.clone()]));
        let outcomes = futures::future::join_all(sent).await;
        let first = outcomes.iter().filter(|o| !o.as_ref().expect("an answer")[0].duplicate).count();
        assert_eq!(first, 1);
        let rows = world.reader().await.query_text("SELECT total FROM tally", &[]).await.expect("rows");
        assert_eq!(rows[0].int(0).expect("a total"), 1);
        world.assert_clean().await;
    }

    async fn a_restart_goes_on_where_the_journal_ended(bed: TestBed) {
        let mut world = World::start(bed).await;
        world.accept(said(0, vec![open(tube(1), "site:S1")])).await;
        assert_eq!(*world.engine.progress().borrow(), 1);
        world.restart().await;
        assert_eq!(*world.engine.progress().borrow(), 1, "not zero: the journal has an entry");
        let take = at(5, Command::Take { unit: tube(1), taker: holder("lab:L1") });
        world.accept(take).await;
        assert_eq!(world.held('T', "lab:L1").await, 1);
        assert_eq!(world.yard.told(), ["committed 1", "committed 2"], "and nothing missed");
        world.assert_clean().await;
    }

    async fn closing_writes_what_waits_and_takes_no_more(bed: TestBed) {
        let world = World::with_groups_of(bed, 2).await;
        let waiting: Vec<_> = (0..50)
            .map(|n| {
                let engine: Engine<Yard> = world.engine.clone();
                let command = said(0, vec![open(tube(n), "site:S1")]);
                let sent = async move { engine.submit(Priority::Normal, vec![command]).await };
                tokio::spawn(sent)
            })
            .collect();
        // All are in the queue or answered before the close.
        let mut progress = world.engine.progress();
        progress.wait_for(|seq| *seq > 0).await.expect("the first group");
        world.engine.close().await;
        let mut accepted = 0;
        for task in waiting {
            match task.await.expect("the task") {
                Ok(outcomes) => {
                    assert_eq!(outcomes[0].status, Status::Accepted);
                    accepted += 1;
                }
                Err(e) => assert!(matches!(e, ledger::LedgerError::Stopped), "{e}"),
            }
        }
        assert!(accepted > 0);
        assert_eq!(world.held('T', "site:S1").await, accepted, "taken means written");
        let late = world.engine.submit(Priority::Urgent, vec![at(1, Command::Refuse)]).await;
        assert!(matches!(late, Err(ledger::LedgerError::Stopped)));
        world.assert_clean().await;
    }
}
