"""Reads what the importer needs of a card (models/<name>/card.toml) and writes its checksum."""

import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from errors import ImportFailed


@dataclass(frozen=True)
class Card:
    """Both ends of an import: the files it reads and the file it writes, each with its sha256."""

    path: Path
    package: str
    version: str
    source_files: dict[str, str]  # path inside the package -> sha256
    model_path: Path
    model_sha256: str


def read_card(folder: Path) -> Card:
    """The card of the model in `folder`."""
    path = folder / "card.toml"
    try:
        card = tomllib.loads(path.read_text(encoding="utf-8"))
        return Card(
            path=path,
            package=card["source"]["package"],
            version=card["source"]["version"],
            source_files={file["path"]: file["sha256"] for file in card["source"]["files"]},
            model_path=folder / card["file"]["path"],
            model_sha256=card["file"]["sha256"],
        )
    except OSError as error:
        raise ImportFailed(f"read card: {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ImportFailed(f"read card: {path}: {error!r}") from error


def write_checksum(card: Card, sha256: str, size: int) -> None:
    """Replaces sha256 and bytes in the card's [file] table and nothing else."""
    text = card.path.read_text(encoding="utf-8")
    pattern = r'(\[file\]\npath = "[^"]*"\n)sha256 = "[^"]*"\nbytes = \d+\n'
    changed, count = re.subn(pattern, rf'\g<1>sha256 = "{sha256}"\nbytes = {size}\n', text)
    if count != 1:
        raise ImportFailed(f"write checksum: {card.path}: no [file] table of path, sha256, bytes")
    write_atomically(card.path, changed.encode())


def write_atomically(path: Path, data: bytes) -> None:
    """Whoever reads `path` sees the old bytes or the new ones, never a part of them."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(partial, 0o644)  # mkstemp makes files that only their owner can read
            os.replace(partial, path)
        except OSError:
            os.unlink(partial)
            raise
    except OSError as error:
        raise ImportFailed(f"write {path}: {error.strerror}") from error
