"""Models that come and go: Triton's example models served unmodified, with the calls that NVIDIA's own client makes;
load, unload, index, swap and canary; and what happens when a version is bad."""

import shutil

import grpc
import numpy
import pytest
import requests
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from conftest import photo, refused
from node import ROOT, models
from tritonclient.utils import InferenceServerException

EXAMPLES = ROOT / "test/conformance/triton_examples"
SERVED = ("simple", "simple_int8", "simple_string")


def add(folder, name, source, version="1", card=""):
    """A version of a model: the file of `source`, and what the folder `source` has beside its versions."""
    place = folder / name / version
    place.mkdir(parents=True)
    # Written aside and renamed: nobody sees half a file.
    shutil.copy(next(source.glob("*/model.onnx")), place / "new")
    (place / "new").rename(place / "model.onnx")
    for beside in ("config.pbtxt", "card.toml"):
        if (source / beside).is_file() and not (folder / name / beside).exists():
            shutil.copy(source / beside, folder / name / beside)
    if card:
        path = folder / name / "card.toml"
        path.write_text(path.read_text() + card)


def index(node, **body):
    answer = requests.post(f"{node.http}/v2/repository/index", json=body, timeout=30)
    assert answer.status_code == 200
    return {(line["name"], line["version"]): (line["state"], line["reason"]) for line in answer.json()}


def post(node, path, json=None):
    return requests.post(f"{node.http}{path}", json=json, timeout=60)


def inputs_of(module, dtype, first, second):
    made = []
    for name, values in (("INPUT0", first), ("INPUT1", second)):
        tensor = module.InferInput(name, [1, 16], dtype)
        tensor.set_data_from_numpy(values)
        made.append(tensor)
    return made


@pytest.fixture(params=["http", "grpc"])
def client_of(request):
    module = triton_http if request.param == "http" else triton_grpc

    def opened(node):
        return module, module.InferenceServerClient(node.http_authority if module is triton_http else node.grpc)

    return opened


@pytest.fixture
def examples(folder):
    for name in SERVED:
        shutil.copytree(EXAMPLES / name, folder / name)
    return folder


@pytest.mark.parametrize(("name", "dtype"), [("simple", numpy.int32), ("simple_int8", numpy.int8)])
def test_tritons_numeric_examples_add_and_subtract(start, examples, client_of, name, dtype):
    first = numpy.arange(16, dtype=dtype)[None]
    second = numpy.ones((1, 16), dtype=dtype)
    with start(models_folder=examples) as node:
        module, client = client_of(node)
        outputs = [module.InferRequestedOutput(output) for output in ("OUTPUT0", "OUTPUT1")]
        wire = "INT32" if dtype is numpy.int32 else "INT8"
        result = client.infer(name, inputs_of(module, wire, first, second), outputs=outputs)
        assert (result.as_numpy("OUTPUT0") == first + second).all()
        assert (result.as_numpy("OUTPUT1") == first - second).all()


def test_tritons_string_example_does_so_in_texts(start, examples, client_of):
    texts = lambda numbers: numpy.array([str(number).encode() for number in numbers], dtype=object)[None]  # noqa: E731
    with start(models_folder=examples) as node:
        module, client = client_of(node)
        result = client.infer("simple_string", inputs_of(module, "BYTES", texts(range(16)), texts([1] * 16)))
        assert [int(text) for text in result.as_numpy("OUTPUT0")[0]] == [number + 1 for number in range(16)]
        assert [int(text) for text in result.as_numpy("OUTPUT1")[0]] == [number - 1 for number in range(16)]


def test_tritons_configuration_is_what_the_model_says_of_itself(start, examples):
    with start(models_folder=examples) as node:
        config = requests.get(f"{node.http}/v2/models/simple/config", timeout=30).json()
        assert config["max_batch_size"] == 8
        assert [(tensor["name"], tensor["data_type"], tensor["dims"]) for tensor in config["input"]] == [
            ("INPUT0", "TYPE_INT32", [16]), ("INPUT1", "TYPE_INT32", [16])]


def test_a_sequence_model_is_refused_in_one_sentence(start, folder):
    shutil.copytree(EXAMPLES / "simple_sequence", folder / "simple_sequence")
    with start("--models-control", "explicit", models_folder=folder) as node:
        sentence = refused(post(node, "/v2/repository/models/simple_sequence/load"), 501)
        assert "sequence_batching" in sentence and "keeps state" in sentence
        state, reason = index(node)[("simple_sequence", "")]
        assert state == "UNAVAILABLE" and reason == sentence


def test_the_stock_client_loads_unloads_and_lists(start, examples, client_of):
    with start("--models-control", "explicit", models_folder=examples) as node:
        _, client = client_of(node)
        assert not client.is_model_ready("simple")
        client.load_model("simple")
        assert client.is_model_ready("simple")
        listed = client.get_model_repository_index()
        lines = [(line["name"], line["state"]) for line in listed] if isinstance(listed, list) else [
            (line.name, line.state) for line in listed.models]
        assert lines == [("simple", "READY")]
        client.unload_model("simple")
        assert not client.is_model_ready("simple")
        with pytest.raises(InferenceServerException):
            client.load_model("nothing")
        with pytest.raises(InferenceServerException, match="config"):
            client.load_model("simple", config="{}")


def test_the_task_follows_its_models(start, folder):
    for name in ("face_detector", "emotion"):
        add(folder, name, models() / name)
    face = photo("sample1.jpg")
    with start(models_folder=folder) as node:
        ask = lambda: requests.post(f"{node.http}/v1/tasks/emotion", data=face, timeout=30)  # noqa: E731
        before = ask().json()
        add(folder, "emotion", models() / "emotion", "2", '\n[serving]\nversions = "latest 1"\n')
        assert post(node, "/api/v1/models/emotion/load").status_code == 200
        after = ask().json()
        assert [model["version"] for model in after["models"]] == ["1", "2"]
        assert after["faces"] == before["faces"]
        assert index(node)[("emotion", "2")] == ("READY", "") and ("emotion", "1") not in index(node)
        assert post(node, "/api/v1/models/emotion/unload").status_code == 200
        assert ask().status_code == 404
        assert post(node, "/api/v1/models/emotion/load").status_code == 200
        assert ask().json()["faces"] == before["faces"]


@pytest.mark.parametrize("damage", ["truncated", "no model", "another model", "other answers"])
def test_a_bad_version_is_refused_and_the_old_one_stays(start, folder, damage):
    add(folder, "emotion", models() / "emotion")
    with start(models_folder=folder) as node:
        add(folder, "emotion", models() / "emotion", "2", '\n[serving]\nversions = "latest 1"\n')
        file = folder / "emotion/2/model.onnx"
        if damage == "truncated":
            file.write_bytes(file.read_bytes()[:100_000])
        elif damage == "no model":
            file.write_text("this is no model")
        elif damage == "another model":
            shutil.copy(models() / "face_detector/1/model.onnx", file)
        else:
            path = folder / "emotion/card.toml"
            path.write_text(path.read_text() + '[[golden]]\nversion = 2\nfill = "zero"\n'
                            'outputs = [{name = "probabilities", values = [1, 0, 0, 0, 0, 0, 0]}]\n')
        sentence = refused(post(node, "/v2/repository/models/emotion/load"))
        assert "emotion" in sentence
        lines = index(node)
        assert lines[("emotion", "1")] == ("READY", "")
        assert lines[("emotion", "2")] == ("UNAVAILABLE", sentence)
        assert requests.get(f"{node.http}/v2/models/emotion/ready", timeout=10).status_code == 200


def test_a_watched_folder_is_followed(start, examples, folder):
    shutil.rmtree(folder / "simple_int8")
    with start("--models-control", "poll", "--models-poll-ms", "100", models_folder=folder) as node:
        assert ("simple_int8", "1") not in index(node)
        shutil.copytree(EXAMPLES / "simple_int8", folder / "simple_int8")
        wait_for(lambda: index(node).get(("simple_int8", "1")) == ("READY", ""))
        shutil.rmtree(folder / "simple_int8")
        wait_for(lambda: ("simple_int8", "1") not in index(node))
        assert index(node)[("simple", "1")] == ("READY", "")


def wait_for(condition, requests_max=3000):
    """Asks again and again; each time is a request, so nothing needs to sleep."""
    for _ in range(requests_max):
        if condition():
            return
    raise AssertionError("it did not come to pass")


def test_a_good_canary_takes_its_share_and_then_the_place(start, folder):
    add(folder, "simple", EXAMPLES / "simple")
    with start(models_folder=folder) as node:
        add(folder, "simple", EXAMPLES / "simple", "2")
        plan = {"version": "2", "percent": 50, "window": 20, "good_windows": 2, "slowdown_max": 100}
        status = post(node, "/api/v1/models/simple/canary", plan)
        assert status.status_code == 200, status.text
        assert status.json()["canary"]["state"] == "watching"
        body = {"inputs": [{"name": name, "shape": [1, 16], "datatype": "INT32", "data": [1] * 16}
                           for name in ("INPUT0", "INPUT1")]}
        versions = [post(node, "/v2/models/simple/infer", body).json()["model_version"] for _ in range(40)]
        assert 15 <= versions.count("2") <= 25
        for _ in range(60):
            post(node, "/v2/models/simple/infer", body)
        wait_for(lambda: requests.get(f"{node.http}/api/v1/models/simple", timeout=10)
                 .json()["canary"]["state"] == "promoted")
        assert index(node)[("simple", "2")] == ("READY", "") and ("simple", "1") not in index(node)


def test_nobody_manages_models_where_the_operator_says_so(start, examples):
    with start("--management", "false", models_folder=examples) as node:
        for path in ("/v2/repository/models/simple/unload", "/api/v1/models/simple/load"):
            refused(post(node, path), 403)
        with triton_grpc.InferenceServerClient(node.grpc) as client, pytest.raises(InferenceServerException) as error:
            client.unload_model("simple")
        assert grpc.StatusCode.PERMISSION_DENIED.name in error.value.status()
        assert index(node)[("simple", "1")] == ("READY", "")
