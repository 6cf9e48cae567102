"""From a STAC item to scenes: which sensor's bands it holds, and how their numbers become measurements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pystac

from satseek.core.errors import SourceError
from satseek.core.period import as_utc
from satseek.core.scene import Scene
from satseek.core.sensor import SENSORS
from satseek.stac.maker import Maker, bands_by_sensor, bands_of
from satseek.stac.numbers import band_file, unit_of
from satseek.stac.offers import Offer, annotations_of, classification_of, existing, offers_of
from satseek.stac.reading import NOT_STAC
from satseek.stac.walk import require_item

OpenAsset = Callable[[str], Scene]
KEPT = ("gsd", "platform", "constellation", "instruments", "mission", "s2:processing_baseline", "processing:level")
KEPT_PREFIXES = ("proj:", "eo:", "sar:", "sat:", "view:", "grid:", "mgrs:", "satseek:")
SAID_APART = ("satseek:caption", "satseek:keywords", "satseek:labels")
MOST_VALUES = 32  # in a property that is a list


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
    held = bands_by_sensor(item, offers)
    if reading.sensor is not None:
        measured = [offer for offer in offers if not offer.is_picture]
        bands = held.get(reading.sensor) or bands_of(SENSORS.get(reading.sensor), measured)
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
    require_item(document)
    try:
        whole = {"stac_version": "1.0.0", "links": [], "geometry": None, **document}
        return pystac.Item.from_dict(whole, href=address.partition("#")[0], migrate=True)
    except NOT_STAC as error:
        raise SourceError(f"It is no valid STAC item ({type(error).__name__}: {error}). Mend the item.") from error


def _scene_of_unnamed(
    item: pystac.Item, address: str, offers: Sequence[Offer], held: Mapping[str, Any], reading: Reading
) -> Scene:
    """Return a scene of the one file whose bands the item does not name, or say why there is none."""
    maker = Maker.of(item)
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
        bands=tuple(band_file(item, sensor, name, offer) for name, offer in bands.items()),
        unit=unit_of(item, sensor, list(bands.values())),
        mask=classification_of(item) if sensor == "s2" else None,
        nodata=single,
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


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(filter(None, (word.strip() for word in value.split(","))))
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


def _kept(item: pystac.Item, grid: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item's facts that are worth filtering by, as flat JSON values."""
    facts = {key: value for key, value in item.properties.items() if key in KEPT or key.startswith(KEPT_PREFIXES)}
    facts = {key: value for key, value in facts.items() if key not in SAID_APART} | dict(grid)
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
