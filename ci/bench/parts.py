"""What is measured. Each part takes the scene and gives back rows: (name, value, unit, limit, note)."""

import json
import os
import socket
import subprocess
import threading
import time

import measure
from apps import apps
from nexus import nexus
from recall import recall
from servers import Livos

GIB = 1 << 30


def start(scene):
    """Start to healthy, and TERM to gone; nothing of it is kept."""
    healthy, gone = [], []
    for number in range(1 if scene.quick else 5):
        livos = Livos(scene.target, os.path.join(scene.folder, f"start-{number}"), profile=scene.profile)
        healthy.append(livos.info["healthy_after_ms"] / 1000)
        gone.append(livos.stop())
    yield "start to healthy", measure.median(healthy), "s", ("<", 1.0), "all daemons, bus and Caddy, first start"
    yield "TERM to gone", measure.median(gone), "s", ("<", 2.0), ""


def idle(scene):
    """Memory and wake-ups of each daemon while nothing happens."""
    names = scene.livos.units
    time.sleep(2 if scene.quick else 20)
    counts = measure.wakeups(names.values(), 5 if scene.quick else 60)
    memory = {name: measure.pss_mib(pid) for name, pid in names.items()}
    for name, pid in sorted(names.items()):
        yield f"{name}: memory", memory[name], "MiB PSS", None, ""
        yield f"{name}: wake-ups", counts[pid], "a minute", None, ""
    ours = scene.livos.daemons
    yield "all daemons: memory", sum(memory[name] for name in ours), "MiB PSS", ("<", 60), "peer: 334"
    yield "all daemons: wake-ups", sum(counts[pid] for pid in ours.values()), "a minute", ("<", 60), "peer: 7,528"


def requests(scene):
    """The health route against a bare handler, directly and through Caddy."""
    seconds = 2 if scene.quick else 10
    runs = 1 if scene.quick else 3
    livos, open_livos, bare = scene.livos, scene.past_caddy(), scene.references
    path = "/api/v1/health"
    for way, ours, pids, theirs in (
        ("direct", open_livos.direct, open_livos.inner, f"http://{bare.axum_address}"),
        ("through Caddy", livos.url, livos.inner, bare.caddy_url),
    ):
        reference = measure.load(theirs + path, seconds=seconds, runs=runs, pids=[bare.axum.pid])
        subject = measure.load(ours + path, seconds=seconds, runs=runs, pids=pids)
        ratio = subject["per_second"] / reference["per_second"]
        yield f"health {way}: bare axum", reference["per_second"], "requests/s", None, latency(reference)
        yield f"health {way}: LivOS", subject["per_second"], "requests/s", None, latency(subject)
        yield f"health {way}: ratio", ratio, "of bare axum", None, ""
    nginx = measure.load(bare.nginx_url + path, seconds=seconds, runs=runs, pids=bare.nginx_pids())
    yield "health direct: nginx", nginx["per_second"], "requests/s", None, latency(nginx)


def latency(result):
    return f"p50 {result['p50_ms']:.2f} ms, p99 {result['p99_ms']:.2f} ms, {result['cpu_us']:.0f} µs CPU a request"


def listing(scene):
    """Folders, small and huge, and what a huge one does to everybody else."""
    livos = scene.past_caddy()
    home = os.path.join(livos.folder, "data/home")
    folders = {"small": 4, "large": 10_000, "huge": 2_000 if scene.quick else 100_000}
    for name, count in folders.items():
        os.makedirs(f"{home}/{name}", exist_ok=True)
        for number in range(count):
            open(f"{home}/{name}/file-{number:06}.txt", "w").close()
    cookie = livos.cookie()
    small = "/api/v1/files/list?root=home&path=small"
    seconds, runs = (2, 1) if scene.quick else (10, 3)
    for way, base in (("direct", livos.direct), ("through Caddy", livos.url)):
        result = measure.load(base + small, cookie, seconds=seconds, runs=runs, pids=livos.inner)
        yield f"list of 4 {way}", result["per_second"], "requests/s", None, latency(result)
        if way == "direct":
            yield "list of 4: CPU", result["cpu_us"], "µs a request", ("<", 300), "all daemons and the bus; peer: 1,979"
    for name, count in folders.items():
        if name == "small":
            continue
        took, url = [], f"/api/v1/files/list?root=home&path={name}"
        for _ in range(5):
            began = time.monotonic()
            answer = livos.ask("GET", url, headers=cookie)
            took.append(time.monotonic() - began)
            entries = len(json.loads(answer.body)["entries"])
            if entries != count:
                raise SystemExit(f"{name} has {count} entries, but {entries} were listed")
        limit = ("<", 1.0) if name == "huge" else None
        yield f"list of {count:,}", measure.median(took), "s", limit, "complete"
    alone = measure.load(livos.direct + small, cookie, seconds=seconds, runs=runs)
    over = threading.Event()

    def greedy():
        while not over.is_set():
            livos.ask("GET", "/api/v1/files/list?root=home&path=huge", headers=cookie)

    thread = threading.Thread(target=greedy)
    thread.start()
    try:
        crowded = measure.load(livos.direct + small, cookie, seconds=seconds, runs=runs)
    finally:
        over.set()
        thread.join()
    yield "p99 of a small list, alone", alone["p99_ms"], "ms", None, ""
    yield "p99 of a small list, beside a huge one", crowded["p99_ms"], "ms", None, ""
    yield "p99 ratio", crowded["p99_ms"] / alone["p99_ms"], "times", ("<", 1.5), "wrk and the client share the cores"


def transfer(scene):
    """One big file down and up, against nginx and Caddy in the same minutes."""
    livos, bare = scene.livos, scene.references
    size = GIB // 16 if scene.quick else GIB
    home = os.path.join(livos.folder, "data/home")
    source = os.path.join(home, "big.bin")
    with open(source, "wb") as file:
        block = os.urandom(1 << 20)
        for _ in range(size >> 20):
            file.write(block)
    cookie = livos.cookie()
    runs = 1 if scene.quick else 5
    content = "/api/v1/files/content?root=home&path=big.bin&download=1"
    ours = list(livos.units.values())

    def get(url, headers=(), *options):
        return lambda: measure.curl(url, *options, headers=headers, expect_bytes=size)

    measure.curl(f"{bare.nginx_url}/big.bin")
    downloads = compare(runs, size, {
        "nginx": (get(f"{bare.nginx_url}/big.bin"), bare.nginx_pids()),
        "Caddy": (get(f"{bare.caddy_url}/big.bin"), [bare.caddy.pid]),
        "LivOS": (get(livos.url + content, cookie), ours),
        "LivOS without Caddy": (get(livos.url + content, cookie, "--unix-socket", livos.socket), livos.inner),
    })
    for name, (rate, cpu, spread) in downloads.items():
        yield f"download: {name}", rate, "MB/s", None, f"{cpu:.2f} s CPU a GiB; {spread}"
    yield ("download: ratio", downloads["LivOS"][0] / downloads["nginx"][0], "of nginx", (">", 0.5),
           "peers: 0.14 to 0.32")

    number = iter(range(1000))
    fresh = os.path.join(bare.up, "new.bin")

    def put():
        measure.curl(f"{bare.nginx_url}/up/new.bin", "-X", "PUT", "-T", source, expect_bytes=size)

    def put_and_sync():
        put()
        # What LivOS does before it says that the file is there.
        for path in (fresh, bare.up):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

    def upload(*options):
        def move():
            address = begin_upload(livos, cookie, f"up-{next(number)}.bin", size)
            headers = [*cookie, "Tus-Resumable: 1.0.0", "Upload-Offset: 0", "Content-Type: application/offset+octet-stream"]
            measure.curl(livos.url + address, *options, "-X", "PATCH", "-T", source, headers=headers, expect_bytes=size)
        return move

    def clean():
        # Nobody starts with what the one before left to the disk to do.
        for path in [fresh, *(os.path.join(home, name) for name in os.listdir(home) if name.startswith("up-"))]:
            if os.path.exists(path):
                os.unlink(path)
        os.sync()

    plain, synced = "nginx, left in memory", "nginx, then synced"
    uploads = compare(runs, size, {
        plain: (put, bare.nginx_pids()),
        synced: (put_and_sync, bare.nginx_pids()),
        "LivOS, synced": (upload(), ours),
        "LivOS without Caddy, synced": (upload("--unix-socket", livos.socket), livos.inner),
    }, clean)
    for name, (rate, cpu, spread) in uploads.items():
        yield f"upload: {name}", rate, "MB/s", None, f"{cpu:.2f} s CPU a GiB; {spread}"
    rate = uploads["LivOS, synced"][0]
    yield "upload: ratio, the same promise", rate / uploads[synced][0], "of nginx", (">", 1.0), "both on the disk at the end"
    yield "upload: ratio, nginx promising less", rate / uploads[plain][0], "of nginx", (">", 1.0), "its file is lost in a power cut"
    clean()
    os.unlink(source)


def compare(runs, size, contenders, before=lambda: None):
    """Contenders in turn, so that a slow minute hits all: median MB/s, CPU seconds a GiB, from worst to best."""
    rates = {name: [] for name in contenders}
    cpus = {name: [] for name in contenders}
    for _ in range(runs):
        for name, (move, pids) in contenders.items():
            before()
            cpu, began = measure.cpu_seconds(pids), time.monotonic()
            move()
            rates[name].append(size / (time.monotonic() - began) / 1e6)
            cpus[name].append((measure.cpu_seconds(pids) - cpu) * GIB / size)
    return {
        name: (measure.median(rates[name]), measure.median(cpus[name]),
               f"{min(rates[name]):,.0f} to {max(rates[name]):,.0f}")
        for name in contenders
    }


def begin_upload(livos, cookie, name, size):
    from base64 import b64encode

    coded = {key: b64encode(value.encode()).decode() for key, value in
             {"root": "home", "path": "", "filename": name, "on_conflict": "keep_both"}.items()}
    metadata = ",".join(f"{key} {value}" for key, value in coded.items())
    headers = [*cookie, "Tus-Resumable: 1.0.0", f"Upload-Length: {size}", f"Upload-Metadata: {metadata}"]
    return livos.ask("POST", "/api/v1/uploads", headers=headers).headers["Location"]


def events(scene):
    """A change on disk until it is on the event stream, through bus, edge and Caddy."""
    livos = scene.livos
    cookie = livos.cookie()
    folder = os.path.join(livos.folder, "data/home/watched")
    os.makedirs(folder, exist_ok=True)
    stream = socket.create_connection(("127.0.0.1", livos.port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.sendall(("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
                    + cookie[0] + "\r\n\r\n").encode())
    stream.settimeout(10)
    buffer = b""
    while b"event: hello" not in buffer and b"event:hello" not in buffer:
        buffer += stream.recv(65536)
    for gap, writes, label in (
        (0.3, False, "now and then"), (0.05, False, "each 50 ms"), (0.05, True, "each 50 ms, written to"),
    ):
        took = []
        for number in range(10 if scene.quick else 60):
            # Listing is the subscription, and shows what was signalled already.
            livos.ask("GET", "/api/v1/files/list?root=home&path=watched", headers=cookie)
            time.sleep(gap)
            drain(stream)
            began = time.monotonic()
            with open(f"{folder}/{label}-{number}", "w") as file:
                if writes:
                    file.write("x")
            buffer = b""
            while b'"watched"' not in buffer:
                buffer += stream.recv(65536)
            took.append((time.monotonic() - began) * 1000)
        note = f"p50 {measure.percentile(took, 0.5):.1f} ms, longest {max(took):.1f} ms, {len(took)} changes"
        yield f"file change to event, {label}: p95", measure.percentile(took, 0.95), "ms", ("<", 20), note
    stream.close()


def drain(stream):
    stream.setblocking(False)
    try:
        while stream.recv(65536):
            pass
    except BlockingIOError:
        pass
    finally:
        stream.settimeout(10)


def manifests(scene):
    """Every catalogue folder below LIVOS_CATALOGUES, parsed and planned."""
    where = os.environ.get("LIVOS_CATALOGUES") or os.path.join(scene.root, "../shared/catalogues")
    if not os.path.isdir(where):
        yield "catalogues", float("nan"), "", None, "set LIVOS_CATALOGUES to a folder of catalogues"
        return
    whole, count = 0.0, 0
    for name in sorted(os.listdir(where)):
        command = [f"{scene.target}/{scene.profile}/livos", "apps", "plan", "--json", os.path.join(where, name)]
        took = []
        for _ in range(3):
            began = time.monotonic()
            done = subprocess.run(command, capture_output=True, check=True)
            took.append(time.monotonic() - began)
        plans = json.loads(done.stdout)
        complete = sum(plan["complete"] for plan in plans)
        whole, count = whole + measure.median(took), count + len(plans)
        yield f"catalogue {name}", measure.median(took) * 1000, "ms", None, f"{complete} of {len(plans)} apps complete"
    yield "all catalogues", whole * 1000, "ms", None, f"{count} apps, {whole / max(count, 1) * 1e6:.0f} µs each"


def size(scene):
    """What a browser loads first."""
    done = subprocess.run(["npm", "run", "--silent", "size"], cwd=os.path.join(scene.root, "crates/livos-web/ui"),
                          capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.strip():
            yield line.strip(), float("nan"), "", None, ""
    yield "size budgets", float(done.returncode == 0), "kept", (">", 0.5), "1 is yes"


PARTS = {part.__name__: part for part in (start, idle, requests, listing, transfer, events, nexus, manifests, recall, apps, size)}
