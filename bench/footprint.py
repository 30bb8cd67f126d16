"""What a node costs before and beside its work: time to be ready, memory, memory over time."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from pathlib import Path

from measure import AT_MOST, Row, Settings
from processes import MODELS, PHOTOS, READY_S, RELEASE, STOP_S, Failed, Node, bare, environment
from processes import resident_mb, until

STARTS = 10
READY_MS_MAX = 300.0
ABOVE_BARE_MB_MAX = 40.0
STRIPPED_MB_MAX = 15.0
# A page more or less is not growth; a leak of 100 bytes a request would be 1 MB.
GROWTH_MB_MAX = 1.0
INSTANCES = 2
FIRST, REST = 2_000, 10_000  # requests


def measure(settings: Settings) -> tuple[list[Row], dict]:
    starts = [_start_ms() for _ in range((2 if settings.quick else STARTS) + 1)]
    lives = [_live(settings) for _ in range(1 if settings.quick else 3)]
    sessions = bare(settings.seconds, settings.warm_up_s,
                    [f"{MODELS}/emotion/1/model.onnx", f"{MODELS}/face_detector/1/model.onnx:416"],
                    INSTANCES)
    floor = sessions["resident_bytes"] / 1e6
    rows = [
        Row("process start to the first 200 of /v2/health/ready, default models", "ms",
            starts[1:], AT_MOST, READY_MS_MAX),
        Row(f"resident memory after {FIRST + REST:,} requests, less bare ONNX Runtime's", "MB",
            [second - floor for _, second, _ in lives], AT_MOST, ABOVE_BARE_MB_MAX),
        Row(f"resident memory from request {FIRST:,} to request {FIRST + REST:,}", "MB",
            [second - first for first, second, _ in lives], AT_MOST, GROWTH_MB_MAX),
        Row(f"the same over {REST:,} requests more: a leak goes on, settling ends", "MB",
            [third - second for _, second, third in lives]),
        Row("resident memory of bare ONNX Runtime, both models, two sessions each", "MB", [floor]),
        Row("the program, stripped, with the system's shared libraries", "MB", [_stripped_mb()],
            AT_MOST, STRIPPED_MB_MAX),
    ]
    return rows, {"start_ms": starts, "resident_mb": lives, "bare": sessions}


def _stripped_mb() -> float:
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(["strip", "-o", file.name, RELEASE], check=True)
        return Path(file.name).stat().st_size / 1e6


def _start_ms() -> float:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in (RELEASE, "serve", "--http-port", address[1], "--grpc-port", 0,
                                "--models", MODELS)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    try:
        until(lambda: _is_ready(address), "start a node", pause_s=0.001)
        return (time.perf_counter() - started) * 1e3
    finally:
        process.terminate()
        process.wait(STOP_S)


def _is_ready(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, timeout=READY_S) as connection:
            connection.sendall(b"GET /v2/health/ready HTTP/1.1\r\nHost: loopback\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def _live(settings: Settings) -> tuple[float, float, float]:
    """MB after FIRST requests of a new node, after REST more, and after as many again."""
    share = 10 if settings.quick else 1
    with Node("--serving-instances", INSTANCES) as node:
        _load(node, FIRST // share)
        first = resident_mb(node.pid)
        _load(node, REST // share)
        second = resident_mb(node.pid)
        _load(node, REST // share)
        return first, second, resident_mb(node.pid)


def _load(node: Node, requests: int) -> None:
    """Four tenths over HTTP, four over gRPC, two photographs through the task; 8 clients."""
    photo = ["--task", "emotion", "--photo", PHOTOS / "sample2.jpg"]
    for share, arguments, grpc in ((4, [], None), (4, [], node.grpc), (2, photo, None)):
        report = node.bench(*arguments, "--clients", 8, "--requests", requests * share // 10,
                            grpc=grpc, warm_up_s=0)
        if report["errors"]:
            raise Failed(f"load a node: {report['first_error']}")
