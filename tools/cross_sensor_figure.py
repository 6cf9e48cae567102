"""Draw the figure of docs/cross-sensor.md: radar chips with their optical hits, and the other way round.

    python tools/cross_sensor_figure.py ARCHIVE docs/img/cross-sensor.jpg

ARCHIVE holds both rasters of Los Angeles, as benchmarks/whole_scene.py leaves it. A green frame marks hits whose centre
lies within 1 km of the query's. Contains modified Copernicus Sentinel data 2020.
"""

from __future__ import annotations

import argparse
import io
import math
from pathlib import Path

from PIL import Image, ImageDraw

import satseek
from satseek.core.chip import Chip
from satseek.core.filters import Filters
from satseek.raster.preview import png
from satseek.raster.read import read_chip

SIDE, GAP, HITS, NEAR_M = 112, 6, 5, 1000.0
QUERIES = (("s1", "rgb", 0.2), ("s1", "rgb", 0.55), ("rgb", "s1", 0.35), ("rgb", "s1", 0.8))  # asked, found, which chip
GREEN, GREY, INK = (20, 150, 60), (200, 200, 200), (30, 30, 30)


def main() -> None:
    """Draw each query beside its hits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("picture", type=Path)
    given = parser.parse_args()
    collection = satseek.open(given.archive)
    width = (1 + HITS) * (SIDE + GAP) + 3 * GAP
    sheet = Image.new("RGB", (width, 16 + len(QUERIES) * (SIDE + GAP) + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 2), "query", fill=INK)
    draw.text((SIDE + 4 * GAP, 2), f"first {HITS} hits in the other sensor; green: within 1 km", fill=INK)
    for row, (asked, found, share) in enumerate(QUERIES):
        chips = sorted(
            (c for batch in collection.archive.scan(Filters(sensors=(asked,))) for c in batch.chips),
            key=lambda chip: (chip.window.row, chip.window.column),
        )
        query = chips[int(share * len(chips))]
        top = 16 + row * (SIDE + GAP)
        paste(sheet, draw, query, (GAP, top), GREY)
        for place, hit in enumerate(collection.search(like=query.id, sensors=found, k=HITS)):
            colour = GREEN if apart_m(query, hit.chip) <= NEAR_M else GREY
            paste(sheet, draw, hit.chip, (SIDE + 4 * GAP + place * (SIDE + GAP), top), colour)
    given.picture.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(given.picture, quality=82)


def paste(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, chip: Chip, at: tuple[int, int], frame: tuple[int, ...]
) -> None:
    """Paste a chip as its sensor is usually drawn, in a frame."""
    picture = Image.open(io.BytesIO(png(read_chip(chip, size=(SIDE, SIDE)))))
    sheet.paste(picture.convert("RGB"), at)
    draw.rectangle((at[0] - 2, at[1] - 2, at[0] + SIDE + 1, at[1] + SIDE + 1), outline=frame, width=3)


def apart_m(one: Chip, other: Chip) -> float:
    """Return the distance between the centres of two chips."""
    boxes = [chip.bbox or (0.0, 0.0, 0.0, 0.0) for chip in (one, other)]
    (lon, lat), (lon2, lat2) = (((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in boxes)
    return math.hypot((lon - lon2) * 111_320 * math.cos(math.radians(lat)), (lat - lat2) * 110_950)


if __name__ == "__main__":
    main()
