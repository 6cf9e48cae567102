"""Search speed, recall and memory: an archive beside NumPy's brute force and FAISS, the same vectors, one run.

    python benchmarks/search.py --rows 200000 1000000

Each engine runs in a process of its own, so that its resident memory is only its own. A filter is a box on the map, of
another place for every question; NumPy and FAISS get a mask that is computed from the corners within the measured time,
as an archive has to find its rows within it, too. FAISS is given, filter by filter, the least effort (nprobe, efSearch)
that reaches a recall of 0.95, if any does; the archive decides for itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from machine import RESULTS, facts, write_result

import worlds

SHARES = {"none": 1.0, "10 %": 0.1, "1 %": 0.01, "0.01 %": 0.0001}
ENGINES = ("satseek", "numpy", "faiss-ivf-sq8", "faiss-hnsw", "usearch")
K = 10
WANTED_RECALL = 0.95
MOST_ASKED = 10_240  # of an engine without filters
Box = tuple[float, float, float, float]


class Engine(NamedTuple):
    """Answers a question within a box with row numbers; the effort is its own knob, the smallest first."""

    answer: Callable[[np.ndarray, Box | None, int], list[int]]
    efforts: tuple[int, ...] = (0,)


def main() -> None:
    arguments = _arguments()
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.work, arguments.rows[0])))
        return
    result = facts(data=_data(arguments), seed=arguments.seed, libraries=("lancedb", "pyarrow", "faiss-cpu", "usearch"))
    result["rows"] = {}
    for rows in arguments.rows:
        with _folder(arguments, rows) as folder:
            prepared = _prepared(folder, rows, arguments)
            engines = {engine: run_engine(engine, folder, rows) for engine in arguments.engines}
        result["rows"][str(rows)] = {"archive": prepared, "engines": engines}
        print(table(rows, prepared, engines), flush=True)
    result["wanted"] = wanted(result["rows"], arguments.dimensions)
    print("\n".join(f"{'met   ' if met else 'MISSED'} {name}" for name, met in result["wanted"].items()))
    print(f"written to {write_result('search', result, arguments.results)}")


@contextmanager
def _folder(arguments: argparse.Namespace, rows: int) -> Iterator[Path]:
    """Give a folder for the data: one that goes with the run, or one that is kept for the next."""
    if arguments.keep is None:
        with tempfile.TemporaryDirectory(dir=arguments.work, prefix="satseek-search-") as folder:
            yield Path(folder)
    else:
        folder = arguments.keep / f"{rows}x{arguments.dimensions}-{arguments.questions}-{arguments.seed}"
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


def _prepared(folder: Path, rows: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Make the data, or take those that a run before has kept, with what filling the archive took then."""
    note = folder / "prepared.json"
    if not note.exists():
        shutil.rmtree(folder / "archive", ignore_errors=True)
        note.write_text(json.dumps(prepare(folder, rows, arguments)))
    prepared: dict[str, Any] = json.loads(note.read_text())
    return prepared


def prepare(folder: Path, rows: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the vectors, the questions with their exact answers, and the archive; return what filling it took."""
    questions = worlds.vectors(arguments.questions, arguments.dimensions, seed=arguments.seed, part=10**6)
    places = worlds.places(rows, seed=arguments.seed)
    scores = np.empty((len(questions), rows), dtype=np.float32)
    base = np.lib.format.open_memmap(
        folder / "vectors.npy", mode="w+", dtype=np.float32, shape=(rows, arguments.dimensions)
    )
    for first, part in worlds.batches(rows, arguments.dimensions, seed=arguments.seed):
        base[first : first + len(part)] = part
        scores[:, first : first + len(part)] = questions @ part.T
    base.flush()
    np.savez(folder / "places.npz", west=places.west, south=places.south)
    np.save(folder / "questions.npy", questions)
    asked = {name: _truths(share, scores, places, arguments.seed) for name, share in SHARES.items()}
    (folder / "asked.json").write_text(json.dumps(asked))
    return fill(folder, base, places)


def fill(folder: Path, base: np.ndarray, places: worlds.Places) -> dict[str, Any]:
    """Make the archive of the vectors, as an import does, and return rows a second and the seconds of its index."""
    from satseek.archive.archive import Archive
    from satseek.archive.store import Store
    from satseek.archive.writing import ROWS_AT_ONCE, add_rows
    from satseek.core.card import ModelCard

    card = ModelCard("benchmark", "1", "clustered vectors", base.shape[1], {"rgb": ()}, False, 224)
    archive = Archive.create(str(folder / "archive"), card)
    store = Store(archive.uri)
    schema = store.latest().table.schema
    seconds = 0.0
    for first in range(0, len(base), ROWS_AT_ONCE):
        part = slice(first, first + ROWS_AT_ONCE)
        here = worlds.Places(places.west[part], places.south[part])
        rows = worlds.chip_rows(np.asarray(base[part]), here, first, schema)
        started = time.perf_counter()
        add_rows(store, rows)
        seconds += time.perf_counter() - started
    report = archive.optimize(keep_days=0)
    return {
        "rows_per_second": round(len(base) / seconds),
        "optimize_seconds": round(report.seconds, 1),
        "megabytes_on_disk": report.megabytes and round(report.megabytes[1]),
        "recall_said_by_optimize": report.recall_at_10,
    }


def run_engine(engine: str, folder: Path, rows: int) -> dict[str, Any]:
    """Measure one engine in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine, "--work", str(folder), "--rows", str(rows)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return measured


def measure(name: str, folder: Path, rows: int) -> dict[str, Any]:
    """Ask one engine every question under every filter, with the least effort that gives the wanted recall."""
    started = time.perf_counter()
    engine = {
        "satseek": _satseek, "numpy": _numpy, "faiss-ivf-sq8": _faiss_ivf, "faiss-hnsw": _faiss_hnsw,
        "usearch": _usearch,
    }[name](folder)  # fmt: skip
    measured: dict[str, Any] = {"ready_seconds": round(time.perf_counter() - started, 2), "filters": {}}
    questions = np.load(folder / "questions.npy")
    for share, asked in json.loads((folder / "asked.json").read_text()).items():
        cases = [
            (question, each["bbox"] and tuple(each["bbox"]), each["ids"])
            for question, each in zip(questions, asked, strict=False)
        ]
        effort = _least_effort(engine, cases[:20])
        answers, spent = [], []
        for question, bbox, _ in cases:
            before = time.perf_counter()
            answers.append(engine.answer(question, bbox, effort))
            spent.append(1000 * (time.perf_counter() - before))
        measured["filters"][share] = {
            "p50_ms": round(float(np.percentile(spent, 50)), 3),
            "p99_ms": round(float(np.percentile(spent, 99)), 3),
            "recall_at_10": round(_recall(answers, cases), 4),
            "effort": effort,
        }
    measured["resident_megabytes"] = round(_resident(), 1)
    return measured


def _least_effort(engine: Engine, cases: list[tuple[np.ndarray, Box | None, list[int]]]) -> int:
    """Return the first effort that gives the wanted recall, else the greatest; this warms the caches too."""
    for effort in engine.efforts:
        if _recall([engine.answer(question, bbox, effort) for question, bbox, _ in cases], cases) >= WANTED_RECALL:
            break
    return effort


def _recall(answers: list[list[int]], cases: list[tuple[np.ndarray, Box | None, list[int]]]) -> float:
    found = sum(len(set(answer) & set(truth)) for answer, (_, _, truth) in zip(answers, cases, strict=True))
    return found / max(sum(len(truth) for _, _, truth in cases), 1)


def table(rows: int, prepared: dict[str, Any], engines: dict[str, Any]) -> str:
    """Return the figures as a table for people."""
    lines = [
        f"\n{rows:,} vectors; archive filled at {prepared['rows_per_second']:,} rows/s, "
        f"indexed in {prepared['optimize_seconds']} s, {prepared['megabytes_on_disk']:,} MB on disk",
        f"{'p50 / p99 ms [recall@10]':<16}" + "".join(f"{name:>26}" for name in SHARES) + f"{'resident MB':>14}",
    ]
    for engine, measured in engines.items():
        cells = [
            f"{each['p50_ms']:.1f} / {each['p99_ms']:.1f} [{each['recall_at_10']:.3f}]"
            for each in measured["filters"].values()
        ]
        lines.append(
            f"{engine:<24}" + "".join(f"{cell:>26}" for cell in cells) + f"{measured['resident_megabytes']:>14,.0f}"
        )
    return "\n".join(lines)


def wanted(measured: dict[str, Any], dimensions: int) -> dict[str, bool]:
    """Return what was asked of the archive, and whether it is so."""
    answers: dict[str, bool] = {}
    for rows, each in measured.items():
        ours, brute = each["engines"]["satseek"], each["engines"].get("numpy")
        recalls = [figures["recall_at_10"] for figures in ours["filters"].values()]
        answers[f"{int(rows):,} rows: recall@10 of at least 0.95 with every filter"] = min(recalls) >= 0.95
        half = int(rows) * dimensions * 4 / 2 / 1e6
        answers[f"{int(rows):,} rows: resident memory of at most half the vectors"] = ours["resident_megabytes"] <= half
        if int(rows) >= 1_000_000 and brute is not None:
            for name, figures in ours["filters"].items():
                limit = brute["filters"]["none"]["p50_ms"] / 20
                answers[f"{int(rows):,} rows, filter {name}: p50 of at most a twentieth of NumPy's scan"] = (
                    figures["p50_ms"] <= limit
                )
    return answers


def _truths(share: float, scores: np.ndarray, places: worlds.Places, seed: int) -> list[dict[str, Any]]:
    truths = []
    for number, row in enumerate(scores):
        bbox = None if share == 1.0 else worlds.box_with(share, seed=seed + number)
        kept = np.arange(len(row)) if bbox is None else np.flatnonzero(places.inside(bbox))
        best = kept[np.argsort(-row[kept], kind="stable")[:K]]
        truths.append({"bbox": bbox, "ids": best.tolist(), "rows": len(kept)})
    return truths


def _satseek(folder: Path) -> Engine:
    from satseek.archive.archive import Archive
    from satseek.core.area import Area
    from satseek.core.filters import Filters

    archive = Archive.open(str(folder / "archive"))

    def answer(question: np.ndarray, bbox: Box | None, effort: int) -> list[int]:
        filters = Filters() if bbox is None else Filters(where=Area.from_bbox(bbox))
        return [int(each, 16) for each in archive.nearest(question, filters=filters, k=K).ids]

    return Engine(answer)


def _numpy(folder: Path) -> Engine:
    base, places = np.load(folder / "vectors.npy"), _places(folder)

    def answer(question: np.ndarray, bbox: Box | None, effort: int) -> list[int]:
        scores = base @ question
        if bbox is not None:
            scores[~places.inside(bbox)] = -2
        best = np.argpartition(-scores, K)[:K]
        return [int(each) for each in best[np.argsort(-scores[best])] if scores[each] > -2]

    return Engine(answer)


def _faiss_ivf(folder: Path) -> Engine:
    import faiss

    base = np.load(folder / "vectors.npy", mmap_mode="r")
    lists = round(4 * len(base) ** 0.5)
    quantizer = faiss.IndexFlatIP(base.shape[1])
    index = faiss.IndexIVFScalarQuantizer(
        quantizer, base.shape[1], lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    index.train(np.asarray(base[:: max(len(base) // (40 * lists), 1)]))
    for first in range(0, len(base), 50_000):
        index.add(np.asarray(base[first : first + 50_000]))
    del base
    efforts = tuple(each for each in (8, 16, 32, 64, 128, 256, 512, 1024) if each < lists)
    return _faiss(folder, index, efforts, lambda effort, chosen: faiss.SearchParametersIVF(nprobe=effort, sel=chosen))


def _faiss_hnsw(folder: Path) -> Engine:
    import faiss

    base = np.load(folder / "vectors.npy", mmap_mode="r")
    index = faiss.IndexHNSWFlat(base.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 100
    for first in range(0, len(base), 50_000):
        index.add(np.asarray(base[first : first + 50_000]))
    del base
    efforts = (32, 64, 128, 256, 512, 1024, 2048)
    return _faiss(
        folder, index, efforts, lambda effort, chosen: faiss.SearchParametersHNSW(efSearch=effort, sel=chosen)
    )


def _faiss(folder: Path, index: Any, efforts: tuple[int, ...], parameters: Callable[[int, Any], Any]) -> Engine:
    import faiss

    places = _places(folder)

    def answer(question: np.ndarray, bbox: Box | None, effort: int) -> list[int]:
        chosen = None
        if bbox is not None:
            mask = np.packbits(places.inside(bbox), bitorder="little")
            chosen = faiss.IDSelectorBitmap(mask)
        _, found = index.search(question[None], K, params=parameters(effort, chosen))
        return [int(each) for each in found[0] if each >= 0]

    return Engine(answer, efforts)


def _usearch(folder: Path) -> Engine:
    """HNSW with 8-bit vectors; it has no filters in Python, so it is asked for more until enough lie in the box."""
    from usearch.index import Index

    base, places = np.load(folder / "vectors.npy", mmap_mode="r"), _places(folder)
    index = Index(ndim=base.shape[1], metric="cos", dtype="i8", connectivity=16, expansion_add=128)
    for first in range(0, len(base), 50_000):
        part = np.asarray(base[first : first + 50_000])
        index.add(np.arange(first, first + len(part)), part)

    def answer(question: np.ndarray, bbox: Box | None, effort: int) -> list[int]:
        index.expansion_search = effort
        kept, wanted = None if bbox is None else places.inside(bbox), K
        while True:
            found = index.search(question, wanted).keys
            ids = [int(each) for each in found if kept is None or kept[each]][:K]
            if len(ids) == K or wanted >= MOST_ASKED:
                return ids
            wanted *= 4

    return Engine(answer, (32, 64, 128, 256, 512, 1024, 2048))


def _places(folder: Path) -> worlds.Places:
    stored = np.load(folder / "places.npz")
    return worlds.Places(stored["west"], stored["south"])


def _resident() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def _data(arguments: argparse.Namespace) -> str:
    return (
        f"{arguments.dimensions}-dimensional unit vectors in {worlds.CLASSES * worlds.VARIETIES} clusters, chips of "
        f"{worlds.SIDE}° strewn over the globe, {arguments.questions} questions from outside (benchmarks/worlds.py)"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--work", type=Path, help="where the data goes while it runs (about 7 GB for a million)")
    parser.add_argument("--keep", type=Path, help="keep the data in this folder, and use what is there already")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
