"""One score from many: what the model sees and what the text says, what is asked, required and refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from satseek.core.vectors import FloatArray
from satseek.core.words import STOP_WORDS, words_of
from satseek.search.embed import Part

Rows = NDArray[Any]  # one value a chip

SEEN, SAID = 0.35, 0.65  # how much the vector and the text of a captioned chip count for a sentence
UNCONFIRMED = 0.9  # a required keyword that the model sees but the text does not say
AVOIDED = 0.5  # of the evidence for what is not wanted comes off the score
LEAST_ASKED, LEAST_REQUIRED = 0.1, 0.01  # what nothing at all counts: less of a requirement than of a wish


@dataclass(frozen=True)
class Scores:
    """The score of each chip of a pool, what each part gave to it, and which chips are ruled out."""

    total: FloatArray  # (n,)
    parts: Mapping[str, FloatArray]  # part -> its own closeness, or the share of its words that the text says
    refused: Rows  # the text says what must not be there


class Spoken(Protocol):
    """A chip, or as much of it as scoring needs."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def text(self) -> str:
        """All that is said of it."""
        ...


def fused(parts: Sequence[Part], vectors: FloatArray, chips: Sequence[Spoken], anchors: Sequence[bool]) -> Scores:
    """Score a pool: the plain closeness for one part without text, else parts brought to 0…1 and put together.

    A score depends on the chip and on the anchors, never on how far one pages.
    """
    if not chips:
        return Scores(np.zeros(0, np.float32), {}, np.zeros(0, bool))
    texts = _words(chips) if any(part.words for part in parts) else [[] for _ in chips]
    anchored = np.asarray(anchors, dtype=bool)
    closeness = {part.name: _closeness(part, vectors) for part in parts if part.is_known}
    said = {part.name: _said(part, texts, anchored) for part in parts if part.words}
    said = {name: share for name, share in said.items() if share.any()}
    own = closeness | {f"{name} (text)": share for name, share in said.items()}
    refused = np.zeros(len(chips), dtype=bool)
    for part in parts:
        if part.kind == "not" and part.name in said:
            refused |= said[part.name] > 0
        if part.kind == "unlike" and part.chip:
            refused |= np.array([chip.id == part.chip for chip in chips])
    if len(parts) == 1 and parts[0].is_known and not said:
        sign = 1 if parts[0].attracts else -1
        return Scores(np.float32(sign) * closeness[parts[0].name], own, refused)
    evidence = {part.name: _evidence(part, closeness.get(part.name), said.get(part.name), anchored) for part in parts}
    return Scores(_together(parts, evidence, len(chips)), own, refused)


def _words(chips: Sequence[Spoken]) -> list[list[str]]:
    """Return the words of each chip's text; many chips share one."""
    said = [chip.text for chip in chips]
    of = {text: words_of(text) for text in set(said)}
    return [of[text] for text in said]


def _closeness(part: Part, vectors: FloatArray) -> FloatArray:
    """Return the model's exact scores of words, else cosines.

    Cosines are summed in float64, so that equal vectors get equal scores wherever they stand in a pool.
    """
    if part.scorer is not None:
        return part.scorer.scores(part.vector, part.scorer.prepare(vectors))
    return np.asarray(vectors.astype(np.float64) @ part.vector.astype(np.float64), dtype=np.float32)


def _said(part: Part, texts: Sequence[Sequence[str]], anchored: Rows) -> FloatArray:
    """Return how much of a part's words each chip's text says: a keyword whole or not at all, a sentence by shares."""
    words = words_of(part.words or "")
    if part.kind != "sentence":
        return np.array([_holds(text, words) for text in texts], dtype=np.float32)
    vocabulary = sorted(set(words) - STOP_WORDS) or sorted(set(words))
    has = np.array([[word in text for word in vocabulary] for text in map(set, texts)], dtype=np.float32)
    has = has.reshape(len(texts), len(vocabulary))
    count, known = int(anchored.sum()), has[anchored].sum(axis=0)
    rarity = np.log1p((count - known + 0.5) / (known + 0.5))
    return np.asarray(has @ rarity / max(float(rarity.sum()), 1e-6), dtype=np.float32)


def _holds(text: Sequence[str], phrase: Sequence[str]) -> bool:
    length = len(phrase)
    return length > 0 and any(list(text[at : at + length]) == list(phrase) for at in range(len(text) - length + 1))


def _evidence(part: Part, cosine: FloatArray | None, said: FloatArray | None, anchored: Rows) -> FloatArray:
    """Return the evidence for one part in 0…1: seen, said, or both."""
    seen = None if cosine is None else _standing(cosine, anchored)
    if seen is None:
        return np.zeros(len(anchored), dtype=np.float32) if said is None else said
    if said is None:
        return seen
    if part.kind == "sentence":
        return np.asarray(SEEN * seen + SAID * said, dtype=np.float32)
    # what is said counts more than anything seen; among chips that say it, those come first that also show it best
    return np.asarray(np.where(said > 0, UNCONFIRMED + (1 - UNCONFIRMED) * seen, UNCONFIRMED * seen), dtype=np.float32)


def _standing(cosine: FloatArray, anchored: Rows) -> FloatArray:
    """Return cosines bent into 0…1 by how they stand among the anchors, whose mean is one half; order is kept."""
    spread = float(cosine[anchored].std())
    if spread < 1e-6:
        return np.full(len(cosine), 0.5, dtype=np.float32)
    above = (cosine.astype(np.float64) - float(cosine[anchored].mean())) / spread
    return np.asarray(0.5 + 0.5 * above / np.sqrt(4 + above**2), dtype=np.float32)


def _together(parts: Sequence[Part], evidence: Mapping[str, FloatArray], count: int) -> FloatArray:
    """Return the weighted geometric mean of all that is asked and each requirement, less what is to be avoided."""
    asked = [part for part in parts if part.kind in ("sentence", "like")]
    factors = [(part.weight, _above(LEAST_REQUIRED, evidence[part.name])) for part in parts if part.kind == "must"]
    if asked:
        weight = sum(part.weight for part in asked)
        mean = sum((part.weight / weight * evidence[part.name] for part in asked), np.zeros(count, np.float32))
        factors.append((weight, _above(LEAST_ASKED, mean)))
    score = np.zeros(count)
    if factors:
        logarithms = sum(weight * np.log(factor) for weight, factor in factors)
        score = np.exp(logarithms / sum(weight for weight, _ in factors))
    for part in parts:
        if not part.attracts:
            score = score - AVOIDED * part.weight * evidence[part.name]
    return np.asarray(score, dtype=np.float32)


def _above(least: float, evidence: FloatArray) -> Rows:
    """Return the evidence, lifted so that none of it counts `least`."""
    return np.asarray(least + (1 - least) * evidence.astype(np.float64))
