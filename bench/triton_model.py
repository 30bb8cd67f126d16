"""The model as Triton's Python backend runs it: one ONNX Runtime session of one thread an instance.

Loaded by Triton, whose interpreter is isolated: it hears of its packages here.
"""

import os
import sys

sys.path.append(os.environ["BENCH_SITE_PACKAGES"])

import onnxruntime  # noqa: E402
import triton_python_backend_utils as triton  # noqa: E402


class TritonPythonModel:
    """The name is Triton's."""

    def initialize(self, args):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options,
                                                     providers=["CPUExecutionProvider"])

    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        image = triton.get_input_tensor_by_name(request, "image").as_numpy()
        (probabilities,) = self._session.run(None, {"image": image})
        return triton.InferenceResponse([triton.Tensor("probabilities", probabilities)])
