"""What Nexus costs while nobody talks to it, and what it adds when somebody does.

The model is npm `@copilotkit/aimock`, which speaks the providers' protocols and isn't ours. Between it and Nexus
stands a wire that only notes when what passes it: both ends of each figure are read from one clock.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time

import measure

CONVERSATIONS = "/api/v1/assistant/conversations"
LONGEST = 60


def nexus(scene):
    """The agent's daemon: memory and wake-ups while idle, time to the first model request, what the relay adds."""
    livos = scene.livos
    pid = livos.daemons["livos-nexus"]
    model = Model(scene, 60 if scene.quick else 400)
    try:
        cookie = livos.cookie()
        provider = {"dialect": "anthropic", "label": "Bench", "base_url": model.wire.url, "model": "claude-sonnet-4-5",
                    "key": "sk-bench"}
        livos.ask("PUT", "/api/v1/assistant/providers/bench", provider, cookie)
        yield from idle(scene, pid, model.wire, "before a word was said", ("<", 25))
        yield from first_request(scene, livos, cookie, model.wire)
        yield from relay(scene, livos, cookie, model.wire)
        yield from idle(scene, pid, model.wire, "after all that", None)
    finally:
        model.stop()


def idle(scene, pid, wire, when, limit):
    time.sleep(2 if scene.quick else 20)
    calls = len(wire.asked)
    switches = measure.wakeups([pid], 5 if scene.quick else 60)[pid]
    note = f"{measure.pss_mib(pid, 'Pss_Anon'):.1f} of it its own, the rest is the program's file"
    yield f"idle {when}: memory", measure.pss_mib(pid), "MiB PSS", limit, note
    yield f"idle {when}: wake-ups", switches, "a minute", None, "voluntary context switches of all threads"
    yield f"idle {when}: model calls", len(wire.asked) - calls, "calls", ("<", 1), ""


def first_request(scene, livos, cookie, wire):
    """Each message begins a conversation of its own, one after the other, over a connection that is kept."""
    took = []
    browser = Browser(livos.port, cookie)
    for _ in range(10 if scene.quick else 200):
        path = f"{CONVERSATIONS}/{browser.ask('POST', CONVERSATIONS, {})['id']}"
        before = len(wire.asked)
        began = time.monotonic()
        browser.ask("POST", f"{path}/messages", {"text": "good morning"})
        wait(lambda: len(wire.asked) > before, "the model is asked")
        took.append((wire.asked[before] - began) * 1000)
        wait(lambda: not browser.ask("GET", path)["running"], "the answer is there", pause=0.05)
    browser.close()
    note = (f"p50 {measure.percentile(took, 0.5):.1f} ms, longest {max(took):.1f} ms, {len(took)} messages; the message "
            f"is on the disk by then: three syncs, each {measure.percentile(synced(livos), 0.5):.1f} ms here")
    yield "message to model request: p99", measure.percentile(took, 0.99), "ms", ("<", 20), note


def synced(livos):
    """What it takes to have a few bytes on the disk that the databases are on."""
    took, path = [], os.path.join(livos.folder, "synced")
    with open(path, "wb", buffering=0) as file:
        for _ in range(20):
            file.write(b"x" * 4096)
            began = time.monotonic()
            os.fsync(file.fileno())
            took.append((time.monotonic() - began) * 1000)
    os.unlink(path)
    return took


def relay(scene, livos, cookie, wire):
    """From the wire in front of the model to whoever reads the events through Caddy."""
    took = []
    for _ in range(1 if scene.quick else 5):
        browser = Browser(livos.port, cookie)
        path = f"{CONVERSATIONS}/{browser.ask('POST', CONVERSATIONS, {})['id']}"
        reader = Reader(livos.port, cookie, f"{path}/events")
        del wire.answers[:]
        browser.ask("POST", f"{path}/messages", {"text": "count slowly"})
        wait(lambda: reader.text.endswith("done"), "the end of the answer", pause=0.05)
        sent, text = spoken(wire.answers)
        if text != reader.text:
            raise SystemExit(f"the model said {text[-50:]!r}, and {reader.text[-50:]!r} arrived")
        for at, length in sent:
            came = next(came for came, known in reader.lengths if known >= length)
            took.append((came - at) * 1000)
        reader.close()
        browser.close()
    note = f"p50 {measure.percentile(took, 0.5):.2f} ms, longest {max(took):.1f} ms, {len(took)} tokens"
    yield "relay of a token: p99", measure.percentile(took, 0.99), "ms", ("<", 5), note


def spoken(chunks):
    """When how much of the answer had left the model, and the whole of it."""
    sent, text, buffer = [], "", b""
    for at, chunk in chunks:
        buffer += chunk
        lines = buffer.split(b"\n")
        buffer = lines.pop()
        # The chunk sizes of HTTP are lines of their own and no data.
        for line in lines:
            if line.startswith(b"data: {"):
                text += json.loads(line[6:]).get("delta", {}).get("text", "")
        if text and (not sent or sent[-1][1] < len(text)):
            sent.append((at, len(text)))
    return sent, text


def wait(reached, what, pause=0.0005):
    end = time.monotonic() + LONGEST
    while not reached():
        if time.monotonic() > end:
            raise SystemExit(f"this did not happen within {LONGEST} s: {what}")
        time.sleep(pause)


class Model:
    """The model server and the wire in front of it."""

    def __init__(self, scene, count):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.mjs")) as file:
            script = file.read()
        ui = os.path.join(scene.root, "crates/livos-web/ui")
        self.process = subprocess.Popen(["node", "--input-type=module", "-e", script], cwd=ui, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=dict(os.environ, MODEL_COUNT=str(count)))
        found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/?", self.process.stdout.readline().strip())
        if not found:
            raise SystemExit(f"the model server did not start; run npm ci in {ui}")
        self.wire = Wire(int(found[1]))

    def stop(self):
        self.wire.close()
        self.process.stdin.close()
        self.process.wait(timeout=15)


class Wire:
    """Passes bytes on both ways. `asked` has when each request began, `answers` what came back when."""

    def __init__(self, port):
        self.port, self.asked, self.answers = port, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                inner, _ = self.listener.accept()
            except OSError:
                return
            outer = socket.create_connection(("127.0.0.1", self.port))
            for one in (inner, outer):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.pass_on, args=(inner, outer, self.question), daemon=True).start()
            threading.Thread(target=self.pass_on, args=(outer, inner, self.answer), daemon=True).start()

    def question(self, at, data):
        if data.startswith(b"POST "):
            self.asked.append(at)

    def answer(self, at, data):
        self.answers.append((at, data))

    @staticmethod
    def pass_on(source, target, note):
        try:
            while data := source.recv(65536):
                note(time.monotonic(), data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            # Whoever hung up has what it wanted.
            target.close()

    def close(self):
        self.listener.close()


class Browser:
    """Requests over one connection that is kept, as a browser's are."""

    def __init__(self, port, cookie):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = dict(header.split(": ", 1) for header in cookie)

    def ask(self, method, path, body=None):
        headers = dict(self.headers, **({"Content-Type": "application/json"} if body is not None else {}))
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:300]}")
        return json.loads(data) if data else None

    def close(self):
        self.connection.close()


class Reader:
    """Reads a conversation's events as they come: `text` is the answer so far, `lengths` when how much was there."""

    def __init__(self, port, cookie, path):
        self.text, self.lengths = "", []
        self.stream = socket.create_connection(("127.0.0.1", port))
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream", cookie[0], "", ""]
        self.stream.sendall("\r\n".join(lines).encode())
        head = self.stream.recv(65536)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"{path}: {head[:200]}")
        threading.Thread(target=self.read, args=(head,), daemon=True).start()

    def read(self, buffer):
        try:
            while data := self.stream.recv(65536):
                at = time.monotonic()
                lines = (buffer + data).split(b"\n")
                buffer = lines.pop()
                for line in lines:
                    if line.startswith(b"data: {"):
                        self.heard(at, json.loads(line[6:]))
        except OSError:
            return

    def heard(self, at, data):
        if data.get("kind") == "answer":
            self.text = data["text"]
        elif "text" in data and "item" in data:
            self.text += data["text"]
        else:
            return
        self.lengths.append((at, len(self.text)))

    def close(self):
        self.stream.shutdown(socket.SHUT_RDWR)
        self.stream.close()
