"""Which labels each sampled chip has: from labelled shapes, from a table, or from OpenStreetMap."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from satseek.core.errors import SourceError
from satseek.datasets.described import described
from satseek.evaluation.compare.features import Feature, read_features
from satseek.evaluation.compare.osm import kinds_of
from satseek.evaluation.compare.sample import Sample

LEAST_COVER = 0.05  # of a chip, by all shapes of one label together
MOSTLY_INSIDE = 0.5  # of one labelled shape: it counts however small it is on the chip
LABEL_KEYS = ("label", "labels", "class", "category", "classname", "name")
TABLES = (".csv", ".tsv")
_SEPARATORS = (";", "|")


@dataclass(frozen=True)
class Labelled:
    """A sample with its labels, where they came from, and what a person should know of that."""

    sample: Sample
    source: str
    notes: tuple[str, ...] = ()


def label(sample: Sample, path: Path, *, least_cover: float = LEAST_COVER) -> Labelled:
    """Return the sample with the labels of a GeoJSON, GeoPackage or table of one's own."""
    if path.suffix.casefold() in TABLES:
        return _by_table(sample, path)
    return _by_shapes(sample, path, _own_labels, least_cover=least_cover, small_too=True, what="labelled shapes")


def label_by_osm(sample: Sample, path: Path, *, least_cover: float = LEAST_COVER) -> Labelled:
    """Return the sample with the kinds of land that an OpenStreetMap extract says; small things do not count."""
    return _by_shapes(sample, path, kinds_of, least_cover=least_cover, small_too=False, what="polygons with known tags")


def cover_labels(
    sample: Sample, shapes: Sequence[tuple[Any, tuple[str, ...]]], *, least_cover: float, small_too: bool
) -> list[tuple[str, ...]]:
    """Return the labels of each picture: those that cover enough of it, or lie mostly inside where small ones count."""
    import shapely

    tree = shapely.STRtree([shape for shape, _ in shapes])
    found: list[tuple[str, ...]] = []
    for item in sample.items:
        if item.place is None:
            found.append(())
            continue
        near = np.sort(tree.query(item.place, predicate="intersects"))
        pieces: dict[str, list[Any]] = {}
        counts: set[str] = set()
        for row in near.tolist():
            shape, labels = shapes[row]
            piece = shape.intersection(item.place)
            for each in labels:
                pieces.setdefault(each, []).append(piece)
            if small_too and _mostly_inside(shape, piece):
                counts.update(labels)
        for each, parts in pieces.items():
            if shapely.union_all(parts).area >= least_cover * item.place.area:
                counts.add(each)
        found.append(tuple(sorted(counts)))
    return found


def _mostly_inside(shape: Any, piece: Any) -> bool:
    if shape.area > 0:
        return bool(piece.area >= MOSTLY_INSIDE * shape.area)
    if shape.length > 0:
        return bool(piece.length >= MOSTLY_INSIDE * shape.length)
    return not piece.is_empty  # a point


def _by_shapes(
    sample: Sample,
    path: Path,
    labels_of: Callable[[Mapping[str, Any]], tuple[str, ...]],
    *,
    least_cover: float,
    small_too: bool,
    what: str,
) -> Labelled:
    within = _bounds(sample, path)
    read = read_features(path, within=within, polygons_only=not small_too)
    shapes = [(each.shape, said) for each in read.features if (said := labels_of(each.facts))]
    _require_shapes(path, read.features, shapes, what)
    labels = cover_labels(sample, shapes, least_cover=least_cover, small_too=small_too)
    share = f"at least {100 * least_cover:g} % of a chip"
    return Labelled(
        _labelled(sample, labels, path), f"{path.name}, {share}", (*read.notes(path), *_unlabelled(sample, labels))
    )


def _require_shapes(path: Path, features: Sequence[Feature], shapes: Sequence[Any], what: str) -> None:
    if not features:
        raise SourceError(
            f"{path} holds nothing where the sampled chips lie. Check that both are of the same area and that its "
            "coordinates are longitude and latitude."
        )
    if not shapes:
        names = ", ".join(sorted({key for each in features[:100] for key in each.facts})[:12]) or "none"
        raise SourceError(
            f"None of the {len(features):,} features of {path.name} at the sampled chips are {what}. Its attributes "
            f"are {names}; a label is called {', '.join(LABEL_KEYS)}."
        )


def _bounds(sample: Sample, path: Path) -> tuple[float, float, float, float]:
    placed = [item.place.bounds for item in sample.items if item.place is not None]
    if not placed:
        raise SourceError(
            f"The sampled chips have no place on the globe, so the shapes of {path.name} cannot be laid over them. "
            "Label them by file name in a CSV with the columns file and label."
        )
    low, high = np.min(placed, axis=0), np.max(placed, axis=0)
    return float(low[0]), float(low[1]), float(high[2]), float(high[3])


def _by_table(sample: Sample, path: Path) -> Labelled:
    """Return labels by the columns `id` of a chip or `file` it is cut from, and `label` (several joined by ;)."""
    by_id: dict[str, list[str]] = {}
    by_file: dict[str, list[str]] = {}
    for row in _rows(path):
        told_labels = _listed(next((row[key] for key in LABEL_KEYS if row.get(key)), ""))
        told = described(row)
        if row.get("id"):
            by_id.setdefault(row["id"].strip(), []).extend(told_labels)
        elif told is not None:
            by_file.setdefault(_file(told.file), []).extend(told_labels)
        else:
            raise SourceError(f"{path} has no column 'id' or 'file', so nobody knows which chips its labels mean.")
    labels = [
        tuple(dict.fromkeys([*by_id.get(item.id, ()), *by_file.get(_file(item.source), ()), *by_file.get(item.id, ())]))
        for item in sample.items
    ]
    return Labelled(_labelled(sample, labels, path), path.name, tuple(_unlabelled(sample, labels)))


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t" if path.suffix.casefold() == ".tsv" else ",")
            rows = [{str(k).strip().casefold(): v or "" for k, v in row.items() if k is not None} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"Cannot read the labels in {path}: {error}. The table must be text in UTF-8.") from error
    if not rows:
        raise SourceError(f"{path} is empty: a first line of column names (file,label) and then one line a label.")
    if not any(key in rows[0] for key in LABEL_KEYS):
        raise SourceError(
            f"{path} has no column of labels; its columns are {', '.join(rows[0])}. Call it 'label', several labels "
            "joined by a semicolon."
        )
    return rows


def _labelled(sample: Sample, labels: Sequence[tuple[str, ...]], path: Path) -> Sample:
    if not any(labels):
        raise SourceError(
            f"None of the {len(sample):,} sampled chips has a label of {path.name}. Check that the labels are of the "
            "same area or the same files, lower --least-cover, or take a larger --sample."
        )
    return sample.labelled(labels)


def _unlabelled(sample: Sample, labels: Sequence[tuple[str, ...]]) -> list[str]:
    bare = sum(not each for each in labels)
    return [f"{bare:,} of {len(sample):,} chips have no label: they stand in every answer as wrong."] if bare else []


def _own_labels(facts: Mapping[str, Any]) -> tuple[str, ...]:
    folded = {str(key).casefold(): value for key, value in facts.items()}
    for key in LABEL_KEYS:
        labels = _listed(folded.get(key))
        if labels:
            return labels
    return ()


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        parts: Iterable[Any] = [value]
        for mark in _SEPARATORS:
            parts = [piece for part in parts for piece in str(part).split(mark)]
    elif isinstance(value, list | tuple | np.ndarray):
        parts = list(value)
    else:
        return ()
    return tuple(dict.fromkeys(text for part in parts if (text := " ".join(str(part).split()))))


def _file(name: str) -> str:
    return name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].casefold()


def counted(sample: Sample) -> Counter[str]:
    """Return how many pictures have each label."""
    return Counter(each for item in sample.items for each in item.labels)
