from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes.rasters import gradient, write_raster
from fakes.servers import file_server, stac_api
from fakes.stac_items import item
from satseek.core.scene import Window
from satseek.ingest.discover import discover
from satseek.raster.read import SceneReader

SIDE = 2048


def test_a_window_of_a_cog_behind_a_stac_api_is_read_in_place_and_little_else(tmp_path: Path):
    values = gradient(SIDE, SIDE, "uint16")
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    write_raster(tmp_path / "B04.tif", values[None], nodata=0, **tiles)
    size = (tmp_path / "B04.tif").stat().st_size
    with file_server(tmp_path) as files:
        numbers = [{"data_type": "uint16", "scale": 1e-5, "nodata": 0}]
        document = item("a", {"red": {"href": f"{files.url}/B04.tif", "type": "image/tiff", "raster:bands": numbers}})
        with stac_api([document]) as api:
            refused: dict[str, str] = {}
            (scene,) = discover([api.url], on_refused=refused.__setitem__)
        before = files.bytes_sent
        with SceneReader(scene) as reader:
            pixels = reader.read(Window(1000, 700, 64, 32), (32, 64))
        read = files.bytes_sent - before

    expected = values[700:732, 1000:1064].astype(np.float32) * np.float32(1e-5)
    assert refused == {}
    assert pixels.bands == ("B04",)
    np.testing.assert_allclose(pixels.values[0], expected, rtol=1e-5)
    assert pixels.valid.all()
    assert size > 8_000_000
    assert read < size / 10
