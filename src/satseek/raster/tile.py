"""Map tiles of a whole scene, read by rio-tiler and brought to the sensor's unit as chips are."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.transform import from_bounds
from rasterio.warp import reproject, transform_bounds
from rio_tiler.errors import RioTilerError, TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.models import ImageData

from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.core.sensor import SENSORS, Pixels
from satseek.raster.gdal import gdal_call, open_raster
from satseek.raster.units import conversion_of, implied_nodata, settle_unit
from satseek.raster.validity import judged

MAX_ZOOM = 24
WEB = CRS.from_epsg(3857)
Numbers = NDArray[Any]
_LEAST_WEIGHT = 0.3  # of a pixel's ground that must have been measured


def read_tile(scene: Scene, z: int, x: int, y: int, *, size: int = 256, resampling: str = "bilinear") -> Pixels | None:
    """Return one tile of the web's map (z, x, y) of a scene; None where the scene does not reach."""
    sensor = SENSORS.get(scene.sensor)
    parts: dict[str, tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}
    with ExitStack() as opened:
        hrefs = dict.fromkeys(band.href for band in scene.bands)
        files = {href: opened.enter_context(open_raster(href)) for href in hrefs}
        if any(file.crs is None for file in files.values()):
            raise SourceError(f"{scene.source} has no place on the globe, so there is no map of it.")
        scene, _ = settle_unit(scene, files)
        nodata = scene.nodata if scene.nodata is not None else implied_nodata(scene)
        for href, file in files.items():
            bands = [band for band in scene.bands if band.href == href]
            image = _tile(href, file, (z, x, y), [band.index for band in bands], size, resampling, nodata)
            if image is None:
                return None
            for number, band in enumerate(bands):
                values = conversion_of(scene, sensor, band, file)(np.ascontiguousarray(image.array.data[number]))
                parts[band.name] = values, ~np.ma.getmaskarray(image.array)[number]
    values = np.stack([parts[band.name][0] for band in scene.bands]).astype(sensor.pixel_type)
    values, valid = judged(values, np.stack([parts[band.name][1] for band in scene.bands]), sensor)
    return Pixels(scene.sensor, tuple(band.name for band in scene.bands), values, valid)


def _tile(
    href: str, file: Any, tile: tuple[int, int, int], indexes: list[int], size: int, resampling: str, nodata: Any
) -> Any:
    z, x, y = tile
    told = {} if nodata is None or file.nodata is not None else {"nodata": nodata}
    how = {"indexes": indexes, "resampling_method": resampling, "reproject_method": resampling, **told}
    with gdal_call(href):
        try:
            with Reader(None, dataset=file) as reader:
                if not reader.tile_exists(x, y, z):
                    return None
                part = _part_of_tile(file, reader.tms.xy_bounds(x, y, z), size)
                if part is None:
                    return reader.tile(x, y, z, tilesize=size, **how)
                if part.width_of_file <= 2 * size and part.height_of_file <= 2 * size:
                    return _laid_out(*_seen_from_afar(file, part, indexes, nodata), part, size)
                image = reader.part(
                    part.bounds, dst_crs=WEB, bounds_crs=WEB, width=part.width, height=part.height, **how
                )
                return _laid_out(image.array.data, ~np.ma.getmaskarray(image.array), part, size)
        except TileOutsideBounds:
            return None
        except RioTilerError as error:
            raise SourceError(f"No map can be made of {href}: {error}") from error


class _Part(NamedTuple):
    """The pixels of a tile that a file reaches, where these lie, and how many the whole file would take."""

    left: int
    top: int
    width: int
    height: int
    bounds: tuple[float, float, float, float]
    width_of_file: float
    height_of_file: float


def _part_of_tile(file: Any, tile: Any, size: int) -> _Part | None:
    """Return which part of a tile to read; None where all of it is, or where nobody can tell.

    Asked for more than the file reaches, rio-tiler warps the empty ground around it pixel by pixel: seen from afar a
    small scene takes minutes.
    """
    west, south, east, north = transform_bounds(file.crs, WEB, *file.bounds, densify_pts=21)
    if not all(map(math.isfinite, (west, south, east, north))) or west >= east:
        return None
    step = (tile.right - tile.left) / size
    left, right = math.floor((west - tile.left) / step), math.ceil((east - tile.left) / step)
    top, bottom = math.floor((tile.top - north) / step), math.ceil((tile.top - south) / step)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, size), min(bottom, size)
    if left >= right or top >= bottom or (right - left, bottom - top) == (size, size):
        return None
    bounds = (tile.left + left * step, tile.top - bottom * step, tile.left + right * step, tile.top - top * step)
    return _Part(left, top, right - left, bottom - top, bounds, (east - west) / step, (north - south) / step)


def _seen_from_afar(file: Any, part: _Part, indexes: list[int], nodata: Any) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the part from a shrunk copy of the whole file; what is not valid has no weight in what lies beside it."""
    shrink = max(1.0, min(file.width / (2 * part.width_of_file), file.height / (2 * part.height_of_file)))
    shape = max(1, round(file.height / shrink)), max(1, round(file.width / shrink))
    shown = {"out_shape": (len(indexes), *shape), "resampling": Resampling.average}
    numbers = file.read(indexes, **shown).astype(np.float64)
    share = file.read_masks(indexes, **shown) / 255.0  # of each pixel that was measured
    share[~np.isfinite(numbers)] = 0
    if nodata is not None and file.nodata is None:
        share[file.read(indexes, out_shape=shown["out_shape"]) == nodata] = 0
    weighed = np.where(share > 0, numbers, 0.0) * share
    if min(part.width_of_file, part.height_of_file) < 1:  # hardly a pixel, but where it is that must be seen
        whole, places = share.sum(axis=(1, 2), keepdims=True), (len(indexes), part.height, part.width)
        mean = np.divide(weighed.sum(axis=(1, 2), keepdims=True), whole, out=np.zeros_like(whole), where=whole > 0)
        return _of_type(np.broadcast_to(mean, places), file, indexes), np.broadcast_to(whole > 0, places)
    transform = file.transform @ Affine.scale(file.width / shape[1], file.height / shape[0])
    warp = {"src_transform": transform, "src_crs": file.crs, "resampling": Resampling.bilinear, "dst_crs": WEB}
    warp |= {"dst_transform": from_bounds(*part.bounds, part.width, part.height), "init_dest_nodata": True}
    summed, weight = np.zeros((2, len(indexes), part.height, part.width))
    reproject(weighed, summed, **warp)
    reproject(share, weight, **warp)
    seen = weight > _LEAST_WEIGHT
    return _of_type(np.divide(summed, weight, out=np.zeros_like(summed), where=seen), file, indexes), seen


def _of_type(numbers: Numbers, file: Any, indexes: list[int]) -> Numbers:
    dtype = np.dtype(file.dtypes[indexes[0] - 1])
    return (np.rint(numbers) if dtype.kind in "iu" else numbers).astype(dtype)


def _laid_out(values: Numbers, valid: NDArray[np.bool_], part: _Part, size: int) -> ImageData:
    """Return the part in its place on a whole tile."""
    rows, columns = slice(part.top, part.top + part.height), slice(part.left, part.left + part.width)
    whole = np.zeros((len(values), size, size), dtype=values.dtype)
    hidden = np.ones(whole.shape, dtype=np.bool_)
    whole[:, rows, columns], hidden[:, rows, columns] = values, ~valid
    return ImageData(np.ma.MaskedArray(whole, mask=hidden))
