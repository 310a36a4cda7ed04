//! Writes a zip while its contents are read: entries stored, checksums behind them, 64-bit where needed.
//!
//! Our own, because the `zip` crate (4.6) cannot stream an entry of 4 GiB or more (it refuses its data
//! descriptor), keeps a few hundred bytes of memory for each entry, and closes an archive properly even when
//! dropped after an error. It is only the part of the format that this needs (APPNOTE 6.3.10, sections 4.3
//! to 4.5); Python's reader checks it in the tests.

use std::io::{self, Read, Write};

use crc32fast::Hasher;

/// From here on a 32-bit field says "see the 64-bit one".
const LIMIT: u64 = 0xFFFF_FFFF;
/// A name of more bytes than this has no place in the format.
const NAME: usize = 0xFFFF;

/// An archive in the making.
#[derive(Debug)]
pub(super) struct ZipStream<W> {
    out: W,
    at: u64,
    /// The table of contents, as it will be written.
    central: Vec<u8>,
    entries: u64,
}

/// What stands in both headers of an entry.
struct Head<'a> {
    name: &'a str,
    large: bool,
    /// Checksum and lengths follow the contents.
    followed: bool,
    time: [u8; 4],
    modified: Vec<u8>,
}

impl Head<'_> {
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(10);
        bytes.extend(if self.large { 45_u16 } else { 20 }.to_le_bytes());
        // Bit 11: the name is UTF-8.
        bytes.extend((0x800 | if self.followed { 8_u16 } else { 0 }).to_le_bytes());
        bytes.extend(0_u16.to_le_bytes());
        bytes.extend(self.time);
        bytes
    }
}

/// A 32-bit field.
fn short(value: u64) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

/// A 16-bit field.
fn tiny(value: usize) -> [u8; 2] {
    u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes()
}

impl<W: Write> ZipStream<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, at: 0, central: Vec::new(), entries: 0 }
    }

    /// The writer, whatever has been written.
    pub(super) fn into_inner(self) -> W {
        self.out
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    /// Adds a folder.
    pub(super) fn folder(&mut self, name: &str, modified_at: i64) -> io::Result<()> {
        let name = format!("{name}/");
        let head = head(&name, modified_at, false, false)?;
        let start = self.begin(&head)?;
        self.note(&head, 0o040_755 << 16 | 0x10, 0, 0, start);
        Ok(())
    }

    /// Adds a file of at most `size` bytes: what it has grown by since that was asked is not part of it.
    pub(super) fn file(
        &mut self,
        name: &str,
        modified_at: i64,
        executable: bool,
        size: u64,
        contents: impl Read,
    ) -> io::Result<()> {
        let head = head(name, modified_at, size >= LIMIT, true)?;
        let start = self.begin(&head)?;
        let mut hasher = Hasher::new();
        let mut length = 0;
        let mut contents = contents.take(size);
        let mut buffer = vec![0; usize::try_from(size.min(128 * 1024)).unwrap_or(0).max(1)];
        loop {
            let count = match contents.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&buffer[..count]);
            self.write(&buffer[..count])?;
            length += count as u64;
        }
        let checksum = hasher.finalize();
        let mut descriptor = b"PK\x07\x08".to_vec();
        descriptor.extend(checksum.to_le_bytes());
        for _ in ["stored", "original"] {
            if head.large {
                descriptor.extend(length.to_le_bytes());
            } else {
                descriptor.extend(short(length));
            }
        }
        self.write(&descriptor)?;
        let mode = if executable { 0o100_755 } else { 0o100_644 };
        self.note(&head, mode << 16, checksum, length, start);
        Ok(())
    }

    /// Writes the table of contents. Without it nobody takes the archive for a whole one.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let (start, length) = (self.at, self.central.len() as u64);
        let central = std::mem::take(&mut self.central);
        self.write(&central)?;
        if self.entries >= 0xFFFF || start >= LIMIT || length >= LIMIT {
            let end = self.at;
            let mut record = b"PK\x06\x06".to_vec();
            record.extend(44_u64.to_le_bytes());
            record.extend([45, 3, 45, 0]);
            record.extend([0; 8]);
            record.extend(self.entries.to_le_bytes());
            record.extend(self.entries.to_le_bytes());
            record.extend(length.to_le_bytes());
            record.extend(start.to_le_bytes());
            record.extend(b"PK\x06\x07\0\0\0\0");
            record.extend(end.to_le_bytes());
            record.extend(1_u32.to_le_bytes());
            self.write(&record)?;
        }
        let entries = tiny(usize::try_from(self.entries).unwrap_or(usize::MAX));
        let mut record = b"PK\x05\x06\0\0\0\0".to_vec();
        record.extend(entries);
        record.extend(entries);
        record.extend(short(length));
        record.extend(short(start));
        record.extend([0; 2]);
        self.write(&record)?;
        self.out.flush()
    }

    /// Writes the header before an entry; answers where it stands.
    fn begin(&mut self, head: &Head<'_>) -> io::Result<u64> {
        let start = self.at;
        let mut extra = Vec::new();
        if head.large {
            extra.extend([1, 0, 16, 0]);
            extra.extend([0; 16]);
        }
        extra.extend(&head.modified);
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(head.common());
        bytes.extend([0; 4]);
        let length = if head.large { [0xFF; 8] } else { [0; 8] };
        bytes.extend(length);
        bytes.extend(tiny(head.name.len()));
        bytes.extend(tiny(extra.len()));
        bytes.extend(head.name.as_bytes());
        bytes.extend(extra);
        self.write(&bytes)?;
        Ok(start)
    }

    /// Adds an entry to the table of contents.
    fn note(&mut self, head: &Head<'_>, attributes: u32, checksum: u32, length: u64, start: u64) {
        let mut wide = Vec::new();
        if head.large {
            wide.extend(length.to_le_bytes());
            wide.extend(length.to_le_bytes());
        }
        if start >= LIMIT {
            wide.extend(start.to_le_bytes());
        }
        let mut extra = Vec::new();
        if !wide.is_empty() {
            extra.extend([1, 0]);
            extra.extend(tiny(wide.len()));
            extra.extend(wide);
        }
        extra.extend(&head.modified);
        let central = &mut self.central;
        central.extend(b"PK\x01\x02");
        // Made on Unix, so that the attributes are a mode.
        central.extend([45, 3]);
        central.extend(head.common());
        central.extend(checksum.to_le_bytes());
        let length = if head.large { [0xFF; 4] } else { short(length) };
        central.extend(length);
        central.extend(length);
        central.extend(tiny(head.name.len()));
        central.extend(tiny(extra.len()));
        central.extend([0; 6]);
        central.extend(attributes.to_le_bytes());
        central.extend(short(start));
        central.extend(head.name.as_bytes());
        central.extend(extra);
        self.entries += 1;
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

fn head(name: &str, modified_at: i64, large: bool, followed: bool) -> io::Result<Head<'_>> {
    if name.len() > NAME {
        return Err(io::Error::new(io::ErrorKind::InvalidFilename, "a path is too long for a zip"));
    }
    // The old field has no time zone and ends in 2107; the extra one is in UTC and wins where it is known.
    let modified = match i32::try_from(modified_at) {
        Ok(seconds) => [&b"UT\x05\0\x01"[..], &seconds.to_le_bytes()].concat(),
        Err(_) => Vec::new(),
    };
    Ok(Head { name, large, followed, time: dos_time(modified_at), modified })
}

/// UTC as the format writes it; before 1980 or after 2107 its first moment. (Days to civil date after
/// H. Hinnant.)
fn dos_time(at: i64) -> [u8; 4] {
    const FIRST: [u8; 4] = [0, 0, 0b0010_0001, 0];
    let days = at.div_euclid(86_400) + 719_468;
    let second = at.rem_euclid(86_400);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    if !(1980..=2107).contains(&year) {
        return FIRST;
    }
    let date = (year - 1980) << 9 | month << 5 | day;
    let time = (second / 3600) << 11 | (second / 60 % 60) << 5 | ((second % 60) / 2);
    let [time, date] = [time, date].map(|field| u16::try_from(field).unwrap_or(0).to_le_bytes());
    [time[0], time[1], date[0], date[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (at, (year, month, day, hour, minute, second)) in [
            (315_532_800, (1980, 1, 1, 0, 0, 0)),
            (951_827_696, (2000, 2, 29, 12, 34, 56)),
            // The format counts seconds in twos.
            (1_798_761_599, (2026, 12, 31, 23, 59, 58)),
            (0, (1980, 1, 1, 0, 0, 0)),
            (i64::MAX / 2, (1980, 1, 1, 0, 0, 0)),
        ] {
            let [a, b, c, d] = dos_time(at);
            let (time, date) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
            let got =
                (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2);
            assert_eq!(got, (year, month, day, hour, minute, second), "{at}");
        }
    }
}
