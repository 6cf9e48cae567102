"""What a model makes of the sampled pictures and of all words, how quickly, and what memory it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError, SourceError
from satseek.core.model import Model
from satseek.core.sensor import BoolArray, Pixels
from satseek.core.vectors import FloatArray
from satseek.evaluation.compare.from_archive import STORED
from satseek.evaluation.compare.kept import Kept
from satseek.evaluation.compare.sample import Sample
from satseek.evaluation.compare.watch import PeakMemory
from satseek.evaluation.ranks import IntArray
from satseek.models.device import place
from satseek.models.scorers import Cosine, Scorer

BATCH = 32  # pictures at a time
WARM_UP = 4  # pictures, before time is taken
TEXTS_AT_ONCE = 256
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Contender:
    """A model by the name that a person gave it: its card is cheap, loading it may not be."""

    name: str
    card: ModelCard
    load: Callable[[], Model]


@dataclass(frozen=True)
class Encoded:
    """One model's view of the sample."""

    name: str
    card: ModelCard
    vectors: FloatArray  # (pictures, dim): zeros where nothing could be made of a picture
    known: BoolArray  # (pictures,): what it made something of
    scores: FloatArray | None  # (texts, pictures), by the model's own scorer
    chips_per_second: float | None = None
    peak_memory_mb: float | None = None
    load_seconds: float | None = None
    was_kept: bool = False
    refused: dict[str, int] = field(default_factory=dict)  # why -> pictures

    def words(self, texts: Sequence[int] | IntArray) -> FloatArray:
        """Return the scores of texts with all pictures."""
        assert self.scores is not None, "asked of a model without words"
        return self.scores[np.asarray(texts, dtype=np.int64)]

    def like(self, rows: Sequence[int] | IntArray) -> FloatArray:
        """Return the cosine of pictures with all pictures."""
        scores = np.asarray(self.vectors[np.asarray(rows, dtype=np.int64)] @ self.vectors.T, dtype=np.float32)
        scores[:, ~self.known] = -1
        return scores


def encoded(
    contender: Contender, sample: Sample, texts: Sequence[str], *, kept: Kept, device: str, on_done: Progress
) -> Encoded:
    """Return what a model makes of all, from what is kept where it has seen the same before."""
    seeing = _Seeing(contender, device)
    if contender.card.name == STORED and sample.stored is not None:
        pictures = _stored(sample, on_done)
    else:
        pictures = _pictures(seeing, sample, kept, on_done)
    scores = _scores(seeing, pictures["vectors"], texts, kept) if contender.card.reads_text and texts else None
    speed, peak, load = (float(each) for each in pictures["took"])
    counts = dict(zip(pictures["why"].tolist(), (int(each) for each in pictures["count"]), strict=True))
    return Encoded(
        contender.name,
        contender.card,
        pictures["vectors"],
        pictures["known"],
        scores,
        chips_per_second=speed or None,
        peak_memory_mb=peak or None,
        load_seconds=load or None,
        was_kept=not seeing.loaded,
        refused=counts,
    )


class _Seeing:
    """A model that is loaded when it is first needed, and what loading took."""

    def __init__(self, contender: Contender, device: str) -> None:
        self._contender, self._device = contender, device
        self._model: Model | None = None
        self.load_seconds = 0.0
        self.peak = PeakMemory(device)

    @property
    def card(self) -> ModelCard:
        return self._contender.card

    @property
    def loaded(self) -> bool:
        return self._model is not None

    @property
    def model(self) -> Model:
        if self._model is None:
            began = time.perf_counter()
            self._model = self._contender.load()
            place(self._model, self._device)
            self.load_seconds = time.perf_counter() - began
        return self._model


def _stored(sample: Sample, on_done: Progress) -> dict[str, NDArray[Any]]:
    """Return the vectors that came with an archive: nobody saw them being made."""
    assert sample.stored is not None
    on_done(len(sample))
    return _arrays(sample.stored, np.asarray(sample.stored.any(axis=1)), (0.0, 0.0, 0.0), {})


def _pictures(seeing: _Seeing, sample: Sample, kept: Kept, on_done: Progress) -> dict[str, NDArray[Any]]:
    held = kept.read(seeing.card, "images")
    if held is not None and held.keys() >= {"vectors", "known", "took", "why", "count"}:
        on_done(len(sample))
        return held
    with seeing.peak as peak:
        model = seeing.model
        vectors, known, seconds, refused = _looked_at(model, sample, on_done)
    speed = float(known.sum() / seconds) if seconds else 0.0
    made = _arrays(vectors, known, (speed, peak.megabytes, seeing.load_seconds), refused)
    kept.write(seeing.card, "images", made)
    return made


def _arrays(
    vectors: FloatArray, known: BoolArray, took: tuple[float, float, float], refused: dict[str, int]
) -> dict[str, NDArray[Any]]:
    why = np.array(list(refused), dtype=np.str_)
    return {
        "vectors": np.asarray(vectors, dtype=np.float32),
        "known": known,
        "took": np.array(took),
        "why": why,
        "count": np.array(list(refused.values()), dtype=np.int64),
    }


def _looked_at(model: Model, sample: Sample, on_done: Progress) -> tuple[FloatArray, BoolArray, float, dict[str, int]]:
    """Encode the pictures batch by batch; only the model's own time counts, not that of reading files."""
    rows = np.zeros((len(sample), model.card.dimensions), dtype=np.float32)
    refused: dict[str, int] = {}
    seconds, warm = 0.0, False
    for start in range(0, len(sample), BATCH):
        places, chips = [], []
        for row in range(start, min(start + BATCH, len(sample))):
            item = sample.items[row]
            if model.card.sensors and item.sensor not in model.card.sensors:
                why = f"reads no {item.sensor}"
                refused[why] = refused.get(why, 0) + 1
                continue
            places.append(row)
            chips.append(item.read())
        if chips:
            if not warm:
                _encoded(model, chips[:WARM_UP], {})
                warm = True
            began = time.perf_counter()
            rows[places] = _encoded(model, chips, refused)
            seconds += time.perf_counter() - began
        on_done(min(BATCH, len(sample) - start))
    known: BoolArray = np.asarray(rows.any(axis=1))
    return rows, known, seconds, refused


def _encoded(model: Model, chips: Sequence[Pixels], refused: dict[str, int]) -> FloatArray:
    """Return a row for each chip; where a batch is refused, each by itself, and zeros for those that are at fault."""
    try:
        return model.encode_images(chips)
    except ModelError as error:
        if len(chips) == 1:
            refused[str(error)] = refused.get(str(error), 0) + 1
            return np.zeros((1, model.card.dimensions), dtype=np.float32)
    return np.concatenate([_encoded(model, [chip], refused) for chip in chips])


def _scores(seeing: _Seeing, images: FloatArray, texts: Sequence[str], kept: Kept) -> FloatArray:
    """Return the scores of texts with pictures, as a search gives them."""
    held = kept.read(seeing.card, "words", texts)
    if held is not None and "scores" in held and held["scores"].shape == (len(texts), len(images)):
        return held["scores"]
    model = seeing.model
    parts = [model.encode_texts(texts[start : start + TEXTS_AT_ONCE]) for start in range(0, len(texts), TEXTS_AT_ONCE)]
    vectors = np.concatenate(parts)
    scorer: Scorer | None = getattr(model, "scorer", None)
    if scorer is None or isinstance(scorer, Cosine):
        scores = np.asarray(vectors @ images.T, dtype=np.float32)
    else:
        prepared = scorer.prepare(images)
        scores = np.stack([scorer.scores(vector, prepared) for vector in vectors]).astype(np.float32)
    scores[:, ~images.any(axis=1)] = -1  # nothing is known of a picture without a vector, so it stands last
    kept.write(seeing.card, "words", {"scores": scores}, texts)
    return scores


def comparable(card: ModelCard, sample: Sample) -> BoolArray:
    """Return which two pictures have vectors in one space."""
    sensors = [item.sensor for item in sample.items]
    spaces = {sensor: set(card.comparable_with(sensor)) or set(sensors) for sensor in set(sensors)}
    return np.array([[other in spaces[one] for other in sensors] for one in sensors], dtype=np.bool_)


def looked_through(sample: Sample, kept: Kept, *, most_nodata: float, on_done: Progress) -> Sample:
    """Return the sample without pictures that cannot be read or hold hardly a measurement, for all models alike."""
    if sample.stored is not None:
        return sample
    broken = kept.broken()
    if broken is None:
        broken = {}
        for item in sample.items:
            try:
                share = item.read().nodata_share
                if share > most_nodata:
                    broken[item.id] = f"{share:.0%} of it holds no measurement"
            except (SourceError, OSError) as error:
                broken[item.id] = str(error)
            on_done(1)
        kept.write_broken(broken)
    return sample.without(broken)
