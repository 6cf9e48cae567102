"""Questions about real pictures with known answers: the classes and captions of RSICD's validation split."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
from machine import ROOT

from satseek.core.chip import Chip
from satseek.core.model import Model
from satseek.core.scene import Window
from satseek.core.sensor import Pixels
from satseek.core.words import says
from satseek.evaluation.calibration_shown import Asked, Shown, asked_of

NAMES = {
    "airport": "airport", "bareland": "bare land", "baseballfield": "baseball field", "beach": "beach",
    "bridge": "bridge", "church": "church", "commercial": "commercial area",
    "denseresidential": "dense residential area", "desert": "desert", "farmland": "farmland", "forest": "forest",
    "industrial": "industrial area", "meadow": "meadow", "mountain": "mountain", "park": "park",
    "parking": "parking lot", "playground": "playground", "pond": "pond", "port": "port",
    "railwaystation": "railway station", "resort": "resort", "river": "river", "school": "school",
    "stadium": "stadium", "storagetanks": "storage tank", "viaduct": "viaduct",
}  # fmt: skip
WORLD = -1  # of the questions
_AT_ONCE = 64


def real_questions(model: Model) -> list[Asked]:
    """Return what is asked of real pictures, of all and of those that do not show it; nothing where there are none."""
    folder = Path(os.environ.get("SATSEEK_SHARED_DATA", ROOT.parent / "shared" / "data")) / "rsicd"
    described = folder / "dataset_rsicd.json"
    if not described.exists():
        return []
    images = [image for image in json.loads(described.read_text())["images"] if image["split"] == "val"]
    vectors = []
    for start in range(0, len(images), _AT_ONCE):
        some = [_pixels(folder / "RSICD_images" / image["filename"]) for image in images[start : start + _AT_ONCE]]
        vectors.append(model.encode_images(some))
    chips, truth = [], []
    for number, image in enumerate(images):
        name = image["filename"]
        chips.append(
            Chip(
                id=str(number), sensor="rgb", source=name, scene=name, window=Window(0, 0, 1, 1), scale=1.0,
                size=(128, 128), address={},
            )
        )  # fmt: skip
        said = " . ".join(sentence["raw"] for sentence in image["sentences"])
        shows = {noun for noun in NAMES.values() if says(said, noun)}
        truth.append(frozenset({NAMES[image["class"].lower()], *shows} if image["class"].lower() in NAMES else shows))
    shown = Shown(chips, np.concatenate(vectors), truth, frozenset(NAMES.values()))
    phrases = {noun: (f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}",) for noun in shown.labels()}
    return list(asked_of(shown, phrases, world=WORLD, complete=False))  # captions leave out much that is there


def _pixels(path: Path) -> Pixels:
    from PIL import Image

    values = np.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)
    return Pixels("rgb", ("red", "green", "blue"), values, np.ones(values.shape[1:], dtype=bool))
