//! What a handler returns when it cannot answer. The guard of the route turns it into a page or
//! into JSON, in the caller's language, so that a handler needs only `?`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ledger::LedgerError;
use store::StoreError;
use types::{ParseError, Refusal};

/// A request that got no answer of its own.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The HTTP status.
    pub status: StatusCode,
    /// What to tell the caller.
    pub refusal: Refusal,
    /// When to come back, in seconds.
    pub retry_after: Option<u32>,
    /// What happened inside; for the log only.
    pub inside: Option<String>,
}

impl Fault {
    /// A fault by status and refusal.
    pub fn new(status: StatusCode, refusal: Refusal) -> Fault {
        Fault { status, refusal, retry_after: None, inside: None }
    }

    /// There is nothing at this address. `what` is shown.
    pub fn not_found(what: impl std::fmt::Display) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, Refusal::new("not-found").with("what", what))
    }

    /// Too much at once; come back later.
    pub fn overloaded(retry_after: u32) -> Fault {
        let refusal = Refusal::new("overloaded").with("seconds", retry_after);
        Fault {
            retry_after: Some(retry_after),
            ..Fault::new(StatusCode::SERVICE_UNAVAILABLE, refusal)
        }
    }

    /// Too many requests from one caller.
    pub fn too_many(retry_after: u32) -> Fault {
        let refusal = Refusal::new("too-many-requests").with("seconds", retry_after);
        Fault {
            retry_after: Some(retry_after),
            ..Fault::new(StatusCode::TOO_MANY_REQUESTS, refusal)
        }
    }

    /// A failure of the program or its surroundings.
    pub fn internal(inside: impl std::fmt::Display) -> Fault {
        Fault {
            inside: Some(inside.to_string()),
            ..Fault::new(StatusCode::INTERNAL_SERVER_ERROR, Refusal::new("internal-error"))
        }
    }
}

/// The status of a refusal by its code; a rule that says no is 422.
fn status_of(refusal: &Refusal) -> StatusCode {
    match refusal.code.as_ref() {
        "sign-in-needed" | "sign-in-wrong" | "code-needed" => StatusCode::UNAUTHORIZED,
        "not-allowed"
        | "not-your-area"
        | "not-your-holder"
        | "not-your-household"
        | "photo-not-yours"
        | "forged-request"
        | "password-change-needed" => StatusCode::FORBIDDEN,
        "not-found" => StatusCode::NOT_FOUND,
        "too-large" | "photo-too-large" => StatusCode::PAYLOAD_TOO_LARGE,
        "photo-not-an-image" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "sign-in-locked" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        Fault::new(status_of(&refusal), refusal)
    }
}

impl From<ParseError> for Fault {
    fn from(e: ParseError) -> Fault {
        Refusal::from(e).into()
    }
}

impl From<StoreError> for Fault {
    fn from(e: StoreError) -> Fault {
        match e {
            StoreError::Unreachable(_) => Fault {
                inside: Some(e.to_string()),
                retry_after: Some(5),
                ..Fault::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    Refusal::new("store-unreachable").with("seconds", 5),
                )
            },
            // What somebody typed holds something that no table can.
            StoreError::Unstorable(_) => Fault {
                inside: Some(e.to_string()),
                ..Refusal::new("not-recorded").with("reason", "row").into()
            },
            other => Fault::internal(other),
        }
    }
}

impl From<LedgerError> for Fault {
    fn from(e: LedgerError) -> Fault {
        match e {
            LedgerError::Overloaded { retry_after_seconds } => {
                Fault::overloaded(retry_after_seconds)
            }
            LedgerError::Unconfirmed(_) | LedgerError::Stopped => Fault {
                inside: Some(e.to_string()),
                retry_after: Some(2),
                ..Fault::new(StatusCode::SERVICE_UNAVAILABLE, Refusal::new("not-confirmed"))
            },
            LedgerError::Store(e) => e.into(),
            other => Fault::internal(other),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
