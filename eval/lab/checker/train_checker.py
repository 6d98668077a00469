"""
Trains the checker (LoRA on every linear layer of multilingual-e5-small, biases, norms and the heads),
starting from the reader's own update, which knows already how to hold one text against another:

  python train_checker.py --weights e5-small-q4.bin --start reader-weights.safetensors --data DIR --out DIR --minutes 60

DIR holds what dump-checker-data.ts wrote. Of the heads `out` says, in this order: the main statement
follows, a reference contradicts it, all of it follows; the first of `span` says of each token of the claim
that it does not follow. One single-threaded process a core, gradients averaged after each step. The
learning rate falls to zero at the end of the given minutes.
"""

import argparse
import json
import os
import random
import sys
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cross-encoder"))
from e5_model import Reader  # noqa: E402

MAIN, CONTRADICTED, SUPPORTED = 0, 1, 2
# How often a pass takes each source, or source/part; short templated sources would drown the others.
KEEP = {
    "hans_generated": 0.3,
    "med": 0.35,
    "breaking_nli": 0.5,
    "help_connectives": 0.25,
    "conjnli_adversarial": 0.25,
    "uhgeval_zh/copied": 0.35,
    "negnli": 0.7,
    "summedits": 1.5,
    "factcheck_gpt": 1.5,
    "fool_me_twice": 1.4,
    "fever_symmetric": 1.3,
    "dialfact_small": 1.5,
    "gofigure_xsum": 2.0,
    "attribution": 2.0,
    "changed-zh/cause": 0.25,
    "changed-zh/addition": 0.35,
    "changed-zh/joined": 0.5,
    "changed-zh/copied": 0.5,
    "changed-en/copied": 0.5,
    "changed-en/introduced": 0.7,
    "changed-zh/statement": 0.7,
    "changed-zh/wrong-answer": 0.7,
}


def load(folder):
    tokens = np.fromfile(os.path.join(folder, "tokens.bin"), dtype=np.uint32)
    with open(os.path.join(folder, "sequences.jsonl")) as lines:
        return tokens, [json.loads(line) for line in lines]


def stream(rows, keep, seed):
    rng = random.Random(seed)
    while True:
        part = []
        for row in rows:
            often = keep.get(f"{row['source']}/{row['part']}", keep.get(row["source"], 1.0))
            part += [row] * int(often + rng.random())
        rng.shuffle(part)
        yield from part


def batches(rows, padded, size=512):
    """Sequences of like length side by side, batches of `padded` tokens, in random order."""
    rng = random.Random(5)
    chunk = []
    for row in rows:
        chunk.append(row)
        if len(chunk) < size:
            continue
        chunk.sort(key=lambda r: r["len"])
        made, batch = [], []
        for r in chunk:
            if batch and (len(batch) + 1) * r["len"] > padded:
                made.append(batch)
                batch = []
            batch.append(r)
        made.append(batch)
        rng.shuffle(made)
        yield from made
        chunk = []


def tensors(rows, tokens):
    longest = max(r["len"] for r in rows)
    ids = torch.ones(len(rows), longest, dtype=torch.int64)
    keep = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, r in enumerate(rows):
        ids[i, : r["len"]] = torch.from_numpy(tokens[r["off"] : r["off"] + r["len"]].astype(np.int64))
        keep[i, : r["len"]] = True
    return ids, keep


def loss_of(rows, logits, spans):
    total = logits.new_zeros(())
    sums = {}
    for name, slot, weight in (("sup", SUPPORTED, 1.0), ("main", MAIN, 0.4), ("con", CONTRADICTED, 0.4)):
        target = torch.tensor([r[name] for r in rows])
        known = target >= 0
        if known.any():
            loss = F.binary_cross_entropy_with_logits(logits[known, slot], target[known].float(), reduction="sum")
            total = total + weight * loss
            sums[name] = (float(loss.detach()), int(known.sum()))
    marked = [(i, r) for i, r in enumerate(rows) if r["wrong"] is not None and r["claim"] > 0]
    if marked:
        # A claim's tokens together weigh as much as its verdict does, those that are wrong half of it.
        loss = logits.new_zeros(())
        for i, r in marked:
            target = torch.zeros(r["claim"])
            target[r["wrong"]] = 1.0
            weight = torch.full((r["claim"],), 1.0 / r["claim"])
            if r["wrong"]:
                weight = torch.where(target == 1, 0.5 / len(r["wrong"]), 0.5 / max(1, r["claim"] - len(r["wrong"])))
            raw = spans[i, 1 : 1 + r["claim"], 0]
            loss = loss + (weight * F.binary_cross_entropy_with_logits(raw, target, reduction="none")).sum()
        total = total + 0.7 * loss
        sums["token"] = (float(loss.detach()), len(marked))
    return total / len(rows), sums


def auc(positive, negative):
    if not positive or not negative:
        return None
    p, n = np.array(positive)[:, None], np.array(negative)[None, :]
    return round(float((p > n).mean() + 0.5 * (p == n).mean()), 3)


@torch.no_grad()
def predict(model, rows, tokens):
    """Rows with `out` (three logits) and `tokens` (a logit for each token of the claim)."""
    model.eval()
    made = []
    for row in sorted(rows, key=lambda r: r["len"]):
        ids, keep = tensors([row], tokens)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=model.half):
            logits, spans = model(ids, keep)
        made.append(
            dict(
                row,
                out=[round(v, 3) for v in logits[0].float().tolist()],
                tokens=[round(v, 2) for v in spans[0, 1 : 1 + row["claim"], 0].float().tolist()],
            )
        )
    model.train()
    return made


def figures(rows):
    """Area under ROC of `supported`: model sentences that are no copies, and the watched rows by source."""
    result = {}
    own = [r for r in rows if r["source"] == "model-sentences" and not r["copied"]]
    if own:
        true = [r["out"][SUPPORTED] for r in own if r["sup"] == 1]
        partly = [r["out"][SUPPORTED] for r in own if r["sup"] == 0 and r["main"] == 1]
        false = [r["out"][SUPPORTED] for r in own if r["main"] == 0]
        result["model-sentences"] = dict(n=len(own), false=auc(true, false), partly=auc(true, partly))
    for source in sorted({r["source"] for r in rows} - {"model-sentences"}):
        some = [r for r in rows if r["source"] == source]
        result[source] = auc(
            [r["out"][SUPPORTED] for r in some if r["sup"] == 1], [r["out"][SUPPORTED] for r in some if r["sup"] == 0]
        )
    return result


def trained_state(model):
    names = {name for name, p in model.named_parameters() if p.requires_grad}
    return {name: value for name, value in model.state_dict().items() if name in names}


def start_from(model, path):
    """An earlier checker.pt, or the reader's shipped update, whose lower rank is filled up."""
    if path.endswith(".pt"):
        model.load_state_dict(torch.load(path), strict=False)
        return
    from safetensors.numpy import load_file

    given = load_file(path)
    state = model.state_dict()
    for name, value in state.items():
        key = name.replace("layers.", "l").replace("aln_", "aln.").replace("oln_", "oln.")
        if key not in given:
            continue
        array = given[key].astype(np.float32)
        if f"{key}.scale" in given:
            array = array * given[f"{key}.scale"][:, None]
        known = torch.from_numpy(array)
        if name.endswith(".a") and known.shape != value.shape:
            value[: known.shape[0]] = known
        elif name.endswith(".b") and known.shape != value.shape:
            value[:, : known.shape[1]] = known
        elif known.shape == value.shape:
            value.copy_(known)
    # The heads for relevance and answerability are given other work.
    for slot in (MAIN, CONTRADICTED):
        state["out.weight"][slot] = state["out.weight"][SUPPORTED] * (1 if slot == MAIN else -1)
        state["out.bias"][slot] = 0
    state["span.weight"][0] = torch.randn(state["span.weight"].shape[1]) * 0.02
    state["span.bias"][0] = 0
    model.load_state_dict(state)


def optimizer_of(model, rate):
    params = [p for p in model.parameters() if p.requires_grad]
    plain = [p for p in params if p.dim() < 2]
    groups = [dict(params=[p for p in params if p.dim() > 1], weight_decay=0.01), dict(params=plain, weight_decay=0.0)]
    return params, torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def watched(rows, each=160):
    rng = random.Random(3)
    by = {}
    for r in rows:
        if r["source"] == "model-sentences" or r["use"] == "measure":
            by.setdefault(r["source"], []).append(r)
    some = []
    for source, list_ in sorted(by.items()):
        rng.shuffle(list_)
        some += list_ if source == "model-sentences" else list_[:each]
    return some


def worker(rank, args):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    dist.init_process_group("gloo", init_method=f"file://{args.out}/rendezvous", rank=rank, world_size=args.processes)
    torch.manual_seed(1)
    tokens, rows = load(args.data)
    leave = set(args.leave.split(","))
    train = [r for r in rows if r["use"] == "train" and r["source"] not in leave]
    model = Reader(args.weights, [0] * args.frozen + [args.rank] * (12 - args.frozen), half=True)
    start_from(model, args.start)
    params, optimizer = optimizer_of(model, args.rate)
    source = batches(stream(train, KEEP, seed=args.seed + rank), args.padded)
    began = time.time()
    seen, step, sums, saved = 0, 0, {}, began
    if rank == 0:
        print(f"{len(train)} pairs, {sum(p.numel() for p in params)} trained weights", flush=True)
    while True:
        part = next(source)
        ids, mask = tensors(part, tokens)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, spans = model(ids, mask)
        loss, parts = loss_of(part, logits.float(), spans.float())
        loss.backward()
        done = max((time.time() - began) / 60 / args.minutes, seen / max(1, args.most))
        flag = torch.tensor([done if rank == 0 else 0.0, float(len(part))])
        flat = torch.cat([torch.zeros(p.numel()) if p.grad is None else p.grad.reshape(-1) for p in params] + [flag])
        dist.all_reduce(flat)
        progress = float(flat[-2])
        seen += int(flat[-1])
        at = 0
        for p in params:
            p.grad = (flat[at : at + p.numel()] / args.processes).reshape(p.shape)
            at += p.numel()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        for group in optimizer.param_groups:
            group["lr"] = args.rate * min(1.0, (step + 1) / 40) * max(0.0, 1 - progress)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        for name, (total, n) in parts.items():
            old = sums.get(name, (0.0, 0))
            sums[name] = (old[0] + total, old[1] + n)
        if rank == 0 and step % 40 == 0:
            mean = {name: round(total / max(1, n), 3) for name, (total, n) in sums.items()}
            line = dict(step=step, progress=round(progress, 3), pairs=seen, seconds=round(time.time() - began), **mean)
            with open(os.path.join(args.out, "log.jsonl"), "a") as log:
                log.write(json.dumps(line) + "\n")
            print(line, flush=True)
            sums = {}
        if rank == 0 and time.time() - saved > 200:
            torch.save(trained_state(model), os.path.join(args.out, "checker.pt"))
            saved = time.time()
        if progress >= 1:
            break
    if rank == 0:
        torch.save(trained_state(model), os.path.join(args.out, "checker.pt"))
        print(json.dumps(figures(predict(model, watched(rows), tokens))), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--start", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--most", type=int, default=10**9, help="pairs after which to stop")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--padded", type=int, default=2400)
    parser.add_argument("--rank", type=int, default=64)
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers left as the reader has them")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--leave", default="", help="sources to leave out, for ablations")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    rendezvous = os.path.join(args.out, "rendezvous")
    if os.path.exists(rendezvous):
        os.remove(rendezvous)
    mp.spawn(worker, args=(args,), nprocs=args.processes)


if __name__ == "__main__":
    main()
