"""NVIDIA's tritonclient over gRPC, unmodified, against a node."""

import asyncio
import queue

import grpc
import numpy
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from conftest import photo
from pictures import face_crop
from tritonclient.utils import InferenceServerException

LABELS = ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"]
HAPPY_FACE = {"x": 1422, "y": 215, "width": 307, "height": 283}  # of sample1.jpg, 99 % sure


@pytest.fixture
def client(node):
    if node.grpc is None:
        pytest.skip("this build has no gRPC")
    with triton.InferenceServerClient(node.grpc) as opened:
        yield opened


@pytest.fixture(scope="module")
def face():
    """[1, 112, 112, 3] u8 RGB"""
    return numpy.asarray(face_crop(photo("sample1.jpg"), HAPPY_FACE, 112))[None]


def image_input(array, name="image", datatype="UINT8"):
    tensor = triton.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array)
    return [tensor]


def assert_happy(result):
    probabilities = result.as_numpy("probabilities")
    assert probabilities.shape == (1, 7)
    assert LABELS[probabilities[0].argmax()] == "happy"


def code_of(call):
    with pytest.raises(InferenceServerException) as caught:
        call()
    assert caught.value.message()
    return caught.value.status()


def test_health_and_metadata(client):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("emotion") and not client.is_model_ready("nothing")
    assert client.get_server_metadata().name
    model = client.get_model_metadata("emotion")
    assert (model.inputs[0].datatype, list(model.inputs[0].shape)) == ("UINT8", [-1, 112, 112, 3])
    assert client.get_model_config("emotion").config.max_batch_size >= 1
    index = client.get_model_repository_index()
    assert "emotion" in {model.name for model in index.models}


def test_infer(client, face):
    result = client.infer("emotion", image_input(face), request_id="r7")
    assert_happy(result)
    assert result.get_response().id == "r7"
    assert result.get_response().model_version == "1"


def test_classification_and_photograph(client, face):
    outputs = [triton.InferRequestedOutput("probabilities", class_count=2)]
    best = client.infer("emotion", image_input(face), outputs=outputs).as_numpy("probabilities")
    assert best[0][0].decode().endswith(":1:happy")
    picture = image_input(numpy.array([photo("sample1.jpg")], dtype=object), datatype="BYTES")
    result = client.infer("face_emotion", picture)
    assert len(result.as_numpy("emotions")) == 3 and b"happy" in result.as_numpy("emotions")


def test_statistics_count_what_was_asked(client, face):
    def counted():
        return client.get_inference_statistics("emotion").model_stats[0].inference_count
    before = counted()
    client.infer("emotion", image_input(face))
    assert counted() - before == 1


def test_async_requests_all_come_back(client, face):
    answers = queue.Queue()
    for _ in range(16):
        client.async_infer("emotion", image_input(face),
                           lambda result, error: answers.put((result, error)))
    for _ in range(16):
        result, error = answers.get(timeout=30)
        assert error is None
        assert_happy(result)


def test_aio(node, client, face):
    async def ask():
        async with triton_aio.InferenceServerClient(node.grpc) as opened:
            return await asyncio.gather(*(opened.infer("emotion", image_input(face))
                                          for _ in range(8)))
    for result in asyncio.run(ask()):
        assert_happy(result)


def test_a_cancelled_request_ends_and_the_node_goes_on(client, face):
    answers = queue.Queue()
    rows = numpy.repeat(face, client.get_model_config("emotion").config.max_batch_size, axis=0)
    call = client.async_infer("emotion", image_input(rows),
                              lambda result, error: answers.put((result, error)))
    call.cancel()
    result, error = answers.get(timeout=10)
    assert error is None or "CANCELLED" in str(error.status())
    assert_happy(client.infer("emotion", image_input(face)))


def test_a_deadline_that_has_passed(client, face):
    # The library sends 1 ms at least. No machine decodes and searches this photograph in that time,
    # while a single crop may be answered within it.
    picture = image_input(numpy.array([photo("sample1.jpg")], dtype=object), datatype="BYTES")
    assert "DEADLINE_EXCEEDED" in code_of(
        lambda: client.infer("face_emotion", picture, client_timeout=1e-6))
    assert_happy(client.infer("emotion", image_input(face), client_timeout=30))


def test_errors_have_their_codes(client, face):
    assert "NOT_FOUND" in code_of(lambda: client.infer("nothing", image_input(face)))
    assert "NOT_FOUND" in code_of(
        lambda: client.infer("emotion", image_input(face), model_version="9"))
    for wrong in (image_input(face, name="picture"), image_input(face[:, 1:]),
                  image_input(face.astype(numpy.float32), datatype="FP32")):
        assert "INVALID_ARGUMENT" in code_of(lambda wrong=wrong: client.infer("emotion", wrong))
    unknown = [triton.InferRequestedOutput("nothing")]
    assert "INVALID_ARGUMENT" in code_of(
        lambda: client.infer("emotion", image_input(face), outputs=unknown))
    assert "UNIMPLEMENTED" in code_of(lambda: client.load_model("emotion", config="{}"))
    assert "NOT_FOUND" in code_of(lambda: client.load_model("nothing"))


def test_byte_counts_that_lie(client, face):
    tensor = image_input(face)[0]
    tensor._raw_content = face.tobytes()[:-1]
    assert "INVALID_ARGUMENT" in code_of(lambda: client.infer("emotion", [tensor]))
    tensor._raw_content = face.tobytes() + b"\0"
    assert "INVALID_ARGUMENT" in code_of(lambda: client.infer("emotion", [tensor]))


def test_a_message_over_the_limit(client, node):
    huge = numpy.zeros((1, 5000, 5000, 3), dtype=numpy.uint8)  # 75 MB
    assert "RESOURCE_EXHAUSTED" in code_of(
        lambda: client.infer("face_detector", image_input(huge)))
    assert client.is_server_ready()


def test_bytes_that_are_no_message(node, client):
    with grpc.insecure_channel(node.grpc) as channel:
        call = channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")
        with pytest.raises(grpc.RpcError) as caught:
            call(b"\xff\xff\xff no protobuf", timeout=10)
    # grpc++ refuses it before our code sees it; its callback API of 1.51 says UNIMPLEMENTED.
    assert caught.value.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT,
                                   grpc.StatusCode.UNIMPLEMENTED)
    assert client.is_server_ready()


def test_a_stream_answers_in_order_and_errors_in_place(client, face):
    answered = queue.Queue()
    client.start_stream(callback=lambda result, error: answered.put((result, error)))
    for number in range(8):
        client.async_stream_infer("emotion", image_input(face), request_id=str(number))
    client.async_stream_infer("nothing", image_input(face), request_id="lost")
    client.async_stream_infer("emotion", image_input(face), request_id="last")
    for number in range(8):
        result, error = answered.get(timeout=60)
        assert error is None and result.get_response().id == str(number)
        assert_happy(result)
    result, error = answered.get(timeout=60)
    assert result is None and "nothing" in error.message()
    result, error = answered.get(timeout=60)
    assert error is None and result.get_response().id == "last"
    client.stop_stream()
