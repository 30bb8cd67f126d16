"""Tests of the variants: quantise.py, detections.py, pictures.py, and the gate of make_variants.py.
Some need .deps/npm/face-api."""

import numpy as np
import onnx
import onnxruntime
import pytest

import import_models
from calibrate import measure_ranges
from detections import agreement, decode
from errors import ImportFailed
from evaluation import HALVES, open_session
from graph import NO_PADS, Graph
from import_models import ROOT
from make_variants import OVERLAP_MIN, Outcome, in_turn
from pictures import NAMES, crop, letterbox, portraits
from quantise import activations, part_of, quantise
from recipes import PLAIN, Part

SOURCE = ROOT / ".deps/npm/face-api"
DETECTOR = {"anchors": [[1.0, 2.0]], "stride": 32, "score_min": 0.5, "iou_max": 0.4}

needs_source = pytest.mark.skipif(not SOURCE.is_dir(), reason="no package in .deps/npm/face-api")


def small_model() -> bytes:
    """Two convolutions with a leaky activation between."""
    graph, random = Graph("small"), np.random.default_rng(3)
    image = graph.input("image", "UINT8", ["N", 8, 8, 3])
    x = graph.node("Cast", [image], to=onnx.TensorProto.FLOAT)
    x = graph.node("Transpose", [x], perm=[0, 3, 1, 2])
    for name, inside, outside in (("one", 3, 4), ("two", 4, 2)):
        filters = random.normal(size=(1, 1, inside, outside)).astype(np.float32)
        bias = graph.constant(f"{name}/bias", random.normal(size=outside).astype(np.float32))
        x = graph.conv(x, f"{name}/filters", filters, bias, NO_PADS)
        x = graph.node("LeakyRelu", [x], alpha=0.1)
    x = graph.node("Flatten", [x])
    graph.output(x, "y", "FP32", ["N", 128])
    return graph.model()


SMALL = Part("small", lambda _: small_model(), "one/filters", "Flatten")


def picture(seed: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), np.uint8)


def test_a_quantised_part_answers_nearly_the_same() -> None:
    model = small_model()
    ranges = measure_ranges(model, SMALL, [picture(seed) for seed in range(8)])
    quantised = SMALL.quantised({}, ranges)
    whole, rounded = (
        open_session(one).run(None, {"image": picture(1)[None]})[0] for one in (model, quantised)
    )
    assert not np.array_equal(whole, rounded)
    assert np.abs(whole - rounded).max() < 0.03 * np.abs(whole).max()


def test_the_same_ranges_give_the_same_bytes() -> None:
    ranges = measure_ranges(small_model(), SMALL, [picture(1)])
    assert SMALL.quantised({}, ranges) == SMALL.quantised({}, ranges)


def test_ranges_are_of_the_part_and_hold_every_value() -> None:
    names = activations(part_of(onnx.load_from_string(small_model()), "one/filters", "Flatten"))
    ranges = measure_ranges(small_model(), SMALL, [picture(1), picture(2)])
    assert list(ranges) == names
    assert all(low <= 0 <= high for low, high in ranges.values())


def test_a_missing_or_empty_range_is_refused() -> None:
    ranges = measure_ranges(small_model(), SMALL, [picture(1)])
    name = next(iter(ranges))
    with pytest.raises(ImportFailed, match=f"have no {name}"):
        quantise(small_model(), "one/filters", "Flatten", {})
    with pytest.raises(ImportFailed, match="the range of"):
        quantise(small_model(), "one/filters", "Flatten", ranges | {name: (0.0, 0.0)})


def test_a_part_that_is_not_there_or_not_understood_is_refused() -> None:
    with pytest.raises(ImportFailed, match="no part from"):
        quantise(small_model(), "three/filters", "Flatten", {})
    with pytest.raises(ImportFailed, match="no part from"):
        quantise(small_model(), "two/filters", "one/filters", {})
    with pytest.raises(ImportFailed, match="Cast in the part"):
        part_of(onnx.load_from_string(small_model()), "image", "Flatten")


@needs_source
@pytest.mark.parametrize("name", PLAIN)
def test_the_rearranged_graph_answers_the_same(name: str) -> None:
    size = {"emotion": 112, "face_detector": 160}[name]
    inputs = {"image": picture(5, size)[None]}
    weights = [import_models.source_weights(name, ROOT / "models", SOURCE) for _ in range(2)]
    plain, ours = PLAIN[name](weights[0]), import_models.BUILDERS[name](weights[1])
    answers = [
        onnxruntime.InferenceSession(one, providers=["CPUExecutionProvider"]).run(None, inputs)[0]
        for one in (plain, ours)
    ]
    np.testing.assert_allclose(*answers, rtol=0, atol=1e-4)


def test_boxes_are_decoded_to_the_pictures_pixels_best_first() -> None:
    grid = np.zeros((2, 2, 5), np.float32)
    grid[..., 4] = -9
    grid[0, 1] = [0, 0, 0, 0, 1]
    grid[1, 0] = [0, 0, 0, 0, 2]
    boxes = decode(grid, (64, 128, 3), 64, DETECTOR)
    assert [box for box, _ in boxes] == [(0.0, 32.0, 64.0, 128.0), (64.0, -32.0, 64.0, 128.0)]


def test_agreement_counts_a_face_that_only_one_finds_as_nothing() -> None:
    near, far = ((0.0, 0.0, 10.0, 10.0), 0.9), ((100.0, 0.0, 10.0, 10.0), 0.8)
    moved = ((0.0, 1.0, 10.0, 10.0), 0.7)
    assert agreement([near, far], [moved]) == [pytest.approx(9 / 11), 0.0]
    assert agreement([], []) == []


def test_letterbox_and_crop_pad_with_black() -> None:
    white = np.full((20, 40, 3), 255, np.uint8)
    square = letterbox(white, 40)
    assert (square[:20] == 255).all() and (square[20:] == 0).all()
    face = crop(white, (30.0, 0.0, 20.0, 20.0), 20)
    assert face is not None and (face[:, 5:15] == 255).all() and (face[:, :5] == 0).all()
    assert crop(white, (50.0, 0.0, 20.0, 20.0), 20) is None


def test_portraits_hold_the_face() -> None:
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[80:120, 80:120] = 255
    for around in portraits(photo, (80.0, 80.0, 40.0, 40.0)):
        assert around.shape == (480, 640, 3)
        assert 0 < (around == 255).mean() < 0.4


@pytest.mark.parametrize(
    ("faster", "overlap", "passes"),
    [(1.2, 0.95, True), (1.1, 0.95, False), (1.2, 0.85, False)],
)
def test_a_variant_must_be_both_good_and_fast(faster: float, overlap: float, passes: bool) -> None:
    outcome = Outcome("v", {"224 px": [1.0, faster, 9.0]}, {"p": [overlap, overlap]}, OVERLAP_MIN)
    assert outcome.passes == passes
    assert outcome.line().startswith("passes" if passes else "dropped")


def test_no_picture_that_ranges_are_measured_on_is_judged() -> None:
    assert set(HALVES[0]).isdisjoint(HALVES[1])
    assert set(HALVES[0]) | set(HALVES[1]) == set(NAMES)


def test_windows_are_run_in_turn_after_one_pair_that_is_forgotten() -> None:
    order: list[str] = []
    ratios = in_turn(lambda: order.append("a") or 3.0, lambda: order.append("b") or 2.0, 2)
    assert ratios == [1.5, 1.5] and "".join(order) == "ababab"
