"""docs/performance.md, written anew from the newest result of each measurement in docs/results/."""

from __future__ import annotations

import json
from pathlib import Path

# More than this and ratios move by more than what is to be told apart.
FOREIGN_CORES_MAX = 0.1

INTRODUCTION = """# Performance

Written by `make bench` from the newest file of each measurement in `docs/results/`; do not edit.
Everything runs on one machine over loopback. What is compared runs in turn (A B A B ...), after one
pair that is not counted, so that a machine whose speed drifts drifts for both alike; the number is
the median of the windows, beside it the lowest and the highest. Clients share the cores with the
server. Trust ratios before absolute numbers.
"""

REPEAT = """## Again

    make bench                          # everything; a third of an hour, on an idle machine
    bench/run.py --list                 # the names
    bench/run.py wire triton            # only these
    bench/run.py --quick                # does it all work? Numbers go to build/bench/quick only

`bench/run.py` needs what `make bench` built and installed. `make microbench` runs the benchmarks of
single functions.
"""


def newest(results: Path, names: list[str]) -> list[dict]:
    """The newest result of each name, in the order of the names; a name may have none."""
    found = []
    for name in names:
        files = sorted(results.glob(f"[0-9]*-{name}.json"))
        if files:
            found.append(json.loads(files[-1].read_text()) | {"file": files[-1].name})
    return found


def write(results: Path, page: Path, names: list[str], titles: dict[str, str]) -> None:
    parts = [INTRODUCTION]
    found = newest(results, names)
    parts.append(_summary(found))
    for result in found:
        parts.append(f"## {titles[result['name']]}\n\n{_about(result)}\n\n{_table(result['rows'])}")
    parts.append(REPEAT)
    page.write_text("\n".join(parts))


def _summary(found: list[dict]) -> str:
    judged = [row for result in found if not is_disturbed(result) for row in result["rows"]
              if row["verdict"]]
    disturbed = [result["name"] for result in found if is_disturbed(result)]
    met = sum(row["verdict"] == "met" for row in judged)
    missed = "".join(f"- {row['what']}: {_number(row['median'])} {row['unit']}, "
                     f"wanted {row['bound']} {_number(row['limit'])} {row['unit']}\n"
                     for row in judged if row["verdict"] == "missed")
    said = f"{met} of {len(judged)} targets are met."
    if disturbed:
        said += f" Not counted, because other processes ran meanwhile: {', '.join(disturbed)}."
    return said + (f" Missed:\n\n{missed}" if missed else "\n")


def is_disturbed(result: dict) -> bool:
    """Did other processes take part in what was timed?"""
    return result["timed"] and result["foreign_cores"] > FOREIGN_CORES_MAX


def _about(result: dict) -> str:
    machine = result["machine"]
    flags = ", ".join(machine["flags"]) or "no vector flags of note"
    return (f"{result['date']}, commit {result['commit']}, {machine['cores']} cores of "
            f"{machine['cpu']} ({flags}), {machine['memory_gb']} GB; other "
            f"processes used {result['foreign_cores']:.2f} cores meanwhile"
            f"{': **disturbed, not to be believed**' if is_disturbed(result) else ''}. "
            f"Raw: [{result['file']}](results/{result['file']})")


def _table(rows: list[dict]) -> str:
    lines = ["| what | target | median | lowest .. highest | windows | |",
             "|---|---|---|---|---|---|"]
    for row in rows:
        target = f"{row['bound']} {_number(row['limit'])} {row['unit']}" if row["bound"] else ""
        spread = f"{_number(row['lowest'])} .. {_number(row['highest'])}"
        lines.append(f"| {row['what']} | {target} | {_number(row['median'])} {row['unit']} "
                     f"| {spread if len(row['values']) > 1 else ''} | {len(row['values'])} "
                     f"| {row['verdict']} |")
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
