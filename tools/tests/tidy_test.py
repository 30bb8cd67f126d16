"""tidy.py passes what may pass, forgets nothing that changed and never takes a broken run for a clean one."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "check"))

import tidy  # noqa: E402


def test_leaves_tests_and_fakes_to_the_sanitizers():
    src = tidy.ROOT / "src/a"
    assert tidy.ships(src / "x.cc")
    left_out = [src / "x_test.cc", src / "x_fuzz.cc", src / "testing/fake.cc", tidy.ROOT / "bench/y.cc"]
    assert not any(tidy.ships(path) for path in left_out)


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
