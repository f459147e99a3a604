//! `songhua account` and `songhua keys`: what an operator needs before there is anybody who could
//! sign in.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use protocol::Protocol;
use server::access::{Grant, Role};
use server::accounts::{self, NewAccount};
use server::{App, passwords};
use types::{AreaScope, HolderCode};

use crate::data::{Data, told};
use crate::screen;

/// Makes and lists accounts. A server may run beside it.
#[derive(Clone, Debug, clap::Args)]
pub struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum Command {
    /// Make an account; prints a temporary password unless one is given on standard input.
    Add {
        /// How it signs in.
        login: String,
        /// commander, district, grid, sampler, courier, laboratory, auditor or admin.
        #[arg(long)]
        role: String,
        /// Where: leading digits of area codes (22, 2202, 220202); everywhere when left out.
        #[arg(long, value_name = "CODE", default_value = "")]
        area: String,
        /// The site, courier, laboratory or desk that it acts for, for example site:220202-S001.
        #[arg(long)]
        holder: Option<String>,
        /// The name that pages show; the login when left out.
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input; it need not be changed then.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        data: Data,
    },
    /// List all accounts.
    List {
        #[command(flatten)]
        data: Data,
    },
}

/// The server's parts without a listener.
async fn open(data: &Data) -> Result<App> {
    data.make()?;
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Ok(App::open(data.server(nowhere), Arc::new(Protocol::bundled()?)).await?)
}

impl Account {
    /// Runs it.
    ///
    /// # Errors
    /// When the account cannot be made, or the store not be read.
    pub async fn run(self) -> Result<ExitCode> {
        match self.command {
            Command::Add { login, role, area, holder, name, password_stdin, data } => {
                let login = accounts::parse_login(&login)?;
                let grant = Grant {
                    role: Role::parse(&role)?,
                    scope: AreaScope::parse(&area)?,
                    holder: holder.as_deref().map(HolderCode::parse).transpose()?,
                };
                if grant.role == Role::Resident {
                    bail!("residents sign in with their household's code, not with an account");
                }
                let password = match password_stdin {
                    true => given(&login)?,
                    false => passwords::temporary(),
                };
                let app = open(&data).await?;
                let new = NewAccount {
                    name: name.unwrap_or_else(|| login.clone()),
                    login: login.clone(),
                    password: password.clone(),
                    must_change: !password_stdin,
                    grants: vec![grant],
                };
                app.put_account("command line", new).await.map_err(told)?;
                app.engine().close().await;
                if !password_stdin {
                    println!("{login} {password}");
                    eprintln!("The password has to be changed at the first sign-in.");
                }
            }
            Command::List { data } => list(&open(&data).await?).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn given(login: &str) -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("no password on standard input")?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    passwords::check_new(login, &password).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    Ok(password)
}

async fn list(app: &App) -> Result<()> {
    const PAGE: i64 = 500;
    let mut rows = vec![["login", "name", "roles", "state"].map(String::from).to_vec()];
    let mut db = app.store().reader().await?;
    let mut after = String::new();
    loop {
        let page = accounts::within(&mut db, AreaScope::ALL, &after, PAGE).await.map_err(told)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.login);
        rows.extend(page.into_iter().map(|a| {
            let state = match (a.disabled, a.must_change) {
                (true, _) => "disabled",
                (_, true) => "password to be changed",
                _ => "",
            };
            vec![a.login, a.name, accounts::grants_text(&a.grants), state.to_owned()]
        }));
    }
    print!("{}", screen::table(&rows));
    Ok(())
}

/// Makes the key files of an installation if they are not there, and checks them. Whoever loses
/// `people.key` loses every name, number and telephone of the registry: copy it away, apart from
/// the store.
#[derive(Clone, Debug, clap::Args)]
pub struct Keys {
    #[command(flatten)]
    data: Data,
}

impl Keys {
    /// Runs it.
    ///
    /// # Errors
    /// When a file cannot be made, is damaged, or can be read by others.
    pub fn run(&self) -> Result<ExitCode> {
        self.data.make()?;
        self.data.keys()?;
        server::secrets::Secrets::load_or_create(&self.data.data)?;
        let rows = [
            ["file", "what it opens"],
            [server::KEYS, "names, numbers and telephones of the registry"],
            [server::secrets::FILE, "one-time and recovery codes of accounts"],
        ];
        let rows: Vec<Vec<String>> = rows.map(|r| r.map(String::from).to_vec()).to_vec();
        print!("{}", screen::table(&rows));
        Ok(ExitCode::SUCCESS)
    }
}
