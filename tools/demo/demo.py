#!/usr/bin/env python3
"""The main job on real photographs: start a node, send it six pictures as a phone would, compare.

Starts `perigee serve` on free loopback ports, runs `perigee run emotion` against it over HTTP,
prints a table, writes annotated pictures and a self-contained report, compares faces and
expressions with the golden answers of the reference implementation, stops the node.
Exit code 0: all matched. 1: something did not. 2: the demo itself could not run.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 30
IOU_MIN = 0.9
# Below this the reference itself is in doubt, and its label depends on single pixels
# (docs/adr/0006-decode-scale.md): then only the box is compared.
SURE = 0.5


def start_node(perigee: Path, models: Path, errors) -> tuple[subprocess.Popen, str]:
    """The node's process and its HTTP URL, read from its one line on stdout."""
    node = subprocess.Popen(
        [perigee, "serve", "--models", models, "--http-port", "0", "--grpc-port", "0"],
        stdout=subprocess.PIPE, stderr=errors, text=True)
    line = node.stdout.readline()  # the node either prints this line or ends
    if not line.startswith("perigee: ready"):
        node.wait(timeout=READY_SECONDS)
        errors.seek(0)
        raise RuntimeError("the node did not start: " + errors.read().decode(errors="replace"))
    print(line.strip())
    return node, dict(word.split("=", 1) for word in line.split() if "=" in word)["http"]


def iou(a: dict, b: dict) -> float:
    """Overlap of two boxes {x, y, width, height}: intersection over union, 0..1."""
    wide = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    high = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (a["width"] * a["height"] + b["width"] * b["height"] - shared)


def differences(answer: dict, golden: dict) -> list[str]:
    """One sentence for each way in which an answer is not the golden one."""
    found, wanted = list(answer["faces"]), golden["faces"]
    if len(found) != len(wanted):
        return [f"{len(found)} faces where the reference finds {len(wanted)}"]
    problems = []
    for face in wanted:
        best = max(found, key=lambda other: iou(other["box"], face["box"]))
        overlap = iou(best["box"], face["box"])
        if overlap < IOU_MIN:
            problems.append(f"a face overlaps by {overlap:.2f} only")
        elif face["probabilities"][face["emotion"]] >= SURE and best["emotion"] != face["emotion"]:
            problems.append(f"{best['emotion']} where the reference says {face['emotion']}")
        found.remove(best)
    return problems


def print_table(rows: list[dict]) -> None:
    """One line a photograph: faces, bytes, milliseconds in each stage; then a line a face."""
    head = f"{'photograph':<14}{'sent':>10}{'decode':>8}{'detect':>8}{'crop':>7}{'classify':>9}"
    print(f"\n{head}{'round trip':>11}  golden")
    for row in rows:
        timing = row["answer"]["timing_ms"]
        stages = "".join(f"{timing.get(name, 0):>{width}.1f}" for name, width in
                         (("decode", 8), ("detect", 8), ("crop", 7), ("classify", 9)))
        verdict = "; ".join(row["differences"]) or "matches"
        print(f"{Path(row['photo']).name:<14}{row['bytes_sent']:>8} B{stages}"
              f"{row['round_trip_ms']:>8.1f} ms  {verdict}")
        for face in row["answer"]["faces"]:
            top = face["probabilities"][face["emotion"]]
            print(f"    {face['emotion']:<10} {top:>5.0%}   "
                  f"{face['box']['width']:.0f} x {face['box']['height']:.0f} px at "
                  f"({face['box']['x']:.0f}, {face['box']['y']:.0f})")


def run_photos(perigee: Path, url: str, photos: list[Path], folder: Path) -> list[dict]:
    """What `perigee run` answered, an object a photograph."""
    command = [perigee, "run", "emotion", *photos, "--node", url, "--json", "--annotate", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"perigee run: {done.stderr.strip()}")
    return json.loads(done.stdout)


def stop(node: subprocess.Popen) -> None:
    """SIGTERM, then at most 10 s of patience."""
    node.send_signal(signal.SIGTERM)
    try:
        node.wait(timeout=10)
    except subprocess.TimeoutExpired:
        node.kill()


def main() -> int:
    """Runs the demo; see the top of the file for the exit codes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--perigee", type=Path, default=ROOT / "build/release/bin/perigee")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--photos", type=Path, default=ROOT / ".deps/npm/face-api/demo")
    parser.add_argument("--golden", type=Path, default=ROOT / "test/golden/emotion")
    parser.add_argument("--report", type=Path, default=ROOT / "demo-report")
    options = parser.parse_args()
    photos = sorted(options.photos.glob("sample*.jpg"))
    if not photos:
        raise RuntimeError(f"no sample photographs in {options.photos}: run `make setup`")
    options.report.mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as errors:
        node, url = start_node(options.perigee, options.models, errors)
        try:
            rows = run_photos(options.perigee, url, photos, options.report)
        finally:
            stop(node)
    for row in rows:
        golden = json.loads((options.golden / f"{Path(row['photo']).stem}.json").read_text())
        row["differences"] = differences(row["answer"], golden)
    print_table(rows)
    page = report.write(options.report / "index.html", rows)
    matched = sum(not row["differences"] for row in rows)
    print(f"\n{matched} of {len(rows)} photographs match the reference. Report: {page}")
    return 0 if matched == len(rows) and node.returncode == 0 else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, OSError, subprocess.SubprocessError, KeyError, ValueError) as error:
        print(f"demo: {error}", file=sys.stderr)
        sys.exit(2)
