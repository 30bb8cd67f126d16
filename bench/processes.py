"""Processes that measurements start: a node, a load on it, other servers. Each is ended by its own
id when its `with` block is left, whatever happened inside."""

from __future__ import annotations

import http.client
import json
import os
import queue
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build/release/bin/perigee"
TOOLS = ROOT / "build/bench/bench"  # bare_bench, empty_grpc_server, libsocket_clock.so
MODELS = ROOT / "models"
PHOTOS = ROOT / ".deps/npm/face-api/demo"
READY_S = 60
STOP_S = 10
CALL_S = 600


class Failed(Exception):
    """A measurement that could not be made; one sentence."""


def environment(**more: str) -> dict[str, str]:
    """This process's, without settings of Perigee that would reach a node unseen."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PERIGEE_")}
    return kept | more


def run_json(command: Sequence[object], timeout_s: float = CALL_S,
             accepted: Sequence[int] = (0,)) -> dict:
    """The JSON object that a program prints."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s,
                          env=environment(), cwd=ROOT, check=False)
    if done.returncode not in accepted:
        raise Failed(f"run {Path(words[0]).name}: {done.stderr.strip() or done.stdout.strip()}")
    return json.loads(done.stdout)


class Server:
    """A process that serves until it is ended. `ready` finds its addresses in a line of stdout."""

    def __init__(self, command: Sequence[object], ready: str, **more: str) -> None:
        self._command = [str(word) for word in command]
        self._ready = re.compile(ready)
        self._environment = environment(**more)

    def __enter__(self) -> Server:
        self._stderr = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, cwd=ROOT,
                                        stderr=self._stderr, env=self._environment)
        try:
            self.found = self._await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _await_ready(self) -> re.Match[str]:
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._forward, args=(lines,), daemon=True).start()
        try:
            while (line := lines.get(timeout=READY_S)) is not None:
                if found := self._ready.search(line):
                    return found
        except queue.Empty:
            raise Failed(f"start {self._name}: not ready within {READY_S} s") from None
        self.process.wait(STOP_S)
        raise Failed(f"start {self._name}: it ended: {self._last_words()}")

    def _forward(self, lines: queue.Queue[str | None]) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            lines.put(line)
        lines.put(None)

    @property
    def _name(self) -> str:
        return Path(self._command[0]).name

    def _last_words(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read()[-500:].strip()

    @property
    def pid(self) -> int:
        return self.process.pid

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._stderr.close()


class Node(Server):
    """`perigee serve` on free loopback ports; `before` are words in front (taskset)."""

    def __init__(self, *arguments: object, before: Sequence[object] = (), models: Path = MODELS,
                 **more: str) -> None:
        ports = ["--http-port", 0, "--grpc-port", 0, "--log-level", "warn"]
        super().__init__([*before, RELEASE, "serve", *ports, "--models", models, *arguments],
                         r"ready http=http://([\d.]+:\d+) grpc=(\S+)", **more)

    def __enter__(self) -> Node:
        super().__enter__()
        self.http, self.grpc = self.found.groups()
        return self

    def bench(self, *arguments: object, before: Sequence[object] = (), grpc: str | None = None,
              seconds: float = 1, warm_up_s: float = 0.3, may_refuse: bool = False) -> dict:
        """`perigee bench` against it; over gRPC where an address is given. `may_refuse`: requests
        that fail are part of what is measured."""
        command = [*before, RELEASE, "bench", "--json", "--http", f"http://{self.http}",
                   "--server-pid", self.pid, "--duration", seconds, "--warm-up", warm_up_s]
        accepted = (0, 1) if may_refuse else (0,)
        return run_json([*command, *(["--grpc", grpc] if grpc else []), *arguments],
                        accepted=accepted)

    def get(self, path: str) -> dict:
        connection = http.client.HTTPConnection(self.http, timeout=STOP_S)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def run_us(self, model: str, earlier: dict | None = None) -> float:
        """Mean time of one run in the backend, by the node's own statistics, since `earlier`."""
        now, before = self.runs(model), earlier or {"count": 0, "ns": 0}
        return (now["ns"] - before["ns"]) / 1e3 / max(1, now["count"] - before["count"])

    def runs(self, model: str) -> dict:
        statistics = self.get(f"/v2/models/{model}/stats")["model_stats"][0]
        return statistics["inference_stats"]["compute_infer"]


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM now, in MB (10^6 bytes)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float:
    """Processor time so far of a process and of those that it started, which must still run."""
    total = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if pid in (int(file.parent.name), int(fields[1])):
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def bare(seconds: float, warm_up_s: float, models: Sequence[str], sessions: int) -> dict:
    """The same sessions without a server."""
    return run_json([TOOLS / "bare_bench", "--sessions", sessions, "--seconds", seconds,
                     "--warm-up", warm_up_s, *models])


def until(condition: Callable[[], bool], what: str, timeout_s: float = READY_S,
          pause_s: float = 0.05) -> None:
    """Polls; for foreign servers, which do not say on stdout that they are ready."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {timeout_s:.0f} s")
        time.sleep(pause_s)
