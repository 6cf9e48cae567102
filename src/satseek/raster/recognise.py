"""Recognising: from files to a scene, its sensor, its bands, their unit and its time, from headers and names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import BandFile, Scene
from satseek.core.sensor import SENSORS, sensor_of_bands
from satseek.core.sensors.rgb import RGB
from satseek.raster.gdal import is_remote, local_path, open_raster
from satseek.raster.group import group_files
from satseek.raster.header import Header, band_called, datetime_of_tags, header_of
from satseek.raster.names import band_of_name, datetime_of_name, is_sidecar, landsat_band, sensor_of_name
from satseek.raster.sample import sample_of
from satseek.raster.sensing import seen_in
from satseek.raster.sentinel1 import counts_to_amplitude
from satseek.raster.sentinel2 import offset_of_product
from satseek.raster.units import ASSUMED, require_unit, settle_unit

__all__ = ["Override", "datetime_of_name", "group_files", "scene_of_files"]

_SCENE_CLASSES = "SCL"
_NOT_MEASURED = {"TCI", "PVI", "AOT", "WVP", "CLD", "CLDPRB", "SNW", "SNWPRB"}  # products made of a scene's bands


@dataclass(frozen=True)
class Override:
    """What the person says of a source; it wins over whatever the files say."""

    sensor: str | None = None
    bands: tuple[str, ...] = ()
    unit: str | None = None
    nodata: float | None = None
    datetime: datetime | None = None


@dataclass(frozen=True)
class _Slot:
    """One file of a scene, and the band that its name tells."""

    href: str
    band: str | None = None


@dataclass(frozen=True)
class _Known:
    """What was found out about a scene's files."""

    sensor: str
    bands: tuple[BandFile, ...]
    mask: BandFile | None = None
    assumed: str | None = None


class _Files(dict[str, Any]):
    """Open rasters by name, each opened when first asked for."""

    def __init__(self, opened: ExitStack) -> None:
        super().__init__()
        self._opened = opened

    def __missing__(self, href: str) -> Any:
        self[href] = self._opened.enter_context(open_raster(href))
        return self[href]


def scene_of_files(paths: Sequence[str], override: Override | None = None) -> Scene:
    """Return the scene that these files together show; a `SourceError` says what is wrong and what to do.

    Only headers are opened, and where they do not tell the unit a sample of the values.
    """
    override = override or Override()
    given = [path for path in paths if not is_sidecar(path)]
    if not given:
        raise SourceError("No raster is among these files. Give at least one that GDAL reads.")
    hrefs = [local_path(path) or path for path in given]
    with ExitStack() as opened:
        files = _Files(opened)
        slots, mask = _slots(hrefs)
        first = header_of(slots[0].href, files[slots[0].href])
        known = _known(slots, first, override, files)
        return _scene(given, hrefs, replace(known, mask=mask or known.mask), first, override, files)


def _slots(hrefs: Sequence[str]) -> tuple[list[_Slot], BandFile | None]:
    """Return the files that hold the scene's bands, for each band the finest, and its scene classification."""
    landsat = {band: href for href in hrefs if (band := landsat_band(href)) is not None}
    if landsat:
        return _landsat_slots({number: href for (_, number), href in landsat.items()}, hrefs[0]), None
    finest: dict[str, tuple[int, str]] = {}
    for href in sorted(hrefs):
        if (name := band_of_name(href)) is not None:
            finest[name.band] = min(finest.get(name.band, (999, href)), (name.metres or 998, href))
    mask = finest.pop(_SCENE_CLASSES, None)
    measured = {band: href for band, (_, href) in finest.items() if band.upper() not in _NOT_MEASURED}
    if measured:
        slots = [_Slot(href, band) for band, href in measured.items()]
        return slots, BandFile(_SCENE_CLASSES, mask[1]) if mask else None
    if mask is not None or finest.keys() & {"CLD", "CLDPRB", "SNW", "SNWPRB"}:
        raise SourceError(f"{hrefs[0]} holds classes or probabilities, not an image. Give the bands it belongs to.")
    return [_Slot(href) for href in hrefs], None


def _landsat_slots(by_number: Mapping[int, str], href: str) -> list[_Slot]:
    """Return red, green and blue of a Landsat scene, whose band numbers depend on the satellite."""
    satellite = int(re.search(r"L[COTEM]0(\d)_", href, re.IGNORECASE)[1])  # type: ignore[index]
    numbers = (4, 3, 2) if satellite >= 8 else (3, 2, 1)
    missing = [f"B{number}" for number in numbers if number not in by_number]
    if missing:
        raise SourceError(f"Landsat is read as true colour, and {', '.join(missing)} is missing beside {href}.")
    return [_Slot(by_number[number], colour) for number, colour in zip(numbers, ("red", "green", "blue"), strict=True)]


def _known(slots: Sequence[_Slot], first: Header, override: Override, files: Mapping[str, Any]) -> _Known:
    if override.bands:
        return _as_told(slots, override, files)
    if len(slots) > 1:
        return _of_file_names(slots, first, override)
    return _of_one_file(slots[0], first, override, files)


def _as_told(slots: Sequence[_Slot], override: Override, files: Mapping[str, Any]) -> _Known:
    """Return the bands that the person names: by name where files name theirs, else in the order they come."""
    sensor = SENSORS.get(override.sensor) if override.sensor else sensor_of_bands(override.bands)
    if sensor is None:
        known = "; ".join(f"{key} has {', '.join(SENSORS.get(key).band_names)}" for key in SENSORS)
        raise UsageError(f"No sensor has all of the bands {', '.join(override.bands)}: {known}. Correct --bands.")
    wanted = sensor.require_bands(override.bands)
    places: list[tuple[str | None, str, int]] = []
    for slot in slots:
        header = header_of(slot.href, files[slot.href])
        for index, name in enumerate(header.names, start=1):
            told = name or (slot.band if header.count == 1 else None)
            places.append((band_called(sensor, told) if told else None, slot.href, index))
    by_name = {name: (href, index) for name, href, index in places if name}
    if set(wanted) <= by_name.keys():
        return _Known(sensor.name, tuple(BandFile(name, *by_name[name]) for name in wanted))
    if len(wanted) > len(places):
        raise UsageError(
            f"--bands names {len(wanted)} bands and {slots[0].href} has {len(places)}. Name at most those."
        )
    return _Known(
        sensor.name,
        tuple(BandFile(name, href, index) for name, (_, href, index) in zip(wanted, places, strict=False)),
    )


def _of_file_names(slots: Sequence[_Slot], first: Header, override: Override) -> _Known:
    names = [slot.band for slot in slots if slot.band]
    if len(names) < len(slots):
        raise SourceError(
            f"The names of {slots[0].href} and the others do not tell their bands. Name them with --bands."
        )
    sensor = sensor_of_bands(names)
    if override.sensor:
        sensor = SENSORS.get(override.sensor)
    elif {name.lower() for name in names} == set(RGB.band_names) and (first.is_8bit or landsat_band(first.href)):
        sensor = RGB
    places: dict[str | None, str] = {None: ""}
    if sensor is not None:
        places = {band_called(sensor, slot.band or ""): slot.href for slot in slots}
    if sensor is None or None in places:
        known = "; ".join(f"{key} has {', '.join(SENSORS.get(key).band_names)}" for key in SENSORS)
        raise SourceError(
            f"The bands of {os.path.dirname(first.href)} are called {', '.join(sorted(names))}, and no sensor has them "
            f"all ({known}). Say what they are with --sensor and --bands."
        )
    bands = tuple(BandFile(band, places[band]) for band in sensor.band_names if band in places)
    return _Known(sensor.name, bands, assumed="Landsat was read as true colour" if landsat_band(first.href) else None)


def _of_one_file(slot: _Slot, header: Header, override: Override, files: Mapping[str, Any]) -> _Known:
    if header.count == 1 and header.names[0] is None and slot.band:
        header = replace(header, names=(slot.band,))
    name = os.path.basename(slot.href)
    hint = sensor_of_name(name) or sensor_of_name(header.products) or sensor_of_name(slot.href)

    def looks_like_db() -> bool:
        return bool((sample_of(slot.href, files[slot.href], 1) < 0).mean() > 0.5)

    seen = seen_in(header, hint=hint, wanted=override.sensor, looks_like_db=looks_like_db)
    mask = None if seen.mask is None else BandFile(_SCENE_CLASSES, slot.href, seen.mask)
    bands = tuple(BandFile(band, slot.href, place) for band, place in seen.bands)
    return _Known(seen.sensor, bands, mask, seen.assumed)


def _scene(
    given: Sequence[str],
    hrefs: Sequence[str],
    known: _Known,
    first: Header,
    override: Override,
    files: Mapping[str, Any],
) -> Scene:
    sensor = SENSORS.get(known.sensor)
    name = _name_of(hrefs)
    scene = Scene(
        id=name,
        source=given[0] if len(given) == 1 else name,
        sensor=sensor.name,
        bands=known.bands,
        unit=require_unit(sensor, override.unit) if override.unit else None,
        datetime=override.datetime or datetime_of_tags(first.tags) or datetime_of_name(name) or _time_in(hrefs),
        mask=known.mask,
        nodata=override.nodata,
    )
    scene, guessed = _calibrated(scene, first) or settle_unit(scene, files)
    if sensor.name == "s2" and scene.unit == "DN":
        scene = _with_offset(scene, first, files)
    assumed = "; ".join(filter(None, [known.assumed, guessed]))
    return replace(scene, properties={ASSUMED: assumed}) if assumed else scene


def _calibrated(scene: Scene, first: Header) -> tuple[Scene, str] | None:
    """Return a Sentinel-1 product in its original counts with the scale that its calibration table tells."""
    if scene.sensor != "s1" or scene.unit is not None or not set(first.dtypes) <= {"uint16", "int16"}:
        return None
    divisors = [counts_to_amplitude(band.href) for band in scene.bands]
    if any(divisor is None for divisor in divisors):
        return None
    bands = [replace(band, scale=1.0 / d) for band, d in zip(scene.bands, divisors, strict=True) if d is not None]
    assumed = "the counts were calibrated with the mean of the product's table, right within about 1 dB"
    return replace(scene, unit="amplitude", bands=tuple(bands)), assumed


def _with_offset(scene: Scene, first: Header, files: Mapping[str, Any]) -> Scene:
    dataset = files[first.href]
    if dataset.scales[0] != 1 or dataset.offsets[0] != 0:
        return scene
    offset = offset_of_product(first.href, first.products)
    return scene if offset is None else replace(scene, bands=tuple(replace(b, offset=offset) for b in scene.bands))


def _name_of(hrefs: Sequence[str]) -> str:
    """Return a name for the scene that stays the same from run to run: its file, its folder, or its common prefix."""
    if len(hrefs) == 1:
        return hrefs[0].split("?")[0] if is_remote(hrefs[0]) else hrefs[0]  # a signature changes with every run
    if product := re.match(r".*\.SAFE(?:/GRANULE/[^/]+)?", hrefs[0], re.IGNORECASE):
        return product[0]
    folder, band, landsat = os.path.dirname(hrefs[0]), band_of_name(hrefs[0]), landsat_band(hrefs[0])
    prefix = landsat[0] if landsat else band.prefix if band else ""
    return folder if prefix in ("", os.path.basename(folder)) else os.path.join(folder, prefix)


def _time_in(hrefs: Sequence[str]) -> datetime | None:
    return next((found for href in hrefs if (found := datetime_of_name(href)) is not None), None)
