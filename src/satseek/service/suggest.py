"""Questions to begin with: made of what the archive holds, asked once, kept only where something is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from satseek.core.query import Keyword, Query
from satseek.search.showcase import CHIPS_LOOKED_AT, Holdings, Showing, showcase
from satseek.service.library import Library

MOST = 6
LIMIT = 20


def suggestions(library: Library) -> list[Showing]:
    """Return up to six questions that find something; none for an empty archive."""
    archive = library.archive
    chips = [chip for part in archive.scan(limit=CHIPS_LOOKED_AT) for chip in part.chips]
    found: list[Showing] = []
    for showing in (*showcase(chips), *_more(Holdings.of(chips))):
        if len(found) == MOST:
            break
        query = replace(showing.query, k=LIMIT)
        if query.has_words and not archive.card.reads_text:
            continue
        if query.to_json() not in [each.query.to_json() for each in found] and len(library.ask(query)):
            found.append(replace(showing, query=query))
    return found


def _more(holdings: Holdings) -> Iterator[Showing]:
    """Yield plainer questions for archives of which little is said."""
    for label in holdings.rare(holdings.labels):
        yield Showing(label.capitalize(), f"Chips that must show '{label}'.", Query(must=(Keyword(label),)))
    for sensor in holdings.sensors:
        yield Showing(f"The newest of {sensor}", "A listing, newest first.", Query(sensors=(sensor,)))
