"""The built web page, where there is one: `/` shows it to browsers, its parts lie below `/page/`."""

from __future__ import annotations

from pathlib import Path

STATIC = Path(__file__).parent / "static"
PREFIX = "/page/"


def index() -> Path | None:
    """Return the page's first file, None where the page was not built."""
    file = STATIC / "index.html"
    return file if file.is_file() else None


def wants_page(accept: str) -> bool:
    """Return whether a browser asks: it names HTML before JSON."""
    html, json = accept.find("text/html"), accept.find("json")
    return html >= 0 and (json < 0 or html < json)
