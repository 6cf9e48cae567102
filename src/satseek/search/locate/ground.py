"""The ground: how large a scene is, where its pixels lie, and which part of it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform as warp
from rasterio.warp import transform_bounds

from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Scene, Window
from satseek.raster.gdal import gdal_call
from satseek.raster.grid import Grid, mapped
from satseek.raster.read import SceneReader
from satseek.search.locate.heat import IntArray

_MOST_OFF = 0.5  # of a pixel, before a fitted place is called rough


@dataclass(frozen=True)
class Ground:
    """A scene and its grid; `grid.crs` is None where no place is known."""

    scene: Scene
    grid: Grid
    note: str | None = None  # what the person should know of its place

    @property
    def has_place(self) -> bool:
        """Whether the pixels lie somewhere on the globe."""
        return self.grid.crs is not None

    @property
    def whole(self) -> Window:
        """The window of all of it."""
        return Window(0, 0, self.grid.width, self.grid.height)


def ground_of(scene: Scene) -> Ground:
    """Open the header of a scene and return its ground."""
    with SceneReader(scene) as reader:
        grid = reader.grid if reader.has_place else Grid(reader.width, reader.height, Affine.identity(), None)
        return Ground(reader.scene, grid)


def ground_of_chips(scene: Scene, chips: Sequence[Chip], windows: IntArray) -> Ground:
    """Return the ground that the stored chips tell of, for a scene whose file cannot be opened.

    Some of its chips are given whole: they know their windows in pixels and their outlines in degrees. Of the
    projections that scenes usually come in, the one is taken in which the outlines fit the windows best as upright
    rectangles.
    """
    width, height = (int((windows[:, axis] + windows[:, axis + 2]).max()) for axis in (0, 1))
    some = [chip for chip in chips if chip.geometry is not None]
    if not some:
        return Ground(scene, Grid(width, height, Affine.identity(), None))
    off, transform, crs = min((_fitted(some, crs) for crs in _usual(some)), key=lambda fit: fit[0])
    rough = f"; true to about {off:.1f} pixels" if off > _MOST_OFF else ""
    note = f"The scene's own file was not opened: its place is fitted to the outlines of its chips{rough}."
    return Ground(scene, Grid(width, height, transform, crs), note)


def region_of(ground: Ground, where: Area | None) -> Window:
    """Return the window of a scene that lies in the box around an area; `UsageError` where there is none."""
    if where is None:
        return ground.whole
    if not ground.has_place:
        raise UsageError("This scene has no place on the globe, so no part of it lies in a box. Leave the box out.")
    parts = [part for box in where.boxes if (part := _part(ground, box)) is not None]
    if not parts:
        raise UsageError(
            "The scene does not reach into the area that is asked for. Choose another area, or leave it out."
        )
    left, top = min(part[0] for part in parts), min(part[1] for part in parts)
    right, bottom = max(part[2] for part in parts), max(part[3] for part in parts)
    return Window(left, top, right - left, bottom - top)


def _part(ground: Ground, box: Sequence[float]) -> tuple[int, int, int, int] | None:
    grid = ground.grid
    with gdal_call(ground.scene.source):
        try:
            west, south, east, north = transform_bounds("EPSG:4326", grid.crs, *box, densify_pts=21)
        except CRSError as error:
            raise SourceError(f"The box cannot be brought to the scene's projection: {error}.") from error
    if not np.isfinite([west, south, east, north]).all():  # a projection that does not know all of the box
        return 0, 0, grid.width, grid.height
    columns, rows = mapped(~grid.transform, np.array([west, east]), np.array([north, south]))
    left, right = max(0, int(np.floor(columns.min()))), min(grid.width, int(np.ceil(columns.max())))
    top, bottom = max(0, int(np.floor(rows.min()))), min(grid.height, int(np.ceil(rows.max())))
    return (left, top, right, bottom) if left < right and top < bottom else None


def _usual(chips: Sequence[Chip]) -> list[CRS]:
    """Return the projections that a scene with these chips may be in: degrees, the web's, and UTM zones around it."""
    west, south, _, _ = chips[0].bbox or (0.0, 0.0, 0.0, 0.0)
    zone, family = int((west + 180) // 6) % 60, 32700 if south < 0 else 32600
    near = [(zone + step) % 60 + 1 for step in (-1, 0, 1)]
    return [CRS.from_epsg(code) for code in (4326, 3857, *(family + number for number in near))]


def _fitted(chips: Sequence[Chip], crs: CRS) -> tuple[float, Affine, CRS]:
    """Return how many pixels the best north-up grid in a projection is off at worst, and its transform."""
    boxes = np.array([_bounds(chip, crs) for chip in chips])  # left, bottom, right, top
    windows = np.array([chip.window for chip in chips], dtype=np.float64)
    columns = np.concatenate([windows[:, 0], windows[:, 0] + windows[:, 2]])
    rows = np.concatenate([windows[:, 1], windows[:, 1] + windows[:, 3]])
    a, c, across = _line(columns, np.concatenate([boxes[:, 0], boxes[:, 2]]))
    e, f, down = _line(rows, np.concatenate([boxes[:, 3], boxes[:, 1]]))
    return max(across, down), Affine(a, 0.0, c, 0.0, e, f), crs


def _bounds(chip: Chip, crs: CRS) -> tuple[float, float, float, float]:
    geometry: Any = chip.geometry
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    ring = np.array([point for polygon in polygons for point in polygon[0]], dtype=np.float64)
    with gdal_call(chip.source):
        x, y = warp("EPSG:4326", crs, ring[:, 0], ring[:, 1])
    return min(x), min(y), max(x), max(y)


def _line(pixels: Any, places: Any) -> tuple[float, float, float]:
    """Return slope, start and worst error in pixels of the straight line through places over pixels."""
    slope, start = np.polyfit(pixels, places, 1)
    off = np.abs(slope * pixels + start - places).max() / max(abs(slope), 1e-300)
    return float(slope), float(start), float(off) if np.isfinite(off) else np.inf
