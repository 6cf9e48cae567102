"""A small registry: a name, and where the thing of that name is defined, imported on first use."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Generic, TypeVar, cast

from satseek.core.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one kind, each in a file of its own that is imported when asked for."""

    def __init__(self, kind: str, places: dict[str, str]) -> None:
        """Take the kind's name for messages and ``{name: "package.module:attribute"}``."""
        self.kind = kind
        self._places = dict(places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def get(self, name: str) -> T:
        """Return the thing of this name; an unknown name is answered with the nearest known one."""
        if name not in self._places:
            raise UnknownName(self.kind, name, self._places)
        module, _, attribute = self._places[name].partition(":")
        return cast(T, getattr(import_module(module), attribute))
