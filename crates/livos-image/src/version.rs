//! What a slot's content is called.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// `0.2.0-7`: the release of LivOS in it, and a number that rises with every system composed on this
/// machine. The number alone decides which of two is newer, so that a security update without a new
/// LivOS, and a return to an older LivOS, are newer too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlotVersion {
    release: String,
    generation: u32,
}

impl SlotVersion {
    /// A version with this release, which must be letters, digits, dots and tildes.
    pub fn new(release: &str, generation: u32) -> Result<Self, Error> {
        // The names end up on FAT, in GRUB's script and on a kernel's command line.
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '~');
        if release.is_empty() || release.len() > 40 || !release.chars().all(allowed) {
            return Err(Error::Invalid(format!("{release:?} is not a version that a slot can carry")));
        }
        Ok(Self { release: release.to_owned(), generation })
    }

    /// The release of LivOS, without the number of the composition.
    pub fn release(&self) -> &str {
        &self.release
    }

    /// How many systems were composed before this one.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Turns a Debian version into a release: no epoch, no Debian revision, nothing but what a slot may
    /// be called.
    pub fn release_of(debian: &str) -> String {
        let upstream = debian.split_once(':').map_or(debian, |(_, rest)| rest);
        let upstream = upstream.rsplit_once('-').map_or(upstream, |(before, _)| before);
        let letter = |letter: char| {
            if letter.is_ascii_alphanumeric() || letter == '.' || letter == '~' { letter } else { '.' }
        };
        upstream.chars().map(letter).take(40).collect()
    }
}

impl fmt::Display for SlotVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.release, self.generation)
    }
}

impl FromStr for SlotVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Invalid(format!("{text:?} is not the version of a slot"));
        let (release, number) = text.rsplit_once('-').ok_or_else(wrong)?;
        let generation = number.parse().map_err(|_| wrong())?;
        if number != format!("{generation}") {
            return Err(wrong());
        }
        Self::new(release, generation).map_err(|_| wrong())
    }
}

impl PartialOrd for SlotVersion {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SlotVersion {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.generation.cmp(&other.generation).then_with(|| self.release.cmp(&other.release))
    }
}

impl serde::Serialize for SlotVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_decides_which_is_newer() {
        let version = |text: &str| text.parse::<SlotVersion>().unwrap();
        assert!(version("0.1.0-10") > version("0.2.0-9"));
        assert_eq!(version("0.2.0~rc1-3").to_string(), "0.2.0~rc1-3");
        assert_eq!(version("0.2.0-3").release(), "0.2.0");
    }

    #[test]
    fn only_safe_names_are_versions() {
        for text in ["", "1.0", "1.0-", "-1", "1.0-01", "1.0-+1", "1.0-x", "1 0-1", "1/0-1", "a_b-1", "$a-1"]
        {
            assert!(text.parse::<SlotVersion>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_package_version_becomes_a_release() {
        assert_eq!(SlotVersion::release_of("0.2.0-1~deb13u1"), "0.2.0");
        assert_eq!(SlotVersion::release_of("2:0.2.0+git5"), "0.2.0.git5");
        assert_eq!(SlotVersion::release_of("0.2.0~rc1"), "0.2.0~rc1");
    }
}
