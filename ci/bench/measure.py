"""Reading the kernel's accounts of processes, and driving wrk and curl."""

import json
import os
import re
import statistics
import subprocess
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time of the processes so far, with that of children they have waited for."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def exact_cpu_seconds(pids):
    """Time on the processor of all threads that live now, to the nanosecond."""
    total = 0
    for pid in pids:
        try:
            threads = os.listdir(f"/proc/{pid}/task")
        except OSError:
            continue
        for thread in threads:
            try:
                with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
                    total += int(file.read().split()[0])
            except OSError:
                continue
    return total / 1e9


def pss_mib(pid, field="Pss"):
    """Memory that is this process's own, with its share of what it shares; `Pss_Anon` is what no file is behind."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        for line in file:
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def switches(pid):
    """How often its threads have gone to sleep by themselves: about one each time they were woken."""
    counts = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/status") as file:
                text = file.read()
        except OSError:
            continue
        counts[thread] = int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.M).group(1))
    return counts


def wakeups(pids, seconds):
    """Wake-ups a minute of each process over a window; a thread that is born in it counts from zero."""
    before = {pid: switches(pid) for pid in pids}
    start = time.monotonic()
    time.sleep(seconds)
    minutes = (time.monotonic() - start) / 60
    after = {pid: switches(pid) for pid in pids}
    return {
        pid: sum(count - before[pid].get(thread, 0) for thread, count in after[pid].items()) / minutes
        for pid in pids
    }


REPORT = """
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  io.write(string.format("@%d %d %.3f %.3f %d\\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
"""


def load(url, headers=(), connections=16, seconds=10, pids=(), runs=3):
    """Requests as fast as they go: the run with the median rate."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(REPORT)
        script.flush()
        command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "-s", script.name]
        for header in headers:
            command += ["-H", header]
        results = []
        for _ in range(runs):
            cpu = exact_cpu_seconds(pids)
            done = subprocess.run(command + [url], capture_output=True, text=True, check=True)
            cpu = exact_cpu_seconds(pids) - cpu
            line = next(line for line in done.stdout.splitlines() if line.startswith("@"))
            requests, micros, p50, p99, bad = (float(part) for part in line[1:].split())
            if requests == 0 or bad > requests / 1000:
                raise SystemExit(f"{url}: {bad:.0f} of {requests:.0f} requests failed")
            results.append({
                "per_second": requests / micros * 1e6, "p50_ms": p50, "p99_ms": p99, "cpu_us": cpu / requests * 1e6,
            })
    results.sort(key=lambda result: result["per_second"])
    return results[len(results) // 2]


def curl(url, *options, headers=(), expect_bytes=None):
    """One transfer to its end: seconds, status, bytes either way."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{json}", "-H", "Expect:"]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run(command + list(options) + [url], capture_output=True, text=True, check=True)
    about = json.loads(done.stdout)
    moved = max(about["size_download"], about["size_upload"])
    if not 200 <= about["http_code"] < 300 or (expect_bytes is not None and moved != expect_bytes):
        raise SystemExit(f"{url}: status {about['http_code']}, {moved} bytes, expected {expect_bytes}")
    return about


def median(values):
    return statistics.median(values)


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
