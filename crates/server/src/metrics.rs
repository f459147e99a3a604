//! Counters for monitoring, in the Prometheus text form. Labels are route templates and classes,
//! never addresses, names or codes.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use axum::http::StatusCode;

use ledger::{Outcome, Status};

use crate::App;
use crate::overload::Class;
use crate::routes::RouteMeta;

/// The recorder of the process.
#[derive(Clone)]
pub struct Metrics {
    handle: Option<PrometheusHandle>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

const SECONDS: &[f64] = &[0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 3.0, 10.0, 30.0];

impl Metrics {
    /// The recorder, installed once for the process; several servers in one process (tests)
    /// share it.
    pub fn install() -> Metrics {
        static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| {
            PrometheusBuilder::new()
                .set_buckets(SECONDS)
                .and_then(PrometheusBuilder::install_recorder)
                .inspect_err(|error| tracing::warn!(%error, "no metrics"))
                .ok()
        });
        Metrics { handle: handle.clone() }
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, route: &RouteMeta, status: StatusCode, took: Duration) {
        let class = match status.as_u16() {
            100..=199 => "1xx",
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
        counter!("songhua_requests_total", "route" => route.path, "status" => class).increment(1);
        histogram!("songhua_request_seconds", "route" => route.path).record(took.as_secs_f64());
    }

    /// Counts a request that was shed.
    pub(crate) fn shed(&self, class: Class) {
        counter!("songhua_shed_total", "class" => class.as_str()).increment(1);
    }

    /// Counts commands by what became of them.
    pub(crate) fn commands(&self, outcomes: &[Outcome]) {
        let mut counts = [("accepted", 0), ("refused", 0), ("not_recorded", 0), ("duplicate", 0)];
        for outcome in outcomes {
            let status = match outcome.status {
                Status::Accepted => 0,
                Status::Refused => 1,
                Status::NotRecorded => 2,
            };
            counts[status].1 += 1;
            counts[3].1 += u64::from(outcome.duplicate);
        }
        for (status, count) in counts {
            counter!("songhua_commands_total", "status" => status).increment(count);
        }
    }

    /// The text for the scraper, with what is read off at this moment.
    pub fn text(&self, app: &App) -> String {
        for fill in app.gate().fill() {
            let class = fill.class.as_str();
            gauge!("songhua_requests_in_work", "class" => class).set(fill.requests as f64);
            gauge!("songhua_body_bytes_in_work", "class" => class).set(fill.bytes as f64);
        }
        gauge!("songhua_commands_waiting").set(app.engine().load().waiting as f64);
        gauge!("songhua_journal_seq").set(*app.engine().progress().borrow() as f64);
        gauge!("songhua_sessions_cached").set(app.sessions().len() as f64);
        gauge!("songhua_watchers").set(app.hub().watchers() as f64);
        self.handle.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }

    /// Work that the recorder wants done now and then.
    pub(crate) fn upkeep(&self) {
        if let Some(handle) = &self.handle {
            handle.run_upkeep();
        }
    }
}
