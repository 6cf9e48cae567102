"""Small real web servers for tests: a STAC API and a file server that answers range requests, both with troubles.

    with stac_api(items) as api:
        scenes_of_stac(api.url, …)
        assert api.asked("/search") == 2

    with file_server(folder) as server:
        rasterio.open(server.url + "/scene.tif")

They run in threads on free ports of this machine, and end with their `with`.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlparse

from fakes.listening import listening

STAC_API = "https://api.stacspec.org/v1.0.0"


@dataclass(frozen=True)
class Asked:
    """One request that a server got, and how it answered."""

    method: str
    path: str  # with the query string
    body: Any = None
    range: str | None = None
    status: int = 200
    sent: int = 0  # bytes of the body


@dataclass
class Troubles:
    """What goes wrong: statuses answered first, for ever, or too late, on paths that match."""

    statuses: list[int] = field(default_factory=list)  # answered one by one, before all goes well
    always: int | None = None
    delay_s: float = 0.0
    where: str = ""  # a regular expression for the path; "" is everywhere
    retry_after: str | None = None
    _lock: Lock = field(default_factory=Lock)

    def next_status(self, path: str) -> int | None:
        """Wait if that is the trouble, and return the error to answer with, if any."""
        if not re.search(self.where, path):
            return None
        if self.delay_s:
            time.sleep(self.delay_s)
        with self._lock:
            return self.statuses.pop(0) if self.statuses else self.always


@dataclass
class Server:
    """A running server: its address, and all it was asked."""

    url: str
    requests: list[Asked] = field(default_factory=list)
    troubles: Troubles = field(default_factory=Troubles)

    def asked(self, path: str = "") -> int:
        """How many requests began with this path."""
        return sum(request.path.startswith(path) for request in self.requests)

    @property
    def bytes_sent(self) -> int:
        """How many bytes of bodies went out."""
        return sum(request.sent for request in self.requests)


@contextmanager
def stac_api(
    items: Sequence[Mapping[str, Any]],
    *,
    page_size: int = 10,
    methods: Sequence[str] = ("GET", "POST"),
    query: bool = True,
    filters: bool = False,
    troubles: Troubles | None = None,
    endless: bool = False,
) -> Iterator[Server]:
    """Serve items by a STAC API: front page, collections, items, and a search with pages; `endless` pages repeat."""
    api = _Api([], page_size, tuple(methods), query, filters, endless)
    with _serving(api.answer, troubles) as server:
        api.url = server.url
        api.items = [_with_self_link(item, server.url) for item in items]
        yield server


@contextmanager
def file_server(folder: Path, *, ranges: bool = True, troubles: Troubles | None = None) -> Iterator[Server]:
    """Serve a folder's files, whole or in the ranges that are asked for."""

    def answer(method: str, path: str, body: Any, wanted: str | None) -> _Answer:
        file = folder / unquote(urlparse(path).path).lstrip("/")
        if not file.is_file() or folder.resolve() not in file.resolve().parents:
            return _Answer(404, b"no such file")
        kind = {".json": "application/json", ".tif": "image/tiff"}.get(file.suffix, "application/octet-stream")
        return _ranged(file.read_bytes(), kind, wanted if ranges else None, accepts=ranges)

    with _serving(answer, troubles) as server:
        yield server


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


_AnswerTo = Callable[[str, str, Any, str | None], _Answer]


@contextmanager
def _serving(answer_to: _AnswerTo, troubles: Troubles | None) -> Iterator[Server]:
    server = Server("", troubles=troubles or Troubles())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body go out together; apart, the kernel waits 40 ms between them

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = self.rfile.read(length)
            body, wanted = json.loads(sent) if sent else None, self.headers.get("Range")
            status = server.troubles.next_status(self.path)
            answer = (
                _Answer(status, b"<html>trouble</html>") if status else answer_to(self.command, self.path, body, wanted)
            )
            data = b"" if self.command == "HEAD" else answer.body
            server.requests.append(Asked(self.command, self.path, body, wanted, answer.status, len(data)))
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if status and server.troubles.retry_after:
                    self.send_header("Retry-After", server.troubles.retry_after)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has gone, as the slow-server tests mean it to

        do_GET = do_HEAD = do_POST = handle_any  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with listening(Handler) as server.url:
        yield server


def _ranged(data: bytes, kind: str, wanted: str | None, *, accepts: bool) -> _Answer:
    headers = {"Content-Type": kind, "Accept-Ranges": "bytes" if accepts else "none"}
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if match is None:
        return _Answer(200, data, headers)
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start >= len(data):
        return _Answer(416, b"", headers | {"Content-Range": f"bytes */{len(data)}"})
    return _Answer(206, data[start : end + 1], headers | {"Content-Range": f"bytes {start}-{end}/{len(data)}"})


@dataclass
class _Api:
    items: list[Mapping[str, Any]]
    page_size: int
    methods: tuple[str, ...]
    query: bool
    filters: bool
    endless: bool
    url: str = ""

    def answer(self, method: str, path: str, body: Any, wanted: str | None) -> _Answer:
        parsed = urlparse(path)
        parameters = {name: values[0] for name, values in parse_qs(parsed.query).items()}
        parts = [part for part in parsed.path.split("/") if part]
        match parts:
            case []:
                return _json(self._front_page())
            case ["conformance"]:
                return _json({"conformsTo": self._front_page()["conformsTo"]})
            case ["collections"]:
                return _json({"collections": [self._collection(name) for name in self._names()], "links": []})
            case ["collections", name] if name in self._names():
                return _json(self._collection(name))
            case ["collections", name, "items"] if name in self._names():
                return self._search({**parameters, "collections": [name]}, path=parsed.path, method="GET")
            case ["collections", name, "items", item]:
                found = [each for each in self.items if each["id"] == item and each.get("collection") == name]
                return _json(found[0]) if found else _Answer(404, b"no such item")
            case ["search"] if method not in self.methods:
                return _Answer(405, b"not this way")
            case ["search"]:
                return self._search(body if method == "POST" else parameters, path="/search", method=method)
        return _Answer(404, b"nothing here")

    def _names(self) -> list[str]:
        return list(dict.fromkeys(str(item["collection"]) for item in self.items if item.get("collection")))

    def _front_page(self) -> dict[str, Any]:
        classes = [f"{STAC_API}/core", f"{STAC_API}/collections", f"{STAC_API}/item-search"]
        classes += [f"{STAC_API}/item-search#query"] if self.query else []
        classes += [f"{STAC_API}/item-search#filter"] if self.filters else []
        search = [
            {"rel": "search", "type": "application/geo+json", "href": f"{self.url}/search", "method": method}
            for method in self.methods
        ]
        return {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "test-api",
            "description": "A STAC API for tests",
            "conformsTo": classes,
            "links": [
                {"rel": "self", "type": "application/json", "href": self.url},
                {"rel": "root", "type": "application/json", "href": self.url},
                {"rel": "data", "type": "application/json", "href": f"{self.url}/collections"},
                *search,
            ],
        }

    def _collection(self, name: str) -> dict[str, Any]:
        here = f"{self.url}/collections/{name}"
        return {
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": name,
            "description": name,
            "license": "other",
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}},
            "links": [
                {"rel": "self", "href": here},
                {"rel": "root", "href": self.url},
                {"rel": "items", "type": "application/geo+json", "href": f"{here}/items"},
            ],
        }

    def _search(self, asked: Mapping[str, Any], *, path: str, method: str) -> _Answer:
        if ("query" in asked and not self.query) or ("filter" in asked and not self.filters):
            return _Answer(400, b'{"description": "this extension is not supported"}')
        found = [item for item in self.items if _matches(item, asked)]
        size = min(int(asked.get("limit", self.page_size)), self.page_size)
        start = int(asked.get("token", 0))
        page: dict[str, Any] = {"type": "FeatureCollection", "features": found[start : start + size], "links": []}
        after = 0 if self.endless else start + size
        if self.endless or after < len(found):
            page["links"].append(self._next(asked, str(after), path=path, method=method))
        return _json(page)

    def _next(self, asked: Mapping[str, Any], token: str, *, path: str, method: str) -> dict[str, Any]:
        if method == "POST":
            body = {**asked, "token": token}
            return {"rel": "next", "href": f"{self.url}{path}", "method": "POST", "body": body}
        asked = {name: value for name, value in asked.items() if not (path != "/search" and name == "collections")}
        return {"rel": "next", "href": f"{self.url}{path}?{urlencode({**asked, 'token': token})}"}


def _with_self_link(item: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    href = f"{url}/collections/{item.get('collection')}/items/{item.get('id')}"
    return {**item, "links": [*item.get("links", []), {"rel": "self", "href": href}]}


def _json(value: Any) -> _Answer:
    return _Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _matches(item: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    collections, box = _list(asked.get("collections")), _list(asked.get("bbox"))
    if collections and item.get("collection") not in collections:
        return False
    if box and not _touch(item["bbox"], [float(each) for each in box]):
        return False
    if asked.get("datetime") and not _at(item["properties"], str(asked["datetime"])):
        return False
    conditions = _parsed(asked.get("query")) or {}
    if not all(_holds(item, name, test, value) for name, tests in conditions.items() for test, value in tests.items()):
        return False
    return _passes(item, _parsed(asked.get("filter")))


def _passes(item: Mapping[str, Any], cql: Any) -> bool:
    if not cql:
        return True
    if cql["op"] == "and":
        return all(_passes(item, part) for part in cql["args"])
    test = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "=": "eq", "<>": "neq"}[cql["op"]]
    return _holds(item, cql["args"][0]["property"], test, cql["args"][1])


def _holds(item: Mapping[str, Any], name: str, test: str, value: Any) -> bool:
    held = item["properties"].get(name)
    if held is None:
        return False
    return {
        "lt": lambda: held < value,
        "lte": lambda: held <= value,
        "gt": lambda: held > value,
        "gte": lambda: held >= value,
        "eq": lambda: held == value,
        "neq": lambda: held != value,
    }[test]()


def _touch(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _at(properties: Mapping[str, Any], period: str) -> bool:
    start, _, end = period.partition("/")
    moment = datetime.fromisoformat(properties["datetime"])
    late_enough = start == ".." or datetime.fromisoformat(start) <= moment
    return late_enough and ((end or start) == ".." or moment <= datetime.fromisoformat(end or start))


def _list(value: Any) -> list[Any]:
    return value.split(",") if isinstance(value, str) else list(value or [])


def _parsed(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
