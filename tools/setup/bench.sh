# What only `make bench` needs: NVIDIA's Triton in .deps/triton, and face-api.js with TensorFlow.js in
# .deps/npm/reference. Sourced by tools/setup/run.

step_python_triton() {
  rm -rf "$DEPS/triton"
  pip_install "$DEPS/triton" triton --no-deps
  touch "$DEPS/triton/done"
}

# The wheel carries the server for x86-64 only; without it the measurement says so and is left out.
ensure_triton() {
  [[ $(uname -m) == x86_64 ]] || return 0
  step python_triton "installing NVIDIA's Triton (55 MB)" "$DEPS/triton/done" \
    "$SETUP/python-triton.lock"
}

step_reference() {
  mkdir -p "$DEPS/npm/reference"
  cp "$ROOT"/tools/reference/package*.json "$ROOT/tools/reference/.npmrc" "$DEPS/npm/reference"
  quietly "installing the reference implementation" npm-reference.log \
    npm ci --prefix "$DEPS/npm/reference" ||
    die "npm could not install tools/reference: check that the registry of this machine's npm" \
      "configuration can be reached, then run make again (details: .deps/log/npm-reference.log)."
  touch "$DEPS/npm/reference/done"
}

ensure_reference() {
  step reference "installing the reference implementation (face-api.js)" \
    "$DEPS/npm/reference/done" "$ROOT/tools/reference/package-lock.json"
}
