"""Virtual rasters: a file with a nodata value or control points that it does not tell itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from rasterio.control import GroundControlPoint

from satseek.raster.gdal import open_quietly

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


def with_points(dataset: Any, name: str, points: Sequence[GroundControlPoint], crs: Any) -> Any:
    """Open the file again with other ground control points."""
    places = "".join(f'<GCP Id="" Pixel="{p.col!r}" Line="{p.row!r}" X="{p.x!r}" Y="{p.y!r}"/>' for p in points)
    return open_quietly(
        _document(
            dataset, name, dataset.nodatavals, f"<GCPList Projection={quoteattr(crs.to_wkt())}>{places}</GCPList>"
        )
    )


def _document(dataset: Any, name: str, nodata: Sequence[float | None], place: str = "") -> str:
    bands = "".join(
        f'<VRTRasterBand dataType="{_TYPES[dtype]}" band="{index}">'
        + ("" if value is None else f"<NoDataValue>{value!r}</NoDataValue>")
        + f'<SimpleSource><SourceFilename relativeToVRT="0">{escape(name)}</SourceFilename>'
        + f"<SourceBand>{index}</SourceBand></SimpleSource></VRTRasterBand>"
        for index, (dtype, value) in enumerate(zip(dataset.dtypes, nodata, strict=True), start=1)
    )
    return f'<VRTDataset rasterXSize="{dataset.width}" rasterYSize="{dataset.height}">{place}{bands}</VRTDataset>'
