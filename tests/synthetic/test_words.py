"""Sentences, keywords and labels: varied, and true."""

import re

import numpy as np
import pytest

from satseek.core.errors import UsageError
from satseek.core.scene import Window
from satseek.synthetic.facts import least_share
from satseek.synthetic.words import FIELDS_OF, NOUNS, NUMBERS, be
from worlds import small_world

LANDS = ("river plain", "harbour coast", "airport prairie", "desert", "lakeland")
SHARED = {"grass", "ground", "houses", "buildings", "the water", "rock", "sand"}  # said of several labels


def _windows(world, side, count, every=1):
    rng = np.random.default_rng(side)
    size = world.map.grid.width // every
    for column, row in rng.integers(0, size - side + 1, (count, 2)):
        yield Window(int(column), int(row), side, side)


def _descriptions(biome):
    near, wide = small_world(biome), small_world(biome, resolution=5.0)
    yield from (near.describe(window) for window in _windows(near, 160, 10))
    yield from (wide.describe(window, every=2) for window in _windows(wide, 96, 10, every=2))


def _nouns():
    """Every noun, the longest first, with its label."""
    for label, nouns in NOUNS.items():
        for phrase in (*nouns.one, *nouns.many, *nouns.land):
            bare = re.sub(r"^(a|an|the|many) (dense |small |winding |curved |large )?", "", phrase)
            yield bare, label
    for phrases in FIELDS_OF.values():
        for phrase in phrases:
            yield re.sub(r"^a ", "", phrase), "field"
    yield "meandering river", "river"
    yield "winding river", "river"
    yield "residential area", "town"


def _labels_named(sentence):
    text, named = f" {sentence.lower().rstrip('.')} ", set()
    for noun, label in sorted(set(_nouns()), key=lambda pair: -len(pair[0])):
        if re.search(rf"\b{noun}\b", text):
            named.add(label)
            text = re.sub(rf"\b{noun}\b", "…", text)
    return named


@pytest.mark.parametrize("biome", LANDS)
def test_sentences_mention_only_what_is_there(biome):
    for told in _descriptions(biome):
        for sentence in told.sentences:
            wrong = _labels_named(sentence) - set(told.labels)
            # a village lane and an airport's ground are spoken of with the settlement and the plane or runway on them
            wrong -= {"airport"} if {"plane", "runway"} & set(told.labels) else set()
            wrong -= {"harbour"} if "ship" in told.labels else set()
            assert not wrong, (sentence, told.labels)


@pytest.mark.parametrize("biome", LANDS)
def test_every_window_has_five_different_sentences(biome):
    for told in _descriptions(biome):
        assert len(set(told.sentences)) == 5
        assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in told.sentences)


def test_what_is_labelled_takes_up_its_share_of_the_window():
    for biome in LANDS:
        world = small_world(biome, resolution=5.0)
        for window in _windows(world, 96, 10, every=2):
            told = world.describe(window, every=2)
            for label in told.labels:
                assert told.shares.get(label, 0) >= least_share(label, 960.0) or told.counts.get(label, 0) > 0, told


def test_the_most_telling_place_is_named_in_the_first_sentences():
    for biome, place in (("harbour coast", "harbour"), ("desert", "solar farm"), ("airport prairie", "airport")):
        world = small_world(biome, resolution=5.0)
        told = [world.describe(window, every=2) for window in _windows(world, 128, 20, every=2)]
        there = [each for each in told if each.labels and each.labels[0] == place]
        assert there
        assert all(any(place in _labels_named(sentence) for sentence in each.sentences[:2]) for each in there)


def test_a_village_is_worth_a_word_in_a_long_view_and_a_corner_of_it_is_not_in_a_short_one():
    assert least_share("village", 2240.0) < 0.02 < least_share("village", 224.0)
    assert least_share("forest", 2240.0) == least_share("forest", 224.0) == 0.04


def test_what_takes_up_a_tenth_of_the_window_is_labelled():
    for biome in LANDS:
        for told in _descriptions(biome):
            seen = {label for label, share in told.shares.items() if share > 0.1}
            assert seen - set(told.labels) <= {"airport"}, told  # whose bare grass tells nothing


def test_shares_are_those_of_a_plain_count():
    from satseek.synthetic.covers import LABEL_OF_COVER

    world = small_world()
    window = Window(100, 40, 128, 96)
    cells = [LABEL_OF_COVER.get(int(code)) for code in world.map.cover[40:136, 100:228].ravel()]
    told = world.describe(window)
    for label in ("field", "meadow", "road", "river", "forest"):
        assert told.shares.get(label, 0) == pytest.approx(cells.count(label) / len(cells))


def test_counts_are_of_things_that_lie_mostly_inside():
    from shapely import box

    world = small_world("airport prairie", size=1024)
    grid = world.map.grid
    for window in _windows(world, 300, 10):
        left, top = grid.left + window.column, grid.top + window.row
        square = box(left, top, left + 300, top + 300)
        inside = [
            thing
            for thing in world.things()
            if thing.label == "plane" and thing.shape.intersection(square).area >= 0.5 * thing.shape.area
        ]
        assert world.describe(window).counts.get("plane", 0) == len(inside)


def test_a_satellite_cannot_count_planes():
    land = small_world("airport prairie", resolution=5.0)
    assert land.describe().counts.get("plane", 0) > 0
    assert "plane" not in land.describe(every=2).counts


def test_numbers_in_sentences_are_the_counts():
    found = 0
    for biome in ("airport prairie", "harbour coast"):
        world = small_world(biome, size=1024)
        for window in _windows(world, 224, 30):
            told = world.describe(window)
            for sentence in told.sentences:
                match = re.match(rf"({'|'.join(NUMBERS[2:])}) (.*?) (is|are|on|in|and|cross)\b", sentence.lower())
                if match:
                    (label,) = _labels_named(match.group(2))
                    assert told.counts[label] == NUMBERS.index(match.group(1)), sentence
                    found += 1
    assert found > 3


def test_relations_are_told_where_they_hold():
    world = small_world("river plain", resolution=5.0)
    told = [world.describe(window) for window in _windows(world, 128, 40)]
    sentences = [sentence for each in told for sentence in each.sentences]
    assert any(re.search(r"river (flows|winds|runs) through", sentence) for sentence in sentences)
    assert any(re.search(r"(beside|next to|near|close to|by) ", sentence) for sentence in sentences)


def test_wording_varies_between_windows():
    world = small_world("river plain", resolution=5.0)
    sentences = {sentence for window in _windows(world, 64, 60) for sentence in world.describe(window).sentences}
    assert len(sentences) > 120


@pytest.mark.parametrize(
    ("phrase", "verb"),
    [
        ("a river", "is"),
        ("three planes", "are"),
        ("farm fields", "are"),
        ("open grass", "is"),
        ("a patchwork of fields", "is"),
        ("rows of solar panels", "are"),
        ("woodland", "is"),
        ("a lake and a road", "are"),
        ("some ships", "are"),
    ],
)
def test_the_verb_fits(phrase, verb):
    assert be(phrase) == verb


def test_a_window_outside_the_map_is_refused():
    with pytest.raises(UsageError, match="leaves the map of 512 × 512 pixels"):
        small_world().describe(Window(400, 0, 224, 224))


def test_keywords_follow_from_labels():
    for told in _descriptions("harbour coast"):
        assert told.keywords == tuple(dict.fromkeys(w for label in told.labels for w in NOUNS[label].keywords))
