"""A clean Debian as a disk that `vm.py` boots: what somebody has who then installs LivOS.

The packages come from where this machine's own apt gets them; only the release is another.
"""

import pathlib
import re
import shutil
import subprocess

import vm

# What a small server has, and a network.
SYSTEM = ["systemd-sysv", "dbus", "udev", "initramfs-tools", "iproute2", "procps", "curl", "ca-certificates", "less"]

NETWORK = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def sources(release):
    """This machine's package sources for another release; only Debian's own, no third party's."""
    here = re.search(r"^VERSION_CODENAME=(\S+)", pathlib.Path("/etc/os-release").read_text(encoding="utf-8"), re.M)
    found = pathlib.Path("/etc/apt/sources.list.d/debian.sources")
    if here and found.exists():
        return found.read_text(encoding="utf-8").replace(here.group(1), release)
    listed = pathlib.Path("/etc/apt/sources.list")
    if here and listed.exists():
        lines = [line for line in listed.read_text(encoding="utf-8").splitlines() if here.group(1) in line]
        return "\n".join(lines).replace(here.group(1), release) + "\n"
    return ""


class Debian:
    """A root tree of `release`, a pool of packages it may install without a network, and a disk made of both."""

    def __init__(self, release, folder, kernel="linux-image-cloud-amd64"):
        self.release, self.folder, self.kernel = release, pathlib.Path(folder).resolve(), kernel
        self.tree = self.folder / "tree"
        self.folder.mkdir(parents=True, exist_ok=True)

    def build(self, installed=(), pool=()):
        """Makes the tree with `installed` in it, and downloads `pool` with all they need to /srv/pool."""
        shutil.rmtree(self.tree, ignore_errors=True)
        listed = self.folder / "debian.sources"
        listed.write_text(sources(self.release), encoding="utf-8")
        mirror = [listed] if listed.read_text(encoding="utf-8").startswith("Types:") else []
        run("mmdebstrap", "--quiet", "--variant=minbase", "--aptopt=APT::Install-Recommends \"false\"",
            "--dpkgopt=path-exclude=/usr/share/locale/*", "--skip=cleanup/apt",
            "--include=" + ",".join([*SYSTEM, self.kernel, *installed]), self.release, self.tree, *mirror)
        self.fill_pool(pool)
        for old in (self.tree / "etc/apt").glob("sources.list*/*"):
            old.unlink()
        (self.tree / "etc/apt/sources.list").write_text("deb [trusted=yes] file:/srv/pool ./\n", encoding="utf-8")
        self.write("etc/systemd/network/80-dhcp.network", NETWORK)
        self.write("etc/hostname", "server\n")
        self.write("etc/fstab", "/dev/vda / ext4 defaults 0 1\n")
        run("chroot", self.tree, "systemctl", "--quiet", "enable", "systemd-networkd.service")
        vm.put_shell(self.tree)
        return self

    def fill_pool(self, names):
        place = self.tree / "srv/pool"
        place.mkdir(parents=True, exist_ok=True)
        if names:
            run("chroot", self.tree, "apt-get", "-qq", "-y", "--no-install-recommends", "--download-only", "install",
                *names, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"})
        for package in (self.tree / "var/cache/apt/archives").glob("*.deb"):
            package.rename(place / package.name)
        with open(place / "Packages", "w", encoding="utf-8") as out:
            run("apt-ftparchive", "packages", ".", cwd=place, stdout=out)
        for old in (self.tree / "var/lib/apt/lists").glob("*_*"):
            old.unlink()

    def write(self, path, text, mode=0o644):
        file = self.tree / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def disk(self, size="6G"):
        """The tree as a disk; sparse."""
        disk = self.folder / f"{self.release}.raw"
        disk.unlink(missing_ok=True)
        run("mke2fs", "-q", "-t", "ext4", "-E", "lazy_itable_init=1,lazy_journal_init=1", "-d", self.tree, disk, size)
        return disk

    def boot(self, folder, disk, boot="direct", **options):
        """A machine with an overlay of `disk`, started by kernel and initrd of the tree; by way of the firmware with
        `boot="uefi"`."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        kernel = sorted((self.tree / "boot").glob("vmlinuz-*"))[-1]
        initrd = sorted((self.tree / "boot").glob("initrd.img-*"))[-1]
        own = vm.overlay(disk, folder / "disk.qcow2")
        return vm.Vm(folder, disk=own, boot=boot, kernel=kernel, initrd=initrd, append="root=/dev/vda rw", **options)
