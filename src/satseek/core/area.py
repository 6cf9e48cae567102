"""Where: a box or a polygon on the globe, checked as it comes in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from satseek.core.chip import BBox, Geometry
from satseek.core.errors import UsageError

MAX_VERTICES = 10_000


@dataclass(frozen=True)
class Area:
    """A place to search in: always a box, with a polygon where the box is not the whole answer."""

    bbox: BBox
    geometry: Geometry | None = None

    @property
    def crosses_date_line(self) -> bool:
        """Whether the box runs over 180°, told by its west lying east of its east."""
        return self.bbox[0] > self.bbox[2]

    @property
    def boxes(self) -> tuple[BBox, ...]:
        """The box, or its two halves where it crosses the date line."""
        west, south, east, north = self.bbox
        if self.crosses_date_line:
            return (west, south, 180.0, north), (-180.0, south, east, north)
        return (self.bbox,)

    @staticmethod
    def from_bbox(bbox: str | Sequence[float]) -> Area:
        """Read `west,south,east,north` in degrees; west > east runs over the date line."""
        parts = bbox.split(",") if isinstance(bbox, str) else list(bbox)
        try:
            numbers = [float(part) for part in parts]
        except (TypeError, ValueError):
            raise UsageError(f"Cannot read the box '{bbox}'. Write west,south,east,north in degrees.") from None
        if len(numbers) != 4 or not all(math.isfinite(number) for number in numbers):
            raise UsageError(f"A box has four numbers: west,south,east,north in degrees. This one is '{bbox}'.")
        west, south, east, north = numbers
        if south > north:
            raise UsageError(
                f"The box is upside down: south {south:g} lies north of north {north:g}. "
                "The order is west,south,east,north."
            )
        if not (-90 <= south <= north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
            raise UsageError(
                f"The box {west:g},{south:g},{east:g},{north:g} leaves the globe: longitudes are within ±180, "
                "latitudes within ±90. For a box over the date line write west > east, like 170,-20,-170,-10."
            )
        return Area((west, south, east, north))

    @staticmethod
    def from_geojson(geojson: str | Mapping[str, Any]) -> Area:
        """Read a GeoJSON Polygon, MultiPolygon, or a Feature or collection of them."""
        try:
            value = json.loads(geojson) if isinstance(geojson, str) else geojson
            polygons = _polygons(value)
            points = [_position(point) for polygon in polygons for ring in polygon for point in ring]
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UsageError(
                f"Cannot read the area: {error}. Give a GeoJSON Polygon or MultiPolygon in degrees."
            ) from None
        if len(points) > MAX_VERTICES:
            raise UsageError(
                f"The area has {len(points):,} points and the limit is {MAX_VERTICES:,}. Simplify the polygon first."
            )
        geometry = _geometry(polygons)
        longitudes, latitudes = [x for x, _ in points], [y for _, y in points]
        box = Area.from_bbox((min(longitudes), min(latitudes), max(longitudes), max(latitudes))).bbox
        return Area(box, geometry)

    def to_json(self) -> dict[str, Any]:
        """Return the STAC API's form: `bbox` or `intersects`."""
        return {"intersects": dict(self.geometry)} if self.geometry is not None else {"bbox": list(self.bbox)}


def _polygons(value: Mapping[str, Any]) -> list[Any]:
    kind = value["type"]
    if kind == "FeatureCollection":
        return [polygon for feature in value["features"] for polygon in _polygons(feature)]
    if kind == "Feature":
        return _polygons(value["geometry"])
    if kind == "Polygon":
        return _checked([value["coordinates"]])
    if kind == "MultiPolygon":
        return _checked(value["coordinates"])
    raise ValueError(f"it is a {kind}, not a polygon")


def _checked(polygons: list[Any]) -> list[Any]:
    if not polygons or any(not polygon for polygon in polygons):
        raise ValueError("it is empty")
    for ring in (ring for polygon in polygons for ring in polygon):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise ValueError("a ring needs at least four points and must end where it starts")
    return polygons


def _position(point: Sequence[Any]) -> tuple[float, float]:
    longitude, latitude = float(point[0]), float(point[1])
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise ValueError("a coordinate is not a number")
    return longitude, latitude


def _geometry(polygons: list[Any]) -> Geometry:
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}
