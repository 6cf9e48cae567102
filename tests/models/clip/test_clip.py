"""CLIP models at the numpy seam: the same vectors as open_clip itself, the right activation, prompts, own weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from fakes.clip_worlds import (
    CONFIGS,
    pickled,
    published_bytes,
    put,
    tiny,
    tiny_architectures,
    tiny_weights,
    write_folder,
    write_tokenizer,
)
from fakes.hub_server import Hub, model_hub
from fakes.sensed import sensed
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch, UnknownName, UsageError
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.models.brought import shelf
from satseek.models.brought.fetch import bring
from satseek.models.catalogue import MODELS, load_model, model_for
from satseek.models.clip.load import load_recipe
from satseek.models.clip.network import build, config_of
from satseek.models.clip.recipes import RECIPES
from satseek.models.clip.spec import of_hub

open_clip = pytest.importorskip("open_clip")
RGB = ("red", "green", "blue")


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(shelf.WEIGHTS, str(tmp_path / "weights"))
    monkeypatch.setattr("satseek.models.device._has_bf16", lambda: False)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "SATSEEK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    tiny_architectures()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with model_hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def own(tmp_path: Path, architecture: str = "tiny-ViT", *, weights: str | None = None, seed: int = 0) -> str:
    path = tmp_path / f"{architecture}.safetensors"
    save_file(tiny_weights(weights or architecture, seed), path)
    return f"clip:{architecture}:{path}"


def brought(name: str = "remoteclip-b32", architecture: str = "tiny-ViT") -> Any:
    recipe = tiny(name, architecture)
    put(recipe, published_bytes(recipe))
    bring(recipe.published, accept_licence=True, trust_pickle=True)
    return load_recipe(recipe)


def theirs(architecture: str, chips: list[Pixels], texts: list[str], **changes: Any) -> tuple[FloatArray, FloatArray]:
    """What open_clip makes of the same weights, pictures and texts."""
    model, _, preprocess = open_clip.create_model_and_transforms(architecture, **changes)
    model.load_state_dict(tiny_weights(architecture.removesuffix("-quickgelu")))
    model.eval()
    pictures = [preprocess(Image.fromarray(np.moveaxis(chip.values, 0, -1))) for chip in chips]
    with torch.inference_mode():
        seen = model.encode_image(torch.stack(pictures))
        read = model.encode_text(open_clip.get_tokenizer(architecture)(texts))
    return unit_rows(seen.numpy()), unit_rows(read.numpy())


@pytest.mark.parametrize("architecture", ["tiny-ViT", "tiny-ViT-quickgelu", "tiny-RN"])
def test_vectors_are_those_of_open_clip_itself(tmp_path: Path, architecture: str) -> None:
    size = CONFIGS[architecture]["vision_cfg"]["image_size"]
    chips = [sensed("rgb", RGB, seed, height=size) for seed in range(3)]
    texts = [
        "a harbour with many ships",
        "green fields beside a river, seen from above, in the morning of a day in May",
    ]
    seen, read = theirs(architecture, chips, texts)
    model = load_model(own(tmp_path, architecture, weights=architecture.removesuffix("-quickgelu")))
    np.testing.assert_allclose(model.encode_images(chips), seen, atol=2e-6)
    np.testing.assert_allclose(model.encode_texts(texts), read, atol=2e-6)


@pytest.mark.parametrize(("height", "width"), [(77, 77), (20, 20), (48, 90), (100, 41)])
def test_chips_of_another_size_are_sized_and_cut_as_open_clip_does_it(tmp_path: Path, height: int, width: int) -> None:
    chips = [sensed("rgb", RGB, seed, height=height, width=width) for seed in range(2)]
    seen, _ = theirs("tiny-ViT", chips, ["x"])
    cosines = (load_model(own(tmp_path)).encode_images(chips) * seen).sum(axis=1)
    assert cosines.min() > 0.999  # the same filter, in fixed point here and there


def test_how_a_folder_says_its_pictures_are_prepared_is_followed(tmp_path: Path) -> None:
    chips = [sensed("rgb", RGB, seed, height=40, width=64) for seed in range(2)]
    half = (0.5, 0.5, 0.5)
    seen, _ = theirs("tiny-ViT", chips, ["x"], image_mean=half, image_std=half, image_resize_mode="squash")
    model = load_model(str(write_folder(tmp_path / "mine")))
    assert (model.encode_images(chips) * seen).sum(axis=1).min() > 0.9995


def test_sentinel_2_is_read_as_it_is_drawn(tmp_path: Path) -> None:
    model = load_model(own(tmp_path))
    chip = sensed("s2", ("B02", "B03", "B04", "B08"), 1, height=32)
    drawn = np.rint(np.clip(chip.values[[2, 1, 0]] / 0.3, 0, 1) * 255).astype(np.uint8)
    as_rgb = Pixels("rgb", RGB, drawn, chip.valid)
    np.testing.assert_allclose(model.encode_images([chip]), model.encode_images([as_rgb]), atol=1e-5)


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_every_named_model_is_built_with_the_activation_of_its_weights(name: str) -> None:
    recipe = RECIPES[name]
    small = tiny(name, {"RN50": "tiny-RN", "ViT-B-16-SigLIP": "tiny-SigLIP"}.get(recipe.architecture, "tiny-ViT"))
    network = build(config_of(small.architecture), recipe.activation)
    of_text = network.text.transformer if hasattr(network, "text") else network.transformer
    kinds = {type(block.mlp.gelu).__name__ for block in of_text.resblocks}
    assert kinds == {"QuickGELU" if recipe.activation == "quickgelu" else "GELU"}
    began_as_openai = recipe.activation_known_from != "" and recipe.activation == "quickgelu"
    expected = {"remoteclip-b32", "remoteclip-l14", "remoteclip-rn50", "georsclip-b32", "skyclip-l14"}
    assert began_as_openai == (name in expected)


def test_the_activation_changes_the_vectors_so_it_is_part_of_what_an_archive_pins(tmp_path: Path) -> None:
    chip = sensed("rgb", RGB, 1, height=32)
    plain = load_model(own(tmp_path))
    quick = load_model(own(tmp_path, "tiny-ViT-quickgelu", weights="tiny-ViT"))
    assert np.abs(plain.encode_images([chip]) - quick.encode_images([chip])).max() > 1e-3
    assert plain.card.weights_sha256 == quick.card.weights_sha256
    assert not plain.card.makes_same_vectors_as(replace(quick.card, name=plain.card.name))


def test_published_weights_keep_the_activation_they_were_first_used_with() -> None:
    brought()
    other = replace(tiny("remoteclip-b32", "tiny-ViT"), activation="gelu")
    with pytest.raises(ModelError, match=r"were used with quickgelu before.*gelu makes other vectors"):
        load_recipe(other)


def test_a_tag_of_open_clip_brings_its_own_activation_and_repository() -> None:
    openai, _, activation = of_hub("clip:ViT-B-32:openai")
    assert openai is not None
    assert activation == "quickgelu"
    assert (openai.repository, openai.file) == ("timm/vit_base_patch32_clip_224.openai", "open_clip_model.safetensors")
    assert of_hub("clip:ViT-B-32:laion2b_s34b_b79k")[2] == "gelu"
    assert of_hub("clip:ViT-B-16-SigLIP:webli")[0].repository == "timm/ViT-B-16-SigLIP"  # type: ignore[union-attr]


def test_a_name_is_put_into_every_prompt_and_a_sentence_stays_as_it_is() -> None:
    model = brought("skyclip-b32")
    assert model.card.options["prompts"] == ["a satellite photo of {}.", "a satellite image of {}."]
    in_prompts = [
        "a satellite image. a satellite photo of harbour.",
        "a satellite image. a satellite image of harbour.",
    ]
    words = tiny_weights("tiny-ViT")
    assert words  # the network below is the same
    plain = load_model(_saved(words))
    by_hand = unit_rows(plain.encode_texts([text.removeprefix("a satellite image. ") for text in in_prompts]).mean(0))
    for asked in (model.encode_texts([""], [["harbour"]]), model.encode_texts(["harbour"])):
        np.testing.assert_allclose(asked, by_hand, atol=1e-6)
    sentence = model.encode_texts(["ships lie in a harbour"])
    np.testing.assert_allclose(sentence, plain.encode_texts(["a satellite image. ships lie in a harbour"]), atol=1e-6)
    both = model.encode_texts(["ships lie in a harbour"], [["harbour", "sea"]])
    keys = unit_rows((by_hand + model.encode_texts(["sea"])) / 2)
    np.testing.assert_allclose(both, unit_rows(sentence + keys), atol=1e-6)


def _saved(state: dict[str, torch.Tensor]) -> str:
    path = shelf.weights_home() / "plain.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(state, path)
    return f"clip:tiny-ViT:{path}"


def test_braces_in_a_text_are_only_braces() -> None:
    model = brought("skyclip-b32")
    assert np.linalg.norm(model.encode_texts(["a {strange} text {0} with braces"], [["{}"]])) == pytest.approx(1)


def test_weights_of_another_architecture_are_refused_and_the_right_one_is_named(tmp_path: Path) -> None:
    for other, fault in (
        ("tiny-ViT-wider", r"have another shape .*They look like tiny-ViT-wider"),
        ("tiny-ViT-larger", r"visual.positional_embedding: \(37, 32\) instead of \(17, 32\)"),  # never interpolated
        ("tiny-ViT-deeper", "are unknown to it"),
        ("tiny-RN", "are missing"),
    ):
        with pytest.raises(ModelError, match=rf"not those of a tiny-ViT: .*{fault}"):
            load_model(own(tmp_path, "tiny-ViT", weights=other))


def test_own_weights_are_found_again_by_the_archives_they_filled(tmp_path: Path) -> None:
    spec = own(tmp_path)
    card = ModelCard.from_json(load_model(spec).card.to_json())
    assert card.name == "clip-tiny-vit"
    assert model_for(card).card == card
    own(tmp_path, seed=1)
    with pytest.raises(ModelMismatch, match="trained again since or exchanged"):
        model_for(card)
    Path(spec.rpartition(":")[2]).unlink()
    with pytest.raises(ModelError, match="There is no file"):
        model_for(card)


def test_own_pickles_are_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mine.pt"
    path.write_bytes(pickled(tiny_weights("tiny-ViT")))
    with pytest.raises(ModelError, match=r"mine\.pt is a pickle.*save_file"):
        load_model(f"clip:tiny-ViT:{path}")
    official = RECIPES["remoteclip-b32"]
    known = replace(official, published=replace(official.published, sha256=shelf.sha256_of(path)))
    monkeypatch.setitem(RECIPES, "remoteclip-b32", known)
    with pytest.raises(
        ModelError, match=r"official file of 'remoteclip-b32'.*models get remoteclip-b32 --trust-pickle"
    ):
        load_model(f"clip:tiny-ViT:{path}")
    folder = write_folder(tmp_path / "folder")
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(ModelError, match="holds no weights"):
        load_model(f"clip:{folder}")
    (folder / "open_clip_pytorch_model.bin").write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match="is a pickle"):
        load_model(f"clip:{folder}")


def test_what_is_misspelt_or_not_there_is_answered_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ViT-B-32'"):
        load_model("clip:ViT-B-23:weights.safetensors")
    with pytest.raises(UsageError, match=r"neither a file here nor weights that open_clip knows.*laion2b"):
        load_model("clip:ViT-B-32:laion5b")
    with pytest.raises(ModelError, match=r"There is no file .*gone\.safetensors"):
        load_model("clip:tiny-ViT:gone.safetensors")
    with pytest.raises(UsageError, match="clip:hf-hub:ORG/NAME"):
        load_model("clip:hf-hub:remoteclip")
    with pytest.raises(UsageError, match="names no weights"):
        load_model("clip:ViT-B-32")
    with pytest.raises(ModelError, match=r"not on this machine.*satseek models get clip:ViT-B-32:openai"):
        load_model("clip:ViT-B-32:openai")
    with pytest.raises(ModelError, match="transformers, which SatSeek does not run"):
        load_model("clip:roberta-ViT-B-32:" + own(tmp_path).rpartition(":")[2])
    with pytest.raises(UnknownName, match="Did you mean 'remoteclip-b32'"):
        load_model("remoteclip-b-32")


def test_a_named_model_that_is_not_here_says_which_file_to_put_where() -> None:
    with pytest.raises(ModelError, match=r"not stated by its authors.*--accept-licence"):
        load_model("remoteclip-b32")
    shelf.accept("remoteclip-b32", RECIPES["remoteclip-b32"].published.licence)
    with pytest.raises(ModelError) as caught:
        load_model("remoteclip-b32")
    said = str(caught.value)
    assert "RemoteCLIP-ViT-B-32.pt (605,208,421 bytes, sha256 60014e395d930a3f2963d1d89c8522bf4ad56775571e4356e" in said
    assert str(shelf.weights_home() / "remoteclip-b32") in said


def test_a_repository_of_the_hub_is_brought_once_and_then_loaded_offline(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in write_folder(tmp_path / "theirs").iterdir():
        hub.put("org/tiny", path.name, path.read_bytes())
    published, _, _ = of_hub("clip:hf-hub:org/tiny")
    assert published is not None
    with pytest.raises(ModelError, match="satseek models get clip:hf-hub:org/tiny"):
        load_model("clip:hf-hub:org/tiny")
    with pytest.raises(ModelError, match=r"states none.*--accept-licence"):
        bring(published)
    hub.licences["org/tiny"] = "cc-by-nc-4.0"
    with pytest.raises(ModelError, match=r"licence: cc-by-nc-4\.0\. .*--accept-licence"):
        bring(published)
    hub.licences["org/tiny"] = "apache-2.0"
    bring(published)
    asked = len(hub.asked)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    chips = [sensed("rgb", RGB, 1, height=32)]
    model = load_model("clip:hf-hub:org/tiny")
    ours = load_model(f"clip:{tmp_path / 'theirs'}")
    np.testing.assert_array_equal(model.encode_images(chips), ours.encode_images(chips))
    assert model_for(model.card).card == model.card
    assert len(hub.asked) == asked


def test_siglip_reads_words_with_its_own_tokenizer_padded_as_it_was_taught(tmp_path: Path) -> None:
    recipe = tiny("siglip-b16", "tiny-SigLIP")
    save_file(tiny_weights("tiny-SigLIP"), put(recipe, b""))
    with pytest.raises(ModelError, match=r"needs tokenizer\.json and tokenizer_config\.json.*models get siglip-b16"):
        load_recipe(recipe)
    write_tokenizer(shelf.folder_of(recipe.published))
    model: Any = load_recipe(recipe)
    tokens = model._tokens(["A Photo, of a harbour!", "ships " * 30])
    assert tokens.tolist() == [[3, 5, 4, 3, 8, 1, 1, 1, 1, 1, 1, 1], [11] * 11 + [1]]
    path = shelf.folder_of(recipe.published) / "tokenizer.json"
    path.write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        load_recipe(recipe)


def test_a_broken_configuration_of_a_folder_is_said(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mine")
    (folder / "open_clip_config.json").write_text(json.dumps({"model": {}}))
    with pytest.raises(ModelError, match=r"open_clip_config\.json cannot be read"):
        load_model(f"clip:{folder}")
    (folder / "open_clip_config.json").unlink()
    with pytest.raises(ModelError, match=r"no open_clip_config\.json.*clip:ViT-B-32:FILE"):
        load_model(f"clip:{folder}")


def test_without_the_extra_its_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = own(tmp_path)
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(ModelError, match=r'pip install "satseek\[clip\]"'):
        load_model(spec)


def test_cards_of_named_models_tell_all_that_a_user_must_know() -> None:
    for name, recipe in RECIPES.items():
        card = MODELS.get(name).card()
        assert card.licence == recipe.published.licence.name
        assert card.options["activation"] == recipe.activation
        assert card.options["activation_known_from"]
        assert card.options["prompts"]
        assert card.weights_sha256 == recipe.published.sha256
        config = config_of(recipe.architecture)
        assert card.dimensions == config["embed_dim"]
        assert card.chip_size == config["vision_cfg"]["image_size"]
