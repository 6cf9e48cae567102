"""What travels between the stages of an ingest on a cluster: one message a row of Ray Data, pickled, with its kind."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from satseek.core.chip import Chip
from satseek.core.scene import Scene
from satseek.core.vectors import FloatArray
from satseek.ingest.job import Job
from satseek.ingest.read import Reading
from satseek.ingest.report import Tally

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Found:
    """Scenes that were discovered, to be planned together."""

    first: int  # the number of the first of them; scenes are numbered in the order of the sources
    scenes: tuple[Scene, ...]


@dataclass(frozen=True)
class AllFound:
    """The last that discovery says: how many `Found` there were, and what it counted."""

    messages: int
    tally: Tally


@dataclass(frozen=True)
class Part:
    """Work for one reader: windows of one large scene, or of several small ones."""

    plan: int  # `Found.first`
    key: str  # made of the ids of its chips, so the same work has the same key however often it is planned
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Planned:
    """What came of some scenes: the parts that have to come back, and what was counted."""

    plan: int
    scenes: int
    keys: frozenset[str]
    tally: Tally


@dataclass(frozen=True)
class ReadPart:
    """The pixels of a part."""

    plan: int
    key: str
    readings: tuple[Reading, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """A part that is over: chips with their vectors, and what came of each scene in it."""

    plan: int
    key: str
    chips: list[Chip]
    vectors: FloatArray
    readings: tuple[Reading, ...]  # without pixels
    encoded: int
    tally: Tally = field(default_factory=Tally)


Message = Found | AllFound | Part | Planned | ReadPart | Done


def packed(message: Message) -> pa.Table:
    """Return a message as one row."""
    import pyarrow as pa

    load = pickle.dumps(message, protocol=5)
    return pa.table({"kind": [type(message).__name__], "load": pa.array([load], pa.large_binary())})


def unpacked(rows: pa.Table, *kinds: type) -> Iterator[Message | pa.Table]:
    """Yield messages of some kinds, and rows of all others as they are: they are on their way to somebody else."""
    names = {kind.__name__ for kind in kinds}
    for number, kind in enumerate(rows.column("kind").to_pylist()):
        row = rows.slice(number, 1)
        if kind in names:
            message: Message = pickle.loads(row.column("load")[0].as_buffer())  # noqa: S301 - this run's own
            yield message
        else:
            yield row
