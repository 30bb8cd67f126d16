"""A model with the inputs and outputs of `emotion` that does no work: what is left of a request to
it is the way there and back."""

from __future__ import annotations

import sys
from pathlib import Path

from processes import ROOT

sys.path.append(str(ROOT / "tools/models"))
NAME = "noop"


def add_to(models: Path) -> None:
    """image [N, 112, 112, 3] u8 -> probabilities [N, 7] f32, bytes of the first line of pixels."""
    import numpy as np
    from graph import Graph
    from onnx import TensorProto

    graph = Graph(NAME)
    x = graph.input("image", "UINT8", ["N", 112, 112, 3])
    bounds = [graph.constant(name, np.array(values, np.int64))
              for name, values in (("from", [0, 0, 0]), ("to", [1, 7, 1]), ("axes", [1, 2, 3]))]
    x = graph.node("Slice", [x, *bounds])
    x = graph.node("Cast", [x], to=TensorProto.FLOAT)
    x = graph.node("Reshape", [x, graph.constant("shape", np.array([-1, 7], np.int64))])
    graph.output(x, "probabilities", "FP32", ["N", 7])
    folder = models / NAME / "1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(graph.model())
