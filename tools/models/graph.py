"""A small builder of ONNX graphs: each method appends one node and returns the name of its output.

Pictures are NCHW between the first and the last Transpose. Filters arrive with TensorFlow's axes
([height, width, in, out]) and are turned to ONNX's ([out, in, height, width]) here, in this file
only.
"""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8

# (top, left, bottom, right) of TensorFlow's "same" padding: of an uneven amount the larger part
# goes to the end, which is what a stride of 2 over an even size needs.
Pads = tuple[int, int, int, int]
NO_PADS: Pads = (0, 0, 0, 0)
ALL_ROUND: Pads = (1, 1, 1, 1)
AT_THE_END: Pads = (0, 0, 1, 1)

TYPES = {"UINT8": TensorProto.UINT8, "INT32": TensorProto.INT32, "FP32": TensorProto.FLOAT}
Shape = list[int | str]


class Graph:
    """Collects nodes and weights; Model() closes it. One graph, one model."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: str, shape: Shape) -> str:
        """Declares an input; a string in the shape is a size known at run time only."""
        self._inputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))
        return name

    def output(self, value: str, name: str, dtype: str, shape: Shape) -> None:
        """Declares `value`, the output of the last node made, to be the model's output `name`."""
        assert self._nodes[-1].output[0] == value, "only the last node's output can be renamed"
        self._nodes[-1].output[0] = name
        self._outputs.append(helper.make_tensor_value_info(name, TYPES[dtype], shape))

    def constant(self, name: str, values: np.ndarray) -> str:
        """Stores weights under a name of the source, so that a person can find them again."""
        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Any operator with one output."""
        output = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(
        self,
        x: str,
        filters: str,
        values: np.ndarray,
        bias: str | None,
        pads: Pads,
        stride: int = 1,
    ) -> str:
        """x [N, in, H, W], values [height, width, in, out] named `filters` -> [N, out, H', W']."""
        inputs = [x, self.constant(filters, values.transpose(3, 2, 0, 1))] + (
            [bias] if bias else []
        )
        return self.node(
            "Conv",
            inputs,
            kernel_shape=list(values.shape[:2]),
            pads=list(pads),
            strides=[stride, stride],
        )

    def depthwise(
        self, x: str, filters: str, values: np.ndarray, pads: Pads, stride: int = 1
    ) -> str:
        """x [N, C, H, W], values [height, width, C, 1] -> [N, C, H', W'], channel by channel."""
        channels = values.shape[2]
        weight = self.constant(filters, values.transpose(2, 3, 0, 1))
        return self.node(
            "Conv",
            [x, weight],
            kernel_shape=list(values.shape[:2]),
            pads=list(pads),
            strides=[stride, stride],
            group=channels,
        )

    def model(self) -> bytes:
        """The checked model, serialised; the same graph gives the same bytes."""
        graph = helper.make_graph(
            self._nodes, self._name, self._inputs, self._outputs, self._weights
        )
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="perigee"
        )
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)
