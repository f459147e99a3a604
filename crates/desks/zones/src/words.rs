//! The desk's small vocabularies, with the words that the store keeps.

use types::words;

words! {
    /// What holds in an area. The first is the strictest.
    Level {
        /// 封控区: nobody leaves the door.
        Locked = "locked",
        /// 管控区: nobody leaves the area.
        Controlled = "controlled",
        /// 防范区: no gatherings.
        Precaution = "precaution",
    }
}

impl Level {
    /// How strict it is: the more, the stricter.
    pub const fn strictness(self) -> u8 {
        match self {
            Level::Locked => 3,
            Level::Controlled => 2,
            Level::Precaution => 1,
        }
    }

    /// Whether it restricts at least as much as another.
    pub const fn covers(self, other: Level) -> bool {
        self.strictness() >= other.strictness()
    }

    /// What follows when it is over: the next lower level, or nothing.
    pub const fn lower(self) -> Option<Level> {
        match self {
            Level::Locked => Some(Level::Controlled),
            Level::Controlled => Some(Level::Precaution),
            Level::Precaution => None,
        }
    }

    /// The rule that says which places become such a zone.
    pub const fn rule(self) -> &'static str {
        match self {
            Level::Locked => "zone.L.def",
            Level::Controlled => "zone.C.def",
            Level::Precaution => "zone.P.def",
        }
    }
}

words! {
    /// How a zone came to the level that it has.
    Why {
        /// It was made.
        Made = "made",
        /// A positive was found in it, or a person raised it.
        Raised = "raised",
        /// A person lowered it.
        Eased = "eased",
        /// Its time was over, and nobody had renewed it.
        Expired = "expired",
    }
}

words! {
    /// How a zone ended.
    End {
        /// A person lifted it.
        Lifted = "lifted",
        /// Its time was over.
        Expired = "expired",
        /// A zone around it became as strict.
        Absorbed = "absorbed",
    }
}

words! {
    /// How a case came to be the ground of a zone.
    Kind {
        /// Named when the zone was made.
        Cited = "cited",
        /// Found in it afterwards.
        Found = "found",
    }
}

words! {
    /// Why an area is proposed as a zone.
    Ground {
        /// Somebody who is infected lives there.
        Home = "home",
        /// Several who are infected were there at one time.
        Shared = "shared",
        /// Somebody who is infected was there.
        Visited = "visited",
        /// It lies around a building that is proposed to be locked.
        Around = "around",
        /// The rest of the county.
        Rest = "rest",
    }
}

words! {
    /// What has to hold before a zone is lifted.
    What {
        /// No new infection for the time that the edition asks for.
        Clean = "clean",
        /// The last close contact's exposure is long enough ago, and all are negative.
        Contacts = "contacts",
        /// All residents were negative in one round, lately.
        Round = "round",
        /// All locked and controlled areas of the county have ended.
        Others = "others",
    }
}

words! {
    /// What is counted by hour.
    Flow {
        /// Zones made.
        Made = "made",
        /// Raised to a stricter level.
        Raised = "raised",
        /// Lowered by a person.
        Eased = "eased",
        /// Lowered or ended because their time was over.
        Expired = "expired",
        /// Ended by a person.
        Lifted = "lifted",
    }
}
