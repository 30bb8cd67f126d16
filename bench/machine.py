"""What the numbers were measured on, and how to keep its names out of them."""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
import time
from pathlib import Path

from processes import ROOT

FLAGS = ("avx2", "avx512f", "avx512_vnni", "amx_int8", "amx_bf16", "avx_vnni")


def describe() -> dict:
    """No host name, no path."""
    cpu = Path("/proc/cpuinfo").read_text()
    memory = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    flags = set(_first(cpu, "flags").split())
    return {
        "cpu": _first(cpu, "model name") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "flags": [flag for flag in FLAGS if flag in flags],
        "memory_gb": round(int(memory[1]) / 1e6, 1) if memory else None,
        "kernel": platform.release().split("-")[0],
        "hypervisor": "hypervisor" in flags,
    }


def _first(text: str, key: str) -> str:
    found = re.search(rf"^{key}\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def commit() -> str:
    """Short hash; "+" when the tree differs from it."""
    short = _git("rev-parse", "--short", "HEAD")
    return short + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    return done.stdout.strip()


def load() -> float:
    """How many processes ran or waited for a core, over the last minute."""
    return os.getloadavg()[0]


class Watch:
    """What else used the processor while something was measured. Ask after the measurement has
    ended all that it started."""

    def __init__(self) -> None:
        self._begun, self._busy, self._own = time.monotonic(), _busy_seconds(), _own_seconds()

    def seconds(self) -> float:
        return time.monotonic() - self._begun

    def foreign_cores(self) -> float:
        """Processors used by others on average, by the hypervisor's other guests too."""
        others = (_busy_seconds() - self._busy) - (_own_seconds() - self._own)
        return max(0.0, others) / self.seconds()


def _busy_seconds() -> float:
    """Of all cores since boot: user, nice, system, interrupts, stolen."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks[i] for i in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Of this process and of all that it started and that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def scrub(value):
    """The same JSON value without this machine's paths and name."""
    if isinstance(value, dict):
        return {key: scrub(one) for key, one in value.items()}
    if isinstance(value, list):
        return [scrub(one) for one in value]
    if not isinstance(value, str):
        return value
    text = value.replace(str(ROOT), ".").replace(str(Path.home()), "~")
    node = platform.node()
    return re.sub(rf"\b{re.escape(node)}\b", "host", text) if node else text
