#!/usr/bin/env python3
"""Rewrites the python-*.lock files: every package of the requirement files by version and checksum.

    make lock

The checksums are those of the wheels that pip takes on x86_64 and aarch64 with the Python of Debian 12 and 13: no
other wheel is ever installed, and the files stay small. Needs the package index; only maintainers run it.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SETUP = Path(__file__).resolve().parent
ROOT = SETUP.parents[1]
UV = "uv==0.13.9"
TARGETS = [(version, machine) for version in ("3.11", "3.13") for machine in ("x86_64", "aarch64")]
# lock -> (requirement files, options of uv). The build lock follows the test lock: one environment serves both.
# The other three are environments of their own, whose requirement files name everything.
LOCKS = {
    "test": (["tools/models/requirements-test.txt", "test/conformance/requirements.txt"], []),
    "build": (["tools/models/requirements.txt"], ["-c", str(SETUP / "python-test.lock")]),
    "kserve": (["test/conformance/requirements-kserve.txt"], ["--no-deps"]),
    "perf": (["test/conformance/requirements-perf.txt"], ["--no-deps"]),
    "triton": (["bench/requirements-triton.txt"], ["--no-deps"]),
}


def resolve(uv: Path, requirements: list[str], options: list[str]) -> list[str]:
    """["name==version", ...] of everything that the requirements bring, without extras."""
    command = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]
    command += ["--no-emit-index-url", "--strip-extras", "--python-version", "3.11", "--python-platform", "linux"]
    command += [*options, *(ROOT / name for name in requirements)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return re.findall(r"^[\w.-]+==[^\s;]+", done.stdout, re.MULTILINE)


def wheels(pins: list[str], version: str, machine: str) -> dict[str, str]:
    """normalised name -> sha256 of the wheel that pip would install there; what has none is left out."""
    platforms = [f"--platform=manylinux_{tag}_{machine}" for tag in ("2_34", "2_31", "2_28", "2_27", "2_26", "2_17")]
    platforms += [f"--platform=manylinux2014_{machine}", f"--platform=linux_{machine}", "--platform=any"]
    if machine == "x86_64":
        platforms += [f"--platform=manylinux2010_{machine}", f"--platform=manylinux1_{machine}"]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-deps", "--ignore-installed"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--implementation=cp", "--target=unused"]
    command += [f"--python-version={version}", *platforms, "--report=-"]
    done = subprocess.run([*command, *pins], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return {
            normal(one["metadata"]["name"]): one["download_info"]["archive_info"]["hashes"]["sha256"]
            for one in json.loads(done.stdout)["install"]
        }
    if len(pins) == 1:
        return {}
    half = len(pins) // 2
    return wheels(pins[:half], version, machine) | wheels(pins[half:], version, machine)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def lock(uv: Path, requirements: list[str], options: list[str]) -> str:
    pins = resolve(uv, requirements, options)
    hashes: dict[str, set[str]] = {}
    for version, machine in TARGETS:
        found = wheels(pins, version, machine)
        for name, sha256 in found.items():
            hashes.setdefault(name, set()).add(sha256)
        missing = [pin for pin in pins if normal(pin.split("==")[0]) not in found]
        if missing:
            print(f"lock: no wheel for Python {version} on {machine}: {' '.join(missing)}")
    lines = [f"# Written by `make lock` from {' and '.join(requirements)}; do not edit."]
    for pin in pins:
        name = normal(pin.split("==")[0])
        lines.append(" \\\n    ".join([pin, *(f"--hash=sha256:{sha256}" for sha256 in sorted(hashes[name]))]))
    return "\n".join(lines) + "\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        pip = [f"{scratch}/bin/python", "-m", "pip", "-q", "install", "--disable-pip-version-check", UV]
        subprocess.run(pip, check=True)
        for name, (requirements, options) in LOCKS.items():
            text = lock(Path(scratch) / "bin" / "uv", requirements, options)
            (SETUP / f"python-{name}.lock").write_text(text, encoding="utf-8")
            print(f"lock: wrote tools/setup/python-{name}.lock")
    return 0


if __name__ == "__main__":
    sys.exit(main())
