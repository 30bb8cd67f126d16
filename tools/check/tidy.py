#!/usr/bin/env python3
"""clang-tidy over our own sources, in parallel, skipping every file that passed before and has not changed.

    tools/check/tidy.py build/dev/compile_commands.json

A pass is remembered under build/tidy/ by a checksum of the file, all of our headers it reaches, its
compile command, .clang-tidy and the version of clang-tidy. Findings are printed as they come.
Exit status: 0 all passed, 1 a finding, 2 it could not run.
"""

import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-19"
INCLUDE = re.compile(r'^\s*#\s*include "([^"]+)"', re.MULTILINE)
TEST = re.compile(r"_(test|fuzz|bench)\.cc$|/testing/")
SECONDS_MAX = 900


@cache
def reached(path: Path) -> frozenset[Path]:
    """The file and every header of ours that it includes, directly or not."""
    found, waiting = set(), [path]
    while waiting:
        here = waiting.pop()
        if here in found or not here.is_file():
            continue
        found.add(here)
        text = here.read_text(encoding="utf-8", errors="replace")
        waiting += [ROOT / "src" / name for name in INCLUDE.findall(text)]
    return frozenset(found)


def key_of(command: dict, common: bytes) -> str:
    digest = hashlib.sha256(common + command.get("command", "").encode())
    for path in sorted(reached(Path(command["file"]))):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()


def tidy(path: str, database: Path) -> tuple[str, str, float]:
    """(path, findings or "", seconds)."""
    begun = time.monotonic()
    command = [TIDY, "--quiet", "-p", str(database.parent), "--extra-arg=-Wno-unknown-warning-option", path]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        output = "" if done.returncode == 0 else done.stdout + done.stderr or "it broke off without a word\n"
    except subprocess.TimeoutExpired:
        output = f"{path}: clang-tidy took more than {SECONDS_MAX} s: split the file\n"
    return path, output, time.monotonic() - begun


def ships(path: Path) -> bool:
    return path.is_relative_to(ROOT / "src") and not TEST.search(str(path))


def ours(database: Path) -> list[dict]:
    """One command per source below src/ that ships; what tests do wrong, tests and sanitizers show."""
    commands = {command["file"]: command for command in json.loads(database.read_text(encoding="utf-8"))}
    return [command for file, command in sorted(commands.items()) if ships(Path(file))]


def main(database: Path) -> int:
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    stamps = ROOT / "build" / "tidy"
    stamps.mkdir(parents=True, exist_ok=True)
    keys = {command["file"]: key_of(command, common) for command in ours(database)}
    waiting = [file for file, key in keys.items() if not (stamps / key).exists()]
    print(f"tidy: {len(waiting)} of {len(keys)} files to check", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS") or os.cpu_count() or 1)) as pool:
        jobs = [pool.submit(tidy, file, database) for file in waiting]
        for number, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            file, output, seconds = job.result()
            print(f"tidy: [{number}/{len(waiting)}] {Path(file).relative_to(ROOT)} {seconds:.0f} s", flush=True)
            if output:
                failed += 1
                print(output, flush=True)
            else:
                (stamps / keys[file]).touch()
    for stale in set(stamps.iterdir()) - {stamps / key for key in keys.values()}:
        stale.unlink()
    print(f"tidy: {len(keys) - failed} files passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_file():
        print("tidy: give it the compile_commands.json of a configured build: cmake --preset dev", file=sys.stderr)
        sys.exit(2)
    if shutil.which(TIDY) is None:
        print(f"tidy: {TIDY} is missing: run make setup-test", file=sys.stderr)
        sys.exit(2)
    sys.exit(main(Path(sys.argv[1])))
