"""What the assets of a STAC item offer: bands, under all names they go by, and how to read their numbers."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlparse

import pystac

from satseek.core.errors import SourceError
from satseek.core.scene import BandFile
from satseek.stac.reading import path_of

logger = logging.getLogger(__name__)

RASTER_SUFFIXES = (".tif", ".tiff", ".gtiff", ".jp2", ".j2k", ".png", ".jpg", ".jpeg", ".webp", ".vrt", ".img")
PICTURES_OF_THE_SCENE = {"visual", "tci", "true_color", "true-color", "truecolor", "rgb"}
NOT_DATA = {"thumbnail", "overview", "metadata", "preview", "rendered_preview", "snow", "cloud"}
_RESOLUTION_SUFFIX = re.compile(r"[_-](\d+(?:\.\d+)?)m$", re.IGNORECASE)
_FORMAT_SUFFIX = re.compile(r"[_-](jp2|cog|tif|tiff)$", re.IGNORECASE)


@dataclass(frozen=True)
class Offer:
    """One band that an asset offers."""

    names: tuple[str, ...]  # best first
    asset: str
    href: str
    index: int
    is_picture: bool  # drawn for the eye, not measured
    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    unit: str | None = None
    data_type: str | None = None
    resolution: float | None = None
    format_rank: int = 0  # 0 is read best in place
    grid: Mapping[str, Any] | None = None  # the proj: facts of the asset

    def as_band(self, name: str, *, scale: float | None, offset: float | None) -> BandFile:
        """Return the band's place in its file, the file checked to be there where that costs nothing."""
        return BandFile(name, existing(self.href, self.asset), self.index, scale, offset)


def offers_of(item: pystac.Item) -> list[Offer]:
    """Return all bands in the item's raster assets, in the order of the assets."""
    rasters = ((key, asset) for key, asset in item.assets.items() if _is_raster(key, asset))
    return [offer for key, asset in rasters for offer in _offers(key, asset)]


def best_first(offers: Sequence[Offer]) -> list[Offer]:
    """Sort offers of one band: the finest first, and of equal ones the format that is read best in place."""
    comparable = all(offer.resolution is not None for offer in offers)
    return sorted(offers, key=lambda offer: ((offer.resolution or 0.0) if comparable else 0.0, offer.format_rank))


def classification_of(item: pystac.Item) -> BandFile | None:
    """Return Sentinel-2's scene classification, for the cloud share."""
    found = [offer for offer in offers_of(item) if plain_key(offer.asset).casefold() == "scl"]
    if not found:
        return None
    try:
        return best_first(found)[0].as_band("SCL", scale=None, offset=None)
    except SourceError as error:
        logger.warning("%s is read without its cloud mask. %s", item.id, error)
        return None


def annotations_of(item: pystac.Item) -> str | None:
    """Return the address of the item's labels in GeoJSON."""
    for key, asset in item.assets.items():
        is_geojson = (asset.media_type or "").startswith("application/geo+json") or asset.href.endswith(".geojson")
        if key == "annotations" or ("labels" in (asset.roles or []) and is_geojson):
            try:
                return existing(_href(asset), key)
            except SourceError as error:
                logger.warning("%s is read without its annotations. %s", item.id, error)
    return None


def plain_key(key: str) -> str:
    """Return an asset's key without a resolution or a format: `B02_10m` and `blue-jp2` are B02 and blue."""
    return _RESOLUTION_SUFFIX.sub("", _FORMAT_SUFFIX.sub("", key))


def existing(href: str, asset: str) -> str:
    """Return the address of an asset; a file must be there, a remote one is not asked for."""
    if "://" in href or href.startswith("/vsi"):
        return href
    for path in (href, unquote(href)):
        if os.path.exists(path):
            return os.path.abspath(path)
    raise SourceError(
        f"Its asset '{asset}' points at {href}, which does not exist. Fetch the missing file, or mend the item."
    )


def _is_raster(key: str, asset: pystac.Asset) -> bool:
    if key.casefold() in NOT_DATA or NOT_DATA & {role.casefold() for role in asset.roles or []}:
        return False
    kind = (asset.media_type or "").casefold()
    if kind:
        return kind.startswith("image/") or "tiff" in kind or "jp2" in kind
    path = urlparse(asset.href).path.casefold()
    return path.endswith(RASTER_SUFFIXES) or "." not in path.rpartition("/")[2]


def _offers(key: str, asset: pystac.Asset) -> Iterator[Offer]:
    bands = _band_facts(asset)
    roles = {role.casefold() for role in asset.roles or []}
    for place, facts in enumerate(bands):
        yield Offer(
            names=_names(key, facts, alone=len(bands) == 1),
            asset=key,
            href=_href(asset),
            index=place + 1,
            is_picture="visual" in roles or plain_key(key).casefold() in PICTURES_OF_THE_SCENE,
            scale=_number(facts.get("scale", facts.get("raster:scale"))),
            offset=_number(facts.get("offset", facts.get("raster:offset"))),
            nodata=_number(facts.get("nodata")),
            unit=facts.get("unit") if isinstance(facts.get("unit"), str) else None,
            data_type=facts.get("data_type") if isinstance(facts.get("data_type"), str) else None,
            resolution=_resolution(key, facts),
            format_rank=_format_rank(asset),
            grid={name: value for name, value in asset.extra_fields.items() if name.startswith("proj:")},
        )


def _band_facts(asset: pystac.Asset) -> list[dict[str, Any]]:
    """Return what is said of each band, in STAC 1.1's `bands`, in `eo:bands` and in `raster:bands`."""
    of_asset = {name: value for name, value in asset.extra_fields.items() if not name.endswith("bands")}
    said = (asset.extra_fields.get(name) for name in ("raster:bands", "eo:bands", "bands"))
    lists: list[list[Any]] = [each for each in said if isinstance(each, list)]
    merged = [dict(of_asset) for _ in range(max([1, *map(len, lists)]))]
    for each in lists:
        for place, facts in enumerate(each):
            merged[place].update(facts if isinstance(facts, Mapping) else {})
    return merged


def _names(key: str, facts: Mapping[str, Any], *, alone: bool) -> tuple[str, ...]:
    names = [facts.get("name"), *([plain_key(key)] if alone else [])]
    names += [facts.get("eo:common_name"), facts.get("common_name"), *_polarizations(facts)]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _polarizations(facts: Mapping[str, Any]) -> list[str]:
    polarizations = facts.get("sar:polarizations")
    return polarizations if isinstance(polarizations, list) and len(polarizations) == 1 else []


def _resolution(key: str, facts: Mapping[str, Any]) -> float | None:
    transform = facts.get("proj:transform")
    if isinstance(transform, list) and transform and _number(transform[0]):
        return abs(float(transform[0]))
    for name in ("raster:spatial_resolution", "spatial_resolution", "gsd"):
        if _number(facts.get(name)):
            return float(facts[name])
    match = _RESOLUTION_SUFFIX.search(key)
    return float(match.group(1)) if match else None


def _format_rank(asset: pystac.Asset) -> int:
    kind, path = (asset.media_type or "").casefold(), urlparse(asset.href).path.casefold()
    if "tiff" in kind or path.endswith((".tif", ".tiff")):
        return 0
    return 1 if "jp2" in kind or path.endswith((".jp2", ".j2k")) else 2


def _href(asset: pystac.Asset) -> str:
    return path_of(asset.get_absolute_href() or asset.href)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -sys.float_info.max <= value <= sys.float_info.max else None
