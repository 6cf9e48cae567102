"""Who made an item's image, and so for which sensors its bands stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pystac

from satseek.core.sensor import SENSORS, Sensor
from satseek.stac.offers import Offer, best_first


@dataclass(frozen=True)
class Maker:
    """Who took the image, as far as the item says."""

    known: str | None  # the sensor
    named: str | None  # a platform that is none of ours

    @staticmethod
    def of(item: pystac.Item) -> Maker:
        """Read it from the platform, the collection and the vocabulary."""
        facts = item.properties
        named = facts.get("platform") or facts.get("constellation") or facts.get("mission")
        said = " ".join(str(facts.get(key, "")) for key in ("platform", "constellation", "mission")).casefold()
        said += " " + (item.collection_id or "").casefold()
        if facts.get("satseek:sensor") in SENSORS:
            return Maker(str(facts["satseek:sensor"]), None)
        if "sentinel-2" in said or "sentinel2" in said or any(key.startswith("s2:") for key in facts):
            return Maker("s2", None)
        if "sentinel-1" in said or "sentinel1" in said or any(key.startswith("s1:") for key in facts):
            return Maker("s1", None)
        return Maker(None, str(named) if named else None)

    def may_be(self, sensor: str) -> bool:
        """Whether bands of this sensor's names are this sensor's bands; a stranger's `nir08` is another thing."""
        return self.known == sensor or (self.known != "rgb" and self.named is None)


def bands_by_sensor(item: pystac.Item, offers: Sequence[Offer]) -> dict[str, dict[str, Offer]]:
    """Return what the item holds for each sensor that its bands truly come from."""
    maker = Maker.of(item)
    measured = [offer for offer in offers if not offer.is_picture]
    s2, s1, rgb = (SENSORS.get(name) for name in ("s2", "s1", "rgb"))
    held = {}
    bands = bands_of(s2, measured)
    if maker.may_be("s2") and bands and (maker.known == "s2" or _looks_like_s2(bands)):
        held["s2"] = bands
    bands = bands_of(s1, measured)
    if maker.may_be("s1") and bands:
        held["s1"] = bands
    pictures = [offer for offer in offers if offer.is_picture]
    bands = bands_of(rgb, pictures) or _unnamed_picture(pictures)
    if not bands and "s2" not in held:
        bands = _colours_of_one_kind(bands_of(rgb, [offer for offer in measured if _is_8_bit(offer)]))
    if bands:
        held["rgb"] = bands
    return held


def bands_of(sensor: Sensor, offers: Sequence[Offer]) -> dict[str, Offer]:
    """Return the best offer of each band that the sensor knows, in the sensor's order."""
    found: dict[str, list[Offer]] = {}
    for offer in offers:
        name = next(filter(None, map(sensor.canonical_band, offer.names)), None)
        if name is not None:
            found.setdefault(name, []).append(offer)
    return {name: best_first(found[name])[0] for name in sensor.band_names if name in found}


def _looks_like_s2(bands: Mapping[str, Offer]) -> bool:
    """Whether bands of an unnamed maker are Sentinel-2's: by its own names, or more than 8 bits deep."""
    own_names = any(re.fullmatch(r"B\d[\dA]", offer.names[0].upper()) for offer in bands.values())
    return own_names or not any(_is_8_bit(offer) for offer in bands.values())


def _is_8_bit(offer: Offer) -> bool:
    return offer.data_type in (None, "uint8")


def _colours_of_one_kind(bands: dict[str, Offer]) -> dict[str, Offer]:
    """Return red, green and blue where all are there, in one file or plainly 8 bits deep."""
    one_file = len({offer.href for offer in bands.values()}) == 1
    plainly = all(offer.data_type == "uint8" for offer in bands.values())
    return bands if len(bands) == 3 and (one_file or plainly) else {}


def _unnamed_picture(pictures: Sequence[Offer]) -> dict[str, Offer]:
    """Return the first three bands of a picture whose bands are not named: red, green, blue."""
    files = best_first(list({offer.href: offer for offer in reversed(pictures)}.values()))
    if not files:
        return {}
    names = SENSORS.get("rgb").band_names
    return {name: replace(files[0], index=place) for place, name in enumerate(names, start=1)}
