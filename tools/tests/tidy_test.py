"""tidy.py passes what may pass, forgets nothing that changed and never takes a broken run for a clean one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "check"))

import tidy  # noqa: E402

WANTED = "/x/a.cc:3:5: error: variable 'i' is not initialized [init-variables]\n    3 | int i;\n"
UNWANTED = '/x/a.cc:1:5: error: no header providing "std::string" is directly included [misc]\n    1 | x\n'


def test_leaves_out_headers_that_come_through_others():
    assert tidy.findings(UNWANTED + "12 warnings generated.\n") == ""


def test_keeps_every_other_finding():
    assert tidy.findings(UNWANTED + WANTED + UNWANTED) == WANTED


def test_keeps_the_output_of_a_run_that_broke():
    assert tidy.findings("Stack dump:\n") == "Stack dump:\n"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(tidy, "ROOT", tmp_path)
    (tmp_path / "src/a").mkdir(parents=True)
    (tmp_path / "src/a/x.cc").write_text('#include "a/x.h"\n')
    (tmp_path / "src/a/x.h").write_text('#include "a/y.h"\n')
    (tmp_path / "src/a/y.h").write_text("int y;\n")
    tidy.reached.cache_clear()
    return tmp_path


@pytest.mark.parametrize("changed", ["x.cc", "x.h", "y.h"])
def test_checks_again_what_reaches_a_changed_file(tree, changed):
    command = {"file": str(tree / "src/a/x.cc"), "command": "c++"}
    before = tidy.key_of(command, b"")
    tidy.reached.cache_clear()
    assert tidy.key_of(command, b"") == before
    (tree / "src/a" / changed).write_text("int changed;\n")
    tidy.reached.cache_clear()
    assert tidy.key_of(command, b"") != before


def test_checks_again_when_the_command_or_the_rules_change(tree):
    command = {"file": str(tree / "src/a/x.cc"), "command": "c++"}
    other = command | {"command": "g++"}
    assert len({tidy.key_of(command, b""), tidy.key_of(command, b"x"), tidy.key_of(other, b"")}) == 3
