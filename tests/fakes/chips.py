"""A small world of chips: seeded clustered vectors, places on a grid, dates a day apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.scene import Window
from satseek.core.vectors import FloatArray, unit_rows

SENSORS = ("rgb", "s2", "s1")


def card(name: str = "fake", *, dimensions: int = 32, version: str = "1") -> ModelCard:
    """The card of a model that nobody has."""
    return ModelCard(name, version, "made up", dimensions, dict.fromkeys(SENSORS, ()), True, 224)


def clustered(rows: int, dimensions: int = 32, *, seed: int = 0, clusters: int = 40, spread: float = 0.5) -> FloatArray:
    """Unit rows around a few directions, as encoders make them."""
    rng = np.random.default_rng(seed)
    middles = unit_rows(rng.standard_normal((clusters, dimensions)))
    around = rng.standard_normal((rows, dimensions)) * spread / np.sqrt(dimensions)
    return unit_rows(middles[rng.integers(clusters, size=rows)] + around)


def chip(index: int, west: float | None = None, south: float = 0.0, *, side: float = 0.01, **changes: object) -> Chip:
    """One chip; without a `west` it has no place."""
    facts: dict[str, object] = {
        "id": f"{index:08x}",
        "sensor": SENSORS[index % 3],
        "source": f"scene-{index // 100}.tif",
        "scene": f"scene-{index // 100}",
        "window": Window(224 * (index % 10), 0, 224, 224),
        "scale": 1.0,
        "size": (224, 224),
        "address": {"sensor": SENSORS[index % 3], "bands": [{"name": "B04", "href": "x.tif", "index": 1}]},
        "datetime": datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=index % 365),
        "ground_resolution_m": 10.0,
    }
    if west is not None:
        facts |= {
            "geometry": box(west, south, west + side, south + side),
            "bbox": (west, south, west + side, south + side),
        }
    return Chip(**(facts | changes))  # type: ignore[arg-type]


def box(west: float, south: float, east: float, north: float) -> dict[str, object]:
    """A GeoJSON polygon of a box."""
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def scattered(
    rows: int, *, seed: int = 0, bbox: Sequence[float] = (-60, -40, 60, 40), side: float = 0.01
) -> list[Chip]:
    """Chips strewn over a box."""
    rng = np.random.default_rng(seed)
    wests, souths = rng.uniform(bbox[0], bbox[2], rows), rng.uniform(bbox[1], bbox[3], rows)
    return [
        chip(index, float(west), float(south), side=side)
        for index, (west, south) in enumerate(zip(wests, souths, strict=True))
    ]
