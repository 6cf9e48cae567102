"""Pairs of one's own: two folders matched by file name, or a list that names both files of each place.

`satseek pairs make` writes such a folder. A pair that is none, because size, place, projection or date differ, is left
out and said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError
from satseek.core.sensor import BoolArray
from satseek.datasets.bigearthnet_index import label_rows
from satseek.datasets.co_registered import PairSource, require_sensor
from satseek.datasets.described import canonical_split
from satseek.datasets.gather import PICTURES, split_by_name
from satseek.datasets.pair_files import Facts, Told, day_in, facts_of, read_values, require_unit, unit_read
from satseek.datasets.split_choice import of_split

LIST = "pairs.json"
CUTTING = "cutting.json"  # beside pairs that 'satseek pairs make' has not yet cut to the end
SENSORS = ("s1", "s2")
MOST_DAYS = 31  # between the two pictures of a pair; ground changes
_MOST_SHIFT = 0.5  # of a pixel that the corners of a pair's files may differ by
_FOLDERS = {"s1": ("s1", "sar", "radar"), "s2": ("s2", "rgb", "optical")}
_THREADS = 8


@dataclass(frozen=True)
class Named:
    """One pair as it is named, before anybody has looked at its files."""

    id: str
    files: Mapping[str, Path]
    split: str | None = None
    dates: Mapping[str, str] | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """A pair whose files belong together."""

    named: Named
    facts: Mapping[str, Facts]

    def day(self, sensor: str) -> Any:
        """Return the day of one picture, by the list or by the file's name."""
        return _day(self.named, sensor)


class PairsFolder:
    """One split of a folder of pairs."""

    name = "folder"
    sensors = SENSORS

    def __init__(self, split: str, pairs: Sequence[Pair], refused: Mapping[str, str], metres: float | None) -> None:
        """Take pairs that were found to be alike; use `load` instead."""
        self.split, self._pairs, self.refused = split, pairs, dict(refused)
        self.ids = tuple(pair.named.id for pair in pairs)
        first = pairs[0].facts
        self._bands = {sensor: facts.bands for sensor, facts in first.items()}
        self._units = {sensor: unit_read(facts) for sensor, facts in first.items()}
        self.size = first["s1"].size[0]
        self.crs: str | None = first["s1"].crs if len({pair.facts["s1"].crs for pair in pairs}) == 1 else None
        self.ground_resolution_m = metres or _metres(first["s1"])
        self.label_names: tuple[str, ...] = tuple(sorted({label for pair in pairs for label in pair.named.labels}))
        self.labels: BoolArray | None = None
        if self.label_names:
            self.labels = label_rows((pair.named.labels for pair in pairs), self.label_names, len(pairs))

    def __len__(self) -> int:
        return len(self._pairs)

    @property
    def places(self) -> NDArray[np.float64] | None:
        """Where the pairs lie, where all are in one coordinate system."""
        bounds = [pair.facts["s1"].bounds for pair in self._pairs]
        return None if self.crs is None or any(each is None for each in bounds) else np.array(bounds, dtype=np.float64)

    def bands(self, sensor: str) -> tuple[str, ...]:
        """Return the bands, in the sensor's own order whatever the files' is."""
        require_sensor(self, sensor)
        return self._bands[sensor]

    def unit(self, sensor: str) -> str:
        """Return what the numbers are once read."""
        require_sensor(self, sensor)
        return self._units[sensor]

    def dates(self, sensor: str) -> NDArray[np.datetime64] | None:
        """Return the days where all are known."""
        require_sensor(self, sensor)
        days = [pair.day(sensor) for pair in self._pairs]
        return None if any(day is None for day in days) else np.array(days, dtype="datetime64[D]")

    def read(self, index: int, sensor: str) -> NDArray[Any]:
        """Return one picture."""
        require_sensor(self, sensor)
        return read_values(self._pairs[index].facts[sensor])


def load(data: Path, split: str) -> PairsFolder:
    """Return one split of the pairs in a folder, or of a list; pairs without a split get one by their name."""
    named, told, options = _named(data)
    with ThreadPoolExecutor(_THREADS) as pool:
        looked = list(pool.map(lambda each: _looked_at(each, told, float(options.get("max_days", MOST_DAYS))), named))
    refused = {each.id: found for each, found in zip(named, looked, strict=True) if isinstance(found, str)}
    pairs = [found for found in looked if isinstance(found, Pair)]
    pairs, unlike = _alike(pairs)
    refused |= unlike
    if not pairs:
        why = "; ".join(f"{name}: {text}" for name, text in list(refused.items())[:3]) or "no two files are matched"
        raise SourceError(f"{data} holds no pair. {why}")
    splits = [canonical_split(pair.named.split or split_by_name(pair.named.id)) for pair in pairs]
    chosen = [pairs[row] for row in of_split(splits, split, "the folder")]
    metres = options.get("ground_resolution_m")
    return PairsFolder(canonical_split(split), chosen, refused, None if metres is None else float(metres))


def why_no_pair(one: Facts, other: Facts) -> str | None:
    """Return why two files do not show one place on one grid, or None where they do."""
    if one.size != other.size:
        sizes = [f"{facts.sensor} is {facts.size[1]}×{facts.size[0]}" for facts in (one, other)]
        return f"the sizes differ: {' and '.join(sizes)} pixels"
    if (one.crs is None) != (other.crs is None):
        return f"only {one.sensor if one.crs else other.sensor} says where it lies"
    if one.crs is None or one.bounds is None or other.bounds is None:
        return None
    if one.crs != other.crs:
        return f"the coordinate systems differ: {one.crs} and {other.crs}; cut both anew with 'satseek pairs make'"
    apart = max(abs(mine - theirs) for mine, theirs in zip(one.bounds, other.bounds, strict=True))
    if apart > _MOST_SHIFT * max(one.pixel, 1e-12):
        return f"they lie {apart / one.pixel:.1f} pixels apart; cut both anew with 'satseek pairs make'"
    return None


def _looked_at(named: Named, told: Mapping[str, Told], most_days: float) -> Pair | str:
    try:
        for sensor in SENSORS:
            if sensor not in named.files:
                return f"it has no {sensor} file"
            if not named.files[sensor].is_file():
                return f"its {sensor} file {named.files[sensor].name} is not there"
        facts = {sensor: facts_of(named.files[sensor], sensor, told.get(sensor)) for sensor in SENSORS}
    except SourceError as error:
        return str(error)
    why = why_no_pair(facts["s1"], facts["s2"])
    if why is not None:
        return why
    days = [_day(named, sensor) for sensor in SENSORS]
    if None not in days and abs((days[0] - days[1]).days) > most_days:
        return (
            f"they lie {abs((days[0] - days[1]).days)} days apart, more than {most_days:g}; raise max_days to keep it"
        )
    return Pair(named, facts)


def _alike(pairs: Sequence[Pair]) -> tuple[list[Pair], dict[str, str]]:
    """Keep the pairs that have what most have: square pictures of one size, the same bands and units."""
    kinds = Counter(_kind(pair) for pair in pairs)
    if not kinds:
        return [], {}
    usual = kinds.most_common(1)[0][0]
    refused = {
        pair.named.id: f"it has {_said(_kind(pair))}, and most pairs have {_said(usual)}"
        for pair in pairs
        if _kind(pair) != usual
    }
    if usual[0][0] != usual[0][1]:
        return [], {pair.named.id: "its pictures are not square; cut them with 'satseek pairs make'" for pair in pairs}
    return [pair for pair in pairs if pair.named.id not in refused], refused


def _kind(pair: Pair) -> tuple[Any, ...]:
    return (pair.facts["s1"].size, *((facts.bands, unit_read(facts)) for facts in pair.facts.values()))


def _said(kind: tuple[Any, ...]) -> str:
    (height, width), *sensors = kind
    return f"{width}×{height} pixels of " + " and ".join(f"{','.join(bands)} ({unit})" for bands, unit in sensors)


def _named(data: Path) -> tuple[list[Named], dict[str, Told], dict[str, Any]]:
    path = data if data.is_file() else data / LIST
    if path.is_file():
        return _of_list(path)
    if (data / CUTTING).is_file():
        raise SourceError(
            f"The pairs in {data} were not cut to the end. Run the same 'satseek pairs make' again; it goes on."
        )
    folders = {sensor: _folder(data, names) for sensor, names in _FOLDERS.items()}
    missing = [sensor for sensor, folder in folders.items() if folder is None]
    if missing:
        raise SourceError(
            f"{data} holds no pairs: it needs {LIST}, or a folder s1 and a folder s2 with files of the same names. "
            f"There is no folder {' or '.join(missing)}."
        )
    files = {sensor: _by_stem(folder) for sensor, folder in folders.items() if folder is not None}
    stems = sorted(set(files["s1"]) | set(files["s2"]))
    return [Named(stem, {s: files[s][stem] for s in SENSORS if stem in files[s]}) for stem in stems], {}, {}


def _of_list(path: Path) -> tuple[list[Named], dict[str, Told], dict[str, Any]]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8-sig"))
        records = listed["pairs"] if isinstance(listed, dict) else listed
        options = listed if isinstance(listed, dict) else {}
        named = [_named_in(record, path.parent) for record in records]
        told = {
            sensor: Told(tuple(facts.get("bands", ())), _unit_told(sensor, facts.get("unit")))
            for sensor, facts in dict(options.get("sensors", {})).items()
        }
        return named, told, options
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"Cannot read the pairs in {path}: {error!r}. Each names its files: "
            '{"pairs": [{"s1": "s1/a.tif", "s2": "s2/a.tif"}]}.'
        ) from None


def _named_in(record: Mapping[str, Any], folder: Path) -> Named:
    files = {sensor: folder / str(record[sensor]) for sensor in SENSORS if sensor in record}
    if not files:
        raise ValueError(f"{dict(record)} names no file")
    first = next(iter(files.values()))
    return Named(
        id=str(record.get("id", first.stem)),
        files=files,
        split=None if record.get("split") is None else str(record["split"]),
        dates={sensor: str(record[f"{sensor}_date"]) for sensor in SENSORS if record.get(f"{sensor}_date")},
        labels=tuple(str(label) for label in record.get("labels", ())),
    )


def _unit_told(sensor: str, unit: Any) -> str | None:
    return None if unit is None else require_unit(sensor, str(unit))


def _folder(data: Path, names: Iterable[str]) -> Path | None:
    return next((data / name for name in names if (data / name).is_dir()), None)


def _by_stem(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.casefold() in PICTURES}


def _day(named: Named, sensor: str) -> Any:
    return day_in((named.dates or {}).get(sensor)) or day_in(named.files[sensor].stem)


def _metres(facts: Facts) -> float:
    """Return the pixel's side where the coordinates are metres, else the sensors' usual 10 m."""
    if facts.crs is None or facts.bounds is None or max(map(abs, facts.bounds)) <= 360:
        return 10.0
    return facts.pixel


PAIRS_FOLDER = PairSource("pairs of one's own", f"{LIST}, or s1/ and s2/", load)
