"""Vectors in files as others really lay them out: Clay, Earth Index, Planet; and our own, read by others."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fakes.chips import card, chip, clustered
from satseek.archive.archive import Archive
from satseek.archive.export import export
from satseek.archive.imports import import_geoparquet
from satseek.core.chip import Chip
from satseek.core.errors import SourceError, UsageError

SQUARES = [shapely.box(11 + 0.01 * i, 48, 11.008 + 0.01 * i, 48.008) for i in range(4)]


def written(frame: geopandas.GeoDataFrame, path: Path, **metadata: object) -> str:
    """Write as geopandas does, with more facts in the footer."""
    frame.to_parquet(path)
    if metadata:
        table = pq.read_table(path)
        more = {key.encode(): json.dumps(value).encode() for key, value in metadata.items()}
        pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **more}), path)
    return str(path)


def clay(path: Path) -> str:
    """Clay v0: one file a tile; no ids, the source's address, a day, `embeddings`."""
    facts = {
        "index": np.arange(4),
        "source_url": [
            f"s3://clay-tiles-02/02/03WVN/2022-06-10/claytile_03WVN_20220610_v02_000{i}.tif" for i in range(4)
        ],
        "date": [date(2022, 6, 10)] * 4,
        "embeddings": [(3 * row).tolist() for row in clustered(4, 12)],
    }
    return written(geopandas.GeoDataFrame(facts, geometry=SQUARES, crs="OGC:CRS84"), path)


EARTH_INDEX = {
    "version": "0.0.1",
    "model": {"id": "dinov2_vits14_softcon", "version": "2.0.0", "name": "SoftCon"},
    "providers": [{"name": "EarthGenome", "url": "https://earthgenome.org"}],
    "license": "CC-BY-4.0",
    "datetime": "2023-07-02T00:00:00Z",
    "embedding_dim": 12,
}


def earth_index(path: Path, shapes: list[shapely.Geometry]) -> str:
    """Earth Index: id, embedding, geometry, and what made them under the key `emb`."""
    facts = {"id": [f"21MNT_{i}" for i in range(4)], "embedding": clustered(4, 12).tolist()}
    return written(geopandas.GeoDataFrame(facts, geometry=shapes, crs="EPSG:4326"), path, emb=EARTH_INDEX)


def chips_in(uri: Path) -> list[Chip]:
    found = [each for part in Archive.open(str(uri)).scan() for each in part.chips]
    return sorted(found, key=lambda each: each.source + each.id)


def test_clays_columns_become_chips_with_their_source_and_day(tmp_path: Path) -> None:
    file = clay(tmp_path / "03WVN_20220610_20220610_v001.gpq")
    report = import_geoparquet(str(tmp_path / "a"), file, made_by="Clay v0.1")
    chips = chips_in(tmp_path / "a")
    assert report.added == len({each.id for each in chips}) == 4
    assert chips[2].source.endswith("_0002.tif")
    assert chips[2].datetime == datetime(2022, 6, 10, tzinfo=UTC)
    assert chips[2].bbox == pytest.approx(SQUARES[2].bounds)
    assert import_geoparquet(str(tmp_path / "a"), file).already_there == 4
    nearest = Archive.open(str(tmp_path / "a")).nearest(clustered(4, 12)[2], k=1)
    assert nearest.ids == [chips[2].id]


def test_earth_index_says_itself_what_made_its_vectors_and_when(tmp_path: Path) -> None:
    import_geoparquet(str(tmp_path / "a"), earth_index(tmp_path / "21MNT.parquet", SQUARES))
    archive = Archive.open(str(tmp_path / "a"))
    assert archive.card.version == "dinov2_vits14_softcon 2.0.0"
    chip = archive.get(["21MNT_1"])[0]
    assert chip.datetime == datetime(2023, 7, 2, tzinfo=UTC)
    assert chip.bbox == pytest.approx(SQUARES[1].bounds)


def test_points_are_the_middles_of_squares_where_their_side_is_told(tmp_path: Path) -> None:
    file = earth_index(tmp_path / "21MNT.parquet", [each.centroid for each in SQUARES])
    import_geoparquet(str(tmp_path / "without"), file)
    assert chips_in(tmp_path / "without")[0].geometry is None
    import_geoparquet(str(tmp_path / "with"), file, side_m=320)
    west, south, east, north = chips_in(tmp_path / "with")[0].bbox or (0, 0, 0, 0)
    centre = SQUARES[0].centroid
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx((centre.x, centre.y))
    assert (north - south) * 111_195 == pytest.approx(320, rel=1e-3)
    assert (east - west) * 111_195 * np.cos(np.radians(centre.y)) == pytest.approx(320, rel=1e-3)


def test_planets_metres_are_brought_to_degrees(tmp_path: Path) -> None:
    facts = {
        "datetime": np.array(["2024-03-01T10:00:00"] * 4, dtype="datetime64[ns]"),
        "centroid_lat": [each.centroid.y for each in SQUARES],
        "chip_size": [224] * 4,
        "cloud_percent": [0, 10, 20, 30],
        "embedding": clustered(4, 12).tolist(),
    }
    frame = geopandas.GeoDataFrame(facts, geometry=SQUARES, crs="EPSG:4326").to_crs(3857)
    import_geoparquet(str(tmp_path / "a"), written(frame, tmp_path / "p.parquet"), made_by="planet")
    chips = {each.properties["cloud_percent"]: each for each in chips_in(tmp_path / "a")}
    assert len(chips) == 4
    assert chips[10].bbox == pytest.approx(SQUARES[1].bounds, abs=1e-6)
    assert chips[10].datetime == datetime(2024, 3, 1, 10, tzinfo=UTC)


def test_maps_of_vectors_are_refused_with_what_to_do(tmp_path: Path) -> None:
    nested = pa.array([np.zeros((2, 2, 3)).tolist()] * 2, pa.list_(pa.list_(pa.list_(pa.float32()))))
    pq.write_table(pa.table({"ID": ["a", "b"], "embedding": nested}), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match=r"maps of vectors \(2×2×3 numbers a row\)"):
        import_geoparquet(str(tmp_path / "a"), str(tmp_path / "x.parquet"), made_by="TerraMind")


def test_a_footer_that_is_no_json_is_said(tmp_path: Path) -> None:
    table = pa.table({"id": ["a"], "embedding": [[1.0, 2.0]]}).replace_schema_metadata({"emb": "{oops"})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="the key 'emb'"):
        import_geoparquet(str(tmp_path / "a"), str(tmp_path / "x.parquet"))


def ours(uri: Path, rows: int = 6) -> Archive:
    archive = Archive.create(str(uri), card("fake", dimensions=12))
    archive.add([chip(row, 0.1 * row, labels=("river",)) for row in range(rows)], clustered(rows, 12))
    return archive


def test_others_read_what_we_write_and_we_read_it_back_without_loss(tmp_path: Path) -> None:
    archive = ours(tmp_path / "a")
    file = str(tmp_path / "chips.parquet")
    export(archive, file)
    frame = geopandas.read_parquet(file)
    assert frame.crs == "OGC:CRS84"
    assert len(frame) == 6
    np.testing.assert_array_equal(np.stack(frame["embedding"]), archive.vectors(list(frame["id"])))
    assert frame["emb:runtime_parameters"][0]["model"] == "fake"
    about = json.loads(pq.read_metadata(file).metadata[b"emb"])
    assert (about["model"]["id"], about["embedding_dim"], about["type"]) == ("fake", 12, "chip")
    import_geoparquet(str(tmp_path / "b"), file)
    again = Archive.open(str(tmp_path / "b"))
    assert again.card == archive.card
    ids = [each.id for each in chips_in(tmp_path / "a")]
    assert again.get(ids) == archive.get(ids)
    np.testing.assert_array_equal(again.vectors(ids), archive.vectors(ids))


def test_what_geopandas_wrote_again_still_names_its_model(tmp_path: Path) -> None:
    export(ours(tmp_path / "a"), str(tmp_path / "chips.parquet"))
    frame = geopandas.read_parquet(tmp_path / "chips.parquet")
    frame[frame["sensor"] == "s2"].to_parquet(tmp_path / "some.parquet")
    report = import_geoparquet(str(tmp_path / "b"), str(tmp_path / "some.parquet"))
    assert (report.added, Archive.open(str(tmp_path / "b")).card.version) == (2, "fake")


def test_a_file_that_does_not_say_who_made_it_asks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--made-by"):
        import_geoparquet(str(tmp_path / "a"), clay(tmp_path / "x.gpq"))
