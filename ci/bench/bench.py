#!/usr/bin/env python3
"""Measures a release build side by side with bare servers: ./build.sh bench [PART…]

Figures of one run belong together; on a machine that does other things, look at the ratios and at
CPU per request. README.md beside this file says how each is taken.
"""

import argparse
import json
import math
import os
import shutil
import sys
import tempfile

import parts
from servers import Livos, References


class Scene:
    def __init__(self, options):
        self.target, self.quick, self.profile = os.path.abspath(options.target), options.quick, options.profile
        self.root = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
        self.folder = tempfile.mkdtemp(prefix="livos-bench-", dir=self.target)
        self.livos = self.open_livos = self.references = None

    def open(self, names):
        if any(name not in ("start", "manifests", "recall", "apps", "size") for name in names):
            self.livos = Livos(self.target, os.path.join(self.folder, "livos"), profile=self.profile)
            home = os.path.join(self.livos.folder, "data/home")
            os.makedirs(home, exist_ok=True)
            if any(name in ("requests", "transfer") for name in names):
                self.references = References(self.target, home, self.profile)

    def past_caddy(self):
        """Another LivOS, whose edge also listens where wrk reaches it; started when the first part needs it."""
        if self.open_livos is None:
            self.open_livos = Livos(self.target, os.path.join(self.folder, "open"), open_port=True, profile=self.profile)
        return self.open_livos

    def close(self):
        for thing in (self.references, self.open_livos, self.livos):
            if thing:
                thing.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts.PARTS))
    arguments.add_argument("--target", required=True)
    arguments.add_argument("--profile", default="release", choices=("release", "debug"), help="which programs")
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--json")
    options = arguments.parse_args()
    unknown = [name for name in options.parts if name not in parts.PARTS]
    if unknown:
        arguments.error(f"there is no part {unknown[0]}; there are: {', '.join(parts.PARTS)}")
    names = [name for name in parts.PARTS if not options.parts or name in options.parts]
    scene, rows, missed = Scene(options), [], []
    try:
        # An idle server is one that has done nothing else yet.
        for name in names:
            if name != "start" and scene.livos is None:
                scene.open(names)
            print(f"\n{name}: {parts.PARTS[name].__doc__}", flush=True)
            for row in parts.PARTS[name](scene):
                rows.append((name, *row))
                if not show(*row):
                    missed.append(row[0])
    finally:
        scene.close()
    if options.json:
        keys = ("part", "name", "value", "unit", "limit", "note")
        clean = [dict(zip(keys, row)) for row in rows]
        with open(options.json, "w") as file:
            json.dump([{**row, "value": None if math.isnan(row["value"]) else row["value"]} for row in clean], file, indent=1)
    print(f"\n{len(rows)} figures, {len(missed)} outside their limit" + (": " + ", ".join(missed) if missed else ""))
    # A quick run checks the measuring, not the product.
    sys.exit(1 if missed and not options.quick else 0)


def show(name, value, unit, limit, note):
    """Prints a row; whether it keeps its limit."""
    kept, verdict = True, ""
    if limit:
        sign, bound = limit
        kept = value < bound if sign == "<" else value >= bound
        verdict = f"{'ok' if kept else 'MISSED'} ({'under' if sign == '<' else 'at least'} {bound:g})"
    figure = "" if math.isnan(value) else f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
    print(f"  {name:<44} {figure:>12} {unit:<14} {verdict:<24} {note}".rstrip(), flush=True)
    return kept


if __name__ == "__main__":
    main()
