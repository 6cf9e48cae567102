"""The built web page, where there is one: `/` shows it to browsers, its parts lie below `/page/`."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
PREFIX = "/page/"
HASHED = "assets/"  # names with a hash of what is in them: never another content under one name
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self' blob:",  # the map's own
        "child-src blob:",
        "style-src 'self' 'unsafe-inline'",  # the map places its controls by style attributes
        "img-src 'self' data: blob:",
        "connect-src 'self' blob: data:",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
NOT_BUILT = (
    "The page is not built yet: run 'make page' in the source tree. Meanwhile the API answers, and curl and QGIS."
)


def index() -> Path | None:
    """Return the page's first file, None where the page was not built."""
    file = STATIC / "index.html"
    return file if file.is_file() else None


def wants_page(accept: str) -> bool:
    """Return whether a browser asks: it names HTML before JSON."""
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)


def index_response(headers: Headers) -> Response:
    """Return the page's first file; it is asked for anew each time, as it names the others."""
    return _as_built(STATIC / "index.html", headers, {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache"})


class PageFiles(StaticFiles):
    """The page's files: compressed as they were built, and kept by browsers as long as their names stand."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        full, facts = self.lookup_path(path)
        if facts is None or not Path(full).is_file() or full.endswith(".gz"):
            raise HTTPException(404)
        hashed = path.startswith(HASHED)
        cached = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return _as_built(Path(full), Headers(scope=scope), {"Vary": "Accept-Encoding", "Cache-Control": cached})


def _as_built(file: Path, headers: Headers, said: dict[str, str]) -> Response:
    said = said | {"Content-Security-Policy": CONTENT_POLICY}
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    compressed = file.with_name(file.name + ".gz")
    if "gzip" in headers.get("accept-encoding", "") and os.path.isfile(compressed):
        return FileResponse(compressed, headers=said | {"Content-Encoding": "gzip"}, media_type=kind)
    return FileResponse(file, headers=said, media_type=kind)
