"""The kinds of land that can be painted: how much of what grows, how it is farmed, what people built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from satseek.core.errors import UnknownName
from satseek.synthetic.covers import Cover, Crop

Farming = Literal["strips", "squares", "pivots", "paddies"]
Look = Literal["temperate", "boreal", "arid", "tropical"]

SUMMER = {Crop.GRAIN_RIPE: 5, Crop.MAIZE: 4, Crop.GRASS: 4, Crop.STUBBLE: 2, Crop.ROOTS: 3, Crop.SOIL: 1}
SPRING = {Crop.GRAIN_GREEN: 6, Crop.RAPE: 3, Crop.GRASS: 4, Crop.SOIL: 4, Crop.ROOTS: 1}
AUTUMN = {Crop.SOIL: 6, Crop.STUBBLE: 4, Crop.GRASS: 4, Crop.GRAIN_GREEN: 2, Crop.MAIZE: 2}
CORN_BELT = {Crop.MAIZE: 6, Crop.ROOTS: 5, Crop.GRAIN_RIPE: 1, Crop.GRASS: 2, Crop.SOIL: 1}
PIVOT = {Crop.MAIZE: 3, Crop.GRASS: 4, Crop.GRAIN_RIPE: 2, Crop.SOIL: 2, Crop.FALLOW: 1}
RICE = {Crop.PADDY: 6, Crop.GRAIN_GREEN: 5, Crop.GRASS: 2, Crop.SOIL: 1}


@dataclass(frozen=True)
class Biome:
    """One kind of land; shares are of the land that water leaves."""

    name: str
    look: Look
    ground: Cover = Cover.MEADOW  # where nothing else grows
    forest: float = 0.2
    conifer: float = 0.2  # of the forest
    field: float = 0.4
    farming: Farming = "strips"
    relief_m: float = 40.0
    mountains: bool = False
    dunes: bool = False
    coast: bool = False
    river_width_m: float = 0.0
    lakes: int = 0
    lake_share: float = 0.0  # of land drowned in many small lakes
    near: tuple[str, ...] = ()  # what is built in the middle, in order of importance
    far: tuple[str, ...] = ("village", "village", "village")  # what is built somewhere


BIOMES: dict[str, Biome] = {
    biome.name: biome
    for biome in (
        Biome(
            "river plain", "temperate", forest=0.2, field=0.62, river_width_m=52, lakes=1,
            near=("town", "sports ground", "village", "storage tank"),
            far=("village", "village", "village", "solar farm", "village"),
        ),
        Biome(
            "harbour coast", "temperate", forest=0.28, field=0.45, relief_m=70, coast=True, conifer=0.4,
            near=("harbour", "town", "storage tank", "sports ground"), far=("village", "village", "village"),
        ),
        Biome(
            "airport prairie", "temperate", forest=0.1, field=0.75, farming="squares", relief_m=15, lakes=2,
            near=("airport", "town", "sports ground"), far=("village", "storage tank", "village", "solar farm"),
        ),
        Biome(
            "desert", "arid", ground=Cover.DESERT, forest=0.0, field=0.16, farming="pivots", relief_m=60, dunes=True,
            near=("solar farm", "storage tank", "village", "airport"), far=("village", "storage tank", "town"),
        ),
        Biome(
            "mountain", "temperate", forest=0.62, conifer=0.85, field=0.06, relief_m=1500, mountains=True,
            river_width_m=22, lakes=2, near=("village",), far=("village", "village"),
        ),
        Biome(
            "lakeland", "boreal", forest=0.68, conifer=0.75, field=0.12, relief_m=50, lake_share=0.22, lakes=2,
            near=("village", "village"), far=("village", "town", "village"),
        ),
        Biome(
            "metropolis", "temperate", forest=0.12, field=0.6, relief_m=30, river_width_m=80,
            near=("city", "sports ground", "sports ground", "storage tank"), far=("town", "town", "village", "airport"),
        ),
        Biome(
            "tropical coast", "tropical", forest=0.42, conifer=0.0, field=0.4, farming="paddies", relief_m=60,
            coast=True, river_width_m=60, near=("town", "harbour", "village"), far=("village", "airport", "village"),
        ),
        Biome(
            "savanna", "arid", ground=Cover.SCRUB, forest=0.08, conifer=0.0, field=0.2, farming="strips", relief_m=80,
            river_width_m=30, near=("village", "airport", "sports ground"), far=("village", "town", "solar farm"),
        ),
        Biome(
            "rolling farmland", "temperate", forest=0.3, field=0.55, relief_m=110, lakes=2, river_width_m=16,
            near=("village", "solar farm", "sports ground", "village"), far=("town", "village", "village"),
        ),
    )
}  # fmt: skip


def biome_named(name: str) -> Biome:
    """Return a kind of land by its name."""
    if name not in BIOMES:
        raise UnknownName("kind of land", name, BIOMES)
    return BIOMES[name]


def crops_of(biome: Biome, month: int, *, south: bool) -> dict[Crop, int]:
    """Return which crops stand in a month, with weights; seasons turn round south of the equator."""
    if biome.farming == "pivots":
        return PIVOT
    if biome.farming == "paddies":
        return RICE
    if biome.farming == "squares" and month in (6, 7, 8):
        return CORN_BELT
    local = (month + 5) % 12 + 1 if south else month
    if local in (3, 4, 5):
        return SPRING
    return SUMMER if local in (6, 7, 8) else AUTUMN
