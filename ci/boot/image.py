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
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent))
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


def wait_for_page(machine, timeout=1500):
    """Waits until LivOS answers over the forwarded port; returns the seconds since power-on."""
    deadline = time.monotonic() + timeout
    said = ""
    while time.monotonic() < deadline:
        if not machine.alive():
            break
        machine.console.receive(0.5)
        for pattern in vm.FATAL:
            if found := re.search(pattern, machine.console.seen):
                raise vm.VmError(f"{found.group(0)}\n{machine.console.tail()}")
        status, said = get(machine.url(80, "/api/v1/setup"), 5)
        if status == 200:
            return machine.age()
    raise vm.VmError(f"no page after {timeout} s ({said})\n{machine.console.tail()}")


def start(arguments, name, boot="uefi", size="12G", **more):
    work = arguments.work / name
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob("*"):
        old.unlink()
    disk = vm.overlay(arguments.image, work / "disk.qcow2", size)
    return vm.Vm(work, disk=disk, boot=boot, forward=[80], **more)


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


def reboot(machine):
    """Asks for a reboot and waits until the initrd has laid the state over the root; returns the machine's age."""
    machine.run("systemctl reboot --no-block", check=False)
    machine.rebooted()
    machine.expect(r"livos: started from version", 1500)
    return machine.age()


TESTS = {
    "uefi": lambda arguments: first_boot(arguments, "uefi"),
    "bios": lambda arguments: first_boot(arguments, "bios"),
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
