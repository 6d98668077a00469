"""Makes the goldens of the tests: tiny models with random weights and the logits they must give.

    pip install -r requirements.txt && python make-goldens.py

GlmForCausalLM, Glm4ForCausalLM, LlamaForCausalLM, Qwen2ForCausalLM and Qwen3ForCausalLM are those of
`transformers`. ChatGLM2/ChatGLM3 and the original GLM were never part of it (their code stands in
their repositories): for those two this script has a small reference of its own, written from the
papers' and model cards' description, not run against the real ones.
"""

import json
import math
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).parent
IDS = [3, 17, 9, 31, 22, 8, 8]
VOCAB = 32
SHAPE = dict(
    vocab_size=VOCAB,
    hidden_size=16,
    intermediate_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    num_key_value_heads=1,
    max_position_embeddings=64,
)


def fresh(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def spread(state, dtype):
    """Random weights that are far from small, so that a wrong place shows."""
    for name, tensor in state.items():
        noise = torch.randn(tensor.shape)
        flat = tensor.dim() == 1 and name.endswith("weight")
        state[name] = (1 + 0.2 * noise if flat else 0.35 * noise).to(dtype)
    return state


def expect(folder, logits):
    rows = [[round(value, 4) for value in row] for row in logits.double().tolist()]
    (folder / "expected.json").write_text(json.dumps({"ids": IDS, "logits": rows}) + "\n")


def write_config(folder, config):
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def from_transformers(name, model_class, config, dtype, shards=None):
    torch.manual_seed(sum(map(ord, name)))
    model = model_class(config).float().eval()
    state = spread({k: v for k, v in model.state_dict().items()}, dtype)
    if config.tie_word_embeddings:
        state["lm_head.weight"] = state["model.embed_tokens.weight"]
    model.load_state_dict({k: v.float() for k, v in state.items()})
    folder = fresh(name)
    with torch.no_grad():
        expect(folder, model(torch.tensor([IDS])).logits[0])
    model.to(dtype).save_pretrained(folder, max_shard_size=shards or "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)


def transformers_models():
    from transformers import (
        Glm4Config,
        Glm4ForCausalLM,
        GlmConfig,
        GlmForCausalLM,
        LlamaConfig,
        LlamaForCausalLM,
        Qwen2Config,
        Qwen2ForCausalLM,
        Qwen3Config,
        Qwen3ForCausalLM,
    )

    ends = dict(pad_token_id=0, eos_token_id=0, bos_token_id=0)
    # GLM-Edge: the whole head rotated, no biases, tied embeddings.
    edge = GlmConfig(
        **{**SHAPE, "num_attention_heads": 4, "num_key_value_heads": 2}, **ends, head_dim=16, attention_bias=False, partial_rotary_factor=1.0,
        rms_norm_eps=1e-5, tie_word_embeddings=True,
    )
    from_transformers("glm-edge", GlmForCausalLM, edge, torch.bfloat16)
    # GLM-4-9B-chat: half of the head rotated, biases.
    chat = GlmConfig(**SHAPE, **ends, head_dim=32, attention_bias=True, rms_norm_eps=1.5625e-07)
    from_transformers("glm-4-chat", GlmForCausalLM, chat, torch.float16, shards="9kB")
    glm4 = Glm4Config(**SHAPE, **ends, head_dim=32, attention_bias=False)
    from_transformers("glm-4-0414", Glm4ForCausalLM, glm4, torch.float16)
    llama = LlamaConfig(
        **SHAPE, **ends, head_dim=16,
        rope_parameters=dict(
            rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
            high_freq_factor=4.0, original_max_position_embeddings=16,
        ),
    )
    from_transformers("llama", LlamaForCausalLM, llama, torch.float16)
    qwen2 = Qwen2Config(**{**SHAPE, "hidden_size": 32, "intermediate_size": 16}, **ends,
                        tie_word_embeddings=True)
    from_transformers("qwen2", Qwen2ForCausalLM, qwen2, torch.bfloat16)
    qwen3 = Qwen3Config(**SHAPE, **ends, head_dim=16, tie_word_embeddings=True,
                        rope_parameters=dict(rope_type="default", rope_theta=1000000.0))
    from_transformers("qwen3", Qwen3ForCausalLM, qwen3, torch.float16)


def rms_norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def attend(q, k, v, visible):
    """q, k, v: [heads, tokens, head size]; visible: [tokens, tokens] of booleans."""
    scores = q @ k.transpose(1, 2) / math.sqrt(q.shape[-1])
    scores = scores.masked_fill(~visible, float("-inf"))
    return (scores.softmax(-1) @ v).transpose(0, 1).flatten(1)


def chatglm3():
    """ChatGLM2 and ChatGLM3: fused q, k, v; neighbours rotated in the first half of each head."""
    torch.manual_seed(3)
    hidden, inner, heads, groups, dim, layers = 16, 16, 2, 1, 32, 2
    ratio = 2.0
    eps = 1e-5
    shapes = {
        "transformer.embedding.word_embeddings.weight": (VOCAB, hidden),
        "transformer.encoder.final_layernorm.weight": (hidden,),
        "transformer.output_layer.weight": (VOCAB, hidden),
    }
    for layer in range(layers):
        at = f"transformer.encoder.layers.{layer}"
        shapes |= {
            f"{at}.input_layernorm.weight": (hidden,),
            f"{at}.self_attention.query_key_value.weight": ((heads + 2 * groups) * dim, hidden),
            f"{at}.self_attention.query_key_value.bias": ((heads + 2 * groups) * dim,),
            f"{at}.self_attention.dense.weight": (hidden, heads * dim),
            f"{at}.post_attention_layernorm.weight": (hidden,),
            f"{at}.mlp.dense_h_to_4h.weight": (2 * inner, hidden),
            f"{at}.mlp.dense_4h_to_h.weight": (hidden, inner),
        }
    state = spread({name: torch.empty(shape) for name, shape in shapes.items()}, torch.float16)
    w = {name: tensor.float() for name, tensor in state.items()}
    tokens = len(IDS)
    rotary = dim // 2
    frequencies = (10000 * ratio) ** (-torch.arange(0, rotary, 2).float() / rotary)
    angles = torch.outer(torch.arange(tokens).float(), frequencies)

    def rotate(x):
        even, odd = x[..., 0:rotary:2], x[..., 1:rotary:2]
        turned = torch.stack(
            (even * angles.cos() - odd * angles.sin(), odd * angles.cos() + even * angles.sin()), -1
        ).flatten(-2)
        return torch.cat((turned, x[..., rotary:]), -1)

    visible = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    x = w["transformer.embedding.word_embeddings.weight"][IDS]
    for layer in range(layers):
        at = f"transformer.encoder.layers.{layer}"
        y = rms_norm(x, w[f"{at}.input_layernorm.weight"], eps)
        y = y @ w[f"{at}.self_attention.query_key_value.weight"].T
        y = y + w[f"{at}.self_attention.query_key_value.bias"]
        q, k, v = y.split([heads * dim, groups * dim, groups * dim], -1)
        q, k, v = (part.view(tokens, -1, dim).transpose(0, 1) for part in (q, k, v))
        q, k = rotate(q), rotate(k)
        k, v = (part.repeat_interleave(heads // groups, 0) for part in (k, v))
        x = x + attend(q, k, v, visible) @ w[f"{at}.self_attention.dense.weight"].T
        y = rms_norm(x, w[f"{at}.post_attention_layernorm.weight"], eps)
        gate, up = (y @ w[f"{at}.mlp.dense_h_to_4h.weight"].T).chunk(2, -1)
        x = x + (torch.nn.functional.silu(gate) * up) @ w[f"{at}.mlp.dense_4h_to_h.weight"].T
    x = rms_norm(x, w["transformer.encoder.final_layernorm.weight"], eps)
    folder = fresh("chatglm3")
    expect(folder, x @ w["transformer.output_layer.weight"].T)
    # As torch saves it: the zip format with a pickle inside.
    torch.save(state, folder / "pytorch_model.bin")
    write_config(folder, {
        "_name_or_path": "THUDM/chatglm3-6b", "model_type": "chatglm",
        "architectures": ["ChatGLMModel"], "add_bias_linear": False, "add_qkv_bias": True,
        "apply_residual_connection_post_layernorm": False, "ffn_hidden_size": inner,
        "hidden_size": hidden, "kv_channels": dim, "layernorm_epsilon": eps,
        "multi_query_attention": True, "multi_query_group_num": groups,
        "num_attention_heads": heads, "num_layers": layers, "padded_vocab_size": VOCAB,
        "post_layer_norm": True, "rmsnorm": True, "rope_ratio": ratio, "seq_length": 64,
        "eos_token_id": 2, "tie_word_embeddings": False,
    })


def original_glm():
    """GLM of WebGLM: blank filling with two-dimensional positions and a context that sees itself."""
    torch.manual_seed(4)
    hidden, heads, layers, length = 16, 2, 2, 64
    shapes = {
        "word_embeddings.weight": (VOCAB, hidden),
        "transformer.position_embeddings.weight": (length + 1, hidden),
        "transformer.block_position_embeddings.weight": (length + 1, hidden),
        "transformer.final_layernorm.weight": (hidden,),
        "transformer.final_layernorm.bias": (hidden,),
    }
    for layer in range(layers):
        at = f"transformer.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            shapes |= {f"{at}.{norm}.weight": (hidden,), f"{at}.{norm}.bias": (hidden,)}
        for part, rows, columns in (
            ("attention.query_key_value", 3 * hidden, hidden),
            ("attention.dense", hidden, hidden),
            ("mlp.dense_h_to_4h", 4 * hidden, hidden),
            ("mlp.dense_4h_to_h", hidden, 4 * hidden),
        ):
            shapes |= {f"{at}.{part}.weight": (rows, columns), f"{at}.{part}.bias": (rows,)}
    state = spread({name: torch.empty(shape) for name, shape in shapes.items()}, torch.float16)
    w = {name: tensor.float() for name, tensor in state.items()}
    # Context: four tokens with the mask at place 2; then the piece that is being written.
    context, mask = 4, 2
    tokens = len(IDS)
    written = tokens - context
    positions = list(range(context)) + [mask] * written
    blocks = [0] * context + list(range(1, written + 1))
    visible = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    visible[:, :context] = True

    def norm(x, name):
        return torch.nn.functional.layer_norm(x, (hidden,), w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)

    def linear(x, name):
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    x = w["word_embeddings.weight"][IDS]
    x = x + w["transformer.position_embeddings.weight"][positions]
    x = x + w["transformer.block_position_embeddings.weight"][blocks]
    for layer in range(layers):
        at = f"transformer.layers.{layer}"
        q, k, v = linear(norm(x, f"{at}.input_layernorm"), f"{at}.attention.query_key_value").chunk(3, -1)
        q, k, v = (part.view(tokens, heads, -1).transpose(0, 1) for part in (q, k, v))
        x = x + linear(attend(q, k, v, visible), f"{at}.attention.dense")
        y = linear(norm(x, f"{at}.post_attention_layernorm"), f"{at}.mlp.dense_h_to_4h")
        y = torch.nn.functional.gelu(y, approximate="tanh")
        x = x + linear(y, f"{at}.mlp.dense_4h_to_h")
    logits = norm(x, "transformer.final_layernorm") @ w["word_embeddings.weight"].T
    folder = fresh("glm-original")
    expect(folder, logits)
    names = sorted(state)
    half = len(names) // 2
    files = {"pytorch_model-00001-of-00002.bin": names[:half], "pytorch_model-00002-of-00002.bin": names[half:]}
    index = {}
    for file, part in files.items():
        torch.save({f"glm.{name}": state[name] for name in part}, folder / file)
        index |= {f"glm.{name}": file for name in part}
    (folder / "pytorch_model.bin.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": index}) + "\n"
    )
    write_config(folder, {
        "architectures": ["GLMForConditionalGeneration"], "model_type": "glm",
        "attention_scale": 1.0, "block_position_encoding": True, "hidden_size": hidden,
        "max_sequence_length": length, "num_attention_heads": heads, "num_layers": layers,
        "output_predict": True, "parallel_output": True, "relative_encoding": False,
        "vocab_size": VOCAB, "pool_token": "cls",
    })


def tokenizer():
    """A byte-level BPE with a control token, trained on a few lines, and the ids that it gives."""
    folder = fresh("tokenizer")
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(
            __import__("tokenizers").Regex(
                r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
            ), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    made.decoder = decoders.ByteLevel()
    lines = ["the river carries the boats to the sea", "河水把船带到海里", "It's 1234 boats, isn't it?"]
    made.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=290, special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    texts = [*lines, "THE Sea's 98765 naïve 🙂\n\n  two", "a <|endoftext|> b"]
    made.save(str(folder / "tokenizer.json"), pretty=False)
    bare = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = [bare.encode(text, add_special_tokens=False).ids for text in texts[:-1]]
    (folder / "expected.json").write_text(
        json.dumps({"texts": texts[:-1], "ids": ids}, ensure_ascii=False) + "\n")


def sentencepiece_model():
    """A SentencePiece BPE with bytes to fall back on, and the ids that the library gives."""
    import sentencepiece

    folder = fresh("sentencepiece")
    lines = ["the river carries the boats to the sea", "河水把船带到海里 船在海里", "two boats, the sea"]
    (folder / "lines.txt").write_text("\n".join(lines * 4))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "lines.txt"), model_prefix=str(folder / "tokenizer"), vocab_size=330,
        model_type="bpe", byte_fallback=True, remove_extra_whitespaces=False,
        normalization_rule_name="identity", hard_vocab_limit=False, minloglevel=2)
    (folder / "lines.txt").unlink()
    (folder / "tokenizer.vocab").unlink()
    library = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    texts = [*lines, "The  sea's 98 naïve 🙂 boats\n the", " lead"]
    (folder / "expected.json").write_text(json.dumps(
        {"texts": texts, "ids": [library.encode(text) for text in texts]}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    transformers_models()
    chatglm3()
    original_glm()
    tokenizer()
    sentencepiece_model()
