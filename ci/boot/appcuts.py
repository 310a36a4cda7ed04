"""The plug is pulled in the middle of installing and updating an app, again and again."""

import itertools
import json
import time

import film
import registry
import vm
from appliance import check, figure, move_in, promises, start, wait_for_page, wait_judged
from browsed import TO_REGISTRY
from upgrades import DOCKER

BALLAST = 4 << 20
PRECIOUS = "of the person"
# A page that waits for its database; each version leaves its mark in a folder and in a volume.
COMPOSE = """services:
  web:
    image: 127.0.0.1:5000/tiny:{version}
    ports: ["8080"]
    restart: unless-stopped
    depends_on: {{db: {{condition: service_healthy}}}}
    command: [/bin/busybox, sh, -c, "busybox touch /data/version-{version}; exec busybox httpd -f -p 8080 -h /www"]
    volumes: ["./data:/data"]
    entrypoint: []
  db:
    image: 127.0.0.1:5000/tiny:{version}
    restart: unless-stopped
    command: [/bin/busybox, sh, -c, "busybox touch /data/version-{version}; exec busybox sleep 1000000"]
    volumes: ["rows:/data"]
    healthcheck: {{test: [CMD, /bin/busybox, test, -e, /data/version-{version}], interval: 1s, retries: 60}}
volumes: {{rows: {{}}}}
"""


class Scene:
    """A claimed machine with a store, whose apps come in as many versions as are wanted."""

    def __init__(self, machine, images):
        self.machine, self.images = machine, images

    def offer(self, app, version):
        """The store has this version of an app, and its image is in the registry; not on the machine."""
        self.images.offer(str(version), BALLAST)
        compose = COMPOSE.format(version=version)
        self.machine.run(f"mkdir -p /srv/store/{app} && cat > /srv/store/{app}/docker-compose.yml <<'END'\n"
                         f"name: {app}\n{compose}END\nchmod -R a+rX /srv/store; sync; "
                         "for store in $(livos apps sources list --json | grep -o '\"id\": *\"[^\"]*\"' | cut -d'\"' -f4); "
                         "do livos apps sources refresh $store; done", 600)

    def begin(self, words):
        return json.loads(self.machine.run(f"livos apps {words} --yes --no-wait --json", 300))["job_id"]

    def ended(self, job):
        """How a job ended; it must be known, whatever happened to the machine since it was begun."""
        _, said = self.machine.run(f"livos jobs wait {job} --json", 900, check=False)
        found = json.loads(said)
        if found["state"] == "failed":
            check(f"it says why: {found['error_message']}", found["error_message"] != "")
        else:
            check(f"the job has ended: {found['state']}", found["state"] == "succeeded")
        return found["state"] == "succeeded"

    def docker(self, path):
        return json.loads(self.machine.run(f"/root/docker GET '{path}'"))

    def containers(self, app):
        found = self.docker("/containers/json?all=1")
        return {each["Names"][0].strip("/"): each for each in found if each["Names"][0].startswith(f"/{app}-")}

    def marks(self, container):
        mount = next(mount for mount in container["Mounts"] if mount["Destination"] == "/data")
        return set(self.machine.run(f"ls {mount['Source']} | grep '^version-' || true").split())

    def runs(self, app):
        """Waits until LivOS says so; it looks at apps that were interrupted once it is up."""
        deadline = time.monotonic() + 600 * vm.PATIENCE
        while True:
            found = json.loads(self.machine.run("livos apps list --json"))
            if any(each["id"] == app and each["state"] == "running" for each in found):
                return
            if time.monotonic() > deadline:
                raise vm.VmError(f"{app} does not run: {found}")
            self.machine.console.receive(1)

    def is_version(self, app, versions):
        """All of the app is the last of these versions, and only these have ever touched its data."""
        self.runs(app)
        found = self.containers(app)
        image = f"127.0.0.1:5000/tiny:{versions[-1]}"
        states = {name: (each["Image"], each["State"]) for name, each in found.items()}
        check(f"it is version {versions[-1]} and runs: {states}",
              states == {f"{app}-{service}-1": (image, "running") for service in ("web", "db")})
        wanted = {f"version-{version}" for version in versions}
        for name, container in found.items():
            marks = self.marks(container)
            check(f"the data of {name} is of {sorted(wanted)}: {sorted(marks)}", marks == wanted)
        kept = self.docker('/volumes?filters={"label":["io.livos.kept"]}')["Volumes"] or []
        check("no more than one state before is kept", len(kept) <= 1)

    def is_gone(self, app):
        check("no container of it is left", self.containers(app) == {})
        volumes = [volume["Name"] for volume in self.docker("/volumes")["Volumes"] or []]
        check(f"no volume of it is left {volumes}", not any(name.startswith(f"{app}_") for name in volumes))


def settle(machine, images):
    _, match = machine.expect(r"claim code: +(\S+)", 300)
    wait_judged(machine)
    move_in(machine, match.group(1))
    machine.run(TO_REGISTRY)
    machine.run(f"cat > /root/docker <<'END'\n{DOCKER}END\nchmod +x /root/docker; mkdir -p /srv/store")
    scene = Scene(machine, images)
    scene.images.offer("1", BALLAST)
    machine.run("mkdir -p /srv/store/pair && cat > /srv/store/pair/docker-compose.yml <<'END'\n"
                f"name: pair\n{COMPOSE.format(version=1)}END\nchmod -R a+rX /srv/store; livos apps sources add /srv/store", 300)
    return scene


# Seconds between two cuts, in the mean: a deed takes some ten times as long where it takes least.
PAUSE = 2


def app_cuts(arguments):
    """Killed at moments that a seed picks, an app is fully the old one or fully the new one, and the job says which."""
    images = registry.Registry("tiny")
    with start(arguments, "app-cuts", serve={80: images.port}) as machine:
        wait_for_page(machine)
        scene = settle(machine, images)
        check("install pair works", scene.ended(scene.begin("install pair")))
        data = next(mount["Source"] for mount in scene.containers("pair")["pair-web-1"]["Mounts"])
        machine.run(f"echo '{PRECIOUS}' > {data}/precious; sync")
        versions = [1]
        with film.Film(machine, arguments.seed, PAUSE) as shots:
            for number in itertools.count():
                deed, offered = ("update", "install")[number % 2], 100 + number
                app = "pair" if deed == "update" else "other"
                scene.offer(app, offered)
                job = scene.begin(f"{deed} {app}")
                shots.scene = (deed, offered, job, tuple(versions))
                check(f"{deed} {offered} works", scene.ended(job))
                shots.scene = None
                if deed == "update":
                    versions.append(offered)
                else:
                    machine.run("livos apps remove other --delete-data", 600)
                # Both deeds as often as each other, and moments to choose from.
                if deed == "install" and len(shots.cuts) >= 2 * arguments.cuts:
                    break
        picked = shots.some(arguments.cuts)

    def look(cut, machine):
        deed, offered, job, versions = cut
        wait_for_page(machine)
        wait_judged(machine)
        machine.run(TO_REGISTRY)
        scene = Scene(machine, images)
        new = scene.ended(job)
        if deed == "install" and new:
            scene.is_version("other", [offered])
        else:
            scene.is_gone("other")
        scene.is_version("pair", [*versions, offered] if deed == "update" and new else list(versions))
        check("what a person wrote is there", machine.run(f"cat {data}/precious") == PRECIOUS)
        promises(machine, "uefi")
        return "new" if new else "old"

    found = film.each(arguments.work, picked, look, serve={80: images.port})
    figure(f"app-cuts: {len(found)} with seed {arguments.seed}, of which new after", found.count("new"))
