//! Who may send which command, and for whom it acts.

use types::{AreaCode, HolderCode, Refusal};

use super::{Action, Actor, Grant, Resource, Role, Roles, can};
use crate::house::Command;

/// Who may send a command. Exhaustive: a new command does not compile until it has a row.
pub fn roles_for(command: &Command) -> Roles {
    match command {
        Command::Registry(command) => registry_roles(command),
        Command::Testing(command) => testing_roles(command),
        Command::Cases(command) => cases_roles(command),
        Command::Care(command) => care_roles(command),
        Command::Transfers(command) => transfers_roles(command),
        Command::Command(command) => post_roles(command),
        Command::Tracing(command) => tracing_roles(command),
        Command::Zones(command) => zones_roles(command),
        Command::Zero(command) => zero_roles(command),
        Command::Supply(command) => supply_roles(command),
    }
}

fn transfers_roles(command: &transfers::Command) -> Roles {
    use Role::{Commander, Crew, District, Grid, Ward};
    use transfers::Command as C;
    match command {
        C::PutVehicle(_) | C::Shift(_) | C::Dispatch(_) | C::Join { .. } | C::CallOff { .. } => {
            Roles::of([Commander, District])
        }
        C::SetVehicleOut { .. } | C::MoveAcross { .. } => Roles::of([Commander, District, Crew]),
        C::Want(_) => Roles::of([Commander, District, Ward]),
        C::CancelRide { .. } => Roles::of([Commander, District]),
        // What happens on the way is the crew's to tell; the desk does it for one without a phone.
        C::Disinfected { .. }
        | C::Start { .. }
        | C::PickUp(_)
        | C::HandOver { .. }
        | C::TakeOff(_)
        | C::SetDown { .. }
        | C::Breakdown { .. } => Roles::of([District, Crew]),
        // The other side: at a ward, at a door.
        C::GiveOver { .. } => Roles::of([District, Grid, Ward]),
        // A crew needs the receiving site's code for it.
        C::Receive(_) => Roles::of([District, Grid, Ward, Crew]),
    }
}

fn post_roles(command: &command::Command) -> Roles {
    use Role::{Commander, District};
    use command::Command as C;
    match command {
        C::PublishBulletin(_) | C::Decide(_) | C::Revoke(_) | C::KeepForecast(_) => {
            Roles::of([Commander, District])
        }
    }
}

fn tracing_roles(command: &tracing_desk::Command) -> Roles {
    use Role::{District, Grid};
    use tracing_desk::Command as C;
    match command {
        C::Assign { .. }
        | C::Report { .. }
        | C::Adopt { .. }
        | C::Release { .. }
        | C::Close { .. }
        | C::Reopen { .. }
        | C::Ask { .. }
        | C::Answer { .. }
        | C::Reschedule { .. } => Roles::of([District]),
        // At the door and on the phone it is the grid worker, too.
        C::OnSite { .. }
        | C::Interview(_)
        | C::DropStay { .. }
        | C::Name(_)
        | C::Locate { .. }
        | C::Notify { .. }
        | C::Depart { .. }
        | C::Arrive(_)
        | C::Test(_)
        | C::Check(_)
        | C::Refuse { .. } => Roles::of([District, Grid]),
    }
}

fn zones_roles(command: &zones::Command) -> Roles {
    use Role::{Commander, District, Grid};
    use zones::Command as C;
    match command {
        C::Make(_)
        | C::Raise { .. }
        | C::Renew { .. }
        | C::SetDuties { .. }
        | C::Ease(_)
        | C::Expire { .. }
        | C::Refuse { .. }
        | C::OpenSweep { .. }
        | C::AssignSweep { .. }
        | C::CloseSweep { .. } => Roles::of([Commander, District]),
        // At the door it is the grid worker.
        C::Knock(_) | C::Stray { .. } | C::SettleStray { .. } => Roles::of([District, Grid]),
    }
}

fn zero_roles(command: &zero::Command) -> Roles {
    use Role::{Commander, District};
    use zero::Command as C;
    match command {
        C::Sign(_) | C::Withdraw(_) => Roles::of([Commander]),
        C::EnterSignal(_) | C::ExplainSignal(_) => Roles::of([Commander, District]),
    }
}

fn supply_roles(command: &supply::Command) -> Roles {
    use Role::{Commander, District, Grid, Resident, Shop, Ward};
    use supply::Command as C;
    match command {
        C::PutSite(_)
        | C::CloseSite { .. }
        | C::ReopenSite { .. }
        | C::AssignShop { .. }
        | C::SetLimit { .. }
        | C::SetMode(_)
        | C::Explain { .. }
        | C::Allot(_) => Roles::of([Commander, District]),
        C::TakeIn(_)
        | C::Send(_)
        | C::Receive { .. }
        | C::Spoil { .. }
        | C::Count { .. }
        | C::PutStaff { .. }
        | C::PutPrices { .. } => Roles::of([District, Shop]),
        C::PutNeeds { .. }
        | C::PutMedicine(_)
        | C::BringMedicine { .. }
        | C::DropMedicine { .. }
        | C::HandOut(_)
        | C::Missed { .. }
        | C::AnswerComplaint { .. } => Roles::of([District, Grid]),
        // What a doctor said on the telephone, or a hospital's doctor signs.
        C::Renew(_) | C::RefuseRenewal { .. } => Roles::of([District, Grid, Ward]),
        // A household complains, and asks for its medicine, for itself: see `about_itself`.
        C::Complain { .. } | C::AskRenewal { .. } => Roles::of([District, Grid, Resident]),
        C::Order(command) => order_roles(command),
        C::Deliver(command) => delivery_roles(command),
    }
}

fn order_roles(command: &supply::OrderCommand) -> Roles {
    use Role::{District, Driver, Grid, Resident, Shop, Volunteer};
    use supply::OrderCommand as C;
    match command {
        // A household orders for itself, or somebody takes its call down.
        C::Place(_) | C::Answer { .. } | C::Cancel { .. } => Roles::of([District, Grid, Resident]),
        C::Accept { .. }
        | C::Short(_)
        | C::Pack { .. }
        | C::HandOver { .. }
        | C::Decline { .. }
        | C::Pay { .. }
        | C::Refund { .. } => Roles::of([District, Shop]),
        // Who carries it hands it over, or brings it back: the rule sees to whose it is.
        C::Receive { .. } => Roles::of([District, Grid, Shop, Driver, Volunteer, Resident]),
        // Who recorded a receipt brings its photo, and the server says when it has come.
        C::ComeBack { .. } | C::PhotoCame { .. } => {
            Roles::of([District, Grid, Shop, Driver, Volunteer])
        }
        C::Lapse { .. } => Roles::of([District, Grid, Shop]),
        C::OpenGroup(_) | C::CloseGroup { .. } | C::Packs { .. } => Roles::of([District, Grid]),
    }
}

/// Whether what a household sends to the supply desk is about itself. What it sends to another desk is looked at
/// where it is made.
fn about_itself(actor: &Actor, command: &Command) -> bool {
    match (actor.household, command) {
        (Some(own), Command::Supply(command)) => command.households() == [own],
        // That a household says so itself is a household's to say.
        (None, Command::Supply(command)) => !is_word_of_a_household(command),
        _ => true,
    }
}

fn delivery_roles(command: &supply::DeliveryCommand) -> Roles {
    use Role::{Commander, District, Driver, Grid, Volunteer};
    use supply::DeliveryCommand as C;
    match command {
        C::GivePass(_)
        | C::WithdrawPass { .. }
        | C::PutGate { .. }
        | C::PutDock { .. }
        | C::Plan { .. }
        | C::Dissolve { .. } => Roles::of([Commander, District]),
        C::RegisterVolunteer(_) | C::WithdrawVolunteer { .. } => {
            Roles::of([Commander, District, Grid])
        }
        C::Depart { .. } | C::Arrive { .. } => Roles::of([District, Driver]),
        C::PassOn { .. } => Roles::of([District, Grid, Driver, Volunteer]),
    }
}

fn is_word_of_a_household(command: &supply::Command) -> bool {
    let supply::Command::Order(command) = command else { return false };
    matches!(&**command, supply::OrderCommand::Receive { proof: supply::Proof::Household, .. })
}

fn care_roles(command: &care::Command) -> Roles {
    use Role::{Commander, District, Grid, Resident, Ward};
    use care::Command as C;
    match command {
        C::PutFacility(_) | C::PutWard(_) => Roles::of([Commander, District]),
        C::PutBeds(_) | C::Staff(_) | C::SetOut(_) => Roles::of([Commander, District, Ward]),
        C::Assign(_) | C::Unassign { .. } | C::Lapse { .. } => Roles::of([Commander, District]),
        C::Depart { .. } => Roles::of([Commander, District, Ward]),
        C::Refuse { .. }
        | C::Requeue { .. }
        | C::SendHome { .. }
        | C::FinishHome { .. }
        | C::Adopt { .. } => Roles::of([District]),
        C::Admit(_) | C::Move(_) | C::Disinfect { .. } | C::Keep { .. } | C::Release(_) => {
            Roles::of([District, Ward])
        }
        // At home it is the grid worker who looks in.
        C::Round(_) => Roles::of([District, Ward, Grid]),
        // A household speaks for its own members: the rule sees to it.
        C::CheckIn(_) => Roles::of([District, Grid, Resident]),
        C::Test(_)
        | C::PutCarePlan(_)
        | C::ReviewCarePlan(_)
        | C::Consult(_)
        | C::Answer(_)
        | C::WithdrawConsult { .. }
        | C::Order(_)
        | C::StopOrder(_) => Roles::of([District, Ward]),
    }
}

fn cases_roles(command: &cases::Command) -> Roles {
    use Role::{Commander, District};
    use cases::Command as C;
    match command {
        C::Publish(_) => Roles::of([Commander, District]),
        C::Open(_)
        | C::Adopt(_)
        | C::Observe(_)
        | C::State(_)
        | C::Edit(_)
        | C::UndoEdit { .. }
        | C::Revise(_)
        | C::Report { .. }
        | C::Close(_)
        | C::Reopen { .. }
        | C::Merge(_)
        | C::Unmerge { .. }
        | C::Link(_)
        | C::Unlink { .. }
        | C::SettlePair { .. }
        | C::PutCases(_) => Roles::of([District]),
    }
}

fn registry_roles(command: &registry::Command) -> Roles {
    use Role::{Auditor, Commander, Crew, District, Grid, Resident, Sampler, Ward};
    use registry::Command as C;
    use registry::command::LookDepth;
    match command {
        C::PutPlaces(_) | C::PutHolders(_) => Roles::of([Commander, District]),
        C::PutPersons(_) | C::IssueCodes(_) => Roles::of([District]),
        C::RegisterPerson(_) => Roles::of([District, Grid, Sampler]),
        C::ChangePerson(_) | C::SettleMove(_) => Roles::of([District, Grid]),
        C::Look(look) => match look.depth {
            // Of a ward's staff the pages let nobody see but those who lie there.
            LookDepth::File => Roles::of([District, Grid, Sampler, Ward, Auditor]),
            LookDepth::Search => Roles::of([District, Grid, Sampler]),
            // A crew has to find the door; its pages show it those on its own trip only.
            LookDepth::Reveal => Roles::of([District, Grid, Crew, Ward]),
            // Who looks after deliveries, who checks them, and the household whose door it is: its page shows it its
            // own only.
            LookDepth::Photo => Roles::of([Commander, District, Grid, Auditor, Resident]),
        },
    }
}

fn testing_roles(command: &testing::Command) -> Roles {
    use Role::{Commander, Courier, District, Grid, Laboratory, Sampler};
    use testing::Command as C;
    match command {
        C::OpenRound(_) | C::SetTargets(_) | C::PlanSites(_) | C::CloseRound { .. } => {
            Roles::of([Commander, District])
        }
        C::SetCapacity(_) => Roles::of([Commander, District, Laboratory]),
        C::Exempt(_) | C::Visit(_) => Roles::of([District, Grid]),
        C::Collect(_) | C::Pack(_) | C::SealBox { .. } => Roles::of([Sampler, Grid]),
        C::HandOver(_) => Roles::of([Sampler, Grid, Courier, Laboratory]),
        C::OpenBox(_) | C::LoadPlate(_) | C::RecordResult(_) => Roles::of([Laboratory]),
        C::Report { .. } => Roles::of([Laboratory, District]),
        C::Mark(_) => Roles::of([Sampler, Grid, Courier, Laboratory, District]),
        C::CorrectMember(_) => Roles::of([Sampler, Grid, District]),
        C::Resolve(_) => Roles::of([District]),
    }
}

/// For whom a command acts: the sender must be one of these, if the grant names a holder.
fn holders_in(command: &Command) -> [Option<&HolderCode>; 2] {
    use testing::Command as C;
    match command {
        // Of the care desk the rules look at whose bed it is: a facility's staff acts for that one.
        // So do those of the transfers desk: a crew acts for its vehicle, a facility for itself.
        Command::Registry(_)
        | Command::Cases(_)
        | Command::Care(_)
        | Command::Transfers(_)
        | Command::Command(_)
        | Command::Zero(_) => [None, None],
        // A county's desk acts for the teams and the quarantine sites of its county.
        Command::Tracing(_) => [None, None],
        Command::Zones(_) => [None, None],
        // Of the supply desk the rules look at whose place it is.
        Command::Supply(_) => [None, None],
        Command::Testing(command) => match command {
            C::Collect(c) => [Some(&c.site), None],
            C::Pack(c) => [Some(&c.holder), None],
            C::HandOver(c) => [c.giver.as_ref(), Some(&c.taker)],
            C::OpenBox(c) => [Some(&c.lab), None],
            C::LoadPlate(c) => [Some(&c.lab), None],
            C::RecordResult(c) => [Some(&c.lab), None],
            C::OpenRound(_)
            | C::SetTargets(_)
            | C::PlanSites(_)
            | C::CloseRound { .. }
            | C::SetCapacity(_)
            | C::Exempt(_)
            | C::SealBox { .. }
            | C::Report { .. }
            | C::Mark(_)
            | C::CorrectMember(_)
            | C::Resolve(_)
            | C::Visit(_) => [None, None],
        },
    }
}

/// What a command touches beyond its own county: that is for those who answer for it, too.
fn further(command: &Command) -> Option<Resource> {
    use cases::Command as C;
    // What is said or decided of several counties.
    if let Command::Command(command) = command {
        return Some(Resource::Scope(command.scope()));
    }
    if let Command::Zero(command) = command {
        return command.scope().map(Resource::Scope);
    }
    let Command::Cases(command) = command else { return None };
    match &**command {
        // Figures of several counties.
        C::Publish(publish) => Some(Resource::Scope(publish.scope)),
        // A record that lies in another county.
        C::Merge(merge) => Some(Resource::Area(merge.gone.area())),
        // Somebody who is registered in another county.
        C::Link(link) => Some(Resource::Area(link.area)),
        _ => None,
    }
}

/// Whether the actor may send a command for an area; gives the grant under which it acts. A
/// grant that names a holder is for commands of that holder: a sampler seals tubes of the own
/// site, of a hand-off one side is the sender.
///
/// # Errors
/// As [`can`]; `not-your-holder` when the command acts for somebody else.
pub fn authorise<'a>(
    actor: &'a Actor,
    area: AreaCode,
    command: &Command,
) -> Result<&'a Grant, Refusal> {
    can(Some(actor), Action::Send(command), Resource::Area(area))?;
    if !about_itself(actor, command) {
        return Err(Refusal::new("not-your-household"));
    }
    if let Some(resource) = further(command) {
        can(Some(actor), Action::Send(command), resource)?;
    }
    let roles = roles_for(command);
    let holders = holders_in(command);
    let acts_for = |grant: &Grant| match &grant.holder {
        Some(own) if holders != [None, None] => holders.contains(&Some(own)),
        _ => true,
    };
    actor
        .grants
        .iter()
        .filter(|g| roles.has(g.role) && g.scope.contains(area))
        .find(|g| acts_for(g))
        .ok_or_else(|| {
            let wanted: Vec<&str> = holders.iter().flatten().map(|h| h.as_str()).collect();
            Refusal::new("not-your-holder").with("holder", wanted.join(", "))
        })
}
