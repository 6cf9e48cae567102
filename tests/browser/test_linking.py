"""Map and grid are one: what is pointed at, chosen or cut off on one side is so on the other."""

from __future__ import annotations

from playwright.sync_api import expect

from fakes.browsers import Seen


def middle(item: dict) -> tuple[float, float]:
    west, south, east, north = item["bbox"]
    return (west + east) / 2, (south + north) / 2


def current(seen: Seen) -> int:
    """The number of the card that the keys act on: the one that Tab would reach."""
    reached = seen.page.locator("[data-testid=card]:has([data-testid=card-open][tabindex='0'])")
    expect(reached).to_have_count(1)
    return seen.cards().index(reached.get_attribute("data-id") or "")


def test_a_click_on_a_card_opens_it_and_a_click_on_the_map_another(seen: Seen, place: str):
    answer = seen.answered(lambda: seen.open(f"/?q=river&bbox={place}"))
    seen.ready()
    seen.map_ready()
    first = seen.card(0)
    first.get_by_test_id("card-open").click()
    chosen = seen.cards()[0]
    expect(seen.at("detail")).to_have_attribute("data-id", chosen)
    expect(first).to_have_attribute("aria-current", "true")
    seen.at("detail-close").click()
    expect(seen.at("detail")).to_have_count(0)

    shown = [item for item in answer["features"] if item["id"] in seen.cards() and item["collection"] == "rgb"]
    seen.page.mouse.click(*seen.on_map(*middle(shown[0])))
    expect(seen.at("detail")).to_be_visible()
    opened = seen.at("detail").get_attribute("data-id")
    assert opened in seen.cards()
    west, south, east, north = next(item for item in answer["features"] if item["id"] == opened)["bbox"]
    x, y = middle(shown[0])
    assert west <= x <= east
    assert south <= y <= north
    expect(seen.page.locator(f"[data-testid=card][data-id='{opened}']")).to_have_attribute("aria-current", "true")


def test_pointing_at_one_side_marks_the_other(seen: Seen, place: str):
    answer = seen.answered(lambda: seen.open(f"/?q=river&bbox={place}"))
    seen.ready()
    seen.map_ready()
    seen.card(1).hover()
    expect(seen.at("map")).to_have_attribute("data-hover", seen.cards()[1])
    item = next(item for item in answer["features"] if item["id"] == seen.cards()[0])
    seen.page.mouse.move(*seen.on_map(*middle(item)), steps=3)
    expect(seen.page.locator("[data-testid=card][data-hover]:not([data-hover=false])")).not_to_have_count(0)


def test_moving_the_cut_takes_away_the_less_probable_on_both_sides(seen: Seen):
    seen.open().ask("river")
    found = seen.map_ready()
    seen.at("cut-all").click()
    before = seen.cards()
    expect(found).to_have_attribute("data-hits", str(len(before)))
    seen.at("cut-slider").focus()
    for _ in range(40):
        if len(seen.cards()) < len(before):
            break
        seen.page.keyboard.press("PageUp" if len(seen.cards()) > 20 else "ArrowRight")
    after = seen.cards()
    assert 0 < len(after) < len(before)
    assert set(after) < set(before)
    expect(found).to_have_attribute("data-hits", str(len(after)))
    kept = [float(p) for p in seen.at("card").evaluate_all("cards => cards.map(card => card.dataset.probability)")]
    cut = float(seen.at("cut-slider").get_attribute("aria-valuenow") or "nan")
    assert min(kept) >= (cut / 100 if cut > 1 else cut) - 0.01
    seen.at("cut-all").click()
    expect(seen.at("card")).to_have_count(len(before))


def test_the_keyboard_alone_is_enough(seen: Seen):
    seen.open()
    seen.page.keyboard.press("/")
    expect(seen.at("query-input")).to_be_focused()
    seen.page.keyboard.type("river")
    seen.answered(lambda: seen.page.keyboard.press("Enter"))
    seen.ready()
    seen.page.keyboard.press("Escape")
    seen.page.keyboard.press("ArrowRight")
    number = current(seen)
    seen.page.keyboard.press("y")
    expect(seen.card(number)).to_have_attribute("data-label", "yes")
    seen.page.keyboard.press("ArrowRight")
    assert current(seen) == number + 1
    seen.page.keyboard.press("ArrowRight")
    number = current(seen)
    seen.page.keyboard.press("n")
    expect(seen.card(number)).to_have_attribute("data-label", "no")
    seen.page.keyboard.press("u")
    expect(seen.card(number)).to_have_attribute("data-label", "")
    seen.page.keyboard.press("Enter")
    expect(seen.at("detail")).to_have_attribute("data-id", seen.cards()[number])
    seen.page.keyboard.press("Escape")
    expect(seen.at("detail")).to_have_count(0)
    seen.page.keyboard.press("?")
    expect(seen.at("help")).to_be_visible()
    seen.page.keyboard.press("Escape")
    expect(seen.at("help")).to_have_count(0)


def test_letters_typed_into_the_bar_mark_nothing(seen: Seen):
    seen.open().ask("river")
    seen.at("query-input").fill("")
    seen.at("query-input").press_sequentially("yny")
    expect(seen.page.locator("[data-testid=card][data-label=yes], [data-testid=card][data-label=no]")).to_have_count(0)
