"""What is true of a window of the map: shares of the ground, things that can be counted, what lies beside what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from satseek.core.scene import Window
from satseek.synthetic.covers import LABEL_OF_COVER, ZONE_LABELS, Cover
from satseek.synthetic.paint import PaintedMap
from satseek.synthetic.things import Thing

LEAST_SHARE = {"road": 0.012, "river": 0.015, "bridge": 1.0, "runway": 0.008, "beach": 0.015}
LEAST_SHARE_OTHERWISE = 0.04
LONG_VIEW_M = 700.0  # from here on small places count, and a river can be seen to wind
LEAST_SHARE_LONG_VIEW = dict.fromkeys(ZONE_LABELS, 0.012) | {"beach": 0.006}
AREAS = (
    "airport", "harbour", "storage tank", "solar farm", "sports ground", "town", "village", "river", "lake", "sea",
    "beach", "mountain", "bare rock", "desert", "forest", "orchard", "field", "meadow", "scrub",
)  # fmt: skip
SIGHT = 34  # cells a side when looking at what lies beside what
SMALLEST_SEEN = 2.6  # pixels a side, for a thing that is to be counted
_FENCED = {"airport"}  # whose grass alone does not show what it belongs to
_CODES = {label: [int(c) for c, name in LABEL_OF_COVER.items() if name == label] for label in AREAS}


@dataclass(frozen=True)
class Facts:
    """The truth about one window."""

    shares: dict[str, float]  # of the window, by label, where it is more than nothing
    counts: dict[str, int]  # of single things that can be seen, by label
    beside: frozenset[tuple[str, str]] = frozenset()  # (a, b) where much of a's edge touches b; both orders
    around: frozenset[tuple[str, str]] = frozenset()  # (a, b) where b is nearly all around a
    labels: tuple[str, ...] = ()  # what is truly there, the most telling first
    roofs: float = 0.0  # share of the window
    metres: float = 0.0  # the window's shorter side on the ground
    farming: str = "strips"


def facts_of(map_: PaintedMap, window: Window, seen: list[Thing], *, every: int, farming: str) -> Facts:
    """Return the truth about a window, given in cells, as a sensor that sees every × every cells as one can tell it."""
    rows = slice(window.row, window.row + window.height)
    columns = slice(window.column, window.column + window.width)
    cover, zone = map_.cover[rows, columns], map_.zone[rows, columns]
    shares = _shares(cover, zone)
    counts = _counts(map_, window, seen, every)
    metres = min(window.width, window.height) * map_.grid.resolution
    present = {label for label, share in shares.items() if share >= least_share(label, metres)}
    present -= {label for label in _FENCED & present if not _is_built(cover, zone, label)}
    if "river" in shares and shares["river"] < 0.015:
        counts.pop("bridge", None)
    present |= set(counts)
    ranked = [label for label in ("plane", "runway", "ship", "bridge", *AREAS, "road") if label in present]
    ranked.sort(key=lambda label: -_telling(label, shares.get(label, 0.0)))
    beside, around = _neighbours(cover, zone, present)
    roofs = float((cover == Cover.ROOF).mean())
    return Facts(shares, counts, beside, around, tuple(ranked), roofs, metres, farming)


def least_share(label: str, metres: float) -> float:
    """Return the share of a window so many metres wide from which on a label is said to be there."""
    if metres >= LONG_VIEW_M and label in LEAST_SHARE_LONG_VIEW:
        return LEAST_SHARE_LONG_VIEW[label]
    return LEAST_SHARE.get(label, LEAST_SHARE_OTHERWISE)


def _shares(cover: NDArray[np.uint8], zone: NDArray[np.uint8]) -> dict[str, float]:
    total = cover.size
    shares: dict[str, float] = {}
    for code, count in enumerate(np.bincount(cover.ravel(), minlength=max(Cover) + 1)):
        if count and code in LABEL_OF_COVER:
            label = LABEL_OF_COVER[Cover(code)]
            shares[label] = shares.get(label, 0.0) + float(count) / total
    for number, count in enumerate(np.bincount(zone.ravel(), minlength=len(ZONE_LABELS) + 1)):
        if count and number:
            shares[ZONE_LABELS[number - 1]] = float(count) / total
    return shares


def _counts(map_: PaintedMap, window: Window, seen: list[Thing], every: int) -> dict[str, int]:
    """Count things that lie at least half inside the window; long ones count where a good piece does."""
    resolution = map_.grid.resolution
    left = map_.grid.left + window.column * resolution
    top = map_.grid.top + window.row * resolution
    box = shapely.box(left, top, left + window.width * resolution, top + window.height * resolution)
    smallest = SMALLEST_SEEN * resolution * every
    counts: dict[str, int] = {}
    for thing in seen:
        area = thing.shape.area
        if thing.label is None or area < smallest**2 or not thing.shape.intersects(box):
            continue
        inside = thing.shape.intersection(box).area
        long_piece = thing.label == "runway" and inside > 0.03 * box.area
        if inside >= 0.5 * area or long_piece:
            counts[thing.label] = counts.get(thing.label, 0) + 1
    return counts


def _is_built(cover: NDArray[np.uint8], zone: NDArray[np.uint8], label: str) -> bool:
    inside = zone == ZONE_LABELS.index(label) + 1
    return bool((inside & (cover != Cover.TURF)).sum() >= 0.02 * cover.size)


def _telling(label: str, share: float) -> float:
    """Return how much a label says about a window: rare things first, then what there is much of."""
    rank = {"plane": 3.0, "ship": 2.4, "airport": 2.6, "harbour": 2.2, "storage tank": 2.2, "solar farm": 2.2,
            "sports ground": 2.1, "bridge": 1.9, "runway": 1.8, "town": 1.0, "village": 1.0, "river": 1.2, "lake": 0.9,
            "beach": 0.9, "sea": 0.6, "mountain": 0.6, "orchard": 0.5, "road": 0.1}  # fmt: skip
    return rank.get(label, 0.3) + share


def _neighbours(
    cover: NDArray[np.uint8], zone: NDArray[np.uint8], present: set[str]
) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """Look at the window coarsely and tell which areas touch, and which lie within one other."""
    step = max(1, min(cover.shape) // SIGHT)
    small, place = cover[step // 2 :: step, step // 2 :: step], zone[step // 2 :: step, step // 2 :: step]
    masks = {}
    for label in AREAS:
        if label in present:
            here = np.isin(small, _CODES[label])
            if label in ZONE_LABELS:
                here = place == ZONE_LABELS.index(label) + 1
            elif label not in ("river", "lake"):
                here &= place == 0
            if here.any():
                masks[label] = here
    beside, around = set(), set()
    for a, mask in masks.items():
        ring = binary_dilation(mask, iterations=2) & ~mask
        size = int(ring.sum())
        for b, other in masks.items():
            touching = int((ring & other).sum())
            if a == b or not size:
                continue
            if touching >= max(4, 0.12 * size):
                beside |= {(a, b), (b, a)}
            if touching >= 0.62 * size and size >= 8:
                around.add((a, b))
    return frozenset(beside), frozenset(around)
