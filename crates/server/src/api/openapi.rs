//! The description of the API, for programs: `GET /api/v1/openapi.json`.

use axum::http::StatusCode;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

use crate::access::Policy;
use crate::api::{
    bulletins as reports, care, cases as case_list, follow_ups, json, results, session, supply,
    sweeps, tracing, transfers as rides, zero as zeros, zones as areas,
};
use crate::field::openapi::FieldApi;
use crate::routes::Routes;
use crate::seat::{Answer, Seat};

/// The routes of this module.
pub fn register(routes: &mut Routes) {
    routes.get("/api/v1/openapi.json", Policy::Public, serve);
}

/// One command as it is sent. Which commands there are, and what each carries, is told in the
/// documentation of its desk.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // A schema only: the program parses straight into the desks' types.
struct CommandIn {
    /// UUIDv7, made by the device. Sending it again changes nothing.
    #[schema(format = "uuid")]
    id: String,
    /// The county that it belongs to, six digits.
    #[schema(example = 220202)]
    area: u32,
    /// When it happened by the device's clock, microseconds UTC.
    event_time: i64,
    /// `{"desk": {"what": {…}}}`.
    #[schema(value_type = Object, example = json!({"testing": {"collect": {"tube": "T22020200000001A"}}}))]
    command: serde_json::Value,
}

/// A batch of commands.
#[derive(utoipa::ToSchema)]
#[allow(dead_code)] // A schema only.
struct BatchIn {
    /// The device, as it names itself.
    device: String,
    /// The device's clock at sending, microseconds UTC. Event times are corrected by the
    /// difference when it is more than two minutes.
    device_time: i64,
    /// At most 2,000.
    commands: Vec<CommandIn>,
}

mod paths {
    #![allow(dead_code)] // Descriptions only; the handlers stand beside their types.
    use super::*;
    use crate::api::commands::{ErrorOut, Outcomes};
    use crate::api::holders::HeldBy;
    use crate::feed::api::FileOut;

    /// Send commands.
    ///
    /// Answers when all of them are durable. Safe to send again, in any order.
    #[utoipa::path(
        post, path = "/api/v1/commands", tag = "commands", request_body = BatchIn,
        params(("priority" = Option<String>, Query, description = "`bulk` for what can wait")),
        responses(
            (status = 200, description = "An outcome for each command, in order", body = Outcomes),
            (status = 401, description = "No session", body = ErrorOut),
            (status = 413, description = "Too many commands or bytes", body = ErrorOut),
            (status = 422, description = "Not a batch of commands", body = ErrorOut),
            (status = 503, description = "Too much at once; `Retry-After` says when", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn commands() {}

    /// Sign in.
    #[utoipa::path(
        post, path = "/api/v1/sessions", tag = "session", request_body = session::SignIn,
        responses(
            (status = 201, description = "A session", body = session::Opened),
            (status = 401, description = "Wrong, or `code-needed`", body = ErrorOut),
            (status = 429, description = "Too many attempts", body = ErrorOut),
        ))]
    fn open_session() {}

    /// Sign out: the session that asks ends.
    #[utoipa::path(
        delete, path = "/api/v1/sessions", tag = "session",
        responses((status = 204, description = "Ended")),
        security(("token" = [])))]
    fn close_session() {}

    /// Who is signed in.
    #[utoipa::path(
        get, path = "/api/v1/me", tag = "session",
        responses(
            (status = 200, description = "The account", body = session::Me),
            (status = 401, description = "No session", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn me() {}

    /// What a pass says now: the latest result of the person, without a name.
    #[utoipa::path(
        get, path = "/api/v1/results/{token}", tag = "results",
        params(("token" = String, Path, description = "The pass, as scanned")),
        responses(
            (status = 200, description = "The latest result", body = results::PassResult),
            (status = 422, description = "Not a pass of this server", body = ErrorOut),
        ))]
    fn result() {}

    /// What a site, courier, laboratory or grid answers for now: its boxes, loose tubes and recalls.
    #[utoipa::path(
        get, path = "/api/v1/holders/{holder}/held", tag = "holders",
        params(("holder" = String, Path, description = "For example `site:220202-S012`")),
        responses(
            (status = 200, description = "Its units, most urgent first", body = HeldBy),
            (status = 403, description = "Of another area", body = ErrorOut),
            (status = 404, description = "Nobody knows this holder", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn held_by() {}

    /// The line list, the latest first; by the same filters as its page. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/cases", tag = "cases",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("status" = Option<String>, Query, description = "`open`, `ended`, or the word of an ending"),
            ("class" = Option<String>, Query, description = "A class, or `all_confirmed`"),
            ("severity" = Option<String>, Query, description = "A severity"),
            ("found_in" = Option<String>, Query, description = "`quarantine`, `locked`, `controlled`, `community` or `unknown`"),
            ("source" = Option<String>, Query, description = "`result`, `hand` or `import`"),
            ("risk" = Option<String>, Query, description = "Anything: only those with a high-risk factor"),
            ("unreported" = Option<String>, Query, description = "Anything: only those still to be reported"),
            ("place" = Option<String>, Query, description = "Only places whose code begins so"),
            ("from" = Option<String>, Query, description = "Known from this local day or time, `2022-03-20`"),
            ("until" = Option<String>, Query, description = "Known before it"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Cases", body = case_list::CasesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn cases() {}

    /// One case, with the rule and the evidence of its class and severity.
    #[utoipa::path(
        get, path = "/api/v1/cases/{unit}", tag = "cases",
        params(("unit" = String, Path, description = "For example `C220202.de1651851ec11ca1bb`")),
        responses(
            (status = 200, description = "The case", body = case_list::CaseWhole),
            (status = 403, description = "Of another area", body = ErrorOut),
            (status = 404, description = "There is no such case", body = ErrorOut),
            (status = 422, description = "Not the code of a case", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn case() {}

    /// Situation reports, the latest window first, as they were published.
    #[utoipa::path(
        get, path = "/api/v1/bulletins", tag = "bulletins",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
        ),
        responses(
            (status = 200, description = "Reports", body = reports::BulletinsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A mark that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn bulletins() {}

    /// One report with its figures by county.
    #[utoipa::path(
        get, path = "/api/v1/bulletins/{bulletin}", tag = "bulletins",
        params(("bulletin" = String, Path, description = "Its id")),
        responses(
            (status = 200, description = "The report", body = reports::BulletinWhole),
            (status = 403, description = "Of other areas", body = ErrorOut),
            (status = 404, description = "There is no such report", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn bulletin() {}

    /// Rides: those not picked up yet, the most pressing first, or those in a stage. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/transfers/rides", tag = "transfers",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("stage" = Option<String>, Query, description = "`wanted`, `booked`, `aboard`, `arrived` or `off`"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000, which it is without it"),
        ),
        responses(
            (status = 200, description = "Rides", body = rides::RidesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A stage that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_rides() {}

    /// The vehicles that stand in the areas or serve them.
    #[utoipa::path(
        get, path = "/api/v1/transfers/vehicles", tag = "transfers",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits")),
        responses(
            (status = 200, description = "Vehicles", body = rides::VehiclesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_vehicles() {}

    /// Trips that are planned or under way, with who is on them.
    #[utoipa::path(
        get, path = "/api/v1/transfers/trips", tag = "transfers",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits")),
        responses(
            (status = 200, description = "Trips", body = rides::TripsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_trips() {}

    /// A dispatch plan, computed now. The same rides, vehicles and steps give the same plan.
    #[utoipa::path(
        get, path = "/api/v1/transfers/plan", tag = "transfers",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits"),
            ("steps" = Option<u64>, Query, description = "Steps of the search, 1 to 1,000,000; 20,000 without it"),
        ),
        responses(
            (status = 200, description = "The plan", body = rides::PlanOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "Not a number of steps", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_plan() {}

    /// The vehicle of a crew's account and its open trips, the one under way first.
    #[utoipa::path(
        get, path = "/api/v1/transfers/own", tag = "transfers",
        responses(
            (status = 200, description = "The vehicle and its trips", body = rides::OwnOut),
            (status = 403, description = "Not a crew", body = ErrorOut),
            (status = 404, description = "The vehicle is not entered", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_own() {}

    /// Who is on the way to a facility, and who is to be fetched from it.
    #[utoipa::path(
        get, path = "/api/v1/transfers/facilities/{holder}", tag = "transfers",
        params(("holder" = String, Path, description = "For example `ward:JL-F1`")),
        responses(
            (status = 200, description = "Rides to it and from it", body = rides::SiteOut),
            (status = 403, description = "Of another area, or another facility", body = ErrorOut),
            (status = 404, description = "There is no such facility", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn transfer_site() {}

    /// What is due for contacts until a day, the most overdue first. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/tracing/day", tag = "tracing",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("task" = Option<String>, Query, description = "`test` (without it), `check` or `release`"),
            ("community" = Option<String>, Query, description = "Twelve digits"),
            ("ahead" = Option<i64>, Query, description = "Days after today, 0 to 30"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Contacts", body = tracing::DayOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn tracing_day() {}

    /// Investigations that go on, the one whose clock runs out first first.
    #[utoipa::path(
        get, path = "/api/v1/tracing/investigations", tag = "tracing",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("progress" = Option<String>, Query, description = "`opened`, `on_site` or `core`; all without it"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Investigations", body = follow_ups::InvestigationsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn tracing_investigations() {}

    /// Contacts in a stage, those first who are in it for the longest. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/tracing/contacts", tag = "tracing",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("stage" = Option<String>, Query, description = "`identified` (without it), `quarantined`, `monitoring` and so on"),
            ("degree" = Option<String>, Query, description = "`close` or `secondary`; both without it"),
            ("community" = Option<String>, Query, description = "Twelve digits"),
            ("street" = Option<String>, Query, description = "Nine digits"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Contacts", body = follow_ups::FollowUpsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn tracing_contacts() {}

    /// Who may have infected whom among the investigated cases of some days.
    #[utoipa::path(
        get, path = "/api/v1/tracing/chains", tag = "tracing",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("from" = Option<String>, Query, description = "First local day, `2022-03-20`; three weeks before the last without it"),
            ("until" = Option<String>, Query, description = "Last local day; today without it"),
        ),
        responses(
            (status = 200, description = "Chains", body = tracing::ChainsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn tracing_chains() {}

    /// The zones that stand, by place.
    #[utoipa::path(
        get, path = "/api/v1/zones", tag = "zones",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("level" = Option<String>, Query, description = "`locked`, `controlled` or `precaution`"),
            ("within" = Option<String>, Query, description = "The beginning of a place's code"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
        ),
        responses(
            (status = 200, description = "Zones", body = areas::ZonesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zones() {}

    /// What held at a past moment.
    #[utoipa::path(
        get, path = "/api/v1/zones/past", tag = "zones",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("at" = Option<i64>, Query, description = "The moment, microseconds UTC; now without it"),
            ("level" = Option<String>, Query, description = "`locked`, `controlled` or `precaution`"),
            ("within" = Option<String>, Query, description = "The beginning of a place's code"),
        ),
        responses(
            (status = 200, description = "What held", body = areas::ZonesPastOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A time that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zones_past() {}

    /// Which areas the rules in force point to, with their grounds. A person decides.
    #[utoipa::path(
        get, path = "/api/v1/zones/proposals", tag = "zones",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("grain" = Option<String>, Query, description = "`compound` (without it) or `building`"),
        ),
        responses(
            (status = 200, description = "Proposals", body = areas::AreasOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zone_proposals() {}

    /// Sweeps that go on, by place, or those that are over, the latest first: 1,000 at most.
    #[utoipa::path(
        get, path = "/api/v1/zones/sweeps", tag = "zones",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("state" = Option<String>, Query, description = "`open` (without it) or `closed`"),
        ),
        responses(
            (status = 200, description = "Sweeps", body = sweeps::SweepsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A state that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zone_sweeps() {}

    /// One zone, with what is missing before it is lifted.
    #[utoipa::path(
        get, path = "/api/v1/zones/{unit}", tag = "zones",
        params(("unit" = String, Path, description = "The zone")),
        responses(
            (status = 200, description = "The zone", body = areas::ZoneWholeOut),
            (status = 403, description = "Of another area", body = ErrorOut),
            (status = 404, description = "There is no such zone", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zone() {}

    /// How far the counties of a scope, or the streets of a county, have come towards community zero.
    #[utoipa::path(
        get, path = "/api/v1/zero", tag = "zero",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "Areas", body = zeros::ClaimsOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zero_areas() {}

    /// What speaks for it and against it that one area is community-zero.
    #[utoipa::path(
        get, path = "/api/v1/zero/{place}", tag = "zero",
        params(("place" = String, Path, description = "2, 4, 6 or 9 digits")),
        responses(
            (status = 200, description = "The evidence", body = zeros::EvidenceOut),
            (status = 403, description = "Not this role, or not this area", body = ErrorOut),
            (status = 422, description = "No such area", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zero_evidence() {}

    /// Certificates of community zero, the latest first, those that were withdrawn among them.
    #[utoipa::path(
        get, path = "/api/v1/zero-certificates", tag = "zero",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("withdrawn" = Option<String>, Query, description = "Only those that were withdrawn"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
        ),
        responses(
            (status = 200, description = "Certificates", body = zeros::CertificatesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn zero_certificates() {}

    /// One certificate by its printed number, for everybody: whether it holds, and by which mark a copy is
    /// checked.
    #[utoipa::path(
        get, path = "/api/v1/public/zero/{number}", tag = "zero",
        params(("number" = String, Path, description = "For example `220202-3`")),
        responses(
            (status = 200, description = "How it stands", body = zeros::VerifyOut),
            (status = 404, description = "There is none", body = ErrorOut),
        ))]
    fn zero_verify() {}

    /// How much of what stands where, and for how many days it lasts.
    #[utoipa::path(
        get, path = "/api/v1/supply/stock", tag = "supply",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "Stocks", body = supply::StockOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_stock() {}

    /// Households to which food or medicine is due, the longest overdue first, and how all of them stand.
    #[utoipa::path(
        get, path = "/api/v1/supply/due", tag = "supply",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("what" = Option<String>, Query, description = "`food` (without it) or `medicine`"),
            ("community" = Option<String>, Query, description = "Twelve digits"),
            ("all" = Option<String>, Query, description = "Anything: also those to whom it is due later"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Households", body = supply::DueOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_due() {}

    /// The places of a scope with what lies there and what comes, and which shop serves whom.
    #[utoipa::path(
        get, path = "/api/v1/supply/sites", tag = "supply",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "Places", body = supply::SitesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_sites() {}

    /// Drivers' passes and volunteers' registrations whose time is not over, those that were taken away among them.
    /// Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/supply/passes", tag = "supply",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "Passes", body = supply::deliveries::PassesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_passes() {}

    /// Batches that have not left, or are on their way.
    #[utoipa::path(
        get, path = "/api/v1/supply/batches", tag = "supply",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "Batches", body = supply::deliveries::BatchesOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_batches() {}

    /// Which orders of a county could go together, in which vehicle, when: the plan that the desk has before it. One
    /// that is being made is waited for. It is accepted by sending its batches back as a command.
    #[utoipa::path(
        get, path = "/api/v1/supply/plan", tag = "supply",
        params(("area" = Option<String>, Query, description = "6 digits; the account's county without it")),
        responses(
            (status = 200, description = "A proposal", body = supply::deliveries::PlanOut),
            (status = 403, description = "Not this role, or not this county", body = ErrorOut),
            (status = 404, description = "The desk has no plan: make one", body = ErrorOut),
            (status = 422, description = "No county is named", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_plan() {}

    /// Makes a plan of what there is now, as the desk's button does, and waits for it. It takes the place of the plan
    /// before.
    #[utoipa::path(
        post, path = "/api/v1/supply/plan", tag = "supply",
        params(("area" = Option<String>, Query, description = "6 digits; the account's county without it")),
        responses(
            (status = 200, description = "A proposal", body = supply::deliveries::PlanOut),
            (status = 403, description = "Not this role, or not this county", body = ErrorOut),
            (status = 422, description = "No county is named", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_plan_anew() {}

    /// Households that lack something, of any kind, each once with all its reasons; the longest first.
    #[utoipa::path(
        get, path = "/api/v1/supply/unmet", tag = "supply",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("community" = Option<String>, Query, description = "Twelve digits"),
            ("over" = Option<String>, Query, description = "Anything: those alone that have lacked it for too long"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Households", body = supply::UnmetOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_unmet() {}

    /// A market, sorting centre, shop or gate: what lies there and what is on the road to it.
    #[utoipa::path(
        get, path = "/api/v1/supply/sites/{holder}", tag = "supply",
        params(("holder" = String, Path, description = "For example `shop:JL-S01`")),
        responses(
            (status = 200, description = "The place", body = supply::SiteOut),
            (status = 403, description = "Of another area, or not one's own", body = ErrorOut),
            (status = 404, description = "There is no such place", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_site() {}

    /// Orders of which a step is due, the most pressing first, and how many stand where.
    #[utoipa::path(
        get, path = "/api/v1/supply/orders", tag = "supply",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("stage" = Option<String>, Query, description = "All of one stage; those that are late without it"),
            ("community" = Option<String>, Query, description = "Twelve digits"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
            ("limit" = Option<i64>, Query, description = "1 to 1,000; 100 without it"),
        ),
        responses(
            (status = 200, description = "Orders", body = supply::OrdersOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A filter that is none", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_orders() {}

    /// The open orders of a shop that stand somewhere, the most pressing first.
    #[utoipa::path(
        get, path = "/api/v1/supply/sites/{holder}/orders", tag = "supply",
        params(
            ("holder" = String, Path, description = "For example `shop:JL-S01`"),
            ("stage" = Option<String>, Query, description = "`placed` without it"),
        ),
        responses(
            (status = 200, description = "Orders", body = Vec<supply::OrderOut>),
            (status = 403, description = "Of another area, or not one's own", body = ErrorOut),
            (status = 404, description = "There is no such place", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_site_orders() {}

    /// Bring the photo that proves a receipt.
    ///
    /// For whoever recorded the receipt (`{"supply": {"order": {"receive": {…, "proof": {"photo": HASH}}}}}`), or works
    /// for the vehicle or as the volunteer that brought the goods. Its SHA-256 is the receipt's hash. It is kept once the
    /// answer says so; safe to send again.
    #[utoipa::path(
        post, path = "/api/v1/supply/photos/{order}", tag = "supply",
        params(("order" = String, Path, description = "The order")),
        request_body(
            description = "The photo, at most 300 KiB",
            content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"))),
        responses(
            (status = 200, description = "It is kept", body = supply::photos::PhotoOut),
            (status = 403, description = "`photo-not-yours`: somebody else's receipt; not this role, or not this county", body = ErrorOut),
            (status = 413, description = "`photo-too-large`", body = ErrorOut),
            (status = 415, description = "`photo-not-an-image`: neither JPEG, PNG nor WebP by its bytes", body = ErrorOut),
            (status = 422, description = "`photo-not-expected`, `photo-hash-differs`, `photo-too-late`", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn supply_photo() {}

    /// Who waits for a bed, the gravest first. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/care/queue", tag = "care",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("stage" = Option<String>, Query, description = "`waiting`, `assigned` or `moving`; all without it"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
        ),
        responses(
            (status = 200, description = "The queue", body = care::QueueOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
            (status = 422, description = "A stage that is none of the queue", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn care_queue() {}

    /// Whose time at home after a ward is over, the longest first. Nobody is named.
    #[utoipa::path(
        get, path = "/api/v1/care/home-over", tag = "care",
        params(
            ("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it"),
            ("after" = Option<String>, Query, description = "`next` of the page before"),
        ),
        responses(
            (status = 200, description = "Who", body = care::HomeOverOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn care_home_over() {}

    /// Which bed for whom, and why. What is accepted of it is sent as commands, and may be refused:
    /// somebody else may have taken a bed meanwhile.
    #[utoipa::path(
        get, path = "/api/v1/care/plan", tag = "care",
        params(("area" = Option<String>, Query, description = "2, 4 or 6 digits; the account's areas without it")),
        responses(
            (status = 200, description = "The plan", body = care::PlanOut),
            (status = 403, description = "Not this role, or not these areas", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn care_plan() {}

    /// What a facility has to do: who lies there and may leave, who comes, which beds are to be disinfected.
    #[utoipa::path(
        get, path = "/api/v1/care/facilities/{holder}", tag = "care",
        params(("holder" = String, Path, description = "For example `ward:JL-F1`")),
        responses(
            (status = 200, description = "The facility", body = care::FacilityOut),
            (status = 403, description = "Of another area or facility", body = ErrorOut),
            (status = 404, description = "There is no such facility", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn care_facility() {}

    /// Send laboratory results.
    ///
    /// One HL7 v2.5 ORU^R01 message, answered by its acknowledgement, or a CSV file of any number
    /// of rows, answered by what became of them. Safe to send again. For the laboratory's account.
    #[utoipa::path(
        post, path = "/api/v1/lab-results", tag = "laboratory",
        request_body(
            description = "A message, or a file whose first row names its columns",
            content((Vec<u8> = "application/hl7-v2"), (String = "text/csv"))),
        params(
            ("dry_run" = Option<bool>, Query, description = "CSV: only tell what would come of it"),
            ("lab" = Option<String>, Query, description = "CSV: the laboratory, for an account that acts for several"),
            ("name" = Option<String>, Query, description = "CSV: the file's name"),
        ),
        responses(
            (status = 200, description = "Taken: an AA acknowledgement, or the rows of the file", body = FileOut),
            (status = 401, description = "No session", body = ErrorOut),
            (status = 413, description = "Too many bytes", body = ErrorOut),
            (status = 415, description = "Neither HL7 v2 nor CSV", body = ErrorOut),
            (status = 422, description = "An AE or AR acknowledgement, or not a file of results", body = ErrorOut),
            (status = 503, description = "Not kept; send it again", body = ErrorOut),
        ),
        security(("token" = [])))]
    fn lab_results() {}

    /// This description.
    #[utoipa::path(
        get, path = "/api/v1/openapi.json", tag = "description",
        responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")))]
    fn openapi() {}
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Songhua",
        version = "1",
        description = "An operations system for outbreak response."
    ),
    paths(
        paths::commands,
        paths::held_by,
        paths::open_session,
        paths::close_session,
        paths::me,
        paths::result,
        paths::cases,
        paths::case,
        paths::bulletins,
        paths::bulletin,
        paths::transfer_rides,
        paths::transfer_vehicles,
        paths::transfer_trips,
        paths::transfer_plan,
        paths::transfer_own,
        paths::transfer_site,
        paths::care_queue,
        paths::care_home_over,
        paths::care_plan,
        paths::care_facility,
        paths::tracing_day,
        paths::tracing_investigations,
        paths::tracing_contacts,
        paths::tracing_chains,
        paths::zones,
        paths::zones_past,
        paths::zone_sweeps,
        paths::zone_proposals,
        paths::zone,
        paths::zero_areas,
        paths::zero_evidence,
        paths::zero_certificates,
        paths::zero_verify,
        paths::supply_stock,
        paths::supply_due,
        paths::supply_sites,
        paths::supply_passes,
        paths::supply_batches,
        paths::supply_plan,
        paths::supply_plan_anew,
        paths::supply_unmet,
        paths::supply_site,
        paths::supply_orders,
        paths::supply_site_orders,
        paths::supply_photo,
        paths::lab_results,
        paths::openapi,
    )
)]
struct Api;

/// The description.
pub fn description() -> utoipa::openapi::OpenApi {
    let mut api = Api::openapi().merge_from(FieldApi::openapi());
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    api.components
        .get_or_insert_default()
        .add_security_scheme("token", SecurityScheme::Http(token));
    api
}

async fn serve(_seat: Seat) -> Answer {
    json(StatusCode::OK, &description())
}
