"""What one more transaction costs an archive that already holds so many chips: the constant of every large ingest.

    python benchmarks/commit_cost.py --rows 50000 200000 800000 --added 5000

A transaction looks at the ids that are there, so that no chip is added twice, and so grows with the archive. Vectors
are short (32 numbers): they take no part in that. The best of a few counts; the line through them is what
`scale_arithmetic.py` takes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import facts, write_result

import worlds
from satseek.archive.archive import Archive
from satseek.archive.store import Store
from satseek.archive.writing import add_rows
from satseek.core.card import ModelCard

SEED, DIMENSIONS = 7, 32


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, nargs="+", default=[50_000, 200_000, 800_000])
    options.add_argument("--added", type=int, nargs="+", default=[5_000, 50_000], help="rows of a transaction")
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--work", type=Path)
    given = options.parse_args()
    card = ModelCard("short", "1", "", DIMENSIONS, {"rgb": ()}, False, 224)
    measured: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(dir=given.work, prefix="satseek-commit-") as folder:
        archive = Archive.create(f"{folder}/archive", card)
        store, schema = Store(archive.uri), None
        schema = store.latest().table.schema
        largest = max(given.rows) + given.times * sum(given.added) * len(given.rows)
        vectors = iter(worlds.batches(largest, DIMENSIONS, seed=SEED))
        places = worlds.places(largest, seed=SEED)
        held, waiting = 0, np.empty((0, DIMENSIONS), np.float32)

        def more(count: int) -> float:
            nonlocal held, waiting
            while len(waiting) < count:
                waiting = np.concatenate([waiting, next(vectors)[1]])
            some, waiting = waiting[:count], waiting[count:]
            here = worlds.Places(places.west[held : held + count], places.south[held : held + count])
            rows = worlds.chip_rows(some, here, held, schema)
            began = time.perf_counter()
            add_rows(store, rows)
            held += count
            return time.perf_counter() - began

        for rows in sorted(given.rows):
            while held < rows:
                more(min(50_000, rows - held))
            archive.optimize(keep_days=0, measure=False)
            for added in given.added:
                spent = [more(added) for _ in range(given.times)]
                measured.append({"held": held, "added": added, "seconds": round(min(spent), 4)})
                print(measured[-1], flush=True)
    lines = {str(added): _line([each for each in measured if each["added"] == added]) for added in given.added}
    print(lines)
    result = facts(data=f"chips strewn over the globe, {DIMENSIONS} numbers each", seed=SEED, libraries=("lancedb",))
    write_result("commit_cost", result | {"transactions": measured, "lines": lines})


def _line(transactions: list[dict[str, Any]]) -> dict[str, float]:
    """Return seconds of a transaction as a beginning and what each million of chips adds."""
    held = np.array([each["held"] for each in transactions]) / 1e6
    slope, begin = np.polyfit(held, [each["seconds"] for each in transactions], 1)
    return {"seconds": round(float(begin), 4), "seconds_per_million_held": round(float(slope), 4)}


if __name__ == "__main__":
    main()
