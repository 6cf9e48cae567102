"""Previews: chips as pictures, drawn the way their sensor is usually drawn."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UnknownName
from satseek.core.sensor import SENSORS, Drawing, Pixels, Sensor

_PERCENTILES = (2.0, 98.0)


def picture(pixels: Pixels, drawing: str | None = None) -> NDArray[np.uint8]:
    """Return the chip as (height, width, 3) bytes, black where it holds no measurement.

    Where the drawing's bands are missing another of the sensor's drawings is taken, and failing that the first band
    in grey.
    """
    sensor = SENSORS.get(pixels.sensor)
    way = _drawable(sensor, pixels, drawing)
    shown = np.stack(
        [
            _bytes(pixels, band, black, white)
            for band, black, white in zip(way.bands, way.black, way.white, strict=True)
        ],
        axis=-1,
    )
    shown[~pixels.valid] = 0
    return shown


def png(pixels: Pixels, drawing: str | None = None) -> bytes:
    """Return the chip as a PNG, transparent where it holds no measurement."""
    colours = picture(pixels, drawing)
    height, width = colours.shape[:2]
    if not pixels.valid.all():
        opaque = np.where(pixels.valid, 255, 0).astype(np.uint8)
        colours = np.concatenate([colours, opaque[..., None]], axis=-1)
    kind = 6 if colours.shape[2] == 4 else 2  # truecolour with or without alpha
    rows = np.zeros((height, 1 + width * colours.shape[2]), dtype=np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = colours.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    body = [(b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_part(name, data) for name, data in body)


def _drawable(sensor: Sensor, pixels: Pixels, wanted: str | None) -> Drawing:
    if wanted is not None and wanted not in sensor.drawings:
        raise UnknownName("drawing", wanted, sensor.drawings)
    names = ([wanted] if wanted else []) + list(sensor.drawings)
    for name in names:
        if set(sensor.drawings[name].bands) <= set(pixels.bands):
            return sensor.drawings[name]
    return _grey(pixels)


def _grey(pixels: Pixels) -> Drawing:
    """Return a drawing of the first band between the values that nearly all of it lies in."""
    name = pixels.bands[0]
    measured = pixels.band(name)[pixels.valid]
    low, high = (float(edge) for edge in np.percentile(measured, _PERCENTILES)) if measured.size else (0.0, 1.0)
    high = high if high > low else low + 1.0
    return Drawing((name, name, name), (low, low, low), (high, high, high))


def _bytes(pixels: Pixels, band: str, black: float, white: float) -> NDArray[np.uint8]:
    values = pixels.values[pixels.bands.index(band)]
    if values.dtype == np.uint8 and (black, white) == (0.0, 255.0):
        return np.asarray(values, dtype=np.uint8)
    share = (np.nan_to_num(values.astype(np.float32)) - black) / (white - black)
    return np.asarray(np.rint(np.clip(share, 0, 1) * 255), dtype=np.uint8)


def _png_part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
