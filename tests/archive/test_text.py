from __future__ import annotations

import numpy as np
import pytest

from fakes.chips import chip, clustered
from satseek.archive.archive import Archive
from satseek.core.area import Area
from satseek.core.filters import Filters


@pytest.fixture
def said(archive: Archive) -> Archive:
    """Chips of which something is said, and one of which nothing is."""
    archive.add(
        [
            chip(0, 10.0, 50.0, caption="a river through forest"),
            chip(1, 20.0, 50.0, caption="two rivers meet", keywords=("bridge",)),
            chip(2, 10.0, 51.0, labels=("Harbour", "Water")),
            chip(3, 20.0, 51.0),
            chip(4, caption="a quiet lake", keywords=("river", "river", "river")),
        ],
        clustered(5),
    )
    return archive


@pytest.fixture(params=[False, True], ids=["before optimize", "after optimize"])
def ready(said: Archive, request: pytest.FixtureRequest) -> Archive:
    if request.param:
        said.optimize()
    return said


def test_words_are_found_in_captions_keywords_and_labels_whatever_their_form(ready: Archive) -> None:
    assert set(ready.matching_text("River", k=10).ids) == {chip(0).id, chip(1).id, chip(4).id}
    assert ready.matching_text("bridges", k=10).ids == [chip(1).id]
    assert ready.matching_text("harbour", k=10).ids == [chip(2).id]
    assert ready.matching_text("desert", k=10).ids == []


def test_scores_fall_and_k_is_kept(ready: Archive) -> None:
    found = ready.matching_text("river", k=2)
    assert len(found) == 2
    assert found.scores[0] >= found.scores[1] > 0
    assert found.index == "FTS"
    assert np.array_equal(found.vectors, ready.vectors(found.ids))
    assert [each.id for each in found.chips] == found.ids


def test_filters_hold_for_words_too(ready: Archive) -> None:
    around_first = Filters(where=Area.from_bbox("9,49,11,52"))
    assert ready.matching_text("river", filters=around_first, k=10).ids == [chip(0).id]
    assert ready.matching_text("river", filters=Filters(sensors=("s1",)), k=10).ids == []


@pytest.mark.parametrize("words", ["", "   ", "river (", 'a "quote', "river AND NOT", "*", "a:b", "🌊"])
def test_no_words_and_odd_words_are_no_fault(ready: Archive, words: str) -> None:
    assert set(ready.matching_text(words, k=10).ids) <= {chip(number).id for number in (0, 1, 4)}


def test_many_chips_with_the_word_outside_the_area_do_not_starve_it(archive: Archive) -> None:
    far = [chip(number, 10.0, 50.0, caption="harbour harbour harbour") for number in range(400)]
    near = [chip(number, 60.0, -20.0, caption="harbour and many other words beside it") for number in range(500, 506)]
    archive.add([*far, *near], clustered(406))
    found = archive.matching_text("harbour", filters=Filters(where=Area.from_bbox("9,-21,61,51")), k=405)
    assert len(found) == 405
    found = archive.matching_text("harbour", filters=Filters(where=Area.from_bbox("59,-21,61,-19")), k=5)
    assert {each.source for each in found.chips} == {"scene-5.tif"}
    assert len(found) == 5
