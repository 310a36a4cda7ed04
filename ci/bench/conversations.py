#!/usr/bin/env python3
"""Makes conversations with questions, to measure recall on: the same seed gives the same file.

Two friends talk over many sessions. Facts are told between small talk, by both of them; questions ask for
them in other words, by date, by way of another fact, or for an answer that says nothing by itself (`topics.py`).
`livos memory eval` reads it.
"""

import argparse
import datetime
import json
import random
import re

import topics

NAMES = ["Mara", "Jonas", "Leila", "Tom", "Ines", "Viktor", "Aiko", "Samuel", "Nora", "Pavel"]
TOLD = 5
SMALL = [part.strip() for part in topics.SMALL.replace("\n", " | ").split("|") if part.strip()]
EMPTY = set(
    "a about after all am an and any are as at be because been before being by did do does down every for from get "
    "going had has have he her him his how i in is it its kind like me much my near no not now of off on once one or "
    "our out over own re she so some t that the their them then there they this to too up was we were what when where "
    "which while who whom whose why will with would you your".split()
)


def content(text):
    """Beginnings of the words that say something."""
    plain = re.sub(r"\{\w+\}", " ", text).lower()
    return {word[:5] for word in re.findall(r"[a-z]+", plain) if word not in EMPTY and len(word) > 1}


class Teller:
    """One conversation as it grows."""

    def __init__(self, rng, number, sessions, turns):
        self.rng, self.number, self.turns = rng, number, turns
        self.pair = rng.sample(NAMES, 2)
        self.people = rng.sample(topics.SLOTS["person"], len(topics.SLOTS["person"]))
        day = datetime.date(2022, 1, 3) + datetime.timedelta(days=rng.randint(0, 200))
        self.days, self.questions = [], []
        for _ in range(sessions):
            day += datetime.timedelta(days=rng.randint(3, 25))
            self.days.append(day)
        self.lines = [[None] * turns for _ in self.days]
        self.used = set()

    def fill(self, speaker, *texts):
        """The same chance in each text."""
        slots = {name: self.rng.choice(words) for name, words in topics.SLOTS.items()}
        return [text.format(a=speaker, **slots) for text in texts]

    def free(self, session, speaker, room=1):
        places = [
            turn for turn in range(1, self.turns - 1)
            if turn % 2 == speaker and all(
                0 <= turn + step < self.turns and self.lines[session][turn + step] is None
                for step in range(1 - room, 1)
            )
        ]
        return self.rng.choice(places) if places else None

    def say(self, session, turn, text):
        self.lines[session][turn] = text
        return f"{self.number}:{session}:{turn}"

    def ask(self, text, category, evidence):
        self.questions.append({"id": f"q{evidence}", "text": text, "category": category, "evidence": [evidence]})

    def distract(self, question, speaker):
        """The question's own words, said about something else, by both and in many sessions."""
        words = sorted(word for word in re.findall(r"[A-Za-z]{4,}", question) if word.lower() not in EMPTY)
        words = [word for word in words if word not in self.pair]
        for _ in range(self.rng.randint(4, 12) if len(words) > 1 else 0):
            session = self.rng.randrange(len(self.days))
            turn = self.free(session, self.rng.choice([speaker, 1 - speaker]))
            if turn is not None:
                one, other = self.rng.sample(words, 2)
                self.say(session, turn, self.rng.choice(topics.BESIDE).format(one=one, other=other))

    def once(self, kind, lines, speaker):
        """A fact that this speaker has not told yet: a question has one answer."""
        left = [line for line in lines if (speaker, line[0]) not in self.used]
        if not left:
            return None
        line = self.rng.choice(left)
        self.used.add((speaker, line[0]))
        return line

    def tell(self, session):
        speaker = self.rng.randint(0, 1)
        name = self.pair[speaker]
        kind = self.rng.choices(["paraphrase", "plain", "dated", "hop", "answer"], [20, 30, 25, 10, 15])[0]
        if kind in ("paraphrase", "plain"):
            told = self.once(kind, topics.lines(topics.PARAPHRASES if kind == "paraphrase" else topics.PLAIN), speaker)
            turn = self.free(session, speaker)
            if told and turn is not None:
                text, question = self.fill(name, *told)
                self.ask(question, kind, self.say(session, turn, text))
                if kind == "plain":
                    self.distract(question, speaker)
        elif kind == "answer":
            told = self.once(kind, topics.lines(topics.ANSWERS), speaker)
            turn = self.free(session, speaker, room=2)
            if told and turn is not None:
                asked, text, question = self.fill(name, *told)
                self.say(session, turn - 1, asked)
                self.ask(question, kind, self.say(session, turn, text[0].upper() + text[1:]))
                self.distract(question, speaker)
        elif kind == "dated":
            told = self.rng.choice(topics.lines(topics.REPEATED))
            turn = self.free(session, speaker)
            day = self.days[session]
            if turn is not None and (session, speaker, told[0]) not in self.used:
                self.used.add((session, speaker, told[0]))
                text, question = self.fill(name, *told)
                self.dated(question, self.say(session, turn, text), day, (speaker, told[0]))
        else:
            self.hop(session, speaker, name)

    def dated(self, question, evidence, day, what):
        """Asked by the month, with its year or seen from the end; each month once."""
        month = (what, day.year, day.month)
        if month in self.used:
            return
        self.used.add(month)
        last = self.days[-1]
        months = (last.year - day.year) * 12 + last.month - day.month
        if 0 < months < 12 and self.rng.random() < 0.5:
            self.ask(f"{question} last {day.strftime('%B')}?", "relative", evidence)
        else:
            self.ask(f"{question} in {day.strftime('%B %Y')}?", "dated", evidence)

    def hop(self, session, speaker, name):
        told = self.once("hop", topics.lines(topics.HOPS), speaker)
        first, turn = self.rng.randrange(len(self.days)), self.free(session, speaker)
        if not told or turn is None or first == session or not self.people:
            return
        before = self.free(first, speaker)
        if before is None:
            return
        person = self.people.pop()
        place = self.rng.choice(topics.SLOTS["place"])
        link, text, question = (part.format(a=name, person=person, place=place) for part in told)
        self.say(first, before, link)
        self.ask(question, "hop", self.say(session, turn, text))

    def made(self):
        for session in range(len(self.days)):
            for _ in range(TOLD):
                self.tell(session)
        sessions = []
        for session, (day, lines) in enumerate(zip(self.days, self.lines)):
            turns = [
                {"id": f"{self.number}:{session}:{turn}", "speaker": self.pair[turn % 2],
                 "text": text or self.rng.choice(SMALL)}
                for turn, text in enumerate(lines)
            ]
            sessions.append({"id": f"{self.number}:{session}", "at": day.isoformat(), "turns": turns})
        return {"id": str(self.number), "sessions": sessions, "questions": self.questions}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conversations", type=int, default=10)
    parser.add_argument("--sessions", type=int, default=25)
    parser.add_argument("--turns", type=int, default=24, help="in each session")
    parser.add_argument("--questions", type=int, help="so many of each conversation's at most")
    arguments = parser.parse_args()
    for told, asked in topics.lines(topics.PARAPHRASES):
        shared = content(told) & content(asked)
        if shared:
            parser.error(f"{told!r} and {asked!r} share {', '.join(sorted(shared))}")
    rng = random.Random(arguments.seed)
    made = [
        Teller(rng, number, arguments.sessions, arguments.turns).made() for number in range(arguments.conversations)
    ]
    for one in made:
        if arguments.questions and len(one["questions"]) > arguments.questions:
            one["questions"] = rng.sample(one["questions"], arguments.questions)
    print(json.dumps({"conversations": made}))


if __name__ == "__main__":
    main()
