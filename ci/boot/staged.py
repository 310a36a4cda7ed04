#!/usr/bin/env python3
"""Stages an upgrade here, without a machine: the image's own tree takes itself for a running appliance.

    ci/boot/staged.py IMAGE ARCHIVE

IMAGE is what `./build.sh image` made, with its folder `work` beside it; ARCHIVE a folder with a signed archive of a
newer version, which is staged from the network and then from one file. apt, dpkg, mkfs.erofs and veritysetup are the image's, and so is livos-slot; only the kernel's command
line, the disk and what is mounted are made up, in a namespace that ends with the test. Needs root.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import packages  # noqa: E402
from appliance import check  # noqa: E402

MIB = 1 << 20
# The second slot of a machine that has started once.
SLOT = (("livos-root-b", 3072), ("livos-verity-b", 64))


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, **options)


class Here:
    """The image's tree as a running system, in the namespace that this program runs in."""

    def __init__(self, image, folder):
        self.folder, self.tree, self.state = folder, folder / "tree", folder / "var"
        work = image.parent / "work"
        for name in ("upper", "overlay", "tree", "var", "efi", "disk"):
            (folder / name).mkdir()
        run("cp", "-a", f"{work}/root/var/.", self.state)
        run("cp", "-a", f"{work}/boot/.", folder / "efi")
        self.version, = (path.name for path in (folder / "efi/livos").iterdir())
        (folder / "efi/livos" / self.version / "blessed").touch()
        self.settings = self.state / "lib/livos/slots/etc" / self.version / "upper"
        self.settings.mkdir(parents=True)
        self.partitions(image, work)
        run("mount", "-t", "overlay", "overlay", "-o",
            f"lowerdir={work}/root,upperdir={folder}/upper,workdir={folder}/overlay", self.tree)
        for name in ("dev", "proc", "sys"):
            run("mount", "--rbind", f"/{name}", self.tree / name)
        run("mount", "-t", "tmpfs", "tmpfs", self.tree / "run")
        for source, name in ((work / "root", "run/livos/lower"), (folder / "disk", "run/disk"), (self.state, "var"),
                             (folder / "efi", "efi")):
            (self.tree / name).mkdir(parents=True, exist_ok=True)
            run("mount", "--bind", source, self.tree / name)
        run("mount", "-o", "remount,bind,ro", self.tree / "run/livos/lower")
        (self.tree / "run/livos/disk").symlink_to("/run/disk/disk")
        line = (folder / "efi/livos" / self.version / "options").read_text(encoding="utf-8")
        (folder / "cmdline").write_text(line + f" initrd=\\livos\\{self.version}\\initrd\n", encoding="utf-8")
        run("mount", "--bind", folder / "cmdline", self.tree / "proc/cmdline")

    def partitions(self, image, work):
        """The table is the image's with a second slot; what is in the partitions are files beside it."""
        disk = self.folder / "disk/disk"
        run("cp", "--sparse=always", image, disk)
        os.truncate(disk, disk.stat().st_size + 3200 * MIB)
        run("sfdisk", "--quiet", "--relocate", "gpt-bak-std", disk)
        kinds = [line.split("type=")[1].split(",")[0] for line in
                 run("sfdisk", "--dump", disk, capture_output=True, text=True).stdout.splitlines() if "type=" in line]
        lines = "".join(f"size={size}MiB, type={kinds[2 + at]}, name=_empty\n" for at, (_, size) in enumerate(SLOT))
        run("sfdisk", "--quiet", "--append", disk, input=lines, text=True)
        for number, file in ((3, "root.erofs"), (4, "root.verity"), (5, None), (6, None)):
            part = self.folder / "disk" / f"disk{number}"
            if file:
                run("cp", "--sparse=always", work / file, part)
            else:
                part.touch()
            os.truncate(part, SLOT[(number + 1) % 2][1] * MIB)

    def inside(self, *command):
        done = subprocess.run(["chroot", self.tree, "env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *command],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def status(self):
        return json.loads(self.inside("livos-slot", "status", "--json")[1])

    def names(self):
        """What the partitions are called, and their ids."""
        dump = run("sfdisk", "--json", self.folder / "disk/disk", capture_output=True, text=True).stdout
        return [(part.get("name", ""), uuid.UUID(part["uuid"])) for part in json.loads(dump)["partitiontable"]["partitions"]]


def test(image, archive, folder):
    here = Here(image, folder)
    served = packages.Archive(archive)
    (here.settings / "local.conf").write_text("kept\n", encoding="utf-8")
    apt = here.settings / "apt"
    for name in ("keyrings", "sources.list.d"):
        (apt / name).mkdir(parents=True)
    shutil.copy(archive / "livos-archive-keyring.gpg", apt / "keyrings/livos.gpg")
    (apt / "sources.list").touch()
    (apt / "sources.list.d/livos.sources").write_text(
        f"Types: deb\nURIs: http://127.0.0.1:{served.port}\nSuites: stable\nComponents: main\n"
        "Signed-By: /etc/apt/keyrings/livos.gpg\n", encoding="utf-8")

    check("the tree takes itself for an appliance", here.status()["running"] == here.version)
    # What a start of the system does, for it and for the copy that the upgrade is composed in.
    hooks = "apt/apt.conf.d/50livos-appliance", "dpkg/dpkg.cfg.d/livos-appliance"
    here.inside("systemd-tmpfiles", "--create", "--prefix=/etc", "/usr/lib/tmpfiles.d/livos-appliance.conf")
    for hook in hooks:
        (here.settings / hook).parent.mkdir(parents=True, exist_ok=True)
        (here.settings / hook).symlink_to(os.readlink(here.tree / "etc" / hook))
    for command in (["dpkg", "--configure", "-a"], ["apt-get", "--yes", "remove", "less"]):
        status, _, said = here.inside(*command)
        check(f"{command[0]} by hand is refused and explained", status != 0 and "livos-slot stage" in said)

    status, said, trouble = here.inside("livos-slot", "stage", "--json")
    check(f"an upgrade is staged {trouble}", status == 0)
    lines = [json.loads(line) for line in said.splitlines()]
    check("every step is said", [line.get("step") for line in lines[:-1]] ==
          ["preparing", "packages", "kernel", "sealing", "placing"])
    version = lines[-1]["version"]
    now = here.status()
    tried = {entry["version"]: (entry["tries"], entry["blessed"]) for entry in now["versions"]}
    check(f"{version} is on trial, and {here.version} is still good",
          tried == {version: (3, False), here.version: (3, True)} and now["running"] == here.version)

    boot = folder / "efi"
    line = (boot / "livos" / version / "options").read_text(encoding="utf-8")
    root_hash = next(word for word in line.split() if word.startswith("roothash=")).removeprefix("roothash=")
    check("the entry starts it", line in (boot / f"loader/entries/livos_{version}+3.conf").read_text(encoding="utf-8"))
    environment = (boot / "grub/grubenv").read_text(encoding="utf-8")
    check("GRUB tries it, too", all(word in environment for word in (f"next={version}\n", "left=3\n",
                                                                     f"other={here.version}\n")))
    check("the table names the slot by its hash",
          here.names()[4:6] == [(f"livos_{version}", uuid.UUID(root_hash[:32])),
                                (f"livos_{version}_v", uuid.UUID(root_hash[32:]))])
    status, _, trouble = here.inside("veritysetup", "verify", "/run/disk/disk5", "/run/disk/disk6", root_hash)
    check(f"the root is what its hash says {trouble}", status == 0)
    status, _, trouble = here.inside("fsck.erofs", "--extract=/run/disk/new", "/run/disk/disk5")
    inner = folder / "disk/new"
    check(f"it can be unpacked {trouble}", status == 0)
    database = (inner / "usr/lib/sysimage/dpkg/status").read_text(encoding="utf-8")
    check("the newer package is in it", f"\nVersion: {version.rsplit('-', 1)[0]}\n" in
          next(part for part in database.split("\n\n") if part.startswith("Package: livos\n")) + "\n")
    check("it knows its version", f"IMAGE_VERSION={version}\n" in (inner / "usr/lib/os-release").read_text(encoding="utf-8"))
    check("nothing of apt's is left in it", not (inner / "usr/sbin/policy-rc.d").exists()
          and not list((inner / "var/lib/apt/lists").glob("*Packages*")))
    layer = here.state / "lib/livos/slots/etc" / version / "upper"
    check("local settings go along, and the old version keeps its own",
          all((place / "local.conf").read_text(encoding="utf-8") == "kept\n" for place in (layer, here.settings)))
    check("nothing of the work is left", not (here.state / "lib/livos/stage").exists())

    again, _, said = here.inside("livos-slot", "stage")
    check("the same is staged again, anew", again == 0 and len(here.status()["versions"]) == 2)
    again, _, said = here.inside("livos-slot", "stage", "--without-livos")
    check(f"nothing but LivOS is newer {said}", again == 4 and len(here.status()["versions"]) == 2)
    # A file that nobody signed, and one that somebody did, with nobody there to ask over a network.
    served.server.shutdown()
    served.server.server_close()
    bundle = here.state / "lib/newer.bundle"
    pack = ["tar", "--format=ustar", "--exclude=by-hash", "-C", archive, "-cf", bundle, "dists", "pool"]
    run(*pack)
    good = bundle.read_bytes()
    # In the signed list, and in the same that is signed beside it.
    bundle.write_bytes(good.replace(b"Suite: stable", b"Suite: Stable"))
    again, _, said = here.inside("livos-slot", "stage", "--from", "/var/lib/newer.bundle")
    check(f"a file that was changed is refused {said}", again == 1 and "not signed" in said)
    check("and what was placed is still there", len(here.status()["versions"]) == 2)
    bundle.write_bytes(good)
    again, said, trouble = here.inside("livos-slot", "stage", "--json", "--from", "/var/lib/newer.bundle")
    check(f"an upgrade is staged from a file {trouble}", again == 0)
    offline = json.loads(said.splitlines()[-1])["version"]
    check("with the same newer version", offline.rsplit("-", 1)[0] == version.rsplit("-", 1)[0]
          and offline in [entry["version"] for entry in here.status()["versions"]])
    status, _, trouble = here.inside("fsck.erofs", "--extract=/run/disk/offline", "/run/disk/disk5")
    check(f"nothing of the file is in it {trouble}", status == 0 and not list((folder / "disk/offline").rglob("*livos-offer*")))
    bundle.unlink()
    (apt / "sources.list.d/livos.sources").unlink()
    again, _, said = here.inside("livos-slot", "stage")
    check(f"nothing is new without an archive {said}", again == 4)
    check("and what was placed is still there", len(here.status()["versions"]) == 2)


def main():
    if len(sys.argv) == 4 and sys.argv[3] == "inside":
        with tempfile.TemporaryDirectory(prefix="livos-staged-") as folder:
            try:
                test(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), pathlib.Path(folder))
            finally:
                subprocess.run(["umount", "--recursive", f"{folder}/tree"], check=False)
    elif len(sys.argv) == 3:
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, __file__,
                              *sys.argv[1:], "inside"])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
