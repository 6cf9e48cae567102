"""Samples: a look at a scene's values that costs little whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from rasterio.windows import Window as RasterWindow

from satseek.core.vectors import FloatArray
from satseek.raster.gdal import gdal_call

_SIDE = 1024  # pixels a side of a decimated look
_MOST_DECODED = 4_000_000  # pixels of a band that may be decoded for it
_MOST_BLOCKS = 64


def sample_of(href: str, dataset: Any, index: int) -> FloatArray:
    """Return measured values of one band from all over the file, without nodata, from overviews where there are."""
    with gdal_call(href):
        looks = [dataset.read(index, masked=True, **request) for request in requests_of(dataset, index)]
        values = np.concatenate([np.asarray(look.compressed(), dtype=np.float32) for look in looks])
    return np.asarray(values[np.isfinite(values)], dtype=np.float32)


def requests_of(dataset: Any, index: int) -> Iterator[dict[str, Any]]:
    """Yield what to read: all of it decimated, or where that would decode too much some blocks spread evenly."""
    width, height = dataset.width, dataset.height
    coarsest = max(dataset.overviews(index), default=1)
    if width * height / coarsest**2 <= _MOST_DECODED:
        shrink = max(1.0, max(width, height) / _SIDE)
        yield {"out_shape": (max(1, round(height / shrink)), max(1, round(width / shrink)))}
        return
    block_height, block_width = dataset.block_shapes[index - 1]
    rows, columns = -(-height // block_height), -(-width // block_width)
    count = min(rows * columns, _MOST_BLOCKS, max(1, _MOST_DECODED // (block_height * block_width)))
    for number in range(count):
        row = int((number + 0.5) * rows / count)
        column = int((number * 0.6180339887 % 1) * columns)  # golden steps: columns are spread evenly too
        left, top = column * block_width, row * block_height
        yield {"window": RasterWindow(left, top, min(block_width, width - left), min(block_height, height - top))}
