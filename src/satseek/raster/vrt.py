"""Virtual rasters: a file with a nodata value or control points that it does not tell itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.warp import transform

from satseek.raster.gdal import open_quietly
from satseek.raster.grid import is_laid_by_points

_ALPHA = "<ColorInterp>Alpha</ColorInterp>"
_TYPES = {
    "uint8": "Byte",
    "int8": "Int8",
    "uint16": "UInt16",
    "int16": "Int16",
    "uint32": "UInt32",
    "int32": "Int32",
    "uint64": "UInt64",
    "int64": "Int64",
    "float32": "Float32",
    "float64": "Float64",
}


def with_nodata(dataset: Any, name: str, nodata: Sequence[float | None]) -> Any:
    """Open the file again so that GDAL leaves these values, one a band, out of what it averages."""
    return open_quietly(_document(dataset, name, nodata))


def with_metric_points(dataset: Any, name: str) -> Any | None:
    """Open a file again whose control points are in degrees with points in metres, None for any other file.

    Metres know no date line, and pixels of equal sides in metres look like the ground at any latitude.
    """
    points, crs = dataset.gcps
    if not is_laid_by_points(dataset) or not crs.is_geographic:
        return None
    metric = _metric_crs([(point.x, point.y) for point in points])
    x, y = transform(crs, metric, [point.x for point in points], [point.y for point in points])
    places = "".join(
        f'<GCP Id="" Pixel="{point.col!r}" Line="{point.row!r}" X="{east!r}" Y="{north!r}"/>'
        for point, east, north in zip(points, x, y, strict=True)
    )
    listed = f"<GCPList Projection={quoteattr(metric.to_wkt())}>{places}</GCPList>"
    return open_quietly(_document(dataset, name, dataset.nodatavals, listed))


def _metric_crs(points: Sequence[tuple[float, float]]) -> CRS:
    first = points[0][0]
    longitude = first + np.mean([(x - first + 180) % 360 - 180 for x, _ in points])
    latitude = np.mean([y for _, y in points])
    if abs(latitude) > 84:
        return CRS.from_epsg(32661 if latitude > 0 else 32761)
    zone = int((longitude + 180) % 360 // 6) + 1
    return CRS.from_epsg((32600 if latitude >= 0 else 32700) + zone)


def _document(dataset: Any, name: str, nodata: Sequence[float | None], place: str = "") -> str:
    file = escape(name)

    def source(band: int | str) -> str:
        return (
            f'<SimpleSource><SourceFilename relativeToVRT="0">{file}</SourceFilename>'
            f"<SourceBand>{band}</SourceBand></SimpleSource>"
        )

    bands = "".join(
        f'<VRTRasterBand dataType="{_TYPES[dtype]}" band="{index}">'
        + ("" if value is None else f"<NoDataValue>{value!r}</NoDataValue>")
        + (_ALPHA if dataset.colorinterp[index - 1] == ColorInterp.alpha else "")
        + f"{source(index)}</VRTRasterBand>"
        for index, (dtype, value) in enumerate(zip(dataset.dtypes, nodata, strict=True), start=1)
    )
    mask = ""
    if dataset.mask_flag_enums[0] == [MaskFlags.per_dataset]:
        mask = f'<MaskBand><VRTRasterBand dataType="Byte">{source("mask,1")}</VRTRasterBand></MaskBand>'
    return f'<VRTDataset rasterXSize="{dataset.width}" rasterYSize="{dataset.height}">{place}{bands}{mask}</VRTDataset>'
