"""Weights whose publishers state the beginning of a sha256, torchgeo's cache, and files of another repository."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from fakes.hub_server import model_hub
from satseek.core.errors import ModelError
from satseek.models.brought import shelf
from satseek.models.brought.fetch import bring
from satseek.models.brought.published import Licence, Published
from satseek.models.brought.ready import read_tensors, ready

TENSORS = {"weight": torch.arange(6.0)}
PLAIN = save(TENSORS)
DIGEST = hashlib.sha256(PLAIN).hexdigest()
FREE = Licence("CC-BY-4.0")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SATSEEK_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path


def put(folder: Path, name: str, content: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    return folder / name


def test_the_beginning_of_a_sha256_is_held_to_and_the_whole_recorded_at_first_use() -> None:
    published = Published("eyes", "eyes.safetensors", FREE, "org/eyes", sha256_begins=DIGEST[:8])
    with pytest.raises(ModelError, match=f"its sha256 begins with {DIGEST[:8]}"):
        ready(published)
    path = put(shelf.folder_of(published), "eyes.safetensors", PLAIN[:-4])
    with pytest.raises(ModelError, match=f"not the file.*its authors' begins with {DIGEST[:8]}.*models get eyes"):
        ready(published)
    path.write_bytes(PLAIN)
    assert ready(published).sha256 == DIGEST
    assert shelf.known_sha256(published) == DIGEST


def test_what_torchgeo_has_downloaded_is_found_and_converted_into_our_own_folder(home: Path) -> None:
    buffer = io.BytesIO()
    torch.save({"s1_encoder": TENSORS}, buffer)
    begins = hashlib.sha256(buffer.getvalue()).hexdigest()[:8]
    published = Published("croma", f"CROMA-{begins}.pt", FREE, "torchgeo/croma", "abc", sha256_begins=begins)
    cached = put(home / "torch" / "hub" / "checkpoints", published.file_name, buffer.getvalue())
    with pytest.raises(ModelError, match=r"is a pickle.*satseek models get croma --trust-pickle"):
        ready(published)
    done = bring(published, trust_pickle=True)
    assert done.path == home / "weights" / "croma" / "model.safetensors"
    assert torch.equal(read_tensors(done.path)["s1_encoder.weight"], TENSORS["weight"])
    assert cached.exists()
    assert ready(published) == done


def test_a_file_that_the_model_needs_of_another_repository_is_fetched_with_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = Published("eyes", "eyes.safetensors", FREE, "org/eyes", companions=("org/words:vocab.txt",))
    with model_hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put("org/eyes", "eyes.safetensors", PLAIN)
        hub.put("org/words", "vocab.txt", b"[PAD]\n")
        done = bring(published)
    assert (done.path.parent / "vocab.txt").read_bytes() == b"[PAD]\n"
