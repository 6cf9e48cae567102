"""What every route has at hand: one service's archive, model, threads, counts and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from satseek.service.decoder import Decoder
from satseek.service.jobs import Jobs
from satseek.service.library import Library
from satseek.service.maps import Maps
from satseek.service.metrics import Metrics
from satseek.service.public import Names
from satseek.service.scene_list import SceneList
from satseek.service.settings import Settings
from satseek.service.suggest import Suggestions
from satseek.service.tile_cache import TileCache
from satseek.service.work import Workbench

T = TypeVar("T")


@dataclass
class Desk:
    """One running service."""

    settings: Settings
    library: Library
    work: Workbench
    metrics: Metrics
    names: Names
    decoder: Decoder
    suggestions: Suggestions
    tiles: TileCache = field(default_factory=TileCache)
    maps: Maps = field(default_factory=Maps)
    jobs: Jobs | None = None  # None: read-only
    streams: int = 0  # that are followed now
    closing: bool = False  # streams end, so that the service can

    async def run(self, work: Callable[[], T]) -> T:
        """Do what takes time in a thread, within bounds."""
        return await self.work.run(work)

    def scenes(self) -> SceneList:
        """Return the scenes of the archive as it is now."""
        return self.library.of_version("scenes", lambda archive: SceneList(archive, self.names))

    def close(self) -> bool:
        """Stop everything; return whether some thread is still busy."""
        if self.jobs is not None:
            self.jobs.close()
        self.decoder.close()
        return self.work.close()


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


At = Annotated[Desk, Depends(_desk)]
Base = Annotated[str, Depends(_base)]  # the address of the service as the client knows it
