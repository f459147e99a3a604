//! The pages. Each module registers its routes; [`all`] is the list of modules.

pub mod account;
pub mod accounts;
pub(crate) mod act;
pub mod areas;
pub mod care;
pub mod cases;
pub mod command;
pub mod desk;
pub mod drill;
pub mod error;
pub mod feed;
pub mod guide;
pub mod home;
pub mod past;
pub mod registry;
pub mod resident;
pub mod sign_in;
pub mod status;
pub mod styleguide;
pub mod supply;
pub mod testing;
pub mod tracing;
pub mod transfers;
pub(crate) mod typed;
pub mod zero;
pub mod zones;

use std::sync::{Arc, LazyLock};

use axum::http::Method;

use crate::access::Policy;
use crate::overload::Class;
use crate::routes::{RouteMeta, Routes};
use crate::{api, assets, events, field};

/// Every route of the server.
pub fn all() -> Routes {
    let mut routes = Routes::default();
    home::register(&mut routes);
    guide::register(&mut routes);
    sign_in::register(&mut routes);
    areas::register(&mut routes);
    account::register(&mut routes);
    accounts::register(&mut routes);
    desk::register(&mut routes);
    drill::register(&mut routes);
    status::register(&mut routes);
    styleguide::register(&mut routes);
    testing::register(&mut routes);
    cases::register(&mut routes);
    care::register(&mut routes);
    transfers::register(&mut routes);
    command::register(&mut routes);
    past::register(&mut routes);
    tracing::register(&mut routes);
    zones::register(&mut routes);
    zero::register(&mut routes);
    supply::register(&mut routes);
    events::register(&mut routes);
    assets::register(&mut routes);
    field::register(&mut routes);
    api::care::register(&mut routes);
    api::bulletins::register(&mut routes);
    api::cases::register(&mut routes);
    api::commands::register(&mut routes);
    api::holders::register(&mut routes);
    api::session::register(&mut routes);
    api::transfers::register(&mut routes);
    api::openapi::register(&mut routes);
    api::results::register(&mut routes);
    api::tracing::register(&mut routes);
    api::zones::register(&mut routes);
    api::sweeps::register(&mut routes);
    api::follow_ups::register(&mut routes);
    api::zero::register(&mut routes);
    api::supply::register(&mut routes);
    resident::register(&mut routes);
    registry::register(&mut routes);
    feed::register(&mut routes);
    crate::feed::api::register(&mut routes);
    routes
}

/// What stands for the route of a request that found none.
pub(crate) fn unknown_route() -> Arc<RouteMeta> {
    static UNKNOWN: LazyLock<Arc<RouteMeta>> = LazyLock::new(|| {
        Arc::new(RouteMeta {
            method: Method::GET,
            path: "(none)",
            policy: Policy::Public,
            class: Class::Urgent,
            body_limit: 0,
            streams: false,
            allowance: None,
            timeout_seconds: None,
            while_password_pending: true,
            api: false,
        })
    });
    UNKNOWN.clone()
}
