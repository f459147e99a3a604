//! The desk's small vocabularies, with the words that the store keeps.

mod bedside;

use types::words;

pub use bedside::{ConsultEnd, OrderKind, StayEnd, TeamRole, Tier, Way};

words! {
    /// What kind of place of care a facility is.
    Kind {
        /// 定点医院: a hospital designated for the disease.
        Hospital = "hospital",
        /// 方舱医院: a shelter hospital.
        Fangcang = "fangcang",
        /// 集中隔离酒店: a hotel for isolation.
        Hotel = "hotel",
        /// 缓冲病房: a ward where patients stay until their result is there.
        Buffer = "buffer",
        /// 发热门诊: a fever clinic with beds under observation.
        Fever = "fever",
    }
}

words! {
    /// The care that a ward's beds give, from least to most. Each gives the lower ones too.
    Level {
        /// Isolation with a doctor near.
        Shelter = "shelter",
        /// A hospital bed.
        Ward = "ward",
        /// High dependency.
        Acute = "acute",
        /// Intensive care.
        Intensive = "intensive",
    }
}

words! {
    /// Whom a ward admits.
    Admits {
        /// Anybody.
        Anybody = "anybody",
        /// Women, and children with them.
        Women = "women",
        /// Men, and children with them.
        Men = "men",
        /// Families: a room is shared by people of one household only.
        Families = "families",
    }
}

words! {
    /// The state of a bed.
    BedState {
        /// Clean, and nobody's.
        Free = "free",
        /// Promised to somebody who is on the way.
        Held = "held",
        /// Somebody lies in it.
        Occupied = "occupied",
        /// Vacated, and not disinfected yet.
        Dirty = "dirty",
        /// Out of use.
        Out = "out",
    }
}

words! {
    /// Where an episode of care stands. The first three are the queue.
    Stage {
        /// Positive, and no place yet.
        Waiting = "waiting",
        /// A bed is held.
        Assigned = "assigned",
        /// On the way to it.
        Moving = "moving",
        /// In a bed.
        InCare = "in_care",
        /// At home: after release, by the edition's rule, or by a documented refusal.
        Home = "home",
        /// Over.
        Closed = "closed",
    }
}

impl Stage {
    /// Whether the person is positive and not yet in a bed.
    pub fn is_queued(self) -> bool {
        matches!(self, Stage::Waiting | Stage::Assigned | Stage::Moving)
    }
}

words! {
    /// Why somebody is at home.
    HomeKind {
        /// Health monitoring after release.
        Monitoring = "monitoring",
        /// Isolation after release.
        Isolation = "isolation",
        /// The edition in force isolates such cases at home.
        ByRule = "by_rule",
        /// The person refused a bed.
        Refused = "refused",
    }
}

words! {
    /// How an episode ended.
    Ended {
        /// The time at home after release is over.
        Finished = "finished",
        /// The person died.
        Died = "died",
        /// It was no case: the result was corrected, or the suspicion ruled out.
        Correction = "correction",
        /// Another record of the same case stands for it.
        Merged = "merged",
        /// The person was cared for and let go where this system keeps no beds, as somebody says.
        Elsewhere = "elsewhere",
    }
}

words! {
    /// How somebody leaves care.
    Leaving {
        /// A confirmed case leaves hospital (出院).
        Discharged = "discharged",
        /// An asymptomatic infection leaves isolation (解除隔离医学观察).
        Released = "released",
    }
}

words! {
    /// What is counted by hour.
    Flow {
        /// Began to wait.
        Waiting = "waiting",
        /// Admitted from the queue.
        Admitted = "admitted",
        /// Moved from one facility to another.
        Transferred = "transferred",
        /// Confirmed cases that left hospital.
        Discharged = "discharged",
        /// Asymptomatic infections that left isolation.
        Released = "released",
        /// Refused a bed.
        Refused = "refused",
        /// Sent home by the edition's rule.
        SentHome = "sent_home",
        /// Died.
        Died = "died",
        /// Taken back.
        Corrected = "corrected",
        /// Moved to a ward that gives more care.
        SteppedUp = "stepped_up",
        /// Moved to a ward that gives less.
        SteppedDown = "stepped_down",
    }
}
