"""How well a heat map points at what was asked for: the SeLo figures Rsu, Ras, Rda, Rmi, and average precision.

The four are those of Yuan et al., "Learning to Evaluate Performance of Multi-modal Semantic Localization" (IEEE TGRS,
2022), with the constants of its authors' public code (xiaoyuan1996/SemanticLocalizationMetrics), which the paper's
tables were made with. P is a map with values in 0…1, R the regions that are right, as polygons in pixels.

- Rsu, significant area proportion: how much hotter the right area is than the rest,
  1 − exp(−0.707 · (ΣP inside / ΣP outside) · (area outside / area inside)). A flat map has 0.507.
- Attention centres: P in whole steps of 1/255 is smoothed five times by a mean over 50 × 50 pixels; each connected
  plateau that is highest among the 1000 × 1000 pixels around it has its centroid for a centre, if P ≥ 0.5 there. Each
  region has a circle: its middle is the mean of its corners, its radius r 1.5 times their mean distance from there.
- Ras, attention shift distance: o is the mean distance of the centres in a region's circle from its middle, or r where
  there is none; with g the mean of o / r over regions, Ras = (exp(3g) − 1) / (exp(3) − 1). Lower is better.
- Rda, discrete attention distance: of each region 0 without a centre in its circle, 1 with one, and with n > 1 centres
  (1 − mean distance from their own mean / r) / 2 + exp(−(n + 2) / 2); then the mean over regions.
- Rmi = 0.4 Rsu + 0.35 (1 − Ras) + 0.25 Rda.

Three details are ours. Where the public code, finding no centre at all, takes the first region's radius for the only
offset, every region gets its own radius here: g is 1 then, as it means. The smoothing at the map's border repeats the
border, where OpenCV mirrors it. And windows are odd, so that no centre is pushed aside. Windows of 50 and 1000 pixels
suit the scenes of AIR-SLT; a map with coarser cells says how many pixels a cell stands for, and both shrink with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import UsageError
from satseek.core.vectors import FloatArray
from satseek.evaluation.graded import average_precision
from satseek.evaluation.ranks import BoolArray

BETA, TINY = 0.707, 1e-7
CIRCLE = 1.5
SMOOTHED_TIMES, SMOOTHED_PIXELS, HIGHEST_PIXELS, LEAST_HEAT = 5, 50, 1000, 0.5
STEEPNESS, CROWD = 3.0, 0.5
OF_AREA, OF_SHIFT, OF_FOCUS = 0.4, 0.35, 0.25

Ring = NDArray[np.float64]  # (corners, 2): column and row


@dataclass(frozen=True)
class LocalisationFigures:
    """The figures of one map, or their means over many."""

    rsu: float
    ras: float  # lower is better
    rda: float
    average_precision: float
    area_share: float  # of the map that is right: the average precision of a map that says nothing

    @property
    def rmi(self) -> float:
        """The mean indicator."""
        return OF_AREA * self.rsu + OF_SHIFT * (1 - self.ras) + OF_FOCUS * self.rda

    @property
    def gain(self) -> float:
        """How many times better the average precision is than that of a map that says nothing."""
        return self.average_precision / self.area_share


def localisation(
    heat: FloatArray, mask: BoolArray, regions: Sequence[Ring], *, pixels: float = 1.0
) -> LocalisationFigures:
    """Return the figures of one heat map, NaN counting as 0; `pixels` of the scene lie along the side of a cell.

    Regions are rings of corners in cells of the map.
    """
    if not mask.any() or mask.all():
        raise UsageError("A localisation is measured where some of the map is right, and not all of it.")
    heat = np.nan_to_num(np.asarray(heat, dtype=np.float32))
    circles = [circle_of(ring) for ring in regions]
    centres = attention_centres(heat, pixels=pixels)
    return LocalisationFigures(
        rsu=significant_area(heat, mask),
        ras=attention_shift(centres, circles),
        rda=attention_focus(centres, circles),
        average_precision=pixel_precision(heat, mask),
        area_share=float(mask.mean()),
    )


def mean_localisation(figures: Sequence[LocalisationFigures]) -> LocalisationFigures:
    """Return the mean of each figure."""
    names = ("rsu", "ras", "rda", "average_precision", "area_share")
    return LocalisationFigures(**{name: float(np.mean([getattr(each, name) for each in figures])) for name in names})


def significant_area(heat: FloatArray, mask: BoolArray) -> float:
    """Return Rsu."""
    inside, everything = float(heat[mask].sum(dtype=np.float64)), float(heat.sum(dtype=np.float64))
    share = inside / (everything - inside + TINY)
    return float(1 - np.exp(-BETA * share * (~mask).sum() / mask.sum()))


def attention_centres(heat: FloatArray, *, pixels: float = 1.0) -> Ring:
    """Return the (column, row) of each place that a map draws the eye to."""
    from scipy import ndimage

    smoothed = np.floor(heat.astype(np.float64) * 255)
    for _ in range(SMOOTHED_TIMES):
        smoothed = np.rint(ndimage.uniform_filter(smoothed, size=_odd(SMOOTHED_PIXELS / pixels), mode="nearest"))
    highest = ndimage.maximum_filter(smoothed, size=_odd(HIGHEST_PIXELS / pixels), mode="nearest")
    plateaus, count = ndimage.label((smoothed == highest) & (smoothed > 0), structure=np.ones((3, 3)))
    middles = ndimage.center_of_mass(plateaus > 0, plateaus, range(1, count + 1)) if count else []
    centres = [(int(column), int(row)) for row, column in middles]
    return np.array([each for each in centres if heat[each[1], each[0]] >= LEAST_HEAT], dtype=np.float64).reshape(-1, 2)


def circle_of(ring: Ring) -> tuple[float, float, float]:
    """Return the column and row of a region's middle, and the radius of its circle; a closing corner counts once."""
    corners = ring[:-1] if len(ring) > 1 and (ring[0] == ring[-1]).all() else ring
    middle = corners.mean(axis=0)
    radius = CIRCLE * float(np.linalg.norm(corners - middle, axis=1).mean())
    return float(middle[0]), float(middle[1]), radius


def attention_shift(centres: Ring, circles: Sequence[tuple[float, float, float]]) -> float:
    """Return Ras."""
    shifts = []
    for column, row, radius in circles:
        near = _distances_within(centres, column, row, radius)
        shifts.append(float(near.mean()) / radius if len(near) else 1.0)
    return float(np.expm1(STEEPNESS * np.mean(shifts)) / np.expm1(STEEPNESS))


def attention_focus(centres: Ring, circles: Sequence[tuple[float, float, float]]) -> float:
    """Return Rda."""
    return float(np.mean([_focus(centres, circle) for circle in circles]))


def pixel_precision(heat: FloatArray, mask: BoolArray) -> float:
    """Return the average precision of the map's cells, ranked by heat, ties in expectation."""
    return float(average_precision(heat.reshape(1, -1), mask.reshape(1, -1))[0])


def _focus(centres: Ring, circle: tuple[float, float, float]) -> float:
    column, row, radius = circle
    inside = centres[np.linalg.norm(centres - (column, row), axis=1) <= radius]
    if len(inside) <= 1:
        return float(len(inside))
    apart = float(np.linalg.norm(inside - inside.mean(axis=0), axis=1).mean()) / radius
    return 0.5 * (1 - apart) + float(np.exp(-CROWD * (len(inside) + 2)))


def _distances_within(centres: Ring, column: float, row: float, radius: float) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(centres - (column, row), axis=1)
    return distances[distances <= radius]


def _odd(cells: float) -> int:
    return 2 * round((cells - 1) / 2) + 1 if cells > 1 else 1
