"""Where the processor time of a request goes around a model that does next to nothing (noop.py):
shares of the kernel, of the protocol libraries, of the runtime and of our own code, by sampling
(perf, which must be installed). `perigee bench` asks."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import noop
from measure import Row, Settings
from processes import Failed, Node

RATE_HZ = 1999
SYMBOLS_MAX = 40
SHARE_MIN = 0.01  # smaller ones are not rows


def measure(settings: Settings) -> tuple[list[Row], dict]:
    if shutil.which("perf") is None:
        raise Failed("profile a node: perf is not installed")
    rows: list[Row] = []
    raw = {}
    with tempfile.TemporaryDirectory() as folder:
        noop.add_to(Path(folder) / "models")
        with Node(models=Path(folder) / "models") as node:
            for protocol in noop.PROTOCOLS:
                for clients in (noop.MANY, 1):
                    found = _profile(node, protocol, clients, Path(folder) / "perf.data", settings)
                    raw[f"{protocol}_{clients}"] = found
                    rows += _rows(protocol, clients, found)
    return rows, raw


def _profile(node: Node, protocol: str, clients: int, file: Path, settings: Settings) -> dict:
    seconds = max(2.0, settings.seconds)
    load: dict = {}
    asks = threading.Thread(target=lambda: load.update(node.bench(
        "--model", noop.NAME, "--clients", clients,
        grpc=node.grpc if protocol == "grpc" else None, seconds=seconds + 1)))
    asks.start()
    recorded = subprocess.run(["perf", "record", "-F", str(RATE_HZ), "-p", str(node.pid), "-o", file,
                               "--", "sleep", str(seconds)], capture_output=True, text=True,
                              check=False)
    asks.join()
    if recorded.returncode != 0 or not load:
        raise Failed(f"profile a node: {recorded.stderr.strip()[-300:]}")
    return {"cpu_us_per_request": load["server_cpu_per_request_ms"] * 1e3,
            "by_library": _shares(file, "dso"), "by_symbol": _shares(file, "dso,symbol")}


def _shares(file: Path, sort: str) -> list[list]:
    """[share, name] by falling share."""
    said = subprocess.run(["perf", "report", "-i", file, "--stdio", "--no-children", "--sort", sort,
                           "-F", "overhead," + sort], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=1) for line in said.stdout.splitlines()
             if line.strip() and not line.startswith("#")]
    return [[float(share.rstrip("%")) / 100, " ".join(name.split())]
            for share, name in lines][:SYMBOLS_MAX]


def _rows(protocol: str, clients: int, found: dict) -> list[Row]:
    who = f"{noop.PROTOCOLS[protocol]}, {clients} client{'s' if clients > 1 else ''}"
    total = found["cpu_us_per_request"]
    return [Row(f"{who}: server's CPU a request", "us", [total])] + [
        Row(f"{who}: of that in {name}", "us", [share * total])
        for share, name in found["by_library"] if share >= SHARE_MIN]
