"""Places of one brightness each, seen by both sensors: radar is the darker the brighter the optical picture is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image


def write_brightness_pairs(folder: Path, *, places: int, side: int) -> Path:
    """Write a pairs folder of squares of so many pixels at 10 m; every fifth place is for choosing."""
    records = []
    for name in ("s1", "s2"):
        (folder / name).mkdir()
    for number, level in enumerate(np.linspace(20, 230, places).astype(int)):
        Image.fromarray(np.full((side, side), 250 - level, np.uint8)).save(folder / "s1" / f"{number}.png")
        Image.fromarray(np.full((side, side, 3), level, np.uint8)).save(folder / "s2" / f"{number}.png")
        files = {sensor: f"{sensor}/{number}.png" for sensor in ("s1", "s2")}
        bounds = [0, 0, 10 * side, 10 * side]
        told = {"split": "val" if number % 5 == 2 else "train", "bounds": bounds, "tile": "x"}
        days = {"s1_date": "07.11.2020", "s2_date": "04.11.2020"}
        records.append({"id": str(number), **files, **told, **days})
    listed = {"crs": "EPSG:3395", "ground_resolution_m": 10, "size_pixels": side, "pairs": records}
    (folder / "pairs.json").write_text(json.dumps(listed))
    return folder
