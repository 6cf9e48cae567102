"""What is handed from the plan to the readers: a scene whose header was read, and windows of it to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from satseek.core.scene import Scene
from satseek.ingest.cut import Cutting
from satseek.ingest.lanes import NamedWindow
from satseek.raster.read import SceneReader

OpenReader = Callable[[Scene], SceneReader]


@dataclass(frozen=True)
class Surveyed:
    """A scene whose header was read: how it is cut is known, its pixels are not read yet."""

    number: int  # in the order of the sources
    scene: Scene
    cutting: Cutting
    windows: int


@dataclass(frozen=True)
class Job:
    """Windows of one scene that one worker reads in one go."""

    surveyed: Surveyed
    windows: tuple[NamedWindow, ...]
    lane: int  # the worker
    slab: int  # grows; but for the last scene of a slab, no scene has jobs in two
