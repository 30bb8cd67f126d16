"""Compares a model with another on the photographs: boxes by overlap, expressions by the likeliest.
Needs onnxruntime and Pillow. Not thread-safe.
"""

import tomllib
from functools import cached_property
from pathlib import Path

import numpy as np
import onnxruntime

import pictures
from detections import Scored, agreement, decode

# Ranges measured on one half are judged on the other: on pictures that they were made of, 8 bits
# look better than they are.
HALVES = (pictures.NAMES[::2], pictures.NAMES[1::2])
PHOTOGRAPH_SIZE = 416  # of the detector's input: many small faces
PORTRAIT_SIZE = 224  # one large face
EMOTION_SIZE = 112


def open_session(
    model: bytes | str, options: onnxruntime.SessionOptions | None = None
) -> onnxruntime.InferenceSession:
    """A session as the server's: one thread, every optimisation unless `options` say otherwise."""
    options = options or onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Evaluation:
    """Some of the photographs, and the faces that the default detector finds in them."""

    def __init__(self, models: Path, folder: Path, names: tuple[str, ...] = pictures.NAMES) -> None:
        self._folder = folder
        self._names = names
        card = tomllib.loads((models / "face_detector/card.toml").read_text(encoding="utf-8"))
        self._detector = card["detector"]
        self._session = open_session(str(models / "face_detector" / card["file"]["path"]))

    def calibration(self, of: str) -> list[np.ndarray]:
        """Inputs of `of`, [size, size, 3] u8, to measure ranges on."""
        if of == "emotion":
            return _crops(self._photographs, self._photograph_faces, EMOTION_SIZE)
        return [pictures.letterbox(one, PHOTOGRAPH_SIZE) for one in self._photographs] + [
            pictures.letterbox(one, PORTRAIT_SIZE) for one in self._portraits
        ]

    def boxes(
        self, left: onnxruntime.InferenceSession, right: onnxruntime.InferenceSession, size: int = 0
    ) -> dict[str, list[float]]:
        """The overlap of each face that either finds, 0 if only one does: in whole photographs, and
        in portraits. `size`: px of the right one's input, where it is not the left one's."""
        found = {}
        for name, sources, input_size in (
            ("photographs", self._photographs, PHOTOGRAPH_SIZE),
            ("portraits", self._portraits, PORTRAIT_SIZE),
        ):
            smaller = round(input_size * size / PHOTOGRAPH_SIZE / 32) * 32 if size else input_size
            found[name] = [
                overlap
                for one in sources
                for overlap in agreement(
                    self._detect(left, one, input_size), self._detect(right, one, smaller)
                )
            ]
        return found

    def expressions(
        self, left: onnxruntime.InferenceSession, right: onnxruntime.InferenceSession, size: int = 0
    ) -> list[bool]:
        """Of each face: is the likeliest expression the same?"""
        same = []
        for photo, faces in self._all_faces:
            for face, _ in faces:
                crop = pictures.crop(photo, face, EMOTION_SIZE)
                other = pictures.crop(photo, face, size or EMOTION_SIZE)
                if crop is not None and other is not None:
                    same.append(_top(left, crop) == _top(right, other))
        return same

    @cached_property
    def _photographs(self) -> list[np.ndarray]:
        return list(pictures.photographs(self._folder, self._names))

    @cached_property
    def _photograph_faces(self) -> list[list[Scored]]:
        return [self._faces(photo) for photo in self._photographs]

    @cached_property
    def _portraits(self) -> list[np.ndarray]:
        return _portraits(self._photographs, self._photograph_faces)

    @cached_property
    def _all_faces(self) -> list[tuple[np.ndarray, list[Scored]]]:
        around = [(one, self._faces(one)) for one in self._portraits]
        return list(zip(self._photographs, self._photograph_faces, strict=True)) + around

    def _faces(self, picture: np.ndarray) -> list[Scored]:
        return self._detect(self._session, picture, PHOTOGRAPH_SIZE)

    def _detect(
        self, session: onnxruntime.InferenceSession, picture: np.ndarray, size: int
    ) -> list[Scored]:
        image = pictures.letterbox(picture, size)[None]
        grid = session.run(None, {"image": image})[0][0]
        return decode(grid, picture.shape, size, self._detector)


def _portraits(photographs: list[np.ndarray], faces: list[list[Scored]]) -> list[np.ndarray]:
    return [
        around
        for photo, found in zip(photographs, faces, strict=True)
        for face, _ in found
        for around in pictures.portraits(photo, face)
    ]


def _crops(photographs: list[np.ndarray], faces: list[list[Scored]], size: int) -> list[np.ndarray]:
    all_of_them = (
        pictures.crop(photo, face, size)
        for photo, found in zip(photographs, faces, strict=True)
        for face, _ in found
    )
    return [crop for crop in all_of_them if crop is not None]


def _top(session: onnxruntime.InferenceSession, crop: np.ndarray) -> int:
    return int(session.run(None, {"image": crop[None]})[0].argmax())
