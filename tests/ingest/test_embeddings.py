"""Embeddings in from STAC's extension, and words for vectors that others made where their model is at hand."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fakes.chips import card, chip, clustered
from fakes.command import satseek
from fakes.model import Paint, painted
from satseek.archive.archive import Archive
from satseek.archive.export import export
from satseek.core.errors import ModelMismatch, SourceError, UsageError
from satseek.ingest import embeddings
from satseek.ingest.embeddings import import_embeddings
from satseek.models import catalogue
from satseek.search.collection import Collection
from satseek.stac.item import item_of_chip

BOX = {"type": "Polygon", "coordinates": [[[10, 0], [11, 0], [11, 1], [10, 1], [10, 0]]]}


def item(number: int, asset: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """An item as the extension wants one, of somebody else."""
    facts = {"datetime": "2024-05-01T10:00:00Z", "constellation": "sentinel-2", "grid:code": f"X-{number}"}
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": f"item-{number}", "geometry": BOX, "bbox": [10, 0, 11, 1],
        "stac_extensions": ["https://stac-extensions.github.io/embeddings/v0.0.1/schema.json"],
        "properties": facts | properties, "assets": {"embeddings": asset},
        "links": [
            {"rel": "emb:source-data", "href": "https://stac.test/items/S2A"},
            {"rel": "emb:model", "href": "https://stac.test/models/prithvi-300m.json"},
        ],
    }  # fmt: skip


def inside(numbers: np.ndarray) -> dict[str, Any]:
    data = base64.b64encode(numbers.tobytes()).decode()
    return {"href": f"data:application/octet-stream;base64,{data}", "roles": ["data"], "data_type": str(numbers.dtype)}


def collected(path: Path, *items: dict[str, Any]) -> str:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(items)}))
    return str(path)


def test_items_carry_their_vectors_inside_and_name_their_model_by_a_link(tmp_path: Path) -> None:
    rows = (5 * clustered(3, 8)).astype("<f4")
    file = collected(tmp_path / "items.json", *(item(n, inside(row)) for n, row in enumerate(rows)))
    report = import_embeddings(str(tmp_path / "a"), file)
    archive = Archive.open(str(tmp_path / "a"))
    assert (report.added, archive.card.name, archive.card.version) == (3, "precomputed", "prithvi-300m")
    found = archive.get(["item-1"])[0]
    assert (found.sensor, found.source, found.bbox) == ("s2", "https://stac.test/items/S2A", (10.0, 0.0, 11.0, 1.0))
    assert found.datetime is not None
    assert found.properties["grid:code"] == "X-1"
    assert archive.nearest(clustered(3, 8)[2], k=1).ids == ["item-2"]
    assert import_embeddings(str(tmp_path / "a"), file).already_there == 3


def test_vectors_beside_the_items_are_read_by_their_address(tmp_path: Path) -> None:
    rows = clustered(2, 8)
    np.save(tmp_path / "v0.npy", rows[0])
    (tmp_path / "v1.bin").write_bytes(rows[1].astype("<f4").tobytes())
    first = item(0, {"href": "./v0.npy", "type": "application/octet-stream"})
    second = item(1, {"href": "./v1.bin", "data_type": "float32"})
    import_embeddings(str(tmp_path / "a"), collected(tmp_path / "items.json", first, second))
    np.testing.assert_allclose(Archive.open(str(tmp_path / "a")).vectors(["item-0", "item-1"]), rows, atol=1e-6)


def test_quantised_numbers_get_their_scale_back(tmp_path: Path) -> None:
    row = clustered(1, 8)[0]
    low = np.round((row + 1) * 100).astype(np.uint8)
    told = {
        "method": "linear",
        "original_dtype": "float32",
        "quantized_dtype": "uint8",
        "scale": [0.01],
        "offset": [-1],
    }
    file = collected(tmp_path / "items.json", item(0, inside(low), **{"emb:quantization": told}))
    import_embeddings(str(tmp_path / "a"), file)
    assert Archive.open(str(tmp_path / "a")).vectors(["item-0"])[0] @ row > 0.999


def test_a_table_behind_an_item_is_read_whole(tmp_path: Path) -> None:
    table = pa.table({"id": ["x", "y"], "embedding": clustered(2, 8).tolist(), "geometry_wkt": ["POLYGON ((1 2, 3 2, 3 4, 1 2))"] * 2})  # noqa: E501  # fmt: skip
    pq.write_table(table, tmp_path / "tile.parquet")
    asset = {"href": "./tile.parquet", "type": "application/vnd.apache.parquet", "roles": ["embeddings"]}
    one = item(0, asset)
    one["assets"] = {"vectors": asset}  # by its role, under another name
    report = import_embeddings(str(tmp_path / "a"), collected(tmp_path / "items.json", one))
    assert report.added == 2
    assert Archive.open(str(tmp_path / "a")).card.version == "prithvi-300m"


def test_a_collection_on_disk_is_walked_and_names_the_model_for_its_items(tmp_path: Path) -> None:
    one = item(0, inside(clustered(1, 8)[0]))
    one["links"] = [{"rel": "collection", "href": "./collection.json"}]
    (tmp_path / "item.json").write_text(json.dumps(one))
    links = [{"rel": "item", "href": "./item.json"}, {"rel": "emb:model", "href": "x", "title": "Clay v1.5"}]
    (tmp_path / "collection.json").write_text(
        json.dumps({"type": "Collection", "stac_version": "1.1.0", "id": "c", "links": links, "emb:dimensions": 8})
    )
    import_embeddings(str(tmp_path / "a"), str(tmp_path / "collection.json"))
    assert Archive.open(str(tmp_path / "a")).card.version == "Clay v1.5"


def test_items_that_cannot_be_used_are_refused_one_by_one(tmp_path: Path) -> None:
    row = clustered(1, 8)[0]
    refused: dict[str, str] = {}
    bad = [
        item(1, {"href": "./map.tif"}),
        item(2, inside(row[:4])),
        item(3, {"href": "data:text/plain;base64,@@@"}),
        item(4, {"href": "https://far.test/v.npy"}),
        item(5, inside(row), **{"emb:runtime_parameters": {"model": "other"}}),
        item(6, {"href": "./none.bin"}),
    ]
    plain = item(7, inside(row))
    plain["assets"] = {"B04": {"href": "./B04.tif"}}
    file = collected(tmp_path / "items.json", item(0, inside(row)), *bad, plain)
    report = import_embeddings(str(tmp_path / "a"), file, on_refused=refused.__setitem__)
    assert report.added == 1
    why = [refused[key] for key in sorted(refused)]
    for told, words in zip(
        why,
        [
            "one for each pixel",
            "4 numbers",
            "no base64",
            "Fetch the file",
            "made by 'other'",
            "cannot be read",
            "no asset",
        ],
        strict=True,
    ):
        assert words in told


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Not one item"):
        import_embeddings(str(tmp_path / "a"), collected(tmp_path / "items.json", item(0, {"href": "./map.tif"})))
    nameless = item(0, inside(clustered(1, 8)[0]))
    nameless["links"] = []
    with pytest.raises(UsageError, match="--made-by"):
        import_embeddings(str(tmp_path / "a"), collected(tmp_path / "n.json", nameless))


def test_our_own_items_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = card("fake", dimensions=8)
    archive = Archive.create(str(tmp_path / "a"), made)
    archive.add([chip(row, 0.1 * row, labels=("river",), caption="a river") for row in range(4)], clustered(4, 8))
    export(archive, str(tmp_path / "items.ndjson"), item_of=lambda each, vector, own: item_of_chip(each, vector=vector, card=own))  # noqa: E501  # fmt: skip
    monkeypatch.setattr(embeddings, "MODELS", ("fake",))
    monkeypatch.setattr(embeddings, "card_of", lambda name: made)
    import_embeddings(str(tmp_path / "b"), str(tmp_path / "items.ndjson"))
    again = Archive.open(str(tmp_path / "b"))
    assert again.card == made  # the very model is here, so words work too
    ids = [chip(row).id for row in range(4)]
    np.testing.assert_array_equal(again.vectors(ids), archive.vectors(ids))
    for before, after in zip(archive.get(ids), again.get(ids), strict=True):
        assert after == replace(before, address=after.address)  # where the pixels lie is not for everybody


@pytest.fixture
def paint(monkeypatch: pytest.MonkeyPatch) -> Paint:
    """A model of the catalogue that knows colours by name."""
    model = Paint()
    real_card, real_load = catalogue.card_of, catalogue.load_model
    monkeypatch.setattr(embeddings, "MODELS", ("paint",))
    monkeypatch.setattr(embeddings, "card_of", lambda name: model.card if name == "paint" else real_card(name))
    monkeypatch.setattr(catalogue, "load_model", lambda name: model if name == "paint" else real_load(name))
    return model


def colours(path: Path) -> str:
    rows = [painted(**{name: 1.0}) for name in ("red", "green", "blue")]
    pq.write_table(pa.table({"id": ["r", "g", "b"], "embedding": [(2 * row).tolist() for row in rows]}), path)
    return str(path)


def test_words_find_vectors_of_a_model_that_is_at_hand(tmp_path: Path, paint: Paint) -> None:
    import_embeddings(str(tmp_path / "a"), colours(tmp_path / "x.parquet"), made_by="paint")
    collection = Collection(Archive.open(str(tmp_path / "a")))
    assert collection.search("something green", k=1).hits[0].chip.id == "g"
    assert collection.search(must=["red"], not_=["blue"], k=1).hits[0].chip.id == "r"


def test_words_name_a_model_whose_own_name_is_another(tmp_path: Path, paint: Paint) -> None:
    import_embeddings(str(tmp_path / "a"), colours(tmp_path / "x.parquet"), made_by="Paint by X", words="paint")
    archive = Archive.open(str(tmp_path / "a"))
    assert (archive.card.version, archive.card.options["tower"]["name"]) == ("Paint by X", "paint")
    assert Collection(archive).search("blue", k=1).hits[0].chip.id == "b"


def test_a_tower_that_does_not_fit_is_refused(tmp_path: Path, paint: Paint) -> None:
    file = colours(tmp_path / "x.parquet")
    paint.card = replace(paint.card, dimensions=7)
    with pytest.raises(UsageError, match="vectors of 7 numbers and these have 4"):
        import_embeddings(str(tmp_path / "a"), file, made_by="x", words="paint")
    with pytest.raises(UsageError, match="Did you mean 'colour'"):
        import_embeddings(str(tmp_path / "a"), file, made_by="x", words="color")
    import_embeddings(str(tmp_path / "a"), file, made_by="paint")  # a namesake of another size is none
    assert not Archive.open(str(tmp_path / "a")).card.reads_text


def test_a_tower_whose_weights_changed_since_is_refused(tmp_path: Path, paint: Paint) -> None:
    paint.card = replace(paint.card, weights_sha256="a" * 64)
    import_embeddings(str(tmp_path / "a"), colours(tmp_path / "x.parquet"), made_by="paint")
    paint.card = replace(paint.card, weights_sha256="b" * 64)
    with pytest.raises(ModelMismatch, match="weights have changed"):
        Collection(Archive.open(str(tmp_path / "a"))).search("red")


def test_the_command_imports_stac_and_says_what_was_refused(tmp_path: Path) -> None:
    file = collected(tmp_path / "items.json", item(0, inside(clustered(1, 8)[0])), item(1, {"href": "./map.tif"}))
    ran = satseek("archive", "import", tmp_path / "a", file, "--json")
    assert ran.code == 1
    assert ran.json["files"][file]["added"] == 1
    assert "one for each pixel" in next(iter(ran.json["refused"].values()))
