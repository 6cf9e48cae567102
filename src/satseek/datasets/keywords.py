"""Keywords of an image that has none: the noun phrases that its captions agree on, by a small set of rules.

No tagger: captions of aerial images are short and use few verbs, so closed word lists and a few endings are enough.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from satseek.core.words import singular
from satseek.datasets.keyword_lexicon import DESCRIBING, EMPTY_HEADS, LINKS, NOT_VERBS, OF_SOMETHING, VERBS
from satseek.datasets.pairs import CaptionedImage

MOST = 5
LONGEST_PHRASE = 2  # words, as in RSITMD
_NO_HEAD = DESCRIBING | EMPTY_HEADS | OF_SOMETHING
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|[^\w\s]|\d+")


def keywords_of_image(image: CaptionedImage, *, most: int = MOST) -> tuple[str, ...]:
    """Return the keywords that the data set gives an image, or else noun phrases of its captions."""
    return image.keywords[:most] if image.keywords else keywords_of(image.captions, most=most)


def keywords_of(captions: Sequence[str], *, most: int = MOST) -> tuple[str, ...]:
    """Return one to five phrases of about two words, those that most captions share first."""
    said_by: Counter[tuple[str, ...]] = Counter()
    written: dict[tuple[str, ...], str] = {}
    for caption in captions:
        for phrase in {_root(words): words for words in _phrases(caption)}.values():
            root = _root(phrase)
            said_by[root] += 1
            written.setdefault(root, " ".join(phrase))
    order = sorted(said_by, key=lambda root: (-said_by[root], -len(root), list(written).index(root)))
    chosen: list[tuple[str, ...]] = []
    for root in order:
        if len(chosen) < most and not any(set(root) <= set(other) for other in chosen):
            chosen.append(root)
    return tuple(written[root] for root in chosen)


def _root(words: Sequence[str]) -> tuple[str, ...]:
    """Return the phrase with its noun in the singular, so that one plane and many planes are the same keyword."""
    return (*words[:-1], singular(words[-1]))


def _phrases(caption: str) -> Iterator[tuple[str, ...]]:
    """Go through the noun phrases of a caption, each cut to its last words."""
    run: list[str] = []
    for token in [*_TOKEN.findall(caption.casefold().replace("'s", " of")), "."]:
        of_a_lot = run[-1:] == ["parking"] and token in ("lot", "lots")
        if of_a_lot or (len(token) > 1 and token[0].isalpha() and token not in LINKS and not _is_verb(token)):
            run.append(token)
            continue
        phrase = _cut(run)
        if phrase:
            yield phrase
        run = []


def _is_verb(word: str) -> bool:
    if word in VERBS:
        return True
    if word in NOT_VERBS or word in DESCRIBING:
        return False
    return (word.endswith(("ed", "ing")) and len(word) > 4) or (word.endswith("ly") and len(word) > 4)


def _cut(run: Sequence[str]) -> tuple[str, ...]:
    """Return the last words of a run that name something, or nothing."""
    words = list(run)
    while words and words[-1] in _NO_HEAD and not _is_named_area(words):
        words.pop()
    return tuple(words[-LONGEST_PHRASE:])


def _is_named_area(words: Sequence[str]) -> bool:
    """Return whether an empty head is told apart by the noun or use before it: residential area, farm land."""
    if len(words) < 2 or words[-1] not in EMPTY_HEADS:
        return False
    kinds = {"residential", "industrial", "commercial", "agricultural", "rural", "urban", "public", "bare", "central"}
    before = words[-2]
    return before in kinds or not (before in DESCRIBING or before in EMPTY_HEADS or before in LINKS)
