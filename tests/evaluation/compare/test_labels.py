"""Labels from shapes, tables and OpenStreetMap: what covers a chip, and what is said where a file cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import pytest
from shapely.geometry import Point, Polygon, box, mapping

from fakes.compared import colours, item
from satseek.core.errors import SourceError
from satseek.evaluation.compare import features
from satseek.evaluation.compare.labels import label, label_by_osm
from satseek.evaluation.compare.osm import kinds_of
from satseek.evaluation.compare.questions import phrase, read_queries
from satseek.evaluation.compare.sample import Sample

SAMPLE = colours(4, labelled=False)  # squares of one degree from 0, 2, 4 and 6 east


def geojson(path: Path, *shapes: tuple[Any, dict[str, Any]], **more: Any) -> Path:
    listed = [{"type": "Feature", "geometry": mapping(shape), "properties": facts} for shape, facts in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed} | more))
    return path


def labels_of(sample: Sample) -> list[tuple[str, ...]]:
    return [each.labels for each in sample.items]


def test_a_label_counts_where_its_shapes_cover_enough_together(tmp_path: Path) -> None:
    file = geojson(
        tmp_path / "l.geojson",
        (box(0, 0, 0.03, 1), {"label": "wood"}),
        (box(0.03, 0, 0.06, 1), {"label": "wood"}),  # 6 % in two pieces
        (box(1.97, 0, 2.03, 2), {"label": "sea"}),  # 3 % of the second chip
        (box(4, 0, 9, 1), {"label": "field; meadow"}),
    )
    assert labels_of(label(SAMPLE, file).sample) == [("wood",), (), ("field", "meadow"), ("field", "meadow")]
    assert labels_of(label(SAMPLE, file, least_cover=0.02).sample)[1] == ("sea",)


def test_a_small_thing_counts_where_most_of_it_is_inside(tmp_path: Path) -> None:
    file = geojson(
        tmp_path / "l.geojson",
        (box(0.5, 0.5, 0.51, 0.51), {"class": "tank"}),
        (Point(2.5, 0.5), {"class": "mast"}),
        (box(3.98, 0.5, 4.01, 0.51), {"class": "pier"}),  # a third of it
    )
    assert labels_of(label(SAMPLE, file).sample) == [("tank",), ("mast",), (), ()]


def test_lists_of_labels_are_read(tmp_path: Path) -> None:
    file = geojson(tmp_path / "l.geojson", (box(0, 0, 1, 1), {"labels": ["river", "wood"]}))
    assert labels_of(label(SAMPLE, file).sample)[0] == ("river", "wood")


@pytest.mark.parametrize("ending", [".gpkg", ".geojson"])
def test_shapes_in_metres_are_brought_to_degrees_and_said(tmp_path: Path, ending: str) -> None:
    frame = geopandas.GeoDataFrame({"label": ["wood", "far"]}, geometry=[box(2, 0, 3, 1), box(60, 0, 61, 1)], crs=4326)
    frame.to_crs(3857).to_file(tmp_path / f"l{ending}")
    found = label(SAMPLE, tmp_path / f"l{ending}")
    assert labels_of(found.sample) == [(), ("wood",), (), ()]
    assert any("EPSG:3857" in note for note in found.notes)


def test_shapes_that_cross_themselves_are_mended_and_said(tmp_path: Path) -> None:
    bow = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    found = label(SAMPLE, geojson(tmp_path / "l.geojson", (bow, {"label": "bow"})))
    assert labels_of(found.sample)[0] == ("bow",)
    assert any("cross themselves" in note for note in found.notes)


def test_labels_of_elsewhere_are_said(tmp_path: Path) -> None:
    file = geojson(tmp_path / "l.geojson", (box(100, 0, 101, 1), {"label": "wood"}))
    with pytest.raises(SourceError, match="nothing where the sampled chips lie"):
        label(SAMPLE, file)


def test_features_without_labels_are_said_with_their_attributes(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="attributes are kind"):
        label(SAMPLE, geojson(tmp_path / "l.geojson", (box(0, 0, 1, 1), {"kind": "wood"})))


def test_chips_without_a_place_ask_for_a_table(tmp_path: Path) -> None:
    loose = replace(SAMPLE, items=tuple(replace(each, place=None, bbox=None) for each in SAMPLE.items))
    with pytest.raises(SourceError, match="CSV with the columns file and label"):
        label(loose, geojson(tmp_path / "l.geojson", (box(0, 0, 1, 1), {"label": "wood"})))


def test_files_that_are_no_shapes_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="no file"):
        label(SAMPLE, tmp_path / "none.geojson")
    (tmp_path / "x.geojson").write_text("{broken")
    with pytest.raises(SourceError, match="cannot be opened as labelled shapes"):
        label(SAMPLE, tmp_path / "x.geojson")
    (tmp_path / "x.txt").write_text("a")
    with pytest.raises(SourceError, match="Cannot tell what"):
        label(SAMPLE, tmp_path / "x.txt")
    monkeypatch.setattr(features, "MOST_TEXT_BYTES", 10)
    with pytest.raises(SourceError, match=r"ogr2ogr x\.gpkg x\.geojson"):
        label(SAMPLE, geojson(tmp_path / "x.geojson", (box(0, 0, 1, 1), {"label": "wood"})))


def test_more_features_than_can_be_held_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "MOST_FEATURES", 2)
    shapes = [(box(0, 0, 1, 1), {"label": str(number)}) for number in range(4)]
    with pytest.raises(SourceError, match="more than 2 features"):
        label(SAMPLE, geojson(tmp_path / "l.geojson", *shapes))


def test_a_table_labels_by_id_or_by_file(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("file,id,label\nscenes/RED-0.tif,,ruby;warm\n,rgb-001,leaf\nnone.tif,,x\n")
    found = label(SAMPLE, tmp_path / "l.csv")
    assert labels_of(found.sample) == [("ruby", "warm"), ("leaf",), (), ()]
    assert any("2 of 4 chips have no label" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("file,label\n", "is empty"),
        ("file,colour\na.tif,red\n", "no column of labels"),
        ("label,where\nred,here\n", "no column 'id' or 'file'"),
        ("file,label\nother.tif,red\n", "None of the 4 sampled chips has a label"),
    ],
)
def test_tables_that_cannot_be_used_are_said(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(SourceError, match=why):
        label(SAMPLE, tmp_path / "l.csv")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"landuse": "forest"}, ("forest",)),
        ({"natural": "water", "water": "river"}, ("river", "water")),
        ({"building": "yes"}, ("buildings",)),
        ({"building": "no"}, ()),
        ({"other_tags": '"landuse"=>"vineyard","name"=>"Am \\"Berg\\""'}, ("vineyard",)),
        ({"tags": {"aeroway": "aerodrome"}}, ("airport",)),
        ({"tags": '{"power":"plant","plant:source":"solar"}'}, ("solar farm",)),
        ({"boundary": "administrative", "name": "forest"}, ()),
        ({"landuse": None, "natural": float("nan")}, ()),
    ],
)
def test_tags_become_words(facts: dict[str, Any], words: tuple[str, ...]) -> None:
    assert kinds_of(facts) == words


def test_an_extract_labels_chips_by_what_covers_them(tmp_path: Path) -> None:
    polygons = geopandas.GeoDataFrame(
        {"landuse": ["forest", None, None], "other_tags": [None, '"natural"=>"water","water"=>"lake"', None]},
        geometry=[box(0, 0, 1, 0.5), box(2, 0, 3, 1), box(4, 0, 5, 1)], crs=4326,
    )  # fmt: skip
    tiny = geopandas.GeoDataFrame({"building": ["yes"]}, geometry=[box(6.5, 0.5, 6.51, 0.51)], crs=4326)
    lines = geopandas.GeoDataFrame({"highway": ["primary"]}, geometry=[box(0, 0, 1, 1).boundary], crs=4326)
    path = tmp_path / "extract.gpkg"
    polygons.to_file(path, layer="multipolygons")
    tiny.to_file(path, layer="buildings")
    lines.to_file(path, layer="lines")
    found = label_by_osm(SAMPLE, path)
    assert labels_of(found.sample) == [("forest",), ("lake", "water"), (), ()]  # one hut does not make a town
    assert found.source.startswith("extract.gpkg, at least 5 %")


def test_an_extract_without_polygons_is_said(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"highway": ["primary"]}, geometry=[box(0, 0, 1, 1).boundary], crs=4326)
    frame.to_file(tmp_path / "lines.gpkg")
    with pytest.raises(SourceError, match="no layer of polygons"):
        label_by_osm(SAMPLE, tmp_path / "lines.gpkg")


def test_queries_are_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("# what we look for\na  river\tRiver; Canal\n\na wood\n")
    one, other = read_queries(tmp_path / "q.txt")
    assert (one.text, one.labels, other.text, other.labels) == ("a river", {"River", "Canal"}, "a wood", frozenset())
    (tmp_path / "q.txt").write_text("# nothing\n")
    with pytest.raises(SourceError, match="holds no queries"):
        read_queries(tmp_path / "q.txt")
    with pytest.raises(SourceError, match="Cannot read the queries"):
        read_queries(tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("name", "words"), [("Golf_Course", "golf course"), ("golfCourse", "golf course"), ("SAR", "SAR"), ("wood", "wood")]
)
def test_labels_are_asked_as_a_person_would_say_them(name: str, words: str) -> None:
    assert phrase(name) == words


def test_pictures_overlap_on_the_ground_or_in_the_same_scene() -> None:
    apart = [item(0, "red"), item(1, "red")]
    same = replace(item(2, "red"), bbox=(0.5, 0.5, 1.5, 1.5))
    loose = [replace(item(number, "red", scene="s"), bbox=None) for number in (3, 4)]
    dateline = replace(item(5, "red"), bbox=(179.5, 0, -179.5, 1))
    east = replace(item(6, "red"), bbox=(179.6, 0, 179.9, 1))
    overlaps = Sample("x", (*apart, same, *loose, dateline, east), 7).overlaps()
    wanted = {(0, 2), (3, 4), (5, 6)}
    found = {(row, column) for row in range(7) for column in range(row + 1, 7) if overlaps[row, column]}
    assert found == wanted
