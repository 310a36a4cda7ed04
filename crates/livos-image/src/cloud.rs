//! What a seed disk says about a new machine: NoCloud, the form that every virtualiser can make.
//!
//! A small part of cloud-init's words is understood: the machine's name, people with their SSH keys, and who of
//! them may become root. Pure but for `apply`. The text is whatever somebody put on a disk, so it is bounded, and
//! every name that becomes an argument or a path is checked.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use granit_parser::{Event, Parser, options};
use serde_json::Value;

use crate::error::About as _;
use crate::{Error, Result, tools};

/// Bytes of one file; cloud-init's own limits are smaller.
const MAX_BYTES: u64 = 64 * 1024;
const MAX_DEPTH: usize = 16;
const MAX_VALUES: usize = 2000;
/// What a seed disk is called, in these letters or in small ones.
pub const LABEL: &str = "CIDATA";
/// Who gets the keys that are for nobody by name.
const DEFAULT_USER: &str = "admin";

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seed {
    /// The machine's name.
    pub hostname: Option<String>,
    /// Who may sign in by SSH.
    pub people: Vec<Person>,
    /// Words that mean nothing here.
    pub ignored: Vec<String>,
}

/// Somebody who signs in by SSH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The account.
    pub name: String,
    /// Lines of `authorized_keys`.
    pub keys: Vec<String>,
    /// May become root without a password, because the account has none.
    pub root: bool,
}

impl Seed {
    /// Reads the two files of a seed disk.
    pub fn read(folder: &Path) -> Result<Self> {
        Self::parse(&text(folder, "meta-data")?, &text(folder, "user-data")?)
    }

    /// Understands both texts.
    pub fn parse(meta: &str, user: &str) -> Result<Self> {
        let (meta, user) = (mapping("meta-data", meta)?, user_data(user)?);
        let mut seed = Self::default();
        let named =
            user.get("hostname").or_else(|| meta.get("local-hostname")).or_else(|| meta.get("hostname"));
        if let Some(name) = named.and_then(Value::as_str).filter(|name| !name.is_empty()) {
            // A full name is a name and a domain; the machine is called by the first.
            let name = name.split('.').next().unwrap_or_default();
            if !is_hostname(name) {
                return Err(Error::Invalid(format!("{name:?} is no name for a machine")));
            }
            seed.hostname = Some(name.to_owned());
        }
        let common = keys(user.get("ssh_authorized_keys"))?;
        let mut default = !common.is_empty();
        for one in user.get("users").and_then(Value::as_array).into_iter().flatten() {
            match one {
                Value::String(word) if word == "default" => default = !common.is_empty(),
                Value::Object(fields) => seed.people.push(person(fields)?),
                other => return Err(Error::Invalid(format!("{other} is nobody who could sign in"))),
            }
        }
        if default {
            seed.people.push(Person { name: DEFAULT_USER.to_owned(), keys: common, root: true });
        }
        // The last is for the installer.
        let known = ["hostname", "ssh_authorized_keys", "users", "livos"];
        seed.ignored = user.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
        Ok(seed)
    }
}

/// One file of a seed disk; nothing, if it is not there.
pub(crate) fn text(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    match fs::metadata(&path) {
        Ok(about) if about.len() > MAX_BYTES => {
            Err(Error::Invalid(format!("{name} of the seed disk has more than {MAX_BYTES} bytes")))
        }
        Ok(_) => fs::read_to_string(&path).about("could not read", path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).about("could not read", path),
    }
}

/// The words of `user-data`.
pub(crate) fn user_data(text: &str) -> Result<BTreeMap<String, Value>> {
    if !text.trim().is_empty() && text.lines().next().map(str::trim_end) != Some("#cloud-config") {
        return Err(Error::Invalid(
            "user-data of the seed disk does not begin with #cloud-config, and nothing else is understood"
                .to_owned(),
        ));
    }
    mapping("user-data", text)
}

fn person(fields: &serde_json::Map<String, Value>) -> Result<Person> {
    let name = fields.get("name").and_then(Value::as_str).unwrap_or_default();
    if !is_account(name) {
        return Err(Error::Invalid(format!("{name:?} is no name for an account")));
    }
    let root = match fields.get("sudo") {
        None | Some(Value::Null) => false,
        Some(Value::String(word)) => !matches!(word.to_ascii_lowercase().as_str(), "false" | "null" | ""),
        Some(_) => true,
    };
    Ok(Person { name: name.to_owned(), keys: keys(fields.get("ssh_authorized_keys"))?, root })
}

fn keys(value: Option<&Value>) -> Result<Vec<String>> {
    let all = value.and_then(Value::as_array).into_iter().flatten().map(|key| {
        let key = key.as_str().map(str::trim).filter(|key| is_key(key));
        key.map(str::to_owned)
            .ok_or_else(|| Error::Invalid("a key of the seed disk is no SSH key".to_owned()))
    });
    all.collect()
}

fn is_hostname(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(letter)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn is_account(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=32).contains(&name.len())
        && name.bytes().all(letter)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !["root", "livos"].contains(&name)
        && !name.starts_with("livos-")
}

/// Without options in front: they could run something.
fn is_key(line: &str) -> bool {
    let kinds = ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"];
    !line.contains(['\n', '\r', '\0'])
        && kinds.iter().any(|kind| line.starts_with(kind))
        && line.split(' ').nth(1).is_some_and(|data| data.len() > 16)
}

/// A document whose outermost form is a mapping; scalars stay text.
fn mapping(file: &str, text: &str) -> Result<BTreeMap<String, Value>> {
    let invalid =
        |reason: &str| Error::Invalid(format!("{file} of the seed disk can't be understood: {reason}"));
    let settings =
        options! { emit_comments: false, flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    // Each open list or mapping, and the key that waits for its value.
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut whole = Value::Null;
    let mut values = 0;
    for next in Parser::new_from_str_with_options(text, settings) {
        let (event, _) = next.map_err(|error| invalid(&error.to_string()))?;
        values += 1;
        if values > MAX_VALUES || open.len() > MAX_DEPTH {
            return Err(invalid("it is too large"));
        }
        let done = match event {
            Event::Scalar(text, ..) => Value::String(text.into_owned()),
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(serde_json::Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop().map(|(value, _)| value).ok_or_else(|| invalid("it is unbalanced"))?
            }
            Event::Alias(..) => return Err(invalid("it has aliases")),
            _ => continue,
        };
        match open.last_mut() {
            None => whole = done,
            Some((Value::Array(items), _)) => items.push(done),
            Some((Value::Object(entries), key)) => match (key.take(), done) {
                (Some(name), value) => {
                    entries.insert(name, value);
                }
                (None, Value::String(name)) => *key = Some(name),
                (None, _) => return Err(invalid("a key is no word")),
            },
            Some(_) => return Err(invalid("it is unbalanced")),
        }
    }
    match whole {
        Value::Object(entries) => Ok(entries.into_iter().collect()),
        // Nothing but a comment.
        Value::Null => Ok(BTreeMap::new()),
        _ => Err(invalid("it is no list of settings")),
    }
}

/// Does what the seed says; what is so already stays.
pub fn apply(seed: &Seed, say: &mut dyn FnMut(&str)) -> Result<()> {
    if let Some(name) = &seed.hostname {
        tools::run("hostnamectl", Command::new("hostnamectl").arg("set-hostname").arg(name))?;
        say(&format!("the machine is called {name}"));
    }
    for person in &seed.people {
        settle(person)?;
        say(&format!("{} signs in by SSH with {} keys", person.name, person.keys.len()));
    }
    if seed.people.iter().any(|person| !person.keys.is_empty()) {
        // An image has no keys of the machine: they would be everybody's.
        tools::run("ssh-keygen", Command::new("ssh-keygen").arg("-A"))?;
        tools::run("systemctl", Command::new("systemctl").args(["enable", "--now", "ssh.service"]))?;
    }
    for word in &seed.ignored {
        say(&format!("{word} means nothing here"));
    }
    Ok(())
}

fn settle(person: &Person) -> Result<()> {
    let known = tools::run("getent", Command::new("getent").args(["passwd", &person.name]));
    if known.is_err() {
        let mut add = Command::new("useradd");
        tools::run("useradd", add.args(["--create-home", "--shell", "/bin/bash", "--", &person.name]))?;
    }
    let line = tools::run("getent", Command::new("getent").args(["passwd", &person.name]))?;
    let fields: Vec<&str> = line.trim().split(':').collect();
    let number = |at: usize| fields.get(at).and_then(|text: &&str| text.parse::<u32>().ok());
    let (Some(owner), Some(group), Some(home)) = (number(2), number(3), fields.get(5)) else {
        return Err(Error::Invalid(format!("the account {} has no home", person.name)));
    };
    if owner < 1000 {
        return Err(Error::Invalid(format!("{} is an account of the system", person.name)));
    }
    if person.root {
        let rule = Path::new("/etc/sudoers.d").join(format!("50-seed-{}", person.name));
        crate::place::replace(&rule, format!("{} ALL=(ALL:ALL) NOPASSWD: ALL\n", person.name).as_bytes())?;
        fs::set_permissions(&rule, fs::Permissions::from_mode(0o440)).about("could not change", rule)?;
    }
    let folder = Path::new(home).join(".ssh");
    fs::create_dir_all(&folder).about("could not create", &folder)?;
    let file = folder.join("authorized_keys");
    crate::place::replace(&file, (person.keys.join("\n") + "\n").as_bytes())?;
    for (path, mode) in [(&folder, 0o700), (&file, 0o600)] {
        chown(path, Some(owner), Some(group)).about("could not change", path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).about("could not change", path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB anna@laptop";

    #[test]
    fn a_seed_names_the_machine_and_who_signs_in() {
        let user = format!(
            "#cloud-config\nssh_authorized_keys:\n  - {KEY}\nusers:\n  - default\n  - name: anna\n    sudo: \
             ALL=(ALL) NOPASSWD:ALL\n    ssh_authorized_keys: [\"{KEY}\"]\n  - name: ben\n    sudo: false\n\
             package_update: true\nlivos:\n  install:\n    disk: only\n"
        );
        let seed = Seed::parse("instance-id: i-1\nlocal-hostname: cellar.example.org\n", &user).unwrap();
        assert_eq!(seed.hostname.as_deref(), Some("cellar"));
        let people: Vec<_> =
            seed.people.iter().map(|one| (one.name.as_str(), one.keys.len(), one.root)).collect();
        assert_eq!(people, [("anna", 1, true), ("ben", 0, false), ("admin", 1, true)]);
        assert_eq!(seed.ignored, ["package_update"]);
        assert_eq!(Seed::parse("", "").unwrap(), Seed::default());
        // The user's word counts more than the virtualiser's.
        let seed = Seed::parse("local-hostname: one", "#cloud-config\nhostname: two\n").unwrap();
        assert_eq!(seed.hostname.as_deref(), Some("two"));
    }

    #[test]
    fn what_could_do_harm_is_refused() {
        for user in [
            "#!/bin/sh\nreboot\n".to_owned(),
            "#cloud-config\nhostname: \"a b\"\n".to_owned(),
            "#cloud-config\nhostname: -v\n".to_owned(),
            format!("#cloud-config\nusers: [{{name: root, ssh_authorized_keys: [\"{KEY}\"]}}]\n"),
            "#cloud-config\nusers: [{name: ../x}]\n".to_owned(),
            "#cloud-config\nusers: [{name: livos-web}]\n".to_owned(),
            "#cloud-config\nssh_authorized_keys: ['command=\"reboot\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB']\n"
                .to_owned(),
            "#cloud-config\nssh_authorized_keys: [\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB\\nssh-rsa x\"]\n".to_owned(),
            "#cloud-config\na: &x [1]\nb: *x\n".to_owned(),
            format!("#cloud-config\nx: {}{}\n", "[".repeat(40), "]".repeat(40)),
            format!("#cloud-config\nx: [{}]\n", "1,".repeat(MAX_VALUES)),
            "#cloud-config\n- a list\n".to_owned(),
        ] {
            let read = Seed::parse("", &user);
            assert!(matches!(read, Err(Error::Invalid(_))), "{user:.80} was taken: {read:?}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("user-data"), vec![b'#'; MAX_BYTES as usize + 1]).unwrap();
        assert!(Seed::read(folder.path()).unwrap_err().to_string().contains("bytes"));
        fs::write(folder.path().join("user-data"), "#cloud-config\nhostname: attic\n").unwrap();
        assert_eq!(Seed::read(folder.path()).unwrap().hostname.as_deref(), Some("attic"));
    }
}
