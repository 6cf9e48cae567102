"""`satseek pairs`: two rasters of one place become pairs on one grid, and wrong places are noticed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject

from fakes.command import satseek as run
from fakes.pairs import backscatter_of, colours_of
from satseek.core.errors import SourceError, UsageError
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.pair_sets import set_in
from satseek.ingest.pair_cut import PairPlan, cut_pairs, scene_of

SIDE = 320


def write(
    path: Path, values: np.ndarray, names: tuple[str, ...], *, down: float = 0, right: float = 0, metres: float = 10,
    crs: str | None = "EPSG:32633", tags: dict[str, str] | None = None,
) -> Path:  # fmt: skip
    count, height, width = values.shape
    place = {"crs": crs, "transform": from_origin(500_000 + right, 5_000_000 - down, metres, metres)} if crs else {}
    with rasterio.open(
        path, "w", driver="GTiff", count=count, height=height, width=width, dtype=values.dtype.name, **place
    ) as file:
        file.write(values)
        file.update_tags(**(tags or {}))
        for number, name in enumerate(names, start=1):
            file.set_band_description(number, name)
    return path


@pytest.fixture
def radar(tmp_path: Path) -> Path:
    return write(tmp_path / "radar.tif", backscatter_of(3, SIDE), ("VV",))


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    return write(tmp_path / "colours.tif", colours_of(3, SIDE), ("red", "green", "blue"))


def test_two_rasters_become_pairs_that_the_data_set_reads(radar: Path, colours: Path, tmp_path: Path) -> None:
    done = run("pairs", "make", str(radar), str(colours), "-o", str(tmp_path / "pairs"), "--chip", "96", "--json")
    report = json.loads(done.out)
    assert (done.code, report["pairs"], report["skipped"]) == (0, 9, 0)
    assert report["metres"] == pytest.approx(10, rel=1e-3)
    assert abs(report["south_m"]) < 10
    assert abs(report["east_m"]) < 10
    assert report["warnings"] == []
    assert set_in(tmp_path / "pairs") == "folder"
    pairs = load_pairs("folder", tmp_path / "pairs", split="all")
    assert (len(pairs), pairs.size, pairs.bands("s1"), pairs.unit("s2")) == (9, 96, ("VV",), "display")
    np.testing.assert_allclose(pairs.read(0, "s1"), backscatter_of(3, SIDE)[:, :96, :96], atol=0.01)
    np.testing.assert_array_equal(pairs.read(0, "s2"), colours_of(3, SIDE)[:, :96, :96])
    assert pairs.places is not None
    np.testing.assert_allclose(pairs.places[4], [500_960, 4_998_080, 501_920, 4_999_040], atol=0.1)


def test_edges_that_do_not_match_are_noticed_and_measured(radar: Path, tmp_path: Path) -> None:
    moved = write(tmp_path / "moved.tif", colours_of(3, SIDE), ("red", "green", "blue"), down=70, right=-50)
    done = run("pairs", "make", str(radar), str(moved), "-o", str(tmp_path / "pairs"), "--chip", "128")
    assert done.code == 0
    assert "the edges do not match" in done.out
    report = cut_pairs(*scenes(radar, moved), tmp_path / "again", PairPlan(chip=128))
    assert report.offset_m is not None
    assert report.offset_m[0] == pytest.approx(70, abs=8)
    assert report.offset_m[1] == pytest.approx(-50, abs=8)


def test_another_projection_and_pixel_size_are_brought_to_one_grid(radar: Path, colours: Path, tmp_path: Path) -> None:
    other = tmp_path / "mercator.tif"
    with rasterio.open(colours) as source:
        transform, width, height = calculate_default_transform(
            source.crs, "EPSG:3857", source.width, source.height, *source.bounds, resolution=7
        )
        with rasterio.open(
            other, "w", driver="GTiff", count=3, height=height, width=width, dtype="uint8", crs="EPSG:3857",
            transform=transform,
        ) as file:  # fmt: skip
            values = np.zeros((3, height, width), np.uint8)
            reproject(
                source.read(), values, src_transform=source.transform, src_crs=source.crs, dst_transform=transform,
                dst_crs="EPSG:3857", resampling=Resampling.bilinear,
            )  # fmt: skip
            file.write(values)
    report = cut_pairs(*scenes(radar, other), tmp_path / "pairs", PairPlan(chip=96, max_nodata=0.2))
    assert report.pairs >= 4
    assert report.offset is not None
    assert report.offset.pixels < 1.2
    pairs = load_pairs("folder", tmp_path / "pairs", split="all")
    told = pairs.ids[0].split("_")
    ours = colours_of(3, SIDE)[:, int(told[0]) : int(told[0]) + 96, int(told[1]) : int(told[1]) + 96]
    assert np.abs(pairs.read(0, "s2").astype(float) - ours).mean() < 12


def test_metres_choose_the_pixel_size(radar: Path, colours: Path, tmp_path: Path) -> None:
    report = cut_pairs(*scenes(radar, colours), tmp_path / "pairs", PairPlan(chip=64, metres=20))
    assert (report.pairs, report.metres) == (4, 20)
    assert load_pairs("folder", tmp_path / "pairs", split="all").ground_resolution_m == 20


def test_places_where_one_has_no_data_are_left_out(radar: Path, tmp_path: Path) -> None:
    values = colours_of(3, SIDE).copy()
    values[:, :100] = 0
    path = tmp_path / "half.tif"
    with rasterio.open(
        path, "w", driver="GTiff", count=3, height=SIDE, width=SIDE, dtype="uint8", crs="EPSG:32633", nodata=0,
        transform=from_origin(500_000, 5_000_000, 10, 10), photometric="RGB",
    ) as file:  # fmt: skip
        file.write(values)
    report = cut_pairs(*scenes(radar, path), tmp_path / "pairs", PairPlan(chip=96))
    assert (report.pairs, report.skipped) == (6, 3)  # a twentieth may be missing


def test_rasters_that_are_no_pair_are_refused_in_words(radar: Path, colours: Path, tmp_path: Path) -> None:
    far = write(tmp_path / "far.tif", colours_of(4, 96), ("red", "green", "blue"), right=90_000)
    nowhere = write(tmp_path / "nowhere.tif", colours_of(4, 96), ("red", "green", "blue"), crs=None)
    with pytest.raises(SourceError, match="show no ground in common"):
        cut_pairs(*scenes(radar, far), tmp_path / "a")
    with pytest.raises(SourceError, match="does not say where it lies"):
        cut_pairs(*scenes(radar, nowhere), tmp_path / "a")
    with pytest.raises(SourceError, match="which holds no chip of 1024"):
        cut_pairs(*scenes(radar, colours), tmp_path / "a", PairPlan(chip=1024))
    with pytest.raises(UsageError, match="pairs are of radar and optical"):
        cut_pairs(*scenes(colours, colours), tmp_path / "a")


def test_rasters_too_far_apart_in_time_are_refused(radar: Path, colours: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    first, second = scenes(radar, colours)
    first = replace(first, datetime=datetime(2024, 5, 1, tzinfo=UTC))
    second = replace(second, datetime=datetime(2024, 9, 1, tzinfo=UTC))
    with pytest.raises(UsageError, match="123 days apart, more than 31"):
        cut_pairs(first, second, tmp_path / "pairs", PairPlan(chip=96))
    report = cut_pairs(first, second, tmp_path / "pairs", PairPlan(chip=96, max_days=200))
    assert len(load_pairs("folder", tmp_path / "pairs", split="all")) == report.pairs == 9
    with pytest.raises(UsageError, match="holds pairs already"):
        cut_pairs(first, second, tmp_path / "pairs", PairPlan(chip=96, max_days=200))


def test_check_says_what_is_there_and_what_is_left_out(radar: Path, colours: Path, tmp_path: Path) -> None:
    run("pairs", "make", str(radar), str(colours), "-o", str(tmp_path / "pairs"), "--chip", "96")
    sound = run("pairs", "check", str(tmp_path / "pairs"))
    assert (sound.code, "9 pairs of 96 pixels at 10 m" in sound.out) == (0, True)
    next((tmp_path / "pairs" / "s2").iterdir()).unlink()
    broken = run("pairs", "check", str(tmp_path / "pairs"), "--json")
    assert broken.code == 1
    assert "is not there" in next(iter(json.loads(broken.out)["refused"].values()))


def test_a_cut_that_was_stopped_is_no_set_and_is_gone_on_with(radar: Path, colours: Path, tmp_path: Path) -> None:
    folder, plan = tmp_path / "pairs", PairPlan(chip=96)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise Stopped

    with pytest.raises(Stopped):
        cut_pairs(*scenes(radar, colours), folder, plan, on_place=stop)
    with pytest.raises(SourceError, match="were not cut to the end"):
        load_pairs("folder", folder, split="all")
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*.tif")}
    assert len(kept) == 8
    (folder / "s1" / "000096_000096.new").write_bytes(b"II*\0 half of a raster")
    assert cut_pairs(*scenes(radar, colours), folder, plan).pairs == 9
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(load_pairs("folder", folder, split="all")) == 9


def test_a_stopped_cut_of_other_chips_is_not_gone_on_with(radar: Path, colours: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pairs"
    with pytest.raises(ZeroDivisionError):
        cut_pairs(*scenes(radar, colours), folder, PairPlan(chip=64), on_place=lambda done, total: 1 // (done - 3))
    assert cut_pairs(*scenes(radar, colours), folder, PairPlan(chip=96)).pairs == 9
    pairs = load_pairs("folder", folder, split="all")
    assert (len(pairs), pairs.size, len(list(folder.rglob("*.tif")))) == (9, 96, 18)


def test_sensors_and_bands_can_be_said(tmp_path: Path) -> None:
    radar = write(tmp_path / "a.tif", backscatter_of(3, SIDE), ())
    colours = write(tmp_path / "b.tif", colours_of(3, SIDE), ())
    told = ["--sensors", "s1,rgb", "--bands", "VH/red,green,blue", "--chip", "96", "-o", str(tmp_path / "pairs")]
    assert run("pairs", "make", str(radar), str(colours), *told).code == 0
    assert load_pairs("folder", tmp_path / "pairs", split="all").bands("s1") == ("VH",)
    refused = run("pairs", "make", str(radar), str(colours), "--sensors", "s1", "-o", str(tmp_path / "other"))
    assert refused.code == 2
    assert "Say sensors and bands of both rasters" in refused.err


@pytest.mark.slow
def test_maps_are_taught_from_pairs(radar: Path, colours: Path, tmp_path: Path) -> None:
    from satseek.models.structure.maps import load_maps

    run("pairs", "make", str(radar), str(colours), "-o", str(tmp_path / "pairs"), "--chip", "64")
    taught = run(
        "pairs", "teach", str(tmp_path / "pairs"), "-o", str(tmp_path / "maps"), "--steps", "2", "--batch", "2",
        "--side", "48",
    )  # fmt: skip
    assert taught.code == 0, taught.err
    assert "2 steps" in load_maps(tmp_path / "maps").card.training_data
    refused = run("pairs", "teach", str(tmp_path / "pairs"), "-o", str(tmp_path / "maps"))
    assert refused.code == 2
    assert "cannot be cut from them" in refused.err


def scenes(first: Path, second: Path):  # type: ignore[no-untyped-def]
    return tuple(scene_of(str(path), None, (), None) for path in (first, second))
