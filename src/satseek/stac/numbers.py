"""How the numbers of an item's bands become measurements: units, scales, and Sentinel-2's offset."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pystac

from satseek.core.scene import BandFile
from satseek.core.sensors.s2 import BOA_OFFSET_DN, DN_SCALE
from satseek.stac.maker import Maker
from satseek.stac.offers import Offer

BOA_OFFSET_APPLIED = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
BASELINES = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
BASELINE_WITH_OFFSET = 4.0
UNITS = {"db": "dB", "decibel": "dB", "decibels": "dB", "amplitude": "amplitude"}
UNITS |= dict.fromkeys(("power", "linear", "linear power", "intensity"), "power")


def band_file(item: pystac.Item, sensor: str, name: str, offer: Offer) -> BandFile:
    """Return one band of a scene, with the scale and offset that make measurements of its numbers."""
    if sensor == "rgb":  # a picture is 8 bits as it is
        return offer.as_band(name, scale=None, offset=None)
    offset = _reflectance_offset(item, offer) if sensor == "s2" else offer.offset
    return offer.as_band(name, scale=offer.scale, offset=offset)


def unit_of(item: pystac.Item, sensor: str, offers: Sequence[Offer]) -> str | None:
    """Return the unit of the stored numbers where the item tells it; else the files are asked when they are read."""
    kinds = {re.sub(r"\d", "", offer.data_type or "") for offer in offers}
    if sensor == "rgb":
        return "8-bit" if all(offer.data_type == "uint8" for offer in offers) else None
    if sensor == "s1":
        return _radar_unit(item, offers, floats=kinds <= {"float", ""})
    if kinds <= {"uint", "int"}:
        return "DN"
    return "reflectance" if kinds == {"float"} and all(offer.scale is None for offer in offers) else None


def _reflectance_offset(item: pystac.Item, offer: Offer) -> float | None:
    """Return what is added to reflectance; the −1000 of newer products, unless the catalog took it off already."""
    if any(item.properties.get(key) is True for key in BOA_OFFSET_APPLIED):
        return 0.0  # even where raster:bands still says -0.1: the pixels were changed, the metadata was not
    if offer.offset is not None or (offer.data_type or "").startswith("float"):
        return offer.offset
    if Maker.of(item).known != "s2" or _baseline(item) < BASELINE_WITH_OFFSET:
        return None
    return BOA_OFFSET_DN * (DN_SCALE if offer.scale is None else offer.scale)


def _baseline(item: pystac.Item) -> float:
    for key in BASELINES:
        match = re.fullmatch(r"[Nv]?(\d\d?)\.?(\d\d)", str(item.properties.get(key, "")))
        if match:
            return float(f"{match.group(1)}.{match.group(2)}")
    return 0.0


def _radar_unit(item: pystac.Item, offers: Sequence[Offer], *, floats: bool) -> str | None:
    said = {UNITS.get((offer.unit or "").casefold()) for offer in offers} - {None}
    if said:
        return said.pop() if len(said) == 1 else None
    is_terrain_corrected = "rtc" in re.split(r"[^a-z]+", f"{item.collection_id} {item.id}".casefold())
    return "power" if is_terrain_corrected and floats else None
