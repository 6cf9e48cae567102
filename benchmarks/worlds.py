"""Seeded worlds to measure in: clustered unit vectors like an encoder's, strewn over the globe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from satseek.archive.cells import CELL_COLUMNS, CELL_DEGREES
from satseek.core.vectors import FloatArray, unit_rows

if TYPE_CHECKING:
    import pyarrow as pa

# Chosen so that 3,000 vectors have the neighbours that MobileNetV2's features of 3,000 RSICD images have: mean cosine
# of the 1st, 10th and 100th neighbour 0.50, 0.37, 0.23 here, 0.50, 0.38, 0.22 there; median of all pairs 0 in both.
CLASSES = 30
VARIETIES = 100  # of each class
DECAY = 4  # directions: the i-th carries 1 / (1 + i/4) of the variance of the first
SIDE = 0.02  # degrees: 224 pixels of 10 m
SENSORS = ("rgb", "s1", "s2")


class Places(NamedTuple):
    """The south-west corners of square chips."""

    west: NDArray[np.float64]
    south: NDArray[np.float64]

    def inside(self, bbox: tuple[float, float, float, float]) -> NDArray[np.bool_]:
        """Return which chips touch a box that does not cross the date line."""
        west, south, east, north = bbox
        across = (self.west <= east) & (self.west + SIDE >= west)
        return across & (self.south <= north) & (self.south + SIDE >= south)


def vectors(rows: int, dimensions: int, *, seed: int, part: int = 0) -> FloatArray:
    """Return unit rows: varieties around classes, chips around varieties, the same middles for every part."""
    shared = np.random.default_rng(seed)
    strengths = 1 / np.sqrt(1 + np.arange(dimensions) / DECAY)
    strengths = (strengths / np.linalg.norm(strengths)).astype(np.float32)
    classes = unit_rows(shared.standard_normal((CLASSES, dimensions)) * strengths)
    apart = shared.standard_normal((CLASSES * VARIETIES, dimensions)) * strengths
    varieties = unit_rows(np.repeat(classes, VARIETIES, axis=0) + apart)
    sizes = 1 / np.sqrt(1 + np.arange(len(varieties)))
    shared.shuffle(sizes)
    rng = np.random.default_rng((seed, part))
    chosen = rng.choice(len(varieties), size=rows, p=sizes / sizes.sum())
    return unit_rows(varieties[chosen] + rng.standard_normal((rows, dimensions), dtype=np.float32) * strengths)


def places(rows: int, *, seed: int) -> Places:
    """Return chips strewn evenly over the inhabited latitudes."""
    rng = np.random.default_rng((seed, 999))
    return Places(rng.uniform(-180, 180 - SIDE, rows), rng.uniform(-60, 75 - SIDE, rows))


def box_with(share: float, *, seed: int) -> tuple[float, float, float, float]:
    """Return a box that holds about this share of the chips."""
    rng = np.random.default_rng((seed, int(share * 1e9)))
    width, height = 360 * np.sqrt(share) - SIDE, 135 * np.sqrt(share) - SIDE
    west, south = rng.uniform(-180, 180 - width), rng.uniform(-60, 75 - height)
    return float(west), float(south), float(west + width), float(south + height)


def chip_rows(found: FloatArray, where: Places, first: int, schema: pa.Schema) -> pa.Table:
    """Return archive rows without going through a Python object for each chip."""
    import pyarrow as pa
    import shapely

    from satseek.archive.rows import vector_array

    rows = len(found)
    names = [f"{index:024x}" for index in range(first, first + rows)]
    east, north = where.west + SIDE, where.south + SIDE
    columns: dict[str, Any] = {
        "id": names,
        "sensor": [SENSORS[index % 3] for index in range(first, first + rows)],
        "geometry": shapely.to_wkb(shapely.box(where.west, where.south, east, north)),
        "bbox": np.column_stack([where.west, where.south, east, north]).tolist(),
        "datetime": np.arange(first, first + rows) * 60_000_000 + 1_600_000_000_000_000,
        "source": [f"scene-{index // 1000}" for index in range(first, first + rows)],
        "scene": [f"scene-{index // 1000}" for index in range(first, first + rows)],
        "window": [[0, 0, 224, 224]] * rows,
        "scale": np.ones(rows),
        "size": [[224, 224]] * rows,
        "address": ['{"sensor":"rgb","bands":[]}'] * rows,
        "keywords": [[]] * rows,
        "labels": [[]] * rows,
        "properties": ["{}"] * rows,
        "facts": [[]] * rows,
        "nodata_share": np.zeros(rows),
        "added": [1_700_000_000_000_000] * rows,
    }
    for column, degrees in zip(CELL_COLUMNS, CELL_DEGREES, strict=True):
        columns[column] = _cells(where, degrees)
    arrays = []
    for field in schema:
        if field.name == "vector":
            arrays.append(vector_array(found))
        elif field.name in columns:
            arrays.append(pa.array(columns[field.name], field.type))
        else:
            arrays.append(pa.nulls(rows, field.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def batches(rows: int, dimensions: int, *, seed: int, size: int = 50_000) -> Iterator[tuple[int, FloatArray]]:
    """Yield the world's vectors part by part, the same whichever the number of rows in all."""
    for part, first in enumerate(range(0, rows, size)):
        yield first, vectors(min(size, rows - first), dimensions, seed=seed, part=part + 1)


def _cells(where: Places, degrees: float) -> NDArray[np.int32]:
    if degrees < SIDE:
        return np.full(len(where.west), -1, dtype=np.int32)
    across = round(360 / degrees)
    columns = np.floor((where.west + SIDE / 2 + 180) / degrees).astype(np.int32) % across
    rows = np.floor((where.south + SIDE / 2 + 90) / degrees).astype(np.int32)
    cells: NDArray[np.int32] = rows * across + columns
    return cells
