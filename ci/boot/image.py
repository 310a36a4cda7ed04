#!/usr/bin/env python3
"""Boots the image and holds it to what it promises.

    ci/boot/image.py [IMAGE] [--work FOLDER] [--only NAME,…]

Without an image it builds one. Prints the figures it took.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import appcuts  # noqa: E402
import browsed  # noqa: E402
import cuts  # noqa: E402
import debian  # noqa: E402
import iso  # noqa: E402
import upgrades  # noqa: E402
import vm  # noqa: E402
from appliance import (FIGURES, check, everything_is_there, figure, get, move_in, promises, reboot, start,  # noqa: E402
                       wait_for_page, wait_judged)

HERE = pathlib.Path(__file__).resolve().parents[2]


def make_image(debs, output, *more):
    for old in output.glob("livos-*"):
        old.unlink()
    begun = time.monotonic()
    subprocess.run([HERE / "build.sh", "image", "--base", "debian-13", "--quick", "--debs", debs, "--output", output,
                    "--format", "zst,qcow2,iso", *more], check=True, cwd=HERE)
    return time.monotonic() - begun


def build(work):
    """The image of what is in this checkout; the trees below it are kept between runs."""
    debs, output = work / "debs", work / "image"
    subprocess.run([HERE / "build.sh", "deb", "--profile", "dev", "--output", debs], check=True, cwd=HERE)
    figure("image: seconds to build", f"{make_image(debs, output):.0f}")
    for kind in ("raw.zst", "qcow2", "iso"):
        figure(f"image: bytes as {kind}", next(output.glob(f"*.{kind}")).stat().st_size)
    return next(output.glob("*.raw"))


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


# A page that needs nothing but a system that runs.
PAGE = """[Unit]
After=network-online.target
Wants=network-online.target
[Service]
ExecStart=/usr/bin/busybox httpd -f -p 80 -h /srv
[Install]
WantedBy=multi-user.target
"""


def bare(arguments):
    """How long the image takes to its first answer, beside a Debian with the same kernel that has nothing to do."""
    system = debian.Debian("trixie", arguments.work / "bare", kernel="linux-image-amd64")
    system.build(installed=["busybox-static"])
    system.write("etc/systemd/system/page.service", PAGE)
    subprocess.run(["chroot", system.tree, "systemctl", "--quiet", "enable", "page.service"], check=True)
    folder = arguments.work / "bare-machine"
    shutil.rmtree(folder, ignore_errors=True)
    with system.boot(folder, system.disk(), boot="uefi", forward=[80]) as machine:
        nothing_else = wait_for_page(machine, path="/", so=lambda status: status > 0)
        bare_kernel = machine.run("uname -v")
    with start(arguments, "bare-image") as machine:
        first = wait_for_page(machine)
        wait_judged(machine)
        check("both have the same kernel", machine.run("uname -v") == bare_kernel)
        machine.run("sync")
        machine.kill()
        machine.start()
        again = wait_for_page(machine)
    figure("bare: seconds from power-on to the first answer of a Debian", f"{nothing_else:.0f}")
    figure("bare: of the image, first start", f"{first:.0f}, {first / nothing_else:.2f} times that")
    figure("bare: of the image, every other start", f"{again:.0f}, {again / nothing_else:.2f} times that")
    shutil.rmtree(system.folder)


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
          all(kind in names for kind in (".raw", ".raw.zst", ".qcow2", ".iso", ".manifest", ".spdx.json")))
    shutil.rmtree(again)


# --- upgrades ------------------------------------------------------------------------------------------


def staged(arguments):
    """An upgrade is composed, sealed and placed, without a machine: in a minute, where a machine takes half an hour."""
    done = subprocess.run([HERE / "ci/boot/staged.py", arguments.image, upgrades.archive_of(arguments)], check=False)
    check("all of it", done.returncode == 0)


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
    "bare": bare,
    "browsed": browsed.browsed,
    "twice": twice,
    "staged": staged,
    "stage": lambda arguments: upgrades.upgrade(arguments, "stage", "uefi"),
    "stage-bios": lambda arguments: upgrades.upgrade(arguments, "stage-bios", "bios"),
    **{f"broken-{way}": lambda arguments, way=way: upgrades.broken(arguments, way) for way in upgrades.BROKEN},
    "damaged": upgrades.damaged,
    "rotten": upgrades.rotten,
    "button": upgrades.button,
    "seeded": seeded,
    "iso-seed": iso.iso_seed,
    "iso-keys": iso.iso_keys,
    "cuts": cuts.cuts,
    "app-cuts": appcuts.app_cuts,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=pathlib.Path, nargs="?")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("target/boot/appliance"))
    parser.add_argument("--only", default=",".join(TESTS))
    parser.add_argument("--cuts", type=int, default=7, help="how often `cuts` and `app-cuts` pull the plug")
    parser.add_argument("--seed", type=int, default=1, help="what picks the moments of that")
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
        except (AssertionError, vm.VmError, OSError, subprocess.CalledProcessError) as error:
            failed += 1
            print(f"   FAILED after {time.monotonic() - begun:.0f} s: {error}", flush=True)
    print()
    for name, value in FIGURES:
        print(f"{value:>14}  {name}")
    print(f"\n{len(arguments.only.split(',')) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
