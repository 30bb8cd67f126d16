#!/usr/bin/env python3
"""Tries variants of the default models (recipes.py), and says which may be kept and which not.

    python tools/models/make_variants.py [--pairs 9] [--quick]

A variant may be kept if it passes its parity gate (expressions: the likeliest is the same for 99 % of
the faces; boxes: a mean overlap of 0.9 over all faces that it or its original finds, 0 for one that
only one of them finds) and is 1.15 times as fast as its original, run in turn (A B A B ...) in one
process. What is in 8 bits is calibrated on half of the photographs and judged on the other, both
ways round. `bench/run.py variants` writes the same to docs/. Needs onnxruntime and Pillow
(`make setup-test`). Exit status: 0 tried, 1 a trial could not be made, 2 wrong arguments.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from calibrate import measure_ranges
from errors import ImportFailed
from evaluation import (
    EMOTION_SIZE,
    HALVES,
    PHOTOGRAPH_SIZE,
    PORTRAIT_SIZE,
    Evaluation,
    open_session,
)
from import_models import BUILDERS, ROOT, source_weights
from recipes import PLAIN, TRIALS, Part, Trial

MODELS = ROOT / "models"
SOURCE = ROOT / ".deps/npm/face-api"
SAME_MIN = 0.99
OVERLAP_MIN = 0.9
FASTER_MIN = 1.15
WINDOW_S = 0.1  # of one side of a pair

Session = onnxruntime.InferenceSession
Agreement = dict[str, list[float]]  # pictures -> 0 to 1 of each face


@dataclass(frozen=True)
class Outcome:
    """What one trial has shown."""

    name: str
    faster: dict[str, list[float]]  # input -> by what factor, pair by pair
    agreement: Agreement
    parity_min: float

    @property
    def parity(self) -> dict[str, float]:
        """pictures -> mean over their faces."""
        return {name: statistics.mean(faces) for name, faces in self.agreement.items()}

    @property
    def passes(self) -> bool:
        return all(value >= self.parity_min for value in self.parity.values()) and all(
            statistics.median(pairs) >= FASTER_MIN for pairs in self.faster.values()
        )

    def line(self) -> str:
        """One row of the table."""
        speed = ", ".join(
            f"{size}: {statistics.median(pairs):.2f} x [{min(pairs):.2f} .. {max(pairs):.2f}]"
            for size, pairs in self.faster.items()
        )
        parity = ", ".join(
            f"{name} {self.parity[name]:.3f} of {len(faces)} faces ({faces.count(0.0)} at 0)"
            for name, faces in self.agreement.items()
        )
        return f"{'passes' if self.passes else 'dropped':8}{self.name}: {speed}; {parity}"


class Trials:
    """Makes variants and compares them with their originals. `quick`: on two photographs only."""

    def __init__(self, pairs: int, quick: bool = False) -> None:
        self._pairs = pairs
        halves = [half[:1] for half in HALVES] if quick else HALVES
        self._halves = [Evaluation(MODELS, SOURCE / "demo", half) for half in halves]

    def rearranged(self, of: str) -> dict[str, list[float]]:
        """By what factor the graph as the importer makes it is faster than the source's."""
        plain, ours = open_session(PLAIN[of](_weights(of))), open_session(_original(of))
        sizes = (EMOTION_SIZE,) if of == "emotion" else (PHOTOGRAPH_SIZE, PORTRAIT_SIZE)
        return {f"{size} px": self._faster(plain, ours, size, size) for size in sizes}

    def run(self, trial: Trial) -> Outcome:
        """One trial, whole."""
        left = open_session(_original(trial.of))
        agreement: Agreement = {}
        for calibration, judge in (self._halves, self._halves[::-1]):
            variant = open_session(_variant(trial, calibration))
            for name, faces in _agreement(trial, judge, left, variant).items():
                agreement.setdefault(name, []).extend(faces)
        faster = {
            f"{size} px": self._faster(left, variant, size, other)
            for size, other in _sizes(trial).items()
        }
        parity_min = SAME_MIN if trial.of == "emotion" else OVERLAP_MIN
        return Outcome(trial.name, faster, agreement, parity_min)

    def _faster(self, left: Session, right: Session, size: int, other: int) -> list[float]:
        return in_turn(_runner(left, size), _runner(right, other), self._pairs)


def in_turn(a: Callable[[], float], b: Callable[[], float], pairs: int) -> list[float]:
    """a / b of each pair, A B A B ..., after one pair that is forgotten."""
    a(), b()
    return [a() / b() for _ in range(pairs)]


def _agreement(trial: Trial, judge: Evaluation, left: Session, right: Session) -> Agreement:
    if trial.of == "emotion":
        return {"expressions": [float(same) for same in judge.expressions(left, right, trial.size)]}
    return judge.boxes(left, right, trial.size)


def _sizes(trial: Trial) -> dict[int, int]:
    """px of the original's input -> of the variant's."""
    if trial.of == "emotion":
        return {EMOTION_SIZE: trial.size or EMOTION_SIZE}
    if trial.size:
        return {PHOTOGRAPH_SIZE: trial.size}
    return {PHOTOGRAPH_SIZE: PHOTOGRAPH_SIZE, PORTRAIT_SIZE: PORTRAIT_SIZE}


def _runner(session: Session, size: int) -> Callable[[], float]:
    """CPU seconds of one run on noise, over one window."""
    noise = np.random.default_rng(1).integers(0, 256, (1, size, size, 3), np.uint8)
    inputs = {"image": noise}

    def window() -> float:
        started, runs = time.process_time(), 0
        while time.process_time() - started < WINDOW_S:
            session.run(None, inputs)
            runs += 1
        return (time.process_time() - started) / runs

    return window


def _weights(of: str) -> dict[str, np.ndarray]:
    return source_weights(of, MODELS, SOURCE)


def _original(of: str) -> bytes:
    return BUILDERS[of](_weights(of))


def _variant(trial: Trial, calibration: Evaluation) -> bytes:
    if trial.part:
        return _quantised(trial.part, calibration)
    if trial.build:
        return trial.build(_weights(trial.of))
    original = _original(trial.of)
    return _saved(original) if trial.saved else original


def _quantised(part: Part, calibration: Evaluation) -> bytes:
    inputs = calibration.calibration(part.of)
    ranges = measure_ranges(part.build(_weights(part.of)), part, inputs)
    return part.quantised(_weights(part.of), ranges)


def _saved(original: bytes) -> bytes:
    """The graph as ONNX Runtime saves it after its optimisations that fit every CPU."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "saved.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(file)
        open_session(original, options)
        return file.read_bytes()


def main(arguments: list[str]) -> int:
    """Prints one line a trial."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pairs", type=int, default=9, help="windows, 2 to 100 (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="two photographs only")
    options = parser.parse_args(arguments)
    if not 2 <= options.pairs <= 100:
        parser.error("--pairs must be 2 to 100")
    try:
        trials = Trials(options.pairs, options.quick)
        for of in PLAIN:
            told = ", ".join(
                f"{size}: {statistics.median(found):.2f} x [{min(found):.2f} .. {max(found):.2f}]"
                for size, found in trials.rearranged(of).items()
            )
            print(f"default {of}, its graph rearranged: {told}; the same answers", flush=True)
        for trial in TRIALS:
            print(trials.run(trial).line(), flush=True)
    except (ImportFailed, OSError) as error:
        print(f"make_variants: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
