"""Load: many clients ask one service for words over a large archive; latencies, rate, errors and memory.

    python benchmarks/serve.py                  # 32 clients, 10,000 requests, 200,000 chips, as the issue asks
    python benchmarks/serve.py --short          # 640 requests over 20,000 chips, no result written

Only this machine is asked, at 127.0.0.1, and the number of requests is bounded.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from machine import facts, write_result

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.core.vectors import unit_rows
from satseek.models.catalogue import load_model

SEED = 7
WORDS = ("water", "forest", "field", "river", "city", "desert", "snow", "harbour", "road", "beach", "grass", "roof")
WANTED = {"p99_over_p50": 10.0, "queries_per_second": 20.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chips", type=int, default=200_000)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--captions", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--keep", type=Path, help="keep the archive in this folder, and use what is there already")
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args()
    if asked.short:
        asked.chips, asked.requests = 20_000, 640
    about = facts(
        data=f"{asked.chips} made-up chips, model colour", seed=SEED, libraries=("lancedb", "fastapi", "uvicorn")
    )
    with tempfile.TemporaryDirectory(prefix="satseek-load-") as folder:
        archive = (asked.keep or Path(folder)) / f"{asked.chips}{'' if asked.captions else '-plain'}"
        if not archive.exists():
            began = time.perf_counter()
            _fill(archive, asked.chips, captions=asked.captions)
            print(f"{asked.chips:,} chips made in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        figures = _measured(archive, asked.requests, asked.clients)
    result = about | {"clients": asked.clients, "captions": asked.captions, "wanted": WANTED, **figures}
    print(_summary(result))
    if not asked.short:
        print(write_result("serve", result))


def _fill(place: Path, chips: int, *, captions: bool) -> None:
    """Make an archive whose vectors lie where the model's words point, each with some noise."""
    model = load_model("colour")
    rng = np.random.default_rng(SEED)
    words = model.encode_texts(list(WORDS))
    archive = Archive.create(str(place), model.card)
    for start in range(0, chips, 20_000):
        rows = min(20_000, chips - start)
        kinds = rng.integers(len(WORDS), size=rows)
        noise = rng.standard_normal((rows, model.card.dimensions)) * 0.8 / np.sqrt(model.card.dimensions)
        corners = rng.uniform((-179, -80), (179, 80), size=(rows, 2))
        some = [_chip(start + row, *corners[row], WORDS[kinds[row]] if captions else None) for row in range(rows)]
        archive.add(some, unit_rows(words[kinds] + noise))
    archive.optimize(measure=False)


def _chip(number: int, west: float, south: float, word: str | None) -> Chip:
    east, north = west + 0.02, south + 0.02
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    plain = Chip(
        id=f"{number:024x}", sensor=("rgb", "s2", "s1")[number % 3], source=f"scene-{number // 100}",
        scene=f"scene-{number // 100}", window=Window(224 * (number % 100), 0, 224, 224), scale=1.0, size=(224, 224),
        address={"sensor": "rgb", "bands": []}, geometry={"type": "Polygon", "coordinates": [ring]},
        bbox=(west, south, east, north), datetime=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
    )  # fmt: skip
    return plain if word is None else replace(plain, caption=f"a picture of {word}", labels=(word,))


def _measured(archive: Path, requests: int, clients: int) -> dict[str, Any]:
    program = "from satseek.cli.app import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", program, "serve", str(archive), "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url
        return asyncio.run(_load(url, psutil.Process(server.pid), requests, clients))
    finally:
        server.terminate()
        server.wait(10)


async def _load(url: str, process: psutil.Process, requests: int, clients: int) -> dict[str, Any]:
    milliseconds: list[float] = []
    errors: dict[str, int] = {}
    memory: list[float] = []
    turn = count()
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=httpx.Limits(max_connections=clients)) as client:
        for word in WORDS:  # what is read once is read before the clock starts
            await client.get("/search", params={"q": word})

        async def one_client() -> None:
            while (number := next(turn)) < requests:
                began = time.perf_counter()
                question = f"{WORDS[number % len(WORDS)]} beside {WORDS[number * 7 % len(WORDS)]}"
                try:
                    answer = await client.get("/search", params={"q": question, "limit": 10})
                    fault = None if answer.status_code == 200 else str(answer.status_code)
                except httpx.HTTPError as error:
                    fault = type(error).__name__
                if fault is None:
                    milliseconds.append(1000 * (time.perf_counter() - began))
                else:
                    errors[fault] = errors.get(fault, 0) + 1
                if number % max(requests // 20, 1) == 0:
                    memory.append(round(process.memory_info().rss / 2**20, 1))

        began = time.perf_counter()
        await asyncio.gather(*(one_client() for _ in range(clients)))
        seconds = time.perf_counter() - began
    p50, p90, p99 = (float(each) for each in np.percentile(milliseconds, (50, 90, 99)))
    half = len(memory) // 2
    return {
        "requests": requests,
        "errors": errors,
        "milliseconds": {
            "p50": round(p50, 1),
            "p90": round(p90, 1),
            "p99": round(p99, 1),
            "max": round(max(milliseconds), 1),
        },
        "p99_over_p50": round(p99 / p50, 2),
        "queries_per_second": round(len(milliseconds) / seconds, 1),
        "memory_mib": memory,
        "memory_growth_mib_in_second_half": round(memory[-1] - memory[half], 1),
    }


def _summary(result: dict[str, Any]) -> str:
    took = result["milliseconds"]
    return (
        f"{result['clients']} clients, {result['requests']:,} requests: {result['queries_per_second']} q/s, "
        f"p50 {took['p50']} ms, p99 {took['p99']} ms ({result['p99_over_p50']} times p50), errors {result['errors']}, "
        f"memory {result['memory_mib'][0]} … {result['memory_mib'][-1]} MiB"
    )


if __name__ == "__main__":
    main()
