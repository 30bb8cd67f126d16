"""Versions swapped under load: does anybody notice, and does memory come back? A node at half of its
load while the newest version of the classifier is replaced four times a second, each by a load
request as an operator sends it: opened, warmed up, held against its golden vectors, swapped in, the
one before it drained and given back.
"""

from __future__ import annotations

import http.client
import shutil
import tempfile
import threading
import time
from pathlib import Path

from measure import AT_MOST, Row, Settings
from processes import MODELS, Failed, Node, resident_mb

MODEL = "emotion"
SWAPS, SWAPS_QUICK = 1000, 100
SWAPS_PER_SECOND = 4
EARLY = 100  # swaps after which memory is looked at first; a tenth of a quick run's
LOAD = 0.5
CLIENTS = 16
P99_MAX = 2.0
MEMORY_MAX = 1.05
LOAD_S = 30


class Folder:
    """A folder of one model, whose newest version alone is served."""

    def __init__(self, root: Path) -> None:
        self.path = root
        self._model = root / MODEL
        self._version = 1
        (self._model / "1").mkdir(parents=True)
        source = MODELS / MODEL
        shutil.copy(source / "1/model.onnx", self._model / "1/model.onnx")
        card = (source / "card.toml").read_text()
        head, golden, rest = card.partition("[[golden]]")
        # Every version is held against the vectors, not the first alone.
        rest = rest.replace("version = 1\n", "")
        if "[serving]" in head:
            raise Failed("measure swaps: the card says already how it is served")
        (self._model / "card.toml").write_text(f'{head}[serving]\nversions = "latest 1"\n\n{golden}{rest}')

    def next(self) -> None:
        """One more version; the one before it leaves the folder at the next call."""
        shutil.rmtree(self._model / str(self._version - 1), ignore_errors=True)
        self._version += 1
        aside = self._model / ".new"
        aside.mkdir()
        shutil.copy(self._model / str(self._version - 1) / "model.onnx", aside / "model.onnx")
        aside.rename(self._model / str(self._version))


def measure(settings: Settings) -> tuple[list[Row], dict]:
    swaps = SWAPS_QUICK if settings.quick else SWAPS
    with tempfile.TemporaryDirectory() as root:
        folder = Folder(Path(root))
        # One instance, so that opening a version has a core beside it.
        with Node("--serving-instances", 1, models=folder.path) as node:
            return _measure(node, folder, swaps, settings)


def _measure(node: Node, folder: Folder, swaps: int, settings: Settings) -> tuple[list[Row], dict]:
    model = ("--model", MODEL)
    node.bench(*model, "--clients", 2, seconds=max(2.0, settings.seconds))  # warm
    rate = LOAD * node.bench(*model, "--clients", 4, seconds=settings.seconds)["throughput_per_second"]
    at_half = (*model, "--clients", CLIENTS, "--rate", round(rate, 2))
    steady = node.bench(*at_half, seconds=max(5.0, 2 * settings.seconds))
    swapping: dict = {}
    load = threading.Thread(target=lambda: swapping.update(
        node.bench(*at_half, seconds=swaps / SWAPS_PER_SECOND, may_refuse=True)))
    load.start()
    memory, took = _swap(node, folder, swaps)
    load.join()
    if not swapping:
        raise Failed("measure swaps: the load could not be run")
    failed = swapping["requests"] - swapping["succeeded"] + swapping["dropped"]
    early = memory[min(EARLY, swaps // 10) - 1]
    rows = [
        Row(f"Requests that failed during {swaps} swaps", "requests", [failed], AT_MOST, 0,
            note=f"of {swapping['requests']}"),
        Row("p99 while versions are swapped, against p99 without", "x",
            [swapping["latency_ms"]["p99"] / steady["latency_ms"]["p99"]], AT_MOST, P99_MAX,
            note=f"{steady['latency_ms']['p99']:.2f} ms without"),
        Row(f"Resident memory after {swaps} swaps, against {min(EARLY, swaps // 10)}", "x", [memory[-1] / early],
            AT_MOST, MEMORY_MAX, note=f"{early:.0f} MB then"),
        Row("One swap, from the request to its answer", "ms", took),
    ]
    return rows, {"rate_per_second": rate, "steady": steady, "swapping": swapping,
                  "resident_mb": memory, "swap_ms": took}


def _swap(node: Node, folder: Folder, swaps: int) -> tuple[list[float], list[float]]:
    """Resident MB after each swap, and how long each took. Paced by the clock, never faster."""
    memory, took = [], []
    started = time.monotonic()
    for swap in range(swaps):
        time.sleep(max(0.0, started + swap / SWAPS_PER_SECOND - time.monotonic()))
        folder.next()
        before = time.monotonic()
        _load(node)
        took.append(1000 * (time.monotonic() - before))
        memory.append(resident_mb(node.pid))
    return memory, took


def _load(node: Node) -> None:
    connection = http.client.HTTPConnection(node.http, timeout=LOAD_S)
    try:
        connection.request("POST", f"/v2/repository/models/{MODEL}/load")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise Failed(f"swap a version: {answer.status} {body.decode(errors='replace')[:300]}")
    finally:
        connection.close()
