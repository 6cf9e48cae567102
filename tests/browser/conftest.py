"""A painted archive, its service and a Chromium, made once; a fresh tab for every test, whose console stays clean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from fakes.browsers import AXE, BUILT, PATIENCE_MS, Seen, Serving, chromium, launched, served, tab
from satseek.archive.archive import Archive
from satseek.ingest.cut import CutPlan
from satseek.ingest.pipeline import ingest
from satseek.models.catalogue import load_model
from worlds import small_catalog

HERE = Path(__file__).parent
DESKTOP = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that is here needs a browser, and is left out where there is none."""
    missing = [
        why
        for why, there in (
            ("there is no Chromium: tools/chromium.sh brings one, or names what to do", chromium()),
            ("the page is not built: make page", BUILT.is_file()),
            ("axe-core is not there: make page", AXE.is_file()),
        )
        if not there
    ]
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=2))  # software graphics on cores that do much else
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing[0]))


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two places as three sensors see them."""
    place = tmp_path_factory.mktemp("browser") / "archive"
    model = load_model("colour")
    catalog = small_catalog(tmp_path_factory, scenes=2, size=1024)
    report = ingest(Archive.create(str(place), model.card), [str(catalog)], model=model, plan=CutPlan(chip=224))
    assert report.added > 50
    return place


@pytest.fixture(scope="session")
def service(painted: Path) -> Iterator[Serving]:
    with served(painted) as serving:
        yield serving


@pytest.fixture(scope="session")
def place(service: Serving) -> str:
    """The box around one of the two places, as an address has it: the map then shows footprints and not dots."""
    scenes = httpx.get(f"{service.url}/scenes", params={"sensor": "s2"}).json()["features"]
    west, south, east, north = scenes[0]["bbox"]
    return f"{west - 0.01:.4f},{south - 0.01:.4f},{east + 0.01:.4f},{north + 0.01:.4f}"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = launched(playwright)
    yield found
    found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport=DESKTOP, accept_downloads=True)  # type: ignore[arg-type]
    found.set_default_timeout(PATIENCE_MS)
    yield found
    found.close()


@pytest.fixture
def seen(context: BrowserContext, service: Serving) -> Iterator[Seen]:
    """A tab over the painted archive; whatever its console complains of, or it asks of others, fails the test."""
    found = tab(context, service.url)
    yield found
    assert found.complaints == []
    assert found.outside == []


@pytest.fixture
def over(browser: Browser) -> Iterator[Callable[..., Seen]]:
    """Makes tabs over other services, where complaints may be expected."""
    contexts: list[BrowserContext] = []

    def made(url: str, **wishes: object) -> Seen:
        contexts.append(browser.new_context(**({"viewport": DESKTOP} | wishes)))  # type: ignore[arg-type]
        return tab(contexts[-1], url)

    yield made
    for context in contexts:
        context.close()
