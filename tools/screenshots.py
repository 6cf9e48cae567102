"""Take the pictures of the page that the docs show: make demo, then PYTHONPATH=tests python tools/screenshots.py."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from fakes.browsers import Seen, launched, served, tab

OUT = Path(__file__).parents[1] / "docs/img"
MOST_BYTES = 300_000
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
SETTLED_MS = 2_500  # for tiles and the map's flight
ALL_SEEN = """() => [...document.images].every(image => {
  const box = image.getBoundingClientRect();
  const hidden = box.width === 0 || box.bottom < 0 || box.top > innerHeight;
  return hidden || (image.complete && image.naturalWidth > 0);
})"""


def main(archive: Path, only: set[str]) -> None:
    """Write every picture, or those that are named."""
    with served(archive) as service, sync_playwright() as playwright:
        browser = launched(playwright)
        for name, show in SHOWN.items():
            if only and name not in only:
                continue
            with _page(browser, service.url, name) as seen:
                show(seen)
                seen.page.wait_for_function(ALL_SEEN)
                seen.page.wait_for_timeout(SETTLED_MS)
                _save(seen.page.screenshot(), OUT / f"page-{name}.png")
                print(f"page-{name}.png  {(OUT / f'page-{name}.png').stat().st_size:,} bytes  {seen.complaints or ''}")
        browser.close()


@contextmanager
def _page(browser: Browser, url: str, name: str) -> Iterator[Seen]:
    phone = name == "phone"
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
        device_scale_factor=1,
        has_touch=phone,
        color_scheme="dark" if name == "dark" else "light",
    )
    yield tab(context, url)
    context.close()


def _save(png: bytes, path: Path) -> None:
    """Write a picture with a palette that is as rich as its size allows."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 192, 128, 96, 64, 48):
        small = picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        small.save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{path.name} does not get small enough.")


def _start(seen: Seen) -> None:
    seen.open()
    expect(seen.at("example")).to_have_count(6)


def _results(seen: Seen) -> None:
    answer = seen.answered(lambda: seen.open("/?q=a+river+with+bridges&sensors=s2"))
    west, south, east, north = answer["features"][0]["bbox"]
    around = f"{west - 0.01:.3f},{south - 0.01:.3f},{east + 0.01:.3f},{north + 0.01:.3f}"
    seen.open(f"/?q=a+river+with+bridges&bbox={around}&sensors=rgb,s2").ready()
    seen.map_ready()
    seen.card(1).hover()


def _must_and_area(seen: Seen) -> None:
    answer = seen.open().ask("a harbour town must:harbour")
    boxes = [item["bbox"] for item in answer["features"][:1]]
    west, south, east, north = boxes[0]
    seen.map_ready()
    seen.at("add-area").click()
    sides = {"west": west - 0.02, "south": south - 0.02, "east": east + 0.02, "north": north + 0.02}
    for side, value in sides.items():
        seen.at(f"area-{side}").fill(f"{value:.4f}")
    seen.answered(lambda: seen.at("area-apply").click())
    seen.ready()


def _radar(seen: Seen) -> None:
    seen.open("/?q=a+river&sensors=s1").ready()
    seen.map_ready()


def _compare(seen: Seen) -> None:
    seen.open("/?q=a+river+with+bridges&sensors=s2").ready()
    seen.map_ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("mode-compare").click()
    expect(seen.at("compare")).to_be_visible()


def _why(seen: Seen) -> None:
    seen.open("/?q=a+bridge&sensors=rgb").ready()
    seen.map_ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("mode-why").click()
    expect(seen.at("why")).to_be_visible()


def _heat(seen: Seen) -> None:
    seen.open("/?q=a+river&sensors=s2").ready()
    seen.map_ready()
    seen.card(0).get_by_test_id("card-open").click()
    seen.at("detail-close").click()
    seen.at("map-locate").click()
    expect(seen.at("heat-legend")).to_be_visible()


def _judged(seen: Seen) -> None:
    seen.open().ask("a river")
    seen.at("cut-all").click()
    for number, label in enumerate(("yes", "yes", "no", "yes", "no")):
        seen.card(number).hover()
        seen.card(number).get_by_test_id(f"card-{label}").click()
    seen.map_ready()


def _cut(seen: Seen) -> None:
    seen.open().ask("a river")
    seen.map_ready()
    seen.at("cut-slider").focus()
    for _ in range(3):
        seen.page.keyboard.press("PageUp")


def _none(seen: Seen) -> None:
    seen.open("/?q=a+river&bbox=-150,-50,-149,-49").ready("none")


def _dark(seen: Seen) -> None:
    _results(seen)


def _phone(seen: Seen) -> None:
    seen.open().ask("a river through forest")


SHOWN: dict[str, Callable[[Seen], None]] = {
    "start": _start, "results": _results, "must-and-area": _must_and_area, "radar": _radar, "compare": _compare,
    "why": _why, "heat": _heat, "judged": _judged, "cut": _cut, "none": _none, "dark": _dark, "phone": _phone,
}  # fmt: skip

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo/archive"), set(sys.argv[2:]))
