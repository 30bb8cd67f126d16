# Debian packages of a group (apt-packages.txt), and promtool without the daemon around it.
# Sourced by tools/setup/run. Touches neither apt nor the network when nothing is missing.

missing_packages() {
  local group package command
  while read -r group package command; do
    [[ $group == "$1" ]] || continue
    if [[ -n $command ]] && command -v "$command" >/dev/null; then continue; fi
    if [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) != *' installed' ]]; then
      printf '%s\n' "$package"
    fi
  done <"$SETUP/apt-packages.txt"
}

# The reason as apt gave it, made into one sentence that says what to do.
apt_failed() {
  local log=$DEPS/log/$1 unknown
  unknown=$(grep -oP "(?<=Unable to locate package )\S+|(?<=Package ')[^']+(?=' has no installation)" \
    "$log" | paste -sd' ') || true
  if [[ -n $unknown ]] && ! grep -q 'Failed to fetch' "$DEPS/log/apt-update.log" 2>/dev/null; then
    die "Debian packages not found ($unknown): give apt a Debian 12 mirror with the component main," \
      "or install them yourself, then run make again (details: .deps/log/$1)."
  fi
  die "apt could not fetch or install the packages: check that the Debian mirror of this machine's apt" \
    "sources can be reached and that no other apt runs, then run make again (details: .deps/log/$1)."
}

update_lists() {
  quietly "refreshing apt's lists" apt-update.log as_root apt-get -q -o Acquire::Retries=2 update ||
    apt_failed apt-update.log
}

ensure_packages() {
  local group=$1 packages
  command -v dpkg-query >/dev/null ||
    die "this is not a Debian system: set-up installs Debian 12 packages (tools/setup/apt-packages.txt);" \
      "use Debian 12, or a container of it."
  mapfile -t packages < <(missing_packages "$group")
  if ((${#packages[@]} == 0)); then return; fi
  if [[ $(id -u) != 0 ]]; then
    command -v sudo >/dev/null ||
      die "Debian packages are missing (${packages[*]}): run make as root, or install sudo, or let an" \
        "administrator install them."
    sudo -v || die "sudo refused: let an administrator install ${packages[*]}."
  fi
  say "installing ${#packages[@]} Debian packages and what they need (some minutes)"
  update_lists
  quietly "installing Debian packages" "apt-$group.log" as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y -o Acquire::Retries=2 -o Dpkg::Use-Pty=0 install --no-install-recommends \
    "${packages[@]}" || apt_failed "apt-$group.log"
}

# Debian's prometheus package starts a server when installed, so promtool is taken out of it instead.
step_promtool() {
  local work=$DEPS/promtool
  rm -rf "$work"
  mkdir -p "$work" "$DEPS/bin"
  cd "$work"
  local fetch=(apt-get -q -o APT::Sandbox::User=root -o Acquire::Retries=2 download prometheus)
  if ! quietly "fetching promtool" promtool.log "${fetch[@]}"; then
    update_lists
    quietly "fetching promtool" promtool.log "${fetch[@]}" || apt_failed promtool.log
  fi
  dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x -O ./usr/bin/promtool >promtool
  chmod +x promtool
  mv promtool "$DEPS/bin/promtool"
  cd "$ROOT"
  rm -rf "$work"
}

ensure_promtool() {
  if command -v promtool >/dev/null && [[ $(command -v promtool) != "$DEPS"/* ]]; then return; fi
  step promtool "fetching promtool" "$DEPS/bin/promtool" "$SETUP/apt.sh"
}
