//! The desk's small vocabularies.

use types::words;

words! {
    /// How a decision stands at a time.
    Standing {
        /// It will hold.
        Coming = "coming",
        /// It holds.
        InForce = "in_force",
        /// Its time is over.
        Ended = "ended",
        /// It was revoked before.
        Revoked = "revoked",
    }
}
