"""LivOS as `build.sh run` runs it, and the bare servers it is held against."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

PASSWORD = "correct horse battery"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Livos:
    """One LivOS with a folder of its own. Caddy reaches it over a Unix socket, as it does where LivOS is installed;
    with `open_port` over a port, where a client without Unix sockets can go past Caddy, too."""

    def __init__(self, target, folder, open_port=False, profile="release"):
        self.folder = folder
        self.port = free_port()
        command = [f"{target}/debug/xtask", "run", "--no-build", "--json", "--data", folder,
                   "--port", str(self.port), "--docker", f"{folder}/no-docker.sock"]
        if profile == "release":
            command += ["--release"]
        if open_port:
            web_port = free_port()
            command += ["--web-port", str(web_port)]
            self.direct = f"http://127.0.0.1:{web_port}"
        self.log = open(f"{folder}.log", "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"LivOS did not start; see {folder}.log")
        self.info = json.loads(line)
        self.units = self.info["units"]
        self.daemons = {name: pid for name, pid in self.units.items() if name.startswith("livos-")}
        # What a request costs: the daemons and the bus, not the proxy in front.
        self.inner = [pid for name, pid in self.units.items() if name != "caddy"]
        self.socket = f"{folder}/runtime/web.sock"
        self.url = self.info["url"]

    def cookie(self):
        """Signs in, as a new owner if nobody has claimed it; the cookie header and the CSRF header."""
        if self.info.get("claim"):
            account = {"code": self.info["claim"], "name": "Owner", "username": "owner", "password": PASSWORD}
            answer = self.ask("POST", "/api/v1/setup/account", account)
            self.info["claim"] = None
        else:
            answer = self.ask("POST", "/api/v1/session", {"username": "owner", "password": PASSWORD})
        cookies = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie")]
        token = json.loads(answer.body)["csrf"]
        return ["Cookie: " + "; ".join(cookies), f"X-CSRF-Token: {token}"]

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        fields = dict(header.split(": ", 1) for header in headers)
        if body is not None:
            fields["Content-Type"] = "application/json"
        connection.request(method, path, json.dumps(body) if body is not None else None, fields)
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {answer.body[:300]}")
        return answer

    def stop(self):
        """TERM until nothing is left, in seconds, by the runner's own clock."""
        self.process.send_signal(signal.SIGTERM)
        words = self.process.stdout.read()
        self.process.wait(timeout=30)
        self.log.close()
        return json.loads(words.strip().splitlines()[-1])["stopped_after_ms"] / 1000


NGINX = """
worker_processes 2; daemon off; pid {run}/pid; error_log {run}/error.log;{user}
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; client_max_body_size 0; default_type application/octet-stream;
  client_body_temp_path {run}/body; proxy_temp_path {run}/proxy; fastcgi_temp_path {run}/fastcgi;
  uwsgi_temp_path {run}/uwsgi; scgi_temp_path {run}/scgi;
  server {{
    listen 127.0.0.1:{port}; root {root};
    location / {{ autoindex on; autoindex_format json; }}
    location = /api/v1/health {{ return 200 '{{"status":"ok"}}'; }}
    location /up/ {{ alias {up}/; dav_methods PUT DELETE; }}
  }}
}}
"""


class References:
    """nginx, Caddy and a bare axum handler, and Caddy in front of that handler."""

    def __init__(self, target, root, profile="release"):
        self.run = tempfile.mkdtemp(prefix="livos-bench-")
        # Uploads go to the file system that the other side uses, too.
        self.up = os.path.join(root, "nginx-up")
        os.makedirs(self.up, exist_ok=True)
        self.nginx_port, self.caddy_port = free_port(), free_port()
        user = " user root;" if os.geteuid() == 0 else ""
        with open(f"{self.run}/nginx.conf", "w") as file:
            file.write(NGINX.format(run=self.run, port=self.nginx_port, root=root, up=self.up, user=user))
        self.axum = subprocess.Popen([f"{target}/{profile}/examples/bare"], stdout=subprocess.PIPE, text=True)
        self.axum_address = self.axum.stdout.readline().strip()
        site = {
            "listen": [f"127.0.0.1:{self.caddy_port}"],
            "automatic_https": {"disable": True},
            "routes": [
                {"match": [{"path": ["/api/*"]}],
                 "handle": [{"handler": "reverse_proxy", "upstreams": [{"dial": self.axum_address}]}]},
                {"handle": [{"handler": "file_server", "root": root}]},
            ],
        }
        with open(f"{self.run}/caddy.json", "w") as file:
            json.dump({"admin": {"disabled": True}, "apps": {"http": {"servers": {"bench": site}}}}, file)
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": open(f"{self.run}/log", "ab")}
        self.nginx = subprocess.Popen([nginx, "-c", f"{self.run}/nginx.conf"], **quiet)
        environment = dict(os.environ, HOME=self.run, XDG_DATA_HOME=self.run, XDG_CONFIG_HOME=self.run)
        self.caddy = subprocess.Popen(["caddy", "run", "--config", f"{self.run}/caddy.json"], env=environment, **quiet)
        self.nginx_url = f"http://127.0.0.1:{self.nginx_port}"
        self.caddy_url = f"http://127.0.0.1:{self.caddy_port}"
        for url in (f"{self.nginx_url}/api/v1/health", f"{self.caddy_url}/api/v1/health"):
            answers(url)

    def nginx_pids(self):
        with open(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children") as file:
            return [self.nginx.pid] + [int(pid) for pid in file.read().split()]

    def stop(self):
        for process in (self.nginx, self.caddy, self.axum):
            process.terminate()
        for process in (self.nginx, self.caddy, self.axum):
            process.wait(timeout=15)
        shutil.rmtree(self.up, ignore_errors=True)
        shutil.rmtree(self.run, ignore_errors=True)


def answers(url, within=20):
    """Waits until a server that was just started answers."""
    end = time.monotonic() + within
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        if time.monotonic() > end:
            raise SystemExit(f"{url} does not answer")
        time.sleep(0.02)
