"""A scene is where pixels come from: bands in one or several files that show one place at one time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class BandFile:
    """One band: the file (path, URL or any name GDAL opens), its place in the file, and how to read numbers."""

    name: str  # canonical band name of the scene's sensor
    href: str
    index: int = 1  # the first band of a file is 1
    scale: float | None = None  # None: what the file says, else the sensor's custom
    offset: float | None = None  # added after scaling; None as above

    def to_json(self) -> dict[str, Any]:
        """Return the parts that are set, for storing beside the chip."""
        parts = {"name": self.name, "href": self.href, "index": self.index}
        return parts | {key: getattr(self, key) for key in ("scale", "offset") if getattr(self, key) is not None}


class Window(NamedTuple):
    """A rectangle of source pixels on the scene's grid; it may be read at a coarser scale."""

    column: int
    row: int
    width: int
    height: int


@dataclass(frozen=True)
class Scene:
    """One place at one time as one sensor saw it, before it is cut into chips."""

    id: str  # stable over runs: the STAC item id, or the source address
    source: str  # what the user pointed at, shown in results and reports
    sensor: str
    bands: tuple[BandFile, ...]
    unit: str | None = None  # of the stored numbers, where the sensor allows several ("dB", "power", …)
    datetime: datetime | None = None
    mask: BandFile | None = None  # a scene classification (Sentinel-2 SCL), for the cloud share
    annotations: str | None = None  # GeoJSON of labelled polygons and captions, EPSG:4326
    nodata: float | None = None  # overrides what the files say
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)

    def address(self) -> dict[str, Any]:
        """Return all that is needed to read the pixels again: files, unit and nodata, as JSON values."""
        address: dict[str, Any] = {"sensor": self.sensor, "bands": [band.to_json() for band in self.bands]}
        if self.unit is not None:
            address["unit"] = self.unit
        if self.nodata is not None:
            address["nodata"] = self.nodata
        return address

    @staticmethod
    def from_address(source: str, address: Mapping[str, Any]) -> Scene:
        """Return a scene good enough to read pixels from, as stored beside a chip."""
        return Scene(
            id=source,
            source=source,
            sensor=address["sensor"],
            bands=tuple(BandFile(**band) for band in address["bands"]),
            unit=address.get("unit"),
            nodata=address.get("nodata"),
        )

    def with_text(
        self, *, caption: str | None = None, keywords: tuple[str, ...] = (), labels: tuple[str, ...] = ()
    ) -> Scene:
        """Return the scene with words that hold for all of it."""
        return replace(self, caption=caption, keywords=keywords, labels=labels)
