"""Distributions of llama.cpp through llama-cpp-python (compiled for this machine): many times faster than
through node-llama-cpp, which hands over the whole vocabulary as a JavaScript map.

usage: python llama_reference.py WEIGHTS THREADS BEST; on stdin one JSON line a window:
{"ids": [...], "out": "FILE"}; FILE gets what distribution-record.ts reads; on stdout one line a window.
"""
import json
import sys

import numpy as np
from llama_cpp import Llama

weights, threads, best = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
llm = Llama(
    model_path=weights, n_ctx=1024, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False
)
for line in sys.stdin:
    window = json.loads(line)
    ids = window["ids"]
    llm.reset()
    llm.eval(ids)
    logits = np.asarray(llm.scores[: len(ids)], dtype=np.float32)
    top = logits.max(axis=1, keepdims=True)
    normaliser = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1, dtype=np.float64))
    order = np.argpartition(-logits, best, axis=1)[:, :best]
    values = np.take_along_axis(logits, order, axis=1)
    place = np.argsort(-values, axis=1, kind="stable")
    order = np.take_along_axis(order, place, axis=1).astype("<i4")
    values = np.take_along_axis(values, place, axis=1) - normaliser[:, None]
    following = np.full(len(ids), np.nan, dtype="<f4")
    following[:-1] = logits[np.arange(len(ids) - 1), ids[1:]] - normaliser[:-1]
    with open(window["out"], "wb") as file:
        file.write(order.tobytes() + values.astype("<f4").tobytes() + following.tobytes())
    print("done", flush=True)
