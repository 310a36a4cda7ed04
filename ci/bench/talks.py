#!/usr/bin/env python3
"""Makes the conversations in talks/ into a file for `livos memory eval`.

They were written as people write, not made by a seed: months of two friends each, and questions about them in other
words. `# NAME`, `## DATE` before a session, `SPEAKER: what was said ^tag`, `? category | question | tags of its evidence`.
"""

import json
import os
import sys

TALKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "talks")


def read(path):
    talk, tags = {"sessions": [], "questions": []}, {}
    with open(path) as file:
        for line in filter(None, map(str.strip, file)):
            if line.startswith("# "):
                talk["id"] = line[2:]
            elif line.startswith("## "):
                talk["sessions"].append({"id": f"s{len(talk['sessions']) + 1}", "at": line[3:], "turns": []})
            elif line.startswith("? "):
                category, text, evidence = (part.strip() for part in line[2:].split("|"))
                talk["questions"].append({"id": f"q{len(talk['questions']) + 1}", "text": text, "category": category,
                                          "evidence": [tags[tag] for tag in evidence.split()]})
            else:
                session = talk["sessions"][-1]
                speaker, text = line.split(": ", 1)
                text, _, tag = text.partition(" ^")
                turn = f"{session['id']}:{len(session['turns']) + 1}"
                if tag:
                    if tag in tags:
                        raise SystemExit(f"{path}: {tag} is there twice")
                    tags[tag] = turn
                session["turns"].append({"id": turn, "speaker": speaker, "text": text})
    return talk


def main():
    names = sys.argv[1:] or sorted(os.listdir(TALKS))
    print(json.dumps({"conversations": [read(os.path.join(TALKS, name)) for name in names]}))


if __name__ == "__main__":
    main()
