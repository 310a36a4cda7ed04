#!/usr/bin/env python3
"""Starts a virtual machine and talks to it: what every test that boots something stands on.

    with Vm(folder, disk="disk.qcow2", forward=[80]) as vm:
        vm.expect("claim code: (.*)")
        print(vm.run("uname -r"))

Nothing but Python's own library and QEMU is needed. README.md beside this file has the recipes.
"""

import base64
import codecs
import json
import os
import pathlib
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

FATAL = (
    r"Kernel panic - not syncing[^\r\n]*",
    r"You are in (emergency|rescue) mode",
    r"Dependency failed for initrd[^\r\n]*",
    r"BdsDxe: No bootable option[^\r\n]*",
    r"No bootable device",
    r"error: [^\r\n]*(unknown filesystem|no such (device|partition)|file .* not found)[^\r\n]*",
)

# Deadlines are generous, and this many times as long on a machine that is busy with other things.
PATIENCE = float(os.environ.get("LIVOS_VM_PATIENCE", "1"))

# Where guests find what the test serves on this machine's loopback (see `serve`).
SERVICES_ADDRESS = "10.0.2.100"

FIRMWARE = "/usr/share/OVMF"

# Such a shell ignores SIGTERM, which lets it say how a reboot that it asked for began; but the machine shall not wait for
# a minute and a half on every shutdown until it is killed.
SHELL = """[Unit]
Description=Shell for the test that drives this machine
DefaultDependencies=no
%s
After=systemd-udevd.service sysinit.target
Conflicts=shutdown.target
Before=shutdown.target
[Service]
ExecStart=%s
Environment=HOME=/root PS1= TERM=dumb PAGER=cat SYSTEMD_PAGER=cat SYSTEMD_COLORS=0 LC_ALL=C.UTF-8
WorkingDirectory=/
StandardInput=tty-force
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
Restart=always
RestartSec=100ms
TimeoutStopSec=10s
"""
# Most tests want the shell of the system, not one that goes away with the initrd, where there is no bash.
SHELL_UNIT = SHELL % ("ConditionPathExists=!/etc/initrd-release", "/bin/bash --noprofile --norc")
INITRD_SHELL_UNIT = SHELL % ("ConditionPathExists=/etc/initrd-release", "/bin/sh")


class VmError(Exception):
    """The machine did not do what the test waited for; says why and shows the end of the console."""


def has_kvm():
    """Whether hardware can help. The device alone says little: some hosts have it without being able to."""
    try:
        flags = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return False
    return re.search(r"^flags\b.*\b(vmx|svm)\b", flags, re.M) is not None and os.access("/dev/kvm", os.R_OK | os.W_OK)


def overlay(base, path, size=None):
    """A new disk that starts as `base` and keeps what is written to it for itself."""
    base = pathlib.Path(base).resolve()
    kind = "qcow2" if base.suffix == ".qcow2" else "raw"
    command = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", kind, "-b", str(base), str(path)]
    subprocess.run(command + ([size] if size else []), check=True)
    return pathlib.Path(path)


def put_shell(tree):
    """Gives a system that is too old for the credential the root shell that `run` needs; for tests only."""
    units = pathlib.Path(tree) / "etc/systemd/system"
    (units / "sysinit.target.wants").mkdir(parents=True, exist_ok=True)
    (units / "test-shell.service").write_text(SHELL_UNIT, encoding="utf-8")
    link = units / "sysinit.target.wants/test-shell.service"
    link.unlink(missing_ok=True)
    link.symlink_to("../test-shell.service")


def plain(text):
    """Console text without colours, cursor movements and carriage returns."""
    return re.sub(r"\x1b(\[[0-9;?=]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>c7-8])", "", text).replace("\r", "")


class Line:
    """A serial line of the machine: waits for text, sends text.

    What arrives is taken in all the time: a machine whose console nobody reads stands still at its next message.
    """

    def __init__(self, path, alive, fatal=()):
        self.path, self.alive, self.fatal = str(path), alive, fatal
        self.socket, self.seen, self.ended = None, "", False
        self.arrived, self.decoder = queue.SimpleQueue(), codecs.getincrementaldecoder("utf-8")("replace")

    def connect(self, deadline):
        while True:
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(self.path)
                self.socket.settimeout(30)
                threading.Thread(target=self.take_in, args=(self.socket,), daemon=True).start()
                return
            except OSError:
                self.socket.close()
                if not self.alive() or time.monotonic() > deadline:
                    raise VmError(f"QEMU did not open {self.path}") from None
                time.sleep(0.05)

    def close(self):
        if self.socket:
            try:
                self.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # The other end was faster.
            self.socket.close()

    def take_in(self, line):
        while True:
            try:
                data = line.recv(65536)
            except socket.timeout:
                continue
            except OSError:
                data = b""
            self.arrived.put(data)
            if not data:
                return

    def receive(self, seconds):
        """Waits for something to arrive and takes in all that has; False when the line is closed for good."""
        try:
            data = None if self.ended else self.arrived.get(timeout=seconds)
            while data and not self.arrived.empty():
                more = self.arrived.get()
                self.seen += plain(self.decoder.decode(data))
                data = more
        except queue.Empty:
            return True
        self.ended = not data
        self.seen += plain(self.decoder.decode(data or b""))
        return not self.ended

    def expect(self, patterns, timeout, fatal=None):
        """Waits for the first of the patterns; returns (its number, the match). What came before is dropped."""
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        fatal = self.fatal if fatal is None else fatal
        deadline = time.monotonic() + timeout * PATIENCE
        open_line = True
        while True:
            found = [(match.start(), n, match) for n, p in enumerate(patterns) if (match := re.search(p, self.seen))]
            if found:
                _, number, match = min(found, key=lambda entry: entry[:2])
                self.seen = self.seen[match.end():]
                return number, match
            for pattern in fatal:
                if match := re.search(pattern, self.seen):
                    raise VmError(f"the machine failed: {match.group(0)}\n{self.tail()}")
            if not open_line or not self.alive():
                raise VmError(f"the machine stopped while the test waited for {patterns}\n{self.tail()}")
            if (left := deadline - time.monotonic()) <= 0:
                raise VmError(f"{timeout:.0f} s have passed without {patterns}\n{self.tail()}")
            open_line = self.receive(min(left, 0.5))

    def send(self, text):
        self.socket.sendall(text.encode())

    def tail(self, lines=40):
        return "\n".join(self.seen.splitlines()[-lines:])


class Vm:
    """One machine. `boot` is "uefi", "bios" or "direct" (then `kernel`, `initrd` and `append` say what).

    folder       where sockets, logs, firmware variables go; kept, so that a failed run can be read
    disk, disks  image files; the format is told by the suffix (.qcow2, anything else is raw)
    cdrom, usb   an ISO or image as virtio-scsi CD-ROM or as USB stick
    forward      guest ports to reach from here: `vm.url(80)`, `vm.port(22)`
    serve        {guest port: loopback port}: guests reach 127.0.0.1:that at 10.0.2.100:guest port
    online       False keeps guests from everything but `serve`
    credentials  {name: text or bytes}, handed over by the firmware (SMBIOS) as systemd credentials
    shell        True opens a root shell on the second serial line, for `run`, by a credential that systemd
                 256 and newer understand; into the tree of an older one put it with `put_shell`.
                 "initrd" opens it there instead, to see why a root is not reached
    """

    def __init__(self, folder, *, disk=None, disks=(), boot="uefi", kernel=None, initrd=None, append="", cdrom=None,
                 usb=None, memory=2048, cores=2, forward=(), serve=None, online=False, credentials=None, shell=True,
                 reboot=True, extra=()):
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disks = [pathlib.Path(entry) for entry in ([disk] if disk else []) + list(disks)]
        self.boot, self.kernel, self.initrd, self.append = boot, kernel, initrd, append
        self.cdrom, self.usb, self.memory, self.cores = cdrom, usb, memory, cores
        self.forward, self.serve, self.online = list(forward), dict(serve or {}), online
        self.credentials, self.shell, self.reboot, self.extra = dict(credentials or {}), shell, reboot, list(extra)
        self.process, self.console, self.root, self.started_at, self.ports = None, None, None, None, {}
        self.monitor, self.counter, self.shell_ready = None, 0, False

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.kill()

    # -- power --------------------------------------------------------------------------------------

    def start(self):
        for name in ("console.sock", "shell.sock", "monitor.sock"):
            (self.folder / name).unlink(missing_ok=True)
        with open(self.folder / "qemu.log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.started_at = time.monotonic()
        deadline = self.started_at + 30
        try:
            self.console = Line(self.folder / "console.sock", self.alive, FATAL)
            self.console.connect(deadline)
            self.root = Line(self.folder / "shell.sock", self.alive)
            self.root.connect(deadline)
            self.monitor = Line(self.folder / "monitor.sock", self.alive)
            self.monitor.connect(deadline)
            self.monitor.expect(r'"QMP"[^\n]*\n', 30)
            self.qmp("qmp_capabilities")
            self.ports = self.read_ports()
        except VmError as error:
            self.kill()
            log = (self.folder / "qemu.log").read_text(encoding="utf-8", errors="replace")
            raise VmError(f"{error}\n{log[-2000:]}") from None
        self.shell_ready = False
        return self

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Pulls the plug: SIGKILL, no flush, no farewell."""
        if self.process:
            self.process.kill()
            self.process.wait()
        for line in (self.console, self.root, self.monitor):
            if line:
                line.close()
        self.process = None

    def layer(self):
        """What is on the first disk now, and the firmware's variables, as a pulled plug would leave them: `overlay` it
        to start from there. Requests that are on their way are waited for. The machine goes on, into a new layer."""
        frozen = self.disks[0]
        fresh = frozen.with_name(f"layer-{len(list(frozen.parent.glob('layer-*.qcow2')))}.qcow2")
        self.qmp("blockdev-snapshot-sync", device="disk0", format="qcow2", **{"snapshot-file": str(fresh)})
        self.disks[0] = fresh
        if self.boot == "uefi":
            shutil.copy(self.folder / "firmware-variables.fd", frozen.with_suffix(".fd"))
        return frozen

    def wait_off(self, timeout=180):
        """Waits until the machine has switched itself off."""
        deadline = time.monotonic() + timeout * PATIENCE
        while self.alive():
            if time.monotonic() > deadline:
                raise VmError(f"still running after {timeout} s\n{self.console.tail()}")
            self.console.receive(0.2)
        self.kill()

    def power_off(self, timeout=180):
        """Asks for an orderly shutdown."""
        self.qmp("system_powerdown")
        self.wait_off(timeout)

    def age(self):
        """Seconds since power-on."""
        return time.monotonic() - self.started_at

    # -- console, shell, network --------------------------------------------------------------------

    def expect(self, patterns, timeout=300, fatal=None):
        """Waits for text on the console, and fails at once on what a machine does not come back from."""
        return self.console.expect(patterns, timeout, fatal)

    def send(self, text):
        self.console.send(text)

    def wait_shell(self, timeout=300):
        """Waits for the root shell while watching the console for what is fatal; returns the seconds it took."""
        deadline = time.monotonic() + timeout * PATIENCE
        self.root.seen = ""
        while True:
            self.counter += 1
            mark = f"ready{self.counter}"
            try:
                # What nobody reads yet piles up, and not much fits: a line that is full is not ready either, and
                # what came through may have lost its beginning. So nothing in it may need an end: half of a pair of
                # quotes would leave the shell waiting for the other for ever.
                self.root.send(f"\necho {mark[:3]}\\{mark[3:]}\n")
                self.root.expect(rf"{mark}\n", 5)
                break
            except (VmError, TimeoutError):
                if not self.alive() or time.monotonic() > deadline:
                    raise
            self.console.receive(0.01)
            try:
                self.console.expect(r"\A\Z(?!)", 0.01)
            except VmError as error:
                if "the machine failed" in str(error):
                    raise
            if time.monotonic() > deadline:
                raise VmError(f"no shell after {timeout} s\n{self.console.tail()}")
        self.root.send('PS1=; PS2=; stty -echo -onlcr cols 1000 2>/dev/null; echo "is""set"\n')
        self.root.expect(r"isset\n", 60)
        self.shell_ready = True
        return self.age()

    def run(self, command, timeout=120, check=True):
        """Runs a shell command as root and returns what it printed; with check=False (status, text)."""
        if not self.shell_ready:
            self.wait_shell()
        self.counter += 1
        mark = f"end{self.counter}"
        self.root.seen = ""
        self.root.send(f'{{ {command}\n}} </dev/null; echo "{mark[:3]}""{mark[3:]}=$?="\n')
        _, match = self.root.expect(rf"(?s)\A(.*?){mark}=(\d+)=", timeout)
        status, text = int(match.group(2)), match.group(1).strip("\n")
        if not check:
            return status, text
        if status != 0:
            raise VmError(f"`{command}` ended with status {status}:\n{text}")
        return text

    def rebooted(self):
        """Call after asking for a reboot: the next `run` waits for the new shell."""
        self.shell_ready = False

    def port(self, guest):
        """The loopback port that leads to this guest port."""
        return self.ports[guest]

    def url(self, guest, path="/"):
        return f"http://127.0.0.1:{self.port(guest)}{path}"

    def qmp(self, verb, **arguments):
        self.monitor.send(json.dumps({"execute": verb, "arguments": arguments}) + "\n")
        while True:
            _, match = self.monitor.expect(r"(\{[^\n]*\})\n", 30)
            answer = json.loads(match.group(1))
            if "error" in answer:
                raise VmError(f"QEMU refused {verb}: {answer['error'].get('desc')}")
            if "return" in answer:
                return answer["return"]

    def read_ports(self):
        text = self.qmp("human-monitor-command", **{"command-line": "info usernet"})
        found = re.findall(r"TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)\s+\S+\s+(\d+)", text)
        return {int(guest): int(host) for host, guest in found}

    # -- the command line ---------------------------------------------------------------------------

    def command(self):
        kvm = has_kvm()
        # Without fast string instructions: where they are there, the kernel clears and copies memory by them, and
        # translation does that byte by byte.
        # Without cmpxchg16b: an interrupt right after it finds flags that are part of a pointer, and the kernel, which
        # takes memory by it, dies of a double fault.
        # Without the HPET: under translation OVMF now and then waits for ever for its interrupt after a reboot.
        # One core when a guest counts its instructions: QEMU would take turns between them, and Linux 6.1 then waits for
        # its second one for ever.
        counts = PATIENCE > 1 and not kvm
        line = ["qemu-system-x86_64", "-machine", "q35,hpet=off", "-smp", str(1 if counts else self.cores), "-m", str(self.memory),
                "-accel", "kvm" if kvm else f"tcg,thread={'single' if counts else 'multi'}", "-cpu", "host" if kvm else "max,-erms,-fsrm,-cx16",
                "-display", "none", "-nodefaults", "-device", "virtio-rng-pci", "-rtc", "base=utc"]
        if counts:
            # The guest's time is that of its own instructions. Otherwise a guest that gets little of the processor does
            # nothing but answer its timer, and gives up its services for being late.
            line += ["-icount", "shift=1"]
        for name in ("console", "shell"):
            path, log = self.folder / f"{name}.sock", self.folder / f"{name}.log"
            line += ["-chardev", f"socket,id={name},path={path},server=on,wait=off,logfile={log},logappend=on",
                     "-serial", f"chardev:{name}"]
        line += ["-qmp", f"unix:{self.folder / 'monitor.sock'},server=on,wait=off"]
        line += self.network() + self.storage() + self.firmware()
        if not self.reboot:
            line += ["-no-reboot"]
        return line + self.smbios() + [str(entry) for entry in self.extra]

    def network(self):
        net = "user,id=net0" + ("" if self.online else ",restrict=on")
        for guest in self.forward:
            net += f",hostfwd=tcp:127.0.0.1:0-:{guest}"
        for guest, host in self.serve.items():
            relay = f"{sys.executable} {pathlib.Path(__file__).resolve()} relay {host}".replace(",", ",,")
            net += f",guestfwd=tcp:{SERVICES_ADDRESS}:{guest}-cmd:{relay}"
        return ["-netdev", net, "-device", "virtio-net-pci,netdev=net0"]

    def storage(self):
        line = []
        for number, path in enumerate(self.disks):
            kind = "qcow2" if path.suffix == ".qcow2" else "raw"
            line += ["-drive", f"file={path},format={kind},if=none,id=disk{number},cache=writeback,discard=unmap",
                     "-device", f"virtio-blk-pci,drive=disk{number},bootindex={number + 2},serial=disk{number}"]
        if self.cdrom:
            line += ["-device", "virtio-scsi-pci,id=scsi0",
                     "-drive", f"file={self.cdrom},format=raw,if=none,id=cd0,media=cdrom,readonly=on",
                     "-device", "scsi-cd,drive=cd0,bootindex=1"]
        if self.usb:
            line += ["-device", "qemu-xhci", "-drive", f"file={self.usb},format=raw,if=none,id=usb0,readonly=on",
                     "-device", "usb-storage,drive=usb0,removable=on,bootindex=1"]
        return line

    def firmware(self):
        line = []
        if self.kernel:
            line += ["-kernel", str(self.kernel), "-append", f"console=ttyS0 panic=-1 {self.append}"]
            line += ["-initrd", str(self.initrd)] if self.initrd else []
        if self.boot in ("direct", "bios"):
            return line
        variables = self.folder / "firmware-variables.fd"
        if not variables.exists():
            shutil.copy(f"{FIRMWARE}/OVMF_VARS_4M.fd", variables)
        return line + ["-drive", f"if=pflash,format=raw,readonly=on,file={FIRMWARE}/OVMF_CODE_4M.fd",
                       "-drive", f"if=pflash,format=raw,file={variables}"]

    def smbios(self):
        credentials = dict(self.credentials)
        if self.shell:
            unit = INITRD_SHELL_UNIT if self.shell == "initrd" else SHELL_UNIT
            credentials["systemd.extra-unit.test-shell.service"] = unit
            credentials["systemd.unit-dropin.sysinit.target"] = "[Unit]\nWants=test-shell.service\n"
        line = []
        for name, value in credentials.items():
            data = value if isinstance(value, bytes) else value.encode()
            text = base64.b64encode(data).decode()
            line += ["-smbios", f"type=11,value=io.systemd.credential.binary:{name}={text}"]
        return line


def relay(port):
    """Joins standard input and output to a loopback port: QEMU starts one for each connection to `serve`."""
    target = socket.create_connection(("127.0.0.1", port))

    def outwards():
        while data := os.read(0, 65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    threading.Thread(target=outwards, daemon=True).start()
    while data := target.recv(65536):
        view = memoryview(data)
        while view:
            view = view[os.write(1, view):]


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "relay":
        relay(int(sys.argv[2]))
    else:
        sys.exit(__doc__)
