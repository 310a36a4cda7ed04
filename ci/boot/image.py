#!/usr/bin/env python3
"""Boots the image and holds it to what it promises.

    ci/boot/image.py [IMAGE] [--work FOLDER] [--only NAME,…]

Without an image it builds one. Each test starts from the image as it was built, so they can be run alone.
Prints the figures it took.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import packages  # noqa: E402
import vm  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parents[2]
FIGURES = []


def figure(name, value):
    FIGURES.append((name, value))
    print(f"   {name}: {value}", flush=True)


def check(what, so):
    print(f"   {'ok' if so else 'NOT OK'}  {what}", flush=True)
    if not so:
        raise AssertionError(what)


def make_image(debs, output, *more):
    for old in output.glob("livos-*"):
        old.unlink()
    begun = time.monotonic()
    subprocess.run([HERE / "build.sh", "image", "--base", "debian-13", "--quick", "--debs", debs, "--output", output,
                    "--format", "zst,qcow2", *more], check=True, cwd=HERE)
    return time.monotonic() - begun


def build(work):
    """The image of what is in this checkout; the trees below it are kept between runs."""
    debs, output = work / "debs", work / "image"
    subprocess.run([HERE / "build.sh", "deb", "--profile", "dev", "--output", debs], check=True, cwd=HERE)
    figure("image: seconds to build", f"{make_image(debs, output):.0f}")
    for kind in ("raw.zst", "qcow2"):
        figure(f"image: bytes as {kind}", next(output.glob(f"*.{kind}")).stat().st_size)
    return next(output.glob("*.raw"))


def get(url, timeout=20):
    """(status, text) of a page; (0, why) when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


PASSWORD = "correct horse battery"


def post(machine, path, body):
    """(status, text) of what somebody's browser sends."""
    request = urllib.request.Request(
        machine.url(80, path), json.dumps(body).encode(), method="POST",
        headers={"Content-Type": "application/json", "Origin": machine.url(80, "").rstrip("/")})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")


def wait_for_page(machine, timeout=1500, fatal=vm.FATAL):
    """Waits until LivOS answers over the forwarded port; returns the seconds since power-on."""
    deadline = time.monotonic() + timeout
    said = ""
    while time.monotonic() < deadline:
        if not machine.alive():
            break
        machine.console.receive(0.5)
        for pattern in fatal:
            if found := re.search(pattern, machine.console.seen):
                raise vm.VmError(f"{found.group(0)}\n{machine.console.tail()}")
        status, said = get(machine.url(80, "/api/v1/setup"), 5)
        if status == 200:
            return machine.age()
    raise vm.VmError(f"no page after {timeout} s ({said})\n{machine.console.tail()}")


def start(arguments, name, boot="uefi", size="12G", base=None, also=(), **more):
    work = arguments.work / name
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob("*"):
        old.unlink()
    disk = vm.overlay(base or arguments.image, work / "disk.qcow2", size)
    return vm.Vm(work, disk=disk, boot=boot, forward=[80, *also], **more)


def wait_judged(machine, timeout=1500):
    """Waits until the gate has ended; returns livos-slot's status."""
    machine.wait_shell(timeout)
    machine.run("systemctl is-system-running --wait || true; "
                "while systemctl list-jobs --no-legend | grep -q livos-bless; do sleep 1; done", timeout)
    return json.loads(machine.run("livos-slot status --json"))


def promises(machine, boot):
    """What holds on every boot of every version."""
    check("the root is verified and read-only", "verified" in machine.run("veritysetup status root")
          and "ro" in machine.run("findmnt -no OPTIONS /").split(","))
    check("nobody can write to it", machine.run("touch /usr/mark", check=False)[0] != 0)
    check("the state is on btrfs", machine.run("findmnt -no FSTYPE /var") == "btrfs")
    check("/etc can be changed", machine.run("findmnt -no FSTYPE /etc") == "overlay")
    check("the package database is the slot's", machine.run("readlink -f /var/lib/dpkg") == "/usr/lib/sysimage/dpkg"
          and "ok installed" in machine.run("dpkg -s systemd"))
    check(f"it started by {boot}", machine.run("test -d /sys/firmware/efi && echo uefi || echo bios") == boot)
    failed = machine.run("systemctl --failed --no-legend --plain")
    check(f"no unit has failed {failed}", failed == "")


# What must be the same after a reboot: the machine's name and identity, and what people put there.
KEPT = "cat /etc/machine-id /etc/hostname /etc/local.conf /srv/livos/mark; hostname; id livos; id anna"


def console_is_asleep(machine):
    """It shows a change of the network at once, and does nothing in between."""
    machine.run("card=$(ls -d /sys/class/net/*/device | head -1 | cut -d/ -f5); ip address add 192.0.2.7/24 dev $card")
    machine.expect(r"http://192\.0\.2\.7/", 120)
    machine.run("ip address delete 192.0.2.7/24 dev $card")
    machine.expect(r"Open in a browser", 120)
    # That nothing happens can only be seen by looking at a stretch of time; nothing is waited for here.
    switches = ("for pid in $(cat /sys/fs/cgroup/system.slice/livos-console.service/cgroup.procs); "
                "do grep ctxt /proc/$pid/status; done; ")
    before, after = machine.run(f"{switches} echo and; sleep 20; {switches}").split("and")
    check("the console sleeps while nothing changes", before.strip() != "" and before.strip() == after.strip())


def first_boot(arguments, boot):
    with start(arguments, f"first-{boot}", boot) as machine:
        figure(f"{boot}: seconds to the first answered request, first boot", f"{wait_for_page(machine):.0f}")
        _, match = machine.expect(r"claim code: +(\S+)", 300)
        code = match.group(1)
        status = wait_judged(machine)
        check("the claim code on the console is the server's", machine.run("livos setup-code").strip() == code)
        check("the page is the desktop's", "<html" in get(machine.url(80))[1].lower())
        check("it waits to be claimed", json.loads(get(machine.url(80, "/api/v1/setup"))[1])["claimed"] is False)
        promises(machine, boot)
        check("the version has proved itself", status["blessed"] and status["versions"][0]["tries"] == 3)
        size = machine.run("df -B1M --output=size /var | tail -1").strip()
        check(f"the data partition has grown ({size} MB)", int(size) > 4000)
        check("docker runs", machine.run("systemctl is-active docker") == "active")
        figure(f"{boot}: megabytes in use", machine.run("free -m | awk '/Mem:/{print $3}'"))
        console_is_asleep(machine)

        before = move_in(machine, code)
        machine.expect(r"Open in a browser", 120)
        since = reboot(machine)
        wait_for_page(machine)
        figure(f"{boot}: seconds from the initrd to the page, second boot", f"{machine.age() - since:.0f}")
        status = wait_judged(machine)
        check("the version still has all its tries", status["versions"][0]["tries"] == 3)
        everything_is_there(machine, before)
        promises(machine, boot)


def move_in(machine, code):
    """Somebody claims the machine and makes it theirs; returns what must be the same from now on."""
    account = {"code": code, "name": "Owner", "username": "owner", "password": PASSWORD}
    check("the code makes an owner", post(machine, "/api/v1/setup/account", account)[0] == 201)
    machine.run("hostnamectl set-hostname cellar; echo kept > /etc/local.conf; echo kept > /srv/livos/mark; "
                "useradd --create-home anna; sync")
    return machine.run(KEPT)


def everything_is_there(machine, before):
    after = machine.run(KEPT)
    check(f"everything is there after the reboot {after.split()}", before == after and "cellar" in after)
    owner = {"username": "owner", "password": PASSWORD}
    check("the owner signs in", post(machine, "/api/v1/session", owner)[0] == 200)
    check("nobody else can become the owner", json.loads(get(machine.url(80, "/api/v1/setup"))[1])["claimed"] is True)


def reboot(machine, version="", fatal=None):
    """Asks for a reboot and waits until the initrd has laid the state over the root; returns the machine's age."""
    machine.run("systemctl reboot --no-block", check=False)
    machine.rebooted()
    machine.expect(rf"livos: started from version {re.escape(version)}", 1500, fatal)
    return machine.age()


# --- two builds ----------------------------------------------------------------------------------------


def twice(arguments):
    """Builds again from nothing but the packages, trees and all, and compares every file."""
    again = arguments.work / "again"
    shutil.rmtree(again, ignore_errors=True)
    figure("image: seconds to build with all its trees", f"{make_image(arguments.work / 'debs', again / 'image', '--cache', again / 'cache'):.0f}")
    one, other = ((folder / "SHA256SUMS").read_text(encoding="utf-8")
                  for folder in (arguments.image.parent, again / "image"))
    for line in one.splitlines():
        check(f"the same twice: {line.split()[-1]}", line in other.splitlines())
    names = " ".join(line.split()[-1] for line in one.splitlines())
    check("image, bill of materials and manifest are listed",
          all(kind in names for kind in (".raw", ".raw.zst", ".qcow2", ".manifest", ".spdx.json")))
    shutil.rmtree(again)


# --- upgrades ------------------------------------------------------------------------------------------

NEWER = "0.1.1"


def archives(arguments):
    """Signed archives of a newer version that is well, and of one whose page does not come up."""
    work = arguments.work
    key = packages.signing_key(work)
    packages.build(work, "deb", "--profile", "dev", "--version", NEWER, "--output", work / "debs-newer")
    packages.break_it(work / "debs-newer", work / "debs-broken")
    for name in ("newer", "broken"):
        packages.build(work, "repo", "--debs", work / f"debs-{name}", "--key", key, "--output", work / f"archive-{name}")
    return work / "archive-newer", work / "archive-broken"


def stage(machine):
    """`livos-slot stage` from the test's archive; returns the version that it placed."""
    archive = packages.ARCHIVE
    machine.run("rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*; mkdir -p /etc/apt/keyrings; "
                f"/usr/lib/apt/apt-helper download-file {archive}/livos-archive-keyring.gpg /etc/apt/keyrings/livos.gpg; "
                "printf 'Types: deb\nURIs: %s\nSuites: stable\nComponents: main\nSigned-By: /etc/apt/keyrings/livos.gpg\n' "
                f"{archive} > /etc/apt/sources.list.d/livos.sources", 300)
    begun = time.monotonic()
    said = machine.run("set -o pipefail; livos-slot stage --json 2>&1 | "
                       "while read -r line; do echo \"$(cut -d. -f1 /proc/uptime) $line\"; done", 3600)
    print("   " + said.replace("\n", "\n   "), flush=True)
    figure("upgrade: seconds to stage, seal and place", f"{time.monotonic() - begun:.0f}")
    return json.loads(said.splitlines()[-1].split(" ", 1)[1])["version"]


def claimed(machine):
    """Waits for the first page and moves in; returns what must be the same from then on."""
    wait_for_page(machine)
    _, match = machine.expect(r"claim code: +(\S+)", 300)
    wait_judged(machine)
    return move_in(machine, match.group(1))


def upgrade(arguments, name, boot):
    """A newer version from an archive is kept. Leaves the disk and, when all was well, a note where its root is."""
    archive = packages.Archive(archives(arguments)[0])
    with start(arguments, name, boot, serve={80: archive.port}) as machine:
        before = claimed(machine)
        running = json.loads(machine.run("livos-slot status --json"))["running"]
        version = stage(machine)
        check(f"the archive's version is placed: {version}", version.startswith(f"{NEWER}-") and version != running)
        status = json.loads(machine.run("livos-slot status --json"))
        tried = {entry["version"]: (entry["tries"], entry["blessed"]) for entry in status["versions"]}
        check("it is on trial, and the running one is still good",
              tried == {version: (3, False), running: (3, True)} and status["running"] == running)
        since = reboot(machine, version)
        wait_for_page(machine)
        figure(f"{boot}: seconds from the initrd to the page, upgraded", f"{machine.age() - since:.0f}")
        status = wait_judged(machine)
        check("it proved itself", status["running"] == version and status["blessed"] and status["report"]["kept"])
        check("it has all its tries", status["versions"][0]["tries"] == 3)
        check("the packages are the archive's", machine.run("dpkg-query -W -f '${Version}' livos") == NEWER)
        everything_is_there(machine, before)
        promises(machine, boot)
        again, said = machine.run("livos-slot stage", 900, check=False)
        check(f"nothing more is new {said}", again == 4)
        machine.run("livos-slot verify", 600)
        data = machine.run("basename $(ls -d /sys/block/dm-0/slaves/* | head -1)")
        where = {"version": version, "before": running, "kept": before,
                 "sector": int(machine.run(f"cat /sys/class/block/{data}/start"))}
        machine.run("sync; systemctl poweroff --no-block", check=False)
        machine.wait_off(900)
    (arguments.work / name / "upgraded.json").write_text(json.dumps(where), encoding="utf-8")


def broken(arguments):
    """A newer version whose page does not come up goes by itself, and it is said why."""
    archive = packages.Archive(archives(arguments)[1])
    with start(arguments, "broken", serve={80: archive.port}) as machine:
        before = claimed(machine)
        running = json.loads(machine.run("livos-slot status --json"))["running"]
        version = stage(machine)
        since = reboot(machine, version)
        machine.expect(r"goes back to the version before it", 2400)
        figure("broken: seconds from the initrd to the verdict", f"{machine.age() - since:.0f}")
        machine.expect(rf"livos: started from version {re.escape(running)}", 1500)
        wait_for_page(machine)
        figure("broken: seconds from the initrd to the page of the version before", f"{machine.age() - since:.0f}")
        status = wait_judged(machine)
        check("the version before runs", status["running"] == running and status["blessed"])
        report = status["report"]
        check(f"it is said why: {report['reasons']}", report["version"] == version and not report["kept"]
              and any("livos-web" in reason for reason in report["reasons"]))
        check("what failed is not tried again", {entry["version"]: entry["tries"] for entry in status["versions"]}[version] == 0)
        everything_is_there(machine, before)
        promises(machine, "uefi")


def damaged(arguments):
    """One byte of the running root is another: it is never started, the other slot is."""
    note = arguments.work / "stage" / "upgraded.json"
    if not note.exists() or note.stat().st_mtime < arguments.image.stat().st_mtime:
        upgrade(arguments, "stage", "uefi")
    was = json.loads(note.read_text(encoding="utf-8"))
    machine = start(arguments, "damaged", base=arguments.work / "stage/disk.qcow2")
    # In the superblock, which is what is read first.
    at = was["sector"] * 512 + 1024
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", f"write -P 0x5a {at} 1", machine.disks[0]], check=True,
                   stdout=subprocess.DEVNULL)
    with machine:
        machine.expect(rf"livos: started from version {re.escape(was['before'])}", 2400, fatal=())
        figure("damaged: seconds from power-on to the initrd of the other slot", f"{machine.age():.0f}")
        wait_for_page(machine, fatal=())
        status = wait_judged(machine)
        seen = (machine.folder / "console.log").read_text(encoding="utf-8", errors="replace")
        check("the damaged root was refused as often as it may be tried", seen.count("Kernel panic - not syncing") == 3)
        check("the other slot runs", status["running"] == was["before"] and status["blessed"])
        report = status["report"]
        check(f"it is said why: {report['reasons']}", report["version"] == was["version"] and not report["kept"]
              and "damaged" in report["reasons"][0])
        owner = {"username": "owner", "password": PASSWORD}
        check("the owner signs in", post(machine, "/api/v1/session", owner)[0] == 200)
        promises(machine, "uefi")


# --- a machine that is told about itself ---------------------------------------------------------------


def seeded(arguments):
    """A NoCloud disk names the machine and who signs in, until the machine has an owner."""
    work = arguments.work / "seed"
    shutil.rmtree(work, ignore_errors=True)
    (work / "disk").mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", work / "key"], check=True)
    key = (work / "key.pub").read_text(encoding="utf-8").strip()
    (work / "disk/meta-data").write_text("instance-id: i-1\nlocal-hostname: attic\n", encoding="utf-8")
    (work / "disk/user-data").write_text(f"#cloud-config\nssh_authorized_keys:\n  - {key}\n", encoding="utf-8")
    # QEMU shows the folder as a FAT disk.
    disk = ["-drive", f"if=none,id=seed,readonly=on,format=raw,file.driver=vvfat,file.dir={work / 'disk'},file.label=CIDATA",
            "-device", "virtio-blk-pci,drive=seed"]
    with start(arguments, "seeded", extra=disk, also=[22]) as machine:
        wait_for_page(machine)
        wait_judged(machine)
        check("the machine has its name", machine.run("hostname; cat /etc/hostname").split() == ["attic", "attic"])
        sign_in = ["ssh", "-i", work / "key", "-p", str(machine.port(22)), "-o", "StrictHostKeyChecking=no",
                   "-o", f"UserKnownHostsFile={work / 'known'}", "-o", "BatchMode=yes", "-o", "ConnectTimeout=120",
                   "admin@127.0.0.1", "id -un; sudo -n id -un"]
        said = subprocess.run([str(word) for word in sign_in], capture_output=True, text=True, check=False)
        check(f"the key signs in and may become root {said.stderr}", said.stdout.split() == ["admin", "root"])
        # Once somebody owns it, the same disk says nothing any more.
        move_in(machine, machine.run("livos setup-code").strip())
        machine.run("systemctl restart livos-seed@$(basename $(blkid -L CIDATA)).service")
        check("an owned machine takes no seed", machine.run("hostname") == "cellar")
        promises(machine, "uefi")


TESTS = {
    "uefi": lambda arguments: first_boot(arguments, "uefi"),
    "bios": lambda arguments: first_boot(arguments, "bios"),
    "twice": twice,
    "stage": lambda arguments: upgrade(arguments, "stage", "uefi"),
    "stage-bios": lambda arguments: upgrade(arguments, "stage-bios", "bios"),
    "broken": broken,
    "damaged": damaged,
    "seeded": seeded,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=pathlib.Path, nargs="?")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/boot/appliance"))
    parser.add_argument("--only", default=",".join(TESTS))
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    arguments.image = arguments.image or build(arguments.work)
    failed = 0
    for name in arguments.only.split(","):
        print(f"== {name}", flush=True)
        begun = time.monotonic()
        try:
            TESTS[name](arguments)
            print(f"   passed in {time.monotonic() - begun:.0f} s", flush=True)
        except (AssertionError, vm.VmError) as error:
            failed += 1
            print(f"   FAILED after {time.monotonic() - begun:.0f} s: {error}", flush=True)
    print()
    for name, value in FIGURES:
        print(f"{value:>14}  {name}")
    print(f"\n{len(arguments.only.split(',')) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
