"""A unit that the person names is meant for the sensor that has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.rasters import write_raster
from fakes.stac_items import item, write_static_catalog
from satseek.core.errors import UsageError
from satseek.core.scene import Scene
from satseek.ingest.discover import discover
from satseek.raster.recognise import Override


def found(*sources: object, **said: str) -> tuple[list[Scene], dict[str, str]]:
    """Return the scenes of some sources, and what was refused, with what the person says of all."""
    refused: dict[str, str] = {}
    scenes = discover(
        [str(source) for source in sources],
        override=Override(**said),  # type: ignore[arg-type]
        on_refused=refused.__setitem__,
    )
    return list(scenes), refused


def picture(path: Path, *, bands: int = 3, dtype: str = "uint8", **options: object) -> Path:
    write_raster(path, np.arange(bands * 64, dtype=dtype).reshape(bands, 8, 8), **options)  # type: ignore[arg-type]
    return path


def test_a_unit_is_said_of_the_scenes_whose_sensor_has_it_and_of_no_other(tmp_path: Path):
    colours = picture(tmp_path / "a.tif")
    radar = picture(tmp_path / "b.tif", bands=2, dtype="float32", names=("VV", "VH"))
    items = write_static_catalog(
        tmp_path / "catalog",
        [item("r", {"vv": {"href": str(radar), "type": "image/tiff"}}), item("c", {"visual": {"href": str(colours)}})],
    )

    scenes, refused = found(colours, radar, items, unit="AMPLITUDE")

    assert refused == {}
    assert [(scene.sensor, scene.unit) for scene in scenes] == [
        ("rgb", "8-bit"),
        ("s1", "amplitude"),
        ("s1", "amplitude"),
        ("rgb", None),  # not opened yet
    ]


def test_a_unit_that_no_scene_can_have_is_refused_and_nothing_is_read_in_another(tmp_path: Path):
    scenes, refused = found(picture(tmp_path / "a.tif"), picture(tmp_path / "b.tif"), unit="display")

    assert scenes == []
    assert len(refused) == 2
    assert "'display' is a unit of s1; this is rgb, and no source is s1" in next(iter(refused.values()))
    assert "Leave --unit out" in next(iter(refused.values()))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"unit": "displey"}, "no unit of any sensor's numbers .*Did you mean 'display'"),
        ({"sensor": "rgb", "unit": "display"}, "'display' is no unit of rgb numbers"),
    ],
)
def test_a_unit_that_can_never_fit_is_a_mistake_of_the_command(tmp_path: Path, said: dict[str, str], why: str):
    with pytest.raises(UsageError, match=why):
        found(picture(tmp_path / "a.tif"), **said)
