"""The Lance table behind an archive: opened, watched for what others write, committed to, and synced to the disk."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from satseek.archive.cells import CELL_COLUMNS, LARGE
from satseek.archive.faults import NO_TABLE, store_errors, with_retries
from satseek.archive.indices import Effort, kinds, noted_effort
from satseek.archive.kept_rows import KeptRows, wanted_bytes
from satseek.archive.objects import is_object_store, require_answer, storage_options
from satseek.archive.register import OncePaid
from satseek.archive.schema import TABLE, born, born_as, migrate, require_readable, stored_version
from satseek.archive.trips import newest, one_trip, taken
from satseek.core.errors import ArchiveError, ArchiveNotFound

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

INDEX_CACHE_BYTES = 160 << 20  # unbounded, a million rows took over 600 MB; so they take 400, and 350 with 64 MB
METADATA_CACHE_BYTES = 32 << 20
REMOTE_FRESH_SECONDS = 2.0  # how old the known version of an archive on an object store may be


@dataclass(frozen=True)
class Snapshot:
    """One version of the table that stays as it is, whatever others write meanwhile."""

    table: Any
    version: int
    rows: int
    vector_index: str | None
    effort: Effort | None  # with which the vector index has to be searched, where that was measured
    register: OncePaid = field(repr=False, compare=False)
    kept: KeptRows | None = field(default=None, repr=False, compare=False)  # what was read from an object store

    async def taken(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return the columns and row ids of rows, in no order."""
        if self.kept is None:
            return await taken(self.table, rows, columns)
        return await self.kept.taken(self.table, rows, columns)

    @cached_property
    def useful_levels(self) -> tuple[int, ...]:
        """The levels of cells, finest first, on which only few chips are wider than a cell."""
        few = max(self.rows // 100, 100)
        levels = reversed(range(len(CELL_COLUMNS)))
        return tuple(each for each in levels if self.table.count_rows(f"{CELL_COLUMNS[each]} = {LARGE}") <= few)


class Store:
    """A Lance table in a folder or under an object store's prefix."""

    def __init__(self, uri: str, storage: Mapping[str, str] | None = None) -> None:
        """Name the place, and what Lance has to know of an object store beside the environment; nothing is opened."""
        self.uri = uri.removeprefix("file://")
        self.is_local = not is_object_store(self.uri)
        self.storage = dict(storage or {})
        self._watch: Any = None  # follows the latest version; never read from
        self._looked = -math.inf
        self._snapshot: Snapshot | None = None
        self._earlier: Snapshot | None = None  # the last one that was asked for by its number
        self._lock = threading.Lock()
        self._synced: set[str] = set()
        self._kept: tuple[str | None, KeptRows] | None = None  # of which archive, by its birth

    @property
    def folder(self) -> Path:
        """Where the table's files are, for an archive on a disk."""
        return Path(self.uri) / f"{TABLE}.lance"

    @property
    def table_uri(self) -> str:
        """Where the table is, for those who open it without its database."""
        return str(self.folder) if self.is_local else f"{self.uri.rstrip('/')}/{TABLE}.lance"

    @property
    def options(self) -> dict[str, str]:
        """What Lance is told of the object store; nothing for a disk."""
        return {} if self.is_local else storage_options(self.storage)

    @cached_property
    def _database(self) -> Any:
        os.environ.setdefault("LANCEDB_LOG", "error")  # of what it warns, such as a rival's commit, we try again
        import lancedb

        session = lancedb.Session(
            index_cache_size_bytes=INDEX_CACHE_BYTES, metadata_cache_size_bytes=METADATA_CACHE_BYTES
        )
        options = None
        if not self.is_local:
            options = storage_options(self.storage)
            require_answer(self.uri, options)
        with store_errors(self.uri, "opened"):  # makes the folder: not before it is known to be meant
            return lancedb.connect(self.uri, session=session, storage_options=options)

    def exists(self) -> bool:
        """Return whether there is a table; what is in its way is raised."""
        if self.is_local:
            path = Path(self.uri)
            with store_errors(self.uri, "read"):
                if path.exists() and not path.is_dir():
                    raise ArchiveError(f"'{self.uri}' is a file, and an archive is a folder. Name another place.")
                return (self.folder / "_versions").is_dir()
        with store_errors(self.uri, "read"):
            try:
                self._watch = self._database.open_table(TABLE)
            except (ValueError, RuntimeError) as error:
                if not NO_TABLE.search(str(error)):
                    raise
                return False
            return True

    def create(self, schema: pa.Schema, then: Callable[[Any], None]) -> None:
        """Create the empty table and run the first commits on it."""
        if self.is_local:
            self._require_room()
        with store_errors(self.uri, "created"):
            table = self._created(schema)
        with_retries(lambda: _at_latest(table, then), self.uri, "created")
        self.sync()

    def _created(self, schema: pa.Schema) -> Any:
        try:
            return self._database.create_table(TABLE, schema=schema, exist_ok=True)
        except (ValueError, RuntimeError) as error:
            if "schema" not in str(error).lower():
                raise
            # made by another process meanwhile, and so with another birth
            there: Any = self._database.open_table(TABLE)
            return self._database.create_table(TABLE, schema=born_as(schema, there.schema), exist_ok=True)

    def open(self) -> Snapshot:
        """Open the latest version; `ArchiveNotFound`, `ArchiveTooNew` where that cannot be."""
        if not self.exists():
            raise ArchiveNotFound(
                f"There is no archive at '{self.uri}'. Fill one with: satseek ingest {self.uri} SOURCE"
            )
        return self.latest(at_once=True)

    def latest(self, *, at_once: bool = False) -> Snapshot:
        """Return the latest version; other processes' commits are seen at once on a disk, soon on an object store."""
        with self._lock:
            known = self._snapshot
            fresh = 0.0 if self.is_local or at_once else REMOTE_FRESH_SECONDS
            if known is not None and fresh and time.monotonic() - self._looked < fresh:
                return known
            with store_errors(self.uri, "read"):
                if self._watch is None:
                    self._watch = self._database.open_table(TABLE)
                version = one_trip(newest(self._watch))
                self._looked = time.monotonic()
                if known is None or known.version != version:
                    self._snapshot = known = self._open(version)
            return known

    def at(self, version: int) -> Snapshot:
        """Return a version that is kept, whatever came after it."""
        with self._lock:
            if self._earlier is None or self._earlier.version != version:
                with store_errors(self.uri, "read"):
                    self._earlier = self._open(version)
            return self._earlier

    def commit(self, change: Callable[[Any], T], doing: str = "written") -> T:
        """Run a change on the latest version, again when another process was quicker, and sync it to the disk."""
        table = self._writable()
        result = with_retries(lambda: _at_latest(table, change), self.uri, doing)
        self.sync()
        self._looked = -math.inf  # who wrote something sees it at once
        return result

    def sync(self) -> None:
        """Make the disk hold all files of the table: Lance itself leaves that to the operating system."""
        if not self.is_local:
            return
        with store_errors(self.uri, "synced to the disk"):
            for folder, _, names in os.walk(self.folder):
                fresh = [path for name in names if (path := os.path.join(folder, name)) not in self._synced]
                for path in fresh:
                    _fsync(path)
                if fresh:
                    _fsync(folder)
                    self._synced.update(fresh)
            _fsync(self.uri)

    def _open(self, version: int) -> Snapshot:
        table: Any = self._database.open_table(TABLE)
        table.checkout(version)
        require_readable(stored_version(table.schema, self.uri), self.uri)
        rows = table.count_rows()
        index, effort = kinds(table).get("vector"), noted_effort(table)
        return Snapshot(table, version, rows, index, effort, OncePaid(rows), self._kept_of(table))

    def _kept_of(self, table: Any) -> KeptRows | None:
        """Return what is kept of this archive, on from version to version; none of another one in its place."""
        if self.is_local or not (most := wanted_bytes()):
            return None
        name = born(table.schema)
        if self._kept is None or name is None or self._kept[0] != name:
            self._kept = (name, KeptRows(most))
        return self._kept[1]

    def _writable(self) -> Any:
        """Return the table for writing, migrated where an older SatSeek made it."""
        with store_errors(self.uri, "opened for writing"):
            table: Any = self._database.open_table(TABLE)
            version = stored_version(table.schema, self.uri)
            require_readable(version, self.uri)
            if migrate(table, version):
                table.checkout_latest()
        return table

    def _require_room(self) -> None:
        """Refuse to fill a folder that holds other things: a swapped argument must not litter the images."""
        path = Path(self.uri)
        with store_errors(self.uri, "created"):
            strangers = [child.name for child in path.iterdir()] if path.is_dir() else []
            if strangers and strangers != [self.folder.name]:
                raise ArchiveError(
                    f"'{self.uri}' is a folder with other things in it ('{sorted(strangers)[0]}', …), not an archive. "
                    "Name a new or an empty folder for the archive."
                )
            path.mkdir(parents=True, exist_ok=True)


def _at_latest(table: Any, change: Callable[[Any], T]) -> T:
    table.checkout_latest()
    return change(table)


def _fsync(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # pruned meanwhile by a process that optimises
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
