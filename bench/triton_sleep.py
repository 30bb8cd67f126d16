"""The model of bench/sleep_server.cc as Triton's Python backend runs it: a run of b rows sleeps
20 + 5 b milliseconds.

Loaded by Triton, whose interpreter is isolated: it hears of its packages here.
"""

import os
import random
import sys
import time

sys.path.append(os.environ["BENCH_SITE_PACKAGES"])

import triton_python_backend_utils as triton  # noqa: E402


class TritonPythonModel:
    """The name is Triton's."""

    def initialize(self, args):
        self._random = random.Random(1)

    def execute(self, requests):
        inputs = [triton.get_input_tensor_by_name(one, "x").as_numpy() for one in requests]
        rows = sum(len(one) for one in inputs)
        time.sleep((0.020 + 0.005 * rows) * self._random.uniform(0.98, 1.02))
        return [triton.InferenceResponse([triton.Tensor("y", one)]) for one in inputs]
