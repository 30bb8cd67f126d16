"""The contract of deadlines and hints (docs/adr/0007-deadline-contract.md), as callers see it: with
plain HTTP, with Triton's own client, with gRPC's, and in the frames of streams."""

import json
import struct
import subprocess
import threading

import grpc
import numpy
import pytest
import requests
import tritonclient.grpc as grpcclient
from conftest import photo
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from node import ROOT
from tritonclient.grpc import service_pb2, service_pb2_grpc
from websockets.sync.client import connect

MODEL = "/v2/models/emotion/infer"
WAIT_S = 30
NOTHING_LEFT = [0, -1, -1e9]
PLENTY = [60_000, 31_556_952_000, 1e300]  # a minute, a year, for ever


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


def test_a_model_tells_how_long_its_runs_take(node):
    infer(node)
    profile = requests.get(f"{node.http}/api/v1/models/emotion/profile", timeout=10).json()
    assert profile["source"] in ("unknown", "estimate", "cached", "measured")
    assert any(point["rows"] == 1 and 0 < point["median_ms"] <= point["p95_ms"]
               for point in profile["points"])
    assert len(profile["devices"]) == profile["plan"]["instances"] >= 1
    missing = requests.get(f"{node.http}/api/v1/models/none/profile", timeout=10)
    assert missing.status_code == 404


def test_the_probe_takes_the_budget_of_the_request_it_asks_about(node):
    probe = f"{node.http}/api/v1/models/emotion/hint"
    good = requests.get(probe, headers={"perigee-budget-ms": "40"}, timeout=10)
    assert good.json().keys() == {"wait_ms", "service_ms", "valid_ms"}
    bad = requests.get(probe, headers={"perigee-budget-ms": "soon"}, timeout=10)
    assert bad.status_code == 400 and "perigee-budget-ms" in bad.json()["error"]


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


# ---- gRPC -------------------------------------------------------------------------------------


@pytest.fixture
def stub(node):
    with grpc.insecure_channel(node.grpc) as channel:
        yield service_pb2_grpc.GRPCInferenceServiceStub(channel)


def grpc_request(**parameters):
    request = service_pb2.ModelInferRequest(model_name="emotion")
    tensor = request.inputs.add(name="image", datatype="UINT8")
    tensor.shape.extend([1, 112, 112, 3])
    request.raw_input_contents.append(bytes(112 * 112 * 3))
    for name, value in parameters.items():
        request.parameters[name].double_param = value
    return request


def grpc_ended(stub, request, timeout=WAIT_S, metadata=()):
    """The status of a call."""
    return stub.ModelInfer.future(request, timeout=timeout, metadata=metadata).code()


@pytest.mark.parametrize(("budget", "status"), [
    *((budget, grpc.StatusCode.DEADLINE_EXCEEDED) for budget in NOTHING_LEFT),
    *((budget, grpc.StatusCode.OK) for budget in PLENTY)])
def test_grpc_metadata_and_parameters_say_the_same(stub, budget, status):
    text = f"{budget:.0f}" if abs(budget) < 1e20 else "9" * 30
    assert grpc_ended(stub, grpc_request(), metadata=[("perigee-budget-ms", text)]) == status
    assert grpc_ended(stub, grpc_request(budget_ms=float(budget))) == status


@pytest.mark.parametrize(("timeout", "status"), [
    (0, grpc.StatusCode.DEADLINE_EXCEEDED), (-1, grpc.StatusCode.DEADLINE_EXCEEDED),
    (31_556_952, grpc.StatusCode.OK)])
def test_so_does_the_deadline_of_the_call_itself(stub, timeout, status):
    assert grpc_ended(stub, grpc_request(), timeout=timeout) == status


def test_requests_of_an_infer_stream_are_late_one_by_one(stub):
    budgets = [0, 60_000, -1, 1e300, -1e9, 31_556_952_000]
    requests_sent = []
    for number, budget in enumerate(budgets):
        requests_sent.append(grpc_request(budget_ms=float(budget)))
        requests_sent[-1].id = str(number)
    answers = list(stub.ModelStreamInfer(iter(requests_sent), timeout=WAIT_S))
    assert [answer.infer_response.id for answer in answers] == [str(number) for number in range(len(budgets))]
    assert [bool(answer.error_message) for answer in answers] == [budget <= 0 for budget in budgets]


# ---- frames -----------------------------------------------------------------------------------


def test_frames_of_a_websocket_are_late_one_by_one(node):
    budgets = [0, 60_000, -1, 31_556_952_000, -1e9, 1e300]
    outcomes = []
    with connect(f"ws://{node.http_authority}/v1/tasks/emotion/stream?change_gate=0") as stream:
        for number, budget in enumerate(budgets):
            head = json.dumps({"id": number, "budget_ms": budget}).encode()
            stream.send(struct.pack("<I", len(head)) + head + photo("sample1.jpg"))
            answer = json.loads(stream.recv(timeout=WAIT_S))
            assert answer["id"] == number
            outcomes.append(answer.get("status", answer["outcome"]))
        with pytest.raises(TimeoutError):  # there is no second answer to any
            stream.recv(timeout=0)
    assert outcomes[0::2] == [504, 504, 504]
    assert set(outcomes[1::2]) <= {"answered", "tracked", "unchanged"}


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """The messages of api/tasks.proto, by name."""
    described = tmp_path_factory.mktemp("protos") / "tasks.bin"
    subprocess.run(["protoc", f"--proto_path={ROOT / 'api'}", f"--descriptor_set_out={described}", "tasks.proto"],
                   check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(described.read_bytes()).file
    pool = descriptor_pool.DescriptorPool()
    return message_factory.GetMessages(files, pool=pool)


def test_frames_of_a_grpc_stream_are_late_one_by_one(node, messages):
    budgets = [0, 60_000, -1, 31_556_952_000, -1e9, 1e300]
    request_of = messages["perigee.v1.StreamRequest"]
    answer_of = messages["perigee.v1.StreamAnswer"]
    outcomes = []

    def frames(answered):
        yield request_of(open={"task": "emotion", "options": {"change_gate": "0"}})
        for number, budget in enumerate(budgets):
            yield request_of(frame={"id": number, "budget_ms": budget, "picture": photo("sample1.jpg")})
            answered.acquire(timeout=WAIT_S)

    answered = threading.Semaphore(0)
    with grpc.insecure_channel(node.grpc) as channel:
        call = channel.stream_stream("/perigee.v1.Tasks/Stream", request_serializer=request_of.SerializeToString,
                                     response_deserializer=answer_of.FromString)
        for answer in call(frames(answered), timeout=WAIT_S):
            assert answer.id == len(outcomes)
            outcomes.append(answer.error.code or answer.outcome)
            answered.release()
    assert outcomes[0::2] == [grpc.StatusCode.DEADLINE_EXCEEDED.value[0]] * 3
    assert set(outcomes[1::2]) <= {answer_of.ANSWERED, answer_of.TRACKED, answer_of.UNCHANGED}
    assert len(outcomes) == len(budgets)
