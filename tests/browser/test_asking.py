"""Asking: by words, keywords, an area, a picture, across sensors; and what is shown is what the service answered."""

from __future__ import annotations

import re
import time

import httpx
import shapely
from playwright.sync_api import expect
from shapely.geometry import shape

from fakes.browsers import Seen, Serving


def ids(answer: dict) -> list[str]:
    return [item["id"] for item in answer["features"]]


def everything(service: Serving) -> dict[str, dict]:
    found = httpx.get(f"{service.url}/search", params={"limit": 1000}).json()["features"]
    return {item["id"]: item for item in found}


def test_the_empty_page_offers_six_questions_that_find_something(seen: Seen):
    seen.open()
    expect(seen.at("example")).to_have_count(6)
    expect(seen.at("status-model")).to_contain_text("colour")
    answer = seen.answered(lambda: seen.at("example").first.click())
    seen.ready()
    assert answer["features"]
    assert seen.cards()
    expect(seen.at("chip").first).to_be_visible()


def test_a_sentence_shows_the_results_that_the_service_found_in_their_order(seen: Seen):
    answer = seen.open().ask("a river through forest")
    shown = seen.cards()
    assert shown
    assert shown == [each for each in ids(answer) if each in shown]
    assert seen.at("chip").first.get_attribute("data-kind") == "sentence"
    expect(seen.at("result-count")).to_contain_text(str(len(shown)))
    expect(seen.at("status-timing")).to_contain_text(re.compile(r"\d+\s*ms"))
    picture = seen.card(0).locator("img").first
    expect(picture).to_be_visible()
    seen.page.wait_for_function("img => img.complete && img.naturalWidth >= 96", arg=picture.element_handle())


def test_first_results_stand_within_a_second_of_enter(seen: Seen):
    seen.open().ask("river")
    took = []
    for text in ("a forest", "a town by the water", "fields"):
        seen.at("query-input").fill(text)
        began = time.perf_counter()
        with seen.page.expect_response(lambda answer: "/search" in answer.url):
            seen.at("query-input").press("Enter")
        seen.ready()
        expect(seen.card(0)).to_be_visible()
        took.append(time.perf_counter() - began)
    assert min(took) < 1.0, took


def test_a_must_narrows_what_a_sentence_found(seen: Seen):
    seen.open().ask("river")
    seen.at("add-must").click()
    seen.at("word-input").fill("bridge")
    answer = seen.answered(lambda: seen.at("word-submit").click())
    seen.ready()
    assert [word if isinstance(word, str) else word["text"] for word in answer["satseek:query"]["must"]] == ["bridge"]
    assert seen.cards() == [each for each in ids(answer) if each in seen.cards()] != []
    must = seen.page.locator("[data-testid=chip][data-kind=must]")
    expect(must).to_contain_text("bridge")
    without = seen.answered(lambda: must.get_by_test_id("chip-toggle").click())
    assert "must" not in without["satseek:query"]
    expect(must).to_have_attribute("data-on", "false")
    must.get_by_test_id("chip-remove").click()
    expect(must).to_have_count(0)


def test_every_hit_lies_in_the_area_that_was_drawn_and_all_that_lie_there_are_hit(seen: Seen, service: Serving):
    held = everything(service)
    west, south, east, north = next(item for item in held.values() if item["collection"] == "s2")["bbox"]
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    seen.open().ready().map_ready()
    seen.at("add-area").click()
    for side, value in {"west": west, "south": south, "east": middle_x, "north": middle_y}.items():
        seen.at(f"area-{side}").fill(f"{value:.5f}")
    answer = seen.answered(lambda: seen.at("area-apply").click())
    seen.ready()
    area = shapely.box(round(west, 5), round(south, 5), round(middle_x, 5), round(middle_y, 5))
    there = {name for name, item in held.items() if shape(item["geometry"]).intersects(area)}
    assert set(seen.cards()) == set(ids(answer)) == there
    assert 0 < len(there) < len(held)
    expect(seen.page.locator("[data-testid=chip][data-kind=where]")).to_be_visible()


def test_a_box_is_drawn_on_the_map(seen: Seen, place: str):
    answer = seen.answered(lambda: seen.open(f"/?q=river&bbox={place}"))
    seen.ready()
    west, south, east, north = answer["features"][0]["bbox"]
    seen.map_ready()
    seen.at("map-draw-box").click()
    expect(seen.at("map")).to_have_attribute("data-mode", "box")
    pad_x, pad_y = (east - west) * 0.2, (north - south) * 0.2
    start, end = seen.on_map(west - pad_x, north + pad_y), seen.on_map(east + pad_x, south - pad_y)

    def drag() -> None:
        seen.page.mouse.move(*start)
        seen.page.mouse.down()
        seen.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
        seen.page.mouse.move(*end, steps=4)
        seen.page.mouse.up()

    within = seen.answered(drag)
    seen.ready()
    expect(seen.page.locator("[data-testid=chip][data-kind=where]")).to_be_visible()
    query = within["satseek:query"]
    drawn = shapely.box(*query["bbox"]) if "bbox" in query else shape(query["intersects"])
    assert drawn.buffer(1e-4).covers(shapely.box(west, south, east, north))
    assert all(shape(item["geometry"]).intersects(drawn) for item in within["features"])


def test_a_dropped_picture_finds_the_chip_that_it_shows(seen: Seen, service: Serving):
    item = next(item for item in everything(service).values() if item["collection"] == "rgb")
    picture = httpx.get(item["assets"]["preview"]["href"], params={"size": 224}).content
    seen.open()
    answer = seen.answered(lambda: seen.drop("field.png", "image/png", picture))
    seen.ready()
    best = answer["features"][0]
    assert item["id"] in (best["id"], *best["properties"]["satseek:merged"])  # an overlapping one may stand for it
    assert seen.cards()[0] == best["id"]
    like = seen.page.locator("[data-testid=chip][data-kind=like]")
    expect(like).to_be_visible()


def test_a_radar_query_shows_radar(seen: Seen):
    seen.open().ask("river")
    seen.at("add-sensors").click()
    for sensor in ("rgb", "s2"):
        seen.at(f"sensor-{sensor}").uncheck()
    seen.at("sensor-s1").check()
    answer = seen.answered(lambda: seen.at("sensors-apply").click())
    seen.ready()
    assert answer["satseek:query"]["sensors"] == ["s1"]
    sensors = seen.at("card").evaluate_all("cards => cards.map(card => card.dataset.sensor)")
    assert set(sensors) == {"s1"}


def test_a_question_that_nothing_meets_is_told_so(seen: Seen):
    seen.open("/?q=river&bbox=-150,-50,-149,-49")
    seen.ready("none")
    expect(seen.at("message")).to_have_attribute("data-kind", "none")
    assert seen.cards() == []
