"""A small captioned data set on disk: plain pictures in three colours, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (30, 60, 200)}
THINGS = {"red": "roofs", "green": "meadows", "blue": "water"}


def write_pictures(folder: Path, *, train: int = 18, val: int = 6, size: int = 40) -> Path:
    """Write images and `dataset.json` in the Karpathy form; colours and captions go together."""
    random = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    images = []
    for number in range(train + val):
        colour = list(COLOURS)[number % 3]
        pixels = np.array(COLOURS[colour]) + random.integers(-25, 26, (size, size, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / "images" / f"{number}.png")
        sentences = [f"{colour} {THINGS[colour]} .", f"many {THINGS[colour]} that are {colour} from {number} on ."]
        images.append(
            {
                "filename": f"{number}.png",
                "split": "train" if number < train else "val",
                "class": colour,
                "sentences": [{"raw": sentence} for sentence in sentences],
            }
        )
    (folder / "dataset.json").write_text(json.dumps({"images": images}))
    return folder


SMALL = (
    "teaches=all",
    "model.backbone=mobilenetv2",
    "data.sets=folder",
    "data.image_size=32",
    "data.store_size=32",
    "data.batch=6",
    "model.dimensions=16",
    "model.embedding=8",
    "model.hidden=8",
    "model.buckets=64",
    "model.keywords=false",
    "data.kept_variants=0",
    "data.choose_every=1",
    "optimiser.start_from=",
    "optimiser.frozen_blocks=3",
    "optimiser.epochs=2",
)  # changes to a recipe that make it run in a second
