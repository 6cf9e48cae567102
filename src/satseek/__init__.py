"""SatSeek: search your own satellite and aerial archive by words, by example, and across sensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Query", "__version__", "open"]

if TYPE_CHECKING:
    from satseek.core.query import Query
    from satseek.search.collection import open_archive as open


def __getattr__(name: str) -> Any:
    """Load the public names on first use, so that ``import satseek`` stays instant."""
    if name == "open":
        from satseek.search.collection import open_archive

        return open_archive
    if name == "Query":
        from satseek.core.query import Query

        return Query
    raise AttributeError(f"module 'satseek' has no attribute {name!r}")
