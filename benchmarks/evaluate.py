"""The whole command `satseek evaluate`, start of the program included, on a real val split: seconds.

    python benchmarks/evaluate.py --data ../shared/data --model colour --set rsicd

The command runs in a process of its own, kept to two cores; the median of three runs counts.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import facts, write_result

WANTED_SECONDS = 40
CORES = 2


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--set", default="rsicd")
    options.add_argument("--split", default="val")
    options.add_argument("--model", default="amfmn")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, "-c", "from satseek.cli.app import main; main()", "evaluate", given.model, given.set]
        command += ["--data", str(given.data), "--split", given.split, "--json", str(figures), "--quiet"]
        for _ in range(given.rounds):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, preexec_fn=_keep_to_cores)
            seconds.append(time.perf_counter() - began)
        report = json.loads(figures.read_text())
    middle = statistics.median(seconds)
    print(f"satseek evaluate {given.model} {given.set} --split {given.split}: {middle:.1f} s (wanted {WANTED_SECONDS})")
    print(f"{report['images']:,} images, {report['captions']:,} captions, mean recall {report['mean_recall']:.2f}")
    result = facts(data=f"{given.set} {given.split}", seed=0, libraries=("torch", "pillow"))
    result |= {"model": given.model, "cores": CORES, "seconds": seconds, "median": middle, "wanted": WANTED_SECONDS}
    write_result(f"evaluate_{Path(given.model).name}_{given.set}", result | {"report": report})


def _keep_to_cores() -> None:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])


if __name__ == "__main__":
    main()
