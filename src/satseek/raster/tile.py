"""Map tiles of a whole scene, read by rio-tiler and brought to the sensor's unit as chips are."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
from rio_tiler.errors import RioTilerError, TileOutsideBounds
from rio_tiler.io import Reader

from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.core.sensor import SENSORS, Pixels
from satseek.raster.gdal import gdal_call, open_raster
from satseek.raster.units import conversion_of, implied_nodata, settle_unit
from satseek.raster.validity import judged

MAX_ZOOM = 24


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
    with gdal_call(href):
        try:
            with Reader(None, dataset=file) as reader:
                return reader.tile(
                    x,
                    y,
                    z,
                    tilesize=size,
                    indexes=indexes,
                    resampling_method=resampling,
                    reproject_method=resampling,
                    **told,
                )
        except TileOutsideBounds:
            return None
        except RioTilerError as error:
            raise SourceError(f"No map can be made of {href}: {error}") from error
