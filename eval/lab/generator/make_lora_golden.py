"""Makes the golden of `lora-weights.test.ts`: an update of each tiny model of `../golden`, and the
logits that `transformers` gives with it.

    python make_lora_golden.py
"""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from lora import add_lora, save_lora

GOLDEN = Path(__file__).parent.parent / "golden"
RANK, ALPHA = 4, 6

for name in ("qwen2", "llama", "glm-edge"):
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_pretrained(GOLDEN / name, dtype=torch.float32).eval()
    added = add_lora(model, RANK, ALPHA)
    for module in added.values():
        module.lora_A.data = (0.3 * torch.randn_like(module.lora_A)).half().float()
        module.lora_B.data = (0.3 * torch.randn_like(module.lora_B)).half().float()
    folder = GOLDEN / "lora" / name
    save_lora(added, RANK, ALPHA, folder, name)
    ids = json.loads((GOLDEN / name / "expected.json").read_text())["ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    rows = [[round(value, 4) for value in row] for row in logits.double().tolist()]
    (folder / "expected.json").write_text(json.dumps({"ids": ids, "logits": rows}) + "\n")
