//! The desk's small vocabularies.

use types::words;

words! {
    /// What is looked at, in the order in which it is shown.
    What {
        /// Infections found in the community on the worst of the days that count, those of which nobody told
        /// where they were found among them.
        Infections = "infections",
        /// Infections of all these days of which nobody told where they were found.
        Untold = "untold",
        /// Finished rounds.
        Rounds = "rounds",
        /// Of those expected, how many have a result, per 10,000: in the worst of these rounds.
        Coverage = "coverage",
        /// Hours since the last finished round began.
        Fresh = "fresh",
        /// People of the last finished round without a swab and without an exemption.
        Blind = "blind",
        /// Tubes of these rounds without a released result, and not given up as faulty.
        Tubes = "tubes",
        /// People who have to be swabbed again: their pool was not negative, or their tube told nothing.
        Pools = "pools",
        /// People who are positive and not in a bed.
        Queue = "queue",
        /// Contacts who are not yet where they are to be kept apart.
        Contacts = "contacts",
        /// Sweeps of the area that go on: doors were to be knocked at, and that is not done.
        Sweeps = "sweeps",
        /// Households of these sweeps whom nobody has found: nobody was there, nobody opened, or they refused.
        Unswept = "unswept",
        /// Doors that no list has, found by sweeps, of which nobody has said what came of them.
        Strays = "strays",
        /// Positive signals of waste water, sentinels or antigen tests that nobody explained.
        Signals = "signals",
        /// The probability that no chain runs on unseen, per 10,000.
        Sure = "sure",
    }
}

impl What {
    /// Whether it is the claim itself. No reason makes up for it.
    pub fn is_claim(self) -> bool {
        matches!(self, What::Infections | What::Untold)
    }

    /// Whether it is about people of whom nobody knows whether they are infected, because nobody has seen them
    /// or no list has them. No reason makes up for it: that is where a chain runs on unseen.
    pub fn is_unseen(self) -> bool {
        matches!(self, What::Sweeps | What::Unswept | What::Strays)
    }

    /// Whether basic zero is asked for it, too. Where some are found in the community every day, some pools are
    /// positive, waste water is, and there is a chain: that is what tells it from zero.
    pub fn of_basic(self) -> bool {
        !matches!(self, What::Pools | What::Signals | What::Sure)
    }

    /// Whether the number has to be at least the limit; else it may be at most that.
    pub fn at_least(self) -> bool {
        matches!(self, What::Rounds | What::Coverage | What::Sure)
    }
}

words! {
    /// How far an area has come.
    Level {
        /// There is something in the community.
        None = "none",
        /// Basic zero: each day's rate is below the limit of the rule.
        Basic = "basic",
        /// Zero.
        Zero = "zero",
    }
}

words! {
    /// What a certificate is of.
    Degree {
        /// Zero.
        Zero = "zero",
        /// Basic zero: a few are found every day, fewer than the rule says.
        Basic = "basic",
    }
}

words! {
    /// Where a signal comes from.
    Kind {
        /// Waste water.
        Wastewater = "wastewater",
        /// A sentinel: a fever clinic, a pharmacy, a market that is swabbed every day.
        Sentinel = "sentinel",
        /// Antigen tests at home.
        Antigen = "antigen",
    }
}

words! {
    /// What a signal says.
    Finding {
        /// The virus was found.
        Positive = "positive",
        /// It was not.
        Negative = "negative",
        /// It says nothing.
        Unclear = "unclear",
    }
}

words! {
    /// Why a certificate was withdrawn.
    Cause {
        /// An infection of the community of the days that it is about became known, or was told to be one.
        Contradicted = "contradicted",
        /// An infection of the community was found after it was signed: it is zero no more.
        Broken = "broken",
        /// A sample of the days that it is about turned out not to be negative.
        Pool = "pool",
        /// A signal of these days is positive.
        Signal = "signal",
        /// Somebody withdrew it.
        Hand = "hand",
    }
}

words! {
    /// How a certificate stands at a time.
    Standing {
        /// It holds.
        Valid = "valid",
        /// Its time is over.
        Ended = "ended",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
    }
}
