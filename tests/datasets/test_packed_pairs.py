"""Packed pairs read what the set reads, once; broken ones are listed; they are made anew when the set changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.bigearthnet import Patch, write_band, write_v2
from satseek.core.errors import SourceError
from satseek.datasets.bigearthnet import BigEarthNet
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.packed_pairs import PackedPairs


@pytest.fixture
def pairs(tmp_path: Path) -> BigEarthNet:
    loaded = load_pairs("bigearthnet", write_v2(tmp_path / "ben", [Patch(row=n, shade=900 * n) for n in (1, 2, 3)]))
    assert isinstance(loaded, BigEarthNet)
    return loaded


def test_what_is_packed_is_what_the_set_reads(pairs: BigEarthNet, tmp_path: Path) -> None:
    packed = PackedPairs.open(pairs, tmp_path / "cache")
    for sensor in pairs.sensors:
        for row in range(3):
            np.testing.assert_allclose(packed.read(row, sensor), pairs.read(row, sensor), atol=5.1e-5)
        many = packed.read_many([2, 0, 2], sensor)
        np.testing.assert_array_equal(many[0], packed.read(2, sensor))
        np.testing.assert_array_equal(many[1], packed.read(0, sensor))
    np.testing.assert_array_equal(packed.read(1, "s1"), pairs.read(1, "s1"))  # dB to the last bit


def test_a_second_opening_decodes_nothing(pairs: BigEarthNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = PackedPairs.open(pairs, tmp_path)
    monkeypatch.setattr(BigEarthNet, "read", lambda *args: pytest.fail("decoded again"))
    np.testing.assert_array_equal(PackedPairs.open(pairs, tmp_path).read(1, "s2"), first.read(1, "s2"))


def test_a_cut_off_file_is_made_anew(pairs: BigEarthNet, tmp_path: Path) -> None:
    good = np.array(PackedPairs.open(pairs, tmp_path).read(2, "s1"))
    held = next(tmp_path.glob("*.s1"))
    held.write_bytes(held.read_bytes()[:-100])
    np.testing.assert_array_equal(PackedPairs.open(pairs, tmp_path).read(2, "s1"), good)


def test_it_can_be_rebuilt_when_asked(pairs: BigEarthNet, tmp_path: Path) -> None:
    before = float(PackedPairs.open(pairs, tmp_path).read(0, "s1").mean())
    folder = pairs.folder(0, "s1")
    write_band(folder, "VV", np.full((120, 120), -3.5, dtype=np.float32))
    assert float(PackedPairs.open(pairs, tmp_path).read(0, "s1").mean()) == before
    assert PackedPairs.open(pairs, tmp_path, rebuild=True).read(0, "s1")[0].mean() == -3.5


def test_a_broken_pair_is_listed_and_holds_no_measurement(pairs: BigEarthNet, tmp_path: Path) -> None:
    folder = pairs.folder(1, "s2")
    (folder / f"{folder.name}_B05.tif").write_bytes(b"no raster")
    packed = PackedPairs.open(pairs, tmp_path)
    assert packed.good.tolist() == [0, 2]
    assert "band B05" in packed.refused[pairs.ids[1]]
    assert np.isnan(packed.read(1, "s2")).all()
    assert np.isnan(packed.read(1, "s1")).all()


def test_a_place_that_cannot_be_written_is_named(pairs: BigEarthNet, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="Cannot keep the decoded pairs"):
        PackedPairs.open(pairs, tmp_path / "file" / "cache")
