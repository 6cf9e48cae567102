"""Keywords as noun phrases of captions."""

from __future__ import annotations

from pathlib import Path

import pytest

from satseek.datasets.keywords import keywords_of, keywords_of_image
from satseek.datasets.pairs import CaptionedImage


@pytest.mark.parametrize(
    ("caption", "keywords"),
    [
        ("many planes are parked next to a long building in an airport .", {"planes", "long building", "airport"}),
        ("it is a piece of green meadow .", {"green meadow"}),
        ("Many buildings and green trees are in a dense residential area.",
         {"buildings", "green trees", "residential area"}),
        ("There is a parking lot beside the winding road .", {"parking lot", "winding road"}),
        ("the storage tank's white roof", {"storage tank", "white roof"}),
        ("two rows of houses with swimming pools", {"houses", "swimming pools"}),
        ("a river divides the city into two parts", {"river", "city"}),
    ],
)  # fmt: skip
def test_the_noun_phrases_of_a_caption_are_its_keywords(caption: str, keywords: set[str]) -> None:
    assert set(keywords_of([caption])) == keywords


def test_what_most_captions_say_comes_first_and_five_are_enough() -> None:
    captions = [
        "a bridge over a wide river",
        "the bridge with cars",
        "bridges , boats , trees , roads , houses , fields",
    ]
    found = keywords_of(captions)
    assert found[0] == "bridge"
    assert len(found) == 5


def test_singular_and_plural_are_one_keyword_and_a_part_of_another_is_none() -> None:
    assert keywords_of(["green trees", "a green tree", "trees", "a tree"]) == ("green trees",)


def test_a_caption_without_things_has_no_keyword() -> None:
    assert keywords_of(["it is very large and green .", "", "!!!", "12 34"]) == ()


def test_a_sets_own_keywords_win() -> None:
    image = CaptionedImage("a", Path("a.jpg"), ("a river",), "train", keywords=("wide water",))
    assert keywords_of_image(image) == ("wide water",)
    assert keywords_of_image(CaptionedImage("a", Path("a.jpg"), ("a river",), "train")) == ("river",)
