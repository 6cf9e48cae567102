#!/usr/bin/env bash
# Makes .venv from the lock file, on a machine that may have nothing but Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
UV_VERSION=0.13.8

say() { printf 'setup: %s\n' "$*" >&2; }

find_python() {
  for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
    if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
      "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  say "SatSeek needs Python 3.11 or newer and finds none. Install it, or name it: make demo PYTHON=/path/to/python3.11"
  exit 1
}

# Installs Debian packages when that is possible; says what is missing when it is not.
install_debian() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "installing $* through apt"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  else
    say "the system lacks $*. Install it and run again (on Debian: apt-get install $*)."
    exit 1
  fi
}

make_environment() {
  local python
  python=$(find_python)
  # Debian keeps what `venv` needs in a package of its own.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || install_debian python3-venv
  [ -x .venv/bin/python ] && [ -x .venv/bin/pip ] || "$python" -m venv --clear .venv
  [ -x .venv/bin/uv ] && .venv/bin/uv --version | grep -q " $UV_VERSION" ||
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"
}

install_locked() {
  export VIRTUAL_ENV="$PWD/.venv"
  .venv/bin/uv pip install --quiet -r requirements.lock
  .venv/bin/uv pip install --quiet --no-deps -e .
}

# The wheels of rasterio and of torch bring all but these two, which the smallest images leave out.
check_libraries() {
  .venv/bin/python -c 'import rasterio' 2>/dev/null || install_debian libexpat1
  .venv/bin/python -c 'import rasterio' || exit 1
}

make_environment
install_locked
check_libraries
say "ready: .venv/bin/satseek"
