"""Tests of import_models.py and make_test_models.py. Most need .deps/npm/face-api."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import import_models
import make_test_models
from errors import ImportFailed
from weights import parse_weights

ROOT = import_models.ROOT
SOURCE = ROOT / ".deps/npm/face-api"
OUTPUTS = {"emotion": "probabilities", "face_detector": "grid"}

needs_source = pytest.mark.skipif(not SOURCE.is_dir(), reason="no package in .deps/npm/face-api")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with the two cards and no models."""
    for name in OUTPUTS:
        (tmp_path / "models" / name).mkdir(parents=True)
        shutil.copy(ROOT / "models" / name / "card.toml", tmp_path / "models" / name)
    return tmp_path / "models"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the package's weights that a test may spoil."""
    shutil.copytree(SOURCE / "model", tmp_path / "source/model")
    return tmp_path / "source"


def run(models: Path, source: Path, *more: str) -> int:
    """Exit status of import_models.py."""
    return import_models.main(["--models", str(models), "--source", str(source), *more])


def pattern(size: int, seed: int, step: list[int], shift: int, **_: object) -> np.ndarray:
    """[1, size, size, 3] u8 by the formula in the golden files, in numpy."""
    states = np.empty(size * size * 3, np.uint32)
    state = seed
    for index in range(states.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        states[index] = state
    y, x, c = np.indices((size, size, 3), np.uint32)
    noise = (states >> np.uint32(shift)).reshape(size, size, 3)
    return ((x * step[0] + y * step[1] + c * step[2] + noise) & 255).astype(np.uint8)[None]


def answer(path: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs by name of one run of a model."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


@needs_source
@pytest.mark.parametrize("name", OUTPUTS)
def test_model_agrees_with_the_reference(models: Path, name: str) -> None:
    assert run(models, SOURCE, name) == 0
    golden = json.loads((ROOT / f"test/golden/tensors/{name}.json").read_text())
    for case in golden["cases"]:
        expected = case[OUTPUTS[name]]
        outputs = answer(models / name / "1/model.onnx", {"image": pattern(**case)})
        values = np.array(expected["values"]).reshape(expected["shape"])
        np.testing.assert_allclose(outputs[OUTPUTS[name]], values, rtol=0, atol=1e-3)


@needs_source
@pytest.mark.parametrize("name", OUTPUTS)
def test_rows_of_a_batch_do_not_touch_each_other(models: Path, name: str) -> None:
    run(models, SOURCE, name)
    size = {"emotion": 112, "face_detector": 128}[name]
    pictures = [pattern(size, seed, [2, 3, 40], 27) for seed in (1, 2, 3)]
    path, output = models / name / "1/model.onnx", OUTPUTS[name]
    together = answer(path, {"image": np.concatenate(pictures)})[output]
    for row, image in zip(together, pictures, strict=True):
        np.testing.assert_allclose(row, answer(path, {"image": image})[output][0], atol=1e-4)


@needs_source
def test_second_run_does_nothing(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(models, SOURCE) == 0
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run(models, SOURCE) == 0
    assert capsys.readouterr().out.splitlines() == [
        "face_detector: already there, nothing to do",
        "emotion: already there, nothing to do",
    ]
    assert before == {path: path.stat().st_mtime_ns for path in models.rglob("*") if path.is_file()}


@needs_source
def test_changed_source_is_refused_and_the_old_model_stays(
    models: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = source / "model/face_expression_model.bin"
    data = bytearray(weights.read_bytes())
    data[1000] ^= 1
    weights.write_bytes(data)
    old = models / "emotion/1/model.onnx"
    old.parent.mkdir()
    old.write_bytes(b"old")
    assert run(models, source, "emotion") == 1
    assert old.read_bytes() == b"old"
    assert "face_expression_model.bin: its sha256 is" in capsys.readouterr().err


@needs_source
def test_wrong_checksum_of_the_model_is_refused_and_the_old_model_stays(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = models / "emotion/card.toml"
    head, tail = card.read_text().split("[file]")
    sha256 = import_models.read_card(models / "emotion").model_sha256
    card.write_text(head + "[file]" + tail.replace(sha256, "0" * 64))
    old = models / "emotion/1/model.onnx"
    old.parent.mkdir()
    old.write_bytes(b"old")
    assert run(models, SOURCE, "emotion") == 1
    assert [path.name for path in old.parent.iterdir()] == ["model.onnx"]
    assert old.read_bytes() == b"old"
    assert "the card says " + "0" * 64 in capsys.readouterr().err


@needs_source
def test_write_checksums_repairs_the_card_and_nothing_else(models: Path) -> None:
    card = models / "emotion/card.toml"
    good = card.read_text()
    sha256 = import_models.read_card(models / "emotion").model_sha256
    card.write_text(good.replace(sha256, "0" * 64))
    assert run(models, SOURCE, "emotion", "--write-checksums") == 0
    assert card.read_text() == good


@needs_source
@pytest.mark.parametrize("change", [-1, 1])
def test_weights_of_another_length_are_refused(change: int) -> None:
    manifest = (SOURCE / "model/face_expression_model-weights_manifest.json").read_bytes()
    data = (SOURCE / "model/face_expression_model.bin").read_bytes()
    changed = data[:change] if change < 0 else data + b"\0"
    with pytest.raises(ImportFailed, match=r"weights end at byte|after the last tensor"):
        parse_weights(manifest, changed, "weights of emotion")


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[1]", b'[{"weights": [{"name": "a"}]}]'])
def test_other_manifests_are_refused(manifest: bytes) -> None:
    with pytest.raises(ImportFailed, match=r"^read m: "):
        parse_weights(manifest, b"", "m")


def test_missing_package_is_named(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(models, models / "nowhere", "emotion") == 1
    assert "unpack @vladmandic/face-api 1.7.15 there" in capsys.readouterr().err


def test_unknown_model_is_a_wrong_argument(models: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(models, SOURCE, "emotions")


@pytest.fixture(scope="module")
def test_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of make_test_models.py, with a short `slow`."""
    folder = tmp_path_factory.mktemp("test_models")
    assert make_test_models.main([str(folder), "--slow-nodes", "5"]) == 0
    return folder


def test_test_models_answer_as_constructed(test_models: Path) -> None:
    def ask(name: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        return answer(test_models / name / "1/model.onnx", inputs)

    byte_rows = np.arange(10, dtype=np.uint8).reshape(2, 5)
    assert (ask("identity_u8", input=byte_rows)["output"] == byte_rows).all()
    left, right = np.arange(16, dtype=np.int32)[None], np.full((1, 16), 3, np.int32)
    outputs = ask("add_sub", INPUT0=left, INPUT1=right)
    assert (outputs["OUTPUT0"] == left + 3).all() and (outputs["OUTPUT1"] == left - 3).all()
    number = np.array([[3.25], [-1]], np.float32)
    assert (ask("slow", input=number)["output"] == number).all()


def test_test_models_of_pictures_answer_as_constructed(test_models: Path) -> None:
    red = np.zeros((1, 64, 64, 3), np.uint8)
    red[..., 0] = 64
    path = test_models / "other_emotion/1/model.onnx"
    probabilities = answer(path, {"image": red})["probabilities"][0]
    expected = np.exp([2, 0, 0]) / np.exp([2, 0, 0]).sum()
    np.testing.assert_allclose(probabilities, expected, atol=1e-6)
    image = np.zeros((2, 96, 96, 3), np.uint8)
    image[1, :48, 48:] = 204
    outputs = answer(test_models / "other_detector/1/model.onnx", {"image": image})
    np.testing.assert_allclose(outputs["scores"], [[0.0] * 4, [0.0, 0.8, 0.0, 0.0]], atol=1e-6)
    assert (outputs["boxes"][:, 1] == [48, 0, 96, 48]).all() and outputs["boxes"].shape == (2, 4, 4)
