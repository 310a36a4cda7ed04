"""The medium that installs LivOS: in a machine with an empty disk, by a seed disk and by keys; what comes of it starts."""

import json
import shutil
import subprocess

import vm
from appliance import check, everything_is_there, figure, get, move_in, promises, wait_for_page, wait_judged

SIZE = "12G"
# The screen, which is asked on like the serial line.
SCREEN = ["-device", "VGA"]
MARK = b"somebody's only photographs\n" * 1000


def medium(arguments):
    """The ISO beside the image."""
    path = arguments.image.with_suffix(".iso")
    check(f"there is a medium beside the image ({path.name})", path.exists())
    return path


def prepare(arguments, name):
    """(folder, an empty disk, a disk that must stay as it is)."""
    work = arguments.work / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    disk, other = work / "disk.qcow2", work / "other.raw"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, SIZE], check=True)
    with open(other, "wb") as file:
        file.write(MARK)
        file.truncate(16 << 30)
    return work, disk, other


def untouched(other):
    with open(other, "rb") as file:
        same = file.read(len(MARK)) == MARK and not any(file.read(64 << 20))
        # The second copy of a partition table would lie there.
        file.seek(-(1 << 16), 2)
        same = same and not any(file.read())
    check("the other disk is as it was", same and other.stat().st_blocks * 512 < 1 << 20)


def digest(path):
    return subprocess.run(["sha256sum", "--", path], check=True, capture_output=True, text=True).stdout.split()[0]


def seed_disk(work, words):
    folder = work / "seed"
    folder.mkdir()
    (folder / "meta-data").write_text("instance-id: i-1\n", encoding="utf-8")
    (folder / "user-data").write_text(f"#cloud-config\nhostname: attic\n{words}", encoding="utf-8")
    # QEMU shows the folder as a FAT disk.
    return ["-drive", f"if=none,id=seed,readonly=on,format=raw,file.driver=vvfat,file.dir={folder},file.label=CIDATA",
            "-device", "virtio-blk-pci,drive=seed"]


def installed(work, disk, boot, also=()):
    """Starts what was installed, without the medium."""
    return vm.Vm(work / "after", disk=disk, boot=boot, forward=[80], extra=list(also))


def looks_right(machine):
    """What only an installer has, and what it must not have."""
    check("the root of the medium is verified and read-only", "verified" in machine.run("veritysetup status root")
          and "ro" in machine.run("findmnt -no OPTIONS /").split(","))
    running = machine.run("systemctl list-units --no-legend --plain --state=running --type=service")
    check("nothing of LivOS runs but the installer",
          not any(name in running for name in ("docker", "livos-web", "livos-apps", "caddy", "ssh.service")))
    failed = machine.run("systemctl --failed --no-legend --plain")
    check(f"no unit has failed {failed}", failed.replace("livos-unattended.service loaded failed failed "
          "What a seed disk asks the installer for", "").strip() == "")
    screen = machine.run("tr -d '\\0' < /dev/vcs1 | fold -w 80")
    check("the screen asks, too", "Which disk?" in screen)
    return screen


def iso_seed(arguments):
    """A seed disk installs onto the one disk it names, under UEFI from a disc; and never over a LivOS that lives."""
    work, disk, other = prepare(arguments, "iso-seed")
    words = "livos:\n  install:\n    disk: disk0\n    then: poweroff\n"
    seed = seed_disk(work, words)
    with vm.Vm(work, disks=[disk, other], cdrom=medium(arguments), extra=seed) as machine:
        machine.expect(r"the seed disk asks for LivOS \S+ on vda", 1500)
        figure("iso, uefi: seconds until it writes", f"{machine.age():.0f}")
        machine.expect(r"LivOS \S+ is on vda", 1500)
        figure("iso, uefi: seconds until it is installed", f"{machine.age():.0f}")
        machine.wait_off(600)
    untouched(other)
    with installed(work, disk, "uefi", seed) as machine:
        wait_for_page(machine)
        wait_judged(machine)
        check("it waits to be claimed", json.loads(get(machine.url(80, "/api/v1/setup"))[1])["claimed"] is False)
        check("the same seed names the machine", machine.run("hostname") == "attic")
        promises(machine, "uefi")
        before = move_in(machine, machine.run("livos setup-code").strip())
        machine.power_off(600)
    with vm.Vm(work, disks=[disk, other], cdrom=medium(arguments), extra=seed + SCREEN) as machine:
        machine.expect(r"vda: there is a LivOS with data on it", 1500)
        machine.expect(r"Which disk\?", 300)
        screen = looks_right(machine)
        check("the screen says what became of the seed", "The seed disk was not obeyed" in screen)
        listed = json.loads(machine.run("livos-slot install --list --json"))
        found = {entry["name"]: (entry["livos"], entry["refused"] is None) for entry in listed}
        check(f"the disks are known {found}", found["vda"] == ("data", True) and found["vdb"] == ("no", True)
              and found["vdc"] == ("no", False))
        machine.send("vda\n")
        machine.expect(r'Type "erase livos"', 60)
        machine.send("vda\n")
        machine.expect(r"Nothing was changed", 60)
    untouched(other)
    with installed(work, disk, "uefi") as machine:
        wait_for_page(machine)
        everything_is_there(machine, before)


def iso_keys(arguments):
    """Somebody at the serial console installs it, under a BIOS from a stick, after typing the wrong name first."""
    work, disk, other = prepare(arguments, "iso-keys")
    stick = medium(arguments)
    before = digest(stick)
    with vm.Vm(work, disks=[disk, other], usb=stick, boot="bios", extra=SCREEN) as machine:
        machine.expect(r"vda +12\.9 GB +virtual disk \(disk0\)\s+nothing that is known", 1500)
        machine.expect(r"Not offered: sda [^\n]* because the machine was started from it", 60)
        machine.expect(r"Which disk\?", 60)
        figure("iso, bios: seconds until it asks", f"{machine.age():.0f}")
        machine.send("vdz\n")
        machine.expect(r"no disk of the name", 60)
        machine.expect(r"Which disk\?", 60)
        machine.send("sda\n")
        machine.expect(r"sda is not written over", 60)
        machine.expect(r"Which disk\?", 60)
        machine.send("vda\n")
        machine.expect(r"once more", 60)
        machine.send("yes\n")
        machine.expect(r"That is not its name\. Nothing was changed", 60)
        machine.expect(r"Which disk\?", 60)
        looks_right(machine)
        check("nothing was written yet", machine.run("wipefs --noheadings /dev/vda") == "")
        machine.send("vda\n")
        machine.expect(r"once more", 60)
        machine.send("vda\n")
        machine.expect(r"writing: \d+ %", 300)
        machine.expect(r"LivOS \S+ is on vda", 1500)
        figure("iso, bios: seconds until it is installed", f"{machine.age():.0f}")
        machine.send("\n")
        machine.wait_off(600)
    untouched(other)
    check("the stick is as it was", digest(stick) == before)
    with installed(work, disk, "bios") as machine:
        wait_for_page(machine)
        machine.expect(r"claim code: +(\S+)", 300)
        wait_judged(machine)
        promises(machine, "bios")
        check("it waits to be claimed", json.loads(get(machine.url(80, "/api/v1/setup"))[1])["claimed"] is False)
