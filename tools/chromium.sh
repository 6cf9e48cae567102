#!/usr/bin/env bash
# Sees to it that there is a Chromium for the tests of the page: Debian's, or the one that CHROMIUM names.
set -euo pipefail

for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1; then
    exit
  fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "chromium: installing it through apt, for the tests of the page" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2
  exit
fi
echo "chromium: there is none, so the tests of the page are left out. Install it (on Debian: apt-get install chromium)," >&2
echo "chromium: or name one: CHROMIUM=/path/to/chrome make test" >&2
