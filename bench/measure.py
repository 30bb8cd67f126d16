"""What a measurement is made of: settings, pairs in turn, rows with target and verdict. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

AT_LEAST = "at least"
AT_MOST = "at most"


@dataclass(frozen=True)
class Settings:
    """How long and how often. Every measurement is bounded by these."""

    pairs: int = 7
    seconds: float = 5.0  # of one window
    warm_up_s: float = 1.0
    quick: bool = False

    @classmethod
    def short(cls) -> Settings:
        """To see that everything works; too short to believe."""
        return cls(pairs=2, seconds=1.0, warm_up_s=0.3, quick=True)


@dataclass
class Row:
    """One line of the table: what was measured, window by window, and what it should be."""

    what: str
    unit: str
    values: list[float]
    bound: str = ""  # AT_LEAST, AT_MOST, or "": no target, told for the reader
    limit: float = 0.0
    note: str = ""
    median: float = field(init=False)
    lowest: float = field(init=False)
    highest: float = field(init=False)
    verdict: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError(f"{self.what}: nothing was measured")
        self.median = statistics.median(self.values)
        self.lowest, self.highest = min(self.values), max(self.values)
        self.verdict = self._judge()

    def _judge(self) -> str:
        if not self.bound:
            return ""
        met = self.median >= self.limit if self.bound == AT_LEAST else self.median <= self.limit
        return "met" if met else "missed"

    def as_json(self) -> dict:
        return asdict(self)


def in_turn(pairs: int, a: Callable[[], dict], b: Callable[[], dict]) -> list[tuple[dict, dict]]:
    """A B A B ...: a machine whose speed drifts drifts for both alike. One pair before them is run
    and forgotten: it warms caches and clocks."""
    a(), b()
    return [(a(), b()) for _ in range(pairs)]


def ratios(pairs: list[tuple[dict, dict]], key: str, other_key: str = "") -> list[float]:
    """a[key] / b[other_key or key] of each pair."""
    return [a[key] / b[other_key or key] for a, b in pairs]
