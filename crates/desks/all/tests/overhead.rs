//! A measurement, not a test: what putting the desks side by side costs a command. Run it with
//! `cargo test --release -p songhua-desks --test overhead -- --ignored --nocapture`

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use desks::{Command, House, State};
use ledger::{Actor, Desk, Envelope, Units};
use protocol::Protocol;
use testing::{Collect, Mode, Testing, Zone};
use types::{AreaCode, CommandId, HolderCode, Micros, PersonId, PlaceCode, RoundId, Span, UnitId};

/// A tube of ten, as a phone sends it.
fn collect(n: u32) -> Envelope<Command> {
    let area = AreaCode::new(220_202).expect("six digits");
    let person = |k: u8| PersonId::from_bytes([k; 16]);
    let collect = Collect {
        round: RoundId::from_bytes([9; 16]),
        tube: UnitId::printed(testing::TUBE, area, n),
        barcode: Some(format!("BC-{n:012}")),
        site: HolderCode::parse("site:220202-S001").expect("a holder"),
        community: PlaceCode::parse("220202001001").expect("a place"),
        mode: Mode::Ten,
        zone: Zone::Other,
        persons: (1..=10).map(person).collect(),
        started_at: Micros(1_647_302_400_000_000),
    };
    Envelope {
        id: CommandId::from_bytes([7; 16]),
        area,
        event_time: Micros(1_647_302_400_000_000),
        clock_offset: Span(0),
        device: Some("phone of Li".into()),
        actor: Actor { user: "li".into(), holder: HolderCode::parse("site:220202-S001").ok() },
        command: testing::Command::Collect(collect).into(),
    }
}

fn nanoseconds(commands: &[Envelope<Command>], mut run: impl FnMut(&Envelope<Command>)) -> f64 {
    let begun = Instant::now();
    commands.iter().for_each(&mut run);
    begun.elapsed().as_nanos() as f64 / commands.len() as f64
}

#[test]
#[ignore = "a measurement"]
fn side_by_side_costs_a_command_next_to_nothing() {
    let protocol = Arc::new(Protocol::bundled().expect("the bundled protocol"));
    let (house, desk) = (House::new(protocol.clone()), Testing::new(protocol));
    let (units, state) = (Units::default(), State::default());
    let commands: Vec<_> = (0..20_000).map(collect).collect();
    // Refused at its first look-up, since there is no such round: what is left is the handing on.
    for _ in 0..5 {
        let through = nanoseconds(&commands, |e| {
            black_box(house.decide(&units, &state, e.asked(), e.event_time).is_ok());
        });
        let direct = nanoseconds(&commands, |e| {
            let Command::Testing(command) = &e.command else { return };
            let asked = e.asked().with(command);
            black_box(desk.decide(&units, &state.testing, asked, e.event_time).is_ok());
        });
        // What the desks did before they could look at a part of a command: one copy to load by
        // and one to decide by.
        let copies = nanoseconds(&commands, |e| {
            black_box((e.clone(), e.clone()));
        });
        println!(
            "through all desks {through:.0} ns, one {direct:.0} ns; two copies {copies:.0} ns"
        );
    }
}
