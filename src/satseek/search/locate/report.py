"""What locating returns: a heat map with its place, the spots above a cut, and files of both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.errors import UsageError
from satseek.core.query import Query
from satseek.core.scene import Scene, Window
from satseek.core.vectors import FloatArray

if TYPE_CHECKING:
    from affine import Affine

    from satseek.search.locate.picture import Layer

ENDINGS = (".tif", ".tiff", ".geojson", ".png", ".json")
MOST_PRINTED = 10  # spots in a table
ALL_THE_SAME = "Name a cut, such as 0.5, to outline the hottest places all the same."
NO_PLACE = "This scene has no place on the globe, so its spots have no degrees. Save the heat (-o heat.tif) instead."


@dataclass(frozen=True)
class Localisation:
    """Where in one scene a question points."""

    heat: FloatArray  # (rows, columns): 0 is the scene's usual score, 1 its hottest; NaN where nothing was looked at
    transform: Affine  # from cells to the scene's projection; from cells to pixels where there is no place
    crs: Any | None  # None: the scene has no place
    cut: float  # heat from which a spot is outlined
    found: bool  # whether anything is convincing
    outlined: bool  # whether there are spots: where something is, or where a cut was named all the same
    probability: float | None  # that the best chip is right; None where the model was never calibrated
    convincing_from: float | None  # the probability from which on a chip is convincing
    score_range: tuple[float, float]  # the scores of heat 0 and heat 1
    query: Query
    model: str
    scene: Scene
    region: Window  # of the scene that was looked at, in its pixels
    scales: tuple[float, ...]
    chips: int
    stored: int  # of the chips: their vectors were in the archive
    encoded: int  # of the chips: read and encoded now
    empty: int  # windows with too little in them
    milliseconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def spots(self) -> tuple[dict[str, Any], ...]:
        """The places above the cut as GeoJSON features in EPSG:4326, the hottest first; () without a place."""
        if self.crs is None or not self.outlined:
            return ()
        from satseek.search.locate.outline import places_of

        return tuple(places_of(self.heat, self.cut, self.transform, self.crs))

    @property
    def is_flat(self) -> bool:
        """Whether no place is hotter than another."""
        return not (self.heat > 0).any()

    @property
    def has_place(self) -> bool:
        """Whether the scene lies somewhere on the globe."""
        return self.crs is not None

    def to_geojson(self) -> dict[str, Any]:
        """Return the spots as a FeatureCollection in EPSG:4326."""
        self._require_place()
        return {"type": "FeatureCollection", "features": list(self.spots)}

    def to_json(self) -> dict[str, Any]:
        """Return all but the heat itself as JSON values."""
        return self.facts() | {"spots": list(self.spots)}

    def facts(self) -> dict[str, Any]:
        """Return how the map came about."""
        rows, columns = self.heat.shape
        return {
            "query": self.query.to_json(),
            "found": self.found,
            "probability": self.probability,
            "convincing_from": self.convincing_from,
            "scene": self.scene.id,
            "source": self.scene.source,
            "sensor": self.scene.sensor,
            "region": list(self.region),
            "model": self.model,
            "cut": round(self.cut, 4),
            "score_range": [round(score, 6) for score in self.score_range],
            "scales": list(self.scales),
            "chips": self.chips,
            "stored": self.stored,
            "encoded": self.encoded,
            "empty": self.empty,
            "shape": [rows, columns],
            "crs": None if self.crs is None else _named(self.crs),
            "transform": [float(number) for number in self.transform[:6]],
            "milliseconds": {stage: round(spent, 3) for stage, spent in self.milliseconds.items()},
            "notes": list(self.notes),
        }

    def cog(self) -> bytes:
        """Return the heat as a cloud-optimised GeoTIFF in the scene's projection."""
        from satseek.search.locate.picture import cog_bytes

        return cog_bytes(self.heat, self.transform, self.crs, self._tags())

    def overlay(self) -> bytes:
        """Return the heat over a picture of the scene as a PNG."""
        from satseek.search.locate.picture import overlay_png

        return overlay_png(self.heat, self.scene, self.region)

    def web_layer(self) -> Layer:
        """Return the heat as a transparent PNG in the web's projection, and its bounds in degrees."""
        from satseek.search.locate.picture import web_layer

        self._require_place()
        return web_layer(self.heat, self.transform, self.crs)

    def save(self, path: str | Path) -> Path:
        """Write the heat (.tif), the spots (.geojson), the picture (.png) or the facts (.json), by the ending."""
        from satseek.search.locate.picture import write_bytes

        path = Path(path)
        ending = path.suffix.lower()
        require_ending(path, ENDINGS)
        if ending in (".tif", ".tiff"):
            content = self.cog()
        elif ending == ".png":
            content = self.overlay()
        else:
            value = self.to_geojson() if ending == ".geojson" else self.to_json()
            content = (json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n").encode()
        write_bytes(path, content)
        return path

    def __str__(self) -> str:
        lines = [] if self.found else [f"No convincing match in {self.scene.source}{self._how_sure()}."]
        lines += [] if self.outlined or self.is_flat else [ALL_THE_SAME]
        if self.spots:
            lines += [f"{len(self.spots):,} spots in {self.scene.source}, the hottest first:"]
            lines += _table(self.spots[:MOST_PRINTED])
            lines += [f"… and {len(self.spots) - MOST_PRINTED:,} more"] if len(self.spots) > MOST_PRINTED else []
        made = f"{self.chips:,} chips: {self.stored:,} stored, {self.encoded:,} encoded now"
        return "\n".join([*lines, f"{made}; {sum(self.milliseconds.values()) / 1000:.2f} s", *self.notes])

    def _tags(self) -> dict[str, str]:
        low, high = self.score_range
        return {
            "satseek_query": json.dumps(self.query.to_json(), ensure_ascii=False),
            "satseek_model": self.model,
            "satseek_score_at_0": f"{low:.6g}",
            "satseek_score_at_1": f"{high:.6g}",
            "satseek_cut": f"{self.cut:.4g}",
            "satseek_found": "yes" if self.found else "no",
        }

    def _how_sure(self) -> str:
        if self.probability is None or self.convincing_from is None:
            return ""
        return f" (the best chip: {self.probability:.2f}, convincing from {self.convincing_from:.2f})"

    def _require_place(self) -> None:
        if self.crs is None:
            raise UsageError(NO_PLACE)


def require_ending(path: Path, endings: Sequence[str]) -> None:
    """Raise `UsageError` where a file's ending does not say what is to be written."""
    if path.suffix.lower() not in endings:
        raise UsageError(f"The ending of '{path.name}' does not say what is to be written. Use {', '.join(endings)}.")


def _table(spots: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"{'rank':>4}  {'peak':>5}  {'mean':>5}  {'area':>12}  place"]
    for spot in spots:
        facts = spot["properties"]
        longitude, latitude = _middle(spot["geometry"])
        lines.append(
            f"{facts['rank']:>4}  {facts['peak']:>5.2f}  {facts['mean']:>5.2f}  {_area(facts['area_m2']):>12}  "
            f"{latitude:.5f}, {longitude:.5f}"
        )
    return lines


def _middle(geometry: Mapping[str, Any]) -> tuple[float, float]:
    from shapely.geometry import shape

    point = shape(dict(geometry)).representative_point()
    return point.x, point.y


def _area(square_metres: float) -> str:
    return f"{square_metres / 1e6:,.2f} km²" if square_metres >= 1e5 else f"{square_metres:,.0f} m²"


def _named(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())
