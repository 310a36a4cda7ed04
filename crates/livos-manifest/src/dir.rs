//! Catalogues on disk. The only module that touches the file system, and it only reads.
//!
//! A catalogue is somebody else's directory: symbolic links are not followed, files and directories are counted
//! and measured before they are read.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Read;
use std::path::Path;

use crate::catalogue::{COMPOSE_FILES, Catalogue, Entry, LIVINITY_APP, Source, UMBREL_APP};
use crate::compose::beside::{self, MAX_FILES, OVERRIDES};
use crate::error::{Error, Result};
use crate::hook::Hook;
use crate::read::{self, MAX_BYTES};
use crate::spec::Format;

const MAX_ENTRIES: usize = 5_000;
const MAX_TOTAL: u64 = 256 * 1024 * 1024;

/// Loads a directory: a whole catalogue of any format, a directory of compose projects, or a single app.
pub fn load(directory: &Path) -> Result<Catalogue> {
    let mut loader = Loader { problems: Vec::new(), total: 0 };
    let mut entries = Vec::new();
    if let Some(entry) = loader.app(directory)? {
        entries.push(entry);
    } else {
        for below in ["Apps", "apps", ""] {
            let parent = directory.join(below);
            if loader.is_directory(&parent) {
                loader.apps(&parent, below, &mut entries)?;
            }
            // `Apps` and `apps` hold all there is; beside them lie tools and documentation.
            if !entries.is_empty() {
                break;
            }
        }
    }
    if entries.is_empty() && loader.problems.is_empty() {
        return Err(Error::NoCatalogue { path: directory.display().to_string() });
    }
    unique_ids(&mut entries, &mut loader.problems);
    entries.sort_by(|a, b| a.listing.id.cmp(&b.listing.id));
    let format = majority(&entries);
    Ok(Catalogue { format, entries, problems: loader.problems })
}

fn majority(entries: &[Entry]) -> Format {
    let mut counts: BTreeMap<Format, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.format).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(Format::Compose, |(format, _)| format)
}

/// Two apps with the same id: the later one is known by its directory's name, if that is free.
fn unique_ids(entries: &mut Vec<Entry>, problems: &mut Vec<String>) {
    entries.sort_by(|a, b| a.folder.cmp(&b.folder));
    let mut seen: HashSet<String> = HashSet::new();
    entries.retain_mut(|entry| {
        if seen.insert(entry.listing.id.clone()) {
            return true;
        }
        let other = crate::formats::slug(&entry.folder);
        if !other.is_empty() && entry.format != Format::Umbrel && seen.insert(other.clone()) {
            entry.listing.id = other;
            return true;
        }
        problems.push(format!("{}: the id “{}” is used twice", entry.folder, entry.listing.id));
        false
    });
}

struct Loader {
    problems: Vec<String>,
    total: u64,
}

impl Loader {
    fn is_directory(&mut self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|data| data.is_dir())
    }

    fn apps(&mut self, parent: &Path, below: &str, entries: &mut Vec<Entry>) -> Result<()> {
        let mut names: Vec<String> = Vec::new();
        let list = fs::read_dir(parent).map_err(|error| read_error(parent, &error))?;
        for item in list {
            let item = item.map_err(|error| read_error(parent, &error))?;
            let Ok(name) = item.file_name().into_string() else {
                self.problems.push(format!("{}: the name is not text", item.path().display()));
                continue;
            };
            let kind = item.file_type().map_err(|error| read_error(&item.path(), &error))?;
            if name.starts_with(['.', '_']) {
                continue;
            }
            if kind.is_symlink() {
                self.problems.push(format!("{name}: symbolic links are not followed"));
            } else if kind.is_dir() {
                names.push(name);
            }
            if names.len() > MAX_ENTRIES {
                return Err(Error::Limit {
                    file: parent.display().to_string(),
                    limit: format!("it has more than {MAX_ENTRIES} apps"),
                });
            }
        }
        names.sort();
        for name in names {
            match self.app(&parent.join(&name)) {
                Ok(Some(mut entry)) => {
                    entry.path = if below.is_empty() { name } else { format!("{below}/{name}") };
                    entries.push(entry);
                }
                Ok(None) => {}
                Err(error) => self.problems.push(format!("{name}: {error}")),
            }
        }
        Ok(())
    }

    /// One app's directory; `None` when it holds nothing known.
    fn app(&mut self, directory: &Path) -> Result<Option<Entry>> {
        let folder = match directory.canonicalize() {
            Ok(path) => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            Err(error) => return Err(read_error(directory, &error)),
        };
        let mut source = Source::default();
        let mut take = |loader: &mut Self, name: &str| -> Result<bool> {
            Ok(match loader.file(directory, name)? {
                Some(text) => {
                    source.files.insert(name.to_owned(), text);
                    true
                }
                None => false,
            })
        };
        let mut has_compose = false;
        let format = if first(self, &mut take, &[UMBREL_APP, LIVINITY_APP])? {
            has_compose = first(self, &mut take, &["docker-compose.yml"])?;
            take(self, "exports.sh")?;
            for hook in Hook::ALL {
                take(self, &hook.file())?;
            }
            Format::Umbrel
        } else if take(self, "manifest.json")? {
            Format::Livinity
        } else if take(self, "config.json")? {
            let dynamic = take(self, "docker-compose.json")?;
            has_compose = first(self, &mut take, &COMPOSE_FILES)? || dynamic;
            if !has_compose {
                return Ok(None);
            }
            take(self, "metadata/description.md")?;
            Format::Runtipi
        } else {
            has_compose = first(self, &mut take, &COMPOSE_FILES)?;
            if !has_compose {
                return Ok(None);
            }
            Format::Compose
        };
        let format = match format {
            Format::Compose => {
                if is_casaos(&source) {
                    Format::Casaos
                } else {
                    for extra in [".env"].into_iter().chain(OVERRIDES) {
                        if let Some(text) = self.file(directory, extra)? {
                            source.files.insert(extra.to_owned(), text);
                        }
                    }
                    self.named(directory, &mut source);
                    Format::Compose
                }
            }
            // Other tools have a manifest.json too: without a compose text inside it is none of ours.
            Format::Livinity if !is_livinity(&source) => return Ok(None),
            format => format,
        };
        if format == Format::Umbrel && !has_compose {
            self.problems.push(format!("{folder}: docker-compose.yml is missing"));
        }
        for icon in ["metadata/logo.jpg", "metadata/logo.png", "metadata/logo.svg", "metadata/logo.webp"] {
            if source.icon.is_empty()
                && fs::symlink_metadata(directory.join(icon)).is_ok_and(|data| data.is_file())
            {
                source.icon = icon.to_owned();
            }
        }
        Ok(Some(Entry::new(format, &folder, source)))
    }

    /// Compose files of the same folder that those which are read name in `include` or `extends`, and what these
    /// name in turn. One that can't be had is left out; planning names the place that asks for it.
    fn named(&mut self, directory: &Path, source: &mut Source) {
        let over = OVERRIDES.iter().find(|name| source.files.contains_key(**name));
        let mut waiting: Vec<String> =
            over.into_iter().copied().chain([source.compose_file()]).map(str::to_owned).collect();
        let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
        while let Some(name) = waiting.pop() {
            if !source.files.contains_key(&name) {
                if source.files.len() >= MAX_FILES {
                    return;
                }
                let Ok(Some(text)) = self.file(directory, &name) else { continue };
                source.files.insert(name.clone(), text);
            }
            // A file that can't be read as YAML names nothing; planning says what is wrong with it.
            let Some(Ok(document)) = source.files.get(&name).map(|text| read::yaml(&name, text)) else {
                continue;
            };
            let found = beside::named(&document);
            // Nobody names so many; each costs a look at the disk.
            for name in found.into_iter().take(MAX_FILES) {
                if seen.insert(name.clone()) {
                    waiting.push(name);
                }
            }
        }
    }

    /// A file's text; `None` when there is no such file.
    fn file(&mut self, directory: &Path, name: &str) -> Result<Option<String>> {
        let path = directory.join(name);
        // Every part below the app's directory is looked at, so a linked `metadata` is refused as well.
        let mut part = directory.to_path_buf();
        for component in Path::new(name).components() {
            part.push(component);
            match fs::symlink_metadata(&part) {
                Ok(data) if data.is_symlink() => {
                    return Err(Error::Read {
                        path: part.display().to_string(),
                        reason: "it is a symbolic link, which is not followed".to_owned(),
                    });
                }
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(read_error(&part, &error)),
            }
        }
        let data = fs::symlink_metadata(&path).map_err(|error| read_error(&path, &error))?;
        if !data.is_file() {
            return Ok(None);
        }
        let too_large =
            || Error::Limit { file: name.to_owned(), limit: format!("it is larger than {MAX_BYTES} bytes") };
        if data.len() > MAX_BYTES as u64 {
            return Err(too_large());
        }
        self.total += data.len();
        if self.total > MAX_TOTAL {
            return Err(Error::Limit {
                file: directory.display().to_string(),
                limit: format!("all manifests together have more than {MAX_TOTAL} bytes"),
            });
        }
        let file = fs::File::open(&path).map_err(|error| read_error(&path, &error))?;
        let mut bytes = Vec::new();
        file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| read_error(&path, &error))?;
        if bytes.len() > MAX_BYTES {
            return Err(too_large());
        }
        String::from_utf8(bytes).map(Some).map_err(|_| Error::Read {
            path: path.display().to_string(),
            reason: "it is not UTF-8 text".to_owned(),
        })
    }
}

fn first(
    loader: &mut Loader,
    take: &mut impl FnMut(&mut Loader, &str) -> Result<bool>,
    names: &[&str],
) -> Result<bool> {
    for name in names {
        if take(loader, name)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_casaos(source: &Source) -> bool {
    source.files.values().any(|text| {
        text.lines().any(|line| line.starts_with("x-casaos:") || line.starts_with("\"x-casaos\":"))
    })
}

fn is_livinity(source: &Source) -> bool {
    source.files.get("manifest.json").is_some_and(|text| text.contains("\"docker_compose\""))
}

fn read_error(path: &Path, error: &std::io::Error) -> Error {
    Error::Read { path: path.display().to_string(), reason: error.to_string() }
}
