"""What a question asks of an object store: requests and bytes, counted at a proxy, cold and warm, with filters, cached.

    python benchmarks/object_store.py                  # 100,000 chips of 512 numbers
    python benchmarks/object_store.py --chips 5000     # fewer, no result written
    python benchmarks/object_store.py --keep FOLDER    # keep the archive here, and use the one that is there already

The archive is made on the disk and copied into a bucket of an S3 server on this machine. Times are left out: they would
be the times of this server. A store far away answers one request after some 20 to 100 ms, several at once as quickly.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from machine import facts, write_result

import worlds

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from fakes.chips import card, chip
from fakes.s3 import Proxy, S3Server, environment, proxy_before, s3_server
from satseek.archive.archive import Archive
from satseek.archive.tuning import FAR, Tuning
from satseek.core.area import Area
from satseek.core.filters import Filters

CHIPS, DIMENSIONS, SEED = 100_000, 512, 20261121
QUESTIONS = 5  # different ones of each kind
CACHE_MB = 256
KINDS: dict[str, float | None] = {"no filter": None, "1 % area": 0.01, "10 % area and one sensor": 0.1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chips", type=int, default=CHIPS)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    about = facts(data=f"{asked.chips} chips of benchmarks/worlds.py", seed=SEED, libraries=("lancedb", "moto"))
    with tempfile.TemporaryDirectory(prefix="satseek-store-") as folder:
        place = asked.keep or Path(folder) / "archive"
        if not place.exists():
            _fill(str(place), asked.chips)
        with s3_server() as server, proxy_before(server) as proxy, environment(proxy.url):
            bucket = server.new_bucket()
            _upload(server, place, bucket)
            result = about | _measured(f"s3://{bucket}/archive", proxy, asked.chips)
    for line in _table(result):
        print(line)
    if asked.chips == CHIPS:
        print(write_result("object_store", result))


def _fill(place: str, chips: int) -> None:
    where = worlds.places(chips, seed=SEED)
    archive = Archive.create(place, card(dimensions=DIMENSIONS), tuning=FAR)
    for part, start in enumerate(range(0, chips, 5_000)):
        numbers = range(start, min(start + 5_000, chips))
        some = [
            chip(number, float(where.west[number]), float(where.south[number]), side=worlds.SIDE) for number in numbers
        ]
        archive.add(some, worlds.vectors(len(numbers), DIMENSIONS, seed=SEED, part=part))
    print(archive.optimize(keep_days=0), file=sys.stderr)


def _upload(server: S3Server, place: Path, bucket: str) -> None:
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        name = f"archive/{path.relative_to(place)}"
        server.client.put_object(Bucket=bucket, Key=name, Body=path.read_bytes())


def _measured(uri: str, proxy: Proxy, chips: int) -> dict[str, Any]:
    kept, plain = _patterns(uri, proxy, CACHE_MB), _patterns(uri, proxy, 0)
    return {
        "chips": chips,
        "dimensions": DIMENSIONS,
        "k": 10,
        "with_cache": kept,
        "without_cache": plain,
        "every_vector_read": _without_index(proxy, uri),
        "commit_of_5000_chips": _commit(uri, proxy),
    }


def _patterns(uri: str, proxy: Proxy, megabytes: int) -> dict[str, Any]:
    """Count what an archive asks for from its opening to questions that it has answered before."""
    os.environ["SATSEEK_CACHE_MB"] = str(megabytes)
    figures: dict[str, Any] = {"cache_mb": megabytes}
    opened: list[Archive] = []
    figures["open"] = _counted(proxy, lambda: opened.append(Archive.open(uri)))
    figures["first question, cold"] = _counted(proxy, lambda: _ask(opened[0], 0, Filters()))
    opened.append(Archive.open(uri))
    figures["prewarm"] = _counted(proxy, opened[1].prewarm)
    figures["first question, prewarmed"] = _counted(proxy, lambda: _ask(opened[1], 0, Filters()))
    archive = opened[1]
    for kind in KINDS:
        figures[f"{kind}: new question"] = _each(proxy, archive, kind, range(1, 1 + QUESTIONS))
        figures[f"{kind}: asked again"] = _each(proxy, archive, kind, range(1, 1 + QUESTIONS))
    kept = archive._store.latest().kept
    figures["kept_mb"] = None if kept is None else round(kept.size_bytes / 1e6, 2)
    return figures


def _each(proxy: Proxy, archive: Archive, kind: str, questions: range) -> dict[str, float]:
    """Return the mean of questions of a kind."""
    counts = [_counted(proxy, lambda each=each: _ask(archive, each, _filters(kind, each))) for each in questions]
    return {name: round(float(np.mean([each[name] for each in counts])), 1) for name in counts[0]}


def _filters(kind: str, question: int) -> Filters:
    share = KINDS[kind]
    if share is None:
        return Filters()
    sensors = ("s2",) if "sensor" in kind else ()
    return Filters(where=Area(worlds.box_with(share, seed=SEED + question)), sensors=sensors)


def _ask(archive: Archive, question: int, filters: Filters) -> None:
    query = worlds.vectors(1, DIMENSIONS, seed=SEED, part=100_000 + question)[0]
    assert len(archive.nearest(query, filters=filters, k=10).chips) == 10


def _without_index(proxy: Proxy, uri: str) -> dict[str, Any]:
    """Count a warm question over 10,000 chips with the default's index, and without one, as on a disk."""
    figures: dict[str, Any] = {"chips": 10_000}
    for name, tuning in (("no index", Tuning()), ("index", FAR)):
        place = f"{uri}-{name.replace(' ', '-')}"
        archive = Archive.create(place, card(dimensions=DIMENSIONS), tuning=tuning)
        archive.add([chip(number) for number in range(10_000)], worlds.vectors(10_000, DIMENSIONS, seed=SEED))
        archive.optimize(measure=False)
        _ask(archive, 0, Filters())
        figures[name] = _each(proxy, archive, "no filter", range(1, 5))
    return figures


def _commit(uri: str, proxy: Proxy) -> dict[str, float]:
    archive = Archive.open(uri)
    chips = [chip(10_000_000 + number) for number in range(5_000)]
    vectors = worlds.vectors(5_000, DIMENSIONS, seed=SEED, part=77)
    return _counted(proxy, lambda: archive.add(chips, vectors))


def _counted(proxy: Proxy, do: Callable[[], Any]) -> dict[str, float]:
    with _from_here(proxy):
        do()
        asked = list(proxy.asked)
    return {
        "requests": len(asked),
        "read_kb": round(sum(each.sent for each in asked) / 1e3, 1),
        "written_kb": round(sum(each.taken for each in asked) / 1e3, 1),
        "puts": sum(each.method == "PUT" for each in asked),
        "lists": sum("list-type" in each.path for each in asked),
    }


@contextmanager
def _from_here(proxy: Proxy) -> Iterator[None]:
    proxy.settle()
    proxy.begin()
    yield


def _table(result: dict[str, Any]) -> Iterator[str]:
    yield "| | requests, cache | MB, cache | requests, none | MB, none |"
    yield "|---|---|---|---|---|"
    for name, kept in result["with_cache"].items():
        if isinstance(kept, dict):
            plain = result["without_cache"][name]
            cells = (f"{each['requests']:g} | {each['read_kb'] / 1e3:.2f}" for each in (kept, plain))
            yield f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
