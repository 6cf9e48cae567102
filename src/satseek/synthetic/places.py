"""Where on the globe a painted land lies and when it was seen: real corners of the world, invented land."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from satseek.synthetic.noise import rng_of

FIRST_YEAR, LAST_YEAR = 2022, 2026
LAST_MOMENT = datetime(2026, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Corner:
    """A corner of the world whose land looks like one of the biomes."""

    name: str
    biome: str
    longitude: float
    latitude: float
    months: tuple[int, ...]  # when it is usually seen


CORNERS = (
    Corner("upper-rhine", "river plain", 8.1, 48.6, (5, 6, 7, 8)),
    Corner("galicia", "harbour coast", -8.75, 42.9, (5, 6, 7, 9)),
    Corner("iowa", "airport prairie", -93.4, 42.1, (6, 7, 8)),
    Corner("western-desert", "desert", 27.9, 25.3, (2, 3, 10, 11)),
    Corner("dolomites", "mountain", 11.9, 46.5, (7, 8, 9)),
    Corner("saimaa", "lakeland", 28.3, 61.6, (6, 7, 8)),
    Corner("parana", "metropolis", -58.6, -34.4, (11, 12, 1, 2)),
    Corner("central-vietnam", "tropical coast", 108.4, 15.6, (3, 4, 5, 6)),
    Corner("serengeti", "savanna", 34.8, -2.4, (1, 6, 7, 8)),
    Corner("normandy", "rolling farmland", 0.4, 48.9, (4, 5, 9, 10)),
    Corner("honshu", "harbour coast", 136.7, 34.7, (4, 5, 10)),
    Corner("saskatchewan", "airport prairie", -106.5, 51.6, (6, 7, 8)),
    Corner("atacama", "desert", -69.6, -23.2, (1, 5, 9)),
    Corner("canterbury", "mountain", 171.3, -43.2, (1, 2, 3, 12)),
    Corner("karelia", "lakeland", 33.6, 63.1, (6, 7)),
    Corner("mekong", "tropical coast", 105.9, 9.6, (2, 3, 12)),
)


@dataclass(frozen=True)
class Place:
    """The north-west corner of a land on its UTM zone's plane, and the day it was seen."""

    name: str
    epsg: int
    easting: float
    northing: float
    south: bool
    seen: datetime


def place_of(number: int, seed: int) -> tuple[Place, str]:
    """Return where and when the n-th scene of a seeded catalog lies, and the biome found there."""
    corner = CORNERS[number % len(CORNERS)]
    rng = rng_of(seed, f"place/{number}")
    longitude = corner.longitude + rng.uniform(-0.35, 0.35)
    latitude = corner.latitude + rng.uniform(-0.35, 0.35)
    epsg, easting, northing = _utm(longitude, latitude)
    month = int(rng.choice(corner.months))
    seen = datetime(int(rng.integers(FIRST_YEAR, LAST_YEAR + 1)), month, int(rng.integers(1, 28)), tzinfo=UTC)
    if seen > LAST_MOMENT:
        seen = seen.replace(year=seen.year - 1)
    local_hours = 10.5 - longitude / 15  # half past ten by the sun, as Earth observation satellites pass
    seen += timedelta(hours=local_hours, minutes=float(rng.uniform(-20, 20)))
    name = corner.name if number < len(CORNERS) else f"{corner.name}-{number // len(CORNERS) + 1}"
    return Place(name, epsg, easting, northing, latitude < 0, seen.replace(microsecond=0)), corner.biome


def _utm(longitude: float, latitude: float) -> tuple[int, float, float]:
    """Return the UTM zone's EPSG code and the point on its plane, on a 100 m grid."""
    from rasterio.warp import transform  # loads GDAL, which painting alone does not need

    zone = int((longitude + 180) // 6) + 1
    epsg = (32700 if latitude < 0 else 32600) + zone
    easting, northing = transform("EPSG:4326", f"EPSG:{epsg}", [longitude], [latitude])
    return epsg, round(easting[0], -2), round(northing[0], -2)
