"""The set-up steps: run once, run again when their inputs or outputs change, and fail in one sentence."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "tools" / "setup"


def bash(tmp_path: Path, script: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    """Runs `script` with every part of set-up loaded and .deps in a folder of its own."""
    parts = "\n".join(f'source "{SETUP}/{part}.sh"' for part in ("lib", "pins", "apt", "python", "onnxruntime"))
    program = f'set -euo pipefail\n{parts}\nDEPS="{tmp_path}/.deps"\n{script}'
    return subprocess.run(
        ["/bin/bash", "-c", program], capture_output=True, text=True, timeout=60, check=False, env={"PATH": path}
    )


STEP = 'step_x() { echo ran >>runs; touch out; }; cd "$DEPS/.."; step x "doing x" out in'


def runs(tmp_path: Path) -> int:
    (tmp_path / "in").touch()
    done = bash(tmp_path, STEP)
    assert done.returncode == 0, done.stderr
    return len((tmp_path / "runs").read_text().splitlines())


def prepare(tmp_path: Path) -> None:
    (tmp_path / ".deps").mkdir()
    (tmp_path / "in").touch()


def test_a_step_runs_once(tmp_path):
    prepare(tmp_path)
    assert [runs(tmp_path), runs(tmp_path)] == [1, 1]


def test_a_step_runs_again_when_an_input_changes(tmp_path):
    prepare(tmp_path)
    runs(tmp_path)
    (tmp_path / "in").write_text("another pin")
    assert [runs(tmp_path), runs(tmp_path)] == [2, 2]


def test_a_step_runs_again_when_its_output_is_gone(tmp_path):
    prepare(tmp_path)
    runs(tmp_path)
    (tmp_path / "out").unlink()
    assert runs(tmp_path) == 2


def test_a_step_that_failed_runs_again(tmp_path):
    prepare(tmp_path)
    failing = STEP.replace("touch out", 'touch out; die "no luck: buy some."')
    failed = bash(tmp_path, failing)
    assert (failed.returncode, failed.stderr) == (1, "setup: no luck: buy some.\n")
    assert runs(tmp_path) == 2


def test_a_failure_names_the_package_apt_does_not_know(tmp_path):
    (tmp_path / ".deps/log").mkdir(parents=True)
    (tmp_path / ".deps/log/apt-build.log").write_text("E: Unable to locate package libnope-dev\n")
    failed = bash(tmp_path, "apt_failed apt-build.log")
    assert failed.returncode == 1
    assert failed.stderr.startswith("setup: Debian packages not found (libnope-dev): ")
    assert failed.stderr.count("\n") == 1


def test_quietly_keeps_output_in_the_log_and_returns_the_status(tmp_path):
    done = bash(tmp_path, 'quietly "counting" x.log sh -c "echo one; exit 3" || echo "status $?"')
    assert done.stdout == "status 3\n"
    assert (tmp_path / ".deps/log/x.log").read_text() == "one\n"


def test_a_package_is_not_missing_when_its_command_is_there(tmp_path):
    (tmp_path / "apt-packages.txt").write_text("# list\nbuild no-such-package-a bash\nbuild no-such-package-b\n")
    done = bash(tmp_path, f'SETUP="{tmp_path}"; missing_packages build')
    assert done.stdout.split() == ["no-such-package-b"]


@pytest.mark.parametrize("config", ["usr/lib/cmake", "usr/lib/x86_64-linux-gnu/cmake"])
def test_an_installed_onnxruntime_is_used(config, tmp_path):
    package = tmp_path / config / "onnxruntime"
    package.mkdir(parents=True)
    (package / "onnxruntimeConfig.cmake").touch()
    done = bash(tmp_path, f'CMAKE_PREFIX_PATH="/nowhere;{tmp_path}/usr"; user_has_onnxruntime && echo yes')
    assert done.stdout == "yes\n"


def test_a_given_onnxruntime_root_is_used(tmp_path):
    assert bash(tmp_path, "ONNXRUNTIME_ROOT=/x; user_has_onnxruntime && echo yes").stdout == "yes\n"


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("build", "tools/models/requirements.txt"),
        ("test", "tools/models/requirements.txt"),
        ("test", "tools/models/requirements-test.txt"),
        ("test", "test/conformance/requirements.txt"),
        ("kserve", "test/conformance/requirements-kserve.txt"),
        ("perf", "test/conformance/requirements-perf.txt"),
    ],
)
def test_the_lock_holds_every_requirement(lock, requirements):
    locked = (SETUP / f"python-{lock}.lock").read_text().lower().replace("_", "-")
    wanted = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", (ROOT / requirements).read_text().lower(), re.MULTILINE)
    pins = [(name.replace("_", "-"), version) for name, version in wanted]
    missing = [f"{name}=={version}" for name, version in pins if f"\n{name}=={version} " not in locked]
    assert missing == [], "run make lock"


def test_both_locks_agree():
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==\S+", (SETUP / f"python-{lock}.lock").read_text(), re.MULTILINE))

    assert pins("build") <= pins("test")
