#![no_main]
#![allow(dead_code)]

#[path = "../../crates/hl7/tests/support/invariants.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The first two bytes choose how the stream is cut and how long a message may be.
    if let [chunk, limit, stream @ ..] = data {
        invariants::mllp(stream, usize::from(*chunk), usize::from(*limit));
    }
});
