#!/bin/sh
# Teach the bridge of satseek-one anew and put it into the package: needed whenever shipped amfmn or sscm change.
#   tools/ship_satseek_one.sh ../shared/data/s1s2 [RUN]
# Some minutes on two cores: both models look at each pair once. Commit the weights of both in one commit.
set -eu
data=$1
run=${2:-$(mktemp -d)}
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python} satseek=${SATSEEK:-.venv/bin/satseek}
"$satseek" train satseek-one --data "$data" --out "$run"
"$python" tools/ship_model.py "$run/best"
