"""Radar and multispectral archives with published encoders, as it is typed; small weights stand for the real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fakes import geo_weights
from satseek.cli import ingest, models, search
from satseek.core.errors import ModelError
from satseek.models.catalogue import load_model
from satseek.models.geo import entries
from worlds import small_catalog

app = typer.Typer()
app.command("ingest")(ingest.run)
app.command("search")(search.run)
app.add_typer(models.app, name="models")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_catalog(tmp_path_factory, scenes=1, size=256, sensors=("s2", "s1"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SATSEEK_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "weights"


def run(*arguments: str):  # type: ignore[no-untyped-def]
    return CliRunner().invoke(app, list(arguments))


def filled(model: str, attribute: str, catalog: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """An archive of the world, filled with the small model of this name, and what was said of it."""
    source = geo_weights.write(model, home)
    monkeypatch.setattr(entries, attribute, source.entry)
    uri = str(home.parent / "archive")
    done = run("ingest", uri, str(catalog), "--model", model, "--chip", "64", "--json")
    assert done.exit_code == 0, done.output
    return uri, done.stdout


def hits_of(*arguments: str) -> tuple[list[dict[str, object]], list[str]]:
    done = run("search", *arguments, "--json", "--no-merge", "-k", "50")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    return found["hits"], found.get("notes", [])


def test_weights_that_are_not_here_are_asked_for_by_file_digest_and_place(home: Path) -> None:
    with pytest.raises(ModelError) as caught:
        load_model("croma-base")
    said = str(caught.value)
    assert "satseek models get croma-base" in said
    assert "CROMA_base-0238d814.pt (its sha256 begins with 0238d814)" in said
    assert "huggingface.co/torchgeo/croma" in said
    assert str(home / "croma-base") in said


def test_a_card_says_bands_units_scaling_licence_and_source(home: Path) -> None:
    card = json.loads(run("models", "softcon-s2", "--json").stdout)
    assert card["sensors"]["s2"][9:] == ["B09", "B10", "B11", "B12"]
    assert card["units"] == {"s2": "reflectance"}
    assert card["licence"] == "CC-BY-4.0"
    assert card["options"]["may_miss"] == ["B10"]
    assert "mean ± 2 deviations" in card["options"]["takes"]["s2"]
    assert "wangyi111/softcon" in card["options"]["source"]
    assert "zeros" in card["limits"]


def test_words_that_are_not_beside_the_weights_are_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = geo_weights.write("closp-rn", home)
    (home / "closp-rn" / "vocab.txt").unlink()
    with pytest.raises(ModelError, match=r"put vocab.txt of sentence-transformers/all-MiniLM-L6-v2"):
        source.load()


@pytest.mark.slow
def test_a_model_that_keeps_its_sensors_apart_never_compares_them(
    catalog: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torchgeo")
    uri, _ = filled("croma-base", "CROMA_BASE", catalog, home, monkeypatch)
    radar, _ = hits_of(uri, "--sensor", "s1")
    assert radar
    first = str(radar[0]["id"])
    found, notes = hits_of(uri, "--like", first)
    assert found[0]["id"] == first
    assert {hit["sensor"] for hit in found} == {"s1"}
    assert any("keeps s2 in a space of its own" in note for note in notes)
    refused = run("search", uri, "--like", first, "--sensor", "s2")
    assert refused.exit_code != 0
    assert "A picture of s1 cannot find s2 with 'croma-base'" in " ".join(refused.output.split())
    words = run("search", uri, "a river")
    assert "knows no words" in " ".join(words.output.split())


@pytest.mark.slow
def test_words_radar_and_optical_find_each_other_where_they_share_one_space(
    catalog: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, said = filled("closp-rn", "CLOSP_RN", catalog, home, monkeypatch)
    assert "no B10, for which 'closp-rn' is given zeros" in said
    found, notes = hits_of(uri, "flooded area beside a forest")
    assert {hit["sensor"] for hit in found} == {"s1", "s2"}
    optical = next(str(hit["id"]) for hit in found if hit["sensor"] == "s2")
    across, notes = hits_of(uri, "--like", optical, "--sensor", "s1")
    assert {hit["sensor"] for hit in across} == {"s1"}
    assert not notes
