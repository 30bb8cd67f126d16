"""Another detector and another classifier: other sizes, other labels, another way to decode; files and cards alone."""

import io
import shutil
import subprocess
import sys

import pytest
import requests
from node import ROOT, run
from PIL import Image

SIDE = 960


@pytest.fixture
def other_models(tmp_path):
    """The test models in the place of the default ones."""
    made = tmp_path / "made"
    maker = ROOT / "tools/models/make_test_models.py"
    subprocess.run([sys.executable, maker, made, "--slow-nodes", "1"], check=True, capture_output=True)
    models = tmp_path / "models"
    for made_name, name in (("other_detector", "face_detector"), ("other_emotion", "emotion")):
        shutil.copytree(made / made_name, models / name)
        card = models / name / "card.toml"
        card.write_text(card.read_text().replace(f'"{made_name}"', f'"{name}"', 1))
    return models


def quadrants():
    """A black picture whose upper left quarter is pale red and lower right quarter pale green."""
    picture = Image.new("RGB", (SIDE, SIDE))
    picture.paste((255, 200, 200), (0, 0, SIDE // 2, SIDE // 2))
    picture.paste((170, 255, 170), (SIDE // 2, SIDE // 2, SIDE, SIDE))
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


def test_a_task_uses_whatever_the_cards_describe(start, other_models):
    with start(models_folder=other_models) as node:
        answer = requests.post(f"{node.http}/v1/tasks/emotion", data=quadrants(), timeout=30).json()
        assert [face["emotion"] for face in answer["faces"]] == ["red", "green"]
        half = SIDE / 2
        assert [face["box"] for face in answer["faces"]] == [
            {"x": 0, "y": 0, "width": half, "height": half},
            {"x": half, "y": half, "width": half, "height": half}]
        assert list(answer["faces"][0]["probabilities"]) == ["red", "green", "blue"]
        wrong = requests.post(f"{node.http}/v1/tasks/emotion?detector_size=416", data=quadrants(), timeout=30)
        assert wrong.status_code == 400
        # The first release's phone has seven expressions of its own; these models have not.
        phone = requests.get(f"{node.http}/v1/models/model_emotion", timeout=30)
        assert phone.status_code == 404


def test_a_card_that_does_not_fit_its_file_is_told_at_start(other_models):
    card = other_models / "emotion/card.toml"
    card.write_text(card.read_text().replace("[-1, 64, 64, 3]", "[-1, 65, 64, 3]"))
    code, out, err = run("serve", "--models", other_models, "--http-port", "0", "--grpc-port", "0")
    assert code == 2 and not out
    assert "emotion" in err and "65" in err and "64" in err


def test_a_file_that_is_not_the_cards_is_told_at_start(other_models):
    with (other_models / "emotion/1/model.onnx").open("ab") as file:
        file.write(b"\0")
    code, _, err = run("serve", "--models", other_models, "--http-port", "0", "--grpc-port", "0")
    assert code == 2 and "its SHA-256" in err
