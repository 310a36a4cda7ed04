//! A piece of a file as text, or the word that it is none.

use std::os::fd::BorrowedFd;

use livos_bus::documents::SharedPiece;
use rustix::io::{Errno, Result};

/// So much of a file's beginning decides whether it is text, wherever the piece lies.
const HEAD: usize = 4 * 1024;
/// Bytes in which a tenth says nothing yet.
const FEW: usize = 64;

/// Reads up to `length` bytes from `offset`; nothing when that is not text. A character is never cut in two
/// at the end, so that the next piece begins with it.
pub(crate) fn piece(
    file: BorrowedFd<'_>,
    size: u64,
    media_type: &str,
    offset: u64,
    length: usize,
) -> Result<Option<SharedPiece>> {
    let mut head = if offset == 0 { Vec::new() } else { read(file, 0, HEAD)? };
    head.truncate(head.len() - begun(&head));
    let mut bytes = read(file, offset, length)?;
    let read_to_its_end = bytes.len() < length || offset.saturating_add(bytes.len() as u64) >= size;
    if !read_to_its_end {
        let whole = bytes.len() - begun(&bytes);
        bytes.truncate(if whole == 0 { bytes.len() } else { whole });
    }
    // In a few last bytes one letter of an old encoding is more than a tenth; there the head decides.
    if !is_text(&head, 0) || !is_text(&bytes, if offset == 0 { 0 } else { FEW }) {
        return Ok(None);
    }
    let end = offset.saturating_add(bytes.len() as u64);
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(SharedPiece {
        media_type: media_type.to_owned(),
        // It may have grown since it was looked at.
        size: size.max(end),
        offset,
        end,
        more: !read_to_its_end,
        exact: std::str::from_utf8(&bytes).is_ok(),
        text: text.into_owned(),
    }))
}

fn read(file: BorrowedFd<'_>, offset: u64, length: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match rustix::io::pread(file, &mut bytes[filled..], offset.saturating_add(filled as u64)) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            // An offset that no file can have is behind the end of every one.
            Err(Errno::INVAL | Errno::OVERFLOW) if filled == 0 => break,
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// No zero byte, and nine tenths of it, or of `at_least` so many bytes, are letters.
fn is_text(bytes: &[u8], at_least: usize) -> bool {
    if bytes.contains(&0) {
        return false;
    }
    let mut strange = 0;
    for chunk in bytes.utf8_chunks() {
        strange += chunk.invalid().len();
        let control = |letter: &char| letter.is_control() && !"\t\n\r\u{c}\u{8}\u{1b}".contains(*letter);
        strange += chunk.valid().chars().filter(control).count();
    }
    strange * 10 <= bytes.len().max(at_least)
}

/// How many bytes at the end are the beginning of a character.
fn begun(bytes: &[u8]) -> usize {
    let invalid = bytes.utf8_chunks().last().map(|chunk| chunk.invalid()).unwrap_or_default();
    match std::str::from_utf8(invalid) {
        Err(error) if error.error_len().is_none() => invalid.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    fn check(contents: &[u8], offset: u64, length: usize) -> Option<SharedPiece> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, contents).unwrap();
        let file = std::fs::File::open(path).unwrap();
        piece(file.as_fd(), contents.len() as u64, "text/plain", offset, length).unwrap()
    }

    #[test]
    fn pieces_joined_are_the_file_whatever_their_length() {
        let text = "aé文🦀 and so on; ½ of it.\n".repeat(9);
        for length in 4..40 {
            let (mut joined, mut at) = (String::new(), 0);
            loop {
                let found = check(text.as_bytes(), at, length).unwrap();
                assert!(found.exact && found.end > at, "{length} at {at}: {found:?}");
                joined += &found.text;
                at = found.end;
                if !found.more {
                    break;
                }
            }
            assert_eq!((joined.as_str(), at), (text.as_str(), text.len() as u64), "{length}");
        }
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none_wherever_one_looks() {
        let mut late = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        late.extend_from_slice(&[b'a'; 9000]);
        assert!(check(&late, 0, 100).is_none());
        assert!(check(&late, 8000, 100).is_none(), "its beginning says what it is");
        assert!(check(&[b'a'; 20].map(|_| 0xff), 0, 100).is_none());
        assert!(check(&[1, 2, 3, 4, 5, 6], 0, 100).is_none());
        assert!(
            check("UTF-16".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice(), 0, 100)
                .is_none()
        );
    }

    #[test]
    fn an_old_encoding_is_read_as_well_as_it_can_be() {
        let found = check(b"Der Gr\xfc\xdfende h\xf6rt nie auf zu gr\xfc\xdfen, und das ist gut so.", 0, 100)
            .unwrap();
        assert!(!found.exact && found.text.starts_with("Der Gr\u{fffd}"), "{found:?}");
        let long = [&[b'a'; 98][..], b"\xfc\n"].concat();
        assert_eq!(check(&long, 98, 100).unwrap().text, "\u{fffd}\n", "its last bytes are its own, too");
    }

    #[test]
    fn behind_the_end_there_is_nothing() {
        for offset in [3, 4, 1 << 40, u64::MAX] {
            let found = check(b"abc", offset, 100).unwrap();
            assert_eq!((found.text.as_str(), found.more), ("", false), "{offset}");
        }
        assert_eq!(check(b"", 0, 100).unwrap().text, "");
    }
}
