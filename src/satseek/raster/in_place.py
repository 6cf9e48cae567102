"""One scene seen where a chip of another lies: warped onto that chip's own pixels, so that both can be compared."""

from __future__ import annotations

import math

from satseek.core.chip import Chip
from satseek.core.errors import UsageError
from satseek.core.scene import Scene, Window
from satseek.core.sensor import Pixels
from satseek.raster.read import SceneReader

_MOST_FINER = 64  # more pixels a side than that are not read to show one


def read_in_place(scene: Scene, place: Chip, size: tuple[int, int], *, resolution_m: float | None) -> Pixels:
    """Return a scene, whose own pixels are so large, on the ground that a chip of another scene covers.

    What is finer than the answer's pixels is averaged, what is coarser is interpolated.
    """
    with SceneReader(Scene.from_address(place.source, place.address)) as other:
        grid = other.grid
    if grid.crs is None:
        raise UsageError("This chip has no place on the globe, so nothing else shows the same place.")
    finer = _finer(place, size, resolution_m)
    fine = grid.seen_at(place.window, (size[0] * finer, size[1] * finer))
    with SceneReader(scene, grid=fine) as reader:
        return reader.read(Window(0, 0, fine.width, fine.height), size)


def _finer(place: Chip, size: tuple[int, int], resolution_m: float | None) -> int:
    """Return how many pixels of the scene lie along one pixel of the answer, 1 where they are larger."""
    if not (place.ground_resolution_m and resolution_m):
        return 1
    shown_m = place.ground_resolution_m * math.sqrt(place.size[0] * place.size[1] / (size[0] * size[1]))
    return min(max(1, math.ceil(shown_m / resolution_m - 0.01)), _MOST_FINER)
