"""Why: the part that matched is the one that is shown, whatever the model, and what is shown is faithful."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.model import Paint, painted, plain_picture
from satseek.core.errors import UsageError
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.evaluation.deletion import deletion
from satseek.models.catalogue import load_model
from satseek.search.embed import Part
from satseek.search.why import hidden, why
from satseek.synthetic.words import NOUNS
from worlds import small_world


def asked(vector: np.ndarray, kind: str = "sentence", weight: float = 1.0) -> Part:
    return Part(kind, kind, weight, vector, words="words")  # type: ignore[arg-type]


def patched(side: int = 64) -> Pixels:
    """Green with a red square in the third and fourth of eight cells down, the sixth and seventh across."""
    values = plain_picture(0, 180, 0, side=side).values.copy()
    cell = side // 8
    values[:, 2 * cell : 4 * cell, 5 * cell : 7 * cell] = np.array([220, 0, 0], np.uint8)[:, None, None]
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones((side, side), dtype=bool))


def test_the_red_part_is_why_a_chip_is_red() -> None:
    found = why(patched(), [asked(painted(red=1))], Paint())
    assert found.grid.shape == (found.rows, found.columns) == (8, 8)
    assert found.grid.max() == 1
    assert found.grid[2:4, 5:7].min() > 0.4
    outside = found.grid.copy()
    outside[1:5, 4:8] = 0
    assert outside.max() < 0.5
    assert found.grid[2:4, 5:7].mean() > 10 * outside.mean()


def test_of_what_is_to_be_avoided_its_absence_counts() -> None:
    found = why(patched(), [asked(painted(red=1), kind="not")], Paint())
    assert found.grid[2:4, 5:7].max() < 0.2
    assert found.score < 0


def test_parts_count_by_their_weight() -> None:
    def red_and_green(weight_of_red: float, weight_of_green: float) -> np.ndarray:
        red, green = asked(painted(red=1), weight=weight_of_red), asked(painted(green=1), "must", weight_of_green)
        return why(patched(), [red, green], Paint()).grid

    assert red_and_green(3.0, 0.1)[2:4, 5:7].min() > 0.4
    assert red_and_green(0.1, 3.0)[2:4, 5:7].max() < 0.1


def test_where_nothing_changes_nothing_is_shown() -> None:
    found = why(plain_picture(0, 180, 0), [asked(painted(green=1))], Paint())
    assert (found.grid == 0).all()
    assert found.most == 0
    assert found.to_json()["method"] == "occlusion"


def test_cells_are_square_on_a_chip_that_is_not_and_never_smaller_than_a_pixel() -> None:
    wide = Pixels("rgb", ("red", "green", "blue"), np.zeros((3, 32, 128), np.uint8), np.ones((32, 128), dtype=bool))
    assert why(wide, [asked(painted(red=1))], Paint()).grid.shape == (2, 8)
    tiny = plain_picture(9, 9, 9, side=3)
    assert why(tiny, [asked(painted(grey=1))], Paint()).grid.shape == (3, 3)
    dot = plain_picture(9, 9, 9, side=1)
    assert why(dot, [asked(painted(grey=1))], Paint()).grid.shape == (1, 1)


def test_what_is_hidden_is_not_measured_and_looks_like_the_rest() -> None:
    cells = np.zeros((2, 2), dtype=bool)
    cells[0, 1] = True
    chip = patched(16)
    rest = hidden(chip, cells)
    assert not rest.valid[:8, 8:].any()
    assert rest.valid[8:].all()
    assert (rest.values[:, 0, 15] == np.rint(chip.values[:, rest.valid].mean(axis=1))).all()
    assert chip.valid.all()  # the chip itself stays
    assert chip.values[0, 5, 11] == 220
    all_of_it = hidden(chip, np.ones((2, 2), dtype=bool))
    assert not all_of_it.valid.any()


def test_what_cannot_be_shown_is_refused() -> None:
    with pytest.raises(UsageError, match="knows none of 'words'"):
        why(patched(), [asked(painted())], Paint())
    with pytest.raises(UsageError, match="2 to 16 cells"):
        why(patched(), [asked(painted(red=1))], Paint(), cells=40)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size", "chips"), [("colour", 224, 8), ("amfmn", 160, 4)])
def test_what_is_shown_is_faithful_on_painted_chips_with_known_things(name: str, size: int, chips: int) -> None:
    """Taken away first, it lets the score fall sooner than random parts do."""
    model = load_model(name)
    world = small_world("harbour coast", size=1024, resolution=1.0)
    picture = world.render("rgb")
    tried = []
    for row in range(0, 1024 - size, size):
        for column in range(0, 1024 - size, size):
            shares = world.describe(Window(column, row, size, size)).shares
            label = next((name for name, share in shares.items() if 0.05 < share < 0.5 and name in NOUNS), None)
            vector = None if label is None else model.encode_texts([NOUNS[label].one[0]])[0]
            if vector is not None and vector.any() and len(tried) < chips:
                values = picture[:, row : row + size, column : column + size]
                tried.append((Pixels("rgb", ("red", "green", "blue"), values, np.ones((size, size), bool)), vector))
    assert len(tried) == chips
    judged = []
    for chip, vector in tried:
        parts = [asked(vector)]
        judged.append(deletion(chip, why(chip, parts, model).grid, parts, model, orders=4))
    assert np.mean([each.is_faithful for each in judged]) >= 0.75
    assert np.mean([each.told for each in judged]) > np.mean([np.mean(each.chance) for each in judged]) + 0.02
