#!/usr/bin/env python3
"""Installs LivOS' packages in a clean Debian from a signed archive, and looks whether the product is there.

    ci/boot/packages.py trixie             # or bookworm; --bare downloads Docker and git inside, too
    ci/boot/packages.py trixie --installer # install.sh in everything that can go wrong

The archive is served on this machine's loopback; the guest reaches nothing else.
"""

import argparse
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import debian  # noqa: E402
import vm  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parents[2]
UNITS = ["livos-web.socket", "livos-caddy.service", "livos-host.service", "livos-files.service",
         "livos-nexus.service", "livos-apps.service", "livos-web.service", "livos-update.path",
         "livos.target"]
DAEMONS = {"livos-web": 1.0, "livos-files": 1.0, "livos-nexus": 2.0, "livos-apps": 2.5, "livos-host": 4.0}
OWNERS = {"Web1": "livos-web", "Apps1": "livos-apps", "Files1": "livos", "Host1": "root", "Nexus1": "livos-nexus"}
ARCHIVE = f"http://{vm.SERVICES_ADDRESS}"
# What an ordinary server may have already; downloading and unpacking it under emulation tells us nothing new.
# Debian's kernels have AppArmor switched on; Docker of Debian 12 starts nothing there without its parser, which it only
# recommends.
PRESENT = ["docker.io", "iptables", "git", "apparmor"]
# For the test itself: an image to install an app from.
TOOLS = ["docker-registry", "busybox-static"]
PASSWORD = "correct horse battery"


class Test:
    """What was looked at, and what was wrong with it."""

    def __init__(self):
        self.failures, self.begun = [], time.monotonic()

    def check(self, what, good, found=""):
        took = time.monotonic() - self.begun
        print(f"{took:7.0f} s  {'ok    ' if good else 'FAILED'}  {what}" + ("" if good else f"\n{found}"), flush=True)
        if not good:
            self.failures.append(what)

    def end(self):
        print(f"\n{len(self.failures)} failed" if self.failures else "\nall is well")
        return 1 if self.failures else 0


def build(work, *arguments):
    subprocess.run([HERE / "build.sh", *arguments], check=True, cwd=HERE, stdout=subprocess.DEVNULL)


def signing_key(work):
    """A key for archives of tests; kept between runs."""
    key = work / "key.asc"
    if not key.exists():
        home = work / "gpg"
        home.mkdir(mode=0o700, exist_ok=True)
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
        subprocess.run([*gpg, "--quick-generate-key", "LivOS test archive <test@localhost>", "ed25519", "sign", "1m"],
                       check=True)
        secret = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True).stdout
        key.write_bytes(secret)
    return key


def archives(work):
    """Four archives with the same key: an earlier version, this one, the same as a later one, and a newer one whose page
    does not come up. The last two are there in one file, too. Returns their folders."""
    key = signing_key(work)
    folders = []
    for name, version in (("earlier", ["--version", "0.0.9"]), ("this", []), ("later", None), ("broken", None)):
        debs, repo = work / f"debs-{name}", work / f"archive-{name}"
        if version is None:
            make_newer(work / "debs-this", debs, name == "broken")
        else:
            build(work, "deb", "--profile", "dev", "--output", debs, *version)
        build(work, "repo", "--bundle", "--debs", debs, "--key", key, "--output", repo)
        folders.append(repo)
    shutil.copy(escape_suite(work), folders[0] / "escape")
    return folders


def escape_suite(work):
    """The program of crates/livos-host/tests/escape, for the machine inside."""
    told = subprocess.run(["cargo", "test", "--workspace", "--test", "escape", "--no-run", "--message-format=json"],
                          check=True, cwd=HERE, capture_output=True, text=True).stdout
    built = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    program, = [entry["executable"] for entry in built
                if entry.get("executable") and entry["target"]["name"] == "escape"]
    stripped = work / "escape"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    return stripped


def make_newer(whole, folder, broken):
    """The same package as a newer version; a broken one installs well and has a page that ends at once."""
    tree = folder / "tree"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    deb, = whole.glob("livos_*.deb")
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    version = "Version: 9.0.0" if broken else "Version: 8.0.0"
    control.write_text(re.sub(r"(?m)^Version: .*$", version, control.read_text(encoding="utf-8")), encoding="utf-8")
    if broken:
        (tree / "usr/lib/livos/livos-web").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, folder], check=True,
                   stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)


class Archive:
    """A web server whose folder can be changed while it runs."""

    def __init__(self, folder):
        self.folder = folder
        outer = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args, **options):
                super().__init__(*args, directory=str(outer.folder), **options)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port


def clean_debian(release, work, bare):
    """The tree is kept between runs; it is made anew when what goes into it changes."""
    system = debian.Debian(release, work / release)
    wanted = json.dumps([release, bare, PRESENT, TOOLS, debian.SYSTEM])
    stamp = work / release / "complete"
    disk = work / release / f"{release}.raw"
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and disk.exists()):
        stamp.unlink(missing_ok=True)
        installed = TOOLS + ([] if bare else PRESENT)
        system.build(installed=installed, pool=["caddy", *PRESENT])
        system.disk()
        stamp.write_text(wanted, encoding="utf-8")
    return system, disk


# --- what an installed LivOS is ------------------------------------------------------------------------


def add_archive(guest):
    guest.run(f"curl -fsS {ARCHIVE}/livos-archive-keyring.gpg -o /usr/share/keyrings/livos-archive-keyring.gpg")
    guest.run("cat > /etc/apt/sources.list.d/livos.sources <<'END'\nTypes: deb\n"
              f"URIs: {ARCHIVE}\nSuites: stable\nComponents: main\n"
              "Signed-By: /usr/share/keyrings/livos-archive-keyring.gpg\nEND")


def apt(guest, words, timeout=900):
    return guest.run(f"DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 {words} 2>&1", timeout=timeout)


def wait_for(guest, command, seconds=180):
    """Waits in the guest until a command succeeds."""
    status, text = guest.run(f"for i in $(seq {seconds}); do {command} && exit_now=1 && break; sleep 1; done; "
                             '[ "${exit_now:-}" = 1 ]', timeout=seconds * 4, check=False)
    guest.run("unset exit_now")
    return status == 0, text


def booted(guest):
    """The shell is there before the machine is: somebody who types is not that early."""
    guest.run("systemctl is-system-running --wait", timeout=900, check=False)


def answers(guest, port=80):
    return wait_for(guest, f"curl -fsS -m 5 -o /dev/null http://127.0.0.1:{port}/api/v1/health 2>/dev/null")[0]


def units_are_active(test, guest):
    states = guest.run(f"systemctl show -p Id,ActiveState,SubState,NRestarts {' '.join(UNITS)}")
    wrong = [block.replace("\n", " ") for block in states.split("\n\n") if "ActiveState=active" not in block]
    restarted = [block.replace("\n", " ") for block in states.split("\n\n") if re.search(r"NRestarts=[1-9]", block)]
    log = guest.run("journalctl --no-pager -b -p warning -u 'livos-*' -n 30") if wrong or restarted else ""
    test.check("every unit is active", not wrong, "\n".join(wrong) + "\n" + log)
    test.check("none had to be started twice", not restarted, "\n".join(restarted) + "\n" + log)


def walls_stand(test, guest):
    for unit, most in DAEMONS.items():
        line = guest.run(f"systemd-analyze security --no-pager {unit}.service | tail -n 1")
        score = re.search(r"level for \S+: ([0-9.]+)", line)
        test.check(f"{unit} is exposed {score and score.group(1)}, at most {most}",
                   score and float(score.group(1)) <= most, line)
    for unit in [*DAEMONS, "livos-caddy"]:
        text = guest.run(f"grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/$(systemctl show -p MainPID --value {unit})/status")
        seen = dict(re.findall(r"(\w+):\s+(\w+)", text))
        bound = int(seen["CapEff"], 16)
        allowed = 1 << 10 if unit == "livos-caddy" else 0
        test.check(f"{unit} runs with no new privileges, a filter and its capabilities only",
                   seen["NoNewPrivs"] == "1" and seen["Seccomp"] == "2"
                   and (bound & ~allowed == 0 or unit == "livos-host"), text)


def journal_has_fields(test, guest):
    lines = guest.run("journalctl --no-pager -b -o json -t livos-web -t livos-apps -t livos-host -n 60").splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    native = [entry for entry in entries if entry.get("_TRANSPORT") == "journal" and entry.get("CODE_FILE")]
    test.check("the daemons write to the journal with fields", bool(native), "\n".join(lines[-5:]))


def interfaces():
    """The table of crates/livos-e2e/tests/it/privilege.rs, which is the one there is."""
    text = (HERE / "crates/livos-e2e/tests/it/privilege.rs").read_text(encoding="utf-8")
    rows = re.findall(r'\(names::(\w+), "(\w+)", &\[([^\]]*)\]\)', text)
    found = []
    for service, part, users in rows:
        name = f"io.livos.{service.capitalize()}1"
        full = f"io.livos.{part}1" if part in ("Service", "Jobs") else f"{name}.{part}"
        found.append((name, f"/io/livos/{service.capitalize()}1", full, re.findall(r'"([^"]+)"', users)))
    return found


def policy_holds(test, guest):
    """Every caller against every interface, with real users, on the real bus."""
    guest.run("getent passwd helper >/dev/null || useradd -r -G livos-admin helper; "
              "getent passwd guest >/dev/null || useradd -r guest")
    table = interfaces()
    test.check("the table of interfaces was read", len(table) > 10, str(table))
    calls = "\n".join(
        f"dbus-send --system --print-reply --reply-timeout=20000 --dest={name} {path} {interface}.Anything 2>&1 "
        f"| grep -q AccessDenied && echo 'no {interface} {name}' || echo 'yes {interface} {name}'"
        for name, path, interface, _ in table)
    owns = "\n".join(
        "dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName "
        f"string:io.livos.{short} uint32:4 2>&1 | grep -q AccessDenied && echo 'no own {short}' || echo 'yes own {short}'"
        for short in OWNERS)
    guest.run(f"cat > /tmp/calls <<'END'\n{calls}\n{owns}\nEND\nchmod 644 /tmp/calls")
    wrong = []
    for user in ("livos-web", "livos-apps", "livos", "livos-nexus", "livos-caddy", "helper", "guest", "root"):
        text = guest.run(f"setpriv --reuid={user} --regid=$(id -g {user}) --init-groups sh /tmp/calls", timeout=600)
        said = {line.split(" ", 1)[1]: line.startswith("yes") for line in text.splitlines() if " " in line}
        for name, _, interface, granted in table:
            edge = user == "livos-web" and name != "io.livos.Web1"
            wanted = user in ("root", "helper") or edge or user in granted
            if said.get(f"{interface} {name}") != wanted:
                wrong.append(f"{user} {'may not' if wanted else 'may'} call {interface} of {name}")
        for short, owner in OWNERS.items():
            if said.get(f"own {short}") != (user == owner):
                wrong.append(f"{user} {'may not' if user == owner else 'may'} own {short}")
    test.check("the bus lets each caller do what is granted, and nothing else", not wrong, "\n".join(wrong))


def secrets_are_closed(test, guest):
    closed = guest.run(
        "for u in guest livos-caddy livos-nexus livos; do setpriv --reuid=$u --regid=$(id -g $u) --init-groups sh -c '"
        "for f in /var/lib/livos/web/claim-code /var/lib/livos/web/web.db /var/lib/livos/apps/apps.db; do "
        "cat $f >/dev/null 2>&1 && echo \"'$u' reads $f\"; done; "
        "curl -s -m 3 --unix-socket /run/livos/web.sock http://x/ >/dev/null && [ '$u' != livos-caddy ] && echo \"'$u' speaks to web\"; "
        "curl -s -m 3 --unix-socket /run/livos/caddy/admin.sock -H \"Host: caddy\" http://caddy/config/ >/dev/null "
        "&& [ '$u' != livos-caddy ] && echo \"'$u' commands Caddy\"; true'; done; true")
    test.check("nobody else reads secrets, poses as Caddy or commands it", closed == "", closed)
    guest.run("setpriv --reuid=livos-apps --regid=$(id -g livos-apps) --groups=$(getent group livos-caddy | cut -d: -f3) "
              "curl -fsS -m 5 --unix-socket /run/livos/caddy/admin.sock -H 'Host: caddy' http://caddy/config/ >/dev/null")


def sandbox_holds(test, guest):
    """Every way out that crates/livos-host/tests/escape knows, on the real systemd and through the real daemon."""
    guest.run(f"curl -fsS {ARCHIVE}/escape -o /root/escape && chmod 755 /root/escape", timeout=300)
    # One after the other: the attempts watch each other's processes, and one of the tests kills the daemon.
    status, text = guest.run("LIVOS_ESCAPE=bus /root/escape --test-threads=1 2>&1", timeout=3600, check=False)
    test.check("nothing gets out of the sandbox", status == 0,
               text + "\n" + guest.run("journalctl --no-pager -b -u livos-host -n 40"))
    left = guest.run("systemctl list-units --all --no-legend 'livos-tool-*'; ls /run/systemd/transient | grep livos-tool; true")
    test.check("nothing is left of its commands", left.strip() == "", left)


class Owner:
    """Somebody in front of the browser, by curl inside the guest."""

    def __init__(self, guest):
        self.guest, self.csrf = guest, ""

    def call(self, method, path, body=None):
        data = f"-H 'Content-Type: application/json' --data '{json.dumps(body)}'" if body is not None else ""
        text = self.guest.run(
            f"curl -s -m 60 -b /tmp/jar -c /tmp/jar -X {method} -H 'X-CSRF-Token: {self.csrf}' "
            f"-H 'Origin: http://127.0.0.1' {data} -w '\\n%{{http_code}}' 'http://127.0.0.1{path}'", timeout=120)
        content, _, status = text.rpartition("\n")
        try:
            return int(status), json.loads(content)
        except ValueError:
            return int(status), content

    def claim(self, code):
        status, answer = self.call("POST", "/api/v1/setup/account",
                                   {"code": code, "name": "Owner", "username": "owner", "password": PASSWORD})
        if status == 201:
            self.csrf = answer["csrf"]
        return status

    def sign_in(self):
        status, answer = self.call("POST", "/api/v1/session", {"username": "owner", "password": PASSWORD})
        if status == 200:
            self.csrf = answer["csrf"]
        return status


def first_page(test, guest):
    page = guest.run("curl -s -m 20 http://127.0.0.1/")
    test.check("the desktop comes through Caddy", "<script" in page and "<html" in page, page[:500])
    setup = json.loads(guest.run("curl -s -m 20 http://127.0.0.1/api/v1/setup"))
    test.check("it waits to be claimed", setup.get("claimed") is False, str(setup))
    code = guest.run("livos setup-code --wait 30")
    test.check("root gets the claim code", re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", code) is not None, code)
    owner = Owner(guest)
    test.check("a wrong code is refused", owner.claim("AAAA-AAAA") == 403)
    test.check("the right one makes the owner", owner.claim(code) == 201)
    status, text = guest.run("livos setup-code", check=False)
    test.check("afterwards there is no code", status == 1 and "owner" in text, text)
    return owner


def app_works(test, guest, owner):
    """From an image in a registry to a page behind sign-in."""
    guest.run("printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: /var/lib/docker-registry\n"
              "http:\n  addr: 127.0.0.1:5000\n' > /etc/docker/registry/config.yml && "
              "systemctl start docker && systemctl restart docker-registry", timeout=180)
    wait_for(guest, "curl -fsS -m 5 -o /dev/null http://127.0.0.1:5000/v2/", 60)
    # By Docker's own interface: not every release installs its command line with it.
    docker = "curl -fsS -m 120 --unix-socket /run/docker.sock"
    change = "CMD%20%5B%22/bin/busybox%22,%22httpd%22,%22-f%22,%22-p%22,%228080%22,%22-h%22,%22/www%22%5D"
    guest.run("mkdir -p /tmp/image/bin /tmp/image/www && cp /bin/busybox /tmp/image/bin/ && "
              "echo 'hello from the app' > /tmp/image/www/index.html && tar -C /tmp/image -cf /tmp/image.tar . && "
              f"{docker} -X POST -H 'Content-Type: application/x-tar' --data-binary @/tmp/image.tar "
              f"'http://docker/images/create?fromSrc=-&repo=127.0.0.1:5000/tiny&tag=1&changes={change}' && "
              f"{docker} -X POST -H 'X-Registry-Auth: e30=' 'http://docker/images/127.0.0.1:5000/tiny/push?tag=1' && "
              f"{docker} -X DELETE 'http://docker/images/127.0.0.1:5000/tiny:1?force=1'", timeout=300)
    guest.run("mkdir -p /srv/store/tiny && cat > /srv/store/tiny/docker-compose.yml <<'END'\n"
              "name: tiny\nservices:\n  web:\n    image: 127.0.0.1:5000/tiny:1\n    ports:\n      - \"8080\"\n"
              "    volumes:\n      - ./data:/data\nEND\nchmod -R a+rX /srv/store")
    status, text = guest.run("livos apps sources add /srv/store && livos apps install tiny --yes 2>&1", 400, check=False)
    test.check("an app installs from a registry", status == 0,
               text + "\n" + guest.run("journalctl --no-pager -b -u livos-apps -n 30"))
    if status != 0:
        return
    status, answer = owner.call("GET", "/api/v1/apps/tiny")
    test.check("the owner sees it running", status == 200 and answer.get("state") == "running", str(answer))
    target = guest.run("curl -s -m 20 -b /tmp/jar -o /dev/null -w '%{redirect_url}' http://127.0.0.1/open/tiny")
    page = guest.run(f"curl -sL -m 30 -c /tmp/app-jar -b /tmp/app-jar --resolve '*:80:127.0.0.1' --connect-to ::127.0.0.1: "
                     f"'{target}'")
    test.check("it opens behind sign-in", "hello from the app" in page, f"{target}\n{page[:800]}")
    # Where the app itself is: a name of its own, or a port of its own beside an address.
    origin = re.match(r"https?://[^/]+", target).group(0)
    stranger = guest.run("curl -s -m 20 -o /dev/null -w '%{http_code}' --resolve '*:80:127.0.0.1' "
                         f"--connect-to ::127.0.0.1: '{origin}/'")
    test.check("a stranger does not get in", stranger in ("302", "303", "401", "403"), f"{stranger} at {origin}")


def files_work(test, guest, owner):
    """What lies in Home is listed, and a folder made, by the daemon behind its walls."""
    guest.run("setpriv --reuid=livos --regid=$(id -g livos) --init-groups sh -c 'echo hello > /srv/livos/home/hello.txt'")
    status, answer = owner.call("GET", "/api/v1/files/list?root=home&path=")
    test.check("Home is listed", status == 200 and "hello.txt" in json.dumps(answer), f"{status} {answer}")
    status, answer = owner.call("POST", "/api/v1/files/directories", {"root": "home", "path": "made"})
    test.check("a folder is made", status in (200, 201, 204) and guest.run("stat -c %F /srv/livos/home/made") == "directory",
               f"{status} {answer}")


def bad_days(test, guest):
    """What dies comes back, and the first page outlives everybody behind it."""
    guest.run("systemctl kill -s KILL livos-web.service livos-files.service livos-nexus.service livos-host.service")
    test.check("killed daemons come back", answers(guest) and wait_for(
        guest, "systemctl -q is-active livos-web livos-files livos-nexus livos-host", 60)[0])
    guest.run("systemctl stop livos-apps.service && systemctl restart livos-caddy.service", timeout=120)
    test.check("Caddy starts without the app engine", answers(guest))
    guest.run("systemctl stop livos-caddy && printf broken > /var/lib/livos/edge/caddy.json && systemctl start livos-caddy",
              timeout=120)
    test.check("a damaged last configuration is passed over", answers(guest),
               guest.run("journalctl --no-pager -b -u livos-caddy -n 20"))
    guest.run("systemctl start livos-apps.service")
    restored, _ = wait_for(guest, "grep -q '\"admin\"' /var/lib/livos/edge/caddy.json", 60)
    test.check("the app engine tells Caddy again", restored,
               guest.run("ls -la /var/lib/livos/edge; journalctl --no-pager -b -u livos-apps -n 20"))


def upgrade(test, guest, owner, archive, folder):
    guest.run("setpriv --reuid=livos --regid=$(id -g livos) --init-groups sh -c 'echo kept > /srv/livos/home/note.txt'")
    guest.run("mkdir -p /etc/livos && printf '# mine\\n[server]\\nname = \"Attic\"\\n' > /etc/livos/livos.toml")
    before = guest.run("systemctl show -p MainPID --value livos-caddy.service")
    archive.folder = folder
    found = guest.run("livos upgrade --check 2>&1", timeout=600)
    test.check("livos finds the newer version and says what is new", "0.0.9 to" in found and "- " in found, found)
    waits = guest.run("livos status; true")
    test.check("livos status names it", "waits: sudo livos upgrade" in waits, waits)
    status, text = guest.run("livos upgrade --yes 2>&1", timeout=1800, check=False)
    version = guest.run("dpkg-query -W -f='${Version}' livos")
    test.check(f"livos upgrades itself to {version}", status == 0 and version != "0.0.9" and f"{version} runs" in text,
               text + "\n" + guest.run("journalctl --no-pager -b -u livos-update -n 60"))
    test.check("it answers again", answers(guest))
    units_are_active(test, guest)
    test.check("Caddy went on meanwhile", guest.run("systemctl show -p MainPID --value livos-caddy.service") == before)
    test.check("the owner's account is there", owner.sign_in() == 200)
    kept = guest.run("cat /srv/livos/home/note.txt; head -n 1 /etc/livos/livos.toml; "
                     "curl -s -m 20 http://127.0.0.1/api/v1/setup")
    test.check("files and settings are kept", "kept" in kept and "# mine" in kept and "Attic" in kept, kept)


# Every network card, in the way `ip link` wants it.
CARDS = "for card in /sys/class/net/e*; do ip link set ${card##*/} "


def offline_upgrade(test, guest, owner, archive, folder):
    """From a file, with no network: refused where it is not genuine, and otherwise an upgrade like any other."""
    archive.folder = folder
    guest.run(f"curl -fsS {ARCHIVE}/livos-8.0.0.bundle -o /root/livos-8.0.0.bundle", timeout=600)
    before = guest.run("dpkg-query -W -f='${Version}' livos")
    guest.run(CARDS + "down; done")
    # In its middle is the package.
    guest.run("cd /root; cp livos-8.0.0.bundle bad.bundle; head -c 100000 livos-8.0.0.bundle > cut.bundle; "
              "printf damaged | dd of=bad.bundle bs=1 conv=notrunc seek=$(($(stat -c %s bad.bundle) / 2)) 2>/dev/null")
    for name in ("bad", "cut"):
        status, text = guest.run(f"livos upgrade --yes --from /root/{name}.bundle 2>&1", timeout=900, check=False)
        test.check(f"a {name} file is refused", status == 1 and "damaged" in text, text)
    test.check("and changes nothing", guest.run("dpkg-query -W -f='${Version}' livos") == before)
    status, text = guest.run("livos upgrade --yes --from /root/livos-8.0.0.bundle 2>&1", timeout=1800, check=False)
    log = guest.run("journalctl --no-pager -b -u livos-update -n 60")
    test.check("livos upgrades itself from a file without a network", status == 0 and "LivOS 8.0.0 runs" in text, text + "\n" + log)
    test.check("it answers again", answers(guest), log)
    test.check("the owner's account is there", owner.sign_in() == 200)
    left = guest.run("ls -A /var/cache/livos-upgrade /var/lib/livos/host/update/offered 2>/dev/null; true")
    test.check("nothing of the file is left", left.strip() == "", left)
    guest.run(CARDS + "up; done")
    test.check("the network is back", wait_for(guest, f"curl -fsS -m 5 -o /dev/null {ARCHIVE}/")[0])


def broken_upgrade(test, guest, owner, archive, folder):
    """A newer version whose page does not come up goes by itself."""
    before = guest.run("dpkg-query -W -f='${Version}' livos")
    added = guest.run("livos users add anna 2>&1")
    archive.folder = folder
    status, text = guest.run("livos upgrade --yes 2>&1", timeout=1800, check=False)
    log = guest.run("journalctl --no-pager -b -u livos-update -n 60")
    test.check("a version that does not work is not kept", status == 1 and f"so {before} is back" in text, text + "\n" + log)
    test.check("it says why", "livos-web does not run" in text, text + "\n" + log)
    test.check("the version before is installed", guest.run("dpkg-query -W -f='${Status} ${Version}' livos")
               == f"install ok installed {before}", log)
    test.check("it answers again", answers(guest), log)
    states = guest.run(f"systemctl is-active {' '.join(UNITS)}; true")
    test.check("every unit is active again", set(states.split()) == {"active"}, states)
    users = guest.run("livos users list 2>&1")
    test.check("the accounts are there", owner.sign_in() == 200 and "anna" in users, f"{added}\n{users}")


def updates_by_itself(test, guest):
    """systemd keeps the hour; what comes at it is a look at the archive, which has nothing newer here."""
    timers = "systemctl list-units --all --no-legend --plain 'livos-upgrade@*.timer' | awk '{print $1, $3}'"
    test.check("it updates by itself at night", "livos-upgrade@04.timer" in guest.run(timers), guest.run(timers))
    said = guest.run("livos upgrade --automatic 2 2>&1")
    now = guest.run(timers)
    test.check("at the hour that is chosen", "between 2:00 and 2:59" in said and "livos-upgrade@02.timer" in now
               and "livos-upgrade@04" not in now, f"{said}\n{now}")
    about = guest.run("systemctl show livos-upgrade@02.timer -p TimersCalendar -p RandomizedDelayUSec -p PartOf -p Unit")
    test.check("it starts what it is for, and ends with LivOS", all(word in about for word in (
        "OnCalendar=*-*-* 02:00:00", "RandomizedDelayUSec=45min", "PartOf=livos.target", "Unit=livos-upgrade@02.service")), about)
    guest.run("systemctl restart livos-host")
    test.check("also after a restart", guest.run(timers) == now, guest.run(timers))
    guest.run("livos upgrade --automatic off")
    test.check("or not at all", guest.run(timers) == "", guest.run(timers))
    guest.run("livos upgrade --automatic 2; livos upgrade --automatic off; livos upgrade --automatic 2; "
              "livos upgrade --automatic 4")
    test.check("and then again", guest.run(timers) == "livos-upgrade@04.timer active", guest.run(timers))
    before = json.loads(guest.run("livos upgrade --check --json"))["checked_at"]
    guest.run("systemctl start livos-upgrade@04.service; "
              "while [ -e /var/lib/livos/host/update/request.json ]; do sleep 1; done", timeout=600)
    looked = json.loads(guest.run("cat /var/lib/livos/host/update/status.json"))
    test.check("when its hour comes it looks", looked["checked_at"] > before, f"{before} {looked}")


def purge(test, guest):
    text = apt(guest, "purge livos")
    test.check("purging says where the data is", "/srv/livos" in text, text)
    left = guest.run("ls -d /usr/lib/livos /usr/share/livos /var/lib/livos /run/livos /etc/livos /usr/bin/livos "
                     "/usr/share/dbus-1/system.d/io.livos.conf 2>/dev/null; systemctl list-unit-files --no-legend 'livos*'; "
                     "systemctl list-units --all --no-legend 'livos*' | grep -v '\\.slice'; "
                     "getent passwd livos-web livos-apps livos-nexus livos-caddy; pgrep -a livos; "
                     "command -v docker >/dev/null && docker ps -aq --filter label=io.livos.installation; true")
    test.check("nothing else is left", left.strip() == "", left)
    test.check("the files are", guest.run("cat /srv/livos/home/note.txt") == "kept")


def product(test, system, disk, work, earlier, this, later, broken, with_app):
    archive = Archive(earlier)
    with system.boot(work / "product", disk, serve={80: archive.port}) as guest:
        guest.wait_shell(900)
        booted(guest)
        print(f"{guest.age():7.0f} s  the machine runs", flush=True)
        add_archive(guest)
        apt(guest, "update")
        text = apt(guest, "install livos", 1800)
        test.check("apt installs it", "Setting up livos" in text, text)
        test.check("it answers", answers(guest), guest.run("journalctl --no-pager -b -u 'livos-*' -n 60"))
        units_are_active(test, guest)
        owner = first_page(test, guest)
        walls_stand(test, guest)
        journal_has_fields(test, guest)
        policy_holds(test, guest)
        secrets_are_closed(test, guest)
        sandbox_holds(test, guest)
        files_work(test, guest, owner)
        if with_app:
            app_works(test, guest, owner)
        bad_days(test, guest)
        upgrade(test, guest, owner, archive, this)
        updates_by_itself(test, guest)
        offline_upgrade(test, guest, owner, archive, later)
        broken_upgrade(test, guest, owner, archive, broken)
        purge(test, guest)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("release", choices=["bookworm", "trixie"])
    words.add_argument("--work", type=pathlib.Path, default=pathlib.Path(os.environ.get("LIVOS_TARGET", HERE / "target")) / "boot")
    words.add_argument("--bare", action="store_true", help="nothing of what LivOS needs is there before")
    words.add_argument("--without-app", action="store_true", help="leave the app out")
    words.add_argument("--installer", action="store_true", help="install.sh instead of apt")
    given = words.parse_args()
    work = given.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    system, disk = clean_debian(given.release, work, given.bare)
    earlier, this, later, broken = archives(work)
    test = Test()
    if given.installer:
        import installer
        installer.scenarios(test, system, disk, work, earlier, this)
    else:
        product(test, system, disk, work, earlier, this, later, broken, not given.without_app)
    return test.end()


if __name__ == "__main__":
    sys.exit(main())
