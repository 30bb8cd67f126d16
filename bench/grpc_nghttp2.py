"""What the library under gRPC costs: the same ModelInfer, answered at once with the same bytes, by
grpc++ and by nghttp2 over epoll (grpc_nghttp2_server.cc), asked in turn by the same client. For
docs/adr/0008-grpc-over-nghttp2.md."""

from __future__ import annotations

import tempfile
from pathlib import Path

import noop_model
import processes
from measure import AT_MOST, Row, Settings, in_turn, ratios
from processes import TOOLS, Failed, Node, Server, cpu_seconds, run_json

CLIENTS = (16, 1)
CPU_MAX = 0.5  # of grpc++'s: then it is worth taking
SERVERS = ("grpc_nghttp2_server", "empty_grpc_server")


def measure(settings: Settings) -> tuple[list[Row], dict]:
    for name in SERVERS:
        if not (TOOLS / name).exists():
            raise Failed(f"find {name}: it is not built; install libnghttp2-dev, run make bench")
    rows: list[Row] = []
    raw = {}
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder)
        noop_model.add_to(models)
        # The client asks a node for the model's inputs, then sends to the address given.
        with Node(models=models) as node, _serve(SERVERS[0]) as ours, _serve(SERVERS[1]) as theirs:
            for clients in CLIENTS:
                pairs = in_turn(settings.pairs,
                                lambda c=clients: _load(node, ours, c, settings),
                                lambda c=clients: _load(node, theirs, c, settings))
                raw[str(clients)] = [{"nghttp2": a, "grpc++": b} for a, b in pairs]
                rows += _rows(clients, pairs)
    return rows, raw


def _serve(name: str) -> Server:
    return Server([TOOLS / name], r"ready grpc=(\S+)")


def _load(node: Node, server: Server, clients: int, settings: Settings) -> dict:
    before = cpu_seconds(server.pid)
    report = run_json([processes.RELEASE, "bench", "--json", "--http", f"http://{node.http}",
                       "--grpc", server.found[1], "--model", noop_model.NAME, "--clients", clients,
                       "--server-pid", server.pid, "--duration", settings.seconds,
                       "--warm-up", settings.warm_up_s])
    if cpu_seconds(server.pid) == before:
        raise Failed("measure: the server was not asked")
    return {"cpu_us": report["server_cpu_per_request_ms"] * 1e3,
            "p50_us": report["latency_ms"]["p50"] * 1e3,
            "requests_per_second": report["throughput_per_second"],
            "client_cpu_us": report["client_cpu_seconds"] * 1e6 / report["requests"]}


def _rows(clients: int, pairs: list[tuple[dict, dict]]) -> list[Row]:
    who = f"{clients} client{'s' if clients > 1 else ''}"
    told = [("server's CPU a request", "us", "cpu_us"), ("p50", "us", "p50_us"),
            ("requests", "1/s", "requests_per_second"), ("client's CPU a request", "us",
                                                         "client_cpu_us")]
    return [Row(f"{who}: server's CPU a request, nghttp2 / grpc++", "x", ratios(pairs, "cpu_us"),
                AT_MOST, CPU_MAX),
            Row(f"{who}: p50, nghttp2 / grpc++", "x", ratios(pairs, "p50_us"))] + [
        Row(f"{who}: {what}, {name}", unit, [pair[side][key] for pair in pairs])
        for what, unit, key in told for side, name in enumerate(("nghttp2", "grpc++"))]
