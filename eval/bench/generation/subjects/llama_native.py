"""llama.cpp as llama-cpp-python's source compiles it on this machine. One JSON line in and out for each task.

usage: python llama_native.py WEIGHTS THREADS
"""
import json
import resource
import sys
import time

import llama_cpp
import numpy as np

weights, threads = sys.argv[1], int(sys.argv[2])
llama_cpp.llama_backend_init()


@llama_cpp.llama_log_callback
def quiet(level, text, data):
    pass


llama_cpp.llama_log_set(quiet, None)
model_params = llama_cpp.llama_model_default_params()
model = llama_cpp.llama_model_load_from_file(weights.encode(), model_params)
vocab_size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
params = llama_cpp.llama_context_default_params()
params.n_ctx = 8 * 2304
params.n_batch = 512
params.n_ubatch = 512
params.n_seq_max = 8
# One cache for all sequences, so that drafts share the prompt's cells.
params.kv_unified = True
params.n_threads = threads
params.n_threads_batch = threads
context = llama_cpp.llama_init_from_model(model, params)
memory = llama_cpp.llama_get_memory(context)
batch = llama_cpp.llama_batch_init(512, 0, 8)


def decode(entries):
    """entries: (token, position, sequences, wants logits)"""
    batch.n_tokens = len(entries)
    for i, (token, position, sequences, wants) in enumerate(entries):
        batch.token[i] = token
        batch.pos[i] = position
        batch.n_seq_id[i] = len(sequences)
        for j, sequence in enumerate(sequences):
            batch.seq_id[i][j] = sequence
        batch.logits[i] = wants
    if llama_cpp.llama_decode(context, batch) != 0:
        raise RuntimeError("llama_decode failed")


def best(index):
    logits = llama_cpp.llama_get_logits_ith(context, index)
    return int(np.ctypeslib.as_array(logits, shape=(vocab_size,)).argmax())


def run(task):
    start = time.perf_counter()
    llama_cpp.llama_memory_clear(memory, True)
    prompts, drafts = task["prompts"], task["drafts"]
    arrivals = []
    rows = []

    def arrived(row):
        arrivals.append([(time.perf_counter() - start) * 1e3, row, 1])

    for number, prompt in enumerate(prompts):
        # Drafts share the prompt's cells: a token may belong to several sequences.
        sequences = list(range(drafts)) if len(prompts) == 1 else [number]
        for at in range(0, len(prompt), 512):
            part = prompt[at : at + 512]
            decode([(t, at + i, sequences, at + i == len(prompt) - 1) for i, t in enumerate(part)])
        token = best(len(part) - 1)
        for s in sequences:
            arrived(s)
        rows += [{"sequence": s, "position": len(prompt), "ids": [token]} for s in sequences]
    for _ in range(task["maxTokens"] - 1):
        decode([(row["ids"][-1], row["position"], [row["sequence"]], True) for row in rows])
        for index, row in enumerate(rows):
            row["ids"].append(best(index))
            row["position"] += 1
            arrived(index)
    total = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"arrivals": arrivals, "totalMs": total * 1e3, "ids": rows[0]["ids"], "peakMegabytes": peak}


print("ready", flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
