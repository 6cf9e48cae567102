"""Words of a text, folded so that case, accents and the plural do not matter."""

from __future__ import annotations

import re
import unicodedata

STOP_WORDS = frozenset({
    "a", "an", "the", "of", "in", "on", "at", "to", "by", "for", "from", "with", "and", "or", "near",
    "beside", "next", "between", "through", "across", "along", "around", "over", "under", "into", "some",
    "many", "several", "few", "there", "this", "that", "these", "those", "is", "are", "be", "it", "its",
    "which", "image", "picture", "photo", "scene",
})  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_SAME_IN_PLURAL = ("ss", "us", "is")


def words_of(text: str) -> list[str]:
    """Return the words of a text in order: lower case, without accents, nouns in the singular."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [singular(word) for word in _WORD.findall(plain.replace("'s", ""))]


def singular(word: str) -> str:
    """Return an English noun without its plural ending; other words mostly stay as they are."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_SAME_IN_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes", "buses")):
        return word[:-2]
    return word[:-1]


def says(text: str, phrase: str) -> bool:
    """Return whether a text holds the words of a phrase, one right after the other."""
    wanted, said = words_of(phrase), words_of(text)
    return bool(wanted) and any(
        said[start : start + len(wanted)] == wanted for start in range(len(said) - len(wanted) + 1)
    )
