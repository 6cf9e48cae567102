"""A long time of everything at once on one archive: ingest, delete, optimise, search and serve.

    python benchmarks/soak.py                    # one hour, then 200 rounds of misfortune
    python benchmarks/soak.py --minutes 5 --rounds 0
    python benchmarks/soak.py --minutes 5 --far  # on an object store, by an S3 server on this machine

A writer adds and removes chips, an optimiser tidies up, a service answers over HTTP, and the archive is verified again
and again. Chips known to be there must be found, chips removed must not; memory and file handles of all processes must
stay flat after the first third. Exit code 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from machine import facts, write_result

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from misfortunes import ROUNDS, rounds

from fakes.chips import chip
from fakes.s3 import environment, proxy_before, s3_server
from satseek.archive.archive import Archive
from satseek.core.errors import ArchiveError, SatSeekError
from satseek.core.filters import Filters
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.catalogue import load_model

SEED = 20261121
MOST_CHIPS = 4_000  # in the archive at a time
BATCH = 200
GROWTH = {"megabytes": 0.15, "handles": 0.15}  # of the last two thirds' first quarter, that their last may be above
ALLOWED = {"megabytes": 40.0, "handles": 16.0}  # and so much in any case: allocators and pools breathe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--far", action="store_true")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--role", choices=("write", "optimise"), help="what a process of this program does")
    parser.add_argument("--archive")
    asked = parser.parse_args()
    if asked.role:
        {"write": write, "optimise": optimise}[asked.role](asked.archive, asked.seed)
        return
    result = facts(data="made-up chips, model colour", seed=asked.seed, libraries=("lancedb", "uvicorn"))
    result |= {"minutes": asked.minutes, "far": asked.far, **soak(asked.minutes, far=asked.far, seed=asked.seed)}
    if asked.rounds:
        result["misfortunes"] = [rounds(asked.rounds // 2, asked.seed, far=far) for far in (False, True)]
    problems = result["problems"] + [each for part in result.get("misfortunes", ()) for each in part["problems"]]
    print(json.dumps({name: result[name] for name in ("counts", "flat", "growth")}, indent=2))
    print("\n".join(dict.fromkeys(problems)) or "nothing was wrong")
    if asked.minutes >= 10:
        print(write_result(f"soak{'_far' if asked.far else ''}", result))
    raise SystemExit(1 if problems else 0)


def soak(minutes: float, *, far: bool, seed: int) -> dict[str, Any]:
    """Run everything for so long; return what was counted and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="satseek-soak-") as folder, ExitStack() as stack:
        uri = str(Path(folder) / "archive")
        if far:
            server = stack.enter_context(s3_server())
            stack.enter_context(environment(stack.enter_context(proxy_before(server)).url))
            uri = f"s3://{server.new_bucket()}/archive"
        model = load_model("colour").card
        archive = Archive.create(uri, model)
        archive.add([chip(number, 1.0, 1.0) for number in range(50)], vectors(range(50), model.dimensions))
        roles = {role: _started([__file__, "--role", role, "--archive", uri], stack) for role in ("write", "optimise")}
        serve = ["-c", "from satseek.cli.app import main; main()", "serve", uri, "--port", "0"]
        roles["serve"] = _started(serve, stack)
        assert roles["serve"].stdout is not None
        url = roles["serve"].stdout.readline().strip()
        return _watched(archive, url, roles, minutes, seed)


def _watched(
    archive: Archive, url: str, roles: dict[str, subprocess.Popen[str]], minutes: float, seed: int
) -> dict[str, Any]:
    chance, began, looked = random.Random(seed), time.monotonic(), 0.0
    counts = {"questions": 0, "busy": 0, "verified": 0, "versions": 0}
    problems: list[str] = []
    samples: dict[str, list[tuple[float, float, float]]] = {name: [] for name in (*roles, "this")}
    with httpx.Client(base_url=url, timeout=60) as client:
        while (past := time.monotonic() - began) < 60 * minutes:
            number = chance.randrange(50)
            _ask(client, number, counts, problems)
            if past - looked > max(60 * minutes / 60, 5):
                looked = past
                for name, process in roles.items():
                    if process.poll() is not None:
                        problems.append(f"'{name}' ended with {process.returncode} after {past:.0f} s")
                        return _told(counts, samples, problems, archive)
                    samples[name].append((past, *_size(process.pid)))
                samples["this"].append((past, *_size(psutil.Process().pid)))
                _verify(archive, counts, problems)
    counts["versions"] = archive.version
    return _told(counts, samples, problems, archive)


def _ask(client: httpx.Client, number: int, counts: dict[str, int], problems: list[str]) -> None:
    """Ask for what is like one of the fifty chips that nobody removes; its own twin answers with a score of 1."""
    answer = client.post("/search", json={"like": [chip(number).id], "limit": 5})
    counts["questions"] += 1
    if answer.status_code == 503:
        counts["busy"] += 1
    elif answer.status_code != 200:
        problems.append(f"the service answered {answer.status_code}: {answer.text[:200]}")
    elif len(answer.json()["features"]) != 5:
        problems.append(f"{len(answer.json()['features'])} answers instead of 5")


def _verify(archive: Archive, counts: dict[str, int], problems: list[str]) -> None:
    counts["verified"] += 1
    try:
        report = archive.verify()
        if not report.ok:
            problems.append(str(report))
        if len(archive.held([chip(number).id for number in range(50)])) != 50:
            problems.append("chips that nobody removed are missing")
    except SatSeekError as error:
        problems.append(f"verify: {error}")


def _told(
    counts: dict[str, int], samples: dict[str, list[tuple[float, float, float]]], problems: list[str], archive: Archive
) -> dict[str, Any]:
    growth: dict[str, dict[str, float]] = {}
    for name, taken in samples.items():
        late = taken[len(taken) // 3 :]
        if len(late) >= 8:
            growth[name] = _growth(late)
    flat = True
    for name, grown in growth.items():
        for what in GROWTH:
            if grown[f"{what}_by"] > max(GROWTH[what] * grown[what], ALLOWED[what]):
                flat = False
                problems.append(f"'{name}' grew by {grown[f'{what}_by']:.0f} {what} over {grown[what]:.0f}")
    return {"counts": counts | {"chips": len(archive)}, "flat": flat, "growth": growth, "problems": problems}


def _growth(late: list[tuple[float, float, float]]) -> dict[str, float]:
    quarter = max(len(late) // 4, 1)
    first, last = np.median(late[:quarter], axis=0), np.median(late[-quarter:], axis=0)
    return {
        "megabytes": round(float(first[1]), 1),
        "megabytes_by": round(float(last[1] - first[1]), 1),
        "handles": float(first[2]),
        "handles_by": float(last[2] - first[2]),
    }


def _size(pid: int) -> tuple[float, float]:
    process = psutil.Process(pid)
    return process.memory_info().rss / 1e6, float(process.num_fds())


def _started(words: list[str], stack: ExitStack) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process


def write(uri: str, seed: int) -> None:
    """Add chips and remove the oldest, for ever; what was reported must be there."""
    archive, chance, first, last = Archive.open(uri), random.Random(seed), 1_000, 1_000
    while True:
        numbers = range(last, last + BATCH)
        archive.add([chip(number, 2.0, 2.0) for number in numbers], vectors(numbers, archive.card.dimensions))
        last += BATCH
        some = chance.sample(range(first, last), 20)
        assert len(archive.held([chip(number).id for number in some])) == 20, "a chip that was reported is missing"
        while last - first > MOST_CHIPS:
            gone = range(first, first + BATCH)
            assert archive.remove(Filters(ids=tuple(chip(number).id for number in gone))) == BATCH
            first += BATCH
        time.sleep(0.2)


def optimise(uri: str, seed: int) -> None:
    """Tidy up again and again, and keep the versions of a minute, which readers may still use."""
    archive = Archive.open(uri)
    while True:
        try:
            archive.optimize(keep_days=1 / 1_440, measure=False)
        except ArchiveError as error:
            if "others changed it" not in str(error):  # the writer was quicker eight times; that is no fault
                raise
        time.sleep(5)


def vectors(numbers: range, dimensions: int) -> FloatArray:
    """Return each chip's own vector, the same every time."""
    rows = [np.random.default_rng(number).standard_normal(dimensions) for number in numbers]
    return unit_rows(np.asarray(rows, dtype=np.float32))


if __name__ == "__main__":
    main()
