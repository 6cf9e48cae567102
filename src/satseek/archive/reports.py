"""What looking after an archive returns: facts that print themselves and turn into JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from satseek.core.card import ModelCard
from satseek.core.chip import BBox
from satseek.core.period import as_utc, rfc3339


@dataclass(frozen=True)
class Index:
    """One index: of which column, of which kind, over how many rows."""

    column: str
    kind: str
    rows: int
    rows_outside: int  # new ones, found without it until `optimize` takes them in
    megabytes: float


@dataclass(frozen=True)
class Version:
    """One state of the archive that can be gone back to."""

    number: int
    when: datetime
    rows: int
    megabytes: float

    def to_json(self) -> dict[str, Any]:
        """Return the version as JSON values."""
        return {"version": self.number, "when": rfc3339(as_utc(self.when))} | {
            "rows": self.rows,
            "megabytes": round(self.megabytes, 3),
        }

    def __str__(self) -> str:
        when = f"{as_utc(self.when):%Y-%m-%d %H:%M:%S}"
        return f"{self.number:>6}  {when}  {self.rows:>12,} chips  {self.megabytes:>10,.1f} MB"


@dataclass(frozen=True)
class ArchiveInfo:
    """What is in an archive: chips by sensor, where and when, the model, the indices, the space it takes."""

    uri: str
    chips: int
    sensors: Mapping[str, int]
    without_place: int
    bbox: BBox | None
    first: datetime | None
    last: datetime | None
    card: ModelCard
    schema_version: int
    version: int
    versions: int
    fragments: int
    megabytes: float | None  # on the disk; None on an object store
    indices: tuple[Index, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {
            "uri": self.uri,
            "chips": self.chips,
            "sensors": dict(self.sensors),
            "without_place": self.without_place,
            "bbox": None if self.bbox is None else list(self.bbox),
            "datetime": None if self.first is None or self.last is None else [rfc3339(self.first), rfc3339(self.last)],
            "model": self.card.to_json(),
            "schema_version": self.schema_version,
            "version": self.version,
            "versions": self.versions,
            "fragments": self.fragments,
            "megabytes": None if self.megabytes is None else round(self.megabytes, 3),
            "indices": [asdict(index) for index in self.indices],
        }

    def __str__(self) -> str:
        lines = [f"{self.uri}: {self.chips:,} chips, made with '{self.card.name}' {self.card.version}"]
        if self.sensors:
            lines.append("sensors   " + ", ".join(f"{name} {rows:,}" for name, rows in self.sensors.items()))
        if self.bbox is not None:
            lines.append("area      " + ", ".join(f"{side:.4f}" for side in self.bbox) + "  (west, south, east, north)")
        if self.without_place:
            lines.append(f"no place  {self.without_place:,} chips")
        if self.first is not None and self.last is not None:
            lines.append(f"dates     {self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}")
        size = "" if self.megabytes is None else f", {self.megabytes:,.1f} MB"
        lines.append(f"version   {self.version} of {self.versions} kept, {self.fragments} fragments{size}")
        for index in self.indices:
            outside = f", {index.rows_outside:,} outside" if index.rows_outside else ""
            lines.append(f"index     {index.column}: {index.kind}, {index.rows:,} rows{outside}")
        return "\n".join(lines)


@dataclass(frozen=True)
class OptimizeReport:
    """What tidying up did."""

    rows: int
    fragments: tuple[int, int]  # before, after
    megabytes: tuple[float, float] | None  # before, after
    built: tuple[str, ...]  # indices that are new or of another kind
    vector_index: str | None
    recall_at_10: float | None  # of the vector index against an exact scan, on a sample of the archive's own chips
    versions_removed: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return asdict(self) | {"seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        before, after = self.fragments
        lines = [f"{self.rows:,} chips: {before} fragments became {after} in {self.seconds:.1f} s"]
        if self.megabytes is not None:
            lines.append(f"disk      {self.megabytes[0]:,.1f} MB became {self.megabytes[1]:,.1f} MB")
        if self.versions_removed:
            lines.append(f"versions  {self.versions_removed} old ones removed")
        if self.built:
            lines.append(f"built     {', '.join(self.built)}")
        if self.recall_at_10 is not None:
            lines.append(f"recall@10 {self.recall_at_10:.3f} with {self.vector_index}, against an exact scan")
        return "\n".join(lines)


@dataclass(frozen=True)
class VerifyReport:
    """Whether an archive keeps its promises, and where it does not."""

    rows: int
    problems: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return the facts as JSON values."""
        return {"ok": self.ok, "rows": self.rows, "problems": list(self.problems), "seconds": round(self.seconds, 3)}

    def __str__(self) -> str:
        if self.ok:
            return f"{self.rows:,} chips read and checked in {self.seconds:.1f} s: all is well."
        return "\n".join([f"{self.rows:,} chips read, {len(self.problems)} problems:", *self.problems])
