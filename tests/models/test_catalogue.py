"""Models are found by name and by the card an archive holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fakes.landscapes import land
from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, ModelMismatch, UnknownName
from satseek.core.sensor import SENSORS
from satseek.models.catalogue import DEFAULT_MODEL, MODELS, cards, load_model, model_for


def test_every_model_has_a_card_that_survives_json() -> None:
    assert [card.name for card in cards()] == list(MODELS)
    for card in cards():
        assert ModelCard.from_json(card.to_json()) == card
        assert card.summary
        assert card.limits
        assert all(sensor in SENSORS for sensor in card.sensors)


def test_the_default_model_is_there() -> None:
    assert load_model(DEFAULT_MODEL).card.name == DEFAULT_MODEL


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'colour'"):
        load_model("Color")


def test_an_archives_card_finds_the_model_that_made_its_vectors() -> None:
    card = load_model("colour").card
    assert model_for(card).card == card
    assert model_for(replace(card, figures={"old": 1.0})).card == card
    with pytest.raises(ModelMismatch, match=r"version 0 instead of 1\. Ingest again"):
        model_for(replace(card, version="0"))
    with pytest.raises(ModelError, match=r"built with 'galileo', which is not in.*--model precomputed"):
        model_for(replace(card, name="galileo"))


def test_precomputed_vectors_keep_their_card_and_encode_nothing() -> None:
    card = ModelCard("precomputed", "1", "vectors of Major TOM", 768, {"s2": ()}, False, 384)
    model = model_for(card)
    assert model.card is card
    with pytest.raises(ModelError, match=r"not here.*--like ID"):
        model.encode_images([land("water")])
    with pytest.raises(ModelError, match="knows no words"):
        model.encode_texts(["water"])
    with pytest.raises(ModelError, match="words cannot be encoded"):
        model_for(replace(card, reads_text=True)).encode_texts(["water"])
