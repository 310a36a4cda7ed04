"""install.sh on a clean Debian, and where it has no easy life: each ends in a working system or a clear refusal."""

import json
import re

import packages

INSTALL = "cd /root && bash install.sh --yes"
SITE = "mkdir -p /tmp/site && echo 'somebody else' > /tmp/site/index.html && busybox httpd -p 80 -h /tmp/site"
# A container that somebody started, and what must be the same of it after everything.
DOCKER = "curl -fsS -m 60 --unix-socket /run/docker.sock"
CONTAINER = f"""systemctl start docker && mkdir -p /tmp/theirs && cp /bin/busybox /tmp/theirs/ && tar -C /tmp/theirs -cf /tmp/theirs.tar . &&
{DOCKER} -X POST -H 'Content-Type: application/x-tar' --data-binary @/tmp/theirs.tar 'http://docker/images/create?fromSrc=-&repo=theirs' &&
{DOCKER} -X POST -H 'Content-Type: application/json' -d '{{"Image":"theirs","Cmd":["/busybox","sleep","100000"]}}' 'http://docker/containers/create?name=theirs' &&
{DOCKER} -X POST http://docker/containers/theirs/start"""


def container(guest):
    about = json.loads(guest.run(f"{DOCKER} http://docker/containers/theirs/json"))
    return [about["Id"], about["State"]["Running"], about["State"]["StartedAt"], about["RestartCount"]]


# Interrupts the installer in the middle of dpkg's work, as Ctrl-C at a terminal would.
INTERRUPT = """cat > /tmp/interrupt <<'END'
set -m
# What dpkg says is in the log alone.
bash /root/install.sh --yes --deb /root/debs --log /tmp/interrupted.log > /tmp/said 2>&1 & job=$!
until grep -q 'Unpacking livos' /tmp/interrupted.log || ! kill -0 $job; do sleep 0.1; done
kill -INT -- -$job; wait $job; echo "status $?"
END
bash /tmp/interrupt"""


def refused(test, guest, what, command, words):
    status, text = guest.run(f"{command} 2>&1", timeout=600, check=False)
    left = guest.run("dpkg-query -W -f='${db:Status-Status}' livos 2>/dev/null | grep -x installed; "
                     "ls /etc/apt/sources.list.d/; true")
    test.check(f"{what}: it says why and changes nothing", status == 1 and words in text and left.strip() == "",
               f"status {status}\n{text}\n{left}")


def works(test, guest, what, port, text):
    good = packages.answers(guest, port)
    address = r"http://[0-9.]+/" if port == 80 else rf"http://[0-9.]+:{port}/"
    test.check(f"{what}: it works, and prints address and code", good and re.search(address, text)
               and "claim code" in text, f"answers: {good}\n{text}")


def scenarios(test, system, disk, work, earlier, this):
    archive = packages.Archive(earlier)
    install = (packages.HERE / "install.sh").read_bytes()
    (earlier / "install.sh").write_bytes(install)
    with system.boot(work / "installer", disk, serve={80: archive.port}) as guest:
        guest.wait_shell(900)
        packages.booted(guest)
        guest.run(f"cd /root && curl -fsSO {packages.ARCHIVE}/install.sh && mkdir -p debs && "
                  f"curl -fsS {packages.ARCHIVE}/livos-archive-keyring.gpg -o key.gpg && head -c 100 key.gpg > bad.gpg && "
                  f"curl -fsS {packages.ARCHIVE}/pool/main/l/livos/livos_0.0.9_amd64.deb -o debs/livos_0.0.9_amd64.deb")
        from_archive = f"{INSTALL} --repo {packages.ARCHIVE} --key key.gpg"
        dry = guest.run(f"{from_archive} --dry-run 2>&1")
        test.check("a dry run says what it would do", "nothing was changed" in dry, dry)
        refused(test, guest, "nothing says where from", INSTALL, "nothing says where the packages are")
        refused(test, guest, "no network", f"{INSTALL} --repo http://10.0.2.99/ --key key.gpg", "could not be reached")
        refused(test, guest, "a wrong key", f"{INSTALL} --repo {packages.ARCHIVE} --key bad.gpg", "signature is wrong")
        guest.run("fallocate -l $(($(df -Pk / | awk 'NR==2 {print $4}') - 1500000))k /root/big")
        refused(test, guest, "too little disk", from_archive, "are free in")
        guest.run("rm /root/big && mkdir -p /opt/livos/packages")
        refused(test, guest, "the older LivOS is here", from_archive, "--alongside")
        guest.run("rm -r /opt/livos")

        guest.run(SITE)
        guest.run(CONTAINER, timeout=300)
        theirs = container(guest)
        interrupted = guest.run(INTERRUPT, timeout=1800)
        test.check("Ctrl-C lets dpkg finish and stops", "status 130" in interrupted
                   and guest.run("dpkg --audit") == "", interrupted)
        text = guest.run(f"{INSTALL} --deb debs 2>&1", timeout=1800)
        works(test, guest, "again after Ctrl-C, with port 80 taken", 8080, text)
        test.check("and the other container", theirs[1] and container(guest) == theirs, f"{theirs} {container(guest)}")
        test.check("the other site is untouched", guest.run("curl -s http://127.0.0.1/") == "somebody else")
        archive.folder = this
        text = guest.run(f"{from_archive} 2>&1", timeout=1800)
        version = guest.run("dpkg-query -W -f='${Version}' livos")
        test.check("a second run upgrades", version != "0.0.9" and packages.answers(guest, 8080), text)
        text = guest.run(f"{INSTALL} --uninstall 2>&1", timeout=600)
        left = guest.run("ls -d /srv/livos/home /var/lib/livos/web; systemctl is-active livos.target; true")
        test.check("the other container still runs, untouched", container(guest) == theirs, f"{theirs} {container(guest)}")
        test.check("uninstalling keeps the data", "/srv/livos/home" in left and "inactive" in left, text + left)
