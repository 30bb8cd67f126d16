"""The way there and back for one client, without the run.

HTTP: in the server, from the call that reads the first byte to the return of the call that writes
the last, by a stop-watch preloaded into the unchanged program (socket_clock.cc); of each request
its own run is taken off, by the node's statistics. gRPC: the client's round trip, less the run,
less the round trip to a handler that does nothing (empty_grpc_server.cc), measured in turn.
"""

from __future__ import annotations

import json
import socket
import statistics
import tempfile
import time
from pathlib import Path

import noop_model
from measure import AT_MOST, Row, Settings, in_turn
from processes import MODELS, TOOLS, Failed, Node, Server

PIXELS_BYTES = 112 * 112 * 3
CLOCK_FD = 199  # where the stop-watch writes
HTTP_US_MAX = 120.0
GRPC_US_MAX = 100.0
NAMES = ("emotion", noop_model.NAME)


def measure(settings: Settings) -> tuple[list[Row], dict]:
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        models.mkdir()
        (models / "emotion").symlink_to(MODELS / "emotion")
        noop_model.add_to(models)
        http_rows, http_raw = _http(models, Path(folder) / "clock", settings)
        grpc_rows, grpc_raw = _grpc(models, settings)
    return http_rows + grpc_rows, {"http": http_raw, "grpc": grpc_raw}


def _http(models: Path, clock: Path, settings: Settings) -> tuple[list[Row], dict]:
    count = 50 if settings.quick else 400
    windows = [name for _ in range(settings.pairs + 1) for name in NAMES]
    with Node(models=models, LD_PRELOAD=str(TOOLS / "libsocket_clock.so"),
              before=["bash", "-c", f'exec "$@" {CLOCK_FD}>"$0"', clock]) as node:
        asked = [one for name in windows for one in _ask(node, name, count)]
    spans = [int(line.split()[2]) / 1e3 for line in clock.read_text().splitlines()
             if int(line.split()[0]) > PIXELS_BYTES]
    if len(spans) != len(asked):
        raise Failed(f"time sockets: {len(asked)} requests were sent, {len(spans)} seen")
    rests = [span - one["run_us"] for span, one in zip(spans, asked, strict=True)]
    trips = [one["trip_us"] - one["run_us"] for one in asked]
    medians = [statistics.median(rests[at:at + count]) for at in range(0, len(rests), count)]
    client = [statistics.median(trips[at:at + count]) for at in range(0, len(trips), count)]
    warm = len(NAMES)  # the first window of each is not counted
    rows = [
        Row("HTTP, emotion: p50 in the server from first byte read to last written, less the run",
            "us", medians[warm::2], AT_MOST, HTTP_US_MAX),
        Row("HTTP, a model that does nothing: the same", "us", medians[warm + 1::2]),
        Row("HTTP, emotion: p50 of a raw socket's round trip (in Python), less the run", "us",
            client[warm::2]),
    ]
    return rows, {"requests_in_a_window": count, "server_us_p50": medians, "client_us_p50": client}


def _request(model: str) -> bytes:
    """One picture of noise as the binary extension sends it."""
    header = json.dumps({
        "inputs": [{"name": "image", "shape": [1, 112, 112, 3], "datatype": "UINT8",
                    "parameters": {"binary_data_size": PIXELS_BYTES}}],
        "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}]}).encode()
    pixels = bytes((i * 97 + i * i * 31) & 255 for i in range(PIXELS_BYTES))
    head = (f"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: loopback\r\n"
            f"Inference-Header-Content-Length: {len(header)}\r\n"
            f"Content-Length: {len(header) + len(pixels)}\r\n\r\n")
    return head.encode() + header + pixels


def _ask(node: Node, model: str, count: int) -> list[dict]:
    """`count` requests, one after another, each with the time that its own run took."""
    host, port = node.http.split(":")
    request, asked = _request(model), []
    before = node.runs(model)["ns"]
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            started = time.perf_counter()
            connection.sendall(request)
            _read_answer(connection)
            trip_us = (time.perf_counter() - started) * 1e6
            after = node.runs(model)["ns"]
            asked.append({"trip_us": trip_us, "run_us": (after - before) / 1e3})
            before = after
    return asked


def _read_answer(connection: socket.socket) -> None:
    data = connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise AssertionError(f"the node refused: {data[:200]!r}")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    left = int(lengths[0].split(b":")[1]) - len(body)
    while left > 0:
        left -= len(connection.recv(65536))


def _grpc(models: Path, settings: Settings) -> tuple[list[Row], dict]:
    seconds = max(1.0, settings.seconds / 2)
    rows, raw = [], {}
    with Node(models=models) as node, Server([TOOLS / "empty_grpc_server"],
                                             r"ready grpc=(\S+)") as empty:

        def served(model: str) -> dict:
            earlier = node.runs(model)
            report = node.bench("--model", model, "--clients", 1, grpc=node.grpc, seconds=seconds)
            return report["latency_ms"] | {"run_us": node.run_us(model, earlier)}

        def nothing() -> dict:
            return node.bench("--model", noop_model.NAME, "--clients", 1, grpc=empty.found[1],
                              seconds=seconds)["latency_ms"]

        for model in NAMES:
            raw[model] = in_turn(settings.pairs, lambda m=model: served(m), nothing)
    rest = {model: [ours["p50"] * 1e3 - ours["run_us"] - floor["p50"] * 1e3
                    for ours, floor in pairs] for model, pairs in raw.items()}
    floors = [floor["p50"] * 1e3 for _, floor in raw["emotion"]]
    rows = [
        Row("gRPC, emotion: p50 of the round trip, less the run, less an empty handler's", "us",
            rest["emotion"], AT_MOST, GRPC_US_MAX),
        Row("gRPC, a model that does nothing: the same", "us", rest[noop_model.NAME]),
        Row("gRPC: p50 of the round trip to an empty handler", "us", floors),
    ]
    return rows, raw
