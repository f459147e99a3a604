//! The shell alone, with one account for each role and no data: for looking at pages.
//!
//! `cargo run -p songhua-server --example shell -- 127.0.0.1:8090` and sign in as `admin`,
//! `commander`, `district`, … with the password `river in march`.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use protocol::Protocol;
use server::access::{Grant, Role};
use server::accounts::NewAccount;
use server::{App, Config, serve, shutdown_signal};
use types::AreaScope;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listen: SocketAddr =
        std::env::args().nth(1).as_deref().unwrap_or("127.0.0.1:8090").parse()?;
    let data = tempfile::tempdir()?;
    let mut config = Config::new(data.path(), listen);
    config.limits.sign_in_rate.burst = 1_000.0;
    let app = App::open(config, Arc::new(Protocol::bundled()?)).await?;
    for role in Role::ALL {
        let new = NewAccount {
            login: role.to_string(),
            name: format!("{role} 张三"),
            password: "river in march".into(),
            must_change: false,
            grants: vec![Grant { role, scope: AreaScope::parse("2202")?, holder: None }],
        };
        app.put_account("example", new).await.map_err(|fault| format!("{fault:?}"))?;
    }
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("ready http://{}", listener.local_addr()?);
    serve(app, listener, shutdown_signal()).await?;
    Ok(())
}
