//! A version in one file, for a machine that reaches no archive: the signed archive that `./build.sh repo` makes, as
//! a plain tar.
//!
//! Nothing here decides whether a bundle is to be believed. It is laid out in a folder of its own and nowhere else,
//! and apt holds it against the key that this machine trusts anyway; there is no second way for trust to come in.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tar::{Archive, EntryType};

use crate::error::About as _;
use crate::{Error, Result};

/// What is unpacked, in the folder of a bundle.
const ARCHIVE: &str = "archive";
/// What apt knows of it.
const LISTS: &str = "lists";
/// Where apt finds it.
const SOURCES: &str = "sources.list";
/// The only suite of an archive that we make, and its only part.
const SUITE: &str = "stable main";
/// An archive with one version has some twenty files.
const MOST_FILES: usize = 4096;
/// `dists/stable/main/binary-amd64/Packages` is five deep.
const DEEPEST: usize = 8;
/// The key that comes as a package, and with the installer.
const KEY: &str = "usr/share/keyrings/livos-archive-keyring.gpg";
/// Where the installer says which archive LivOS comes from, and by which key it is known.
const OUR_SOURCE: &str = "etc/apt/sources.list.d/livos.sources";

/// Unpacks a bundle into `folder`, which is made anew. What is no plain file of an archive is refused, not skipped.
pub fn unpack(file: File, folder: &Path) -> Result<()> {
    remove(folder)?;
    let archive = folder.join(ARCHIVE);
    // apt reads it as somebody without rights.
    make_folder(&archive)?;
    let mut tar = Archive::new(BufReader::new(file));
    // Raw: a header that would be followed by a longer name, or by holes, is an entry that is no plain file.
    let entries = tar.entries().map_err(|_| Error::NotABundle("it can't be read".to_owned()))?.raw(true);
    let mut found = 0;
    for entry in entries {
        let mut entry = entry.map_err(|error| match found {
            0 => Error::NotABundle("it is no tar file".to_owned()),
            _ => Error::Damaged(error.to_string()),
        })?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        found += 1;
        match entry.header().entry_type() {
            EntryType::Regular => {}
            EntryType::Directory => continue,
            _ => return Err(Error::NotABundle(format!("{name:?} in it is no plain file"))),
        }
        if found > MOST_FILES {
            return Err(Error::NotABundle(format!("it has more than {MOST_FILES} files")));
        }
        let place =
            place(&name).ok_or_else(|| Error::NotABundle(format!("{name:?} is no file of an archive")))?;
        let path = archive.join(place);
        make_folder(path.parent().unwrap_or(&archive))?;
        let mut file = match File::options().write(true).create_new(true).mode(0o644).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Error::NotABundle(format!("{name:?} is in it twice")));
            }
            opened => opened.about("could not create", &path)?,
        };
        let wanted = entry.size();
        let copied = io::copy(&mut entry, &mut file).about("could not write", &path)?;
        if copied != wanted {
            return Err(Error::Damaged(format!("it ends within {name:?}")));
        }
    }
    if archive.join("dists").is_dir() {
        return Ok(());
    }
    Err(Error::NotABundle("it holds no archive".to_owned()))
}

/// Where a file of an archive may lie: below `dists` or `pool`, under names that mean nothing to anybody.
fn place(name: &str) -> Option<&Path> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_plain = |part: &&str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._+~%:=-".contains(&byte);
        !part.is_empty() && !part.starts_with('.') && part.len() < 256 && part.bytes().all(known)
    };
    let known = matches!(parts.first(), Some(&("dists" | "pool"))) && (2..=DEEPEST).contains(&parts.len());
    (known && parts.iter().all(is_plain)).then(|| Path::new(name))
}

/// Prepares what is unpacked in `folder` for an apt that sees that folder as `seen` and trusts `key` alone.
pub fn arrange(folder: &Path, seen: &Path, key: &Path) -> Result<()> {
    // What apt would remember of another bundle could stand in for a list that this one lacks.
    let lists = folder.join(LISTS);
    remove(&lists)?;
    make_folder(&lists.join("partial"))?;
    let sources = folder.join(SOURCES);
    // Copied, so that a package is in apt's cache like one that was downloaded. By hash, names are too long for a tar.
    let line = format!(
        "deb [signed-by={} by-hash=no] copy:{} {SUITE}\n",
        key.display(),
        seen.join(ARCHIVE).display()
    );
    fs::write(&sources, line).about("could not write", sources)
}

/// Words before all others for every program of apt that is to know the bundle in this folder, and no other archive.
pub fn words(seen: &Path) -> Vec<String> {
    let at = |name: &str| seen.join(name).display().to_string();
    [
        format!("Dir::Etc::SourceList={}", at(SOURCES)),
        "Dir::Etc::SourceParts=/dev/null".to_owned(),
        format!("Dir::State::Lists={}", at(LISTS)),
        // The machine's own cache of its sources stays what it is.
        "Dir::Cache::pkgcache=".to_owned(),
        "Dir::Cache::srcpkgcache=".to_owned(),
        // Whatever somebody has allowed for other archives.
        "Acquire::AllowInsecureRepositories=false".to_owned(),
        "Acquire::AllowWeakRepositories=false".to_owned(),
        "Acquire::AllowDowngradeToInsecureRepositories=false".to_owned(),
        "Acquire::Check-Valid-Until=true".to_owned(),
        "Acquire::Check-Date=true".to_owned(),
        "APT::Get::AllowUnauthenticated=false".to_owned(),
        "Acquire::Languages=none".to_owned(),
    ]
    .into_iter()
    .flat_map(|option| ["-o".to_owned(), option])
    .collect()
}

/// The key by which apt knows LivOS in the tree `root`, as the tree names it; `None` if it knows none.
pub fn key(root: &Path) -> Option<PathBuf> {
    // A source that is not there, or can't be read, says nothing about a key.
    let source = fs::read_to_string(root.join(OUR_SOURCE)).unwrap_or_default();
    let said = source.lines().find_map(|line| line.strip_prefix("Signed-By:")).map(str::trim);
    [said.unwrap_or_default(), &format!("/{KEY}")]
        .into_iter()
        .filter_map(|path| Some((path, path.strip_prefix('/')?)))
        .find(|(path, relative)| !path.contains([' ', ',', ']']) && root.join(relative).is_file())
        .map(|(path, _)| PathBuf::from(path))
}

/// Removes a bundle, if there is one.
pub fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).about("could not remove", folder),
        _ => Ok(()),
    }
}

/// For everybody to look into, whatever this process would give away otherwise.
fn make_folder(folder: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(folder).about("could not create", folder)
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    /// A tar file with these entries, or the start of one.
    fn bundle(entries: &[(&str, EntryType, &[u8])], length: Option<u64>) -> File {
        let mut builder = tar::Builder::new(tempfile::tempfile().unwrap());
        for (name, kind, bytes) in entries {
            let mut header = tar::Header::new_ustar();
            // As somebody hostile would: no library writes such a name.
            header.as_ustar_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_mode(0o4777);
            if *kind == EntryType::Symlink {
                header.set_link_name("/etc/passwd").unwrap();
            }
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        let mut file = builder.into_inner().unwrap();
        if let Some(length) = length {
            file.set_len(length).unwrap();
        }
        file.rewind().unwrap();
        file
    }

    const GOOD: (&str, EntryType, &[u8]) = ("dists/stable/InRelease", EntryType::Regular, b"signed");

    #[test]
    fn an_archive_is_unpacked_and_nothing_is_left_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("offer");
        fs::create_dir_all(place.join("archive/pool")).unwrap();
        fs::write(place.join("archive/pool/old"), "of another").unwrap();
        let deb: (&str, EntryType, &[u8]) =
            ("pool/main/l/livos/livos_1%3a0.2.0~rc1+b1_amd64.deb", EntryType::Regular, &[7; 3000]);
        unpack(bundle(&[("dists/", EntryType::Directory, b""), GOOD, deb], None), &place).unwrap();
        assert_eq!(fs::read(place.join("archive").join(deb.0)).unwrap(), [7; 3000]);
        assert_eq!(fs::read(place.join("archive").join(GOOD.0)).unwrap(), b"signed");
        assert!(!place.join("archive/pool/old").exists());
    }

    #[test]
    fn what_is_no_plain_file_of_an_archive_is_refused() {
        for (name, kind) in [
            ("/etc/passwd", EntryType::Regular),
            ("../dists/x", EntryType::Regular),
            ("dists/../../x", EntryType::Regular),
            ("dists//x", EntryType::Regular),
            ("dists/.hidden", EntryType::Regular),
            ("dists/a b", EntryType::Regular),
            ("dists/a\nb", EntryType::Regular),
            ("dists", EntryType::Regular),
            ("etc/x", EntryType::Regular),
            ("pool/1/2/3/4/5/6/7/8", EntryType::Regular),
            ("dists/link", EntryType::Symlink),
            ("dists/link", EntryType::Link),
            ("dists/pipe", EntryType::Fifo),
            ("dists/device", EntryType::Block),
            ("dists/holes", EntryType::GNUSparse),
            ("././@LongLink", EntryType::GNULongName),
            ("dists/pax", EntryType::XHeader),
            ("dists/stable/InRelease", EntryType::Regular),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join("offer");
            let error = unpack(bundle(&[GOOD, (name, kind, b"")], None), &place).unwrap_err();
            assert!(matches!(error, Error::NotABundle(_)), "{name:?} {kind:?}: {error}");
            let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
            assert_eq!(beside.len(), 1, "{name:?}: nothing outside of its folder");
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("offer");
        let long: (&str, EntryType, &[u8]) = ("pool/x.deb", EntryType::Regular, &[1; 4096]);
        // Two headers and the first block are 1536 bytes.
        let cut = unpack(bundle(&[GOOD, long], Some(2000)), &place).unwrap_err();
        assert!(matches!(cut, Error::Damaged(_)), "{cut}");
        for bytes in [&b""[..], b"PK\x03\x04 a zip", &[0; 4096], &[b'x'; 4096]] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file.rewind().unwrap();
            let other = unpack(file, &place).unwrap_err();
            assert!(matches!(other, Error::NotABundle(_)), "{other}");
        }
        let no_lists = unpack(bundle(&[long], None), &place).unwrap_err();
        assert!(no_lists.to_string().contains("no archive"), "{no_lists}");
    }

    #[test]
    fn the_key_is_the_one_that_apt_has_for_us() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(key(root.path()), None);
        let write = |path: &str, text: &str| {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            fs::write(root.path().join(path), text).unwrap();
        };
        write(KEY, "key");
        assert_eq!(key(root.path()).unwrap(), Path::new("/").join(KEY));
        write(OUR_SOURCE, "Types: deb\nSigned-By: /etc/apt/keyrings/livos.gpg\n");
        assert_eq!(key(root.path()).unwrap(), Path::new("/").join(KEY), "what is named is not there");
        write("etc/apt/keyrings/livos.gpg", "key");
        assert_eq!(key(root.path()).unwrap(), Path::new("/etc/apt/keyrings/livos.gpg"));
        write(OUR_SOURCE, "Signed-By: /etc/apt/keyrings/livos.gpg] x\n");
        assert_eq!(key(root.path()).unwrap(), Path::new("/").join(KEY), "it may say no more than a path");
    }
}
