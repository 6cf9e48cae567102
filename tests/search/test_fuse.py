"""Each rule by which many scores become one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fakes.chips import chip
from fakes.model import painted
from satseek.core.chip import Chip
from satseek.search.embed import Kind, Part
from satseek.search.fuse import fused


def part(kind: Kind, words: str | None = None, weight: float = 1.0, **colours: float) -> Part:
    return Part(kind, f"{kind}: {words or colours}", weight, painted(**colours), words=words)


def scores(parts: list[Part], shown: list[dict[str, float]], said: list[str | None] | None = None) -> Any:
    chips = texts(said or [None] * len(shown))
    return fused(parts, np.stack([painted(**colours) for colours in shown]), chips, [True] * len(shown))


def texts(said: list[str | None]) -> list[Chip]:
    return [chip(index, caption=text) for index, text in enumerate(said)]


RED, BLUE, BOTH, GREY = {"red": 1.0}, {"blue": 1.0}, {"red": 1.0, "blue": 1.0}, {"grey": 1.0}


def test_one_part_scores_its_cosine() -> None:
    assert scores([part("like", red=1)], [RED, BOTH, BLUE]).total == pytest.approx([1, 0.5**0.5, 0])
    assert scores([part("unlike", red=1)], [RED, BOTH, BLUE]).total == pytest.approx([-1, -(0.5**0.5), 0])


def test_words_that_the_text_says_lift_a_chip_above_an_equal_one() -> None:
    total = scores([part("sentence", "a red ship", red=1)], [RED, RED, BLUE], [None, "a red ship", None]).total
    assert total[1] > total[0] > total[2]


def test_what_is_seen_and_said_beats_what_is_only_one_of_both() -> None:
    total = scores([part("sentence", "red", red=1)], [RED, RED, GREY, GREY], ["red", None, "red", None]).total
    assert np.argmax(total) == 0
    assert np.argmin(total) == 3


def test_rare_words_count_more_than_common_ones() -> None:
    said: list[str | None] = ["a field", "a field", "a field", "a field", "a windmill"]
    result = scores([part("sentence", "a windmill in a field")], [GREY] * 5, said)
    assert np.argmax(result.total) == 4


def test_small_words_count_nothing() -> None:
    said: list[str | None] = ["this is a picture of the", "field"]
    result = scores([part("sentence", "a picture of the field")], [GREY] * 2, said)
    assert result.total[0] == 0 or result.total[1] > 2 * result.total[0]
    assert result.parts["sentence: a picture of the field (text)"].tolist() == pytest.approx([0, 1])


def test_a_requirement_is_met_before_a_wish() -> None:
    wish, need = part("sentence", "x", red=1), part("must", "y", blue=1)
    total = scores([wish, need], [RED, BLUE, BOTH, GREY]).total
    assert list(np.argsort(-total)) == [2, 1, 0, 3]


def test_of_two_requirements_both_must_be_met() -> None:
    total = scores([part("must", "x", red=1), part("must", "y", blue=1)], [RED, BLUE, BOTH, GREY]).total
    assert list(np.argsort(-total, kind="stable")) == [2, 0, 1, 3]
    assert total[2] > 1.3 * total[0]


def test_a_keyword_in_the_text_is_met_whatever_the_model_sees() -> None:
    total = scores([part("must", "crane", grey=1)], [GREY, BLUE, BLUE], [None, "cranes", None]).total
    assert list(np.argsort(-total)) == [1, 0, 2]


def test_a_phrase_is_met_only_as_a_whole() -> None:
    result = scores([part("must", "storage tank", grey=1)], [BLUE] * 3, ["storage tanks", "a tank", "storage"])
    assert result.parts["must: storage tank (text)"].tolist() == [1, 0, 0]


def test_weights_tell_which_part_counts_more() -> None:
    red, blue = {"red": 1.0, "blue": 0.4}, {"red": 0.4, "blue": 1.0}
    for heavy, light, best in ((3.0, 1.0, 0), (1.0, 3.0, 1)):
        parts = [part("like", None, heavy, red=1), part("like", "other", light, blue=1)]
        assert np.argmax(scores(parts, [red, blue, GREY]).total) == best


def test_what_is_avoided_lowers_the_score_by_its_weight() -> None:
    shown = [RED, {"red": 1.0, "blue": 0.5}, GREY, BLUE]
    little, much = (
        scores([part("like", red=1), part("unlike", None, weight, blue=1)], shown).total for weight in (0.1, 2.0)
    )
    assert little[0] - little[1] < much[0] - much[1]
    assert much[3] < much[2]


def test_chips_whose_text_says_what_must_not_be_are_ruled_out() -> None:
    result = scores([part("not", "ship", blue=1)], [RED, RED, RED], ["two ships", "a shipyard", None])
    assert result.refused.tolist() == [True, False, False]


def test_a_score_depends_on_the_anchors_and_not_on_how_far_one_pages() -> None:
    rng = np.random.default_rng(2)
    vectors = np.abs(rng.standard_normal((50, 4))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = [part("sentence", "red", red=1), part("must", "blue", blue=1)]
    said = texts(["red" if index % 3 else None for index in range(50)])
    few = fused(parts, vectors[:30], said[:30], [True] * 30)
    many = fused(parts, vectors, said, [True] * 30 + [False] * 20)
    assert many.total[:30].tolist() == few.total.tolist()


def test_far_chips_keep_their_order_below_the_anchors() -> None:
    shown = [{"red": 1.0, "grey": amount} for amount in (0.0, 0.5, 1.0, 2.0, 4.0)]
    vectors = np.stack([painted(**colours) for colours in shown])
    parts = [part("must", "x", red=1), part("must", "y", red=1)]
    total = fused(parts, vectors, texts([None] * 5), [True, True, False, False, False]).total
    assert list(np.argsort(-total)) == [0, 1, 2, 3, 4]
    assert len(set(total.tolist())) == 5


def test_a_pool_of_nothing_scores_nothing() -> None:
    result = fused([part("must", "x", red=1)], np.zeros((0, 4), np.float32), [], [])
    assert result.total.tolist() == []
    assert result.refused.tolist() == []
