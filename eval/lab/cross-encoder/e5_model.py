"""multilingual-e5-small from the 4-bit E5S1 file, and the cross-encoder's heads on it, in torch."""

import math
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def read_e5(path):
    """Returns (shape, tensors): the file's header and its tensors as float32 numpy arrays, flat."""
    raw = np.fromfile(path, dtype=np.uint8)
    data = raw.tobytes()
    assert data[:4] == b"E5S1"
    at = 8
    hidden, layers, heads, ffn, vocab, positions, types = struct.unpack_from("<7i", data, at)
    at += 28
    (eps,) = struct.unpack_from("<f", data, at)
    at += 8
    (pieces,) = struct.unpack_from("<i", data, at)
    at += 4 + 16
    (blob,) = struct.unpack_from("<Q", data, at)
    at += 8 + 4 * (pieces + 1) + 4 * pieces + blob
    _, size = struct.unpack_from("<iI", data, at)
    at += 8 + size
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, values, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        part = raw[offset : offset + size]
        if kind == 0:
            tensors[name] = part.view(np.float32).copy()
        else:
            blocks = part.reshape(-1, 18)
            scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
            nibbles = blocks[:, 2:]
            low = (nibbles & 15).astype(np.float32) - 8
            high = (nibbles >> 4).astype(np.float32) - 8
            tensors[name] = (np.concatenate([low, high], axis=1) * scale).reshape(-1)
    shape = dict(hidden=hidden, layers=layers, heads=heads, ffn=ffn, vocab=vocab, positions=positions, eps=eps)
    return shape, tensors


class Linear(nn.Module):
    """A frozen weight with an optional low-rank update: y = x W^T + b + (x A^T) B^T * scale."""

    def __init__(self, weight, bias, rank, scale):
        super().__init__()
        self.rank = rank
        self.scale = scale
        self.weight = nn.Parameter(weight, requires_grad=rank < 0)
        self.bias = nn.Parameter(bias, requires_grad=rank != 0)
        if rank > 0:
            self.a = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.b = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x):
        y = F.linear(x, self.weight, self.bias)
        if self.rank > 0:
            y = y + F.linear(F.linear(x, self.a), self.b) * self.scale
        return y


class Layer(nn.Module):
    def __init__(self, shape, tensors, index, rank, scale):
        super().__init__()
        hidden, ffn = shape["hidden"], shape["ffn"]
        self.heads = shape["heads"]
        self.eps = shape["eps"]

        def get(name, *dims):
            return torch.from_numpy(tensors[f"l{index}.{name}"].copy()).reshape(*dims)

        def cat(part, dims):
            return torch.cat([get(f"{n}.{part}", *dims) for n in "qkv"])

        self.qkv = Linear(cat("w", (hidden, hidden)), cat("b", (hidden,)), rank, scale)
        self.ao = Linear(get("ao.w", hidden, hidden), get("ao.b", hidden), rank, scale)
        self.fi = Linear(get("fi.w", ffn, hidden), get("fi.b", ffn), rank, scale)
        self.fo = Linear(get("fo.w", hidden, ffn), get("fo.b", hidden), rank, scale)
        train = rank != 0
        for name in ("aln", "oln"):
            for part in "wb":
                value = nn.Parameter(get(f"{name}.{part}", hidden), requires_grad=train)
                self.register_parameter(f"{name}_{part}", value)

    def forward(self, x, mask):
        batch, length, hidden = x.shape
        q, k, v = (
            part.reshape(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(x).split(hidden, dim=2)
        )
        # Plain products: the fused kernel's backward pass took 40 % of a step on this processor.
        scores = (q * (q.shape[-1] ** -0.5)) @ k.transpose(-1, -2) + mask
        attended = scores.softmax(-1).to(v.dtype) @ v
        attended = self.ao(attended.transpose(1, 2).reshape(batch, length, hidden))
        x = F.layer_norm(x + attended, (hidden,), self.aln_w, self.aln_b, self.eps)
        return F.layer_norm(x + self.fo(F.gelu(self.fi(x))), (hidden,), self.oln_w, self.oln_b, self.eps)


class Reader(nn.Module):
    """Heads: relevance, answerability, support from [first state; mean state]; start and end for each token."""

    def __init__(self, path, ranks, alpha=1.0, half=False):
        """
        `ranks`: for each layer 0 (frozen), r > 0 (LoRA of that rank) or -1 (trained in full).
        `half`: frozen weights and states in bfloat16; what is trained stays float32 (use autocast).
        """
        super().__init__()
        self.half = half
        shape, tensors = read_e5(path)
        self.shape = shape
        hidden = shape["hidden"]
        word = torch.from_numpy(tensors["emb.word"]).reshape(-1, hidden)
        self.register_buffer("word", word, persistent=False)
        place = torch.from_numpy(tensors["emb.pos"]).reshape(-1, hidden)
        self.register_buffer("place", place + torch.from_numpy(tensors["emb.type"][:hidden]), persistent=False)
        self.register_buffer("ln_w", torch.from_numpy(tensors["emb.ln.w"]), persistent=False)
        self.register_buffer("ln_b", torch.from_numpy(tensors["emb.ln.b"]), persistent=False)
        self.layers = nn.ModuleList(Layer(shape, tensors, i, ranks[i], alpha) for i in range(shape["layers"]))
        self.frozen = next((i for i, r in enumerate(ranks) if r != 0), len(ranks))
        if half:
            for module in self.modules():
                if isinstance(module, Linear) and not module.weight.requires_grad:
                    module.weight.data = module.weight.data.bfloat16()
        self.pooled = nn.Linear(2 * hidden, hidden)
        self.out = nn.Linear(hidden, 3)
        self.span = nn.Linear(hidden, 2)
        nn.init.normal_(self.span.weight, std=0.02)
        nn.init.normal_(self.out.weight, std=0.02)
        for bias in (self.span.bias, self.out.bias, self.pooled.bias):
            nn.init.zeros_(bias)

    def forward(self, ids, keep):
        """ids [B,S] int64, keep [B,S] bool. Returns logits [B,3] and spans [B,S,2] (float32)."""
        with torch.no_grad():
            x = self.word[ids] + self.place[: ids.shape[1]]
            x = F.layer_norm(x, (x.shape[-1],), self.ln_w, self.ln_b, self.shape["eps"])
            mask = torch.zeros(keep.shape, dtype=torch.bfloat16 if self.half else torch.float32)
            mask = mask.masked_fill_(~keep, -1e4)[:, None, None, :]
            if self.half:
                x = x.bfloat16()
            for layer in self.layers[: self.frozen]:
                x = layer(x, mask)
        for layer in self.layers[self.frozen :]:
            x = layer(x, mask)
        x = x.float()
        weight = keep.float()[..., None]
        mean = (x * weight).sum(1) / weight.sum(1)
        pooled = torch.tanh(self.pooled(torch.cat([x[:, 0], mean], dim=1)))
        return self.out(pooled), self.span(x)
