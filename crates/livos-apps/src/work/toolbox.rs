//! Work on files that belong to the users of containers.
//!
//! We are no root, and what apps write belongs to whoever their containers run as. A container can reach it: one
//! of an empty image, without a network, that sees this machine's own programs read-only and just the folders it
//! is to work on. Nothing of any app's image runs with those rights.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use livos_bus::codes;
use livos_docker::{
    Archive, ContainerConfig, ContainerSummary, LogOptions, LogSource, Mount, MountKind, NetworkMode,
    Permissions, Recursion, RemoveContainer,
};
use livos_manifest::Owner;
use livos_types::AppId;

use super::room::Counting;
use super::{Apps, LABEL_INSTALLATION};
use crate::Error;
use crate::core::blueprint::LABEL_APP;
use crate::data::Prepared;
use crate::error::{engine, refused};

pub(super) const IMAGE: &str = "livos.local/toolbox:1";
/// Where the programs of this machine and their libraries are.
pub(super) const PROGRAMS: [&str; 4] = ["/usr", "/lib", "/lib64", "/bin"];
/// What root needs to read, write and give away files, and nothing else.
const CAPABILITIES: [&str; 5] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "MKNOD"];
pub(super) const FROM: &str = "/from";
pub(super) const TO: &str = "/to";

/// A folder or a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Folder(PathBuf),
    Volume(String),
}

impl Place {
    pub(super) fn mount(&self, target: &str, read_only: bool) -> Mount {
        let kind = match self {
            Place::Folder(path) => MountKind::Bind {
                source: path.display().to_string(),
                create_host_path: false,
                propagation: None,
                selinux: None,
                recursion: Recursion::Enabled,
            },
            Place::Volume(name) => {
                MountKind::Volume { name: Some(name.clone()), no_copy: true, subpath: None }
            }
        };
        Mount { target: target.to_owned(), kind, read_only }
    }
}

impl Apps {
    /// Copies everything in one place into another, which exists.
    pub(super) async fn copy_as_root(&self, id: &AppId, from: &Place, to: &Place) -> Result<(), Error> {
        let words = livos_snapshot::commands::copy_words(Path::new(FROM), Path::new(TO));
        self.as_root(id, vec![from.mount(FROM, true), to.mount(TO, false)], words).await
    }

    /// Removes everything in a place.
    pub(super) async fn clear_as_root(&self, id: &AppId, place: &Place) -> Result<(), Error> {
        let words = livos_snapshot::commands::clear_words(Path::new(TO));
        self.as_root(id, vec![place.mount(TO, false)], words).await
    }

    /// Makes and gives away what we may not ourselves, below `root`. All that is reached is `root`: a link that an
    /// app laid there leads nowhere else.
    pub(super) async fn finish_folders(
        &self,
        id: &AppId,
        root: &Path,
        prepared: &Prepared,
        owner: Owner,
    ) -> Result<(), Error> {
        let (uid, gid) = (owner.uid.to_string(), owner.gid.to_string());
        let both = format!("{uid}:{gid}");
        // What is there stays as it is.
        let script =
            "for d; do [ -e \"$d\" ] || install -d -m 0755 -o \"$U\" -g \"$G\" -- \"$d\" || exit; done";
        let script = script.replace("$U", &uid).replace("$G", &gid);
        let make = ["sh", "-c", script.as_str(), "sh"];
        let give = ["chown", "--no-dereference", &both, "--"];
        for (words, folders) in [(&make[..], &prepared.not_made), (&give[..], &prepared.not_given)] {
            if folders.is_empty() {
                continue;
            }
            let mut words: Vec<OsString> = words.iter().map(Into::into).collect();
            words.extend(folders.iter().filter_map(|folder| {
                Some(Path::new(TO).join(folder.strip_prefix(root).ok()?).into_os_string())
            }));
            let place = Place::Folder(root.to_owned());
            self.as_root(id, vec![place.mount(TO, false)], words).await?;
        }
        Ok(())
    }

    /// Makes a folder of ours in one that is not.
    pub(super) async fn make_as_root(&self, id: &AppId, parent: &Path, name: &str) -> Result<(), Error> {
        let place = Place::Folder(parent.to_owned());
        let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let words = ["install", "-d", "-m", "0755", "-o", &user.to_string(), "-g", &group.to_string(), "--"];
        let mut words: Vec<OsString> = words.iter().map(Into::into).collect();
        words.push(Path::new(TO).join(name).into());
        self.as_root(id, vec![place.mount(TO, false)], words).await
    }

    /// Copies a folder of ours into another, given to `owner`. What is there stays, unless it is to be replaced.
    pub(super) async fn lay_as_root(
        &self,
        id: &AppId,
        from: &Path,
        to: &Path,
        owner: Owner,
        replace: bool,
    ) -> Result<(), Error> {
        let keep = if replace { "--no-overwrite-dir" } else { "--skip-old-files" };
        let (uid, gid) = (owner.uid, owner.gid);
        let script = format!(
            "tar -C {FROM} --owner={uid} --group={gid} --numeric-owner --mode=u+rwX,go+rX -cf - . | \
             tar -C {TO} {keep} --same-owner --numeric-owner -xpf -"
        );
        let words = ["sh", "-c", script.as_str()];
        let words: Vec<OsString> = words.iter().map(Into::into).collect();
        let mounts = vec![
            Place::Folder(from.to_owned()).mount(FROM, true),
            Place::Folder(to.to_owned()).mount(TO, false),
        ];
        self.as_root(id, mounts, words).await
    }

    /// Refuses paths in a folder that lead over a link.
    pub(super) async fn refuse_links_as_root(
        &self,
        id: &AppId,
        root: &Path,
        paths: &[PathBuf],
    ) -> Result<(), Error> {
        if paths.is_empty() {
            return Ok(());
        }
        let script = "for p; do [ \"$(realpath -m -- \"$p\")\" = \"$p\" ] || { echo \"$p is reached over a link\"; exit 1; }; done";
        let mut words: Vec<OsString> = ["sh", "-c", script, "sh"].iter().map(Into::into).collect();
        words.extend(
            paths.iter().filter_map(|path| Some(Path::new(TO).join(path.strip_prefix(root).ok()?).into())),
        );
        self.as_root(id, vec![Place::Folder(root.to_owned()).mount(TO, true)], words).await
    }

    /// Bytes on disk below each place; `None` for what could not be counted.
    pub(super) async fn count_as_root(
        &self,
        id: &AppId,
        places: &[Place],
        counting: Counting,
    ) -> Result<Vec<Option<u64>>, Error> {
        let targets: Vec<String> = (0..places.len()).map(|number| format!("{FROM}/{number}")).collect();
        let mounts = places.iter().zip(&targets).map(|(place, target)| place.mount(target, true));
        let mut words: Vec<OsString> =
            ["du", "--summarize", "--block-size=1", "--one-file-system", "--"].map(Into::into).into();
        words.extend(targets.iter().map(Into::into));
        let name = match counting {
            Counting::Job => toolbox_name(id),
            Counting::Look => counting_name(id),
        };
        self.run_as_root(id, &name, mounts.collect(), words).await?;
        let said = self.said(&name, LogSource::Stdout).await;
        self.end_container(&name).await?;
        // Files that go while they are counted make it complain, and no difference.
        Ok(targets
            .iter()
            .map(|target| {
                let of_target =
                    |line: &str| line.split_once('\t').filter(|(_, path)| path == target)?.0.parse().ok();
                said.lines().find_map(of_target)
            })
            .collect())
    }

    /// Ends counting that nobody waits for any more, as its daemon died.
    pub(super) async fn end_counting_of(&self, containers: &[ContainerSummary]) -> Result<(), Error> {
        for container in containers.iter().filter(|container| is_helper(&container.name)) {
            if container.name.ends_with(COUNTING) {
                self.end_container(&container.name).await?;
            }
        }
        Ok(())
    }

    /// Ends counting that took too long.
    pub(super) async fn end_counting(&self, id: &AppId) -> Result<(), Error> {
        self.end_container(&counting_name(id)).await
    }

    async fn as_root(&self, id: &AppId, mounts: Vec<Mount>, words: Vec<OsString>) -> Result<(), Error> {
        let name = toolbox_name(id);
        let program = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
        let ran = match self.run_as_root(id, &name, mounts, words).await {
            Ok(0) => Ok(()),
            Ok(code) => Err(self.toolbox_failed(&name, &program, code).await),
            Err(error) => Err(error),
        };
        self.end_toolbox(id).await?;
        ran
    }

    /// Runs a program of this machine with root's rights on files, and gives what it ended with. Its container stays,
    /// for what it said.
    async fn run_as_root(
        &self,
        id: &AppId,
        name: &str,
        mut mounts: Vec<Mount>,
        words: Vec<OsString>,
    ) -> Result<i64, Error> {
        let doing = "cannot work on the app's files";
        if self.ports.engine.image(IMAGE).await.map_err(engine(doing))?.is_none() {
            self.ports.engine.import_image(IMAGE, empty_image()?).await.map_err(engine(doing))?;
        }
        let programs = PROGRAMS.iter().filter(|folder| Path::new(folder).exists());
        mounts.extend(programs.map(|folder| Place::Folder(PathBuf::from(folder)).mount(folder, true)));
        let mut words = words.iter().map(|word| word.to_string_lossy().into_owned());
        let program = words.next().unwrap_or_default();
        let config = ContainerConfig {
            image: IMAGE.to_owned(),
            name: name.to_owned(),
            entrypoint: Some(vec![format!("/usr/bin/{program}")]),
            command: Some(words.collect()),
            user: Some("0:0".to_owned()),
            env: BTreeMap::from([("LC_ALL".to_owned(), Some("C".to_owned()))]),
            labels: BTreeMap::from([
                (LABEL_APP.to_owned(), id.to_string()),
                (LABEL_INSTALLATION.to_owned(), self.installation.clone()),
            ]),
            network_mode: NetworkMode::None,
            read_only: true,
            cap_drop: vec!["ALL".to_owned()],
            cap_add: CAPABILITIES.iter().map(|&name| name.to_owned()).collect(),
            security_opt: vec!["no-new-privileges".to_owned()],
            mounts,
            ..ContainerConfig::default()
        };
        self.end_container(name).await?;
        self.ports.engine.create_container(&config).await.map_err(engine(doing))?;
        let ran = async {
            self.ports.engine.start_container(name).await.map_err(engine(doing))?;
            self.ports.engine.wait_container(name).await.map_err(engine(doing))
        }
        .await;
        if ran.is_err() {
            self.end_container(name).await?;
        }
        ran
    }

    /// Ends work on an app's files that nobody waits for any more. It would go on, and hold what it works on.
    pub(super) async fn end_toolbox(&self, id: &AppId) -> Result<(), Error> {
        self.end_container(&toolbox_name(id)).await
    }

    async fn end_container(&self, name: &str) -> Result<(), Error> {
        let remove = RemoveContainer { force: true, anonymous_volumes: true };
        let removed = self.ports.engine.remove_container(name, remove).await;
        removed.map(drop).map_err(engine("cannot end the work on the app's files"))
    }

    /// What a program of ours wrote to one of its outputs.
    async fn said(&self, name: &str, source: LogSource) -> String {
        let mut said = Vec::new();
        if let Ok(mut log) = self.ports.engine.logs(name, LogOptions::default()).await {
            while let Some(Ok(chunk)) = log.next().await {
                if chunk.source == source {
                    said.extend_from_slice(&chunk.bytes);
                }
            }
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    async fn toolbox_failed(&self, name: &str, program: &str, code: i64) -> Error {
        let said = self.said(name, LogSource::Stderr).await;
        let said = said.lines().take(3).collect::<Vec<_>>().join("; ");
        let kind = if said.contains("No space left") { codes::NO_SPACE } else { "files" };
        refused(kind, format!("the app's files could not be worked on ({program} ended with {code}): {said}"))
    }
}

const TOOLBOX: &str = "-livos-toolbox";
const COUNTING: &str = "-livos-counting";

/// Whether a container is one of ours that works on an app's files, and no part of the app.
pub(crate) fn is_helper(name: &str) -> bool {
    name.ends_with(TOOLBOX) || name.ends_with(COUNTING)
}

/// Not the toolbox's: a job may use that while somebody looks.
fn counting_name(id: &AppId) -> String {
    format!("{id}{COUNTING}")
}

fn toolbox_name(id: &AppId) -> String {
    format!("{id}{TOOLBOX}")
}

/// An image of nothing but the folders that something is mounted on.
fn empty_image() -> Result<bytes::Bytes, Error> {
    let mut archive = Archive::new();
    let own = ["proc", "sys", "dev", "etc", "from", "to"];
    for name in PROGRAMS.iter().map(|path| &path[1..]).chain(own) {
        archive.directory(name, Permissions::root(0o755)).map_err(engine("cannot make the toolbox"))?;
    }
    Ok(archive.finish())
}
