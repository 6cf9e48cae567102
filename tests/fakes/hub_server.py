"""A small Hugging Face hub in memory: the API paths that its own client calls, with troubles.

    with model_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put("org/name", "model.safetensors", b"…")

It keeps large files (`.safetensors`, `.pt`) under their sha256 as the hub's LFS does, and small ones in the commit.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlparse

from fakes.listening import listening

with suppress(ImportError):
    import huggingface_hub  # noqa: F401 - it reads the environment once, so before any test changes it

LARGE = (".safetensors", ".pt", ".bin", ".zip")


@dataclass
class Hub:
    """The running hub: what it holds, what it was asked, what goes wrong."""

    url: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # "GET /api/…"
    ranges: list[str] = field(default_factory=list)
    status: int | None = None  # answered to everything
    licences: dict[str, str] = field(default_factory=dict)  # repository -> as its card states it
    cut_after: int | None = None  # bytes of a large file's body before the connection breaks, once
    status_after_cut: int | None = None  # what everything answers from then on
    lies: dict[str, str] = field(default_factory=dict)  # path -> the sha256 that is claimed of it
    _lock: Any = field(default_factory=Lock)

    def put(self, repository: str, path: str, content: bytes) -> None:
        """Hold a file."""
        self.repositories.setdefault(repository, {})[path] = content

    def commit_of(self, repository: str) -> str:
        """The commit that holds the files as they are."""
        digest = hashlib.sha1(usedforsecurity=False)
        for path, content in sorted(self.repositories[repository].items()):
            digest.update(path.encode() + hashlib.sha256(content).digest())
        return digest.hexdigest()


@contextmanager
def model_hub() -> Iterator[Hub]:
    """Run a hub on a free port of this machine."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = self._chunks()
            with hub._lock:
                hub.asked.append(f"{self.command} {self.path}")
                status, headers, content = _answer(hub, self, body)
            is_large = "/resolve/" in self.path and self.path.endswith(LARGE)
            cut = hub.cut_after if is_large and self.command == "GET" else None
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content if cut is None else content[:cut])
                if cut is not None:
                    hub.cut_after, hub.status = None, hub.status_after_cut
                    self.wfile.flush()
                    self.close_connection = True
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _chunks(self) -> bytes:
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_HEAD = do_POST = do_PUT = any  # noqa: N815 - the names http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with listening(Handler) as hub.url:
        yield hub


_Reply = tuple[int, dict[str, str], bytes]


def _answer(hub: Hub, request: BaseHTTPRequestHandler, body: bytes) -> _Reply:
    if hub.status is not None:
        return hub.status, {}, b"trouble"
    path = unquote(urlparse(request.path).path)
    if match := re.fullmatch(r"/api/models/([^/]+/[^/]+?)(?:/revision/[^/]+)?", path):
        return _listing(hub, match[1])
    if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
        return _file(hub, match[1], match[2], request.headers.get("Range"))
    if path == "/api/repos/create":
        return _create(hub, json.loads(body))
    if path == "/api/validate-yaml":
        return _json({"errors": [], "warnings": []})
    if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/preupload/[^/]+", path):
        modes = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
            }
            for each in json.loads(body)["files"]
        ]
        return _json({"files": modes})
    if match := re.fullmatch(r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
        return _batch(hub, json.loads(body))
    if match := re.fullmatch(r"/lfs/([0-9a-f]{64})", path):
        if request.command == "PUT":
            hub.large[match[1]] = body
        held = hashlib.sha256(hub.large.get(match[1], b"")).hexdigest() == match[1]
        return (200 if held else 422), {}, b""
    if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/[^/]+", path):
        return _commit(hub, match[1], body)
    return 404, {}, b"nothing here"


def _listing(hub: Hub, repository: str) -> _Reply:
    if repository not in hub.repositories:
        return 404, {"X-Error-Code": "RepoNotFound"}, b"{}"
    siblings = []
    for path, content in sorted(hub.repositories[repository].items()):
        sibling: dict[str, Any] = {"rfilename": path, "size": len(content), "blobId": "0" * 40}
        if path.endswith(LARGE):
            digest = hub.lies.get(path) or hashlib.sha256(content).hexdigest()
            sibling["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
        siblings.append(sibling)
    facts = {"id": repository, "modelId": repository, "sha": hub.commit_of(repository), "siblings": siblings}
    if repository in hub.licences:
        facts["cardData"] = {"license": hub.licences[repository]}
    return _json(facts)


def _file(hub: Hub, repository: str, path: str, wanted: str | None) -> _Reply:
    content = hub.repositories.get(repository, {}).get(path)
    if content is None:
        return 404, {"X-Error-Code": "EntryNotFound"}, b""
    headers = {
        "X-Repo-Commit": hub.commit_of(repository),
        "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
    }
    match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
    if match is None:
        return 200, headers, content
    hub.ranges.append(str(wanted))
    start = int(match[1])
    return 206, headers | {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}, content[start:]


def _create(hub: Hub, asked: dict[str, Any]) -> _Reply:
    repository = f"{asked.get('organization') or 'me'}/{asked['name']}"
    if repository in hub.repositories:
        return 409, {}, json.dumps({"error": "exists", "url": f"{hub.url}/{repository}"}).encode()
    hub.repositories[repository] = {}
    return _json({"url": f"{hub.url}/{repository}", "name": repository, "id": "0"})


def _batch(hub: Hub, asked: dict[str, Any]) -> _Reply:
    objects = []
    for each in asked["objects"]:
        there: dict[str, Any] = {"oid": each["oid"], "size": each["size"], "authenticated": True}
        if each["oid"] not in hub.large:
            href = f"{hub.url}/lfs/{each['oid']}"
            there["actions"] = {"upload": {"href": href, "header": {}}, "verify": {"href": href, "header": {}}}
        objects.append(there)
    return _json({"objects": objects, "transfer": "basic"})


def _commit(hub: Hub, repository: str, body: bytes) -> _Reply:
    for line in body.splitlines():
        entry = json.loads(line)
        value = entry["value"]
        if entry["key"] == "file":
            hub.put(repository, value["path"], base64.b64decode(value["content"]))
        elif entry["key"] == "lfsFile":
            hub.put(repository, value["path"], hub.large[value["oid"]])
    commit = hub.commit_of(repository)
    url = f"{hub.url}/{repository}/commit/{commit}"
    return _json({"success": True, "commitUrl": url, "commitOid": commit, "hookOutput": ""})


def _json(value: Any) -> _Reply:
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()
