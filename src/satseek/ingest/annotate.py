"""Words for a chip: what is said of its scene, and what labelled polygons and captioned patches say of its place."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import shapely
from shapely import STRtree
from shapely.errors import ShapelyError
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from satseek.core.chip import Geometry
from satseek.core.errors import SourceError
from satseek.core.scene import Scene

LEAST_COVER = 0.01  # of the chip, by all polygons of one label
LEAST_INSIDE = 0.5  # of one feature, however small it is on the chip
LEAST_CAPTION_COVER = 0.25  # of the chip, by the patch that a caption describes
LEAST_CROSSING = 0.25  # length of a line on the chip, in chip sides
MOST_CAPTIONS = 3
MOST_WORDS = 50  # labels or keywords of one chip
MOST_CHARACTERS = 2_000
MOST_BYTES = 64_000_000
MOST_FEATURES = 500_000
KEPT_FILES = 4
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Words:
    """What is said of one chip."""

    caption: str | None = None
    keywords: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Annotator:
    """Says what is written about a chip; annotation files are loaded once and the last few are kept."""

    def __init__(self, *, shared: str | None = None, warn: Callable[[str], None]) -> None:
        """Take a file that speaks of all scenes, beside what each scene names itself."""
        self._shared = shared
        self._warn = warn
        self._kept: OrderedDict[str, Annotations] = OrderedDict()
        self._lock = Lock()

    def words_of(self, scene: Scene, geometry: Geometry | None) -> Words:
        """Return the words for a chip of a scene; without a place only what holds for all of the scene."""
        if scene.annotations is None and self._shared is None:
            return Words(scene.caption, scene.keywords, scene.labels)
        files = [self._annotations(href) for href in dict.fromkeys((scene.annotations, self._shared)) if href]
        place = None if geometry is None else shape(dict(geometry))
        found = [file.words_in(place) for file in files]
        captions = [words.caption for words in found if words.caption]
        return Words(
            caption=" ".join(captions) or scene.caption,
            keywords=_once([*(word for words in found for word in words.keywords), *scene.keywords]),
            labels=_once([*(word for words in found for word in words.labels), *scene.labels]),
        )

    def _annotations(self, href: str) -> Annotations:
        with self._lock:
            if href not in self._kept:
                self._kept[href] = self._loaded(href)
                if len(self._kept) > KEPT_FILES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(href)
            return self._kept[href]

    def _loaded(self, href: str) -> Annotations:
        try:
            annotations = read_annotations(href)
            if annotations.broken:
                self._warn(f"{annotations.broken:,} features of {href} have no readable geometry and are left out.")
            return annotations
        except SourceError as error:
            self._warn(f"{error} Its scenes are added without these words.")
            return Annotations([])


class Annotations:
    """The features of one file, ready to be asked what they say of a place."""

    def __init__(self, features: Iterable[Mapping[str, Any]]) -> None:
        self.broken = 0  # features whose geometry cannot be read
        geometries: list[BaseGeometry] = []
        self._said: list[_Said] = []
        self._everywhere: list[_Said] = []
        for feature in features:
            said = _said(feature.get("properties"))
            if said is None:
                continue
            if feature.get("geometry") is None:
                self._everywhere.append(said)
                continue
            geometry = _geometry(feature["geometry"])
            if geometry is None:
                self.broken += 1
                continue
            geometries.append(geometry)
            self._said.append(said)
        self._geometries = np.array(geometries, dtype=object)
        self._tree = STRtree(geometries)
        self._tree.query(shapely.box(0, 0, 1, 1))  # it is built at its first question, which two threads must not ask

    def words_in(self, place: BaseGeometry | None) -> Words:
        """Return what the features say of a place; those without a geometry speak of every place."""
        overlaps = [] if place is None or not self._said else self._overlaps(place)
        captions = self._captions(overlaps) + [said.caption for said in self._everywhere if said.caption]
        keywords = _words(overlaps, "keywords") + [word for said in self._everywhere for word in said.keywords]
        labels = _words(overlaps, "labels") + [word for said in self._everywhere for word in said.labels]
        caption = " ".join(_once(captions)[:MOST_CAPTIONS])[:MOST_CHARACTERS]
        return Words(caption or None, _once(keywords)[:MOST_WORDS], _once(labels)[:MOST_WORDS])

    def _overlaps(self, place: BaseGeometry) -> list[_Overlap]:
        found = np.sort(self._tree.query(place, predicate="intersects"))
        features = self._geometries[found]
        parts = shapely.intersection(features, place)
        area, length = shapely.area(features), shapely.length(features)
        area_inside, length_inside = shapely.area(parts), shapely.length(parts)
        side = place.area**0.5
        overlaps = []
        for row, index in enumerate(found):
            if area[row] > 0:
                inside, crossing = area_inside[row] / area[row], 0.0
            elif length[row] > 0:
                inside, crossing = length_inside[row] / length[row], length_inside[row] / side
            else:  # points
                inside, crossing = 1.0, 0.0
            overlaps.append(_Overlap(self._said[index], float(area_inside[row] / place.area), inside, crossing))
        return overlaps

    @staticmethod
    def _captions(overlaps: Sequence[_Overlap]) -> list[str]:
        """The captions of the patches that cover the place most, best first."""
        good = [each for each in overlaps if each.cover >= LEAST_CAPTION_COVER or each.inside >= LEAST_INSIDE]
        good.sort(key=lambda each: (-round(each.cover, 6), -round(each.inside, 6)))
        return [each.said.caption for each in good if each.said.caption]


def read_annotations(href: str) -> Annotations:
    """Load a GeoJSON file of labelled features; `SourceError` says what is wrong with it."""
    try:
        value = json.loads(_text(href))
        features = value["features"] if value["type"] == "FeatureCollection" else [value]
        if not all(isinstance(feature, Mapping) and feature["type"] == "Feature" for feature in features):
            raise ValueError("it holds no features")
        crs = str(((value.get("crs") or {}).get("properties") or {}).get("name", "CRS84"))
    except (OSError, URLError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f"Cannot read the annotations {href}: {_reason(error)}. "
            "They are a GeoJSON file of features with label, labels, keywords or caption."
        ) from error
    if "CRS84" not in crs and "4326" not in crs:
        raise SourceError(f"The annotations {href} are in {crs}. Write them in degrees (EPSG:4326), as GeoJSON wants.")
    if len(features) > MOST_FEATURES:
        raise SourceError(f"The annotations {href} have {len(features):,} features; the limit is {MOST_FEATURES:,}.")
    return Annotations(features)


@dataclass(frozen=True)
class _Said:
    """The words of one feature."""

    caption: str | None
    keywords: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class _Overlap:
    """How one feature and one chip lie to each other."""

    said: _Said
    cover: float  # share of the chip that the feature covers
    inside: float  # share of the feature that lies in the chip
    crossing: float  # length of a line in the chip, in chip sides


def _words(overlaps: Sequence[_Overlap], kind: str) -> list[str]:
    """The labels or keywords that count for a chip, the widest first."""
    cover: dict[str, float] = {}
    counts: set[str] = set()
    for overlap in overlaps:
        for word in getattr(overlap.said, kind):
            cover[word] = cover.get(word, 0.0) + overlap.cover
            if overlap.inside >= LEAST_INSIDE or overlap.crossing >= LEAST_CROSSING:
                counts.add(word)
    chosen = [word for word in cover if word in counts or cover[word] >= LEAST_COVER]
    return sorted(chosen, key=lambda word: (-round(cover[word], 6), word))


def _text(href: str) -> bytes:
    scheme = href.partition("://")[0].lower() if "://" in href else ""
    if scheme in ("http", "https", "file"):
        with urlopen(href, timeout=PATIENCE_S) as answer:
            text: bytes = answer.read(MOST_BYTES + 1)
    elif scheme:
        raise ValueError(f"annotations are read from disk or HTTP, not from {scheme}")
    else:
        with open(href, "rb") as file:
            text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ValueError(f"it is larger than {MOST_BYTES / 1e6:.0f} MB")
    return text


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error).rstrip(".") or type(error).__name__


def _said(properties: Any) -> _Said | None:
    if not isinstance(properties, Mapping):
        return None
    caption = properties.get("caption")
    said = _Said(
        caption=" ".join(caption.split())[:MOST_CHARACTERS] or None if isinstance(caption, str) else None,
        keywords=_listed(properties.get("keywords")),
        labels=_once([*_listed(properties.get("label")), *_listed(properties.get("labels"))]),
    )
    return said if said.caption or said.keywords or said.labels else None


def _listed(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return _once([" ".join(str(each).split())[:MOST_CHARACTERS] for each in values])


def _geometry(value: Any) -> BaseGeometry | None:
    try:
        geometry = shape(value)
        if geometry.is_empty or not np.isfinite(geometry.bounds).all():
            return None
        return geometry if geometry.is_valid else shapely.make_valid(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
