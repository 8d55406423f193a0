//! How much of a certificate's life is left.

use quorate_engine::value::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::attrs;

/// The part of a life, in percent, below which a certificate is renewed.
pub(super) const RENEW_BELOW_PERCENT: i32 = 30;

/// A certificate's span, seen from a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub total: Duration,
    pub left: Duration,
}

impl Life {
    /// The life that an object's `not_before` and `not_after` span.
    pub fn of(object: &Value, now: i64) -> Option<Life> {
        let time = |name| OffsetDateTime::parse(attrs::text(object, name)?, &Rfc3339).ok();
        let (begin, end) = (time("not_before")?, time("not_after")?);
        let left = Duration::seconds(end.unix_timestamp().saturating_sub(now));
        Some(Life { total: end - begin, left })
    }

    /// Whether less is left than a certificate should have.
    pub fn is_short(self, window: Option<Duration>) -> bool {
        let share = self.total.checked_mul(RENEW_BELOW_PERCENT);
        let window = window.or_else(|| Some(share? / 100)).unwrap_or(self.total);
        self.left < window
    }

    /// `20 days left of 365`, or since when it is over.
    pub fn words(self) -> String {
        if self.left.is_negative() {
            return format!("expired {} ago", days(-self.left));
        }
        format!("{} left of {}", days(self.left), self.total.whole_days())
    }
}

/// Hours below two days, else to the nearest day: a certificate made a second ago has all its days.
fn days(span: Duration) -> String {
    match (span.whole_days(), span.whole_hours()) {
        (0, 1) => "1 hour".to_owned(),
        (0, hours) => format!("{hours} hours"),
        (1, 24) => "1 day".to_owned(),
        (1, hours) => format!("{hours} hours"),
        _ => format!("{} days", span.saturating_add(Duration::hours(12)).whole_days()),
    }
}

/// A moment as text, in whole seconds.
pub(super) fn rfc3339(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_runs_short() {
        let object = Value::object([
            ("not_before", "2026-01-01T00:00:00Z".into()),
            ("not_after", "2027-01-01T00:00:00Z".into()),
        ]);
        let begin = 1_767_225_600;
        let day = 86_400;
        for (days, short, words) in [
            (0, false, "365 days left of 365"),
            (255, false, "110 days left of 365"),
            (256, true, "109 days left of 365"),
            (345, true, "20 days left of 365"),
            (364, true, "1 day left of 365"),
            (368, true, "expired 3 days ago"),
        ] {
            let life = Life::of(&object, begin + days * day).unwrap();
            assert_eq!(life.is_short(None), short, "{days}");
            assert_eq!(life.words(), words);
        }
        assert_eq!(Life::of(&object, begin + 1).unwrap().words(), "365 days left of 365");
        assert_eq!(
            Life::of(&object, begin + 364 * day - 7200).unwrap().words(),
            "26 hours left of 365"
        );
        let life = Life::of(&object, begin).unwrap();
        assert!(life.is_short(Some(Duration::days(366))));
        assert_eq!(Life::of(&Value::object::<&str>([]), 0), None);
    }
}
