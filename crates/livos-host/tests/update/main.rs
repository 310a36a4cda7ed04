//! `livos-update` with the real apt and dpkg, on a tree of its own and an archive made here. Programs that would
//! change this machine's services are stood in for by scripts: `ci/boot/packages.py` has the real ones.

#![expect(clippy::expect_used, reason = "this whole program is a test")]

mod machine;
mod offer;

use std::os::unix::process::ExitStatusExt as _;

use machine::{Machine, Version};
use serde_json::json;

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
    machine.write(
        "tree/var/lib/dpkg/status",
        &format!("{installed}{}", openssl("1", "Status: install ok installed\n")),
    );
    let list = machine.read("archive/Packages");
    let newer = openssl("2", "Filename: ./o.deb\nSize: 10\nSHA256: 00\n");
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
fn a_livos_that_failed_holds_nothing_else_back() {
    let Some(machine) = Machine::new() else { return };
    machine.write("tree/usr/lib/systemd/system/livos-health.service", "[Unit]\n");
    machine.script("bin/livos-slot", "echo \"$*\" >> $HOME_OF_TEST/slot.log; echo '{\"version\":\"2-2\"}'");
    let installed = machine.read("tree/var/lib/dpkg/status");
    machine.write(
        "tree/var/lib/dpkg/status",
        &format!("{installed}{}", openssl("1", "Status: install ok installed\n")),
    );
    machine.offer(&TWO);
    machine.night();
    assert_eq!(machine.read("slot.log"), "stage --json\n");
    // The version before runs again. As long as nothing else is newer, nothing happens.
    machine.night();
    assert_eq!(machine.read("slot.log"), "stage --json\n");
    let list = machine.read("archive/Packages");
    let newer =
        |version| format!("{list}\n{}", openssl(version, "Filename: ./o.deb\nSize: 10\nSHA256: 00\n"));
    machine.write("archive/Packages", &newer("2"));
    let status = machine.night();
    assert_eq!((&status["state"], &status["available"]), (&json!("judging"), &json!("2")), "{status:#}");
    assert_eq!(machine.read("slot.log"), "stage --json\nstage --json --without-livos\n");
    // That did not stay either: neither is begun again by itself, until something else is newer.
    machine.night();
    assert_eq!(machine.read("slot.log").lines().count(), 2);
    machine.write("archive/Packages", &newer("3"));
    machine.night();
    assert_eq!(machine.read("slot.log").lines().last(), Some("stage --json --without-livos"));
    assert_eq!(machine.read("slot.log").lines().count(), 3);
    // A person still may.
    assert_eq!(machine.update_to("2")["state"], "judging");
    assert_eq!(machine.read("slot.log").lines().last(), Some("stage --json"));
}

fn openssl(version: &str, more: &str) -> String {
    format!(
        "Package: openssl\n{more}Version: {version}\nArchitecture: all\nMaintainer: A <a@localhost>\nDescription: x\n\n"
    )
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
