//! Running a script of an app, which is anybody's text.
//!
//! Our unit may make no namespaces, so there is no bubblewrap for us; a container is the sandbox that we have. It
//! is made of an empty image and sees this machine's own programs and the app's folder, both read-only. It has no
//! network, no capability, a user of its own, little memory, few processes, little time and a log that is cut off;
//! all it can do is to say what it exports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use livos_bus::codes;
use livos_docker::{
    Archive, ContainerConfig, LogDriver, LogOptions, LogSource, NetworkMode, Permissions, RemoveContainer,
    Resources,
};
use livos_manifest::{Context, Entry};
use livos_types::AppId;

use super::toolbox::{PROGRAMS, Place};
use super::{Apps, LABEL_INSTALLATION};
use crate::Error;
use crate::core::blueprint::LABEL_APP;
use crate::error::{engine, refused};

pub(super) const IMAGE: &str = "livos.local/sandbox:2";
/// A script that is longer than this is none.
const SCRIPT_LIMIT: usize = 64 * 1024;
/// What a script may say, everything together.
const OUTPUT_LIMIT: usize = 512 * 1024;
/// What it may export.
const VARIABLES_LIMIT: usize = 300;
const VALUES_LIMIT: usize = 64 * 1024;
const MEMORY: u64 = 128 * 1024 * 1024;
const PROCESSES: i64 = 64;
/// A secret is known only after the script has asked for it; one that depends on another is asked for in the next
/// round.
const ROUNDS: usize = 4;

/// What is around the script. Its own output goes where errors go; what it says to us goes to descriptor 9.
const AROUND: &str = r#"
exec 9>&1 1>&2 </dev/null
derive_entropy() {
  local name
  name="livos_entropy_$(printf %s "${1-}" | od -An -v -tx1 | tr -d ' \n')"
  if [[ -n "${!name-}" ]]; then
    printf '%s\n' "${!name}"
  else
    printf 'ask %s\n' "${name#livos_entropy_}" >&9
    printf '%064d\n' 0
  fi
}
hostname() {
  case "${1-}" in
    -I | --all-ip-addresses) printf '%s\n' "${livos_addresses-}" ;;
    *) printf '%s\n' "${DEVICE_HOSTNAME-}" ;;
  esac
}
printf %s "$livos_script" > /tmp/exports.sh
set -euo pipefail
. /tmp/exports.sh
{ printf 'env '; env -0 | od -An -v -tx1 | tr -d ' \n'; printf '\ndone\n'; } >&9
"#;

/// Umbrel's `scripts/app`. A hook has two pipes to us, over which it asks (`core/shim`): a word that marks the
/// question and then its words, answered by that mark, an exit code, output and complaints. A script that may change
/// nothing has no pipes.
const SCRIPTS_APP: &str = r#"#!/usr/bin/bash
# Whoever reads the answer may have read enough.
trap '' PIPE
if [[ -p /run/livos/ask ]]; then
  exec 8> /tmp/.livos-asks
  flock 8
  mark="$$.$RANDOM"
  line="$mark"
  for word; do line+=" x$(printf %s "$word" | od -An -v -tx1 | tr -d ' \n')"; done
  printf '%s\n' "$line" > /run/livos/ask
  whose=""
  while [[ "$whose" != "$mark" ]]; do read -r whose code out complaints < /run/livos/answer; done
  say() { printf '%b' "$(sed 's/../\\x&/g' <<< "${1#x}")"; }
  say "$complaints" >&2
  say "$out" 2> /dev/null
  exit "$code"
fi
case "${1-}" in
  ls-installed) printf '%s\n' ${livos_installed-} ;;
  *) printf 'scripts/app %s: this is not possible here\n' "${1-}" >&2; exit 1 ;;
esac
"#;

/// What one run said.
struct Said {
    /// Labels of secrets that it asked for and did not have.
    asked: BTreeSet<String>,
    environment: BTreeMap<String, String>,
}

impl Apps {
    /// What an app's own script exports, given what the apps it needs export (`context.exports`).
    pub(super) async fn own_exports(
        &self,
        id: &AppId,
        entry: &Entry,
        context: &Context,
    ) -> Result<BTreeMap<String, String>, Error> {
        let Some(script) = entry.exports_script() else { return Ok(BTreeMap::new()) };
        // A script that only assigns is read; nothing runs.
        let read = entry.exports(id.as_str(), context);
        if read.complete {
            return Ok(read.variables);
        }
        if script.len() > SCRIPT_LIMIT || script.contains('\0') {
            return Err(failed(id, &format!("it is longer than {SCRIPT_LIMIT} bytes or is no text")));
        }
        let given = entry.exports_environment(context);
        let mut secrets: BTreeMap<String, String> = BTreeMap::new();
        for _ in 0..ROUNDS {
            let said = self.run_exports(id, script, &given, &secrets, &context.lan_address).await?;
            let open: Vec<String> =
                said.asked.into_iter().filter(|label| !secrets.contains_key(label)).collect();
            if open.is_empty() {
                return exported(id, said.environment, &given);
            }
            for label in open {
                let value = entry.entropy(context, &label);
                secrets.insert(label, value);
            }
            if secrets.len() > VARIABLES_LIMIT {
                break;
            }
        }
        Err(failed(id, "it asks for ever more secrets"))
    }

    async fn run_exports(
        &self,
        id: &AppId,
        script: &str,
        given: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, String>,
        addresses: &str,
    ) -> Result<Said, Error> {
        let installed: Vec<String> = self.rows.app_ids().await?;
        let own = [
            ("livos_script".to_owned(), script.to_owned()),
            ("livos_addresses".to_owned(), addresses.to_owned()),
            ("livos_installed".to_owned(), installed.join(" ")),
        ];
        let secrets = secrets
            .iter()
            .map(|(label, value)| (format!("livos_entropy_{}", hex(label.as_bytes())), value.clone()));
        let env = given.clone().into_iter().chain(secrets).chain(own);
        let mut config = self.shut_in(id, "exports", AROUND, env, self.ports.patience.script);
        let data_dir = self.data_dir(id);
        if std::fs::symlink_metadata(&data_dir).is_ok_and(|about| about.is_dir()) {
            config.mounts.push(Place::Folder(data_dir.clone()).mount(&data_dir.display().to_string(), true));
        }
        self.run_sandbox(id, &config).await
    }

    /// A container that runs `around` with these variables and can do nothing but end, or be ended.
    pub(super) fn shut_in(
        &self,
        id: &AppId,
        what: &str,
        around: &str,
        env: impl Iterator<Item = (String, String)>,
        patience: Duration,
    ) -> ContainerConfig {
        let own = [("PATH", "/usr/bin:/bin:/usr/sbin"), ("HOME", "/tmp"), ("LC_ALL", "C.UTF-8")];
        let env = env.chain(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let patience = patience.as_secs().max(1).to_string();
        let owner = self.owner();
        let mounts = PROGRAMS
            .iter()
            .filter(|folder| Path::new(folder).exists())
            .map(|folder| Place::Folder(PathBuf::from(folder)).mount(folder, true))
            .collect();
        let words = ["-k", "1", &patience, "/usr/bin/bash", "-c", around, what];
        ContainerConfig {
            image: IMAGE.to_owned(),
            name: format!("{id}-livos-{what}"),
            // It ends by itself, also if we don't live to see that; with the first process go all others.
            entrypoint: Some(vec!["/usr/bin/timeout".to_owned()]),
            command: Some(words.iter().map(|&word| word.to_owned()).collect()),
            user: Some(format!("{}:{}", owner.uid, owner.gid)),
            env: env.map(|(name, value)| (name, Some(value))).collect(),
            labels: BTreeMap::from([
                (LABEL_APP.to_owned(), id.to_string()),
                (LABEL_INSTALLATION.to_owned(), self.installation.clone()),
            ]),
            network_mode: NetworkMode::None,
            read_only: true,
            cap_drop: vec!["ALL".to_owned()],
            security_opt: vec!["no-new-privileges".to_owned()],
            tmpfs: BTreeMap::from([("/tmp".to_owned(), "size=8m,mode=1777,nosuid,nodev".to_owned())]),
            resources: Resources {
                memory: Some(MEMORY),
                memory_swap: i64::try_from(MEMORY).ok(),
                nano_cpus: Some(1_000_000_000),
                pids: Some(PROCESSES),
                ..Resources::default()
            },
            logging: Some(LogDriver {
                driver: "json-file".to_owned(),
                options: BTreeMap::from([
                    ("max-size".to_owned(), "2m".to_owned()),
                    ("max-file".to_owned(), "1".to_owned()),
                ]),
            }),
            mounts,
            ..ContainerConfig::default()
        }
    }

    /// Makes the image of the sandbox, unless it is there.
    pub(super) async fn have_sandbox(&self, doing: &'static str) -> Result<(), Error> {
        if self.ports.engine.image(IMAGE).await.map_err(engine(doing))?.is_none() {
            self.ports.engine.import_image(IMAGE, image()?).await.map_err(engine(doing))?;
        }
        Ok(())
    }

    async fn run_sandbox(&self, id: &AppId, config: &ContainerConfig) -> Result<Said, Error> {
        let doing = "cannot run the app's exports.sh";
        self.have_sandbox(doing).await?;
        let name = &config.name;
        let remove = RemoveContainer { force: true, anonymous_volumes: true };
        self.ports.engine.remove_container(name, remove).await.map_err(engine(doing))?;
        self.ports.engine.create_container(config).await.map_err(engine(doing))?;
        let ran = async {
            self.ports.engine.start_container(name).await.map_err(engine(doing))?;
            let ended = self.ports.engine.wait_container(name);
            let code = tokio::time::timeout(self.ports.patience.script.saturating_mul(2), ended)
                .await
                .map_err(|_| failed(id, "it did not end"))?
                .map_err(engine(doing))?;
            let (said, complaints) = self.read_sandbox(id, name).await?;
            match code {
                0 => parse(id, &said),
                124 | 137 => Err(failed(id, "it took too long or too much memory, and was ended")),
                code => Err(failed(id, &format!("it ended with {code}: {}", last_words(&complaints)))),
            }
        }
        .await;
        self.ports.engine.remove_container(name, remove).await.map_err(engine(doing))?;
        ran
    }

    /// What it said to us, and what it complained about.
    async fn read_sandbox(&self, id: &AppId, name: &str) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let doing = "cannot read what the app's exports.sh said";
        let mut log = self.ports.engine.logs(name, LogOptions::default()).await.map_err(engine(doing))?;
        let (mut said, mut complaints) = (Vec::new(), Vec::new());
        while let Some(chunk) = log.next().await {
            let chunk = chunk.map_err(engine(doing))?;
            let to = if chunk.source == LogSource::Stdout { &mut said } else { &mut complaints };
            to.extend_from_slice(&chunk.bytes);
            if said.len() + complaints.len() > OUTPUT_LIMIT {
                return Err(failed(id, "it says too much"));
            }
        }
        Ok((said, complaints))
    }
}

fn failed(id: &AppId, why: &str) -> Error {
    refused(codes::SCRIPT_FAILED, format!("the setup script of {id} (exports.sh) failed: {why}"))
}

pub(super) fn last_words(complaints: &[u8]) -> String {
    let text = String::from_utf8_lossy(complaints);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(3)..].join("; ");
    last.chars().filter(|c| !c.is_control()).take(400).collect()
}

/// Reads what [`AROUND`] prints. Whatever a script prints there itself only changes what it exports.
fn parse(id: &AppId, said: &[u8]) -> Result<Said, Error> {
    let text = std::str::from_utf8(said).map_err(|_| failed(id, "what it says is no text"))?;
    let mut asked = BTreeSet::new();
    let mut environment = None;
    let mut done = false;
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("ask", label)) => {
                let label = unhex(label).and_then(|bytes| String::from_utf8(bytes).ok());
                asked.insert(label.ok_or_else(|| failed(id, "it asks for a secret without a name"))?);
            }
            Some(("env", all)) => environment = unhex(all),
            _ if line == "done" => done = true,
            _ => {}
        }
    }
    let environment =
        environment.filter(|_| done).ok_or_else(|| failed(id, "it ended before it was through"))?;
    let environment = environment
        .split(|byte| *byte == 0)
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    Ok(Said { asked, environment })
}

/// What was exported beyond what was given.
fn exported(
    id: &AppId,
    environment: BTreeMap<String, String>,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Error> {
    const SHELL: [&str; 10] =
        ["PATH", "HOME", "LC_ALL", "PWD", "OLDPWD", "SHLVL", "_", "HOSTNAME", "TERM", "IFS"];
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|first: char| first.is_ascii_digit())
    };
    let new: BTreeMap<String, String> = environment
        .into_iter()
        .filter(|(name, value)| {
            is_name(name)
                && !SHELL.contains(&name.as_str())
                && !name.starts_with("livos_")
                && !name.starts_with("BASH")
                && given.get(name) != Some(value)
        })
        .collect();
    let size: usize = new.iter().map(|(name, value)| name.len() + value.len()).sum();
    if new.len() > VARIABLES_LIMIT || size > VALUES_LIMIT {
        return Err(failed(id, "it exports too much"));
    }
    Ok(new)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// An image of the folders that something is mounted on, and of what an umbrel script looks for.
fn image() -> Result<bytes::Bytes, Error> {
    let doing = || "cannot make the sandbox";
    let mut archive = Archive::new();
    let own = [
        "proc",
        "sys",
        "dev",
        "etc",
        "home",
        "home/umbrel",
        "home/umbrel/umbrel",
        "home/umbrel/umbrel/scripts",
    ];
    for name in PROGRAMS.iter().map(|path| &path[1..]).chain(own) {
        archive.directory(name, Permissions::root(0o755)).map_err(engine(doing()))?;
    }
    // What is mounted there in memory takes over these rights.
    archive.directory("tmp", Permissions::root(0o1777)).map_err(engine(doing()))?;
    archive
        .file("home/umbrel/umbrel/scripts/app", Permissions::root(0o755), SCRIPTS_APP.as_bytes())
        .map_err(engine(doing()))?;
    Ok(archive.finish())
}
