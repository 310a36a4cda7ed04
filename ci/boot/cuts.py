"""The plug is pulled in the middle of an upgrade of an appliance, again and again."""

import random
import re
import time

import packages
import upgrades
import vm
from appliance import check, everything_is_there, figure, promises, wait_for_page, wait_judged
from upgrades import NEWEST

# After which of its words the upgrade is cut off, and within how many seconds of it: the steps that livos-slot says,
# then the start of what it placed, to the end of the gate.
MOMENTS = (
    ("shell", r'"preparing"', 8),
    ("shell", r'"packages"', 120),
    ("shell", r'"kernel"', 4),
    ("shell", r'"sealing"', 130),
    ("shell", r'"placing"', 15),
    ("shell", r'"version"', 30),
    ("console", rf"livos: started from version {re.escape(NEWEST)}-\d+", 180),
)


def cut(machine, moment, seconds):
    """Begins an upgrade, and pulls the plug so long after that moment of it."""
    line, word, _ = moment
    machine.root.seen = ""
    machine.root.send("livos-slot stage --json 2>&1 && systemctl reboot --no-block\n")
    if line == "console":
        machine.expect(word, 4800)
    elif machine.root.expect([word, r"livos-slot: [^\n]*"], 1800)[0]:
        raise vm.VmError(f"the upgrade failed\n{machine.root.seen}")
    machine.rebooted()
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        machine.console.receive(left)
    machine.kill()


def again(machine):
    """The power comes back: whatever starts works, and has everything."""
    machine.start()
    wait_for_page(machine)
    status = wait_judged(machine)
    check(f"{status['running']} works", status["blessed"] and
          {entry["version"]: entry["tries"] for entry in status["versions"]}[status["running"]] == 3)
    return status


def cuts(arguments):
    """Killed at moments that a seed picks, it always starts a version that works, with everything there."""
    dice = random.Random(arguments.seed)
    archive = packages.Archive(upgrades.archive_of(arguments, NEWEST))
    # Every moment once before any comes again.
    plan = [dice.sample(MOMENTS, len(MOMENTS)) for _ in range(-(-arguments.cuts // len(MOMENTS)))]
    plan = [moment for some in plan for moment in some][:arguments.cuts]
    ran, machine = [], None
    try:
        for number, moment in enumerate(plan):
            if machine is None:
                machine, was = upgrades.upgraded(arguments, "cuts", serve={80: archive.port})
                again(machine)
            seconds = dice.uniform(0, moment[2])
            print(f"   {number + 1} of {len(plan)}: {seconds:.1f} s after {moment[1]}", flush=True)
            cut(machine, moment, seconds)
            running = again(machine)["running"]
            check(f"old or new: {running}", running == was["version"] or running.startswith(f"{NEWEST}-"))
            upgrades.the_app_runs(machine)
            everything_is_there(machine, was["kept"])
            promises(machine, "uefi")
            ran.append(running)
            if running != was["version"]:
                # There is nothing newer to go on with.
                machine.kill()
                machine = None
    except vm.VmError as error:
        raise vm.VmError(f"after {len(ran)} cuts: {error}") from None
    finally:
        if machine:
            machine.kill()
    new = sum(running.startswith(f"{NEWEST}-") for running in ran)
    figure(f"cuts: {len(ran)} with seed {arguments.seed}, of which the newer version ran after", new)
