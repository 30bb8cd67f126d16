"""Wire efficiency: what of the bare runtime's throughput is left behind HTTP and gRPC, and what
processor time a request costs the server outside its run. 8 clients on the same cores."""

from __future__ import annotations

from measure import AT_LEAST, AT_MOST, Row, Settings, in_turn, ratios
from processes import MODELS, Node, bare

CLIENTS = 8
INSTANCES = 2
MODEL = "emotion"
# The targets were set where a run takes this long; beside a faster run the same cost shows more.
TARGET_RUN_US = 2580.0
# protocol -> least part of the bare throughput, most us of the server's processor outside a run
TARGETS = {"HTTP": (0.88, 120.0), "gRPC": (0.80, 320.0)}


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rows: list[Row] = []
    raw = {}
    with Node("--serving-instances", INSTANCES) as node:
        for protocol in TARGETS:
            pairs = _pairs(node, protocol, settings)
            rows += _rows(protocol, pairs)
            raw[protocol] = [{"served": served, "bare": floor} for served, floor in pairs]
    return rows, raw


def _pairs(node: Node, protocol: str, settings: Settings) -> list[tuple[dict, dict]]:
    grpc = node.grpc if protocol == "gRPC" else None

    def served() -> dict:
        earlier = node.runs(MODEL)
        report = node.bench("--model", MODEL, "--clients", CLIENTS, grpc=grpc,
                            seconds=settings.seconds, warm_up_s=settings.warm_up_s)
        return report | {"run_us": node.run_us(MODEL, earlier)}

    def floor() -> dict:
        return bare(settings.seconds, settings.warm_up_s, [f"{MODELS}/{MODEL}/1/model.onnx"],
                    INSTANCES)

    return in_turn(settings.pairs, served, floor)


def _rows(protocol: str, pairs: list[tuple[dict, dict]]) -> list[Row]:
    part, cpu_us = TARGETS[protocol]
    server = [served["server_cpu_per_request_ms"] * 1e3 - floor["cpu_us_per_run"]
              for served, floor in pairs]
    client = [served["client_cpu_seconds"] * 1e6 / served["requests"] for served, _ in pairs]
    speed = [served["throughput_per_second"] for served, _ in pairs]
    floors = [floor["runs_per_second"] for _, floor in pairs]
    scaled = [TARGET_RUN_US / (TARGET_RUN_US + ours + theirs)
              for ours, theirs in zip(server, client, strict=True)]
    return [
        Row(f"{protocol}: requests/s of {CLIENTS} clients / runs/s of bare ONNX Runtime", "x",
            ratios(pairs, "throughput_per_second", "runs_per_second"), AT_LEAST, part),
        Row(f"{protocol}: server's CPU a request, less that of a bare run", "us", server, AT_MOST,
            cpu_us),
        Row(f"{protocol}: the first line as these CPU times would make it beside a run of "
            f"{TARGET_RUN_US / 1e3:g} ms (computed)", "x", scaled),
        Row(f"{protocol}: CPU a request of the clients, on the same cores", "us", client),
        Row(f"{protocol}: CPU of a bare run", "us", [one["cpu_us_per_run"] for _, one in pairs]),
        Row(f"{protocol}: requests", "1/s", speed),
        Row(f"{protocol}: bare runs", "1/s", floors),
    ]
