"""
Writes the trained update as the product reads it, and goldens for its parity test:

  python export_cross_encoder.py --weights e5-small-q4.bin --trained cross-encoder.pt --out cross-encoder-weights.safetensors \
    [--data DIR --goldens cross-encoder-goldens.json]

Low-rank factors as int8 with a scale for each row, the rest as f16. Goldens are computed in float32 from
the very values that are written, so that only the product's arithmetic is compared.
"""

import argparse
import json
import os

import numpy as np
import torch
from safetensors.numpy import save_file

from e5_model import Reader
from train_cross_encoder import load


def rows_to_int8(value):
    scale = np.maximum(np.abs(value).max(axis=1), 1e-12) / 127
    return np.round(value / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--trained", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--data")
    parser.add_argument("--goldens")
    args = parser.parse_args()
    state = torch.load(args.trained, map_location="cpu")
    out, rounded = {}, {}
    for name, value in state.items():
        array = value.float().numpy()
        to = name.replace("layers.", "l").replace("aln_", "aln.").replace("oln_", "oln.")
        if name.endswith((".a", ".b")) and array.ndim == 2:
            out[to], out[f"{to}.scale"] = rows_to_int8(array)
            rounded[name] = torch.from_numpy(out[to].astype(np.float32) * out[f"{to}.scale"][:, None])
        else:
            out[to] = array.astype(np.float16)
            rounded[name] = torch.from_numpy(out[to].astype(np.float32))
    save_file(out, args.out, metadata={"base": "multilingual-e5-small (MIT)"})
    print(args.out, os.path.getsize(args.out), "bytes")
    if args.goldens is None:
        return
    ranks = [state[f"layers.{i}.qkv.a"].shape[0] if f"layers.{i}.qkv.a" in state else 0 for i in range(12)]
    model = Reader(args.weights, ranks)
    missing, unexpected = model.load_state_dict(rounded, strict=False)
    assert not unexpected, unexpected
    tokens, groups = load(args.data)
    picked, kinds = [], set()
    for row in (row for group in groups for row in group):
        key = (row["source"], row["ans"], row["sup"])
        if row["held"] and row["len"] < 110 and key not in kinds:
            kinds.add(key)
            picked.append(row)
    goldens = []
    with torch.no_grad():
        for row in picked[:12]:
            ids = tokens[row["off"] : row["off"] + row["len"]].astype(np.int64)
            logits, spans = model(torch.from_numpy(ids)[None], torch.ones(1, len(ids), dtype=torch.bool))
            goldens.append(
                dict(
                    ids=ids.tolist(),
                    logits=[round(v, 4) for v in logits[0].tolist()],
                    spans=[round(v, 3) for v in spans[0].reshape(-1).tolist()],
                )
            )
    with open(args.goldens, "w") as file:
        json.dump(goldens, file)
    print(len(goldens), "goldens")


if __name__ == "__main__":
    main()
