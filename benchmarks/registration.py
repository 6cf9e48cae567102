"""How long it takes to lay one picture on 100 candidates, with and without quarter turns, their maps at hand.

    OMP_NUM_THREADS=1 python benchmarks/registration.py

The time is the process's own on one core, the median of 40 questions; what other processes take is not counted. Wanted:
20 ms.
"""

from __future__ import annotations

import time

import numpy as np
from machine import facts, write_result
from scipy.ndimage import gaussian_filter

from satseek.core.vectors import FloatArray
from satseek.models.structure.maps import CELL_PIXELS
from satseek.models.structure.network import CHANNELS
from satseek.models.structure.registration import Candidates, candidates_of, register

CANDIDATES, ROUNDS = 100, 40
SIDES = (192, 256)  # pixels
TURNS = (1, 4)


def main() -> None:
    rows = []
    for side in SIDES:
        maps = _maps(side // CELL_PIXELS)
        held = candidates_of(maps)
        for turns in TURNS:
            spent = _milliseconds(maps, held, turns)
            rows.append({"side": side, "turns": turns, "milliseconds": round(spent, 2)})
            print(f"{side}×{side} pixels, {turns} turn{'s' * (turns > 1)}: {spent:5.1f} ms for {CANDIDATES} candidates")
    told = facts(data="smooth noise", seed=0, libraries=("numpy", "scipy"))
    write_result("registration", told | {"candidates": CANDIDATES, "rows": rows})


def _maps(cells: int) -> FloatArray:
    drawn = np.random.default_rng(0).standard_normal((CANDIDATES, CHANNELS, cells, cells))
    maps = gaussian_filter(drawn, (0, 0, 1.5, 1.5)).astype(np.float32)
    maps -= maps.mean((2, 3), keepdims=True)
    return np.asarray(maps / np.linalg.norm(maps.reshape(len(maps), -1), axis=1)[:, None, None, None])


def _milliseconds(maps: FloatArray, held: Candidates, turns: int) -> float:
    spent = []
    for question in range(ROUNDS):
        asked = [np.ascontiguousarray(np.rot90(maps[question], turn, (1, 2))) for turn in range(turns)]
        began = time.process_time()
        register(asked, held)
        spent.append(1e3 * (time.process_time() - began))
    return float(np.median(spent[1:]))  # the first one makes tables that are kept


if __name__ == "__main__":
    main()
