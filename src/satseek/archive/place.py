"""Whether chips lie in an area: the exact test, after an index has narrowed the choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.area import Area
from satseek.core.chip import BBox

if TYPE_CHECKING:
    import pyarrow as pa


class PlaceTest:
    """Tells which chips touch an area: their true footprints, not only their boxes."""

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

    def __call__(self, table: pa.Table) -> NDArray[np.bool_]:
        """Return one truth for each row that holds `geometry` and `west`, `south`, `east`, `north`."""
        inside, unsure = self._by_boxes(table)
        if unsure.any():
            inside[unsure] = self._by_footprints(table.filter(unsure))
        return inside

    def _by_boxes(self, table: pa.Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return the rows that are surely inside, and those whose footprint has to be looked at."""
        west, south, east, north = (
            table.column(name).to_numpy().astype(float) for name in ("west", "south", "east", "north")
        )
        touching = np.zeros(len(west), dtype=bool)
        inside = np.zeros(len(west), dtype=bool)
        over = east < west  # two boxes in one: always looked at, wherever the latitudes meet
        for box_west, box_south, box_east, box_north in self.boxes:
            latitudes = (south <= box_north) & (north >= box_south)
            touching |= latitudes & (((west <= box_east) & (east >= box_west)) | over)
            within = (west >= box_west) & (east <= box_east) & (south >= box_south) & (north <= box_north)
            inside |= within & ~over
        if not self._is_box:  # inside the polygon's box is not inside the polygon
            inside[:] = False
        return inside, touching & ~inside

    def _by_footprints(self, table: pa.Table) -> NDArray[np.bool_]:
        import shapely

        shapes = shapely.from_wkb(np.asarray(table.column("geometry").to_pylist(), dtype=object))
        bare = np.asarray([shape is None for shape in shapes])
        if bare.any():
            shapes[bare] = [_box_shape(row) for row in table.filter(bare).drop_columns(["geometry"]).to_pylist()]
        touching: NDArray[np.bool_] = shapely.intersects(self._area, shapes)
        return touching


def _boxes(shape: Any, area: Area) -> tuple[BBox, ...]:
    """Return a box for each part, so that two islands far apart are not one wide box."""
    if area.geometry is None:
        return area.boxes
    return tuple(part.bounds for part in getattr(shape, "geoms", [shape]) if not part.is_empty)


def _box_shape(row: dict[str, float]) -> Any:
    import shapely
    from shapely.geometry import box

    parts = Area((row["west"], row["south"], row["east"], row["north"])).boxes
    return shapely.union_all([box(*part) for part in parts])
