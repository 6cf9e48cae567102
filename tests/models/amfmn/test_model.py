"""The model at the numpy seam: what it reads, refuses and makes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.core.vectors import unit_rows
from satseek.models.amfmn.model import AmfmnModel
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.models.checkpoint import save_checkpoint

RGB = ("red", "green", "blue")
SENSORS = {"rgb": RGB, "s2": ("B04", "B03", "B02")}
WORDS = Vocabulary.of_sentences(["a river near a forest", "a river and a forest"], buckets=64)


def make(tmp_path: Path, *, views: int = 1, **settings: object) -> AmfmnModel:
    torch.manual_seed(1)
    values = {
        "backbone": "mobilenetv2",
        "dimensions": 16,
        "embedding": 8,
        "hidden": 8,
        "buckets": 64,
        "guidance": "dual",
    }
    chosen = AmfmnSettings(**(values | settings))  # type: ignore[arg-type]
    network = Amfmn(chosen, WORDS.size)
    card = ModelCard("small", "1", "for tests", 16, SENSORS, True, 32, options={"views": views})
    folder = tmp_path / "model"
    save_checkpoint(folder, card, network.state_dict(), settings=chosen.to_json(), vocabulary=WORDS.to_json())
    return AmfmnModel.load(folder)


@pytest.fixture(autouse=True)
def in_full_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    """Values are compared with the network's own; what bf16 changes is measured in `test_device`."""
    monkeypatch.setattr("satseek.models.device._has_bf16", lambda: False)


@pytest.fixture
def model(tmp_path: Path) -> AmfmnModel:
    return make(tmp_path)


def chip(values: NDArray[np.generic], *, sensor: str = "rgb", bands: tuple[str, ...] = RGB) -> Pixels:
    return Pixels(sensor, bands, values, np.ones(values.shape[1:], dtype=bool))


def noise(seed: int, size: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (3, size, size), dtype=np.uint8)


def test_every_chip_gets_a_unit_row_of_its_own(model: AmfmnModel) -> None:
    chips = [chip(noise(seed, size)) for seed, size in enumerate((32, 48, 20))]
    rows = model.encode_images(chips)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    for row, each in zip(rows, chips, strict=True):
        np.testing.assert_allclose(model.encode_images([each])[0], row, atol=1e-5)
    assert model.encode_images([]).shape == (0, 16)


def test_bands_are_found_by_their_names_not_by_their_order(model: AmfmnModel) -> None:
    values = noise(1)
    turned = chip(values[::-1], bands=RGB[::-1])
    np.testing.assert_allclose(model.encode_images([turned]), model.encode_images([chip(values)]), atol=1e-6)


def test_reflectance_is_seen_as_it_is_drawn(model: AmfmnModel) -> None:
    values = noise(2)
    reflectance = (values / 255 * 0.3).astype(np.float32)
    infrared = np.full((1, 32, 32), 0.5, np.float32)
    seen = chip(np.concatenate([infrared, reflectance]), sensor="s2", bands=("B08", "B04", "B03", "B02"))
    np.testing.assert_allclose(model.encode_images([seen]), model.encode_images([chip(values)]), atol=1e-4)


def test_what_it_cannot_read_is_refused(model: AmfmnModel) -> None:
    radar = chip(np.zeros((2, 32, 32), np.float32), sensor="s1", bands=("VV", "VH"))
    with pytest.raises(ModelError, match="cannot read 's1'"):
        model.encode_images([radar])
    with pytest.raises(ModelError, match="no B02"):
        model.encode_images([chip(np.zeros((2, 32, 32), np.float32), sensor="s2", bands=("B04", "B03"))])


def test_pixels_without_measurement_count_as_the_mean_of_the_others(model: AmfmnModel) -> None:
    values = np.full((3, 32, 32), 100, np.uint8)
    holed = values.copy()
    holed[:, :8] = 255
    valid = np.ones((32, 32), dtype=bool)
    valid[:8] = False
    with_hole = Pixels("rgb", RGB, holed, valid)
    np.testing.assert_allclose(model.encode_images([with_hole]), model.encode_images([chip(values)]), atol=1e-5)
    empty = Pixels("rgb", RGB, holed, np.zeros((32, 32), dtype=bool))
    assert np.isfinite(model.encode_images([empty])).all()


def test_two_views_make_a_chip_and_its_mirror_the_same(tmp_path: Path) -> None:
    model = make(tmp_path, views=2)
    values = noise(3)
    rows = model.encode_images([chip(values), chip(values[:, :, ::-1])])
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)


def test_a_sentence_has_the_same_row_alone_and_among_others(model: AmfmnModel) -> None:
    sentences = ["a river", "a river near a forest and a river", "meadows"]
    rows = model.encode_texts(sentences)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    for row, sentence in zip(rows, sentences, strict=True):
        np.testing.assert_allclose(model.encode_texts([sentence])[0], row, atol=1e-5)
    assert model.encode_texts([]).shape == (0, 16)


def test_without_a_keyword_branch_keywords_are_short_sentences(model: AmfmnModel) -> None:
    one, two = model.encode_texts(["river", "a forest"])
    both = model.encode_texts([""], [["river", "a forest"]])[0]
    np.testing.assert_allclose(both, (one + two) / np.linalg.norm(one + two), atol=1e-5)
    joined = model.encode_texts(["river"], [["a forest"]])[0]
    np.testing.assert_allclose(joined, both, atol=1e-5)
    np.testing.assert_allclose(model.encode_texts([], [["river"]])[0], one, atol=1e-5)
    with pytest.raises(ModelError, match="2 sentences but 1"):
        model.encode_texts(["a", "b"], [["river"]])


def test_with_a_keyword_branch_sentence_and_keywords_are_joined(tmp_path: Path) -> None:
    model = make(tmp_path, keywords=True)
    rows = model.encode_texts(["a river", "", "a river"], [["forest"], ["forest"], []])
    assert len({tuple(np.round(row, 4)) for row in rows}) == 3
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(rows[2], model.encode_texts(["a river"])[0], atol=1e-5)


def test_keywords_alone_are_read_by_their_branch_and_as_short_sentences_alike(tmp_path: Path) -> None:
    with_branch = make(tmp_path, keywords=True)
    words = [["forest", "river"], ["river"]]
    network = with_branch._network
    owners = torch.tensor([0, 0, 1])
    keys = network.encode_keywords(with_branch._tensors(["forest", "river", "river"]), owners, 2).numpy()
    said = with_branch.encode_texts(["forest", "river"])
    spoken = unit_rows(np.stack([said[0] + said[1], said[1]]))
    np.testing.assert_allclose(
        with_branch.encode_texts(["", ""], words), unit_rows(unit_rows(keys) + spoken), atol=1e-5
    )


@pytest.mark.parametrize("guidance", ["dual", "soft", "fusion", "sim", "sim-coded"])
def test_scores_of_stored_vectors_are_those_of_the_network(tmp_path: Path, guidance: str) -> None:
    model = make(tmp_path, guidance=guidance)
    chips, sentences = [chip(noise(seed)) for seed in range(3)], ["a river", "a forest near a river"]
    images, texts = model.encode_images(chips), model.encode_texts(sentences)
    scorer = model.scorer
    stored = np.stack([scorer.scores(text, scorer.prepare(images)) for text in texts], axis=1)
    network = model._network
    raw = network.encode_images(torch.from_numpy(np.stack([noise(seed) for seed in range(3)])).float())
    said = model._sentences(sentences)
    np.testing.assert_allclose(stored, network.scores(raw, said).detach().numpy(), atol=1e-5)


def test_weights_that_do_not_fit_their_card_are_refused(tmp_path: Path) -> None:
    card = ModelCard("small", "1", "for tests", 16, SENSORS, True, 32)
    settings = AmfmnSettings(backbone="mobilenetv2", dimensions=16, embedding=8, hidden=8, buckets=64)
    tensors = {"image.project.weight": torch.zeros(1)}
    save_checkpoint(tmp_path, card, tensors, settings=settings.to_json(), vocabulary=WORDS.to_json())
    with pytest.raises(ModelError, match="do not fit their card"):
        AmfmnModel.load(tmp_path)
    save_checkpoint(tmp_path, card, tensors, settings=settings.to_json())
    with pytest.raises(ModelError, match="no vocabulary"):
        AmfmnModel.load(tmp_path)
