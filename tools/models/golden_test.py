"""The inputs of golden vectors are the ones that src/model/golden_test.cc expects."""

import numpy as np
from golden import Draws, values


def test_draws_what_splitmix64_draws():
    first = Draws(1).take(3)
    assert first[0] == 0x910A2DEC89025CC1
    again = Draws(1)
    assert [int(again.take(1)[0]) for _ in range(3)] == [int(value) for value in first]


def test_fills_floats_in_the_unit_interval_and_bytes_with_the_lowest_byte():
    assert values("FP32", [1], "random", Draws(1))[0] == np.float32((0x910A2DEC89025CC1 >> 40) / 2**24)
    assert values("UINT8", [1], "random", Draws(1))[0] == 0xC1
    assert values("INT16", [1], "random", Draws(1)).view(np.uint16)[0] == 0x5CC1
    assert not values("INT32", [2, 3], "zero", Draws(1)).any()
