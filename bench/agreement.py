"""Does decoding a photograph at a smaller scale change what is seen? Variants of the six
photographs (flipped, shifted, cropped, enlarged) are sent as JPEG, which may be decoded scaled, and
the same pixels as PNG, which is decoded at full size. Needs Pillow (.deps/venv)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from face_api import NAMES, post_photo
from faces import gap, matches
from measure import AT_LEAST, Row, Settings
from processes import PHOTOS, Failed, Node

if TYPE_CHECKING:
    from PIL.Image import Image

TIMED = False  # a busy machine gives the same answers
TARGET = 99.0
FACES_MIN = 100
CLEAR_GAP = 0.1
OVERLAP_MIN = 0.5
JPEG_QUALITY = 92
PHOTO_PX = 1920  # width of the six
# As they are, which may need no scaling for the detector's input, and as large as phones take them
# (enlarged): there the decoder does scale.
SCALES = (1, 2)
# left, top, right, bottom: pixels cut off, odd ones too, so that blocks of 8 fall elsewhere.
CUTS = [(0, 0, 0, 0), (13, 7, 0, 0), (0, 0, 29, 17), (40, 24, 40, 24), (3, 50, 61, 0),
        (57, 9, 120, 40)]


def variants(photo: Image) -> Iterator[Image]:
    from PIL import ImageOps

    for side in (photo, ImageOps.mirror(photo)):
        for left, top, right, bottom in CUTS:
            yield side.crop((left, top, side.width - right, side.height - bottom))


def as_jpeg_and_png(picture: Image) -> tuple[bytes, bytes]:
    """The PNG holds the pixels of the JPEG decoded at full size, without any further loss."""
    from PIL import Image

    jpeg, png = io.BytesIO(), io.BytesIO()
    picture.save(jpeg, "JPEG", quality=JPEG_QUALITY)
    Image.open(jpeg).convert("RGB").save(png, "PNG", compress_level=1)
    return jpeg.getvalue(), png.getvalue()


def measure(settings: Settings) -> tuple[list[Row], dict]:
    rows, raw = [], {}
    with Node() as node:
        for scale in SCALES:
            pairs, alone = _decodings(node, scale, NAMES[:2] if settings.quick else NAMES)
            if len(pairs) < FACES_MIN and not settings.quick:
                raise Failed(f"compare decodings: {len(pairs)} faces are too few to tell 99 %")
            rows += _rows(f"{scale * PHOTO_PX} px photographs", pairs, alone)
            raw[str(scale * PHOTO_PX)] = {"faces": pairs, "found_by_one_only": alone}
    return rows, raw


def _decodings(node: Node, scale: int, names: list[str]) -> tuple[list[dict], int]:
    """The faces that both decodings find, compared, and how many only one finds."""
    from PIL import Image

    pairs, alone = [], 0
    for name in names:
        for picture in variants(Image.open(PHOTOS / name).convert("RGB")):
            larger = picture.resize((picture.width * scale, picture.height * scale))
            jpeg, png = as_jpeg_and_png(larger)
            scaled = post_photo(node, jpeg, "image/jpeg")["faces"]
            full = post_photo(node, png, "image/png")["faces"]
            found = matches(scaled, full, OVERLAP_MIN)
            alone += len(scaled) + len(full) - 2 * len(found)
            pairs += [_compare(name, *pair) for pair in found]
    return pairs, alone


def _rows(pictures: str, pairs: list[dict], alone: int) -> list[Row]:
    clear = [pair for pair in pairs if pair["gap"] > CLEAR_GAP]
    return [
        Row(f"{pictures}: same expression from scaled as from full-size decoding, {len(pairs)} "
            "faces", "%", [_percent(pairs)], AT_LEAST, TARGET),
        Row(f"{pictures}: the same of the {len(clear)} faces whose two likeliest expressions are "
            f"more than {CLEAR_GAP} apart", "%", [_percent(clear)]),
        Row(f"{pictures}: faces found by one of the two decodings only", "faces", [float(alone)]),
        Row(f"{pictures}: largest difference of a probability of each face", "",
            [pair["difference"] for pair in pairs]),
    ]


def _compare(photo: str, scaled: dict, full: dict) -> dict:
    difference = max(abs(scaled["probabilities"][name] - value)
                     for name, value in full["probabilities"].items())
    return {"photo": photo, "scaled": scaled["emotion"], "full": full["emotion"], "gap": gap(full),
            "difference": difference, "width": full["box"]["width"]}


def _percent(pairs: list[dict]) -> float:
    return 100.0 * sum(pair["scaled"] == pair["full"] for pair in pairs) / max(1, len(pairs))
