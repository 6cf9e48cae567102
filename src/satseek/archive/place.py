"""Whether chips lie in an area: the exact test, after an index has narrowed the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.area import Area
from satseek.core.chip import BBox

BoolArray = NDArray[np.bool_]


class PlaceTest:
    """Tells which chips touch an area: by their boxes where that settles it, by their footprints along its edge."""

    def __init__(self, area: Area) -> None:
        """Prepare the area once for many chips."""
        import shapely
        from shapely.geometry import box, shape

        if area.geometry is not None:
            self._area = shape(dict(area.geometry))
            if not self._area.is_valid:  # a bow tie, or rings that cross: what is drawn is what is meant
                self._area = shapely.make_valid(self._area)
        else:
            self._area = shapely.union_all([box(*part) for part in area.boxes])
        self._is_box = area.geometry is None
        self.boxes: tuple[BBox, ...] = _boxes(self._area, area)
        self.square_degrees: float = self._area.area
        shapely.prepare(self._area)

    @property
    def share_of_boxes(self) -> float:
        """How much of its boxes the area fills."""
        boxes = sum((east - west) * (north - south) for west, south, east, north in self.boxes)
        return min(self.square_degrees / boxes, 1.0) if boxes > 0 else 1.0

    def by_boxes(self, bboxes: NDArray[np.float64]) -> tuple[BoolArray, BoolArray]:
        """Return the chips that are surely inside, and those whose footprint has to be looked at."""
        west, south, east, north = bboxes.T  # NaN where there is no place: never inside, never looked at
        over = east < west  # two boxes in one: looked at wherever the latitudes meet
        inside, touching = np.zeros(len(west), dtype=bool), np.zeros(len(west), dtype=bool)
        for box_west, box_south, box_east, box_north in self.boxes:
            latitudes = (south <= box_north) & (north >= box_south)
            touching |= latitudes & (((west <= box_east) & (east >= box_west)) | over)
            within = (west >= box_west) & (east <= box_east) & (south >= box_south) & (north <= box_north)
            inside |= within & ~over
        if not self._is_box:  # inside the polygon's box is not inside the polygon
            inside, touching = self._by_polygon(bboxes, touching, over)
        return inside, touching & ~inside

    def by_footprints(self, wkb: Sequence[bytes | None], bboxes: NDArray[np.float64]) -> BoolArray:
        """Return which footprints touch the area; a chip without one is taken for its box."""
        import shapely

        shapes = shapely.from_wkb(np.asarray(wkb, dtype=object))
        for position in np.flatnonzero(shapely.is_missing(shapes)):
            shapes[position] = _shape_of_box(bboxes[position])
        touching: BoolArray = shapely.intersects(self._area, shapes)
        return touching

    def _by_polygon(
        self, bboxes: NDArray[np.float64], touching: BoolArray, over: BoolArray
    ) -> tuple[BoolArray, BoolArray]:
        import shapely

        asked = np.flatnonzero(touching & ~over)
        shapes = shapely.box(*bboxes[asked].T)
        inside, near = np.zeros(len(bboxes), dtype=bool), touching & over
        inside[asked] = shapely.covers(self._area, shapes)
        near[asked] = shapely.intersects(self._area, shapes)
        return inside, near


def _boxes(shape: Any, area: Area) -> tuple[BBox, ...]:
    """Return a box for each part, so that two islands far apart are not one wide box."""
    if area.geometry is None:
        return area.boxes
    return tuple(part.bounds for part in getattr(shape, "geoms", [shape]) if not part.is_empty)


def _shape_of_box(bbox: NDArray[np.float64]) -> Any:
    import shapely
    from shapely.geometry import box

    west, south, east, north = (float(side) for side in bbox)
    return shapely.union_all([box(*part) for part in Area((west, south, east, north)).boxes])
