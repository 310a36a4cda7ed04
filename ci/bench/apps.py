"""Apps on a Docker of their own: LivOS beside a bare `docker compose up` of the same project.

`livos-stack`, which the browser journeys use too, starts both; the project is two tiny containers, the page waiting
for the health of its database. Both sides find the image downloaded.
"""

import json
import os
import subprocess
import time

import measure
from servers import Livos

PROJECT = """services:
  web:
    image: {image}
    ports: ['8080']
    restart: unless-stopped
    depends_on: {{db: {{condition: service_healthy}}}}
    volumes: ['./data:/data']
    environment: {{TINY_TEXT: '{version}'}}
    healthcheck: {{test: [CMD, /tiny, --check], interval: 200ms, retries: 50}}
  db:
    image: {image}
    restart: unless-stopped
    volumes: ['rows:/data']
    environment: {{VERSION: '{version}'}}
    healthcheck: {{test: [CMD, /tiny, --check], interval: 200ms, retries: 50}}
volumes: {{rows: {{}}}}
"""


class Stack(Livos):
    """LivOS with a Docker, driven over HTTP as a browser would."""

    def __init__(self, target, profile):
        self.process = subprocess.Popen([f"{target}/{profile}/livos-stack", "--docker"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=dict(os.environ, LIVOS_BUILT="1"))
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("livos-stack did not start")
        self.info = json.loads(line)
        self.port, self.store, self.docker = self.info["port"], self.info["store"], self.info["docker"]
        if self.docker:
            self.headers = self.cookie()

    def get(self, path):
        return json.loads(self.ask("GET", path, headers=self.headers).body)

    def job(self, method, path, body=None):
        """Begins something and waits for its end; the job."""
        answer = json.loads(self.ask(method, path, body, headers=self.headers).body)
        path = f"/api/v1/jobs/{answer['job_id']}"
        while True:
            job = self.get(path)
            if job["state"] not in ("queued", "running"):
                if job["state"] != "succeeded":
                    raise SystemExit(f"{method} {path}: {job}")
                return job
            # Measured in seconds: a stream of events would save less than the noise, and is a second thing to read.
            time.sleep(0.01)

    def offer(self, name, version, image):
        """Puts a version of the project into the store, as the app `name`; gives the name of the store."""
        folder = os.path.join(self.store, name)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "docker-compose.yml"), "w") as file:
            file.write(PROJECT.format(image=image, version=version))
        source = self.get("/api/v1/store/apps")["sources"][0]["id"]
        self.job("POST", f"/api/v1/store/sources/{source}/refresh", {})
        return source

    def install(self, name, source):
        asked = self.get(f"/api/v1/store/apps/{source}/{name}")["permissions"]
        accept = [permission["code"] for permission in asked]
        self.job("POST", "/api/v1/apps", {"store": source, "app": name, "answers": {}, "accept": accept})

    def update(self, name):
        self.job("POST", f"/api/v1/apps/{name}/update", {"answers": {}, "accept": []})

    def remove(self, name):
        self.job("DELETE", f"/api/v1/apps/{name}?data=delete")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=120)


def timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def apps(scene):
    """Installing and updating an app, beside a bare docker compose of the same project."""
    compose = os.path.join(scene.target, "tools/docker-compose")
    if not os.path.exists(compose):
        yield "apps", float("nan"), "", None, "there is no Docker Compose 2 here"
        return
    stack = Stack(scene.target, scene.profile)
    try:
        if not stack.docker:
            yield "apps", float("nan"), "", None, "needs root and Docker"
            return
        yield from measured(scene, stack, compose)
    finally:
        stack.stop()


def measured(scene, stack, compose):
    with open(os.path.join(stack.store, "tiny/docker-compose.yml")) as file:
        image = next(line.split("image:")[1].strip() for line in file if "image:" in line)
    folder = os.path.join(scene.folder, "bare")
    os.makedirs(folder)
    environment = dict(os.environ, DOCKER_HOST=f"unix://{stack.docker}", HOME=scene.folder)

    def bare(*words):
        subprocess.run([compose, "-p", "bare", *words], cwd=folder, env=environment, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def version(number):
        with open(os.path.join(folder, "docker-compose.yml"), "w") as file:
            file.write(PROJECT.format(image=image, version=number))

    # Once for both, so that nobody downloads in what is measured, and LivOS has its own tools.
    version(1)
    bare("up", "-d", "--wait")
    bare("down", "-v")
    source = stack.offer("bench", 1, image)
    stack.install("bench", source)
    stack.remove("bench")

    runs = 2 if scene.quick else 7
    took = {name: [] for name in ("install", "up", "update", "up again", "with data")}
    megabytes = 16 if scene.quick else 256
    for _ in range(runs):
        version(1)
        took["up"].append(timed(lambda: bare("up", "-d", "--wait")))
        version(2)
        took["up again"].append(timed(lambda: bare("up", "-d", "--wait")))
        bare("down", "-v")
        stack.offer("bench", 1, image)
        took["install"].append(timed(lambda: stack.install("bench", source)))
        stack.offer("bench", 2, image)
        took["update"].append(timed(lambda: stack.update("bench")))
        with open(os.path.join(stack.info["data"], "apps/bench/data/much"), "wb") as file:
            for _ in range(megabytes):
                file.write(os.urandom(1 << 20))
        stack.offer("bench", 3, image)
        took["with data"].append(timed(lambda: stack.update("bench")))
        stack.remove("bench")
    middle = {name: measure.median(values) for name, values in took.items()}

    def spread(name):
        return f"{min(took[name]):.2f} to {max(took[name]):.2f}"

    yield "install: docker compose up --wait", middle["up"], "s", None, spread("up")
    yield "install: LivOS", middle["install"], "s", None, spread("install") + "; 3 s of it are a second look"
    yield "install: ratio", middle["install"] / middle["up"], "of compose", None, "checks, folders, a page that answers, a route"
    yield "update: docker compose up --wait", middle["up again"], "s", None, spread("up again") + "; keeps nothing"
    yield "update: LivOS, nearly no data", middle["update"], "s", None, spread("update")
    yield "update: ratio", middle["update"] / middle["up again"], "of compose", None, "it can be taken back"
    yield f"update: LivOS, {megabytes} MiB of data", middle["with data"], "s", None, spread("with data")
    yield "update: with the data to keep", middle["with data"] / middle["update"], "of without", None, "a copy where the disk can share no blocks"
