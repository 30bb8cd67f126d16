# ONNX Runtime in .deps/onnxruntime, unless the user brings one: the library out of the PyPI wheel,
# the headers out of a newer Debian suite (docs/adr/0003-onnxruntime.md). Sourced by tools/setup/run.
# The headers may be older than the library: its C interface is versioned.

user_has_onnxruntime() {
  if [[ -n ${ONNXRUNTIME_ROOT:-} ]]; then return 0; fi
  local config=cmake/onnxruntime/onnxruntimeConfig.cmake prefix prefixes=${CMAKE_PREFIX_PATH:-}
  for prefix in ${prefixes//[:;]/ } /usr/local /usr; do
    compgen -G "$prefix/lib*/$config" >/dev/null && return 0
    compgen -G "$prefix/lib/*/$config" >/dev/null && return 0
  done
  return 1
}

# The Debian mirror this machine already uses, so that no host is named here: the archive that ends in
# "debian", else the first that is not the security one.
debian_mirror() {
  local uris
  uris=$({
    grep -hoP '^deb\s+(\[[^]]*\]\s+)?\K\S+' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
    grep -hoP '^URIs:\s*\K\S+' /etc/apt/sources.list.d/*.sources
  } 2>/dev/null || true)
  { grep -P 'debian(\.list)?/?$' <<<"$uris" || grep -v security <<<"$uris"; } | sed -n 1p
}

# An apt of our own: its lists and cache stay in .deps/apt and the system's stay as they are.
private_apt() {
  APT_CONFIG=$DEPS/apt/apt.conf apt-get -q -o APT::Sandbox::User=root "$@"
}

fetch_headers() {
  local mirror=$1 apt=$DEPS/apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
  if [[ -e $keyring ]]; then signed="[signed-by=$keyring] "; fi
  rm -rf "$apt"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
  : >"$apt/status"
  printf 'deb %s%s %s main\n' "$signed" "$mirror" "$ONNXRUNTIME_HEADERS_SUITE" >"$apt/sources.list"
  cat >"$apt/apt.conf" <<CONF
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "$apt/parts";
Dir::State "$apt";
Dir::State::Lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
Acquire::Retries "2";
CONF
  private_apt update && cd "$apt" &&
    private_apt download "libonnxruntime-dev=$ONNXRUNTIME_HEADERS_VERSION" &&
    dpkg-deb -x libonnxruntime-dev_*.deb "$apt/unpacked"
}

headers_sha256() { (cd "$1" && find . -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -d' ' -f1); }

install_headers() {
  local mirror
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || die "no Debian mirror in this machine's apt sources: add one, or set" \
    "ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release."
  quietly "fetching ONNX Runtime's headers" onnxruntime-headers.log fetch_headers "$mirror" ||
    die "ONNX Runtime's headers (Debian $ONNXRUNTIME_HEADERS_SUITE, libonnxruntime-dev" \
      "$ONNXRUNTIME_HEADERS_VERSION) could not be fetched: check that the Debian mirror can be reached" \
      "and carries them, or set ONNXRUNTIME_ROOT to an unpacked ONNX Runtime release" \
      "(details: .deps/log/onnxruntime-headers.log)."
  local unpacked=$DEPS/apt/unpacked/usr/include/onnxruntime
  [[ $(headers_sha256 "$unpacked") == "$ONNXRUNTIME_HEADERS_SHA256" ]] ||
    die "ONNX Runtime's headers are not the pinned ones (tools/setup/pins.sh); nothing was installed."
  mkdir -p "$1/include"
  cp -r "$unpacked/." "$1/include/"
  rm -rf "$DEPS/apt"
}

fetch_wheel() {
  "$PYTHON" -m pip download --disable-pip-version-check --retries 2 --no-deps --only-binary=:all: \
    --implementation cp --python-version 3.11 --abi cp311 --platform "manylinux_2_28_$1" \
    -d "$DEPS/wheels" "onnxruntime==$ONNXRUNTIME_VERSION"
}

install_library() {
  local arch pin wheel library=libonnxruntime.so.$ONNXRUNTIME_VERSION
  arch=$(uname -m)
  pin=ONNXRUNTIME_WHEEL_SHA256_$arch
  [[ -n ${!pin:-} ]] || die "no ONNX Runtime is pinned for $arch: set ONNXRUNTIME_ROOT to an unpacked release."
  wheel=$DEPS/wheels/onnxruntime-$ONNXRUNTIME_VERSION-cp311-cp311-manylinux_2_28_$arch.whl
  if ! has_sha256 "$wheel" "${!pin}"; then
    rm -f "$wheel"
    quietly "fetching ONNX Runtime" onnxruntime-wheel.log fetch_wheel "$arch" ||
      die "pip could not fetch onnxruntime $ONNXRUNTIME_VERSION: check that the package index of this" \
        "machine's pip configuration can be reached, then run make again, or set ONNXRUNTIME_ROOT to an" \
        "unpacked ONNX Runtime release (details: .deps/log/onnxruntime-wheel.log)."
  fi
  has_sha256 "$wheel" "${!pin}" ||
    die "the onnxruntime wheel is not the pinned one (tools/setup/pins.sh); nothing was installed."
  mkdir -p "$1/lib"
  "$PYTHON" "$SETUP/unzip_wheel.py" "$wheel" onnxruntime/LICENSE "$1/LICENSE" \
    onnxruntime/ThirdPartyNotices.txt "$1/ThirdPartyNotices.txt" \
    "onnxruntime/capi/$library" "$1/lib/$library"
  ln -sf "$library" "$1/lib/libonnxruntime.so.1"
  ln -sf libonnxruntime.so.1 "$1/lib/libonnxruntime.so"
  rm -rf "$DEPS/wheels"
}

# Made beside its place and moved there whole, so that a broken set-up leaves no half of it.
step_onnxruntime() {
  local partial=$DEPS/onnxruntime.partial
  rm -rf "$partial"
  mkdir -p "$partial"
  install_library "$partial"
  install_headers "$partial"
  rm -rf "$DEPS/onnxruntime"
  mv "$partial" "$DEPS/onnxruntime"
}

ensure_onnxruntime() {
  if user_has_onnxruntime; then return; fi
  step onnxruntime "fetching ONNX Runtime $ONNXRUNTIME_VERSION" "$DEPS/onnxruntime/lib/libonnxruntime.so" \
    "$SETUP/onnxruntime.sh" "$SETUP/pins.sh"
}
