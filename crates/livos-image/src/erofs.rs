//! The little that has to be known of an erofs file system: how long it is.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::error::About as _;
use crate::{Error, Result};

const SUPERBLOCK: u64 = 1024;
const MAGIC: u32 = 0xe0f5_e1e2;

/// Bytes and block size of the file system in a file or device.
///
/// A tool's words are not asked: a number that was picked from the wrong line has been hashed and
/// verified happily before, and did not boot.
pub(crate) fn size(path: &Path) -> Result<(u64, u64)> {
    let file = File::open(path).about("could not open", path)?;
    let mut block = [0_u8; 128];
    file.read_exact_at(&mut block, SUPERBLOCK).about("could not read", path)?;
    parse(&block)
}

fn parse(block: &[u8; 128]) -> Result<(u64, u64)> {
    let word = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    if word(0) != MAGIC {
        return Err(Error::Verify("there is no erofs file system".to_owned()));
    }
    let bits = block[12];
    let blocks = u64::from(word(36));
    if !(9..=16).contains(&bits) || blocks == 0 {
        return Err(Error::Verify("the file system's own figures make no sense".to_owned()));
    }
    Ok((blocks << bits, 1 << bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn superblock(magic: u32, bits: u8, blocks: u32) -> [u8; 128] {
        let mut block = [0; 128];
        block[..4].copy_from_slice(&magic.to_le_bytes());
        block[12] = bits;
        block[36..40].copy_from_slice(&blocks.to_le_bytes());
        block
    }

    #[test]
    fn its_length_stands_in_the_superblock() {
        assert_eq!(parse(&superblock(MAGIC, 12, 1000)).unwrap(), (4_096_000, 4096));
    }

    #[test]
    fn nonsense_is_refused() {
        for block in [superblock(1, 12, 1000), superblock(MAGIC, 40, 1000), superblock(MAGIC, 12, 0)] {
            assert!(parse(&block).is_err());
        }
    }
}
