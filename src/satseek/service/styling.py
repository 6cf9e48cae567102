"""How a picture is wanted, as addresses say it: drawings, bands, ranges and colours, by titiler's names."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends, Query

from satseek.core.errors import UsageError
from satseek.service.pictures import Stretch, Style

MOST = 4  # bands and ranges that are looked at; more are refused with them


def _style(
    drawing: Annotated[str | None, Query(description="One of the sensor's drawings, see /archive.")] = None,
    bidx: Annotated[list[str] | None, Query(description="Bands to show, one or three, by name or number.")] = None,
    bands: Annotated[
        str | None, Query(description="The same in one word.", examples=["B12,B08,B04"], max_length=100)
    ] = None,
    rescale: Annotated[
        list[str] | None, Query(description="low,high for all bands, or once for each, in the sensor's unit.")
    ] = None,
    colormap_name: Annotated[str | None, Query(description="Of one band, such as viridis.")] = None,
    stretch: Annotated[
        Stretch,
        Query(
            description="What is drawn black and white: what is usual for the sensor, the 2nd and 98th percentile of "
            "the chip (of tiles: of the scene), or the least and greatest value."
        ),
    ] = "sensor",
) -> Style:
    """Return how a picture is to be drawn."""
    if bidx and bands:
        raise UsageError("Give bidx or bands, not both.")
    named = bidx or [name for name in (bands or "").split(",") if name.strip()]
    ranges = tuple(_range(text) for text in (rescale or ())[:MOST])
    return Style(drawing, tuple(name.strip() for name in named[:MOST]), ranges, colormap_name, stretch)


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"Cannot read the range '{text[:40]}'. Write low,high such as rescale=0,0.3.") from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError("The range of rescale goes from a lower to a higher number.")
    return low, high


Styled = Annotated[Style, Depends(_style)]
