"""Five times more than a node can do, for minutes: who is admitted is answered in time, memory stays
where it is, and when the crowd has gone all is as before. One instance, so that the load's own
cost has a core."""

from __future__ import annotations

from measure import AT_LEAST, AT_MOST, Row, Settings
from processes import Node, resident_mb

MODEL = ("--model", "emotion")
TIMES = 5
CLIENTS = 256
BUDGET_MS = 50
WINDOWS, WINDOW_S, QUICK_S = 6, 30, 3
GROWTH_MAX = 1.05
RECOVERED_MIN = 0.99
RECOVERY_S = 1  # the first second after


def measure(settings: Settings) -> tuple[list[Row], dict]:
    seconds = QUICK_S if settings.quick else WINDOW_S
    with Node("--serving-instances", 1) as node:
        node.bench(*MODEL, "--clients", 2, seconds=max(2.0, settings.seconds))  # warm
        capacity = node.bench(*MODEL, "--clients", 4,
                              seconds=settings.seconds)["throughput_per_second"]
        crowd = (*MODEL, "--clients", CLIENTS, "--rate", round(TIMES * capacity, 1),
                 "--budget-ms", BUDGET_MS)
        half = (*MODEL, "--clients", 16, "--rate", round(capacity / 2, 1), "--budget-ms", BUDGET_MS)
        windows, memory, after = [], [], []
        for _ in range(WINDOWS):
            windows.append(node.bench(*crowd, seconds=seconds, warm_up_s=0, may_refuse=True))
            memory.append(resident_mb(node.pid))
            after.append(node.bench(*half, seconds=RECOVERY_S, warm_up_s=0, may_refuse=True))
    rows = [
        Row(f"answered at {TIMES} x capacity: p99 from when it was meant to start", "of the budget",
            [one["latency_ms"]["p99"] / BUDGET_MS for one in windows], AT_MOST, 1.0),
        Row("answered in time, of what the node can do", "of capacity",
            [one["in_time"] / one["wall_seconds"] / capacity for one in windows]),
        Row("resident memory after a window, of that after the first", "x",
            [one / memory[0] for one in memory[1:]], AT_MOST, GROWTH_MAX),
        Row(f"in time in the first {RECOVERY_S} s after, at half the capacity", "of those sent",
            [one["goodput"] for one in after], AT_LEAST, RECOVERED_MIN),
    ]
    return rows, {"capacity": capacity, "budget_ms": BUDGET_MS, "windows": windows,
                  "memory_mb": memory, "after": after}
