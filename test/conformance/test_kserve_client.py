"""KServe's own clients, unmodified, against a node. They read JSON health bodies, which Triton's do
not."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import PHOTOS, own_environment


@pytest.fixture(scope="module")
def answers(node):
    if node.grpc is None:
        pytest.skip("this build has no gRPC")
    python = own_environment("kserve", "--no-deps") / "bin/python"
    script = Path(__file__).with_name("kserve_calls.py")
    done = subprocess.run([python, script, node.http, node.grpc, PHOTOS / "sample1.jpg"],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("protocol", ["http", "grpc"])
def test_health(answers, protocol):
    assert all(answers[protocol][what] is True for what in ("live", "ready", "model_ready"))


def test_infer_over_http_in_both_forms(answers):
    http = answers["http"]
    assert http["id"] == "k1"
    assert len(http["binary"]) == 7 and sum(http["binary"]) == pytest.approx(1, abs=1e-4)
    assert http["text"] == pytest.approx(http["binary"], abs=1e-6)


def test_photograph_as_bytes(answers):
    assert answers["http"]["boxes"] == [3, 4]


def test_infer_over_grpc_agrees_with_http(answers):
    assert answers["grpc"]["binary"] == pytest.approx(answers["http"]["binary"], abs=1e-6)
