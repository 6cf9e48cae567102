"""Catalogs and servers with faults: the broken part is named, the rest is added."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fakes.command import chips_of, land, satseek
from fakes.servers import Troubles, file_server, stac_api
from fakes.stac_items import item
from satseek.stac.reading import Patience

CUT = ("--chip", 50, "--overlap", 0, "--json")


def stac_item(name: str, href: str, **properties: Any) -> dict[str, Any]:
    bands = [{"name": colour, "common_name": colour} for colour in ("red", "green", "blue")]
    asset = {"href": href, "type": "image/tiff", "roles": ["data"], "eo:bands": bands}
    return item(name, {"visual": asset}, **properties)


def items_file(path: Path, *items: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return path


def test_an_item_with_missing_assets_is_refused_and_the_others_are_added(tmp_path: Path) -> None:
    good = stac_item("good", land(tmp_path / "good.tif"))
    bare = item("bare", {})
    only_words = item("thumb", {"thumbnail": {"href": "a.jpg", "roles": ["thumbnail"], "type": "image/jpeg"}})
    items = items_file(tmp_path / "items.json", bare, good, only_words)
    ran = satseek("ingest", tmp_path / "archive", items, *CUT)
    assert (ran.code, ran.json["added"]) == (1, 4)
    assert len(ran.json["refused"]) == 2
    assert all(why.endswith(".") and "\n" not in why for why in ran.json["refused"].values())


def test_a_dead_link_is_refused_and_the_others_are_added(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    land(tmp_path / "served" / "good.tif")
    with file_server(tmp_path / "served") as files:
        items = items_file(
            tmp_path / "items.json",
            stac_item("dead", f"{files.url}/gone.tif"),
            stac_item("lost", str(tmp_path / "nowhere.tif")),
            stac_item("good", f"{files.url}/good.tif"),
        )
        ran = satseek("ingest", tmp_path / "archive", items, *CUT)
    assert (ran.code, ran.json["added"]) == (1, 4)
    told = " ".join(ran.json["refused"].values())
    assert len(ran.json["refused"]) == 2
    assert "gone.tif" in told
    assert "404" in told or "dead" in told
    assert "nowhere.tif" in told


def test_a_server_that_stumbles_twice_is_asked_again(tmp_path: Path) -> None:
    land(tmp_path / "a.tif")
    troubles = Troubles([500, 503], where="/search")
    with file_server(tmp_path) as files, stac_api([stac_item("a", f"{files.url}/a.tif")], troubles=troubles) as api:
        ran = satseek("ingest", tmp_path / "archive", api.url, *CUT)
    assert (ran.code, ran.json["added"], ran.json["refused"]) == (0, 4, {})


def test_a_server_that_never_answers_is_refused_and_files_are_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("satseek.stac.reading.Patience", partial(Patience, first_wait_s=0.01))
    item = stac_item("a", land(tmp_path / "a.tif"))
    with stac_api([item], troubles=Troubles(always=500, where="/search")) as api:
        ran = satseek("ingest", tmp_path / "archive", api.url, land(tmp_path / "b.tif"), *CUT)
    assert (ran.code, ran.json["added"]) == (1, 4)
    (why,) = ran.json["refused"].values()
    assert "500" in why
    assert [Path(chip.source).name for chip in chips_of(tmp_path / "archive")] == ["b.tif"] * 4


def test_a_cog_server_that_breaks_down_leaves_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    land(tmp_path / "served" / "a.tif", size=200)
    with file_server(tmp_path / "served", troubles=Troubles(always=404, where=r"\.tif")) as files:
        items = items_file(tmp_path / "i.json", stac_item("a", f"{files.url}/a.tif"))
        ran = satseek("ingest", tmp_path / "archive", items, land(tmp_path / "b.tif"), *CUT)
        assert (ran.code, ran.json["added"]) == (1, 4)
        files.troubles.always = None
    assert len(ran.json["refused"]) == 1


def test_what_is_no_catalog_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"type": "Feature", "stac_version": ')
    (tmp_path / "other.json").write_text('{"name": "Peter"}')
    good = land(tmp_path / "a.tif")
    ran = satseek("ingest", tmp_path / "archive", tmp_path / "broken.json", tmp_path / "other.json", good, *CUT)
    assert (ran.code, ran.json["added"]) == (1, 4)
    assert {Path(source).name for source in ran.json["refused"]} == {"broken.json", "other.json"}


def test_a_box_the_wrong_way_round_is_refused_with_the_right_order(tmp_path: Path) -> None:
    items = items_file(tmp_path / "items.json", stac_item("a", land(tmp_path / "a.tif")))
    ran = satseek("ingest", tmp_path / "archive", items, "--bbox", "10,50,11,49")
    assert ran.code == 2
    assert "west,south,east,north" in ran.why


def test_a_box_over_the_date_line_is_understood(tmp_path: Path) -> None:
    west = stac_item("west", land(tmp_path / "w.tif"), bbox=(179.5, 0.0, 180.0, 1.0))
    east = stac_item("east", land(tmp_path / "e.tif"), bbox=(-180.0, 0.0, -179.5, 1.0))
    far = stac_item("far", land(tmp_path / "f.tif"), bbox=(0.0, 0.0, 1.0, 1.0))
    items = items_file(tmp_path / "items.json", west, east, far)
    ran = satseek("ingest", tmp_path / "archive", items, "--bbox", "179,0,-179,1", "--dry-run", "--json")
    assert (ran.code, ran.json["scenes"]) == (0, 2)


@pytest.mark.parametrize("dates", ["2024-06/2024-05", "yesterday", "../.."])
def test_dates_that_cannot_be_are_refused(tmp_path: Path, dates: str) -> None:
    items = items_file(tmp_path / "items.json", stac_item("a", land(tmp_path / "a.tif")))
    ran = satseek("ingest", tmp_path / "archive", items, "--datetime", dates)
    assert ran.code == 2
    assert not (tmp_path / "archive").exists()
    assert "date" in ran.why or "interval" in ran.why


def test_a_query_that_cannot_be_read_is_refused_with_an_example(tmp_path: Path) -> None:
    items = items_file(tmp_path / "items.json", stac_item("a", land(tmp_path / "a.tif")))
    ran = satseek("ingest", tmp_path / "archive", items, "--query", "cloudy")
    assert ran.code == 2
    assert "eo:cloud_cover<20" in ran.why
