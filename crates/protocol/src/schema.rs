//! How the typed groups are declared, and how a group is filled from the rules in force.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::value::RuleValue;
use crate::{Lang, Rule, RuleInfo, Texts};

/// A value that was read and checked.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub value: Arc<dyn Any + Send + Sync>,
    pub text: Texts,
}

/// The least and the most that a parameter's numbers may be, if it has limits.
pub(crate) type Limits = Option<(f64, f64)>;

/// One parameter that the program knows.
#[derive(Clone, Copy)]
pub(crate) struct Spec {
    pub id: &'static str,
    pub limits: Limits,
    read: fn(&toml::Value, Limits) -> Result<Parsed, String>,
}

impl Spec {
    fn of<T: RuleValue>(id: &'static str, limits: Limits) -> Spec {
        Spec { id, limits, read: read_checked::<T> }
    }

    /// Reads the value and checks it against the type's and the parameter's limits.
    pub fn read(&self, value: &toml::Value) -> Result<Parsed, String> {
        (self.read)(value, self.limits)
    }
}

fn read_checked<T: RuleValue>(value: &toml::Value, limits: Limits) -> Result<Parsed, String> {
    let read =
        T::read(value).map_err(|why| format!("{}; expected {}", why.trim_end(), T::EXPECTED))?;
    if let Some(fault) = read.fault() {
        return Err(format!("{fault}; expected {}", T::EXPECTED));
    }
    if let Some((low, high)) = limits {
        for n in read.numbers() {
            // Written so that NaN fails too.
            if !(low <= n && n <= high) {
                return Err(format!(
                    "{} is out of range; expected {low} to {high} (lengths of time in hours)",
                    read.text(Lang::En)
                ));
            }
        }
    }
    let text = Texts { en: read.text(Lang::En), zh: read.text(Lang::Zh) };
    Ok(Parsed { value: Arc::new(read), text })
}

/// A rule in force, before it is typed.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub info: Arc<RuleInfo>,
    pub value: Arc<dyn Any + Send + Sync>,
}

/// The rules in force at one time in one area.
pub(crate) type InForce = BTreeMap<&'static str, Arc<Entry>>;

/// A parameter that a group needs and that is not in force.
#[derive(Debug)]
pub(crate) struct Absent(pub &'static str);

/// A field of a group: a rule, or a rule that need not be there.
pub(crate) trait Slot: Sized {
    fn spec(id: &'static str, limits: Limits) -> Spec;
    fn take(rules: &InForce, id: &'static str) -> Result<Self, Absent>;
}

impl<T: RuleValue> Slot for Option<Rule<T>> {
    fn spec(id: &'static str, limits: Limits) -> Spec {
        Spec::of::<T>(id, limits)
    }
    fn take(rules: &InForce, id: &'static str) -> Result<Self, Absent> {
        let Some(entry) = rules.get(id) else { return Ok(None) };
        let value: &T = entry.value.downcast_ref().ok_or(Absent(id))?;
        Ok(Some(Rule { value: value.clone(), info: Arc::clone(&entry.info) }))
    }
}

impl<T: RuleValue> Slot for Rule<T> {
    fn spec(id: &'static str, limits: Limits) -> Spec {
        Spec::of::<T>(id, limits)
    }
    fn take(rules: &InForce, id: &'static str) -> Result<Self, Absent> {
        <Option<Rule<T>> as Slot>::take(rules, id)?.ok_or(Absent(id))
    }
}

/// A group of typed rules.
pub(crate) trait Group: Sized {
    /// Appends the parameters of the group.
    fn specs(out: &mut Vec<Spec>);
    /// Fills the group from the rules in force.
    fn build(rules: &InForce) -> Result<Self, Absent>;
}

/// What rules of one group must be to each other.
pub(crate) trait Consistent {
    /// A contradiction between rules, if there is one.
    fn contradiction(&self) -> Option<String> {
        None
    }
}

/// Declares a group: `field: Rule<Type> = "id" in low..=high,`, then nested groups.
macro_rules! group {
    (
        $(#[$doc:meta])*
        $name:ident {
            $(
                $(#[$fdoc:meta])*
                $field:ident : $ty:ty = $id:literal $(in $low:literal ..= $high:literal)?,
            )*
        }
        $(nested { $( $(#[$gdoc:meta])* $sub:ident : $subty:ty, )* })?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[$fdoc])* pub $field: $ty, )*
            $($( $(#[$gdoc])* pub $sub: $subty, )*)?
        }

        impl $crate::schema::Group for $name {
            fn specs(out: &mut Vec<$crate::schema::Spec>) {
                $( out.push(<$ty as $crate::schema::Slot>::spec(
                    $id,
                    $crate::schema::limits!($($low, $high)?),
                )); )*
                $($( <$subty as $crate::schema::Group>::specs(out); )*)?
            }

            fn build(
                rules: &$crate::schema::InForce,
            ) -> Result<Self, $crate::schema::Absent> {
                Ok($name {
                    $( $field: <$ty as $crate::schema::Slot>::take(rules, $id)?, )*
                    $($( $sub: <$subty as $crate::schema::Group>::build(rules)?, )*)?
                })
            }
        }
    };
}
pub(crate) use group;

macro_rules! limits {
    () => {
        None
    };
    ($low:literal, $high:literal) => {
        Some(($low, $high))
    };
}
pub(crate) use limits;
