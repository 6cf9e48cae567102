"""Verify is only worth something if it finds what is wrong: each test breaks one promise behind the archive's back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fakes.chips import chip, clustered, scattered
from satseek.archive.archive import Archive


@pytest.fixture
def filled(archive: Archive) -> Archive:
    footprint = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179.5, 1.0], [180.0, 1.0], [180.0, 2.0], [179.5, 1.0]]],
            [[[-180.0, 1.0], [-179.5, 1.0], [-180.0, 2.0], [-180.0, 1.0]]],
        ],
    }
    whole = chip(
        900, geometry=footprint, bbox=(179.5, 1.0, -179.5, 2.0), properties={"a": 1}, caption="x", labels=("y",)
    )
    archive.add([*scattered(50), chip(800), whole], clustered(52))
    return archive


def raw(archive: Archive) -> Any:
    return archive._store._database.open_table("chips")


def test_a_sound_archive_is_sound(filled: Archive) -> None:
    read: list[int] = []
    report = filled.verify(on_rows=read.append)
    assert report.ok
    assert report.rows == 52 == sum(read)
    assert "all is well" in str(report)
    filled.optimize(keep_days=0)
    assert filled.verify().ok


def double(archive: Archive) -> None:
    table = raw(archive)
    table.add(table.search().where(f"id = '{chip(7).id}'").limit(1).to_arrow())


def shrink_vector(archive: Archive) -> None:
    table = raw(archive)
    row = table.search().where(f"id = '{chip(7).id}'").limit(1).to_arrow()
    position = row.schema.get_field_index("vector")
    field = row.schema.field(position)
    row = row.set_column(position, field, pa.array([[0.5] + [0.0] * 31], field.type))
    table.merge_insert("id").when_matched_update_all().execute(row)


def said(**values: str) -> Callable[[Archive], None]:
    return lambda archive: raw(archive).update(where=f"id = '{chip(7).id}'", values_sql=values)  # type: ignore[no-any-return]


BREAKS: dict[str, tuple[Callable[[Archive], None], str]] = {
    "a chip twice": (double, "ids that occur more than once"),
    "a short vector": (shrink_vector, "vectors not of unit length"),
    "another box": (said(bbox="[1.0, 2.0, 3.0, 4.0]"), "boxes that do not fit their footprint"),
    "no footprint": (said(geometry="NULL"), "a box without a footprint"),
    "another cell": (said(cell_1="5"), "grid cells that do not fit the box"),
    "another caption": (said(caption="'new'"), "text that does not fit"),
    "other properties": (said(properties="'{\"a\":2}'"), "facts that do not fit"),
    "a share above one": (said(nodata_share="1.5"), "shares outside 0 to 1"),
    "no JSON": (said(address="'{'"), "rows that are no chips"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_found_and_named(filled: Archive, name: str) -> None:
    broken, complaint = BREAKS[name]
    broken(filled)
    report = filled.verify()
    assert not report.ok
    assert [line for line in report.problems if complaint in line], report.problems
    if name != "no JSON":
        assert chip(7).id in str(report)
    assert report.to_json()["ok"] is False


@pytest.mark.parametrize("how", ["truncated", "missing", "overwritten"])
def test_a_damaged_data_file_is_found(filled: Archive, how: str) -> None:
    file = max((Path(filled.uri) / "chips.lance" / "data").glob("*.lance"), key=lambda path: path.stat().st_size)
    if how == "truncated":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif how == "missing":
        file.unlink()
    else:
        file.write_bytes(b"\0" * file.stat().st_size)
    report = Archive.open(filled.uri).verify()
    assert not report.ok
    assert any("files that cannot be read" in line for line in report.problems)
