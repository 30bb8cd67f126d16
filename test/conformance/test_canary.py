"""A new version on trial, end to end: one that answers otherwise, or takes longer, is rolled back by itself, a good one
is promoted, and those who ask see no failure all the while."""

import threading

import onnx_models
import pytest
import requests
from onnx import TensorProto
from test_model_repository import index, post, wait_for

PLAN = {"version": "2", "percent": 50, "window": 40, "good_windows": 3, "slowdown_max": 100}
CALLERS = 4


class Traffic:
    """Callers that ask all the time; leaving it asserts that each was answered."""

    def __init__(self, node, datatype="FP32"):
        self._node = node
        self._body = onnx_models.request(datatype=datatype)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        self.answers = []  # (status, version, first value)

    def _ask(self):
        with requests.Session() as session:
            while not self._over.is_set():
                answer = session.post(f"{self._node.http}/v2/models/m/infer", json=self._body, timeout=30)
                said = answer.json() if answer.status_code == 200 else {}
                first = said["outputs"][0]["data"][0] if said else answer.text
                self.answers.append((answer.status_code, said.get("model_version"), first))

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
        failed = [answer for answer in self.answers if answer[0] != 200]
        assert not failed, failed[:3]


def canary(node):
    return requests.get(f"{node.http}/api/v1/models/m", timeout=10).json()["canary"]


def tried(node, datatype="FP32", **plan):
    """How the canary ended under traffic, and the traffic."""
    with Traffic(node, datatype) as traffic:
        started = post(node, "/api/v1/models/m/canary", PLAN | plan)
        assert started.status_code == 200, started.text
        wait_for(lambda: canary(node)["state"] != "watching")
    return canary(node), traffic.answers


@pytest.mark.parametrize(("dtype", "datatype"), [(TensorProto.FLOAT, "FP32"), (TensorProto.INT32, "INT32"),
                                                 (TensorProto.DOUBLE, "FP64")])
def test_a_version_whose_answers_drift_is_rolled_back(start, folder, dtype, datatype):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0, dtype))
    with start(models_folder=folder) as node:
        onnx_models.place(folder, "m", 2, onnx_models.shift(3, dtype))
        ended, answers = tried(node, datatype)
        assert ended["state"] == "rolled_back", ended
        assert "version 2 answers 5.5, the stable version 2.5" in ended["reason"]
        assert {(version, value) for _, version, value in answers} == {("1", 1), ("2", 4)}
        lines = index(node)
        assert lines[("m", "1")] == ("READY", "")
        state, reason = lines[("m", "2")]
        assert state == "UNAVAILABLE" and ended["reason"] in reason
        # From here on everybody is answered by version 1, and version 2 is not there for those who name it either.
        for _ in range(10):
            answer = post(node, "/v2/models/m/infer", onnx_models.request(datatype=datatype))
            assert answer.json()["model_version"] == "1"
        assert post(node, "/v2/models/m/versions/2/infer", onnx_models.request(datatype=datatype)).status_code == 404


def test_a_version_that_takes_longer_is_rolled_back(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    with start("--serving-profile", "false", models_folder=folder) as node:
        onnx_models.place(folder, "m", 2, onnx_models.slow(200))
        ended, answers = tried(node, slowdown_max=3)
        assert ended["state"] == "rolled_back", ended
        assert "computes" in ended["reason"] and "ms" in ended["reason"]
        assert {value for _, _, value in answers} == {1}
        assert index(node)[("m", "1")] == ("READY", "")


def test_a_good_version_is_promoted(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    (folder / "m/config.pbtxt").write_text("version_policy { latest { num_versions: 1 } }")
    with start(models_folder=folder) as node:
        onnx_models.place(folder, "m", 2, onnx_models.heavy(1))  # another file with the same answers
        ended, answers = tried(node)
        assert ended["state"] == "promoted" and ended["good_windows"] == 3, ended
        assert {value for _, _, value in answers} == {1}
        wait_for(lambda: ("m", "1") not in index(node))
        assert index(node)[("m", "2")] == ("READY", "")
        assert post(node, "/v2/models/m/infer", onnx_models.request()).json()["model_version"] == "2"


def test_what_was_rolled_back_is_not_loaded_by_the_next_look_at_the_folder(start, folder):
    onnx_models.place(folder, "m", 1, onnx_models.shift(0))
    with start("--models-control", "poll", "--models-poll-ms", "200", models_folder=folder) as node:
        wait_for(lambda: index(node).get(("m", "1")) == ("READY", ""))
        # The trial begins as the version comes, before the folder has stood still for one look.
        onnx_models.place(folder, "m", 2, onnx_models.shift(3))
        ended, _ = tried(node)
        assert ended["state"] == "rolled_back"
        # A model put now is seen two looks later; so the looks after the rollback have been by then.
        onnx_models.place(folder, "later", 1, onnx_models.shift(0))
        wait_for(lambda: index(node).get(("later", "1")) == ("READY", ""))
        assert index(node)[("m", "2")][0] == "UNAVAILABLE"
        assert post(node, "/v2/models/m/infer", onnx_models.request()).json()["model_version"] == "1"
        # The next version is looked at as ever.
        onnx_models.place(folder, "m", 3, onnx_models.shift(0))
        wait_for(lambda: index(node).get(("m", "3")) == ("READY", ""))
