"""Text to numbers as BERT reads it: words lowered, bare of accents, split at punctuation, then into known pieces."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from satseek.core.errors import ModelError

START, END, UNKNOWN, PADDING = "[CLS]", "[SEP]", "[UNK]", "[PAD]"
_LONGEST_WORD = 100  # letters; a longer one is unknown as a whole
_INSIDE = "##"  # before a piece that does not begin a word


class WordPiece:
    """The pieces of a vocabulary, one a line in `vocab.txt`, its number being its line's."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._numbers: Mapping[str, int] = {piece: number for number, piece in enumerate(pieces)}
        missing = [name for name in (START, END, UNKNOWN, PADDING) if name not in self._numbers]
        if missing:
            raise ModelError(f"The vocabulary holds no {', '.join(missing)}: it is not one of BERT's.")
        self.padding = self._numbers[PADDING]

    def __len__(self) -> int:
        return len(self._numbers)

    @staticmethod
    def read(path: Path) -> WordPiece:
        """Read `vocab.txt`."""
        try:
            return WordPiece(path.read_text(encoding="utf-8").split("\n")[:-1])
        except (OSError, UnicodeDecodeError) as error:
            raise ModelError(f"The vocabulary {path} cannot be read: {error}.") from error

    def numbers(self, text: str, *, at_most: int) -> list[int]:
        """Return the numbers of a text between its start and its end, cut off after so many in all."""
        pieces = [piece for word in split(text) for piece in self._pieces(word)][: at_most - 2]
        return [self._numbers[piece] for piece in (START, *pieces, END)]

    def _pieces(self, word: str) -> list[str]:
        """Return the longest known piece from the left, and so on; a word with an unknown part is unknown."""
        if len(word) > _LONGEST_WORD:
            return [UNKNOWN]
        pieces, begin = [], 0
        while begin < len(word):
            lead = _INSIDE if begin else ""
            end = next((e for e in range(len(word), begin, -1) if lead + word[begin:e] in self._numbers), None)
            if end is None:
                return [UNKNOWN]
            pieces.append(lead + word[begin:end])
            begin = end
        return pieces


def split(text: str) -> list[str]:
    """Return words and punctuation marks, each Chinese character by itself."""
    bare = "".join(mark for mark in unicodedata.normalize("NFD", _cleaned(text).lower()) if not _is(mark, "Mn"))
    return "".join(f" {mark} " if _is_punctuation(mark) else mark for mark in bare).split()


def _cleaned(text: str) -> str:
    """Return the text without control characters, with every space a plain one and room around Chinese characters."""
    cleaned = []
    for mark in text:
        if mark in "\t\n\r" or _is(mark, "Zs"):
            cleaned.append(" ")
        elif mark not in "\0\ufffd" and not unicodedata.category(mark).startswith("C"):
            cleaned.append(f" {mark} " if _is_chinese(mark) else mark)
    return "".join(cleaned)


def _is(mark: str, category: str) -> bool:
    return unicodedata.category(mark) == category


def _is_punctuation(mark: str) -> bool:
    is_ascii_sign = mark.isascii() and mark.isprintable() and not mark.isalnum() and mark != " "
    return is_ascii_sign or unicodedata.category(mark).startswith("P")


def _is_chinese(mark: str) -> bool:
    return any(
        low <= ord(mark) <= high
        for low, high in ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))
    )
