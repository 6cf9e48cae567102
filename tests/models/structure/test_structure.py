"""The structure descriptor: one place in two sensors lies near, a shifted one does not; words are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model
from satseek.models.structure.model import DIMENSIONS, StructureModel
from satseek.models.structure.oriented import cell_means, oriented_edges
from satseek.search.collection import Collection


def ground(seed: int, size: int = 160) -> np.ndarray:
    """Fields with straight borders, one value each: what both sensors see the edges of."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    centres = rng.uniform(0, size, (30, 2))
    nearest = ((rows[..., None] - centres[:, 0]) ** 2 + (columns[..., None] - centres[:, 1]) ** 2).argmin(-1)
    return nearest


def optical(seed: int, size: int = 160) -> Pixels:
    shades = np.random.default_rng(seed + 1000).integers(20, 200, (3, 30), dtype=np.uint8)
    values = shades[:, ground(seed, size)]
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones(values.shape[1:], dtype=np.bool_), 10)


def radar(seed: int, size: int = 160) -> Pixels:
    rng = np.random.default_rng(seed + 2000)
    power = 10 ** (rng.uniform(-2.2, -0.8, 30)[ground(seed, size)]) * rng.gamma(4, 1 / 4, (size, size))
    values = (10 * np.log10(power))[None].astype(np.float32)
    return Pixels("s1", ("VH",), values, np.ones((size, size), dtype=np.bool_), 10)


def test_radar_finds_the_optical_picture_of_its_own_ground() -> None:
    model = StructureModel()
    scores = (
        model.encode_images([radar(seed) for seed in range(12)])
        @ model.encode_images([optical(seed) for seed in range(12)]).T
    )
    assert (scores.argmax(1) == np.arange(12)).all()
    assert (scores.argmax(0) == np.arange(12)).all()


def test_the_rows_are_unit_vectors_of_the_size_that_the_card_says() -> None:
    model = load_model("structure")
    rows = model.encode_images([optical(1), radar(2)])
    assert rows.shape == (2, DIMENSIONS) == (2, model.card.dimensions)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert ModelCard.from_json(model.card.to_json()) == model.card


def test_contrast_and_its_sign_do_not_matter() -> None:
    model, chip = StructureModel(), optical(3)
    inverted = Pixels("rgb", chip.bands, (255 - chip.values) // 2, chip.valid, 10)
    same, other = model.encode_images([chip, inverted, optical(4)])[0] @ model.encode_images([inverted, optical(4)]).T
    assert same > 0.95
    assert other < 0.4


def test_even_ground_and_nothing_measured_make_zeros_not_noise() -> None:
    flat = Pixels("rgb", ("red", "green", "blue"), np.full((3, 64, 64), 90, np.uint8), np.ones((64, 64), bool), 10)
    blank = Pixels("s1", ("VH",), np.zeros((1, 64, 64), np.float32), np.zeros((64, 64), bool), 10)
    assert not StructureModel().encode_images([flat, blank]).any()


def test_the_border_of_what_was_measured_is_no_edge() -> None:
    chip = optical(5)
    valid = np.ones((160, 160), dtype=np.bool_)
    valid[:, 100:] = False
    whole = oriented_edges(chip.values[0].astype(np.float32), chip.valid)
    half = oriented_edges(np.where(valid, chip.values[0], 0).astype(np.float32), valid)
    assert not half[:, :, 97:].any()
    np.testing.assert_allclose(half[:, :, 20:80].mean(), whole[:, :, 20:80].mean(), rtol=0.2)


def test_an_edge_is_strongest_across_its_own_direction() -> None:
    rows, columns = np.mgrid[:80, :80].astype(np.float32)
    for number in range(9):
        angle = number * math.pi / 9
        plane = ((columns - 40) * math.cos(angle) + (rows - 40) * math.sin(angle) > 0).astype(np.float32)
        edges = oriented_edges(plane, np.ones((80, 80), dtype=np.bool_))
        assert edges[:, 40, 40].argmax() == number


def test_cells_are_plain_means_whatever_the_size() -> None:
    planes = np.arange(2 * 7 * 9, dtype=np.float32).reshape(2, 7, 9)
    means = cell_means(planes, 2)
    np.testing.assert_allclose(means[1, 1, 0], planes[1, 3:, :4].mean())


def test_words_are_answered_with_what_to_do_instead() -> None:
    with pytest.raises(ModelError, match=r"'structure' knows no words\. Search by example"):
        StructureModel().encode_texts(["a river"])


def test_linear_backscatter_and_tiny_chips_are_refused_with_the_way_out() -> None:
    chip = radar(6)
    linear = Pixels("s1", chip.bands, 10 ** (chip.values / 10), chip.valid, 10)
    with pytest.raises(ModelError, match=r"linear backscatter and not dB.*10·log10 of power"):
        StructureModel().encode_images([linear])
    with pytest.raises(ModelError, match="16×16 pixels holds no structure"):
        StructureModel().encode_images([Pixels("s1", ("VH",), chip.values[:, :16, :16], chip.valid[:16, :16], 10)])


def test_words_asked_of_a_model_without_any_are_sent_to_those_that_have(tmp_path: Path) -> None:
    archive = Archive.create(
        str(tmp_path / "archive"), replace(StructureModel().card, name="radar", sensors={"s1": ()})
    )
    collection = Collection(archive, StructureModel())
    with pytest.raises(
        ModelError, match=r"'radar' knows no words.*a model that reads text: 'colour' \(of rgb, s2, s1\)"
    ):
        collection.search("a river")
