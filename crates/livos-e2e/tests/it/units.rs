//! The shipped units are ones that systemd takes, and their walls stand.

use std::path::{Path, PathBuf};
use std::process::Command;

use livos_e2e::skip;

fn systemd() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("a checkout").join("systemd")
}

fn analyze() -> Option<Command> {
    let found =
        Command::new("systemd-analyze").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        skip("ROOT", "there is no systemd-analyze here").expect("it may be skipped");
        return None;
    }
    Some(Command::new("systemd-analyze"))
}

/// The highest exposure each daemon may have, in tenths: what it had when it was last looked at.
const EXPOSURE: [(&str, u32); 8] = [
    ("livos-web", 4),
    // It may make its own long work give way (setpriority), and calls openat2.
    ("livos-files", 8),
    ("livos-embeddings@", 5),
    ("livos-host", 10),
    ("livos-nexus", 12),
    // It calls openat2.
    ("livos-apps", 16),
    ("livos-caddy", 16),
    // It runs apt, which may do nearly everything; see its unit.
    ("livos-update", 84),
];

/// Units of the optional package lie in a folder of their own.
fn folders() -> [PathBuf; 2] {
    [systemd(), systemd().join("embeddings")]
}

fn unit_of(name: &str) -> PathBuf {
    let places = folders().map(|folder| folder.join(format!("{name}.service")));
    places.into_iter().find(|place| place.exists()).expect("it has a unit")
}

#[test]
fn no_wall_is_lowered_unnoticed() {
    for (unit, tenths) in EXPOSURE {
        let Some(mut command) = analyze() else { return };
        let output = command
            .args(["security", "--offline=true", "--no-pager", &format!("--threshold={tenths}")])
            .arg(unit_of(unit))
            .output()
            .expect("it runs");
        let table = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{unit} is more exposed than {tenths} tenths:\n{table}");
    }
}

#[test]
fn who_keeps_paths_in_their_place_may_call_what_that_takes() {
    for unit in ["livos-files", "livos-apps"] {
        let text = std::fs::read_to_string(systemd().join(format!("{unit}.service"))).expect("a unit");
        let refuses = text.lines().any(|line| line.starts_with("RestrictSUIDSGID="));
        assert!(
            !refuses,
            "with RestrictSUIDSGID systemd answers {unit}'s openat2 with ENOSYS, and no path opens"
        );
    }
}

#[test]
fn systemd_takes_every_unit_without_a_complaint() {
    let Some(mut command) = analyze() else { return };
    let root = tempfile::tempdir().expect("a folder");
    let units = root.path().join("usr/lib/systemd/system");
    let programs = root.path().join("usr/lib/livos");
    for folder in [&units, &programs] {
        std::fs::create_dir_all(folder).expect("made");
    }
    // Units of the system that ours name, without what those name in turn.
    for name in [
        "dbus.socket",
        "dbus.service",
        "sysinit.target",
        "sockets.target",
        "basic.target",
        "shutdown.target",
        "slices.target",
        "multi-user.target",
        "network.target",
    ] {
        let text = match name.rsplit_once('.') {
            Some((_, "socket")) => {
                "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n"
            }
            Some((_, "service")) => {
                "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/usr/lib/livos/livos-web\n"
            }
            _ => "[Unit]\nDefaultDependencies=no\n",
        };
        std::fs::write(units.join(name), text).expect("written");
    }
    let mut names = Vec::new();
    for entry in folders().iter().flat_map(|folder| std::fs::read_dir(folder).expect("the folder")).flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        if matches!(name.rsplit_once('.'), Some((_, "service" | "socket" | "target" | "slice" | "path"))) {
            std::fs::copy(entry.path(), units.join(&name)).expect("copied");
            names.push(name);
        }
    }
    for (daemon, _) in EXPOSURE {
        let program = if daemon == "livos-caddy" { "livos-front-door" } else { daemon.trim_end_matches('@') };
        std::fs::copy("/bin/true", programs.join(program)).expect("copied");
        assert!(names.contains(&format!("{daemon}.service")), "{daemon} has no unit");
    }
    let output = command
        .arg(format!("--root={}", root.path().display()))
        .arg("verify")
        .args(&names)
        .output()
        .expect("it runs");
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
}
