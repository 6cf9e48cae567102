"""Leaves out of a process that only asks what LanceDB would import and an archive never uses: half of its start.

Measured with `python -X importtime`, 2026-11: a third of `import lancedb` is pandas, which pyarrow looks for wherever
it is installed, and a third the client of LanceDB's REST catalogues with its hundreds of pydantic models.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

ASKS = frozenset(("search", "locate", "why"))
_ABSENT = frozenset(("pandas",))  # asked for by those who can do without
_HOLLOW = frozenset(("lance_namespace_urllib3_client",))  # named in signatures of what is never called


def start_lightly(arguments: Sequence[str]) -> None:
    """Leave it all out where these are the arguments of a verb that only asks."""
    verb = next(iter(arguments), "")
    needs_pandas = any(argument.endswith(("geoparquet", ".parquet")) for argument in arguments)  # GeoPandas writes it
    if verb in ASKS and not needs_pandas and "lancedb" not in sys.modules:
        sys.meta_path.insert(0, _LeftOut())


class _LeftOut(MetaPathFinder, Loader):
    """Says of some packages that they are not there, and of some that they hold whatever is asked of them."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return a hollow module's spec, or nothing for others to look on."""
        package = name.partition(".")[0]
        if package in _ABSENT:
            raise ModuleNotFoundError(f"{name} is left out of a process that only asks", name=name)
        return ModuleSpec(name, self, is_package=True) if package in _HOLLOW else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the hollow module."""
        return _Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leave it hollow."""


class _Hollow(ModuleType):
    """Has an empty class for every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        made = type(name, (), {"__doc__": f"Stands for {self.__name__}.{name}, which is left out."})
        setattr(self, name, made)
        return made
