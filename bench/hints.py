"""How well a node predicts: the median of |wait + service predicted - queued + computing taken| /
taken, by the node's own hints. `perigee bench` holds the hint of the last answer, whoever got it,
against the next request, if that is sent while the hint says it holds. One instance, Poisson
arrivals, a budget so that overload has an end; loads are shares of what the node carries at most.
"""

from __future__ import annotations

from measure import AT_MOST, Row, Settings
from processes import Failed, Node

LOADS = (0.5, 0.7, 0.9, 1.0, 1.2)
MODEL = "emotion"
CLIENTS = 64
BUDGET_RUNS = 12  # the budget, in runs of the model
ERROR_MAX = 0.25


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rows, raw = [], {}
    with Node("--serving-instances", 1) as node:
        node.bench("--model", MODEL, "--clients", 2, seconds=max(2.0, settings.seconds))  # warm
        at_most = node.bench("--model", MODEL, "--clients", 4, seconds=settings.seconds)
        capacity = at_most["throughput_per_second"]
        budget_ms = round(BUDGET_RUNS * 1000 / capacity, 1)
        raw["capacity_per_second"], raw["budget_ms"] = capacity, budget_ms
        for load in LOADS:
            reports = [_at(node, load * capacity, budget_ms, settings)
                       for _ in range(1 if settings.quick else 3)]
            raw[f"load {load}"] = reports
            errors = [report["hint_error_median"] for report in reports]
            goodput = sum(report["goodput"] for report in reports) / len(reports)
            rows.append(Row(f"Error of the hints at load {load}, median", "of 1", errors, AT_MOST,
                            ERROR_MAX, note=f"{goodput:.2f} in time"))
    return rows, raw


def _at(node: Node, rate: float, budget_ms: float, settings: Settings) -> dict:
    report = node.bench("--model", MODEL, "--clients", CLIENTS, "--rate", round(rate, 2),
                        "--budget-ms", budget_ms, seconds=2 * settings.seconds, may_refuse=True)
    if "hint_error_median" not in report:
        raise Failed(f"measure hints at {rate:.0f}/s: no answer had one that still held")
    return report
