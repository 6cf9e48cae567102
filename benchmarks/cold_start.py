"""Cold start: a whole `satseek search` on an archive of 200,000 chips, beside what it cannot do without.

python benchmarks/cold_start.py                  # the default model, beside `python -c "import lancedb"`
python benchmarks/cold_start.py --model amfmn    # the shipped learnt model, beside `import torch`, too
"""

from __future__ import annotations

import argparse
import os
import resource
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
# Modules are compiled once on a person's machine; where an environment forbids to keep that, each process does it anew.
_ORDINARY = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--archive", help="one that was filled before, with --rows, --seed and --model as said here")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    result = facts(
        data=f"{arguments.rows} chips, model '{arguments.model}'", seed=arguments.seed, libraries=("lancedb",)
    )
    with tempfile.TemporaryDirectory(dir=arguments.work, prefix="satseek-cold-") as folder:
        archive = arguments.archive or fill(f"{folder}/archive", arguments.rows, arguments.seed, arguments.model)
        program = [sys.executable, "-c", "from satseek.cli.app import main; main()"]
        search = [*program, "search", archive, QUESTION, "-k", "5"]
        imported = [sys.executable, "-c", "import lancedb"]
        commands = {"search": search, "import lancedb": imported}
        if arguments.model != DEFAULT_MODEL:
            commands["import torch"] = [sys.executable, "-c", "import torch"]
            commands["import lancedb, torch"] = [sys.executable, "-c", "import lancedb, torch"]
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        computed: dict[str, list[float]] = {name: [] for name in commands}
        for command in commands.values():
            spent(command)  # what is compiled and read for the first time
        for _ in range(arguments.runs):  # in turns, so that a busy moment of the machine meets all
            for name, command in commands.items():
                before = processor_seconds()
                seconds[name].append(spent(command))
                computed[name].append(processor_seconds() - before)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    ratio = medians["search"] / medians["import lancedb"]
    result |= {"seconds": {name: round(each, 3) for name, each in medians.items()}, "ratio": round(ratio, 3)}
    result["processor_seconds"] = {name: round(statistics.median(each), 3) for name, each in computed.items()}
    result["wanted"] = {"at most twice the import of lancedb": ratio <= 2, "at most 1.5 s": medians["search"] <= 1.5}
    print(", ".join(f"{name}: {each:.2f} s" for name, each in medians.items()), f"({ratio:.2f} x lancedb)")
    print("processor seconds:", result["processor_seconds"])
    name = "cold_start" if arguments.model == DEFAULT_MODEL else f"cold_start_{arguments.model}"
    print(f"written to {write_result(name, result, arguments.results)}")


def fill(uri: str, rows: int, seed: int, model: str) -> str:
    """Make an archive of clustered vectors of a model's width."""
    from satseek.archive.archive import Archive
    from satseek.archive.store import Store
    from satseek.archive.writing import add_rows

    card = load_model(model).card
    archive = Archive.create(uri, card)
    store = Store(uri)
    schema = store.latest().table.schema
    places = worlds.places(rows, seed=seed)
    for first, part in worlds.batches(rows, card.dimensions, seed=seed):
        here = worlds.Places(places.west[first : first + len(part)], places.south[first : first + len(part)])
        add_rows(store, worlds.chip_rows(part, here, first, schema))
    archive.optimize(keep_days=0, measure=False)
    return uri


def processor_seconds() -> float:
    """Return what the processes that ended computed in all: others on the machine change it least."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def spent(command: list[str]) -> float:
    """Return the seconds of a whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_ORDINARY)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
