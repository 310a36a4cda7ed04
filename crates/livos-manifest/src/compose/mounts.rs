//! Mounts: short and long volumes, tmpfs, configs and secrets.

use crate::compose::Loader;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::interpolate::is_pending;
use crate::node::{Map, Node};
use crate::spec::{MountKind, MountOptions, MountRole, MountSpec};

impl Loader<'_> {
    pub(super) fn mounts(&mut self, fields: &mut Fields<'_>) -> Result<Vec<MountSpec>> {
        let mut mounts: Vec<MountSpec> = Vec::new();
        for (place, item) in fields.items("volumes")? {
            let mount = match item {
                Node::Scalar { text, .. } => self.short_volume(&place, text)?,
                Node::Map(_) => self.long_volume(&place, item)?,
                other => return Err(Error::field(place, format!("must be a volume, not {}", other.kind()))),
            };
            push(&mut mounts, mount);
        }
        for text in fields.one_or_list("tmpfs")? {
            let (target, options) = match text.split_once(':') {
                Some((target, options)) => (target, Some(options.to_owned())),
                None => (text.as_str(), None),
            };
            let place = fields.at("tmpfs");
            push(
                &mut mounts,
                MountSpec {
                    kind: MountKind::Tmpfs,
                    source: String::new(),
                    target: target_path(&place, target)?,
                    read_only: false,
                    role: MountRole::Private,
                    options: MountOptions { tmpfs_options: options, ..MountOptions::default() },
                },
            );
        }
        for (place, item) in fields.items("configs")? {
            let mount = self.file_reference(&place, item, "configs", "/")?;
            mounts.extend(mount);
        }
        for (place, item) in fields.items("secrets")? {
            let mount = self.file_reference(&place, item, "secrets", "/run/secrets/")?;
            mounts.extend(mount);
        }
        Ok(mounts)
    }

    fn short_volume(&mut self, place: &str, text: &str) -> Result<MountSpec> {
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, mode) = match parts.as_slice() {
            [target] => ("", *target, ""),
            [source, target] => (*source, *target, ""),
            [source, target, mode] => (*source, *target, *mode),
            _ => return Err(Error::field(place, format!("“{text}” has too many colons"))),
        };
        if parts.len() > 1 && source.is_empty() {
            return Err(Error::field(place, format!("“{text}” has an empty source")));
        }
        let mut mount = MountSpec {
            kind: MountKind::Volume,
            source: source.to_owned(),
            target: target_path(place, target)?,
            read_only: false,
            role: MountRole::Private,
            options: MountOptions::default(),
        };
        for option in mode.split(',').filter(|option| !option.is_empty()) {
            match option {
                "rw" => {}
                "ro" => mount.read_only = true,
                "z" | "Z" => mount.options.selinux = Some(option.to_owned()),
                "nocopy" | "volume-nocopy" => mount.options.nocopy = true,
                "cached" | "delegated" | "consistent" => mount.options.consistency = Some(option.to_owned()),
                "shared" | "rshared" | "slave" | "rslave" | "private" | "rprivate" => {
                    mount.options.propagation = Some(option.to_owned());
                }
                other if is_pending(other) => {}
                other => self.report.unsupported(format!("{place}: mount option “{other}”")),
            }
        }
        if is_path(source) {
            mount.kind = MountKind::Bind;
            mount.options.create_host_path = true;
        }
        self.source(place, &mut mount)?;
        Ok(mount)
    }

    /// Resolves a bind's path, or checks that a named volume is declared.
    fn source(&mut self, place: &str, mount: &mut MountSpec) -> Result<()> {
        match mount.kind {
            MountKind::Bind if is_pending(&mount.source) => {
                mount.role = MountRole::Pending;
                if mount.source.split('/').any(|part| part == "..") {
                    return Err(Error::field(place, "a path with a variable may not contain “..”"));
                }
            }
            MountKind::Bind => {
                let resolved =
                    self.rules.paths.resolve(&mount.source).map_err(|reason| Error::field(place, reason))?;
                if let Some(what) = resolved.foreign {
                    self.report.unsupported(format!("{place}: {} belongs to {what}", mount.source));
                }
                mount.source = resolved.path;
                mount.role = resolved.role;
            }
            MountKind::Volume if !mount.source.is_empty() => self.use_volume(place, &mount.source)?,
            _ => {}
        }
        Ok(())
    }

    fn long_volume(&mut self, place: &str, item: &Node) -> Result<MountSpec> {
        let mut fields = Fields::new(place, item)?;
        let source = fields.text("source")?.unwrap_or_default();
        let target = fields.text("target")?.ok_or_else(|| Error::field(fields.at("target"), "is missing"))?;
        let read_only = fields.flag("read_only")?.unwrap_or(false);
        let kind = fields.text("type")?.unwrap_or_default();
        let kind = match kind.as_str() {
            "bind" => MountKind::Bind,
            "volume" => MountKind::Volume,
            // Not valid for compose, but what is meant is plain.
            "" if is_path(&source) => MountKind::Bind,
            "" => MountKind::Volume,
            "tmpfs" => MountKind::Tmpfs,
            other => {
                self.report.unsupported(format!("{}: volume type “{other}”", fields.at("type")));
                MountKind::Volume
            }
        };
        let mut options =
            MountOptions { create_host_path: kind == MountKind::Bind, ..MountOptions::default() };
        options.consistency = fields.filled("consistency")?;
        if let Some(bind) = fields.get("bind") {
            let mut bind = Fields::new(fields.at("bind"), bind)?;
            options.propagation = bind.filled("propagation")?;
            options.selinux = bind.filled("selinux")?;
            options.recursive = bind.filled("recursive")?;
            // The long form says itself whether a missing path is created; compose's default is to create it.
            options.create_host_path = bind.flag("create_host_path")?.unwrap_or(true);
            bind.finish(self.report);
        }
        if let Some(volume) = fields.get("volume") {
            let mut volume = Fields::new(fields.at("volume"), volume)?;
            options.nocopy = volume.flag("nocopy")?.unwrap_or(false);
            options.subpath = volume.filled("subpath")?;
            volume.finish(self.report);
        }
        if let Some(tmpfs) = fields.get("tmpfs") {
            let mut tmpfs = Fields::new(fields.at("tmpfs"), tmpfs)?;
            options.tmpfs_size = tmpfs.bytes("size")?;
            options.mode = tmpfs.parse("mode", "an octal mode", mode_bits)?;
            tmpfs.finish(self.report);
        }
        if kind == MountKind::Bind && source.is_empty() {
            return Err(Error::field(fields.at("source"), "is missing"));
        }
        fields.finish(self.report);
        let mut mount = MountSpec {
            kind,
            source: if kind == MountKind::Tmpfs { String::new() } else { source },
            target: target_path(place, &target)?,
            read_only,
            role: MountRole::Private,
            options,
        };
        self.source(place, &mut mount)?;
        Ok(mount)
    }

    /// A config or a secret used by a service becomes a read-only file.
    fn file_reference(
        &mut self,
        place: &str,
        item: &Node,
        section: &'static str,
        default_directory: &str,
    ) -> Result<Option<MountSpec>> {
        let (name, target, options) = match item {
            Node::Scalar { text, .. } => (text.clone(), None, MountOptions::default()),
            _ => {
                let mut fields = Fields::new(place, item)?;
                let name =
                    fields.text("source")?.ok_or_else(|| Error::field(fields.at("source"), "is missing"))?;
                let target = fields.filled("target")?;
                let options = MountOptions {
                    uid: fields.filled("uid")?,
                    gid: fields.filled("gid")?,
                    mode: fields.parse("mode", "an octal mode", mode_bits)?,
                    ..MountOptions::default()
                };
                fields.finish(self.report);
                (name, target, options)
            }
        };
        let target = match target {
            Some(target) if target.starts_with('/') => target,
            Some(target) if section == "secrets" => format!("{default_directory}{target}"),
            Some(target) => format!("/{target}"),
            None => format!("{default_directory}{name}"),
        };
        let Some(definition) = self.root.map(section).and_then(|all| all.get(&name)) else {
            return Err(Error::field(place, format!("“{name}” is not defined under {section}")));
        };
        let definition_place = format!("{section}.{name}");
        let mut fields = Fields::new(&definition_place, definition)?;
        let content = fields.text("content")?;
        let file = fields.filled("file")?;
        let variable = fields.filled("environment")?;
        fields.ignore(&["name", "labels"]);
        if fields.flag("external")?.unwrap_or(false) {
            self.report.unsupported(format!("{definition_place}.external"));
        }
        fields.finish(self.report);
        let mut mount = MountSpec {
            kind: MountKind::Content,
            source: name,
            target: target_path(place, &target)?,
            read_only: true,
            role: MountRole::Private,
            options,
        };
        if let Some(content) = content {
            mount.options.content = Some(content);
        } else if let Some(variable) = variable {
            let value = self.interpolator.pass_on(&format!("{definition_place}.environment"), &variable);
            if value.is_none() {
                self.report.warn(format!("{definition_place}: the variable {variable} is not set"));
            }
            mount.options.content = Some(value.unwrap_or_default());
        } else if let Some(file) = file {
            mount.kind = MountKind::Bind;
            mount.source = file;
            self.source(&definition_place, &mut mount)?;
        } else {
            self.report.unsupported(format!("{definition_place} has no content"));
            return Ok(None);
        }
        Ok(Some(mount))
    }

    fn use_volume(&mut self, place: &str, key: &str) -> Result<()> {
        if is_pending(key) {
            return Ok(());
        }
        let declared = self.root.map("volumes").is_some_and(|volumes: &Map| volumes.get(key).is_some());
        if !declared {
            return Err(Error::field(place, format!("the volume “{key}” is not defined under volumes")));
        }
        self.used_volumes.insert(key.to_owned());
        Ok(())
    }
}

/// Two mounts on the same target: the later one replaces the earlier, as in compose.
fn push(mounts: &mut Vec<MountSpec>, mount: MountSpec) {
    match mounts.iter_mut().find(|other| other.target == mount.target) {
        Some(other) => *other = mount,
        None => mounts.push(mount),
    }
}

/// Sources that begin like a path are binds, all others are names of volumes.
fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~']) || is_pending(source)
}

fn target_path(place: &str, target: &str) -> Result<String> {
    if is_pending(target) {
        return Ok(target.to_owned());
    }
    if !target.starts_with('/') {
        return Err(Error::field(place, format!("the target “{target}” is not an absolute path")));
    }
    if target.len() > 4096 {
        return Err(Error::field(place, "the target is longer than 4096 bytes"));
    }
    let clean = crate::paths::clean(target);
    if clean == "/" {
        return Err(Error::field(place, "the target can't be the root directory"));
    }
    Ok(clean)
}

/// `0440`, `0o440` and `288` (decimal is what JSON gives) mean mode bits.
fn mode_bits(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.strip_prefix("0o").or_else(|| text.strip_prefix('0').filter(|rest| !rest.is_empty()));
    let mode = match digits {
        Some(octal) => u32::from_str_radix(octal, 8).ok()?,
        None => text.parse().ok()?,
    };
    (mode <= 0o7777).then_some(mode)
}
