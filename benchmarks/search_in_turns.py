"""Search beside NumPy's brute force, question by question in turns: ratios that hold on a machine that others use.

    python benchmarks/search.py --rows 1000000 --keep FOLDER ...    # makes the data
    python benchmarks/search_in_turns.py FOLDER/1000000x512-100-7

Both answer in one process, so its memory is no figure; `search.py` measures that, and the recall of all questions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from machine import RESULTS, facts, write_result

from search import K, _numpy, _recall, _satseek

WANTED = 1 / 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="that search.py --keep has left")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--warm", type=int, default=60, help="questions that nobody counts, to the archive alone")
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    result: dict[str, Any] = facts(data=asked.folder.name, seed=7, libraries=("lancedb", "pyarrow"))
    result["filters"] = measure(asked.folder, asked.questions, asked.warm)
    result["wanted"] = {name: each["ratio"] <= WANTED for name, each in result["filters"].items()}
    print(f"written to {write_result('search_in_turns', result, asked.results)}")


def measure(folder: Path, questions: int, warm: int) -> dict[str, Any]:
    """Ask both every question under every filter; NumPy's yardstick is its scan without a filter."""
    ours, brute = _satseek(folder), _numpy(folder)
    points = np.load(folder / "questions.npy")
    found: dict[str, Any] = {}
    for name, asked in json.loads((folder / "asked.json").read_text()).items():
        cases = [
            (point, each["bbox"] and tuple(each["bbox"]), each["ids"])
            for point, each in zip(points, asked, strict=False)
        ]
        for point, bbox, _ in cases[-warm:]:
            ours.answer(point, bbox, 0)
        brute.answer(points[0], None, 0)
        spent: dict[str, list[float]] = {"satseek": [], "numpy": []}
        answers = []
        for point, bbox, _ in cases[:questions]:
            answers.append(_timed(spent["satseek"], lambda point=point, bbox=bbox: ours.answer(point, bbox, 0)))
            _timed(spent["numpy"], lambda point=point: brute.answer(point, None, 0))
        p50 = {engine: float(np.median(each)) for engine, each in spent.items()}
        found[name] = {f"{engine}_p50_ms": round(value, 2) for engine, value in p50.items()} | {
            f"{engine}_least_ms": round(min(each), 2) for engine, each in spent.items()
        }
        found[name] |= {
            "ratio": round(p50["satseek"] / p50["numpy"], 4),
            f"recall_at_{K}": round(_recall(answers, cases[:questions]), 4),
        }
        print(name, found[name], flush=True)
    return found


def _timed(spent: list[float], answer: Callable[[], list[int]]) -> list[int]:
    before = time.perf_counter()
    found = answer()
    spent.append(1000 * (time.perf_counter() - before))
    return found


if __name__ == "__main__":
    main()
