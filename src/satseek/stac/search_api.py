"""Asking a STAC API for items, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pystac_client import Client

from satseek.core.errors import SourceError
from satseek.stac.reading import NOT_STAC, CatalogReader
from satseek.stac.walk import FoundItem, OnRefused, is_item, links_of, self_address
from satseek.stac.wanted import Wanted

PAGE = 100  # items; more strains some servers, fewer costs round trips


def can_search(document: Mapping[str, Any]) -> bool:
    """Whether JSON is the front page of a STAC API that searches."""
    return document.get("type") == "Catalog" and _conforms(document, "/item-search")


def left_to_check(front_page: Mapping[str, Any], wanted: Wanted) -> Wanted:
    """Return the conditions that the API does not know how to be asked for."""
    asks_api = _has_query(front_page) or _has_filter(front_page)
    return Wanted() if asks_api else Wanted(comparisons=wanted.comparisons)


def items_found(
    front_page: dict[str, Any],
    address: str,
    reader: CatalogReader,
    wanted: Wanted,
    on_refused: OnRefused,
    *,
    limit: int | None = None,
) -> Iterator[FoundItem]:
    """Yield the items that the API finds, each once; a page that fails ends the search, and is said."""
    seen: set[tuple[str, str]] = set()
    for page in _pages(front_page, address, reader, wanted, on_refused, page=min(limit or PAGE, PAGE)):
        for feature in page:
            if not isinstance(feature, dict) or not is_item(feature):
                on_refused(address, "It answered with something that is no STAC item. Tell its operator.")
                continue
            key = (str(feature.get("collection")), str(feature.get("id")))
            if key not in seen:
                seen.add(key)
                yield FoundItem(feature, self_address(feature, f"{address}#{feature.get('id')}"))


def _pages(
    front_page: dict[str, Any],
    address: str,
    reader: CatalogReader,
    wanted: Wanted,
    on_refused: OnRefused,
    *,
    page: int,
) -> Iterator[list[Any]]:
    try:
        client = reader.stac_object_from_dict(front_page, href=address)
        if not isinstance(client, Client):
            raise SourceError("Its front page is no STAC catalog. Check the address.")
        client.add_conforms_to("ITEM_SEARCH")  # pystac-client knows the addresses of version 1.0 only
        for place in _places(wanted):
            search = client.search(
                method=_method(front_page),
                limit=page,
                collections=list(wanted.collections) or None,
                datetime=None if wanted.when is None else str(wanted.when),
                **place,
                **_conditions(client, front_page, wanted),
            )
            answered = set()
            for answer in search.pages_as_dicts():
                names = tuple(str(feature.get("id")) for feature in answer["features"] if isinstance(feature, dict))
                if names in answered:
                    raise SourceError("It answers with the same page again and again. Narrow the search.")
                answered.add(names)
                yield answer["features"]
    except SourceError as error:
        on_refused(address, str(error))
    except NOT_STAC as error:
        on_refused(
            address, f"It does not answer as a STAC API does ({type(error).__name__}: {error}). Check the address."
        )


def _places(wanted: Wanted) -> list[dict[str, Any]]:
    """Return where to search: once, or on both sides of the date line, which many servers do not see across."""
    if wanted.where is None:
        return [{}]
    if wanted.where.geometry is not None:
        return [{"intersects": dict(wanted.where.geometry)}]
    return [{"bbox": list(box)} for box in wanted.where.boxes]


def _conditions(client: Client, front_page: Mapping[str, Any], wanted: Wanted) -> dict[str, Any]:
    if not wanted.comparisons:
        return {}
    if _has_query(front_page):
        client.add_conforms_to("QUERY")
        return {"query": wanted.as_query_extension()}
    if _has_filter(front_page):
        client.add_conforms_to("FILTER")
        return {"filter": wanted.as_cql2(), "filter_lang": "cql2-json"}
    return {}


def _method(front_page: Mapping[str, Any]) -> str:
    searches = [link for link in links_of(front_page) if link.get("rel") == "search"]
    offered = {str(link.get("method", "GET")).upper() for link in searches}
    return "POST" if "POST" in offered else "GET"


def _has_query(front_page: Mapping[str, Any]) -> bool:
    return _conforms(front_page, "/item-search#query")


def _has_filter(front_page: Mapping[str, Any]) -> bool:
    return _conforms(front_page, "/item-search#filter")


def _conforms(front_page: Mapping[str, Any], conformance: str) -> bool:
    classes = front_page.get("conformsTo")
    return isinstance(classes, list) and any(str(each).endswith(conformance) for each in classes)
