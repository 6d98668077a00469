"""Low-rank updates (LoRA, Hu et al. 2021) of a model's matrices, kept in PEFT's layout."""

import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "gate_up_proj", "down_proj")


class LoraLinear(nn.Module):
    """x W' + s (x A') B': W stays as it is; A begins random, B at zero, so nothing changes at first."""

    def __init__(self, base, rank, alpha, dropout=0.0):
        super().__init__()
        self.base = base
        self.scale = alpha / rank
        self.lora_A = nn.Parameter(torch.empty(rank, base.in_features, device=base.weight.device))
        self.lora_B = nn.Parameter(torch.zeros(base.out_features, rank, device=base.weight.device))
        self.dropout = nn.Dropout(dropout)
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))

    def forward(self, x):
        low = self.dropout(x).to(self.lora_A.dtype) @ self.lora_A.T @ self.lora_B.T
        return self.base(x) + (self.scale * low).to(x.dtype)


def add_lora(model, rank, alpha, targets=TARGETS, dropout=0.0):
    """Freezes the model and puts an update beside each target in its layers; returns them by name."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    added = {}
    for name, module in list(model.named_modules()):
        parent, _, own = name.rpartition(".")
        if ".layers." not in f".{name}" or own not in targets or not isinstance(module, nn.Linear):
            continue
        added[name] = LoraLinear(module, rank, alpha, dropout)
        setattr(model.get_submodule(parent), own, added[name])
    if not added:
        raise SystemExit("the model has none of the matrices that are updated")
    return added


def save_lora(added, rank, alpha, folder, base, dtype=torch.float16):
    """Writes adapter_config.json and adapter_model.safetensors as PEFT would."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, module in added.items():
        for side in ("lora_A", "lora_B"):
            value = getattr(module, side).detach().to("cpu", dtype).contiguous()
            tensors[f"base_model.model.{name}.{side}.weight"] = value
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = dict(
        peft_type="LORA", task_type="CAUSAL_LM", base_model_name_or_path=str(base), r=rank,
        lora_alpha=alpha, target_modules=sorted({name.rpartition(".")[2] for name in added}),
        lora_dropout=0.0, bias="none", fan_in_fan_out=False,
    )
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
