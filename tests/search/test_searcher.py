"""One small world for each kind of query."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.chips import box
from fakes.model import Paint
from fakes.paintings import gallery, numbers, painting
from satseek.core.errors import ChipNotFound, ModelError, UnknownName, UsageError
from satseek.core.query import Example, Query


def test_a_sentence_finds_what_the_model_sees_nearest_and_the_score_is_the_cosine(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"red": 1, "blue": 1}), painting(2, {"blue": 1})])
    result = world.search("blue", k=3)
    assert numbers(result.ids) == [2, 1, 0]
    assert [hit.score for hit in result] == pytest.approx([1, 0.5**0.5, 0], abs=1e-6)
    assert [hit.rank for hit in result] == [1, 2, 3]


def test_words_are_scored_by_the_model_where_it_has_a_more_exact_way(tmp_path: Path) -> None:
    class GreyLover(Paint):
        """Recalls by colour, but scores grey pictures higher."""

        class scorer:  # noqa: N801
            prepare = staticmethod(lambda images: images[:, 3])
            scores = staticmethod(lambda text, grey: grey + text @ [1, 0, 0, 0])

    shown = [painting(0, {"red": 1}), painting(1, {"red": 1, "grey": 1}), painting(2, {"blue": 1})]
    world = gallery(tmp_path, shown, GreyLover())
    result = world.search("red", k=3)
    assert numbers(result.ids) == [1, 0, 2]
    assert result[0].score == pytest.approx(1 + 0.5**0.5)
    assert numbers(world.search(like="00000000", k=1).ids) == [0]


def test_a_joint_query_finds_what_both_parts_agree_on(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [
            painting(0, {"red": 1}),
            painting(1, {"red": 1, "blue": 1}),
            painting(2, {"blue": 1}),
            painting(3, {"grey": 1}),
        ],
    )
    assert numbers(world.search("red", must="blue", k=4).ids)[0] == 1
    assert numbers(world.search(must=["red", "blue"], k=1).ids) == [1]
    assert numbers(world.search("red", like=f"{2:08x}", k=1).ids) == [1]


def test_a_required_keyword_counts_more_than_a_perfect_sentence(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [painting(0, {"red": 1}), painting(1, {"red": 0.5, "blue": 0.6, "grey": 0.6}), painting(2, {"grey": 1})],
    )
    assert numbers(world.search("red", k=3).ids)[0] == 0
    assert numbers(world.search("red", must="blue", k=3).ids)[0] == 1


def test_a_weight_moves_the_answer_towards_its_part(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [painting(0, {"red": 1, "blue": 0.4}), painting(1, {"red": 0.4, "blue": 1}), painting(2, {"grey": 1})],
    )
    assert numbers(world.search(must=[("red", 3.0), ("blue", 1.0)], k=1).ids) == [0]
    assert numbers(world.search(must=[("red", 1.0), ("blue", 3.0)], k=1).ids) == [1]


def test_a_part_of_weight_zero_is_not_asked(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1})])
    assert numbers(world.search("red", must=("blue", 0.0), k=2).ids) == [0, 1]


def test_not_pushes_away_what_the_model_sees(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [painting(0, {"red": 1, "blue": 0.3}), painting(1, {"red": 1, "green": 0.35}), painting(2, {"grey": 1})],
    )
    assert numbers(world.search("red", k=3).ids)[0] == 0
    assert numbers(world.search("red", not_="blue", k=3).ids)[0] == 1


def test_not_drops_chips_whose_text_says_the_word_and_still_fills_k(tmp_path: Path) -> None:
    said = [painting(index, {"red": 1}, caption="Red ships in a harbour.") for index in range(400)]
    world = gallery(tmp_path, [*said, *(painting(400 + index, {"red": 1, "grey": 1}) for index in range(5))])
    assert sorted(numbers(world.search("red", not_="ship", k=5).ids)) == [400, 401, 402, 403, 404]


def test_not_alone_lists_the_rest(tmp_path: Path) -> None:
    world = gallery(
        tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1}), painting(2, {"grey": 1}, labels=("quay",))]
    )
    assert numbers(world.search(not_="red", k=3).ids) == [1, 2, 0]
    assert numbers(world.search(not_="quay", k=3).ids) == [1, 0]  # no vector knows the word: newest first


def test_an_example_finds_itself_and_then_its_like(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"red": 1, "grey": 0.2}), painting(2, {"blue": 1})])
    result = world.search(like=f"{0:08x}", k=2)
    assert numbers(result.ids) == [0, 1]
    assert result[0].score == pytest.approx(1, abs=1e-6)


def test_several_examples_find_what_they_have_in_common(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [
            painting(0, {"red": 1, "green": 1}),
            painting(1, {"red": 1, "blue": 1}),
            painting(2, {"red": 2, "green": 1, "blue": 1}),
            painting(3, {"green": 1}),
            painting(4, {"grey": 1}),
        ],
    )
    assert numbers(world.search(like=[f"{0:08x}", f"{1:08x}"], k=5).ids)[0] == 2


def test_an_unlike_example_pushes_away_and_is_not_shown_itself(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [painting(0, {"red": 1, "blue": 0.5}), painting(1, {"red": 1, "green": 0.6}), painting(2, {"blue": 1})],
    )
    assert numbers(world.search("red", k=3).ids) == [0, 1, 2]
    assert numbers(world.search("red", unlike=f"{2:08x}", k=3).ids) == [1, 0]


def test_an_example_of_one_sensor_finds_chips_of_another(tmp_path: Path) -> None:
    world = gallery(
        tmp_path,
        [
            painting(0, {"blue": 1}, sensor="s1"),
            painting(1, {"blue": 1, "grey": 0.1}, sensor="s1"),
            painting(2, {"blue": 1, "grey": 0.5}),
            painting(3, {"red": 1}),
        ],
    )
    assert numbers(world.search(like=f"{0:08x}", sensors="rgb", k=2).ids) == [2, 3]


def test_filters_hold_inside_the_search(tmp_path: Path) -> None:
    near = [painting(index, {"blue": 1}) for index in range(50)]
    far = [
        painting(50, {"blue": 0.5, "red": 1}, west=30.0, properties={"platform": "a"}),
        painting(51, {"blue": 0.4, "red": 1}, west=30.1, nodata_share=0.4),
        painting(52, {"blue": 0.3, "red": 1}, west=30.2, cloud_share=0.9),
    ]
    world = gallery(tmp_path, [*near, *far])
    assert numbers(world.search("blue", where=(29, -1, 31, 1), k=10).ids) == [50, 51, 52]
    assert numbers(world.search("blue", where=box(30.05, -1, 31, 1), k=10).ids) == [51, 52]
    assert numbers(world.search("blue", where=(29, -1, 31, 1), max_nodata=0.1, k=10).ids) == [50, 52]
    assert numbers(world.search("blue", where=(29, -1, 31, 1), properties={"platform": "a"}).ids) == [50]
    assert numbers(world.search("blue", when="2024-01-03", k=10).ids) == [2]


def test_without_content_the_newest_chips_come_first_and_nothing_is_merged(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(index, {"red": 1}, west=0.0) for index in range(5)])
    result = world.search(k=3)
    assert numbers(result.ids) == [4, 3, 2]
    assert numbers(world.search(k=3, offset=3).ids) == [1, 0]
    assert [hit.rank for hit in world.search(k=3, offset=3)] == [4, 5]


def test_ties_stand_in_the_order_of_their_ids(tmp_path: Path) -> None:
    order = np.random.default_rng(3).permutation(40)
    world = gallery(tmp_path, [painting(int(index), {"red": 1, "blue": 0.3}) for index in order])
    assert numbers(world.search("red", k=40).ids) == list(range(40))
    assert numbers(world.search("red", must="blue", k=40).ids) == list(range(40))


@pytest.mark.parametrize("asked", [{"sentence": "red"}, {"sentence": "red ship", "must": "blue", "not_": "green"}])
def test_two_pages_are_the_same_as_one_of_twice_the_length(tmp_path: Path, asked: dict[str, str]) -> None:
    rng = np.random.default_rng(1)
    captions = [None, "a red ship", "a blue ship", "a blue tank"]
    world = gallery(
        tmp_path,
        [
            painting(
                index,
                dict(zip(("red", "green", "blue", "grey"), rng.random(4), strict=True)),
                caption=captions[index % 4],
            )
            for index in range(600)
        ],
    )
    whole = world.search(**asked, k=60)
    pages = [world.search(**asked, k=20, offset=offset) for offset in (0, 20, 40)]
    assert [each for page in pages for each in page.ids] == whole.ids
    assert [hit.rank for page in pages for hit in page] == list(range(1, 61))
    assert [hit.score for page in pages for hit in page] == [hit.score for hit in whole]


def test_k_is_filled_when_most_candidates_show_one_place(tmp_path: Path) -> None:
    same = [painting(index, {"red": 1}, west=0.0) for index in range(700)]
    others = [painting(700 + index, {"red": 1, "blue": 1}, west=1 + index) for index in range(9)]
    result = gallery(tmp_path, [*same, *others]).search("red", k=10)
    assert numbers(result.ids) == [0, *range(700, 709)]
    assert len(result[0].merged) == 699


def test_words_that_nobody_knows_are_said_and_find_nothing(tmp_path: Path) -> None:
    result = gallery(tmp_path, [painting(0, {"red": 1})]).search("zebra")
    assert result.ids == []
    assert "'paint' knows none of the words 'zebra'" in result.notes[0]


def test_words_that_only_the_text_knows_find_those_chips(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1}), painting(1, {"blue": 1}, caption="Two zebras on a plain.")])
    assert numbers(world.search("a zebra", k=2).ids) == [1]
    assert numbers(world.search("red", must="zebra", k=2).ids)[0] == 1


def test_a_model_without_words_refuses_them_and_says_what_to_do(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1})], Paint(reads_text=False))
    with pytest.raises(ModelError, match=r"knows no words.*--like"):
        world.search("red")
    assert numbers(world.search(like=f"{0:08x}").ids) == [0]


def test_wrong_names_are_answered_with_the_right_ones(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1})])
    with pytest.raises(UnknownName, match="Did you mean 's1'"):
        world.search("red", sensors="S1")
    with pytest.raises(UsageError, match="neither a chip of this archive nor a file"):
        world.search(like="no-such-thing")
    with pytest.raises(ChipNotFound):
        world.ask(Query(like=(Example(chip="no-such-thing"),)))


@pytest.mark.parametrize("k", [0, -1, 10**6])
def test_an_impossible_number_of_results_is_refused(tmp_path: Path, k: int) -> None:
    with pytest.raises(UsageError, match="ask for 1 to 10,000"):
        gallery(tmp_path, []).search("red", k=k)


def test_an_empty_archive_answers_with_nothing(tmp_path: Path) -> None:
    world = gallery(tmp_path, [])
    assert world.search("red").ids == []
    assert world.search().ids == []
    assert world.search("red", must="blue", not_="green").explanation.rows == 0


def test_the_explanation_tells_stages_index_model_and_rows(tmp_path: Path) -> None:
    facts = gallery(tmp_path, [painting(index, {"red": 1}) for index in range(7)]).search("red").explanation
    assert set(facts.milliseconds) == {"encode", "recall", "score", "merge", "judge"}
    assert all(spent >= 0 for spent in facts.milliseconds.values())
    assert (facts.model, facts.rows, facts.candidates) == ("paint", 7, 7)
    assert "exact" in facts.index


def test_the_model_is_not_loaded_for_what_needs_no_encoding(tmp_path: Path) -> None:
    world = gallery(tmp_path, [painting(0, {"red": 1})])
    model = world.model
    assert isinstance(model, Paint)
    world.search(like=f"{0:08x}")
    world.search()
    assert model.encoded_texts == []
