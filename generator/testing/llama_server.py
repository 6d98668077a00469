"""llama.cpp's own OpenAI-compatible server, from PyPI's xllamacpp, for tests.

usage: llama_server.py MODEL.gguf [CONTEXT]
Prints the address as one line of JSON and serves until standard input ends.
"""
import json
import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.n_ctx = int(sys.argv[2]) if len(sys.argv) > 2 else 2048
params.n_parallel = 2
params.port = 0
# One thread: two that spin on busy cores are many times slower.
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.verbosity = 0
server = xllamacpp.Server(params)
print(json.dumps({"url": server.listening_address}), flush=True)
sys.stdin.read()
