"""
Trains the cross-encoder (LoRA on every linear layer of multilingual-e5-small, biases, norms and the heads):

  python train_cross_encoder.py --weights e5-small-q4.bin --data DIR --out DIR --minutes 65 [--processes 2]

DIR holds what dump-data.ts wrote. One single-threaded process a core, gradients averaged after
each step (threads that wait for each other are slow on a busy machine). The learning rate falls to
zero at the end of the given minutes; log.jsonl records it step by step.
"""

import argparse
import glob
import json
import os
import random
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

from e5_model import Reader

MOST_PADDED = 1600
NULL_WEIGHT = 0.3


def load(folder):
    """The tokens of all shards in one row, and their sequences by group."""
    parts, groups, before = [], {}, 0
    for path in sorted(glob.glob(os.path.join(folder, "tokens-*.bin"))):
        with open(path.replace("tokens-", "sequences-").replace(".bin", ".jsonl")) as lines:
            for line in lines:
                row = json.loads(line)
                row["off"] += before
                groups.setdefault(row["g"], []).append(row)
        parts.append(np.fromfile(path, dtype=np.uint32))
        before += len(parts[-1])
    return np.concatenate(parts), list(groups.values())


def stream(groups, keep, seed):
    """Passes over the groups in a new order each; `keep`: how often a pass takes each source (1: once)."""
    rng = random.Random(seed)
    while True:
        part = []
        for group in groups:
            part += [group] * int(keep.get(group[0]["source"], 1.0) + rng.random())
        rng.shuffle(part)
        yield from part


def batches(groups, size=600):
    """Groups of like length side by side, padded batches of MOST_PADDED tokens, in random order."""
    rng = random.Random(5)
    chunk = []
    for group in groups:
        chunk.append(group)
        if len(chunk) < size:
            continue
        chunk.sort(key=lambda g: max(s["len"] for s in g))
        made, batch, longest, count = [], [], 0, 0
        for g in chunk:
            length = max(s["len"] for s in g)
            if batch and (count + len(g)) * max(longest, length) > MOST_PADDED:
                made.append(batch)
                batch, longest, count = [], 0, 0
            batch.append(g)
            longest = max(longest, length)
            count += len(g)
        made.append(batch)
        rng.shuffle(made)
        yield from made
        chunk = []


def tensors(batch, tokens):
    rows = [s for g in batch for s in g]
    longest = max(s["len"] for s in rows)
    ids = torch.ones(len(rows), longest, dtype=torch.int64)
    keep = torch.zeros(len(rows), longest, dtype=torch.bool)
    allowed = torch.zeros(len(rows), longest, dtype=torch.bool)
    for i, s in enumerate(rows):
        n = s["len"]
        ids[i, :n] = torch.from_numpy(tokens[s["off"] : s["off"] + n].astype(np.int64))
        keep[i, :n] = True
        allowed[i, s["from"] : n - 1] = True
        allowed[i, 0] = True
    return rows, ids, keep, allowed


def losses(rows, logits, spans, allowed):
    def column(name):
        return torch.tensor([s[name] for s in rows])

    rel, ans, sup, group = column("rel"), column("ans"), column("sup"), column("g")
    parts = {}
    listwise = []
    for g in group.unique().tolist():
        inside = (group == g) & (rel >= 0)
        if int(inside.sum()) > 1 and int((rel[inside] == 1).sum()) == 1:
            listwise.append(-F.log_softmax(logits[inside, 0], 0)[rel[inside] == 1][0])
    if listwise:
        parts["rel"] = torch.stack(listwise).sum()
    for name, target, slot in (("ans", ans, 1), ("sup", sup, 2)):
        known = target >= 0
        if known.any():
            parts[name] = F.binary_cross_entropy_with_logits(
                logits[known, slot], target[known].float(), reduction="sum"
            ) * (0.5 if name == "ans" else 1.0)
    known = ans >= 0
    if known.any():
        masked = spans[known].masked_fill(~allowed[known][..., None], -1e4)
        weight = torch.where(ans[known] == 1, 1.0, NULL_WEIGHT)
        start = F.cross_entropy(masked[..., 0], column("start")[known], reduction="none")
        end = F.cross_entropy(masked[..., 1], column("end")[known], reduction="none")
        parts["span"] = (weight * (start + end)).sum() / 2
    return parts


@torch.no_grad()
def evaluate(model, groups, tokens):
    """Held-out figures on easy lists (one positive, its negatives): only to see that training goes well."""
    model.eval()
    first, exact, count, answered, missing, support = 0, 0, 0, [], [], []
    for group in groups:
        rows, ids, keep, allowed = tensors([group], tokens)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=model.half):
            logits, spans = model(ids, keep)
        for s, logit in zip(rows, logits.float()):
            if s["sup"] >= 0:
                support.append((s["sup"], float(logit[2]) > 0))
            if s["ans"] == 1:
                answered.append(float(logit[1]))
            elif s["source"].startswith("squad2"):
                missing.append(float(logit[1]))
        if rows[0]["rel"] == 1:
            count += 1
            first += int(logits[:, 0].argmax() == 0)
            masked = spans[0].masked_fill(~allowed[0][:, None], -1e4)
            masked[0] = -1e4
            exact += int(masked[:, 0].argmax() == rows[0]["start"] and masked[:, 1].argmax() == rows[0]["end"])
    model.train()
    wins = sum((a > m) + 0.5 * (a == m) for a in answered for m in missing)
    rate = [np.mean([hit == bool(want) for want, hit in support if want == side]) for side in (0, 1)]
    return dict(
        n=count,
        first=round(first / max(1, count), 3),
        exact=round(exact / max(1, count), 3),
        auc=round(wins / max(1, len(answered) * len(missing)), 3),
        support=round(float(np.mean(rate)), 3),
    )


def trained_state(model):
    names = {name for name, p in model.named_parameters() if p.requires_grad}
    return {name: value for name, value in model.state_dict().items() if name in names}


def worker(rank, args):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    dist.init_process_group("gloo", init_method=f"file://{args.out}/rendezvous", rank=rank, world_size=args.processes)
    torch.manual_seed(1)
    tokens, groups = load(args.data)
    train = [g for g in groups if not g[0]["held"]]
    held = [g for g in groups if g[0]["held"]]
    random.Random(3).shuffle(held)
    held = held[: args.check]
    ranks = [0] * args.frozen + [args.rank] * (12 - args.frozen)
    model = Reader(args.weights, ranks, half=True)
    if args.start:
        model.load_state_dict(torch.load(args.start), strict=False)
    params = [p for p in model.parameters() if p.requires_grad]
    plain = [p for p in params if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [dict(params=[p for p in params if p.dim() > 1], weight_decay=0.01), dict(params=plain, weight_decay=0.0)],
        lr=args.rate,
        betas=(0.9, 0.98),
    )
    keep = json.loads(args.keep)
    source = batches(stream(train, keep, seed=args.seed + rank))
    log = open(os.path.join(args.out, f"log{rank}.jsonl"), "w")
    began = time.time()
    seen, step, sums, saved = 0, 0, {}, began
    if rank == 0:
        print(f"{len(train)} groups, {sum(p.numel() for p in params)} trained weights", flush=True)
    while True:
        rows, ids, mask, allowed = tensors(next(source), tokens)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, spans = model(ids, mask)
        parts = losses(rows, logits.float(), spans.float(), allowed)
        # A fixed divisor, so that every question weighs the same in whatever batch it stands.
        (sum(parts.values()) / 6).backward()
        progress = torch.tensor([(time.time() - began) / 60 / args.minutes if rank == 0 else 0.0])
        flat = torch.cat([p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel()) for p in params] + [progress])
        dist.all_reduce(flat)
        progress = float(flat[-1])
        at = 0
        for p in params:
            p.grad = (flat[at : at + p.numel()] / args.processes).reshape(p.shape)
            at += p.numel()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        rate = args.rate * min(1.0, (step + 1) / 50) * max(0.0, 1 - progress)
        for part in optimizer.param_groups:
            part["lr"] = rate
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        seen += int(mask.sum())
        for name, value in parts.items():
            n = {"rel": len({s["g"] for s in rows if s["rel"] == 1}), "sup": sum(s["sup"] >= 0 for s in rows)}.get(
                name, sum(s["ans"] >= 0 for s in rows)
            )
            total = sums.setdefault(name, [0.0, 0])
            total[0] += float(value.detach())
            total[1] += n
        if step % 20 == 0:
            mean = {name: round(total / max(1, n), 3) for name, (total, n) in sums.items()}
            line = dict(step=step, progress=round(progress, 4), rate=round(rate, 7), tokens=seen, **mean)
            log.write(json.dumps(line) + "\n")
            log.flush()
            if rank == 0:
                print(line, f"{time.time() - began:.0f} s", flush=True)
            sums = {}
        if rank == 0 and time.time() - saved > 240:
            torch.save(trained_state(model), os.path.join(args.out, "cross-encoder.pt"))
            saved = time.time()
        if args.check > 0 and rank == 0 and step in (200, 600):
            print("held out", evaluate(model, held[:200], tokens), flush=True)
        if progress >= 1:
            break
    if rank == 0:
        torch.save(trained_state(model), os.path.join(args.out, "cross-encoder.pt"))
        print("held out", evaluate(model, held, tokens), f"steps {step}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=65)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rank", type=int, default=32)
    parser.add_argument("--frozen", type=int, default=0, help="lowest layers left as they are")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--start", default="", help="cross-encoder.pt of an earlier run to go on from")
    parser.add_argument("--seed", type=int, default=11, help="of the order; a run that goes on takes another")
    parser.add_argument("--check", type=int, default=600)
    parser.add_argument("--keep", default="{}", help="JSON: how often a pass takes a source")
    args = parser.parse_args()
    os.makedirs(args.out, exist_ok=True)
    rendezvous = os.path.join(args.out, "rendezvous")
    if os.path.exists(rendezvous):
        os.remove(rendezvous)
    mp.spawn(worker, args=(args,), nprocs=args.processes)


if __name__ == "__main__":
    main()
