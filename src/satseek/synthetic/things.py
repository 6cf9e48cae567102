"""Single things on a land, as polygons in metres, and the shapes they are cut from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.covers import Cover

Points = NDArray[np.float64]  # (n, 2): metres east, metres south


@dataclass(frozen=True, slots=True)
class Thing:
    """One painted thing; later things cover earlier ones."""

    shape: BaseGeometry
    cover: Cover
    kind: int = 0
    shade: float = 1.0  # brightness beside others of its kind
    height: float = 0.0  # metres above the ground
    label: str | None = None  # set where the thing can be counted and named


@dataclass(frozen=True, slots=True)
class Zone:
    """An area that has a name of its own, such as a town or an airport, and the ground it stands on."""

    label: str
    shape: BaseGeometry
    ground: Cover | None = None


@dataclass(frozen=True)
class Frame:
    """A local coordinate frame: u along, v across, turned by an angle about its origin."""

    x: float
    y: float
    angle: float = 0.0  # radians, clockwise on the map because y points south

    def to_land(self, points: Points | Sequence[tuple[float, float]]) -> Points:
        """Return local points in the land's metres."""
        local = np.asarray(points, dtype=np.float64)
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        turned = np.stack([local[..., 0] * cos - local[..., 1] * sin, local[..., 0] * sin + local[..., 1] * cos], -1)
        return np.asarray(turned + np.array([self.x, self.y]), dtype=np.float64)

    def at(self, u: float, v: float, turn: float = 0.0) -> Frame:
        """Return a frame at a local point, turned further."""
        x, y = self._point(u, v)
        return Frame(x, y, self.angle + turn)

    def rectangle(self, u: float, v: float, length: float, width: float) -> Polygon:
        """Return a rectangle about a local point, `length` along u and `width` along v."""
        a, b = length / 2, width / 2
        corners = ((u - a, v - b), (u + a, v - b), (u + a, v + b), (u - a, v + b))
        return Polygon([self._point(*corner) for corner in corners])

    def _point(self, u: float, v: float) -> tuple[float, float]:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return self.x + u * cos - v * sin, self.y + u * sin + v * cos

    def disc(self, u: float, v: float, radius: float, *, corners: int = 24) -> Polygon:
        """Return a disc about a local point."""
        turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        return Polygon(self.to_land(np.stack([u + radius * np.cos(turn), v + radius * np.sin(turn)], -1)))

    def outline(self, points: Sequence[tuple[float, float]]) -> Polygon:
        """Return the polygon through local points."""
        return Polygon(self.to_land(points))

    def line(self, points: Sequence[tuple[float, float]], width: float) -> BaseGeometry:
        """Return a strip of a width along local points."""
        return LineString(self.to_land(points)).buffer(width / 2, cap_style="flat", join_style="round")


def blob(rng: np.random.Generator, x: float, y: float, radius: float, *, wobble: float = 0.22) -> Polygon:
    """Return a rounded irregular shape about a point."""
    turn = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    reach = np.ones_like(turn)
    for wave in range(2, 8):
        reach += wobble * rng.normal() / wave * np.cos(wave * turn + rng.uniform(0, 2 * np.pi))
    reach = np.clip(reach, 0.45, 1.6) * radius
    return Polygon(np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], -1))


def house(
    frame: Frame, length: float, width: float, *, kind: int, height: float, shade: float, sun: float
) -> list[Thing]:
    """Return a house with a ridged roof whose two sides catch light that comes from an azimuth `sun` (radians)."""
    lift = 0.2 * float(np.sin(frame.angle) * np.sin(sun) + np.cos(frame.angle) * np.cos(sun))  # of the side at v < 0
    return [
        Thing(frame.rectangle(0, -width / 4, length, width / 2), Cover.ROOF, kind, shade * (1 + lift), height),
        Thing(frame.rectangle(0, width / 4, length, width / 2), Cover.ROOF, kind, shade * (1 - lift), height),
    ]


def flat_roof(frame: Frame, length: float, width: float, *, kind: int, height: float, shade: float) -> list[Thing]:
    """Return a building with a flat roof and a parapet."""
    edge = Thing(frame.rectangle(0, 0, length, width), Cover.ROOF, kind, shade * 0.84, height)
    top = Thing(frame.rectangle(0, 0, length - 2.4, width - 2.4), Cover.ROOF, kind, shade, height)
    return [edge, top]


def within(things: Iterable[Thing], box: tuple[float, float, float, float]) -> list[Thing]:
    """Return the things whose bounds touch a box of left, top, right and bottom."""
    left, top, right, bottom = box
    kept = []
    for thing in things:
        x0, y0, x1, y1 = thing.shape.bounds
        if x0 < right and x1 > left and y0 < bottom and y1 > top:
            kept.append(thing)
    return kept
