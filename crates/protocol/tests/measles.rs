//! Another disease with the same engine: only the groups that its protocol speaks of.

use protocol::Protocol;
use types::{AreaCode, Micros, Span};

#[test]
fn measles_has_contacts_and_no_mass_testing() {
    let protocol = Protocol::bundled_as("measles-demo").expect("the bundled protocol loads");
    let time = Micros::parse("2024-05-01T00:00:00+08:00").expect("a time");
    let edition = protocol.at(time, AreaCode::new(220_202).expect("an area"));
    let contacts = edition.contacts().expect("in force");
    assert_eq!(contacts.quarantine.whole(), Span::days(21));
    assert!(contacts.secondary.is_none() && contacts.tests.is_none());
    assert!(edition.cases().expect("in force").classes.get("laboratory").is_some());
    assert_eq!(edition.reporting().expect("in force").online.value, Span::hours(24));
    for refusal in [
        edition.testing().err(),
        edition.care().err(),
        edition.release().err(),
        edition.antigen().err(),
        edition.zones().err(),
    ] {
        assert_eq!(refusal.expect("refused").code, "protocol-not-in-force");
    }
    assert!(edition.rules().all(|r| !r.status.is_verified()));
}
