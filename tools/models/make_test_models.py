#!/usr/bin/env python3
"""Writes five tiny models whose answers are known by construction, for tests of the server.

    python tools/models/make_test_models.py build/test_models

writes <name>/card.toml and <name>/1/model.onnx for each; the same bytes on every run. `slow` is for
tests of deadlines and cancelling: many nodes of a few milliseconds, so that a run can be ended
between two of them.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto

from card import write_atomically
from errors import ImportFailed
from graph import Graph

SLOW_SIZE = 512


@dataclass(frozen=True)
class Tensor:
    """One line of [[inputs]] or [[outputs]]."""

    name: str
    dtype: str
    shape: list[int]
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TestModel:
    """A model and what its card says. `tables` are the tables of its task, as [name]."""

    __test__ = False  # pytest takes every class whose name begins with Test

    task: str
    summary: str
    onnx: bytes
    inputs: list[Tensor]
    outputs: list[Tensor]
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)


def picture(size: int) -> Tensor:
    """image [N, size, size, 3] u8 RGB."""
    more: dict[str, Any] = {"layout": "NHWC", "colour": "RGB", "range": [0, 255]}
    return Tensor("image", "UINT8", [-1, size, size, 3], more)


def identity_u8() -> TestModel:
    """input [N, M] u8 -> output [N, M] u8, the same bytes."""
    graph = Graph("identity_u8")
    x = graph.input("input", "UINT8", ["N", "M"])
    graph.output(graph.node("Identity", [x]), "output", "UINT8", ["N", "M"])
    return TestModel(
        "tensors",
        "Returns the bytes it is given.",
        graph.model(),
        [Tensor("input", "UINT8", [-1, -1])],
        [Tensor("output", "UINT8", [-1, -1])],
    )


def add_sub() -> TestModel:
    """INPUT0, INPUT1 [N, 16] i32 -> OUTPUT0 = their sum, OUTPUT1 = INPUT0 - INPUT1."""
    graph = Graph("add_sub")
    inputs = [graph.input(f"INPUT{i}", "INT32", ["N", 16]) for i in (0, 1)]
    graph.output(graph.node("Add", inputs), "OUTPUT0", "INT32", ["N", 16])
    graph.output(graph.node("Sub", inputs), "OUTPUT1", "INT32", ["N", 16])
    return TestModel(
        "tensors",
        "The sum and the difference of two inputs.",
        graph.model(),
        [Tensor(f"INPUT{i}", "INT32", [-1, 16]) for i in (0, 1)],
        [Tensor(f"OUTPUT{i}", "INT32", [-1, 16]) for i in (0, 1)],
    )


def other_emotion() -> TestModel:
    """image [N, 64, 64, 3] u8 -> probabilities [N, 3] f32 = softmax(mean colour / 32)."""
    graph = Graph("other_emotion")
    image = graph.input("image", "UINT8", ["N", 64, 64, 3])
    x = graph.node("Cast", [image], to=TensorProto.FLOAT)
    x = graph.node("ReduceMean", [x], axes=[1, 2], keepdims=0)
    x = graph.node("Div", [x, graph.constant("temperature", np.array(32, np.float32))])
    x = graph.node("Softmax", [x], axis=1)
    graph.output(x, "probabilities", "FP32", ["N", 3])
    classifier: dict[str, Any] = {"labels": ["red", "green", "blue"], "crop": "square_pad"}
    return TestModel(
        "classification",
        "softmax(mean colour / 32): which colour there is most of.",
        graph.model(),
        [picture(64)],
        [Tensor("probabilities", "FP32", [-1, 3], {"range": [0.0, 1.0]})],
        {"classifier": classifier},
    )


def other_detector() -> TestModel:
    """image [N, 96, 96, 3] u8 -> boxes [N, 4, 4] f32 x1, y1, x2, y2 in pixels, scores [N, 4] f32.

    The boxes are the quadrants (top left, top right, bottom left, bottom right); the score of each
    is the mean of all its values / 255.
    """
    graph = Graph("other_detector")
    image = graph.input("image", "UINT8", ["N", 96, 96, 3])
    x = graph.node("Cast", [image], to=TensorProto.FLOAT)
    x = graph.node("Transpose", [x], perm=[0, 3, 1, 2])
    x = graph.node("AveragePool", [x], kernel_shape=[48, 48], strides=[48, 48])
    x = graph.node("ReduceMean", [x], axes=[1], keepdims=0)  # [N, 2, 2]
    x = graph.node("Flatten", [x])
    scores = graph.node("Div", [x, graph.constant("white", np.array(255, np.float32))])
    graph.output(scores, "scores", "FP32", ["N", 4])
    # Times zero plus the quadrants: as many copies of them as there are pictures.
    x = graph.node("Unsqueeze", ["scores", graph.constant("last", np.array([2], np.int64))])
    x = graph.node("Mul", [x, graph.constant("zero", np.array(0, np.float32))])
    quadrants = [[0, 0, 48, 48], [48, 0, 96, 48], [0, 48, 48, 96], [48, 48, 96, 96]]
    x = graph.node("Add", [x, graph.constant("quadrants", np.array([quadrants], np.float32))])
    graph.output(x, "boxes", "FP32", ["N", 4, 4])
    detector = {
        "decode": "boxes",
        "score_min": 0.5,
        "iou_max": 0.4,
        "sizes": [96],
        "size_default": 96,
        "size_multiple": 96,
    }
    return TestModel(
        "detection",
        "The four quadrants of a picture, scored by how bright each is.",
        graph.model(),
        [picture(96)],
        [Tensor("boxes", "FP32", [-1, 4, 4]), Tensor("scores", "FP32", [-1, 4])],
        {"detector": detector},
    )


def slow(nodes: int) -> TestModel:
    """input [N, 1] f32 -> output [N, 1] f32, the same number after `nodes` products of matrices.

    A matrix filled with the number is multiplied again and again by a permutation, which changes
    nothing. The permutation is the left factor: as the right one ONNX Runtime would keep a packed
    copy of it for every node.
    """
    graph = Graph("slow")
    x = graph.input("input", "FP32", ["N", 1])
    x = graph.node("Unsqueeze", [x, graph.constant("last", np.array([2], np.int64))])
    size = graph.constant("size", np.array([1, SLOW_SIZE, SLOW_SIZE], np.int64))
    x = graph.node("Expand", [x, size])
    shifted = graph.constant("shifted", np.roll(np.arange(SLOW_SIZE, dtype=np.int64), 1))
    depth = graph.constant("depth", np.array(SLOW_SIZE, np.int64))
    off_on = graph.constant("off_on", np.array([0, 1], np.float32))
    permutation = graph.node("OneHot", [shifted, depth, off_on])
    for _ in range(nodes):
        x = graph.node("MatMul", [permutation, x])
    x = graph.node("ReduceMax", [x], axes=[2], keepdims=0)
    graph.output(graph.node("ReduceMax", [x], axes=[1]), "output", "FP32", ["N", 1])
    return TestModel(
        "tensors",
        "Returns the number it is given after about two seconds.",
        graph.model(),
        [Tensor("input", "FP32", [-1, 1])],
        [Tensor("output", "FP32", [-1, 1])],
    )


def card_text(name: str, model: TestModel) -> str:
    """card.toml of a test model, with the keys of models/*/card.toml."""
    top = {
        "name": name,
        "version": 1,
        "task": model.task,
        "summary": model.summary,
        "intended_use": "Tests of Perigee.",
        "limits": "It has learnt nothing.",
        "accuracy": "Exact by construction.",
        "licence": "Apache-2.0",
    }
    source: dict[str, Any] = {
        "package": "tools/models/make_test_models.py",
        "version": "1",
        "files": [],
    }
    file = {
        "path": "1/model.onnx",
        "sha256": hashlib.sha256(model.onnx).hexdigest(),
        "bytes": len(model.onnx),
    }
    parts = [_lines("", top), _lines("[source]", source), _lines("[file]", file)]
    for header, tensors in (("[[inputs]]", model.inputs), ("[[outputs]]", model.outputs)):
        for tensor in tensors:
            fixed = {"name": tensor.name, "dtype": tensor.dtype, "shape": tensor.shape}
            parts.append(_lines(header, fixed | tensor.more))
    parts += [_lines(f"[{table}]", values) for table, values in model.tables.items()]
    return "\n".join(parts)


def _lines(header: str, values: dict[str, Any]) -> str:
    """One table; JSON's strings, numbers and lists of them are TOML's too."""
    lines = [header] if header else []
    return (
        "\n".join(lines + [f"{key} = {json.dumps(value)}" for key, value in values.items()]) + "\n"
    )


def main(arguments: list[str]) -> int:
    """Exit status: 0 written, 1 failed, 2 wrong arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the models go; made if missing")
    parser.add_argument(
        "--slow-nodes", type=int, default=1300, help="nodes of `slow` (%(default)s)"
    )
    options = parser.parse_args(arguments)
    makers: list[Callable[[], TestModel]] = [identity_u8, add_sub, other_emotion, other_detector]
    models = {maker.__name__: maker() for maker in makers} | {"slow": slow(options.slow_nodes)}
    try:
        for name, model in models.items():
            write_atomically(options.folder / name / "1/model.onnx", model.onnx)
            write_atomically(options.folder / name / "card.toml", card_text(name, model).encode())
    except ImportFailed as error:
        print(f"make_test_models: {error}", file=sys.stderr)
        return 1
    print(f"wrote {', '.join(models)} to {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
