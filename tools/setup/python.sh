# The Python packages of set-up, exactly as python-*.lock pins and checksums them: .deps/venv for our
# tools and tests, .deps/kserve and .deps/perf for clients that cannot share it. Sourced by
# tools/setup/run. The test lock holds everything of the build lock and more.

make_venv() {  # make_venv FOLDER
  local base=python3
  if [[ -x /usr/bin/python3 ]]; then base=/usr/bin/python3; fi
  "$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$base is older than 3.11: install Python 3.11 or newer."
  rm -rf "$1"
  quietly "making a Python environment" venv.log "$base" -m venv "$1" ||
    die "Python could not make $1: install the Debian package python3-venv (details: .deps/log/venv.log)."
}

pip_install() {  # pip_install FOLDER LOCK OPTION...
  local python=$1/bin/python lock=$2 log=pip-$2.log
  shift 2
  if ! "$python" -c '' 2>/dev/null; then make_venv "${python%/bin/python}"; fi
  quietly "installing Python packages" "$log" "$python" -m pip install --disable-pip-version-check \
    --retries 2 --only-binary=:all: --require-hashes "$@" -r "$SETUP/python-$lock.lock" && return
  if grep -q 'DO NOT MATCH THE HASHES' "$DEPS/log/$log"; then
    die "a Python package is not the one pinned: the index served other bytes than" \
      "tools/setup/python-$lock.lock expects (details: .deps/log/$log)."
  fi
  die "pip could not install the Python packages: check that the package index of this machine's pip" \
    "configuration can be reached and has a wheel for this machine, then run make again" \
    "(details: .deps/log/$log)."
}

step_python_build() { pip_install "$DEPS/venv" build; }
step_python_test() { pip_install "$DEPS/venv" test; }

# The conformance tests make these themselves where they are missing; `done` tells them that they need not.
client_environment() {
  rm -rf "${DEPS:?}/$1"
  pip_install "$DEPS/$1" "$1" --no-deps
  cp "test/conformance/requirements-$1.txt" "$DEPS/$1/done"
}
step_python_kserve() { client_environment kserve; }
step_python_perf() { client_environment perf; }

ensure_python() {
  # A venv whose interpreter has gone is as good as none.
  if ! "$PYTHON" -c '' 2>/dev/null; then rm -f "$DEPS"/stamps/python_{build,test}; fi
  step "python_$1" "installing Python packages ($1)" "$PYTHON" "$SETUP/python-$1.lock"
}

# No wheel of every package exists for other processors: there the tests that need them are skipped.
ensure_client_environments() {
  local name
  [[ $(uname -m) == x86_64 ]] || return 0
  for name in kserve perf; do
    step "python_$name" "installing Python packages ($name)" "$DEPS/$name/done" \
      "$SETUP/python-$name.lock" "test/conformance/requirements-$name.txt"
  done
}
