//! Listening: bounded connections, deadlines against slow callers, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use types::Span;

use crate::{App, Result, events, feed, imports, photos, replans, shell, supply_clock, zone_clock};

/// Longest time for a caller to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// How often what has expired is swept up.
const SWEEP: Duration = Duration::from_secs(600);

/// Resolves on SIGTERM or ctrl-c.
pub async fn shutdown_signal() {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
}

/// Serves until `stop` resolves, then takes no new connections, lets running requests finish
/// (at most [`crate::config::Limits::drain_seconds`]), and returns.
///
/// # Errors
/// [`crate::ServerError::Listen`] when the listener's address cannot be read, or the address of
/// [`crate::Config::mllp`] cannot be had.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening");
    let service = shell::service(&app);
    let limits = app.config().limits;
    let room = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let (hang_up, hung_up) = tokio::sync::oneshot::channel::<()>();
    let line = match app.config().mllp {
        Some(address) => {
            let line = TcpListener::bind(address).await?;
            let hung_up = async { drop(hung_up.await) };
            Some(tokio::spawn(feed::serve(app.clone(), line, hung_up)))
        }
        None => None,
    };
    let background = [
        tokio::spawn(events::run(app.clone())),
        tokio::spawn(events::follow_others(app.clone())),
        tokio::spawn(sweep(app.clone())),
        tokio::spawn(feed::run(app.clone())),
        tokio::spawn(imports::run(app.clone())),
        tokio::spawn(zone_clock::run(app.clone())),
        tokio::spawn(supply_clock::run(app.clone())),
        tokio::spawn(photos::run(app.clone())),
        tokio::spawn(replans::run(app.clone())),
    ];
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else { continue };
        let connection = graceful.watch(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), on_connection(service.clone(), peer)),
        );
        tokio::spawn(async move {
            // A connection that broke off is the caller's affair.
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended early");
            }
            drop(permit);
        });
    }
    drop(listener);
    tracing::info!("stopping: no new connections");
    app.hub().close();
    drop(hang_up);
    let drain = Duration::from_secs(limits.drain_seconds);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = limits.drain_seconds, "some requests did not finish in time");
    }
    if let Some(line) = line
        && let Ok(stats) = line.await
    {
        tracing::info!(?stats, "the laboratories' line is closed");
    }
    background.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    // When all connections are in use, callers wait in the kernel's queue, which is bounded.
    let permit = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            let _ = stream.set_nodelay(true);
            Some((stream, peer, permit))
        }
        Err(error) => {
            // Out of file descriptors, for example: give others time to close theirs.
            tracing::warn!(%error, "a connection was not accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

fn on_connection(
    service: Router,
    peer: SocketAddr,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send + 'static,
> {
    service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        service.clone().oneshot(request)
    })
}

/// Sweeps up expired sessions and keeps the counters in order.
async fn sweep(app: App) {
    let mut pace = tokio::time::interval(SWEEP);
    loop {
        pace.tick().await;
        app.metrics().upkeep();
        match app.prune_sessions().await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "expired sessions were deleted"),
            Err(fault) => tracing::warn!(inside = fault.inside, "sessions were not swept"),
        }
        let up = Span((app.wall() - app.started()).0).as_hours();
        tracing::debug!(hours = up, waiting = app.engine().load().waiting, "up");
    }
}
