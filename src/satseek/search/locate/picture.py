"""Heat maps as files: a cloud-optimised GeoTIFF, a picture over the scene, and a layer for maps of the web."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.shutil import copy
from rasterio.warp import calculate_default_transform, reproject, transform_bounds

from satseek.core.chip import BBox
from satseek.core.errors import SourceError, UsageError
from satseek.core.scene import Scene, Window
from satseek.core.vectors import FloatArray
from satseek.raster.gdal import gdal_call
from satseek.raster.preview import picture
from satseek.raster.read import SceneReader
from satseek.search.locate.outline import finer

BLOCK = 128  # heat maps are small: with GDAL's blocks of 512 most would have no overview
LONGEST = 1600  # pixels of a picture
WEB = "EPSG:3857"
_MOST_LATITUDE = 85.0511  # where the web's map ends
_GLOW = np.array(  # from cold to hot, as dark ground needs it: violet, red, orange, pale yellow
    [(20, 11, 53), (87, 16, 110), (149, 38, 103), (205, 65, 73), (243, 120, 25), (252, 180, 40), (252, 255, 164)],
    dtype=np.float32,
)
_OPAQUE = 0.8  # of the hottest


class Layer(NamedTuple):
    """A transparent PNG and the degrees between which the web's map draws it."""

    png: bytes
    bounds: BBox


def cog_bytes(heat: FloatArray, transform: Affine, crs: Any, tags: Mapping[str, str]) -> bytes:
    """Return a heat map as a cloud-optimised GeoTIFF of 32-bit floats, NaN where nothing is known."""
    height, width = heat.shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": height, "width": width, "nodata": np.nan}
    place = {"transform": transform} | ({} if crs is None else {"crs": crs})
    with gdal_call("the heat map"), MemoryFile() as memory, MemoryFile() as cog:
        with memory.open(**profile, **place) as raster:
            raster.write(heat.astype(np.float32), 1)
            raster.descriptions = ("heat",)
            raster.update_tags(**tags)
        with memory.open() as raster:
            copy(
                raster, cog.name, driver="COG", COMPRESS="DEFLATE", PREDICTOR="FLOATING_POINT", BLOCKSIZE=str(BLOCK),
                OVERVIEW_RESAMPLING="AVERAGE", RESAMPLING="AVERAGE",
            )  # fmt: skip
        return bytes(cog.read())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    half_done = path.with_name(f".{path.name}.part")
    try:
        half_done.write_bytes(content)
        half_done.replace(path)
    except OSError as error:
        half_done.unlink(missing_ok=True)
        raise UsageError(f"Cannot write '{path}': {error.strerror or error}. Choose another place.") from None


def overlay_png(heat: FloatArray, scene: Scene, region: Window) -> bytes:
    """Return the heat drawn over a small picture of the scene; over nothing where its file cannot be read."""
    shrink = max(1.0, max(region.height, region.width) / LONGEST)
    size = max(1, round(region.height / shrink)), max(1, round(region.width / shrink))
    glow = sized(heat, size)
    try:
        with SceneReader(scene) as reader:
            pixels = reader.read(region, size)
    except SourceError:
        return png_bytes(coloured(glow))
    return png_bytes(laid_over(picture(pixels), pixels.valid, coloured(glow)))


def web_layer(heat: FloatArray, transform: Affine, crs: Any) -> Layer:
    """Return the heat as a picture that a map of the web can stretch between its bounds."""
    height, width = heat.shape
    west, south, east, north = _bounds(heat, transform, crs)
    with gdal_call("the heat map"):
        onto, columns, rows = calculate_default_transform(crs, WEB, width, height, *_sides(heat, transform))
        finest = min(4.0, LONGEST / max(columns, rows, 1))
        columns, rows = max(1, round(columns * finest)), max(1, round(rows * finest))
        left, bottom, right, top = transform_bounds("EPSG:4326", WEB, west, south, east, north)
        onto = Affine((right - left) / columns, 0.0, left, 0.0, (bottom - top) / rows, top)
        warped = np.full((rows, columns), np.nan, dtype=np.float32)
        reproject(
            heat.astype(np.float32), warped, src_transform=transform, src_crs=crs, dst_transform=onto, dst_crs=WEB,
            src_nodata=np.nan, dst_nodata=np.nan, resampling=Resampling.bilinear,
        )  # fmt: skip
    return Layer(png_bytes(coloured(warped)), (west, south, east, north))


def coloured(heat: FloatArray) -> NDArray[np.uint8]:
    """Return heat as (height, width, 4) colours: the hotter, the brighter and the less transparent."""
    known = np.isfinite(heat)
    value = np.clip(np.where(known, heat, 0.0), 0, 1)
    at = value * (len(_GLOW) - 1)
    below = np.minimum(at.astype(np.int64), len(_GLOW) - 2)
    share = (at - below)[..., None]
    colours = _GLOW[below] * (1 - share) + _GLOW[below + 1] * share
    alpha = 255 * _OPAQUE * np.sqrt(value) * known
    return np.concatenate([np.rint(colours), np.rint(alpha)[..., None]], axis=-1).astype(np.uint8)


def laid_over(ground: NDArray[np.uint8], valid: NDArray[np.bool_], glow: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture with coloured heat over it, transparent where nothing is measured."""
    colours = glow.astype(np.float32)
    share = colours[..., 3:] / 255
    blended = ground.astype(np.float32) * (1 - share) + colours[..., :3] * share
    opaque = np.where(valid, 255, 0)[..., None]
    return np.concatenate([np.rint(blended), opaque], axis=-1).astype(np.uint8)


def sized(heat: FloatArray, size: tuple[int, int]) -> FloatArray:
    """Return heat as so many pixels, blended between the cells."""
    times = max(1, -(-size[0] // heat.shape[0]), -(-size[1] // heat.shape[1]))
    fine = finer(heat, min(times, 16))
    rows = np.minimum((np.arange(size[0]) + 0.5) * fine.shape[0] / size[0], fine.shape[0] - 1).astype(np.int64)
    columns = np.minimum((np.arange(size[1]) + 0.5) * fine.shape[1] / size[1], fine.shape[1] - 1).astype(np.int64)
    return np.asarray(fine[np.ix_(rows, columns)], dtype=np.float32)


def png_bytes(colours: NDArray[np.uint8]) -> bytes:
    """Return (height, width, 4) colours as a PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(colours, "RGBA").save(file, "PNG", compress_level=4)
    return file.getvalue()


def _sides(heat: FloatArray, transform: Affine) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top in the map's own projection."""
    height, width = heat.shape
    left, top = transform @ (0, 0)
    right, bottom = transform @ (width, height)
    return left, bottom, right, top


def _bounds(heat: FloatArray, transform: Affine, crs: Any) -> BBox:
    with gdal_call("the heat map"):
        west, south, east, north = transform_bounds(crs, "EPSG:4326", *_sides(heat, transform), densify_pts=21)
    if east < west:
        east += 360  # a picture over the date line runs on, as maps of the web want it
    return west, max(south, -_MOST_LATITUDE), east, min(north, _MOST_LATITUDE)
