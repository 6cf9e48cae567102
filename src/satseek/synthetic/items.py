"""STAC items and collections of painted scenes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pystac
import shapely
from rasterio.transform import Affine

from satseek.synthetic.world import BANDS

EXTENSIONS = {
    "eo": "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "proj": "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "raster": "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "sar": "https://stac-extensions.github.io/sar/v1.0.0/schema.json",
}
TITLES = {
    "rgb": "painted aerial pictures, one metre",
    "s2": "painted reflectance as Sentinel-2 measures it, ten metres",
    "s1": "painted backscatter as Sentinel-1 measures it, ten metres",
}
COMMON_NAMES = {
    "red": "red", "green": "green", "blue": "blue", "B01": "coastal", "B02": "blue", "B03": "green", "B04": "red",
    "B05": "rededge", "B06": "rededge", "B07": "rededge", "B08": "nir", "B8A": "nir08", "B09": "nir09",
    "B11": "swir16", "B12": "swir22",
}  # fmt: skip
CENTRES_UM = {
    "B01": 0.443, "B02": 0.490, "B03": 0.560, "B04": 0.665, "B05": 0.704, "B06": 0.740, "B07": 0.783, "B08": 0.842,
    "B8A": 0.865, "B09": 0.945, "B11": 1.610, "B12": 2.190,
}  # fmt: skip
STORED: dict[str, dict[str, Any]] = {
    "rgb": {"data_type": "uint8", "nodata": 0},
    "s2": {"data_type": "uint16", "nodata": 0, "scale": 1e-4, "offset": -0.1, "unit": "reflectance"},
    "s1": {"data_type": "float32", "nodata": "nan", "unit": "dB"},
}


def item_of(
    name: str,
    sensor: str,
    *,
    footprint: shapely.Polygon,
    taken: datetime,
    crs: str,
    transform: Affine,
    side: int,
    clouds: float | None,
    place: str,
    biome: str,
) -> pystac.Item:
    """Return the item of one scene of one sensor, its assets beside it."""
    gsd = float(transform.a)
    properties: dict[str, Any] = {
        "title": f"{biome} at {place}, {TITLES[sensor]}",
        "gsd": gsd,
        "proj:code": crs,
        "proj:shape": [side, side],
        "proj:transform": list(transform)[:6],
        "satseek:sensor": sensor,
        "satseek:place": place,
    }
    if clouds is not None:
        properties["eo:cloud_cover"] = round(clouds, 2)
    if sensor == "s1":
        properties |= {
            "sar:instrument_mode": "IW", "sar:frequency_band": "C", "sar:polarizations": ["VV", "VH"],
            "sar:product_type": "GRD",
        }  # fmt: skip
    item = pystac.Item(name, shapely.geometry.mapping(footprint), list(footprint.bounds), taken, properties)
    wanted = ("proj", "raster", *(("sar",) if sensor == "s1" else ("eo",)))
    item.stac_extensions = [EXTENSIONS[each] for each in wanted]
    item.add_asset("visual" if sensor == "rgb" else "data", _raster_asset(name, sensor, gsd))
    if sensor == "s2":
        item.add_asset("scl", _classes_asset(name, gsd))
    item.add_asset(
        "annotations",
        pystac.Asset(f"./{name}.geojson", "labels and captions", None, pystac.MediaType.GEOJSON, ["labels"]),
    )
    return item


def collection_name(sensor: str, *, size: int, seed: int, without: Sequence[str]) -> str:
    """Return a name that no other painting has, so that one archive can hold several side by side."""
    return "-".join(["synthetic", str(seed), str(size), *(f"no-{thing}" for thing in sorted(without)), sensor])


def collection_of(name: str, sensor: str, items: list[pystac.Item]) -> pystac.Collection:
    """Return the collection of one sensor's items."""
    return pystac.Collection(
        name,
        f"SatSeek's {TITLES[sensor]}. Nothing in it is real.",
        pystac.Extent.from_items(items),
        title=TITLES[sensor],
        license="CC0-1.0",
        keywords=["synthetic", sensor],
        summaries=pystac.Summaries({"gsd": [items[0].properties["gsd"]]}),
    )


def _raster_asset(name: str, sensor: str, gsd: float) -> pystac.Asset:
    eo_bands: list[dict[str, Any]] = []
    for band in BANDS[sensor]:
        facts: dict[str, Any] = {"name": band}
        if band in COMMON_NAMES:
            facts["common_name"] = COMMON_NAMES[band]
        if band in CENTRES_UM:
            facts["center_wavelength"] = CENTRES_UM[band]
        eo_bands.append(facts)
    raster_bands = [{**STORED[sensor], "spatial_resolution": gsd} for _ in BANDS[sensor]]
    extra: dict[str, Any] = {"raster:bands": raster_bands}
    # radar has no eo:bands; STAC 1.1's own list names its bands
    extra["bands" if sensor == "s1" else "eo:bands"] = eo_bands
    roles = ["data", "visual"] if sensor == "rgb" else ["data"]
    return pystac.Asset(f"./{name}.tif", TITLES[sensor], None, pystac.MediaType.COG, roles, extra)


def _classes_asset(name: str, gsd: float) -> pystac.Asset:
    extra = {"raster:bands": [{"data_type": "uint8", "nodata": 0, "spatial_resolution": gsd}]}
    return pystac.Asset(
        f"./{name}-scl.tif", "scene classification", None, pystac.MediaType.COG, ["data", "cloud-mask"], extra
    )
