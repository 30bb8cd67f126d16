#!/usr/bin/env python3
"""totals.py FOLDER: prints "PASSED FAILED" summed over the JUnit files that a run of the checks left there.

A test program (ctest) counts by its cases where it reported them, and as one where it did not: fuzz corpora, and
programs that crashed. A check that failed although all its cases passed counts as one failure.
"""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def cases(path: Path) -> tuple[int, int]:
    """(passed, failed) of one JUnit or GoogleTest file; skipped cases count as neither."""
    passed = failed = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
            continue
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            failed += 1
        else:
            passed += 1
    return passed, failed


def programs(ctest: Path, reports: Path) -> tuple[int, int]:
    """(passed, failed) of a ctest run: the cases of each program that reported them, else the program."""
    passed = failed = 0
    for program in ElementTree.parse(ctest).getroot().iter("testcase"):
        report = reports / f"{program.get('name')}_test.xml"
        ok = program.find("failure") is None and program.get("status") != "fail"
        inside = cases(report) if report.exists() else (0, 0)
        if inside == (0, 0) or (not ok and inside[1] == 0):
            inside = (inside[0] + ok, inside[1] + (not ok))
        passed, failed = passed + inside[0], failed + inside[1]
    return passed, failed


def total(folder: Path) -> tuple[int, int]:
    counted: dict[str, tuple[int, int]] = {}
    for path in folder.glob("*.xml"):
        if path.name.endswith("-ctest.xml"):
            preset = path.name.removesuffix("-ctest.xml")
            counted[{"dev": "tests", "tsan": "threads"}.get(preset, preset)] = programs(path, folder / preset)
        elif not path.name.startswith("check-"):
            counted[path.stem] = cases(path)
    passed = sum(passes for passes, _ in counted.values())
    failed = sum(failures for _, failures in counted.values())
    for path in folder.glob("check-*.xml"):
        name = path.stem.removeprefix("check-")
        ok = cases(path)[1] == 0
        if name not in counted or (not ok and counted[name][1] == 0):
            passed, failed = passed + ok, failed + (not ok)
    return passed, failed


if __name__ == "__main__":
    print(*total(Path(sys.argv[1])))
