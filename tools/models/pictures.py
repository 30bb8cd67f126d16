"""Photographs for calibrating and comparing models, and what the server does to them before a model
sees them (src/vision: letterbox, crop, both bilinear), in numpy. Needs Pillow.

The pictures are the six sample photographs, whole, flipped and cut at the borders, and portraits:
a part of a photograph around each face, as a phone or camera held to one person shows it.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

NAMES = tuple(f"sample{i}.jpg" for i in range(1, 7))
PORTRAIT = (480, 640)  # height, width, px
# left, top, right, bottom: pixels cut off, odd ones too, so that blocks of 8 fall elsewhere.
CUTS = ((0, 0, 0, 0), (13, 7, 0, 0), (0, 0, 29, 17), (40, 24, 40, 24), (3, 50, 61, 0))
# How much larger than the face's width a portrait is, and where in it the face's middle is.
FRAMES = ((2.2, 0.5, 0.5), (3.0, 0.4, 0.45), (4.0, 0.6, 0.55))

Box = tuple[float, float, float, float]  # x, y, width, height, px


def photographs(folder: Path, names: tuple[str, ...] = NAMES) -> Iterator[np.ndarray]:
    """[height, width, 3] u8 each."""
    for name in names:
        photo = Image.open(folder / name).convert("RGB")
        for side in (photo, ImageOps.mirror(photo)):
            for left, top, right, bottom in CUTS:
                box = (left, top, side.width - right, side.height - bottom)
                yield np.asarray(side.crop(box))


def portraits(photo: np.ndarray, face: Box) -> Iterator[np.ndarray]:
    """Parts of the photograph around the face, [480, 640, 3] u8; black past the borders."""
    height, width = PORTRAIT
    x, y = face[0] + face[2] / 2, face[1] + face[3] / 2
    for larger, across, down in FRAMES:
        wide = larger * max(face[2], face[3])
        high = wide * height / width
        left, top = x - wide * across, y - high * down
        part = Image.fromarray(photo).transform(
            (width, height),
            Image.Transform.EXTENT,
            (left, top, left + wide, top + high),
            Image.Resampling.BILINEAR,
        )
        yield np.asarray(part)


def letterbox(picture: np.ndarray, size: int) -> np.ndarray:
    """The picture at the top left of a black square, [size, size, 3] u8."""
    side = max(picture.shape[:2])
    frame = np.zeros((side, side, 3), np.uint8)
    frame[: picture.shape[0], : picture.shape[1]] = picture
    return _bilinear(frame, size)


def crop(picture: np.ndarray, face: Box, size: int) -> np.ndarray | None:
    """The face in the middle of a black square, [size, size, 3] u8; none if nothing is inside."""
    height, width = picture.shape[:2]
    left, top = max(face[0], 0.0), max(face[1], 0.0)
    wide = int(min(face[0] + face[2] - left, width - left))
    high = int(min(face[1] + face[3] - top, height - top))
    if wide < 1 or high < 1:
        return None
    left, top, side = int(left), int(top), max(wide, high)
    frame = np.zeros((side, side, 3), np.uint8)
    x, y = (side - wide) // 2, (side - high) // 2
    frame[y : y + high, x : x + wide] = picture[top : top + high, left : left + wide]
    return _bilinear(frame, size)


def _bilinear(frame: np.ndarray, size: int) -> np.ndarray:
    """A square resized as tf.image.resizeBilinear does (src/tensor/resample.h), rounded half up."""
    side = len(frame)
    position = np.arange(size) * (side / size)
    lower = np.minimum(position.astype(int), side - 1)
    upper = np.minimum(lower + 1, side - 1)
    share = (position - lower).astype(np.float32)
    down, across = share[:, None, None], share[None, :, None]
    rows = frame[lower].astype(np.float32) * (1 - down) + frame[upper].astype(np.float32) * down
    values = rows[:, lower] + (rows[:, upper] - rows[:, lower]) * across
    return np.floor(values + 0.5).astype(np.uint8)
