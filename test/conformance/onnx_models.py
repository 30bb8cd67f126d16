"""Small ONNX models made on the spot, so that a test can have a version that answers otherwise, is slow or large."""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
WIDTH = 4


def place(folder, name, version, model):
    """models/<name>/<version>/model.onnx; written aside and renamed, so that nobody sees half a file."""
    at = folder / name / str(version)
    at.mkdir(parents=True, exist_ok=True)
    (at / "new").write_bytes(model)
    (at / "new").rename(at / "model.onnx")


def shift(by, dtype=TensorProto.FLOAT):
    """x [N, 4] -> y [N, 4] = x + by"""
    kind = helper.tensor_dtype_to_np_dtype(dtype)
    constant = numpy_helper.from_array(numpy.array([by], kind), "by")
    return serialised([helper.make_node("Add", ["x", "by"], ["y"])], [constant], dtype)


def heavy(megabytes):
    """x [N, 4] -> y [N, 4] = x; with so many megabytes of weights on the way."""
    columns = (megabytes << 20) // (4 * WIDTH)
    rows = numpy.zeros((WIDTH, columns), numpy.float32)
    rows[:, :WIDTH] = numpy.eye(WIDTH)
    nodes = [helper.make_node("MatMul", ["x", "wide"], ["spread"]),
             helper.make_node("Slice", ["spread", "zero", "width", "one"], ["y"])]
    whole = {"zero": 0, "width": WIDTH, "one": 1}
    constants = [numpy_helper.from_array(rows, "wide")]
    constants += [numpy_helper.from_array(numpy.array([value], numpy.int64), name) for name, value in whole.items()]
    return serialised(nodes, constants)


def slow(turns, side=128):
    """x [N, 4] -> y [N, 4] = x, after so many products of two matrices, each a node of its own."""
    square = numpy_helper.from_array(numpy.eye(side, dtype=numpy.float32), "turn0")
    nodes = [helper.make_node("MatMul", [f"turn{n}", "turn0"], [f"turn{n + 1}"]) for n in range(turns)]
    # The product takes part in the answer, and the runtime cannot work it out before it knows x.
    nodes = [helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
             helper.make_node("Mul", ["most", "nothing"], ["none"]),
             helper.make_node("Add", ["none", "square"], ["turn0"]), *nodes,
             helper.make_node("ReduceMin", [f"turn{turns}"], ["least"], keepdims=0),
             helper.make_node("Add", ["x", "least"], ["y"])]
    square.name = "square"
    return serialised(nodes, [square, numpy_helper.from_array(numpy.array(0, numpy.float32), "nothing")])


def serialised(nodes, constants, dtype=TensorProto.FLOAT):
    ends = [helper.make_tensor_value_info(name, dtype, ["N", WIDTH]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "made", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def request(values=(1, 2, 3, 4), datatype="FP32"):
    """The body of an inference of one row."""
    return {"inputs": [{"name": "x", "shape": [1, WIDTH], "datatype": datatype, "data": list(values)}]}
