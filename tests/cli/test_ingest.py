"""`satseek ingest` as it is typed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.command import Ran, chips_of, land, satseek
from fakes.rasters import write_raster
from fakes.servers import file_server, stac_api
from fakes.stac_items import item
from satseek.archive.archive import Archive
from satseek.raster.read import read_chip

CUT = ("--chip", 50, "--overlap", 0)  # four windows of a land of 100 pixels a side


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def stac_item(name: str, href: str, **properties: Any) -> dict[str, Any]:
    bands = [{"name": colour, "common_name": colour} for colour in ("red", "green", "blue")]
    return item(
        name, {"visual": {"href": href, "type": "image/tiff", "roles": ["data"], "eo:bands": bands}}, **properties
    )


def test_files_become_chips_and_the_report_counts_them(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), land(tmp_path / "b.tif", seed=2), *CUT)
    assert (ran.code, ran.err) == (0, "")
    assert "8 chips added, 0 already there, from 2 scenes" in ran.out
    assert f"{archive} holds 8 chips" in ran.out
    assert Archive.open(str(archive)).card.name == "colour"


def test_a_second_run_adds_nothing_and_says_so_as_json(tmp_path: Path, archive: Path) -> None:
    words = ("ingest", archive, land(tmp_path / "a.tif"), *CUT, "--json")
    assert satseek(*words).json["added"] == 4
    again = satseek(*words)
    assert again.code == 0
    assert {key: again.json[key] for key in ("added", "already_there", "scenes", "chips", "refused")} == {
        "added": 0, "already_there": 4, "scenes": 1, "chips": 4, "refused": {},
    }  # fmt: skip


def test_a_chips_pixels_can_be_read_again_from_what_is_stored(tmp_path: Path, archive: Path) -> None:
    import rasterio

    path = land(tmp_path / "a.tif")
    satseek("ingest", archive, path, *CUT)
    with rasterio.open(path) as file:
        whole = file.read()
    for chip in chips_of(archive):
        column, row, width, height = chip.window
        np.testing.assert_array_equal(read_chip(chip).values, whole[:, row : row + height, column : column + width])


def test_a_list_of_sources_is_read_from_stdin(tmp_path: Path, archive: Path) -> None:
    lands = [land(tmp_path / f"{name}.tif") for name in "abc"]
    ran = satseek("ingest", archive, "-", *CUT, "--json", stdin="\n".join([*lands, "", "  "]))
    assert (ran.code, ran.json["scenes"], ran.json["added"]) == (0, 3, 12)


def test_an_archive_keeps_its_model_and_refuses_another(tmp_path: Path, archive: Path) -> None:
    path = land(tmp_path / "a.tif")
    assert satseek("ingest", archive, path, *CUT, "--model", "colour").code == 0
    assert satseek("ingest", archive, path, *CUT).code == 0
    ran = satseek("ingest", archive, path, *CUT, "--model", "precomputed")
    assert ran.code == 1
    assert "was built with 'colour'" in ran.why


def test_an_unknown_model_is_answered_with_the_nearest(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), "--model", "color")
    assert (ran.code, "Did you mean 'colour'?" in ran.why) == (2, True)
    assert not archive.exists()


def test_scales_and_metres_say_how_much_ground_a_chip_shows(tmp_path: Path, archive: Path) -> None:
    path = land(tmp_path / "a.tif", size=200)
    satseek("ingest", archive, path, "--chip", 50, "--overlap", 0, "--scales", "2,4")
    assert sorted(chip.window.width for chip in chips_of(archive)) == [100, 100, 100, 100, 200]
    satseek("ingest", archive, path, "--chip", 50, "--overlap", 0, "--chip-metres", 500)
    assert sum(chip.window.width == 50 for chip in chips_of(archive)) == 16


def test_a_picture_without_a_place_is_one_chip_and_is_searchable(tmp_path: Path, archive: Path) -> None:
    picture = write_raster(tmp_path / "lake.png", np.full((3, 300, 200), 90, np.uint8), crs=None, driver="PNG")
    assert satseek("ingest", archive, picture).code == 0
    (chip,) = chips_of(archive)
    assert (chip.geometry, chip.size) == (None, (224, 149))
    found = satseek("search", archive, "--like", picture, "--json")
    assert [hit["id"] for hit in found.json["hits"]] == [chip.id]


def test_many_pictures_are_read_without_a_word_from_the_libraries(
    tmp_path: Path, archive: Path, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(60):
        values = np.full((3, 40, 40), number, np.uint8)
        write_raster(tmp_path / "pictures" / f"{number}.png", values, crs=None, driver="PNG")
    ran = satseek("ingest", archive, tmp_path / "pictures")
    assert (ran.code, ran.err) == (0, "")
    assert "60 chips added" in ran.out
    assert not [warning for warning in recwarn if "geo" in str(warning.message).lower()]


def test_whole_and_no_whole_overrule_what_is_usual(tmp_path: Path) -> None:
    path = land(tmp_path / "a.tif")
    assert satseek("ingest", tmp_path / "one", path, *CUT, "--whole", "--json").json["added"] == 1
    flat = write_raster(tmp_path / "flat.png", np.full((3, 100, 100), 90, np.uint8), crs=None, driver="PNG")
    assert satseek("ingest", tmp_path / "two", flat, *CUT, "--no-whole", "--json").json["added"] == 4


def test_sensor_bands_unit_nodata_and_date_can_be_told(tmp_path: Path, archive: Path) -> None:
    values = np.full((2, 60, 60), 0.05, np.float32)
    values[:, :, :30] = 7
    path = write_raster(tmp_path / "strange.tif", values)
    ran = satseek(
        "ingest", archive, path, "--sensor", "s1", "--bands", "VH,VV", "--unit", "power", "--nodata", 7,
        "--datetime", "2024-05-01", "--chip", 60, "--json",
    )  # fmt: skip
    assert (ran.code, ran.json["added"]) == (0, 1)
    (chip,) = chips_of(archive)
    assert (chip.sensor, chip.nodata_share) == ("s1", 0.5)
    assert chip.datetime is not None
    assert chip.datetime.isoformat() == "2024-05-01T00:00:00+00:00"
    pixels = read_chip(chip)
    assert sorted(pixels.bands) == ["VH", "VV"]
    assert pixels.values[0][pixels.valid] == pytest.approx(-13.01, abs=0.01)


def test_annotations_give_chips_their_words(tmp_path: Path, archive: Path) -> None:
    path = land(tmp_path / "a.tif")
    satseek("ingest", tmp_path / "first", path, *CUT)
    place = chips_of(tmp_path / "first")[0]
    feature = {"type": "Feature", "geometry": place.geometry, "properties": {"label": "harbour", "caption": "A port."}}
    words = tmp_path / "words.geojson"
    words.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert satseek("ingest", archive, path, *CUT, "--annotations", words).code == 0
    assert [chip.labels for chip in chips_of(archive) if chip.window == place.window] == [("harbour",)]
    assert sum(bool(chip.labels) for chip in chips_of(archive)) == 1
    assert satseek("search", archive, "--must", "harbour", "--json").json["hits"][0]["caption"] == "A port."


def test_a_dry_run_counts_and_leaves_everything_as_it_is(tmp_path: Path, archive: Path) -> None:
    first, second = land(tmp_path / "a.tif"), land(tmp_path / "b.tif")
    ran = satseek("ingest", archive, first, *CUT, "--dry-run")
    assert ran.code == 0
    assert "rgb: 1 scenes, 4 windows" in ran.out
    assert not archive.exists()
    satseek("ingest", archive, first, *CUT)
    counted = satseek("ingest", archive, first, second, *CUT, "--dry-run", "--json").json
    assert counted == {
        "scenes": 2, "windows": 8, "already_there": 4, "sensors": {"rgb": {"scenes": 2, "windows": 8}}, "refused": {},
        "warnings": [],
    }  # fmt: skip
    assert len(Archive.open(str(archive))) == 4


def test_json_lines_tell_of_chips_as_they_become_safe(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), *CUT, "--json-lines", "--commit-rows", 1, "--batch", 1)
    *told, last = [json.loads(line) for line in ran.out.splitlines()]
    assert [each["added"] for each in told] == [1, 1, 1, 1]
    assert sorted(name for each in told for name in each["ids"]) == [chip.id for chip in chips_of(archive)]
    assert last["report"]["added"] == 4


def test_quiet_says_only_what_went_wrong(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), tmp_path / "none.tif", *CUT, "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert ran.why.startswith(f"refused {tmp_path}/none.tif: ")


def test_no_archive_is_made_for_nothing(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, tmp_path / "none.tif", "--json")
    assert (ran.code, ran.json["archive"], ran.json["chips"]) == (1, None, 0)
    assert not archive.exists()


def test_an_ingest_may_end_in_optimizing(tmp_path: Path, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    optimized: list[bool] = []
    monkeypatch.setattr(Archive, "is_untidy", lambda self: True)
    monkeypatch.setattr(Archive, "optimize", lambda self, **_: optimized.append(True))
    path = land(tmp_path / "a.tif")
    satseek("ingest", archive, path, *CUT, "--no-optimize")
    assert not optimized
    satseek("ingest", archive, path, *CUT)
    assert not optimized  # nothing was added
    satseek("ingest", tmp_path / "other", path, *CUT)
    assert optimized == [True]


def test_json_and_json_lines_together_are_refused(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), "--json", "--json-lines")
    assert (ran.code, "not both" in ran.why) == (2, True)


def test_a_stac_catalog_is_filtered_by_place_time_property_and_number(tmp_path: Path) -> None:
    items = []
    for number in range(4):
        path = land(tmp_path / f"{number}.tif", seed=number)
        west = 10.0 + number
        made = stac_item(
            f"s{number}", path, bbox=(west, 0.0, west + 0.5, 1.0), datetime=f"2024-0{number + 1}-01T00:00:00Z",
            eo__cloud_cover=10 * number,
        )  # fmt: skip
        items.append(made)
    collection = tmp_path / "items.json"
    collection.write_text(json.dumps({"type": "FeatureCollection", "features": items}))

    def taken(*options: object) -> int:
        ran = satseek("ingest", tmp_path / "archive", collection, *CUT, "--dry-run", "--json", *options)
        assert ran.code == 0
        scenes: int = ran.json["scenes"]
        return scenes

    assert taken() == 4
    assert taken("--bbox", "11.2,0,12.2,1") == 2
    assert taken("--datetime", "2024-02/2024-03") == 2
    assert taken("--query", "eo:cloud_cover<15") == 2
    assert taken("--limit", 3) == 3
    assert taken("--collection", "others") == 0


def test_a_remote_cog_is_read_by_ranges_from_a_stac_api(tmp_path: Path, archive: Path) -> None:
    folder = tmp_path / "served"
    folder.mkdir()
    chance = np.random.default_rng(3)
    values = chance.integers(0, 255, (3, 2048, 2048)).astype(np.uint8)
    write_raster(folder / "far.tif", values, driver="COG", compress="DEFLATE", blocksize=256)
    size = (folder / "far.tif").stat().st_size
    with file_server(folder) as files, stac_api([stac_item("far", f"{files.url}/far.tif")]) as api:
        ran = satseek("ingest", archive, api.url, "--chip", 128, "--overlap", 0, "--scales", 8, "--json")
        assert (ran.code, ran.json["added"]) == (0, 4)
        assert files.bytes_sent < size / 4  # overviews, not the whole file
        (first, *_) = chips_of(archive)
        assert first.address["bands"][0]["href"] == f"{files.url}/far.tif"
        files.requests.clear()
        again = satseek("ingest", archive, api.url, "--chip", 128, "--overlap", 0, "--scales", 8, "--json")
        assert (again.code, again.json["already_there"]) == (0, 4)
        assert files.bytes_sent < 200_000  # the header, if it is not remembered


def start(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from satseek.cli.app import main; main()", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


def run_of(process: subprocess.Popen[str]) -> Ran:
    out, err = process.communicate(timeout=60)
    return Ran(process.returncode, out, err)


@pytest.mark.slow
def test_ctrl_c_leaves_an_archive_that_the_same_command_completes(tmp_path: Path, archive: Path) -> None:
    words = ("ingest", archive, land(tmp_path / "a.tif", size=1500), "--chip", 16, "--overlap", 0, "--json-lines")
    process = start(*words, "--commit-rows", 64, "--workers", 1)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    ran = run_of(process)
    assert ran.code == 130
    assert "Traceback" not in ran.err
    *told, last = [json.loads(line) for line in ran.out.splitlines()]
    assert last["report"]["interrupted"]
    safe = {*first["ids"], *(name for each in told for name in each["ids"])}
    assert {chip.id for chip in chips_of(archive)} == safe
    assert 0 < len(safe) < 8836
    again = satseek(*words)
    assert json.loads(again.out.splitlines()[-1])["report"]["chips"] == 8836
    assert Archive.open(str(archive)).verify().ok


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path, archive: Path) -> None:
    process = start("ingest", archive, land(tmp_path / "a.tif"), *CUT, "--json-lines", "--commit-rows", 1, "--batch", 1)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(60)
    assert "Traceback" not in err


def test_a_cluster_that_does_not_answer_leaves_nothing_behind(tmp_path: Path, archive: Path) -> None:
    pytest.importorskip("ray")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = satseek("ingest", archive, land(tmp_path / "a.tif"), *CUT, "--ray", address)
    assert ran.code == 1
    assert f"No Ray cluster answers at '{address}'" in ran.why
    assert not archive.exists()


def test_what_only_a_cluster_has_is_refused_without_one(tmp_path: Path, archive: Path) -> None:
    ran = satseek("ingest", archive, land(tmp_path / "a.tif"), *CUT, "--actors", 2)
    assert ran.code == 2
    assert "name it with --ray ADDRESS" in ran.why
