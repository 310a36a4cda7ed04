"""The first evening with an appliance, in a browser: claimed, an app installed and opened; and after a restart."""

import os
import pathlib
import subprocess

import registry
from appliance import check, figure, promises, reboot, start, wait_for_page, wait_judged

UI = pathlib.Path(__file__).resolve().parents[2] / "crates/livos-web/ui"
# Docker takes a registry without HTTPS on the loopback alone; from there it goes to what the test serves.
TO_REGISTRY = """sysctl -q net.ipv4.conf.all.route_localnet=1
iptables -t nat -A OUTPUT -d 127.0.0.1 -p tcp --dport 5000 -j DNAT --to-destination 10.0.2.100:80
iptables -t nat -A POSTROUTING -d 10.0.2.100 -j MASQUERADE"""
STORE = """mkdir -p /srv/store/tiny && cat > /srv/store/tiny/docker-compose.yml <<'END'
name: tiny
services:
  web:
    image: 127.0.0.1:5000/tiny:1
    ports:
      - "8080"
    volumes:
      - ./data:/data
END
chmod -R a+rX /srv/store && livos apps sources add /srv/store"""


def by_a_person(machine, verb, *words):
    """What somebody does at a browser in the machine's network."""
    name = machine.run("hostname")
    done = subprocess.run(["node", "tests/e2e/machine.mjs", verb, f"127.0.0.1:{machine.port(80)}", f"{name}.local", *words],
                          cwd=UI, check=False, capture_output=True, text=True, env=os.environ)
    check(f"{verb} in a browser {done.stdout}{done.stderr}", done.returncode == 0)


def browsed(arguments):
    """Claimed, a file uploaded, an app installed and opened in a browser; everything there after a restart."""
    tiny = registry.Registry("tiny")
    with start(arguments, "browsed", serve={80: tiny.port}) as machine:
        wait_for_page(machine)
        _, match = machine.expect(r"claim code: +(\S+)", 300)
        wait_judged(machine)
        machine.run(TO_REGISTRY)
        machine.run(STORE, 300)
        by_a_person(machine, "claim", match.group(1))
        by_a_person(machine, "file", "note.txt", "of the first evening")
        machine.run("until grep -qx 'of the first evening' /srv/livos/home/note.txt; do sleep 1; done", 300)
        by_a_person(machine, "install", "tiny")
        by_a_person(machine, "open", "tiny", registry.PAGE)
        figure("browsed: megabytes in use with an app", machine.run("free -m | awk '/Mem:/{print $3}'"))
        reboot(machine)
        wait_for_page(machine)
        wait_judged(machine)
        by_a_person(machine, "open", "tiny", registry.PAGE)
        promises(machine, "uefi")
