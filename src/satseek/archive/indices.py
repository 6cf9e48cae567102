"""The indices of an archive: small ones from the start, the vector index when there are enough rows to pay for it."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from satseek.archive.cells import CELL_COLUMNS
from satseek.archive.rows import vectors_of
from satseek.archive.tuning import Tuning
from satseek.core.vectors import FloatArray, unit_rows

logger = logging.getLogger(__name__)

MOST_BITMAPS = 100_000  # different cells; with more, a bitmap for each outgrows the cache and a tree is quicker
KINDS = {"IvfRq": "IVF_RQ", "BTree": "BTREE", "Bitmap": "BITMAP", "LabelList": "LABEL_LIST"}  # as everybody writes them
EFFORT_KEY = "satseek:index_effort"
TRAINED_KEY = "satseek:index_trained_rows"
WANTED = 10  # chips, when recall is measured
ROWS_AT_ONCE = 10_000
GROWTH = 4  # the index is trained anew when the archive has grown so many times since


def create_scalar_indices(table: Any) -> None:
    """Create the indices that filters and words use; on an empty table they cost nothing, new rows join later."""
    from lancedb.index import FTS, Bitmap, BTree, LabelList

    there = kinds(table)
    wanted = {
        "id": BTree(),
        "datetime": BTree(),
        "source": BTree(),
        "sensor": Bitmap(),
        "facts": LabelList(),
        "text": FTS(),
        **{column: Bitmap() for column in CELL_COLUMNS},
    }
    for column, kind in wanted.items():
        if column not in there:
            table.create_index(column, config=kind)


def refresh(table: Any, tuning: Tuning, *, keep: timedelta, build: Build | None = None) -> list[str]:
    """Compact, take new rows into the indices, prune versions, and build what now pays; returns what was built.

    `build` is another way to build the vector index than in this process; it is taken whenever rows have come.
    """
    built = _fit_cell_indices(table)
    with warnings.catch_warnings():  # that keeping nothing takes old versions from readers is said in our own help
        warnings.simplefilter("ignore", UserWarning)
        table.optimize(cleanup_older_than=keep)
    table.checkout_latest()
    if _vector_index_pays(table, tuning, at_once=build is not None):
        (build or _build_vector_index)(table, tuning)
        built.append("vector")
    return built


def kinds(table: Any) -> dict[str, str]:
    """Return the kind of index of each column that has one."""
    return {index.columns[0]: KINDS.get(index.index_type, index.index_type) for index in table.list_indices()}


def drop_index(table: Any, column: str) -> None:
    """Remove the indices of a column; none is no fault."""
    for index in table.list_indices():
        if index.columns == [column]:
            table.drop_index(index.name)


Build = Callable[[Any, Tuning], None]


class Effort(NamedTuple):
    """How hard the vector index is searched."""

    nprobes: int  # partitions that are looked at
    refine: int  # candidates that are scored with their stored vectors, for each one wanted; see nearest.py


def calibrate(table: Any, tuning: Tuning) -> tuple[Effort, float]:
    """Find the least effort that gives the wanted recall; returns it and the recall.

    Asked are chips of the archive itself, and points halfway between two of them: words lie apart from pictures, too.
    """
    queries = _sample(table, tuning.sample)
    truths = _truths(table, queries)

    def recall(effort: Effort) -> float:
        searches = (_search(table, query).nprobes(effort.nprobes).refine_factor(effort.refine) for query in queries)
        found = sum(len(truth & _ids(search)) for truth, search in zip(truths, searches, strict=True))
        return found / sum(len(truth) for truth in truths)

    wide = (
        Effort(tuning.nprobes[-1], refine) for refine in tuning.refine
    )  # what is lost now, only refining brings back
    refine = next((each.refine for each in wide if recall(each) >= tuning.recall), tuning.refine[-1])
    efforts = [Effort(nprobes, refine) for nprobes in tuning.nprobes]
    for effort in efforts:
        reached = recall(effort)
        if reached >= tuning.recall:
            break
    return effort, reached


def note_effort(table: Any, effort: Effort) -> None:
    """Write beside the vectors how hard a search has to look."""
    if noted_effort(table) != effort:
        table.update_field_metadata({"path": "vector", "metadata": {EFFORT_KEY: f"{effort.nprobes} {effort.refine}"}})


def noted_effort(table: Any) -> Effort | None:
    """Return how hard a search has to look, where that was measured."""
    noted = (table.schema.field("vector").metadata or {}).get(EFFORT_KEY.encode())
    return None if noted is None else Effort(*(int(each) for each in noted.split()))


def _sample(table: Any, size: int) -> FloatArray:
    rng = np.random.default_rng(0)
    offsets = rng.choice(table.count_rows(), size=size, replace=False)
    vectors = vectors_of(table.take_offsets([int(each) for each in offsets]).select(["vector"]).to_arrow())
    between = unit_rows(vectors[: size // 2] + vectors[size - size // 2 :])
    return np.concatenate([vectors[: size - size // 2], between])


def _truths(table: Any, queries: FloatArray) -> list[set[str]]:
    """Return the ids of the ten nearest to each question, by one pass over all vectors: they may be far away."""
    import pyarrow as pa

    scores = np.empty((len(queries), 0), dtype=np.float32)
    ids = np.empty((len(queries), 0), dtype=object)
    for batch in table.search().select(["id", "vector"]).limit(None).to_batches(batch_size=ROWS_AT_ONCE):
        rows = pa.Table.from_batches([batch])
        names = np.asarray(rows.column("id").to_pylist(), dtype=object)
        scores = np.concatenate([scores, queries @ vectors_of(rows).T], axis=1)
        ids = np.concatenate([ids, np.broadcast_to(names, (len(queries), len(names)))], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :WANTED]
        scores, ids = np.take_along_axis(scores, best, axis=1), np.take_along_axis(ids, best, axis=1)
    return [set(row) for row in ids.tolist()]


def _search(table: Any, query: FloatArray) -> Any:
    search = table.search(query, query_type="vector", vector_column_name="vector").distance_type("cosine")
    return search.select(["id", "_distance"]).limit(WANTED)


def _ids(search: Any) -> set[str]:
    return set(search.to_arrow().column("id").to_pylist())


def _fit_cell_indices(table: Any) -> list[str]:
    """Give every level of cells the kind of index that suits how many different cells there are."""
    from lancedb.index import Bitmap, BTree

    there = kinds(table)
    built = []
    for column in CELL_COLUMNS:
        suits: Any = Bitmap() if _different(table, column) <= MOST_BITMAPS else BTree()
        if there.get(column) != type(suits).__name__.upper():
            drop_index(table, column)  # replacing one kind by another would leave both
            table.create_index(column, config=suits)
            built.append(column)
    return built


def _different(table: Any, column: str) -> int:
    seen = np.empty(0, dtype=np.int32)
    for batch in table.search().select([column]).limit(None).to_batches(batch_size=100_000):
        cells = batch.column(column).drop_null().to_numpy(zero_copy_only=False)
        seen = np.union1d(seen, cells)
    return len(seen)


def partitions_of(rows: int, tuning: Tuning) -> int:
    """Return into how many parts the vector index of so many rows is split."""
    return max(rows // tuning.partition_rows, 1)


def note_trained(table: Any, rows: int) -> None:
    """Write beside the vectors on how many rows the index was trained."""
    table.update_field_metadata({"path": "vector", "metadata": {TRAINED_KEY: str(rows)}})


def _vector_index_pays(table: Any, tuning: Tuning, *, at_once: bool) -> bool:
    rows = table.count_rows()
    if rows < tuning.index_rows:
        return False
    trained = (table.schema.field("vector").metadata or {}).get(TRAINED_KEY.encode())
    if "vector" not in kinds(table) or trained is None:
        return True
    return bool(rows > (1 if at_once else GROWTH) * int(trained))


def _build_vector_index(table: Any, tuning: Tuning) -> None:
    from lancedb.index import IvfRq

    rows = table.count_rows()
    logger.info("building the vector index over %s rows", f"{rows:,}")
    partitions = partitions_of(rows, tuning)
    kind = IvfRq(distance_type="cosine", num_partitions=partitions, num_bits=tuning.bits, max_iterations=20)
    table.create_index("vector", config=kind, replace=True)
    note_trained(table, rows)
