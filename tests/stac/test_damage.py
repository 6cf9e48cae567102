from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from fakes.servers import file_server
from fakes.stac_items import earth_search_item, planetary_item, radar_item
from satseek.stac.reading import Patience
from satseek.stac.source import is_stac, scenes_of_stac

JUNK: list[Any] = [
    None,
    -1,
    1e400,
    10**400,
    float("nan"),
    "",
    "x",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    True,
    "http://",
    "file:",
    "\0",
]
WANTED = {"bbox": "0,0,20,20", "datetime": "2024", "query": "eo:cloud_cover<50"}


def damaged(value: Any, rng: random.Random, *, inside: bool = False) -> Any:
    """Return JSON with things lost, renamed, or turned into other things here and there."""
    if inside and rng.random() < 0.01:
        return deepcopy(rng.choice(JUNK))
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if rng.random() > 0.003}
        return {key + "x" * (rng.random() < 0.003): damaged(each, rng, inside=True) for key, each in kept.items()}
    if isinstance(value, list):
        return [damaged(each, rng, inside=True) for each in value if rng.random() > 0.01]
    return value


@pytest.mark.parametrize("seed", range(3))
def test_damage_anywhere_in_an_item_or_catalog_is_refused_and_never_crashes(tmp_path: Path, seed: int):
    rng = random.Random(seed)
    scenes, refused = 0, 0
    for _ in range(40):
        good = rng.choice([earth_search_item, planetary_item, radar_item])()
        catalog = {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "c",
            "links": [{"rel": "item", "href": "./b.json"}],
        }
        listed = {"type": "FeatureCollection", "features": [good, good], "links": [{"rel": "next", "href": "b.json"}]}
        (tmp_path / "a.json").write_text(json.dumps(damaged(rng.choice([good, catalog, listed]), rng)))
        (tmp_path / "b.json").write_text(json.dumps(damaged(good, rng)))
        for options in ({}, WANTED, {"sensor": "rgb"}):
            reasons: list[str] = []
            address = str(tmp_path / "a.json")
            is_stac(address)
            for scene in scenes_of_stac(address, on_refused=lambda source, why: reasons.append(why), **options):  # noqa: B023
                json.dumps([scene.address(), dict(scene.properties)], allow_nan=False)
                scenes += 1
            refused += len(reasons)
            assert [why for why in reasons if not why.endswith(".")] == []

    assert scenes > 20  # some damage does not matter
    assert refused > 20


def test_damage_anywhere_in_an_apis_answers_is_refused_and_never_crashes(tmp_path: Path):
    rng = random.Random(1)
    scenes, refused = 0, 0
    with file_server(tmp_path) as server:
        front_page = {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "c",
            "description": "d",
            "conformsTo": [
                "https://api.stacspec.org/v1.1.0/item-search",
                "https://api.stacspec.org/v1.1.0/item-search#query",
            ],
            "links": [{"rel": "search", "type": "application/geo+json", "href": f"{server.url}/page.json"}],
        }
        for _ in range(40):
            good = rng.choice([earth_search_item, planetary_item, radar_item])()
            page = {"type": "FeatureCollection", "features": [good], "links": []}
            following = {"rel": "next", "href": f"{server.url}/next.json"}
            (tmp_path / "a.json").write_text(json.dumps(front_page))
            (tmp_path / "page.json").write_text(json.dumps(damaged(page | {"links": [following]}, rng)))
            (tmp_path / "next.json").write_text(json.dumps(damaged(page, rng)))
            reasons: list[str] = []
            options = {"patience": Patience(tries=1), "on_refused": lambda source, why: reasons.append(why)}  # noqa: B023
            scenes += len(list(scenes_of_stac(f"{server.url}/a.json", **options, **WANTED)))
            refused += len(reasons)

    assert scenes > 5
    assert refused > 5
