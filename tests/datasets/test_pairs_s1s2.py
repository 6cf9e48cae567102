"""The given pairs: painted small in their own layout, and the real ones where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from satseek.core.errors import SourceError, UsageError
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import read_pixels

DATA = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    pairs = []
    for number, split in enumerate(["train", "train", "val"]):
        name = f"{number:03}_00"
        for sensor, mode in (("s1", "L"), ("s2", "RGB")):
            (tmp_path / sensor).mkdir(exist_ok=True)
            shade = 40 * (number + 1)
            Image.new(mode, (32, 32), shade if mode == "L" else (shade, 0, 10)).save(tmp_path / sensor / f"{name}.png")
        pairs.append(
            {
                "id": name, "split": split, "s1": f"s1/{name}.png", "s2": f"s2/{name}.png",
                "bounds": [number * 320.0, 0, number * 320.0 + 320, 320], "s1_date": "07.11.2020",
                "s2_date": "04.11.2020",
            }
        )  # fmt: skip
    listed = {"crs": "EPSG:3395", "ground_resolution_m": 10, "size_pixels": 32, "pairs": pairs}
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    return tmp_path


def test_a_pair_is_read_as_one_place_in_two_sensors(painted: Path) -> None:
    pairs = load_pairs("s1s2", painted, split="val")
    assert (len(pairs), pairs.ids, pairs.sensors) == (1, ("002_00",), ("s1", "s2"))
    assert pairs.read(0, "s1").shape == (1, 32, 32)
    assert pairs.read(0, "s2")[:, 5, 5].tolist() == [120, 0, 10]
    assert pairs.places is not None
    assert pairs.places[0].tolist() == [640, 0, 960, 320]
    assert str(pairs.dates("s1")[0] - pairs.dates("s2")[0]) == "3 days"  # type: ignore[index]


def test_models_get_what_ingest_would_give_them(painted: Path) -> None:
    pairs = load_pairs("s1s2", painted, split="train")
    radar, colour = read_pixels(pairs, 0, "s1"), read_pixels(pairs, 0, "s2")
    assert (radar.sensor, radar.bands, radar.ground_resolution_m) == ("s1", ("VH",), 10)
    np.testing.assert_allclose(radar.values, 40 * 30 / 255 - 30, rtol=1e-6)  # 0…255 stands for −30…0 dB
    assert (colour.sensor, colour.bands, colour.values.dtype) == ("rgb", ("red", "green", "blue"), np.uint8)


def test_a_split_or_sensor_that_is_not_there_is_answered_with_those_that_are(painted: Path) -> None:
    with pytest.raises(UsageError, match=r"no split 'test'; it has train \(2 pairs\), val \(1 pairs\)"):
        load_pairs("s1s2", painted, split="test")
    with pytest.raises(UsageError, match=r"have no 'S1'\. Did you mean 's1'"):
        load_pairs("s1s2", painted).read(0, "S1")
    assert len(load_pairs("s1s2", painted, split="all")) == 3


def test_a_picture_of_another_size_than_the_list_says_is_refused(painted: Path) -> None:
    Image.new("L", (30, 32)).save(painted / "s1" / "002_00.png")
    with pytest.raises(SourceError, match=r"002_00.png is 30×32 pixels and pairs.json says 32×32"):
        load_pairs("s1s2", painted, split="val").read(0, "s1")


def test_a_missing_or_broken_list_is_named(painted: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no folder"):
        load_pairs("s1s2", tmp_path / "nowhere")
    (painted / "pairs.json").write_text("{")
    with pytest.raises(SourceError, match="Cannot read the list of pairs"):
        load_pairs("s1s2", painted)


@pytest.mark.skipif(not (DATA / "s1s2").is_dir(), reason=f"the given pairs are not in {DATA}")
def test_the_given_pairs_are_whole_and_apart() -> None:
    train, val = (load_pairs("s1s2", DATA, split=split) for split in ("train", "val"))
    assert (len(train), len(val)) == (944, 160)
    assert not set(train.ids) & set(val.ids)
    assert train.read(0, "s1").shape == (1, 256, 256)
    assert train.read(0, "s2").shape == (3, 256, 256)
