"""Reads the weights of a TensorFlow.js layers model as face-api publishes them.

In: a manifest (JSON: names, shapes, quantisation) and one binary file in which the tensors lie back
to back in the manifest's order. Out: float32 arrays by name, with TensorFlow's axes: filters
[height, width, in, out], depthwise filters [height, width, channel, 1], biases [out].
"""

import json
import math

import numpy as np

from errors import ImportFailed

Weights = dict[str, np.ndarray]


def parse_weights(manifest: bytes, data: bytes, what: str) -> Weights:
    """Every tensor of the manifest as float32; refuses data that is too short or too long."""
    weights: Weights = {}
    offset = 0
    for entry in _entries(manifest, what):
        name, shape = entry["name"], entry["shape"]
        stored = np.dtype("<u1" if "quantization" in entry else "<f4")
        count = math.prod(shape)
        end = offset + count * stored.itemsize
        if end > len(data):
            raise ImportFailed(
                f"read {what}: the weights end at byte {len(data)}, but {name} needs {end}"
            )
        values = np.frombuffer(data, stored, count, offset)
        weights[name] = _dequantise(values, entry).reshape(shape)
        offset = end
    if offset != len(data):
        raise ImportFailed(f"read {what}: {len(data) - offset} bytes after the last tensor")
    return weights


def _entries(manifest: bytes, what: str) -> list[dict]:
    """The tensors that the manifest lists, checked to be of the two kinds read here."""
    try:
        entries = [entry for group in json.loads(manifest) for entry in group["weights"]]
        kinds = {entry.get("quantization", entry)["dtype"] for entry in entries}
        complete = all(entry["name"] and entry["shape"] for entry in entries)
        if not entries:
            raise ValueError("no tensors")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ImportFailed(f"read {what}: not a weights manifest ({error!r})") from error
    if not complete or not kinds <= {"uint8", "float32"}:
        raise ImportFailed(f"read {what}: tensors of {sorted(kinds)}, known are uint8 and float32")
    return entries


def _dequantise(values: np.ndarray, entry: dict) -> np.ndarray:
    """float32 values; as in TensorFlow.js the product is made in double and rounded once."""
    if "quantization" not in entry:
        return values.astype(np.float32)
    scale, low = entry["quantization"]["scale"], entry["quantization"]["min"]
    return (values.astype(np.float64) * scale + low).astype(np.float32)
