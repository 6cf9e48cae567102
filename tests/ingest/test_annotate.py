"""Words for a chip: which labels, keywords and captions count for its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping, shape

from satseek.core.errors import SourceError
from satseek.core.scene import Scene
from satseek.ingest.annotate import Annotator, Words, read_annotations

CHIP = mapping(box(10.0, 50.0, 10.1, 50.1))


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def rectangle(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    return dict(mapping(box(west, south, east, north)))


def written(folder: Path, *features: dict[str, Any], **more: Any) -> str:
    path = folder / "annotations.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}))
    return str(path)


def words(path: str, geometry: Any = CHIP) -> Words:
    return read_annotations(path).words_in(None if geometry is None else shape(geometry))


def scene(**more: Any) -> Scene:
    return Scene(id="a", source="a.tif", sensor="rgb", bands=(), **more)


def test_a_label_counts_from_one_percent_of_the_chip(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature(rectangle(10.0, 50.0, 10.012, 50.3), label="road"),  # 12 % of the chip, a third of itself inside
        feature(rectangle(9.0, 50.0, 10.0, 50.1), label="neighbour"),
        feature(rectangle(9.0, 50.0, 10.0005, 50.1), label="edge"),  # 0.5 %
    )
    assert words(path).labels == ("road",)


def test_polygons_of_one_label_add_up(tmp_path: Path) -> None:
    strips = [feature(rectangle(9.0, 50.0 + i * 0.02, 10.0006, 50.01 + i * 0.02), label="hedge") for i in range(5)]
    assert words(written(tmp_path, *strips)).labels == ()
    wider = [feature(rectangle(9.0, 50.0 + i * 0.02, 10.0025, 50.01 + i * 0.02), label="hedge") for i in range(5)]
    assert words(written(tmp_path, *wider)).labels == ("hedge",)


def test_a_small_thing_counts_where_half_of_it_lies_inside(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature(rectangle(10.0994, 50.05, 10.1004, 50.051), label="plane"),  # 60 % inside
        feature(rectangle(10.0996, 50.05, 10.1006, 50.051), label="ship"),  # 40 % inside
        feature({"type": "Point", "coordinates": [10.05, 50.05]}, label="well"),
        feature({"type": "Point", "coordinates": [11.05, 50.05]}, label="far away"),
    )
    assert sorted(words(path).labels) == ["plane", "well"]


def test_a_line_counts_where_it_crosses_the_chip(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature({"type": "LineString", "coordinates": [[9.0, 50.05], [11.0, 50.05]]}, label="river"),
        feature({"type": "LineString", "coordinates": [[9.0, 50.0], [10.01, 50.05]]}, label="ditch"),
    )
    assert words(path).labels == ("river",)


def test_the_widest_label_comes_first_and_each_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature(rectangle(10.0, 50.0, 10.03, 50.1), labels=["water", "lake"]),
        feature(rectangle(10.03, 50.0, 10.1, 50.1), label="forest"),
        feature(rectangle(10.0, 50.0, 10.02, 50.1), label="lake", keywords=["blue"]),
    )
    assert words(path) == Words(None, ("blue",), ("forest", "lake", "water"))


def test_the_caption_is_that_of_the_patch_that_covers_the_chip_most(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature(rectangle(10.07, 50.0, 10.17, 50.1), caption="A village."),  # 30 %
        feature(rectangle(9.97, 50.0, 10.07, 50.1), caption="A river through forest."),  # 70 %
        feature(rectangle(10.0, 50.09, 10.1, 50.19), caption="Fields."),  # 10 %
    )
    assert words(path).caption == "A river through forest. A village."


def test_a_wide_chip_takes_no_more_than_three_captions(tmp_path: Path) -> None:
    patches = [
        feature(rectangle(10 + i / 50, 50, 10 + (i + 1) / 50, 50.1 - i / 1000), caption=f"Patch {i}.") for i in range(5)
    ]
    assert words(written(tmp_path, *patches)).caption == "Patch 0. Patch 1. Patch 2."


def test_a_feature_without_a_place_speaks_of_every_chip_even_of_one_without_a_place(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature(None, keywords=["Bavaria"]),
        feature(rectangle(10.0, 50.0, 10.1, 50.1), label="forest"),
    )
    assert words(path) == Words(None, ("Bavaria",), ("forest",))
    assert words(path, None) == Words(None, ("Bavaria",), ())


def test_words_of_scene_shared_file_and_own_file_come_together(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    own = written(tmp_path / "own", feature(rectangle(10.0, 50.0, 10.1, 50.1), label="lake", caption="A lake."))
    shared = written(tmp_path, feature(rectangle(10.0, 50.0, 10.1, 50.1), keywords=["nature reserve"]))
    warnings: list[str] = []
    annotator = Annotator(shared=shared, warn=warnings.append)
    said = scene(annotations=own, caption="Some land.", keywords=("summer",), labels=("Bavaria",))
    assert annotator.words_of(said, CHIP) == Words("A lake.", ("nature reserve", "summer"), ("lake", "Bavaria"))
    elsewhere = mapping(box(20.0, 50.0, 20.1, 50.1))
    assert annotator.words_of(said, elsewhere) == Words("Some land.", ("summer",), ("Bavaria",))
    assert warnings == []


def test_a_bad_file_is_a_warning_once_and_the_scenes_own_words_stay(tmp_path: Path) -> None:
    bad = tmp_path / "bad.geojson"
    bad.write_text("{")
    warnings: list[str] = []
    annotator = Annotator(warn=warnings.append)
    for _ in range(3):
        assert annotator.words_of(scene(annotations=str(bad), labels=("lake",)), CHIP).labels == ("lake",)
    assert len(warnings) == 1
    assert "Cannot read the annotations" in warnings[0]
    assert "Its scenes are added without these words." in warnings[0]


def test_broken_features_are_left_out_and_counted(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        feature({"type": "Polygon", "coordinates": [[[10, "north"]]]}, label="broken"),
        feature({"type": "Blob"}, label="broken"),
        feature(rectangle(10.0, 50.0, 10.1, 50.1), label="forest"),
        feature(rectangle(10.0, 50.0, 10.1, 50.1), label=7, keywords={"a": 1}, caption=["no"]),
    )
    warnings: list[str] = []
    assert Annotator(shared=path, warn=warnings.append).words_of(scene(), CHIP).labels == ("forest",)
    assert warnings == [f"2 features of {path} have no readable geometry and are left out."]


def test_a_crossed_polygon_is_mended_rather_than_lost(tmp_path: Path) -> None:
    bow = {"type": "Polygon", "coordinates": [[[10, 50], [10.1, 50.1], [10.1, 50], [10, 50.1], [10, 50]]]}
    assert words(written(tmp_path, feature(bow, label="bow tie"))).labels == ("bow tie",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "GeoJSON file of features"),
        ("[1, 2]", "GeoJSON file of features"),
        ('{"type": "FeatureCollection"}', "it has no 'features'"),
        ('{"type": "Polygon", "coordinates": []}', "it holds no features"),
        ('{"type": "FeatureCollection", "features": [3]}', "it holds no features"),
        (
            '{"type": "FeatureCollection", "features": [], "crs": {"properties": {"name": "EPSG::32633"}}}',
            "EPSG:4326",
        ),
    ],
)
def test_a_file_that_is_no_list_of_features_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(text)
    with pytest.raises(SourceError, match=reason):
        read_annotations(str(path))


def test_a_missing_file_and_an_unknown_scheme_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        read_annotations(str(tmp_path / "none.geojson"))
    with pytest.raises(SourceError, match="not from gopher"):
        read_annotations("gopher://host/file.geojson")
