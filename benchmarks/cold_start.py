"""Cold start: a whole `satseek search` on an archive of 200,000 chips, beside `python -c "import lancedb"`.

python benchmarks/cold_start.py
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import RESULTS, facts, write_result

import worlds
from satseek.models.catalogue import DEFAULT_MODEL, load_model

QUESTION = "a river through forest"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    result = facts(data=f"{arguments.rows} chips, model '{DEFAULT_MODEL}'", seed=arguments.seed, libraries=("lancedb",))
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="satseek-cold-") as folder:
        archive = fill(f"{folder}/archive", arguments.rows, arguments.seed)
        program = [sys.executable, "-c", "from satseek.cli.app import main; main()"]
        search = [*program, "search", archive, QUESTION, "-k", "5"]
        imported = [sys.executable, "-c", "import lancedb"]
        seconds: dict[str, list[float]] = {"search": [], "import lancedb": []}
        for _ in range(arguments.runs):  # in turns, so that a busy moment of the machine meets both
            seconds["search"].append(spent(search))
            seconds["import lancedb"].append(spent(imported))
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    ratio = medians["search"] / medians["import lancedb"]
    result |= {"seconds": {name: round(each, 3) for name, each in medians.items()}, "ratio": round(ratio, 3)}
    result["wanted"] = {"at most twice the import of lancedb": ratio <= 2}
    print(
        f"satseek search: {medians['search']:.2f} s, import lancedb: {medians['import lancedb']:.2f} s, {ratio:.2f} x"
    )
    print(f"written to {write_result('cold_start', result, arguments.results)}")


def fill(uri: str, rows: int, seed: int) -> str:
    """Make an archive of clustered vectors of the default model's width."""
    from satseek.archive.archive import Archive
    from satseek.archive.store import Store
    from satseek.archive.writing import add_rows

    card = load_model(DEFAULT_MODEL).card
    archive = Archive.create(uri, card)
    store = Store(uri)
    schema = store.latest().table.schema
    places = worlds.places(rows, seed=seed)
    for first, part in worlds.batches(rows, card.dimensions, seed=seed):
        here = worlds.Places(places.west[first : first + len(part)], places.south[first : first + len(part)])
        add_rows(store, worlds.chip_rows(part, here, first, schema))
    archive.optimize(keep_days=0, measure=False)
    return uri


def spent(command: list[str]) -> float:
    """Return the seconds of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
