"""The contract of deadlines and hints (docs/adr/0007-deadline-contract.md), as callers see it: with
plain HTTP and with Triton's own client."""

import json

import numpy
import pytest
import requests
import tritonclient.grpc as grpcclient
from conftest import photo

MODEL = "/v2/models/emotion/infer"


def infer(node, headers=None, parameters=None):
    pixels = [0] * (112 * 112 * 3)
    body = {"parameters": parameters or {},
            "inputs": [{"name": "image", "shape": [1, 112, 112, 3], "datatype": "UINT8",
                        "data": pixels}]}
    return requests.post(node.http + MODEL, json=body, headers=headers, timeout=30)


def metrics(answer):
    kind, _, text = answer.headers["endpoint-load-metrics"].partition(" ")
    if kind == "JSON":
        return json.loads(text)["named_metrics"]
    pairs = (pair.split("=") for pair in text.split(", "))
    return {name.removeprefix("named_metrics."): float(value) for name, value in pairs}


@pytest.mark.parametrize("budget", ["0", "-1", "-1000000000", "0.0"])
def test_with_nothing_left_it_is_too_late(node, budget):
    answer = infer(node, {"perigee-budget-ms": budget})
    assert answer.status_code == 504 and "error" in answer.json()
    task = requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30,
                         headers={"perigee-budget-ms": budget})
    assert task.status_code == 504


@pytest.mark.parametrize("budget", ["60000", "31556952000", "99999999999999999999", "10000.5"])
def test_a_year_is_as_good_as_a_minute(node, budget):
    assert infer(node, {"perigee-budget-ms": budget}).status_code == 200
    assert infer(node, parameters={"timeout": 60_000_000}).status_code == 200


@pytest.mark.parametrize("header", [("perigee-budget-ms", "soon"), ("perigee-priority", "urgent"),
                                    ("perigee-tenant", "a b"), ("perigee-tenant", "x" * 65)])
def test_what_makes_no_sense_is_refused(node, header):
    answer = infer(node, dict([header]))
    assert answer.status_code == 400 and header[0] in answer.json()["error"]


def test_every_answer_tells_its_own_time_and_the_next_ones(node):
    infer(node)
    said = metrics(infer(node))
    assert said["perigee_compute_ms"] > 0 and said["perigee_queued_ms"] >= 0
    as_json = metrics(infer(node, {"endpoint-load-metrics-format": "json"}))
    assert as_json.keys() == said.keys()
    probe = requests.get(f"{node.http}/api/v1/models/emotion/hint", timeout=10).json()
    assert probe.keys() == {"wait_ms", "service_ms", "valid_ms"}


def test_a_task_predicts_after_its_first_run(node):
    answers = [requests.post(f"{node.http}/v1/tasks/emotion", data=photo("sample1.jpg"), timeout=30)
               for _ in range(3)]
    said = metrics(answers[-1])
    assert said["perigee_valid_ms"] > 0
    assert 0.1 < said["perigee_service_ms"] / said["perigee_compute_ms"] < 10


def test_tritons_client_can_set_its_timeout_and_priority(node):
    with grpcclient.InferenceServerClient(node.grpc) as client:
        image = grpcclient.InferInput("image", [1, 112, 112, 3], "UINT8")
        image.set_data_from_numpy(numpy.zeros((1, 112, 112, 3), numpy.uint8))
        answer = client.infer("emotion", [image], timeout=30_000_000, priority=1)
        assert answer.as_numpy("probabilities").shape == (1, 7)
