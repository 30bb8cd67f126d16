"""Against NVIDIA's Triton: the same ONNX file, two instances, the same perf_analyzer, in turn."""

from __future__ import annotations

import json
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from measure import AT_LEAST, Row, Settings, in_turn, ratios
from processes import MODELS, ROOT, STOP_S, Failed, Node, cpu_seconds, environment, until

MODEL = "emotion"
CLIENTS = 8
INSTANCES = 2
TARGETS = {"http": 1.5, "grpc": 1.3}
TRIALS = 3  # perf_analyzer's windows in one of ours
CONFIG = f"""name: "{MODEL}"
backend: "python"
max_batch_size: 8
input [{{ name: "image" data_type: TYPE_UINT8 dims: [112, 112, 3] }}]
output [{{ name: "probabilities" data_type: TYPE_FP32 dims: [7] }}]
instance_group [{{ kind: KIND_CPU count: {INSTANCES} }}]
"""


class Triton:
    """A tritonserver out of .deps/triton on free loopback ports, with one model of its Python
    backend; `arguments` are added to its command line."""

    def __init__(self, folder: Path, name: str = MODEL, config: str = CONFIG,
                 script: str = "triton_model.py", arguments: Sequence[object] = ()) -> None:
        self._folder, self._name, self._config = folder, name, config
        self._script, self._arguments = Path(__file__).with_name(script), arguments
        self._packages = find("triton", "lib/python*/site-packages")
        self._home = self._packages / "pytriton/tritonserver"
        self.http, self.grpc = (f"127.0.0.1:{_free_port()}" for _ in range(2))

    def __enter__(self) -> Triton:
        self._lay_out()
        with (self._folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in self._command()], stdout=log, stderr=log,
                env=environment(LD_LIBRARY_PATH=str(self._packages / "nvidia_pytriton.libs"),
                                BENCH_SITE_PACKAGES=str(self._packages),
                                BENCH_MODEL=str(MODELS / MODEL / "1/model.onnx")))
        try:
            until(self._ready, "start tritonserver")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _lay_out(self) -> None:
        """A model repository, and the stub that fits our Python where Triton looks for it."""
        python = self._packages.parent.name.removeprefix("python")
        stub = self._home / "python_backend_stubs" / python / "triton_python_backend_stub"
        if not stub.exists():
            raise Failed(f"start tritonserver: its wheel has no stub for Python {python}")
        shutil.copytree(self._home / "backends", self._folder / "backends")
        shutil.copy(stub, self._folder / "backends/python")
        version = self._folder / "models" / self._name / "1"
        version.mkdir(parents=True)
        shutil.copy(self._script, version / "model.py")
        (version.parent / "config.pbtxt").write_text(self._config)

    def _command(self) -> list:
        (http_host, http_port), (grpc_host, grpc_port) = (
            address.split(":") for address in (self.http, self.grpc))
        return [self._home / "bin/tritonserver", "--model-repository", self._folder / "models",
                "--backend-directory", self._folder / "backends", "--allow-metrics", "false",
                "--cache-directory", self._home / "caches",
                "--http-address", http_host, "--http-port", http_port,
                "--grpc-address", grpc_host, "--grpc-port", grpc_port, *self._arguments]

    def _ready(self) -> bool:
        if self.process.poll() is not None:
            said = (self._folder / "log").read_text(errors="replace")
            errors = [line for line in said.splitlines() if line.startswith(("E", "error"))]
            raise Failed(f"start tritonserver: {(errors or ['it ended'])[-1]}")
        try:
            with urllib.request.urlopen(f"http://{self.http}/v2/health/ready", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    @property
    def pid(self) -> int:
        return self.process.pid

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def find(name: str, pattern: str) -> Path:
    """A folder of an environment in .deps/."""
    found = list((ROOT / ".deps" / name).glob(pattern))
    if not found:
        raise Failed(f"find {name}: it is not in .deps/, run tools/setup/run bench")
    return found[0]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def perf_analyzer(server: Node | Triton, protocol: str, settings: Settings, model: str = MODEL,
                  clients: int = CLIENTS) -> dict:
    """Requests a second and p50 of so many clients; the processor time a request, of the server and
    of perf_analyzer itself."""
    libraries = find("perf", "lib/python*/site-packages/nvidia/cuda_runtime/lib")
    window_ms = int(settings.seconds * 1000 / TRIALS)
    command = [ROOT / ".deps/perf/bin/perf_analyzer", "-m", model, "-i", protocol,
               "-u", getattr(server, protocol), "--concurrency-range", clients,
               "-p", window_ms, "-s", 999, "--max-trials", TRIALS]
    before = cpu_seconds(server.pid), _answered(server, model), _client_cpu_s()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=120 + 10 * settings.seconds, check=False, cwd=ROOT,
                          env=environment(LD_LIBRARY_PATH=str(libraries)))
    speed = re.search(r"Throughput: ([\d.]+) infer/sec", done.stdout)
    p50 = re.search(r"p50 latency: (\d+) usec", done.stdout)
    if done.returncode != 0 or not speed or not p50:
        raise Failed(f"run perf_analyzer: {(done.stderr or done.stdout).strip()[-300:]}")
    cpu_s, answered = cpu_seconds(server.pid) - before[0], _answered(server, model) - before[1]
    return {"requests_per_second": float(speed[1]), "p50_us": float(p50[1]),
            "cpu_us_per_request": cpu_s * 1e6 / answered,
            "client_cpu_us_per_request": (_client_cpu_s() - before[2]) * 1e6 / answered}


def _client_cpu_s() -> float:
    """Of all processes that this one has started and seen end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _answered(server: Node | Triton, model: str) -> int:
    with urllib.request.urlopen(f"http://{server.http}/v2/models/{model}/stats", timeout=10) as got:
        statistics = json.load(got)["model_stats"][0]
    return statistics["inference_stats"]["success"]["count"]


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rows: list[Row] = []
    raw = {}
    with tempfile.TemporaryDirectory() as folder, Triton(Path(folder)) as triton, \
            Node("--serving-instances", INSTANCES) as node:
        for protocol, target in TARGETS.items():
            pairs = in_turn(settings.pairs, lambda p=protocol: perf_analyzer(node, p, settings),
                            lambda p=protocol: perf_analyzer(triton, p, settings))
            raw[protocol] = [{"perigee": ours, "triton": theirs} for ours, theirs in pairs]
            rows += _rows({"http": "HTTP", "grpc": "gRPC"}[protocol], target, pairs)
    return rows, raw


def _rows(name: str, target: float, pairs: list[tuple[dict, dict]]) -> list[Row]:
    ours, theirs = ([pair[i] for pair in pairs] for i in (0, 1))
    told = [("requests", "1/s", "requests_per_second"), ("p50", "us", "p50_us"),
            ("server's CPU a request", "us", "cpu_us_per_request")]
    return [Row(f"{name}: requests/s of {CLIENTS} clients, Perigee / Triton", "x",
                ratios(pairs, "requests_per_second"), AT_LEAST, target)] + [
        Row(f"{name}: {what}, {who}", unit, [one[key] for one in side])
        for what, unit, key in told for who, side in (("Perigee", ours), ("Triton", theirs))]
