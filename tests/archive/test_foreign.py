"""Vectors that others made: Major TOM's columns as its files have them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Transformer

from fakes.chips import clustered
from satseek.archive.archive import Archive
from satseek.archive.imports import import_geoparquet
from satseek.core.area import Area
from satseek.core.errors import ModelMismatch, SourceError, UsageError
from satseek.core.filters import Filters
from satseek.core.scene import Window

PRODUCT = "S2A_MSIL2A_20230119T161811_N0509_R111_T32UPU_20230119T190838"


def major_tom(rows: int = 6, dimensions: int = 16, **changes: Any) -> pa.Table:
    """Rows as in Major TOM's embedding expansions: fragments of a 10 km cell in UTM, vectors not of unit length."""
    to_degrees = Transformer.from_crs("EPSG:32632", "EPSG:4326", always_xy=True)
    metres = [shapely.box(680_000 + 2240 * i, 5_330_000, 682_240 + 2240 * i, 5_332_240) for i in range(rows)]
    degrees = [shapely.transform(shape, lambda xy: np.column_stack(to_degrees.transform(*xy.T))) for shape in metres]
    columns: dict[str, Any] = {
        "unique_id": [f"{i:064x}" for i in range(rows)],
        "embedding": [(7.5 * vector).tolist() for vector in clustered(rows, dimensions)],
        "timestamp": ["20230119T161811"] * rows,
        "product_id": [PRODUCT] * rows,
        "grid_cell": ["534U_87R"] * rows,
        "grid_row_u": pa.array([534] * rows, pa.int16()),
        "grid_col_r": pa.array([87] * rows, pa.int16()),
        "geometry": [shape.wkb for shape in degrees],
        "centre_lat": pa.array([shape.centroid.y for shape in degrees], pa.float32()),
        "centre_lon": pa.array([shape.centroid.x for shape in degrees], pa.float32()),
        "utm_footprint": [shape.wkt for shape in metres],
        "utm_crs": ["EPSG:32632"] * rows,
        "pixel_bbox": [[224 * i, 0, 224 * i + 224, 224] for i in range(rows)],
    } | changes
    table = pa.table({name: values for name, values in columns.items() if values is not None})
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    return table.replace_schema_metadata({"geo": json.dumps(geo)})


def write(table: pa.Table, path: Path) -> str:
    pq.write_table(table, path)
    return str(path)


def test_major_toms_columns_become_chips_in_their_place(tmp_path: Path) -> None:
    file = write(major_tom(), tmp_path / "part_1.parquet")
    report = import_geoparquet(str(tmp_path / "a"), file, made_by="SigLIP", batch=4)
    assert (report.added, report.without_direction) == (6, 0)
    archive = Archive.open(str(tmp_path / "a"))
    chip = archive.get([f"{2:064x}"])[0]
    assert (chip.sensor, chip.source, chip.window, chip.size) == ("s2", PRODUCT, Window(448, 0, 224, 224), (224, 224))
    assert chip.datetime == datetime(2023, 1, 19, 16, 18, 11, tzinfo=UTC)
    assert chip.properties["grid_cell"] == "534U_87R"
    assert (chip.properties["grid_row_u"], chip.properties["grid_col_r"]) == (534, 87)
    assert chip.bbox is not None
    assert chip.bbox[0] < chip.properties["centre_lon"] < chip.bbox[2]
    assert archive.nearest(clustered(6, 16)[2], k=1).ids == [chip.id]
    assert archive.nearest(clustered(6, 16)[2], k=1).scores[0] == pytest.approx(1.0, abs=1e-6)
    middle = Area((chip.properties["centre_lon"], chip.properties["centre_lat"]) * 2)
    assert archive.nearest(clustered(1, 16)[0], filters=Filters(where=middle)).ids == [chip.id]
    assert archive.verify().ok


def test_the_card_names_who_made_the_vectors_and_knows_no_words(tmp_path: Path) -> None:
    file = write(major_tom(), tmp_path / "x.parquet")
    import_geoparquet(str(tmp_path / "a"), file, made_by="SigLIP")
    card = Archive.open(str(tmp_path / "a")).card
    assert (card.name, card.version, card.dimensions, card.reads_text) == ("precomputed", "SigLIP", 16, False)


def test_vectors_of_two_models_do_not_mix(tmp_path: Path) -> None:
    file = write(major_tom(), tmp_path / "x.parquet")
    with pytest.raises(UsageError, match="--made-by"):
        import_geoparquet(str(tmp_path / "a"), file)
    assert not (tmp_path / "a").exists()
    import_geoparquet(str(tmp_path / "a"), file, made_by="SigLIP")
    assert import_geoparquet(str(tmp_path / "a"), file).already_there == 6
    with pytest.raises(ModelMismatch, match="'precomputed' DINOv2"):
        import_geoparquet(str(tmp_path / "a"), file, made_by="DINOv2")


def test_footprints_in_metres_are_read_where_there_are_no_others(tmp_path: Path) -> None:
    with_both = import_geoparquet(str(tmp_path / "a"), write(major_tom(), tmp_path / "a.parquet"), made_by="x")
    table = major_tom(geometry=None).replace_schema_metadata(None)
    without = import_geoparquet(str(tmp_path / "b"), write(table, tmp_path / "b.parquet"), made_by="x")
    assert with_both.added == without.added == 6
    name = f"{3:064x}"
    one, other = (Archive.open(str(tmp_path / each)).get([name])[0].bbox for each in "ab")
    assert one is not None
    assert other == pytest.approx(one, abs=1e-4)


def test_a_file_in_another_coordinate_system_is_brought_to_degrees(tmp_path: Path) -> None:
    from pyproj import CRS

    metres = [shapely.box(680_000, 5_330_000, 682_240, 5_332_240).wkb] * 2
    geo = {"primary_column": "geometry", "columns": {"geometry": {"crs": CRS("EPSG:32632").to_json_dict()}}}
    table = major_tom(2, geometry=metres).replace_schema_metadata({"geo": json.dumps(geo)})
    import_geoparquet(str(tmp_path / "a"), write(table, tmp_path / "x.parquet"), made_by="x")
    bbox = Archive.open(str(tmp_path / "a")).get([f"{0:064x}"])[0].bbox
    assert bbox == pytest.approx((11.4, 48.1, 11.47, 48.12), abs=0.05)


def test_points_and_text_footprints_and_other_timestamps_are_read(tmp_path: Path) -> None:
    table = major_tom(
        2, unique_id=None, geometry=None, utm_footprint=None, utm_crs=None, pixel_bbox=None,
        geometry_wkt=["POINT (11.4 48.1)", "POLYGON ((1 2, 3 2, 3 4, 1 2))"],
        timestamp=pa.array([datetime(2024, 5, 1, 12)] * 2, pa.timestamp("ns")), image_shape=[[384, 256, 3]] * 2,
        parquet_row=[1, 2], product_id=["S1A_IW_GRDH"] * 2,
    )  # fmt: skip
    import_geoparquet(str(tmp_path / "a"), write(table, tmp_path / "x.parquet"), made_by="x")
    chips = {each.properties["parquet_row"]: each for each in next(Archive.open(str(tmp_path / "a")).scan()).chips}
    assert chips[1].geometry is None
    assert chips[2].bbox == (1.0, 2.0, 3.0, 4.0)
    assert chips[1].datetime == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert (chips[1].sensor, chips[1].size) == ("s1", (384, 256))


def test_vectors_that_point_nowhere_are_counted_and_left_out(tmp_path: Path) -> None:
    vectors = clustered(3, 16).tolist()
    vectors[1] = [0.0] * 16
    vectors[2] = [float("nan")] * 16
    report = import_geoparquet(
        str(tmp_path / "a"), write(major_tom(3, embedding=vectors), tmp_path / "x.parquet"), made_by="x"
    )
    assert (report.added, report.without_direction) == (1, 2)
    assert "2 left out" in str(report)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"embedding": None}, "no column of vectors"),
        ({"embedding": [[1.0, 2.0], [1.0], [2.0], [1.0]]}, "several lengths|cannot be understood"),
        ({"geometry": [b"nonsense"] * 4}, "footprints in .* cannot be read"),
        ({"geometry": [[1.0, 2.0]] * 4}, "not as WKB or WKT"),
    ],
)
def test_files_that_cannot_be_used_are_said(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    file = write(major_tom(4, **changes), tmp_path / "x.parquet")
    with pytest.raises(SourceError, match=why):
        import_geoparquet(str(tmp_path / "a"), file, made_by="x")


def test_a_file_without_rows_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no rows"):
        import_geoparquet(str(tmp_path / "a"), write(major_tom().slice(0, 0), tmp_path / "x.parquet"), made_by="x")
