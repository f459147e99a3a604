//! The desk's small vocabularies, with the words that the store keeps.

use types::words;

words! {
    /// How far the investigation of a case has come.
    Progress {
        /// Nobody has been there yet.
        Opened = "opened",
        /// Investigators are on site.
        OnSite = "on_site",
        /// The core information is there.
        Core = "core",
        /// The full report is there.
        Reported = "reported",
        /// It came to nothing: no case, or another record stands for it.
        Closed = "closed",
    }
}

impl Progress {
    /// Whether something is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Progress::Opened | Progress::OnSite | Progress::Core)
    }
}

words! {
    /// Why an investigation came to nothing.
    NoInvestigation {
        /// It was no case.
        NoCase = "no_case",
        /// Another record of the same case stands for it.
        Merged = "merged",
    }
}

words! {
    /// How near somebody was to an infection.
    Degree {
        /// 密切接触者: met a case within the look-back, without protection.
        Close = "close",
        /// 次密接: lived or worked with a close contact since that one had met the case.
        Secondary = "secondary",
    }
}

words! {
    /// Where the follow-up of a contact stands. The last three are ends.
    Stage {
        /// Named; nobody has found the person yet.
        Identified = "identified",
        /// It is known where the person is.
        Located = "located",
        /// The person has been told.
        Notified = "notified",
        /// On the way to the quarantine site.
        Moving = "moving",
        /// Kept apart, at a site or at home.
        Quarantined = "quarantined",
        /// Home health monitoring after the quarantine.
        Monitoring = "monitoring",
        /// Refused to be kept apart.
        Refused = "refused",
        /// Let go after the time, with the tests that the edition asks for.
        Released = "released",
        /// Became a case.
        Positive = "positive",
        /// Ended for another reason.
        Closed = "closed",
    }
}

impl Stage {
    /// Whether somebody still has to act.
    pub fn is_open(self) -> bool {
        !matches!(self, Stage::Released | Stage::Positive | Stage::Closed)
    }

    /// Whether the person is kept apart or watched: under observation.
    pub fn is_observed(self) -> bool {
        matches!(self, Stage::Quarantined | Stage::Monitoring)
    }

    /// Whether the person has still to be brought to where he is kept apart.
    pub fn is_before(self) -> bool {
        matches!(self, Stage::Identified | Stage::Located | Stage::Notified | Stage::Moving)
    }
}

words! {
    /// Where somebody is kept apart.
    Kept {
        /// At a quarantine site.
        Site = "site",
        /// At home.
        Home = "home",
    }
}

words! {
    /// Where two people met.
    Setting {
        /// They live together.
        Household = "household",
        /// At work.
        Work = "work",
        /// At a school, a college or a kindergarten.
        School = "school",
        /// On a building site.
        BuildingSite = "building_site",
        /// At a market or in a shop.
        Market = "market",
        /// At a meal.
        Meal = "meal",
        /// In a vehicle.
        Transport = "transport",
        /// At a hospital or a clinic.
        Care = "care",
        /// At a sampling site.
        Sampling = "sampling",
        /// In the same building or on the same stairs.
        Building = "building",
        /// Elsewhere.
        Other = "other",
    }
}

words! {
    /// How a follow-up ended that neither ran its course nor found a case.
    Ended {
        /// The time was over, with negative tests.
        Released = "released",
        /// The person became a case.
        Positive = "positive",
        /// The person was no contact.
        Mistaken = "mistaken",
        /// The person died.
        Died = "died",
        /// Another follow-up of the same person stands for it.
        Double = "double",
        /// Followed where this system does not reach.
        Elsewhere = "elsewhere",
    }
}

words! {
    /// What is due for somebody under observation, by day.
    Task {
        /// A nucleic acid test of the schedule.
        Test = "test",
        /// The daily look: temperature and symptoms.
        Check = "check",
        /// The end of the quarantine, or of the monitoring after it.
        Release = "release",
    }
}

words! {
    /// What is counted by hour.
    Flow {
        /// Named as a contact for the first time.
        Identified = "identified",
        /// Brought to where they are kept apart.
        Quarantined = "quarantined",
        /// Of these: within the time that the edition allows.
        InTime = "in_time",
        /// Let go.
        Released = "released",
        /// Became cases.
        Positive = "positive",
        /// Secondary contacts that became close contacts.
        Promoted = "promoted",
        /// Refused.
        Refused = "refused",
    }
}

words! {
    /// What the core information of an interview asks.
    Question {
        /// What the person does for a living.
        Occupation = "occupation",
        /// Where the person works or learns.
        Workplace = "workplace",
        /// How the first symptoms went.
        Symptoms = "symptoms",
        /// Doses of vaccine, and when the last one was.
        Vaccination = "vaccination",
        /// Journeys of the last 14 days.
        Travel = "travel",
        /// Where the person believes to have been infected.
        Origin = "origin",
        /// What the household needs while it is kept apart.
        Needs = "needs",
        /// Anything else.
        Note = "note",
    }
}
