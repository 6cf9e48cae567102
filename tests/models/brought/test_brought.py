"""Weights that others publish: found, checked, converted, refused, fetched."""

from __future__ import annotations

import hashlib
import io
import pickle
import socket
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from fakes.hub_server import Hub, model_hub
from fakes.servers import file_server
from satseek.core.errors import ModelError
from satseek.models.brought import shelf
from satseek.models.brought.fetch import bring
from satseek.models.brought.published import Licence, Published
from satseek.models.brought.ready import read_tensors, ready

FREE = Licence("MIT")
TENSORS = {"visual.weight": torch.arange(600.0).reshape(20, 30), "text.bias": torch.ones(3)}
PLAIN = save(TENSORS)


def pickled(tensors: Any = TENSORS) -> bytes:
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return buffer.getvalue()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SATSEEK_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "SATSEEK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "weights"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with model_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def of(content: bytes, file: str = "weights.safetensors", **facts: Any) -> Published:
    told = {"sha256": digest(content), "size": len(content), "repository": "org/eyes", "licence": FREE} | facts
    return Published("eyes", file, **told)


def put(published: Published, content: bytes) -> Path:
    path = shelf.folder_of(published) / published.file_name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_missing_file_is_asked_for_by_name_size_and_sha256_with_its_place(home: Path) -> None:
    published = of(PLAIN)
    with pytest.raises(ModelError) as caught:
        ready(published)
    said = str(caught.value)
    assert "satseek models get eyes" in said
    assert f"weights.safetensors ({len(PLAIN):,} bytes, sha256 {digest(PLAIN)})" in said
    assert "https://huggingface.co/org/eyes/blob/main/weights.safetensors" in said
    assert str(home / "eyes") in said


def test_an_unknown_sha256_is_not_invented_but_recorded_and_a_change_refused() -> None:
    published = of(PLAIN, sha256=None, size=None)
    with pytest.raises(ModelError, match="its sha256 is recorded when it is first used"):
        ready(published)
    put(published, PLAIN)
    assert ready(published).sha256 == digest(PLAIN)
    put(published, save({"visual.weight": torch.zeros(20, 30)}))
    with pytest.raises(ModelError, match=r"another file or was changed.*recorded in"):
        ready(published)


def test_a_file_in_its_folder_is_used_as_it_lies_there() -> None:
    path = put(of(PLAIN), PLAIN)
    found = ready(of(PLAIN))
    assert found.path == path
    assert found.sha256 == digest(PLAIN)
    assert torch.equal(read_tensors(found.path)["text.bias"], torch.ones(3))


def test_a_cut_or_changed_file_is_refused_with_both_sha256s() -> None:
    put(of(PLAIN), PLAIN[:-7])
    with pytest.raises(ModelError, match=rf"cut off \({len(PLAIN) - 7:,} of {len(PLAIN):,} bytes\).*{digest(PLAIN)}"):
        ready(of(PLAIN))
    put(of(PLAIN), PLAIN[:-1] + b"\x01")
    with pytest.raises(ModelError, match=f"another file or was changed.*{digest(PLAIN)}"):
        ready(of(PLAIN))


def test_safetensors_that_were_cut_before_they_were_pinned_are_refused_when_read() -> None:
    path = put(of(PLAIN), PLAIN[:-7])
    with pytest.raises(ModelError, match="cannot be read as safetensors"):
        read_tensors(path)


def test_a_pickle_is_refused_until_it_is_trusted_and_then_converted_once() -> None:
    content = pickled()
    published = of(content, "old.pt")
    path = put(published, content)
    with pytest.raises(ModelError, match=r"is a pickle.*satseek models get eyes --trust-pickle"):
        ready(published)
    with pytest.raises(ModelError, match="is a pickle"):
        bring(published)
    done = bring(published, trust_pickle=True)
    assert done.path.name == "model.safetensors"
    assert path.exists()  # the user's own file is left alone
    assert torch.equal(load_file(done.path)["visual.weight"], TENSORS["visual.weight"])
    assert ready(published) == done
    assert done.sha256 == digest(content)
    done.path.write_bytes(done.path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="not the file that was converted"):
        ready(published)


def test_a_converted_file_of_another_origin_is_refused() -> None:
    content = pickled()
    put(of(content, "old.pt"), content)
    bring(of(content, "old.pt"), trust_pickle=True)
    with pytest.raises(ModelError, match="converted from another"):
        ready(of(content, "old.pt", sha256="0" * 64))


def test_trust_opens_no_pickle_of_another_sha256_than_the_official_one() -> None:
    content = pickled()
    put(of(content, "old.pt", sha256="0" * 64, size=None), content)
    with pytest.raises(ModelError, match="another file or was changed"):
        bring(of(content, "old.pt", sha256="0" * 64, size=None), trust_pickle=True)


class Harm:
    def __reduce__(self) -> Any:
        return (open, ("harmed", "w"))


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("make", [lambda: pickled({"a": Harm()}), lambda: pickle.dumps(Harm())])
def test_a_pickle_that_would_run_something_is_refused_even_when_trusted(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content = make()
    put(of(content, "old.pt"), content)
    with pytest.raises(ModelError, match=r"could run a program|cannot be read"):
        bring(of(content, "old.pt"), trust_pickle=True)
    assert not (tmp_path / "harmed").exists()


def test_a_truncated_pickle_and_one_without_tensors_are_refused_when_trusted() -> None:
    for content, why in ((pickled()[:-40], "cut off"), (pickled({"epoch": 3}), "holds no tensors")):
        put(of(content, "old.pt"), content)
        with pytest.raises(ModelError, match=why):
            bring(of(content, "old.pt"), trust_pickle=True)


def test_a_training_checkpoint_keeps_its_tensors_and_leaves_the_optimizer() -> None:
    whole = {"epoch": 20, "state_dict": {"module.a": torch.ones(2)}, "optimizer": {"state": {"m": torch.ones(9)}}}
    content = pickled(whole)
    put(of(content, "old.pt"), content)
    done = bring(of(content, "old.pt"), trust_pickle=True)
    assert set(load_file(done.path)) == {"state_dict.module.a"}


def test_weights_inside_a_zip_are_taken_out_of_it() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("Sky/epoch_20.pt", pickled())
        archive.writestr("Sky/readme.txt", "hello")
    published = of(buffer.getvalue(), "Sky.zip", member="Sky/epoch_20.pt")
    put(published, buffer.getvalue())
    with pytest.raises(ModelError, match="is a pickle"):
        ready(published)
    assert set(load_file(bring(published, trust_pickle=True).path)) == set(TENSORS)
    other = replace(published, member="Sky/epoch_21.pt", name="other")
    put(other, buffer.getvalue())
    with pytest.raises(ModelError, match=r"holds no Sky/epoch_21\.pt, but Sky/epoch_20\.pt"):
        bring(other, trust_pickle=True)


def test_a_licence_is_shown_before_first_use_and_its_acceptance_recorded() -> None:
    strict = Licence("CC-BY-NC-4.0", "It forbids commercial use.")
    published = of(PLAIN, licence=strict)
    put(published, PLAIN)
    for verb in (ready, bring):
        with pytest.raises(ModelError, match=r"CC-BY-NC-4\.0\. It forbids commercial use.*--accept-licence"):
            verb(published)
    bring(published, accept_licence=True)
    assert ready(published).sha256 == digest(PLAIN)
    with pytest.raises(ModelError, match="forbids"):  # another licence of the same model is another question
        ready(replace(published, licence=Licence("CC-BY-NC-ND-4.0", "It forbids changes.")))


def test_a_file_in_the_hubs_own_cache_is_found_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    commit, cache = "a" * 40, tmp_path / "hub" / "models--org--eyes"
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text(commit)
    (cache / "snapshots" / commit).mkdir(parents=True)
    (cache / "snapshots" / commit / "weights.safetensors").write_bytes(PLAIN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("SATSEEK_OFFLINE", "1")
    assert ready(of(PLAIN)).path.parent.name == commit


def test_where_the_hubs_cache_is_not_there_its_library_is_not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "huggingface_hub", raising=False)
    assert shelf.found(of(PLAIN)) is None
    assert "huggingface_hub" not in sys.modules


def test_weights_are_fetched_from_the_hub_into_their_folder_and_checked(hub: Hub, home: Path) -> None:
    hub.put("org/eyes", "deep/weights.safetensors", PLAIN)
    hub.put("org/eyes", "tokenizer.json", b"{}")
    published = of(PLAIN, "deep/weights.safetensors", companions=("tokenizer.json",))
    done = bring(published)
    assert done.sha256 == digest(PLAIN)
    assert (home / "eyes" / "tokenizer.json").read_bytes() == b"{}"
    asked = len(hub.asked)
    assert ready(published).path == done.path
    assert len(hub.asked) == asked


def test_a_fetched_pickle_is_converted_and_not_kept_twice(hub: Hub, home: Path) -> None:
    content = pickled()
    hub.put("org/eyes", "old.pt", content)
    done = bring(of(content, "old.pt"), trust_pickle=True)
    assert done.path.exists()
    assert not (home / "eyes" / "old.pt").exists()


def test_an_interrupted_download_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.put("org/eyes", "weights.safetensors", PLAIN)
    hub.cut_after = 1000
    assert bring(of(PLAIN)).sha256 == digest(PLAIN)
    assert hub.ranges == ["bytes=1000-"]


def test_a_file_that_differs_from_what_the_hub_states_is_deleted(hub: Hub, home: Path) -> None:
    hub.put("org/eyes", "weights.safetensors", PLAIN)
    hub.lies["weights.safetensors"] = "1" * 64
    with pytest.raises(ModelError, match="arrived with another sha256"):
        bring(of(PLAIN))
    assert not (home / "eyes" / "weights.safetensors").exists()


def test_a_hub_that_is_not_there_or_refuses_is_a_short_sentence(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"There is no 'org/eyes' on http"):
        bring(of(PLAIN))
    hub.put("org/eyes", "other.bin", b"x")
    with pytest.raises(ModelError, match=r"has no weights\.safetensors; it has other\.bin"):
        bring(of(PLAIN))
    for status, said in ((500, "answered.*status 500"), (403, "does not let you"), (429, "asked too often")):
        hub.status = status
        with pytest.raises(ModelError, match=said):
            bring(of(PLAIN))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9 does not answer") as caught:
        bring(of(PLAIN))
    assert "\n" not in str(caught.value)


def test_a_hub_that_takes_the_call_and_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setattr("satseek.models.brought.hub.TIMEOUT_S", 0.2)
        with pytest.raises(ModelError, match=r"does not answer.*bring them \(see docs/models\.md\)"):
            bring(of(PLAIN))


def test_offline_mode_fetches_nothing_and_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"told to stay offline \(HF_HUB_OFFLINE\)"):
        bring(of(PLAIN))
    assert hub.asked == []


def test_a_file_outside_the_hub_is_fetched_by_its_address(tmp_path: Path, home: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "weights.safetensors").write_bytes(PLAIN)
    with file_server(tmp_path / "served") as server:
        published = of(PLAIN, repository=None, url=f"{server.url}/weights.safetensors")
        (home / "eyes").mkdir(parents=True)
        (home / "eyes" / "weights.safetensors.part").write_bytes(PLAIN[:500])  # an earlier try broke off here
        seen: list[tuple[int, int | None]] = []
        assert bring(published, on_bytes=lambda done, total: seen.append((done, total))).sha256 == digest(PLAIN)
        assert server.requests[-1].range == "bytes=500-"
        assert seen[-1] == (len(PLAIN), len(PLAIN))
        gone = replace(published, name="gone", url=f"{server.url}/gone.safetensors")
        with pytest.raises(ModelError, match="status 404"):
            bring(gone)


def test_a_home_that_cannot_be_written_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hub: Hub) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SATSEEK_WEIGHTS", str(tmp_path / "file"))
    hub.put("org/eyes", "weights.safetensors", PLAIN)
    with pytest.raises(ModelError, match="Set SATSEEK_WEIGHTS to a folder that can be"):
        bring(of(PLAIN))
