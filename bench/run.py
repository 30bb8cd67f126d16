#!/usr/bin/env python3
"""Measures the whole program and writes docs/results/<date>-<name>.json and docs/performance.md.

    bench/run.py [NAME ...] [--quick]     all, or only these; bench/run.py --list names them

`make bench` builds and installs what it needs first. Exit status: 0 measured (met or missed), 1 a
measurement could not be made, 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHON = HERE.parent / ".deps/venv/bin/python"  # has onnx and Pillow
if PYTHON.exists() and Path(sys.prefix) != PYTHON.parents[1]:
    os.execv(PYTHON, [str(PYTHON), *sys.argv])
sys.path.insert(0, str(HERE))

import machine  # noqa: E402
import report  # noqa: E402
from measure import Row, Settings  # noqa: E402
from processes import RELEASE, ROOT, TOOLS, Failed  # noqa: E402

# name (and module) -> heading
TITLES = {
    "wire": "Wire efficiency: against bare ONNX Runtime",
    "one_client": "One client: the way there and back",
    "triton": "Against NVIDIA's Triton",
    "noop": "A model that does next to nothing, against Triton's response cache",
    "profile_noop": "Where the time of such a request goes",
    "grpc_nghttp2": "gRPC over nghttp2 instead of grpc++ (an experiment, ADR 8)",
    "goodput": "Answers in time, in virtual time",
    "goodput_real": "Answers in time, on a real server",
    "replay": "Replaying a recorded trace",
    "hints": "How well a node predicts its own time",
    "swaps": "Versions swapped under load",
    "face_api": "Against face-api.js",
    "footprint": "Start and memory",
    "agreement": "Scaled against full-size decoding",
    "variants": "Variants of the default models",
    "stages": "The bare stages of a camera stream's frame",
    "streams": "Camera streams: how many a node carries",
    "overload": "Five times more than a node can do",
}


def command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the whole program.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a measurement [all]")
    parser.add_argument("--quick", action="store_true", help="short windows, to see that it works")
    parser.add_argument("--pairs", type=int, default=Settings.pairs, help="windows, 5 to 100")
    parser.add_argument("--seconds", type=float, default=Settings.seconds, help="of one, 1 to 60")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    options = parser.parse_args()
    if unknown := set(options.names) - set(TITLES):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}; there are: "
                     f"{', '.join(TITLES)}")
    if not (5 <= options.pairs <= 100 and 1 <= options.seconds <= 60):
        parser.error("--pairs must be 5 to 100, --seconds 1 to 60")
    return options


def measure(name: str, settings: Settings) -> dict:
    """One measurement, with all that a reader needs to judge it."""
    before, watch = machine.load(), machine.Watch()
    module = importlib.import_module(name)
    rows, raw = module.measure(settings)
    return machine.scrub({
        "name": name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": machine.commit(),
        "machine": machine.describe(),
        "load_before": before,
        "load_after": machine.load(),
        "timed": getattr(module, "TIMED", True),
        "foreign_cores": round(watch.foreign_cores(), 3),
        "wall_seconds": round(watch.seconds(), 1),
        "settings": vars(settings),
        "rows": [row.as_json() for row in rows],
        "raw": raw,
    }) | {"_rows": rows}


def keep(result: dict, results: Path) -> None:
    """Writes it down. A disturbed one goes aside where an older one is there to be kept."""
    if report.is_disturbed(result) and list(results.glob(f"[0-9]*-{result['name']}.json")):
        results = ROOT / "build/bench/disturbed"
        results.mkdir(parents=True, exist_ok=True)
        print("  disturbed: the result in docs/results stays, this one is in build/bench/disturbed")
    file = results / f"{result['date']}-{result['name']}.json"
    file.write_text(json.dumps(result, indent=1) + "\n")


def show(rows: list[Row]) -> None:
    for row in rows:
        target = f"{row.bound} {row.limit:g}" if row.bound else ""
        print(f"  {row.what}\n    {row.median:.4g} {row.unit}  [{row.lowest:.4g} .. "
              f"{row.highest:.4g}]  {target} {row.verdict.upper()}", flush=True)


def main() -> int:
    # As Ctrl-C does: every `with` block is left, so everything started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = command_line()
    if options.list:
        print("\n".join(TITLES))
        return 0
    for needed in (RELEASE, TOOLS / "bare_bench"):
        if not needed.exists():
            print(f"bench: {needed.relative_to(ROOT)} is missing: run make bench", file=sys.stderr)
            return 1
    settings = Settings.short() if options.quick else Settings(options.pairs, options.seconds)
    results = ROOT / ("build/bench/quick" if options.quick else "docs/results")
    results.mkdir(parents=True, exist_ok=True)
    failed = False
    for name in options.names or TITLES:
        print(f"== {name}", flush=True)
        try:
            result = measure(name, settings)
        except (Failed, AssertionError, OSError, subprocess.TimeoutExpired) as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            failed = True
            continue
        show(result.pop("_rows"))
        print(f"  other processes used {result['foreign_cores']} cores meanwhile", flush=True)
        keep(result, results)
    page = results / "performance.md" if options.quick else ROOT / "docs/performance.md"
    report.write(results, page, list(TITLES), TITLES)
    print(f"wrote {page.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
