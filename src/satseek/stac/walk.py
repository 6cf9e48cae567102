"""Walking a static catalog: every item behind its links, once, whatever is broken on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urldefrag

from pystac.utils import make_absolute_href

from satseek.core.errors import SourceError
from satseek.stac.reading import CatalogReader, is_web, path_of

OnRefused = Callable[[str, str], None]
FORWARD = ("item", "items", "child", "children", "next")
MOST_DOCUMENTS = 5_000_000  # of one catalog; more is a catalog that makes up links as it goes


class FoundItem(NamedTuple):
    """An item as JSON, and the address it is read from."""

    item: dict[str, Any]
    address: str


def items_below(
    address: str, document: dict[str, Any], reader: CatalogReader, on_refused: OnRefused
) -> Iterator[FoundItem]:
    """Yield the items that a STAC document is, holds or links to, in the order of its links."""
    seen = {_key(address)}
    waiting: list[tuple[str, dict[str, Any] | None]] = [(address, document)]
    while waiting:
        address, held = waiting.pop()
        try:
            read = reader.read_json(address) if held is None else held
            yield from _items_in(read, address, on_refused)
            ahead = [href for href in _forward_links(read, address) if _key(href) not in seen]
        except SourceError as error:
            on_refused(address, str(error))
            continue
        if len(seen) + len(ahead) > MOST_DOCUMENTS:
            on_refused(address, f"The catalog has over {MOST_DOCUMENTS:,} documents. Point at parts of it.")
            return
        for href in reversed(dict.fromkeys(ahead)):
            seen.add(_key(href))
            waiting.append((href, None))


def is_item(document: Mapping[str, Any]) -> bool:
    """Whether JSON is one STAC item."""
    return document.get("type") == "Feature" and isinstance(document.get("assets"), Mapping)


def require_item(document: Mapping[str, Any]) -> None:
    """Raise `SourceError` where an item is not built as STAC builds one, before anything is read from it."""
    faults = {
        "has no id, by which its chips would be known": not _is_text(document.get("id")),
        "names its collection by something that is no text": not _is_text(document.get("collection", "none")),
        "has no properties": not isinstance(document.get("properties"), Mapping),
        "has an asset that is none, or without an address": not all(map(_is_asset, document["assets"].values())),
    }
    found = [fault for fault, is_there in faults.items() if is_there]
    if found:
        raise SourceError(f"It is no valid STAC item: it {' and '.join(found)}. Mend the item.")


def is_item_collection(document: Mapping[str, Any]) -> bool:
    """Whether JSON is a list of STAC items, and not just any GeoJSON."""
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        return False
    first_is_item = bool(features) and isinstance(features[0], Mapping) and is_item(features[0])
    return first_is_item or "stac_version" in document or (not features and "links" in document)


def is_catalog(document: Mapping[str, Any]) -> bool:
    """Whether JSON is a STAC catalog or collection, of today or from before they said their type."""
    if document.get("type") in ("Catalog", "Collection"):
        return "links" in document
    return "stac_version" in document and "links" in document and "type" not in document


def self_address(item: Mapping[str, Any], address: str) -> str:
    """Return an item's own address on the web, else where it was found (files move, and links stay behind)."""
    for link in links_of(item):
        href = link.get("href")
        if link.get("rel") == "self" and isinstance(href, str) and is_web(href):
            return href
    return address


def _items_in(document: dict[str, Any], address: str, on_refused: OnRefused) -> Iterator[FoundItem]:
    if is_item(document):
        yield FoundItem(document, address)
    elif is_item_collection(document):
        for place, feature in enumerate(document["features"]):
            name = feature.get("id", place) if isinstance(feature, Mapping) else place
            if isinstance(feature, dict) and is_item(feature):
                yield FoundItem(feature, self_address(feature, f"{address}#{name}"))
            else:
                on_refused(f"{address}#{name}", "It is no STAC item: it has no assets. Leave it out of the list.")
    elif not is_catalog(document):
        raise SourceError(
            "It is JSON, but no STAC item, collection or catalog (no 'type' that STAC knows). "
            "Point at a catalog.json, a collection.json or an item."
        )


def _forward_links(document: Mapping[str, Any], address: str) -> list[str]:
    if is_item(document):
        return []
    links = [link for link in links_of(document) if link.get("rel") in FORWARD and isinstance(link.get("href"), str)]
    if any(link["rel"] == "item" for link in links):  # an API lists the same ones again behind "items"
        links = [link for link in links if link["rel"] != "items"]
    return [make_absolute_href(path_of(link["href"]), _base(address), start_is_dir=False) for link in links]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_asset(value: Any) -> bool:
    if not isinstance(value, Mapping) or not _is_text(value.get("href")):
        return False
    roles = value.get("roles") or []
    return _is_text(value.get("type") or "none") and isinstance(roles, list) and all(map(_is_text, roles))


def links_of(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the links of a document, as far as they are links."""
    links = document.get("links")
    return [link for link in links if isinstance(link, Mapping)] if isinstance(links, list) else []


def _base(address: str) -> str:
    return urldefrag(address).url


def _key(address: str) -> str:
    return _base(address).rstrip("/")
