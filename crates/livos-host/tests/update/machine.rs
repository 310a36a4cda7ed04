//! A machine of a test: a tree that apt and dpkg take for theirs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::{Value, json};

/// A machine that LivOS 1 is installed on, as far as apt can see.
pub(crate) struct Machine {
    home: tempfile::TempDir,
}

/// What goes wrong with a version.
#[derive(Default)]
pub(crate) struct Version {
    pub(crate) number: &'static str,
    /// It is installed, and does not work.
    pub(crate) broken: bool,
    /// What dpkg runs to set it up.
    pub(crate) postinst: &'static str,
    pub(crate) depends: &'static str,
}

impl Machine {
    /// `None` where there is no apt.
    pub(crate) fn new() -> Option<Self> {
        let root = rustix::process::geteuid().is_root();
        if !root || Command::new("apt-get").arg("--version").output().is_err() {
            assert!(std::env::var_os("LIVOS_REQUIRE_APT").is_none(), "it may not be skipped");
            eprintln!("SKIPPED: there is no apt here, or no root to run it as");
            return None;
        }
        let machine = Self { home: tempfile::tempdir().expect("a folder") };
        for folder in [
            "tree/var/lib/dpkg/info",
            "tree/var/lib/dpkg/updates",
            "tree/var/lib/apt/lists/partial",
            "tree/var/cache/apt/archives/partial",
            "tree/var/log/apt",
            "tree/etc/apt",
            "tree/usr",
            "tree/tmp",
            "archive",
            "bin",
            "state/web",
        ] {
            fs::create_dir_all(machine.at(folder)).expect("made");
        }
        machine.write("tree/var/lib/dpkg/status", "");
        machine.write("state/web/web.db", "accounts\n");
        machine.write("ill", "");
        let (home, tree) = (machine.at(""), machine.at("tree"));
        machine.write(
            "tree/etc/apt/sources.list",
            &format!("deb [trusted=yes] copy:{}archive ./\n", home.display()),
        );
        machine.write(
            "apt.conf",
            &format!(
                "Dir \"{0}\";\nDir::State::status \"{0}/var/lib/dpkg/status\";\nAPT::Sandbox::User \"root\";\n\
                 Acquire::Languages \"none\";\nDir::Etc::parts \"none\";\n\
                 Dpkg::Options {{ \"--root={0}\"; \"--force-not-root\"; \"--force-script-chrootless\"; }};\n",
                tree.display()
            ),
        );
        // What the daemons do when they start: they change their database in their version's way.
        machine.script(
            "bin/systemctl",
            &format!(
                "echo \"$1\" >> {0}systemctl.log\ncase $1 in\nis-system-running) echo running ;;\n\
                 start) echo \"$(cat {0}tree/usr/lib/livos/livos-web)\" >> {0}state/web/web.db ;;\n\
                 stop) [ ! -e {0}kill-in-stop ] || {{ rm {0}kill-in-stop; kill -9 $PPID; }} ;;\nesac",
                home.display()
            ),
        );
        machine.script(
            "bin/livos-health",
            &format!(
                "[ ! -e {0}kill-in-judging ] || grep -q 'version 1' {0}tree/usr/lib/livos/livos-web || \
                 {{ rm {0}kill-in-judging; kill -9 \"$(cat {0}engine.pid)\"; exit 0; }}\n\
                 cat {0}ill\ngrep -q broken {0}tree/usr/lib/livos/livos-web && echo 'livos-web does not run.'\n\
                 [ ! -s {0}ill ] && ! grep -q broken {0}tree/usr/lib/livos/livos-web",
                home.display()
            ),
        );
        let one = machine.package(&Version { number: "1", ..Version::default() });
        let installed = machine.command("dpkg").arg("--install").arg(&one).output().expect("dpkg runs");
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));
        Some(machine)
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    pub(crate) fn script(&self, path: &str, text: &str) {
        self.write(path, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// A program that takes our tree for the machine.
    pub(crate) fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program);
        command
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .env("APT_CONFIG", self.at("apt.conf"))
            .env("DPKG_ROOT", self.at("tree"))
            .env("DPKG_ADMINDIR", self.at("tree/var/lib/dpkg"))
            .env("DPKG_FORCE", "not-root,script-chrootless")
            .env("HOME_OF_TEST", self.home.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn package(&self, version: &Version) -> PathBuf {
        let tree = format!("made-{}", version.number);
        let state = if version.broken { "broken" } else { "works" };
        self.write(
            &format!("{tree}/usr/lib/livos/livos-web"),
            &format!("version {} {state}\n", version.number),
        );
        let depends = if version.depends.is_empty() {
            String::new()
        } else {
            format!("Depends: {}\n", version.depends)
        };
        self.write(
            &format!("{tree}/DEBIAN/control"),
            &format!(
                "Package: livos\nVersion: {0}\nArchitecture: all\nMaintainer: A <a@localhost>\n{depends}\
                 Installed-Size: 4\nNews: ### Added\n .\n - Version {0}.\nDescription: LivOS\n",
                version.number
            ),
        );
        if !version.postinst.is_empty() {
            self.script(&format!("{tree}/DEBIAN/postinst"), version.postinst);
        }
        let deb = self.at(&format!("livos_{}_all.deb", version.number));
        let built = self
            .command("dpkg-deb")
            .args(["--root-owner-group", "-Zgzip", "--build"])
            .args([&self.at(&tree), &deb])
            .output()
            .expect("dpkg-deb runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        deb
    }

    /// Offers a version, and no other, in the archive.
    pub(crate) fn offer(&self, version: &Version) {
        let deb = self.package(version);
        let name = deb.file_name().expect("a name").to_string_lossy().into_owned();
        fs::rename(&deb, self.at("archive").join(&name)).expect("moved");
        let path = self.at("archive").join(&name);
        let ask = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).arg(&path).output().expect("it runs");
            String::from_utf8(output.stdout).expect("text")
        };
        let sum = ask("sha256sum", &[]);
        let entry = format!(
            "{}Filename: ./{name}\nSize: {}\nSHA256: {}\n",
            ask("dpkg-deb", &["--field"]),
            fs::metadata(&path).expect("a file").len(),
            sum.split_whitespace().next().expect("a sum")
        );
        self.write("archive/Packages", &entry);
    }

    pub(crate) fn ask(&self, request: &Value) {
        self.write("state/host/update/request.json", &request.to_string());
    }

    /// Its hour has come, as the timer says it; then what that brings.
    pub(crate) fn night(&self) -> Value {
        let ask = self
            .command(env!("CARGO_BIN_EXE_livos-update"))
            .args(["--ask", "automatic", "--state"])
            .arg(self.at("state"))
            .status();
        assert!(ask.expect("it starts").success());
        assert!(self.run().success());
        self.status()
    }

    /// Runs the program once, as its unit does.
    pub(crate) fn run(&self) -> ExitStatus {
        let mut child = self
            .command(env!("CARGO_BIN_EXE_livos-update"))
            .args(["--judge", "1", "--state"])
            .arg(self.at("state"))
            .arg("--root")
            .arg(self.at("tree"))
            .arg("--health")
            .arg(self.at("bin/livos-health"))
            .spawn()
            .expect("it starts");
        self.write("engine.pid", &child.id().to_string());
        child.wait().expect("it ends")
    }

    pub(crate) fn status(&self) -> Value {
        serde_json::from_str(&self.read("state/host/update/status.json")).expect("a status")
    }

    pub(crate) fn installed(&self) -> String {
        let output = self.command("dpkg-query").args(["-W", "-f", "${Status} ${Version}", "livos"]).output();
        String::from_utf8(output.expect("it runs").stdout).expect("text")
    }

    /// What is on the disk, and whether anything is left to do.
    pub(crate) fn web(&self) -> String {
        assert!(!self.at("state/host/update/attempt.json").exists(), "it has ended");
        assert!(!self.at("state/host/update/request.json").exists(), "nothing is asked for");
        self.read("tree/usr/lib/livos/livos-web").trim().to_owned()
    }

    pub(crate) fn update_to(&self, version: &str) -> Value {
        self.ask(&json!({ "install": version }));
        assert!(self.run().success());
        self.status()
    }
}
