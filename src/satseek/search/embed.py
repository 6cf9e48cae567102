"""From a query to its parts: each part that says something about content becomes one unit vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from satseek.core.model import Model, require_readable, require_text
from satseek.core.query import Example, Query
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    from satseek.archive.archive import Archive
    from satseek.models.scorers import Scorer

Kind = Literal["sentence", "must", "not", "like", "unlike"]


@dataclass(frozen=True)
class Part:
    """One part of a query as the archive can be asked for it."""

    kind: Kind
    name: str  # as explanations call it: "sentence", "must: river", "like: 3f2a…"
    weight: float
    vector: FloatArray  # unit, or zeros where the model knows none of the words
    words: str | None = None  # what the archive's text is asked for
    chip: str | None = None  # the id of an example that the archive holds
    scorer: Scorer | None = None  # of words, where the model has a more exact one than the cosine
    sensor: str | None = None  # of an example, where the model keeps sensors in spaces of their own

    @property
    def attracts(self) -> bool:
        """Whether the part asks for more of it, not for less."""
        return self.kind in ("sentence", "must", "like")

    @property
    def is_known(self) -> bool:
        """Whether the model could make anything of it."""
        return bool(self.vector.any())


def embed(query: Query, archive: Archive, model: Callable[[], Model]) -> list[Part]:
    """Return the parts of a query that weigh something, each with its vector; the model is loaded only if needed."""
    return _of_words(query, archive, model) + _of_chips(query, archive) + _of_files(query, model)


def _of_words(query: Query, archive: Archive, model: Callable[[], Model]) -> list[Part]:
    sentence = (query.sentence or "").strip()
    sentences = [("sentence", sentence, query.sentence_weight)] if sentence and query.sentence_weight > 0 else []
    keywords: list[tuple[Kind, str, float]] = []
    for kind, asked in (("must", query.must), ("not", query.must_not)):
        keywords += [(kind, each.text.strip(), each.weight) for each in asked if each.text.strip() and each.weight > 0]  # type: ignore[misc]
    if not sentences and not keywords:
        return []
    if not archive.card.reads_text:
        from satseek.models.catalogue import models_with_words

        require_text(archive.card, models_with_words(archive.card.sensors))
    parts = []
    scorer: Scorer | None = getattr(model(), "scorer", None)
    if sentences:
        vectors = model().encode_texts([sentence])
        parts.append(Part("sentence", "sentence", query.sentence_weight, vectors[0], words=sentence, scorer=scorer))
    if keywords:
        vectors = model().encode_texts([""] * len(keywords), [[text] for _, text, _ in keywords])
        for (kind, text, weight), vector in zip(keywords, vectors, strict=True):
            parts.append(Part(kind, f"{kind}: {text}", weight, vector, words=text, scorer=scorer))
    return parts


def _examples(query: Query) -> list[tuple[Kind, Example]]:
    asked: list[tuple[Kind, Example]] = [("like", example) for example in query.like]
    asked += [("unlike", example) for example in query.unlike]
    return [(kind, example) for kind, example in asked if example.weight > 0]


def _of_chips(query: Query, archive: Archive) -> list[Part]:
    asked = [(kind, example) for kind, example in _examples(query) if example.chip]
    if not asked:
        return []
    ids = [str(example.chip) for _, example in asked]
    vectors = archive.vectors(ids)
    sensors = [chip.sensor for chip in archive.get(ids)] if archive.card.spaces else [None] * len(ids)
    return [
        Part(
            kind, f"{kind}: {example.name}", example.weight, np.asarray(vector, np.float32), chip=example.chip,
            sensor=sensor,
        )
        for (kind, example), vector, sensor in zip(asked, vectors, sensors, strict=True)
    ]  # fmt: skip


def _of_files(query: Query, model: Callable[[], Model]) -> list[Part]:
    asked = [(kind, example) for kind, example in _examples(query) if not example.chip]
    if not asked:
        return []
    pictures = _read_files([example for _, example in asked], model())
    vectors = model().encode_images(pictures)
    return [
        Part(kind, f"{kind}: {example.name}", example.weight, vector, sensor=picture.sensor)
        for (kind, example), vector, picture in zip(asked, vectors, pictures, strict=True)
    ]


def _read_files(examples: Sequence[Example], model: Model) -> list[Pixels]:
    """Read each file as one picture, by the same road that ingest reads chips."""
    from satseek.raster.read import read_picture
    from satseek.raster.recognise import Override

    pictures = []
    for example in examples:
        size = model.card.chip_size or None
        picture = read_picture(str(example.file), Override(sensor=example.sensor), size=size)
        if model.card.sensors:
            require_readable(model.card, picture.sensor)
        pictures.append(picture)
    return pictures
