"""An appliance in a virtual machine: started from an image, claimed, held to what it promises."""

import json
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import vm  # noqa: E402

FIGURES = []


def figure(name, value):
    FIGURES.append((name, value))
    print(f"   {name}: {value}", flush=True)


def check(what, so):
    print(f"   {'ok' if so else 'NOT OK'}  {what}", flush=True)
    if not so:
        raise AssertionError(what)


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


def wait_for_page(machine, timeout=1500, fatal=vm.FATAL, path="/api/v1/setup", so=lambda status: status == 200):
    """Waits until LivOS answers over the forwarded port, or what else is asked; returns the seconds since power-on."""
    deadline = time.monotonic() + timeout * vm.PATIENCE
    said = ""
    while time.monotonic() < deadline:
        if not machine.alive():
            break
        machine.console.receive(0.5)
        for pattern in fatal:
            if found := re.search(pattern, machine.console.seen):
                raise vm.VmError(f"{found.group(0)}\n{machine.console.tail()}")
        status, said = get(machine.url(80, path), 5)
        if so(status):
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
