"""How sure: the probability that a hit is what was asked for, and what is left when only convincing hits count."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from satseek.core.card import ModelCard
from satseek.core.chip import Chip
from satseek.core.model import Model
from satseek.core.vectors import FloatArray
from satseek.core.words import STOP_WORDS, says, words_of
from satseek.search.calibrate_background import CHIPS, SENTENCES, Background
from satseek.search.calibrate_fit import EXAMPLE, WORDS, Calibration, Floats, nearness, probability
from satseek.search.embed import Part
from satseek.search.result import SearchResult

if TYPE_CHECKING:
    from satseek.archive.archive import Archive

NOTE = "calibration"  # the name under which an archive keeps its own
GROWN = 1.25  # times as many chips, or so many times fewer: the background is drawn anew
SPEAKING = 0.5  # share of chips with a text from which on an archive speaks
ITSELF = 9.0  # log odds that an example is like itself
LIKELY = 0.5  # what is convincing where examples alone are asked for: more likely than not
SUREST = 0.9999  # nothing is certain
DOUBLED = 2.0  # times as many chips: a calibration of the archive's own is out of date


@dataclass(frozen=True)
class _Known:
    """What was made ready for one state of one archive."""

    uri: str
    card: ModelCard
    rows: int
    background: Background
    with_words: bool
    concepts: FloatArray  # (c, dim)
    of_calibration: Calibration
    auto: float


class Judge:
    """Gives hits their probabilities; remembers the background of the archive that it was last asked about."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def judged(
        self,
        result: SearchResult,
        parts: Sequence[Part],
        vectors: FloatArray,
        archive: Archive,
        model: Callable[[], Model],
    ) -> SearchResult:
        """Return a result whose hits have probabilities, without those below the cut that was asked for."""
        calibration = calibration_of(archive)
        if calibration is None or not any(part.attracts for part in parts):
            return replace(result, notes=(*result.notes, *_cannot_say(result, parts, archive)))
        hits = result.hits
        auto = calibration.auto
        if hits:
            words = any(part.words and part.is_known for part in parts)
            known = self._ready(archive, result.explanation.rows, calibration, model, words=words)
            if not any(part.words and part.attracts for part in parts):
                auto = LIKELY
            elif words:
                auto = known.auto
            chances = probabilities(
                parts, vectors, [hit.chip for hit in hits], known.background, calibration, known.concepts
            )
            hits = tuple(
                replace(hit, probability=None if np.isnan(chance) else min(round(float(chance), 4), SUREST))
                for hit, chance in zip(hits, chances, strict=True)
            )
        result = replace(result, hits=hits, convincing_from=auto)
        asked = result.query.cut
        return result if asked is None else result.cut_at(auto if asked == "auto" else float(asked))

    def _ready(
        self, archive: Archive, rows: int, calibration: Calibration, model: Callable[[], Model], *, words: bool
    ) -> _Known:
        """Return the background of an archive: drawn anew only when the archive has changed much since."""
        card = archive.card
        with self._lock:
            known = self._known
            same = known is not None and known.uri == archive.uri and known.card == card
            if known is not None and same and (known.with_words or not words):
                alike = known.rows / GROWN <= rows <= known.rows * GROWN
                if alike and known.of_calibration is calibration:
                    return known
            sentences = concepts = np.zeros((0, card.dimensions), dtype=np.float32)
            if words:
                sentences = model().encode_texts(list(SENTENCES))
                concepts = model().encode_texts(list(calibration.concepts)) if calibration.concepts else concepts
            sample = archive.sample(CHIPS)
            auto = calibration.auto_told if sample.speaking >= SPEAKING else calibration.auto
            background = Background.of(sample, sentences)
            self._known = _Known(archive.uri, card, rows, background, words, concepts, calibration, auto)
            return self._known


def probabilities(
    parts: Sequence[Part],
    vectors: FloatArray,
    chips: Sequence[Chip],
    background: Background,
    calibration: Calibration,
    concepts: FloatArray,
) -> Floats:
    """Return how probable it is that each chip is right; NaN where its sensor was never calibrated.

    Parts are taken as independent: all requirements and the wish, which is the mean of sentence and examples, hold
    at once, and nothing of what is not wanted does.
    """
    chance = {
        part.name: probability(_logits(part, vectors, chips, background, calibration, concepts)) for part in parts
    }
    wishes = [part for part in parts if part.kind in ("sentence", "like")]
    total = np.ones(len(chips))
    if wishes:
        weight = sum(part.weight for part in wishes)
        total = np.sum([part.weight / weight * chance[part.name] for part in wishes], axis=0)
    for part in parts:
        if part.kind == "must":
            total = total * chance[part.name]
        elif part.kind == "not":
            total = total * (1 - chance[part.name])
    unlike = [part for part in parts if part.kind == "unlike"]
    if unlike:  # many examples of what is not wanted are examples of one thing, as those of what is wanted
        weight = sum(part.weight for part in unlike)
        total = total * (1 - np.sum([part.weight / weight * chance[part.name] for part in unlike], axis=0))
    return np.asarray(total, dtype=np.float64)


def calibration_of(archive: Archive) -> Calibration | None:
    """Return the archive's own calibration, else the one that comes with its model, else None."""
    own = _own(archive)
    return own if own is not None and own.fits(archive.card) else shipped(archive.card)


def shipped(card: ModelCard) -> Calibration | None:
    """Return the calibration that comes with a model; None for models that were trained elsewhere."""
    found = _shipped(card.name)
    return found if found is not None and found.fits(card) else None


def is_due(archive: Archive) -> bool:
    """Return whether an archive's own calibration is missing, of another model, or of half as many of its chips."""
    own = _own(archive)
    if own is None or not own.fits(archive.card):
        return True
    return own.rows > 0 and len(archive) >= DOUBLED * own.rows  # what was learnt elsewhere does not age


def is_own(archive: Archive) -> bool:
    """Return whether the archive was calibrated itself."""
    return _own(archive) is not None


def said_share(words: str, chip: Chip, *, whole: bool) -> float:
    """Return which share of the words a chip's text says; a keyword as a whole phrase or not at all."""
    if whole:
        return float(says(chip.text, words))
    wanted = set(words_of(words))
    wanted = (wanted - STOP_WORDS) or wanted
    return len(wanted & set(words_of(chip.text))) / len(wanted) if wanted else 0.0


def _logits(
    part: Part,
    vectors: FloatArray,
    chips: Sequence[Chip],
    background: Background,
    calibration: Calibration,
    concepts: FloatArray,
) -> Floats:
    """Return the log odds of one part: what the model sees, and what the text says."""
    sensors = [chip.sensor for chip in chips]
    logits = np.full(len(chips), np.nan)
    if part.is_known:
        kind = WORDS if part.words else EXAMPLE
        features = background.features(part.vector, vectors, sensors, part.scorer, words=bool(part.words))
        say = nearness(part.vector, concepts) if part.words and len(concepts) else np.zeros(0)
        sentences = list(calibration.concepts) if len(say) else []
        looks = calibration.looks.values(vectors, sensors) @ calibration.looks.say(say, sentences)
        features = np.hstack([features, looks[:, None]])
        for sensor, line in calibration.lines.get(kind, {}).items():
            own = np.array([each == sensor for each in sensors])
            offsets = [calibration.concepts[text].get(sensor, 0.0) for text in sentences]
            logits[own] = line.logits(features[own]) + float(np.dot(say, offsets))
        logits[[chip.id == part.chip for chip in chips]] = ITSELF
    elif part.words:
        logits[:] = calibration.said.unseen
    if part.words:
        logits = logits + [_of_text(part, chip, calibration) for chip in chips]
    return logits


def _of_text(part: Part, chip: Chip, calibration: Calibration) -> float:
    """Return what the text of a chip adds to the log odds; nothing where it has none."""
    if not chip.text.strip():
        return 0.0
    return calibration.said.told(said_share(part.words or "", chip, whole=part.kind != "sentence"))


def _cannot_say(result: SearchResult, parts: Sequence[Part], archive: Archive) -> tuple[str, ...]:
    if result.query.cut is None:
        return ()
    if not any(part.attracts for part in parts):
        return ("Nothing is cut: only what must not be there is asked for.",)
    return (
        f"Nothing is cut: how sure the model '{archive.card.name}' is, is not known here. "
        f"Where chips have labels or captions, it can be learnt: satseek archive calibrate {archive.uri}",
    )


def _own(archive: Archive) -> Calibration | None:
    noted = archive.note(NOTE)
    return _read(noted) if noted else None


@cache
def _shipped(name: str) -> Calibration | None:
    place = files("satseek.search") / "defaults" / f"{name}.json"
    return _read(place.read_text(encoding="utf-8")) if name.isidentifier() and place.is_file() else None


@lru_cache(8)
def _read(text: str) -> Calibration | None:
    try:
        return Calibration.from_json(json.loads(text))
    except ValueError:
        return None
