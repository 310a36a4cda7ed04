"""Recall of what Nexus remembers: how often the evidence is among the finds, and how long that takes."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# Each is left out in turn; what its absence does not cost, it is not worth.
PARTS = ("related", "hop", "sessions", "speaker", "fitting", "days", "recent", "spread")
OF_MEANING = ("meaning", "trust")


def recall(scene):
    """Hits of plain BM25, of words alone and of words with meaning; then the time with 100,000 memories."""
    # Not the seed that weights were chosen with, but the same lines told anew: what it says of other conversations, a
    # file of those says better.
    size = ("--conversations", "2") if scene.quick else ("--conversations", "6")
    file = made(scene, "talk", "--seed", "3", *size)
    embedder = os.environ.get("LIVOS_EMBEDDER")
    for name in sorted(os.listdir(os.path.join(HERE, "talks"))):
        yield from written(scene, name, embedder)
    single = evaluate(scene, file, "--single")
    plain = evaluate(scene, file, "--plain")
    words = evaluate(scene, file)
    yield row("BM25, each turn alone", single)
    yield row("BM25, turns with neighbours", plain)
    yield row("words alone", words, ("at least", plain["hit@10"]))
    if embedder:
        hybrid = evaluate(scene, file, "--embedder", embedder)
        yield row("words and meaning", hybrid, ("at least", plain["hit@10"]))
        for name, shares in hybrid["by_category"].items():
            beside = plain["by_category"][name]
            note = f"BM25 {beside['hit@10']:.3f}, {shares['questions']} questions"
            yield f"  questions: {name}", shares["hit@10"], "hit@10", None, note
    else:
        hybrid = words
        yield "words and meaning", float("nan"), "", None, "set LIVOS_EMBEDDER, to ci/bench/minilm.py for example"
    more = ("--embedder", embedder) if embedder else ()
    for part in PARTS + (OF_MEANING if embedder else ()):
        without = evaluate(scene, file, "--without", part, *more)
        cost = (hybrid["hit@10"] - without["hit@10"]) * 100
        first = (hybrid["hit@1"] - without["hit@1"]) * 100
        yield f"  worth of: {part}", cost, "points @10", None, f"{first:+.1f} points @1"
    yield from many(scene)


def written(scene, name, embedder):
    """A conversation that somebody wrote; nothing may be worse there than plain BM25."""
    file = made(scene, name, name, script="talks.py")
    plain = evaluate(scene, file, "--plain")
    name = os.path.splitext(name)[0]
    yield row(f"{name}: BM25, each turn alone", evaluate(scene, file, "--single"))
    yield row(f"{name}: BM25, turns with neighbours", plain)
    yield row(f"{name}: words alone", evaluate(scene, file), ("at least", plain["hit@10"]))
    if embedder:
        found = evaluate(scene, file, "--embedder", embedder)
        yield row(f"{name}: words and meaning", found, ("at least", plain["hit@10"]))


def many(scene):
    """The time of a search; vectors that mean nothing are as long to compare as others."""
    sessions = "400" if scene.quick else "4000"
    file = made(scene, "many", "--seed", "4", "--conversations", "1", "--sessions", sessions, "--turns", "25",
                "--questions", "300")
    count = int(sessions) * 25
    hashed = os.path.join(HERE, "hashed.py")
    for name, arguments in (("plain BM25", ("--plain",)), ("words alone", ()), ("words and meaning", ("--embedder", hashed))):
        found = evaluate(scene, file, *arguments)
        limit = ("<", 50) if name == "words and meaning" else None
        yield f"{count:,} memories, {name}: p95", found["p95_ms"], "ms", limit, f"p50 {found['p50_ms']:.1f} ms, longest {found['max_ms']:.0f} ms"


def made(scene, name, *arguments, script="conversations.py"):
    path = os.path.join(scene.folder, f"{name}.json")
    with open(path, "w") as file:
        subprocess.run([sys.executable, os.path.join(HERE, script), *arguments], stdout=file, check=True)
    return path


def evaluate(scene, file, *arguments):
    command = [f"{scene.target}/{scene.profile}/livos", "memory", "eval", file, "--json", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def row(name, found, limit=None):
    note = (f"@1 {found['hit@1']:.3f}, @5 {found['hit@5']:.3f}, @20 {found['hit@20']:.3f}; "
            f"p50 {found['p50_ms']:.1f} ms, p95 {found['p95_ms']:.1f} ms")
    return name, found["hit@10"], "hit@10", limit and (">", limit[1]), note
