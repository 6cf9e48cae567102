"""Outlines: the places of a heat map that lie above a cut, as polygons in degrees with their scores and areas."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import rasterize, shapes
from shapely import affinity
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from satseek.core.vectors import FloatArray

FINER = 4  # a side of a cell is divided for outlines, so that they follow the heat and not its cells
LEAST_CELLS = 0.5  # smaller places are the noise of a cut through a slope
MOST_PLACES = 1_000
_STRAIGHT = 0.3  # of a cell


def places_of(heat: FloatArray, cut: float, transform: Affine, crs: Any) -> list[dict[str, Any]]:
    """Return GeoJSON features of the places where the heat is at least the cut, the hottest first, at most 1,000.

    Each says its mean and its peak heat in 0…1 and its area on the ground in m².
    """  # heat (rows, columns), NaN where nothing is known
    fine = finer(heat, FINER)
    hot = np.nan_to_num(fine, nan=-1.0) >= cut
    with warnings.catch_warnings():  # the outlines are in cells on purpose; rasterio takes that for a forgotten place
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        outlines = [outline for outline, _ in shapes(hot.astype(np.uint8), mask=hot)]
    if not outlines:
        return []
    labels = rasterize(
        ((outline, number) for number, outline in enumerate(outlines, start=1)), out_shape=hot.shape, dtype="int32"
    )
    owners, values = labels[hot] - 1, fine[hot].astype(np.float64)
    sizes = np.bincount(owners, minlength=len(outlines))
    cells, means = sizes / FINER**2, np.bincount(owners, weights=values, minlength=len(outlines)) / np.maximum(sizes, 1)
    peaks = np.zeros(len(outlines))
    np.maximum.at(peaks, owners, values)
    kept = np.flatnonzero(cells >= min(LEAST_CELLS, float(cells.max())))
    kept = kept[np.lexsort((-cells[kept], -peaks[kept]))][:MOST_PLACES]
    features: list[dict[str, Any]] = []
    for number in kept.tolist():
        geometry, area = in_degrees(_on_ground(outlines[number], transform), crs)
        if not geometry.is_empty:
            features.append(
                {
                    "type": "Feature",
                    "geometry": mapping(geometry),
                    "properties": {
                        "rank": len(features) + 1,
                        "mean": round(float(means[number]), 4),
                        "peak": round(float(peaks[number]), 4),
                        "area_m2": round(area, 1),
                    },
                }
            )
    return features


def finer(heat: FloatArray, times: int) -> FloatArray:
    """Return the heat on cells that many times finer a side, blended between the middles of the given cells."""
    known = np.isfinite(heat)
    if known.all():
        return _blended(heat, times)
    share = _blended(known.astype(np.float32), times)
    own = np.repeat(np.repeat(known, times, axis=0), times, axis=1)
    values = _blended(np.where(known, heat, 0.0).astype(np.float32), times) / np.maximum(share, 1e-6)
    return np.where(own, values, np.nan).astype(np.float32)


def in_degrees(plane: BaseGeometry, crs: Any) -> tuple[BaseGeometry, float]:
    """Return a shape of a projection in EPSG:4326, cut at the date line, and its area on the ground in m²."""
    to_degrees = Transformer.from_crs(crs.to_wkt(), "EPSG:4326", always_xy=True)

    def unrolled(points: NDArray[np.float64]) -> NDArray[np.float64]:
        degrees = np.column_stack(to_degrees.transform(points[:, 0], points[:, 1]))
        if np.ptp(degrees[:, 0]) > 180:  # over the date line: longitudes run on
            degrees[:, 0] = np.where(degrees[:, 0] < 0, degrees[:, 0] + 360, degrees[:, 0])
        return degrees

    globe = shapely.transform(plane, unrolled)
    if not np.isfinite(shapely.get_coordinates(globe)).all():
        return shapely.Polygon(), 0.0
    globe = shapely.make_valid(globe)
    area = abs(Geod(ellps="WGS84").geometry_area_perimeter(globe)[0])
    if globe.bounds[2] > 180:
        world = shapely.box(-180, -90, 180, 90)
        over = affinity.translate(globe, -360)
        globe = shapely.union_all([globe.intersection(world), over.intersection(world)])
    return shapely.set_precision(globe, 1e-7), area


def _on_ground(outline: Any, transform: Affine) -> BaseGeometry:
    """Return an outline on the fine cells in the projection's own units, without the steps of the cells."""
    fine = transform @ Affine.scale(1 / FINER)
    placed = affinity.affine_transform(shape(outline), [fine.a, fine.b, fine.d, fine.e, fine.c, fine.f])
    return _smooth(placed, _STRAIGHT * abs(transform.a * transform.e) ** 0.5)


def _smooth(outline: BaseGeometry, tolerance: float) -> BaseGeometry:
    simple = outline.simplify(tolerance)
    return simple if not simple.is_empty and simple.is_valid else outline


def _blended(heat: FloatArray, times: int) -> FloatArray:
    for axis, length in enumerate(heat.shape):
        at = np.clip((np.arange(length * times) + 0.5) / times - 0.5, 0, length - 1)
        before = at.astype(np.int64)
        share = (at - before).astype(np.float32).reshape((-1, 1) if axis == 0 else (1, -1))
        after = np.minimum(before + 1, length - 1)
        heat = np.take(heat, before, axis) * (1 - share) + np.take(heat, after, axis) * share
    return heat
