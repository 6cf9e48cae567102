"""Rounds of misfortune: kill -9, full disks, truncated objects, failing and silent stores, clocks that jump, rivals.

    python benchmarks/misfortunes.py                   # 200 rounds, half in a folder and half in a bucket
    python benchmarks/misfortunes.py --rounds 20       # fewer, no result written
    python benchmarks/misfortunes.py --seed 3

After each round the archive must hold what was reported, nothing twice, whole, and for one model only; see
tests/fakes/misfortunes.py. Exit code 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from machine import facts, write_result

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from fakes.misfortunes import misfortunes
from fakes.s3 import proxy_before, s3_server

ROUNDS = 200
LIBRARIES = ("lancedb", "pyarrow", "moto")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seed", type=int, default=20261121)
    asked = parser.parse_args()
    about = facts(data="made-up chips, 16 numbers each", seed=asked.seed, libraries=LIBRARIES)
    result = about | {
        "folder": rounds(asked.rounds // 2, asked.seed, far=False),
        "bucket": rounds(asked.rounds - asked.rounds // 2, asked.seed, far=True),
    }
    problems = [*result["folder"]["problems"], *result["bucket"]["problems"]]
    for problem in problems:
        print(problem)
    print(f"{asked.rounds} rounds, {len(problems)} problems")
    if asked.rounds == ROUNDS:
        print(write_result("misfortunes", result))
    raise SystemExit(1 if problems else 0)


def rounds(number: int, seed: int, *, far: bool) -> dict[str, Any]:
    """Do so many rounds on one archive; return what happened."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="satseek-misfortunes-") as folder, ExitStack() as stack:
        store = None
        if far:
            server = stack.enter_context(s3_server())
            store = server, stack.enter_context(proxy_before(server))
        fate = stack.enter_context(misfortunes(Path(folder), seed=seed, store=store))
        for _ in range(number):
            kind = fate.round()
            where = "bucket" if far else "folder"
            print(f"{where} {fate.rounds}/{number} {kind}, {len(fate.problems)} problems", file=sys.stderr, flush=True)
    return {
        "rounds": number,
        "kinds": dict(fate.met),
        "steps": dict(fate.steps),
        "steps_that_failed": _short(fate.failures),
        "answers_meanwhile": fate.answers,
        "refusals_meanwhile": fate.refusals,
        "problems": fate.problems,
        "seconds": round(time.monotonic() - began),
    }


def _short(failures: Counter[str]) -> dict[str, int]:
    """Count failures by what they say after the archive's name."""
    short: Counter[str] = Counter()
    for words, count in failures.items():
        short[words.removeprefix("failed: ").rpartition("archive' ")[2][:90]] += count
    return dict(short.most_common())


if __name__ == "__main__":
    main()
