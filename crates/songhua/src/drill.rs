//! `songhua drill`: a simulated city on a server of its own, with staff who do what the system
//! tells them, to look at or to take part in; or, without anybody looking on, the system's own
//! end-to-end test.

pub mod clock_file;
mod guide;
mod host;
mod panel;
mod prepare;
mod speed;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use drill::clock::Clock;
use drill::config::Work;
use drill::control::Control;
use drill::diary::Diary;
use drill::faults::Faults;
use drill::town::Town;
use drill::truth::Living;
use drill::{Config, Drill, Stage};
use protocol::Protocol;
use server::App;
use server::config::Rate;
use tokio::net::TcpListener;
use types::{AreaScope, Micros, ParseError, Span};

use crate::data::Data;
use crate::demo::personas;
use crate::{process, screen};
use host::{Child, Here};
use panel::Panel;
use prepare::Mark;
use speed::Speed;

/// Residents when nobody says: what is ready within two minutes.
const PEOPLE: u64 = if cfg!(debug_assertions) { 20_000 } else { 150_000 };

/// Lets a simulated city live on a server of its own. Its field staff work through the public
/// API, by the lists that the system gives them, with human faults. The data directory is begun
/// anew, and what an earlier drill left in it is thrown away; --resume goes on with it instead.
#[derive(Clone, Debug, clap::Args)]
pub struct Rehearse {
    /// The scenario.
    #[arg(default_value = "jilin-2022")]
    scenario: String,
    /// Residents. Every division keeps its share.
    #[arg(long, value_name = "N", default_value_t = PEOPLE)]
    people: u64,
    /// Only this part of the city: 4 or 6 digits of a division code.
    #[arg(long, value_name = "CODE", default_value = "2202", value_parser = scope)]
    area: AreaScope,
    /// How fast simulated time goes, for example 1day/2min; `max` for as fast as it can.
    #[arg(long, value_name = "PACE", default_value = "1day/2min")]
    speed: Speed,
    /// Decides all draws: the same seed and settings give the same drill.
    #[arg(long, value_name = "N", default_value_t = 2022)]
    seed: u64,
    /// Days to live through; without end when left out (3 with --headless).
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// The first day.
    #[arg(long, value_name = "DATE", default_value = "2022-03-05")]
    from: String,
    /// What goes wrong: a TOML file, or none, ordinary, hard.
    #[arg(long, value_name = "PROFILE", default_value = "ordinary")]
    faults: String,
    /// How the staff work: a TOML file; what it leaves out is as usual.
    #[arg(long, value_name = "FILE")]
    work: Option<PathBuf>,
    /// Nobody looks on: as fast as it can, the server in a process of its own that is killed at
    /// random if the profile says so, an audit after every day.
    #[arg(long)]
    headless: bool,
    /// Goes on with the drill in --data where it was stopped or killed: the same seed, settings and
    /// state, told again from its diary. What is rehearsed then is as it was begun; only --speed,
    /// --days, --out and --listen are heeded.
    #[arg(
        long,
        conflicts_with_all = ["people", "area", "seed", "from", "faults", "work"]
    )]
    resume: bool,
    /// Where the data is kept.
    #[arg(long, value_name = "DIR", default_value = "data/drill")]
    data: PathBuf,
    /// Where to write the score at the end: score.html, score.csv, score.json (with --headless).
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

fn scope(text: &str) -> Result<AreaScope, ParseError> {
    AreaScope::parse(text)
}

/// Drills are in a hurry, on a machine of their own: the limits that keep strangers from the
/// server would only slow the staff down.
pub(crate) fn unhurried(config: &mut server::Config) {
    let much = Rate::new(100_000.0, 100_000.0);
    config.limits.api_rate = much;
    config.limits.page_rate = much;
    config.limits.sign_in_rate = much;
}

/// A drill before it begins, and what it runs on.
struct Scene {
    stage: Stage,
    panel: Arc<Panel>,
    app: App,
    password: String,
    // When its diary ends, for one that goes on.
    resumed: Option<Micros>,
}

impl Rehearse {
    /// Runs it: until its days are over, or until it is told to stop. 1 when the system lost
    /// something.
    ///
    /// # Errors
    /// When the data cannot be used, or the address is taken.
    pub async fn run(&self) -> Result<ExitCode> {
        if self.headless { self.alone().await } else { self.on_show().await }
    }

    fn config(&self) -> Result<Config> {
        let start = Micros::parse(&format!("{}T00:00:00+08:00", self.from))?;
        let faults = match self.faults.as_str() {
            "none" => Faults::none(),
            "ordinary" => Faults::default(),
            "hard" => Faults::hard(),
            path => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the faults {path}"))?;
                Faults::parse(&text)?
            }
        };
        let work = match &self.work {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read how to work: {}", path.display()))?;
                Work::parse(&text)?
            }
            None => Work::default(),
        };
        Ok(Config {
            scenario: self.scenario.clone(),
            people: self.people,
            areas: self.area,
            seed: self.seed,
            start,
            days: self.days.or(self.headless.then_some(3)),
            work,
            faults,
        })
    }

    /// What is rehearsed, with the diary of a drill that goes on.
    fn mark(&self) -> Result<(Mark, Option<(Diary, Micros)>)> {
        if self.resume {
            let mut mark = prepare::marked(&self.data)?;
            mark.drill.days = self.days.or(mark.drill.days);
            return Ok((mark, Some(prepare::open_diary(&self.data)?)));
        }
        let mark = Mark { drill: self.config()?, password: server::passwords::temporary() };
        prepare::clear(&self.data, &mark)?;
        Ok((mark, None))
    }

    async fn scene(&self) -> Result<Scene> {
        let (Mark { drill: config, password }, diary) = self.mark()?;
        let town = Town::new(&config)?;
        let resumed = diary.as_ref().map(|(_, until)| *until);
        let clock = Clock::new(resumed.unwrap_or(config.start - Span::hours(12)));
        let rate = if self.headless { None } else { self.speed.rate() };
        let control = Control::new(config.start, rate);
        let data = Data { data: self.data.clone(), store: None, schema: None };
        let mut settings = data.server(self.listen);
        settings.clock = clock.as_fn();
        // A rehearsal need not outlive a power cut, and should not wait for the disk.
        settings.forced = false;
        unhurried(&mut settings);
        let panel = Arc::new(Panel::new(control.clone()));
        settings.rehearsal = Some(panel.clone());
        let app = App::open(settings, Arc::new(Protocol::bundled()?)).await?;
        let diary = match diary {
            Some((diary, _)) => diary,
            None => {
                prepare::fill(&app, &town, &config, &password).await?;
                if !self.headless {
                    prepare::give_household_code(&app, &town, &config).await?;
                }
                prepare::begin_diary(&self.data)?
            }
        };
        if !self.headless {
            // Also for one that went unattended until now.
            for persona in &prepare::personas(&town, &config) {
                personas::ensure(&app, persona, personas::PASSWORD).await?;
            }
        }
        let truth = Box::new(Living::new(&config, &town)?);
        let stage = Stage { config, town, truth, clock, control, diary };
        Ok(Scene { stage, panel, app, password, resumed })
    }

    /// With a browser: everything in one process, at a pace that can be followed.
    async fn on_show(&self) -> Result<ExitCode> {
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let here = listener.local_addr()?;
        let Scene { stage, panel, app, password, resumed } = self.scene().await?;
        let personas = prepare::personas(&stage.town, &stage.config);
        panel.open_to(&personas);
        let code = prepare::household_code(&stage.config);
        let address = format!("http://{here}");
        let first = stage.town.areas.first().map(ToString::to_string).unwrap_or_default();
        let control = stage.control.clone();
        let engine = app.engine().clone();
        // The drill ends first, between two tasks; then nobody calls the server any more.
        let (ended, drill_ended) = tokio::sync::oneshot::channel::<()>();
        let asked_to_stop = control.clone();
        let stop = async move {
            server::shutdown_signal().await;
            asked_to_stop.stop();
            // An error means that the drill is gone already.
            let _ = drill_ended.await;
        };
        let serving = tokio::spawn(server::serve(app.clone(), listener, stop));
        let asked = guide::asked(&stage.town);
        let mut drill = Drill::begin(stage, Box::new(Here(here)), &password).await?;
        if let Some(until) = resumed {
            recall(&mut drill, until).await?;
        }
        drill.publish_to(move |score| panel.publish(score));
        println!("ready {address}");
        let more = [
            ("board", "/board"),
            ("drill", "/drill"),
            ("score", "/drill/score"),
            ("guide", "/guide"),
        ];
        println!("\n{}", personas::addresses(&address, &more));
        println!("{}", personas::table(&personas, Some((&code, &first))));
        println!("Everybody here is made up, and time is simulated.");
        println!("Stopped with ctrl-c it can be gone on with: songhua drill --resume");
        let guiding = tokio::spawn(guide::lead(
            app.clone(),
            guide::Visitors { asked, personas, household_code: code },
        ));
        let living = tokio::spawn(async move {
            if let Err(error) = drill.run().await {
                tracing::error!(%error, "the drill stopped");
            }
            drop(ended);
        });
        serving.await??;
        living.abort();
        guiding.abort();
        engine.close().await;
        Ok(ExitCode::SUCCESS)
    }

    /// Without anybody looking on.
    async fn alone(&self) -> Result<ExitCode> {
        let Scene { stage, app, password, resumed, .. } = self.scene().await?;
        app.engine().close().await;
        drop(app);
        let days = stage.config.days.unwrap_or(3);
        let program = std::env::current_exe().context("where this program is")?;
        let from = resumed.unwrap_or(stage.config.start);
        let child = Child::start(&program, &self.data, &stage.config, from).await?;
        let killed = child.killed();
        let mut drill = Drill::begin(stage, Box::new(child), &password).await?;
        if let Some(until) = resumed {
            recall(&mut drill, until).await?;
        }
        let bar = screen::bar("days", u64::from(days));
        let lived = drill.config().day_of(drill.now());
        bar.inc(u64::from(lived));
        for day in lived..days {
            let end = drill.config().midnight(day + 1);
            drill.live_until(end).await?;
            audit(&program, &self.data).await?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        let score = drill.score();
        if let Some(out) = &self.out {
            std::fs::create_dir_all(out)?;
            std::fs::write(out.join("score.json"), score.to_json()?)?;
            std::fs::write(out.join("score.csv"), score.to_csv())?;
            std::fs::write(out.join("score.html"), score.to_html())?;
        }
        print!("{}", figures(&score));
        let link = drill.link();
        eprintln!(
            "{} calls, {} breaks, {} acknowledged commands proved after a break",
            link.calls, link.breaks, link.proved
        );
        let killed = killed.lock().map_or(0, |k| *k);
        eprintln!("the server was killed {killed} times");
        if let Some(memory) = process::peak_rss_mb("self") {
            eprintln!("{memory} MB at most in the drill's own process");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Lets a drill hear its diary to the end.
async fn recall(drill: &mut Drill, until: Micros) -> Result<()> {
    let started = std::time::Instant::now();
    let hours = |span: Span| u64::try_from(span.0 / Span::hours(1).0).unwrap_or(0);
    let from = drill.config().start;
    let bar = screen::bar("told again", hours(until - from));
    let whole = hours(until - from);
    drill.recall(|at| bar.set_position(hours(at - from).min(whole))).await?;
    bar.finish_and_clear();
    let day = drill.config().day_of(drill.now()) + 1;
    let seconds = started.elapsed().as_secs();
    eprintln!("the drill goes on, on its day {day}; it was told again in {seconds} s");
    Ok(())
}

/// The score as a table.
fn figures(score: &drill::score::Score) -> String {
    let mut rows = vec![["figure", "round", "value"].map(String::from).to_vec()];
    for m in score.sections.iter().flat_map(|s| &s.measures) {
        let round = m.round.map(|r| r.to_string()).unwrap_or_default();
        rows.push(vec![m.title.en.to_owned(), round, m.value.text().1]);
    }
    screen::table(&rows)
}

/// The audit, as an operator runs it beside the server.
async fn audit(program: &Path, data: &Path) -> Result<()> {
    let audited =
        tokio::process::Command::new(program).arg("audit").arg("--data").arg(data).output().await?;
    if !audited.status.success() {
        bail!(
            "the audit found differences:\n{}{}",
            String::from_utf8_lossy(&audited.stdout),
            String::from_utf8_lossy(&audited.stderr)
        );
    }
    Ok(())
}
