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

words! {
    /// What a forecast is of.
    Foreseen {
        /// New infections of a day.
        Infections = "infections",
        /// Of them: found in quarantine.
        Quarantine = "quarantine",
        /// Of them: found in a locked or controlled area.
        Controlled = "controlled",
        /// Of them: found in the community.
        Community = "community",
        /// In a bed at the end of a day: without symptoms, or not examined yet.
        BedsAsymptomatic = "beds_asymptomatic",
        /// In a bed: mild.
        BedsMild = "beds_mild",
        /// In a bed: moderate.
        BedsModerate = "beds_moderate",
        /// In a bed: severe.
        BedsSevere = "beds_severe",
        /// In a bed: critical.
        BedsCritical = "beds_critical",
        /// Tubes tested on a day.
        Tubes = "tubes",
        /// Contacts named on a day.
        Contacts = "contacts",
    }
}

impl Foreseen {
    /// Beds by severity, in the order of rising care.
    pub const BEDS: [Foreseen; 5] = [
        Foreseen::BedsAsymptomatic,
        Foreseen::BedsMild,
        Foreseen::BedsModerate,
        Foreseen::BedsSevere,
        Foreseen::BedsCritical,
    ];
}
