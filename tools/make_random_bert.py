#!/usr/bin/env python3
"""Writes a BERT-family model folder with random weights of a given shape: for speed, not meaning.

usage: make_random_bert.py --shape bge-base|bge-large|minilm --tokenizer DIR --out DIR [--seed N] [--cross-encoder]

The tokenizer's files are copied from DIR (a folder with the 30,522-token bert-base vocabulary).
Weights are normal with the family's usual deviation, so that activations stay in range. Keep the
result outside the repository.
Needs: numpy.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np

SHAPES = {  # layers, heads, d_model, d_ff
    "minilm": (6, 12, 384, 1536),
    "bge-base": (12, 12, 768, 3072),
    "bge-large": (24, 16, 1024, 4096),
}
N_VOCAB, N_POSITIONS, N_TYPES = 30522, 512, 2


def tensor_shapes(n_layers: int, d: int, d_ff: int, is_cross_encoder: bool) -> dict[str, tuple[int, ...]]:
    shapes = {"embeddings.word_embeddings.weight": (N_VOCAB, d),
              "embeddings.position_embeddings.weight": (N_POSITIONS, d),
              "embeddings.token_type_embeddings.weight": (N_TYPES, d),
              "embeddings.LayerNorm.weight": (d,), "embeddings.LayerNorm.bias": (d,)}
    for i in range(n_layers):
        linear = {"attention.self.query": (d, d), "attention.self.key": (d, d),
                  "attention.self.value": (d, d), "attention.output.dense": (d, d),
                  "intermediate.dense": (d_ff, d), "output.dense": (d, d_ff)}
        for name, shape in linear.items():
            shapes[f"encoder.layer.{i}.{name}.weight"] = shape
            shapes[f"encoder.layer.{i}.{name}.bias"] = shape[:1]
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"encoder.layer.{i}.{name}.weight"] = (d,)
            shapes[f"encoder.layer.{i}.{name}.bias"] = (d,)
    shapes |= {"pooler.dense.weight": (d, d), "pooler.dense.bias": (d,)}
    if not is_cross_encoder:
        return shapes
    shapes = {"bert." + name: shape for name, shape in shapes.items()}
    return shapes | {"classifier.weight": (1, d), "classifier.bias": (1,)}


def write_safetensors(path: pathlib.Path, shapes: dict, seed: int) -> None:
    """One tensor in memory at a time."""
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        n_bytes = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + n_bytes]}
        at += n_bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    rng = np.random.default_rng(seed)
    with open(path, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            values = 0.03 * rng.standard_normal(shape, dtype=np.float32)
            f.write((values + 1 if name.endswith("LayerNorm.weight") else values).tobytes())


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    ap.add_argument("--shape", required=True, choices=sorted(SHAPES))
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--cross-encoder", action="store_true", help="one label for a pair of texts, as rerankers have it")
    a = ap.parse_args()
    n_layers, n_heads, d, d_ff = SHAPES[a.shape]
    out = pathlib.Path(a.out)
    (out / "1_Pooling").mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        if (pathlib.Path(a.tokenizer) / name).exists():
            shutil.copy(pathlib.Path(a.tokenizer) / name, out / name)
    files = {
        "config.json": {"architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu",
                        "hidden_size": d, "intermediate_size": d_ff, "num_attention_heads": n_heads,
                        "num_hidden_layers": n_layers, "vocab_size": N_VOCAB, "pad_token_id": 0,
                        "max_position_embeddings": N_POSITIONS, "type_vocab_size": N_TYPES,
                        "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"},
        "modules.json": [{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
                         for i, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"),
                                                           ("2_Normalize", "Normalize")))],
        "1_Pooling/config.json": {"word_embedding_dimension": d, "pooling_mode_mean_tokens": True,
                                  "pooling_mode_cls_token": False, "pooling_mode_max_tokens": False},
        "sentence_bert_config.json": {"max_seq_length": N_POSITIONS, "do_lower_case": False},
    }
    if a.cross_encoder:
        files = {"config.json": files["config.json"] | {
            "architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"},
            "label2id": {"LABEL_0": 0}}}
        (out / "1_Pooling").rmdir()
    for name, body in files.items():
        (out / name).write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    write_safetensors(out / "model.safetensors", tensor_shapes(n_layers, d, d_ff, a.cross_encoder), a.seed)


if __name__ == "__main__":
    main()
