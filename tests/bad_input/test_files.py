"""Files that cannot be a scene: one line each says what is wrong and what to do, and the good ones are added."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from fakes.command import Ran, chips_of, land, satseek
from fakes.rasters import write_raster
from satseek.archive.archive import Archive

CUT = ("--chip", 50, "--overlap", 0)
REFUSED = {  # file -> what its line says is wrong, and what to do
    "empty.tif": ("is empty (0 bytes)", "Fetch it again"),
    "text.tif": ("no raster that GDAL can read", "Leave it out"),
    "zipped.tif": ("no raster that GDAL can read", "Leave it out"),
    "cut_header.tif": ("", "Fetch it again"),
    "cut_short.tif": ("damaged or cut short", "Fetch it again"),
    "cut_short.jpg": ("cut short", "Fetch it again"),
    "cut_short.png": ("damaged or cut short", "Fetch it again"),
    "absurd.tif": ("more than can be", "fetch it again"),
    "absurd.vrt": ("more than the globe has", "header is damaged"),
    "nodata.tif": ("no valid pixel", "--nodata"),
    "nan.tif": ("no valid pixel", "--nodata"),
    "one_band.tif": ("Cannot tell the sensor", "--sensor"),
    "missing.tif": ("no such file", "Check the path"),
}


def shortened(path: str, share: float) -> None:
    with open(path, "r+b") as file:
        file.truncate(int(os.path.getsize(path) * share))


def absurd(path: Path) -> None:
    """A small TIFF whose header claims 3,000,000,000 pixels a side."""
    land(path)
    data = bytearray(path.read_bytes())
    for tag in (256, 257):  # width and height
        place = data.rindex(tag.to_bytes(2, "little") + b"\x03\x00\x01\x00\x00\x00")
        data[place + 2 : place + 12] = b"\x04\x00\x01\x00\x00\x00" + (3_000_000_000).to_bytes(4, "little")
    path.write_bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    noise = np.random.default_rng(2).integers(0, 255, (3, 200, 200)).astype(np.uint8)
    land(folder / "good.tif")
    (folder / "empty.tif").touch()
    (folder / "text.tif").write_text("Dear colleague, the scene is attached.")
    (folder / "zipped.tif").write_bytes(gzip.compress(Path(land(folder / "plain.tif", seed=5)).read_bytes()))
    shortened(land(folder / "cut_header.tif", seed=3), 0.001)
    shortened(land(folder / "cut_short.tif", size=400, seed=3, compress="deflate"), 0.5)
    shortened(write_raster(folder / "cut_short.jpg", noise, crs=None, driver="JPEG"), 0.5)
    shortened(write_raster(folder / "cut_short.png", noise, crs=None, driver="PNG"), 0.5)
    absurd(folder / "absurd.tif")
    bands = "".join(f'<VRTRasterBand dataType="Byte" band="{band}"/>' for band in (1, 2, 3))
    size = 'rasterXSize="2000000000" rasterYSize="2000000000"'
    (folder / "absurd.vrt").write_text(f"<VRTDataset {size}>{bands}</VRTDataset>")
    write_raster(folder / "nodata.tif", np.full((3, 100, 100), 7, np.uint8), nodata=7, photometric="rgb")
    write_raster(folder / "nan.tif", np.full((2, 100, 100), np.nan, np.float32), names=("VV", "VH"))
    write_raster(folder / "one_band.tif", np.full((1, 100, 100), 700, np.uint16))
    shutil.copy(write_raster(folder / "p.png", noise, crs=None, driver="PNG"), folder / "really_a_png.tif")
    write_raster(folder / "no_crs.tif", np.tile(noise, (1, 2, 2)), crs=None, photometric="rgb")
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive") / "archive"


@pytest.fixture(scope="module")
def ran(folder: Path, archive: Path) -> Ran:
    return satseek("ingest", archive, folder, folder / "missing.tif", *CUT, "--json")


@pytest.mark.parametrize("name", REFUSED)
def test_each_bad_file_is_one_line_that_says_what_to_do(ran: Ran, folder: Path, name: str) -> None:
    told = ran.json["refused"][str(folder / name)]
    what, remedy = REFUSED[name]
    assert what in told.lower() or what in told
    assert remedy in told
    assert "\n" not in told
    assert "Traceback" not in told
    assert len(told) < 400


def test_nothing_else_is_refused_and_the_exit_code_says_that_some_were(ran: Ran, folder: Path) -> None:
    assert {Path(source).name for source in ran.json["refused"]} == set(REFUSED)
    assert ran.code == 1
    assert ran.err == ""


def test_the_good_files_are_added_completely(ran: Ran, archive: Path) -> None:
    per_file: dict[str, int] = {}
    for chip in chips_of(archive):
        per_file[Path(chip.source).name] = per_file.get(Path(chip.source).name, 0) + 1
    assert per_file.pop("cut_short.tif", 0) < 64  # what could be read of it
    assert per_file == {"good.tif": 4, "plain.tif": 4, "p.png": 1, "really_a_png.tif": 16, "no_crs.tif": 64}
    assert Archive.open(str(archive)).verify().ok


def test_a_wrong_ending_does_not_matter_when_the_content_is_an_image(ran: Ran, archive: Path) -> None:
    assert any(Path(chip.source).name == "really_a_png.tif" for chip in chips_of(archive))


def test_a_raster_without_crs_is_added_and_a_warning_says_what_it_lacks(ran: Ran, archive: Path) -> None:
    warnings = [warning for warning in ran.json["warnings"] if "no coordinate system" in warning]
    assert len(warnings) == 1
    assert "no_crs.tif" in warnings[0]
    assert "gdal_edit" in warnings[0]
    assert all(chip.geometry is None for chip in chips_of(archive) if "no_crs" in chip.source)


def test_a_second_run_says_the_same_and_adds_nothing(ran: Ran, folder: Path, archive: Path) -> None:
    again = satseek("ingest", archive, folder, folder / "missing.tif", *CUT, "--json")
    assert (again.code, again.json["added"]) == (1, 0)
    assert again.json["already_there"] == ran.json["added"]
    assert again.json["refused"].keys() == ran.json["refused"].keys()


WITHOUT_RIGHTS = """
import os, sys
from satseek.cli.app import app
archive, warm, *sources = sys.argv[1:]
app(["ingest", warm, sources[0], "--chip", "50", "--overlap", "0", "--quiet"], standalone_mode=False)
os.umask(0)
os.setuid(65534)
app(["ingest", archive, *sources, "--chip", "50", "--overlap", "0", "--quiet"])
"""


@pytest.mark.slow
def test_a_file_without_read_permission_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:  # not pytest's folder: only its owner may enter that
        folder = Path(name)
        good, secret = land(folder / "good.tif"), land(folder / "secret.tif")
        os.chmod(secret, 0)
        folder.chmod(0o777)
        words = [str(folder / "archive"), str(folder / "warm"), good, secret]
        if os.getuid() != 0:
            ran = satseek("ingest", folder / "archive", good, secret, *CUT, "--quiet")
        else:  # root may read everything, so everything is loaded as root and then done as nobody
            done = subprocess.run([sys.executable, "-c", WITHOUT_RIGHTS, *words], capture_output=True, text=True)
            ran = Ran(done.returncode, done.stdout, done.stderr)
        assert ran.code == 1, ran.err
        assert ran.why.startswith(f"refused {secret}: ")
        assert "permission denied" in ran.why
        assert len(chips_of(folder / "archive")) == 4


def test_an_unknown_sensor_or_band_is_answered_with_the_nearest(folder: Path, tmp_path: Path) -> None:
    ran = satseek("ingest", tmp_path / "a", folder / "good.tif", "--sensor", "s3")
    assert (ran.code, "Did you mean 's" in ran.why or "Known: rgb, s1, s2" in ran.why) == (2, True)
    ran = satseek("ingest", tmp_path / "a", folder / "good.tif", "--sensor", "s2", "--bands", "B02,B99,B04")
    assert ran.code == 2
    assert "no band called 'B99'" in ran.why
    assert "B8A" in ran.why


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--scales", "1,x"), "--scales"),
        (("--chip", 3), "--chip"),
        (("--overlap", 1), "--overlap"),
        (("--max-nodata", 2), "--max-nodata"),
        (("--chip-metres", -5), "--chip-metres"),
        (("--bands", ","), "--bands"),
    ],
)
def test_an_impossible_option_is_refused_before_any_work(
    folder: Path, tmp_path: Path, options: tuple[object, ...], named: str
) -> None:
    ran = satseek("ingest", tmp_path / "a", folder / "good.tif", *options)
    assert (ran.code, named in ran.why) == (2, True)
    assert not (tmp_path / "a").exists()


def test_a_unit_that_nobody_knows_is_refused_with_the_known_ones(folder: Path, tmp_path: Path) -> None:
    ran = satseek("ingest", tmp_path / "a", folder / "nan.tif", "--unit", "volts", "--quiet")
    assert ran.code in (1, 2)
    assert "power" in ran.why


def test_bad_annotations_are_told_and_the_chips_are_added(folder: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.geojson"
    words.write_text("{")
    ran = satseek("ingest", tmp_path / "a", folder / "good.tif", *CUT, "--annotations", words, "--quiet")
    assert ran.code == 0
    assert "Cannot read the annotations" in ran.why
    assert len(chips_of(tmp_path / "a")) == 4
