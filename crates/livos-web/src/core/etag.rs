//! Conditional requests (RFC 9110, section 13).

/// True when one of the tags in an `If-None-Match` header is ours: the client has it already.
pub(crate) fn none_match_hits(header: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    header.trim() == "*" || header.split(',').any(|candidate| bare(candidate) == bare(tag))
}

/// True when an `If-Range` header names what we have, so the range may be sent: a strong tag, or
/// exactly our date.
pub(crate) fn if_range_holds(header: &str, tag: &str, modified: &str) -> bool {
    let header = header.trim();
    (header == tag && !tag.starts_with("W/")) || (!header.is_empty() && header == modified)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` for UTC seconds.
pub(crate) fn http_date(at: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let at = at.clamp(0, 253_402_300_799);
    let (days, seconds) = (at / 86_400, at % 86_400);
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z / 146_097;
    let doe = z % 146_097;
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let name =
        |names: &[&'static str], index: i64| usize::try_from(index).ok().and_then(|i| names.get(i)).copied();
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&DAYS, days % 7).unwrap_or("Thu"),
        name(&MONTHS, month - 1).unwrap_or("Jan"),
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_for_caches_and_strongly_for_ranges() {
        assert!(none_match_hits("\"a\"", "\"a\""));
        assert!(none_match_hits("\"b\", W/\"a\"", "\"a\""));
        assert!(none_match_hits("*", "\"a\""));
        assert!(!none_match_hits("\"ab\"", "\"a\""));
        assert!(if_range_holds("\"a\"", "\"a\"", "d"));
        assert!(!if_range_holds("W/\"a\"", "W/\"a\"", "d"));
        assert!(if_range_holds("d", "\"a\"", "d"));
        assert!(!if_range_holds("", "\"a\"", ""));
    }

    #[test]
    fn dates_are_written_the_http_way() {
        assert_eq!(http_date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(1_709_164_800), "Thu, 29 Feb 2024 00:00:00 GMT");
        assert_eq!(http_date(-5), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
