#![no_main]
#![allow(dead_code)]

#[path = "../../crates/hl7/tests/support/invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| invariants::message(data));
