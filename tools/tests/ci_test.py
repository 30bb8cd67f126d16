""".ci/run ends with the totals and with their verdict, whatever `make test` does."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("recipes", "last", "status"),
    [
        ("test:\n\t@mkdir -p build; echo 12 0 >build/totals\n", "12 passed, 0 failed", 0),
        ("test:\n\t@mkdir -p build; echo 12 3 >build/totals; false\n", "12 passed, 3 failed", 1),
        ("test:\n\t@false\n", "0 passed, 1 failed", 1),
        ("test:\n\t@mkdir -p build; echo 12 0 >build/totals\nlab-smoke:\n\t@true\n", "13 passed, 0 failed", 0),
        ("test:\n\t@mkdir -p build; echo 12 0 >build/totals\nlab-smoke:\n\t@false\n", "12 passed, 1 failed", 1),
    ],
)
def test_ends_with_the_totals(recipes, last, status, tmp_path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "Makefile").write_text(recipes)
    done = subprocess.run([tmp_path / ".ci/run"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout.splitlines()[-1], done.returncode) == (last, status)
