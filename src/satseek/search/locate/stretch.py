"""Stretching: from scores, which mean little on their own, to heat in 0…1, and whether anything stands out at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from affine import Affine

from satseek.core.area import Area
from satseek.core.vectors import FloatArray

LEAST_RANGE = 1e-4  # of scores; less is rounding
LEAST_CUT = 0.5


@dataclass(frozen=True)
class Stretch:
    """The scores that become heat 0 and heat 1: the map's usual one (its median), and its hottest."""

    low: float
    high: float

    @staticmethod
    def of(raw: FloatArray) -> Stretch:
        """Return the stretch of a map of mean scores."""
        return Stretch(float(np.nanmedian(raw)), float(np.nanmax(raw)))

    @property
    def is_flat(self) -> bool:
        """Whether no place is hotter than the usual one."""
        return self.high - self.low < LEAST_RANGE

    def applied(self, raw: FloatArray) -> FloatArray:
        """Return heat: 0 for the usual score and all below it, 1 for the hottest place."""
        if self.is_flat:
            return np.where(np.isfinite(raw), 0.0, np.nan).astype(np.float32)
        heat: FloatArray = np.clip((raw - self.low) / (self.high - self.low), 0, 1).astype(np.float32)
        return heat


def cut_of(heat: FloatArray) -> float:
    """Return the heat that parts a map's hot places from the others best (Otsu's), at least one half."""
    values = heat[np.isfinite(heat) & (heat > 0)]
    if not values.size:
        return LEAST_CUT
    counts, edges = np.histogram(values, bins=128, range=(0.0, 1.0))
    middles = (edges[:-1] + edges[1:]) / 2
    below, mass = np.cumsum(counts), np.cumsum(counts * middles)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (mass / below - (mass[-1] - mass) / above) ** 2
    return float(max(LEAST_CUT, edges[1:][int(np.nanargmax(apart))])) if np.isfinite(apart).any() else LEAST_CUT


def inside(heat: FloatArray, where: Area | None, transform: Affine, crs: Any) -> FloatArray:
    """Return the heat with nothing known outside of a polygon, where one was asked for."""
    if where is None or where.geometry is None or crs is None:
        return heat
    from rasterio.features import geometry_mask
    from rasterio.warp import transform_geom

    outline = transform_geom("EPSG:4326", crs, dict(where.geometry))
    outside = geometry_mask([outline], heat.shape, transform, all_touched=True)
    return np.where(outside, np.nan, heat).astype(np.float32)
