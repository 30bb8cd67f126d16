#!/usr/bin/env python3
"""Rooms may include only what src/LAYERS draws and their CMakeLists.txt declares.

    tools/check_layers.py [SRC]

Names file and line of every include that climbs, goes sideways without an arrow, is not declared or takes a
third-party header where it may not; then what is declared and not used, and files that no room compiles. Exit
status: 0 nothing found, 1 something found, 2 src/LAYERS itself cannot be read.

src/LAYERS, one statement a line, rooms as shell patterns:

    layer ROOM...          lowest first; a room's layer is the first that matches
    arrow ROOM TARGET      ROOM may see TARGET on its own layer
    only ROOM TARGET...    ROOM may see these and nothing else
    header PREFIX ROOM...  third-party headers that begin so, and who may include them
"""

import dataclasses
import fnmatch
import re
import sys
from collections.abc import Iterator
from pathlib import Path

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')
KEYWORDS = "SOURCES|TESTS|DEPS|LIBS|PRIVATE|FUZZ|BENCH|TESTING|WASM"
# Operating-system headers have no owner in src/LAYERS; C++'s own have neither dot nor slash.
SYSTEM = re.compile(
    r"(sys|netinet|arpa|net|linux)/[\w/]+\.h|"
    r"(assert|cpuid|ctype|dirent|dlfcn|errno|fcntl|fenv|float|immintrin|limits|math|netdb|poll|pthread|sched|setjmp|"
    r"signal|stdarg|stddef|stdint|stdio|stdlib|string|strings|syslog|termios|time|unistd)\.h"
)
TEST_HEADERS = ("gtest/", "gmock/", "benchmark/")


class BadLayers(Exception):
    pass


@dataclasses.dataclass
class Layers:
    order: list[list[str]] = dataclasses.field(default_factory=list)
    arrows: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    only: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    owners: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def level(self, room: str) -> int | None:
        return next((n for n, patterns in enumerate(self.order) if matches(room, patterns)), None)

    def refusal(self, room: str, target: str) -> str | None:
        """Why `room` may not see `target`; None when it may."""
        here, there = self.level(room), self.level(target)
        if there is None:
            return f"{target} is not in src/LAYERS: add it there"
        if room in self.only and not matches(target, self.only[room]):
            return f"{room} may see only {', '.join(self.only[room])}: move the code, or change src/LAYERS by an ADR"
        if any(matches(room, [a]) and matches(target, [b]) for a, b in self.arrows):
            return None
        if there > here:
            return f"{target} lies above {room}: turn the call round (a port below, wired in apps)"
        if there == here:
            return f"{target} lies beside {room}, no arrow goes there: move the code down, or draw it by an ADR"
        return None

    def owner(self, header: str) -> list[str] | None:
        """The rooms that may include a third-party header; the longest prefix decides."""
        prefixes = [prefix for prefix in self.owners if header.startswith(prefix)]
        return self.owners[max(prefixes, key=len)] if prefixes else None


@dataclasses.dataclass
class Room:
    name: str
    folder: Path
    cmake: Path
    deps: dict[str, int] | None  # room -> line of CMakeLists.txt; None for a program without perigee_module()
    files: set[str]


def matches(room: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(room, pattern) for pattern in patterns)


def read_layers(path: Path) -> Layers:
    layers = Layers()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = line.split("#")[0].split()
        match words:
            case []:
                pass
            case ["layer", *rooms] if rooms:
                layers.order.append(rooms)
            case ["arrow", room, target]:
                layers.arrows.append((room, target))
            case ["only", room, *targets] if targets:
                layers.only[room] = targets
            case ["header", prefix, *rooms] if rooms:
                layers.owners[prefix] = rooms
            case _:
                raise BadLayers(f"{path}:{number}: read as layer, arrow, only or header: {line.strip()}")
    return layers


def room_of(path: str) -> str:
    """vision/face.h -> vision; adapters/net/http.h -> adapters/net."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("adapters", "apps") else parts[0]


def read_room(cmake: Path, src: Path) -> Room | None:
    """The room that this CMakeLists.txt declares by perigee_module(), or a program; None for neither."""
    deps: dict[str, int] = {}
    files: set[str] = set()
    name, section = None, ""
    for number, line in enumerate(cmake.read_text(encoding="utf-8").splitlines(), 1):
        line = line.split("#")[0]
        if found := re.match(r"\s*perigee_module\(\s*([\w/]+)", line):
            name, section, line = found[1], "", line[found.end() :]
        for word in re.findall(r"[\w./+:$<>{}-]+", line):
            if re.fullmatch(KEYWORDS, word):
                section = word
            elif section == "DEPS" and name:
                deps[word] = number
            if word.endswith((".cc", ".h")):
                files.add(word)
    if name:
        return Room(name, cmake.parent, cmake, deps, files)
    if "add_executable(" in cmake.read_text(encoding="utf-8"):
        return Room(cmake.parent.relative_to(src).as_posix(), cmake.parent, cmake, None, files)
    return None


def sources(room: Room) -> list[Path]:
    """The room's files; a folder with a CMakeLists.txt of its own is another room's."""
    found = []
    for path in sorted([*room.folder.rglob("*.h"), *room.folder.rglob("*.cc")]):
        inner = path.parent
        while inner != room.folder and not (inner / "CMakeLists.txt").exists():
            inner = inner.parent
        if inner == room.folder:
            found.append(path)
    return found


def is_test(path: Path) -> bool:
    return path.stem.endswith(("_test", "_bench", "_fuzz")) or "testing" in path.parts


def third_party_refusal(room: Room, path: Path, header: str, owners: list[str] | None) -> str | None:
    if header.startswith(TEST_HEADERS):
        return None if is_test(path) else f"{header} belongs into tests, testing/ and benchmarks"
    if owners is None:
        return f"{header} has no owner: add a header line to src/LAYERS (and an ADR for a new library)"
    if not matches(room.name, owners):
        return f"only {', '.join(owners)} may include {header}: call that room, or move the code there"
    if path.suffix == ".h" and not room.name.startswith("adapters/"):
        return f"{header} in a header outside adapters/: include it in the .cc and show our own types"
    return None


def check_include(layers: Layers, room: Room, path: Path, quote: str, header: str) -> str | None:
    owners = layers.owner(header)
    if owners is not None or (quote == "<" and header.startswith(TEST_HEADERS)):
        return third_party_refusal(room, path, header, owners)
    if quote == "<":
        system = "." not in header and "/" not in header or SYSTEM.fullmatch(header)
        return None if system else third_party_refusal(room, path, header, None)
    if header.endswith(".pb.h"):
        allowed = room.name.startswith("adapters/grpc_")
        return None if allowed else f"{header}: only adapters/grpc_* may include generated protobuf code"
    target = room_of(header)
    if target == room.name:
        return None
    if "/" not in header or layers.level(target) is None:
        return f'"{header}" names no room: write the path from src/'
    if refusal := layers.refusal(room.name, target):
        return refusal
    if room.deps is not None and target not in room.deps:
        return f"{room.name} includes {target}: declare it in DEPS of {room.cmake.name}"
    return None


def check_declared(layers: Layers, room: Room, used: set[str]) -> Iterator[str]:
    for dep, number in (room.deps or {}).items():
        where = f"{room.cmake}:{number}"
        if refusal := layers.refusal(room.name, dep):
            yield f"{where}: DEPS {dep}: {refusal}"
        elif dep not in used and not room.name.startswith("apps/"):
            yield f"{where}: DEPS {dep}: nothing in {room.name} includes it; remove it"


def check_room(layers: Layers, room: Room, src: Path) -> Iterator[str]:
    if room.folder.relative_to(src).as_posix() != room.name:
        yield f"{room.cmake}:1: perigee_module({room.name}) stands in another folder; name the room after its folder"
        return
    if layers.level(room.name) is None:
        yield f"{room.cmake}:1: {room.name} is not in src/LAYERS: add it there"
        return
    used = set()
    for path in sources(room):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := INCLUDE.match(text):
                used.add(room_of(found[2]))
                if problem := check_include(layers, room, path, found[1], found[2]):
                    yield f"{path}:{number}: {problem}"
        if path.suffix == ".cc" and path.relative_to(room.folder).as_posix() not in room.files:
            yield f"{path}:1: not in {room.cmake}, so nothing compiles it: list it there or delete it"
    yield from check_declared(layers, room, used)


def check_circles(layers: Layers, rooms: list[Room]) -> Iterator[str]:
    """Arrows on one layer could still be drawn in a circle."""
    deps = {room.name: room.deps or {} for room in rooms}

    def reaches(start: str, goal: str, seen: set[str]) -> bool:
        fresh = [dep for dep in deps.get(start, {}) if dep not in seen]
        seen.update(fresh)
        return goal in fresh or any(reaches(dep, goal, seen) for dep in fresh)

    for room in rooms:
        if reaches(room.name, room.name, set()):
            yield f"{room.cmake}:1: {room.name} depends on itself in a circle: move what both need down a layer"


def problems(src: Path) -> Iterator[str]:
    layers = read_layers(src / "LAYERS")
    found = [read_room(cmake, src) for cmake in sorted(src.rglob("CMakeLists.txt"))]
    rooms = [room for room in found if room is not None]
    folders = {room.folder for room in rooms}
    for homeless in sorted({path.parent for suffix in ("*.h", "*.cc") for path in src.rglob(suffix)}):
        if not folders & {homeless, *homeless.parents}:
            yield f"{homeless}: no CMakeLists.txt makes a room of this folder: write one with perigee_module()"
    for room in rooms:
        yield from check_room(layers, room, src)
    yield from check_circles(layers, rooms)


def main(arguments: list[str]) -> int:
    src = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent / "src"
    try:
        found = list(problems(src))
    except (BadLayers, OSError) as error:
        print(f"check_layers: {error}", file=sys.stderr)
        return 2
    for line in found:
        print(line.replace(f"{src}/", "src/"))
    print(f"check_layers: {len(found)} problems" if found else "check_layers: rooms and arrows hold")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
