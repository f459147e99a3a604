//! The desk's small vocabularies, with the words that the store keeps.

use types::words;

words! {
    /// How a case is classified. The order is that of the way through them.
    Class {
        /// Reported on suspicion: nothing shows an infection yet.
        Suspected = "suspected",
        /// Positive, and nobody has looked at the person yet: neither with nor without symptoms.
        ScreenPositive = "screen_positive",
        /// An infection without symptoms and without signs in the picture of the lungs. Counted
        /// apart from the confirmed in China; WHO counts it as confirmed.
        Asymptomatic = "asymptomatic",
        /// A confirmed case: infected, with symptoms or with pneumonia.
        Confirmed = "confirmed",
        /// Confirmed after having been classified as asymptomatic: counted as confirmed, once.
        Converted = "converted",
    }
}

impl Class {
    /// Whether it is an infection at all.
    pub fn is_infection(self) -> bool {
        self != Class::Suspected
    }

    /// Whether it counts as confirmed, by the convention of the bulletins or by that of WHO.
    pub fn is_confirmed(self, convention: Convention) -> bool {
        match self {
            Class::Confirmed | Class::Converted => true,
            Class::Asymptomatic => convention == Convention::Who,
            Class::Suspected | Class::ScreenPositive => false,
        }
    }
}

words! {
    /// How grave it is, by the protocol's grades.
    Severity {
        /// 无症状.
        Asymptomatic = "asymptomatic",
        /// 轻型.
        Mild = "mild",
        /// 普通型.
        Moderate = "moderate",
        /// 重型.
        Severe = "severe",
        /// 危重型.
        Critical = "critical",
    }
}

words! {
    /// Where the person was when the infection was found. Community zero depends on it.
    FoundIn {
        /// In a quarantine site, or among persons of a closed loop.
        Quarantine = "quarantine",
        /// In a locked area.
        Locked = "locked",
        /// In a controlled area.
        Controlled = "controlled",
        /// Among the people outside.
        Community = "community",
    }
}

words! {
    /// How a case came to be known.
    Source {
        /// By a final positive result of a tube of one's own.
        Result = "result",
        /// Entered by a person.
        Hand = "hand",
        /// From a line list.
        Import = "import",
    }
}

words! {
    /// How a case ended.
    Ending {
        /// A confirmed case left hospital (出院).
        Discharged = "discharged",
        /// An asymptomatic infection left isolation (解除隔离医学观察).
        Released = "released",
        /// The person died.
        Died = "died",
        /// It was none: the suspicion was ruled out, or the result was another's.
        NoCase = "no_case",
        /// Another record of the same case stands for it.
        Merged = "merged",
    }
}

words! {
    /// What is counted. Each case counts at most once in each.
    Measure {
        /// Infections, whatever became of them.
        Infections = "infections",
        /// Confirmed, those converted among them.
        Confirmed = "confirmed",
        /// Of the confirmed: asymptomatic before.
        Converted = "converted",
        /// Asymptomatic when first looked at, those that converted later among them.
        Asymptomatic = "asymptomatic",
        /// Suspected.
        Suspected = "suspected",
        /// Severe for the first time.
        Severe = "severe",
        /// Critical for the first time.
        Critical = "critical",
        /// Discharged.
        Discharged = "discharged",
        /// Released from isolation.
        Released = "released",
        /// Died.
        Died = "died",
    }
}

words! {
    /// What a desk has before it now. Each is counted in the transaction that makes it so, and is
    /// the length of a list.
    Standing {
        /// Cases that go on.
        Open = "open",
        /// Of those: still to be reported on the national network.
        ToReport = "to_report",
        /// Of those: positive, and nobody has examined them.
        Unexamined = "unexamined",
        /// Of those: severe.
        Severe = "severe",
        /// Of those: critical.
        Critical = "critical",
        /// Pairs of records that may be one case.
        Pairs = "pairs",
    }
}

words! {
    /// Whose convention a figure is said in. The data are the same.
    Convention {
        /// Asymptomatic infections are counted apart from the confirmed.
        Bulletin = "bulletin",
        /// Every infection that was classified is a confirmed case.
        Who = "who",
    }
}

words! {
    /// What two records have in common that may be one case. The order is by weight.
    KeyKind {
        /// The number of a document.
        Number = "number",
        /// Name and date of birth.
        NameBirth = "name_birth",
        /// Name and year of birth.
        NameYear = "name_year",
        /// A name that differs in one character, with the same date of birth.
        NearName = "near_name",
        /// The telephone number, with years of birth that do not differ.
        Phone = "phone",
    }
}

impl KeyKind {
    /// How much it says, out of 100: a choice of ours, for the order of the list only. A person
    /// decides about every pair.
    pub fn weight(self) -> i64 {
        match self {
            KeyKind::Number => 100,
            KeyKind::NameBirth => 90,
            KeyKind::NameYear => 70,
            KeyKind::NearName => 60,
            KeyKind::Phone => 50,
        }
    }
}
