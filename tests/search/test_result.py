"""Results as people, scripts and GIS read them."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import geopandas
import pyogrio
import pytest

from fakes.chips import chip
from satseek.core.errors import UnknownName, UsageError
from satseek.core.query import Query
from satseek.core.result import Explanation, Hit
from satseek.search.result import SearchResult

EXPLANATION = Explanation({"recall": 1.5}, "none (exact scan)", "paint", 3, 3)
HITS = (
    Hit(chip(1, 10.0, 47.0, sensor="rgb", caption="A <b>river</b>,\nwide", labels=("water",)), 0.9123456789, 1,
        {"sentence": 0.9}, ("0000000a",)),
    Hit(chip(2, -70.5, -33.0, sensor="s1", keywords=("ship", "sea"), cloud_share=0.25), -0.0001, 2),
    Hit(chip(3, sensor="rgb", datetime=None, ground_resolution_m=None, source="/data/plane.png"), 0.5, 3),
)  # fmt: skip


@pytest.fixture
def result() -> SearchResult:
    return SearchResult(HITS, Query("a river"), EXPLANATION, ("A note.",))


def test_a_result_is_a_sequence_of_hits(result: SearchResult) -> None:
    assert len(result) == 3
    assert [hit.rank for hit in result] == [1, 2, 3]
    assert result[0].chip.id == "00000001"
    assert result[1:] == HITS[1:]
    assert result.ids == ["00000001", "00000002", "00000003"]


def test_a_table_has_a_line_for_each_hit(result: SearchResult) -> None:
    assert str(result).splitlines() == [
        "rank  score  id        sensor  datetime    place              shows",
        "1     0.912  00000001  rgb     2024-01-02  47.0050N 10.0050E  A <b>river</b>, wide (+1 overlapping)",
        "2     0.000  00000002  s1      2024-01-03  32.9950S 70.4950W  ship, sea",
        "3     0.500  00000003  rgb     –           –                  plane.png at 672,0",
        "A note.",
    ]


def test_a_caption_cannot_move_the_cursor(result: SearchResult) -> None:
    evil = replace(HITS[0], chip=replace(HITS[0].chip, caption="\x1b[2Jgone\r\n"))
    text = str(replace(result, hits=(evil,)))
    assert "\x1b" not in text
    assert len(text.splitlines()) == 3


def test_json_holds_the_query_the_hits_and_the_explanation(result: SearchResult) -> None:
    value = json.loads(result.text("json"))
    assert value["query"]["q"] == "a river"
    assert value["explanation"]["milliseconds"] == {"recall": 1.5}
    assert value["notes"] == ["A note."]
    first = value["hits"][0]
    assert (first["id"], first["score"], first["merged"]) == ("00000001", 0.912346, ["0000000a"])
    assert first["bbox"] == [10.0, 47.0, 10.01, 47.01]
    assert value["hits"][2]["geometry"] is None


def test_geojson_has_null_geometries_where_there_is_no_place(result: SearchResult) -> None:
    value = json.loads(result.text("geojson"))
    assert value["type"] == "FeatureCollection"
    assert [each["id"] for each in value["features"]] == result.ids
    assert value["features"][0]["properties"]["caption"] == "A <b>river</b>,\nwide"
    assert value["features"][1]["properties"]["keywords"] == ["ship", "sea"]
    assert value["features"][2]["geometry"] is None


def test_csv_has_one_line_a_hit_and_its_footprint(result: SearchResult) -> None:
    rows = list(csv.DictReader(io.StringIO(result.text("csv"))))
    assert [row["id"] for row in rows] == result.ids
    assert rows[0]["WKT"] == "POLYGON ((10 47, 10.01 47, 10.01 47.01, 10 47.01, 10 47))"
    assert rows[0]["caption"] == "A <b>river</b>,\nwide"
    assert rows[1]["keywords"] == "ship; sea"
    assert rows[2]["WKT"] == ""


@pytest.mark.parametrize("name", ["hits.geojson", "hits.csv", "hits.parquet", "hits.json", "hits.txt"])
def test_a_file_ending_says_the_format(result: SearchResult, tmp_path: Path, name: str) -> None:
    path = result.save(tmp_path / name)
    if name == "hits.parquet":
        assert geopandas.read_parquet(path)["id"].tolist() == result.ids
    else:
        assert all(each in path.read_text() for each in result.ids)


def test_gis_programs_read_what_is_written(result: SearchResult, tmp_path: Path) -> None:
    for name in ("hits.geojson", "hits.csv"):
        read = pyogrio.read_dataframe(result.save(tmp_path / name))
        assert read["id"].tolist() == result.ids
        assert read.geometry[0].bounds == (10.0, 47.0, 10.01, 47.01)
    table = geopandas.read_parquet(result.save(tmp_path / "hits.parquet"))
    assert table.crs == "EPSG:4326"
    assert table.geometry.isna().tolist() == [False, False, True]
    assert table.geometry[0].bounds == (10.0, 47.0, 10.01, 47.01)
    assert table["keywords"][1].tolist() == ["ship", "sea"]
    assert str(table["datetime"][0]) == "2024-01-02 00:00:00+00:00"


def test_an_empty_result_can_be_written_in_every_format(result: SearchResult, tmp_path: Path) -> None:
    empty = replace(result, hits=())
    for name in ("hits.geojson", "hits.csv", "hits.parquet", "hits.json", "hits.txt"):
        assert empty.save(tmp_path / name).exists()
    assert str(empty) == "No chip matches.\nA note."
    assert (tmp_path / "hits.csv").read_text().startswith("WKT,rank,score,id,sensor")
    assert len(geopandas.read_parquet(tmp_path / "hits.parquet")) == 0


def test_wrong_formats_are_refused_before_anything_is_written(result: SearchResult, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'geojson'"):
        result.save(tmp_path / "x", "geojsn")
    with pytest.raises(UsageError, match=r"does not say which format"):
        result.save(tmp_path / "x.shp")
    with pytest.raises(UsageError, match="save it to a file"):
        result.text("geoparquet")
    with pytest.raises(UsageError, match="Cannot write"):
        result.save(tmp_path / "no" / "such" / "folder.json")
    assert list(tmp_path.iterdir()) == []


def test_a_page_shows_text_as_text_and_survives_missing_pixels(result: SearchResult) -> None:
    page = result._repr_html_()
    assert "A &lt;b&gt;river&lt;/b&gt;" in page
    assert page.count("pixels not found") == 3
    assert "47.0050N" in page
    assert "A note." in page
    assert "No chip matches" in replace(result, hits=())._repr_html_()
