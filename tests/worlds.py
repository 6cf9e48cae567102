"""Small painted worlds for tests: quick to make, made once a session, the same on every machine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from satseek.synthetic.catalog import write_catalog
from satseek.synthetic.world import World

SENSORS = ("rgb", "s2", "s1")


def small_catalog(
    tmp_path_factory: pytest.TempPathFactory,
    *,
    scenes: int = 2,
    size: int = 512,
    seed: int = 7,
    sensors: tuple[str, ...] = SENSORS,
    without: tuple[str, ...] = (),
) -> Path:
    """Return the catalog.json of a small world; tests of one session share it, so they must not change it."""
    return _written(tmp_path_factory.getbasetemp(), scenes, size, seed, sensors, without)


def small_world(
    biome: str = "river plain",
    *,
    size: int = 512,
    resolution: float = 1.0,
    seed: int = 7,
    without: tuple[str, ...] = (),
) -> World:
    """Return a small painted map of one kind of land; `resolution` 5 shows settlements and the land around them."""
    return _painted(biome, size, resolution, seed, without)


@cache
def _painted(biome: str, size: int, resolution: float, seed: int, without: tuple[str, ...]) -> World:
    return World.paint(seed, size, resolution, biome=biome, without=without)


@cache
def _written(
    base: Path,
    scenes: int,
    size: int,
    seed: int,
    sensors: tuple[str, ...],
    without: tuple[str, ...],
) -> Path:
    folder = base / "-".join(["world", f"{scenes}x{size}", f"seed{seed}", *sensors, *without]) / "catalog"
    return write_catalog(folder, scenes=scenes, size=size, seed=seed, sensors=sensors, without=without)
