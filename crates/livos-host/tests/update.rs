//! `livos-update` with the real apt and dpkg, on a tree of its own and an archive made here. Programs that would
//! change this machine's services are stood in for by scripts: `ci/boot/packages.py` has the real ones.

#![expect(clippy::expect_used, reason = "this whole program is a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::{Value, json};

/// A machine that LivOS 1 is installed on, as far as apt can see.
struct Machine {
    home: tempfile::TempDir,
}

/// What goes wrong with a version.
#[derive(Default)]
struct Version {
    number: &'static str,
    /// It is installed, and does not work.
    broken: bool,
    /// What dpkg runs to set it up.
    postinst: &'static str,
    depends: &'static str,
}

impl Machine {
    /// `None` where there is no apt.
    fn new() -> Option<Self> {
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

    fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    fn script(&self, path: &str, text: &str) {
        self.write(path, &format!("#!/bin/sh\n{text}\n"));
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// A program that takes our tree for the machine.
    fn command(&self, program: &str) -> Command {
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

    fn package(&self, version: &Version) -> PathBuf {
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
    fn offer(&self, version: &Version) {
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

    fn ask(&self, request: &Value) {
        self.write("state/host/update/request.json", &request.to_string());
    }

    /// Its hour has come, as the timer says it; then what that brings.
    fn night(&self) -> Value {
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
    fn run(&self) -> ExitStatus {
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

    fn status(&self) -> Value {
        serde_json::from_str(&self.read("state/host/update/status.json")).expect("a status")
    }

    fn installed(&self) -> String {
        let output = self.command("dpkg-query").args(["-W", "-f", "${Status} ${Version}", "livos"]).output();
        String::from_utf8(output.expect("it runs").stdout).expect("text")
    }

    /// What is on the disk, and whether anything is left to do.
    fn web(&self) -> String {
        assert!(!self.at("state/host/update/attempt.json").exists(), "it has ended");
        assert!(!self.at("state/host/update/request.json").exists(), "nothing is asked for");
        self.read("tree/usr/lib/livos/livos-web").trim().to_owned()
    }

    fn update_to(&self, version: &str) -> Value {
        self.ask(&json!({ "install": version }));
        assert!(self.run().success());
        self.status()
    }
}

const TWO: Version = Version { number: "2", broken: false, postinst: "", depends: "" };

#[test]
fn a_check_says_what_a_newer_version_brings() {
    let Some(machine) = Machine::new() else { return };
    machine.ask(&json!("check"));
    assert!(machine.run().success());
    let status = machine.status();
    assert_eq!(status["problem"]["code"], "offline", "an archive without a list: {status:#}");

    machine.offer(&TWO);
    machine.ask(&json!("check"));
    assert!(machine.run().success());
    let status = machine.status();
    assert_eq!((&status["state"], &status["available"]), (&json!("idle"), &json!("2")), "{status:#}");
    assert_eq!(status["problem"]["code"], "", "{status:#}");
    assert_eq!(status["notes"], "### Added\n\n- Version 2.");
    assert_eq!(status["packages"], json!([{ "name": "livos", "from": "1", "to": "2" }]));
    assert!(status["download_bytes"].as_u64().is_some_and(|bytes| bytes > 100), "{status:#}");
    assert_eq!(machine.web(), "version 1 works", "looking changes nothing");

    machine.write("tree/etc/apt/sources.list", "");
    machine.ask(&json!("check"));
    assert!(machine.run().success());
    assert_eq!(machine.status()["problem"]["code"], "no_archive");
}

#[test]
fn a_newer_version_that_works_stays() {
    let Some(machine) = Machine::new() else { return };
    // What was ill before is not the new version's fault.
    machine.write("ill", "docker does not run.\n");
    machine.offer(&TWO);
    let status = machine.update_to("2");
    assert_eq!(status["last"]["result"], "done", "{status:#}");
    assert_eq!((&status["last"]["from"], &status["last"]["to"]), (&json!("1"), &json!("2")));
    assert_eq!(
        (machine.web(), machine.installed()),
        ("version 2 works".into(), "install ok installed 2".into())
    );
    let log = machine.read("systemctl.log");
    assert!(
        log.find("stop").is_some_and(|stop| log.rfind("start").is_some_and(|start| stop < start)),
        "{log}"
    );
    assert_eq!(machine.read("state/web/web.db"), "accounts\nversion 2 works\n");

    machine.ask(&json!("check"));
    assert!(machine.run().success());
    assert_eq!(
        (&machine.status()["available"], &machine.status()["problem"]["code"]),
        (&json!(""), &json!(""))
    );
}

#[test]
fn a_newer_version_that_does_not_work_goes_and_the_data_comes_back() {
    let Some(machine) = Machine::new() else { return };
    machine.offer(&Version { number: "2", broken: true, ..Version::default() });
    let status = machine.update_to("2");
    assert_eq!(status["last"]["result"], "returned", "{status:#}");
    assert_eq!(status["last"]["reasons"], json!(["livos-web does not run."]));
    assert_eq!(
        (machine.web(), machine.installed()),
        ("version 1 works".into(), "install ok installed 1".into())
    );
    assert_eq!(
        machine.read("state/web/web.db"),
        "accounts\nversion 1 works\n",
        "nothing of version 2 is in it"
    );

    machine.offer(&Version { number: "3", ..Version::default() });
    assert_eq!(machine.update_to("3")["last"]["result"], "done");
}

#[test]
fn an_appliance_composes_the_newer_version_beside_itself_and_starts_it() {
    let Some(machine) = Machine::new() else { return };
    machine.write("tree/usr/lib/systemd/system/livos-health.service", "[Unit]\n");
    machine.script("bin/livos-slot", "echo 'livos-slot: the disk is full' >&2; exit 1");
    machine.offer(&TWO);
    machine.ask(&json!("check"));
    assert!(machine.run().success());
    assert_eq!(machine.status()["available"], "2");

    let status = machine.update_to("2");
    assert_eq!((&status["state"], &status["problem"]["code"]), (&json!("idle"), &json!("failed")));
    let said = status["problem"]["message"].as_str().expect("text");
    assert!(said.contains("livos-slot stage") && said.contains("the disk is full"), "{said}");
    assert!(!machine.read("systemctl.log").contains("reboot"));

    machine.script(
        "bin/livos-slot",
        "echo \"$*\" >> $HOME_OF_TEST/slot.log\n\
         for step in preparing packages kernel sealing placing; do echo \"{\\\"step\\\":\\\"$step\\\"}\"; done\n\
         echo '{\"version\":\"2-2\"}'",
    );
    let status = machine.update_to("2");
    // Until what starts has said how it fares.
    assert_eq!((&status["state"], &status["cancellable"]), (&json!("judging"), &json!(false)), "{status:#}");
    assert_eq!(machine.read("slot.log"), "stage --json\n");
    assert!(machine.read("systemctl.log").contains("reboot"));
    assert_eq!(machine.web(), "version 1 works", "the running system is not touched");
    assert_eq!(machine.update_to("3")["problem"]["code"], "changed");
    // The power failed after the version was placed, and it is what runs by now.
    let status = machine.update_to("1");
    assert_eq!((&status["state"], &status["problem"]["code"]), (&json!("idle"), &json!("")), "{status:#}");
    assert_eq!(machine.read("slot.log"), "stage --json\n", "it is not composed again");
}

#[test]
fn at_night_it_updates_by_itself_unless_that_did_not_stay_before() {
    let Some(machine) = Machine::new() else { return };
    assert_eq!(machine.night()["problem"]["code"], "offline", "no list yet");
    machine.offer(&Version { number: "2", broken: true, ..Version::default() });
    assert_eq!(machine.night()["last"]["result"], "returned");
    assert_eq!(machine.update_to("2")["last"]["result"], "returned", "a person may try again");
    let stops = || machine.read("systemctl.log").matches("stop").count();
    let before = stops();
    let status = machine.night();
    assert_eq!((machine.web(), stops()), ("version 1 works".into(), before), "it is not tried again");
    assert_eq!(status["available"], "2", "a person still may");

    machine.write("state/host/update/automatic.json", r#"{"on":false,"hour":4}"#);
    machine.offer(&Version { number: "3", ..Version::default() });
    machine.night();
    assert_eq!(machine.web(), "version 1 works", "it is switched off");
    machine.write("state/host/update/automatic.json", r#"{"on":true,"hour":4}"#);
    assert_eq!(machine.night()["last"]["to"], "3");
    assert_eq!(machine.web(), "version 3 works");
    assert_eq!(machine.night()["problem"]["code"], "", "nothing is newer");
    assert_eq!(machine.web(), "version 3 works");
}

#[test]
fn at_night_what_could_not_begin_is_tried_again_on_the_next() {
    let Some(machine) = Machine::new() else { return };
    machine.write("tree/usr/lib/systemd/system/livos-health.service", "[Unit]\n");
    machine.script("bin/livos-slot", "echo 'livos-slot: the disk is full' >&2; exit 1");
    machine.offer(&TWO);
    assert_eq!(machine.night()["problem"]["code"], "failed");
    machine.script("bin/livos-slot", "echo \"$*\" >> $HOME_OF_TEST/slot.log; echo '{\"version\":\"2-2\"}'");
    assert_eq!(machine.night()["state"], "judging");
    // What starts next is the version before, because the newer one failed: it looks again, and remembers.
    for _ in 0..2 {
        machine.night();
        assert_eq!(machine.read("slot.log"), "stage --json\n", "once");
    }
}

#[test]
fn an_appliance_gets_what_is_newer_in_its_system_too() {
    let Some(machine) = Machine::new() else { return };
    machine.write("tree/usr/lib/systemd/system/livos-health.service", "[Unit]\n");
    machine.script("bin/livos-slot", "echo \"$*\" >> $HOME_OF_TEST/slot.log; echo '{\"version\":\"1-2\"}'");
    machine.offer(&Version { number: "1", ..Version::default() });
    let installed = machine.read("tree/var/lib/dpkg/status");
    let other = "Package: openssl\nStatus: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: A <a@localhost>\nDescription: x\n\n";
    machine.write("tree/var/lib/dpkg/status", &format!("{installed}{other}"));
    let list = machine.read("archive/Packages");
    let newer = "Package: openssl\nVersion: 2\nArchitecture: all\nMaintainer: A <a@localhost>\nFilename: ./openssl_2_all.deb\nSize: 10\nSHA256: 00\nDescription: x\n";
    machine.write("archive/Packages", &format!("{list}\n{newer}"));
    machine.ask(&json!("check"));
    assert!(machine.run().success());
    let status = machine.status();
    assert_eq!(status["available"], "", "{status:#}");
    assert_eq!(status["packages"], json!([{ "name": "openssl", "from": "1", "to": "2" }]), "{status:#}");
    assert_eq!(machine.update_to("")["state"], "judging");
    assert_eq!(machine.read("slot.log"), "stage --json\n");
}

#[test]
fn a_version_that_can_not_be_set_up_goes() {
    let Some(machine) = Machine::new() else { return };
    machine.offer(&Version { number: "2", postinst: "echo no >&2; exit 1", ..Version::default() });
    let status = machine.update_to("2");
    assert_eq!(status["last"]["result"], "returned", "{status:#}");
    assert!(status["last"]["reasons"][0].as_str().is_some_and(|why| why.contains("dpkg")), "{status:#}");
    assert_eq!(
        (machine.web(), machine.installed()),
        ("version 1 works".into(), "install ok installed 1".into())
    );
}

#[test]
fn what_can_not_begin_changes_nothing_and_says_why() {
    let Some(machine) = Machine::new() else { return };
    machine.offer(&Version { number: "2", depends: "nowhere", ..Version::default() });
    assert_eq!(machine.update_to("2")["problem"]["code"], "failed");
    machine.offer(&TWO);
    assert_eq!(machine.update_to("3")["problem"]["code"], "changed");
    // Somebody changed a file of the package, and its package is nowhere to be had.
    machine.write("tree/usr/lib/livos/livos-web", "version 1 works, differently\n");
    let sums = "00000000000000000000000000000000  usr/lib/livos/livos-web\n";
    machine.write("tree/var/lib/dpkg/info/livos.md5sums", sums);
    let status = machine.update_to("2");
    assert_eq!(status["problem"]["code"], "no_way_back", "{status:#}");
    machine.write("tree/var/lib/dpkg/info/livos.md5sums", "");
    // An installation that was broken off.
    let known = machine.read("tree/var/lib/dpkg/status");
    machine.write(
        "tree/var/lib/dpkg/status",
        &known.replace("install ok installed", "install ok half-configured"),
    );
    let status = machine.update_to("2");
    assert_eq!(status["problem"]["code"], "unfinished", "{status:#}");
    machine.write("tree/var/lib/dpkg/status", &known);
    assert_eq!(machine.web(), "version 1 works, differently");
    assert!(!machine.read("systemctl.log").contains("stop"), "nobody was disturbed");
}

#[test]
fn it_can_be_stopped_before_anything_changes() {
    let Some(machine) = Machine::new() else { return };
    machine.offer(&TWO);
    machine.ask(&json!({ "install": "2" }));
    machine.write("state/host/update/cancel", "");
    assert!(machine.run().success());
    assert_eq!(machine.status()["problem"]["code"], "cancelled");
    assert_eq!(machine.web(), "version 1 works");
    assert_eq!(machine.update_to("2")["last"]["result"], "done", "and begun again");
}

/// Kills the program where `when` says, and starts it again.
fn killed(when: &str, version: &Version, wanted: &str, web: &str) {
    let Some(machine) = Machine::new() else { return };
    machine.offer(version);
    machine.write(when, "");
    machine.ask(&json!({ "install": version.number }));
    let mut ended = machine.run();
    assert_eq!(ended.signal(), Some(9), "{when}: it was killed");
    // Once more for what dpkg was doing meanwhile.
    for _ in 0..4 {
        if ended.success() {
            break;
        }
        ended = machine.run();
    }
    assert!(ended.success(), "{when}: it ends");
    let status = machine.status();
    assert_eq!(status["last"]["result"], wanted, "{when}: {status:#}");
    assert_eq!(machine.web(), web, "{when}");
    assert!(machine.read("state/web/web.db").starts_with("accounts\n"), "{when}");
}

/// Kills the program from within dpkg, and itself with it.
const KILLS: &str = "[ ! -e $HOME_OF_TEST/kill-in-postinst ] || { rm $HOME_OF_TEST/kill-in-postinst; \
    kill -9 $(cat $HOME_OF_TEST/engine.pid); kill -9 $PPID; }";

#[test]
fn killed_while_it_saves_it_goes_on() {
    killed("kill-in-stop", &TWO, "done", "version 2 works");
}

#[test]
fn killed_while_it_installs_it_goes_on() {
    let two = Version { number: "2", postinst: KILLS, ..Version::default() };
    killed("kill-in-postinst", &two, "done", "version 2 works");
}

#[test]
fn killed_while_it_judges_it_goes_on() {
    killed("kill-in-judging", &TWO, "done", "version 2 works");
}

#[test]
fn killed_with_a_broken_version_it_still_goes_back() {
    let two = Version { number: "2", broken: true, ..Version::default() };
    killed("kill-in-judging", &two, "returned", "version 1 works");
}
