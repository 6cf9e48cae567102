"""What every model keeps, whoever made it: see README.md beside this file."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from fakes.chips import chip as stored_chip
from fakes.registered_models import EXEMPT, REGISTERED
from fakes.sensed import bands_of, in_another_unit, sensed
from fakes.under_contract import Registered
from satseek.archive.archive import Archive
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import Model
from satseek.core.sensor import SENSORS, Pixels
from satseek.core.vectors import FloatArray
from satseek.models.catalogue import MODELS
from satseek.models.checkpoint import PICKLES
from satseek.models.device import place
from satseek.search.collection import open_archive

WORDS = ["a harbour with many ships", "green fields beside a river"]


@dataclass(frozen=True)
class Subject:
    """A model under the contract, and the folder that it was read from."""

    registered: Registered
    model: Model
    folder: Path

    @property
    def card(self) -> ModelCard:
        return self.model.card

    @property
    def side(self) -> int:
        return min(self.card.chip_size, 96)

    def chip(self, sensor: str, seed: int = 0, **size: int) -> Pixels:
        return sensed(sensor, bands_of(self.card, sensor), seed, **({"height": self.side} | size))

    def chips(self, count: int = 3) -> list[Pixels]:
        """Chips of all its sensors by turns."""
        sensors = list(self.card.sensors)
        return [self.chip(sensors[number % len(sensors)], number) for number in range(max(count, len(sensors)))]

    def alike(self, one: FloatArray, other: FloatArray) -> None:
        np.testing.assert_allclose(one, other, atol=self.registered.tolerance, rtol=0)


@pytest.fixture(scope="module", params=REGISTERED, ids=str)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    registered: Registered = request.param
    if registered.needs is not None and find_spec(registered.needs) is None:
        pytest.skip(f"needs {registered.needs}")
    folder = tmp_path_factory.mktemp("model")
    with pytest.MonkeyPatch.context() as patch:  # bf16 is another test's: here one number is compared with another
        patch.setattr("satseek.models.device._has_bf16", lambda: False)
        registered.make(folder)
        yield Subject(registered, registered.load(folder), folder)


def test_every_model_of_the_catalogue_is_here() -> None:
    here = {name for each in REGISTERED for name in (each.name, *each.covers)}
    assert set(MODELS) - here - EXEMPT == set(), "register it in tests/fakes/registered_models.py: it is one line"


def test_the_card_is_complete(subject: Subject) -> None:
    card = subject.card
    assert card.name
    assert card.version
    assert card.summary
    assert card.limits
    assert card.licence
    assert card.training_data
    assert card.dimensions > 0
    assert card.chip_size > 0
    for sensor, bands in card.sensors.items():
        assert card.units[sensor] == SENSORS.get(sensor).unit
        assert SENSORS.get(sensor).require_bands(bands) == tuple(bands)
    assert ModelCard.from_json(json.loads(json.dumps(card.to_json()))) == card


def test_the_weights_are_pinned_by_their_sha256(subject: Subject) -> None:
    digest = subject.card.weights_sha256
    if subject.registered.weights is None:
        assert digest is None
    else:
        assert digest is not None
        assert len(digest) == 64
        assert set(digest) <= set("0123456789abcdef")


def test_rows_are_finite_and_of_unit_length(subject: Subject) -> None:
    chips = subject.chips()
    rows = subject.model.encode_images(chips)
    assert rows.dtype == np.float32
    assert rows.shape == (len(chips), subject.card.dimensions)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_chips_make_no_rows(subject: Subject) -> None:
    assert subject.model.encode_images([]).shape == (0, subject.card.dimensions)


def test_a_batch_gives_what_each_chip_gives_alone_in_any_order(subject: Subject) -> None:
    chips = subject.chips(4)
    together = subject.model.encode_images(chips)
    subject.alike(together, np.vstack([subject.model.encode_images([chip]) for chip in chips]))
    subject.alike(together[::-1], subject.model.encode_images(chips[::-1]))


def test_different_ground_gets_different_vectors(subject: Subject) -> None:
    for sensor in subject.card.sensors:
        one, other = subject.model.encode_images([subject.chip(sensor, 1), subject.chip(sensor, 2)])
        assert np.abs(one - other).max() > 10 * subject.registered.tolerance


def test_the_same_files_give_the_same_vectors_again(subject: Subject) -> None:
    chips = subject.chips()
    rows = subject.model.encode_images(chips)
    np.testing.assert_array_equal(subject.model.encode_images(chips), rows)
    again = subject.registered.load(subject.folder)
    assert again.card == subject.card
    np.testing.assert_array_equal(again.encode_images(chips), rows)


def test_encoding_leaves_the_pixels_as_they_were(subject: Subject) -> None:
    chips = subject.chips()
    before = [chip.values.copy() for chip in chips]
    subject.model.encode_images(chips)
    for chip, values in zip(chips, before, strict=True):
        np.testing.assert_array_equal(chip.values, values)


@pytest.mark.parametrize("kind", ["float32", "float64", "fortran", "read-only", "strided"])
def test_neither_type_nor_layout_of_the_pixels_matters(subject: Subject, kind: str) -> None:
    for sensor in subject.card.sensors:
        chip = subject.chip(sensor)
        values: Any = chip.values.astype(kind) if kind.startswith("float") else chip.values.copy()
        if kind == "fortran":
            values = np.asfortranarray(values)
        elif kind == "read-only":
            values.flags.writeable = False
        elif kind == "strided":
            values = np.repeat(values, 2, axis=2)[:, :, ::2]
        subject.alike(subject.model.encode_images([replace(chip, values=values)]), subject.model.encode_images([chip]))


def test_further_bands_and_their_order_do_not_matter_where_bands_are_named(subject: Subject) -> None:
    for sensor, bands in subject.card.sensors.items():
        if not bands:
            continue
        chip = subject.chip(sensor)
        spare = [band for band in SENSORS.get(sensor).band_names if band not in bands][:1]
        more = np.concatenate([chip.values[::-1], chip.values[: len(spare)]])
        turned = replace(chip, bands=(*chip.bands[::-1], *spare), values=more)
        subject.alike(subject.model.encode_images([turned]), subject.model.encode_images([chip]))


def test_a_sensor_it_does_not_read_is_refused(subject: Subject) -> None:
    for sensor in set(SENSORS) - set(subject.card.sensors):
        chip = sensed(sensor, SENSORS.get(sensor).band_names[:3], 0, height=subject.side)
        with pytest.raises(ModelError, match=sensor):
            subject.model.encode_images([chip])
    unheard = Pixels("lidar", ("z",), np.zeros((1, 32, 32), np.float32), np.ones((32, 32), bool))
    with pytest.raises(ModelError, match="lidar"):
        subject.model.encode_images([unheard])


def test_a_chip_without_a_band_it_needs_is_refused(subject: Subject) -> None:
    for sensor, bands in subject.card.sensors.items():
        if len(bands) < 2 or bands[-1] in subject.card.options.get("may_miss", ()):
            continue
        chip = subject.chip(sensor)
        with pytest.raises(ModelError, match=bands[-1]):
            subject.model.encode_images([replace(chip, bands=chip.bands[:-1], values=chip.values[:-1])])


def test_values_in_another_unit_are_refused_or_converted(subject: Subject) -> None:
    for sensor in subject.card.sensors:
        chip = subject.chip(sensor)
        try:
            rows = subject.model.encode_images([in_another_unit(chip)])
        except ModelError as error:
            assert SENSORS.get(sensor).unit.split("-")[0] in str(error)  # noqa: PT017 - either is right
        else:
            assert float(rows[0] @ subject.model.encode_images([chip])[0]) > 0.98


@pytest.mark.parametrize(("height", "width"), [(1.6, 1.6), (0.6, 0.6), (1.0, 0.5), (0.7, 1.9)])
def test_any_size_and_shape_of_chip_is_encoded(subject: Subject, height: float, width: float) -> None:
    for sensor in subject.card.sensors:
        chip = subject.chip(sensor, height=round(height * subject.side), width=round(width * subject.side))
        rows = subject.model.encode_images([chip])
        assert np.linalg.norm(rows[0]) == pytest.approx(1, abs=1e-5)


def test_a_chip_with_nodata_is_encoded_and_what_lies_under_it_does_not_matter(subject: Subject) -> None:
    for sensor in subject.card.sensors:
        chip = subject.chip(sensor)
        valid = chip.valid.copy()
        valid[: valid.shape[0] // 2] = False
        hidden = chip.values.copy()
        hidden[:, ~valid] = 0 if sensor == "rgb" else np.nan
        rows = subject.model.encode_images([replace(chip, valid=valid), replace(chip, values=hidden, valid=valid)])
        assert np.isfinite(rows).all()
        subject.alike(rows[0], rows[1])


def test_a_chip_without_a_valid_pixel_is_no_error_and_no_ground(subject: Subject) -> None:
    for sensor in subject.card.sensors:
        chip = subject.chip(sensor)
        rows = subject.model.encode_images([replace(chip, valid=np.zeros_like(chip.valid)), chip])
        assert np.isfinite(rows).all()
        np.testing.assert_allclose(np.linalg.norm(rows[1]), 1, atol=1e-5)


def test_words_make_unit_rows_or_are_refused(subject: Subject) -> None:
    if not subject.card.reads_text:
        with pytest.raises(ModelError, match="knows no words"):
            subject.model.encode_texts(WORDS)
        return
    rows = subject.model.encode_texts(WORDS)
    assert rows.dtype == np.float32
    assert rows.shape == (2, subject.card.dimensions)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    subject.alike(rows, np.vstack([subject.model.encode_texts([text]) for text in WORDS]))
    assert np.abs(rows[0] - rows[1]).max() > 10 * subject.registered.tolerance


def test_keywords_alone_or_with_a_sentence_make_unit_rows_and_blank_text_says_nothing(subject: Subject) -> None:
    if not subject.card.reads_text:
        return
    encode = subject.model.encode_texts
    alone = encode([""], [["water", "forest"]])
    subject.alike(alone, encode([], [["water", "forest"]]))
    for rows in (alone, encode(["water beside a forest"], [["water"]])):
        assert np.linalg.norm(rows[0]) == pytest.approx(1, abs=1e-5)
    assert not encode(["", "   "]).any()
    assert encode([]).shape == (0, subject.card.dimensions)


def test_it_stays_the_same_on_a_device_that_is_named(subject: Subject) -> None:
    chips = subject.chips()
    before = subject.model.encode_images(chips)
    place(subject.model, "cpu")
    subject.alike(subject.model.encode_images(chips), before)
    if torch.cuda.is_available() and hasattr(subject.model, "move_to"):
        place(subject.model, "cuda")
        there = subject.model.encode_images(chips)
        place(subject.model, "cpu")
        assert (there * before).sum(axis=1).min() > 0.98  # bf16 there


def test_no_pickle_is_opened(subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pickle was opened")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    subject.registered.load(subject.folder)
    if subject.registered.weights is not None:
        assert Path(subject.registered.weights).suffix not in PICKLES


def test_damaged_weights_are_refused(subject: Subject, tmp_path: Path) -> None:
    if subject.registered.weights is None:
        return
    subject.registered.make(tmp_path)
    weights = tmp_path / subject.registered.weights
    content = bytearray(weights.read_bytes())
    content[-3] ^= 0xFF
    weights.write_bytes(content)
    if subject.registered.pinned:
        with pytest.raises(ModelError, match=r"not the file|sha256"):
            subject.registered.load(tmp_path)
    else:
        assert subject.registered.load(tmp_path).card.weights_sha256 != subject.card.weights_sha256
    weights.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=weights.name):
        subject.registered.load(tmp_path)


@pytest.mark.slow
def test_an_archive_takes_its_vectors_and_a_search_finds_them_again(subject: Subject, tmp_path: Path) -> None:
    chips = subject.chips(4)
    rows = [
        replace(stored_chip(number, float(number)), sensor=chip.sensor, source=f"{number}.tif")
        for number, chip in enumerate(chips)
    ]
    archive = Archive.create(str(tmp_path / "archive"), subject.card)
    archive.add(rows, subject.model.encode_images(chips))
    world = open_archive(tmp_path / "archive", subject.model)
    assert world.archive.card == subject.card
    assert world.search(like=rows[1].id, k=4).ids[0] == rows[1].id
    if subject.card.reads_text:
        assert len(world.search(WORDS[0], must="water", k=4)) > 0
