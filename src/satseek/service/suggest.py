"""Questions to begin with: made of what the archive holds, asked once, kept only where something is found.

Making them costs the same for every archive: so many chips are looked at, so many questions are asked, for one hit
each. A service makes them when it starts, beside its first requests, and again only when its archive has changed much.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from satseek.archive.archive import Archive
from satseek.core.errors import SatSeekError
from satseek.core.query import Keyword, Query
from satseek.search.searcher import ask
from satseek.search.showcase import Holdings, Showing, showcase
from satseek.service.library import Library

MOST = 6
MOST_ASKED = 12  # to find six that have an answer
LOOKED_AT = 1_000  # chips
LIMIT = 20  # hits of a question, when somebody follows it
GROWN = 1.25  # times as many chips, or so many times fewer: made anew
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Made:
    archive: Archive  # as the library had it open
    version: int
    rows: int
    showings: tuple[Showing, ...]

    @property
    def examples(self) -> list[str]:
        """The chips that the questions show."""
        queries = [showing.query for showing in self.showings]
        return [each.chip for query in queries for each in (*query.like, *query.unlike) if each.chip]


class Suggestions:
    """The questions to begin with, remembered as long as they may be expected to find something."""

    def __init__(self, library: Library) -> None:
        """Take the library; nothing is asked of it before somebody wants to know."""
        self._library = library
        self._lock = threading.Lock()
        self._made: _Made | None = None

    def now(self) -> tuple[Showing, ...]:
        """Return up to six questions that find something, none for an empty archive; who comes meanwhile waits."""
        archive = self._library.archive
        with self._lock:
            if self._made is None or not _still_good(self._made, archive):
                version, rows = archive.version, len(archive)
                self._made = _Made(archive, version, rows, tuple(_found(self._library, archive)))
            return self._made.showings

    def prepare(self) -> threading.Thread:
        """Make them on a thread of their own; what stands in the way is told to whoever asks."""
        thread = threading.Thread(target=self._prepare, name="satseek-suggest", daemon=True)
        thread.start()
        return thread

    def _prepare(self) -> None:
        try:
            self.now()
        except SatSeekError as error:
            logger.info("no questions to begin with yet: %s", error)


def _still_good(made: _Made, archive: Archive) -> bool:
    if made.archive is not archive:
        return False
    if made.version == archive.version:
        return True
    rows, examples = len(archive), made.examples
    alike = made.rows / GROWN <= rows <= made.rows * GROWN
    return alike and len(archive.held(examples)) == len(set(examples))


def _found(library: Library, archive: Archive) -> Iterator[Showing]:
    """Yield questions that have an answer, up to six."""
    found = (showing for showing in islice(_asked(archive), MOST_ASKED) if _finds(library, archive, showing.query))
    yield from islice(found, MOST)


def _finds(library: Library, archive: Archive, query: Query) -> bool:
    return len(ask(archive, replace(query, k=1, merge=False), library.model)) > 0


def _asked(archive: Archive) -> Iterator[Showing]:
    """Yield different questions that the model can read."""
    chips = [chip for part in archive.scan(limit=LOOKED_AT) for chip in part.chips]
    seen: list[object] = []
    for showing in (*showcase(chips), *_more(Holdings.of(chips))):
        query = replace(showing.query, k=LIMIT)
        if (query.has_words and not archive.card.reads_text) or query.to_json() in seen:
            continue
        seen.append(query.to_json())
        yield replace(showing, query=query)


def _more(holdings: Holdings) -> Iterator[Showing]:
    """Yield plainer questions for archives of which little is said."""
    for label in holdings.rare(holdings.labels):
        yield Showing(label.capitalize(), f"Chips that must show '{label}'.", Query(must=(Keyword(label),)))
    for sensor in holdings.sensors:
        yield Showing(f"The newest of {sensor}", "A listing, newest first.", Query(sensors=(sensor,)))
