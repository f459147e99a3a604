//! The desk's small vocabularies, with the words that the store keeps.

use types::words;

words! {
    /// What kind of vehicle it is.
    Kind {
        /// 救护车: an ambulance.
        Ambulance = "ambulance",
        /// 负压救护车: an ambulance with negative pressure.
        Negative = "negative",
        /// 中型客车: a minibus.
        Minibus = "minibus",
        /// 大客车: a coach.
        Coach = "coach",
    }
}

words! {
    /// An isolation class: people of two of them are never in one vehicle.
    Class {
        /// Whoever is known to be infected.
        Positive = "positive",
        /// Suspected, and not known yet.
        Suspected = "suspected",
        /// Contacts of a case.
        Contact = "contact",
        /// Contacts of contacts.
        Secondary = "secondary",
        /// Released, or never at risk.
        Clear = "clear",
    }
}

words! {
    /// Why somebody is brought from one place to another.
    Reason {
        /// From home to the bed that is held.
        Admission = "admission",
        /// From one facility to another, also to graver care.
        Between = "between",
        /// Home after release.
        Home = "home",
        /// Somebody who is no patient here, to a place of quarantine or elsewhere.
        Moved = "moved",
    }
}

words! {
    /// Where a ride stands.
    Stage {
        /// Wanted, and on no trip.
        Wanted = "wanted",
        /// On a trip, and not picked up yet.
        Booked = "booked",
        /// In the vehicle.
        Aboard = "aboard",
        /// Received where it led.
        Arrived = "arrived",
        /// Called off: it is not needed any more.
        Off = "off",
    }
}

impl Stage {
    /// Whether somebody still has to be brought.
    pub fn is_open(self) -> bool {
        matches!(self, Stage::Wanted | Stage::Booked | Stage::Aboard)
    }
}

words! {
    /// Where a trip stands.
    TripState {
        /// Planned.
        Planned = "planned",
        /// The vehicle has set out.
        UnderWay = "under_way",
        /// Over.
        Done = "done",
        /// Called off before anybody got on.
        CalledOff = "called_off",
    }
}

impl TripState {
    /// Whether it is planned or under way.
    pub fn is_open(self) -> bool {
        matches!(self, TripState::Planned | TripState::UnderWay)
    }
}

words! {
    /// What a vehicle can do now.
    VehicleState {
        /// Clean and free.
        Free = "free",
        /// On a trip.
        Busy = "busy",
        /// To be disinfected: not usable until that is recorded.
        Dirty = "dirty",
        /// Out of service.
        Out = "out",
    }
}

words! {
    /// Why somebody is taken off a trip.
    OffWhy {
        /// Nobody was there.
        NoShow = "no_show",
        /// Refused at the door.
        Refused = "refused",
        /// Not fit for this vehicle: needs another one.
        Unfit = "unfit",
        /// The dispatcher planned otherwise.
        Replanned = "replanned",
        /// The vehicle broke down before it was there.
        Breakdown = "breakdown",
    }
}

words! {
    /// How a ride ended without having been one of ours to its end.
    Ended {
        /// The dispatcher, or whoever asked for it, called it off.
        CalledOff = "called_off",
        /// The person went by something else.
        OwnWay = "own_way",
        /// The bed was given up, or the person is at home, or was no case.
        NotNeeded = "not_needed",
        /// Another ride stands for it.
        Superseded = "superseded",
        /// Set down on the way, with what was said.
        SetDown = "set_down",
    }
}

words! {
    /// What is counted by hour.
    Flow {
        /// Rides that were asked for.
        Wanted = "wanted",
        /// Picked up; minutes from asked for to picked up.
        PickedUp = "picked_up",
        /// Arrived; minutes from picked up to received.
        Arrived = "arrived",
        /// Stood at a door in vain.
        InVain = "in_vain",
        /// Called off.
        CalledOff = "called_off",
    }
}
