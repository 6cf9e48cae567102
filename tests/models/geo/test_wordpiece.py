"""Text to pieces of words, against what BERT's own tokenizer makes of them (transformers 5.23, looked up by hand)."""

from __future__ import annotations

from pathlib import Path

import pytest

from satseek.core.errors import ModelError
from satseek.models.geo.wordpiece import WordPiece, split

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "river", "##side", "flood", "##ed", "cafe", "naive", "-", "built", "up",
          "!", "中", "trees", "##s", "tree"]  # fmt: skip


@pytest.fixture
def words() -> WordPiece:
    return WordPiece(PIECES)


def said(words: WordPiece, text: str, *, at_most: int = 64) -> list[str]:
    return [PIECES[number] for number in words.numbers(text, at_most=at_most)]


def test_the_longest_known_piece_is_taken_from_the_left(words: WordPiece) -> None:
    assert said(words, "Flooded RIVERSIDE trees") == [
        "[CLS]", "flood", "##ed", "river", "##side", "trees", "[SEP]",
    ]  # fmt: skip


def test_case_and_accents_are_dropped_and_punctuation_stands_alone(words: WordPiece) -> None:
    assert said(words, "Café naïve built-up!") == ["[CLS]", "cafe", "naive", "built", "-", "up", "!", "[SEP]"]
    assert split("don't (stop)") == ["don", "'", "t", "(", "stop", ")"]


def test_a_word_with_an_unknown_part_is_unknown_as_a_whole(words: WordPiece) -> None:
    assert said(words, "riverbank trees") == ["[CLS]", "[UNK]", "trees", "[SEP]"]
    assert said(words, "x" * 101) == ["[CLS]", "[UNK]", "[SEP]"]


def test_chinese_characters_stand_alone_and_strange_spaces_part_words(words: WordPiece) -> None:
    assert said(words, "中river\u2003trees\x07") == ["[CLS]", "中", "river", "trees", "[SEP]"]


def test_a_long_text_is_cut_before_its_end_mark(words: WordPiece) -> None:
    assert said(words, "trees " * 80, at_most=5) == ["[CLS]", "trees", "trees", "trees", "[SEP]"]


def test_a_vocabulary_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("water\nforest\n")
    with pytest.raises(ModelError, match=r"holds no \[CLS\], \[SEP\]"):
        WordPiece.read(tmp_path / "vocab.txt")
    with pytest.raises(ModelError, match=r"vocab.txt cannot be read"):
        WordPiece.read(tmp_path / "missing" / "vocab.txt")
