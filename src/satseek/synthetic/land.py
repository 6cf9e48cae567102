"""The plan of a land: its nature, its settlements, its works and the roads between them, in metres."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from satseek.synthetic.airport import LENGTH as AIRPORT_LENGTH
from satseek.synthetic.airport import WIDTH as AIRPORT_WIDTH
from satseek.synthetic.airport import airport
from satseek.synthetic.biomes import Biome, biome_named
from satseek.synthetic.blocks import Builder
from satseek.synthetic.covers import known_labels
from satseek.synthetic.grounds import SOLAR, SPORTS, TANKS, solar_farm, sports_ground, tank_farm
from satseek.synthetic.harbour import harbour
from satseek.synthetic.nature import Nature
from satseek.synthetic.noise import rng_of
from satseek.synthetic.places import Place, place_of
from satseek.synthetic.roads import RoadNet, paved
from satseek.synthetic.sites import Sites
from satseek.synthetic.things import Frame, Thing, Zone
from satseek.synthetic.town import town
from satseek.synthetic.village import village


@dataclass(frozen=True)
class Land:
    """A square land that can be painted at any resolution: all that stands on it, in painting order."""

    seed: int
    extent_m: float
    core_m: float  # the square in the middle that most is built in
    biome: Biome
    place: Place
    nature: Nature
    sun: float  # azimuth in radians
    without: frozenset[str] = frozenset()
    zones: tuple[Zone, ...] = field(default=(), repr=False)
    things: tuple[Thing, ...] = field(default=(), repr=False)

    @staticmethod
    def planned(
        seed: int,
        *,
        extent_m: float,
        core_m: float | None = None,
        biome: str | None = None,
        number: int = 0,
        without: Iterable[str] = (),
    ) -> Land:
        """Plan the land of a seed; `number` picks the corner of the world and, unless named, the kind of land."""
        place, usual = place_of(number, seed)
        kind = biome_named(biome or usual)
        left_out = known_labels(without)
        seed = seed * 1009 + number
        core = min(core_m or extent_m, extent_m)
        nature = Nature.shaped(seed, extent_m, core, kind)
        sun = np.radians(40.0 if place.south else 145.0)
        plan = _Plan(seed, extent_m, core, kind, nature, float(sun), left_out)
        plan.build()
        return Land(
            seed, extent_m, core, kind, place, nature, float(sun), left_out, tuple(plan.zones), tuple(plan.things)
        )


class _Plan:
    """A land while it is being planned."""

    def __init__(
        self,
        seed: int,
        extent_m: float,
        core_m: float,
        biome: Biome,
        nature: Nature,
        sun: float,
        without: frozenset[str],
    ) -> None:
        self.rng = rng_of(seed, "plan")
        self.extent, self.core = extent_m, core_m
        self.biome, self.nature, self.without = biome, nature, without
        self.sites = Sites(nature, self.rng)
        self.builder = Builder(self.rng, biome.look, sun)
        self.rivers = shapely.union_all([river.water for river in nature.rivers])
        self.water = shapely.union_all([self.rivers, *nature.lakes, *self.sites.wide_water()])
        self.zones: list[Zone] = []
        self.things: list[Thing] = []
        self.later: list[tuple[Frame, float]] = []  # villages wait for their roads
        self.gates: list[tuple[float, float]] = []  # where roads lead to

    def build(self) -> None:
        """Choose the sites in order of importance, lay the roads, then raise what stands along them."""
        works: list[Thing] = []
        for rank, name in enumerate(self.biome.near):
            works += self._work(name, near=True, rank=rank)
        for name in self._far():
            works += self._work(name, near=False, rank=0)
        ways = [] if "road" in self.without else self._roads()
        for frame, radius in self.later:
            zone, things = village(self.builder, frame, radius, [way for way, _ in ways], self.water)
            self.zones.append(zone)
            works += things
        roads = [thing for way, width in ways for thing in self._paved(way, width)]
        self.things = [thing for thing in roads + works if thing.label not in self.without]

    def _far(self) -> list[str]:
        """Everything far off once, and more settlements the larger the land is."""
        again = max(0, round(self.extent / 3600) - 1)
        settlements = [name for name in self.biome.far if name in ("town", "village")]
        return [*self.biome.far, *settlements * again]

    def _work(self, name: str, *, near: bool, rank: int) -> list[Thing]:
        """Build one thing of the biome's list where it fits, if it may be built at all."""
        label = "town" if name == "city" else name
        if label in self.without:
            return []
        if near:
            x, y, spread = self.extent / 2, self.extent / 2, (0.1 + 0.12 * rank) * self.core
        else:
            x, y = self.rng.uniform(0.06, 0.94, 2) * self.extent
            spread = 0.16 * self.extent
        build = {
            "city": self._town, "town": self._town, "village": self._village, "airport": self._airport,
            "harbour": self._harbour, "sports ground": self._sports, "storage tank": self._tanks,
            "solar farm": self._solar,
        }[name]  # fmt: skip
        return build((float(x), float(y)), spread, name == "city")

    def _town(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        radius = (0.46 if dense else 0.26) * min(max(self.core, 900.0), 2600.0)
        frame = self.sites.find(radius * 1.7, radius * 1.7, near=near, spread=max(spread, radius * 0.6))
        if frame is None:
            return []
        crossable = Polygon() if "bridge" in self.without else self.rivers
        zone, things = town(self.builder, frame, radius, dense=dense, water=self.water, crossable=crossable)
        return self._raised(zone, things, frame, margin=10)

    def _village(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        radius = float(self.rng.uniform(130, 210))
        frame = self.sites.find(radius * 1.8, radius * 1.8, near=near, spread=spread)
        if frame is not None:
            self.later.append((frame, radius))
            self.gates.append((frame.x, frame.y))
            self.sites.take(frame.disc(0, 0, radius))
        return []

    def _airport(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        frame = self.sites.find(AIRPORT_LENGTH, AIRPORT_WIDTH, near=near, spread=spread)
        if frame is None:
            return []
        zone, things = airport(self.rng, frame, planes="plane" not in self.without)
        return self._raised(zone, things, frame.at(0, 330))

    def _harbour(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        coast = self.nature.coast
        if coast is None:
            return []
        frame = Frame(coast.x, coast.y, coast.seaward - np.pi / 2)
        zone, things = harbour(self.rng, frame, ships="ship" not in self.without)
        return self._raised(zone, things, frame.at(0, -170))

    def _sports(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        frame = self.sites.find(*SPORTS, near=near, spread=spread)
        if frame is None:
            return []
        stadium = "city" in self.biome.near and self.rng.random() < 0.6
        return self._raised(*sports_ground(self.rng, frame, stadium=stadium), frame.at(-110, 90))

    def _tanks(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        frame = self.sites.find(*TANKS, near=near, spread=spread)
        return [] if frame is None else self._raised(*tank_farm(self.rng, frame), frame.at(-120, -90))

    def _solar(self, near: tuple[float, float], spread: float, dense: bool) -> list[Thing]:
        frame = self.sites.find(*SOLAR, near=near, spread=spread)
        arid = self.biome.look == "arid"
        return [] if frame is None else self._raised(*solar_farm(self.rng, frame, arid=arid), frame.at(-215, 0))

    def _raised(self, zone: Zone, things: list[Thing], gate: Frame, *, margin: float = 25) -> list[Thing]:
        self.zones.append(zone)
        self.sites.take(zone.shape, margin=margin)
        self.gates.append((gate.x, gate.y))
        return things

    def _roads(self) -> list[tuple[LineString, float]]:
        """Join every gate to those before it, and the first to the edges of the land by a wide road."""
        if not self.gates:
            return []
        net = RoadNet(self.sites, self.extent, self.rng)
        ways: list[tuple[LineString, float]] = []
        first = self.gates[0]
        exits = sorted(self._exits(), key=lambda point: np.hypot(point[0] - first[0], point[1] - first[1]))
        for number, point in enumerate(exits[:3]):
            ways.append((net.way(first, point), 19.0 if number < 2 and self.biome.field > 0.3 else 9.0))
        for number, gate in enumerate(self.gates[1:], start=1):
            nearest = min(self.gates[:number], key=lambda other: np.hypot(other[0] - gate[0], other[1] - gate[1]))
            ways.append((net.way(nearest, gate), 8.0))
        return sorted(ways, key=lambda way: way[1])

    def _exits(self) -> list[tuple[float, float]]:
        """Points on the four edges of the land that lie on dry ground."""
        points = []
        for side in range(4):
            for _ in range(8):
                at = float(self.rng.uniform(0.1, 0.9)) * self.extent
                near, far = 4.0, self.extent - 4.0
                point = [(at, near), (far, at), (at, far), (near, at)][side]
                if not self.sites.is_water(*point):
                    points.append(point)
                    break
        return points

    def _paved(self, way: LineString, width: float) -> list[Thing]:
        if "bridge" not in self.without:
            return paved(way, width, self.nature)
        dry: BaseGeometry = way
        for river in self.nature.rivers:
            dry = dry.difference(river.water.buffer(4))
        no_rivers = Nature(self.nature.seed, self.extent, self.biome)
        return [thing for part in getattr(dry, "geoms", [dry]) for thing in paved(part, width, no_rivers)]
