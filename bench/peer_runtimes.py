"""The other runtimes behind one face: `ways()` to run them, `use(way)`, `forward(arrays)`.

A way says how the cores are used: streams = 1 puts all threads on one batch; streams = n runs n
batches at once with one thread each. forward takes int64 [n_seqs, longest] arrays and returns the
hidden states, float32 [n_seqs, longest, d_model]; it is called from `streams` threads at once.
"""
import inspect
import json
import os
import pathlib
import threading

import numpy as np


class Runtime:
    def __init__(self, a):
        self.a = a
        self.way: dict = {}
        self.d_model = json.loads((pathlib.Path(a.model) / "config.json").read_text())["hidden_size"]
        self.setup()
        self.use(**self.ways()[0])

    def setup(self) -> None:
        pass

    def ways(self) -> list[dict]:
        both = [{"streams": 1}]
        return both + ([{"streams": self.a.threads}] if self.a.threads > 1 else [])

    def use(self, **way) -> None:
        self.way = way
        streams = way.get("streams", 1)
        self.open(streams, self.a.threads if streams == 1 else 1, way)

    def open(self, streams: int, threads: int, way: dict) -> None:
        raise NotImplementedError

    def about(self) -> dict:
        return {}


class Torch(Runtime):
    def setup(self) -> None:
        import torch
        from transformers import AutoModel
        dtype = {"f32": torch.float32, "bf16": torch.bfloat16}[self.a.precision]
        self.torch = torch
        self.model = AutoModel.from_pretrained(self.a.model, dtype=dtype).eval()
        self.names = inputs_of(self.model)

    def open(self, streams, threads, way) -> None:
        self.torch.set_num_threads(threads)

    def forward(self, arrays: dict) -> np.ndarray:
        tensors = {k: self.torch.from_numpy(arrays[k]) for k in self.names}
        with self.torch.inference_mode():
            return self.model(**tensors).last_hidden_state.float().numpy()

    def about(self) -> dict:
        return {"version": self.torch.__version__,
                "isa": self.torch.backends.cpu.get_cpu_capability()}


class SentenceTransformers(Runtime):
    def setup(self) -> None:
        import torch
        import sentence_transformers
        self.version = sentence_transformers.__version__
        torch.set_num_threads(self.a.threads)
        self.model = sentence_transformers.SentenceTransformer(self.a.model, device="cpu")
        self.model.max_seq_length = self.a.max_tokens

    def ways(self) -> list[dict]:
        return [{"streams": 1}]

    def open(self, streams, threads, way) -> None:
        pass

    def embed_texts(self, texts: list[str], batch: int) -> tuple[np.ndarray, int]:
        out = self.model.encode(texts, batch_size=batch, normalize_embeddings=True,
                                show_progress_bar=False)
        n_tokens = getattr(self, "n_tokens", {})
        key = id(texts), len(texts)
        if key not in n_tokens:  # Outside its own timed work after the first pass over a list.
            ids = self.model.tokenizer(texts, truncation=True, max_length=self.a.max_tokens)
            n_tokens[key] = sum(map(len, ids["input_ids"]))
            self.n_tokens = n_tokens
        return out, n_tokens[key]

    def about(self) -> dict:
        return {"version": self.version}


def inputs_of(model) -> list[str]:
    """Which of a tokenizer's arrays the model's forward takes: not every family has types."""
    takes = inspect.signature(model.forward).parameters
    return [k for k in ("input_ids", "attention_mask", "token_type_ids") if k in takes]


def export_onnx(a) -> str:
    """The f32 graph, made once under the work folder."""
    path = pathlib.Path(a.work) / "f32.onnx"
    if path.exists():
        return str(path)
    import torch
    from transformers import AutoModel
    model = AutoModel.from_pretrained(a.model, attn_implementation="eager", dtype=torch.float32)
    names = inputs_of(model)
    if hasattr(model.config, "use_cache"):
        model.config.use_cache = False

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.eval()

        def forward(self, *arrays):
            return self.model(**dict(zip(names, arrays)))[0]

    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2178, 102, 0]])
    arrays = {"input_ids": ids, "attention_mask": (ids != 0).long(),
              "token_type_ids": torch.zeros_like(ids)}
    part = path.with_suffix(".part")
    torch.onnx.export(Hidden(), tuple(arrays[k] for k in names), str(part),
                      input_names=names, output_names=["hidden"], dynamo=False, opset_version=17,
                      dynamic_axes={k: {0: "batch", 1: "length"} for k in names + ["hidden"]})
    part.rename(path)
    return str(path)


def int8_onnx(a) -> str:
    """The int8 graph given, or the f32 one quantised the way ONNX Runtime documents."""
    if a.int8_onnx:
        return a.int8_onnx
    path = pathlib.Path(a.work) / "int8.onnx"
    if not path.exists():
        from onnxruntime.quantization import QuantType, quantize_dynamic
        part = path.with_suffix(".part")
        quantize_dynamic(export_onnx(a), str(part), weight_type=QuantType.QInt8, per_channel=True)
        part.rename(path)
    return str(path)


class OnnxRuntime(Runtime):
    def setup(self) -> None:
        import onnxruntime
        self.ort = onnxruntime
        self.file = {"f32": export_onnx, "int8": int8_onnx}[self.a.precision](self.a)

    def open(self, streams, threads, way) -> None:
        options = self.ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = self.ort.InferenceSession(self.file, options,
                                                 providers=["CPUExecutionProvider"])
        self.names = [i.name for i in self.session.get_inputs()]

    def forward(self, arrays: dict) -> np.ndarray:
        return self.session.run(None, {k: arrays[k] for k in self.names})[0]

    def about(self) -> dict:
        return {"version": self.ort.__version__}


class OpenVino(Runtime):
    def setup(self) -> None:
        import openvino
        self.ov = openvino
        self.core = openvino.Core()
        self.file = {"int8": int8_onnx, "int8-nncf": lambda a: a.openvino_int8}.get(
            self.a.precision, export_onnx)(self.a)

    def ways(self) -> list[dict]:
        if not self.a.precision.startswith("int8"):
            return super().ways()
        # An int8 graph keeps its other operations in the hinted precision.
        hints = ["f32"] + (["bf16"] if "BF16" in self.about()["can"] else [])
        return [{**w, "hint": h} for w in super().ways() for h in hints]

    def open(self, streams, threads, way) -> None:
        hint = way.get("hint", "bf16" if self.a.precision == "bf16" else "f32")
        self.compiled = self.core.compile_model(self.file, "CPU", {
            "INFERENCE_NUM_THREADS": self.a.threads, "NUM_STREAMS": streams,
            "INFERENCE_PRECISION_HINT": hint})
        self.names = [i.get_any_name() for i in self.compiled.inputs]
        self.requests = threading.local()

    def forward(self, arrays: dict) -> np.ndarray:
        if not hasattr(self.requests, "mine"):
            self.requests.mine = self.compiled.create_infer_request()
        out = self.requests.mine.infer({k: arrays[k] for k in self.names}, share_inputs=True,
                                       share_outputs=True)
        return np.asarray(out[self.compiled.outputs[0]], np.float32)

    def about(self) -> dict:
        return {"version": self.ov.__version__.split("-")[0],
                "can": self.core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")}


class CTranslate2(Runtime):
    TYPES = {"f32": ["float32"], "bf16": ["bfloat16"],
             "int8": ["int8", "int8_float32", "int8_bfloat16"]}

    def setup(self) -> None:
        import ctranslate2
        self.ct2 = ctranslate2
        can = ctranslate2.get_supported_compute_types("cpu")
        self.types = [t for t in self.TYPES[self.a.precision] if t in can]
        if not self.types:
            raise ValueError(f"{self.a.precision} is not supported on this machine, only {can}")
        self.folder = pathlib.Path(self.a.work) / "ctranslate2"
        if not self.folder.exists():
            ctranslate2.converters.TransformersConverter(self.a.model).convert(str(self.folder))

    def ways(self) -> list[dict]:
        return [{**w, "type": t} for w in super().ways() for t in self.types]

    def open(self, streams, threads, way) -> None:
        self.encoder = self.ct2.Encoder(str(self.folder), device="cpu", inter_threads=streams,
                                        intra_threads=threads, compute_type=way["type"])

    def forward(self, arrays: dict) -> np.ndarray:
        lengths = arrays["attention_mask"].sum(axis=1)
        ids = [row[:n].tolist() for row, n in zip(arrays["input_ids"], lengths)]
        hidden = self.encoder.forward_batch(ids).last_hidden_state
        return np.array(hidden.to(self.ct2.DataType.float32), np.float32)

    def about(self) -> dict:
        return {"version": self.ct2.__version__}


RUNTIMES = {"torch": Torch, "sentence-transformers": SentenceTransformers, "onnxruntime": OnnxRuntime,
            "openvino": OpenVino, "ctranslate2": CTranslate2}
CAN = {"torch": ["f32", "bf16"], "sentence-transformers": ["f32"], "onnxruntime": ["f32", "int8"],
       "openvino": ["f32", "bf16", "int8", "int8-nncf"], "ctranslate2": ["f32", "bf16", "int8"]}

# What keeps each runtime off AVX-512; a runtime that is not here cannot be held.
HELD_TO_AVX2 = {
    "torch": {"ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2",
              "ATEN_CPU_CAPABILITY": "avx2"},
    "openvino": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "ctranslate2": {"CT2_FORCE_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2",
                    "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
}
HELD_TO_AVX2["sentence-transformers"] = HELD_TO_AVX2["torch"]

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
