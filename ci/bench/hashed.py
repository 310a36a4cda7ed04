#!/usr/bin/env python3
"""Vectors that mean nothing: as many and as long as a small model's, for measuring time without one.

Speaks as `livos memory eval --embedder` wants it. Texts with a word in common lie close together.
"""

import functools
import json
import random
import re
import sys

DIMENSIONS = 384


@functools.lru_cache(maxsize=None)
def of_word(word):
    rng = random.Random(word)
    return [rng.uniform(-1, 1) for _ in range(DIMENSIONS)]


@functools.lru_cache(maxsize=None)
def of_text(text):
    words = [of_word(word) for word in re.findall(r"\w+", text.lower())] or [[0.0] * DIMENSIONS]
    return "[" + ",".join(f"{sum(column):.3f}" for column in zip(*words)) + "]"


for line in sys.stdin:
    vectors = ",".join(of_text(text) for text in json.loads(line)["texts"])
    print(f'{{"model":"hashed","vectors":[{vectors}]}}', flush=True)
