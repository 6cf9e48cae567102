"""From a STAC item to scenes: which sensor's bands it holds, and how their numbers become measurements."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pystac

from satseek.core.errors import SourceError
from satseek.core.period import as_utc
from satseek.core.scene import BandFile, Scene
from satseek.core.sensor import SENSORS, Sensor
from satseek.core.sensors.s2 import BOA_OFFSET_DN, DN_SCALE
from satseek.stac.offers import Offer, annotations_of, best_first, classification_of, existing, offers_of

OpenAsset = Callable[[str], Scene]
KEPT = ("gsd", "platform", "constellation", "instruments", "mission", "s2:processing_baseline", "processing:level")
KEPT_PREFIXES = ("proj:", "eo:", "sar:", "sat:", "view:", "grid:", "mgrs:")
MOST_VALUES = 32  # in a property that is a list
BOA_OFFSET_APPLIED = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
BASELINES = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
BASELINE_WITH_OFFSET = 4.0
UNITS = {"db": "dB", "decibel": "dB", "decibels": "dB", "power": "power", "amplitude": "amplitude"}


@dataclass(frozen=True)
class Reading:
    """How a person wants items to be read; an empty one leaves it to what the items say."""

    sensor: str | None = None
    bands: tuple[str, ...] = ()
    open_asset: OpenAsset | None = None  # looks into a file of which the item says nothing

    @staticmethod
    def of(sensor: str | None, bands: Sequence[str] = (), open_asset: OpenAsset | None = None) -> Reading:
        """Check the names of the sensor and of its bands."""
        named = tuple(bands) if sensor is None else SENSORS.get(sensor).require_bands(bands)
        return Reading(sensor, named, open_asset)


def scenes_of_item(document: Mapping[str, Any], address: str, reading: Reading = Reading()) -> list[Scene]:
    """Return a scene for each sensor of an item, Sentinel-2 before Sentinel-1; `SourceError` says why there is none."""
    item = _item(document, address)
    offers = offers_of(item)
    held = _bands_by_sensor(item, offers)
    if reading.sensor is not None:
        bands = held.get(reading.sensor) or _bands_of(SENSORS.get(reading.sensor), offers)
        chosen = {reading.sensor: bands} if bands else {}
    else:
        chosen = {name: bands for name, bands in held.items() if name != "rgb" or len(held) == 1}
    if not chosen:
        return [_scene_of_unnamed(item, address, offers, held, reading)]
    native = next(iter(held), reading.sensor)
    return [
        _scene(item, address, name, bands, native=name == native, reading=reading) for name, bands in chosen.items()
    ]


def _item(document: Mapping[str, Any], address: str) -> pystac.Item:
    try:
        whole = {"stac_version": "1.0.0", "links": [], "geometry": None, **document}
        return pystac.Item.from_dict(whole, href=address.partition("#")[0], migrate=True)
    except (pystac.STACError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"It is no valid STAC item ({type(error).__name__}: {error}). Mend the item.") from error


def _bands_by_sensor(item: pystac.Item, offers: Sequence[Offer]) -> dict[str, dict[str, Offer]]:
    """Return what the item holds for each sensor that its bands truly come from."""
    maker = _Maker.of(item)
    measured = [offer for offer in offers if not offer.is_picture]
    s2, s1, rgb = (SENSORS.get(name) for name in ("s2", "s1", "rgb"))
    held = {}
    bands = _bands_of(s2, measured)
    if maker.may_be("s2") and bands and (maker.known == "s2" or _looks_like_s2(bands)):
        held["s2"] = bands
    bands = _bands_of(s1, measured)
    if maker.may_be("s1") and bands:
        held["s1"] = bands
    pictures = [offer for offer in offers if offer.is_picture]
    bands = _bands_of(rgb, pictures) or _unnamed_picture(pictures)
    if not bands and "s2" not in held:
        bands = _colours_of_one_kind(_bands_of(rgb, [offer for offer in measured if _is_8_bit(offer)]))
    if bands:
        held["rgb"] = bands
    return held


@dataclass(frozen=True)
class _Maker:
    """Who took the image, as far as the item says."""

    known: str | None
    named: str | None

    @staticmethod
    def of(item: pystac.Item) -> _Maker:
        facts = item.properties
        named = facts.get("platform") or facts.get("constellation") or facts.get("mission")
        said = " ".join(str(facts.get(key, "")) for key in ("platform", "constellation", "mission")).casefold()
        said += " " + (item.collection_id or "").casefold()
        if facts.get("satseek:sensor") in SENSORS:
            return _Maker(str(facts["satseek:sensor"]), None)
        if "sentinel-2" in said or "sentinel2" in said or any(key.startswith("s2:") for key in facts):
            return _Maker("s2", None)
        if "sentinel-1" in said or "sentinel1" in said or any(key.startswith("s1:") for key in facts):
            return _Maker("s1", None)
        return _Maker(None, str(named) if named else None)

    def may_be(self, sensor: str) -> bool:
        """Whether bands of this sensor's names are this sensor's bands; a stranger's `nir08` is another thing."""
        return self.known == sensor or (self.known != "rgb" and self.named is None)


def _bands_of(sensor: Sensor, offers: Sequence[Offer]) -> dict[str, Offer]:
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
    deep = all(offer.data_type is not None and not _is_8_bit(offer) for offer in bands.values())
    return own_names or deep


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


def _scene_of_unnamed(
    item: pystac.Item, address: str, offers: Sequence[Offer], held: Mapping[str, Any], reading: Reading
) -> Scene:
    """Return a scene of the one file whose bands the item does not name, or say why there is none."""
    maker = _Maker.of(item)
    files = {offer.href: offer for offer in offers}
    knows_none = not any(SENSORS.get(name).canonical_band(each) for name in SENSORS for o in offers for each in o.names)
    if len(files) == 1 and reading.open_asset is not None and (knows_none or reading.sensor or reading.bands):
        ((href, offer),) = files.items()
        seen = reading.open_asset(existing(href, offer.asset))
        return replace(
            _frame(item, address, seen.sensor, native=True), bands=seen.bands, unit=seen.unit, nodata=seen.nodata
        )
    if not offers:
        offered = f"Its assets ({', '.join(item.assets)}) are no images." if item.assets else "It has no assets."
        raise SourceError(f"{offered} SatSeek needs image assets, such as COGs of B02, B03, B04 or of vv, vh.")
    if reading.sensor is not None:
        raise SourceError(
            f"It has no '{reading.sensor}' bands; it offers {', '.join(held) or _listed(offers)}. "
            "Leave --sensor out, or name another one."
        )
    if maker.named and not knows_none:
        raise SourceError(
            f"It comes from '{maker.named}', whose bands are not those of a sensor SatSeek knows. "
            "If they mean the same, say so with --sensor s2, s1 or rgb."
        )
    raise SourceError(
        f"None of its assets holds bands that SatSeek knows; it offers {_listed(offers)}. "
        "Say what they are with --sensor (and --bands for one file)."
    )


def _listed(offers: Sequence[Offer]) -> str:
    names = [offer.names[0] if offer.names else offer.asset for offer in offers]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def _scene(
    item: pystac.Item, address: str, sensor: str, bands: Mapping[str, Offer], *, native: bool, reading: Reading
) -> Scene:
    canonical = SENSORS.get(sensor).canonical_band
    wanted = [canonical(name) or name for name in reading.bands] or list(bands)
    if missing := [name for name in wanted if name not in bands]:
        raise SourceError(f"It has no {', '.join(missing)}; it has {', '.join(bands)}. Name only those with --bands.")
    bands = {name: bands[name] for name in wanted}
    nodata = {offer.nodata for offer in bands.values()}
    single = nodata.pop() if len(nodata) == 1 else None
    finest = min(bands.values(), key=lambda offer: offer.resolution or math.inf)
    frame = _frame(item, address, sensor, native=native, grid=finest.grid or {})
    return replace(
        frame,
        bands=tuple(_band_file(item, sensor, name, offer) for name, offer in bands.items()),
        unit=_radar_unit(item, bands) if sensor == "s1" else None,
        mask=classification_of(item) if sensor == "s2" else None,
        nodata=single if single is not None and math.isfinite(single) else None,
    )


def _frame(
    item: pystac.Item, address: str, sensor: str, *, native: bool, grid: Mapping[str, Any] | None = None
) -> Scene:
    """Return all of a scene but its bands."""
    name = f"{item.collection_id}/{item.id}" if item.collection_id else address
    moment = item.datetime or item.common_metadata.start_datetime
    facts = item.properties
    caption = facts.get("satseek:caption")
    return Scene(
        id=name if native else f"{name}#{sensor}",
        source=address,
        sensor=sensor,
        bands=(),
        datetime=None if moment is None else as_utc(moment),
        annotations=annotations_of(item),
        caption=caption if isinstance(caption, str) else None,
        keywords=_words(facts.get("satseek:keywords")),
        labels=_words(facts.get("satseek:labels")),
        properties=_kept(item, grid or {}),
    )


def _band_file(item: pystac.Item, sensor: str, name: str, offer: Offer) -> BandFile:
    if sensor == "rgb":  # a picture is 8 bits as it is
        return offer.as_band(name, scale=None, offset=None)
    offset = _reflectance_offset(item, offer) if sensor == "s2" else offer.offset
    return offer.as_band(name, scale=offer.scale, offset=offset)


def _reflectance_offset(item: pystac.Item, offer: Offer) -> float | None:
    """Return what is added to reflectance; the −1000 of newer products, unless the catalog took it off already."""
    if any(item.properties.get(key) is True for key in BOA_OFFSET_APPLIED):
        return 0.0  # even where raster:bands still says -0.1: the pixels were changed, the metadata was not
    if offer.offset is not None or (offer.data_type or "").startswith("float"):
        return offer.offset
    if _Maker.of(item).known != "s2" or _baseline(item) < BASELINE_WITH_OFFSET:
        return None
    return BOA_OFFSET_DN * (DN_SCALE if offer.scale is None else offer.scale)


def _baseline(item: pystac.Item) -> float:
    for key in BASELINES:
        match = re.fullmatch(r"[Nv]?(\d\d?)\.?(\d\d)", str(item.properties.get(key, "")))
        if match:
            return float(f"{match.group(1)}.{match.group(2)}")
    return 0.0


def _radar_unit(item: pystac.Item, bands: Mapping[str, Offer]) -> str | None:
    said = {UNITS.get((offer.unit or "").casefold()) for offer in bands.values()} - {None}
    if said:
        return said.pop() if len(said) == 1 else None
    floats = all((offer.data_type or "float32").startswith("float") for offer in bands.values())
    is_terrain_corrected = "rtc" in re.split(r"[^a-z]+", f"{item.collection_id} {item.id}".casefold())
    return "power" if is_terrain_corrected and floats else None


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(filter(None, (word.strip() for word in value.split(","))))
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def _kept(item: pystac.Item, grid: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item's facts that are worth filtering by, as flat JSON values."""
    facts = {key: value for key, value in item.properties.items() if key in KEPT or key.startswith(KEPT_PREFIXES)}
    facts |= grid
    epsg = facts.pop("proj:epsg", None)  # as STAC wrote it before 1.1
    if epsg is not None:
        facts.setdefault("proj:code", f"EPSG:{epsg}")
    if item.collection_id:
        facts["collection"] = item.collection_id
    return {key: value for key, value in facts.items() if _is_flat(value)}


def _is_flat(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_VALUES and all(_is_flat(each) and not isinstance(each, list) for each in value)
    return isinstance(value, str | int | bool) or (isinstance(value, float) and math.isfinite(value))
