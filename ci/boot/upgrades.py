"""A newer version on an appliance: one that works, and those that do not."""

import json
import pathlib
import re
import shutil
import subprocess
import time
import urllib.request

import packages
import vm
from appliance import (PASSWORD, check, everything_is_there, figure, move_in, post, promises, start, wait_for_page,
                       wait_judged)

NEWER, NEWEST = "0.1.1", "0.1.2"


def archive_of(arguments, version=NEWER):
    """A signed archive of a newer version."""
    work = arguments.work
    debs, folder, key = work / f"debs-{version}", work / f"archive-{version}", packages.signing_key(work)
    packages.build(work, "deb", "--profile", "dev", "--version", version, "--output", debs)
    packages.build(work, "repo", "--debs", debs, "--key", key, "--output", folder)
    return folder


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


# `docker METHOD PATH [TYPE FILE]`: Docker's command line is not in the image, and neither is curl.
DOCKER = r"""#!/usr/bin/perl
use IO::Socket::UNIX;
my ($method, $path, $type, $file) = @ARGV;
my $socket = IO::Socket::UNIX->new("/run/docker.sock") or die "no Docker: $!";
my $body = "";
local $/;
if ($file) { open my $in, "<", $file or die "$file: $!"; $body = <$in>; }
print $socket "$method $path HTTP/1.0\r\nContent-Type: $type\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
my ($head, $said) = split /\r\n\r\n/, <$socket>, 2;
print "$said\n";
exit($head =~ m{^HTTP/1.. 2} ? 0 : 1);
"""
APP = {"Image": "photos", "Cmd": ["/usr/bin/sleep", "infinity"], "HostConfig": {"RestartPolicy": {"Name": "unless-stopped"}},
       "Labels": {"io.livos.app": "photos", "io.livos.service": "main"}}


def install_an_app(machine):
    """A container that Docker starts again on every start; what is in it comes from the machine itself."""
    machine.run(f"cat > /root/docker <<'END'\n{DOCKER}END\nchmod +x /root/docker; cd /root; echo '{json.dumps(APP)}' > app.json; "
                "tar --create --dereference --file app.tar /usr/bin/sleep $(ldd /usr/bin/sleep | grep -o '/[^ ]*') && "
                "./docker POST '/images/create?fromSrc=-&repo=photos' application/x-tar app.tar && "
                "./docker POST '/containers/create?name=photos' application/json app.json && "
                "./docker POST /containers/photos/start", 300)
    the_app_runs(machine)


def the_app_runs(machine):
    state = json.loads(machine.run("/root/docker GET /containers/photos/json"))["State"]
    check(f"the app runs {state['Error']}", state["Status"] == "running")


def typed_by_hand(machine):
    """Who types apt or dpkg is told what to type instead."""
    for command in ("apt-get --yes remove less", "dpkg --configure -a"):
        status, said = machine.run(command, 300, check=False)
        check(f"{command} is refused and explained", status != 0 and "livos-slot stage" in said)


def placed(arguments, boot="uefi"):
    """A machine that somebody lives in, with a newer version in its other slot and not started since; made once for
    all tests that start from there. Returns what is known of it."""
    work = arguments.work / f"placed-{boot}"
    note = work / "placed.json"
    if note.exists() and note.stat().st_mtime > arguments.image.stat().st_mtime:
        return json.loads(note.read_text(encoding="utf-8"))
    archive = packages.Archive(archive_of(arguments))
    with start(arguments, work.name, boot, serve={80: archive.port}) as machine:
        wait_for_page(machine)
        _, match = machine.expect(r"claim code: +(\S+)", 300)
        running = wait_judged(machine)["running"]
        before = move_in(machine, match.group(1))
        install_an_app(machine)
        typed_by_hand(machine)
        version = stage(machine)
        check(f"the archive's version is placed: {version}", version.startswith(f"{NEWER}-") and version != running)
        status = json.loads(machine.run("livos-slot status --json"))
        tried = {entry["version"]: (entry["tries"], entry["blessed"]) for entry in status["versions"]}
        check("it is on trial, and the running one is still good",
              tried == {version: (3, False), running: (3, True)} and status["running"] == running)
        # The partitions that its root hash names.
        line = machine.run(f"cat /efi/livos/{version}/options")
        half = re.search(r"roothash=([0-9a-f]{32})", line).group(1)
        name = "-".join((half[:8], half[8:12], half[12:16], half[16:20], half[20:]))
        part = machine.run(f"basename $(readlink -f /dev/disk/by-partuuid/{name})")
        was = {"version": version, "before": running, "kept": before, "disk": str(work / "disk.qcow2"),
               "archive": str(archive.folder),
               "sector": int(machine.run(f"cat /sys/class/block/{part}/start")),
               "esp": int(machine.run("cat /sys/class/block/$(basename $(readlink -f /run/livos/esp))/start"))}
        machine.run("sync; systemctl poweroff --no-block", check=False)
        machine.wait_off(900)
    note.write_text(json.dumps(was), encoding="utf-8")
    return was


def start_placed(arguments, was, name, boot="uefi", **more):
    """The machine with its newer version, about to try it; its disk is a new layer over the one that is kept."""
    machine = start(arguments, name, boot, base=was["disk"], size=None, **more)
    if boot == "uefi":
        shutil.copy(pathlib.Path(was["disk"]).parent / "firmware-variables.fd", machine.folder)
    return machine


def upgrade(arguments, name, boot):
    """A newer version from an archive is kept. Leaves the disk, and a note about it."""
    was = placed(arguments, boot)
    archive = packages.Archive(pathlib.Path(was["archive"]))
    with start_placed(arguments, was, name, boot, serve={80: archive.port}) as machine:
        machine.expect(rf"livos: started from version {re.escape(was['version'])}", 1500)
        since = machine.age()
        wait_for_page(machine)
        figure(f"{boot}: seconds from the initrd to the page, upgraded", f"{machine.age() - since:.0f}")
        status = wait_judged(machine)
        check("it proved itself", status["running"] == was["version"] and status["blessed"] and status["report"]["kept"])
        check("it has all its tries", status["versions"][0]["tries"] == 3)
        check("the packages are the archive's", machine.run("dpkg-query -W -f '${Version}' livos") == NEWER)
        the_app_runs(machine)
        everything_is_there(machine, was["kept"])
        promises(machine, boot)
        again, said = machine.run("livos-slot stage", 900, check=False)
        check(f"nothing more is new {said}", again == 4)
        machine.run("livos-slot verify", 600)
        machine.run("sync; systemctl poweroff --no-block", check=False)
        machine.wait_off(900)
    (arguments.work / name / "upgraded.json").write_text(json.dumps(was), encoding="utf-8")


def only_in(version, action):
    """A line for a unit that does something in one version alone, and with all rights."""
    return f"+/bin/sh -c 'grep -q livos.version={version} /proc/cmdline || exit 0; {action}'"


def without_a_daemon(_machine, was):
    """Nor with a database that the version before could read."""
    spoil = "for file in /var/lib/livos/files/*.db; do echo spoilt > $$file; done; exit 1"
    return {"livos-files.service": f"ExecStartPre={only_in(was['version'], spoil)}"}


def without_a_page(_machine, was):
    refuse = "iptables --insert INPUT --protocol tcp --dport 80 --jump REJECT"
    return {"livos-caddy.service": f"ExecStartPre={only_in(was['version'], refuse)}"}


def without_an_app(_machine, was):
    return {"docker.service": f"ExecStartPost={only_in(was['version'], '/root/docker POST /containers/photos/pause')}"}


def write(machine, what):
    subprocess.run(["qemu-io", "-f", "qcow2", "-c", what, machine.disks[0]], check=True, stdout=subprocess.DEVNULL)


def truncated(machine, was):
    """All but the first sixteen megabytes of the new root never reached the disk."""
    for part in range(2):  # One of two gigabytes is too large for qemu-io.
        write(machine, f"write -z {was['sector'] * 512 + (16 << 20) + (part << 30)} 1G")


def panics(machine, was):
    """The new version's kernel finds no init and no root."""
    esp = machine.folder / "esp"
    subprocess.run(["qemu-img", "dd", "-f", "qcow2", "-O", "raw", "bs=1M", f"skip={was['esp'] // 2048}", "count=512",
                    f"if={machine.disks[0]}", f"of={esp}"], check=True)
    name = f"::/loader/entries/livos_{was['version']}+3.conf"
    entry = subprocess.run(["mtype", "-i", esp, name], check=True, capture_output=True, text=True).stdout
    entry = entry.replace("\noptions ", "\noptions rdinit=/nothing ")
    subprocess.run(["mcopy", "-o", "-i", esp, "-", name], check=True, input=entry, text=True)
    write(machine, f"write -s {esp} {was['esp'] * 512} 512M")
    esp.unlink()


# How a newer version is broken, and what is said about it afterwards.
BROKEN = {
    "panic": (panics, "did not start"),
    "truncated": (truncated, "did not start"),
    "daemon": (without_a_daemon, "livos-files does not run"),
    "page": (without_a_page, "The desktop does not answer"),
    "app": (without_an_app, "The app photos ran before and doesn't run now"),
}


class Owner:
    """The owner's browser."""

    def __init__(self, machine):
        self.machine, self.cookies, self.csrf = machine, "", ""
        with self.send("/api/v1/session", {"username": "owner", "password": PASSWORD}) as answer:
            self.cookies = "; ".join(line.split(";")[0] for line in answer.headers.get_all("Set-Cookie"))
            self.csrf = json.loads(answer.read())["csrf"]

    def send(self, path, body=None):
        headers = {"Content-Type": "application/json", "Origin": self.machine.url(80, "").rstrip("/"),
                   "Cookie": self.cookies, "X-CSRF-Token": self.csrf}
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.urlopen(urllib.request.Request(self.machine.url(80, path), data, headers), timeout=120)

    def updates(self):
        """How LivOS stands with its updates, as Settings shows it."""
        with self.send("/api/v1/system/updates") as answer:
            return json.loads(answer.read())

    def wait_for_updates(self, so, timeout):
        deadline = time.monotonic() + timeout * vm.PATIENCE
        while not so(found := self.updates()):
            if time.monotonic() > deadline:
                raise vm.VmError(f"after {timeout} s the page says {found}\n{self.machine.console.tail()}")
            self.machine.console.receive(2)
        return found


def button(arguments):
    """The button in Settings composes the newest version, starts the machine with it, and says how that went."""
    archive = packages.Archive(archive_of(arguments, NEWEST))
    machine, was = upgraded(arguments, "button", serve={80: archive.port})
    with machine:
        wait_for_page(machine)
        wait_judged(machine)
        owner = Owner(machine)
        check("nothing is known to be newer", (owner.updates()["kind"], owner.updates()["available"]) == ("appliance", ""))
        owner.send("/api/v1/system/updates/check", {}).close()
        found = owner.wait_for_updates(lambda updates: updates["available"] or updates["problem"]["code"], 600)
        check(f"the page finds it {found['problem']}", found["available"] == NEWEST)
        owner.wait_for_updates(lambda updates: updates["state"] == "idle", 300)
        owner.send("/api/v1/system/updates", {"version": NEWEST}).close()
        begun = time.monotonic()
        machine.expect(rf"livos: started from version {re.escape(NEWEST)}-\d+", 4800)
        figure("button: seconds from the click to the initrd of the newer version", f"{time.monotonic() - begun:.0f}")
        machine.rebooted()
        wait_for_page(machine)
        owner = Owner(machine)
        status = wait_judged(machine)
        check("it proved itself", status["running"].startswith(f"{NEWEST}-") and status["blessed"] and status["report"]["kept"])
        told = owner.updates()
        check(f"the page says so {told['last']}", (told["state"], told["installed"], told["last"]["result"]) == ("idle", NEWEST, "done"))
        check("and so does the command line", f"LivOS {NEWEST} is the newest version." in machine.run("livos upgrade", 600))
        the_app_runs(machine)
        everything_is_there(machine, was["kept"])
        promises(machine, "uefi")


def broken(arguments, way):
    """A newer version that does not work goes by itself, and it is said why."""
    breaks, said = BROKEN[way]
    was = placed(arguments)
    machine = start_placed(arguments, was, f"broken-{way}")
    units = breaks(machine, was) or {}
    machine.credentials.update({f"systemd.unit-dropin.{unit}": f"[Service]\n{line}\n" for unit, line in units.items()})
    with machine:
        machine.expect(rf"livos: started from version {re.escape(was['before'])}", 6000, fatal=())
        figure(f"broken {way}: seconds from power-on to the initrd of the version before", f"{machine.age():.0f}")
        wait_for_page(machine, fatal=())
        status = wait_judged(machine)
        check("the version before runs", status["running"] == was["before"] and status["blessed"])
        report = status["report"]
        check(f"it is said why: {report['reasons']}", report["version"] == was["version"] and not report["kept"]
              and any(said in reason for reason in report["reasons"]))
        told = Owner(machine).updates()["last"]
        check("the page says the same", told["result"] == "returned" and told["reasons"] == report["reasons"])
        if way not in ("panic", "truncated"):
            log = (machine.folder / "console.log").read_text(encoding="utf-8", errors="replace")
            check("it has its own databases again", f"livos: the databases are those that {was['before']} left" in log)
        check("what failed is not tried again",
              {entry["version"]: entry["tries"] for entry in status["versions"]}[was["version"]] == 0)
        the_app_runs(machine)
        everything_is_there(machine, was["kept"])
        promises(machine, "uefi")


def upgraded(arguments, name, **more):
    """A machine that was upgraded once, switched off; and what is known of it."""
    note = arguments.work / "stage" / "upgraded.json"
    if not note.exists() or note.stat().st_mtime < arguments.image.stat().st_mtime:
        upgrade(arguments, "stage", "uefi")
    was = json.loads(note.read_text(encoding="utf-8"))
    machine = start(arguments, name, base=arguments.work / "stage/disk.qcow2", size=None, **more)
    shutil.copy(arguments.work / "stage/firmware-variables.fd", machine.folder)
    return machine, was


def gave_way(machine, was, reason):
    status = wait_judged(machine)
    check("the other slot runs", status["running"] == was["before"] and status["blessed"])
    report = status["report"]
    check(f"it is said why: {report['reasons']}", report["version"] == was["version"] and not report["kept"]
          and reason in report["reasons"][0])
    owner = {"username": "owner", "password": PASSWORD}
    check("the owner signs in", post(machine, "/api/v1/session", owner)[0] == 200)
    promises(machine, "uefi")


def damaged(arguments):
    """One byte of the running root is another: it is never started, the other slot is."""
    machine, was = upgraded(arguments, "damaged")
    # In the superblock, which is what is read first.
    write(machine, f"write -P 0x5a {was['sector'] * 512 + 1024} 1")
    with machine:
        machine.expect(rf"livos: started from version {re.escape(was['before'])}", 4800, fatal=())
        figure("damaged: seconds from power-on to the initrd of the other slot", f"{machine.age():.0f}")
        wait_for_page(machine, fatal=())
        seen = (machine.folder / "console.log").read_text(encoding="utf-8", errors="replace")
        check("the damaged root was refused as often as it may be tried", seen.count("Kernel panic - not syncing") == 3)
        gave_way(machine, was, "damaged")


def rotten(arguments):
    """A block that no start reads is another: after the panic that it brings some day, the other slot starts."""
    machine, was = upgraded(arguments, "rotten")
    with machine:
        wait_for_page(machine)
        check("the newer version runs", wait_judged(machine)["running"] == was["version"])
        # Of a driver that nothing here has. The end of the disk, for one, is read by whatever asks what is on it.
        block = int(machine.run("filefrag -v -b4096 $(find /usr/lib/modules -name 'ocfs2.ko*' | head -1) | "
                                "awk '$1 == \"0:\" {sub(/\\.\\..*/, \"\", $4); print $4; exit}'"))
        part = machine.run("basename $(ls -d /sys/block/dm-0/slaves/* | head -1)")
        if machine.run(f"cat /sys/class/block/{part}/start") != str(was["sector"]):
            part = machine.run("basename $(ls -d /sys/block/dm-0/slaves/* | tail -1)")
        machine.run(f"dd if=/dev/urandom of=/dev/{part} bs=4096 seek={block} count=1 oflag=direct conv=notrunc; sync")
        machine.root.send(f"dd if=/dev/mapper/root of=/dev/null bs=4096 skip={block} count=1 iflag=direct\n")
        machine.expect(r"Kernel panic - not syncing", 300, fatal=())
        machine.rebooted()
        machine.expect(rf"livos: {re.escape(was['version'])} is damaged on the disk; {re.escape(was['before'])} starts", 3000)
        machine.expect(rf"livos: started from version {re.escape(was['before'])}", 1500)
        wait_for_page(machine)
        gave_way(machine, was, "damaged on the disk")
