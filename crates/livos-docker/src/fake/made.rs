//! What a container was made with, as a daemon tells it: with what came from the image.

use super::state::Container;
use crate::config::{ContainerConfig, Mount, MountKind};
use crate::info::ImageInfo;

pub(super) fn config(container: &Container, image: Option<&ImageInfo>) -> ContainerConfig {
    let mut config = container.config.clone();
    config.name.clone_from(&container.info.name);
    config.labels.clone_from(&container.info.labels);
    let pair = |pair: &String| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key.to_owned(), Some(value.to_owned()))
    };
    config.env = container.info.env.iter().map(pair).collect();
    for mounted in container.info.mounts.iter().filter(|mounted| mounted.kind == "volume") {
        let own = Some(mounted.name.clone());
        match config.mounts.iter_mut().find(|mount| mount.target == mounted.target) {
            Some(Mount { kind: MountKind::Volume { name, .. }, .. }) => *name = own,
            Some(_) => {}
            None => config.mounts.push(Mount {
                target: mounted.target.clone(),
                kind: MountKind::Volume { name: own, no_copy: false, subpath: None },
                read_only: !mounted.writable,
            }),
        }
    }
    let Some(image) = image else { return config };
    let filled = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    // Another entry point does away with the image's arguments, too.
    if config.entrypoint.as_ref().is_none_or(Vec::is_empty) && config.command.is_none() {
        config.command = filled(&image.command);
    }
    if config.entrypoint.is_none() {
        config.entrypoint = filled(&image.entrypoint);
    }
    for (own, of_image) in [(&mut config.user, &image.user), (&mut config.working_dir, &image.working_dir)] {
        if own.is_none() && !of_image.is_empty() {
            *own = Some(of_image.clone());
        }
    }
    for exposed in &image.exposed_ports {
        if !config.expose.contains(&(exposed.port, exposed.protocol)) {
            config.expose.push((exposed.port, exposed.protocol));
        }
    }
    config
}
