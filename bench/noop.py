"""A request around a model that does next to nothing, against Triton's shortest way: a hit in its
response cache, which runs no model at all. Perigee runs the model, two additions of sixteen whole
numbers in ONNX Runtime, each time. The same perf_analyzer asks both in turn."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import AT_LEAST, AT_MOST, Row, Settings, in_turn, ratios
from processes import ROOT, Node
from triton import Triton, perf_analyzer

sys.path.append(str(ROOT / "tools/models"))
NAME = "sums"
MANY = 16
CONFIG = f"""name: "{NAME}"
backend: "python"
max_batch_size: 8
input [{{ name: "INPUT0" data_type: TYPE_INT32 dims: [16] }},
       {{ name: "INPUT1" data_type: TYPE_INT32 dims: [16] }}]
output [{{ name: "OUTPUT0" data_type: TYPE_INT32 dims: [16] }},
        {{ name: "OUTPUT1" data_type: TYPE_INT32 dims: [16] }}]
response_cache {{ enable: true }}
"""
CACHE_BYTES = 16 << 20
PROTOCOLS = {"http": "HTTP", "grpc": "gRPC"}
RATE_MIN = {"http": 2.0, "grpc": 0.95}  # of Triton's, many clients
P50_MAX = {"http": 1.05, "grpc": 1.05}  # of Triton's, one client
CPU_MAX = {"http": 0.5, "grpc": 1.1}    # of Triton's, one client and many


def add_to(models: Path) -> None:
    """INPUT0, INPUT1 [N, 16] i32 -> OUTPUT0 their sum, OUTPUT1 their difference."""
    from graph import Graph

    graph = Graph(NAME)
    inputs = [graph.input(f"INPUT{i}", "INT32", ["N", 16]) for i in (0, 1)]
    for i, kind in enumerate(("Add", "Sub")):
        graph.output(graph.node(kind, inputs), f"OUTPUT{i}", "INT32", ["N", 16])
    folder = models / NAME / "1"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(graph.model())


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rows: list[Row] = []
    raw = {}
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "perigee"
        add_to(models)
        with Triton(Path(folder) / "triton", NAME, CONFIG, "triton_noop.py",
                    ["--cache-config", f"local,size={CACHE_BYTES}"]) as triton, \
                Node(models=models) as node:
            for protocol in PROTOCOLS:
                for clients in (MANY, 1):
                    pairs = _pairs(node, triton, protocol, clients, settings)
                    raw[f"{protocol}_{clients}"] = [{"perigee": ours, "triton": theirs}
                                                    for ours, theirs in pairs]
                    rows += _rows(protocol, clients, pairs)
    return rows, raw


def _pairs(node: Node, triton: Triton, protocol: str, clients: int,
           settings: Settings) -> list[tuple[dict, dict]]:
    return in_turn(settings.pairs,
                   lambda: perf_analyzer(node, protocol, settings, NAME, clients),
                   lambda: perf_analyzer(triton, protocol, settings, NAME, clients))


def _rows(protocol: str, clients: int, pairs: list[tuple[dict, dict]]) -> list[Row]:
    who = f"{PROTOCOLS[protocol]}, {clients} client{'s' if clients > 1 else ''}"
    speed = ratios(pairs, "requests_per_second")
    p50 = ratios(pairs, "p50_us")
    judged = [Row(f"{who}: requests/s, Perigee / Triton", "x", speed, AT_LEAST,
                  RATE_MIN[protocol])] if clients > 1 else [
              Row(f"{who}: p50, Perigee / Triton", "x", p50, AT_MOST, P50_MAX[protocol])]
    judged.append(Row(f"{who}: server's CPU a request, Perigee / Triton", "x",
                      ratios(pairs, "cpu_us_per_request"), AT_MOST, CPU_MAX[protocol]))
    told = [("requests", "1/s", "requests_per_second"), ("p50", "us", "p50_us"),
            ("server's CPU a request", "us", "cpu_us_per_request")]
    rows = judged + [Row(f"{who}: {what}, {name}", unit, [pair[side][key] for pair in pairs])
                     for what, unit, key in told
                     for side, name in enumerate(("Perigee", "Triton"))]
    if clients == 1:
        return rows
    return rows + [Row(f"{who}: requests/s, a server that costs nothing / Triton, at most", "x",
                       [_reachable(theirs) for _, theirs in pairs])]


def _reachable(triton: dict) -> float:
    """perf_analyzer runs on the same cores, so its own time bounds what any server can gain."""
    client = triton["client_cpu_us_per_request"]
    return (client + triton["cpu_us_per_request"]) / client
