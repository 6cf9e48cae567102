"""Roads between settlements, led around water and slopes, with bridges where a river must be crossed."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, MultiLineString
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.covers import Cover
from satseek.synthetic.nature import Nature
from satseek.synthetic.sites import Sites
from satseek.synthetic.things import Thing

NODE_METRES = 100.0  # between the nodes of the net that roads are searched on


class RoadNet:
    """A coarse net over the land on which the cheapest way is a road; ways once built are cheap to follow."""

    def __init__(self, sites: Sites, extent_m: float, rng: np.random.Generator) -> None:
        """Price every step of the net: water dear, slopes and built-up ground less so."""
        self.nodes = nodes = int(np.clip(extent_m / NODE_METRES, 24, 110))
        self.step = extent_m / nodes
        at = ((np.arange(nodes) + 0.5) * self.step / sites.grid.resolution).astype(np.int64)
        pick = np.ix_(np.minimum(at, sites.grid.height - 1), np.minimum(at, sites.grid.width - 1))
        cover, height = sites.cover[pick], sites.relief[pick]
        price = np.ones((nodes, nodes))
        price[cover == Cover.RIVER] = 9
        price[np.isin(cover, (Cover.SEA, Cover.LAKE))] = 400
        price[sites.taken[pick]] += 12
        price *= 1 + 0.25 * rng.random((nodes, nodes))  # nobody builds quite straight
        self._price, self._height = price, height

    def way(self, start: tuple[float, float], end: tuple[float, float]) -> LineString:
        """Return the cheapest road between two points, and remember it as built."""
        first, last = self._node(*start), self._node(*end)
        _, before = dijkstra(self._graph(), indices=first, return_predecessors=True)
        nodes = [last]
        while nodes[-1] != first and before[nodes[-1]] >= 0:
            nodes.append(int(before[nodes[-1]]))
        rows, columns = np.divmod(np.array(nodes[::-1]), self.nodes)
        self._price[rows, columns] = np.minimum(self._price[rows, columns], 0.55)
        points = (np.stack([columns, rows], -1) + 0.5) * self.step
        points = np.concatenate([[start], points[1:-1], [end]])
        return LineString(shapely.get_coordinates(LineString(_smoothed(points, self.step)).simplify(0.4)))

    def _node(self, x: float, y: float) -> int:
        column, row = (int(np.clip(value / self.step, 0, self.nodes - 1)) for value in (x, y))
        return row * self.nodes + column

    def _graph(self) -> coo_matrix:
        number = np.arange(self.nodes * self.nodes).reshape(self.nodes, self.nodes)
        starts, ends, prices = [], [], []
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            a = (slice(0, self.nodes - down), slice(max(0, -right), self.nodes - max(0, right)))
            b = (slice(down, self.nodes), slice(max(0, right), self.nodes - max(0, -right)))
            length = np.hypot(down, right) * self.step
            climb = np.abs(self._height[a] - self._height[b]) / length
            price = length * (self._price[a] + self._price[b]) / 2 * (1 + 14 * np.minimum(climb, 0.8))
            starts.append(number[a].ravel())
            ends.append(number[b].ravel())
            prices.append(price.ravel())
        s, e, p = np.concatenate(starts), np.concatenate(ends), np.concatenate(prices)
        both = (np.concatenate([p, p]), (np.concatenate([s, e]), np.concatenate([e, s])))
        return coo_matrix(both, shape=(self.nodes * self.nodes, self.nodes * self.nodes)).tocsr()


def paved(line: LineString, width: float, nature: Nature) -> list[Thing]:
    """Return a road as things: its verge, its surface, its markings and its bridges."""
    things = [
        Thing(line.buffer(width / 2 + 3), Cover.MEADOW, 0, 0.97),
        Thing(line.buffer(width / 2, cap_style="flat"), Cover.ROAD, 1 if width > 14 else 0),
    ]
    if width > 14:
        things.append(Thing(line.buffer(1.5), Cover.MEADOW, 0, 0.9))
        for lane in (-width / 4, width / 4):
            things += [Thing(dash, Cover.PAINT, 1) for dash in _dashes(line.offset_curve(lane), 6, 18)]
    for river in nature.rivers:
        crossing = line.intersection(river.water.buffer(7))
        for piece in _lines(crossing):
            things.append(Thing(piece.buffer(width / 2 + 2.0, cap_style="flat"), Cover.PAVED, 1, 1.0, 7.0, "bridge"))
            things.append(Thing(piece.buffer(width / 2 - 0.6, cap_style="flat"), Cover.ROAD, 1, 1.0, 7.0))
    return things


def _lines(shape: BaseGeometry) -> list[LineString]:
    parts = getattr(shape, "geoms", [shape])
    return [part for part in parts if isinstance(part, LineString) and part.length > 8]


def _dashes(line: BaseGeometry, dash: float, gap: float) -> list[BaseGeometry]:
    """Return the painted dashes along a line as one shape, so that a long road costs one polygon list."""
    if line.is_empty or not isinstance(line, LineString):
        return []
    starts = np.arange(0, line.length - dash, dash + gap)
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, np.stack([starts, starts + dash], -1)))
    return [MultiLineString(list(ends.reshape(-1, 2, 2))).buffer(0.7, cap_style="flat")] if len(starts) else []


def _smoothed(points: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return an even, rounded line through about these points, ends kept."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    if along[-1] < 1:
        return np.array([points[0], points[0] + [1.0, 0.0]])
    even = np.linspace(0, along[-1], max(int(along[-1] / 12), 4))
    line = np.stack([np.interp(even, along, points[:, axis]) for axis in (0, 1)], -1)
    rounded = gaussian_filter1d(line, step / 12 * 1.4, axis=0, mode="nearest")
    blend = np.minimum(np.minimum(even, even[-1] - even) / (2 * step), 1.0)[:, None]
    return np.asarray(line * (1 - blend) + rounded * blend, dtype=np.float64)
