"""How fast a recorded trace is told to the scheduler again, and whether it decides the same."""

from __future__ import annotations

from measure import AT_LEAST, Row, Settings
from processes import RELEASE, run_json

TARGET = 1e6


def measure(settings: Settings) -> tuple[list[Row], dict]:
    events = 100_000 if settings.quick else 1_000_000
    rows, raw = [], {}
    for load in (0.9, 1.2, 2.0):
        command = [RELEASE, "replay", "--generate", f"load={load},seed=3,events={events}", "--json"]
        runs = [run_json(command) for _ in range(settings.pairs)]
        same = all(run["hash"] == runs[0]["hash"] and run["same_every_time"] and run["as_recorded"]
                   for run in runs)
        rows += [Row(f"load {load:g}: replay of {events} events", "events/s",
                     [run["events_per_second"] for run in runs], AT_LEAST, TARGET),
                 Row(f"load {load:g}: decisions the same every time (hash {runs[0]['hash']})", "",
                     [float(same)], AT_LEAST, 1)]
        raw[str(load)] = runs
    return rows, raw
