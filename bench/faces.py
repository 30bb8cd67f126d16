"""Faces of two answers laid side by side. Pure."""

from __future__ import annotations


def overlap(a: dict, b: dict) -> float:
    """Intersection over union of two boxes {x, y, width, height}."""
    wide = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    high = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return shared / (a["width"] * a["height"] + b["width"] * b["height"] - shared)


def matches(left: list[dict], right: list[dict], overlap_min: float) -> list[tuple[dict, dict]]:
    """Pairs of faces in the same place, best overlap first; each face in one pair at most."""
    ranked = sorted(((overlap(a["box"], b["box"]), i, j) for i, a in enumerate(left)
                     for j, b in enumerate(right)), reverse=True)
    taken_left: set[int] = set()
    taken_right: set[int] = set()
    found = []
    for shared, i, j in ranked:
        if shared >= overlap_min and i not in taken_left and j not in taken_right:
            taken_left.add(i)
            taken_right.add(j)
            found.append((left[i], right[j]))
    return found


def gap(face: dict) -> float:
    """How much likelier the likeliest expression is than the next, 0 to 1."""
    first, second, *_ = sorted(face["probabilities"].values(), reverse=True)
    return first - second
