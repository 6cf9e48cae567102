"""Do words find radar? On painted land, whose labels are known; on real pairs, whether it ranks as optical does.

    python benchmarks/words_to_radar.py --model satseek-one --data ../shared/data/s1s2

Painted land is of a seed that nothing was taught on: every label that 5 places or more show, and not most of them, is
asked for by each of its names, and nDCG@10 tells how well the places are ranked by their optical pictures and by their
radar alone. Then half of the places have an optical picture only and half have radar only, so that a radar picture has
no optical twin, and words → radar is set beside going by way of optical without the bridge: the optical picture that
fits the words best and the radar nearest to it on the ground (the model-free way), or nearest to it by `sscm`.

No real radar here has a caption: on the val pairs it is told how far words rank radar as they rank the optical pictures
of the same places.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import facts, write_result
from numpy.typing import NDArray

from satseek.core.model import Model
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray, unit_rows
from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import TRUE_COLOUR, read_pixels
from satseek.models.catalogue import load_model
from satseek.synthetic.words import NOUNS
from satseek.synthetic.world import BANDS, World

SENTENCES = (
    "farmland",
    "a dense residential area",
    "a sparse residential area",
    "an industrial area with large buildings",
    "mountains",
    "bare land",
    "a river",
    "a lake",
    "a forest",
    "a meadow",
    "a road through the desert",
    "an airport with runways",
    "a harbour with boats",
    "the sea",
    "a golf course",
    "a parking lot",
    "rows of green trees",
    "brown hills without plants",
    "a highway with an interchange",
    "white buildings with flat roofs",
)
FIRST = 10
SEED, LANDS, ACROSS = 9_011, 48, 2  # painted: the pictures of a land are cut from it ACROSS by ACROSS
FEWEST, MOST = 5, 0.6  # places that show a label which is asked for: this many, and this share of all
VIA = 3  # optical hits by whose way radar is asked for
Scores = NDArray[np.float32]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="satseek-one")
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--lands", type=int, default=LANDS)
    asked = options.parse_args()
    model = load_model(asked.model)
    painted = _on_painted_land(model, load_model("sscm"), asked.lands)
    figures, rows = _on_pairs(model, asked.data)
    told = facts(data="painted, and s1s2 val", seed=SEED, libraries=("torch",))
    name = "words_to_radar" if asked.model == "satseek-one" else f"words_to_radar_{asked.model}"
    write_result(name, told | {"model": asked.model, "painted": painted, "figures": figures, "rows": rows})


@dataclass(frozen=True)
class Places:
    """Painted places: both pictures, what they show, and where they lie."""

    radar: list[Pixels]
    optical: list[Pixels]
    labels: list[tuple[str, ...]]
    lands: NDArray[np.int64]
    corners: NDArray[np.float64]  # in the land, in pictures


def _on_painted_land(model: Model, radar_eye: Model, lands: int) -> dict[str, Any]:
    places = _painted(lands, model.card.chip_size)
    count = len(places.labels)
    shown = {label: np.array([label in each for each in places.labels]) for label in NOUNS}
    asked = [label for label, there in shown.items() if FEWEST <= there.sum() <= MOST * count]
    words = {label: (*NOUNS[label].one, *NOUNS[label].many, *NOUNS[label].land) for label in asked}
    said = {label: model.encode_texts(names) for label, names in words.items()}
    optical, radar = model.encode_images(places.optical), model.encode_images(places.radar)

    def ndcg(score: Callable[[FloatArray], Scores], rows: NDArray[np.int64]) -> dict[str, float]:
        """Return nDCG@10 of each label that some of these places show, the mean over its names."""
        return {
            label: float(np.mean([_ndcg(score(name)[rows], shown[label][rows]) for name in said[label]]))
            for label in asked
            if shown[label][rows].any()
        }

    everywhere = np.arange(count)
    by_optical = ndcg(lambda name: optical @ name, everywhere)
    by_radar = ndcg(lambda name: radar @ name, everywhere)
    chance = {label: _chance(shown[label]) for label in asked}
    figures = {
        "optical": _mean(by_optical),
        "radar": _mean(by_radar),
        "chance": _mean(chance),
        "share": round(_mean(by_radar) / _mean(by_optical), 3),
        "places": count,
        "labels": len(asked),
    }
    print(f"painted, {count} places, {len(asked)} labels, nDCG@10: {figures}")
    for label in asked:
        print(f"  {label:<16} optical {by_optical[label]:.2f}  radar {by_radar[label]:.2f}  chance {chance[label]:.2f}")
    seen, heard = radar_eye.encode_images(places.optical), radar_eye.encode_images(places.radar)
    apart = places.lands % 2, (places.corners.sum(1) % 2).astype(np.int64)
    without = {}
    for title, part in zip(("other lands", "neighbours"), apart, strict=True):
        found: dict[str, list[float]] = {}
        for side in (0, 1):  # each half is once the one with radar
            with_radar, with_optical = np.flatnonzero(part == side), np.flatnonzero(part != side)
            ways: dict[str, Callable[[FloatArray], Scores]] = {
                "radar by words": lambda name: radar @ name,
                "optical hit, radar nearest on the ground": _nearest(optical, places, with_optical),
                "optical hits, radar nearest by sscm": _by_vectors(optical, seen, heard, with_optical),
            }
            for way, score in ways.items():
                found.setdefault(way, []).append(_mean(ndcg(score, with_radar)))
            found.setdefault("chance", []).append(
                float(np.mean([_chance(shown[label][with_radar]) for label in asked if shown[label][with_radar].any()]))
            )
        without[title] = {way: round(float(np.mean(values)), 3) for way, values in found.items()}
        print(f"no optical twin, optical of {title}: {without[title]}")
    each = {
        label: {"optical": round(by_optical[label], 3), "radar": round(by_radar[label], 3)} for label in asked
    }  # fmt: skip
    return figures | {"without_twin": without, "by_label": each}


def _painted(lands: int, size: int) -> Places:
    radar, optical, labels, numbers, corners = [], [], [], [], []
    chosen, valid = [BANDS["s2"].index(name) for name in TRUE_COLOUR], np.ones((size, size), dtype=np.bool_)
    for number in range(lands):
        world = World.paint(SEED, 2 * ACROSS * size, 5.0, number=number)
        s2, s1 = world.render("s2", every=2)[chosen], world.render("s1", every=2)
        for row in range(ACROSS):
            for column in range(ACROSS):
                place = np.s_[:, row * size : (row + 1) * size, column * size : (column + 1) * size]
                radar.append(Pixels("s1", BANDS["s1"], np.ascontiguousarray(s1[place]), valid, 10.0))
                optical.append(Pixels("s2", TRUE_COLOUR, np.ascontiguousarray(s2[place]), valid, 10.0))
                labels.append(world.describe(Window(column * size, row * size, size, size), every=2).labels)
                numbers.append(number)
                corners.append((row, column))
    return Places(radar, optical, labels, np.array(numbers), np.array(corners, dtype=np.float64))


def _nearest(optical: FloatArray, places: Places, held: NDArray[np.int64]) -> Callable[[FloatArray], Scores]:
    """Return the model-free way: a radar picture counts what the optical one nearest to it on the ground does.

    Lands lie far apart, in no order that says anything; of a land without an optical picture nothing is known.
    """

    def score(name: FloatArray) -> Scores:
        scores = optical[held] @ name
        out = np.full(len(optical), -np.inf, dtype=np.float32)
        for place in range(len(optical)):
            near = np.flatnonzero(places.lands[held] == places.lands[place])
            if len(near):
                away = np.linalg.norm(places.corners[held][near] - places.corners[place], axis=1)
                out[place] = scores[near][away == away.min()].mean()
        blind = np.isinf(out)
        out[blind] = np.random.default_rng(0).random(int(blind.sum())) - 10
        return out

    return score


def _by_vectors(
    optical: FloatArray, seen: FloatArray, heard: FloatArray, held: NDArray[np.int64]
) -> Callable[[FloatArray], Scores]:
    """Return the way by the vectors of the radar model: the radar that looks most like the first optical hits."""

    def score(name: FloatArray) -> Scores:
        hits = held[np.argsort(-(optical[held] @ name))[:VIA]]
        return np.asarray(heard @ unit_rows(seen[hits].mean(axis=0, keepdims=True))[0], dtype=np.float32)

    return score


def _ndcg(scores: Scores, there: NDArray[np.bool_]) -> float:
    weights = 1 / np.log2(np.arange(2, FIRST + 2))
    found, best = there[np.argsort(-scores, kind="stable")[:FIRST]], np.sort(there)[::-1][:FIRST]
    return float((found * weights[: len(found)]).sum() / (best * weights[: len(best)]).sum())


def _chance(there: NDArray[np.bool_]) -> float:
    """Return what a random order comes to: every place of the first ten is right by the share of right ones."""
    weights = 1 / np.log2(np.arange(2, FIRST + 2))
    return float(there.mean() * weights.sum() / weights[: int(min(there.sum(), FIRST))].sum())


def _mean(values: dict[str, float]) -> float:
    return round(float(np.mean(list(values.values()))), 3)


def _on_pairs(model: Model, data: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    pairs = load_pairs("s1s2", data, split="val")
    said = model.encode_texts(SENTENCES)
    scores = {
        sensor: said @ model.encode_images([read_pixels(pairs, place, sensor) for place in range(len(pairs))]).T
        for sensor in ("s1", "s2")
    }
    rows = []
    for sentence, radar, optical in zip(SENTENCES, scores["s1"], scores["s2"], strict=True):
        shared = set(np.argsort(-radar)[:FIRST]) & set(np.argsort(-optical)[:FIRST])
        alike = float(np.corrcoef(_ranks(radar), _ranks(optical))[0, 1])
        rows.append({"sentence": sentence, "rank_correlation": round(alike, 3), "shared": len(shared)})
        print(f"{sentence:<42} {alike:6.2f} {len(shared):3d} of {FIRST}")
    figures = {
        "rank_correlation": _average(rows, "rank_correlation"),
        "overlap": round(_average(rows, "shared") / FIRST, 3),
        "chance_overlap": round(FIRST / len(pairs), 3),
        "places": len(pairs),
    }
    print(figures)
    return figures, rows


def _average(rows: Sequence[dict[str, Any]], key: str) -> float:
    return round(float(np.mean([row[key] for row in rows])), 3)


def _ranks(scores: FloatArray) -> NDArray[np.int64]:
    return np.argsort(np.argsort(scores))


if __name__ == "__main__":
    main()
