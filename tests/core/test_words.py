"""Words are compared without case, accents and plural."""

import pytest

from satseek.core.words import says, words_of


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("houses", "house"), ("Rivers", "river"), ("areas", "area"), ("ferries", "ferry"), ("beaches", "beach"),
        ("boxes", "box"), ("grass", "grass"), ("grasses", "grass"), ("tennis", "tennis"), ("gas", "gas"),
        ("bridges", "bridge"), ("buses", "bus"), ("Stauseen", "stauseen"), ("Fähre", "fahre"),
    ],
)  # fmt: skip
def test_a_word_is_folded_to_its_singular(plural: str, singular: str) -> None:
    assert words_of(plural) == [singular]


def test_punctuation_and_case_do_not_matter() -> None:
    assert words_of("A river, the lake's shore -- and 3 SHIPS.") == [
        "a", "river", "the", "lake", "shore", "and", "3", "ship",
    ]  # fmt: skip


def test_a_text_says_a_phrase_when_its_words_stand_together() -> None:
    assert says("Two storage tanks by a road.", "storage tank")
    assert not says("A tank near the storage.", "storage tank")
    assert not says("A shipyard.", "ship")
    assert not says("anything", "")
    assert not says("", "ship")
