# The default models and six sample photographs (docs/adr/0004-default-models.md): the npm package in
# .deps/npm/face-api, and models/*/1/model.onnx made of it. Sourced by tools/setup/run.

FACE_API_ARCHIVE=$DEPS/npm/vladmandic-face-api-$FACE_API_VERSION.tgz

fetch_face_api() {
  cd "$DEPS/npm" && npm pack --loglevel=error --prefer-offline --fetch-retries=1 \
    --fetch-retry-mintimeout=2000 --fetch-retry-maxtimeout=5000 "$FACE_API_PACKAGE@$FACE_API_VERSION"
}

step_face_api() {
  mkdir -p "$DEPS/npm"
  if ! has_sha256 "$FACE_API_ARCHIVE" "$FACE_API_SHA256"; then
    rm -f "$FACE_API_ARCHIVE"
    quietly "fetching $FACE_API_PACKAGE" npm.log fetch_face_api ||
      die "npm could not fetch $FACE_API_PACKAGE $FACE_API_VERSION: check that the registry of this" \
        "machine's npm configuration can be reached, then run make again (details: .deps/log/npm.log)."
  fi
  has_sha256 "$FACE_API_ARCHIVE" "$FACE_API_SHA256" ||
    die "$FACE_API_PACKAGE is not the pinned one (tools/setup/pins.sh); nothing was unpacked."
  rm -rf "$DEPS/npm/face-api.partial"
  mkdir -p "$DEPS/npm/face-api.partial"
  tar -xzf "$FACE_API_ARCHIVE" -C "$DEPS/npm/face-api.partial" --strip-components=1 --no-same-owner
  rm -rf "$DEPS/npm/face-api"
  mv "$DEPS/npm/face-api.partial" "$DEPS/npm/face-api"
}

step_models() {
  "$PYTHON" "$ROOT/tools/models/import_models.py" ||
    die "the default models could not be made (the line above says why)."
}

ensure_models() {
  step face_api "fetching the default models and photographs" "$DEPS/npm/face-api/package.json" \
    "$SETUP/models.sh" "$SETUP/pins.sh"
  local card
  for card in "$ROOT"/models/*/card.toml; do
    if [[ ! -e $(dirname "$card")/1/model.onnx ]]; then rm -f "$DEPS/stamps/models"; fi
  done
  step models "making the default models" "$DEPS/npm/face-api" "$ROOT"/models/*/card.toml \
    "$ROOT"/tools/models/*.py "$SETUP/python-build.lock"
}
