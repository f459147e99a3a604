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
use drill::faults::Faults;
use drill::town::Town;
use drill::truth::Living;
use drill::{Config, Drill};
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
use speed::Speed;

/// Residents when nobody says: what is ready within two minutes.
const PEOPLE: u64 = if cfg!(debug_assertions) { 20_000 } else { 150_000 };

/// Lets a simulated city live on a server of its own. Its field staff work through the public
/// API, by the lists that the system gives them, with human faults. The data directory is begun
/// anew: what an earlier drill left in it is thrown away.
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
    /// Nobody looks on: as fast as it can, the server in a process of its own that is killed at
    /// random if the profile says so, an audit after every day.
    #[arg(long)]
    headless: bool,
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

/// A drill and what it runs on.
struct Stage {
    config: Config,
    town: Town,
    clock: Clock,
    control: Control,
    panel: Arc<Panel>,
    app: App,
    password: String,
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
        Ok(Config {
            scenario: self.scenario.clone(),
            people: self.people,
            areas: self.area,
            seed: self.seed,
            start,
            days: self.days.or(self.headless.then_some(3)),
            work: Work::default(),
            faults,
        })
    }

    async fn stage(&self) -> Result<Stage> {
        let config = self.config()?;
        prepare::clear(&self.data, &config)?;
        let town = Town::new(&config)?;
        let clock = Clock::new(config.start - Span::hours(12));
        let rate = if self.headless { None } else { self.speed.rate() };
        let control = Control::new(config.start, rate);
        let data = Data { data: self.data.clone(), store: None, schema: None };
        let mut settings = data.server(self.listen);
        settings.clock = clock.as_fn();
        unhurried(&mut settings);
        let panel = Arc::new(Panel::new(control.clone()));
        settings.rehearsal = Some(panel.clone());
        let app = App::open(settings, Arc::new(Protocol::bundled()?)).await?;
        let password = server::passwords::temporary();
        prepare::fill(&app, &town, &config, &password).await?;
        Ok(Stage { config, town, clock, control, panel, app, password })
    }

    /// With a browser: everything in one process, at a pace that can be followed.
    async fn on_show(&self) -> Result<ExitCode> {
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let here = listener.local_addr()?;
        let stage = self.stage().await?;
        let personas = prepare::personas(&stage.town, &stage.config);
        for persona in &personas {
            personas::ensure(&stage.app, persona, personas::PASSWORD).await?;
        }
        let code = prepare::household_code(&stage.app, &stage.town, &stage.config).await?;
        let address = format!("http://{here}");
        let first = stage.town.areas.first().map(ToString::to_string).unwrap_or_default();
        let (app, control, panel) = (stage.app.clone(), stage.control.clone(), stage.panel);
        let engine = app.engine().clone();
        let stop = server::shutdown_signal();
        let serving = tokio::spawn(server::serve(app.clone(), listener, stop));
        let asked = guide::asked(&stage.town);
        let truth = Living::new(&stage.config, &stage.town.city)?;
        let mut drill = Drill::begin(
            stage.config,
            stage.town,
            Box::new(truth),
            Box::new(Here(here)),
            stage.clock,
            control,
            &stage.password,
        )
        .await?;
        drill.publish_to(move |score| panel.publish(score));
        println!("ready {address}");
        let more = [("drill", "/drill"), ("score", "/drill/score"), ("guide", "/guide")];
        println!("\n{}", personas::addresses(&address, &more));
        println!("{}", personas::table(&personas, Some((&code, &first))));
        println!("Everybody here is made up, and time is simulated.");
        let guiding = tokio::spawn(guide::lead(
            app.clone(),
            guide::Visitors { asked, personas, household_code: code },
        ));
        let living = tokio::spawn(async move {
            if let Err(error) = drill.run().await {
                tracing::error!(%error, "the drill stopped");
            }
        });
        serving.await??;
        living.abort();
        guiding.abort();
        engine.close().await;
        Ok(ExitCode::SUCCESS)
    }

    /// Without anybody looking on.
    async fn alone(&self) -> Result<ExitCode> {
        let stage = self.stage().await?;
        stage.app.engine().close().await;
        drop(stage.app);
        let days = stage.config.days.unwrap_or(3);
        let program = std::env::current_exe().context("where this program is")?;
        let child = Child::start(&program, &self.data, &stage.config).await?;
        let killed = child.killed();
        let truth = Living::new(&stage.config, &stage.town.city)?;
        let mut drill = Drill::begin(
            stage.config,
            stage.town,
            Box::new(truth),
            Box::new(child),
            stage.clock,
            stage.control,
            &stage.password,
        )
        .await?;
        let bar = screen::bar("days", u64::from(days));
        for day in 0..days {
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
