"""What a search returns: hits that print themselves, turn into GIS formats, and show thumbnails in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from satseek.core.errors import UnknownName, UsageError
from satseek.core.query import Query
from satseek.core.result import Explanation, Hit
from satseek.search import formats

if TYPE_CHECKING:
    import geopandas

WHAT_TO_DO = "Ask in other words or by example, or search without a cut to see what comes nearest."
FORMATS = ("table", "json", "geojson", "geoparquet", "csv")
_SUFFIXES = {
    ".txt": "table", ".json": "json", ".geojson": "geojson", ".parquet": "geoparquet", ".geoparquet": "geoparquet",
    ".csv": "csv",
}  # fmt: skip


@dataclass(frozen=True)
class SearchResult:
    """The hits of one query, best first, and how they came about."""

    hits: tuple[Hit, ...]
    query: Query
    explanation: Explanation
    notes: tuple[str, ...] = ()  # what the person should know, such as words that the model does not
    dropped: tuple[Hit, ...] = ()  # less probably right than the cut that was asked for
    cut: float | None = None  # the probability that was cut at
    convincing_from: float | None = None  # the probability from which on a hit convinces; None: nobody knows

    def __iter__(self) -> Iterator[Hit]:
        return iter(self.hits)

    def __len__(self) -> int:
        return len(self.hits)

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[index]

    def __str__(self) -> str:
        lines = [formats.table(self.hits) if self.hits else self.message or "No chip matches."]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        from satseek.search.gallery import html

        return html(self.hits, self.notes)

    @property
    def ids(self) -> list[str]:
        """The ids of the chips, best first."""
        return [hit.chip.id for hit in self.hits]

    @property
    def convincing(self) -> bool | None:
        """Whether some hit is probably what was asked for; None where that cannot be said."""
        known = [hit.probability for hit in (*self.hits, *self.dropped) if hit.probability is not None]
        if self.convincing_from is None or (self.hits and not known):
            return None
        return any(each >= self.convincing_from for each in known)

    @property
    def message(self) -> str | None:
        """What to say where a cut has left nothing; else None."""
        if self.hits or self.query.cut is None or self.query.offset or not (self.dropped or self.convincing is False):
            return None
        best = max((hit.probability or 0.0 for hit in self.dropped), default=None)
        why = (
            ""
            if best is None
            else f" The best hit is right with a probability of {best:.0%}, the cut is {self.cut:.0%}."
        )
        return f"No convincing match.{why} {WHAT_TO_DO}"

    def cut_at(self, probability: float) -> SearchResult:
        """Return the result without the hits that are less probably right; what is not known is kept."""
        kept = [hit.probability is None or hit.probability >= probability for hit in self.hits]
        hits = tuple(hit for hit, stays in zip(self.hits, kept, strict=True) if stays)
        dropped = tuple(hit for hit, stays in zip(self.hits, kept, strict=True) if not stays)
        return replace(self, hits=hits, dropped=(*self.dropped, *dropped), cut=probability)

    def to_json(self) -> dict[str, Any]:
        """Return the query, the hits, the notes and the explanation as JSON values."""
        return {
            "query": self.query.to_json(),
            "hits": [formats.hit_json(hit) for hit in self.hits],
            "notes": list(self.notes),
            "convincing": self.convincing,
            "cut": self.cut_json(),
            "explanation": self.explanation.to_json(),
        }

    def page(self, query: Query) -> tuple[SearchResult, bool]:
        """Return what lies on a page where more was asked for, and whether anything is to come behind it.

        A page of which nothing survived the cut is the last: what follows fits less.
        """
        last = query.offset + query.k
        hits = tuple(hit for hit in self.hits if hit.rank <= last)
        dropped = tuple(hit for hit in self.dropped if hit.rank <= last)
        more = len(self.hits) + len(self.dropped) > len(hits) + len(dropped)
        return replace(self, query=query, hits=hits, dropped=dropped), more and not (dropped and not hits)

    def cut_json(self) -> dict[str, Any]:
        """Return which cut was asked for, the probability it stands for, and how many hits it kept and dropped."""
        return {
            "asked": self.query.cut,
            "probability": self.cut,
            "kept": len(self.hits),
            "dropped": len(self.dropped),
        }

    def to_geojson(self) -> dict[str, Any]:
        """Return a FeatureCollection; a chip without a place has a null geometry."""
        return {"type": "FeatureCollection", "features": [formats.feature(hit) for hit in self.hits]}

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """Return one row a hit, in EPSG:4326."""
        return formats.geodataframe(self.hits)

    def text(self, format: str) -> str:
        """Return the result as text in one of the text formats: table, json, geojson, csv."""
        known_format(format)
        if format == "table":
            return f"{self}\n"
        if format == "csv":
            return formats.csv_text(self.hits)
        if format == "geoparquet":
            raise UsageError("GeoParquet is not text: save it to a file (-o hits.parquet).")
        return formats.json_text(self.to_json() if format == "json" else self.to_geojson())

    def save(self, path: str | Path, format: str | None = None) -> Path:
        """Write the result to a file; without a format, the file's ending says which."""
        path = Path(path)
        format = known_format(format) if format else format_of_file(path)
        try:
            if format == "geoparquet":
                self.to_geodataframe().to_parquet(path)
            else:
                path.write_text(self.text(format), encoding="utf-8", newline="")
        except OSError as error:
            raise UsageError(f"Cannot write '{path}': {error.strerror or error}. Choose another place.") from None
        return path


def known_format(name: str) -> str:
    """Return the name of a format, or say which one was probably meant."""
    if name not in FORMATS:
        raise UnknownName("format", name, FORMATS)
    return name


def format_of_file(path: Path) -> str:
    """Return the format that a file's ending stands for."""
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(
            f"The ending of '{path.name}' does not say which format is meant. "
            f"Use one of {', '.join(_SUFFIXES)}, or say --format."
        )
    return _SUFFIXES[path.suffix.lower()]
