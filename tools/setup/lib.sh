# What every set-up step shares: progress lines, one-sentence failures, stamps, checksums.
# Sourced, never run. Everything fetched or made lives under .deps/, which `make clean-deps` removes.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DEPS=$ROOT/.deps
SETUP=$ROOT/tools/setup
PYTHON=$DEPS/venv/bin/python

say() { printf 'setup: %s\n' "$*"; }

# One plain sentence: what failed and what to do about it.
die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# quietly LABEL LOG COMMAND...: the command's output goes to .deps/log/LOG; every ten seconds a line
# says that it still runs and what it last said.
quietly() {
  local label=$1 log=$DEPS/log/$2
  shift 2
  mkdir -p "$DEPS/log"
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$! ticks=0
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    ticks=$((ticks + 1))
    if ((ticks % 50 == 0)); then
      say "$label, $((ticks / 5)) s $(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | tr -cd ' -~' | cut -c 1-70)"
    fi
  done
  wait "$pid"
}

# step NAME LABEL OUTPUT INPUT...: runs step_NAME unless OUTPUT is there and the step ran before with
# the same inputs. The step's own file, lib.sh and pins.sh are not inputs by themselves: name them.
step() {
  local name=$1 label=$2 output=$3 stamp=$DEPS/stamps/$1
  shift 3
  local key
  key=$(cat "$@" | sha256sum)
  if [[ -e $output && -e $stamp && $(<"$stamp") == "$key" ]]; then
    return
  fi
  say "$label"
  rm -f "$stamp"
  "step_$name"
  mkdir -p "$DEPS/stamps"
  printf '%s\n' "$key" >"$stamp"
}

# has_sha256 FILE SUM: true when the file exists and is the one expected.
has_sha256() { [[ -f $1 && $(sha256sum <"$1") == "$2  -" ]]; }

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}
