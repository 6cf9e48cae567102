"""Polygons with attributes from GeoJSON, GeoPackage or whatever GDAL opens: in degrees, valid, and not too many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from satseek.core.errors import SourceError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOST_FEATURES = 500_000  # that touch the sampled chips
MOST_TEXT_BYTES = 1_500_000_000  # of a GeoJSON, which has to be read whole; a GeoPackage is asked for a part
ENDINGS = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".geojsonl")


@dataclass(frozen=True)
class Feature:
    """One shape in degrees, and what is said of it."""

    shape: BaseGeometry
    facts: Mapping[str, Any]


@dataclass
class Read:
    """What a file of features holds where it was asked for, and what had to be mended or left."""

    features: list[Feature] = field(default_factory=list)
    mended: int = 0  # shapes that crossed themselves
    broken: int = 0  # shapes that are none
    crs: str = ""  # where it was not degrees

    def notes(self, path: Path) -> list[str]:
        """Return what a person should know of the reading."""
        told = []
        if self.crs:
            told.append(f"{path.name} is in {self.crs}; its shapes were brought to degrees (EPSG:4326).")
        if self.mended:
            told.append(f"{self.mended:,} shapes of {path.name} cross themselves and were mended.")
        if self.broken:
            told.append(f"{self.broken:,} features of {path.name} have no shape that can be read and were left out.")
        return told


def read_features(path: Path, *, within: tuple[float, float, float, float], polygons_only: bool = False) -> Read:
    """Return the features of all layers that touch a box in degrees; `SourceError` says what is wrong with the file."""
    _require_file(path)
    found = Read()
    for layer in _layers(path, polygons_only):
        for feature in _of_layer(path, layer, within, found):
            if polygons_only and feature.shape.area == 0:
                continue
            found.features.append(feature)
        if len(found.features) > MOST_FEATURES:
            raise SourceError(
                f"{path} has more than {MOST_FEATURES:,} features where the sampled chips lie. Cut it to the area or "
                "to the kinds of features that matter (ogr2ogr -spat, -where), or sample fewer scenes."
            )
    return found


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise SourceError(f"There is no file {path}.")
    if path.suffix.casefold() not in ENDINGS:
        raise SourceError(f"Cannot tell what '{path.name}' is. Labelled shapes come as {', '.join(ENDINGS)}.")
    size = path.stat().st_size
    if path.suffix.casefold() in (".geojson", ".json") and size > MOST_TEXT_BYTES:
        raise SourceError(
            f"{path} is {size / 1e9:.1f} GB of text, which would have to be read whole. Turn it into a GeoPackage, "
            f"which is asked for a part: ogr2ogr {path.stem}.gpkg {path.name}"
        )


def _layers(path: Path, polygons_only: bool) -> Sequence[str]:
    import pyogrio

    try:
        listed = pyogrio.list_layers(path)
    except (pyogrio.errors.DataSourceError, ValueError) as error:
        raise SourceError(
            f"{path} cannot be opened as labelled shapes: {_first(error)}. GeoJSON or GeoPackage is wanted."
        ) from error
    named = [(str(name), str(kind)) for name, kind in listed if kind is not None and str(kind) != "None"]
    layers = [name for name, kind in named if not polygons_only or "Polygon" in kind or kind == "Unknown"]
    if not layers:
        kinds = ", ".join(sorted({kind for _, kind in named})) or "no shapes"
        raise SourceError(f"{path} holds no layer of polygons (it has {kinds}).")
    return layers


def _of_layer(path: Path, layer: str, within: tuple[float, float, float, float], found: Read) -> Iterator[Feature]:
    import pyogrio
    import shapely

    try:
        to_degrees, box = _reprojection(pyogrio.read_info(path, layer=layer)["crs"], within, path, found)
        meta, _, wkb, columns = pyogrio.raw.read(path, layer=layer, bbox=box, max_features=MOST_FEATURES + 1)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError) as error:
        raise SourceError(f"{path} cannot be read: {_first(error)}. Fetch or write it again.") from error
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    names = [str(name) for name in meta["fields"]]
    for row, shape in enumerate(shapes):
        whole = _whole(shape, to_degrees, found)
        if whole is not None:
            yield Feature(whole, {name: column[row] for name, column in zip(names, columns, strict=True)})


def _whole(shape: Any, to_degrees: Any, found: Read) -> BaseGeometry | None:
    """Return a shape in degrees that encloses what it means to, None where there is none."""
    import shapely

    if shape is None or shape.is_empty or not np.isfinite(shape.bounds).all():
        found.broken += 1
        return None
    placed: BaseGeometry = shape if to_degrees is None else shapely.transform(shape, to_degrees)
    if not placed.is_valid:
        placed = shapely.make_valid(placed)
        found.mended += 1
    if not np.isfinite(placed.bounds).all() or placed.is_empty:
        found.broken += 1
        return None
    return placed


def _reprojection(
    crs: str | None, within: tuple[float, float, float, float], path: Path, found: Read
) -> tuple[Any, tuple[float, float, float, float]]:
    """Return what turns coordinates into degrees, and the box in the file's own coordinates."""
    import pyproj

    if crs is None:
        return None, within
    try:
        source = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise SourceError(f"The coordinate system of {path} is not known: {_first(error)}.") from error
    if source.is_geographic:
        return None, within
    found.crs = source.to_string() if len(source.to_string()) < 40 else source.name
    back = pyproj.Transformer.from_crs("EPSG:4326", source, always_xy=True)
    there = pyproj.Transformer.from_crs(source, "EPSG:4326", always_xy=True)
    box = back.transform_bounds(*within)
    return lambda points: np.column_stack(there.transform(points[:, 0], points[:, 1])), box


def _first(error: BaseException) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
