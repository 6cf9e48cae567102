"""STAC addresses as sources of scenes: items, collections and catalogs, on disk or on the web, and API searches."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlparse

from pystac.utils import make_absolute_href

from satseek.core.area import Area
from satseek.core.errors import SourceError
from satseek.core.period import Period
from satseek.core.scene import Scene
from satseek.stac.offers import RASTER_SUFFIXES
from satseek.stac.reading import CatalogReader, Patience, is_web, path_of
from satseek.stac.scenes import OpenAsset, Reading, scenes_of_item
from satseek.stac.search_api import can_search, items_found, left_to_check
from satseek.stac.walk import FoundItem, is_catalog, is_item, is_item_collection, items_below, links_of
from satseek.stac.wanted import Wanted


def scenes_of_stac(
    address: str,
    *,
    bbox: Area | str | Sequence[float] | None = None,
    datetime: Period | str | None = None,
    query: str | Sequence[str] | None = None,
    collections: Sequence[str] = (),
    limit: int | None = None,
    sensor: str | None = None,
    bands: Sequence[str] = (),
    open_asset: OpenAsset | None = None,
    on_refused: Callable[[str, str], None],
    patience: Patience | None = None,
) -> Iterator[Scene]:
    """Yield the scenes of a STAC address, of at most `limit` items; what is broken is refused, and the rest goes on."""
    wanted = Wanted.of(bbox=bbox, datetime=datetime, query=query, collections=collections)
    reading = Reading.of(sensor, bands, open_asset)
    yield from scenes_wanted(address, wanted, reading, limit=limit, on_refused=on_refused, patience=patience)


def scenes_wanted(
    address: str,
    wanted: Wanted,
    reading: Reading,
    *,
    limit: int | None = None,
    on_refused: Callable[[str, str], None],
    patience: Patience | None = None,
) -> Iterator[Scene]:
    """Yield the scenes of a STAC address, with the conditions and the manner of reading already understood."""
    address = _absolute(address)
    taken = 0
    try:
        found_items, wanted = _items(address, CatalogReader(patience), wanted, on_refused, limit)
        for found in found_items:
            try:
                scenes = scenes_of_item(found.item, found.address, reading) if wanted.takes(found.item) else []
            except SourceError as error:
                on_refused(found.address, str(error))
                continue
            yield from scenes
            taken += bool(scenes)
            if limit is not None and taken >= limit:
                return
    except SourceError as error:
        on_refused(address, str(error))


def is_stac(address: str, *, patience: Patience | None = None) -> bool:
    """Whether an address answers as STAC does; `SourceError` where a web address does not answer at all."""
    if urlparse(address).path.casefold().endswith(RASTER_SUFFIXES):
        return False
    path = path_of(address)
    if not is_web(address) and not (path.endswith((".json", ".geojson")) and os.path.isfile(path)):
        return False
    try:
        document = CatalogReader(patience).read_json(_absolute(address))
    except SourceError as error:
        if is_web(address) and not isinstance(error.__cause__, ValueError):
            raise
        return False
    return is_item(document) or is_item_collection(document) or is_catalog(document)


def _items(
    address: str,
    reader: CatalogReader,
    wanted: Wanted,
    on_refused: Callable[[str, str], None],
    limit: int | None,
) -> tuple[Iterator[FoundItem], Wanted]:
    """Return the items of an address, and the conditions that are left to check on them."""
    document = reader.read_json(address)
    front_page, place, wanted = _api_behind(document, address, reader, wanted)
    if front_page is None:
        return items_below(address, document, reader, on_refused), wanted
    found = items_found(front_page, place, reader, wanted, on_refused, limit=limit)
    return found, left_to_check(front_page, wanted)


def _api_behind(
    document: dict[str, Any], address: str, reader: CatalogReader, wanted: Wanted
) -> tuple[dict[str, Any] | None, str, Wanted]:
    """Return the front page of the API that an address belongs to; an API's collection narrows the search to itself."""
    if can_search(document):
        return document, address, wanted
    links = {str(link.get("rel")): link.get("href") for link in links_of(document)}
    if document.get("type") != "Collection" or "items" not in links or "item" in links or "root" not in links:
        return None, address, wanted
    root = make_absolute_href(str(links["root"]), address, start_is_dir=False)
    front_page = reader.read_json(root)
    if not can_search(front_page):
        return None, address, wanted
    return front_page, root, Wanted(wanted.where, wanted.when, wanted.comparisons, (str(document.get("id")),))


def _absolute(address: str) -> str:
    return address if is_web(address) else os.path.abspath(path_of(address))
