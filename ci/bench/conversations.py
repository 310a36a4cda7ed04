#!/usr/bin/env python3
"""Makes conversations with questions, to measure recall on: the same seed gives the same file.

Two friends talk over many sessions. Facts are told once, between small talk, in words of their own;
questions ask for them in other words, by date, or by way of another fact. `livos memory eval` reads it.
"""

import argparse
import datetime
import json
import random

NAMES = ["Mara", "Jonas", "Leila", "Tom", "Ines", "Viktor", "Aiko", "Samuel", "Nora", "Pavel"]
PLACES = ["Lisbon", "Oslo", "Kyoto", "Naples", "Tartu", "Quito", "Leeds", "Bergen", "Graz", "Porto"]
FOODS = ["lentil soup", "dumplings", "mushroom risotto", "plum cake", "fish curry", "stuffed peppers"]
PETS = [("beagle", "dog"), ("tabby", "cat"), ("parrot", "bird"), ("hamster", "pet"), ("pony", "horse")]
CRAFTS = ["watercolours", "pottery", "woodcarving", "knitting", "calligraphy", "origami"]
THINGS = ["sourdough starter", "violin", "telescope", "canoe", "sewing machine", "record player", "tent"]
KIN = [("daughter", "kids"), ("grandmother", "granny"), ("brother", "sibling"), ("uncle", "relatives")]
JOBS = ["librarian", "welder", "midwife", "surveyor", "florist", "translator", "beekeeper"]

SMALL = [
    "How was your week?", "Not bad, a bit tired to be honest.", "That sounds lovely!", "I know what you mean.",
    "The weather has been strange lately.", "I have been so busy with work.", "Tell me more about it.",
    "We should meet for coffee soon.", "Haha, that is so you.", "I watched a film last night and fell asleep.",
    "My phone keeps dying.", "Did you sleep well?", "I need a holiday.", "What are you up to this weekend?",
    "Nothing special, just chores.", "I made dinner and did the dishes.", "Good luck with that!",
    "I was at the market this morning, it was crowded.", "The neighbours are renovating again.",
    "I started reading a new book but it is slow.", "Time flies, it is almost the end of the month.",
    "My back hurts from sitting all day.", "Let me know how it goes.", "I am proud of you.",
]


def facts(rng):
    """(what is said, what is asked, category); {a} speaks, {b} listens."""
    pet, kind = rng.choice(PETS)
    kin, asked = rng.choice(KIN)
    pick = rng.choice
    return pick([
        (f"I finally adopted a {pet} from the shelter, its name is {pick(NAMES)}o.", f"What {kind} did {{a}} get?", "plain"),
        (f"Yesterday I signed up for a {pick(CRAFTS)} class and ruined my shirt.",
         "Which hobby lessons did {a} begin?", "related"),
        (f"My {kin} is moving to {pick(PLACES)} for a new position.", f"Where are {{a}}'s {asked} relocating?", "related"),
        (f"I grew up in {pick(PLACES)}, right by the harbour.", "What is {a}'s hometown?", "related"),
        (f"I bought a second-hand {pick(THINGS)} from an old man down the street.",
         "What used item did {a} purchase?", "related"),
        (f"I cooked {pick(FOODS)} for everybody and there were no leftovers.", "Which meal did {a} prepare?", "related"),
        (f"They let me go from the office, so I am training as a {pick(JOBS)} now.",
         "What profession is {a} studying for after being fired?", "related"),
        (f"The doctor says I am allergic to {pick(['walnuts', 'pollen', 'shellfish', 'penicillin', 'cats'])}.",
         "What allergy does {a} have?", "plain"),
        (f"I hid the spare key under the {pick(['blue flowerpot', 'doormat', 'third brick', 'bird house'])}.",
         "Where does {a} keep the extra key?", "plain"),
        (f"We drove {rng.randint(2, 30)} hours to {pick(PLACES)} and camped by the river.",
         "How many hours was {a} on the road for the trip?", "related"),
        (f"I want to run a marathon in {pick(PLACES)} before I turn {rng.randint(31, 60)}.",
         "What race is {a} dreaming of?", "related"),
        (f"The server crashed because the {pick(['disk', 'fan', 'power supply', 'memory'])} died.",
         "Why did {a}'s machine fail?", "related"),
    ])


def conversation(rng, number, sessions, turns):
    pair = rng.sample(NAMES, 2)
    day = datetime.date(2022, 1, 3) + datetime.timedelta(days=rng.randint(0, 200))
    out, questions = [], []
    for session in range(sessions):
        day += datetime.timedelta(days=rng.randint(3, 25))
        told = sorted(rng.sample(range(1, turns - 1), 4))
        lines = []
        for turn in range(turns):
            speaker = pair[turn % 2]
            name = f"{number}:{session}:{turn}"
            text = rng.choice(SMALL)
            if turn in told:
                text, question, category = facts(rng)
                question = question.replace("{a}", speaker)
                # Half of them are asked by the time, too: the same kind of thing is told more than once.
                if rng.random() < 0.5:
                    question = question[:-1] + f" in {day.strftime('%B %Y')}?"
                    category = "dated"
                questions.append({"id": f"q{name}", "text": question, "category": category, "evidence": [name]})
            lines.append({"id": name, "speaker": speaker, "text": text})
        out.append({"id": f"{number}:{session}", "at": day.isoformat(), "turns": lines})
    return {"id": str(number), "sessions": out, "questions": questions}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conversations", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=25)
    parser.add_argument("--turns", type=int, default=24, help="in each session")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    made = [
        conversation(rng, number, arguments.sessions, arguments.turns) for number in range(arguments.conversations)
    ]
    print(json.dumps({"conversations": made}))


if __name__ == "__main__":
    main()
