"""What `satseek pairs check` finds: counts, what is left out, and whether the edges of both sensors match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from satseek.core.sensor import Pixels
    from satseek.datasets.co_registered import CoRegisteredSet
    from satseek.models.structure.alignment import Offset

_COMPARED = 24
_SHOWN = 10
_APART_PIXELS = 1.5


@dataclass(frozen=True)
class Looked:
    """The findings on one set of pairs."""

    name: str
    pairs: int
    size: int
    metres: float
    bands: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str]
    labels: int
    refused: Mapping[str, str]
    offset: Offset | None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is left out and the edges match."""
        apart = self.offset is not None and self.offset.is_clear and self.offset.pixels > _APART_PIXELS
        return not self.refused and not apart

    def to_json(self) -> dict[str, Any]:
        """Return the findings as JSON values."""
        facts = {key: getattr(self, key) for key in ("name", "pairs", "size", "metres", "labels")}
        clear = self.offset is not None and self.offset.is_clear
        return facts | {
            "bands": {sensor: list(names) for sensor, names in self.bands.items()},
            "units": dict(self.units),
            "refused": dict(self.refused),
            "south_m": round(self.offset.down * self.metres, 2) if self.offset and clear else None,
            "east_m": round(self.offset.right * self.metres, 2) if self.offset and clear else None,
            "sound": self.is_sound,
        }

    def __str__(self) -> str:
        sensors = "; ".join(
            f"{sensor} {','.join(names)} ({self.units[sensor]})" for sensor, names in self.bands.items()
        )
        lines = [f"{self.name}: {self.pairs:,} pairs of {self.size} pixels at {self.metres:.4g} m, {sensors}"]
        if self.labels:
            lines.append(f"labels: {self.labels}")
        lines.append(self._edges())
        if self.refused:
            lines.append(f"left out: {len(self.refused):,}")
            lines += [f"  {name}: {why}" for name, why in list(self.refused.items())[:_SHOWN]]
        return "\n".join(lines)

    def _edges(self) -> str:
        from satseek.ingest.pair_cut import said_offset

        if self.offset is None or not self.offset.is_clear:
            return "edges: they could not be compared, so nothing is known of how well the pairs lie on each other"
        said = said_offset(self.offset.down * self.metres, self.offset.right * self.metres)
        return (
            f"edges: the optical ones show the same ground {said} of the radar ones ({self.offset.pixels:.1f} pixels)"
        )


def look_over(pairs: CoRegisteredSet) -> Looked:
    """Return what there is to know of a set."""
    from satseek.models.structure.alignment import offset_between

    return Looked(
        name=pairs.name,
        pairs=len(pairs),
        size=pairs.size,
        metres=pairs.ground_resolution_m,
        bands={sensor: pairs.bands(sensor) for sensor in pairs.sensors},
        units={sensor: pairs.unit(sensor) for sensor in pairs.sensors},
        labels=len(pairs.label_names),
        refused=pairs.refused,
        offset=offset_between(_some(pairs)),
    )


def _some(pairs: CoRegisteredSet) -> Iterator[tuple[Pixels, Pixels]]:
    from satseek.core.errors import SourceError
    from satseek.datasets.co_registered import read_pixels

    for row in np.linspace(0, len(pairs) - 1, min(_COMPARED, len(pairs))).astype(int):
        try:
            first, second = (read_pixels(pairs, int(row), sensor) for sensor in pairs.sensors[:2])
        except SourceError:
            continue
        yield first, second
