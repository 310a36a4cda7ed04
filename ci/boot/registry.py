"""A registry with one small image in it, for a Docker that has no other; the client is the real one."""

import hashlib
import http.server
import io
import json
import os
import pathlib
import shutil
import tarfile
import threading

PAGE = "hello from the app"
TYPES = "application/vnd.docker.distribution.manifest.v2+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def layer(ballast):
    """A web server that needs nothing else, and its page; and so many bytes that take their time on the way."""
    busybox = pathlib.Path(shutil.which("busybox") or "/bin/busybox").read_bytes()
    files = [("bin/busybox", busybox, 0o755), ("www/index.html", PAGE.encode(), 0o644)]
    if ballast:
        files.append(("ballast", os.urandom(ballast), 0o644))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, data, mode in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


class Registry:
    """Serves `NAME:1`, and what else is put into it, on a loopback port."""

    def __init__(self, name):
        self.name, self.answers = name, {"/v2/": ("application/json", b"{}")}
        self.offer("1")
        answers = self.answers

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, with_body):
                kind, body = answers.get(self.path, (None, b""))
                self.send_response(200 if kind else 404)
                self.send_header("Content-Type", kind or "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
                if kind == TYPES:
                    self.send_header("Docker-Content-Digest", digest(body))
                self.end_headers()
                if with_body:
                    self.wfile.write(body)

            def do_GET(self):
                self.answer(True)

            def do_HEAD(self):
                self.answer(False)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.port = self.server.server_port

    def offer(self, tag, ballast=0):
        """Puts an image under this tag."""
        files = layer(ballast)
        config = json.dumps({
            "architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(files)]},
            "config": {"Cmd": ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"], "ExposedPorts": {"8080/tcp": {}}},
        }).encode()
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": TYPES,
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(config), "digest": digest(config)},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar", "size": len(files), "digest": digest(files)}],
        }).encode()
        for name in (tag, digest(manifest)):
            self.answers[f"/v2/{self.name}/manifests/{name}"] = (TYPES, manifest)
        for blob in (config, files):
            self.answers[f"/v2/{self.name}/blobs/{digest(blob)}"] = ("application/octet-stream", blob)
