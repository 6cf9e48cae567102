"""Hits as a page for notebooks: a thumbnail, the score and what is said of each, all in one HTML text."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Sequence
from html import escape

from satseek.core.chip import Chip
from satseek.core.errors import SatSeekError
from satseek.core.result import Hit
from satseek.search.formats import place_name, what_it_shows

MOST = 30  # thumbnails on one page
SIDE = 160  # pixels
_CARD = "display:inline-block;width:176px;margin:4px;vertical-align:top;font:12px sans-serif;overflow-wrap:anywhere"

_log = logging.getLogger(__name__)


def html(hits: Sequence[Hit], notes: Sequence[str] = ()) -> str:
    """Return the first hits as thumbnails that carry their own pixels."""
    if not hits:
        return "".join(f"<p>{escape(text)}</p>" for text in ("No chip matches.", *notes))
    cards = "".join(_card(hit) for hit in hits[:MOST])
    rest = f"<p>… and {len(hits) - MOST} more</p>" if len(hits) > MOST else ""
    return f"<div>{cards}</div>{rest}" + "".join(f"<p>{escape(note)}</p>" for note in notes)


def _card(hit: Hit) -> str:
    shows, when = escape(what_it_shows(hit)), hit.chip.datetime
    lines = [f"<b>{hit.rank}</b> · {hit.score:.3f} · {escape(hit.chip.sensor)}", shows, escape(place_name(hit))]
    if when is not None:
        lines.append(f"{when:%Y-%m-%d}")
    return f'<div style="{_CARD}">{_thumbnail(hit.chip, shows)}<br>{"<br>".join(lines)}</div>'


def _thumbnail(chip: Chip, shows: str) -> str:
    from satseek.raster.preview import png
    from satseek.raster.read import read_chip

    try:
        picture = png(read_chip(chip, size=(SIDE, SIDE)))
    except (SatSeekError, OSError) as error:
        _log.warning("no thumbnail of chip %s: %s", chip.id, error)
        return f'<div style="width:{SIDE}px;height:{SIDE}px;background:#ddd">pixels not found</div>'
    return (
        f'<img width="{SIDE}" height="{SIDE}" alt="{shows}" src="data:image/png;base64,{b64encode(picture).decode()}">'
    )
