"""The request of the first release's phone app (2020), as it went over the wire."""

import json
import socket

import numpy
import pytest
import requests
import tritonclient.http as triton
from conftest import photo, refused
from pictures import face_crop

PHONE_ORDER = ["Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"]
OUR_NAMES = ["angry", "disgusted", "fearful", "happy", "sad", "surprised", "neutral"]
HAPPY = ("sample6.jpg", {"x": 1432, "y": 314, "width": 299, "height": 290})
SAD = ("sample2.jpg", {"x": 1403, "y": 173, "width": 277, "height": 264})


def phone_body(name, box):
    """48 rows x 48 columns x 3 doubles, without a batch dimension; about 135 kB."""
    pixels = numpy.asarray(face_crop(photo(name), box, 48)) / 255.0
    return json.dumps({"signature_name": "serving_default", "instances": pixels.tolist()}).encode()


def send_as_the_phone(node, body, model="model_emotion", version=4):
    """Status and body, from a socket: no header but the ones that the app sent."""
    head = (f"POST /v1/models/{model}/versions/{version}:predict HTTP/1.1\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nHost: {node.http_authority}\r\n"
            "Connection: Keep-Alive\r\nUser-Agent: okhttp/3.12.1\r\n\r\n")
    with socket.create_connection(node.address, timeout=30) as connection:
        connection.sendall(head.encode() + body)
        stream = connection.makefile("rb")
        status = int(stream.readline().split()[1])
        headers = dict(line.decode().strip().lower().split(": ", 1)
                       for line in iter(stream.readline, b"\r\n"))
        return status, json.loads(stream.read(int(headers["content-length"])))


def test_gets_seven_numbers(node):
    status, answer = send_as_the_phone(node, phone_body(*HAPPY))
    assert status == 200
    assert list(answer) == ["predictions"]
    assert numpy.shape(answer["predictions"]) == (1, 7)
    assert sum(answer["predictions"][0]) == pytest.approx(1, abs=1e-3)


def test_numbers_are_in_the_phones_order(node):
    _, answer = send_as_the_phone(node, phone_body(*HAPPY))
    assert PHONE_ORDER[numpy.argmax(answer["predictions"][0])] == "Happy"


@pytest.mark.parametrize("face", [HAPPY, SAD])
def test_each_number_is_the_classifiers_own(node, face):
    small = face_crop(photo(face[0]), face[1], 48).resize((112, 112), resample=2)
    tensor = triton.InferInput("image", [1, 112, 112, 3], "UINT8")
    tensor.set_data_from_numpy(numpy.asarray(small)[None])
    with triton.InferenceServerClient(node.http_authority) as client:
        labels = [text.decode().split(":") for text in client.infer("emotion", [tensor], outputs=[
            triton.InferRequestedOutput("probabilities", class_count=7)]).as_numpy(
                "probabilities")[0]]
    ours = {label: float(score) for score, _, label in labels}
    _, answer = send_as_the_phone(node, phone_body(*face))
    expected = [ours[name] for name in OUR_NAMES]
    assert answer["predictions"][0] == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("version", [1, 4, 17, 20201231])
def test_any_version_is_answered(node, version):
    status, answer = send_as_the_phone(node, phone_body(*HAPPY), version=version)
    assert status == 200 and len(answer["predictions"][0]) == 7


def test_another_models_unknown_version_is_not_found(node):
    status, answer = send_as_the_phone(node, phone_body(*HAPPY), model="emotion", version=4)
    assert status == 404 and answer["error"]
    status, answer = send_as_the_phone(node, phone_body(*HAPPY), model="model_emotions")
    assert status == 404 and answer["error"]


def test_every_error_has_the_body_that_the_phone_needs(node):
    pixels = json.loads(phone_body(*HAPPY))["instances"]
    for body in (b"", b"{", b"[]", b"null", b'{"instances": []}', b'{"instances": "x"}',
                 json.dumps({"instances": pixels[:47]}).encode(),
                 json.dumps({"instances": [pixels, pixels[:47]]}).encode(),
                 json.dumps({"inputs": pixels, "instances": pixels}).encode(),
                 json.dumps({"instances": pixels}).replace("0.", "x.", 1).encode()):
        status, answer = send_as_the_phone(node, body)
        assert status == 400 and answer["error"], body[:60]


def test_other_forms_of_tensorflow_serving(node):
    pixels = json.loads(phone_body(*HAPPY))["instances"]
    url = f"{node.http}/v1/models/model_emotion:predict"
    for instances in ([pixels], [{"image": pixels}], [pixels, pixels]):
        answer = requests.post(url, json={"instances": instances}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["predictions"]) == len(instances)
    answer = requests.post(url, json={"inputs": {"image": [pixels]}}, timeout=30)
    assert numpy.shape(answer.json()["outputs"]) == (1, 7)


def test_status_and_metadata(node):
    status = requests.get(f"{node.http}/v1/models/emotion", timeout=10).json()
    assert status["model_version_status"][0]["state"] == "AVAILABLE"
    metadata = requests.get(f"{node.http}/v1/models/emotion/metadata", timeout=10).json()
    assert "serving_default" in json.dumps(metadata)
    refused(requests.get(f"{node.http}/v1/models/nothing", timeout=10), 404)
