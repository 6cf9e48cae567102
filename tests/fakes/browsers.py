"""The page as a person has it before them: a service in a process of its own, and Chromium to look at it."""

from __future__ import annotations

import base64
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, Response, expect

HOUSE = Path(__file__).parents[2]
BUILT = HOUSE / "src/satseek/service/static/index.html"
AXE = HOUSE / "web/node_modules/axe-core/axe.min.js"
WITH_WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
WITHOUT_WEBGL = ["--disable-gpu", "--disable-3d-apis"]
PATIENCE_MS = 20_000  # on a machine that does much else
expect.set_options(timeout=PATIENCE_MS)


def chromium() -> str | None:
    """Where Chromium is, None where there is none."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def launched(playwright: Playwright, *, webgl: bool = True) -> Browser:
    """A Chromium without a window."""
    flags = ["--no-sandbox", "--disable-dev-shm-usage", *(WITH_WEBGL if webgl else WITHOUT_WEBGL)]
    return playwright.chromium.launch(executable_path=chromium(), args=flags)


class Serving:
    """`satseek serve` on an archive; it can be stopped and started again at the same address."""

    def __init__(self, archive: Path, *words: str) -> None:
        self.archive, self._words = archive, words
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> Serving:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-c", "from satseek.cli.app import main; main()", "serve", str(self.archive)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self._port), *self._words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, f"the service did not start: {self._process.wait(10)}"
        self._port = int(self.url.rpartition(":")[2])
        return self

    def stop(self) -> None:
        """Stop it as an operator does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(20)
            self._process = None


@contextmanager
def served(archive: Path, *words: str) -> Iterator[Serving]:
    """A service for a while."""
    serving = Serving(archive, *words)
    try:
        yield serving.start()
    finally:
        serving.stop()


class Seen:
    """One tab that shows the page, and what its console complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._note(asked.url))
        self._under_way = 0
        page.on("request", lambda asked: self._count(asked.url, 1))
        page.on("requestfinished", lambda asked: self._count(asked.url, -1))
        page.on("requestfailed", lambda asked: self._count(asked.url, -1))

    def _note(self, address: str) -> None:
        if not address.startswith((self.url, "blob:", "data:")):
            self.outside.append(address)

    def _count(self, address: str, change: int) -> None:
        self._under_way += change if "/search" in address else 0

    def settled(self) -> Seen:
        """Wait until the page has asked all that it wants to know: after the first results it asks for the rest."""
        quiet = 0
        for _ in range(PATIENCE_MS // 25):
            self.page.wait_for_timeout(25)
            quiet = 0 if self._under_way else quiet + 1
            if quiet == 4:
                return self
        raise AssertionError("the page does not stop asking")

    def open(self, path: str = "/") -> Seen:
        """Go to an address of the page."""
        self.page.goto(self.url + path)
        expect(self.at("query-input")).to_be_visible()
        return self

    def at(self, testid: str) -> Locator:
        """What has this test id."""
        return self.page.get_by_test_id(testid)

    def ready(self, state: str = "ready") -> Seen:
        """Wait until the results are so."""
        expect(self.at("results")).to_have_attribute("data-state", state)
        return self.settled()

    def ask(self, text: str, state: str = "ready") -> dict[str, Any]:
        """Type a question and press Enter; return what the service answered."""
        self.at("query-input").fill(text)
        answer = self.answered(lambda: self.at("query-input").press("Enter"))
        self.ready(state)
        return answer

    def answered(self, act: Callable[[], Any]) -> dict[str, Any]:
        """Do something that asks the service, and return its answer."""
        if self.page.url != "about:blank":
            self.settled()
        with self.page.expect_response(_is_search, timeout=PATIENCE_MS) as waiting:
            act()
        found: dict[str, Any] = waiting.value.json()
        return found

    def cards(self) -> list[str]:
        """The ids of the results that are shown."""
        ids: list[str] = self.at("card").evaluate_all("cards => cards.map(card => card.dataset.id)")
        return ids

    def card(self, number: int) -> Locator:
        """One result."""
        return self.at("card").nth(number)

    def map_ready(self) -> Locator:
        """The map, drawn."""
        found = self.at("map")
        expect(found).to_have_attribute("data-ready", "true", timeout=PATIENCE_MS)
        return found

    def map_still(self) -> Locator:
        """The map, when it has its size, moves no more and everything on it is drawn."""
        found, before, alike = self.map_ready(), None, 0
        for _ in range(PATIENCE_MS // 50):
            now = [found.get_attribute(f"data-{name}") for name in ("still", "center", "zoom")], found.bounding_box()
            alike = alike + 1 if now == before and now[0][0] == "true" else 0
            if alike == 4:
                return found
            before = now
            self.page.wait_for_timeout(50)
        raise AssertionError("the map does not come to rest")

    def on_map(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Where a place is seen in the window."""
        found = self.map_still()
        box = found.bounding_box()
        assert box is not None
        middle = [float(part) for part in (found.get_attribute("data-center") or "").split(",")]
        side = 512 * 2 ** float(found.get_attribute("data-zoom") or 0)
        x = (longitude - middle[0]) / 360 * side
        y = (_mercator(middle[1]) - _mercator(latitude)) / (2 * math.pi) * side
        return box["x"] + box["width"] / 2 + x, box["y"] + box["height"] / 2 + y

    def drop(self, name: str, kind: str, content: bytes) -> None:
        """Drop a file on the page."""
        given = {"name": name, "type": kind, "data": base64.b64encode(content).decode()}
        script = """({name, type, data}) => {
          const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
          const carried = new DataTransfer();
          carried.items.add(new File([bytes], name, {type}));
          for (const kind of ["dragenter", "dragover", "drop"]) {
            document.querySelector("[data-testid=query-input]").dispatchEvent(
              new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: carried}));
          }
        }"""
        self.page.evaluate(script, given)

    def barriers(self) -> list[str]:
        """What axe finds against WCAG 2 AA."""
        self.page.evaluate(AXE.read_text())
        script = """async () => (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}))
          .violations.map(each => `${each.id}: ${each.nodes.map(node => node.target + " " + node.failureSummary)}`)"""
        found: list[str] = self.page.evaluate(script)
        return found


def tab(context: BrowserContext, url: str) -> Seen:
    """A new tab."""
    return Seen(context.new_page(), url)


def _is_search(response: Response) -> bool:
    return "/search" in response.url and response.request.method in ("GET", "POST")


def _mercator(latitude: float) -> float:
    return math.asinh(math.tan(math.radians(latitude)))
