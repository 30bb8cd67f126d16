"""NVIDIA's tritonclient over HTTP, unmodified, against a node."""

import asyncio
import json

import numpy
import pytest
import requests
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from conftest import photo, refused
from pictures import face_crop
from tritonclient.utils import InferenceServerException

LABELS = ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"]
HAPPY_FACE = {"x": 1422, "y": 215, "width": 307, "height": 283}  # of sample1.jpg, 99 % sure


@pytest.fixture
def client(node):
    with triton.InferenceServerClient(node.http_authority, concurrency=4) as opened:
        yield opened


@pytest.fixture(scope="module")
def face():
    """[1, 112, 112, 3] u8 RGB"""
    return numpy.asarray(face_crop(photo("sample1.jpg"), HAPPY_FACE, 112))[None]


def image_input(array, binary=True, module=triton):
    tensor = module.InferInput("image", list(array.shape), "UINT8")
    tensor.set_data_from_numpy(array, binary_data=binary)
    return [tensor]


def photo_input(data):
    tensor = triton.InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(numpy.array([data], dtype=object))
    return [tensor]


def assert_happy(result):
    probabilities = result.as_numpy("probabilities")
    assert probabilities.shape == (1, 7) and probabilities.dtype == numpy.float32
    assert probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert LABELS[probabilities[0].argmax()] == "happy" and probabilities.max() > 0.8


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("emotion") and client.is_model_ready("emotion", "1")
    assert not client.is_model_ready("nothing") and not client.is_model_ready("emotion", "9")
    server = client.get_server_metadata()
    assert server["name"] and server["version"]
    assert {"binary_tensor_data", "classification", "statistics"} <= set(server["extensions"])
    model = client.get_model_metadata("emotion")
    assert model["versions"] == ["1"] and model["platform"] == "onnxruntime_onnx"
    assert model["inputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 112, 112, 3]}]
    assert model["outputs"] == [{"name": "probabilities", "datatype": "FP32", "shape": [-1, 7]}]


def test_config_leaves_the_batch_dimension_out(client):
    config = client.get_model_config("emotion")
    assert config["max_batch_size"] >= 1
    assert config["input"][0]["dims"] == [112, 112, 3]
    assert config["input"][0]["data_type"] == "TYPE_UINT8"


def test_repository_index_lists_all_models(client):
    index = client.get_model_repository_index()
    assert {"emotion", "face_detector", "face_emotion"} <= {entry["name"] for entry in index}
    assert all(entry["state"] == "READY" for entry in index)


def test_statistics_count_what_was_asked(client, face):
    def counted():
        return client.get_inference_statistics("emotion")["model_stats"][0]
    before = counted()
    client.infer("emotion", image_input(numpy.repeat(face, 3, axis=0)))
    after = counted()
    assert after["inference_count"] - before["inference_count"] == 3
    requests_before, requests_after = (one["inference_stats"]["success"] for one in (before, after))
    assert requests_after["count"] - requests_before["count"] == 1
    assert requests_after["ns"] > requests_before["ns"]
    assert after["last_inference"] >= before["last_inference"]
    everything = client.get_inference_statistics()["model_stats"]
    assert {"emotion", "face_detector"} <= {one["name"] for one in everything}


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False, None])
def test_infer_in_every_form(client, face, binary_in, binary_out):
    outputs = None
    if binary_out is not None:
        outputs = [triton.InferRequestedOutput("probabilities", binary_data=binary_out)]
    result = client.infer("emotion", image_input(face, binary_in), outputs=outputs, request_id="r7")
    assert_happy(result)
    response = result.get_response()
    assert (response["model_name"], response["model_version"]) == ("emotion", "1")
    assert response["id"] == "r7"


def test_forms_agree_to_the_last_bit(client, face):
    answers = [client.infer("emotion", image_input(face, binary), outputs=[
        triton.InferRequestedOutput("probabilities", binary_data=out)]).as_numpy("probabilities")
        for binary in (True, False) for out in (True, False)]
    for answer in answers[1:]:
        assert (answer == answers[0]).all()


def test_a_batch_keeps_its_order(client, face):
    black = numpy.zeros_like(face)
    batch = client.infer("emotion", image_input(numpy.concatenate([black, face, black])))
    rows = batch.as_numpy("probabilities")
    alone = client.infer("emotion", image_input(face)).as_numpy("probabilities")
    assert rows.shape == (3, 7)
    assert rows[1] == pytest.approx(alone[0], abs=1e-5)
    assert rows[0] == pytest.approx(rows[2], abs=1e-5)
    assert rows[0] != pytest.approx(rows[1], abs=1e-2)


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_compression_both_ways(client, face, algorithm):
    rows = numpy.repeat(face, 8, axis=0)
    result = client.infer("emotion", image_input(rows), request_compression_algorithm=algorithm,
                          response_compression_algorithm=algorithm)
    assert result.as_numpy("probabilities").shape == (8, 7)


def test_classification_names_the_best(client, face):
    outputs = [triton.InferRequestedOutput("probabilities", class_count=3)]
    best = client.infer("emotion", image_input(face), outputs=outputs).as_numpy("probabilities")
    assert best.shape == (1, 3)
    score, index, label = best[0][0].decode().split(":")
    assert (index, label) == ("1", "happy") and float(score) > 0.8
    scores = [float(text.decode().split(":")[0]) for text in best[0]]
    assert scores == sorted(scores, reverse=True)


def test_detector_takes_any_size(client):
    for side in (224, 416):
        blank = numpy.zeros((1, side, side, 3), dtype=numpy.uint8)
        grid = client.infer("face_detector", image_input(blank)).as_numpy("grid")
        assert grid.shape == (1, side // 32, side // 32, 25)


def test_photograph_as_bytes(node, client):
    result = client.infer("face_emotion", photo_input(photo("sample1.jpg")))
    assert result.as_numpy("boxes").shape == (3, 4)
    assert result.as_numpy("scores").shape == (3,)
    assert result.as_numpy("probabilities").shape == (3, 7)
    task = requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30)
    emotions = [face["emotion"].encode() for face in task.json()["faces"]]
    assert list(result.as_numpy("emotions")) == emotions


def test_async_requests_all_come_back(client, face):
    pending = [client.async_infer("emotion", image_input(face)) for _ in range(16)]
    for request in pending:
        assert_happy(request.get_result())


def test_aio(node, face):
    async def ask():
        async with triton_aio.InferenceServerClient(node.http_authority) as client:
            assert await client.is_server_ready()
            return await asyncio.gather(*(client.infer("emotion", image_input(face))
                                          for _ in range(8)))
    for result in asyncio.run(ask()):
        assert_happy(result)


def test_raw_binary_without_any_json(node, face):
    answer = requests.post(f"{node.http}/v2/models/emotion/infer", data=face.tobytes(), timeout=10,
                           headers={"Inference-Header-Content-Length": "0",
                                    "Content-Type": "application/octet-stream"})
    assert answer.status_code == 200, answer.text
    length = int(answer.headers["Inference-Header-Content-Length"])
    head = json.loads(answer.content[:length])
    probabilities = numpy.frombuffer(answer.content[length:], dtype="<f4")
    assert head["outputs"][0]["parameters"]["binary_data_size"] == 28
    assert LABELS[probabilities.argmax()] == "happy"


def test_a_stock_curl_can_send_a_photograph(node):
    answer = requests.post(f"{node.http}/v2/models/face_emotion/infer", timeout=10,
                           data=photo("sample1.jpg"),
                           headers={"Inference-Header-Content-Length": "0"})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("model", "version", "status"),
                         [("nothing", "", "404"), ("emotion", "9", "404"), ("emotion", "abc", "404")])
def test_unknown_models_and_versions(client, face, model, version, status):
    with pytest.raises(InferenceServerException) as caught:
        client.infer(model, image_input(face), model_version=version)
    assert caught.value.status() == status and caught.value.message()


def test_a_load_that_brings_its_own_configuration_is_refused_in_words(client):
    with pytest.raises(InferenceServerException) as caught:
        client.load_model("emotion", config="{}")
    assert "folder" in caught.value.message()


@pytest.mark.parametrize("shape", [(1, 111, 112, 3), (112, 112, 3), (1, 112, 112, 1), (0, 112, 112, 3)])
def test_wrong_shapes_are_refused(node, shape):
    body = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": list(shape),
                        "data": [0] * int(numpy.prod(shape))}]}
    refused(requests.post(f"{node.http}/v2/models/emotion/infer", json=body, timeout=10), 400)
