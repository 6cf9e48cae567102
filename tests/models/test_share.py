"""Models trained here go to a hub and come back the same, or it is said why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from fakes.hub_server import Hub, model_hub
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, UsageError
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.catalogue import load_model
from satseek.models.checkpoint import save_checkpoint
from satseek.models.share import pull, push, readme

pytest.importorskip("huggingface_hub")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SATSEEK_WEIGHTS", str(tmp_path / "weights"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "SATSEEK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with model_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    torch.manual_seed(0)
    words = Vocabulary(("river",), buckets=16)
    settings = AmfmnSettings("mobilenetv2", 8, False, guidance="dual", embedding=4, hidden=4, buckets=16)
    card = ModelCard(
        "harbours", "3", "Harbours by words", 8, {"rgb": ("red", "green", "blue")}, True, 32,
        units={"rgb": "8-bit"}, training_data="my port", limits="Knows one port.", figures={"mR": 41.5},
    )  # fmt: skip
    state = Amfmn(settings, words.size).state_dict()
    save_checkpoint(folder, card, state, settings=settings.to_json(), vocabulary=words.to_json())
    return folder


def test_what_is_pushed_comes_back_and_makes_the_same_vectors(hub: Hub, trained: Path, tmp_path: Path) -> None:
    done = push(trained, "org/harbours")
    assert done.commit == hub.commit_of("org/harbours")
    held = hub.repositories["org/harbours"]
    assert set(held) == {"model.safetensors", "card.json", "vocabulary.json", "README.md", "config.json"}
    assert held["model.safetensors"] == (trained / "model.safetensors").read_bytes()
    assert any(line.endswith("/info/lfs/objects/batch") for line in hub.asked)  # large files by the road of large files
    assert json.loads(held["config.json"])["library_name"] == "satseek"
    folder = pull("org/harbours", tmp_path / "back")
    mine, back = load_model(str(trained)), load_model(str(folder))
    assert back.card.makes_same_vectors_as(mine.card)
    np.testing.assert_array_equal(mine.encode_texts(["river"]), back.encode_texts(["river"]))


def test_pushing_again_changes_the_repository_that_is_there(hub: Hub, trained: Path) -> None:
    first = push(trained, "org/harbours", message="one")
    assert push(trained, "org/harbours", message="two").url == first.url
    uploads = [line for line in hub.asked if line.startswith("PUT ")]
    assert len(uploads) == 1  # what the hub holds already is not sent again


def test_the_card_to_read_begins_with_what_the_hub_indexes(trained: Path) -> None:
    text = readme(load_model(str(trained)).card, "org/harbours")
    head, _, rest = text.removeprefix("---\n").partition("\n---\n")
    facts = {key: json.loads(value) for key, _, value in (line.partition(": ") for line in head.splitlines())}
    assert facts["license"] == "apache-2.0"
    assert facts["library_name"] == "satseek"
    assert facts["tags"] == ["satseek", "remote-sensing", "image-retrieval", "rgb"]
    for said in (
        "Harbours by words",
        "my port",
        "Knows one port.",
        "| mR | 41.5 |",
        "satseek models pull org/harbours",
    ):
        assert said in rest
    other = ModelCard("x", "1", "x", 8, {}, False, 32, licence="research only")
    assert 'license: "other"\nlicense_name: "research only"' in readme(other, "org/x")


def test_an_interrupted_pull_goes_on_where_it_stopped(hub: Hub, trained: Path, tmp_path: Path) -> None:
    push(trained, "org/harbours")
    hub.cut_after, hub.status_after_cut = 12_288, 500
    with pytest.raises(ModelError, match="status 500"):
        pull("org/harbours", tmp_path / "back")
    assert not (tmp_path / "back" / "model.safetensors").exists()
    hub.status = None
    hub.ranges.clear()
    load_model(str(pull("org/harbours", tmp_path / "back")))
    assert hub.ranges == ["bytes=12288-"]


def test_a_model_whose_weights_are_not_those_of_its_card_is_refused_and_not_kept(
    hub: Hub, trained: Path, tmp_path: Path
) -> None:
    push(trained, "org/harbours")
    changed = bytearray(hub.repositories["org/harbours"]["model.safetensors"])
    changed[-1] ^= 1
    hub.put("org/harbours", "model.safetensors", bytes(changed))
    with pytest.raises(ModelError, match="not the file that its card names"):
        pull("org/harbours", tmp_path / "back")
    assert not (tmp_path / "back" / "model.safetensors").exists()


def test_what_is_no_model_of_ours_is_said(hub: Hub, tmp_path: Path) -> None:
    hub.put("org/clip", "open_clip_config.json", b"{}")
    with pytest.raises(ModelError, match=r"satseek models get clip:hf-hub:org/clip"):
        pull("org/clip")
    hub.put("org/other", "pytorch_model.bin", b"x")
    with pytest.raises(ModelError, match=r"holds no card\.json.*it holds pytorch_model\.bin"):
        pull("org/other")
    with pytest.raises(ModelError, match="There is no 'org/nothing'"):
        pull("org/nothing")
    for name in ("nothing", "a/b/c", "/b"):
        with pytest.raises(UsageError, match="Say it as ORG/NAME"):
            pull(name)
    with pytest.raises(ModelError, match="There is no model folder"):
        push(tmp_path / "gone", "org/gone")
    assert "org/gone" not in hub.repositories


def test_a_hub_that_refuses_or_is_not_there_is_one_line(
    hub: Hub, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.status = 401
    with pytest.raises(ModelError, match=r"hf auth login"):
        push(trained, "org/harbours")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9 does not answer"):
        push(trained, "org/harbours")
