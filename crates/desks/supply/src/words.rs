//! The desk's small vocabularies, with the words that the store keeps.

use types::words;

words! {
    /// What is kept and given out.
    Good {
        /// 蔬菜.
        Vegetables = "vegetables",
        /// 猪肉.
        Pork = "pork",
        /// 食用油.
        Oil = "oil",
        /// 米面: rice and flour.
        Staples = "staples",
        /// 奶粉.
        MilkPowder = "milk_powder",
        /// 药品, in boxes.
        Medicine = "medicine",
    }
}

words! {
    /// What an amount counts. Never a fraction of it: nothing is lost by rounding.
    Measure {
        /// Whole grams.
        Grams = "g",
        /// Whole pieces.
        Pieces = "pc",
    }
}

impl Good {
    /// In what it is counted.
    pub const fn measure(self) -> Measure {
        match self {
            Good::Medicine => Measure::Pieces,
            _ => Measure::Grams,
        }
    }

    /// How it is called in the ledger's accounts, with its measure: `vegetables:g`.
    pub fn commodity(self) -> String {
        format!("{self}:{}", self.measure())
    }

    /// How much of it a person eats in a day, in grams; nothing for what only some need. Settings of this
    /// program, in the order of what dietary guidelines recommend for adults (recalled, not read).
    pub const fn ration(self) -> Option<i64> {
        match self {
            Good::Vegetables => Some(300),
            Good::Pork => Some(75),
            Good::Oil => Some(30),
            Good::Staples => Some(300),
            Good::MilkPowder | Good::Medicine => None,
        }
    }

    /// Whether it is something to eat for everybody: who has got nothing but milk powder still waits for food.
    pub const fn feeds(self) -> bool {
        self.ration().is_some()
    }

    /// Those who need it before all others, and how much one such household needs for a week: settings of this
    /// program.
    pub const fn first_for(self) -> Option<(Need, i64)> {
        match self {
            Good::MilkPowder => Some((Need::Infant, 900)),
            Good::Medicine => Some((Need::Chronic, 2)),
            _ => None,
        }
    }

    /// How long it keeps: what is nearer to its end is taken first, and what keeps for days is watched.
    pub const fn is_fresh(self) -> bool {
        matches!(self, Good::Vegetables | Good::Pork)
    }
}

words! {
    /// Where goods lie. Also the kind of the place as a holder.
    SiteKind {
        /// 批发市场: a wholesale market.
        Market = "market",
        /// 分拣中心: a sorting centre.
        Sorting = "sorting",
        /// 保供超市: a shop that supplies communities.
        Shop = "shop",
        /// 小区门口: the gate of a compound.
        Gate = "gate",
    }
}

words! {
    /// Where an amount of a good stands, for totals.
    Standing {
        /// At wholesale markets.
        Market = "market",
        /// At sorting centres.
        Sorting = "sorting",
        /// At shops.
        Shop = "shop",
        /// At gates.
        Gate = "gate",
        /// At shops, set aside for orders.
        Reserved = "reserved",
        /// On the road.
        Road = "road",
        /// At places that are closed: there, but not to be had.
        Closed = "closed",
        /// In households.
        Home = "home",
        /// Spoiled, broken, past its date.
        Lost = "lost",
        /// Sent and not received, or not found when counted: to be explained.
        Missing = "missing",
    }
}

impl Standing {
    /// Where the goods of an open place stand.
    pub const fn at(kind: SiteKind) -> Standing {
        match kind {
            SiteKind::Market => Standing::Market,
            SiteKind::Sorting => Standing::Sorting,
            SiteKind::Shop => Standing::Shop,
            SiteKind::Gate => Standing::Gate,
        }
    }

    /// Whether it can still be eaten: what covers days.
    pub const fn covers(self) -> bool {
        matches!(
            self,
            Standing::Market
                | Standing::Sorting
                | Standing::Shop
                | Standing::Gate
                | Standing::Reserved
                | Standing::Road
        )
    }
}

words! {
    /// Where a lot came from.
    Origin {
        /// Bought.
        Bought = "bought",
        /// A donation.
        Donated = "donated",
        /// Sent by another prefecture or by the reserve.
        Sent = "sent",
    }
}

words! {
    /// Why goods are good for nothing any more.
    LossWhy {
        /// Past its date.
        Expired = "expired",
        /// Gone bad.
        Spoiled = "spoiled",
        /// Broken, spilt.
        Broken = "broken",
        /// Contaminated: taken out after an infection.
        Contaminated = "contaminated",
    }
}

words! {
    /// How a household comes by its supplies.
    Mode {
        /// 送货上门: to the door. Locked.
        Door = "door",
        /// 叫号下楼: called down entrance by entrance. Controlled.
        Called = "called",
        /// Free to go shopping.
        Free = "free",
    }
}

impl Mode {
    /// Whether somebody has to bring what the household eats.
    pub const fn is_restricted(self) -> bool {
        matches!(self, Mode::Door | Mode::Called)
    }
}

words! {
    /// What a household needs that others do not.
    Need {
        /// A child that lives on milk powder.
        Infant = "infant",
        /// Somebody with diabetes.
        Diabetic = "diabetic",
        /// 清真: eats halal.
        Halal = "halal",
        /// Takes medicine every day.
        Chronic = "chronic",
        /// Cannot order: no phone, nobody who could.
        CannotOrder = "cannot_order",
        /// Old or ill and alone.
        Alone = "alone",
    }
}

words! {
    /// What is due to a household.
    Due {
        /// Food.
        Food = "food",
        /// Medicine.
        Medicine = "medicine",
    }
}

words! {
    /// Where a shipment stands.
    ShipState {
        /// On the road.
        Sent = "sent",
        /// Received, as sent.
        Arrived = "arrived",
        /// Received, and not as sent: to be explained.
        Differs = "differs",
        /// Received, and what differed is explained.
        Explained = "explained",
    }
}

words! {
    /// What a complaint is about.
    About {
        /// Nothing came.
        NothingCame = "nothing_came",
        /// Something was missing.
        Missing = "missing",
        /// It was bad.
        Bad = "bad",
        /// The price.
        Price = "price",
        /// A medicine.
        Medicine = "medicine",
        /// Anything else.
        Other = "other",
    }
}

impl About {
    /// Whether the household is without what it was to have: then it is due at once.
    pub const fn is_unmet(self) -> bool {
        matches!(self, About::NothingCame | About::Missing | About::Medicine)
    }
}

words! {
    /// Why a shop serves a community, or none does.
    ServesWhy {
        /// The desk says so.
        Assigned = "assigned",
        /// The shop before is closed; this one is in the same community.
        SameCommunity = "same_community",
        /// The shop before is closed; this one is in the same street.
        SameStreet = "same_street",
        /// The shop before is closed; this one is elsewhere in the county.
        SameCounty = "same_county",
        /// The shop before is closed, and no other has room.
        NoRoom = "no_room",
    }
}
