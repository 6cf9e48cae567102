"""Draw docs/img/synthetic-world.png: one painted place as three sensors see it, and details of the aerial pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from satseek.core.sensor import SENSORS
from satseek.synthetic.land import Land
from satseek.synthetic.world import BANDS, World

SIDE, GAP = 400, 6
PLACE = 1
DETAILS = ((2, 800, 880), (1, 1130, 1000), (6, 560, 700))  # number of the place, column, row of a corner


def main(out: Path) -> None:
    """Write the picture."""
    sheet = Image.new("RGB", (3 * SIDE + 2 * GAP, 2 * SIDE + GAP), "white")
    land = Land.planned(7, extent_m=10_240, core_m=2_048, number=PLACE)
    near, wide = World.of(land, 2048, 2.0), World.of(land, 820, 5.0)
    views = [
        Image.fromarray(np.moveaxis(near.render("rgb"), 0, -1)),
        drawn("s2", "infrared", wide.render("s2", every=2)),
        drawn("s1", "backscatter", wide.render("s1", every=2)),
    ]
    for number, view in enumerate(views):
        sheet.paste(view.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (number * (SIDE + GAP), 0))
    for number, (place, column, row) in enumerate(DETAILS):
        world = World.of(Land.planned(7, extent_m=10_240, core_m=2_048, number=place), 2048, 1.0)
        picture = Image.fromarray(np.moveaxis(world.render("rgb"), 0, -1))
        detail = picture.crop((column, row, column + SIDE, row + SIDE))
        sheet.paste(detail, (number * (SIDE + GAP), SIDE + GAP))
    sheet.quantize(200, dither=Image.Dither.FLOYDSTEINBERG).save(out, optimize=True)


def drawn(sensor: str, drawing: str, values: NDArray[np.float32]) -> Image.Image:
    """Return what a satellite measured, drawn as its sensor is usually drawn."""
    how = SENSORS.get(sensor).drawings[drawing]
    layers = [
        np.clip((values[BANDS[sensor].index(band)] - black) / (white - black), 0, 1) * 255
        for band, black, white in zip(how.bands, how.black, how.white, strict=True)
    ]
    return Image.fromarray(np.stack(layers, axis=-1).astype(np.uint8))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/img/synthetic-world.png"))
