"""When something is not as it should be, the page says what and what to do, and goes on as far as it can."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import CDPSession, Playwright, expect

from fakes.browsers import Seen, Serving, launched, served, tab
from fakes.chips import chip
from satseek.archive.archive import Archive
from satseek.core.vectors import unit_rows
from satseek.models.catalogue import load_model

FRAMES = 40
SCROLLED = f"""async () => {{
  const list = [document.querySelector("[data-testid=results]")].flatMap(each => [each, each.parentElement])
    .find(each => each.scrollHeight > each.clientHeight + 50);
  for (let frame = 0; frame < {FRAMES}; frame++) {{
    list.scrollBy(0, 120);
    await new Promise(requestAnimationFrame);
  }}
  return list.scrollTop;
}}"""


def archive_of(place: Path, chips: list) -> Path:
    card = load_model("colour").card
    archive = Archive.create(str(place), card)
    if chips:
        rng = np.random.default_rng(0)
        archive.add(chips, unit_rows(rng.standard_normal((len(chips), card.dimensions))))
    return place


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A small picture that chips can be windows of."""
    from fakes.command import land

    return land(tmp_path / "land.tif", size=240)


def readable(number: int, file: str, west: float | None, south: float = 0.0, **facts: object):
    address = {
        "sensor": "rgb",
        "bands": [{"name": name, "href": file, "index": i} for i, name in enumerate(("red", "green", "blue"), 1)],
    }
    own = {"sensor": "rgb", "source": file, "scene": f"scene-{number // 100}", "address": address}
    return chip(number, west, south, window=(0, 0, 224, 224), **(own | facts))


def test_a_service_that_stops_is_said_and_one_that_returns_is_used(painted: Path, over: Callable[..., Seen]):
    with served(painted) as service:
        seen = over(service.url).open()
        seen.ask("river")
        service.stop()
        seen.at("query-input").fill("a town")
        seen.at("query-input").press("Enter")
        expect(seen.page.locator("[data-testid=banner][data-kind=offline]")).to_be_visible()
        expect(seen.at("status-connection")).to_have_attribute("data-state", "offline")
        service.start()
        expect(seen.at("status-connection")).to_have_attribute("data-state", "online", timeout=30_000)
        expect(seen.page.locator("[data-testid=banner][data-kind=offline]")).to_have_count(0)
        seen.ask("a town")
        assert seen.cards()


def test_an_empty_archive_says_how_to_fill_it(tmp_path: Path, over: Callable[..., Seen]):
    with served(archive_of(tmp_path / "empty", [])) as service:
        seen = over(service.url).open()
        seen.ready("empty-archive")
        expect(seen.at("message")).to_contain_text("satseek ingest")
        assert seen.complaints == []


def test_without_places_the_map_steps_aside(tmp_path: Path, file: str, over: Callable[..., Seen]):
    place = archive_of(tmp_path / "placeless", [readable(number, file, None) for number in range(12)])
    with served(place) as service:
        seen = over(service.url).open().ready()
        expect(seen.at("map-absent")).to_have_attribute("data-reason", "places")
        assert seen.cards()
        seen.card(0).get_by_test_id("card-open").click()
        expect(seen.at("detail")).to_be_visible()
        assert seen.complaints == []


def test_a_picture_that_is_too_large_is_refused_before_it_is_sent(seen: Seen, tmp_path: Path):
    large = tmp_path / "large.png"
    large.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40_000_000))
    seen.open()
    seen.at("image-input").set_input_files(large)
    banner = seen.page.locator("[data-testid=banner][data-kind=upload]")
    expect(banner).to_contain_text("20")
    banner.get_by_test_id("banner-close").click()
    expect(banner).to_have_count(0)
    assert seen.ask("river")["features"]


def test_what_is_no_picture_is_refused_in_words(over: Callable[..., Seen], service: Serving):
    seen = over(service.url).open()
    seen.drop("letter.png", "image/png", b"this is no picture")
    expect(seen.page.locator("[data-testid=banner][data-kind=upload]")).to_be_visible()
    seen.ask("river")
    assert seen.cards()


@pytest.mark.parametrize("address", ["/?q=river&bbox=1,2,x,4", "/?q=river&weight=loud&colour=red", "/?must=%7B%22a"])
def test_a_broken_address_is_said_and_the_rest_of_it_is_asked(
    over: Callable[..., Seen], service: Serving, address: str
):
    seen = over(service.url).open(address)
    expect(seen.page.locator("[data-testid=banner][data-kind=broken-url]")).to_be_visible()
    if "q=river" in address:
        seen.ready()
        assert seen.cards()


def test_without_webgl_grid_and_list_still_work(playwright: Playwright, service: Serving):
    browser = launched(playwright, webgl=False)
    try:
        seen = tab(browser.new_context(), service.url).open()
        seen.ask("river")
        expect(seen.at("map-absent")).to_have_attribute("data-reason", "webgl")
        shown = seen.cards()
        assert shown
        seen.at("view-list").click()
        expect(seen.at("view-list")).to_have_attribute("aria-pressed", "true")
        assert seen.cards() == shown
        seen.card(0).get_by_test_id("card-open").click()
        expect(seen.at("detail")).to_have_attribute("data-id", shown[0])
        assert seen.complaints == []
    finally:
        browser.close()


def test_a_service_with_a_token_asks_for_it_once(painted: Path, over: Callable[..., Seen]):
    with served(painted, "--token", "open-sesame") as service:
        seen = over(service.url)
        seen.page.goto(service.url)
        expect(seen.at("token-dialog")).to_be_visible()
        seen.at("token-input").fill("open-sesame")
        seen.at("token-submit").click()
        expect(seen.at("token-dialog")).to_have_count(0)
        seen.ask("river")
        picture = seen.card(0).locator("img").first
        seen.page.wait_for_function("img => img.complete && img.naturalWidth >= 96", arg=picture.element_handle())


def test_a_thousand_footprints_and_two_hundred_pictures_stay_smooth(
    tmp_path: Path, file: str, over: Callable[..., Seen]
):
    rng = np.random.default_rng(1)
    chips = [readable(n, file, float(x), float(y)) for n, (x, y) in enumerate(rng.uniform(0, 2, (1_000, 2)))]
    with served(archive_of(tmp_path / "many", chips)) as service:
        seen = over(service.url).open("/?sensors=rgb&limit=1000")
        seen.ready()
        expect(seen.map_ready()).to_have_attribute("data-hits", "1000")
        assert seen.at("card").count() >= 200
        costs = seen.page.context.new_cdp_session(seen.page)
        costs.send("Performance.enable")
        # Seconds by the clock, and others use the machine: the quickest of three scrolls is the page's own.
        per_frame = min(_scrolled(seen, costs) for _ in range(3))
        assert per_frame < 0.05, per_frame  # painting is the graphics card's, and here there is none
        assert seen.complaints == []


def _scrolled(seen: Seen, costs: CDPSession) -> float:
    """Seconds that the page works for each frame of a scroll through the results."""
    before = _work(costs)
    assert seen.page.evaluate(SCROLLED) > 1_000
    return (_work(costs) - before) / FRAMES


def _work(costs: CDPSession) -> float:
    """Seconds that the page itself has worked: scripts, styles and layout."""
    told = {each["name"]: each["value"] for each in costs.send("Performance.getMetrics")["metrics"]}
    return sum(told[name] for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration"))
