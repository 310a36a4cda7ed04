"""The plug is pulled in the first start of an appliance and in the middle of its upgrade, at many moments."""

import re

import film
import packages
import upgrades
from appliance import (check, everything_is_there, figure, get, move_in, promises, start, wait_for_page, wait_judged)
from upgrades import NEWEST

# The words of `livos-slot stage --json`.
STEPS = ("preparing", "packages", "kernel", "sealing", "placing", "version")
# Seconds that a first start and an upgrade take where they take least; so there are moments to choose from.
FIRST, UPGRADE = 60, 240


def first_start(arguments, number):
    """Cut off in its first start, an image starts like new; with all its tries."""
    with start(arguments, "cuts-first") as machine:
        with film.Film(machine, arguments.seed, FIRST / number / 2) as shots:
            shots.scene = "first start"
            wait_for_page(machine)
            shots.scene = "first gate"
            wait_judged(machine)
        picked = shots.some(number)

    def look(_, machine):
        wait_for_page(machine)
        _, match = machine.expect(r"claim code: +(\S+)", 600)
        status = wait_judged(machine)
        check("it works, with all its tries", status["blessed"] and status["versions"][0]["tries"] == 3)
        check("the code on the console is the server's", machine.run("livos setup-code").strip() == match.group(1))
        check("the page is the desktop's", "<html" in get(machine.url(80))[1].lower())
        before = move_in(machine, match.group(1))
        everything_is_there(machine, before)
        promises(machine, "uefi")
        return "like new"

    return film.each(arguments.work, picked, look)


def upgrade(arguments, number):
    """Cut off in an upgrade, a machine starts the old version or the new one, with everything there."""
    archive = packages.Archive(upgrades.archive_of(arguments, NEWEST))
    machine, was = upgrades.upgraded(arguments, "cuts", serve={80: archive.port})
    with machine:
        wait_for_page(machine)
        check("the version before runs", wait_judged(machine)["running"] == was["version"])
        with film.Film(machine, arguments.seed + 1, UPGRADE / number / 2) as shots:
            machine.root.seen = ""
            machine.root.send("livos-slot stage --json 2>&1 && systemctl reboot --no-block\n")
            for step in STEPS:
                machine.root.expect(rf'"{step}"', 4800)
                shots.scene = step if step != "version" else "leaving"
            machine.rebooted()
            machine.expect(rf"livos: started from version {re.escape(NEWEST)}-\d+", 1500)
            shots.scene = "starting"
            wait_for_page(machine)
            shots.scene = "gate"
            check("the newer version proves itself", wait_judged(machine)["running"].startswith(f"{NEWEST}-"))
        picked = shots.some(number)

    def look(_, machine):
        wait_for_page(machine)
        status = wait_judged(machine)
        running = status["running"]
        check(f"{running} works", status["blessed"] and
              {entry["version"]: entry["tries"] for entry in status["versions"]}[running] == 3)
        check(f"old or new: {running}", running == was["version"] or running.startswith(f"{NEWEST}-"))
        upgrades.the_app_runs(machine)
        everything_is_there(machine, was["kept"])
        promises(machine, "uefi")
        return running

    return film.each(arguments.work, picked, look)


def cuts(arguments):
    """Killed at moments that a seed picks, it always starts a version that works, with everything there."""
    first = max(1, arguments.cuts // 4)
    found = first_start(arguments, first) + upgrade(arguments, max(1, arguments.cuts - first))
    new = sum(running.startswith(f"{NEWEST}-") for running in found)
    figure(f"cuts: {len(found)} with seed {arguments.seed}, of which the newer version ran after", new)
