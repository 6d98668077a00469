"""Tunes a low-rank update of a small language model on cited answers (make-triples.ts).

    pip install -r requirements.txt
    python train_lora.py --model FOLDER_OR_GGUF --data triples.jsonl --out adapter --minutes 30

--model: a folder in the hub's layout (Llama, Qwen2, Qwen3, GLM), or a GGUF file of Llama, Qwen2 or Qwen3.
The loss is that of the answer's tokens alone. Where the lines hold token ids (make-triples.ts --encode)
those are used, else the model's own chat template. A tenth of the questions is kept apart: their loss,
before and after, is printed and written beside the adapter.
"""

import argparse
import hashlib
import json
import math
import random
import time
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from lora import add_lora, save_lora


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--target", choices=["plain", "cited"], default="plain")
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--alpha", type=float, default=32)
    parser.add_argument("--dropout", type=float, default=0.05)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--epochs", type=float, default=2)
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--limit", type=int, default=0, help="examples; 0: all")
    parser.add_argument("--most-tokens", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def load(path, device):
    path = Path(path)
    where = dict(gguf_file=path.name) if path.suffix == ".gguf" else {}
    folder = path.parent if where else path
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **where).to(device)
    return model, lambda: AutoTokenizer.from_pretrained(folder, **where)


def kept_apart(row):
    return hashlib.sha256(row["question"].encode()).digest()[0] % 10 == 0


def examples(args, tokenizer_of):
    """Token ids of prompt and answer of each line, train and held out."""
    tokenizer = None
    train, held = [], []
    for line in open(args.data, encoding="utf-8"):
        row = json.loads(line)
        if row["target"] != args.target:
            continue
        if "prompt_ids" in row:
            prompt, answer = row["prompt_ids"], row["answer_ids"]
        else:
            tokenizer = tokenizer or tokenizer_of()
            prompt = tokenizer.apply_chat_template(
                row["messages"], add_generation_prompt=True, tokenize=True, return_dict=False
            )
            answer = tokenizer.encode(row["answer"], add_special_tokens=False) + [tokenizer.eos_token_id]
        if len(prompt) + len(answer) <= args.most_tokens:
            part = held if kept_apart(row) else train
            if part is held or not args.limit or len(train) < args.limit:
                part.append((prompt, answer))
        if args.limit and len(train) >= args.limit and held:
            break
    if not train or not held:
        raise SystemExit(f"{len(train)} examples to train on and {len(held)} to test on are too few")
    return train, held


def losses(model, batch, device):
    """Sum of the answers' token losses, and how many tokens those are."""
    longest = max(len(prompt) + len(answer) for prompt, answer in batch)
    ids = torch.zeros(len(batch), longest, dtype=torch.long)
    labels = torch.full((len(batch), longest), -100)
    mask = torch.zeros(len(batch), longest, dtype=torch.long)
    for row, (prompt, answer) in enumerate(batch):
        whole = torch.tensor(prompt + answer)
        ids[row, : len(whole)] = whole
        mask[row, : len(whole)] = 1
        labels[row, len(prompt) : len(whole)] = whole[len(prompt) :]
    logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits[:, :-1].float()
    wanted = labels[:, 1:].to(device)
    loss = torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]), wanted.reshape(-1), ignore_index=-100, reduction="sum"
    )
    return loss, int((wanted != -100).sum())


@torch.no_grad()
def held_loss(model, held, batch, device):
    model.eval()
    total = tokens = 0
    for at in range(0, len(held), batch):
        loss, count = losses(model, held[at : at + batch], device)
        total, tokens = total + float(loss), tokens + count
    return total / tokens


def main():
    args = arguments()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(args.seed)
    order = random.Random(args.seed)
    model, tokenizer_of = load(args.model, device)
    train, held = examples(args, tokenizer_of)
    added = add_lora(model, args.rank, args.alpha, dropout=args.dropout)
    trained = [p for module in added.values() for p in (module.lora_A, module.lora_B)]
    optimiser = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.01)
    steps = max(1, math.ceil(args.epochs * len(train) / args.batch))
    before = held_loss(model, held, args.batch, device)
    print(f"{len(train)} examples, {len(held)} held out, {steps} steps; loss before {before:.4f}", flush=True)
    began = time.monotonic()
    step = 0
    pool = []
    while step < steps and time.monotonic() - began < 60 * args.minutes:
        if len(pool) < args.batch:
            fresh = list(train)
            order.shuffle(fresh)
            pool = fresh + pool
        batch = [pool.pop() for _ in range(min(args.batch, len(pool)))]
        # Warm-up over a twentieth, then a cosine to a tenth, by steps or by the clock, whichever is further.
        done = max(step / steps, (time.monotonic() - began) / (60 * args.minutes))
        share = min(1, (step + 1) / max(1, 0.05 * steps)) * (0.55 + 0.45 * math.cos(math.pi * done))
        for group in optimiser.param_groups:
            group["lr"] = args.rate * share
        model.train()
        loss, count = losses(model, batch, device)
        (loss / count).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        if step % 10 == 0 or step == steps:
            print(f"step {step}/{steps}, loss {float(loss.detach()) / count:.4f}", flush=True)
    after = held_loss(model, held, args.batch, device)
    save_lora(added, args.rank, args.alpha, args.out, Path(args.model).name)
    given = {name: value for name, value in vars(args).items() if name != "minutes"}
    report = dict(
        given, examples=len(train), held_out=len(held), steps=step, device=device,
        minutes=round((time.monotonic() - began) / 60, 2),
        loss_before=round(before, 4), loss_after=round(after, 4),
    )
    (Path(args.out) / "training-report.json").write_text(json.dumps(report, indent=1) + "\n")
    print(f"held-out loss {before:.4f} before, {after:.4f} after; written to {args.out}")


if __name__ == "__main__":
    main()
