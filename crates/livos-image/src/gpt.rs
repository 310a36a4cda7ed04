//! The partition table, written so that a power cut leaves one that can be read.
//!
//! A library would do for reading. Ours is for the order of writing: first the copy at the end of the
//! disk, then the one at its start, each complete on the disk before the next begins. A torn first copy
//! is made good from the second by the firmware, by the kernel (told so by `gpt` on its command line)
//! and by [`Table::read`].

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::About as _;
use crate::{Error, Result};

/// Bytes of a sector. Disks with other logical sectors are not supported by the image.
pub const SECTOR: u64 = 512;
const ENTRIES: usize = 128;
const ENTRY: usize = 128;
/// Sectors of the array of entries.
const ARRAY: u64 = (ENTRIES * ENTRY) as u64 / SECTOR;

/// For GRUB's second stage.
pub const BIOS_BOOT: Uuid = Uuid::from_u128(0x2168_6148_6449_6e6f_744e_6565_6445_4649);
/// The boot partition.
pub const ESP: Uuid = Uuid::from_u128(0xc12a_7328_f81f_11d2_ba4b_00a0_c93e_c93b);
/// Root of a 64-bit PC.
pub const ROOT: Uuid = Uuid::from_u128(0x4f68_bce3_e8cd_4db1_96e7_fbca_f984_b709);
/// Hashes of such a root.
pub const ROOT_VERITY: Uuid = Uuid::from_u128(0x2c73_57ed_ebd2_46d9_aec1_23d4_37ec_2bf5);

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// What it is for.
    pub kind: Uuid,
    /// Its own name.
    pub id: Uuid,
    /// First sector.
    pub first: u64,
    /// Last sector, which belongs to it.
    pub last: u64,
    /// Flags.
    pub flags: u64,
    /// What people call it.
    pub label: String,
}

impl Partition {
    /// Where it begins, in bytes.
    pub fn offset(&self) -> u64 {
        self.first * SECTOR
    }

    /// How long it is, in bytes.
    pub fn bytes(&self) -> u64 {
        (self.last + 1 - self.first) * SECTOR
    }
}

/// A partition table and the disk it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The disk's own name.
    pub disk: Uuid,
    /// By number less one; a number may be free.
    pub partitions: Vec<Option<Partition>>,
    sectors: u64,
    /// The first copy could not be read: it must be written again.
    pub damaged: bool,
}

impl Table {
    /// An empty table for a disk of this many bytes.
    pub fn new(disk: Uuid, bytes: u64) -> Self {
        Self { disk, partitions: Vec::new(), sectors: bytes / SECTOR, damaged: false }
    }

    /// Adds a partition behind the last one, at the next full megabyte.
    pub fn append(&mut self, kind: Uuid, id: Uuid, label: &str, bytes: u64) -> Result<()> {
        let mebibyte = 1024 * 1024 / SECTOR;
        let behind = self.partitions.iter().flatten().map(|part| part.last + 1).max().unwrap_or(mebibyte);
        let first = behind.next_multiple_of(mebibyte);
        let last = first + bytes / SECTOR - 1;
        if last > self.last_usable() {
            return Err(Error::Table(format!("{label} does not fit")));
        }
        self.partitions.push(Some(Partition { kind, id, first, last, flags: 0, label: label.to_owned() }));
        Ok(())
    }

    fn last_usable(&self) -> u64 {
        self.sectors.saturating_sub(ARRAY + 2)
    }

    /// Reads the table of an image file or a disk: the first copy, or the second if the first is torn.
    pub fn read(disk: &Path) -> Result<Self> {
        let file = File::open(disk).about("could not open", disk)?;
        let sectors = length(&file, disk)? / SECTOR;
        match Self::read_copy(&file, 1, sectors) {
            Ok(table) => Ok(table),
            Err(first) => match Self::read_copy(&file, sectors.saturating_sub(1), sectors) {
                Ok(table) => Ok(Self { damaged: true, ..table }),
                Err(_) => Err(first),
            },
        }
    }

    fn read_copy(file: &File, at: u64, sectors: u64) -> Result<Self> {
        let wrong = |what: &str| Error::Table(format!("{what} in sector {at}"));
        let mut header = [0_u8; SECTOR as usize];
        file.read_exact_at(&mut header, at * SECTOR).map_err(|_| wrong("nothing can be read"))?;
        if header.get(..8) != Some(b"EFI PART".as_slice()) {
            return Err(wrong("there is no table"));
        }
        let size = number(&header, 12, 4) as usize;
        let mut summed =
            header.get(..size).filter(|_| size >= 92).ok_or_else(|| wrong("bad length"))?.to_vec();
        summed.splice(16..20, [0; 4]);
        if u64::from(crc32fast::hash(&summed)) != number(&header, 16, 4) || number(&header, 24, 8) != at {
            return Err(wrong("a broken header"));
        }
        if number(&header, 80, 4) != ENTRIES as u64 || number(&header, 84, 4) != ENTRY as u64 {
            return Err(wrong("a table of an unusual size"));
        }
        let mut array = vec![0_u8; ENTRIES * ENTRY];
        file.read_exact_at(&mut array, number(&header, 72, 8) * SECTOR).map_err(|_| wrong("no entries"))?;
        if u64::from(crc32fast::hash(&array)) != number(&header, 88, 4) {
            return Err(wrong("broken entries"));
        }
        let mut partitions: Vec<Option<Partition>> = array.chunks_exact(ENTRY).map(parse).collect();
        while partitions.last().is_some_and(Option::is_none) {
            partitions.pop();
        }
        let disk = uuid(&header, 56);
        Ok(Self { disk, partitions, sectors, damaged: false })
    }

    /// Writes both copies, the one at the end first, and waits for the disk each time. The protective MBR
    /// is written only where there is none: boot code and its flag stay.
    pub fn write(&self, disk: &Path) -> Result<()> {
        let file = File::options().read(true).write(true).open(disk).about("could not open", disk)?;
        let array = self.array();
        let last = self.sectors - 1;
        let backup_array = last - ARRAY;
        let mut end = array.clone();
        end.extend(self.header(&array, last, 1, backup_array));
        file.write_all_at(&end, backup_array * SECTOR).about("could not write", disk)?;
        file.sync_all().about("could not write", disk)?;

        let mut start = self.header(&array, 1, last, 2);
        start.extend(&array);
        let mut mbr = [0_u8; SECTOR as usize];
        file.read_exact_at(&mut mbr, 0).about("could not read", disk)?;
        if mbr.get(510..) != Some([0x55, 0xaa].as_slice()) || mbr.get(450) != Some(&0xee) {
            file.write_all_at(&protective(&mbr, self.sectors), 0).about("could not write", disk)?;
        }
        file.write_all_at(&start, SECTOR).about("could not write", disk)?;
        file.sync_all().about("could not write", disk)
    }

    fn array(&self) -> Vec<u8> {
        let mut array = Vec::with_capacity(ENTRIES * ENTRY);
        for part in &self.partitions {
            let mut entry = [0_u8; ENTRY];
            if let Some(part) = part {
                entry[..16].copy_from_slice(&part.kind.to_bytes_le());
                entry[16..32].copy_from_slice(&part.id.to_bytes_le());
                entry[32..40].copy_from_slice(&part.first.to_le_bytes());
                entry[40..48].copy_from_slice(&part.last.to_le_bytes());
                entry[48..56].copy_from_slice(&part.flags.to_le_bytes());
                for (unit, place) in part.label.encode_utf16().take(36).zip(entry[56..].chunks_exact_mut(2)) {
                    place.copy_from_slice(&unit.to_le_bytes());
                }
            }
            array.extend(entry);
        }
        array.resize(ENTRIES * ENTRY, 0);
        array
    }

    fn header(&self, array: &[u8], here: u64, other: u64, array_at: u64) -> Vec<u8> {
        let mut header = vec![0_u8; SECTOR as usize];
        let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"EFI PART");
        put(8, &0x0001_0000_u32.to_le_bytes());
        put(12, &92_u32.to_le_bytes());
        put(24, &here.to_le_bytes());
        put(32, &other.to_le_bytes());
        put(40, &(ARRAY + 2).to_le_bytes());
        put(48, &self.last_usable().to_le_bytes());
        put(56, &self.disk.to_bytes_le());
        put(72, &array_at.to_le_bytes());
        put(80, &(ENTRIES as u32).to_le_bytes());
        put(84, &(ENTRY as u32).to_le_bytes());
        put(88, &crc32fast::hash(array).to_le_bytes());
        let sum = crc32fast::hash(&header[..92]);
        header[16..20].copy_from_slice(&sum.to_le_bytes());
        header
    }
}

fn parse(entry: &[u8]) -> Option<Partition> {
    let kind = uuid(entry, 0);
    if kind.is_nil() {
        return None;
    }
    let units: Vec<u16> =
        entry[56..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let label = String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default());
    let (first, last) = (number(entry, 32, 8), number(entry, 40, 8));
    Some(Partition { kind, id: uuid(entry, 16), first, last, flags: number(entry, 48, 8), label })
}

/// A little-endian number of `length` bytes.
fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    bytes.iter().skip(at).take(length).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn uuid(bytes: &[u8], at: usize) -> Uuid {
    let mut id = [0; 16];
    id.copy_from_slice(&bytes[at..at + 16]);
    Uuid::from_bytes_le(id)
}

/// The MBR that tells old tools that the disk is taken; boot code that is there stays.
fn protective(old: &[u8; SECTOR as usize], sectors: u64) -> [u8; SECTOR as usize] {
    let mut mbr = *old;
    mbr[446..510].fill(0);
    mbr[446..454].copy_from_slice(&[0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]);
    mbr[454..458].copy_from_slice(&1_u32.to_le_bytes());
    let length = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    mbr[458..462].copy_from_slice(&length.to_le_bytes());
    mbr[510..].copy_from_slice(&[0x55, 0xaa]);
    mbr
}

/// Bytes of a file or a block device.
pub(crate) fn length(file: &File, path: &Path) -> Result<u64> {
    use std::io::{Seek as _, SeekFrom};
    let mut file = file;
    file.seek(SeekFrom::End(0)).about("could not measure", path)
}

/// The device of a partition of a disk: `/dev/vda3`, `/dev/nvme0n1p3`.
pub fn device(disk: &Path, number: usize) -> PathBuf {
    let name = disk.to_string_lossy();
    let between = if name.ends_with(|letter: char| letter.is_ascii_digit()) { "p" } else { "" };
    PathBuf::from(format!("{name}{between}{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEBIBYTE: u64 = 1024 * 1024;

    fn disk() -> (tempfile::NamedTempFile, Table) {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(64 * MEBIBYTE).unwrap();
        let mut table = Table::new(Uuid::from_u128(1), 64 * MEBIBYTE);
        table.append(BIOS_BOOT, Uuid::from_u128(2), "bios", MEBIBYTE).unwrap();
        table.append(ROOT, Uuid::from_u128(3), "livos_0.1.0-1", 30 * MEBIBYTE).unwrap();
        (file, table)
    }

    #[test]
    fn what_is_written_is_read() {
        let (file, table) = disk();
        table.write(file.path()).unwrap();
        assert_eq!(Table::read(file.path()).unwrap(), table);
        assert_eq!(table.partitions[1].as_ref().unwrap().offset(), 2 * MEBIBYTE);
    }

    #[test]
    fn sfdisk_reads_it_too() {
        let (file, table) = disk();
        table.write(file.path()).unwrap();
        let output =
            std::process::Command::new("/usr/sbin/sfdisk").arg("--verify").arg(file.path()).output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("No errors detected"), "{said}");
    }

    /// Each write of `write` is cut at each of its sectors; what is read is the old table or the new one.
    #[test]
    fn a_cut_anywhere_leaves_a_table() {
        let (file, old) = disk();
        old.write(file.path()).unwrap();
        let before = std::fs::read(file.path()).unwrap();
        let mut new = old.clone();
        new.partitions[1].as_mut().unwrap().id = Uuid::from_u128(99);
        new.write(file.path()).unwrap();
        let after = std::fs::read(file.path()).unwrap();

        let sectors = before.len() / SECTOR as usize;
        // In the order they reach the disk: the end, then the start.
        let order: Vec<usize> = (sectors - 33..sectors).chain(0..34).collect();
        let mut now = before;
        for cut in 0..=order.len() {
            std::fs::write(file.path(), &now).unwrap();
            let read = Table::read(file.path()).unwrap();
            assert!(
                read.partitions == old.partitions || read.partitions == new.partitions,
                "at sector {cut}"
            );
            if let Some(sector) = order.get(cut) {
                let range = sector * SECTOR as usize..(sector + 1) * SECTOR as usize;
                now[range.clone()].copy_from_slice(&after[range]);
            }
        }
        assert_eq!(now, after);
    }

    #[test]
    fn a_torn_first_copy_is_noticed() {
        let (file, table) = disk();
        table.write(file.path()).unwrap();
        let open = File::options().write(true).open(file.path()).unwrap();
        open.write_all_at(&[0xff; 100], 2 * SECTOR).unwrap();
        let read = Table::read(file.path()).unwrap();
        assert!(read.damaged);
        assert_eq!(read.partitions, table.partitions);
    }

    #[test]
    fn partitions_of_a_disk_have_device_names() {
        assert_eq!(device(Path::new("/dev/vda"), 3), Path::new("/dev/vda3"));
        assert_eq!(device(Path::new("/dev/nvme0n1"), 3), Path::new("/dev/nvme0n1p3"));
    }
}
