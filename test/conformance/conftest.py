"""Fixtures of the conformance tests: a node that all share, nodes of one's own, photographs."""

import json
import subprocess
import sys

import pytest
import requests
from node import ROOT, Node, program

PHOTOS = ROOT / ".deps/npm/face-api/demo"
GOLDEN = ROOT / "test/golden/emotion"


@pytest.fixture(scope="session", autouse=True)
def built():
    assert program().is_file(), f"{program()} is missing: build it, or set PERIGEE_BIN"


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """One node for every test that changes nothing in it."""
    with Node(tmp_path_factory.mktemp("node") / "stderr.txt") as shared:
        yield shared


@pytest.fixture
def start(tmp_path):
    """start(*arguments, models_folder=..., VARIABLE=...): a node of one's own, a context manager."""
    return lambda *arguments, **more: Node(tmp_path / "stderr.txt", *arguments, **more)


@pytest.fixture
def folder(tmp_path):
    """A folder of models of the test's own, empty."""
    made = tmp_path / "models"
    made.mkdir()
    return made


@pytest.fixture
def still_answers(node):
    """After the test, the shared node must still do its work."""
    yield
    live = requests.get(f"{node.http}/v2/health/live", timeout=10)
    assert live.status_code == 200
    answer = requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30)
    assert answer.status_code == 200 and len(answer.json()["faces"]) == 3
    assert node.process.poll() is None, node.stderr()


def photo(name):
    return (PHOTOS / name).read_bytes()


def golden(name):
    """What the reference implementation found in a photograph."""
    return json.loads((GOLDEN / name).with_suffix(".json").read_text())


def refused(response, *statuses):
    """Asserts a clear refusal: a 4xx (or one of `statuses`) with one sentence as JSON."""
    allowed = statuses or range(400, 500)
    assert response.status_code in allowed, (response.status_code, response.text[:500])
    assert response.headers["content-type"].split(";")[0] == "application/json"
    sentence = response.json()["error"]
    assert sentence and "\n" not in sentence
    return sentence


def overlap(a, b):
    """Intersection over union of two boxes {x, y, width, height}."""
    width = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    height = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    both = max(width, 0) * max(height, 0)
    return both / (a["width"] * a["height"] + b["width"] * b["height"] - both)


def own_environment(name, *pip_options):
    """The Python of .deps/<name>, made from requirements-<name>.txt if it is not there yet."""
    folder = ROOT / ".deps" / name
    done = folder / "done"
    requirements = ROOT / f"test/conformance/requirements-{name}.txt"
    if not done.exists() or done.read_text() != requirements.read_text():
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin/pip", "install", "--quiet", "--only-binary=:all:",
                            *pip_options, "-r", requirements], check=True, timeout=300)
        except (subprocess.SubprocessError, OSError) as error:
            pytest.skip(f"{requirements.name} cannot be installed here: {error}")
        done.write_text(requirements.read_text())
    return folder
