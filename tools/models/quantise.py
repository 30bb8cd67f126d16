"""Turns a part of an ONNX model into 8 bits: weights, bias and activations. Pure.

In: a model (networks.py), the first weights of the part, the first weights or the kind of node
after it, and the range of every activation of the part (calibrate.py). Out:
the same model in which each value of the part passes QuantizeLinear and DequantizeLinear, which
ONNX Runtime turns into integer kernels. What stays float costs little there or needs the precision.
The same model and ranges give the same bytes on every machine.
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from errors import ImportFailed

Ranges = dict[str, tuple[float, float]]

# What the integer kernels of the part know how to do.
KINDS = ("Conv", "MaxPool", "LeakyRelu", "Relu", "Add")


def part_of(model: onnx.ModelProto, first: str, after: str) -> list[onnx.NodeProto]:
    """The nodes from the convolution with weights `first` to before the one with weights `after`, or
    before the last node of that kind."""
    nodes = list(model.graph.node)
    places = {node.op_type: i for i, node in enumerate(nodes)}
    places |= {name: i for i, node in enumerate(nodes) for name in node.input}
    if first not in places or after not in places or places[first] >= places[after]:
        raise ImportFailed(f"quantise: the model has no part from {first} to before {after}")
    part = nodes[places[first] : places[after]]
    for node in part:
        if node.op_type not in KINDS:
            raise ImportFailed(f"quantise: {node.op_type} in the part is none of {', '.join(KINDS)}")
    return part


def activations(part: list[onnx.NodeProto]) -> list[str]:
    """The names whose ranges are needed: what the part reads first, and what each node makes, but
    for poolings, whose values are among those that they read."""
    made = [node.output[0] for node in part if node.op_type != "MaxPool"]
    return [part[0].input[0], *made]


class _Rewriter:
    """Collects the new graph's nodes and weights; one use."""

    def __init__(self, model: onnx.ModelProto, ranges: Ranges) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights = {weight.name: weight for weight in model.graph.initializer}
        self._ranges = ranges
        self._scales: dict[str, tuple[np.float32, np.uint8]] = {}
        self._instead: dict[str, str] = {}  # a tensor of the part -> itself after its 8 bits

    def copy(self, node: onnx.NodeProto) -> None:
        copied = onnx.NodeProto()
        copied.CopyFrom(node)
        for i, name in enumerate(node.input):
            copied.input[i] = self._instead.get(name, name)
        self.nodes.append(copied)

    def pass_through(self, name: str, scale_of: str | None = None) -> None:
        """`name` gets 8 bits, with its own scale or another tensor's."""
        scale, zero = self._scales[scale_of] if scale_of else self._scale(name)
        self._scales[name] = scale, zero
        scale_name = self._store(f"{name}/scale", scale)
        zero_name = self._store(f"{name}/zero", zero)
        for kind, source, to in (
            ("QuantizeLinear", name, f"{name}/u8"),
            ("DequantizeLinear", f"{name}/u8", f"{name}/back"),
        ):
            self.nodes.append(helper.make_node(kind, [source, scale_name, zero_name], [to]))
        self._instead[name] = f"{name}/back"

    def conv_weights(self, node: onnx.NodeProto) -> None:
        """Filters in 8 bits, each output channel with its scale; the bias in 32, with the product
        of that scale and the input's."""
        filters = numpy_helper.to_array(self.weights.pop(node.input[1])).astype(np.float64)
        scales = np.maximum(np.abs(filters).max(axis=(1, 2, 3)) / 127, 1e-12).astype(np.float32)
        whole = np.rint(filters / scales.astype(np.float64).reshape(-1, 1, 1, 1))
        self._dequantised(node.input[1], np.clip(whole, -127, 127).astype(np.int8), scales)
        if len(node.input) < 3:
            return
        products = self._scales[node.input[0]][0] * scales
        bias = numpy_helper.to_array(self.weights.pop(node.input[2])).astype(np.float64)
        self._dequantised(
            node.input[2], np.rint(bias / products.astype(np.float64)).astype(np.int32), products
        )

    def _dequantised(self, name: str, values: np.ndarray, scales: np.ndarray) -> None:
        inputs = [
            self._store(f"{name}/whole", values),
            self._store(f"{name}/scale", scales),
            self._store(f"{name}/zero", np.zeros(len(scales), values.dtype)),
        ]
        self.nodes.append(helper.make_node("DequantizeLinear", inputs, [f"{name}/back"], axis=0))
        self._instead[name] = f"{name}/back"

    def _scale(self, name: str) -> tuple[np.float32, np.uint8]:
        if name not in self._ranges:
            raise ImportFailed(f"quantise: the ranges have no {name}; measure them again")
        low, high = min(self._ranges[name][0], 0.0), max(self._ranges[name][1], 0.0)
        if not 0 < high - low < 1e9:
            raise ImportFailed(f"quantise: the range of {name} is {low} to {high}")
        scale = np.float32((high - low) / 255)
        return scale, np.uint8(np.clip(np.rint(-low / float(scale)), 0, 255))

    def _store(self, name: str, values: np.ndarray | np.generic) -> str:
        self.weights[name] = numpy_helper.from_array(np.asarray(values), name)
        return name


def quantise(data: bytes, first: str, after: str, ranges: Ranges) -> bytes:
    """The model `data` with the part from `first` to before `after` in 8 bits."""
    model = onnx.load_from_string(data)
    part = part_of(model, first, after)
    inside = {node.output[0] for node in part}
    rewriter = _Rewriter(model, ranges)
    for node in model.graph.node:
        if node.output[0] not in inside:
            rewriter.copy(node)
            continue
        if node.output[0] == part[0].output[0]:
            rewriter.pass_through(node.input[0])
        if node.op_type == "Conv":
            rewriter.conv_weights(node)
        rewriter.copy(node)
        pooled = node.input[0] if node.op_type == "MaxPool" else None
        rewriter.pass_through(node.output[0], pooled)
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(rewriter.nodes)
    model.graph.initializer.extend(rewriter.weights.values())
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
