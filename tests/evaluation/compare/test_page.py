"""The page of a comparison: one file without anything from outside, everything escaped, pictures with words."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from fakes.compared import Blind, Heard, colours, contender, unreadable
from fakes.model import Paint
from satseek.evaluation.compare.comparing import compare
from satseek.evaluation.compare.figures import Figure
from satseek.evaluation.compare.kept import Kept
from satseek.evaluation.compare.page import page
from satseek.evaluation.compare.plots import dots, speed_and_quality
from satseek.evaluation.compare.report import Comparison

NASTY = "<script>alert(1)</script>\"'&"


@pytest.fixture(scope="module")
def found() -> Comparison:
    sample = colours(18)
    items = tuple(
        replace(each, labels=(*each.labels, NASTY)) if row % 2 else each for row, each in enumerate(sample.items)
    )
    models = [contender(Paint()), contender(Blind(), f"runs/{NASTY}")]
    return compare(models, replace(sample, items=items), by="labels", kept=lambda seen: Kept(None, seen), told=Heard())


class Outline(HTMLParser):
    """Which elements there are, with their attributes; complains where one is closed that is not open."""

    VOID = frozenset({"meta", "img", "line", "circle", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(text: str) -> Outline:
    read = Outline()
    read.feed(text)
    assert not read.open
    return read


def test_the_page_is_whole_and_needs_nothing_from_outside(found: Comparison) -> None:
    text = page(found)
    read = outline(text)
    assert not re.search(r"https?://|url\(|@import|<link|<script", text)
    assert all(
        (facts.get("src") or "data:").startswith("data:image/jpeg") or tag != "img" for tag, facts in read.elements
    )
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text


def test_what_others_wrote_is_shown_and_not_run(found: Comparison) -> None:
    text = page(found)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_every_picture_and_plot_says_what_it_shows(found: Comparison) -> None:
    read = outline(page(found))
    pictures = [facts for tag, facts in read.elements if tag == "img"]
    plots = [facts for tag, facts in read.elements if tag == "svg"]
    assert pictures
    assert all(facts["alt"] for facts in pictures)
    assert any(str(facts["alt"]).startswith("right: ") for facts in pictures)
    assert plots
    assert all(facts["role"] == "img" and facts["aria-label"] for facts in plots)
    assert sum(tag == "h1" for tag, _ in read.elements) == 1
    assert all("scope" in facts for tag, facts in read.elements if tag == "th")


def test_a_picture_that_is_gone_leaves_a_gap_with_words(found: Comparison) -> None:
    gone = replace(found.sample, items=tuple(replace(each, read=unreadable) for each in found.sample.items))
    text = page(replace(found, sample=gone))
    assert "no picture" in text
    assert "<img" not in text


def test_a_dot_lies_where_its_figure_is_on_the_axis() -> None:
    own = {"good": Figure(80, 70, 90), "bad": Figure(20, 10, 30)}
    drawn = dots(own, chance=25, title="t", colours={"good": 0, "bad": 1})
    across = [float(value) for value in re.findall(r'<circle[^>]* cx="([\d.]+)"', drawn)]
    ticks = {float(text): float(x) for x, text in re.findall(r'class="axis" x="([\d.]+)"[^>]*>([\d.]+)<', drawn)}
    assert ticks.keys() == {0, 25, 50, 75, 100}
    assert across[0] == pytest.approx(ticks[0] + 0.8 * (ticks[100] - ticks[0]), abs=0.2)
    assert across[1] == pytest.approx(ticks[0] + 0.2 * (ticks[100] - ticks[0]), abs=0.2)


def test_names_of_models_that_lie_close_do_not_cover_each_other() -> None:
    points = {"one": (100.0, 50.0), "two": (101.0, 50.1), "three": (99.0, 49.9)}
    drawn = speed_and_quality(points, title="t", colours=dict.fromkeys(points, 0))
    heights = [float(y) for y in re.findall(r'class="label" x="[\d.]+" y="([\d.]+)"', drawn)]
    assert len(heights) == 3
    assert min(abs(one - other) for place, one in enumerate(heights) for other in heights[:place]) >= 14
