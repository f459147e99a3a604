//! Words of the work at a bed.

use types::words;

words! {
    /// Who is on a patient's own team, by what each does there.
    TeamRole {
        /// The physician who answers for the plan.
        Lead = "lead",
        /// Another physician.
        Physician = "physician",
        /// A nurse.
        Nurse = "nurse",
        /// For breathing and ventilation.
        Respiratory = "respiratory",
        /// For traditional Chinese medicine.
        Tcm = "tcm",
        /// For infection control.
        Infection = "infection",
        /// For the mind.
        Psychology = "psychology",
        /// Anybody else.
        Other = "other",
    }
}

words! {
    /// Who is asked in a consultation.
    Tier {
        /// Another department or hospital of the city's own.
        Hospital = "hospital",
        /// The city's expert group.
        City = "city",
        /// The province's.
        Province = "province",
        /// The nation's.
        Nation = "nation",
    }
}

words! {
    /// How a consultation was closed.
    ConsultEnd {
        /// By an opinion.
        Answered = "answered",
        /// By whoever had asked.
        Withdrawn = "withdrawn",
        /// The patient left before there was an answer.
        Lapsed = "lapsed",
    }
}

words! {
    /// Of which medicine an order is.
    OrderKind {
        /// Western.
        Western = "western",
        /// Traditional Chinese.
        Tcm = "tcm",
    }
}

words! {
    /// Where a move between wards leads.
    Way {
        /// To more care.
        Up = "up",
        /// To less care.
        Down = "down",
        /// To as much.
        Level = "level",
    }
}

words! {
    /// How a stay ended.
    StayEnd {
        /// Discharged or released.
        Left = "left",
        /// Went on to another ward.
        Moved = "moved",
        /// Died.
        Died = "died",
        /// In another way: it was no case, or another record stands for it.
        Other = "other",
    }
}
