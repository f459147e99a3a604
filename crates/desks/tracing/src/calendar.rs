//! Calendar days of the protocol's zone: schedules count days, not hours.

use jiff::tz::TimeZone;
use jiff::{Span as Days, Timestamp};
use types::Micros;

/// The days of one time zone. A day is the instant of its midnight there.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
}

impl Calendar {
    /// The days of a named zone; of UTC where the name is none.
    pub fn of(zone: &str) -> Calendar {
        Calendar { zone: TimeZone::get(zone).unwrap_or(TimeZone::UTC) }
    }

    /// The day in which a moment lies.
    pub fn day(&self, at: Micros) -> Micros {
        let day = || {
            let stamp = Timestamp::from_microsecond(at.0).ok()?;
            let date = self.zone.to_datetime(stamp).date();
            let start = self.zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
            Some(Micros(start.ok()?.as_microsecond()))
        };
        day().unwrap_or(at)
    }

    /// A date of the calendar.
    pub fn date(&self, year: i16, month: u8, day: u8) -> Option<Micros> {
        let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let start = self.zone.to_timestamp(date.ok()?.to_datetime(jiff::civil::Time::midnight()));
        Some(Micros(start.ok()?.as_microsecond()))
    }

    /// The day that lies `n` days after a day.
    pub fn after(&self, day: Micros, n: i64) -> Micros {
        let later = || {
            let stamp = Timestamp::from_microsecond(day.0).ok()?;
            let date = self.zone.to_datetime(stamp).date();
            let date = date.checked_add(Days::new().try_days(n).ok()?).ok()?;
            let start = self.zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
            Some(Micros(start.ok()?.as_microsecond()))
        };
        later().unwrap_or(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_zone() {
        let calendar = Calendar::of("Asia/Shanghai");
        let at = |text: &str| Micros::parse(text).expect("a time");
        let day = at("2022-03-20T00:00:00+08:00");
        assert_eq!(calendar.day(at("2022-03-20T23:59:59+08:00")), day);
        assert_eq!(calendar.day(day), day);
        assert_eq!(calendar.after(day, 14), at("2022-04-03T00:00:00+08:00"));
        // Where clocks are changed, a day is not always 24 hours.
        let berlin = Calendar::of("Europe/Berlin");
        let saturday = at("2022-03-26T00:00:00+01:00");
        assert_eq!(berlin.after(saturday, 2), at("2022-03-28T00:00:00+02:00"));
    }
}
