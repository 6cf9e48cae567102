"""Labelled polygons and captioned patches of a painted scene, as GeoJSON in degrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import sieve
from rasterio.warp import transform as warp
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from satseek.core.scene import Window
from satseek.synthetic.covers import LABEL_OF_COVER, Cover
from satseek.synthetic.facts import SMALLEST_SEEN
from satseek.synthetic.grid import Grid
from satseek.synthetic.nature import outlines
from satseek.synthetic.words import NOUNS
from satseek.synthetic.world import World

CHIP, STEP = 224, 168  # as an ingest cuts unless told otherwise: chips of 224 pixels that overlap by a quarter
CAPTIONS_A_PATCH = 3
COARSE = 4  # map cells a side that areas are outlined with
LEAST_AREA = 700  # pixels; smaller pieces of forest or field say nothing about a chip


def features_of(world: World, *, every: int = 1) -> dict[str, Any]:
    """Return a feature collection: areas and things with labels and keywords, and chip-sized patches with captions."""
    geometries: list[BaseGeometry] = []
    said: list[dict[str, Any]] = []
    for label, geometry in _labelled(world, every):
        geometries.append(geometry)
        said.append({"label": label, "keywords": list(NOUNS[label].keywords)})
    for geometry, captions in _captioned(world, every):
        for caption in captions:
            geometries.append(geometry)
            said.append({"caption": caption})
    degrees = shapely.transform(np.array(geometries, dtype=object), lambda points: _degrees(world, points))
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": words, "geometry": _rounded(geometry)}
            for geometry, words in zip(degrees, said, strict=True)
        ],
    }


def _labelled(world: World, every: int) -> Iterator[tuple[str, BaseGeometry]]:
    box = shapely.box(*world.map.grid.box)
    pixel = world.map.grid.resolution * every
    for zone in world.land.zones:
        inside = zone.shape.intersection(box)
        if inside.area >= LEAST_AREA * pixel**2:
            yield zone.label, inside
    for thing in world.things():
        inside = thing.shape.intersection(box)
        if thing.label and inside.area >= (SMALLEST_SEEN * pixel) ** 2 and inside.area > 0.3 * thing.shape.area:
            yield thing.label, inside.simplify(pixel / 2)
    yield from _areas(world, box, pixel)
    if "road" not in world.land.without:
        roads = [thing.shape for thing in world.land.things if thing.cover == Cover.ROAD]
        roads = [road for road in roads if road.intersects(box)]
        for road in getattr(shapely.union_all(roads).intersection(box), "geoms", []):
            if road.area > 4 * pixel**2:
                yield "road", road.simplify(pixel / 2)


def _areas(world: World, box: BaseGeometry, pixel: float) -> Iterator[tuple[str, BaseGeometry]]:
    """Outline what covers the ground from a coarse look at the map."""
    grid = world.map.grid
    labels = sorted(set(LABEL_OF_COVER.values()) - {"road", "runway"})
    codes = np.zeros(max(Cover) + 1, dtype=np.uint8)
    for cover, label in LABEL_OF_COVER.items():
        if label in labels:
            codes[cover] = labels.index(label) + 1
    step = min(COARSE, max(1, grid.width // 64))
    coarse = codes[world.map.cover[step // 2 :: step, step // 2 :: step]]
    side = grid.resolution * step
    coarse = sieve(coarse, max(2, int(LEAST_AREA * (pixel / side) ** 2 / 4)))
    rivers = {labels.index(name) + 1 for name in ("river", "beach")}
    for geometry, code in outlines(coarse, Grid(grid.left, grid.top, side, coarse.shape[1], coarse.shape[0])):
        area = shape(geometry).simplify(side * 0.75)
        if area.area >= (LEAST_AREA / 4 if code in rivers else LEAST_AREA) * pixel**2:
            clean = area if area.is_valid else shapely.make_valid(area)
            yield labels[int(code) - 1], clean.intersection(box)


def _captioned(world: World, every: int) -> Iterator[tuple[BaseGeometry, tuple[str, ...]]]:
    grid = world.map.grid
    pixel = grid.resolution * every
    width, height = grid.width // every, grid.height // every
    for row in _starts(height):
        for column in _starts(width):
            window = Window(column, row, min(CHIP, width), min(CHIP, height))
            left, top = grid.left + column * pixel, grid.top + row * pixel
            patch = shapely.box(left, top, left + window.width * pixel, top + window.height * pixel)
            yield patch, world.describe(window, every=every).sentences[:CAPTIONS_A_PATCH]


def _starts(length: int) -> list[int]:
    last = max(length - CHIP, 0)
    return [*range(0, last, STEP), last]


def _degrees(world: World, points: NDArray[np.float64]) -> NDArray[np.float64]:
    plane = world.to_plane(points)
    longitudes, latitudes = warp(world.crs, "EPSG:4326", plane[:, 0], plane[:, 1])
    return np.stack([longitudes, latitudes], -1)


def _rounded(geometry: BaseGeometry) -> dict[str, Any]:
    snapped = shapely.set_precision(geometry, 1e-7, mode="pointwise")
    return dict(snapped.__geo_interface__)
