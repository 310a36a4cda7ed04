//! Upgrades from a file, with the real apt and real signatures.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::TWO;
use crate::machine::{Machine, Version};

const KEYRING: &str = "tree/usr/share/keyrings/livos-archive-keyring.gpg";

fn run(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Who signs bundles.
struct Signer<'a> {
    machine: &'a Machine,
    home: String,
}

impl<'a> Signer<'a> {
    fn new(machine: &'a Machine, name: &str) -> Self {
        // An agent's socket lies in it, whose path may not be long.
        let signer = Self { machine, home: format!("gpg-{name}") };
        machine.write(&format!("{}/gpg.conf", signer.home), "");
        run(signer.gpg().args(["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "1m"]));
        signer
    }

    fn gpg(&self) -> Command {
        let mut command = Command::new("gpg");
        command.env("GNUPGHOME", self.machine.at(&self.home));
        command.args(["--batch", "--yes", "--quiet", "--no-tty", "--pinentry-mode", "loopback"]);
        command
    }

    fn trusted(self) -> Self {
        let place = self.machine.at(KEYRING);
        fs::create_dir_all(place.parent().expect("a folder")).expect("made");
        run(self.gpg().arg("--export").arg("--output").arg(place));
        self
    }

    /// Lays an archive with one version out in `bundle/`.
    fn archive(&self, version: &Version, architecture: &str) {
        let machine = self.machine;
        let deb = machine.package(version);
        let root = machine.at("bundle");
        if root.exists() {
            fs::remove_dir_all(&root).expect("removed");
        }
        let lists = format!("dists/stable/main/binary-{architecture}");
        machine.write(&format!("bundle/{lists}/Packages"), "");
        fs::create_dir_all(root.join("pool/main/l/livos")).expect("made");
        let name = deb.file_name().expect("a name");
        fs::rename(&deb, root.join("pool/main/l/livos").join(name)).expect("moved");
        let mut list = Command::new("apt-ftparchive");
        let list = run(list.current_dir(&root).args(["--arch", architecture, "packages", "pool"]));
        machine.write(&format!("bundle/{lists}/Packages"), &list);
        run(Command::new("gzip").current_dir(root.join(&lists)).args(["-9nk", "Packages"]));
        let mut release = Command::new("apt-ftparchive");
        release.current_dir(&root);
        let named = ["Suite=stable", "Codename=stable", "Components=main", "Acquire-By-Hash=yes"];
        let of = format!("Architectures={architecture}");
        for field in named.iter().chain([&of.as_str()]) {
            release.args(["-o", &format!("APT::FTPArchive::Release::{field}")]);
        }
        let release = run(release.args(["release", "dists/stable"]));
        machine.write("bundle/dists/stable/Release", &release);
        self.sign();
    }

    fn sign(&self) {
        let suite = self.machine.at("bundle/dists/stable");
        run(self
            .gpg()
            .arg("--clearsign")
            .arg("--output")
            .arg(suite.join("InRelease"))
            .arg(suite.join("Release")));
    }
}

impl Drop for Signer<'_> {
    fn drop(&mut self) {
        // The agent that gpg starts would keep running with the folder gone.
        run(Command::new("gpgconf").env("GNUPGHOME", self.machine.at(&self.home)).args(["--kill", "all"]));
    }
}

impl Machine {
    /// Hands over what is in `bundle/`, as the daemon does, and has it looked at.
    fn offer_file(&self) -> Value {
        let mut tar = Command::new("tar");
        tar.current_dir(self.at("bundle")).args(["--format=ustar", "--sort=name", "-cf"]);
        fs::create_dir_all(self.at("state/host/update")).expect("made");
        run(tar.arg(self.at("state/host/update/offered")).args(["dists", "pool"]));
        self.look_at_offered()
    }

    fn look_at_offered(&self) -> Value {
        self.ask(&json!({ "offered": "livos-2.bundle" }));
        assert!(self.run().success());
        assert!(!self.at("state/host/update/offered").exists(), "it is kept once");
        self.status()
    }

    fn refuses(&self, code: &str, words: &str) {
        let status = self.offer_file();
        self.refused(&status, code, words);
    }

    fn refused(&self, status: &Value, code: &str, words: &str) {
        let said = status["problem"]["message"].as_str().expect("text");
        assert_eq!(status["problem"]["code"], code, "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!((&status["available"], &status["from_file"]), (&json!(""), &json!("")), "{status:#}");
        assert_eq!(self.web(), "version 1 works", "nothing was changed");
        assert!(!self.at("tree/var/cache/livos-upgrade").exists(), "nothing of it is left");
        assert!(!self.read("systemctl.log").contains("stop"), "nobody was disturbed");
    }
}

fn architecture() -> String {
    run(Command::new("dpkg").arg("--print-architecture")).trim().to_owned()
}

#[test]
fn a_file_is_an_archive_for_one_update_and_no_longer() {
    let Some(machine) = Machine::new() else { return };
    let signer = Signer::new(&machine, "livos").trusted();
    // Whatever the machine's own archive offers is of no interest, nor whether it can be reached.
    machine.offer(&Version { number: "3", ..Version::default() });
    signer.archive(&TWO, &architecture());
    let status = machine.offer_file();
    assert_eq!(
        (&status["available"], &status["from_file"]),
        (&json!("2"), &json!("livos-2.bundle")),
        "{status:#}"
    );
    assert_eq!(status["packages"], json!([{ "name": "livos", "from": "1", "to": "2" }]));
    assert_eq!(
        (&status["notes"], &status["download_bytes"]),
        (&json!("### Added\n\n- Version 2."), &json!(0))
    );
    assert_eq!(machine.web(), "version 1 works", "looking changes nothing");
    assert_eq!(machine.night()["available"], "2", "it waits for its person, also at night");

    let status = machine.update_to("2");
    assert_eq!(status["last"]["result"], "done", "{status:#}");
    assert_eq!(status["from_file"], "");
    assert_eq!(
        (machine.web(), machine.installed()),
        ("version 2 works".into(), "install ok installed 2".into())
    );
    assert!(machine.read("systemctl.log").contains("stop"), "with all the steps of an update");
    assert!(!machine.at("tree/var/cache/livos-upgrade").exists(), "nothing of it is left");

    machine.ask(&json!("check"));
    assert!(machine.run().success());
    assert_eq!(machine.status()["available"], "3", "apt knows the machine's archives again");
}

#[test]
fn a_version_from_a_file_that_does_not_work_goes_back_too() {
    let Some(machine) = Machine::new() else { return };
    let signer = Signer::new(&machine, "livos").trusted();
    signer.archive(&Version { number: "2", broken: true, ..Version::default() }, &architecture());
    machine.write("tree/etc/apt/sources.list", "");
    assert_eq!(machine.offer_file()["available"], "2");
    machine.write("kill-in-judging", "");
    machine.ask(&json!({ "install": "2" }));
    assert!(!machine.run().success(), "it was killed");
    assert!(machine.run().success());
    let status = machine.status();
    assert_eq!(status["last"]["result"], "returned", "{status:#}");
    assert_eq!(
        (machine.web(), machine.installed()),
        ("version 1 works".into(), "install ok installed 1".into())
    );
    assert_eq!(machine.read("state/web/web.db"), "accounts\nversion 1 works\n");
}

#[test]
fn a_file_that_is_not_to_be_believed_changes_nothing() {
    let Some(machine) = Machine::new() else { return };
    let stranger = Signer::new(&machine, "stranger");
    stranger.archive(&TWO, &architecture());
    machine.refuses("no_key", "has no key for LivOS");
    let signer = Signer::new(&machine, "livos").trusted();
    machine.refuses("untrusted", "not signed by the key");
    // Nor does it help that somebody allows that for all other archives.
    let conf = machine.read("apt.conf");
    machine.write(
        "apt.conf",
        &format!(
            "{conf}Acquire::AllowInsecureRepositories \"true\";\nAPT::Get::AllowUnauthenticated \"true\";\n"
        ),
    );
    machine.refuses("untrusted", "not signed by the key");
    signer.archive(&TWO, &architecture());
    let signed = machine.read("bundle/dists/stable/InRelease");
    machine.write("bundle/dists/stable/InRelease", &signed.replace("Suite: stable", "Suite: testing"));
    machine.refuses("untrusted", "was changed since");
    fs::remove_file(machine.at("bundle/dists/stable/InRelease")).expect("removed");
    machine.refuses("untrusted", "not signed by the key");
    signer.archive(&TWO, &architecture());
    machine.write(
        "bundle/dists/stable/Release",
        &format!(
            "{}Valid-Until: Fri, 02 Jan 2026 00:00:00 UTC\n",
            machine.read("bundle/dists/stable/Release")
        ),
    );
    signer.sign();
    machine.refuses("expired", "Get a newer file");
    let dated = machine.read("bundle/dists/stable/Release");
    let date = dated.lines().find(|line| line.starts_with("Date: ")).expect("a date").to_owned();
    let later = dated
        .replace(&date, "Date: Fri, 01 Jan 2100 00:00:00 UTC")
        .replace("Valid-Until: Fri, 02 Jan 2026", "X-Nothing: ");
    machine.write("bundle/dists/stable/Release", &later);
    signer.sign();
    machine.refuses("clock", "Set the clock");
}

#[test]
fn a_file_that_is_damaged_or_for_somebody_else_changes_nothing() {
    let Some(machine) = Machine::new() else { return };
    let signer = Signer::new(&machine, "livos").trusted();
    let here = architecture();
    signer.archive(&TWO, &here);
    // A package is another one than what was listed, or is missing.
    let deb = machine.at("bundle/pool/main/l/livos/livos_2_all.deb");
    let mut bytes = fs::read(&deb).expect("read");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&deb, &bytes).expect("written");
    machine.refuses("damaged", "not what was signed");
    fs::remove_file(&deb).expect("removed");
    machine.refuses("damaged", "not what was signed");
    signer.archive(&TWO, &here);
    let list = machine.at(&format!("bundle/dists/stable/main/binary-{here}"));
    for name in ["Packages", "Packages.gz"] {
        fs::write(list.join(name), "Package: livos\nVersion: 9\n").expect("written");
    }
    machine.refuses("damaged", "not what was signed");

    signer.archive(&Version { number: "1", ..Version::default() }, &here);
    machine.refuses("older", "brings LivOS 1, and 1 is installed");
    signer.archive(&Version { number: "0.9", ..Version::default() }, &here);
    machine.refuses("older", "brings LivOS 0.9, and 1 is installed");
    signer.archive(&TWO, if here == "arm64" { "amd64" } else { "arm64" });
    machine.refuses("wrong_machine", &here);
    signer.archive(&Version { number: "2", depends: "nowhere (>= 3)", ..Version::default() }, &here);
    machine.refuses("lacking", "nowhere");

    // What is no archive at all, or not all of one.
    signer.archive(&TWO, &here);
    machine.offer_file();
    machine.write("state/host/update/offered", "PK\u{3}\u{4} holiday pictures");
    let status = machine.look_at_offered();
    machine.refused(&status, "not_a_bundle", "livos-VERSION.bundle");
    // As long as the room of a file that no disk here has.
    let huge = fs::File::create(machine.at("state/host/update/offered")).expect("created");
    huge.set_len(8 << 40).expect("a length");
    let status = machine.look_at_offered();
    machine.refused(&status, "no_space", "Make room");
    machine.ask(&json!({ "offered": "x" }));
    assert!(machine.run().success());
    assert_eq!(machine.status()["problem"]["code"], "damaged", "it was never here in whole");
}

#[test]
fn an_appliance_composes_its_next_system_from_the_file() {
    let Some(machine) = Machine::new() else { return };
    machine.write("tree/usr/lib/systemd/system/livos-health.service", "[Unit]\n");
    machine.script("bin/livos-slot", "echo \"$*\" >> $HOME_OF_TEST/slot.log; echo '{\"version\":\"2-2\"}'");
    let signer = Signer::new(&machine, "livos").trusted();
    signer.archive(&TWO, &architecture());
    machine.write("tree/etc/apt/sources.list", "");
    let status = machine.offer_file();
    assert_eq!(
        (&status["available"], &status["from_file"]),
        (&json!("2"), &json!("livos-2.bundle")),
        "{status:#}"
    );
    assert_eq!(machine.update_to("2")["state"], "judging");
    let unpacked = machine.at("tree/var/cache/livos-upgrade");
    assert_eq!(machine.read("slot.log"), format!("stage --json --from {}\n", unpacked.display()));
    assert!(machine.read("systemctl.log").contains("reboot"));
}
