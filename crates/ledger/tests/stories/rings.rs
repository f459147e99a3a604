//! Containers that, by what devices say, contain each other.

use ledger::MomentRef;
use store::both_stores;

use crate::support::world::*;

both_stores! {
    async fn of_two_boxes_packed_into_each_other_the_earlier_packing_stands(bed: TestBed) {
        let world = World::start(bed).await;
        let (a, b) = (container(1), container(2));
        world.accept(said(0, vec![open(a, "site:S1"), open(tube(1), "site:S1"), pack(tube(1), a)])).await;
        world.accept(said(0, vec![open(b, "site:S2"), open(tube(2), "site:S2"), pack(tube(2), b)])).await;
        // Both devices were offline; the later packing is reported first.
        world.accept(said(20, vec![pack(b, a)])).await;
        assert_eq!(world.held('T', "site:S1").await, 2);
        let earlier = world.accept(said(10, vec![pack(a, b)])).await;
        assert_eq!((world.held('T', "site:S1").await, world.held('T', "site:S2").await), (0, 2));
        let findings = world.findings().await;
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].unit, findings[0].kind.as_str()), (b, "ring"));
        world.assert_clean().await;

        // A person says that the earlier packing was a mistake: the later one stands again.
        world.accept(said(30, vec![void(a, MomentRef { command: earlier, n: 0 })])).await;
        assert_eq!(world.held('T', "site:S1").await, 2);
        assert!(world.findings().await.is_empty());
        world.assert_clean().await;
    }

    async fn a_box_packed_into_itself_stays_where_it_is(bed: TestBed) {
        let world = World::start(bed).await;
        world.accept(said(0, vec![open(container(1), "site:S1")])).await;
        world.accept(said(1, vec![pack(container(1), container(1))])).await;
        assert_eq!(world.held('B', "site:S1").await, 1);
        assert_eq!(world.findings().await[0].kind, "ring");
        world.accept(said(2, vec![unpack(container(1), "site:S1")])).await;
        assert!(world.findings().await.is_empty());
        world.assert_clean().await;
    }

    async fn a_ring_of_many_boxes_is_cut_once_and_the_rest_stays_nested(bed: TestBed) {
        let world = World::start(bed).await;
        let ring = 12;
        let mut batch: Vec<_> = (0..ring)
            .map(|n| said(0, vec![open(container(n), &format!("site:S{n}"))]))
            .collect();
        for n in 0..ring {
            batch.push(said(10 + i64::from(n), vec![pack(container(n), container((n + 1) % ring))]));
        }
        world.send(batch).await;
        // The last packing does not count, so its box is the outermost of all.
        assert_eq!(world.held('B', "site:S11").await, i64::from(ring));
        assert_eq!(world.findings().await.len(), 1);
        world.accept(said(90, vec![unpack(container(5), "lab:L1")])).await;
        assert_eq!((world.held('B', "lab:L1").await, world.held('B', "site:S11").await), (12, 0));
        assert!(world.findings().await.is_empty());
        world.assert_clean().await;
    }
}
