//! The rules of an outbreak response as data: dated editions in TOML, a base and local
//! overrides, every value typed and checked, with its source and whether it is verified.
//!
//! ```
//! use protocol::Protocol;
//! use types::{AreaCode, Micros};
//!
//! let protocol = Protocol::bundled()?;
//! let event = Micros::parse("2022-03-25T08:00:00+08:00")?;
//! let edition = protocol.at(event, AreaCode::new(220_202)?);
//! let testing = edition.testing()?;
//! assert_eq!(testing.window.for_population(3_620_000), types::Span::hours(24));
//! assert_eq!(testing.window.id(), "test.window");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The edition in force goes by the time of the *event* and by place, never by the time of
//! recording. Nothing here knows a disease: a protocol speaks of the groups that it needs, and
//! a group that it does not speak of is refused by name.

mod bundled;
mod edition;
mod error;
mod file;
mod groups;
mod listing;
mod protocol;
mod rule;
mod schema;
mod span_text;
mod status;
mod text;
mod value;

pub use edition::Edition;
pub use error::ProtocolError;
pub use groups::care::{
    AdultSevere, Care, CarePlace, ChildSevere, KeptApart, Placement, RateByAge, RiskFactors,
    Severity,
};
pub use groups::cases::{CaseClass, Cases, Classes, Counting, Pace, Reporting};
pub use groups::contacts::{
    Contacts, Quarantine, QuarantinePlace, QuarantineTests, SecondaryQuarantine, SecondaryUpgrade,
    SwabSite,
};
pub use groups::movement::{
    Antigen, AntigenUse, Certificate, CertificateStart, Movement, ReturnPlan, VenueRule,
};
pub use groups::outlook::{CourseAhead, Outlook, SerialTimes};
pub use groups::pool::{
    PoolMode, PoolPlace, PoolSizes, Pooling, WidePool, expected_tests_per_person,
};
pub use groups::release::{
    AfterRelease, Aftercare, AlternativeTests, Criteria, Release, ReleaseCt,
};
pub use groups::result::{Reading, Results, Sensitivity, Target, Targets};
pub use groups::risk::{Risk, RiskScheme};
pub use groups::sample::{
    Clocks, Exemption, Exemptions, Retest, RetestOn, Retesting, SiteLayout, Transport,
    TransportRule, TubeEntry, Turnaround,
};
pub use groups::testing::{
    Category, Frequencies, Frequency, LabReserve, RecentCases, ReserveBand, TestScope, Testing,
    Window, WindowBand,
};
pub use groups::zero::{CommunityPart, CommunityZero, HiddenChains, ZeroEvidence, ZeroRule};
pub use groups::zones::{
    Food, FoodAccess, MayLeave, MedicalExit, PrecautionLift, ZoneDefinition, ZoneLift, ZoneUpgrade,
    Zones,
};
pub use listing::{Explanation, Parameter, Segment};
pub use protocol::Protocol;
pub use rule::{EditionInfo, Rule, RuleInfo};
pub use status::{Status, Sure};
pub use text::{Coded, Lang, Texts};
pub use value::{Between, Days, Points, RuleValue, SpanBetween};
