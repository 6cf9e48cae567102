"""Footprints: where a window lies on the globe, as a true polygon in EPSG:4326, and how big its pixels are there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import Polygon, affinity, box, get_parts, make_valid, set_precision, union_all
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from satseek.core.chip import BBox, Geometry
from satseek.core.errors import SourceError
from satseek.core.scene import Window
from satseek.raster.grid import Grid, mapped

_POINTS_A_SIDE = 16
_STRAIGHT = 1e-4  # a bend below this share of the window's extent is not worth a vertex
_PRECISION = 1e-8  # of a degree: a millimetre
Points = NDArray[np.float64]  # (n, 2): columns and rows, or longitudes and latitudes


@dataclass(frozen=True)
class Footprint:
    """A GeoJSON Polygon or MultiPolygon in degrees, and its box; west > east where it crosses the date line."""

    geometry: Geometry
    bbox: BBox


class Globe:
    """Knows where the pixels of one grid lie on the globe."""

    def __init__(self, grid: Grid) -> None:
        """Take a grid that has a CRS."""
        self._grid = grid

    def footprint(self, window: Window) -> Footprint | None:
        """Return the outline of a window, split at the date line and closed over a pole where it must be.

        None where a window looks past the globe, as the corners of a full-disk image do.
        """
        ring = self._unwrapped_ring(window)
        if ring is None:
            return None
        if len(ring) == 4 * _POINTS_A_SIDE + 1 and _are_plain(ring[None])[0] and self._pole_inside(window) is None:
            return _of_corners(ring[:-1:_POINTS_A_SIDE])
        shape = self._shape(ring, window)
        parts = [orient(part) for part in get_parts(_on_globe(shape)) if isinstance(part, Polygon) and part.area > 0]
        if not parts:
            raise SourceError("The raster lies off the globe. Give it its right CRS with gdal_edit.py -a_srs.")
        west, east = _wrapped(shape.bounds[0], shape.bounds[2])
        south, north = min(part.bounds[1] for part in parts), max(part.bounds[3] for part in parts)
        return Footprint(_geojson(parts), (west, south, east, north))

    def footprints(self, windows: Sequence[Window]) -> list[Footprint | None]:
        """Return the outlines of many windows; those that are plain quadrangles, as most are, in one go."""
        if not windows:
            return []
        sides = np.array(windows, dtype=np.float64)[:, None]  # (windows, 1, 4)
        pixels = sides[..., :2] + _unit_ring() * sides[..., 2:]  # (windows, points, 2)
        rings = self._degrees(pixels.reshape(-1, 2)).reshape(pixels.shape)
        plain = _are_plain(rings)
        return [
            _of_corners(ring[:-1:_POINTS_A_SIDE])
            if plain[number] and self._pole_inside(window) is None
            else self.footprint(window)
            for number, (window, ring) in enumerate(zip(windows, rings, strict=True))
        ]

    def ground_resolution_m(self, column: float, row: float) -> float | None:
        """Return the side in metres of a square with the area that a pixel has on the ground at this place."""
        return self.ground_resolutions_m([(column, row)])[0]

    def ground_resolutions_m(self, places: Sequence[tuple[float, float]]) -> list[float | None]:
        """Return the same for many places, each a column and a row."""
        steps = np.array([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
        pixels = np.asarray(places, dtype=np.float64).reshape(-1, 1, 2) + steps
        degrees = self._degrees(pixels.reshape(-1, 2)).reshape(pixels.shape)
        known = np.asarray(np.isfinite(degrees).all(axis=(1, 2)))
        (place, across, down) = np.moveaxis(np.where(known[:, None, None], degrees, 0.0), 1, 0)
        to_across, _, width = self._geod.inv(*place.T, *across.T)
        to_down, _, height = self._geod.inv(*place.T, *down.T)
        sides = np.sqrt(width * height * np.abs(np.sin(np.radians(to_down - to_across))))  # of a parallelogram
        return [float(side) or None if is_known else None for side, is_known in zip(sides, known, strict=True)]

    @cached_property
    def _geod(self) -> Geod:
        return Geod(ellps="WGS84")

    @cached_property
    def _crs(self) -> CRS:
        assert self._grid.crs is not None
        return CRS.from_wkt(self._grid.crs.to_wkt())

    @cached_property
    def _transformer(self) -> Transformer:
        try:
            return Transformer.from_crs(self._crs, "EPSG:4326", always_xy=True)
        except (CRSError, ProjError) as error:
            raise SourceError(
                f"The raster's CRS cannot be brought to degrees ({error}). Assign one with gdal_edit.py -a_srs."
            ) from error

    @cached_property
    def _poles(self) -> list[tuple[float, float, float]]:
        """Latitude, column and row of the poles; in degrees they are an edge of the map, not a point."""
        if self._crs.is_geographic:
            return []
        points = [(pole, *self._transformer.transform(0.0, pole, direction="INVERSE")) for pole in (90.0, -90.0)]
        to_pixels = ~self._grid.transform
        return [(pole, *mapped(to_pixels, x, y)) for pole, x, y in points]

    def _degrees(self, pixels: Points) -> Points:
        x, y = mapped(self._grid.transform, pixels[:, 0], pixels[:, 1])
        return np.column_stack(self._transformer.transform(x, y))

    def _shape(self, ring: Points, window: Window) -> BaseGeometry:
        """Return the outline as one polygon whose longitudes run on over ±180°."""
        turned = ring[-1, 0] - ring[0, 0]
        pole = self._pole_inside(window)
        if pole is not None and abs(turned) > 180:
            ring = np.vstack([ring, [(ring[-1, 0], pole), (ring[0, 0], pole)]])
        shape: BaseGeometry = Polygon(ring)
        shape = shape if shape.is_valid else make_valid(shape)
        extent = max(shape.bounds[2] - shape.bounds[0], shape.bounds[3] - shape.bounds[1])
        return shape.simplify(extent * _STRAIGHT)

    def _unwrapped_ring(self, window: Window) -> Points | None:
        pixels = _ring(window)
        for _ in range(8):  # near a pole a short edge turns far; look closer there
            degrees = self._degrees(pixels)
            wide = np.flatnonzero(np.abs(_turns(degrees[:, 0])) > 45)
            if wide.size == 0:
                break
            pixels = np.insert(pixels, wide + 1, (pixels[wide] + pixels[wide + 1]) / 2, axis=0)
        degrees = self._degrees(pixels)
        degrees = degrees[np.isfinite(degrees).all(axis=1)]
        if len(degrees) < 4:
            return None
        degrees[:, 0] = degrees[0, 0] + np.concatenate([[0.0], np.cumsum(_turns(degrees[:, 0]))])
        return degrees

    def _pole_inside(self, window: Window) -> float | None:
        for latitude, column, row in self._poles:
            if 0 < column - window.column < window.width and 0 < row - window.row < window.height:
                return latitude
        return None


def _ring(window: Window) -> Points:
    return np.asarray(np.array(window[:2]) + _unit_ring() * np.array(window[2:]))


@cache
def _unit_ring() -> Points:
    """The outline of a window of one pixel at the origin, closed."""
    share = np.linspace(0, 1, _POINTS_A_SIDE, endpoint=False)
    zero, one = np.zeros_like(share), np.ones_like(share)
    across = np.concatenate([share, one, 1 - share, zero, [0.0]])
    down = np.concatenate([zero, share, one, 1 - share, [0.0]])
    return np.column_stack([across, down])


def _are_plain(rings: Points) -> NDArray[np.bool_]:
    """Return which of many outlines (outlines, points, 2) are as good as straight and stay clear of ±180°."""
    corners = rings[:, ::_POINTS_A_SIDE]  # (outlines, 5, 2): the first comes again as the last
    share = np.linspace(0, 1, _POINTS_A_SIDE, endpoint=False)[:, None]
    straight = corners[:, :-1, None] + share * (corners[:, 1:, None] - corners[:, :-1, None])
    with np.errstate(invalid="ignore"):
        inside = (np.abs(rings) <= (180, 90)).all(axis=(1, 2))  # also tells what is not finite
        turns_far = (np.abs(np.diff(rings[:, :, 0])) > 45).any(axis=1)
        bend = np.abs(rings[:, :-1] - straight.reshape(len(rings), -1, 2)).max(axis=(1, 2))
        return np.asarray(inside & ~turns_far & (bend <= _STRAIGHT * np.ptp(rings, axis=1).max(axis=1)))


def _of_corners(corners: Points) -> Footprint | None:
    ring = [[round(x, 8), round(y, 8)] for x, y in corners.tolist()]
    area = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in pairwise([*ring, ring[0]]))
    if not area:
        return None
    ring = ring if area > 0 else ring[::-1]
    longitudes, latitudes = zip(*ring, strict=True)
    bbox = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    return Footprint({"type": "Polygon", "coordinates": [[*ring, ring[0]]]}, bbox)


def _turns(longitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the steps from each longitude to the next, the short way round."""
    with np.errstate(invalid="ignore"):
        return (np.diff(longitudes) + 180) % 360 - 180


def _on_globe(shape: BaseGeometry) -> BaseGeometry:
    """Bring a shape whose longitudes run on back between ±180°, cut at the date line."""
    west, south, east, north = shape.bounds
    if west >= -180 and east <= 180 and south >= -90 and north <= 90:
        return set_precision(shape, _PRECISION)
    turns = range(math.floor((west + 180) / 360), math.ceil((east + 180) / 360))
    pieces = [
        affinity.translate(shape.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90)), -360 * turn)
        for turn in turns
    ]
    return set_precision(union_all(pieces), _PRECISION)


def _wrapped(west: float, east: float) -> tuple[float, float]:
    if east - west >= 360 - _PRECISION:
        return -180.0, 180.0
    west, east = (west + 180) % 360 - 180, (east + 180) % 360 - 180
    return round(west, 8), 180.0 if east == -180 else round(east, 8)


def _geojson(parts: list[Polygon]) -> dict[str, Any]:
    polygons = [[[list(point) for point in ring.coords] for ring in (part.exterior, *part.interiors)] for part in parts]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
