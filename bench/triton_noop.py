"""The sum and difference of two tensors, for Triton's Python backend. It runs for the first request
only: the response cache answers the rest.

Loaded by Triton, whose interpreter is isolated: it hears of its packages here.
"""

import os
import sys

sys.path.append(os.environ["BENCH_SITE_PACKAGES"])

import triton_python_backend_utils as triton  # noqa: E402


class TritonPythonModel:
    """The name is Triton's."""

    def execute(self, requests):
        return [self._answer(request) for request in requests]

    def _answer(self, request):
        left, right = (triton.get_input_tensor_by_name(request, name).as_numpy()
                       for name in ("INPUT0", "INPUT1"))
        return triton.InferenceResponse([triton.Tensor("OUTPUT0", left + right),
                                         triton.Tensor("OUTPUT1", left - right)])
