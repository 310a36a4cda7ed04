//! What must hold of every plan, whatever it was read from. Written apart from the code that makes plans.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use livos_manifest::{AppSpec, Context, Entry, Format, MountKind, MountRole, NetworkMode, Plan, Source};

/// Plans an app from its files and holds the plan to [`check`].
pub fn plan(format: Format, files: &[(&str, &str)]) {
    let files: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let entry = Entry::new(format, "demo", Source { files, icon: String::new() });
    let mut context = Context { device_seed: b"seed".to_vec(), ..Context::default() };
    let exports = entry.exports(entry.id(), &context);
    context.exports = exports.variables;
    check(&entry.plan(&context), &context);
}

fn check(plan: &Plan, context: &Context) {
    assert_eq!(plan.spec.is_none(), plan.error.is_some(), "{plan:?}");
    assert_eq!(plan.complete, plan.error.is_none() && plan.unsupported.is_empty(), "{plan:?}");
    if let Some(spec) = &plan.spec {
        let json = serde_json::to_string(spec).expect("a spec is plain data");
        let again: AppSpec = serde_json::from_str(&json).expect("what was written is read");
        assert_eq!(&again, spec);
        stays_inside(spec, context);
    }
}

/// Whatever reaches beyond the app is said, and what is called the app's own lies in its folder.
fn stays_inside(spec: &AppSpec, context: &Context) {
    let said = |code: &str| spec.permissions.iter().any(|permission| permission.code == code);
    let said_of = |codes: &[&str], subject: &str| {
        spec.permissions
            .iter()
            .any(|permission| codes.contains(&permission.code.as_str()) && permission.subject == subject)
    };
    assert!(!spec.id.is_empty() && !spec.id.contains(['/', '\\', '\0']) && spec.id != "..", "{:?}", spec.id);
    for service in &spec.services {
        assert!(!service.privileged || said("privileged"), "{spec:?}");
        assert!(service.network_mode != Some(NetworkMode::Host) || said("host_network"), "{spec:?}");
        for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
            let source = mount.source.as_str();
            match &mount.role {
                MountRole::AppData => assert!(beneath(source, &context.data_dir(&spec.id)), "{mount:?}"),
                MountRole::UserFolder { .. } => {
                    assert!(beneath(source, &context.home_dir), "{mount:?}");
                    assert!(said_of(&["user_folder"], source), "{mount:?} {:?}", spec.permissions);
                }
                MountRole::OtherApp { .. } => assert!(said("other_app_data"), "{mount:?}"),
                MountRole::HostPath => assert!(said("host_path"), "{mount:?} {:?}", spec.permissions),
                MountRole::DockerSocket => assert!(said("docker_socket"), "{mount:?}"),
                MountRole::DockerView => assert!(said("docker_view"), "{mount:?}"),
                MountRole::HostClock => {
                    assert!(["/etc/localtime", "/etc/timezone"].contains(&source), "{mount:?}");
                }
                MountRole::Private | MountRole::Pending => {}
            }
        }
    }
}

/// Lexically: no `..` is left and the folder is a prefix by whole names.
fn beneath(path: &str, folder: &str) -> bool {
    let path = Path::new(path);
    path.is_absolute()
        && path.starts_with(folder)
        && !path.components().any(|part| part == Component::ParentDir)
}
