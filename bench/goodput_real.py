"""Answers that come in time, on a real server: a model that sleeps 20 + 5 b ms for a run of b rows,
one instance, open-loop Poisson load, half the requests with 80 and half with 400 ms, over gRPC; and
the real Triton with the same model and the same load, in turn. Capacity is 133 requests a second."""

from __future__ import annotations

import json
import signal
import statistics
import tempfile
import threading
from pathlib import Path

from measure import AT_LEAST, AT_MOST, Row, Settings
from processes import TOOLS, Failed, Server, run_json
from triton import Triton

CAPACITY = 8 / (0.020 + 0.005 * 8)  # requests a second, in full batches
TARGETS = {0.9: 0.85, 1.2: 0.70, 1.6: 0.55, 2.0: 0.45}
TRITON_LOAD, TRITON_TIMES = 0.9, 1.4
WASTE_MAX = 0.01  # of the time that runs took
GREEDY = [10, 1, 1, 1]  # parts of the load of four tenants
GREEDY_LOAD, SHARE_MIN = 2.0, 0.80
WINDOW_FACTOR = 4  # ours are longer than other measurements', as a window has few requests
CONFIG = """name: "sleep"
backend: "python"
max_batch_size: 8
input [{ name: "x" data_type: TYPE_FP32 dims: [1] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [1] }]
instance_group [{ kind: KIND_CPU count: 1 }]
dynamic_batching { }
"""


class SleepServer(Server):
    """bench/sleep_server.cc; `counted` is what it printed at its end."""

    def __init__(self) -> None:
        super().__init__([TOOLS / "sleep_server"], r"ready grpc=(\S+)")
        self.counted: dict = {}
        self._said = threading.Event()

    def __enter__(self) -> SleepServer:
        super().__enter__()
        self.grpc = self.found[1]
        return self

    def _forward(self, lines) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("counted "):
                self.counted = json.loads(line.removeprefix("counted "))
                self._said.set()
            lines.put(line)
        lines.put(None)

    def finish(self) -> dict:
        """Ends it and says what it counted."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        if not self._said.wait(10):
            raise Failed("end sleep_server: it did not say what it counted")
        return self.counted


def load(grpc: str, times: float, settings: Settings, seed: int, *arguments: object) -> dict:
    """One window of the load, at so many times the capacity."""
    seconds = settings.seconds * WINDOW_FACTOR
    return run_json([TOOLS / "deadline_load", "--grpc", grpc, "--rate", times * CAPACITY,
                     "--duration", seconds, "--warm-up", 2 * settings.warm_up_s,
                     "--seed", seed, *arguments])


def ours(times: float, settings: Settings, seed: int, *arguments: object) -> dict:
    """A window on a fresh server, which has measured itself before."""
    with SleepServer() as server:
        answered = load(server.grpc, times, settings, seed, *arguments)
        return answered | {"counted": server.finish(), "load": times, "seed": seed}


def theirs(times: float, settings: Settings, seed: int) -> dict:
    """A window on Triton."""
    with tempfile.TemporaryDirectory() as folder, \
            Triton(Path(folder), "sleep", CONFIG, "triton_sleep.py") as server:
        return load(server.grpc, times, settings, seed) | {"load": times, "seed": seed}


def waste(window: dict) -> float:
    """Part of the server's run time that ended with nobody waiting."""
    return window["counted"]["abandoned_s"] / max(1e-9, window["counted"]["run_s"])


def share_kept(window: dict) -> float:
    """The least of what the modest tenants got, of what was theirs: all that they sent, or an even
    part of what the server got done, whichever is less."""
    tenants = window["by_tenant"]
    done = sum(one["in_time"] for one in tenants.values())
    modest = [one for name, one in tenants.items() if name != "0"]
    return min(one["in_time"] / min(one["sent"], done / len(tenants)) for one in modest)


def measure(settings: Settings) -> tuple[list[Row], dict]:
    windows: dict[str, list[dict]] = {str(times): [] for times in TARGETS}
    windows |= {"triton": [], "greedy": []}
    for seed in range(1, settings.pairs + 1):
        for times in TARGETS:
            windows[str(times)].append(ours(times, settings, seed))
        windows["triton"].append(theirs(TRITON_LOAD, settings, seed))
        windows["greedy"].append(ours(GREEDY_LOAD, settings, seed, "--named", "--tenants", *GREEDY))
    return rows(windows), windows


def rows(windows: dict[str, list[dict]]) -> list[Row]:
    goodput = {name: [one["all"]["goodput"] for one in group] for name, group in windows.items()}
    table = [Row(f"answered in time at load {times}", "of those sent", goodput[str(times)], AT_LEAST,
                 target) for times, target in TARGETS.items()]
    pairs = zip(goodput[str(TRITON_LOAD)], goodput["triton"], strict=True)
    all_ours = [one for times in TARGETS for one in windows[str(times)]]
    return [
        *table,
        Row(f"Triton's, at load {TRITON_LOAD}", "of those sent", goodput["triton"]),
        Row(f"at load {TRITON_LOAD}, Perigee / Triton", "x", [a / b for a, b in pairs], AT_LEAST,
            TRITON_TIMES),
        Row("run time that ended with nobody waiting, any load", "of all run time",
            [waste(one) for one in all_ours], AT_MOST, WASTE_MAX,
            f"at most {max(waste(one) for one in all_ours):.4f} in any window"),
        Row("what the modest of four tenants keep of their share, one asking for ten times as much",
            "of it", [share_kept(one) for one in windows["greedy"]], AT_LEAST, SHARE_MIN),
        Row("the latest that a request was sent", "ms",
            [statistics.median(one["lag_ms"] for one in all_ours)],
            note="of a window, median; beyond some ms the machine was busy with other things"),
    ]
