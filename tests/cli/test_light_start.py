"""A process that only asks does not load what it never uses, and answers the same."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest

from fakes.chips import chip
from fakes.command import satseek
from satseek.archive.archive import Archive
from satseek.models.catalogue import load_model

pytestmark = pytest.mark.slow

ASKED = """
import sys
from satseek.cli.app import main
sys.argv = ["satseek", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted({"lancedb", "pandas", "lance_namespace_urllib3_client.api"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> str:
    model = load_model("colour")
    uri = str(tmp_path_factory.mktemp("light") / "archive")
    Archive.create(uri, model.card).add(
        [chip(index, index * 0.1, sensor="rgb", caption="a lake") for index in range(3)],
        np.eye(3, model.card.dimensions, dtype=np.float32),
    )
    return uri


def _asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", ASKED, *arguments], capture_output=True, text=True, check=True)


def test_a_search_loads_neither_pandas_nor_the_client_of_catalogues_and_finds_the_same(archive: str) -> None:
    alone = _asked("search", archive, "a lake", "--json")
    assert alone.stderr.split()[-1:] == ["lancedb"]
    here = satseek("search", archive, "a lake", "--json")
    assert _ids(json.loads(alone.stdout)) == _ids(here.json) != []


def test_a_search_that_writes_geoparquet_has_what_it_needs_for_it(archive: str, tmp_path: Path) -> None:
    out = tmp_path / "found.parquet"
    assert "pandas" in _asked("search", archive, "a lake", "--output", str(out)).stderr
    assert len(geopandas.read_parquet(out)) == 3


def test_geoparquet_that_is_asked_for_by_its_name_has_it_too(archive: str, tmp_path: Path) -> None:
    _asked("search", archive, "a lake", "--format", "geoparquet", "--output", str(tmp_path / "found"))
    assert len(geopandas.read_parquet(tmp_path / "found")) == 3


def test_verbs_that_write_load_everything(archive: str) -> None:
    assert "pandas" in _asked("archive", "info", archive).stderr


def _ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["hits"]]
