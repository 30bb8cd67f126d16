"""The two networks, written anew as ONNX graphs after face-api 1.7.15 (MIT).

What differs from the source in form and not in answer: bytes in, so that Cast, means and 1/255 are
in the graph; sums of residuals are accumulated, so that ONNX Runtime fuses each into the
convolution before it; where a convolution pads nothing, the means are folded into its bias; the
first convolution reads the interleaved pixels as one plane of three times the width, so that
nothing is transposed; and the detector pools before its activation, on a quarter of the values.
`plain=True` leaves the last two out: what they bring is measured (bench/run.py variants).
"""

from typing import NamedTuple

import numpy as np
from onnx import TensorProto

from errors import ImportFailed
from graph import ALL_ROUND, AT_THE_END, NO_PADS, Graph, Pads
from weights import Weights

EMOTION_MEAN_RGB = (122.782, 117.001, 104.298)
EMOTION_SIZE = 112
DETECTOR_MEAN_RGB = (117.001, 114.697, 97.404)
DETECTOR_LEAK = 0.10000000149011612


class FirstConv(NamedTuple):
    """The convolution that reads pixels: its filters [3, 3, 3, out], and the name of its bias."""

    name: str
    values: np.ndarray
    bias: str
    pads: Pads
    stride: int


def build_emotion(weights: Weights, size: int = EMOTION_SIZE, plain: bool = False) -> bytes:
    """image [N, size, size, 3] u8 RGB, size a multiple of 16 -> probabilities [N, 7] f32."""
    graph = Graph("emotion")
    image = graph.input("image", "UINT8", ["N", size, size, 3])
    # The first convolution pads with zeros *after* the means went off, so they cannot move into its
    # bias.
    means = np.array(EMOTION_MEAN_RGB, np.float32)
    means = means.reshape(1, 3, 1, 1) if plain else np.tile(means, size)
    x = graph.node("Cast", [_planes(graph, image, plain)], to=TensorProto.FLOAT)
    x = graph.node("Sub", [x, graph.constant("mean_rgb", means)])
    filters = (_take(weights, "dense0/conv0/filters") / np.float64(255)).astype(np.float32)
    bias = graph.constant("dense0/conv0/bias", _take(weights, "dense0/conv0/bias"))
    first = FirstConv("dense0/conv0/filters", filters, bias, AT_THE_END, 2)
    x = _first_conv(graph, x, first, plain)
    for block in range(4):
        x = _dense_block(graph, weights, x, f"dense{block}")
    last = size // 16  # px that are left, a side
    x = graph.node("AveragePool", [x], kernel_shape=[last, last], strides=[2, 2])  # [N, 256, 1, 1]
    x = graph.node("Flatten", [x])
    fc = graph.constant("fc/weights", _take(weights, "fc/weights"))
    x = graph.node("Gemm", [x, fc, graph.constant("fc/bias", _take(weights, "fc/bias"))])
    x = graph.node("Softmax", [x], axis=1)
    graph.output(x, "probabilities", "FP32", ["N", 7])
    return _closed(graph, weights)


def build_face_detector(weights: Weights, plain: bool = False, carried: int = 4) -> bytes:
    """image [N, H, W, 3] u8 RGB, H and W multiples of 32 -> grid [N, H/32, W/32, 25] f32.
    `carried`: in how many layers a convolution by one carries the activation."""
    graph = Graph("face_detector")
    image = graph.input("image", "UINT8", ["N", "H", "W", 3])
    x = graph.node("Cast", [_planes(graph, image, plain)], to=TensorProto.FLOAT)
    # Nothing is padded, so conv((x - mean) / 255) + b = conv'(x) + b' exactly, with filters / 255
    # and the means in the bias: no pass over the picture's pixels is needed for them.
    filters = _take(weights, "conv0/filters").astype(np.float64) / 255.0
    means = np.array(DETECTOR_MEAN_RGB).reshape(1, 1, 3, 1)
    bias = _take(weights, "conv0/bias").astype(np.float64) - (filters * means).sum(axis=(0, 1, 2))
    bias_name = graph.constant("conv0/bias", bias.astype(np.float32))
    first = FirstConv("conv0/filters", filters.astype(np.float32), bias_name, NO_PADS, 1)
    x = _first_conv(graph, x, first, plain)
    x = _pooled(graph, x, 0, plain, carried)
    for layer in range(1, 6):
        x = _separable(graph, weights, x, f"conv{layer}", ALL_ROUND)
        x = _pooled(graph, x, layer, plain, carried)
    last_bias = graph.constant("conv8/bias", _take(weights, "conv8/bias"))
    x = graph.conv(x, "conv8/filters", _take(weights, "conv8/filters"), last_bias, NO_PADS)
    x = graph.node("Transpose", [x], perm=[0, 2, 3, 1])
    graph.output(x, "grid", "FP32", ["N", "rows", "columns", 25])
    return _closed(graph, weights)


def _first_conv(graph: Graph, x: str, conv: FirstConv, plain: bool) -> str:
    """x as _planes gives it -> [N, out, H', W']."""
    if plain:
        return graph.conv(x, conv.name, conv.values, conv.bias, conv.pads, conv.stride)
    # [height, width, in, out] -> [out, 1, height, width * in]: a pixel is three columns wide.
    height, width, channels, out = conv.values.shape
    values = conv.values.reshape(height, -1, 1, out).transpose(3, 2, 0, 1)
    top, left, bottom, right = conv.pads
    return graph.node(
        "Conv",
        [x, graph.constant(conv.name, values), conv.bias],
        kernel_shape=[height, width * channels],
        pads=[top, left * channels, bottom, right * channels],
        strides=[conv.stride, conv.stride * channels],
    )


def _dense_block(graph: Graph, weights: Weights, x: str, name: str) -> str:
    """x [N, C, H, W] -> [N, C', H/2, W/2]: four convolutions, each of the sum of those before.
    dense0 gets the output of its first."""
    first = x  # dense0: its first convolution is the one that reads pixels
    if name != "dense0":
        first = _separable(graph, weights, x, f"{name}/conv0", AT_THE_END, stride=2)
    total = active = graph.node("Relu", [first])
    for index in (1, 2, 3):
        out = _separable(graph, weights, active, f"{name}/conv{index}", ALL_ROUND)
        total = graph.node("Add", [total, out])
        active = graph.node("Relu", [total])
    return active


def _separable(
    graph: Graph, weights: Weights, x: str, name: str, pads: Pads, stride: int = 1
) -> str:
    """x [N, C, H, W] -> [N, C', H/stride, W/stride]: 3x3 in each channel, then 1x1 across them."""
    depthwise, pointwise = f"{name}/depthwise_filter", f"{name}/pointwise_filter"
    x = graph.depthwise(x, depthwise, _take(weights, depthwise), pads, stride)
    bias = graph.constant(f"{name}/bias", _take(weights, f"{name}/bias"))
    return graph.conv(x, pointwise, _take(weights, pointwise), bias, NO_PADS)


def _planes(graph: Graph, image: str, plain: bool) -> str:
    """image [N, H, W, 3] -> [N, 1, H, 3 * W], the same bytes; plain: [N, 3, H, W]."""
    if plain:  # before Cast, while a pixel is one byte
        return graph.node("Transpose", [image], perm=[0, 3, 1, 2])
    rows = graph.node("Reshape", [image, graph.constant("rows", np.array([0, 0, -1]))])
    return graph.node("Unsqueeze", [rows, graph.constant("plane", np.array([1]))])


def _pooled(graph: Graph, x: str, layer: int, plain: bool, carried: int) -> str:
    """x [N, C, H, W] -> the detector's activation and pooling after convolution `layer`."""
    stride = 2 if layer < 5 else 1
    if plain:
        return _pool(graph, _leaky(graph, x), stride)
    # The activation grows with its input, so the largest of four may be taken first.
    x = _pool(graph, x, stride)
    if layer < carried:
        # ONNX Runtime applies an activation inside a blocked convolution or else converts to plain
        # planes and back for it. Where that costs more, a convolution by one carries it.
        channels = 16 << layer
        ones = graph.constant(f"one{layer}", np.ones((channels, 1, 1, 1), np.float32))
        x = graph.node("Conv", [x, ones], kernel_shape=[1, 1], group=channels)
    return _leaky(graph, x)


def _leaky(graph: Graph, x: str) -> str:
    return graph.node("LeakyRelu", [x], alpha=DETECTOR_LEAK)


def _pool(graph: Graph, x: str, stride: int) -> str:
    """x [N, C, H, W] -> [N, C, ceil(H/stride), ceil(W/stride)]; pads count for odd sizes."""
    return graph.node(
        "MaxPool", [x], kernel_shape=[2, 2], pads=list(AT_THE_END), strides=[stride, stride]
    )


def _take(weights: Weights, name: str) -> np.ndarray:
    """Removes and returns one tensor, so that what is left over at the end was never used."""
    if name not in weights:
        raise ImportFailed(f"build graph: the source has no tensor {name}")
    return weights.pop(name)


def _closed(graph: Graph, weights: Weights) -> bytes:
    """The model's bytes; refuses when the source held tensors that the graph does not use."""
    if weights:
        raise ImportFailed(f"build graph: tensors of the source are unused: {', '.join(weights)}")
    return graph.model()
