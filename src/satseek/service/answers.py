"""Results as answers: a page of STAC items, GeoParquet or CSV, with links to the pages around it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response

from satseek.core.filters import Filters
from satseek.core.query import MAX_K, Query
from satseek.search.formats import csv_text, geodataframe
from satseek.search.result import SearchResult
from satseek.service.asked import Fields, Format, Search, token_of
from satseek.service.desk import Desk
from satseek.service.public import item_of

GEOJSON, PARQUET, CSV = "application/geo+json", "application/vnd.apache.parquet", "text/csv"
TYPES: Mapping[Format, str] = {"geojson": GEOJSON, "geoparquet": PARQUET, "csv": CSV}
ALWAYS = ("type", "stac_version", "id", "geometry", "bbox", "links", "assets", "collection", "properties")
FORMATS: dict[int | str, dict[str, Any]] = {200: {"content": {PARQUET: {}, CSV: {}}}}
DEEPEST = 10 * MAX_K


@dataclass(frozen=True)
class Asked:
    """A question as it came in: what, by which road, in which form the answer is wanted."""

    search: Search
    base: str
    path: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    form: Format

    @staticmethod
    def by(request: Request, search: Search, base: str, f: Format | None) -> Asked:
        """Take a request apart."""
        parameters = tuple(request.query_params.multi_items())
        return Asked(search, base, request.url.path, request.method, parameters, f or _accepted(request))


async def answer(desk: Desk, asked: Asked) -> Response:
    """Search, and answer with one page."""
    query = asked.search.query(desk.settings.limits)
    return await desk.run(lambda: _page(desk, asked, query))


def json_response(content: Any, *, media_type: str = "application/json", status: int = 200) -> Response:
    """Return JSON whatever letters are in it."""
    body = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")
    return Response(body, status, media_type=media_type)


def chosen(item: Mapping[str, Any], fields: Fields | None) -> dict[str, Any]:
    """Return the members of an item that are wanted; an empty choice wants all."""
    if fields is None or not (fields.include or fields.exclude):
        return dict(item)
    found: dict[str, Any] = dict(item) if not fields.include else {"type": item["type"], "id": item["id"]}
    for path in fields.include:
        first, _, rest = path.partition(".")
        if first in item and not rest:
            found[first] = item[first]
        elif first in item and isinstance(item[first], Mapping) and rest in item[first]:
            found[first] = {**found.get(first, {}), rest: item[first][rest]}
    for path in fields.exclude:
        first, _, rest = path.partition(".")
        if not rest:
            found.pop(first, None)
        elif isinstance(found.get(first), Mapping):
            found[first] = {key: value for key, value in found[first].items() if key != rest}
    return found


def _page(desk: Desk, asked: Asked, query: Query) -> Response:
    result = desk.library.ask(replace(query, k=query.k + 1))  # one more tells whether there is another page
    desk.metrics.searched(result.explanation)
    result, more = result.page(query)
    more = more and query.offset + query.k <= DEEPEST
    if asked.form == "geojson":
        matched = desk.library.count(Filters.of(query)) if query.is_empty else None
        return json_response(_collection(desk, asked, result, more, matched), media_type=GEOJSON)
    shown = [desk.names.hit(hit) for hit in result.hits]
    links = [f'<{link["href"]}>; rel="next"' for link in _links(asked, query, more) if link["rel"] == "next"]
    headers = {"Link": links[0]} if links and asked.method == "GET" else {}
    if asked.form == "csv":
        body = csv_text(shown).encode("utf-8", "replace")
    else:
        file = io.BytesIO()
        geodataframe(shown).to_parquet(file)
        body = file.getvalue()
    name = "hits.csv" if asked.form == "csv" else "hits.parquet"
    headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return Response(body, media_type=TYPES[asked.form], headers=headers)


def _collection(desk: Desk, asked: Asked, result: SearchResult, more: bool, matched: int | None) -> dict[str, Any]:
    items = [item_of(hit.chip, desk.names, asked.base, hit=hit) for hit in result.hits]
    page: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": [chosen(item, asked.search.fields) for item in items],
        "links": _links(asked, result.query, more),
        "numberReturned": len(result.hits),
    }
    if matched is not None:  # a ranking leaves nothing out that meets the filters: a number would say nothing
        page["numberMatched"] = matched
    return page | {
        "satseek:query": result.query.to_json(),
        "satseek:notes": list(result.notes),
        "satseek:cut": result.cut_json(),
        **({"satseek:message": result.message} if result.message else {}),
        "satseek:explanation": result.explanation.to_json(),
    }


def _links(asked: Asked, query: Query, more: bool) -> list[dict[str, Any]]:
    here = asked.base + asked.path
    links: list[dict[str, Any]] = [
        {"rel": "root", "href": f"{asked.base}/", "type": "application/json"},
        {"rel": "self", "href": _address(here, asked.parameters), "type": GEOJSON},
    ]
    steps = [("next", query.offset + query.k)] if more else []
    steps += [("prev", max(0, query.offset - query.k))] if query.offset else []
    for name, offset in steps:
        if asked.method == "GET":
            kept = [(key, value) for key, value in asked.parameters if key not in ("token", "offset")]
            links.append({"rel": name, "href": _address(here, (*kept, ("token", token_of(offset)))), "type": GEOJSON})
        else:
            body = asked.search.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
            body = {key: value for key, value in body.items() if key != "offset"} | {"token": token_of(offset)}
            links.append({"rel": name, "href": here, "type": GEOJSON, "method": "POST", "body": body, "merge": False})
    return links


def _address(path: str, parameters: tuple[tuple[str, str], ...]) -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _accepted(request: Request) -> Format:
    """Return the first format that the Accept header names and we have."""
    for part in request.headers.get("accept", "").split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in (PARQUET, "application/x-parquet"):
            return "geoparquet"
        if kind == CSV:
            return "csv"
        if kind in (GEOJSON, "application/json"):
            return "geojson"
    return "geojson"
