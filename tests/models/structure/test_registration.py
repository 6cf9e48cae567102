"""Registration finds the shift and the turn that were made, says how sure, and agrees with trying all shifts slowly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fakes.pairs import backscatter_of, colours_of
from satseek.core.errors import ModelError
from satseek.core.sensor import Pixels
from satseek.models.checkpoint import save_checkpoint
from satseek.models.structure.maps import load_maps, maps_card, quarter_turned
from satseek.models.structure.registration import LEAST_OVERLAP, candidates_of, ranking, register


def unit(maps: np.ndarray) -> np.ndarray:
    maps = maps - maps.mean((2, 3), keepdims=True)
    return np.asarray(maps / np.linalg.norm(maps.reshape(len(maps), -1), axis=1)[:, None, None, None], dtype=np.float32)


def smooth(rng: np.random.Generator, *shape: int) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(rng.normal(size=shape), (0,) * (len(shape) - 2) + (1.5, 1.5)), dtype=np.float32)


def test_the_shift_that_was_made_is_found() -> None:
    ground = smooth(np.random.default_rng(0), 6, 4, 60, 60)
    held = candidates_of(unit(ground[:, :, 10:42, 10:42]))
    for row, (down, right) in enumerate([(0, 0), (5, -3), (-9, 8), (2, 10), (-1, -1), (7, 0)]):
        query = unit(ground[row : row + 1, :, 10 + down : 42 + down, 10 + right : 42 + right])[0]
        found = register([query], held)
        assert ranking(found)[0] == row
        assert abs(found[row].down - down) < 0.5
        assert abs(found[row].right - right) < 0.5


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_the_turn_that_was_made_is_found(turn: int) -> None:
    ground = unit(smooth(np.random.default_rng(1), 3, 4, 32, 32))
    seen = np.rot90(ground[1], -turn, (1, 2))  # the candidate is the query turned counter-clockwise
    found = register([np.ascontiguousarray(np.rot90(seen, each, (1, 2))) for each in range(4)], candidates_of(ground))
    assert ranking(found)[0] == 1
    assert (found[1].turn, round(found[1].down), round(found[1].right)) == (turn, 0, 0)
    assert found[1].score == pytest.approx(1, abs=0.02)


def test_a_smaller_query_is_found_within_a_larger_candidate() -> None:
    ground = smooth(np.random.default_rng(2), 2, 4, 40, 40)
    query = unit(ground[1:, :, 3:27, 12:36])[0]
    best = register([query], candidates_of(unit(ground)))[1]
    assert best.down == pytest.approx(3 + 12 - 20, abs=0.5)  # from centre to centre
    assert best.right == pytest.approx(12 + 12 - 20, abs=0.5)


def test_it_agrees_with_trying_all_shifts_one_by_one() -> None:
    rng = np.random.default_rng(3)
    held, query = unit(smooth(rng, 4, 3, 16, 16)), unit(smooth(rng, 1, 3, 16, 16))[0]
    for found, theirs in zip(register([query], candidates_of(held)), held, strict=True):
        assert found.score == pytest.approx(_slowly(query, theirs), abs=0.03)


def test_ground_that_is_not_there_scores_lower() -> None:
    rng = np.random.default_rng(4)
    held = unit(smooth(rng, 9, 4, 32, 32))
    scores = sorted(each.score for each in register([held[4]], candidates_of(held)))
    assert scores[-1] > 2 * scores[-2]


def test_only_the_best_are_looked_at_closely_and_stand_first() -> None:
    held = unit(smooth(np.random.default_rng(5), 12, 4, 24, 24))
    found = register([held[7]], candidates_of(held), closely=3)
    assert sum(each.is_close for each in found) == 3
    assert all(found[row].is_close for row in ranking(found)[:3])
    assert register([held[0]], candidates_of(held)[:0]) == []


def test_maps_of_one_place_correlate_across_sensors() -> None:
    maps, size = load_maps(), 192
    valid = np.ones((size, size), dtype=np.bool_)
    colours = [Pixels("rgb", ("red", "green", "blue"), colours_of(seed, size), valid, 10) for seed in range(6)]
    held = candidates_of(np.stack(maps.of(colours)))
    right = 0
    for seed in range(6):
        radar = Pixels("s1", ("VH",), backscatter_of(seed, size), valid, 10)
        found = register(maps.turned(quarter_turned(radar, 1)), held)
        if ranking(found)[0] == seed:
            right += 1
            assert found[seed].turn == 3  # three more quarters bring it back
            assert max(abs(found[seed].down), abs(found[seed].right)) < 3
    assert right >= 5  # the network learnt on real ground, this is painted


def test_maps_are_unit_and_small_and_refuse_linear_backscatter() -> None:
    chip = Pixels("s1", ("VH",), backscatter_of(1, 96), np.ones((96, 96), bool), 10)
    (made,) = load_maps().of([chip])
    assert made.shape == (8, 24, 24)
    assert np.linalg.norm(made) == pytest.approx(1, abs=1e-3)
    assert load_maps().card == maps_card()
    linear = Pixels("s1", ("VH",), 10 ** (chip.values / 10), chip.valid, 10)
    with pytest.raises(ModelError, match="linear backscatter"):
        load_maps().of([linear])


def _slowly(query: np.ndarray, theirs: np.ndarray) -> float:
    best, side = -1.0, query.shape[1]
    for down in range(-side + 1, side):
        for right in range(-side + 1, side):
            ours = query[:, max(0, -down) : side - max(0, down), max(0, -right) : side - max(0, right)]
            other = theirs[:, max(0, down) : side + min(0, down), max(0, right) : side + min(0, right)]
            if other.shape[1] * other.shape[2] >= LEAST_OVERLAP * side * side:
                best = max(best, float((ours * other).sum()))
    return best


def test_maps_that_were_taught_here_are_used_where_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = load_maps()
    save_checkpoint(
        tmp_path / "mine", replace(packaged.card, version="mine"), packaged.network.state_dict(), settings={}
    )
    monkeypatch.setenv("SATSEEK_STRUCTURE_MAPS", str(tmp_path / "mine"))
    assert load_maps().card.version == maps_card().version == "mine"
    monkeypatch.setenv("SATSEEK_STRUCTURE_MAPS", str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="There is no model folder"):
        load_maps()
    monkeypatch.delenv("SATSEEK_STRUCTURE_MAPS")
    assert load_maps() is packaged
