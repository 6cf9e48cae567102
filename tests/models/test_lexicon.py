"""What ordinary words mean to the colour model."""

from __future__ import annotations

import numpy as np
import pytest

from satseek.models.catalogue import load_model
from satseek.models.colour.concepts import CONCEPTS, INDEX
from satseek.models.colour.lexicon import MEANINGS, encode_words, known_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Two storage tanks near bare soil", [("storage", "tank"), ("bare", "soil")]),
        ("a tank of soil", [("tank",), ("soil",)]),
        ("a forested valley", [("forest",), ("valley",)]),
        ("grassy banks, winding rivers", [("grass",), ("bank",), ("winding",), ("river",)]),
        ("a RIVER between houses and trees.", [("river",), ("house",), ("tree",)]),
        ("qwertz uiop", []),
        ("", []),
    ],
)
def test_known_terms_are_found_the_longest_first(text: str, terms: list[tuple[str, ...]]) -> None:
    assert list(known_terms(text)) == terms


@pytest.mark.parametrize("text", ["a field without trees", "a field, no trees", "a field with not any trees"])
def test_what_is_negated_is_neither_asked_for_nor_against(text: str) -> None:
    assert encode_words(text) == pytest.approx(encode_words("a field"))


def test_synonyms_mean_the_same_and_a_text_is_the_sum_of_its_terms() -> None:
    assert encode_words("woods").tolist() == encode_words("a forest").tolist()
    river, forest = encode_words("river"), encode_words("forest")
    both = encode_words("a river through forest")
    assert both == pytest.approx((river + forest) / np.linalg.norm(river + forest), abs=1e-6)


def test_every_meaning_is_made_of_known_concepts_and_no_word_stands_twice() -> None:
    words = [word.strip() for line in MEANINGS for word in line.split(",")]
    assert len(words) == len(set(words))
    for word in words:
        assert np.linalg.norm(encode_words(word)) == pytest.approx(1), word
    used = {token.removeprefix("-") for meaning in MEANINGS.values() for token in meaning.split()} & set(INDEX)
    assert used == set(CONCEPTS)


def test_texts_and_keywords_are_joined_and_unknown_ones_are_zero() -> None:
    model = load_model("colour")
    joined = model.encode_texts(["a river"], [["forest"]])
    assert joined.tolist() == model.encode_texts(["a river forest"]).tolist()
    assert model.encode_texts([""], [["forest"]]).tolist() == model.encode_texts(["forest"]).tolist()
    assert model.encode_texts([], [["forest"]]).tolist() == model.encode_texts(["forest"]).tolist()
    rows = model.encode_texts(["qwertz", "sea"])
    assert not rows[0].any()
    assert np.linalg.norm(rows[1]) == pytest.approx(1)
