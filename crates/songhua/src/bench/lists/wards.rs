//! The care desk's part of `bench lists`: beds for some of the many who wait, and the pages over them.

use anyhow::{Context, Result};
use care::views::{self, QueueCursor, QueueFilter};
use care::{
    Admit, Admits, Assign, Command, Consult, Episode, Kind, Level, NewBed, PutBeds, PutFacility,
    PutWard, Staff, Tier,
};
use ledger::{Actor, Envelope, Priority};
use server::App;
use types::{AreaCode, AreaScope, CommandId, HolderCode, Span};
use uuid::Uuid;

use super::super::world::accepted;

/// The county of the facilities.
const AT: u32 = 220_202;
/// Wards of the shelter hospital, of [`BEDS`] beds each.
const HALLS: usize = 12;
const BEDS: u32 = 500;
const SHELTER: &str = "ward:BENCH-F";
const HOSPITAL: &str = "ward:BENCH-H";

fn sent(app: &App, area: AreaCode, command: Command) -> Envelope<desks::Command> {
    Envelope {
        id: CommandId(Uuid::now_v7()),
        area,
        event_time: app.now(),
        clock_offset: Span(0),
        device: None,
        actor: Actor { user: "bench".into(), holder: None },
        command: command.into(),
    }
}

fn ward(facility: &HolderCode, code: &str, level: Level, beds: u32) -> Vec<Command> {
    let per_nurse = if level == Level::Intensive { 6 } else { 20 };
    let bed = |n: u32| NewBed { label: format!("{:03}", n + 1), room: String::new() };
    vec![
        Command::PutWard(PutWard {
            facility: facility.clone(),
            ward: code.to_owned(),
            name_zh: "病区".to_owned(),
            name_en: "Ward".to_owned(),
            level,
            admits: Admits::Anybody,
            reserve: 0,
        }),
        Command::PutBeds(PutBeds {
            facility: facility.clone(),
            ward: code.to_owned(),
            beds: (0..beds).map(bed).collect(),
        }),
        Command::Staff(Staff {
            facility: facility.clone(),
            ward: code.to_owned(),
            claimed: beds,
            nurses: beds.div_ceil(per_nurse),
            per_nurse,
        }),
    ]
}

fn facility(app: &App, code: &str, kind: Kind) -> Result<(HolderCode, Command)> {
    let code = HolderCode::parse(code)?;
    let put = PutFacility {
        code: code.clone(),
        kind,
        name_zh: "医院".to_owned(),
        name_en: "Facility".to_owned(),
        serves: AreaScope::parse("2202")?,
        place: None,
        lon: Some(126.56),
        lat: Some(43.85),
        opens_at: app.now() - Span::days(40),
        closes_at: None,
        intake: None,
        turnaround_minutes: 120,
    };
    Ok((code, Command::PutFacility(put)))
}

/// Puts up facilities and fills most of their beds from the queue; some people refuse a bed, for some one is
/// held, of some others are asked.
pub(super) async fn fill(app: &App) -> Result<()> {
    let at = AreaCode::new(AT)?;
    let (shelter, put_shelter) = facility(app, SHELTER, Kind::Fangcang)?;
    let (hospital, put_hospital) = facility(app, HOSPITAL, Kind::Hospital)?;
    let mut commands = vec![put_shelter, put_hospital];
    for n in 0..HALLS {
        commands.extend(ward(&shelter, &format!("H{n:02}"), Level::Shelter, BEDS));
    }
    commands.extend(ward(&hospital, "W1", Level::Acute, BEDS));
    commands.extend(ward(&hospital, "ICU", Level::Intensive, 60));
    let envelopes = commands.into_iter().map(|command| sent(app, at, command)).collect();
    accepted(app.submit(Priority::Bulk, envelopes).await?)?;

    let people = queue(app, 9_000).await?;
    let mut people = people.into_iter();
    let mut places: Vec<(HolderCode, String, u32)> =
        vec![(hospital.clone(), "ICU".to_owned(), 50), (hospital, "W1".to_owned(), 480)];
    places.extend((0..HALLS).map(|n| (shelter.clone(), format!("H{n:02}"), 480)));
    for (facility, code, n) in &places {
        let admit = |episode: Episode| {
            let reason = "bench".to_owned();
            let (facility, ward) = (facility.clone(), Some(code.clone()));
            let admit = Admit { episode: episode.id, facility, ward, bed: None, reason };
            sent(app, at, Command::Admit(admit))
        };
        let taken: Vec<Envelope<desks::Command>> =
            people.by_ref().take(*n as usize).map(admit).collect();
        for chunk in taken.chunks(100) {
            accepted(app.submit(Priority::Bulk, chunk.to_vec()).await?)?;
        }
    }
    let mut rest: Vec<Envelope<desks::Command>> = Vec::new();
    for (n, episode) in people.enumerate() {
        let (id, area) = (episode.id, episode.area());
        let command = if n < 100 {
            Command::Assign(Assign {
                episode: id,
                facility: shelter.clone(),
                ward: format!("H{:02}", n % HALLS),
                bed: None,
                plan: String::new(),
                reason: "bench".to_owned(),
            })
        } else {
            Command::Refuse { episode: id, note: "bench".to_owned() }
        };
        rest.push(sent(app, area, command));
    }
    for chunk in rest.chunks(100) {
        accepted(app.submit(Priority::Bulk, chunk.to_vec()).await?)?;
    }
    let mut db = app.store().reader().await?;
    let grave = views::in_facility(&mut db, &places[0].0, Some("ICU"), 100).await?;
    drop(db);
    let asked = grave.iter().map(|episode| {
        let (whom, question) = ("expert group".to_owned(), "bench".to_owned());
        let consult =
            Consult { episode: episode.id, tier: Tier::Province, whom, question, within_hours: 1 };
        sent(app, at, Command::Consult(consult))
    });
    accepted(app.submit(Priority::Bulk, asked.collect()).await?)?;
    Ok(())
}

/// The first of the city's queue.
async fn queue(app: &App, most: usize) -> Result<Vec<Episode>> {
    let mut db = app.store().reader().await?;
    let filter = QueueFilter::of(AreaScope::parse("2202")?);
    let (mut people, mut after) = (Vec::new(), None);
    while people.len() < most {
        let page = views::queue(&mut db, &filter, after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(QueueCursor::after(last));
        people.extend(page);
    }
    people.truncate(most);
    Ok(people)
}

/// The pages of the care desk.
pub(super) async fn paths(app: &App) -> Result<Vec<(&'static str, String)>> {
    let mut db = app.store().reader().await?;
    let filter = QueueFilter::of(AreaScope::parse("2202")?);
    let page = views::queue(&mut db, &filter, None, 5_000).await?;
    let far = page.last().map(QueueCursor::after).context("nobody waits")?;
    let waiting = page.first().context("nobody waits")?.id;
    let shelter = HolderCode::parse(SHELTER)?;
    let inside = views::in_facility(&mut db, &shelter, Some("H00"), 1).await?;
    let lying = inside.first().context("nobody lies in a bed")?.id;
    let facility = format!("/care/facilities/{SHELTER}");
    Ok(vec![
        ("beds and queue", "/care".into()),
        ("the queue", "/care/queue".into()),
        ("a far page of the queue", format!("/care/queue?after={far}")),
        ("who waits for over a day", "/care/queue?over=24".into()),
        ("those of one condition, one county", "/care/queue?rank=8&area=220284".into()),
        ("one who waits", format!("/care/episodes/{waiting}")),
        ("one who lies in a bed", format!("/care/episodes/{lying}")),
        ("a facility of 6,000 beds", facility.clone()),
        ("a ward of 500 beds", format!("{facility}/wards/H00")),
        ("the round of a ward", format!("{facility}/rounds?ward=H00&all=1")),
        ("at home", "/care/home".into()),
        ("the critical", "/care/critical".into()),
        ("consultations", "/care/consultations".into()),
        ("held beds", "/care/held".into()),
        ("steps", "/care/steps".into()),
        ("care by day", "/care/numbers".into()),
        ("stays and beds ahead", "/care/outlook".into()),
        ("who was admitted", "/care/happened?what=admitted".into()),
        ("who stays, of a class", "/care/stays?class=confirmed&worst=mild".into()),
    ])
}
