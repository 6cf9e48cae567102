"""Do words rank radar as they rank the optical pictures of the same places? Correlation of ranks, shared first ten.

    python benchmarks/words_to_radar.py --model satseek-one --data ../shared/data/s1s2

No radar here has a caption, so this does not say that a ranking is right; it says how much of what words find in
optical is found in radar alone. Places are those of the val split, which the bridge never saw. By chance the
correlation is 0.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from machine import facts, write_result
from numpy.typing import NDArray

from satseek.datasets.catalogue import load_pairs
from satseek.datasets.co_registered import read_pixels
from satseek.models.catalogue import load_model

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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--model", default="satseek-one")
    options.add_argument("--data", type=Path, required=True)
    asked = options.parse_args()
    model, pairs = load_model(asked.model), load_pairs("s1s2", asked.data, split="val")
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
        "rank_correlation": round(float(np.mean([row["rank_correlation"] for row in rows])), 3),
        "overlap": round(float(np.mean([row["shared"] for row in rows])) / FIRST, 3),
        "chance_overlap": round(FIRST / len(pairs), 3),
        "places": len(pairs),
    }
    print(figures)
    told = facts(data="s1s2 val", seed=None, libraries=("torch",))
    write_result("words_to_radar", told | {"model": asked.model, "figures": figures, "rows": rows})


def _ranks(scores: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.argsort(np.argsort(scores))


if __name__ == "__main__":
    main()
