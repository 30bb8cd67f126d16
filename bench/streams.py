"""Camera streams: how many of 15 frames a second a node carries, each frame answered within 100 ms
for 99 of 100, with the cameras on the same cores. The limit, B, is what the cores would carry if a
frame cost its bare stages (stages.py) and the camera's own part, and nothing else."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import stages
from measure import AT_LEAST, Row, Settings
from processes import RELEASE, Node, run_json

IN_TIME_MS, IN_TIME_SHARE = 100, 0.99
EVERY_MIN, SOME_MIN, GAIN_MIN = 0.75, 0.65, 2.0
STREAMS_MAX = 256  # of one generator
EVERY = {"detect_every": 1, "classify_every": 1}
SOME = {"detect_every": stages.DETECT_EVERY, "classify_every": stages.CLASSIFY_EVERY}
ALWAYS = {"detector_size": stages.SIZE, "change_gate": 0}


class Cameras:
    """All show the same picture; the node is told never to take it for unchanged."""

    def __init__(self, node: Node, frame: Path, settings: Settings) -> None:
        self._node, self._frame, self._seconds = node, frame, settings.seconds
        self.windows: list[dict] = []

    def play(self, streams: int, options: dict) -> dict:
        words = [word for name, value in options.items() for word in ("--option", f"{name}={value}")]
        window = run_json([RELEASE, "stream", self._frame, "--node", f"http://{self._node.http}",
                           "--streams", streams, "--fps", stages.FPS, "--duration", self._seconds,
                           "--in-time-ms", IN_TIME_MS, "--server-pid", self._node.pid, "--json",
                           *words], accepted=(0, 1))
        self.windows.append({"options": options} | window)
        return window

    def own_us(self) -> float:
        """CPU of a frame in the camera: against a node that finds each frame unchanged."""
        idle = self.play(8, ALWAYS | {"change_gate": 1})
        return idle["own_cpu_per_frame_ms"] * 1e3

    def carried(self, options: dict, guess: int) -> int:
        """The most streams that are carried: up from the guess while it goes well, or down."""

        def goes_well(streams: int) -> bool:
            return self.play(streams, ALWAYS | options)["in_time_share"] >= IN_TIME_SHARE

        return most(goes_well, guess)


def most(goes_well: Callable[[int], bool], guess: int) -> int:
    """The largest number found to go well, in steps of a thirtieth from the guess; 0: none does."""
    step = max(1, guess // 30)
    best = max(1, min(guess, STREAMS_MAX))
    if goes_well(best):
        while best + step <= STREAMS_MAX and goes_well(best + step):
            best += step
        return best
    while (best := best - step) > 0:
        if goes_well(best):
            return best
    return 0


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rounds = []
    with tempfile.TemporaryDirectory() as folder, Node() as node:
        frame = Path(folder) / "frame.jpg"
        frame.write_bytes(stages.camera_frame())
        cameras = Cameras(node, frame, settings)
        cameras.play(4, ALWAYS | EVERY)  # warm
        guesses: dict[str, int] = {}
        for _ in range(settings.pairs):
            rounds.append(_round(cameras, settings, guesses))
    return _rows(rounds), {"rounds": rounds, "windows": cameras.windows}


def _round(cameras: Cameras, settings: Settings, guesses: dict[str, int]) -> dict:
    """Bare stages, the camera's own part, then both ways to serve; all within a minute or so."""
    cpu_us = _bare_stages(settings)
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        together = list(pool.map(_bare_stages, [settings] * cores))
    busy_us = {stage: statistics.mean(one[stage] for one in together) for stage in cpu_us}
    own_us = cameras.own_us()
    found = {"cpu_us": cpu_us, "cpu_us_all_cores_busy": busy_us, "own_us": own_us}
    for name, options, cost, share in (("every", EVERY, stages.every_frame, EVERY_MIN),
                                       ("some", SOME, stages.some_frames, SOME_MIN)):
        limit = stages.streams(cost(cpu_us), own_us)
        carried = cameras.carried(options, guesses.get(name, int(limit * share)))
        guesses[name] = max(1, carried)
        found[name] = {"limit": limit, "carried": carried,
                       "limit_all_cores_busy": stages.streams(cost(busy_us), own_us)}
    return found


def _bare_stages(settings: Settings) -> dict[str, float]:
    one = Settings(pairs=1, seconds=settings.seconds, quick=settings.quick)
    return {stage: values[0] for stage, values in stages.measure_stages(one)["cpu_us"].items()}


def _rows(rounds: list[dict]) -> list[Row]:
    every = [one["every"]["carried"] for one in rounds]
    some = [one["some"]["carried"] for one in rounds]
    rows = [
        Row("streams carried, detector on every frame", "of B",
            [one["every"]["carried"] / one["every"]["limit"] for one in rounds], AT_LEAST, EVERY_MIN),
        Row("streams carried, detector every 5th and expression every 3rd frame, tracked between",
            "of B", [one["some"]["carried"] / one["some"]["limit"] for one in rounds], AT_LEAST,
            SOME_MIN),
        Row("the same against the detector on every frame", "x",
            [b / max(1, a) for a, b in zip(every, some, strict=True)], AT_LEAST, GAIN_MIN),
        Row("streams, detector on every frame", "streams", every),
        Row("streams, tracked between", "streams", some),
        Row("the camera's own CPU of a frame", "us", [one["own_us"] for one in rounds]),
    ]
    for name, what in (("every", "detector on every frame"), ("some", "tracked between")):
        rows += [Row(f"B, {what}", "streams", [one[name]["limit"] for one in rounds]),
                 Row(f"B if the stages are timed on all cores at once, {what}", "streams",
                     [one[name]["limit_all_cores_busy"] for one in rounds])]
    return rows
