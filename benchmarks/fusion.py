"""How well what the model sees and what the text says go together: nDCG@10 on the synthetic world.

The truth are the painter's labels, which are hidden from the archive's text: a chip says only its captions, and only
a share of the chips has any. Compared are the vector alone, the text alone (BM25), reciprocal rank fusion, and the
search as it is; for single things, for two things at once, and for one thing without another.

    python benchmarks/fusion.py [--scenes 24] [--size 1024] [--seed 7]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import numpy as np
from machine import facts, write_result
from numpy.typing import NDArray

from satseek.archive.archive import Archive
from satseek.core.chip import Chip
from satseek.core.query import Keyword, Query
from satseek.core.vectors import FloatArray
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from satseek.search.collection import Collection
from satseek.search.embed import embed
from satseek.search.recall import direction
from satseek.synthetic.catalog import write_catalog

SHARES = (1.0, 0.5, 0.1, 0.0)  # of the chips that have captions
LIST = 256  # chips that a way of searching looks at
RANK = 60  # of reciprocal rank fusion, as its authors have it
K = 10
LEAST_RELEVANT = 10  # chips, for a question to be asked
MOST_QUESTIONS = 80  # of one kind, drawn at random


@dataclass(frozen=True)
class Question:
    """What is asked, and which chips are right."""

    query: Query
    right: frozenset[str]


Way = Callable[[Collection, Query], list[str]]


def main() -> None:
    """Paint, ingest, ask, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=24)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        chips, vectors = painted(Path(folder), options.scenes, options.size, options.seed)
        rng = np.random.default_rng(options.seed)
        kinds = {"one thing": single(chips), "two things": joint(chips), "one without another": without(chips)}
        kinds = {kind: drawn(questions, rng) for kind, questions in kinds.items()}
        figures = {}
        for share in SHARES:
            world = captioned(Path(folder) / f"captioned-{share}", chips, vectors, share, options.seed)
            figures[f"{share:.0%} captioned"] = {
                kind: {name: round(mean_ndcg(world, questions, way), 3) for name, way in WAYS.items()}
                for kind, questions in kinds.items()
            }
            print(share, figures[f"{share:.0%} captioned"], flush=True)
    data = f"satseek.synthetic: {options.scenes} scenes of {options.size} px, {len(chips)} chips of three sensors"
    result = facts(data=data, seed=options.seed, libraries=("lancedb",)) | {
        "measure": f"nDCG@{K}, mean over questions; truth: the painter's labels, hidden from the text",
        "questions": {kind: len(questions) for kind, questions in kinds.items()},
        "ndcg": figures,
    }
    print(write_result("fusion", result))


def painted(folder: Path, scenes: int, size: int, seed: int) -> tuple[list[Chip], FloatArray]:
    """Return chips and vectors of a synthetic catalog, as an ingest makes them."""
    model = load_model("colour")
    archive = Archive.create(str(folder / "archive"), model.card)
    ingest(archive, [str(write_catalog(folder / "world", scenes=scenes, size=size, seed=seed))], model=model)
    batches = list(archive.scan())
    return [chip for batch in batches for chip in batch.chips], np.concatenate([batch.vectors for batch in batches])


def captioned(folder: Path, chips: Sequence[Chip], vectors: FloatArray, share: float, seed: int) -> Collection:
    """Return an archive in which this share of the chips has captions, and none has labels or keywords."""
    speaks = np.random.default_rng(seed).random(len(chips)) < share
    model = load_model("colour")
    archive = Archive.create(str(folder), model.card)
    told = [
        replace(chip, caption=chip.caption if says else None, keywords=(), labels=())
        for chip, says in zip(chips, speaks, strict=True)
    ]
    archive.add(told, vectors)
    return Collection(archive, model)


def single(chips: Sequence[Chip]) -> list[Question]:
    """One thing, in words: `a river`."""
    return [Question(Query(f"a {label}"), right) for label, right in _by_label(chips).items()]


def joint(chips: Sequence[Chip]) -> list[Question]:
    """A sentence about one thing, and another one as a must."""
    held = _by_label(chips)
    found = ((one, other, held[one] & held[other]) for one, other in permutations(held, 2))
    return [
        Question(Query(f"a {one}", must=(Keyword(other),)), right)
        for one, other, right in found
        if LEAST_RELEVANT <= len(right) < 0.8 * len(held[one])
    ]


def without(chips: Sequence[Chip]) -> list[Question]:
    """A sentence about one thing, and another one that must not be there."""
    held = _by_label(chips)
    found = ((one, other, held[one] - held[other]) for one, other in permutations(held, 2))
    return [
        Question(Query(f"a {one}", must_not=(Keyword(other),)), right)
        for one, other, right in found
        if LEAST_RELEVANT <= len(right) < 0.8 * len(held[one])
    ]


def drawn(questions: list[Question], rng: np.random.Generator) -> list[Question]:
    """Return the questions, or as many of them as there is time for."""
    return [questions[index] for index in sorted(rng.permutation(len(questions))[:MOST_QUESTIONS])]


def by_vector(world: Collection, query: Query) -> list[str]:
    """The direction of all parts, nothing else."""
    towards = direction(embed(query, world.archive, lambda: world.model))
    return [] if towards is None else world.archive.nearest(towards, k=LIST).ids


def by_text(world: Collection, query: Query) -> list[str]:
    """BM25 over all words that are asked for."""
    words = " ".join([query.sentence or "", *(keyword.text for keyword in query.must)])
    return world.archive.matching_text(words, k=LIST).ids


def by_ranks(world: Collection, query: Query) -> list[str]:
    """Reciprocal rank fusion of both."""
    scores: dict[str, float] = {}
    for found in (by_vector(world, query), by_text(world, query)):
        for rank, chip in enumerate(found, start=1):
            scores[chip] = scores.get(chip, 0.0) + 1 / (RANK + rank)
    return sorted(scores, key=lambda chip: (-scores[chip], chip))


def by_search(world: Collection, query: Query) -> list[str]:
    """The search as it is."""
    return world.ask(replace(query, k=K, merge=False)).ids


WAYS: dict[str, Way] = {
    "vector": by_vector, "text (BM25)": by_text, "reciprocal rank": by_ranks, "satseek search": by_search,
}  # fmt: skip


def mean_ndcg(world: Collection, questions: Sequence[Question], way: Way) -> float:
    """Return the mean nDCG@10 of a way of searching."""
    return float(np.mean([_ndcg(way(world, each.query)[:K], each.right) for each in questions]))


def _ndcg(found: Sequence[str], right: frozenset[str]) -> float:
    gains: NDArray[np.float64] = 1 / np.log2(np.arange(2, K + 2))
    got = sum(gain for gain, chip in zip(gains, found, strict=False) if chip in right)
    return float(got / gains[: min(K, len(right))].sum())


def _by_label(chips: Sequence[Chip]) -> dict[str, frozenset[str]]:
    held: dict[str, set[str]] = {}
    for label, chip in _labelled(chips):
        held.setdefault(label, set()).add(chip)
    return {label: frozenset(found) for label, found in sorted(held.items()) if len(found) >= LEAST_RELEVANT}


def _labelled(chips: Sequence[Chip]) -> Iterator[tuple[str, str]]:
    for chip in chips:
        for label in chip.labels:
            yield label, chip.id


if __name__ == "__main__":
    main()
