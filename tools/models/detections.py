"""A detector's grid to boxes, as the server does it (src/vision: anchor_grid, suppression), and how
well two sets of boxes agree. Pure."""

import numpy as np

from pictures import Box

Scored = tuple[Box, float]
SAME = 0.5  # two boxes that overlap by more are the same face


def decode(grid: np.ndarray, shape: tuple[int, ...], size: int, detector: dict) -> list[Scored]:
    """grid [rows, columns, 25] of an input of size x size to boxes in a picture of `shape` (height,
    width, ...), best first. `detector`: the card's table."""
    rows, columns, _ = grid.shape
    values = grid.reshape(rows, columns, -1, 5).astype(np.float64)
    anchors, cell = np.array(detector["anchors"]), detector["stride"]
    scores = _sigmoid(values[..., 4])
    width, height = (np.exp(values[..., 2 + i]) * anchors[:, i] * cell for i in (0, 1))
    x = (np.arange(columns)[None, :, None] + _sigmoid(values[..., 0])) * cell - width / 2
    y = (np.arange(rows)[:, None, None] + _sigmoid(values[..., 1])) * cell - height / 2
    longest = max(shape[:2])
    by_y, by_x = (side / max(1, int(side * size / longest + 0.5)) for side in shape[:2])
    kept = scores > detector["score_min"]
    boxes = np.stack([x * by_x, y * by_y, width * by_x, height * by_y], axis=-1)[kept]
    best = np.argsort(-scores[kept], kind="stable")
    candidates = [(tuple(map(float, boxes[i])), float(scores[kept][i])) for i in best]
    return _suppressed(candidates, detector["iou_max"])


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def _suppressed(candidates: list[Scored], iou_max: float) -> list[Scored]:
    kept: list[Scored] = []
    for candidate in candidates:
        if all(overlap(candidate[0], better[0]) <= iou_max for better in kept):
            kept.append(candidate)
    return kept


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def agreement(left: list[Scored], right: list[Scored]) -> list[float]:
    """The overlap of every face that either has found, 0 for one that the other has missed."""
    ranked = sorted(
        ((overlap(a, b), i, j) for i, (a, _) in enumerate(left) for j, (b, _) in enumerate(right)),
        reverse=True,
    )
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    found = []
    for shared, i, j in ranked:
        if shared > SAME and i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            found.append(shared)
    return found + [0.0] * (len(left) + len(right) - 2 * len(found))
