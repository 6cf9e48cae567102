"""Chips and whole scenes as pictures: read where they lie, drawn as their sensor is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from rio_tiler.colormap import cmap as colormaps
from rio_tiler.errors import InvalidColorMapName
from rio_tiler.models import ImageData

from satseek.core.chip import Chip
from satseek.core.errors import UnknownName, UsageError
from satseek.core.scene import BandFile, Scene
from satseek.core.sensor import SENSORS, Pixels
from satseek.raster.preview import png
from satseek.raster.read import read_chip
from satseek.raster.tile import read_tile


def require_drawing(sensor: str, drawing: str | None) -> None:
    """Say which drawings a sensor has where it has not this one."""
    if drawing is not None and drawing not in SENSORS.get(sensor).drawings:
        raise UnknownName("drawing", drawing[:60], SENSORS.get(sensor).drawings)


def chip_picture(chip: Chip, *, size: int, drawing: str | None = None) -> bytes:
    """Return a chip as a PNG whose longer side has so many pixels."""
    require_drawing(chip.sensor, drawing)
    height, width = chip.size
    scale = size / max(height, width, 1)
    fitted = (max(1, round(height * scale)), max(1, round(width * scale)))
    return png(read_chip(chip, size=fitted), drawing)


@dataclass(frozen=True)
class Style:
    """How a tile is drawn: by the sensor's drawing, or by bands and their range as titiler's parameters say."""

    drawing: str | None = None
    bands: tuple[str, ...] = ()
    rescale: tuple[tuple[float, float], ...] = ()
    colormap: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether anything but the sensor's drawings is wanted."""
        return bool(self.bands or self.rescale or self.colormap)


def scene_tile(
    chip: Chip, z: int, x: int, y: int, *, size: int, style: Style, resampling: str = "bilinear"
) -> bytes | None:
    """Return a tile of the scene that a chip is cut from as a PNG; None where the scene does not reach."""
    require_drawing(chip.sensor, style.drawing)
    scene = Scene.from_address(chip.source, chip.address)
    if style.bands or not style.is_own:
        names = style.bands or _drawn_bands(scene, style.drawing)
        scene = replace(scene, bands=tuple(_band(scene, name) for name in names))
    pixels = read_tile(scene, z, x, y, size=size, resampling=resampling)
    if pixels is None:
        return None
    return _styled(pixels, style) if style.is_own else png(pixels, style.drawing)


def _drawn_bands(scene: Scene, drawing: str | None) -> tuple[str, ...]:
    """Return only those bands that the drawing shows: no other file is opened."""
    held = [band.name for band in scene.bands]
    drawings = SENSORS.get(scene.sensor).drawings
    for name in ([drawing] if drawing else []) + list(drawings):
        wanted = drawings[name].bands
        if set(wanted) <= set(held):
            return tuple(dict.fromkeys(wanted))
    return (held[0],)


def _band(scene: Scene, name: str) -> BandFile:
    """Return a band by its name, or by its number from 1."""
    names = [band.name for band in scene.bands]
    if name.isascii() and name.isdigit() and 1 <= int(name[:4]) <= len(names):
        return scene.bands[int(name) - 1]
    canonical = SENSORS.get(scene.sensor).canonical_band(name)
    if canonical not in names:
        raise UnknownName("band", name[:40], names)
    return scene.bands[names.index(canonical)]


def _styled(pixels: Pixels, style: Style) -> bytes:
    values, valid = pixels.values, pixels.valid
    mask = np.broadcast_to(~valid, values.shape)
    image = ImageData(np.ma.MaskedArray(values.astype("float32"), mask=mask))
    usual = next(iter(SENSORS.get(pixels.sensor).drawings.values()))
    known = dict(zip(usual.bands, zip(usual.black, usual.white, strict=True), strict=True))
    ranges = style.rescale or tuple(known.get(name, _spread(pixels, name)) for name in pixels.bands)
    if len(ranges) not in (1, image.count):
        raise UsageError(f"There are {image.count} bands and {len(ranges)} ranges. Give one rescale for all, or each.")
    if image.count not in (1, 3):
        raise UsageError(f"A picture has one band or three, not {image.count}. Name them with bidx.")
    image = image.rescale(in_range=ranges * (image.count if len(ranges) == 1 else 1))
    colours = None
    if style.colormap is not None:
        if image.count != 1:
            raise UsageError("A colormap colours one band. Name it with bidx.")
        try:
            colours = colormaps.get(style.colormap)
        except InvalidColorMapName:
            raise UsageError(f"There is no colormap '{style.colormap[:40]}'. Try viridis or greys.") from None
    drawn: bytes = image.render(img_format="PNG", colormap=colours)
    return drawn


def _spread(pixels: Pixels, name: str) -> tuple[float, float]:
    low, high = SENSORS.get(pixels.sensor).valid_range
    measured = pixels.band(name)[pixels.valid]
    if measured.size:
        low, high = (float(edge) for edge in np.percentile(measured, (2, 98)))
    return low, high if high > low else low + 1
