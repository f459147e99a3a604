//! The words of orders.

use types::words;

words! {
    /// Where an order stands.
    Stage {
        /// In a group purchase that is still open.
        Joined = "joined",
        /// Placed; the shop has not said yes.
        Placed = "placed",
        /// The shop has too little, and asks the household whether it takes something else.
        Asked = "asked",
        /// Accepted; its goods are reserved.
        Accepted = "accepted",
        /// Packed.
        Packed = "packed",
        /// On its way to the door.
        Out = "out",
        /// Nobody took it: it came back, and is to be brought again.
        CameBack = "came_back",
        /// The household has it.
        Received = "received",
        /// Cancelled, by the household or by the shop.
        Cancelled = "cancelled",
        /// Cancelled, and what was paid has been given back.
        Refunded = "refunded",
    }
}

impl Stage {
    /// Whether somebody still has to do something so that the household has its goods.
    pub const fn is_open(self) -> bool {
        !matches!(self, Stage::Received | Stage::Cancelled | Stage::Refunded)
    }

    /// Whether goods lie aside for it at the shop.
    pub const fn reserves(self) -> bool {
        matches!(self, Stage::Accepted | Stage::Packed | Stage::CameBack)
    }

    /// Whether the household may still cancel it: until it is packed.
    pub const fn may_cancel(self) -> bool {
        matches!(self, Stage::Joined | Stage::Placed | Stage::Asked | Stage::Accepted)
    }

    /// Whether an order that stands here may stand there next. What is not named does not happen.
    pub const fn leads_to(self, next: Stage) -> bool {
        use Stage as S;
        match self {
            S::Joined => matches!(next, S::Placed | S::Cancelled),
            S::Placed => matches!(next, S::Asked | S::Accepted | S::Cancelled),
            S::Asked => matches!(next, S::Placed | S::Cancelled),
            S::Accepted => matches!(next, S::Packed | S::Cancelled),
            S::Packed => matches!(next, S::Out | S::Received | S::Cancelled),
            S::Out => matches!(next, S::Received | S::CameBack),
            S::CameBack => matches!(next, S::Out | S::Received | S::Cancelled),
            S::Cancelled => matches!(next, S::Refunded),
            S::Received | S::Refunded => false,
        }
    }
}

words! {
    /// How an order came.
    Via {
        /// By the household itself, on a phone.
        Household = "household",
        /// By a call that somebody took down.
        Telephone = "telephone",
        /// In a group purchase of its compound.
        Group = "group",
        /// A pack for those who cannot order.
        Entitlement = "entitlement",
    }
}

words! {
    /// Where a group purchase stands.
    GroupState {
        /// Households may join.
        Open = "open",
        /// Closed; enough households had joined.
        Met = "met",
        /// Closed; too few had joined, and all were told so.
        Short = "short",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_ends_and_does_not_begin_again() {
        for stage in Stage::ALL.iter().copied() {
            let next: Vec<Stage> =
                Stage::ALL.iter().copied().filter(|next| stage.leads_to(*next)).collect();
            assert_eq!(next.is_empty(), matches!(stage, Stage::Received | Stage::Refunded));
            // Nothing that is over is open again, and goods are handed over only once they lay aside.
            assert!(stage.is_open() || next.iter().all(|next| !next.is_open()), "{stage}");
            if next.contains(&Stage::Out) || next.contains(&Stage::Received) {
                assert!(stage.reserves() || stage == Stage::Out, "{stage}");
            }
        }
    }
}
