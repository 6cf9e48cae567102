"""What is exported opens in other programs, and comes back."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import pytest

from fakes.chips import box, card, chip, clustered, scattered
from satseek.archive.archive import Archive
from satseek.archive.export import export
from satseek.archive.imports import import_geoparquet
from satseek.core.area import Area
from satseek.core.chip import Chip
from satseek.core.errors import ArchiveReadOnly, ModelMismatch, SourceError, UnknownName, UsageError
from satseek.core.filters import Filters

OVER = {
    "type": "MultiPolygon",
    "coordinates": [box(179.5, 1.0, 180.0, 2.0)["coordinates"], box(-180.0, 1.0, -179.5, 2.0)["coordinates"]],
}


def world() -> list[Chip]:
    return [
        *scattered(30),
        chip(100, geometry=OVER, bbox=(179.5, 1.0, -179.5, 2.0), caption='a "river"; ü\nthrough', keywords=("a", "b")),
        chip(101, datetime=None, properties={"platform": "s2a", "gsd": 10}, labels=("Water",)),
    ]


@pytest.fixture
def filled(archive: Archive) -> Archive:
    archive.add(world(), clustered(32))
    return archive


def test_geoparquet_opens_in_geopandas_with_every_chip_in_its_place(filled: Archive, tmp_path: Path) -> None:
    assert export(filled, str(tmp_path / "chips.parquet")) == 32
    frame = geopandas.read_parquet(tmp_path / "chips.parquet").set_index("id")
    assert len(frame) == 32
    assert frame.crs.to_epsg() == 4326 or frame.crs.to_string() == "OGC:CRS84"
    for each in world():
        row = frame.loc[each.id]
        assert (row.geometry is None) == (each.geometry is None)
        if each.bbox and each.id != chip(100).id:
            assert row.geometry.bounds == pytest.approx(each.bbox)
    assert frame.loc[chip(100).id].geometry.bounds == (-180.0, 1.0, 180.0, 2.0)
    stored = dict(zip((each.id for each in world()), clustered(32), strict=True))
    assert np.array_equal(frame.loc[chip(7).id].embedding, stored[chip(7).id])


def test_the_geo_metadata_is_that_of_geoparquet_1_1(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.parquet"))
    file = pq.ParquetFile(tmp_path / "chips.parquet")
    geo = json.loads(file.metadata.metadata[b"geo"])
    column = geo["columns"]["geometry"]
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert column["encoding"] == "WKB"
    assert column["geometry_types"] == ["MultiPolygon", "Polygon"]
    assert column["bbox"] == pytest.approx(geopandas.read_parquet(tmp_path / "chips.parquet").total_bounds)
    assert column["covering"] == {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}
    boxes = {row["id"]: row["bbox"] for row in file.read(["id", "bbox"]).to_pylist()}
    assert boxes[chip(100).id] == {"xmin": -180.0, "ymin": 1.0, "xmax": 180.0, "ymax": 2.0}
    assert boxes[chip(101).id] is None


def test_the_covering_lets_geopandas_read_only_an_area(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.parquet"))
    area = (-20.0, -20.0, 20.0, 20.0)
    frame = geopandas.read_parquet(tmp_path / "chips.parquet", bbox=area)
    assert set(frame.id) - {chip(100).id} == {
        each for batch in filled.scan(Filters(where=Area(area))) for each in batch.ids
    }


def test_geoparquet_says_which_model_made_the_vectors(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.parquet"))
    row = pq.read_table(tmp_path / "chips.parquet").slice(0, 1).to_pylist()[0]
    assert row["emb:runtime_parameters"] == {"model": "fake", "version": "1", "dimensions": 32, "data_type": "float32"}
    assert row["emb:fit_for_use"] == ["retrieval", "similarity_search"]


@pytest.mark.parametrize("name", ["chips.geojson", "chips.csv"])
def test_gdal_opens_the_text_formats_with_their_geometries(filled: Archive, tmp_path: Path, name: str) -> None:
    assert export(filled, str(tmp_path / name)) == 32
    frame = pyogrio.read_dataframe(tmp_path / name).set_index("id")
    assert len(frame) == 32
    assert frame.loc[chip(7).id].geometry.equals_exact(
        geopandas.GeoSeries.from_wkt([_wkt(world()[7])]).iloc[0], tolerance=1e-8
    )
    assert frame.loc[chip(101).id].geometry is None
    assert frame.loc[chip(100).id].geometry.geom_type == "MultiPolygon"


def test_geojson_keeps_facts_and_says_null_where_there_is_no_place(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.geojson"))
    features = {each["id"]: each for each in json.loads((tmp_path / "chips.geojson").read_text())["features"]}
    bare = features[chip(101).id]
    assert bare["geometry"] is None
    assert (bare["properties"]["platform"], bare["properties"]["labels"]) == ("s2a", ["Water"])
    assert features[chip(100).id]["properties"]["caption"] == 'a "river"; ü\nthrough'
    assert features[chip(100).id]["bbox"] == [179.5, 1.0, -179.5, 2.0]


def test_csv_keeps_line_breaks_and_quotes(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.csv"))
    with open(tmp_path / "chips.csv", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows[chip(100).id]["caption"] == 'a "river"; ü\nthrough'
    assert rows[chip(100).id]["keywords"] == "a; b"
    assert json.loads(rows[chip(101).id]["properties"]) == {"platform": "s2a", "gsd": 10}


def test_stac_items_are_a_line_each_or_a_collection(filled: Archive, tmp_path: Path) -> None:
    def item_of(each: Chip, vector: Any, its_card: Any) -> dict[str, Any]:
        return {"type": "Feature", "id": each.id, "dims": len(vector), "model": its_card.name}

    export(filled, str(tmp_path / "items.ndjson"), item_of=item_of)
    lines = [json.loads(line) for line in (tmp_path / "items.ndjson").read_text().splitlines()]
    assert {line["id"] for line in lines} == {each.id for each in world()}
    assert lines[0]["dims"] == 32
    export(filled, str(tmp_path / "items.json"), format="stac", item_of=item_of)
    assert json.loads((tmp_path / "items.json").read_text())["features"][0]["model"] == "fake"
    with pytest.raises(UsageError, match="item_of"):
        export(filled, str(tmp_path / "items.ndjson"))


def test_filters_choose_what_is_exported(filled: Archive, tmp_path: Path) -> None:
    where = Filters(where=Area.from_bbox("-40,-30,40,30"), sensors=("s2",))
    rows = export(filled, str(tmp_path / "few.geojson"), filters=where)
    assert rows == filled.count(where) > 0
    assert export(filled, str(tmp_path / "none.geojson"), filters=Filters(sensors=("sar",))) == 0
    assert json.loads((tmp_path / "none.geojson").read_text()) == {"type": "FeatureCollection", "features": []}
    assert export(filled, str(tmp_path / "none.parquet"), filters=Filters(sensors=("sar",))) == 0
    assert len(geopandas.read_parquet(tmp_path / "none.parquet")) == 0


def test_text_goes_to_an_open_file_too(filled: Archive) -> None:
    out = io.StringIO()
    assert export(filled, out, format="geojson") == 32
    assert len(json.loads(out.getvalue())["features"]) == 32
    with pytest.raises(UsageError, match="not text"):
        export(filled, out, format="geoparquet")


def test_an_unknown_format_and_an_unknown_ending_are_said(filled: Archive, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'geojson'"):
        export(filled, str(tmp_path / "x"), format="geojsn")
    with pytest.raises(UsageError, match=r"End it in .parquet"):
        export(filled, str(tmp_path / "x.shp"))


def test_a_place_that_cannot_be_written_is_said_and_leaves_nothing(filled: Archive, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Cannot write"):
        export(filled, str(tmp_path / "nowhere" / "x.parquet"))
    (tmp_path / "x.geojson").write_text("mine")

    def full(rows: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(ArchiveReadOnly, match="no room"):
        export(filled, str(tmp_path / "x.geojson"), on_rows=full)
    assert (tmp_path / "x.geojson").read_text() == "mine"
    assert [path.name for path in tmp_path.glob("*.partial")] == []


def test_what_was_exported_makes_the_same_archive_again(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.parquet"))
    copy = str(tmp_path / "copy")
    report = import_geoparquet(copy, str(tmp_path / "chips.parquet"), batch=7)
    assert (report.added, report.already_there, report.model) == (32, 0, "fake")
    archive = Archive.open(copy, card=card())
    ids = [each.id for each in world()]
    assert archive.get(ids) == filled.get(ids)
    assert np.array_equal(archive.vectors(ids), filled.vectors(ids))
    again = import_geoparquet(copy, str(tmp_path / "chips.parquet"))
    assert (again.added, again.already_there) == (0, 32)
    assert archive.verify().ok


def test_another_models_export_does_not_get_in(filled: Archive, tmp_path: Path) -> None:
    export(filled, str(tmp_path / "chips.parquet"))
    other = Archive.create(str(tmp_path / "other"), card("colour"))
    with pytest.raises(ModelMismatch, match="archive of their own"):
        import_geoparquet(other.uri, str(tmp_path / "chips.parquet"))
    with pytest.raises(UsageError, match="says itself that 'fake'"):
        import_geoparquet(str(tmp_path / "new"), str(tmp_path / "chips.parquet"), made_by="SigLIP")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_what_is_not_parquet_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(SourceError, match=r"x\.parquet"):
        import_geoparquet(str(tmp_path / "a"), str(tmp_path / "x.parquet"))
    assert not (tmp_path / "a").exists()


def test_a_truncated_export_is_said(filled: Archive, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    export(filled, str(file))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(SourceError, match="not a Parquet file that can be read"):
        import_geoparquet(str(tmp_path / "a"), str(file))


def _wkt(each: Chip) -> str:
    from shapely.geometry import shape

    return str(shape(each.geometry).wkt)
