//! `songhua serve`: the server, with or without a prepared city.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use protocol::Protocol;
use server::App;
use server::config::Rate;
use store::{Store, StoreConfig};
use tokio::net::TcpListener;

use crate::data::{Data, told};
use crate::demo::{Demo, live, messages, personas};
use crate::drill::clock_file;
use crate::prepare::{DemoSize, now};

/// Serves pages and the API until it is told to stop (ctrl-c, SIGTERM). Prints
/// `ready http://ADDRESS` when it listens.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    #[command(flatten)]
    data: Data,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Take laboratories' results (HL7 v2.5 ORU^R01 over MLLP) at this address, 127.0.0.1:2575 if
    /// none is given. The line has no sign-in: this machine or a private network only.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:2575")]
    mllp: Option<SocketAddr>,
    /// The address by which people reach the server, when it stands behind something.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// A reverse proxy stands before the server and says who calls.
    #[arg(long)]
    behind_proxy: bool,
    /// Directory of a protocol instead of the one built in.
    #[arg(long, value_name = "DIR")]
    protocol: Option<PathBuf>,
    /// API calls a second that one session may make.
    #[arg(long, value_name = "N")]
    api_rate: Option<f64>,
    /// Pages a second that one session may open.
    #[arg(long, value_name = "N")]
    page_rate: Option<f64>,
    /// Most commands that wait for the writer; more are turned away with 503.
    #[arg(long, value_name = "N")]
    queue: Option<usize>,
    /// A drill runs this server by its own clock, which it keeps in this file.
    #[arg(long, value_name = "FILE", hide = true, conflicts_with = "demo")]
    drill_clock: Option<PathBuf>,
    /// Prepare a made-up Jilin City on the first start: for a look around, never for real work.
    #[arg(long)]
    demo: bool,
    /// Let the demo's round go on while the server runs.
    #[arg(long, requires = "demo")]
    live: bool,
    #[command(flatten)]
    size: DemoSize,
}

impl Serve {
    /// Runs it until it is told to stop.
    ///
    /// # Errors
    /// When the data cannot be used, or the address is taken.
    pub async fn run(&self) -> Result<ExitCode> {
        self.data.make()?;
        // First of all: whoever cannot listen need not prepare a city.
        let listener = TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("cannot listen on {}", self.listen))?;
        let address = format!("http://{}", listener.local_addr()?);
        let demo = match self.demo {
            true => Some(self.prepare().await?),
            false => None,
        };
        let app = App::open(self.config()?, Arc::new(self.rules()?)).await?;
        if let Some(demo) = &demo {
            personas::make(&app, demo).await?;
            messages::send(&app, demo).await?;
            personas::guide(&app, demo).await?;
        }
        println!("ready {address}");
        match &demo {
            Some(demo) => print!("{}", personas::welcome(demo, &address)),
            None => self.first_steps(&app).await?,
        }
        let feeding = match (demo, self.live) {
            (Some(demo), true) => {
                Some(live::start(app.clone(), demo, listener.local_addr()?).await?)
            }
            _ => None,
        };
        let engine = app.engine().clone();
        let orphaned = orphaned(self.drill_clock.is_some());
        let stop = async move {
            tokio::select! {
                () = server::shutdown_signal() => {}
                () = orphaned => {}
            }
        };
        server::serve(app, listener, stop).await?;
        if let Some(feeding) = feeding {
            feeding.abort();
        }
        engine.close().await;
        Ok(ExitCode::SUCCESS)
    }

    fn config(&self) -> Result<server::Config> {
        let mut config = self.data.server(self.listen);
        // Nobody's work is in a demo.
        config.forced = !self.demo;
        if let Some(file) = &self.drill_clock {
            config.clock = clock_file::read_from(file)?;
            crate::drill::unhurried(&mut config);
        }
        config.public_url.clone_from(&self.public_url);
        config.mllp = self.mllp;
        config.behind_proxy = self.behind_proxy;
        if let Some(queue) = self.queue {
            config.queue = queue;
        }
        if let Some(rate) = self.page_rate {
            config.limits.page_rate = Rate::new(rate, rate * 4.0);
        }
        if let Some(rate) = self.api_rate {
            config.limits.api_rate = Rate::new(rate, rate * 4.0);
        }
        Ok(config)
    }

    fn rules(&self) -> Result<Protocol> {
        Ok(match &self.protocol {
            Some(dir) => Protocol::load_dir(dir)?,
            None => Protocol::bundled()?,
        })
    }

    async fn prepare(&self) -> Result<Demo> {
        let mut demo = Demo::plan(&self.data.data, &self.size.options(), now())?;
        let config = StoreConfig { forced: false, ..self.data.config() };
        let store = Store::open(config, &desks::schemas()).await?;
        demo.prepare(&self.data.data, &store, &self.data.keys()?).await?;
        Ok(demo)
    }

    /// Whoever has no account yet is told how to make the first one.
    async fn first_steps(&self, app: &App) -> Result<()> {
        let mut db = app.store().reader().await?;
        if server::accounts::count(&mut db).await.map_err(told)? == 0 {
            let data = self.data.data.display();
            println!(
                "There is no account yet. Make the first one, beside the running server:\n  \
                 songhua account add admin --role admin --data {data}"
            );
        }
        Ok(())
    }
}

/// Resolves when the drill that started this server is gone, however it ended: a server whose
/// clock nobody sets any more must not keep the store to itself. Never for any other server.
async fn orphaned(drill: bool) {
    if !drill {
        return std::future::pending().await;
    }
    let (gone, told) = tokio::sync::oneshot::channel::<()>();
    // A thread that nobody waits for: a read that never ends must not hold the program up.
    std::thread::spawn(move || {
        let read = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        tracing::debug!(?read, "the drill is gone");
        drop(gone);
    });
    // An error says that the other end was dropped: what is waited for.
    let _ = told.await;
}
