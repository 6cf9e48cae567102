"""Chips and whole scenes as pictures: read where they lie, drawn as their sensor is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from rio_tiler.colormap import cmap as colormaps
from rio_tiler.errors import InvalidColorMapName
from rio_tiler.models import ImageData

from satseek.core.chip import Chip
from satseek.core.errors import UnknownName, UsageError
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import SENSORS, Pixels
from satseek.raster.in_place import read_in_place
from satseek.raster.preview import png
from satseek.raster.read import SceneReader
from satseek.raster.tile import read_tile

Stretch = Literal["sensor", "percentile", "minmax"]
STRETCHES: Mapping[str, tuple[float, float]] = {"percentile": (2.0, 98.0), "minmax": (0.0, 100.0)}
OVERVIEW_SIDE = 512


def require_drawing(sensor: str, drawing: str | None) -> None:
    """Say which drawings a sensor has where it has not this one."""
    if drawing is not None and drawing not in SENSORS.get(sensor).drawings:
        raise UnknownName("drawing", drawing[:60], SENSORS.get(sensor).drawings)


@dataclass(frozen=True)
class Style:
    """How pixels are drawn: by the sensor's drawing, or by bands and their range as titiler's parameters say."""

    drawing: str | None = None
    bands: tuple[str, ...] = ()
    rescale: tuple[tuple[float, float], ...] = ()
    colormap: str | None = None
    stretch: Stretch = "sensor"

    @property
    def is_own(self) -> bool:
        """Whether anything but the sensor's drawings is wanted."""
        return bool(self.bands or self.rescale or self.colormap or self.stretch != "sensor")


def chip_picture(chip: Chip, *, size: int, style: Style, place: Chip | None = None) -> bytes:
    """Return a chip as a PNG whose longer side has so many pixels, or its scene on the ground of another chip."""
    require_drawing(chip.sensor, style.drawing)
    scene, shown = _shown(Scene.from_address(chip.source, chip.address), style)
    if place is None:
        pixels = _read_chip(chip, scene, _fitted(chip, size))
    else:
        own_m = None if chip.ground_resolution_m is None else chip.ground_resolution_m / max(chip.scale, 1e-9)
        pixels = read_in_place(scene, place, _fitted(place, size), resolution_m=own_m)
    return _drawn(pixels, shown, style, _ranges(pixels, shown, style))


def scene_tile(
    chip: Chip, z: int, x: int, y: int, *, size: int, style: Style, resampling: str = "bilinear"
) -> bytes | None:
    """Return a tile of the scene that a chip is cut from as a PNG; None where the scene does not reach."""
    require_drawing(chip.sensor, style.drawing)
    scene, shown = _shown(Scene.from_address(chip.source, chip.address), style)
    pixels = read_tile(scene, z, x, y, size=size, resampling=resampling)
    if pixels is None:
        return None
    # Tiles of one scene must be stretched alike, so the whole of it is looked at from afar.
    whole = pixels if style.stretch == "sensor" else _from_afar(scene)
    return _drawn(pixels, shown, style, _ranges(whole, shown, style))


def _read_chip(chip: Chip, drawn: Scene, size: tuple[int, int]) -> Pixels:
    """Return the bands that are drawn; a chip's window counts the pixels of its scene's finest band, drawn or not."""
    scene = Scene.from_address(chip.source, chip.address)
    grid = None
    if {band.href for band in scene.bands} != {band.href for band in drawn.bands}:
        with SceneReader(scene) as whole:
            if not whole.has_place:
                return whole.read(chip.window, size)
            grid = whole.grid
    with SceneReader(drawn, grid=grid) as reader:
        return reader.read(chip.window, size)


def _from_afar(scene: Scene) -> Pixels:
    with SceneReader(scene) as reader:
        shrink = max(1.0, max(reader.width, reader.height) / OVERVIEW_SIDE)
        size = (max(1, round(reader.height / shrink)), max(1, round(reader.width / shrink)))
        return reader.read(Window(0, 0, reader.width, reader.height), size)


def _fitted(chip: Chip, size: int) -> tuple[int, int]:
    height, width = chip.size
    scale = size / max(height, width, 1)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _shown(scene: Scene, style: Style) -> tuple[Scene, tuple[str, ...]]:
    """Return the scene with only those bands that are drawn, and the bands as they are drawn: no other is opened."""
    names = style.bands or _bands_of_drawing(scene, style.drawing)
    bands = [_band(scene, name) for name in names]
    once = {band.name: band for band in bands}
    return replace(scene, bands=tuple(once.values())), tuple(band.name for band in bands)


def _bands_of_drawing(scene: Scene, drawing: str | None) -> tuple[str, ...]:
    held = [band.name for band in scene.bands]
    drawings = SENSORS.get(scene.sensor).drawings
    for name in ([drawing] if drawing else []) + list(drawings):
        wanted = drawings[name].bands
        if set(wanted) <= set(held):
            return wanted if len(set(wanted)) > 1 else wanted[:1]
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


def _ranges(pixels: Pixels, shown: tuple[str, ...], style: Style) -> tuple[tuple[float, float], ...]:
    """Return the values drawn black and white, for each band that is shown."""
    if style.rescale:
        if len(style.rescale) not in (1, len(shown)):
            raise UsageError(
                f"There are {len(shown)} bands and {len(style.rescale)} ranges. Give one rescale for all, or each."
            )
        return style.rescale * (len(shown) if len(style.rescale) == 1 else 1)
    if style.stretch != "sensor":
        return tuple(_spread(pixels, name, STRETCHES[style.stretch]) for name in shown)
    drawings = SENSORS.get(pixels.sensor).drawings
    usual = drawings[style.drawing] if style.drawing else next(iter(drawings.values()))
    known = dict(zip(usual.bands, zip(usual.black, usual.white, strict=True), strict=True))
    return tuple(known.get(name) or _spread(pixels, name, STRETCHES["percentile"]) for name in shown)


def _drawn(pixels: Pixels, shown: tuple[str, ...], style: Style, ranges: tuple[tuple[float, float], ...]) -> bytes:
    if not style.is_own:
        return png(pixels, style.drawing)
    if len(shown) not in (1, 3):
        raise UsageError(f"A picture has one band or three, not {len(shown)}. Name them with bidx.")
    colours = None
    if style.colormap is not None:
        if len(shown) != 1:
            raise UsageError("A colormap colours one band. Name it with bidx.")
        try:
            colours = colormaps.get(style.colormap)
        except InvalidColorMapName:
            raise UsageError(f"There is no colormap '{style.colormap[:40]}'. Try viridis or greys.") from None
    values = np.stack([pixels.band(name) for name in shown])
    image = ImageData(np.ma.MaskedArray(values, mask=np.broadcast_to(~pixels.valid, values.shape)))
    drawn: bytes = image.rescale(in_range=ranges).render(img_format="PNG", colormap=colours)
    return drawn


def _spread(pixels: Pixels, name: str, shares: tuple[float, float]) -> tuple[float, float]:
    low, high = SENSORS.get(pixels.sensor).valid_range
    measured = pixels.band(name)[pixels.valid]
    if measured.size:
        low, high = (float(edge) for edge in np.percentile(measured, shares))
    return low, high if high > low else low + 1
