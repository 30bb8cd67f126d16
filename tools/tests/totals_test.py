"""totals.py counts each test once, and never loses a failure."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "check"))

import totals  # noqa: E402

PASS = '<testcase name="a" status="run"/>'
FAIL = '<testcase name="b" status="run"><failure message="no"/></testcase>'
SKIP = '<testcase name="c"><skipped/></testcase>'


def write(folder: Path, name: str, *cases: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")


def program(name: str, ok: bool) -> str:
    return f'<testcase name="{name}" status="{"run" if ok else "fail"}"/>'


def test_sums_cases_and_leaves_skipped_ones_out(tmp_path):
    write(tmp_path, "tools.xml", PASS, PASS, FAIL, SKIP)
    assert totals.total(tmp_path) == (2, 1)


def test_counts_the_cases_of_a_program_instead_of_the_program(tmp_path):
    write(tmp_path, "dev-ctest.xml", program("base", True), program("json_fuzz", True))
    write(tmp_path, "dev/base_test.xml", PASS, PASS, PASS)
    assert totals.total(tmp_path) == (4, 0)


def test_counts_a_program_that_crashed_without_a_report(tmp_path):
    write(tmp_path, "dev-ctest.xml", program("base", False))
    assert totals.total(tmp_path) == (0, 1)


def test_counts_a_program_that_failed_after_all_its_cases_passed(tmp_path):
    write(tmp_path, "tsan-ctest.xml", program("base", False))
    write(tmp_path, "tsan/base_test.xml", PASS, PASS)
    assert totals.total(tmp_path) == (2, 1)


def test_counts_a_check_once_and_only_where_it_reported_no_cases(tmp_path):
    write(tmp_path, "check-style.xml", PASS)
    write(tmp_path, "check-tidy.xml", FAIL)
    write(tmp_path, "check-tools.xml", FAIL)
    write(tmp_path, "tools.xml", PASS, FAIL)
    assert totals.total(tmp_path) == (2, 2)


def test_counts_a_check_that_broke_outside_its_cases(tmp_path):
    write(tmp_path, "check-threads.xml", FAIL)
    write(tmp_path, "tsan-ctest.xml", program("base", True))
    assert totals.total(tmp_path) == (1, 1)
