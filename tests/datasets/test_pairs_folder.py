"""Pairs of one's own: matched by name or listed, read by named bands, and left out where they are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from satseek.core.errors import SourceError, UsageError
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.pair_sets import set_in


def write(
    path: Path, values: np.ndarray, names: tuple[str, ...] = (), *, east: float = 0.0, crs: str | None = "EPSG:32633",
    nodata: float | None = None,
) -> Path:  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = values.shape
    place = {"crs": crs, "transform": from_origin(500_000 + east, 5_000_000, 10, 10)} if crs else {}
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype.name, nodata=nodata,
        **place,
    ) as file:  # fmt: skip
        file.write(values)
        for number, name in enumerate(names, start=1):
            file.set_band_description(number, name)
    return path


def radar(side: int = 32, level: float = -12.0) -> np.ndarray:
    return np.stack([np.full((side, side), level, np.float32), np.full((side, side), level - 7, np.float32)])


def colours(side: int = 32, shade: int = 90) -> np.ndarray:
    return np.stack([np.full((side, side), shade + each, np.uint8) for each in (0, 1, 2)])


def write_pair(folder: Path, name: str, **how: Any) -> None:
    write(folder / "s1" / f"{name}.tif", radar(), ("VV", "VH"), **how)
    write(folder / "s2" / f"{name}.tif", colours(), ("red", "green", "blue"), **how)


def test_two_folders_are_matched_by_file_name(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_pair(tmp_path, name)
    assert set_in(tmp_path) == "folder"
    pairs = load_pairs("folder", tmp_path, split="all")
    assert (pairs.ids, pairs.size, pairs.ground_resolution_m) == (("a", "b", "c"), 32, 10)
    assert (pairs.bands("s1"), pairs.unit("s1")) == (("VV", "VH"), "dB")
    assert (pairs.bands("s2"), pairs.unit("s2")) == (("B04", "B03", "B02"), "display")
    assert pairs.read(0, "s2")[:, 0, 0].tolist() == [90, 91, 92]
    assert pairs.places is not None
    assert pairs.places[0].tolist() == [500_000, 4_999_680, 500_320, 5_000_000]


def test_a_list_names_files_splits_dates_and_labels(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pair(tmp_path, name)
    records = [
        {"s1": f"s1/{name}.tif", "s2": f"s2/{name}.tif", "split": "val", "labels": [label], "s1_date": "2024-05-01"}
        for name, label in (("a", "harbour"), ("b", "fields"))
    ]
    (tmp_path / "pairs.json").write_text(json.dumps({"pairs": records}))
    pairs = load_pairs("folder", tmp_path, split="val")
    assert (len(pairs), pairs.label_names) == (2, ("fields", "harbour"))
    assert pairs.labels is not None
    assert pairs.labels.tolist() == [[False, True], [True, False]]
    assert pairs.dates("s2") is None
    assert str(pairs.dates("s1")[0]) == "2024-05-01"  # type: ignore[index]


def test_named_bands_decide_never_their_order_in_the_file(tmp_path: Path) -> None:
    write_pair(tmp_path, "a")
    write(tmp_path / "s1" / "b.tif", radar()[::-1].copy(), ("VH", "VV"))
    write(tmp_path / "s2" / "b.tif", colours()[::-1].copy(), ("B02", "B03", "B04"))
    pairs = load_pairs("folder", tmp_path, split="all")
    for sensor in pairs.sensors:
        np.testing.assert_array_equal(pairs.read(0, sensor), pairs.read(1, sensor))


def test_bands_that_nothing_names_are_asked_for_and_taken_from_the_list(tmp_path: Path) -> None:
    write(tmp_path / "s1" / "a.tif", radar()[:1])
    write(tmp_path / "s2" / "a.tif", colours())
    with pytest.raises(SourceError, match="does not say which of s1's bands it has"):
        load_pairs("folder", tmp_path, split="all")
    listed = {"sensors": {"s1": {"bands": ["VH"]}}, "pairs": [{"s1": "s1/a.tif", "s2": "s2/a.tif"}]}
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    assert load_pairs("folder", tmp_path, split="all").bands("s1") == ("VH",)


def test_linear_backscatter_is_refused_with_the_conversion_and_converted_when_told(tmp_path: Path) -> None:
    write(tmp_path / "s1" / "a.tif", (10 ** (radar() / 10)).astype(np.float32), ("VV", "VH"))
    write(tmp_path / "s2" / "a.tif", colours())
    with pytest.raises(SourceError, match=r'linear and not dB\. Say which, and it is converted: {"sensors"'):
        load_pairs("folder", tmp_path, split="all")
    listed = {"sensors": {"s1": {"unit": "power"}}, "pairs": [{"s1": "s1/a.tif", "s2": "s2/a.tif"}]}
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    pairs = load_pairs("folder", tmp_path, split="all")
    assert pairs.unit("s1") == "dB"
    np.testing.assert_allclose(pairs.read(0, "s1"), radar(), atol=1e-4)
    listed["sensors"]["s1"]["unit"] = "volts"  # type: ignore[index]
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    with pytest.raises(UsageError, match="'volts' is no unit of s1 files"):
        load_pairs("folder", tmp_path, split="all")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"values": colours(40)}, "the sizes differ: s1 is 32×32 and s2 is 40×40 pixels"),
        ({"east": 100.0}, "they lie 10.0 pixels apart; cut both anew with 'satseek pairs make'"),
        ({"crs": "EPSG:3857"}, "the coordinate systems differ: EPSG:32633 and EPSG:3857"),
        ({"crs": None}, "only s1 says where it lies"),
        ({"values": np.zeros((2, 32, 32), np.uint8), "names": ("x", "y")}, "does not say which of s2's bands"),
    ],
)
def test_a_pair_that_is_none_is_left_out_and_said(tmp_path: Path, how: dict[str, Any], why: str) -> None:
    write_pair(tmp_path, "good")
    write_pair(tmp_path, "odd")
    arguments = {"values": colours(), "names": ("red", "green", "blue"), **how}
    write(tmp_path / "s2" / "odd.tif", arguments.pop("values"), arguments.pop("names"), **arguments)
    pairs = load_pairs("folder", tmp_path, split="all")
    assert pairs.ids == ("good",)
    assert why in pairs.refused["odd"]


def test_pictures_too_far_apart_in_time_are_no_pair(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pair(tmp_path, name)
    listed: dict[str, Any] = {
        "pairs": [
            {"s1": "s1/a.tif", "s2": "s2/a.tif", "s1_date": "2024-05-01", "s2_date": "2024-05-20"},
            {"s1": "s1/b.tif", "s2": "s2/b.tif", "s1_date": "2024-05-01", "s2_date": "2024-09-20"},
        ]
    }
    (tmp_path / "pairs.json").write_text(json.dumps(listed))
    pairs = load_pairs("folder", tmp_path, split="all")
    assert pairs.ids == ("a",)
    assert "142 days apart, more than 31" in pairs.refused["b"]
    (tmp_path / "pairs.json").write_text(json.dumps(listed | {"max_days": 200}))
    assert len(load_pairs("folder", tmp_path, split="all")) == 2


def test_one_of_a_pair_missing_or_without_measurement(tmp_path: Path) -> None:
    write_pair(tmp_path, "good")
    write(tmp_path / "s1" / "alone.tif", radar(), ("VV", "VH"))
    write(tmp_path / "s1" / "blank.tif", np.full((2, 32, 32), -9999, np.float32), ("VV", "VH"), nodata=-9999)
    write(tmp_path / "s2" / "blank.tif", colours(), ("red", "green", "blue"))
    pairs = load_pairs("folder", tmp_path, split="all")
    assert pairs.refused["alone"] == "it has no s2 file"
    assert pairs.refused["blank"] == "blank.tif holds no measurement: all is nodata."
    write(tmp_path / "s2" / "good.tif", np.zeros((3, 32, 32), np.uint8))
    with pytest.raises(SourceError, match="every pixel is 0"):
        pairs.read(0, "s2")


def test_pairs_unlike_most_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pair(tmp_path, name)
    write(tmp_path / "s1" / "c.tif", radar()[:1], ("VV",))
    write(tmp_path / "s2" / "c.tif", colours())
    pairs = load_pairs("folder", tmp_path, split="all")
    assert pairs.ids == ("a", "b")
    assert "it has 32×32 pixels of VV (dB)" in pairs.refused["c"]


def test_pairs_without_a_split_always_get_the_same_one(tmp_path: Path) -> None:
    for number in range(30):
        write_pair(tmp_path, f"p{number}")
    splits = {split: load_pairs("folder", tmp_path, split=split).ids for split in ("train", "val", "test")}
    assert sum(map(len, splits.values())) == 30
    assert len(splits["train"]) > 15


def test_a_folder_without_pairs_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"it needs pairs\.json, or a folder s1 and a folder s2"):
        load_pairs("folder", tmp_path)
    (tmp_path / "pairs.json").write_text('{"pairs": [{}]}')
    with pytest.raises(SourceError, match="Each names its files"):
        load_pairs("folder", tmp_path)
