"""Evaluating a text–image model on captioned images: each picture and each different text is encoded once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from satseek.core.errors import ModelError, SourceError, UnknownName
from satseek.core.model import Model, require_readable, require_text
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.datasets.image_file import read_image
from satseek.datasets.keywords import keywords_of_image
from satseek.datasets.pairs import CaptionedSet
from satseek.evaluation.metrics import ceiling, chance, recall
from satseek.evaluation.ranks import IntArray
from satseek.evaluation.report import EvaluationReport
from satseek.models.scorers import Cosine, Scorer

log = logging.getLogger(__name__)

MODES = ("sentence", "keywords", "joint")
LONGEST_SIDE = 1024  # pixels: images beyond are read smaller, no model here looks at more
_IMAGES_AT_ONCE = 1024  # whose scores are held ready at a time
_RGB = ("red", "green", "blue")


@dataclass(frozen=True)
class Questions:
    """The texts that ask for images: the different ones, and which of them each query of each image is."""

    sentences: tuple[str, ...]
    keywords: tuple[tuple[str, ...], ...] | None
    numbers: IntArray  # (queries,): position among the different texts
    owners: IntArray  # (queries,): position of the image


def evaluate(
    model: Model,
    captioned: CaptionedSet,
    *,
    mode: str = "sentence",
    name: str | None = None,
    batch: int = 64,
    seed: int = 0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> EvaluationReport:
    """Return how well a model finds images by their captions and captions by their images.

    `name` is what the model is called in the report; its card's own name unless told.
    """
    require_mode(model, mode)
    began = time.perf_counter()
    total = len(captioned)
    vectors, broken = _image_vectors(model, captioned, batch, lambda done: on_progress(done, total))
    captioned = captioned.without(broken)
    if not len(captioned):
        raise SourceError(f"Not one of the {total:,} images of {captioned.name} can be read; nothing was measured.")
    questions = questions_of(captioned, mode)
    scores = _scores(model, vectors, _text_vectors(model, questions, batch))
    found = recall(scores, questions.owners, texts=questions.numbers, seed=seed)
    return EvaluationReport(
        model=name or model.card.name,
        dataset=captioned.name,
        split=captioned.split,
        mode=mode,
        images=len(captioned),
        captions=len(questions.owners),
        recall=found,
        chance=chance(questions.owners, len(captioned)),
        ceiling=ceiling(questions.numbers.tolist(), questions.owners),
        different_texts=len(questions.sentences),
        seconds=time.perf_counter() - began,
        missing=captioned.missing,
        broken=broken,
        blank_captions=captioned.blank_captions,
    )


def require_mode(model: Model, mode: str) -> None:
    """Raise `ModelError` when the model cannot answer questions of this mode on colour images."""
    if mode not in MODES:
        raise UnknownName("mode", mode, MODES)
    card = model.card
    require_text(card)
    require_readable(card, "rgb")
    known = card.options.get("modes", MODES)
    if mode not in known:
        raise ModelError(f"Model '{card.name}' has no mode '{mode}'; it has {', '.join(known)}. Choose with --mode.")


def questions_of(captioned: CaptionedSet, mode: str) -> Questions:
    """Return what is asked: each caption, each image's keywords, or each caption with its image's keywords."""
    texts: list[tuple[str, tuple[str, ...]]] = []
    owners: list[int] = []
    for position, image in enumerate(captioned.images):
        keywords = () if mode == "sentence" else keywords_of_image(image)
        if mode == "keywords" and not keywords:
            continue  # nothing to ask with; the image stays in the gallery
        asked = [""] if mode == "keywords" else image.captions
        texts += [(sentence, keywords) for sentence in asked]
        owners += [position] * len(asked)
    different: dict[Hashable, int] = {}
    numbers = [different.setdefault(text, len(different)) for text in texts]
    first = {number: text for text, number in zip(reversed(texts), reversed(numbers), strict=True)}
    ordered = [first[number] for number in range(len(different))]
    return Questions(
        sentences=tuple(sentence for sentence, _ in ordered),
        keywords=None if mode == "sentence" else tuple(keywords for _, keywords in ordered),
        numbers=np.array(numbers, dtype=np.int64),
        owners=np.array(owners, dtype=np.int64),
    )


def _image_vectors(
    model: Model, captioned: CaptionedSet, batch: int, on_progress: Callable[[int], None]
) -> tuple[FloatArray, dict[str, str]]:
    """Return a row for each readable image, and why the others are not."""
    rows, broken, done = [], {}, 0
    for read in _read_ahead([image.path for image in captioned.images], batch):
        chips = []
        for position, chip in enumerate(read, done):
            if isinstance(chip, Pixels):
                chips.append(chip)
            else:
                broken[captioned.images[position].id] = chip
                log.warning("%s It is left out.", chip)
        if chips:
            rows.append(model.encode_images(chips))
        done += len(read)
        on_progress(done)
    return np.concatenate(rows) if rows else np.zeros((0, model.card.dimensions), dtype=np.float32), broken


def _read_ahead(paths: Sequence[Path], batch: int) -> Iterator[list[Pixels | str]]:
    """Go through the images, some at a time, the next ones being decoded while these are encoded."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        starts = range(0, len(paths), batch)
        ahead = [pool.submit(lambda some: [_read(path) for path in some], paths[:batch])]
        for start in starts:
            following = paths[start + batch : start + 2 * batch]
            if following:
                ahead.append(pool.submit(lambda some: [_read(path) for path in some], following))
            yield ahead.pop(0).result()


def _read(path: Path) -> Pixels | str:
    """Return the pixels of an image, or why there are none."""
    try:
        values = read_image(path, longest_side=LONGEST_SIDE)
    except SourceError as error:
        return str(error)
    return Pixels(
        "rgb", _RGB, np.ascontiguousarray(values.transpose(2, 0, 1)), np.ones(values.shape[:2], dtype=np.bool_)
    )


def _text_vectors(model: Model, questions: Questions, batch: int) -> FloatArray:
    rows = []
    for start in range(0, len(questions.sentences), 4 * batch):
        some = slice(start, start + 4 * batch)
        keywords = None if questions.keywords is None else questions.keywords[some]
        rows.append(model.encode_texts(questions.sentences[some], keywords))
    return np.concatenate(rows)


def _scores(model: Model, images: FloatArray, texts: FloatArray) -> FloatArray:
    """Return the score of every image with every different text, by the model's own scorer where it has one."""
    scorer: Scorer | None = getattr(model, "scorer", None)
    whole = np.empty((len(images), len(texts)), dtype=np.float32)
    for start in range(0, len(images), _IMAGES_AT_ONCE):
        rows = slice(start, start + _IMAGES_AT_ONCE)
        if scorer is None or isinstance(scorer, Cosine):
            np.matmul(images[rows], texts.T, out=whole[rows])
            continue
        prepared = scorer.prepare(images[rows])
        for column, text in enumerate(texts):
            whole[rows, column] = scorer.scores(text, prepared)
    return whole
