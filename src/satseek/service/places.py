"""Where a service may ingest from: folders and web addresses that the operator named, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from satseek.core.errors import UsageError
from satseek.service.public import is_web


class Places:
    """Folders, each known by its own name, and the beginnings of web addresses."""

    def __init__(self, places: tuple[str, ...]) -> None:
        self._addresses = [place for place in places if is_web(place)]
        self._roots: dict[str, Path] = {}
        for place in places:
            if is_web(place):
                continue
            root = Path(place).resolve()
            if not root.is_dir():
                raise UsageError(f"There is no folder '{place}' to ingest from.")
            if root.name in self._roots or not root.name:
                raise UsageError(f"Two folders to ingest from are called '{root.name}'. Name others.")
            self._roots[root.name] = root

    @property
    def names(self) -> list[str]:
        """What a client may begin a source with."""
        return [*self._roots, *self._addresses]

    def resolved(self, source: str) -> str:
        """Return what a client's source stands for; anything outside the places is refused in the same words."""
        if "\0" not in source and len(source) < 2_000:
            if is_web(source):
                if any(_is_below(source, address) for address in self._addresses):
                    return source
            else:
                name, _, rest = source.partition("/")
                root = self._roots.get(name)
                if root is not None and not any(letter in rest for letter in "*?[\\"):
                    path = (root / rest.strip("/")).resolve()
                    if path == root or root in path.parents:
                        return str(path)
        known = ", ".join(f"{name}/…" if name in self._roots else name for name in self.names)
        raise UsageError(f"The service does not ingest from there. It takes: {known or 'nothing'}.")

    def allows(self, href: str) -> bool:
        """Return whether a file that a catalog names may be read: one of the web, or one in a folder named."""
        if is_web(href):
            return bool(self._addresses)
        if href.startswith("file://"):
            href = unquote(urlsplit(href).path)
        if href.startswith(("/vsi", "<")) or not os.path.isabs(href):
            return False
        path = Path(href).resolve()
        return any(root in path.parents for root in self._roots.values())


def _is_below(address: str, allowed: str) -> bool:
    """Return whether an address lies below an allowed one, host and all: a.org is not a.org.evil."""
    one, other = urlsplit(address), urlsplit(allowed)
    same = (one.scheme.lower(), one.netloc.lower()) == (other.scheme.lower(), other.netloc.lower())
    path, below = unquote(one.path), unquote(other.path).rstrip("/")
    return same and ".." not in path.split("/") and (path == below or path.startswith(below + "/"))
