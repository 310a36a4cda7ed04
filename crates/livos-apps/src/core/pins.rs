//! Folders that lie inside other folders a container may change.
//!
//! Docker finds the source of a mount by its path, as root, at every start. A container that may change a folder
//! could put a link in the place of one inside it, and another container would then get whatever the link names.
//! So in the first container every such inner folder, and each folder on the way to it, is mounted onto itself:
//! what something is mounted on can be neither renamed nor removed there.

use std::path::{Path, PathBuf};

use livos_docker as docker;

/// Pins the folders of an app, all of which lie in `data_dir`. `is_file` tells what is no folder.
pub(crate) fn pin(
    containers: &mut [docker::ContainerConfig],
    data_dir: &Path,
    is_file: &dyn Fn(&Path) -> bool,
) {
    let source = |mount: &docker::Mount| match &mount.kind {
        docker::MountKind::Bind { source, .. } => {
            Some(PathBuf::from(source)).filter(|path| path.starts_with(data_dir))
        }
        _ => None,
    };
    let inner: Vec<PathBuf> =
        containers.iter().flat_map(|container| &container.mounts).filter_map(source).collect();
    for container in containers.iter_mut() {
        let mut pins: Vec<docker::Mount> = Vec::new();
        for outer in container.mounts.iter().filter(|mount| !mount.read_only) {
            let Some(outer_source) = source(outer) else { continue };
            for path in &inner {
                let Ok(below) = path.strip_prefix(&outer_source) else { continue };
                let (mut from, mut to) = (outer_source.clone(), PathBuf::from(&outer.target));
                for part in below.components() {
                    from.push(part);
                    to.push(part);
                    let target = to.display().to_string();
                    let taken = |mount: &docker::Mount| mount.target.trim_end_matches('/') == target;
                    if container.mounts.iter().any(taken) || pins.iter().any(taken) || is_file(&from) {
                        continue;
                    }
                    pins.push(docker::Mount {
                        target,
                        kind: docker::MountKind::Bind {
                            source: from.display().to_string(),
                            create_host_path: false,
                            propagation: None,
                            selinux: None,
                            recursion: docker::Recursion::Enabled,
                        },
                        read_only: false,
                    });
                }
            }
        }
        container.mounts.extend(pins);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(mounts: &[(&str, &str, bool)]) -> docker::ContainerConfig {
        docker::ContainerConfig {
            mounts: mounts
                .iter()
                .map(|(source, target, read_only)| docker::Mount {
                    target: (*target).to_owned(),
                    kind: docker::MountKind::Bind {
                        source: (*source).to_owned(),
                        create_host_path: false,
                        propagation: None,
                        selinux: None,
                        recursion: docker::Recursion::Enabled,
                    },
                    read_only: *read_only,
                })
                .collect(),
            ..docker::ContainerConfig::default()
        }
    }

    fn targets(container: &docker::ContainerConfig) -> Vec<&str> {
        container.mounts.iter().map(|mount| mount.target.as_str()).collect()
    }

    #[test]
    fn every_folder_on_the_way_is_pinned_where_it_could_be_changed() {
        let mut all = [
            container(&[("/apps/a", "/all", false)]),
            container(&[("/apps/a/x/y", "/y", false), ("/apps/a/file", "/file", false)]),
            container(&[("/apps/a", "/read", true)]),
            container(&[("/apps/a/x", "/x", false), ("/apps/a/x/y", "/x/y", true)]),
            container(&[("/home/a", "/home", false), ("/home/a/b", "/b", false)]),
        ];
        pin(&mut all, Path::new("/apps/a"), &|path| path.ends_with("file"));
        assert_eq!(targets(&all[0]), ["/all", "/all/x", "/all/x/y"]);
        assert_eq!(targets(&all[1]), ["/y", "/file"]);
        assert_eq!(targets(&all[2]), ["/read"]);
        assert_eq!(targets(&all[3]), ["/x", "/x/y"]);
        assert_eq!(targets(&all[4]), ["/home", "/b"], "people's folders are no app's");
        let mut again = all.clone();
        pin(&mut again, Path::new("/apps/a"), &|path| path.ends_with("file"));
        assert_eq!(again, all);
    }
}
