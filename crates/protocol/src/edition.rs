//! The rules in force at one time in one area, typed.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::{AreaScope, Micros, Refusal};

use crate::RuleInfo;
use crate::groups::care::{Care, Severity};
use crate::groups::cases::{Cases, Reporting};
use crate::groups::contacts::Contacts;
use crate::groups::movement::{Antigen, Movement};
use crate::groups::outlook::Outlook;
use crate::groups::release::Release;
use crate::groups::risk::Risk;
use crate::groups::testing::Testing;
use crate::groups::zero::CommunityZero;
use crate::groups::zones::Zones;
use crate::schema::{Absent, Consistent, Group, InForce, Spec};

/// A group's name, its parameters, and whether the program builds it.
pub(crate) struct GroupSpecs {
    pub name: &'static str,
    pub specs: Vec<Spec>,
}

/// Why a group of an edition cannot be built.
pub(crate) enum Trouble {
    /// A required rule is not in force.
    Absent(&'static str),
    /// Rules contradict each other.
    Contradiction(String),
}

macro_rules! edition {
    ($( $(#[$doc:meta])* $name:ident : $ty:ty, )*) => {
        /// The rules in force at one time in one area. Every group that the protocol speaks
        /// of is typed; a group that it does not speak of (or not yet) is refused by name.
        #[derive(Clone, Debug)]
        pub struct Edition {
            $( $name: Option<$ty>, )*
            /// In force from (inclusive): the latest switch of any rule.
            pub from: Micros,
            /// In force until (exclusive): the next switch of any rule.
            pub to: Micros,
            /// The area's override scope; [`AreaScope::ALL`] where only the base holds.
            pub scope: AreaScope,
            rules: BTreeMap<&'static str, Arc<RuleInfo>>,
        }

        impl Edition {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// Refusal `protocol-not-in-force` when the protocol has no such rules at
                /// this time.
                pub fn $name(&self) -> Result<&$ty, Refusal> {
                    self.$name.as_ref().ok_or_else(|| self.not_in_force(stringify!($name)))
                }
            )*

            /// Builds every group. `troubles` receives what keeps a group with some rule in
            /// force from being built.
            pub(crate) fn build(
                rules: &InForce,
                from: Micros,
                to: Micros,
                scope: AreaScope,
                troubles: &mut Vec<(&'static str, Trouble)>,
            ) -> Edition {
                $( let $name = match <$ty as Group>::build(rules) {
                    Ok(group) => {
                        if let Some(message) = group.contradiction() {
                            troubles.push((stringify!($name), Trouble::Contradiction(message)));
                        }
                        Some(group)
                    }
                    Err(Absent(id)) => {
                        troubles.push((stringify!($name), Trouble::Absent(id)));
                        None
                    }
                }; )*
                let rules = rules.iter().map(|(id, e)| (*id, Arc::clone(&e.info))).collect();
                Edition { $( $name, )* from, to, scope, rules }
            }
        }

        /// Every parameter that the program knows, by group.
        pub(crate) fn all_groups() -> Vec<GroupSpecs> {
            vec![$({
                let mut specs = Vec::new();
                <$ty as Group>::specs(&mut specs);
                GroupSpecs { name: stringify!($name), specs }
            }),*]
        }
    };
}

edition! {
    /// Classes of cases and how they are counted.
    cases: Cases,
    /// Reports and investigations.
    reporting: Reporting,
    /// Places of care.
    care: Care,
    /// Signs of severe and critical cases, and high-risk factors.
    severity: Severity,
    /// Release and discharge.
    release: Release,
    /// Contacts and secondary contacts.
    contacts: Contacts,
    /// Mass testing.
    testing: Testing,
    /// Antigen self-tests.
    antigen: Antigen,
    /// Locked, controlled and precaution areas.
    zones: Zones,
    /// Risk levels.
    risk: Risk,
    /// Community zero.
    zero: CommunityZero,
    /// Certificates and movement.
    movement: Movement,
    /// How the epidemic is taken to go on.
    outlook: Outlook,
}

impl Edition {
    /// The rule in force with this parameter id.
    pub fn rule(&self, id: &str) -> Option<&Arc<RuleInfo>> {
        self.rules.get(id)
    }

    /// Every rule in force, by id.
    pub fn rules(&self) -> impl Iterator<Item = &Arc<RuleInfo>> {
        self.rules.values()
    }

    fn not_in_force(&self, group: &'static str) -> Refusal {
        Refusal::new("protocol-not-in-force").with("group", group).with("from", self.from.rfc3339())
    }
}
