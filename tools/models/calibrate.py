"""Measures the ranges that 8 bits have to hold. Needs onnxruntime."""

import numpy as np
import onnx
import onnxruntime

from evaluation import open_session
from quantise import Ranges, activations, part_of
from recipes import Part


def measure_ranges(model: bytes, part: Part, inputs: list[np.ndarray]) -> Ranges:
    """The range of every activation of the part, over inputs [size, size, 3] u8."""
    graph = onnx.load_from_string(model)
    names = activations(part_of(graph, part.first, part.after))
    graph.graph.output.extend(onnx.helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    # Optimised, a value that we want to see may not exist.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = open_session(graph.SerializeToString(), options)
    ranges: Ranges = {}
    for picture in inputs:
        values = session.run(names, {"image": picture[None]})
        for name, value in zip(names, values, strict=True):
            low, high = ranges.get(name, (0.0, 0.0))
            ranges[name] = min(low, float(value.min())), max(high, float(value.max()))
    return ranges
