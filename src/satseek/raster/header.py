"""Headers: what a raster says of itself before any pixel is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from satseek.core.sensor import Sensor
from satseek.raster.names import datetime_of_name, datetime_of_text

_NAME_TAGS = ("name", "band_name", "bandname", "long_name", "description")
_TIME_TAGS = ("acqui", "sensing", "datetime", "start_time", "date", "tifftag_datetime")
_OF_ANOTHER_TIME = "creat|process|modif|update|publi|generat|valid|expire"
_SAYS_NOTHING = re.compile(r"(bands?|layer|channel|gr[ae]y|undefined|image|data)?[ _\-]*\d*", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The facts of one file that tell what kind of image it is."""

    href: str
    count: int
    dtypes: tuple[str, ...]
    names: tuple[str | None, ...]  # of each band, where it has one that means something
    colours: tuple[str, ...]  # GDAL's colour interpretation: "red", "alpha", "palette", …
    tags: Mapping[str, str]
    driver: str = "GTiff"

    @property
    def is_8bit(self) -> bool:
        """Whether all bands hold bytes."""
        return set(self.dtypes) == {"uint8"}

    @property
    def has_alpha(self) -> bool:
        """Whether the last band only says what is transparent."""
        return self.colours[-1] == "alpha" and self.count > 1

    @property
    def products(self) -> str:
        """All names of products and dates that the tags tell, as one text."""
        return " ".join(value for value in self.tags.values() if len(value) < 500)


def header_of(href: str, dataset: Any) -> Header:
    """Return the facts of an open file."""
    tags = {key.lower(): str(value) for key, value in {**dataset.tags(ns="IMAGERY"), **dataset.tags()}.items()}
    names = [dataset.descriptions[band] or _name_in(dataset.tags(band + 1)) for band in range(dataset.count)]
    told = [None if name is None or _SAYS_NOTHING.fullmatch(name.strip()) else name.strip() for name in names]
    if dataset.count > 1 and len(set(told)) == 1:
        told = [None] * dataset.count
    return Header(
        href=href,
        count=dataset.count,
        dtypes=tuple(dataset.dtypes),
        names=tuple(told),
        colours=tuple(colour.name for colour in dataset.colorinterp),
        tags=tags,
        driver=dataset.driver,
    )


def datetime_of_tags(tags: Mapping[str, str]) -> datetime | None:
    """Return when a scene was taken: a product name in the tags says it best, the time the file was written last."""
    for value in tags.values():
        if found := datetime_of_name(value):
            return found
    for wanted in _TIME_TAGS:
        for key, value in tags.items():
            of_another = re.search(_OF_ANOTHER_TIME, key) or (key == "tifftag_datetime" and wanted != key)
            if wanted in key and not of_another and (found := datetime_of_text(value)):
                return found
    return None


def band_called(sensor: Sensor, name: str) -> str | None:
    """Return the sensor's band for a free name such as `Red Edge 1`, `B2, central 490 nm` or `Sigma0_VV_db`."""
    squeezed = re.sub(r"[\s_\-]", "", name)
    if found := sensor.canonical_band(name) or sensor.canonical_band(squeezed):
        return found
    if sensor.name == "s1":
        parts = [part for part in re.split(r"[^A-Za-z]+", name) if part.upper() in sensor.band_names]
        return sensor.canonical_band(parts[0]) if len(parts) == 1 else None
    match = re.match(r"B\d{1,2}A?(?![A-Za-z0-9])", name, re.IGNORECASE)
    return sensor.canonical_band(match[0]) if match else None


def _name_in(tags: Mapping[str, str]) -> str | None:
    folded = {key.lower(): str(value) for key, value in tags.items()}
    return next((folded[key] for key in _NAME_TAGS if folded.get(key)), None)
