"""Everybody can use it: by WCAG AA, in light and dark, on a phone; and it is small."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import expect

from fakes.browsers import BUILT, Seen, Serving

PHONE = {"width": 390, "height": 844}
MOST_BYTES = 300_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_light_and_dark(over: Callable[..., Seen], service: Serving, scheme: str):
    seen = over(service.url, color_scheme=scheme).open()
    assert seen.barriers() == []
    seen.ask("river must:bridge")
    seen.map_ready()
    assert seen.barriers() == []
    seen.card(0).get_by_test_id("card-open").click()
    expect(seen.at("detail")).to_be_visible()
    assert seen.barriers() == []
    seen.at("detail-close").click()
    seen.at("add-area").click()
    assert seen.barriers() == []


def test_a_phone_shows_either_results_or_map_and_nothing_hangs_over(over: Callable[..., Seen], service: Serving):
    seen = over(service.url, viewport=PHONE, has_touch=True, is_mobile=True).open()
    seen.ask("river")
    expect(seen.card(0)).to_be_visible()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert seen.barriers() == []
    seen.at("tab-map").click()
    expect(seen.at("map")).to_be_visible()
    expect(seen.card(0)).not_to_be_visible()
    seen.at("tab-results").click()
    seen.card(0).get_by_test_id("card-open").click()
    expect(seen.at("detail")).to_be_visible()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert seen.barriers() == []


def test_dark_can_be_chosen_and_stays(seen: Seen):
    seen.open()
    before = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    seen.at("theme-toggle").click()
    chosen = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    if chosen == before:  # system, light, dark in turn
        seen.at("theme-toggle").click()
        chosen = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert chosen != before
    seen.page.reload()
    expect(seen.at("query-input")).to_be_visible()
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == chosen


def test_the_page_is_small_without_the_map(seen: Seen):
    asked: list[str] = []
    seen.page.on("response", lambda answer: asked.append(answer.url))
    seen.open().ask("river")
    seen.map_ready()
    parts = {url: httpx.get(url).content for url in asked if "/page/" in url or url.rstrip("/") == seen.url}
    ours = {url: len(gzip.compress(body)) for url, body in parts.items() if not _is_maplibre(body)}
    assert sum(ours.values()) < MOST_BYTES, ours
    assert len(ours) < len(parts), "MapLibre is a file of its own"


def test_the_licences_of_what_is_bundled_lie_beside_it():
    told = (BUILT.parent / "THIRD_PARTY.txt").read_text()
    for name in ("maplibre-gl", "preact", "Natural Earth"):
        assert re.search(name, told), name
    assert "Redistribution and use in source and binary forms" in told  # MapLibre's own


def _is_maplibre(body: bytes) -> bool:
    return len(body) > 400_000 and (b"maplibre" in body.lower() or b"webgl" in body.lower())
