#!/usr/bin/env python3
"""Prints the golden vectors of a model as it answers now, for its card.

    tools/models/golden.py models/emotion                      zeros, and random numbers from seed 1
    tools/models/golden.py models/face_detector --shape image=1,64,64,3

Append what it prints to the card: a version whose answers differ from it is refused (docs/howto/
run-a-model-repository.md). The inputs are those that src/model/golden.h makes from the same words. Runs
the model with ONNX Runtime where its Python package is there, else with onnx's own evaluator.
"""

import argparse
import sys
import tomllib
from pathlib import Path

import numpy as np

SPLIT_ADD = 0x9E3779B97F4A7C15
MASK = (1 << 64) - 1
DTYPES = {"BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
          "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "FP32": np.float32,
          "FP64": np.float64}


class Draws:
    """splitmix64, as many draws at once as are wanted."""

    def __init__(self, seed: int) -> None:
        self._state = seed & MASK

    def take(self, count: int) -> np.ndarray:
        with np.errstate(over="ignore"):
            steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(SPLIT_ADD) + np.uint64(self._state)
            z = (steps ^ (steps >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        self._state = (self._state + count * SPLIT_ADD) & MASK
        return z ^ (z >> np.uint64(31))


def values(dtype: str, shape: list[int], fill: str, draws: Draws) -> np.ndarray:
    """One input. Texts have no numbers here: a model of texts writes its vectors by hand."""
    count = int(np.prod(shape))
    if fill == "zero":
        return np.zeros(shape, DTYPES[dtype])
    drawn = draws.take(count)
    if dtype in ("FP32", "FP64"):
        return ((drawn >> np.uint64(40)).astype(np.float64) / 2**24).astype(DTYPES[dtype]).reshape(shape)
    if dtype == "BOOL":
        return (drawn & np.uint64(1)).astype(np.bool_).reshape(shape)
    width = np.dtype(DTYPES[dtype]).itemsize
    return drawn.view(np.uint8).reshape(count, 8)[:, :width].copy().view(DTYPES[dtype]).reshape(shape)


def run(file: Path, inputs: dict[str, np.ndarray], outputs: list[str]) -> list[np.ndarray]:
    try:
        import onnxruntime
    except ImportError:
        from onnx.reference import ReferenceEvaluator

        return ReferenceEvaluator(str(file)).run(outputs, inputs)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(outputs, inputs)


def table(card: dict, folder: Path, fill: str, arguments: argparse.Namespace) -> str:
    """One [[golden]]."""
    shapes = dict(arguments.shape)
    draws, inputs = Draws(arguments.seed), {}
    for spec in card["inputs"]:
        shape = shapes.get(spec["name"], [1 if size == -1 else size for size in spec["shape"]])
        inputs[spec["name"]] = values(spec["dtype"], shape, fill, draws)
    version = arguments.version or card.get("version", 1)
    names = [spec["name"] for spec in card["outputs"]]
    answers = run(folder / str(version) / "model.onnx", inputs, names)
    lines = ["[[golden]]", f"version = {version}", f'fill = "{fill}"']
    if fill == "random":
        lines.append(f"seed = {arguments.seed}")
    lines += [f"tolerance = {arguments.tolerance}", "inputs = ["]
    lines += [f'  {{name = "{name}", shape = {list(array.shape)}}},' for name, array in inputs.items()]
    lines += ["]", "outputs = ["]
    for name, answer in zip(names, answers, strict=True):
        flat = ", ".join(f"{float(value):.6g}" for value in answer.ravel())
        lines.append(f'  {{name = "{name}", values = [{flat}]}},')
    return "\n".join([*lines, "]"])


def shape_of(text: str) -> tuple[str, list[int]]:
    name, _, sizes = text.partition("=")
    return name, [int(size) for size in sizes.split(",")]


def main() -> int:
    parser = argparse.ArgumentParser(description="Prints the golden vectors of a model for its card.")
    parser.add_argument("folder", type=Path, help="models/<name>")
    parser.add_argument("--version", type=int, help="[the card's]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=0.001)
    parser.add_argument("--shape", type=shape_of, action="append", default=[], metavar="INPUT=1,64,64,3")
    arguments = parser.parse_args()
    card = tomllib.loads((arguments.folder / "card.toml").read_text())
    print("\n\n".join(table(card, arguments.folder, fill, arguments) for fill in ("zero", "random")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
