"""Finding a place in another sensor's pictures: aligned to the pixel, shifted and turned, and verified by registration.

Pair retrieval hides two questions. Chips that lie on one grid are matched by their structure alone; chips that are cut
independently are not. Both are measured, and what registration makes of the first candidates.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError, UsageError
from satseek.core.model import Model, require_comparable, require_readable
from satseek.core.sensor import Pixels
from satseek.core.vectors import FloatArray
from satseek.datasets.co_registered import CoRegisteredSet, read_pixels
from satseek.evaluation.pair_report import CrossRecall, PairReport, cross_recall
from satseek.models.structure.maps import CELL_PIXELS, StructureMaps, quarter_turned
from satseek.models.structure.registration import candidates_of, register, scores_of

CANDIDATES = 100
_VERIFIED_FIRST = 1e3  # above any score of an embedding
_READERS = 2


@dataclass(frozen=True)
class Cut:
    """What of a picture is seen: a window, and by how many quarters it is turned counter-clockwise."""

    top: int
    left: int
    side: int
    turn: int

    def of(self, chip: Pixels) -> Pixels:
        """Return the window, turned."""
        rows, columns = slice(self.top, self.top + self.side), slice(self.left, self.left + self.side)
        window = Pixels(
            chip.sensor, chip.bands, chip.values[:, rows, columns], chip.valid[rows, columns], chip.ground_resolution_m
        )
        return quarter_turned(window, self.turn)


def evaluate_pairs(
    model: Model,
    pairs: CoRegisteredSet,
    *,
    shift: int | None = None,
    turns: bool = False,
    verify: StructureMaps | None = None,
    candidates: int = CANDIDATES,
    name: str | None = None,
    seed: int = 0,
    batch: int = 32,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> PairReport:
    """Return how well a model finds each place in the other sensor's pictures.

    `shift` is by how many pixels each picture is moved at most, an eighth of its side unless told; the window is what
    fits. With `turns` each is turned by quarters too, and the query is asked in all four, as `same_place` asks.
    """
    began = time.perf_counter()
    shift = pairs.size // 8 if shift is None else shift
    if not 0 <= 2 * shift < pairs.size:
        raise UsageError(f"Pictures of {pairs.size} pixels cannot be shifted by {shift}. Give --shift less than half.")
    seen = [read_pixels(pairs, 0, sensor).sensor for sensor in pairs.sensors]
    for sensor in seen:
        require_readable(model.card, sensor)
    require_comparable(model.card, seen)
    steps = len(pairs) * len(pairs.sensors) * 2
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        done += count
        on_progress(done, steps)

    whole = {sensor: [Cut(0, 0, pairs.size, 0)] * len(pairs) for sensor in pairs.sensors}
    cuts = shifted_cuts(pairs, shift, turns, seed)
    aligned = _Seen.of(model, pairs, whole, [0], verify, batch, progress)
    shifted = _Seen.of(model, pairs, cuts, [0, 1, 2, 3] if turns else [0], verify, batch, progress)
    broken = aligned.broken | shifted.broken
    good = np.array([row for row in range(len(pairs)) if row not in broken], dtype=np.int64)
    if not len(good):
        raise SourceError(f"Not one of the {len(pairs):,} pairs of {pairs.name} can be read; nothing was measured.")
    verified = _verified(aligned, shifted, cuts, good, candidates, pairs, seed) if verify else {}
    return PairReport(
        model=name or model.card.name,
        dataset=pairs.name,
        split=pairs.split,
        pairs=len(good),
        shift=shift,
        window=pairs.size - 2 * shift,
        turns=turns,
        aligned=cross_recall(aligned.scores(good), seed=seed),
        shifted=cross_recall(shifted.scores(good), seed=seed),
        gap=aligned.gap(good),
        broken={pairs.ids[row]: why for row, why in broken.items()},
        candidates=min(candidates, len(good)) if verify else 0,
        seconds=time.perf_counter() - began,
        **verified,
    )


def shifted_cuts(pairs: CoRegisteredSet, shift: int, turns: bool, seed: int) -> Mapping[str, list[Cut]]:
    """Return a window for each picture of each sensor, moved independently; the same for the same seed."""
    draw = np.random.default_rng(seed)
    cuts = {}
    for sensor in pairs.sensors:
        corners = draw.integers(0, 2 * shift + 1, (len(pairs), 2))
        turned = draw.integers(0, 4, len(pairs)) if turns else np.zeros(len(pairs), dtype=np.int64)
        side = pairs.size - 2 * shift
        cuts[sensor] = [Cut(int(y), int(x), side, int(t)) for (y, x), t in zip(corners, turned, strict=True)]
    return cuts


@dataclass(frozen=True)
class _Seen:
    """Vectors and maps of every picture of one protocol."""

    vectors: Mapping[str, FloatArray]  # sensor -> (turns, pairs, dim); the first turn is none
    maps: Mapping[str, list[list[FloatArray]]]  # sensor -> pair -> turns
    broken: dict[int, str]

    @staticmethod
    def of(
        model: Model, pairs: CoRegisteredSet, cuts: Mapping[str, Sequence[Cut]], turns: Sequence[int],
        verify: StructureMaps | None, batch: int, on_done: Callable[[int], None],
    ) -> _Seen:  # fmt: skip
        vectors = {
            sensor: np.zeros((len(turns), len(pairs), model.card.dimensions), np.float32) for sensor in pairs.sensors
        }
        maps: dict[str, list[list[FloatArray]]] = {sensor: [[]] * len(pairs) for sensor in pairs.sensors}
        broken: dict[int, str] = {}
        for sensor in pairs.sensors:
            for rows, read in _batches(pairs, sensor, batch):
                chips = {}
                for row, chip in zip(rows, read, strict=True):
                    if isinstance(chip, str):
                        broken[row] = chip
                    else:
                        chips[row] = cuts[sensor][row].of(chip)
                for place, turn in enumerate(turns):
                    turned = [quarter_turned(chip, turn) for chip in chips.values()]
                    if turned:
                        vectors[sensor][place, list(chips)] = model.encode_images(turned)
                if verify is not None:
                    for row, chip in chips.items():
                        maps[sensor][row] = verify.of([quarter_turned(chip, turn) for turn in turns])
                on_done(len(rows))
        return _Seen(vectors, maps, broken)

    def scores(self, good: NDArray[np.int64]) -> dict[str, FloatArray]:
        """Return (queries, places) each way; of several turns of a query the best counts."""
        return {
            f"{asked}_{found}": np.max(
                [turned[good] @ self.vectors[found][0, good].T for turned in self.vectors[asked]], axis=0
            )
            for asked, found in _ways(tuple(self.vectors))
        }

    def gap(self, good: NDArray[np.int64]) -> float:
        """Return how far apart the sensors' mean vectors are."""
        means = [vectors[0, good].mean(axis=0) for vectors in self.vectors.values()]
        return float(np.linalg.norm(means[0] - means[1]))


def _ways(sensors: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from ((asked, found) for asked in sensors for found in sensors if asked != found)


def _batches(pairs: CoRegisteredSet, sensor: str, batch: int) -> Iterator[tuple[range, list[Pixels | str]]]:
    """Go through one sensor's pictures, decoded by several workers."""

    def one(row: int) -> Pixels | str:
        try:
            return read_pixels(pairs, row, sensor)
        except SourceError as error:
            return str(error)

    with ThreadPoolExecutor(_READERS) as pool:
        for start in range(0, len(pairs), batch):
            rows = range(start, min(start + batch, len(pairs)))
            yield rows, list(pool.map(one, rows))


def _verified(
    aligned: _Seen, shifted: _Seen, cuts: Mapping[str, Sequence[Cut]], good: NDArray[np.int64], candidates: int,
    pairs: CoRegisteredSet, seed: int,
) -> dict[str, Any]:  # fmt: skip
    """Return what registration makes of the first candidates, as the report's fields."""
    first, second = (_Verification.of(seen, good, candidates) for seen in (aligned, shifted))
    errors, turns_right = second.errors(cuts, good)
    found: dict[str, Any] = {
        "verified": cross_recall(first.scores, seed=seed),
        "verified_shifted": cross_recall(second.scores, seed=seed),
        "recalled": {"aligned": first.recalled, "shifted": second.recalled},
        "verify_milliseconds": second.milliseconds,
    }
    if len(errors):
        found["offset_error_m"] = round(float(np.median(errors)) * pairs.ground_resolution_m, 2)
        found["turns_right"] = round(100 * turns_right, 2)
    return found


@dataclass(frozen=True)
class _Verification:
    scores: dict[str, FloatArray]
    recalled: float  # percent of queries whose right answer was among the candidates
    milliseconds: float  # median of one query
    right: dict[str, list[tuple[int, int, float, float]]]  # way -> (row, turn, down, right) of those found first

    @staticmethod
    def of(seen: _Seen, good: NDArray[np.int64], candidates: int) -> _Verification:
        scores, spent, recalled = {}, [], []
        right: dict[str, list[tuple[int, int, float, float]]] = {}
        for way, square in seen.scores(good).items():
            asked, found = next((a, f) for a, f in _ways(tuple(seen.vectors)) if f"{a}_{f}" == way)
            archive = candidates_of(np.stack([seen.maps[found][row][0] for row in good]))
            verified, right[way] = square.copy(), []
            for place, row in enumerate(good):
                rows = np.argsort(-square[place], kind="stable")[:candidates]
                recalled.append(place in rows)
                chosen = archive[rows]
                began = time.perf_counter()
                registered = register(seen.maps[asked][row], chosen)
                order = np.argsort([-score for score in scores_of(registered, square[place, rows])], kind="stable")
                spent.append(1000 * (time.perf_counter() - began))
                for rank, position in enumerate(order):
                    verified[place, rows[position]] = _VERIFIED_FIRST - rank
                best = registered[order[0]]
                if rows[order[0]] == place:
                    right[way].append((int(row), best.turn, best.down, best.right))
            scores[way] = verified
        return _Verification(scores, 100 * float(np.mean(recalled)), float(np.median(spent)), right)

    def errors(self, cuts: Mapping[str, Sequence[Cut]], good: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
        """Return how far, in pixels, the offsets found lie from the true ones, and the share of right turns."""
        errors, turns = [], []
        for way, found in self.right.items():
            asked, other = next((a, f) for a in cuts for f in cuts if f"{a}_{f}" == way)
            for row, turn, down, right in found:
                query, held = cuts[asked][row], cuts[other][row]
                turns.append((query.turn + turn) % 4 == held.turn)
                true = _turned_offset(query.top - held.top, query.left - held.left, held.turn)
                errors.append(np.hypot(down * CELL_PIXELS - true[0], right * CELL_PIXELS - true[1]))
        return np.array(errors), float(np.mean(turns)) if turns else 0.0


def _turned_offset(down: int, right: int, turn: int) -> tuple[int, int]:
    """Return an offset on the ground as seen in a picture that is turned counter-clockwise by quarters."""
    for _ in range(turn):
        down, right = -right, down
    return down, right


__all__ = ["CANDIDATES", "CrossRecall", "Cut", "evaluate_pairs", "shifted_cuts"]
