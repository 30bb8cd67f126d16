"""Streams of camera frames over WebSocket, by the `websockets` library, against a node."""

import json
import socket
import ssl
import struct
import subprocess
from pathlib import Path

import pytest
import requests
from conftest import PHOTOS, photo
from node import run
from pictures import blank, encoded, opened
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

ANSWER_TIMEOUT_S = 30  # with sanitizers, on a busy machine


def url(node, options="", scheme="ws"):
    return f"{scheme}://{node.http_authority}/v1/tasks/emotion/stream{options}"


def frame(picture, **header):
    head = json.dumps(header).encode()
    return struct.pack("<I", len(head)) + head + picture


def answer(stream):
    return json.loads(stream.recv(timeout=ANSWER_TIMEOUT_S))


def answers_until(stream, last):
    """Answers up to the one with that id."""
    got = [answer(stream)]
    while got[-1]["id"] != last:
        got.append(answer(stream))
    return got


@pytest.fixture(scope="module")
def face():
    """A photograph as a camera would send it, 640 px wide."""
    return moved(0)


def moved(pixels, size=(640, 428)):
    """The same scene, as if the camera had turned by so many pixels."""
    picture = opened(photo("sample1.jpg")).resize((700, 468)).crop((pixels, 0, 640 + pixels, 428))
    return encoded(picture.resize(size), "JPEG", quality=85)


def test_answers_as_the_task_api_does(node, face):
    with connect(url(node)) as stream:
        stream.send(frame(face, id=7, timestamp_us=123456))
        got = answer(stream)
    assert (got["id"], got["timestamp_us"], got["outcome"]) == (7, 123456, "answered")
    assert got["queued_ms"] >= 0 and got["compute_ms"] > 0
    assert got["answer"]["task"] == "emotion" and got["answer"]["image"]["width"] == 640
    assert len(got["answer"]["faces"]) == 3
    assert all(found["track"] > 0 for found in got["answer"]["faces"])


def test_an_answer_tells_what_the_next_frame_has_to_expect(node, face):
    requests.post(f"{node.http}/v1/tasks/emotion", data=face, timeout=30)  # now it can predict
    with connect(url(node)) as stream:
        stream.send(frame(face, id=1))
        following = answer(stream)["next"]
    assert following["service_ms"] > 0 and following["valid_ms"] > 0 and following["wait_ms"] >= 0


def test_follows_faces_between_detections(node):
    with connect(url(node, "?detect_every=4&change_gate=0")) as stream:
        got = []
        for number in range(8):
            stream.send(frame(moved(2 * number), id=number))
            got.append(answer(stream))
    assert [one["outcome"] for one in got] == (["answered"] + 3 * ["tracked"]) * 2
    tracks = [{found["track"] for found in one["answer"]["faces"]} for one in got]
    assert all(tracks[0] & later for later in tracks)


def test_a_picture_alone_is_a_frame_and_an_unchanged_one_is_told(node, face):
    with connect(url(node)) as stream:
        stream.send(face)
        stream.send(face)
        first, second = answer(stream), answer(stream)
    assert [first["id"], second["id"]] == [1, 2]
    assert second["outcome"] in ("unchanged", "answered", "tracked")


def test_the_freshest_frame_wins_under_a_flood(node, face):
    with connect(url(node)) as stream:
        for number in range(60):
            stream.send(frame(face, id=number))
        got = answers_until(stream, 59)
    assert [one["id"] for one in got] == list(range(60))
    assert any(one["outcome"] == "skipped" for one in got)
    assert got[-1]["outcome"] in ("answered", "tracked", "unchanged")


def test_a_new_resolution_starts_over(node):
    with connect(url(node, "?detect_every=100")) as stream:
        stream.send(frame(moved(0), id=1))
        assert answer(stream)["outcome"] == "answered"
        stream.send(frame(moved(0, size=(480, 320)), id=2))
        resized = answer(stream)
    assert resized["outcome"] == "answered" and resized["answer"]["image"]["width"] == 480


@pytest.mark.parametrize("garbage", [b"", b"ab", b"\xff\xd8\xff\xe0 no more", b"\x02\x00\x00\x00{!",
                                     b"\xff\x0f\x00\x00{}", frame(b"no picture", id=3),
                                     frame(b"", id="x"), frame(blank()[:300])])
def test_garbage_fails_and_the_stream_goes_on(node, face, garbage, still_answers):
    with connect(url(node)) as stream:
        stream.send(garbage)
        failed = answer(stream)
        assert failed["outcome"] == "failed" and failed["status"] == 400 and failed["error"]
        stream.send(frame(face, id=9))
        assert answer(stream)["outcome"] == "answered"


def test_a_frame_that_is_late_at_once_says_so(node, face):
    with connect(url(node)) as stream:
        stream.send(frame(face, id=1, budget_ms=0))
        late = answer(stream)
    assert late["outcome"] == "failed" and late["status"] == 504


@pytest.mark.parametrize("path, status", [
    ("/v1/tasks/nothing/stream", 404),
    ("/v1/tasks/emotion/stream?detect_every=0", 400),
    ("/v1/tasks/emotion/stream?colour=1", 400),
])
def test_refuses_before_the_upgrade(node, path, status):
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{node.http_authority}{path}")
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["error"]


def test_frames_are_binary_and_bounded(start, face):
    with start("--http-body-max-kib", "256") as small:
        with connect(url(small)) as stream:
            stream.send("text")
            with pytest.raises(ConnectionClosed) as closed:
                answer(stream)
            assert closed.value.rcvd.code == 1003
        with connect(url(small)) as stream:
            stream.send(bytes(300 * 1024))
            with pytest.raises(ConnectionClosed) as closed:
                answer(stream)
            assert closed.value.rcvd.code == 1009
        with connect(url(small)) as stream:
            stream.send(face)
            assert answer(stream)["outcome"] == "answered"


def test_a_client_that_leaves_mid_frame_is_let_go(node, face, still_answers):
    with connect(url(node), close_timeout=1) as stream:
        stream.send(frame(face, id=1))
        stream.socket.sendall(b"\x82\xfe\xff\xff\x01\x02\x03\x04half a frame")
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.socket.close()


def test_a_reader_that_never_reads_does_not_make_the_node_grow(start, face):
    # A sanitized build holds freed memory back, 256 MiB of it unless told otherwise.
    with start(ASAN_OPTIONS="quarantine_size_mb=1") as own:
        def resident():
            status = Path(f"/proc/{own.process.pid}/status").read_text()
            return int(status.split("VmRSS:")[1].split()[0])  # KiB

        with connect(url(own)) as warm:
            warm.send(face)
            answer(warm)
        before = resident()
        client = socket.create_connection(own.address)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(3)
        client.sendall(f"GET /v1/tasks/emotion/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                       f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                       f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        message = b"\x82\xfe" + struct.pack(">H", 4) + b"\0\0\0\0" + b"\2\0\0\0"
        sent = 0
        try:
            while sent < 64 << 20:
                sent += client.send(message * 1000)
        except TimeoutError:
            pass
        assert sent < 64 << 20, "the node read on and on"
        assert resident() - before < 32 * 1024
        client.close()


def test_draining_closes_streams_as_going_away(start, face):
    with start() as own:
        with connect(url(own)) as stream:
            stream.send(frame(face, id=1))
            assert answer(stream)["outcome"] == "answered"
            own.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                stream.recv(timeout=ANSWER_TIMEOUT_S)
            assert closed.value.rcvd.code == 1001
        own.wait()


def test_over_tls(start, tmp_path, face):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    with start("--http-certificate", certificate, "--http-key", key) as own:
        trust = ssl.create_default_context(cafile=certificate)
        with connect(url(own, scheme="wss"), ssl=trust) as stream:
            for number in range(3):
                stream.send(frame(face, id=number))
                assert answer(stream)["id"] == number


def test_the_node_counts_its_streams(start, face):
    with start() as own:
        with connect(url(own)) as stream:
            stream.send(face)
            answer(stream)
            text = requests.get(f"{own.http}/metrics", timeout=10).text
        assert 'perigee_stream_frames_total{task="emotion",outcome="answered"} 1' in text
        assert 'perigee_streams_open{task="emotion"} 1' in text


def test_the_command_line_plays_a_camera(node):
    code, out, err = run("stream", PHOTOS / "sample1.jpg", "--node", node.http, "--fps", "5",
                         "--streams", "2", "--duration", "1", "--in-time-ms", "30000", "--json")
    assert code == 0, err
    report = json.loads(out)
    assert report["streams"] == 2 and report["frames"] == 10
    assert report["failed"] == report["unanswered"] == 0
    assert report["answered"] >= 1 and report["latency"]["p50_ms"] > 0
    code, _, err = run("stream", PHOTOS / "sample1.jpg", "--node", node.http, "--option", "colour=1")
    assert code == 2 and "colour" in err
