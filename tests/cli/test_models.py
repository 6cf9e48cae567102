"""`satseek models` as it is typed: get, push, pull; and a named CLIP model in ingest, search and locate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.clip_worlds import published_bytes, tiny, tiny_weights, write_folder
from fakes.command import land, satseek
from fakes.hub_server import Hub, model_hub
from satseek.models.brought import shelf
from satseek.models.clip import entry
from satseek.models.clip.load import load_recipe
from satseek.models.entry import ModelEntry

pytest.importorskip("open_clip")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(shelf.WEIGHTS, str(tmp_path / "weights"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "SATSEEK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "weights"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that holds a small RemoteCLIP as its authors publish the real one."""
    recipe = tiny("remoteclip-b32", "tiny-ViT")
    small = ModelEntry(card=recipe.card, load=lambda: load_recipe(recipe), published=(recipe.published,))
    monkeypatch.setattr(entry, "REMOTECLIP_B32", small)
    with model_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        running.put(str(recipe.published.repository), recipe.published.file, published_bytes(recipe))
        yield running


@pytest.mark.slow
def test_a_named_model_is_brought_shown_and_used_from_ingest_to_locate(
    hub: Hub, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = satseek("ingest", tmp_path / "a", land(tmp_path / "x.tif"), "--model", "remoteclip-b32")
    assert refused.code == 1
    assert "satseek models get remoteclip-b32 --accept-licence" in refused.err
    assert "to get" in next(line for line in satseek("models").out.splitlines() if line.startswith("remoteclip-b32"))
    assert "not stated by its authors" in satseek("models", "get", "remoteclip-b32").why
    assert "--trust-pickle" in satseek("models", "get", "remoteclip-b32", "--accept-licence").why
    got = satseek("models", "get", "remoteclip-b32", "--trust-pickle", "--json").json
    assert Path(got["files"][0]["path"]) == home / "remoteclip-b32" / "model.safetensors"
    shown = satseek("models", "remoteclip-b32").out
    for said in ("quickgelu", "a satellite photo of {}.", got["files"][0]["sha256"], "ask the authors"):
        assert said in shown
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # from here on there is no hub
    filled = satseek("ingest", tmp_path / "a", tmp_path / "x.tif", "--model", "remoteclip-b32", "--json")
    assert filled.code == 0, filled.err
    hits = satseek("search", tmp_path / "a", "red roofs beside a river", "--must", "river", "--json").json["hits"]
    assert hits
    like = satseek("search", tmp_path / "a", "--like", hits[-1]["id"], "-k", "1", "--json").json["hits"]
    assert like[0]["id"] == hits[-1]["id"]
    found = satseek("locate", tmp_path / "x.tif", "red roofs", "--model", "remoteclip-b32", "--json")
    assert found.code == 0, found.err


@pytest.mark.slow
def test_one_s_own_clip_weights_fill_an_archive_that_finds_them_again(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "my clip")
    filled = satseek("ingest", tmp_path / "a", land(tmp_path / "x.tif"), "--model", folder, "--json")
    assert filled.code == 0, filled.err
    assert satseek("search", tmp_path / "a", "water", "--json").json["hits"]
    assert "clip-my clip" in satseek("models", f"clip:{folder}").out


def test_a_repository_of_the_hub_is_brought_and_loaded(hub: Hub, tmp_path: Path) -> None:
    assert tiny_weights("tiny-ViT")
    for path in write_folder(tmp_path / "theirs").iterdir():
        hub.put("org/tiny", path.name, path.read_bytes())
    hub.licences["org/tiny"] = "research-only"
    done = satseek("models", "get", "clip:hf-hub:org/tiny", "--accept-licence")
    assert done.code == 0, done.err
    assert "Ready: --model clip:hf-hub:org/tiny" in done.err
    assert "gelu" in satseek("models", "clip:hf-hub:org/tiny").out


def test_models_that_need_nothing_and_names_that_are_none_are_told_apart() -> None:
    assert "'colour' needs no weights from elsewhere" in satseek("models", "get", "colour").why
    assert "Did you mean 'remoteclip-b32'" in satseek("models", "get", "remoteclip-32").why
    assert "Did you mean 'colour'" in satseek("models", "color").why
    assert {"show", "get", "push", "pull"} <= set(satseek("models", "--help").out.split())


def test_a_model_is_pushed_and_pulled(hub: Hub, tmp_path: Path) -> None:
    from satseek.models.packaged import weights_folder

    pushed = satseek("models", "push", weights_folder("satseek-one"), "org/one", "--json").json
    assert pushed["url"].endswith("/org/one")
    pulled = satseek("models", "pull", "org/one", "--to", tmp_path / "one")
    assert pulled.out.strip() == str(tmp_path / "one")
    assert satseek("models", tmp_path / "one", "--json").json["name"] == "satseek-one"
    assert "There is no 'org/two'" in satseek("models", "pull", "org/two").why
