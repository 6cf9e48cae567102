"""What 10⁶, 10⁸ and 10¹⁰ chips take: storage, memory, hours, requests; from measured constants, not by hand.

    python benchmarks/scale_arithmetic.py                    # the tables of docs/scale.md, as Markdown
    python benchmarks/scale_arithmetic.py --write            # put them there

Every constant is read from benchmarks/results/*.json and named with its file; one that was not measured is named as an
assumption. Nothing here is a measurement at scale: it is arithmetic, and docs/scale.md says where it may break.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
BEGIN, END = "<!-- arithmetic -->", "<!-- /arithmetic -->"
CHIPS = (10**6, 10**8, 10**10)
SHARD = 10**8  # chips of one archive, beyond which several stand beside each other
COMMIT_ROWS = 50_000
CHIP_PIXELS = 224 * 224
BYTES_A_PIXEL = 3 * 0.35  # ASSUMED: three bands of 8 bits in a COG that compresses to about a third
GPU_CHIPS_PER_S = 3_000.0  # ASSUMED: nobody measured `amfmn` on a GPU yet
REGISTER_BYTES, MOST_IN_REGISTER = 60, 20_000_000  # archive/register.py
S3_PUT, S3_GET, S3_GB_MONTH = 5e-6, 4e-7, 0.023  # ASSUMED: dollars, list prices of S3 standard
PUTS_A_COMMIT = 4  # data, transaction, manifest, hint; object_store.json says it where it is measured
QUESTION = "no filter: new question"  # in object_store.json
GET_A_QUERY, BYTES_A_QUERY = 30, 2e6  # ASSUMED until object_store.json says it


@dataclass(frozen=True)
class Constants:
    """What was measured, each with where."""

    bytes_a_chip: float
    index_s_a_million: float
    query_ms: float
    resident_mb: float
    encode_per_core_s: float
    read_per_core_s: float
    commit_s: float
    commit_s_a_million: float
    puts_a_commit: float
    gets_a_query: float
    bytes_a_query: float
    said: dict[str, str]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    tables = "\n".join(lines_of(measured()))
    print(tables)
    if options.parse_args().write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


def lines_of(constants: Constants) -> list[str]:
    """Return the tables: constants with their sources, and what follows from them."""
    lines = ["| | " + " | ".join(_count(chips) for chips in CHIPS) + " |", "|---|" + "---|" * len(CHIPS)]
    lines += [f"| {name} | " + " | ".join(of(chips, constants) for chips in CHIPS) + " |" for name, of in ROWS.items()]
    lines += ["", "| constant | value | from |", "|---|---|---|"]
    lines += [f"| {name} | {getattr(constants, name):,.4g} | {source} |" for name, source in constants.said.items()]
    return lines


def measured() -> Constants:
    """Read the constants; the ones nobody measured are said to be assumed."""
    million = _read("search")["rows"]["1000000"]
    satseek, archive = million["engines"]["satseek"], million["archive"]
    said = {
        "bytes_a_chip": "search.json: 512 numbers, index and columns, at 10⁶",
        "index_s_a_million": "search.json: optimize on two cores",
        "query_ms": "search.json: p50 without a filter at 10⁶, one thread",
        "resident_mb": "search.json: of a process that searches 10⁶",
    }
    whole, said["encode_per_core_s"] = _first(
        ("ingest_end_to_end", lambda each: each["encoding_alone_chips_per_s"] / each["machine"]["cores"]),
        ("encode_throughput", lambda each: each["figures"]["amfmn_chips_per_second"] / each["machine"]["cores"]),
    )
    scene = _read("ingest")["scenes"]["painted_8192"]["no model"]["chips_per_s"]
    said["read_per_core_s"] = "ingest.json: COG to committed archive without a model, two cores"
    commit, said["commit_s"] = _first(("commit_cost", lambda each: each["lines"][str(COMMIT_ROWS)]["seconds"]))
    growth, said["commit_s_a_million"] = _first(
        ("commit_cost", lambda each: each["lines"][str(COMMIT_ROWS)]["seconds_per_million_held"])
    )
    puts, said["puts_a_commit"] = _first(
        ("object_store", lambda each: each["commit_of_5000_chips"]["puts"]), or_else=PUTS_A_COMMIT
    )
    gets, said["gets_a_query"] = _first(
        ("object_store", lambda each: each["without_cache"][QUESTION]["requests"]), or_else=GET_A_QUERY
    )
    read, said["bytes_a_query"] = _first(
        ("object_store", lambda each: 1e3 * each["without_cache"][QUESTION]["read_kb"]), or_else=BYTES_A_QUERY
    )
    return Constants(
        bytes_a_chip=archive["megabytes_on_disk"] * 1e6 / 1e6,
        index_s_a_million=archive["optimize_seconds"],
        query_ms=satseek["filters"]["none"]["p50_ms"],
        resident_mb=satseek["resident_megabytes"],
        encode_per_core_s=whole,
        read_per_core_s=scene / 2,
        commit_s=commit,
        commit_s_a_million=growth,
        puts_a_commit=puts,
        gets_a_query=gets,
        bytes_a_query=read,
        said=said,
    )


def _shards(chips: int) -> int:
    return -(-chips // SHARD)


def _commit_hours(chips: int, each: Constants) -> float:
    """Return the writer's hours for one shard: a transaction looks at all ids that are there."""
    held = min(chips, SHARD)
    commits = held / COMMIT_ROWS
    return commits * (each.commit_s + each.commit_s_a_million * held / 2e6) / 3600


def _memory_gb(chips: int, each: Constants) -> float:
    """Return what a process that searches one shard holds: bounded caches, and the register where it is kept."""
    held = min(chips, SHARD)
    own = each.resident_mb / 1e3 - 1e6 * REGISTER_BYTES / 1e9
    return own + (held * REGISTER_BYTES / 1e9 if held <= MOST_IN_REGISTER else 0)


ROWS: dict[str, Callable[[int, Constants], str]] = {
    "archives (shards of at most 10⁸)": lambda n, _: f"{_shards(n):,}",
    "storage": lambda n, c: _bytes(n * c.bytes_a_chip),
    "storage a month (S3 list price)": lambda n, c: f"${n * c.bytes_a_chip / 1e9 * S3_GB_MONTH:,.2f}",
    "pixels to read (assumed 1.05 bytes a pixel)": lambda n, _: _bytes(n * CHIP_PIXELS * BYTES_A_PIXEL),
    "reading and cutting, core hours": lambda n, c: f"{n / c.read_per_core_s / 3600:,.1f}",
    "encoding `amfmn`, core hours": lambda n, c: f"{n / c.encode_per_core_s / 3600:,.0f}",
    "encoding, GPU hours (assumed 3,000 chips/s)": lambda n, _: f"{n / GPU_CHIPS_PER_S / 3600:,.1f}",
    "the one writer, hours a shard (commits of 50,000)": lambda n, c: f"{_commit_hours(n, c):,.2g}",
    "requests that write, all shards": lambda n, c: f"{n / COMMIT_ROWS * c.puts_a_commit:,.0f}",
    "vector index, core hours a shard": lambda n, c: f"{2 * min(n, SHARD) / 1e6 * c.index_s_a_million / 3600:,.2f}",
    "memory of a process that searches a shard": lambda n, c: f"{_memory_gb(n, c):,.2f} GB",
    "requests of a query on an object store": lambda n, c: f"{_shards(n) * c.gets_a_query:,.0f}",
    "bytes of a query on an object store": lambda n, c: _bytes(_shards(n) * c.bytes_a_query),
    "requests of 1,000 queries (S3 list price)": lambda n, c: f"${1e3 * _shards(n) * c.gets_a_query * S3_GET:,.3f}",
}


def _read(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return facts


def _first(*sources: tuple[str, Callable[[dict[str, Any]], float]], or_else: float | None = None) -> tuple[float, str]:
    """Return the first value that is there, with its file; the assumption where none is."""
    for name, value in sources:
        try:
            return float(value(_read(name))), f"{name}.json"
        except (OSError, KeyError):
            continue
    if or_else is None:
        raise SystemExit(f"Measure it first: python benchmarks/{sources[0][0]}.py")
    return or_else, "assumed"


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1_000:
            return f"{count:,.3g} {unit}"
        count /= 1_000
    return f"{count:,.3g} PB"


def _count(chips: int) -> str:
    return {10**6: "10⁶", 10**8: "10⁸", 10**10: "10¹⁰"}[chips]


if __name__ == "__main__":
    main()
