#!/usr/bin/env python3
"""Turns the weights of the npm package @vladmandic/face-api into our two ONNX models.

    npm pack @vladmandic/face-api@1.7.15, unpacked to .deps/npm/face-api
    python tools/models/import_models.py

writes models/face_detector/1/model.onnx and models/emotion/1/model.onnx. Every file read and every
file written is checked against the sha256 in the model's card; a model that already matches is left
alone. Exit status: 0 done or nothing to do, 1 the import failed (one sentence says why), 2 wrong
arguments.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from card import Card, read_card, write_atomically, write_checksum
from errors import ImportFailed
from networks import build_emotion, build_face_detector
from weights import Weights, parse_weights

ROOT = Path(__file__).resolve().parents[2]

BUILDERS: dict[str, Callable[[Weights], bytes]] = {
    "face_detector": build_face_detector,
    "emotion": build_emotion,
}


def read_source(card: Card, source: Path) -> tuple[bytes, bytes]:
    """(manifest, weights) of the card's model, each as the card's sha256 says or refused."""
    contents: dict[str, bytes] = {}
    for name, expected in card.source_files.items():
        try:
            data = (source / name).read_bytes()
        except OSError as error:
            raise ImportFailed(
                f"read {source / name}: {error.strerror}; unpack {card.package} {card.version} "
                f"there or name its folder with --source"
            ) from error
        actual = hashlib.sha256(data).hexdigest()
        if actual != expected:
            raise ImportFailed(
                f"check {source / name}: its sha256 is {actual}, the card says {expected}"
            )
        contents[Path(name).suffix] = data
    if contents.keys() != {".json", ".bin"}:
        raise ImportFailed(f"read {card.path}: source.files must be one .json and one .bin")
    return contents[".json"], contents[".bin"]


def source_weights(name: str, models: Path, source: Path) -> Weights:
    """The weights that the card of `name` points to."""
    manifest, data = read_source(read_card(models / name), source)
    return parse_weights(manifest, data, f"weights of {name}")


def import_model(name: str, models: Path, source: Path, write_checksums: bool) -> str:
    """Makes one model and returns the line that says what was done."""
    card = read_card(models / name)
    if not write_checksums and _is_current(card):
        return f"{name}: already there, nothing to do"
    model = BUILDERS[name](source_weights(name, models, source))
    sha256 = hashlib.sha256(model).hexdigest()
    if write_checksums:
        write_checksum(card, sha256, len(model))
    elif sha256 != card.model_sha256:
        raise ImportFailed(
            f"check {name}: the model made has sha256 {sha256}, the card says {card.model_sha256}; "
            f"install the versions in tools/models/requirements.txt"
        )
    write_atomically(card.model_path, model)
    return f"{name}: wrote {card.model_path} ({len(model)} bytes)"


def _is_current(card: Card) -> bool:
    try:
        return hashlib.sha256(card.model_path.read_bytes()).hexdigest() == card.model_sha256
    except OSError:
        return False


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line; argparse itself exits with 2 when it is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="MODEL", help="models to import (default: all)")
    parser.add_argument(
        "--source",
        type=Path,
        default=ROOT / ".deps/npm/face-api",
        help="the unpacked package (default: %(default)s)",
    )
    parser.add_argument(
        "--models",
        type=Path,
        default=ROOT / "models",
        help="the folder of the cards and models (default: %(default)s)",
    )
    parser.add_argument(
        "--write-checksums",
        action="store_true",
        help="make the models anew and write their checksums to the cards",
    )
    options = parser.parse_args(arguments)
    for name in options.names:
        if name not in BUILDERS:
            parser.error(f"no model {name!r}; there are {', '.join(BUILDERS)}")
    return options


def main(arguments: list[str]) -> int:
    """Imports each model asked for; the first that fails ends the run."""
    options = parse_arguments(arguments)
    try:
        for name in options.names or BUILDERS:
            print(import_model(name, options.models, options.source, options.write_checksums))
    except ImportFailed as error:
        print(f"import_models: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
