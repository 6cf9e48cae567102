"""Dealing out lessons: all of them, each epoch in another order, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fakes.pictures import SMALL, write_pictures
from satseek.models.amfmn.vocabulary import Vocabulary
from satseek.training.batches import Batches, KeptMaps
from satseek.training.lessons import Lessons, load_exams, load_lessons
from satseek.training.settings import Recipe, read_recipe


@pytest.fixture
def recipe() -> Recipe:
    return read_recipe("amfmn", [*SMALL, "data.captions_per_image=2", "augment.keywords_for_caption=0"])


@pytest.fixture
def lessons(tmp_path: Path, recipe: Recipe) -> Lessons:
    return load_lessons(recipe.data, write_pictures(tmp_path / "set"), None, split="train", cache=tmp_path / "cache")


def deal(lessons: Lessons, recipe: Recipe) -> Batches:
    return Batches(lessons, Vocabulary.of_sentences(lessons.told.captions), recipe)


def test_an_epoch_deals_every_picture_once(lessons: Lessons, recipe: Recipe) -> None:
    dealt = [int(image) for batch in deal(lessons, recipe).epoch(0) for image in batch.chosen]
    assert sorted(dealt) == list(range(18))


def test_the_same_epoch_is_the_same_and_another_is_another(lessons: Lessons, recipe: Recipe) -> None:
    batches = deal(lessons, recipe)
    first, again, other = (next(batches.epoch(epoch)) for epoch in (0, 0, 1))
    assert torch.equal(first.images, again.images)
    assert first.captions.tolist() == again.captions.tolist()
    assert first.chosen.tolist() != other.chosen.tolist()


def test_captions_belong_to_their_picture_and_differ_where_they_can(lessons: Lessons, recipe: Recipe) -> None:
    for batch in deal(lessons, recipe).epoch(3):
        owners = lessons.told.owners[batch.captions]
        assert owners.tolist() == batch.chosen[batch.own.numpy()].tolist()
        assert all(len(set(batch.captions[2 * row : 2 * row + 2].tolist())) == 2 for row in range(6))


def test_captions_shared_by_pictures_are_positives_of_both(lessons: Lessons, recipe: Recipe) -> None:
    batch = next(deal(lessons, recipe).epoch(0))
    for row, image in enumerate(batch.chosen):
        for column, caption in enumerate(batch.captions):
            said_of_it = lessons.told.captions[caption] in lessons.told.images[image].captions
            assert bool(batch.positives[row, column]) == said_of_it
    assert batch.positives.sum() > len(batch.captions)  # "red roofs ." stands with every third picture


def test_two_devices_share_the_batches_of_one_with_twice_the_size(lessons: Lessons) -> None:
    vocabulary = Vocabulary.of_sentences(lessons.told.captions)
    half, double = (read_recipe("amfmn", [*SMALL, f"data.batch={size}"]) for size in (4, 8))
    shares = [Batches(lessons, vocabulary, half, rank=rank, world=2) for rank in (0, 1)]
    whole = Batches(lessons, vocabulary, double)
    assert len(shares[0]) == len(whole)
    for one, other, both in zip(*(each.epoch(1) for each in (*shares, whole)), strict=True):
        assert torch.equal(torch.cat([one.images, other.images]), both.images)
        assert torch.equal(one.positives, both.positives)
        assert one.chosen.tolist() == other.chosen.tolist() == both.chosen.tolist()
        lengths = torch.cat([one.texts.lengths, other.texts.lengths])
        assert torch.equal(lengths, both.texts.lengths)


def test_keywords_stand_in_for_some_captions(lessons: Lessons) -> None:
    recipe = read_recipe("amfmn", [*SMALL, "augment.keywords_for_caption=1.0"])
    batch = next(deal(lessons, recipe).epoch(0))
    assert batch.texts.lengths.max() <= 4  # sentences have up to seven words


def test_kept_maps_are_made_once_for_each_variant() -> None:
    kept, made = KeptMaps(4, 2), []

    def make(missing: np.ndarray) -> torch.Tensor:
        made.append(missing.tolist())
        return torch.from_numpy(missing).float().view(-1, 1, 1, 1)

    assert kept.of(np.array([2, 0]), 0, make).flatten().tolist() == [2, 0]
    assert kept.of(np.array([0, 3]), 0, make).flatten().tolist() == [0, 3]
    assert kept.of(np.array([0]), 1, make).flatten().tolist() == [0]
    assert made == [[2, 0], [3], [0]]


def test_broken_pictures_are_left_out_and_the_others_learnt_from(tmp_path: Path, recipe: Recipe) -> None:
    folder = write_pictures(tmp_path / "set")
    (folder / "images" / "4.png").write_bytes(b"no picture")
    (folder / "images" / "5.png").unlink()
    lessons = load_lessons(recipe.data, folder, None, split="train", cache=tmp_path / "cache")
    assert len(lessons) == len(lessons.store) == 16
    assert {image.id for image in lessons.told.images} == {f"{number}.png" for number in range(18)} - {"4.png", "5.png"}
    green = lessons.store.pixels[lessons.class_numbers == lessons.classes.index("green")].mean((0, 1, 2))
    assert green.argmax() == 1  # classes still go with their own pictures


def test_pictures_beyond_the_memory_bound_are_packed_on_disk_and_are_the_same(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set")
    wide, tight = (read_recipe("amfmn", [*SMALL, f"data.memory_gb={bound}"]) for bound in (1, 1e-9))
    near = load_lessons(wide.data, folder, None, split="train", cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    far = load_lessons(tight.data, folder, None, split="train", cache=tmp_path / "cache")
    assert any((tmp_path / "cache").iterdir())
    np.testing.assert_array_equal(near.store.pixels, far.store.pixels)


def test_an_exam_is_held_for_each_set_to_choose_on(tmp_path: Path, recipe: Recipe) -> None:
    exams = load_exams(recipe.data, write_pictures(tmp_path / "set"), None, cache=tmp_path)
    assert [(exam.told.name, len(exam)) for exam in exams] == [("folder", 6)]
