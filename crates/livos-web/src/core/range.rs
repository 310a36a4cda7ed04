//! Byte ranges (RFC 9110, section 14): one range per request.

/// What part of a file to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it: nothing else was asked for, or what was asked for is not understood.
    Whole,
    /// From the first byte up to, not including, the last.
    Range(u64, u64),
    /// Beyond the end.
    Unsatisfiable,
}

/// Reads a `Range` header for a file of `size` bytes.
///
/// Several ranges at once are answered with the whole file, which the standard allows: a client that
/// wants pieces asks for them one by one, and no request can make us read a file a hundred times.
pub(crate) fn parse(header: &str, size: u64) -> Part {
    let Some(set) = header.trim().strip_prefix("bytes=") else { return Part::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Part::Whole };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // Larger than any file is beyond the end, not nonsense.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", suffix) => match number(suffix) {
            None => Part::Whole,
            Some(0) => Part::Unsatisfiable,
            Some(_) if size == 0 => Part::Unsatisfiable,
            Some(length) => Part::Range(size.saturating_sub(length), size),
        },
        (first, last) => {
            let end = if last.is_empty() { Some(u64::MAX) } else { number(last) };
            match (number(first), end) {
                (Some(first), Some(last)) if first > last => Part::Whole,
                (Some(first), Some(_)) if first >= size => Part::Unsatisfiable,
                (Some(first), Some(last)) => Part::Range(first, last.saturating_add(1).min(size)),
                _ => Part::Whole,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        for (header, part) in [
            ("bytes=0-499", Part::Range(0, 500)),
            ("bytes=500-", Part::Range(500, 1000)),
            ("bytes=-200", Part::Range(800, 1000)),
            ("bytes=-5000", Part::Range(0, 1000)),
            ("bytes=999-999", Part::Range(999, 1000)),
            ("bytes=0-99999999999999999999999", Part::Range(0, 1000)),
            ("bytes=1000-", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-0,5-6", Part::Whole),
            ("items=0-1", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(parse(header, 1000), part, "{header}");
        }
        assert_eq!(parse("bytes=0-", 0), Part::Unsatisfiable);
        assert_eq!(parse("bytes=-1", 0), Part::Unsatisfiable);
    }
}
