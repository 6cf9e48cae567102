"""Saying yes and no refines the question; looking closer shows why, and what other sensors saw there."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from fakes.browsers import Seen


def test_three_yes_and_two_no_ask_anew(seen: Seen, tmp_path: Path):
    seen.open().ask("river")
    seen.at("cut-all").click()
    marked = seen.cards()[:5]
    for number, label in enumerate(("yes", "yes", "no", "yes", "no")):
        seen.card(number).hover()
        seen.card(number).get_by_test_id(f"card-{label}").click()
        expect(seen.card(number)).to_have_attribute("data-label", label)
    expect(seen.at("judged")).to_be_visible()

    seen.at("export").click()
    with seen.page.expect_download() as waiting:
        seen.at("export-labels-geojson").click()
    labels = json.loads(Path(waiting.value.path()).read_text())
    assert {feature["id"] for feature in labels["features"]} == set(marked)
    seen.page.keyboard.press("Escape")

    before = seen.cards()
    seen.answered(lambda: seen.at("refine").click())
    seen.ready()
    after = seen.cards()
    assert after != before
    ranks = {each: number for number, each in enumerate(after)}
    yes, no = (marked[0], marked[1], marked[3]), (marked[2], marked[4])
    last = len(after)
    assert max(ranks.get(each, last) for each in yes) < min(ranks.get(each, last) for each in no)
    assert "like=" in seen.page.url
    seen.page.reload()
    seen.ready()
    assert seen.cards() == after


def test_more_like_this_asks_by_example(seen: Seen):
    seen.open().ask("river")
    first = seen.cards()[0]
    seen.card(0).hover()
    answer = seen.answered(lambda: seen.card(0).get_by_test_id("card-like").click())
    like = answer["satseek:query"]["like"]
    assert [each if isinstance(each, str) else each["chip"] for each in like] == [first]
    expect(seen.page.locator("[data-testid=chip][data-kind=like]")).to_be_visible()


def test_radar_of_the_same_place_lies_beside_under_a_slider(seen: Seen):
    seen.open("/?q=river&sensors=rgb,s2").ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("mode-compare").click()
    expect(seen.at("compare")).to_be_visible()
    told = seen.at("compare-sensor").locator("option").all_inner_texts()
    radar = next(number for number, text in enumerate(told) if "S1" in text)
    seen.at("compare-sensor").select_option(str(radar))
    pictures = seen.at("compare").locator("img")
    expect(pictures).to_have_count(2)
    for number in range(2):
        handle = pictures.nth(number).element_handle()
        seen.page.wait_for_function("img => img.complete && img.naturalWidth > 100", arg=handle)
    assert "place=" in "".join(pictures.evaluate_all("images => images.map(image => image.src)"))
    slider = seen.at("compare-slider")
    before = slider.get_attribute("aria-valuenow") or slider.input_value()
    slider.focus()
    for _ in range(5):
        seen.page.keyboard.press("ArrowRight")
    after = slider.get_attribute("aria-valuenow") or slider.input_value()
    assert float(after) > float(before)


def test_bands_and_stretch_change_the_picture(seen: Seen):
    seen.open("/?q=river&sensors=s2").ready()
    seen.card(0).get_by_test_id("card-open").click()
    picture = seen.at("detail-image").locator("css=img").or_(seen.at("detail-image")).first
    before = seen.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=detail] img')].map(i => i.src).join()"
    )
    expect(picture).to_be_visible()
    seen.at("drawing-select").select_option("infrared")
    seen.page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=detail] img')].map(i => i.src).join() !== before",
        arg=before,
    )
    seen.at("stretch-select").select_option("percentile")
    seen.page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=detail] img')]"
        ".some(i => i.src.includes('stretch=percentile') && i.complete && i.naturalWidth > 100)"
    )


def test_why_a_result_was_found_is_shown_on_it(seen: Seen):
    seen.open().ask("river")
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("mode-why").click()
    expect(seen.at("why")).to_be_visible()
    expect(seen.at("why-text")).not_to_be_empty()


def test_the_visible_scene_shows_where_it_fits(seen: Seen):
    seen.open("/?q=river&sensors=s2").ready()
    seen.map_ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("detail-close").click()
    seen.at("map-locate").click()
    expect(seen.at("heat-legend")).to_be_visible()
    seen.at("heat-close").click()
    expect(seen.at("heat-legend")).to_have_count(0)
