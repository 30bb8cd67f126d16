"""Against face-api.js (WebAssembly with SIMD, one thread): the six photographs on one core, the
same detector size. Its decoding is not counted; ours is, and so are our client and HTTP."""

from __future__ import annotations

import json
import urllib.request

from faces import matches
from measure import AT_LEAST, Row, Settings, in_turn
from processes import PHOTOS, ROOT, Node, run_json

SIZE = 416
TARGET = 10.0
ONE_CORE = ("taskset", "-c", "0")
NAMES = [f"sample{n}.jpg" for n in range(1, 7)]
OVERLAP_MIN = 0.9  # as the golden tests have it


def measure(settings: Settings) -> tuple[list[Row], dict]:
    runs = 2 if settings.quick else 5
    with Node("--serving-instances", 1, before=ONE_CORE) as node:
        placed, named = _same_faces(node)
        pairs = in_turn(settings.pairs, lambda: _ours(node, runs * 4), lambda: _theirs(runs))
    total = [sum(theirs[name] for name in NAMES) / sum(ours[name] for name in NAMES)
             for ours, theirs in pairs]
    least = [min(theirs[name] / ours[name] for name in NAMES) for ours, theirs in pairs]
    rows = [
        Row("time for the six photographs, face-api.js / Perigee", "x", total, AT_LEAST, TARGET),
        Row("the same, of the photograph that gains least", "x", least),
        Row(f"faces of face-api.js that Perigee finds in the same place (overlap {OVERLAP_MIN})",
            "%", [placed], AT_LEAST, 100.0),
        Row("of these, with the same expression", "%", [named]),
        Row("six photographs, Perigee", "ms", [sum(ours.values()) for ours, _ in pairs]),
        Row("six photographs, face-api.js", "ms", [sum(one[name] for name in NAMES)
                                                  for _, one in pairs]),
    ]
    return rows, {"pairs_ms": [{"perigee": ours, "face_api": theirs} for ours, theirs in pairs]}


def _ours(node: Node, requests: int) -> dict[str, float]:
    """photograph -> p50 of the round trip, ms."""
    return {name: node.bench("--task", "emotion", "--photo", PHOTOS / name, "--clients", 1,
                             "--requests", requests, before=ONE_CORE)["latency_ms"]["p50"]
            for name in NAMES}


def _theirs(runs: int) -> dict[str, float]:
    """photograph -> median of detection and expressions, ms."""
    report = run_json([*ONE_CORE, "node", ROOT / "tools/reference/reference.mjs", "--bench", runs,
                       "--size", SIZE])
    return {one["picture"]: one["median_ms"] for one in report["photographs"]}


def _same_faces(node: Node) -> tuple[float, float]:
    """Percent of the golden faces, which are face-api's answers, that are found; and of those found
    that get the same expression."""
    wanted = found = named = 0
    for name in NAMES:
        golden = json.loads((ROOT / f"test/golden/emotion/{name}").with_suffix(".json").read_text())
        answer = post_photo(node, (PHOTOS / name).read_bytes(), "image/jpeg")
        assert golden["options"]["size"] == SIZE, "the golden answers are of another size"
        wanted += max(len(golden["faces"]), len(answer["faces"]))
        pairs = matches(answer["faces"], golden["faces"], OVERLAP_MIN)
        found += len(pairs)
        named += sum(ours["emotion"] == theirs["emotion"] for ours, theirs in pairs)
    return 100.0 * found / wanted, 100.0 * named / max(1, found)


def post_photo(node: Node, photo: bytes, content_type: str) -> dict:
    """The emotion task's answer."""
    request = urllib.request.Request(f"http://{node.http}/v1/tasks/emotion", data=photo,
                                     headers={"Content-Type": content_type})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
