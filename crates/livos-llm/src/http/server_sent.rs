//! Server-sent events, out of pieces that end anywhere.

use std::collections::VecDeque;

use crate::Error;

/// The longest event: some providers repeat the whole answer in the last one.
const LONGEST: usize = 8 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// What it says.
    pub data: String,
}

/// Bytes in, events out. Holds one unfinished event, never more.
#[derive(Debug, Default)]
pub struct Splitter {
    line: Vec<u8>,
    data: String,
    any: bool,
    after_return: bool,
    first_seen: bool,
}

impl Splitter {
    /// Takes the next piece.
    pub fn push(&mut self, mut piece: &[u8], out: &mut VecDeque<Sent>) -> Result<(), Error> {
        while let Some(&first) = piece.first() {
            // "\r\n" is one end of line, also when the piece ends between the two.
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                piece = piece.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.keep(piece);
            };
            let (before, rest) = piece.split_at(end);
            self.keep(before)?;
            self.after_return = rest.first() == Some(&b'\r');
            piece = rest.get(1..).unwrap_or_default();
            self.end_line(out)?;
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.line.len() + self.data.len() + bytes.len() > LONGEST {
            return Err(Error::malformed(format!("an event is longer than {} MiB", LONGEST >> 20)));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut VecDeque<Sent>) -> Result<(), Error> {
        let bytes = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&bytes).map_err(|_| Error::malformed("it is not UTF-8"))?;
        let line = if std::mem::replace(&mut self.first_seen, true) {
            line
        } else {
            line.strip_prefix('\u{feff}').unwrap_or(line)
        };
        if line.is_empty() {
            if std::mem::take(&mut self.any) {
                out.push_back(Sent { data: std::mem::take(&mut self.data) });
            }
            return Ok(());
        }
        // The other fields say nothing that the data doesn't say as well.
        let Some(value) = line.strip_prefix("data") else { return Ok(()) };
        let value = match value.strip_prefix(':') {
            Some(value) => value.strip_prefix(' ').unwrap_or(value),
            None if value.is_empty() => value,
            None => return Ok(()),
        };
        if std::mem::replace(&mut self.any, true) {
            self.data.push('\n');
        }
        self.data.push_str(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same however the bytes are cut.
    #[track_caller]
    fn check(text: &[u8], expected: &[&str]) {
        for size in 1..=text.len() {
            let mut splitter = Splitter::default();
            let mut out = VecDeque::new();
            for piece in text.chunks(size) {
                splitter.push(piece, &mut out).unwrap();
            }
            let found: Vec<&str> = out.iter().map(|sent| sent.data.as_str()).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn events_end_with_an_empty_line_of_any_kind() {
        check(b"data: a\n\ndata:b\r\n\r\ndata: c\r\rdata\n\n", &["a", "b", "c", ""]);
    }

    #[test]
    fn lines_of_one_event_are_put_together() {
        check(b"event: x\ndata: a\nid: 1\ndata:  b\n: note\n\n", &["a\n b"]);
    }

    #[test]
    fn what_is_no_data_is_no_event() {
        check(b": keep-alive\n\nevent: ping\n\nretry: 3\n\ndatabase: x\n\ndata: a\n\n", &["a"]);
    }

    #[test]
    fn characters_may_be_cut_anywhere() {
        check("\u{feff}data: Grüße 👋 語\n\n".as_bytes(), &["Grüße 👋 語"]);
    }

    #[test]
    fn an_unfinished_event_is_none() {
        check(b"data: a\n\ndata: half\n", &["a"]);
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let mut splitter = Splitter::default();
        assert!(splitter.push(b"data: \xff\n", &mut VecDeque::new()).is_err());
    }

    #[test]
    fn an_event_without_end_is_refused_before_it_fills_the_memory() {
        for line in
            [&b"data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"[..], b"aaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            let mut splitter = Splitter::default();
            let mut out = VecDeque::new();
            let chunk = line.repeat(4096);
            let pieces = LONGEST / chunk.len() + 2;
            let outcome = (0..pieces * 2).try_for_each(|_| splitter.push(&chunk, &mut out));
            assert!(outcome.is_err() && out.is_empty());
            assert!(splitter.line.len() + splitter.data.len() <= LONGEST);
        }
    }
}
