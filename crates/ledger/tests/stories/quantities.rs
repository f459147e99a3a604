//! Quantities by double entry.

use ledger::{Move, views};
use store::both_stores;
use types::AreaScope;

use crate::support::world::*;

fn post(commodity: &str, from: &str, to: &str, amount: i64) -> Move {
    Move::Post { commodity: commodity.into(), from: from.into(), to: to.into(), amount }
}

both_stores! {
    async fn what_one_account_gives_another_takes(bed: TestBed) {
        let world = World::start(bed).await;
        world.send(vec![
            said(0, vec![post("tubes", "supplier", "store:city", 1_000)]),
            said(1, vec![post("tubes", "store:city", "site:S1", 300), post("大米:kg", "supplier", "shop:1", 50)]),
            said(2, vec![post("tubes", "site:S1", "store:city", 20)]),
        ]).await;
        let stock = views::stock(&mut world.reader().await, AreaScope::ALL).await.expect("stock");
        let tubes = &stock[&(area(), "tubes".to_owned())];
        assert_eq!((tubes["supplier"], tubes["store:city"], tubes["site:S1"]), (-1_000, 720, 280));
        assert_eq!(stock[&(area(), "大米:kg".to_owned())]["shop:1"], 50);
        assert!(stock.values().all(|accounts| accounts.values().sum::<i64>() == 0));
        world.assert_clean().await;
    }
}
