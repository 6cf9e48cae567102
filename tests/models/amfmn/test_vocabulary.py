"""Words to numbers: nothing is lost that the caption says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from satseek.core.errors import ModelError
from satseek.models.amfmn.vocabulary import LONGEST_SENTENCE, UNKNOWN, Vocabulary, words_of

CAPTIONS = [
    "A river flows through the forest .",
    "The river is near a forest.",
    "Planes at the airport",
    "planes, and a river",
]


def test_little_words_are_words_too() -> None:
    vocabulary = Vocabulary.of_sentences(CAPTIONS)
    assert all(vocabulary.knows(word) for word in ("the", "a", "river", "forest", "planes"))
    assert not vocabulary.knows("airport")  # stands once only


def test_marks_capitals_and_odd_forms_of_letters_do_not_matter() -> None:
    assert words_of("A River's bend, two-lane ﬁeld…") == ["a", "river's", "bend", "two", "lane", "field"]


def test_a_batch_names_each_word_once_and_where_it_stands() -> None:
    vocabulary = Vocabulary.of_sentences(CAPTIONS)
    batch = vocabulary.encode(["river the river", "forest"])
    assert batch.tokens.tolist() == [[1, 2, 1], [3, 0, 0]]
    assert batch.lengths.tolist() == [3, 1]
    assert len(batch.words) == 4  # padding, river, the, forest
    assert batch.offsets[0] == 0
    assert batch.offsets[1] == 1


def test_a_misspelt_word_shares_letter_groups_with_the_right_one() -> None:
    vocabulary = Vocabulary.of_sentences(CAPTIONS)
    right, wrong, other = (set(_groups(vocabulary, word)) for word in ("airport", "airpotr", "meadow"))
    assert len(right & wrong) >= 6
    assert len(right & other) <= 1
    assert vocabulary.encode(["airpotr"]).words[1] == UNKNOWN


@pytest.mark.parametrize("sentence", ["", "   ", "...", "🛰"])
def test_a_sentence_without_words_is_one_unknown_word(sentence: str) -> None:
    batch = Vocabulary.of_sentences(CAPTIONS).encode([sentence])
    assert batch.lengths.tolist() == [1]
    assert batch.words[batch.tokens[0, 0]] == UNKNOWN


def test_another_script_and_a_huge_sentence_are_read() -> None:
    vocabulary = Vocabulary.of_sentences(CAPTIONS)
    assert vocabulary.encode(["河流 穿过 森林"]).lengths.tolist() == [3]
    assert vocabulary.encode(["river " * 100_000, "x" * 1_000_000]).lengths.tolist() == [LONGEST_SENTENCE, 1]


def test_no_sentence_at_all_makes_an_empty_batch() -> None:
    assert Vocabulary.of_sentences(CAPTIONS).encode([]).tokens.shape[0] == 0


def test_a_vocabulary_comes_back_from_json_the_same() -> None:
    vocabulary = Vocabulary.of_sentences(CAPTIONS, buckets=64)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    for one, other in zip(vocabulary.encode(CAPTIONS), again.encode(CAPTIONS), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_broken_vocabulary_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="Fetch the model again"):
        Vocabulary.from_json({"words": ["a"]})


def _groups(vocabulary: Vocabulary, word: str) -> list[int]:
    batch = vocabulary.encode([word])
    return batch.groups[batch.offsets[1] :].tolist()
