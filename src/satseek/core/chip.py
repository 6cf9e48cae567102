"""A chip is what is searched: a window of a scene, where and when it is, what is said of it, how good it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from satseek.core.scene import Scene, Window

BBox = tuple[float, float, float, float]  # west, south, east, north in degrees; west > east crosses the date line
Geometry = Mapping[str, Any]  # a GeoJSON Polygon or MultiPolygon in EPSG:4326


@dataclass(frozen=True)
class Chip:
    """One searchable piece of a scene; its pixels stay where they are and are found by `address` and `window`."""

    id: str
    sensor: str
    source: str
    scene: str
    window: Window
    scale: float  # source pixels per chip pixel: 1 is full resolution, 4 is four times coarser
    size: tuple[int, int]  # (height, width) of the chip as the model saw it
    address: Mapping[str, Any]
    geometry: Geometry | None = None
    bbox: BBox | None = None
    datetime: datetime | None = None
    ground_resolution_m: float | None = None  # of the chip, not of the source
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    nodata_share: float = 0.0
    cloud_share: float | None = None

    @property
    def text(self) -> str:
        """All that is said of the chip, as one text for the full-text index."""
        return " ".join(filter(None, [self.caption, *self.keywords, *self.labels]))


def chip_id(*, scene: Scene, window: Window, scale: float, model: str) -> str:
    """Return the id that the same window of the same scene gets in every run with the same model."""
    return chip_id_maker(scene, model)(window, scale)


def chip_id_maker(scene: Scene, model: str) -> Callable[[Window, float], str]:
    """Return what makes the ids of one scene's chips: all but window and scale is written down once."""
    begin = json.dumps([scene.id, scene.sensor, [band.name for band in scene.bands]], separators=(",", ":"))[:-1]
    begun, end = hashlib.sha256(f"{begin},[".encode()), f",{json.dumps(model)}]"

    def make(window: Window, scale: float) -> str:
        digest = begun.copy()
        digest.update(f"{','.join(map(str, window))}],{float(scale)!r}{end}".encode())
        return digest.hexdigest()[:24]

    return make
