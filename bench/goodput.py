"""Deadlines kept in virtual time: the scheduler beside simpler rules, tenants beside a greedy one,
predictions beside the truth. No clock takes part, so a busy machine gives the same numbers."""

from __future__ import annotations

import statistics

from measure import AT_LEAST, AT_MOST, Row, Settings
from processes import TOOLS, run_json

TIMED = False
TARGETS = {0.9: 0.90, 1.2: 0.75, 1.6: 0.60, 2.0: 0.49}  # load -> share answered in time
FORECAST_LOAD_MAX = 1.2


def measure(settings: Settings) -> tuple[list[Row], dict]:
    seconds, seeds = (20, 2) if settings.quick else (120, 5)
    raw = run_json([TOOLS / "goodput_bench", "--seconds", seconds, "--seeds", seeds])
    rows = []
    for at in raw["loads"]:
        rows += _kept(at)
    rows.append(_wasted(raw["loads"]))
    rows += [_share(one) for one in raw["tenants"]]
    for at in raw["loads"]:
        rows += _forecast(at)
    return rows, raw


def _kept(at: dict) -> list[Row]:
    if at["load"] not in TARGETS:
        return []
    others = ", ".join(f"{name} {statistics.median(at[rule]['goodput']):.3f}" for name, rule in
                       (("first come first served", "fifo"), ("the same, dropping what is late",
                        "fifo_drop"), ("earliest deadline first", "edf")))
    return [Row(f"load {at['load']:g}: share answered in time ({others})", "",
                at["scheduler"]["goodput"], AT_LEAST, TARGETS[at["load"]]),
            Row(f"load {at['load']:g}: of those that have 80 ms", "", at["scheduler"]["tight"])]


def _wasted(loads: list[dict]) -> Row:
    wasted = [100 * value for at in loads for value in at["scheduler"]["wasted"]]
    return Row("work for requests that were late in the end, up to load 2, worst", "%",
               [max(wasted)], AT_MOST, 1)


def _share(one: dict) -> Row:
    return Row(f"four tenants, one asks for 10 times its share, the others for {one['own']:g} of "
               "theirs: what the one that got least kept of its fair share", "%",
               [100 * value for value in one["kept"]], AT_LEAST, 80)


def _forecast(at: dict) -> list[Row]:
    if at["load"] > FORECAST_LOAD_MAX:
        return []
    scheduler = at["scheduler"]
    what = f"load {at['load']:g}: predicted wait and run against the true ones, median error"
    return [Row(what, "%", [100 * value for value in scheduler["forecast_error"]], AT_MOST, 25),
            Row(f"{what}, if the budget of the asking request is not known", "%",
                [100 * value for value in scheduler["forecast_error_usual"]])]
