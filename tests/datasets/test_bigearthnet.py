"""BigEarthNet in both official layouts, painted; and the real patch where it is at hand."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from fakes.bigearthnet import Patch, write_band, write_json, write_v1, write_v2
from satseek.core.errors import SourceError, UsageError
from satseek.datasets import bigearthnet
from satseek.datasets.bigearthnet import BigEarthNet, in_subset
from satseek.datasets.bigearthnet_labels import CLASSES_19, CLASSES_43, DROPPED, MERGED, merged_labels
from satseek.datasets.bigearthnet_patch import LAND_BANDS, read_patch
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import read_pixels

DATA = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
REAL = DATA / "rasters" / "bigearthnet-v2"

SERBIA = Patch(row=1, shade=1000, labels=("Pastures", "Water bodies"))
JULY = Patch(row=2, shade=2000, when="20170717T113321", decibels=-9.5, labels=("Airports", "Vineyards"))
MARCH = Patch(row=3, shade=3000, when="20180305T105029", split="val", labels=("Sea and ocean",))
OF_V2 = (
    Patch(row=1, shade=1000, labels=("Pastures", "Inland waters")),
    Patch(row=2, shade=2000, when="20170717T113321", decibels=-9.5, labels=("Permanent crops",)),
    Patch(row=3, shade=3000, when="20180305T105029", split="val", labels=("Marine waters",)),
)


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    return write_v1(tmp_path, [SERBIA, JULY, MARCH])


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    return write_v2(tmp_path, OF_V2)


@pytest.mark.parametrize("version", [1, 2])
def test_both_layouts_are_recognised_and_paired_through_their_metadata(tmp_path: Path, version: int) -> None:
    root = write_v1(tmp_path, [SERBIA, JULY, MARCH]) if version == 1 else write_v2(tmp_path, OF_V2)
    pairs = load_pairs("bigearthnet", root, split="train")
    assert isinstance(pairs, BigEarthNet)
    assert (pairs.version, len(pairs), pairs.sensors, pairs.size) == (version, 2, ("s1", "s2"), 120)
    for row, patch in enumerate((SERBIA, JULY)):
        vv, vh = pairs.read(row, "s1")
        assert vv[0, 0] == patch.decibels
        assert vh[0, 0] == patch.decibels - 7
        np.testing.assert_allclose(pairs.read(row, "s2")[0], (patch.shade + 1) / 10_000, rtol=1e-6)  # B02
    assert len(load_pairs("bigearthnet", root, split="val")) == 1
    assert len(load_pairs("bigearthnet", root, split="all")) == 3


def test_decibels_stay_floats(v2: Path) -> None:
    values = load_pairs("bigearthnet", v2, split="train").read(0, "s1")
    assert values.dtype == np.float32
    assert len(np.unique(values)) > 100  # other readers made 36 whole numbers of 14,382 values


def test_coarser_bands_are_brought_to_ten_metres_and_bands_are_found_by_name(v1: Path) -> None:
    pairs = bigearthnet.load(v1, "train", s2_bands=("B12", "B02", "B8A", "B01"))
    values = pairs.read(0, "s2")
    assert values.shape == (4, 120, 120)
    np.testing.assert_allclose(values[:, 60, 60] * 10_000, [1011, 1001, 1008, 1000], rtol=1e-5)


def test_models_get_reflectance_and_decibels(v2: Path) -> None:
    pairs = load_pairs("bigearthnet-v2", v2, split="train")
    radar, optical = read_pixels(pairs, 0, "s1"), read_pixels(pairs, 0, "s2")
    assert (radar.bands, optical.bands) == (("VV", "VH"), LAND_BANDS)
    assert radar.valid.all()
    assert optical.valid.all()
    assert -20 < radar.values.mean() < -10


def test_the_classes_are_nineteen_names_that_stand_for_thirty_two_of_forty_three() -> None:
    assert (len(CLASSES_19), len(CLASSES_43), len(set(CLASSES_43)), len(DROPPED)) == (19, 43, 43, 11)
    assert sum(map(len, MERGED.values())) == 32
    assert merged_labels(["Water courses", "Water bodies", "Airports"]) == ("Inland waters",)
    assert merged_labels(["Marine waters", "Vineyards"]) == ("Permanent crops", "Marine waters")


def test_labels_are_names_in_nineteen_or_forty_three_classes(v1: Path) -> None:
    few, many = bigearthnet.load(v1, "train"), bigearthnet.load(v1, "train", classes=43)
    assert _names(few, 0) == {"Pastures", "Inland waters"}
    assert _names(few, 1) == {"Permanent crops"}  # no class of the 19 has airports
    assert _names(many, 1) == {"Airports", "Vineyards"}


def test_version_two_has_no_forty_three_classes(v2: Path) -> None:
    assert _names(bigearthnet.load(v2, "train"), 0) == {"Pastures", "Inland waters"}
    with pytest.raises(UsageError, match="v2 has 19 classes"):
        bigearthnet.load(v2, "train", classes=43)


@pytest.mark.parametrize("version", [1, 2])
def test_the_subsets_follow_the_rule_of_the_papers(tmp_path: Path, version: int) -> None:
    root = write_v1(tmp_path, [SERBIA, JULY, MARCH]) if version == 1 else write_v2(tmp_path, OF_V2)
    assert [name.split("_")[2] for name in load_pairs("ben-14k", root, split="all").ids] == ["20170803T094031"]
    assert len(load_pairs("ben-270k", root, split="all")) == 2
    with pytest.raises(UsageError, match=r"no split 'val'; it has train \(1 pairs\)"):
        load_pairs("ben-14k", root, split="val")


def test_a_month_is_told_by_the_date_wherever_it_stands() -> None:
    assert in_subset("S2B_MSIL2A_20171107T105229_77_3", "ben-270k")
    assert not in_subset("S2B_MSIL2A_20171207T105229_77_3", "ben-270k")
    assert in_subset("S2B_MSIL2A_20170825T093029_0_9", "ben-14k")
    with pytest.raises(UsageError, match="no subset 'ben-15k'"):
        in_subset("S2B_MSIL2A_20170825T093029_0_9", "ben-15k")


def test_without_radar_names_in_the_lists_the_radar_patches_tell_their_partners(tmp_path: Path) -> None:
    pairs = load_pairs("bigearthnet", write_v1(tmp_path, [SERBIA, JULY], csv_with_s1=False), split="train")
    assert pairs.read(1, "s1")[0, 0, 0] == JULY.decibels


def test_a_pair_that_the_metadata_contradicts_is_refused(v1: Path) -> None:
    write_json(v1 / "BigEarthNet-S1-v1.0" / JULY.s1, {"corresponding_s2_patch": SERBIA.v1})
    pairs = load_pairs("bigearthnet", v1, split="train")
    assert list(pairs.ids) == [SERBIA.v1]
    assert "says that it belongs to" in pairs.refused[JULY.v1]


@pytest.mark.parametrize("version", [1, 2])
def test_a_pair_with_one_patch_missing_is_left_out_and_said(tmp_path: Path, version: int) -> None:
    root = write_v1(tmp_path, [SERBIA, JULY]) if version == 1 else write_v2(tmp_path, OF_V2[:2])
    folder = next(root.rglob(JULY.s1))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    pairs = load_pairs("bigearthnet", root, split="train")
    assert len(pairs) == 1
    assert any("Sentinel-1 patch" in why and "not there" in why for why in pairs.refused.values())


def test_the_index_is_kept_and_made_anew_when_the_folder_changes(v2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_pairs("bigearthnet", v2)
    from satseek.datasets import bigearthnet_v2

    monkeypatch.setattr(bigearthnet_v2, "_build", lambda root: pytest.fail("the index was built again"))
    assert len(load_pairs("bigearthnet", v2)) == 2
    monkeypatch.undo()
    write_v2(v2, [*OF_V2, Patch(row=9)])
    assert len(load_pairs("bigearthnet", v2)) == 3


def test_a_band_without_measurement_or_of_another_size_is_refused_by_name(v2: Path) -> None:
    pairs = load_pairs("bigearthnet", v2)
    assert isinstance(pairs, BigEarthNet)
    folder = pairs.folder(0, "s1")
    write_band(folder, "VH", np.full((120, 120), np.nan, dtype=np.float32))
    with pytest.raises(SourceError, match=r"VH\.tif holds no measurement"):
        pairs.read(0, "s1")
    write_band(folder, "VH", np.zeros((60, 60), dtype=np.float32))
    with pytest.raises(SourceError, match="60×60 pixels; band VH of BigEarthNet has 120×120"):
        pairs.read(0, "s1")
    (folder / f"{folder.name}_VH.tif").unlink()
    with pytest.raises(SourceError, match="Cannot read band VH of patch S1A"):
        pairs.read(0, "s1")


def test_a_folder_that_is_no_bigearthnet_is_told_what_one_looks_like(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"BigEarthNet-v1.0 \(version 1\) or metadata.parquet \(version 2\)"):
        load_pairs("bigearthnet", tmp_path)
    with pytest.raises(UsageError, match="Did you mean 'bigearthnet'"):
        load_pairs("bigearthnt", tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real patch is not in {REAL}")
def test_the_real_patch_is_read_with_its_measured_values() -> None:
    radar, optical = (next((REAL / f"BigEarthNet-S{each}").glob("*/*")) for each in (1, 2))
    decibels = read_patch(radar, ("VV", "VH"), "s1")
    assert decibels.shape == (2, 120, 120)
    np.testing.assert_allclose(decibels.mean((1, 2)), [-11.4497, -17.5132], atol=1e-3)
    assert len(np.unique(decibels)) > 10_000
    reflectance = read_patch(optical, LAND_BANDS, "s2")
    np.testing.assert_allclose(reflectance.mean((1, 2))[[0, 6]], [0.05951, 0.37413], atol=1e-4)


def _names(pairs: BigEarthNet, row: int) -> set[str]:
    return {name for name, there in zip(pairs.label_names, pairs.labels[row], strict=True) if there}
